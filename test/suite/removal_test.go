package suite

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/xplatform-dev/function-xplatform/test/progress"
	"github.com/xplatform-dev/function-xplatform/test/timeline"
)

// TestRemoval: what a claim no longer asks for goes in reverse order, and nothing
// else goes or comes anew.
func TestRemoval(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	p := apply(ctx, t, shared(t), "platform-production")
	p.edit(ctx, unprotect)
	p.ready(ctx)

	for _, tc := range []struct {
		reason string
		edit   func(spec map[string]any)
		count  string
		gone   []string
	}{{
		reason: "A controller that is switched off goes before what it acted as",
		edit: func(spec map[string]any) {
			spec["controllers"].(map[string]any)["clusterAutoscaler"] = map[string]any{"enabled": false}
		},
		count: "86/86",
		gone:  []string{"cluster-autoscaler", "cluster-autoscaler.identity", "cluster-autoscaler.policy", "cluster-autoscaler.role"},
	}, {
		reason: "A database goes before its security group",
		edit:   func(spec map[string]any) { remove(spec, "databases", "catalog") },
		count:  "83/83",
		gone:   []string{"database.catalog", "database.catalog.security-group", "database.catalog.security-group.cluster"},
	}, {
		reason: "A queue goes after what ties it to its dead letters",
		edit:   func(spec map[string]any) { remove(spec, "queues", "invoices") },
		count:  "80/80",
		gone:   []string{"queue.invoices", "queue.invoices.dead-letter", "queue.invoices.redrive"},
	}, {
		reason: "A zone goes before who takes its records out of it",
		edit:   func(spec map[string]any) { delete(spec, "dns") },
		count:  "75/75",
		gone:   []string{"external-dns", "external-dns.identity", "external-dns.policy", "external-dns.role", "zone"},
	}} {
		before := p.objects(ctx)
		p.edit(ctx, tc.edit)
		p.untilCount(ctx, tc.count)
		after := p.objects(ctx)
		if diff := cmp.Diff(tc.gone, only(before, after)); diff != "" {
			t.Errorf("%s: -want, +gone:\n%s", tc.reason, diff)
		}
		if came := only(after, before); len(came) > 0 {
			t.Errorf("%s: %v came anew", tc.reason, came)
		}
	}
	p.assertReverse(ctx)
	p.assertResponsive(ctx)
}

// TestRename: a node group of another name is made before the old one is broken,
// and what runs on nodes stays.
func TestRename(t *testing.T) {
	t.Parallel()
	ctx, p := built(t, shared(t), "platform-smallest")
	before := p.objects(ctx)
	p.edit(ctx, func(spec map[string]any) {
		spec["nodeGroups"] = []any{map[string]any{"name": "blue", "instanceTypes": []any{"m6i.large"}}}
	})
	p.until(ctx, "renamed", func(_ *unstructured.Unstructured, pr *progress.Progress) bool {
		return pr.Ready && p.bed.find(p.name, "node-group.blue").Ready.After(p.begin) && !p.bed.find(p.name, "node-group.default").Gone.IsZero()
	})
	old, replacement := p.bed.find(p.name, "node-group.default"), p.bed.find(p.name, "node-group.blue")
	if replacement.Revisions.Ready >= old.Revisions.Deleting {
		t.Errorf("the old node group was asked to go at revision %d, before the new one was ready at %d", old.Revisions.Deleting, replacement.Revisions.Ready)
	}
	for _, k := range only(before, p.objects(ctx)) {
		if !strings.HasPrefix(k, "node-group.default") {
			t.Errorf("%s went", k)
		}
	}
	p.assertReverse(ctx)
	p.assertResponsive(ctx)
}

// TestReturn: what is wanted again while it is on its way out is waited for, and
// then made anew.
func TestReturn(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	b := shared(t)
	p := apply(ctx, t, b, "platform-smallest")
	p.edit(ctx, addQueue)
	p.untilCount(ctx, "56/56")
	p.compositeName(ctx)
	first := p.bed.find(p.name, "queue.orders")
	stop := p.refuse(ctx, b.kind(t, "Queue"), "queue.orders", "QueueDeletedRecently: wait")
	p.edit(ctx, func(spec map[string]any) { delete(spec, "queues") })
	p.untilComposite(ctx, "losing its queue", func(xr *unstructured.Unstructured) bool {
		return strings.Contains(leaving(xr, "queue.orders"), "deleting:true")
	})
	p.edit(ctx, addQueue)
	p.until(ctx, "waiting for its queue", func(_ *unstructured.Unstructured, pr *progress.Progress) bool {
		return slices.Contains(pr.Waits["queue.orders"], "queue.orders")
	})
	stop()
	p.untilCount(ctx, "56/56")
	second := p.bed.find(p.name, "queue.orders")
	if first.UID == second.UID || first.Name != second.Name || second.Revisions.Created <= p.bed.gone(first) {
		t.Errorf("want the queue made anew after the old one was gone, got %+v and %+v", first, second)
	}
}

func addQueue(spec map[string]any) { spec["queues"] = []any{map[string]any{"name": "orders"}} }

// find the newest object of a platform with a key.
func (b *bed) find(platform, key string) timeline.Object {
	found := timeline.Object{}
	for _, o := range b.recorder.Objects(platform) {
		if o.Key == key {
			found = o
		}
	}
	return found
}

// gone is the revision at which an object was gone.
func (b *bed) gone(object timeline.Object) uint64 {
	for _, o := range b.recorder.Objects(object.Platform) {
		if o.UID == object.UID {
			return o.Revisions.Gone
		}
	}
	return 0
}

// remove an element of a list in the spec by its name.
func remove(spec map[string]any, list, name string) {
	spec[list] = slices.DeleteFunc(spec[list].([]any), func(e any) bool { return e.(map[string]any)["name"] == name })
}
