package function_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/function"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestRegress: whatever happens to one resource of a ready platform, everything
// else is asked for as before. Other systems delete a cluster's node groups when
// a subnet is not ready for a moment.
func TestRegress(t *testing.T) {
	t.Parallel()
	passes := map[string]struct {
		reason string
		change func(o *unstructured.Unstructured)
		// spared are kinds that have nothing the pass could take from them.
		spared []string
		// leaves: the resource is not asked for.
		leaves bool
		phase  v1alpha1.Phase
	}{
		"NotReady": {
			reason: "A resource that is not ready for a while should change nothing.",
			change: func(o *unstructured.Unstructured) { world.WithStatus(o, "Ready", "False", "Unavailable", "") },
			// It has no status: it is ready once it exists.
			spared: []string{"ProviderConfig"},
			phase:  v1alpha1.PhaseDegraded,
		},
		"NoStatus": {
			reason: "A resource whose status is lost, as after a restored backup, should change nothing but what uses it.",
			change: func(o *unstructured.Unstructured) { unstructured.RemoveNestedField(o.Object, "status") },
			spared: []string{"ProviderConfig"},
			phase:  v1alpha1.PhaseProvisioning,
		},
		"Deleted": {
			reason: "A resource that somebody deletes should not be asked for until it is gone, and change nothing but what uses it.",
			change: world.Deleted,
			leaves: true,
			phase:  v1alpha1.PhaseDegraded,
		},
	}
	for _, example := range world.Examples {
		w := world.New(t, example)
		before := w.Settle()
		for name, pass := range passes {
			t.Run(example+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := w.Fork(t)
				edges, conditions := world.PlanOf(t, w).Edges(), conditionsByKey(t, w)
				for _, key := range world.Keys(before) {
					if slices.Contains(pass.spared, world.Desired(before, key).GetKind()) {
						continue
					}
					good := w.Observed[key]
					w.Edit(key, pass.change)
					rsp := w.Run()
					phase := pass.phase
					if name == "NotReady" && world.Desired(before, key).GetKind() == "Release" {
						phase = v1alpha1.PhaseUpdating // Its provider says so of one that it changes.
					}
					checkRegressed(t, pass.reason, key, conditions[key], phase, rsp)
					want := before
					if pass.leaves {
						want = proto.CloneOf(before)
						delete(want.GetDesired().GetResources(), key)
					}
					for _, problem := range changes(w, want, rsp, key, edges) {
						t.Errorf("\n%s\n%s: %s", pass.reason, key, problem)
					}

					w.Observed[key] = good
				}
				// The function keeps no state, so once is enough.
				if again := w.Run(); !proto.Equal(before, again) {
					t.Errorf("\n%s\nall is as before, but not asked for as before: -before, +after:\n%s", pass.reason, cmp.Diff(before.String(), again.String()))
				}
			})
		}
	}
}

// conditionsByKey are the types of the conditions that report on each key.
func conditionsByKey(t *testing.T, w *world.World) map[string]string {
	t.Helper()
	conditions := map[string]string{}
	for _, l := range world.PlanOf(t, w).Layers() {
		for _, key := range l.Keys() {
			conditions[key] = l.Condition
		}
	}
	return conditions
}

// checkRegressed: the claim says that something is wrong, and with what.
func checkRegressed(t *testing.T, reason, key, condition string, phase v1alpha1.Phase, rsp *fnv1.RunFunctionResponse) {
	t.Helper()
	ready, ttl := fnv1.Ready_READY_FALSE, function.TTLConverging
	if condition == v1alpha1.ConditionFactsReady {
		// Nobody has asked for them, so nobody waits for them.
		ready, ttl, phase = fnv1.Ready_READY_TRUE, rsp.GetMeta().GetTtl().AsDuration(), v1alpha1.PhaseReady
	}
	if got := rsp.GetDesired().GetComposite().GetReady(); got != ready {
		t.Errorf("\n%s\n%s: the platform should be %s, is %s", reason, key, ready, got)
	}
	if r := rsp.GetDesired().GetResources()[key]; r != nil && r.GetReady() != fnv1.Ready_READY_FALSE {
		t.Errorf("\n%s\n%s: should not be ready: got %s", reason, key, r.GetReady())
	}
	c := world.ConditionOf(rsp, condition)
	if c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || !strings.Contains(c.GetMessage(), key) {
		t.Errorf("\n%s\n%s: want condition %s False and naming it, got %v", reason, key, condition, c)
	}
	if c := world.ConditionOf(rsp, v1alpha1.ConditionAccepted); c.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE {
		t.Errorf("\n%s\n%s: the claim is as good as before: got %v", reason, key, c)
	}
	if got := rsp.GetMeta().GetTtl().AsDuration(); got != ttl {
		t.Errorf("\n%s\n%s: want TTL %s, got %s", reason, key, ttl, got)
	}
	if s, ok := rsp.GetDesired().GetComposite().GetResource().AsMap()["status"].(map[string]any); !ok || s["phase"] != string(phase) {
		t.Errorf("\n%s\n%s: want phase %s, got %v", reason, key, phase, s["phase"])
	}
}

