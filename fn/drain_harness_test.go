package main

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
)

// drainStages is what a drain takes, in the order in which it comes.
//
//nolint:gochecknoglobals // A constant list.
var drainStages = [][]string{{"drain.config"}, {"drain.account", "drain.gateways", "drain.role"}, {"drain.binding"}, {keyDrain}}

// unfinished is an object of a Pod with a status, whose steps are not all done.
func unfinished(pod map[string]any) func(o *unstructured.Unstructured) {
	return func(o *unstructured.Unstructured) {
		withStatus(o, "Ready", "False", "Unavailable", "")
		set(pod, "status", "atProvider", "manifest", "status")(o)
	}
}

// absent is an object to be looked at that could not be.
func absent(message string) func(o *unstructured.Unstructured) {
	return func(o *unstructured.Unstructured) {
		withStatus(o, "Ready", "False", "Creating", "")
		withStatus(o, "Synced", "False", "ReconcileError", message)
	}
}

// edits of observed objects, by key. They are made wherever there is one.
type edits map[string]func(o *unstructured.Unstructured)

// unended is a drain that does not end.
func unended() edits { return edits{keyDrain: unfinished(map[string]any{"phase": "Running"})} }

// pass follows an answer. What comes of it is edited, and what went is returned.
func (w *world) pass(rsp *fnv1.RunFunctionResponse, es edits) []string {
	w.t.Helper()
	gone := w.follow(rsp)
	for _, key := range sorted(es) {
		if w.observed[key] != nil {
			w.edit(key, es[key])
		}
	}
	return gone
}

// begin a teardown, as far as there is something of its drain.
func (w *world) begin(key string) {
	w.t.Helper()
	attempted(w.xr)
	confirmed(w.xr)
	for range 10 {
		w.pass(w.run(), unended())
		if w.observed[key] != nil {
			return
		}
	}
	w.t.Fatalf("there is no %s", key)
}

// made is what the platform is made of, but for the guard and the drain.
func (w *world) made() []string {
	return slices.DeleteFunc(sorted(w.observed), func(key string) bool { return key == keyGuard || isDrain(key) })
}

// whole checks that an answer asks for everything the platform is made of.
func whole(t *testing.T, made []string, rsp *fnv1.RunFunctionResponse) {
	t.Helper()
	for _, key := range made {
		if rsp.GetDesired().GetResources()[key] == nil {
			t.Fatalf("%s should stay", key)
		}
	}
}

// drains is what an answer asks for of the drain.
func drains(rsp *fnv1.RunFunctionResponse) []string {
	return slices.DeleteFunc(desiredKeys(rsp), func(key string) bool { return !isDrain(key) })
}

// checkDraining checks the condition of an answer, and what its status says.
func checkDraining(t *testing.T, rsp *fnv1.RunFunctionResponse, status fnv1.Status, reason string) {
	t.Helper()
	if c := conditionOf(rsp, v1alpha1.ConditionDraining); c.GetStatus() != status || c.GetReason() != reason || c.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
		t.Fatalf("want Draining %s, %s, got %v", status, reason, c)
	}
	if got := statusOf(t, rsp)["drained"] == true; got != (reason == reasonDrained) {
		t.Fatalf("%s: the status should say whether the cluster is drained: got %t", reason, got)
	}
}

// under a policy, what the function answers once it has all it requires.
func (w *world) under(t *testing.T, policy map[string]any) *fnv1.RunFunctionResponse {
	t.Helper()
	req := w.request()
	req.Input = input(t, policy)
	var rsp *fnv1.RunFunctionResponse
	for range 3 { // It asks for the claim first, then for what is leaving.
		rsp = w.respond(req)
		req.RequiredResources = map[string]*fnv1.Resources{}
		for name, s := range rsp.GetRequirements().GetResources() {
			req.RequiredResources[name] = w.find(s)
		}
	}
	return rsp
}
