package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
)

// TestDrainComesFirst: nothing goes before the cluster is drained, and that only
// happens once.
func TestDrainComesFirst(t *testing.T) {
	t.Parallel()
	for _, example := range examples {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, example)
			unprotected(w.xr)
			w.settle()
			made := w.made()
			attempted(w.xr)
			deleted(w.claim)
			var came [][]string
			for range 8 {
				rsp := w.run()
				validate(t, w, rsp)
				whole(t, made, rsp)
				checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, reasonDraining)
				if added := slices.DeleteFunc(drains(rsp), func(key string) bool { return w.observed[key] != nil }); len(added) > 0 {
					came = append(came, added)
				}
				w.pass(rsp, unended())
			}
			if diff := cmp.Diff(drainStages, came); diff != "" {
				t.Errorf("what the drain takes should come in order: -want, +got:\n%s", diff)
			}

			w.follow(w.run())
			left := map[string]bool{}
			for range 40 {
				rsp := w.run()
				if len(w.observed) > 0 {
					checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, reasonDrained)
				}
				for _, key := range drains(rsp) {
					if left[key] {
						t.Errorf("%s has left, and should not come again", key)
					}
				}
				for _, key := range w.follow(rsp) {
					left[key] = true
				}
			}
			if len(w.observed) > 0 {
				t.Errorf("nothing should be left, got %v", sorted(w.observed))
			}
			if !left[keyDrain] || !left["drain.config"] {
				t.Errorf("the drain should leave, too: got %v", sorted(left))
			}
		})
	}
}

// TestDrainNotNeeded: a cluster is drained if it can be, and if anybody could
// have deployed anything there.
func TestDrainNotNeeded(t *testing.T) {
	t.Parallel()
	whole := func(w *world) { w.settle() }
	upTo := func(key string) func(w *world) {
		return func(w *world) {
			for w.observed[key] == nil {
				w.follow(w.run())
			}
		}
	}
	always := func(key string, change func(o *unstructured.Unstructured)) func(w *world) {
		return func(w *world) {
			if w.observed[key] != nil {
				w.edit(key, change)
			}
		}
	}
	starting := always("node-group.default", without("Ready"))
	cases := map[string]struct {
		reason string
		spec   string
		// build the platform before it is torn down.
		build func(w *world)
		// change what exists before each run.
		change func(w *world)
		want   bool
	}{
		"Whole":        {reason: "A platform that is ready should be drained.", build: whole, want: true},
		"Unwanted":     {reason: "Nobody wants it.", spec: ", teardown: {drain: false}", build: whole},
		"Early":        {reason: "Without nodes there is nothing to drain.", build: upTo("cluster.auth")},
		"NodesStart":   {reason: "Nodes that never became ready ran nothing.", build: upTo("node-group.default"), change: starting},
		"NodesFail":    {reason: "Nodes that are not ready any more may have run something.", build: whole, change: starting, want: true},
		"NoController": {reason: "People may have brought controllers of their own.", spec: ", " + disabled, build: whole, want: true},
		"Gone":         {reason: "Nobody can drain a cluster that isn't there.", build: whole, change: func(w *world) { delete(w.observed, "cluster") }},
		"GoneEarly": {
			reason: "Also if it was before anything was deployed.",
			build:  upTo("node-group.default"),
			change: func(w *world) { delete(w.observed, "cluster") },
		},
		"Lost":        {reason: "Nor one that is lost.", build: whole, change: func(w *world) { set(clusterGone, "metadata", "annotations", annotationCluster)(w.xr) }},
		"Deleted":     {reason: "Nor one that somebody is deleting.", build: whole, change: always("cluster", deleted)},
		"AuthDeleted": {reason: "Nor one the way into which is being deleted.", build: whole, change: always("cluster.auth", deleted)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, "{region: eu-central-1, name: dev"+tc.spec+"}")
			tc.build(w)
			unprotected(w.xr)
			attempted(w.xr)
			deleted(w.claim)
			drained := false
			for range 30 {
				if tc.change != nil {
					tc.change(w)
				}
				rsp := w.run()
				drained = drained || len(drains(rsp)) > 0
				if c := conditionOf(rsp, v1alpha1.ConditionDraining); !tc.want && c != nil {
					t.Fatalf("\n%s\nwant no condition, got %v", tc.reason, c)
				}
				w.follow(rsp)
			}
			if drained != tc.want {
				t.Errorf("\n%s\nwant drained %t, got %t", tc.reason, tc.want, drained)
			}
			if len(w.observed) > 0 {
				t.Errorf("\n%s\nnothing should be left, got %v", tc.reason, sorted(w.observed))
			}
		})
	}
}

// disabled is a claim that wants no controllers.
const disabled = "controllers: {clusterAutoscaler: {enabled: false}, loadBalancerController: {enabled: false}, metricsServer: {enabled: false}, externalDNS: {enabled: false}}"

// hideKubeconfig of the cluster.
func hideKubeconfig(w *world) {
	if r := w.observed["cluster.auth"]; r != nil {
		w.observed["cluster.auth"] = withoutDetails(r)
	}
}

