package lifecycle_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestDrainComesFirst: nothing goes before the cluster is drained, and that only
// happens once.
func TestDrainComesFirst(t *testing.T) {
	t.Parallel()
	for _, example := range world.Examples {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			w := world.New(t, example)
			world.Unprotected(w.XR)
			w.Settle()
			made := w.Made()
			w.DeleteClaim()
			var came [][]string
			for range 8 {
				rsp := w.Run()
				world.Validate(t, w, rsp)
				world.CheckWhole(t, made, rsp)
				world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, lifecycle.ReasonDraining)
				if added := slices.DeleteFunc(world.Drains(rsp), func(key string) bool { return w.Observed[key] != nil }); len(added) > 0 {
					came = append(came, added)
				}
				w.Pass(rsp, world.Unended())
			}
			if diff := cmp.Diff(world.DrainStages, came); diff != "" {
				t.Errorf("what the drain takes should come in order: -want, +got:\n%s", diff)
			}

			w.Follow(w.Run())
			left := map[string]bool{}
			for range 40 {
				rsp := w.Run()
				if len(w.Observed) > 0 {
					world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, lifecycle.ReasonDrained)
				}
				for _, key := range world.Drains(rsp) {
					if left[key] {
						t.Errorf("%s has left, and should not come again", key)
					}
				}
				for _, key := range w.Follow(rsp) {
					left[key] = true
				}
			}
			if len(w.Observed) > 0 {
				t.Errorf("nothing should be left, got %v", world.SortedKeys(w.Observed))
			}
			if !left[lifecycle.KeyDrain] || !left["drain.config"] {
				t.Errorf("the drain should leave, too: got %v", world.SortedKeys(left))
			}
		})
	}
}

// TestDrainNotNeeded: a cluster is drained if it can be, and if anybody could
// have deployed anything there.
func TestDrainNotNeeded(t *testing.T) {
	t.Parallel()
	whole := func(w *world.World) { w.Settle() }
	upTo := func(key string) func(w *world.World) {
		return func(w *world.World) {
			w.Until("is there a "+key, func() bool { return w.Observed[key] != nil })
		}
	}
	always := func(key string, change func(o *unstructured.Unstructured)) func(w *world.World) {
		return func(w *world.World) {
			if w.Observed[key] != nil {
				w.Edit(key, change)
			}
		}
	}
	deleted := func(key string) func(w *world.World) {
		return func(w *world.World) {
			w.Settle()
			w.Edit(key, world.Deleted)
		}
	}
	starting := always("node-group.default", world.Without("Ready"))
	cases := map[string]struct {
		reason string
		spec   string
		// build the platform before it is torn down.
		build func(w *world.World)
		// change what exists before each run.
		change func(w *world.World)
		want   bool
	}{
		"Whole":    {reason: "A platform that is ready should be drained.", build: whole, want: true},
		"Unwanted": {reason: "Nobody wants it.", spec: ", teardown: {drain: false}", build: whole},
		"Early":    {reason: "Without nodes there is nothing to drain.", build: upTo("cluster.auth")},
		"NodesStart": {
			reason: "Nodes that never became ready ran nothing.",
			build:  upTo("node-group.default"),
			change: always("node-group.default", func(o *unstructured.Unstructured) {
				world.Without("Ready")(o)
				world.Set("CREATING", "status", "atProvider", "status")(o)
			}),
		},
		"NodesCantChange": {
			reason: "A node group that can't get another version has nodes.",
			spec:   ", " + disabled,
			build:  whole,
			change: always("node-group.default", func(o *unstructured.Unstructured) {
				world.WithStatus(o, "LastAsyncOperation", "False", "AsyncUpdateFailure", "async update failed: PodEvictionFailure: Reached max retries while trying to evict pods from nodes in node group default")
			}),
			want: true,
		},
		"NodesFail":    {reason: "Nodes that are not ready any more may have run something.", build: whole, change: starting, want: true},
		"NoController": {reason: "People may have brought controllers of their own.", spec: ", " + disabled, build: whole, want: true},
		"Gone":         {reason: "Nobody can drain a cluster that isn't there.", build: whole, change: func(w *world.World) { delete(w.Observed, "cluster") }},
		"GoneEarly": {
			reason: "Also if it was before anything was deployed.",
			build:  upTo("node-group.default"),
			change: func(w *world.World) { delete(w.Observed, "cluster") },
		},
		"Lost": {reason: "Nor one that is lost.", build: whole, change: func(w *world.World) {
			world.Set(lifecycle.ClusterGone, "metadata", "annotations", lifecycle.AnnotationCluster)(w.XR)
		}},
		"Deleted": {
			reason: "One that somebody is deleting is there as long as its node groups are.",
			build: func(w *world.World) {
				w.Settle()
				w.Slow = []string{"cluster"}
				w.Edit("cluster", func(o *unstructured.Unstructured) {
					world.Deleted(o)
					world.WithStatus(o, "LastAsyncOperation", "False", "AsyncDeleteFailure", "async delete failed: ResourceInUseException: Cluster has nodegroups attached")
				})
			},
			change: func(w *world.World) {
				if w.Observed["node-group.default"] == nil && w.Lingering["node-group.default"] == nil {
					w.Slow = nil
					delete(w.Lingering, "cluster")
				}
			},
			want: true,
		},
		"AuthDeleted":       {reason: "The way into it can be made anew.", build: deleted("cluster.auth"), want: true},
		"AutoscalerDeleted": {reason: "It takes no part in a drain.", build: deleted("cluster-autoscaler"), want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world.With(t, "{region: eu-central-1, name: dev"+tc.spec+"}")
			tc.build(w)
			world.Unprotected(w.XR)
			w.DeleteClaim()
			drained := false
			for range 30 {
				if tc.change != nil {
					tc.change(w)
				}
				rsp := w.Run()
				drained = drained || len(world.Drains(rsp)) > 0
				if c := world.ConditionOf(rsp, v1alpha1.ConditionDraining); !tc.want && c != nil {
					t.Fatalf("\n%s\nwant no condition, got %v", tc.reason, c)
				}
				w.Follow(rsp)
			}
			if drained != tc.want {
				t.Errorf("\n%s\nwant drained %t, got %t", tc.reason, tc.want, drained)
			}
			if len(w.Observed) > 0 {
				t.Errorf("\n%s\nnothing should be left, got %v", tc.reason, world.SortedKeys(w.Observed))
			}
		})
	}
}

