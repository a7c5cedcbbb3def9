package lifecycle_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestGuardComesFirst: before Crossplane heeds the guard there is nothing that has
// to go in order, since all would go at once. What exists does not need it.
func TestGuardComesFirst(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reason string
		change func(w *world.World)
	}{
		"Missing":  {reason: "Somebody has deleted it", change: func(w *world.World) { delete(w.Observed, lifecycle.KeyGuard) }},
		"Unheeded": {reason: "Crossplane has yet to heed it", change: func(w *world.World) { w.Edit(lifecycle.KeyGuard, world.Without("Ready")) }},
		"Leaving":  {reason: "It is on its way out", change: func(w *world.World) { w.Edit(lifecycle.KeyGuard, world.Deleted) }},
	} {
		w := world.New(t, "platform-smallest.yaml")
		w.Follow(w.Run())
		first := world.SortedKeys(w.Observed)
		for range 3 {
			tc.change(w)
			rsp := w.Run()
			if diff := cmp.Diff(first, world.SortedKeys(rsp.GetDesired().GetResources())); diff != "" {
				t.Errorf("%s: %s: nothing should come: -first, +got:\n%s", name, tc.reason, diff)
			}
			w.Follow(rsp)
		}
		for _, key := range first {
			if needs := world.ObservedOf(w, key).Annotation(plan.AnnotationNeeds); needs != "" {
				t.Errorf("%s needs %s, and should have waited", key, needs)
			}
		}

		made := world.SortedKeys(w.Settle().GetDesired().GetResources())
		tc.change(w)
		if diff := cmp.Diff(made, world.SortedKeys(w.Run().GetDesired().GetResources())); diff != "" {
			t.Errorf("%s: %s: what exists should stay: -made, +got:\n%s", name, tc.reason, diff)
		}
	}
}

// TestGuardWaits: the guard goes once Crossplane has acknowledged that it is to
// repeat the deletion, or has nothing to say about it.
func TestGuardWaits(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	w.Settle()
	w.DeleteClaim()
	for range 30 {
		rsp := w.Run()
		w.Follow(rsp)
		if world.At(rsp, lifecycle.KeyGuard, "spec.replayDeletion") == true {
			break
		}
	}
	for name, tc := range map[string]struct {
		reason    string
		condition []any
		leaves    bool
		guarded   bool
	}{
		"Silent":       {reason: "There is nobody to wait for"},
		"Behind":       {reason: "Crossplane has not seen it yet", condition: about(4), guarded: true},
		"Acknowledged": {reason: "Crossplane has seen it", condition: about(5)},
		"Leaving":      {reason: "It has been let go, which is another generation, and would be made anew", condition: about(4), leaves: true},
	} {
		w := w.Fork(t)
		w.Edit(lifecycle.KeyGuard, func(o *unstructured.Unstructured) {
			o.SetGeneration(5)
			if tc.leaves {
				world.Deleted(o)
			}
			o.Object["status"] = map[string]any{"conditions": tc.condition}
		})
		if got := w.Run().GetDesired().GetResources()[lifecycle.KeyGuard] != nil; got != tc.guarded {
			t.Errorf("%s: %s: want guarded %t, got %t", name, tc.reason, tc.guarded, got)
		}
	}
}

// about are the conditions of a guard that is ready as it was at a generation.
func about(generation int64) []any {
	return []any{map[string]any{"type": "Ready", "status": "True", "reason": "Available", "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": generation}}
}

// TestShortened: what fits is whole, and nothing is longer, or cut within a character.
func TestShortened(t *testing.T) {
	t.Parallel()
	for whole, want := range map[string]string{
		"":             "",
		"seven b":      "seven b",
		"seven by":     "seven by",
		"seven byt":    "seven…",
		"sevenä bytes": "seven…",
		"seveä bytes":  "seve…",
	} {
		if got := lifecycle.Shortened(whole, 8); got != want {
			t.Errorf("%q: want %q, got %q", whole, want, got)
		}
	}
}
