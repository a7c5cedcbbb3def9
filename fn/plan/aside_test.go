package plan

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// TestAside: nobody waits for what stands aside, whatever becomes of it; and it is told
// how it is doing.
func TestAside(t *testing.T) {
	t.Parallel()
	const beside = "BesideReady"
	cases := map[string]struct {
		reason string
		// main is the node that all wait for, and extra the one beside it; nil is missing.
		main, extra *fnv1.Resource
		leaving     []string
		waits       bool

		ready, complete, updating, resting bool
		progress                           int
		why                                string
	}{
		"Missing": {
			reason: "That it isn't there yet should keep nobody.",
			main:   existing("main", ready),
			ready:  true, complete: true, updating: true, resting: true, progress: 1, why: ReasonCreating,
		},
		"Failed": {
			reason: "Nor that it can't be made.",
			main:   existing("main", ready), extra: existing("extra", failed),
			ready: true, complete: true, updating: true, resting: true, progress: 1, why: reasonFailed,
		},
		"Going": {
			reason: "Nor that somebody has deleted it.",
			main:   existing("main", ready), extra: existing("extra", ready, deleting),
			ready: true, complete: true, updating: true, resting: false, progress: 1, why: ReasonDeleting,
		},
		"There": {
			reason: "It counts among what is ready.",
			main:   existing("main", ready), extra: existing("extra", ready),
			ready: true, complete: true, updating: true, resting: true, progress: 2, why: ReasonReady,
		},
		"Alone": {
			reason: "What all wait for should not be ready because of it.",
			extra:  existing("extra", ready),
			why:    ReasonReady, progress: 1,
		},
		"Awaited": {
			reason: "A layer that does not stand aside is waited for.",
			main:   existing("main", ready), extra: existing("extra", failed), waits: true,
			complete: true, progress: 1, why: reasonFailed,
		},
		"AwaitedMissing": {
			reason: "Also while it isn't there.",
			main:   existing("main", ready), waits: true,
			progress: 1, why: ReasonCreating,
		},
		"Unwanted": {
			reason: "What nothing describes any more should be gone before all is ready.",
			main:   existing("main", ready), extra: existing("extra", ready), leaving: []string{"other"},
			progress: 2, complete: true, updating: true, why: ReasonReady,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			observed := map[string]*fnv1.Resource{}
			for key, r := range map[string]*fnv1.Resource{"main": tc.main, "extra": tc.extra} {
				if r != nil {
					observed[key] = r
				}
			}
			for _, key := range tc.leaving {
				observed[key] = existing(key, ready)
			}
			p := newPlan(observed)
			add(p, blueprint{key: "main"})
			l := p.Layer(beside)
			l.Add("extra", func(*Node) runtime.Object { return thing(map[string]any{"from": fromClaim}) })
			if !tc.waits {
				l.Aside()
			}
			o := resolved(t, p)
			for what, got := range map[string][2]bool{
				"ready":    {tc.ready, o.Ready()},
				"complete": {tc.complete, o.Complete()},
				"updating": {tc.updating, o.Updating()},
				"resting":  {tc.resting, o.Resting()},
			} {
				if got[0] != got[1] {
					t.Errorf("\n%s\n%s: want %v, got %v", tc.reason, what, got[0], got[1])
				}
			}
			if done, total := o.Progress(); done != tc.progress || total != 2 {
				t.Errorf("\n%s\nprogress: want %d/2, got %d/%d", tc.reason, tc.progress, done, total)
			}
			if r := o.Layers()[1]; r.Reason != tc.why {
				t.Errorf("\n%s\nthe layer itself: want %s, got %s: %s", tc.reason, tc.why, r.Reason, r.Message)
			}
		})
	}
}

// TestAsideGoes: what stands aside is removed like everything else.
func TestAsideGoes(t *testing.T) {
	t.Parallel()
	p := newPlan(map[string]*fnv1.Resource{"extra": existing("extra", ready)}, tearingDown)
	l := p.Layer(condition)
	l.Aside()
	l.Add("extra", func(*Node) runtime.Object { return thing(map[string]any{"from": fromClaim}) })
	o := resolved(t, p)
	if done, total := o.Progress(); o.Ready() || o.Gone() || len(o.Leaving) != 1 || done != 0 || total != 1 {
		t.Errorf("want it left, got %+v, %d of %d gone", o.Leaving, done, total)
	}
}

// TestRestingLeaves: what something that stays says it needs is not at rest: that is
// about to say something else.
func TestRestingLeaves(t *testing.T) {
	t.Parallel()
	p := newPlan(map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, needing("a"))})
	add(p, blueprint{key: "b"})
	o := resolved(t, p)
	if len(o.Leaving) != 1 || len(o.Leaving[0].For) != 1 || o.Leaving[0].For[0] != "b" {
		t.Fatalf("want a to wait for b, got %+v", o.Leaving)
	}
	if o.Resting() {
		t.Error("want it not to be at rest")
	}
}
