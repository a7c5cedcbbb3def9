package main

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

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
		guarded   bool
	}{
		"Silent":       {reason: "There is nobody to wait for"},
		"Behind":       {reason: "Crossplane has not seen it yet", condition: about(4), guarded: true},
		"Acknowledged": {reason: "Crossplane has seen it", condition: about(5)},
	} {
		w := w.fork(t)
		w.edit(keyGuard, func(o *unstructured.Unstructured) {
			o.SetGeneration(5)
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
