package plan

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// TestDeletingIsNotReady: what is being deleted is not there for anyone who
// needs it, whatever its conditions say and however it is checked.
func TestDeletingIsNotReady(t *testing.T) {
	t.Parallel()
	for name, checks := range map[string][]Check{
		"Default":   nil,
		"Available": {Available},
		"Exists":    {Exists},
		"OwnCheck":  {func(*Observed) Readiness { return Readiness{Ready: true} }},
	} {
		p := newPlan(map[string]*fnv1.Resource{"a": existing("a", ready, deleting)})
		n := p.Layer("Layer").Add("a", func(*Node) runtime.Object { return thing(nil) })
		n.ReadyWhen(checks...)
		p.Resolve()
		if got := n.state.readiness; got.Ready || got.Reason != ReasonDeleting {
			t.Errorf("%s: want reason %s, got %+v", name, ReasonDeleting, got)
		}
	}
}
