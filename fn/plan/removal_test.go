package plan

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

func TestResolveNotWantedAndNeeded(t *testing.T) {
	cases := map[string]resolution{
		"ByWanted": {
			reason:   "What something wanted needed when it was last asked for should stay until that has let go of it.",
			wanted:   chain("b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, needing("a"))},
			want:     map[string]string{"a": kept, "b": builtReady},
		},
		"ByWhatItWasBefore": {
			reason:   "What something may still use should stay, too.",
			wanted:   []blueprint{{key: "c"}, {key: "b", needs: []string{"c"}}},
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, needing("c;a"))},
			want:     map[string]string{"a": kept, "b": builtReady, "c": built},
		},
		"ByNotWanted": {
			reason:   "What something else that leaves needs should stay until that is gone.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, needing("a"))},
			want:     map[string]string{"a": kept},
			deleting: []string{"b"},
		},
		"ByBeingDeleted": {
			reason:   "What is still being deleted exists, so what it needs should stay.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, deleting, needing("a"))},
			want:     map[string]string{"a": kept},
			deleting: []string{"b"},
		},
		"ByNotReady": {
			reason:   "What failed exists, so what it needs should stay.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", failed, needing("a"))},
			want:     map[string]string{"a": kept},
			deleting: []string{"b"},
		},
		"OneOfSeveral": {
			reason:   "Each key in the annotation should count.",
			wanted:   chain("d"),
			observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b"), "c": existing("c"), "d": existing("d", ready, needing("a,c"))},
			want:     map[string]string{"a": kept, "c": kept, "d": builtReady},
			deleting: []string{"b"},
		},
		"Transitively": {
			reason:   "All but the end of a chain that leaves should stay.",
			observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b", needing("a")), "c": existing("c", needing("b"))},
			want:     map[string]string{"a": kept, "b": kept},
			deleting: []string{"c"},
		},
		"TransitivelyByWanted": {
			reason:   "What something that stays needs should stay too.",
			wanted:   chain("c"),
			observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b", needing("a")), "c": existing("c", ready, needing("b"))},
			want:     map[string]string{"a": kept, "b": kept, "c": builtReady},
		},
		"ByWhatCannotBeBuilt": {
			reason:   "What is kept as it was observed still needs what it needed.",
			wanted:   []blueprint{{key: "b"}, {key: "c", uses: []string{"b"}}},
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "c": existing("c", ready, needing("a"))},
			want:     map[string]string{"a": kept, "b": built, "c": kept},
		},
		"BeingDeleted": {
			reason:   "What is being deleted already can't be kept, though it is needed: to ask for it would make it anew once it is gone.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready, deleting), "b": existing("b", needing("a"))},
			deleting: []string{"a", "b"},
		},
	}
	for name, tc := range cases {
		// Whatever isn't needed may go.
		tc.options = []func(o *Options){remembering("a", "b", "c", "d")}
		cases[name] = tc
	}
	for name, tc := range cases {
		for _, key := range []string{"a", "b", "c", "d"} {
			if tc.observed[key] == nil {
				tc.options = append(tc.options, finding(requireObject+key))
			}
		}
		cases[name] = tc
	}
	testResolve(t, cases)
}

func TestResolveNotWantedAndNotNeeded(t *testing.T) {
	testResolve(t, map[string]resolution{
		"First": {
			reason:   "What nothing needs should be put on the list of leftovers before it is let go.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			want:     map[string]string{"a": kept},
		},
		"Remembered": {
			reason:   "What is on the list should be let go, and the composite is not ready before it is gone.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			options:  []func(o *Options){remembering("a")},
			deleting: []string{"a"},
		},
		"AnotherRemembered": {
			reason:   "What is on the list by another name is another object.",
			observed: map[string]*fnv1.Resource{"a": existing("b", ready)},
			options:  []func(o *Options){remembering("a")},
			want:     map[string]string{"a": kept},
		},
		"WantedAgain": {
			reason:   "What is wanted again before it was let go should just be wanted.",
			wanted:   chain("a"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			options:  []func(o *Options){remembering("a")},
			want:     map[string]string{"a": builtReady},
			ready:    true,
		},
		"BesideWanted": {
			reason:   "What is wanted should not keep what it doesn't need.",
			wanted:   chain("a"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, needing("a"))},
			options:  []func(o *Options){remembering("b")},
			want:     map[string]string{"a": builtReady},
			deleting: []string{"b"},
		},
		"NeededByMissing": {
			reason:   "What is gone needs nothing any more.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "c": existing("c", ready, needing("b"))},
			options:  []func(o *Options){remembering("a", "c")},
			deleting: []string{"a", "c"},
		},
		"NeededByNoKeyLikeIt": {
			reason:   "Keys should be compared as a whole.",
			wanted:   chain("b"),
			observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b", ready, needing("a.a,aa"))},
			options:  []func(o *Options){remembering("a")},
			want:     map[string]string{"b": builtReady},
			deleting: []string{"a"},
		},
		"EmptyAnnotation": {
			reason:   "An empty annotation should keep nothing.",
			observed: map[string]*fnv1.Resource{"": existing(""), "b": existing("b", needing(""))},
			options:  []func(o *Options){remembering("", "b")},
			deleting: []string{"", "b"},
		},
		"BeingDeleted": {
			reason:   "What is being deleted should not be asked for again once nothing needs it.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready, deleting)},
			options:  []func(o *Options){remembering("a")},
			deleting: []string{"a"},
		},
		"Protected": {
			reason:   "What is protected should stay, and so should what it needs.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, protecting, needing("a"))},
			options:  []func(o *Options){remembering("a", "b")},
			want:     map[string]string{"a": kept, "b": kept},
		},
		"Nothing": {
			reason: "A platform of which nothing is wanted and nothing exists should be ready.",
			ready:  true,
		},
	})
}

