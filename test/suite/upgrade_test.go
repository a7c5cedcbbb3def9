package suite

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/controlplane"
)

// versions are of what follows the cluster's version, by kind, and where the version is
// that it is asked to have.
//
//nolint:gochecknoglobals // A constant table.
var versions = map[string][]string{
	"Cluster":   {"spec", "forProvider", "version"},
	"Addon":     {"spec", "forProvider", "addonVersion"},
	"NodeGroup": {"spec", "forProvider", "version"},
}

// TestUpgrade: one edit of a claim takes a living platform over three minor versions.
// Whatever takes a step does so once all it needs has settled, and one node group at a
// time, and nothing else changes; a step that fails keeps what is behind it and is
// tried again; it can be paused, and goes back by one.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	b := shared(t)
	p := applyIn(ctx, t, b, "testupgrade", "platform-smallest", func(spec map[string]any) {
		spec["cluster"] = map[string]any{"version": "1.33", "supportType": "Extended"}
		spec["nodeGroups"] = []any{map[string]any{"name": "default"}, map[string]any{"name": "other", "minSize": int64(0)}}
	})
	p.ready(ctx)
	h := p.follow(ctx)
	before := p.objects(ctx)

	p.edit(ctx, func(spec map[string]any) { spec["cluster"].(map[string]any)["version"] = "1.36" })
	p.untilComposite(ctx, "half-way", func(xr *unstructured.Unstructured) bool { return runs(xr) != "1.33" })
	const words = "NodeCreationFailure: new nodes are not joining node group other"
	mended := p.refuse(ctx, p.bed.kind(t, "NodeGroup"), "node-group.other", words)
	p.untilComposite(ctx, "told why its nodes fail", func(xr *unstructured.Unstructured) bool {
		c := controlplane.Condition(xr, "NodesReady")
		return c.Reason == "Failed" && strings.Contains(c.Message, words)
	})
	if asked := h.asked("cluster"); slices.Contains(asked, "1.35") {
		t.Errorf("want what is behind a step that fails to wait, the cluster was asked for %v", asked)
	}
	mended()
	p.edit(ctx, func(spec map[string]any) { spec["upgrade"] = map[string]any{"paused": true} })
	p.untilComposite(ctx, "paused", func(xr *unstructured.Unstructured) bool {
		return slices.ContainsFunc([]string{"ClusterReady", "NodesReady", "ControllersReady"}, func(ctype string) bool { return controlplane.Condition(xr, ctype).Reason == "Held" })
	})
	p.edit(ctx, func(spec map[string]any) { delete(spec, "upgrade") })
	p.upgraded(ctx, "1.36")
	if diff := gocmp.Diff([]string{"1.33", "1.34", "1.35", "1.36"}, h.asked("cluster")); diff != "" {
		t.Errorf("the cluster: -want, +got:\n%s", diff)
	}
	if diff := gocmp.Diff([]string{"1.33", "1.34", "1.35", "1.36"}, h.asked("node-group.other")); diff != "" {
		t.Errorf("its nodes: -want, +got:\n%s", diff)
	}
	h.checkOrder(t, "cluster")
	p.assertSteps(ctx, before)

	p.edit(ctx, func(spec map[string]any) { spec["cluster"].(map[string]any)["version"] = "1.35" })
	p.upgraded(ctx, "1.35")
	all := h.asked("cluster")
	if all[len(all)-1] != "1.35" {
		t.Errorf("want the cluster to go back, got %v", all)
	}
	p.assertResponsive(ctx)
}

// assertSteps fails if anything came, went or was made anew since before, or anything
// changed that takes no step.
func (p *platform) assertSteps(ctx context.Context, before map[string]being) {
	p.t.Helper()
	after := p.objects(ctx)
	if gone, made := only(before, after), only(after, before); len(gone)+len(made) > 0 {
		p.t.Errorf("want nothing to go or to be made, got %v and %v", gone, made)
	}
	for _, key := range changed(before, after) {
		if before[key].UID != after[key].UID || !p.follows(ctx, key) {
			p.t.Errorf("%s takes no step, and changed from %v to %v", key, before[key], after[key])
		}
	}
}

