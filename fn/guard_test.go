package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// TestGuardComesFirst: before Crossplane heeds the guard there is nothing that has
// to go in order, since all would go at once. What exists does not need it.
func TestGuardComesFirst(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reason string
		change func(w *world)
	}{
		"Missing":  {reason: "Somebody has deleted it", change: func(w *world) { delete(w.observed, keyGuard) }},
		"Unheeded": {reason: "Crossplane has yet to heed it", change: func(w *world) { w.edit(keyGuard, without("Ready")) }},
		"Leaving":  {reason: "It is on its way out", change: func(w *world) { w.edit(keyGuard, deleted) }},
	} {
		w := newWorld(t, "platform-smallest.yaml")
		w.follow(w.run())
		first := sorted(w.observed)
		for range 3 {
			tc.change(w)
			rsp := w.run()
			if diff := cmp.Diff(first, sorted(rsp.GetDesired().GetResources())); diff != "" {
				t.Errorf("%s: %s: nothing should come: -first, +got:\n%s", name, tc.reason, diff)
			}
			w.follow(rsp)
		}
		for _, key := range first {
			if needs := plan.Observe(w.observed[key]).String("metadata.annotations[" + plan.AnnotationNeeds + "]"); needs != "" {
				t.Errorf("%s needs %s, and should have waited", key, needs)
			}
		}

		made := sorted(w.settle().GetDesired().GetResources())
		tc.change(w)
		if diff := cmp.Diff(made, sorted(w.run().GetDesired().GetResources())); diff != "" {
			t.Errorf("%s: %s: what exists should stay: -made, +got:\n%s", name, tc.reason, diff)
		}
	}
}

// TestGuardWaits: the guard goes once Crossplane has acknowledged that it is to
// repeat the deletion, or has nothing to say about it.
func TestGuardWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "platform-smallest.yaml")
	w.settle()
	attempted(w.xr)
	deleted(w.claim)
	for range 30 {
		rsp := w.run()
		w.follow(rsp)
		if at(rsp, keyGuard, "spec.replayDeletion") == true {
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
		w := w.fork(t)
		w.edit(keyGuard, func(o *unstructured.Unstructured) {
			o.SetGeneration(5)
			if tc.leaves {
				deleted(o)
			}
			o.Object["status"] = map[string]any{"conditions": tc.condition}
		})
		if got := w.run().GetDesired().GetResources()[keyGuard] != nil; got != tc.guarded {
			t.Errorf("%s: %s: want guarded %t, got %t", name, tc.reason, tc.guarded, got)
		}
	}
}

// about are the conditions of a guard that is ready as it was at a generation.
func about(generation int64) []any {
	return []any{map[string]any{"type": "Ready", "status": "True", "reason": "Available", "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": generation}}
}