// TestResolveLingering: what Crossplane has forgotten exists until it is known
// to be gone.
func TestResolveLingering(t *testing.T) {
	testResolve(t, map[string]resolution{
		"Unresolved": {
			reason:   "Until Crossplane has looked for everything, nothing should be let go.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			options:  []func(o *Options){remembering("a", "b")},
			want:     map[string]string{"a": kept},
			deleting: []string{"b"},
		},
		"Found": {
			reason:   "What is still there holds what it needs.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "c": existing("c", ready)},
			options:  []func(o *Options){remembering("a", "b", "c"), finding(requireObject+"b", existing("b", deleting, needing("a")))},
			want:     map[string]string{"a": kept},
			deleting: []string{"b", "c"},
		},
		"Gone": {
			reason:   "What is gone holds nothing.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			options:  []func(o *Options){remembering("a", "b"), finding(requireObject + "b")},
			deleting: []string{"a"},
		},
		"WantedAgain": {
			reason:   "What is wanted again should be gone before it is asked for.",
			wanted:   chain("a", "b"),
			options:  []func(o *Options){remembering("a"), finding(requireObject+"a", existing("a", deleting))},
			waiting:  []Wait{{Key: "a", For: []string{"a"}}, {Key: "b", For: []string{"a"}}},
			deleting: []string{"a"},
		},
		"WantedAndGone": {
			reason:  "Once it is gone, it should be created anew.",
			wanted:  chain("a"),
			options: []func(o *Options){remembering("a"), finding(requireObject + "a")},
			want:    map[string]string{"a": built},
		},
		"Deleted": {
			reason:   "What somebody deletes holds what it needs, and should be put on the list, though nobody remembers it.",
			wanted:   chain("c"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", deleting, needing("a")), "c": existing("c", ready)},
			options:  []func(o *Options){remembering("a")},
			want:     map[string]string{"a": kept, "c": builtReady},
			deleting: []string{"b"},
		},
		"NeededAgain": {
			reason: "What exists must not refer to something on its way out, which would never get there.",
			wanted: []blueprint{{key: "a"}, {key: "b", needs: []string{"a"}}},
			observed: map[string]*fnv1.Resource{
				"b": existing("b", ready),
			},
			options:  []func(o *Options){remembering("a"), finding(requireObject+"a", existing("a", deleting))},
			want:     map[string]string{"b": kept},
			waiting:  []Wait{{Key: "a", For: []string{"a"}}},
			deleting: []string{"a"},
		},
	})
}

// TestResolveTearDown: nothing is wanted any more.
func TestResolveTearDown(t *testing.T) {
	testResolve(t, map[string]resolution{
		"First": {
			reason:   "What exists should be asked for as before until it is its turn, and nothing else.",
			wanted:   chain("a", "b", "c"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, needing("a"))},
			options:  []func(o *Options){tearingDown},
			want:     map[string]string{"a": builtReady, "b": builtReady},
		},
		"InOrder": {
			reason:   "What needs something should go before it, whether the claim describes it or not.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, needing("a")), "x": existing("x", ready, needing("b"))},
			options:  []func(o *Options){tearingDown, finding(everyThing), remembering("a", "b", "x")},
			want:     map[string]string{"a": builtReady, "b": builtReady},
			deleting: []string{"x"},
		},
		"Frozen": {
			reason:   "What can't be built any more should be asked for as it was.",
			wanted:   []blueprint{{key: "a"}, {key: "b", uses: []string{"a"}}, {key: "c"}},
			observed: map[string]*fnv1.Resource{"b": existing("b", ready, needing("a")), "c": existing("c", ready, needing("b"))},
			options:  []func(o *Options){tearingDown, finding(everyThing), remembering("a", "b", "c"), finding(requireObject + "a")},
			want:     map[string]string{"b": kept},
			deleting: []string{"c"},
		},
		"Protected": {
			reason:   "What is protected should be asked for as the claim says, or nothing would ever lift its protection.",
			wanted:   chain("a", "b", "c"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, protecting, needing("a")), "c": existing("c", ready, needing("b"))},
			options:  []func(o *Options){tearingDown, tornDown, finding(everyThing), remembering("a", "b", "c")},
			want:     map[string]string{"a": builtReady, "b": builtReady},
			deleting: []string{"c"},
		},
		"Halted": {
			reason:   "What is protected should stop a teardown before it begins.",
			wanted:   chain("a", "b", "c"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, protecting, needing("a")), "c": existing("c", ready, needing("b")), "d": existing("d", needing("a"))},
			options:  []func(o *Options){tearingDown, finding(everyThing), remembering("a", "b", "c", "d")},
			want:     map[string]string{"a": builtReady, "b": builtReady, "c": builtReady, "d": kept},
		},
		"Nothing": {
			reason:  "A platform that is torn down is never ready.",
			wanted:  chain("a"),
			options: []func(o *Options){tearingDown},
		},
	})
}

