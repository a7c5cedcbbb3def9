package lifecycle

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// KeyGuard of the guard, which is no part of the graph.
const KeyGuard = "guard"

// apiVersionProtection of what protects objects from being deleted.
const apiVersionProtection = "protection.crossplane.io/v1beta1"

// longestReason of the guard, in bytes. The claim shows it, in a sentence of
// Crossplane's.
const longestReason = 200

// Guard the composite: nobody can delete it while the guard exists. Its reason
// is what whoever tries is told. Only once nothing else is left is the guard told
// to repeat the deletion when it goes itself, and goes: if somebody deletes it
// before, no attempt of long ago must come true, nor must all that is left be
// deleted at once. It goes once Crossplane has acknowledged that: each time the
// composite changes under its hands Crossplane waits twice as long before it
// lets the guard go, and this is when it begins anew. One that is on its way out
// has a generation nobody acknowledges any more, and must not be made anew.
//
// It returns nil once the guard may go.
func (m Moment) Guard(observed *plan.Observed) (*fnv1.Resource, error) {
	repeats := read.Usage.ReplayDeletion.Of(observed) && (!observed.Stays() || observed.Acknowledged("Ready"))
	if m.state == gone && (observed == nil || repeats) {
		return nil, nil //nolint:nilnil // There is no guard, which is no error.
	}
	spec := map[string]any{
		"of":     map[string]any{"apiVersion": m.xr.APIVersion, "kind": m.xr.Kind, "resourceRef": map[string]any{"name": m.xr.Name}},
		"reason": m.guardReason(),
	}
	if m.state == gone {
		spec["replayDeletion"] = true
	}
	guard := newGuard(m.xr.Namespace, spec)
	guard.SetName(m.xr.ObjectName(KeyGuard))
	m.naming.mark(guard, m.xr.Name, m.whose())
	m.remind(guard)
	s, err := structpb.NewStruct(guard.Object)
	if err != nil {
		return nil, fmt.Errorf("cannot convert the guard: %w", err)
	}
	return &fnv1.Resource{Resource: s, Ready: fnv1.Ready_READY_TRUE}, nil
}

// newGuard of a composite in a namespace, or of one that is in none, which is protected
// by something that is in none either.
func newGuard(namespace string, spec map[string]any) *unstructured.Unstructured {
	if namespace == "" {
		return plan.NewObject(apiVersionProtection, "ClusterUsage", spec)
	}
	guard := plan.NewObject(apiVersionProtection, "Usage", spec)
	guard.SetNamespace(namespace)
	return guard
}

// guardReason is what whoever tries to delete the composite is told.
func (m Moment) guardReason() string {
	switch {
	case m.state == halted:
		return Shortened("Nothing goes before all of it can: "+m.obstacles(), longestReason)
	case m.ends():
		return Shortened("Tearing down: "+m.outcome.Removal().Message, longestReason)
	case m.claim == nil && m.state == unconfirmed:
		return "A platform is taken down in order, once that is confirmed: see the condition " + v1alpha1.ConditionTearingDown
	case m.claim == nil:
		return "A platform is taken down in order; that begins now, and it goes last"
	default:
		return "A platform is taken down in order, once its claim is deleted"
	}
}

// Shortened text, to a number of bytes.
func Shortened(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-len("…")], "") + "…"
}