// changes of what is asked for that one resource's trouble does not excuse: an
// object that is not asked for, or is another one now. Only what uses a value
// of the resource may differ, and must be what exists.
func changes(w *world.World, before, after *fnv1.RunFunctionResponse, key string, edges map[string][]string) []string {
	var problems []string
	if diff := cmp.Diff(world.Keys(before), world.Keys(after)); diff != "" {
		problems = append(problems, "what is asked for: -before, +after:\n"+diff)
	}
	for k, r := range after.GetDesired().GetResources() {
		if proto.Equal(before.GetDesired().GetResources()[k].GetResource(), r.GetResource()) {
			continue
		}
		if !slices.Contains(edges[k], key) {
			problems = append(problems, k+" is asked for otherwise, though it does not need it")
			continue
		}
		got, exists := r.GetResource().AsMap(), w.Observed[k].GetResource().AsMap()
		if diff := cmp.Diff(exists["spec"], got["spec"]); diff != "" {
			problems = append(problems, k+" is neither what it was nor what exists: -exists, +asked for:\n"+diff)
		}
		if _, ok := got["status"]; ok {
			problems = append(problems, k+" carries a status")
		}
		if r.GetReady() != fnv1.Ready_READY_FALSE {
			problems = append(problems, k+" is frozen, but ready")
		}
		name := func(m map[string]any) any { return m["metadata"].(map[string]any)["name"] }
		if name(exists) != name(got) {
			problems = append(problems, k+" has another name")
		}
	}
	return problems
}

// TestRegressWhileBuilding: trouble with what a half-made platform stands on
// stops what is to come, and takes back nothing.
func TestRegressWhileBuilding(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	for stage := range 20 {
		rsp := w.Run()
		if world.IsReady(rsp) {
			break
		}
		if stage%3 != 2 { // Each stage takes a while, and they are much alike.
			w.Advance(rsp)
			continue
		}
		for _, key := range world.SortedKeys(w.Observed) {
			if world.Desired(rsp, key).GetKind() == "ProviderConfig" {
				continue
			}
			good := w.Observed[key]
			w.Edit(key, func(o *unstructured.Unstructured) { world.WithStatus(o, "Ready", "False", "Unavailable", "") })
			after := w.Run()
			for _, k := range world.SortedKeys(w.Observed) {
				if !proto.Equal(rsp.GetDesired().GetResources()[k].GetResource(), after.GetDesired().GetResources()[k].GetResource()) {
					t.Errorf("stage %d: %s is not ready: %s exists, and is asked for otherwise", stage, key, k)
				}
			}
			for k := range after.GetDesired().GetResources() {
				if rsp.GetDesired().GetResources()[k] == nil {
					t.Errorf("stage %d: %s is not ready: %s is begun because of it", stage, key, k)
				}
			}
			w.Observed[key] = good
		}
		w.Advance(rsp)
	}
}

// TestVanish: a resource that is gone is made again, under the name it had, and
// what stands on it stays.
func TestVanish(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	before := w.Settle()
	for _, key := range world.Keys(before) {
		good := w.Observed[key]
		delete(w.Observed, key)
		rsp := w.Run()
		for k := range w.Observed {
			if rsp.GetDesired().GetResources()[k] == nil {
				t.Errorf("%s is gone: %s exists, and is not asked for", key, k)
			}
		}
		if got := rsp.GetDesired().GetResources()[key].GetResource(); !proto.Equal(got, before.GetDesired().GetResources()[key].GetResource()) {
			t.Errorf("%s is gone: want the same again, got %v", key, got)
		}
		w.Observed[key] = good
	}
}

// TestPaused: pausing a resource, which people do to repair something by hand,
// makes it neither better nor worse.
func TestPaused(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	before := w.Settle()
	w.Edit("cluster", func(o *unstructured.Unstructured) { world.WithStatus(o, "Synced", "False", "ReconcilePaused", "") })
	if rsp := w.Run(); !proto.Equal(before, rsp) {
		t.Errorf("\nA ready resource that is paused is ready: -before, +after:\n%s", cmp.Diff(before.String(), rsp.String()))
	}
	w.Edit("cluster", func(o *unstructured.Unstructured) { world.WithStatus(o, "Ready", "False", "Creating", "") })
	rsp := w.Run()
	c := world.ConditionOf(rsp, v1alpha1.ConditionClusterReady)
	if c.GetReason() != "Paused" || !strings.Contains(c.GetMessage(), "cluster is paused") {
		t.Errorf("\nThe claim should say what is paused: got %v", c)
	}
	for _, problem := range changes(w, before, rsp, "cluster", world.PlanOf(t, w).Edges()) {
		t.Error(problem)
	}
}
