package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// TestFailing: why something failed is remembered for as long as it says that it
// did, be it without a reason, and no longer.
func TestFailing(t *testing.T) {
	t.Parallel()
	state := NewText("status.state")
	saying := func(text string) func(o map[string]any) {
		return func(o map[string]any) { o["status"].(map[string]any)["state"] = text }
	}
	paused := reporting("Synced", "False", "ReconcilePaused", "")
	cases := map[string]struct {
		reason string
		edits  []func(o map[string]any)
		was    []Failure
		want   Readiness
		is     []Failure
	}{
		"Fails": {
			reason: "What is said of a failure should be remembered.",
			edits:  []func(o map[string]any){failed, saying("broken")},
			want:   Readiness{Reason: reasonFailed, Message: "it is refused; ask"},
			is:     []Failure{{Key: "a", Message: "it is refused"}},
		},
		"Remembered": {
			reason: "What only says that it failed should be told with what was said then.",
			edits:  []func(o map[string]any){ready, saying("broken")},
			was:    []Failure{{Key: "a", Message: "it is refused"}},
			want:   Readiness{Reason: reasonFailed, Message: "state is broken: it is refused; ask"},
			is:     []Failure{{Key: "a", Message: "it is refused"}},
		},
		"Unknown": {
			reason: "It may never have been said.",
			edits:  []func(o map[string]any){ready, saying("broken")},
			was:    []Failure{{Key: "b", Message: "it is full"}},
			want:   Readiness{Reason: reasonFailed, Message: "state is broken; ask"},
		},
		"Another": {
			reason: "Another failure of what is done in the background should take the place of the first.",
			edits:  []func(o map[string]any){ready, reporting(conditionAsync, "False", "AsyncUpdateFailure", "it is refused"), saying("broken")},
			was:    []Failure{{Key: "a", Message: "it is full"}},
			want:   Readiness{Reason: reasonFailed, Message: "it is refused; ask"},
			is:     []Failure{{Key: "a", Message: "it is refused"}},
		},
		"Passing": {
			reason: "An error of now should be seen, and should not take the place of why it failed.",
			edits:  []func(o map[string]any){failed, saying("broken")},
			was:    []Failure{{Key: "a", Message: "it is full"}},
			want:   Readiness{Reason: reasonFailed, Message: "it is refused; ask"},
			is:     []Failure{{Key: "a", Message: "it is full"}},
		},
		"BehindAnother": {
			reason: "Why it failed should be remembered though another error is said first.",
			edits:  []func(o map[string]any){failed, reporting(conditionAsync, "False", "AsyncCreateFailure", "it is full"), saying("broken")},
			want:   Readiness{Reason: reasonFailed, Message: "it is refused; ask"},
			is:     []Failure{{Key: "a", Message: "it is full"}},
		},
		"Paused": {
			reason: "Of what is paused nothing new is said, so nothing should be forgotten.",
			edits:  []func(o map[string]any){paused, saying("broken")},
			was:    []Failure{{Key: "a", Message: "it is full"}},
			want:   Readiness{Reason: reasonPaused, Message: "is paused"},
			is:     []Failure{{Key: "a", Message: "it is full"}},
		},
		"PausedWell": {
			reason: "What was mended in between should be forgotten, also while it is paused.",
			edits:  []func(o map[string]any){paused, saying("fine")},
			was:    []Failure{{Key: "a", Message: "it is full"}},
			want:   Readiness{Reason: reasonPaused, Message: "is paused"},
		},
		"Refused": {
			reason: "What nobody calls failed should be told with what is said of it now.",
			edits:  []func(o map[string]any){failed, saying("fine")},
			was:    []Failure{{Key: "a", Message: "it is full"}},
			want:   Readiness{Reason: reasonFailed, Message: "it is refused; ask"},
			is:     []Failure{{Key: "a", Message: "it is refused"}},
		},
		"Recovered": {
			reason: "What is well again should be forgotten.",
			edits:  []func(o map[string]any){ready, saying("fine")},
			was:    []Failure{{Key: "a", Message: "it is refused"}},
			want:   Readiness{Ready: true},
		},
		"UnderWay": {
			reason: "What is under way has not failed.",
			edits:  []func(o map[string]any){ready, saying("starting")},
			was:    []Failure{{Key: "a", Message: "it is refused"}},
			want:   Readiness{Reason: ReasonUpdating, Message: "state is starting, not yet fine"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(map[string]*fnv1.Resource{"a": existing("a", tc.edits...)}, func(o *Options) {
				o.Failing = tc.was
				o.Explain = func(_ *Observed, message string) string { return message + "; ask" }
			})
			n := p.Layer(condition).Add("a", func(*Node) runtime.Object { return thing(nil) }).ReadyWhen(Available, state.Is("fine", "broken"), state.IsNot("broken"))
			out := resolved(t, p)
			if diff := cmp.Diff(tc.want, n.state.readiness); diff != "" {
				t.Errorf("\n%s\nreadiness: -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.is, out.Failing()); diff != "" {
				t.Errorf("\n%s\nFailing(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	if r := state.IsNot("broken")(Observe(existing("a", saying("broken")))); r.Ready || r.Reason != reasonGivenUp {
		t.Errorf("IsNot(): want it to have failed, got %+v", r)
	}
}