// disabled is a claim that wants no controllers.
const disabled = "controllers: {clusterAutoscaler: {enabled: false}, loadBalancerController: {enabled: false}, metricsServer: {enabled: false}, externalDNS: {enabled: false}}"

// hideKubeconfig of the cluster.
func hideKubeconfig(w *world.World) {
	if r := w.Observed["cluster.auth"]; r != nil {
		w.Observed["cluster.auth"] = world.WithoutDetails(r)
	}
}

// TestDrainGivenUp: whoever does not want to wait for a drain any more can go on
// without, or not at all.
func TestDrainGivenUp(t *testing.T) {
	t.Parallel()
	start := world.New(t, "platform-smallest.yaml")
	before := start.Settle()
	start.Begin(lifecycle.KeyDrain)
	made := start.Made()

	t.Run("Skipped", func(t *testing.T) {
		w := start.Fork(t)
		world.Set(false, "spec", "teardown", "drain")(w.XR)
		var gone []string
		for range 30 {
			rsp := w.Run()
			if len(w.Observed) > 0 {
				world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, lifecycle.ReasonSkipped)
			}
			for _, key := range world.Drains(rsp) {
				if w.Observed[key] == nil {
					t.Errorf("%s should not come any more", key)
				}
			}
			gone = append(gone, w.Pass(rsp, world.Unended())...)
		}
		if len(w.Observed) > 0 || !slices.Contains(gone, lifecycle.KeyDrain) {
			t.Errorf("everything should go: got %v", world.SortedKeys(w.Observed))
		}
	})
	t.Run("Cancelled", func(t *testing.T) {
		w := start.Fork(t)
		world.Cancel(w.XR)
		var gone [][]string
		for range 8 {
			rsp := w.Run()
			world.CheckWhole(t, made, rsp)
			world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, lifecycle.ReasonCancelled)
			if keys := w.Pass(rsp, world.Unended()); len(keys) > 0 {
				gone = append(gone, keys)
			}
		}
		want := [][]string{{lifecycle.KeyDrain}, {"drain.binding", "drain.gateways"}, {"drain.account", "drain.role"}, {"drain.config"}}
		if diff := cmp.Diff(want, gone); diff != "" {
			t.Errorf("the drain should leave, and nothing else: -want, +got:\n%s", diff)
		}
		if diff := cmp.Diff(before.GetDesired().String(), w.Settle().GetDesired().String()); diff != "" {
			t.Errorf("-before, +after:\n%s", diff)
		}

		w.Begin(lifecycle.KeyDrain)
		rsp := w.Run()
		world.CheckWhole(t, made, rsp)
		world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, lifecycle.ReasonDraining)
		w.Follow(rsp)
		rsp = w.Run()
		world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, lifecycle.ReasonDrained)
		w.Follow(rsp)
		world.Cancel(w.XR)
		world.CheckDraining(t, w.Run(), fnv1.Status_STATUS_CONDITION_FALSE, lifecycle.ReasonCancelled)
	})
}

