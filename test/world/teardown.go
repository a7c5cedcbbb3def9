package world

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
)

// keyDrain of what drains the cluster, and the beginning of the keys of all it
// takes.
const keyDrain = "drain"

// IsDrain tells whether a key is one of the drain's.
func IsDrain(key string) bool { return key == keyDrain || strings.HasPrefix(key, keyDrain+".") }

// DrainStages is what a drain takes, in the order in which it comes.
//
//nolint:gochecknoglobals // A constant list.
var DrainStages = [][]string{{"drain.config"}, {"drain.account", "drain.gateways", "drain.role"}, {"drain.binding"}, {keyDrain}}

// Pass follows an answer. What comes of it is edited, and what went is returned.
func (w *World) Pass(rsp *fnv1.RunFunctionResponse, es Edits) []string {
	w.TB.Helper()
	gone := w.Follow(rsp)
	for _, key := range SortedKeys(es) {
		if w.Observed[key] != nil {
			w.Edit(key, es[key])
		}
	}
	return gone
}

// Begin a teardown of what is not protected any more, as far as there is something of its
// drain.
func (w *World) Begin(key string) {
	w.TB.Helper()
	Unprotected(w.XR)
	Attempted(w.XR)
	Confirmed(w.XR)
	for range 10 {
		w.Pass(w.Run(), Unended())
		if w.Observed[key] != nil {
			return
		}
	}
	w.TB.Fatalf("there is no %s", key)
}

// Made is what the platform is made of, but for the guard and the drain.
func (w *World) Made() []string {
	return slices.DeleteFunc(SortedKeys(w.Observed), func(key string) bool { return key == lifecycle.KeyGuard || IsDrain(key) })
}

// DeleteClaim as people do: Crossplane passes it on to the composite, and notes there that
// it was kept from it.
func (w *World) DeleteClaim() {
	Attempted(w.XR)
	Deleted(w.Claim)
}

// Until something is true, follow the function. It fails if that takes too long.
func (w *World) Until(what string, done func() bool) {
	w.TB.Helper()
	for range 100 {
		if done() {
			return
		}
		w.Follow(w.Run())
	}
	w.TB.Fatalf("never %s", what)
}

// TakeDown follows the function until nothing changes any more, and returns what
// went at a time. Nothing may go before what needs it.
func (w *World) TakeDown() [][]string {
	w.TB.Helper()
	edges := PlanOf(w.TB, w).Edges()
	var order [][]string
	for range 60 {
		before := w.Run()
		gone := w.Follow(before)
		for _, key := range gone {
			for _, other := range slices.Concat(SortedKeys(w.Observed), SortedKeys(w.Lingering), gone) {
				if slices.Contains(edges[other], key) {
					w.TB.Errorf("%s goes before %s, which needs it", key, other)
				}
			}
		}
		if len(gone) > 0 {
			order = append(order, gone)
		}
		if after := w.Run(); proto.Equal(before, after) {
			return order
		}
	}
	w.TB.Fatal("it never ends")
	return nil
}

// Left of a platform that is taken down, and of how many, as one answer says: in
// its status, its condition and its guard alike.
func Left(t *testing.T, rsp *fnv1.RunFunctionResponse) (left, all int) {
	t.Helper()
	var gone int
	if _, err := fmt.Sscanf(fmt.Sprint(StatusOf(t, rsp)["progress"]), "%d/%d", &gone, &all); err != nil {
		t.Fatal(err)
	}
	left = all - gone
	message := ConditionOf(rsp, v1alpha1.ConditionTearingDown).GetMessage()
	if want := fmt.Sprintf("%d of %d resource", left, all); !strings.HasPrefix(message, want) && message != "Nothing is left" {
		t.Errorf("the condition should say that %s are left, got %q", want, message)
	}
	if reason, _ := At(rsp, lifecycle.KeyGuard, "spec.reason").(string); reason != "" && !strings.HasPrefix("Tearing down: "+message, strings.TrimSuffix(reason, "…")) {
		t.Errorf("the guard should say %q, got %q", message, reason)
	}
	return left, all
}

// Drains is what an answer asks for of the drain.
func Drains(rsp *fnv1.RunFunctionResponse) []string {
	return slices.DeleteFunc(Keys(rsp), func(key string) bool { return !IsDrain(key) })
}

// CheckDraining checks the condition of an answer, and what its status says.
func CheckDraining(t *testing.T, rsp *fnv1.RunFunctionResponse, status fnv1.Status, reason string) {
	t.Helper()
	if c := ConditionOf(rsp, v1alpha1.ConditionDraining); c.GetStatus() != status || c.GetReason() != reason || c.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
		t.Fatalf("want Draining %s, %s, got %v", status, reason, c)
	}
	if got := StatusOf(t, rsp)["drained"] == true; got != (reason == "Drained") {
		t.Fatalf("%s: the status should say whether the cluster is drained: got %t", reason, got)
	}
}

// CheckWhole checks that an answer asks for everything the platform is made of.
func CheckWhole(t *testing.T, made []string, rsp *fnv1.RunFunctionResponse) {
	t.Helper()
	for _, key := range made {
		if rsp.GetDesired().GetResources()[key] == nil {
			t.Fatalf("%s should stay", key)
		}
	}
}

// Unfinished is an object of a Pod with a status, whose steps are not all done.
func Unfinished(pod map[string]any) func(o *unstructured.Unstructured) {
	return func(o *unstructured.Unstructured) {
		WithStatus(o, "Ready", "False", "Unavailable", "")
		Set(pod, "status", "atProvider", "manifest", "status")(o)
	}
}

// Absent is an object to be looked at that could not be.
func Absent(message string) func(o *unstructured.Unstructured) {
	return func(o *unstructured.Unstructured) {
		WithStatus(o, "Ready", "False", "Creating", "")
		WithStatus(o, "Synced", "False", "ReconcileError", message)
	}
}

// Edits of observed objects, by key. They are made wherever there is one.
type Edits map[string]func(o *unstructured.Unstructured)

// Unended is a drain that does not end.
func Unended() Edits {
	return Edits{keyDrain: Unfinished(map[string]any{"phase": "Running"})}
}

// forget an object that is on its way out: asked for without the policy to delete it, it
// goes at once, whatever kept it from going. For anything else it must not be asked for.
func (w *World) forget(key string, rsp *fnv1.RunFunctionResponse) {
	w.TB.Helper()
	policies, _ := At(rsp, key, "spec.managementPolicies").([]any)
	if len(policies) == 0 || slices.Contains(policies, any("*")) || slices.Contains(policies, any("Delete")) {
		w.TB.Errorf("%s is asked for while it goes", key)
	}
	delete(w.Lingering, key)
}
