package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

func TestSummary(t *testing.T) {
	paused := reporting("Synced", "False", "ReconcilePaused", "")
	cases := map[string]struct {
		reason   string
		wanted   []blueprint
		observed map[string]*fnv1.Resource
		want     Readiness
	}{
		"NotRequested": {
			reason: "A layer without resources should be ready, and say that there is nothing to it.",
			want:   Readiness{Ready: true, Reason: ReasonNotRequested, Message: "Nothing of this is asked for"},
		},
		"ReadyOne": {
			reason:   "One resource should be counted in the singular.",
			wanted:   chain("a"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			want:     Readiness{Ready: true, Reason: ReasonReady, Message: "1 of 1 resource is ready"},
		},
		"ReadySeveral": {
			reason:   "Several resources should be counted in the plural.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready)},
			want:     Readiness{Ready: true, Reason: ReasonReady, Message: "2 of 2 resources are ready"},
		},
		"PausedAndReady": {
			reason:   "A layer of which a ready resource is paused should be ready.",
			wanted:   chain("a"),
			observed: map[string]*fnv1.Resource{"a": existing("a", paused, reporting("Ready", "True", "Available", ""))},
			want:     Readiness{Ready: true, Reason: ReasonReady, Message: "1 of 1 resource is ready"},
		},
		"Missing": {
			reason: "What is asked for and doesn't exist yet should be named.",
			wanted: chain("a"),
			want:   Readiness{Reason: ReasonCreating, Message: "0 of 1 resource is ready; a"},
		},
		"Creating": {
			reason:   "What is under way should be named, with what it says, before what waits.",
			wanted:   []blueprint{{key: "z"}, {key: "a"}, {key: "w", needs: []string{"z"}}},
			observed: map[string]*fnv1.Resource{"z": existing("z", reporting("Ready", "False", "Creating", "is not there")), "a": existing("a", ready)},
			want:     Readiness{Reason: ReasonCreating, Message: "1 of 3 resources are ready; z is not there"},
		},
		"Removed": {
			reason:   "What was in the layer and is no longer described should keep it from being ready until it is gone.",
			wanted:   []blueprint{{key: "a"}},
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "x": existing("x", ready, layered), "y": existing("y", ready)},
			want:     Readiness{Reason: ReasonDeleting, Message: "1 of 1 resource is ready; deleting x"},
		},
		"AllRemoved": {
			reason:   "A layer of which nothing is described any more should not be ready before all of it is gone.",
			observed: map[string]*fnv1.Resource{"x": existing("x", ready, layered), "y": existing("y", ready, layered, needing("x"))},
			want:     Readiness{Reason: ReasonDeleting, Message: "2 of 2 resources are left; deleting y"},
		},
		"RemovalFailed": {
			reason:   "What can't be deleted should come first, with the answer of AWS.",
			wanted:   []blueprint{{key: "a"}},
			observed: map[string]*fnv1.Resource{"x": existing("x", failed, deleting, layered)},
			want:     Readiness{Reason: reasonFailed, Message: "0 of 1 resource is ready; x: it is refused"},
		},
		"Deleting": {
			reason:   "What is being deleted should come before what is being created.",
			wanted:   []blueprint{{key: "a"}, {key: "b"}},
			observed: map[string]*fnv1.Resource{"b": existing("b", ready, deleting)},
			want:     Readiness{Reason: ReasonDeleting, Message: "0 of 2 resources are ready; b has to be gone before it is created anew"},
		},
		"DeletionRefused": {
			reason:   "What can't be deleted should say why, also if it is to be made anew.",
			wanted:   []blueprint{{key: "a"}, {key: "b"}},
			observed: map[string]*fnv1.Resource{"b": existing("b", deleting, failed)},
			want:     Readiness{Reason: reasonFailed, Message: "0 of 2 resources are ready; b: it is refused"},
		},
		"Paused": {
			reason:   "What somebody paused should come before what is being deleted.",
			wanted:   []blueprint{{key: "a"}, {key: "b"}, {key: "c"}},
			observed: map[string]*fnv1.Resource{"b": existing("b", deleting), "c": existing("c", paused)},
			want:     Readiness{Reason: reasonPaused, Message: "0 of 3 resources are ready; c is paused"},
		},
		"Frozen": {
			reason: "What can't be built should come before what is paused, and say for want of which value.",
			wanted: []blueprint{{key: "a"}, {key: "b"}, {key: "c", uses: []string{"b"}}, {key: "d", needs: []string{"a"}}},
			observed: map[string]*fnv1.Resource{
				"b": existing("b", paused),
				"c": existing("c", ready),
			},
			want: Readiness{Reason: reasonFrozen, Message: "0 of 4 resources are ready; c is kept as it is until b: status.id is known again"},
		},
		"Failed": {
			reason: "What failed should come before everything else, with the answer of AWS.",
			wanted: []blueprint{{key: "a"}, {key: "b"}, {key: "c", uses: []string{"b"}}, {key: "d"}, {key: "e", needs: []string{"a"}}, {key: "f"}},
			observed: map[string]*fnv1.Resource{
				"b": existing("b", paused),
				"c": existing("c", ready),
				"d": existing("d", failed),
				"f": existing("f", ready),
			},
			want: Readiness{Reason: reasonFailed, Message: "1 of 6 resources are ready; d: it is refused"},
		},
		"FrozenAndFailed": {
			reason: "What failed and can't be built now can't be mended before it can be.",
			wanted: []blueprint{{key: "a"}, {key: "b", uses: []string{"a"}}},
			observed: map[string]*fnv1.Resource{
				"a": existing("a", ready),
				"b": existing("b", failed),
			},
			want: Readiness{Reason: reasonFrozen, Message: "1 of 2 resources are ready; b is kept as it is until a: status.id is known again"},
		},
		"Three": {
			reason:   "Three should all be named, in the order they were added in.",
			wanted:   []blueprint{{key: "c"}, {key: "a"}, {key: "b"}},
			observed: map[string]*fnv1.Resource{"c": existing("c", failed), "b": existing("b", failed), "a": existing("a", failed)},
			want:     Readiness{Reason: reasonFailed, Message: "0 of 3 resources are ready; c: it is refused; a: it is refused; b: it is refused"},
		},
		"Four": {
			reason: "Of four, three should be named and one counted.",
			wanted: []blueprint{{key: "d"}, {key: "c"}, {key: "b"}, {key: "a"}},
			want:   Readiness{Reason: ReasonCreating, Message: "0 of 4 resources are ready; d; c; b; and 1 more"},
		},
		"Many": {
			reason: "Of many, three should be named and the rest counted.",
			wanted: []blueprint{{key: "a"}, {key: "b"}, {key: "c"}, {key: "d"}, {key: "e"}, {key: "f"}, {key: "g"}},
			want:   Readiness{Reason: ReasonCreating, Message: "0 of 7 resources are ready; a; b; c; and 4 more"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			for range 20 { // Map order may differ each time.
				p := newPlan(tc.observed)
				add(p, tc.wanted...)
				out := resolved(t, p)
				if diff := cmp.Diff(tc.want, out.Layers()[0].Readiness); diff != "" {
					t.Fatalf("\n%s\nSummary(): -want, +got:\n%s", tc.reason, diff)
				}
			}
		})
	}
}