// TestDrainAgain: that a cluster was drained for a teardown that was cancelled is
// no reason not to drain it for another one.
func TestDrainAgain(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	w.Settle()
	w.Begin(lifecycle.KeyDrain)
	w.Follow(w.Run())
	rsp := w.Run()
	world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, lifecycle.ReasonDrained)
	w.Remember(rsp)
	world.Cancel(w.XR)
	w.Remember(w.Run())
	made := w.Made()

	world.Attempted(w.XR)
	var gone []string
	for range 6 {
		rsp := w.Run()
		world.CheckWhole(t, made, rsp)
		world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, lifecycle.ReasonDraining)
		gone = append(gone, w.Pass(rsp, world.Unended())...)
	}
	if diff := cmp.Diff([]string{lifecycle.KeyDrain}, gone); diff != "" || w.Observed[lifecycle.KeyDrain] == nil {
		t.Errorf("the Pod alone should go, and come again: -want, +got:\n%s", diff)
	}
}

// TestDrainWaits: without a way into a cluster that is in use, nothing goes before
// there is one.
func TestDrainWaits(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	w.Settle()
	world.Attempted(w.XR)
	world.Confirmed(w.XR)
	made := w.Made()
	for range 3 {
		hideKubeconfig(w)
		rsp := w.Run()
		world.CheckWhole(t, made, rsp)
		world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, lifecycle.ReasonDraining)
		if m := world.ConditionOf(rsp, v1alpha1.ConditionDraining).GetMessage(); !strings.Contains(m, "drain.config waits for cluster.auth") || !strings.Contains(m, "teardown.drain") {
			t.Errorf("want what it waits for, and the way out, got %q", m)
		}
		w.Remember(rsp)
	}
}

// TestDrainGoesOn: what has begun is not given up because it would not begin now.
func TestDrainGoesOn(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, name: dev, "+disabled+"}")
	w.Settle()
	w.Begin(lifecycle.KeyDrain)
	made, es := w.Made(), world.Unended()
	es["node-group.default"] = world.Without("Ready")
	w.Edit("node-group.default", es["node-group.default"])
	// Nor because the way into the cluster is away for a while.
	w.Observed["cluster.auth"] = proto.CloneOf(w.Observed["cluster.auth"])
	w.Observed["cluster.auth"].ConnectionDetails = nil
	for range 3 {
		rsp := w.Run()
		world.CheckWhole(t, made, rsp)
		world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, lifecycle.ReasonDraining)
		w.Pass(rsp, es)
	}
}