// TestDrainGivenUp: whoever does not want to wait for a drain any more can go on
// without, or not at all.
func TestDrainGivenUp(t *testing.T) {
	t.Parallel()
	start := newWorld(t, "platform-smallest.yaml")
	before := start.settle()
	start.begin(keyDrain)
	made := start.made()

	t.Run("Skipped", func(t *testing.T) {
		w := start.fork(t)
		set(false, "spec", "teardown", "drain")(w.xr)
		var gone []string
		for range 30 {
			rsp := w.run()
			if len(w.observed) > 0 {
				checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, reasonSkipped)
			}
			for _, key := range drains(rsp) {
				if w.observed[key] == nil {
					t.Errorf("%s should not come any more", key)
				}
			}
			gone = append(gone, w.pass(rsp, unended())...)
		}
		if len(w.observed) > 0 || !slices.Contains(gone, keyDrain) {
			t.Errorf("everything should go: got %v", sorted(w.observed))
		}
	})
	t.Run("Cancelled", func(t *testing.T) {
		w := start.fork(t)
		cancel(w.xr)
		var gone [][]string
		for range 8 {
			rsp := w.run()
			whole(t, made, rsp)
			checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, reasonCancelled)
			if keys := w.pass(rsp, unended()); len(keys) > 0 {
				gone = append(gone, keys)
			}
		}
		want := [][]string{{keyDrain}, {"drain.binding", "drain.gateways"}, {"drain.account", "drain.role"}, {"drain.config"}}
		if diff := cmp.Diff(want, gone); diff != "" {
			t.Errorf("the drain should leave, and nothing else: -want, +got:\n%s", diff)
		}
		if diff := cmp.Diff(before.GetDesired().String(), w.settle().GetDesired().String()); diff != "" {
			t.Errorf("-before, +after:\n%s", diff)
		}

		w.begin(keyDrain)
		rsp := w.run()
		whole(t, made, rsp)
		checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, reasonDraining)
		w.follow(rsp)
		rsp = w.run()
		checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, reasonDrained)
		w.follow(rsp)
		cancel(w.xr)
		checkDraining(t, w.run(), fnv1.Status_STATUS_CONDITION_FALSE, reasonCancelled)
	})
}

// TestDrainAgain: that a cluster was drained for a teardown that was cancelled is
// no reason not to drain it for another one.
func TestDrainAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "platform-smallest.yaml")
	w.settle()
	w.begin(keyDrain)
	w.follow(w.run())
	rsp := w.run()
	checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, reasonDrained)
	w.remember(rsp)
	cancel(w.xr)
	w.remember(w.run())
	made := w.made()

	attempted(w.xr)
	var gone []string
	for range 6 {
		rsp := w.run()
		whole(t, made, rsp)
		checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, reasonDraining)
		gone = append(gone, w.pass(rsp, unended())...)
	}
	if diff := cmp.Diff([]string{keyDrain}, gone); diff != "" || w.observed[keyDrain] == nil {
		t.Errorf("the Pod alone should go, and come again: -want, +got:\n%s", diff)
	}
}

// TestDrainWaits: without a way into a cluster that is in use, nothing goes before
// there is one.
func TestDrainWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "platform-smallest.yaml")
	w.settle()
	attempted(w.xr)
	confirmed(w.xr)
	made := w.made()
	for range 3 {
		hideKubeconfig(w)
		rsp := w.run()
		whole(t, made, rsp)
		checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, reasonDraining)
		if m := conditionOf(rsp, v1alpha1.ConditionDraining).GetMessage(); !strings.Contains(m, "drain.config waits for cluster.auth") || !strings.Contains(m, "teardown.drain") {
			t.Errorf("want what it waits for, and the way out, got %q", m)
		}
		w.remember(rsp)
	}
}

// TestDrainGoesOn: what has begun is not given up because it would not begin now.
func TestDrainGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, "{region: eu-central-1, name: dev, "+disabled+"}")
	w.settle()
	w.begin(keyDrain)
	made, es := w.made(), unended()
	es["node-group.default"] = without("Ready")
	w.edit("node-group.default", es["node-group.default"])
	// Nor because the way into the cluster is away for a while.
	w.observed["cluster.auth"] = proto.CloneOf(w.observed["cluster.auth"])
	w.observed["cluster.auth"].ConnectionDetails = nil
	for range 3 {
		rsp := w.run()
		whole(t, made, rsp)
		checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, reasonDraining)
		w.pass(rsp, es)
	}
}

// TestDrainClusterLost: nobody can finish what was begun in a cluster that isn't
// there any more, nor take it back.
func TestDrainClusterLost(t *testing.T) {
	t.Parallel()
	cases := map[string]func(w *world){
		"Gone": func(w *world) { delete(w.observed, "cluster") },
		"Lost": func(w *world) { set(clusterGone, "metadata", "annotations", annotationCluster)(w.xr) },
		"GivenUp": func(w *world) {
			delete(w.observed, "cluster")
			set(false, "spec", "teardown", "drain")(w.xr)
		},
	}
	start := newWorld(t, "platform-smallest.yaml")
	start.settle()
	start.begin(keyDrain)
	keep := []any{"Observe", "Create", "Update", "LateInitialize"}
	want := map[string]any{keyDrain: keep, "drain.account": keep, "drain.binding": keep, "drain.role": keep, "drain.gateways": []any{"Observe"}}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			w := start.fork(t)
			change(w)
			// policies is what each object was last asked for with.
			policies := map[string]any{}
			var gone []string
			for range 30 {
				rsp := w.run()
				validate(t, w, rsp)
				if len(w.observed) > 0 {
					checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, reasonSkipped)
				}
				for _, key := range drains(rsp) {
					if at(rsp, key, "kind") == "Object" {
						policies[key] = at(rsp, key, "spec.managementPolicies")
					}
				}
				gone = append(gone, w.pass(rsp, unended())...)
			}
			if diff := cmp.Diff(want, policies); diff != "" {
				t.Errorf("what is in the cluster should be forgotten: -want, +got:\n%s", diff)
			}
			if len(w.observed) > 0 || !slices.Contains(gone, keyDrain) {
				t.Errorf("nothing should be left, got %v", sorted(w.observed))
			}
		})
	}
}
