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
		out := resolved(t, p)
		if got := out.Layers()[0].Readiness; n.state.readiness.Ready || got.Reason != ReasonDeleting {
			t.Errorf("%s: want reason %s, got %+v", name, ReasonDeleting, got)
		}
	}
}

// TestExplain: whoever knows a way out of a failure adds it to the message, and
// only to that of a failure, however the object says that it failed.
func TestExplain(t *testing.T) {
	t.Parallel()
	const wayOut = "; ask dev-it"
	cases := map[string]struct {
		reason string
		edits  []func(o map[string]any)
		want   Readiness
	}{
		"Failed": {
			reason: "A failure should be explained.",
			edits:  []func(o map[string]any){failed},
			want:   Readiness{Reason: reasonFailed, Message: "it is refused" + wayOut},
		},
		"FailedInTheBackground": {
			reason: "So should one that the provider reports of an operation of its own.",
			edits:  []func(o map[string]any){reporting("Synced", "True", "", ""), reporting("LastAsyncOperation", "False", "AsyncCreateFailure", "it is there already")},
			want:   Readiness{Reason: reasonFailed, Message: "it is there already" + wayOut},
		},
		"Creating": {
			reason: "What is under way needs nobody.",
			edits:  []func(o map[string]any){reporting("Ready", "False", "Creating", "soon")},
			want:   Readiness{Reason: ReasonCreating, Message: "soon"},
		},
		"Ready": {
			reason: "Nor does what is ready.",
			edits:  []func(o map[string]any){ready},
			want:   Readiness{Ready: true},
		},
	}
	for name, tc := range cases {
		p := newPlan(map[string]*fnv1.Resource{"it": existing("it", tc.edits...)}, func(o *Options) {
			o.Explain = func(o *Observed, message string) string { return message + "; ask " + o.Name() }
		})
		n := p.Layer(condition).Add("it", func(*Node) runtime.Object { return thing(nil) })
		resolved(t, p)
		if got := n.state.readiness; got != tc.want {
			t.Errorf("%s: %s\nwant %+v, got %+v", name, tc.reason, tc.want, got)
		}
	}
}