// TestDrainClusterLost: nobody can finish what was begun in a cluster that isn't
// there any more, nor take it back.
func TestDrainClusterLost(t *testing.T) {
	t.Parallel()
	cases := map[string]func(w *world.World){
		"Gone": func(w *world.World) { delete(w.Observed, "cluster") },
		"Lost": func(w *world.World) {
			world.Set(lifecycle.ClusterGone, "metadata", "annotations", lifecycle.AnnotationCluster)(w.XR)
		},
		"GivenUp": func(w *world.World) {
			delete(w.Observed, "cluster")
			world.Set(false, "spec", "teardown", "drain")(w.XR)
		},
	}
	start := world.New(t, "platform-smallest.yaml")
	start.Settle()
	start.Begin(lifecycle.KeyDrain)
	keep := []any{"Observe", "Create", "Update", "LateInitialize"}
	want := map[string]any{lifecycle.KeyDrain: keep, "drain.account": keep, "drain.binding": keep, "drain.role": keep, "drain.gateways": []any{"Observe"}}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			w := start.Fork(t)
			change(w)
			// policies is what each object was last asked for with.
			policies := map[string]any{}
			var gone []string
			for range 30 {
				rsp := w.Run()
				world.Validate(t, w, rsp)
				if len(w.Observed) > 0 {
					world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, lifecycle.ReasonSkipped)
				}
				for _, key := range world.Drains(rsp) {
					if world.At(rsp, key, "kind") == "Object" {
						policies[key] = world.At(rsp, key, "spec.managementPolicies")
					}
				}
				gone = append(gone, w.Pass(rsp, world.Unended())...)
			}
			if diff := cmp.Diff(want, policies); diff != "" {
				t.Errorf("what is in the cluster should be forgotten: -want, +got:\n%s", diff)
			}
			if len(w.Observed) > 0 || !slices.Contains(gone, lifecycle.KeyDrain) {
				t.Errorf("nothing should be left, got %v", world.SortedKeys(w.Observed))
			}
		})
	}
}

// TestDrainAfterDeployers: whoever deploys into the cluster from the control plane loses
// the way there before it is drained, and has it again if the teardown is cancelled.
func TestDrainAfterDeployers(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, name: dev, facts: {argoCD: true, flux: true}}")
	w.Policy = map[string]any{"facts": map[string]any{"argoCD": map[string]any{"namespace": "argocd"}, "flux": map[string]any{}}}
	w.Settle()
	ways, made := []string{"argocd", "flux.kubeconfig"}, w.Made()
	stay := slices.DeleteFunc(slices.Clone(made), func(key string) bool { return slices.Contains(ways, key) })
	world.Attempted(w.XR)
	world.Confirmed(w.XR)
	for range 8 {
		rsp := w.Run()
		world.Validate(t, w, rsp)
		world.CheckWhole(t, stay, rsp)
		world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, lifecycle.ReasonDraining)
		for _, key := range ways {
			if len(world.Drains(rsp)) > 0 && w.Observed[key] != nil {
				t.Errorf("%v comes while %s is there", world.Drains(rsp), key)
			}
		}
		w.Pass(rsp, world.Unended())
	}
	if diff := cmp.Diff(stay, w.Made()); diff != "" || w.Observed[lifecycle.KeyDrain] == nil {
		t.Fatalf("the cluster should be drained without them: -want, +got:\n%s", diff)
	}
	world.Cancel(w.XR)
	w.Settle()
	if diff := cmp.Diff(made, w.Made()); diff != "" {
		t.Errorf("all of it should be there again: -want, +got:\n%s", diff)
	}
}

// TestDrainAfterDeployersTakenBack: the platform team takes Argo CD out of the policy, so the
// claim is refused, and is deleted for that. Argo CD must lose its way into the cluster
// before it is drained.
func TestDrainAfterDeployersTakenBack(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, name: dev, facts: {argoCD: true}}")
	w.Policy = map[string]any{"facts": map[string]any{"argoCD": map[string]any{"namespace": "argocd"}}}
	w.Settle()
	w.Policy = nil
	w.DeleteClaim()
	for range 8 {
		rsp := w.Run()
		if world.Drains(rsp) != nil && rsp.GetDesired().GetResources()["argocd"] != nil && w.Observed[lifecycle.KeyDrain] != nil {
			t.Fatalf("%v while Argo CD still deploys into the cluster, and does so for ever: %v", world.Drains(rsp), world.ConditionOf(rsp, v1alpha1.ConditionDraining))
		}
		w.Pass(rsp, world.Unended())
	}
}