// TestDistrust: what a refused claim describes is not asked for.
func TestDistrust(t *testing.T) {
	p := newPlan(map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, needing("a"))}, tearingDown, finding(everyThing), remembering("a", "b"))
	add(p, chain("a", "b")...)
	p.Distrust()
	out := resolved(t, p)
	if o := (&Observed{resource: out.Desired["a"]}); len(out.Desired) != 1 || NewText("spec.from").Of(o) != fromObserved {
		t.Errorf("want a as it was observed, got %v", out.Desired)
	}
}

// TestRemoval runs plans of which less is wanted than exists until nothing
// changes any more, deleting what is not asked for.
func TestRemoval(t *testing.T) {
	cases := map[string]struct {
		reason string
		wanted []blueprint
		// exists is what each object that exists needs.
		exists map[string]string
		// want is what each run lets go.
		want [][]string
	}{
		"Chain": {
			reason: "A chain should leave in the reverse order of its creation, one a run.",
			exists: map[string]string{"a": "", "b": "a", "c": "b"},
			want:   [][]string{nil, {"c"}, {"b"}, {"a"}},
		},
		"Diamond": {
			reason: "What is needed by two should leave after both.",
			exists: map[string]string{"a": "", "b": "a", "c": "a", "d": "b,c"},
			want:   [][]string{nil, {"d"}, {"b", "c"}, {"a"}},
		},
		"Uneven": {
			reason: "What is needed over a short and a long way should wait for the long one.",
			exists: map[string]string{"a": "", "b": "a", "c": "b", "d": "a"},
			want:   [][]string{nil, {"c", "d"}, {"b"}, {"a"}},
		},
		"Part": {
			reason: "Only what isn't wanted should leave.",
			wanted: chain("a", "b"),
			exists: map[string]string{"a": "", "b": "a", "c": "a", "d": "c,b"},
			want:   [][]string{nil, {"d"}, {"c"}},
		},
		"FromUnder": {
			reason: "What is wanted should have let go of what isn't before that leaves: asked to, done so, and said so.",
			wanted: chain("b", "c"),
			exists: map[string]string{"a": "", "b": "a", "c": "a,b"},
			want:   [][]string{nil, nil, {"a"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			observed := map[string]*fnv1.Resource{}
			for key, needs := range tc.exists {
				observed[key] = existing(key, ready, needing(needs))
			}
			var got [][]string
			var memory []Leftover
			for {
				p := newPlan(observed, func(o *Options) {
					o.Leaving, o.Required = memory, map[string]*fnv1.Resources{}
					for _, l := range memory {
						o.Required[requireObject+l.Key] = nil
					}
				})
				add(p, tc.wanted...)
				out := resolved(t, p)
				if out.Ready() {
					break
				}
				if len(got) > len(tc.want) {
					t.Fatalf("\n%s\nit never ends: %v", tc.reason, got)
				}
				memory = out.Leaving
				var gone []string
				for _, key := range slices.Sorted(maps.Keys(observed)) {
					d := out.Desired[key]
					if d == nil {
						gone = append(gone, key)
						delete(observed, key)
						continue
					}
					o := &Observed{resource: d}
					observed[key] = existing(key, ready, needing(o.needs()))
				}
				got = append(got, gone)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
