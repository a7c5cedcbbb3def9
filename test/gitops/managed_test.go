package gitops

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/xplatform-dev/function-xplatform/test/aws"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// pass are ways in which a composed object can be found, and its health then.
//
//nolint:gochecknoglobals // A constant table.
var pass = map[string]struct {
	edit    func(o *unstructured.Unstructured)
	verdict string
}{
	"Ready":       {func(*unstructured.Unstructured) {}, healthy},
	"New":         {func(o *unstructured.Unstructured) { delete(o.Object, "status") }, progressing},
	"Creating":    {func(o *unstructured.Unstructured) { world.WithStatus(o, "Ready", "False", "Creating", "") }, progressing},
	"Edited":      {func(o *unstructured.Unstructured) { o.SetGeneration(o.GetGeneration() + 1) }, progressing},
	"Unavailable": {func(o *unstructured.Unstructured) { world.WithStatus(o, "Ready", "False", "Unavailable", "") }, progressing},
	"Refused":     {func(o *unstructured.Unstructured) { world.WithStatus(o, "Synced", "False", "ReconcileError", words) }, degraded},
	"RefusedLater": {func(o *unstructured.Unstructured) {
		world.WithStatus(o, "LastAsyncOperation", "False", "AsyncUpdateFailure", words)
	}, degraded},
	"Paused": {func(o *unstructured.Unstructured) {
		meta.AddAnnotations(o, map[string]string{meta.AnnotationKeyReconciliationPaused: "true"})
		world.WithStatus(o, "Synced", "False", "ReconcilePaused", "")
	}, suspended},
	"Deleted": {world.Deleted, progressing},
}

// wrong is what Argo CD's own check says of the passes above that it misjudges: one that is
// not in here it judges as we do, and needs no check of ours.
//
//nolint:gochecknoglobals // A constant table.
var wrong = map[string]string{"New": healthy, "Edited": healthy, "Paused": healthy, "Refused": healthy, "RefusedLater": healthy}

// TestManaged: every kind that a platform is made of is healthy if it is ready as it is
// asked for, by Argo CD's own check or, where that is wrong, by ours.
func TestManaged(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, example := range world.Examples {
		w := world.New(t, example)
		w.Settle()
		world.Attempted(w.XR)
		world.Confirmed(w.XR)
		kinds(t, w, seen)
		w.Begin("drain")
		kinds(t, w, seen)
	}
	if len(seen) < 25 {
		t.Errorf("want all kinds, got %v", world.SortedKeys(seen))
	}
}

// kinds of a world that are not judged yet.
func kinds(t *testing.T, w *world.World, seen map[string]bool) {
	t.Helper()
	for _, key := range world.SortedKeys(w.Observed) {
		o := served(t, &unstructured.Unstructured{Object: w.Observed[key].GetResource().AsMap()})
		group := o.GroupVersionKind().Group
		if kind := group + "/" + o.GetKind(); seen[kind] {
			continue
		} else {
			seen[kind] = true
		}
		if group != "protection.crossplane.io" && o.Object["status"] != nil && condition(o, "Ready") != "True" {
			delete(seen, group+"/"+o.GetKind())
			continue
		}
		if o.Object["status"] == nil || group == "protection.crossplane.io" {
			for _, engine := range []*argo{ours, builtIn} {
				if got := engine.health(t, o); got.Status != healthy {
					t.Errorf("%s %s: want it healthy, got %v", group, o.GetKind(), got)
				}
			}
			continue
		}
		o.SetGeneration(7)
		world.Set(int64(7), "status", "observedGeneration")(o)
		all, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
		for _, c := range all {
			c.(map[string]any)["observedGeneration"] = int64(7)
		}
		world.Set(all, "status", "conditions")(o)
		for _, name := range world.SortedKeys(pass) {
			if name == "RefusedLater" && !strings.HasSuffix(group, ".upbound.io") {
				continue // Only upjet's providers have operations that go on by themselves.
			}
			p := pass[name]
			is := o.DeepCopy()
			p.edit(is)
			if got := ours.health(t, is); got.Status != p.verdict || name == "Refused" && got.Message != words {
				t.Errorf("%s %s, %s: want it %s, got %v", group, o.GetKind(), name, p.verdict, got)
			}
			want := p.verdict
			if wrong[name] != "" {
				want = wrong[name]
			}
			if got := builtIn.health(t, is); got.Status != want {
				t.Errorf("%s %s, %s: Argo CD's own check says %v, and not %s: is ours still needed?", group, o.GetKind(), name, got, want)
			}
		}
	}
}

// TestManagedEdits: while a platform is built and edited, nothing of it is healthy that
// AWS has otherwise.
func TestManagedEdits(t *testing.T) {
	t.Parallel()
	l := world.Live(world.New(t, "platform-production.yaml"))
	check := func() {
		t.Helper()
		for _, key := range world.SortedKeys(l.Observed) {
			o := &unstructured.Unstructured{Object: l.Observed[key].GetResource().AsMap()}
			if !strings.HasSuffix(o.GroupVersionKind().Group, ".aws.m.upbound.io") || o.GetKind() == "ClusterAuth" || ours.health(t, o).Status != healthy {
				continue
			}
			thing := l.Account.Of(o)
			if thing == nil {
				t.Errorf("%s is healthy, and AWS does not have it", key)
				continue
			}
			asked, _, _ := unstructured.NestedMap(o.Object, "spec", "forProvider")
			if missing := aws.Missing(asked, thing.Has, key); len(missing) > 0 {
				t.Errorf("%s is healthy, and AWS lacks %v", key, missing)
			}
		}
	}
	for _, edit := range []func(o *unstructured.Unstructured){
		func(*unstructured.Unstructured) {},
		world.Set("more", "spec", "tags", "edited"),
		func(o *unstructured.Unstructured) {
			queues, _, _ := unstructured.NestedSlice(o.Object, "spec", "queues")
			world.Set(slices.Delete(queues, 0, 1), "spec", "queues")(o)
		},
	} {
		claim := l.Claim.DeepCopy()
		edit(claim)
		l.Claims(claim)
		for range 40 {
			rsp := l.Ask()
			if !l.Step(rsp) && world.IsReady(rsp) {
				break
			}
			check()
		}
		check()
	}
}