// TestSummaryWaiting: a layer that waits for another says for what.
func TestSummaryWaiting(t *testing.T) {
	cases := map[string]struct {
		reason string
		wanted []blueprint
		want   Readiness
	}{
		"One": {
			reason: "What is waited for should be named.",
			wanted: []blueprint{{key: "it", needs: []string{"b"}}},
			want:   Readiness{Reason: ReasonWaiting, Message: "0 of 1 resource is ready; it waits for b"},
		},
		"Several": {
			reason: "All that is waited for should be named, sorted.",
			wanted: []blueprint{{key: "it", needs: []string{"b", "c", "a"}}},
			want:   Readiness{Reason: ReasonWaiting, Message: "0 of 1 resource is ready; it waits for a, b, c"},
		},
		"ForMany": {
			reason: "Of many that are waited for, three should be named and the rest counted.",
			wanted: []blueprint{{key: "it", needs: []string{"e", "d", "c", "b", "a"}}},
			want:   Readiness{Reason: ReasonWaiting, Message: "0 of 1 resource is ready; it waits for a, b, c, and 2 more"},
		},
		"Many": {
			reason: "Of many that wait, three should be named and the rest counted.",
			wanted: []blueprint{{key: "z", needs: []string{"a"}}, {key: "y", needs: []string{"a"}}, {key: "x", needs: []string{"b"}}, {key: "w", needs: []string{"b"}}},
			want:   Readiness{Reason: ReasonWaiting, Message: "0 of 4 resources are ready; z waits for a; y waits for a; x waits for b; and 1 more"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(nil)
			below := add(p, blueprint{key: "a"}, blueprint{key: "b"}, blueprint{key: "c"}, blueprint{key: "d"}, blueprint{key: "e"})
			l := p.Layer("Above")
			for _, b := range tc.wanted {
				l.Add(b.key, func(n *Node) runtime.Object {
					for _, key := range b.needs {
						n.After(below[key])
					}
					return thing(nil)
				})
			}
			out := resolved(t, p)
			if diff := cmp.Diff(tc.want, out.Layers()[1].Readiness); diff != "" {
				t.Errorf("\n%s\nSummary(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestSummaryOfRemoved: a layer is not ready while something of it is left that no node
// describes.
func TestSummaryOfRemoved(t *testing.T) {
	t.Parallel()
	refused := func(o *Options) {
		o.Leaving = []Leftover{leftoverThing("old").with(isDeleting)}
		o.Explain = func(o *Observed, message string) string { return message + "; ask " + o.Name() }
		finding(requireObject+"old", existing("old", deleting, failed, layered))(o)
	}
	cases := map[string]struct {
		reason   string
		wanted   []blueprint
		observed map[string]*fnv1.Resource
		options  []func(o *Options)
		want     Readiness
	}{
		"None": {
			reason: "What was never there is not waited for.",
			want:   Readiness{Ready: true, Reason: ReasonNotRequested, Message: "Nothing of this is asked for"},
		},
		"Alone": {
			reason:   "What is left should be said, though nothing else is asked for.",
			observed: map[string]*fnv1.Resource{"old": existing("old", ready, layered)},
			want:     Readiness{Reason: ReasonDeleting, Message: "1 of 1 resource is left; deleting old"},
		},
		"Refused": {
			reason:  "So should what keeps it, and the way out.",
			options: []func(o *Options){refused},
			want:    Readiness{Reason: reasonFailed, Message: "1 of 1 resource is left; old: it is refused; ask dev-old"},
		},
		"Beside": {
			reason:   "Beside what is ready, too.",
			wanted:   chain("a"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			options:  []func(o *Options){refused},
			want:     Readiness{Reason: reasonFailed, Message: "1 of 1 resource is ready; old: it is refused; ask dev-old"},
		},
		"TearingDown": {
			reason:   "And while all is torn down.",
			wanted:   chain("a"),
			observed: map[string]*fnv1.Resource{"old": existing("old", ready, layered)},
			options:  []func(o *Options){tearingDown},
			want:     Readiness{Reason: ReasonDeleting, Message: "1 of 1 resource is left; deleting old"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlan(tc.observed, tc.options...)
			add(p, tc.wanted...)
			if diff := cmp.Diff(tc.want, resolved(t, p).Layers()[0].Readiness); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestSummaryOfOwnChecks: a layer is not ready while something in it isn't,
// whatever a check outside of this package gives as its reason.
func TestSummaryOfOwnChecks(t *testing.T) {
	cases := map[string]struct {
		reason string
		check  Check
	}{
		"OwnReason": {
			reason: "A reason of a check's own should not make the layer ready.",
			check:  func(*Observed) Readiness { return Readiness{Reason: "Draining", Message: "is drained"} },
		},
		"NoReason": {
			reason: "The lack of a reason should not make the layer ready.",
			check:  func(*Observed) Readiness { return Readiness{} },
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(map[string]*fnv1.Resource{"a": existing("a", ready)})
			l := p.Layer(condition)
			l.Add("a", func(*Node) runtime.Object { return thing(nil) }).ReadyWhen(tc.check)
			out := resolved(t, p)
			if got := out.Layers()[0]; got.Ready || got.Reason == ReasonReady {
				t.Errorf("\n%s\nSummary(): want it not to be ready, as Plan.Ready() is %t, got %+v", tc.reason, out.Ready(), got)
			}
		})
	}
}
