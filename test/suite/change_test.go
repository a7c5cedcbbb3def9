package suite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/xplatform-dev/function-xplatform/test/progress"
)

// TestEdit: an edited claim changes what it names, and nothing else.
func TestEdit(t *testing.T) {
	t.Parallel()
	ctx, p := built(t, shared(t), "platform-smallest")
	before := p.objects(ctx)

	p.edit(ctx, func(spec map[string]any) {
		spec["queues"] = []any{map[string]any{"name": "orders", "deadLetter": map[string]any{}}}
		spec["nodeGroups"] = []any{map[string]any{"name": "default", "instanceTypes": []any{"m6i.large"}, "minSize": int64(3), "maxSize": int64(9)}}
	})
	p.untilCount(ctx, "58/58")
	added := p.objects(ctx)
	if diff := cmp.Diff([]string{"queue.orders", "queue.orders.dead-letter", "queue.orders.redrive"}, only(added, before)); diff != "" {
		t.Errorf("added: -want, +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"node-group.default"}, changed(before, added)); diff != "" {
		t.Errorf("changed: -want, +got:\n%s", diff)
	}
	group := p.object(ctx, "node-group.default").Object
	sizes, _, err := unstructured.NestedMap(group, "status", "atProvider", "scalingConfig")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"minSize": int64(3), "maxSize": int64(9), "desiredSize": int64(3)}, sizes); diff != "" {
		t.Errorf("sizes: -want, +got:\n%s", diff)
	}
	if kept, _, err := unstructured.NestedMap(group, "spec", "forProvider", "scalingConfig"); err != nil || kept != nil {
		t.Errorf("with its new bounds the group should be the autoscaler's again: got %v, error: %v", kept, err)
	}

	p.edit(ctx, func(spec map[string]any) { delete(spec, "queues") })
	p.untilCount(ctx, "55/55")
	if diff := cmp.Diff([]string{"queue.orders", "queue.orders.dead-letter", "queue.orders.redrive"}, only(added, p.objects(ctx))); diff != "" {
		t.Errorf("removed: -want, +got:\n%s", diff)
	}
	p.assertResponsive(ctx)
}

// untilCount waits until a platform of so many resources is ready.
func (p *platform) untilCount(ctx context.Context, count string) {
	p.t.Helper()
	p.until(ctx, count, func(_ *unstructured.Unstructured, pr *progress.Progress) bool {
		return pr.Ready && pr.Phase == "Ready" && pr.Count == count
	})
}

// only are the keys a has and b has not.
func only(a, b map[string]being) []string {
	var ks []string
	for _, k := range slices.Sorted(maps.Keys(a)) {
		if _, ok := b[k]; !ok {
			ks = append(ks, k)
		}
	}
	return ks
}

// changed are the keys both have, of objects that are not the same, but for what is told of
// the platform, which changes with it.
func changed(a, b map[string]being) []string {
	var ks []string
	for _, k := range slices.Sorted(maps.Keys(a)) {
		if now, ok := b[k]; ok && now != a[k] && k != "facts" {
			ks = append(ks, k)
		}
	}
	return ks
}

// TestRegress: whatever others depend on, and whatever happens to it, nothing is
// deleted, recreated or changed; the claim says what is wrong, and recovers.
func TestRegress(t *testing.T) {
	t.Parallel()
	ctx, p := built(t, shared(t), "platform-production")
	before := p.objects(ctx)
	needed := p.needed(ctx)
	if len(needed) < 20 {
		t.Fatalf("want the many things others need, got %v", slices.Sorted(maps.Keys(needed)))
	}
	maps.DeleteFunc(needed, func(_ string, o *unstructured.Unstructured) bool {
		_, reports := o.Object["status"]
		return !reports // A ProviderConfig can't fail.
	})
	for keys := range slices.Chunk(slices.Sorted(maps.Keys(needed)), 10) {
		p.regress(ctx, keys, needed)
	}
	p.settle(ctx)
	assertUntouched(t, before, p.objects(ctx))
	p.assertNothingLeft(ctx)
	p.assertResponsive(ctx)
}

// regress makes AWS refuse to keep some objects, until the claim counts each of
// them and says so of as many as its conditions name, and then lets it keep them
// again.
func (p *platform) regress(ctx context.Context, keys []string, objects map[string]*unstructured.Unstructured) {
	p.t.Helper()
	const message = ": ServiceUnavailable: try again"
	var stops []func()
	for _, k := range keys {
		stops = append(stops, p.refuse(ctx, objects[k].GroupVersionKind(), k, strings.TrimPrefix(message, ": ")))
	}
	nudged := time.Time{}
	p.until(ctx, "told about "+strings.Join(keys, ", "), func(_ *unstructured.Unstructured, pr *progress.Progress) bool {
		var ready, total int
		if _, err := fmt.Sscanf(pr.Count, "%d/%d", &ready, &total); err != nil {
			return false
		}
		// KWOK looks at an object when it changes. Crossplane does too, so this
		// must be rare, or its circuit breaker takes it for a loop.
		if time.Since(nudged) > 5*time.Second {
			nudged = time.Now()
			for _, k := range keys {
				p.nudge(ctx, objects[k])
			}
		}
		said := strings.Join(pr.Failures(), "; ")
		for _, k := range keys {
			said = strings.ReplaceAll(said, k+message, "")
		}
		return !pr.Ready && pr.Phase == "Degraded" && total-ready == len(keys) && len(pr.Failures()) > 0 && !strings.Contains(said, message)
	})
	for i, stop := range stops {
		stop()
		p.nudge(ctx, objects[keys[i]])
	}
	p.until(ctx, "recovered from "+strings.Join(keys, ", "), func(_ *unstructured.Unstructured, pr *progress.Progress) bool {
		return pr.Ready && pr.Phase == "Ready"
	})
}