// follows tells whether an object has a version that follows the cluster's, as of the
// charts the autoscaler's does.
func (p *platform) follows(ctx context.Context, key string) bool {
	p.t.Helper()
	return versions[p.object(ctx, key).GetKind()] != nil || key == "cluster-autoscaler"
}

// runs is the version a composite's cluster runs.
func runs(xr *unstructured.Unstructured) string {
	v, _, _ := unstructured.NestedString(xr.Object, "status", "cluster", "version")
	return v
}

// upgraded waits until a platform runs a version, and is ready.
func (p *platform) upgraded(ctx context.Context, version string) {
	p.t.Helper()
	p.untilComposite(ctx, "at "+version, func(xr *unstructured.Unstructured) bool {
		return runs(xr) == version && controlplane.Condition(xr, "Ready").Status == "True" && controlplane.Condition(xr, "VersionCurrent").Reason == "Supported"
	})
}

// A moment in the life of an object.
type moment struct {
	revision     int
	key, version string
	needs        []string
	// settled: it is ready, and was looked at since it was changed.
	settled bool
}

// A history of what has a version.
type history struct {
	mu  sync.Mutex
	all []moment
}

// follow what has a version from now on.
func (p *platform) follow(ctx context.Context) *history {
	p.t.Helper()
	h := &history{}
	for kind, path := range versions {
		list := &unstructured.UnstructuredList{}
		gvk := p.bed.kind(p.t, kind)
		list.SetGroupVersionKind(gvk.GroupVersion().WithKind(kind + "List"))
		w, err := p.bed.cp.Client.Watch(ctx, list, client.MatchingLabels{plan.LabelPlatform: p.compositeName(ctx)})
		if err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(w.Stop)
		go func() {
			for e := range w.ResultChan() {
				if o, ok := e.Object.(*unstructured.Unstructured); ok {
					h.note(o, path)
				}
			}
		}()
	}
	return h
}

func (h *history) note(o *unstructured.Unstructured, path []string) {
	version, _, _ := unstructured.NestedString(o.Object, path...)
	looked, _, _ := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
	revision, err := strconv.Atoi(o.GetResourceVersion())
	if err != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, moment{
		revision: revision, key: key(o), version: version,
		needs:   plan.SplitNeeds(o.GetAnnotations()[plan.AnnotationNeeds]),
		settled: controlplane.Condition(o, "Ready").Status == "True" && looked == o.GetGeneration(),
	})
}

// asked are the versions an object was asked to have, in their order.
func (h *history) asked(key string) []string {
	var versions []string
	for _, m := range h.moments() {
		if m.key == key {
			versions = append(versions, m.version)
		}
	}
	return slices.Compact(versions)
}

// moments of all objects, in the API server's order.
func (h *history) moments() []moment {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.SortedFunc(slices.Values(h.all), func(a, b moment) int { return cmp.Compare(a.revision, b.revision) })
}

// checkOrder fails if anything was asked to have another version while what it needs,
// or for the leader anything else, had not settled, or while another node group
// replaced its nodes.
func (h *history) checkOrder(t *testing.T, leader string) {
	t.Helper()
	now := map[string]moment{}
	steps := 0
	for _, m := range h.moments() {
		before, known := now[m.key]
		now[m.key] = m
		if !known || before.version == m.version {
			continue
		}
		steps++
		for other, o := range now {
			group := strings.HasPrefix(m.key, "node-group.") && strings.HasPrefix(other, "node-group.")
			if other != m.key && !o.settled && (m.key == leader || group || slices.Contains(m.needs, other)) {
				t.Errorf("%s was asked to have %s at revision %d, while %s had not settled at %s", m.key, m.version, m.revision, other, o.version)
			}
		}
	}
	if steps < 12 {
		t.Errorf("want three steps of the cluster and of its nodes and add-ons, got %d", steps)
	}
}
