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

// TestPausedDiffers: what is paused stays ready as long as its provider has reported
// what is asked for. It is told, and does not listen.
func TestPausedDiffers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason    string
		asked, is map[string]any
		want      string
	}{
		"Same":      {"Nothing was asked since.", map[string]any{"size": 1, "tags": map[string]any{"a": "1"}}, map[string]any{"size": 1, "tags": map[string]any{"a": "1"}, "id": "x"}, ""},
		"TagBack":   {"And one that was taken back and is there.", map[string]any{"tags": map[string]any{"a": "1"}}, map[string]any{"tags": map[string]any{"a": "1", "b": "1"}}, "tags"},
		"More":      {"AWS may have more.", map[string]any{"config": map[string]any{"a": "1"}, "ids": []any{"b", "a"}}, map[string]any{"config": map[string]any{"a": "1", "b": "2"}, "ids": []any{"a", "b", "c"}}, ""},
		"Untold":    {"What isn't reported is not known.", map[string]any{"limit": 1}, map[string]any{"size": 1}, ""},
		"NoText":    {"But texts are, if any is.", map[string]any{"boundary": "x", "name": "n"}, map[string]any{"name": "n"}, "boundary"},
		"NoTexts":   {"Not by all that is written by hand.", map[string]any{"name": "n"}, map[string]any{"refreshed": "today"}, ""},
		"Changed":   {"A value that was asked for since is missing.", map[string]any{"region": "r", "size": 2}, map[string]any{"region": "r", "size": 1}, "size"},
		"Nested":    {"So is one deep in another.", map[string]any{"tags": map[string]any{"a": "2"}}, map[string]any{"tags": map[string]any{"a": "1"}}, "tags"},
		"Tag":       {"So is a tag that isn't there.", map[string]any{"tags": map[string]any{"a": "1", "b": "1"}}, map[string]any{"tags": map[string]any{"a": "1"}}, "tags"},
		"InAList":   {"And one of a list.", map[string]any{"ids": []any{"a", "d"}}, map[string]any{"ids": []any{"a", "b"}}, "ids"},
		"NoReports": {"What reports nothing differs in nothing.", map[string]any{"size": 1}, nil, ""},
	}
	for name, tc := range cases {
		o := Observe(existing("it", reporting("Synced", "False", "ReconcilePaused", ""), reporting("Ready", "True", "Available", ""), func(o map[string]any) {
			o["spec"] = map[string]any{"forProvider": tc.asked}
			o["status"].(map[string]any)["atProvider"] = tc.is
		}))
		want := Readiness{Ready: true, Reason: reasonPaused, Message: "is paused"}
		if tc.want != "" {
			want = Readiness{Reason: reasonPaused, Message: "is paused, and does not get its " + tc.want}
		}
		if got := Available(o); got != want {
			t.Errorf("%s: %s: want %+v, got %+v", name, tc.reason, want, got)
		}
	}
}
