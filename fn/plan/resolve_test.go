package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// A resolution is what becomes of a graph, given what exists.
type resolution struct {
	reason   string
	wanted   []blueprint
	observed map[string]*fnv1.Resource
	options  []func(o *Options)
	// want is what is asked for, and how.
	want    map[string]string
	waiting []Wait
	// deleting is what has been let go.
	deleting []string
	// ready is whether the composite is.
	ready bool
}

// chain of nodes, each of which needs the one before.
func chain(keys ...string) []blueprint {
	var bs []blueprint
	var needs []string
	for _, key := range keys {
		bs = append(bs, blueprint{key: key, needs: needs})
		needs = []string{key}
	}
	return bs
}

func testResolve(t *testing.T, cases map[string]resolution) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(tc.observed, tc.options...)
			add(p, tc.wanted...)
			out := resolved(t, p)
			if diff := cmp.Diff(tc.deleting, deletingOf(out), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\nLeaving: -want, +got to be deleting:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want, verdictsOn(t, out.Desired), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\nDesired: -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.waiting, out.Waiting()); diff != "" {
				t.Errorf("\n%s\nWaiting(): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.ready, out.Ready()); diff != "" {
				t.Errorf("\n%s\nReady(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// deletingOf an outcome are the keys of the leftovers that are let go.
func deletingOf(out *Outcome) []string {
	var keys []string
	for _, l := range out.Leaving {
		if l.Deleting {
			keys = append(keys, l.Key)
		}
	}
	return keys
}

func TestResolveWantedAndExisting(t *testing.T) {
	testResolve(t, map[string]resolution{
		"Ready": {
			reason:   "What is wanted and exists should be asked for, and is ready if it says so.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready)},
			want:     map[string]string{"a": builtReady, "b": builtReady},
			ready:    true,
		},
		"NotReady": {
			reason:   "What is not ready should be asked for, and say that it isn't.",
			wanted:   chain("a"),
			observed: map[string]*fnv1.Resource{"a": existing("a")},
			want:     map[string]string{"a": built},
		},
		"NeedNotReady": {
			reason:   "A gate that closes again should delete nothing, and not call what is behind it unready.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b", ready)},
			want:     map[string]string{"a": built, "b": builtReady},
		},
		"NeedFailed": {
			reason:   "A failure should delete nothing.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", failed), "b": existing("b", ready)},
			want:     map[string]string{"a": built, "b": builtReady},
		},
		"NeedMissing": {
			reason:   "Something needed that somebody deleted should be made again, and delete nothing else.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"b": existing("b", ready)},
			want:     map[string]string{"a": built, "b": builtReady},
		},
		"NeedBeingDeleted": {
			reason:   "Something needed that is being deleted should delete nothing else.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready, deleting), "b": existing("b", ready, needing("a"))},
			want:     map[string]string{"b": builtReady},
			waiting:  []Wait{{Key: "a", For: []string{"a"}}},
			deleting: []string{"a"},
		},
		"NewNeedBeingDeleted": {
			reason:   "What is being deleted must not be used by more than already do.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready, deleting), "b": existing("b", ready)},
			want:     map[string]string{"b": kept},
			waiting:  []Wait{{Key: "a", For: []string{"a"}}},
			deleting: []string{"a"},
		},
		"NeedOfNeedMissing": {
			reason:   "What exists should be asked for even if what it needs waits itself.",
			wanted:   chain("a", "b", "c", "d"),
			observed: map[string]*fnv1.Resource{"a": existing("a"), "d": existing("d", ready)},
			want:     map[string]string{"a": built, "d": builtReady},
			waiting:  []Wait{{Key: "b", For: []string{"a"}}, {Key: "c", For: []string{"b"}}},
		},
		"BeingDeleted": {
			reason:   "What somebody deletes should not be asked for: gone by then, it would be made anew, whatever has become of what it needs.",
			wanted:   chain("a"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready, deleting)},
			waiting:  []Wait{{Key: "a", For: []string{"a"}}},
			deleting: []string{"a"},
		},
		"ByAnotherNeedsAnnotation": {
			reason:   "What is wanted should be asked for as it is described now, whatever it and others needed before.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready, needing("b")), "b": existing("b", ready, needing("a,x"))},
			want:     map[string]string{"a": builtReady, "b": builtReady},
			ready:    true,
		},
	})
}

func TestResolveWantedAndMissing(t *testing.T) {
	testResolve(t, map[string]resolution{
		"NeedsNothing": {
			reason: "What needs nothing should be asked for at once.",
			wanted: []blueprint{{key: "a"}, {key: "b"}},
			want:   map[string]string{"a": built, "b": built},
		},
		"NeedMissing": {
			reason:  "What needs something that doesn't exist should wait for it.",
			wanted:  chain("a", "b"),
			want:    map[string]string{"a": built},
			waiting: []Wait{{Key: "b", For: []string{"a"}}},
		},
		"NeedNotReady": {
			reason:   "What needs something that isn't ready should wait for it.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a")},
			want:     map[string]string{"a": built},
			waiting:  []Wait{{Key: "b", For: []string{"a"}}},
		},
		"NeedBeingDeleted": {
			reason:   "Nothing should be built on something that is being deleted.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready, deleting)},
			waiting:  []Wait{{Key: "a", For: []string{"a"}}, {Key: "b", For: []string{"a"}}},
			deleting: []string{"a"},
		},
		"NeedReady": {
			reason:   "What needs something that is ready should be asked for.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			want:     map[string]string{"a": builtReady, "b": built},
		},
		"Chain": {
			reason:   "Only the next of a chain should be asked for, and each should name only the one before it.",
			wanted:   chain("a", "b", "c", "d"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			want:     map[string]string{"a": builtReady, "b": built},
			waiting:  []Wait{{Key: "c", For: []string{"b"}}, {Key: "d", For: []string{"c"}}},
		},
		"OneOfSeveralNotReady": {
			reason:   "Everything needed must be ready, and what is should not be named.",
			wanted:   []blueprint{{key: "a"}, {key: "b"}, {key: "c", needs: []string{"a", "b"}}},
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b")},
			want:     map[string]string{"a": builtReady, "b": built},
			waiting:  []Wait{{Key: "c", For: []string{"b"}}},
		},
		"SeveralNotReady": {
			reason:  "What waits for several should name them sorted.",
			wanted:  []blueprint{{key: "c"}, {key: "b"}, {key: "a"}, {key: "it", needs: []string{"c", "a", "b"}}},
			want:    map[string]string{"a": built, "b": built, "c": built},
			waiting: []Wait{{Key: "it", For: []string{"a", "b", "c"}}},
		},
		"Implied": {
			reason:  "What another that is waited for waits for itself should not be named twice.",
			wanted:  []blueprint{{key: "a"}, {key: "b", needs: []string{"a"}}, {key: "c", needs: []string{"a", "b"}}},
			want:    map[string]string{"a": built},
			waiting: []Wait{{Key: "b", For: []string{"a"}}, {Key: "c", For: []string{"b"}}},
		},
		"ImpliedInARow": {
			reason: "What needs all of a chain should name its end.",
			wanted: []blueprint{
				{key: "a"},
				{key: "b", needs: []string{"a"}},
				{key: "c", needs: []string{"a", "b"}},
				{key: "d", needs: []string{"a", "b", "c"}},
			},
			want:    map[string]string{"a": built},
			waiting: []Wait{{Key: "b", For: []string{"a"}}, {Key: "c", For: []string{"b"}}, {Key: "d", For: []string{"c"}}},
		},
		"ImpliedOnlyByReady": {
			reason:   "What is ready waits for nothing, so it should not hide what isn't.",
			wanted:   []blueprint{{key: "a"}, {key: "b", needs: []string{"a"}}, {key: "c", needs: []string{"a", "b"}}},
			observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b", ready)},
			want:     map[string]string{"a": built, "b": builtReady},
			waiting:  []Wait{{Key: "c", For: []string{"a"}}},
		},
		"ValueUnknown": {
			reason:   "What uses a value should wait for it even if its owner is ready, and say so.",
			wanted:   []blueprint{{key: "a"}, {key: "b", uses: []string{"a"}}},
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			want:     map[string]string{"a": builtReady},
			waiting:  []Wait{{Key: "b", For: []string{"a: status.id"}}},
		},
		"ValuesUnknown": {
			reason:   "All values that are waited for should be named, sorted.",
			wanted:   []blueprint{{key: "b"}, {key: "a"}, {key: "c", uses: []string{"b", "a"}}},
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready)},
			want:     map[string]string{"a": builtReady, "b": builtReady},
			waiting:  []Wait{{Key: "c", For: []string{"a: status.id", "b: status.id"}}},
		},
		"ValueUnknownOwnerNotReady": {
			reason:  "What waits for an object should not name the object's values too.",
			wanted:  []blueprint{{key: "a"}, {key: "b", uses: []string{"a"}}},
			want:    map[string]string{"a": built},
			waiting: []Wait{{Key: "b", For: []string{"a"}}},
		},
		"ValueKnownOwnerNotReady": {
			reason:   "A value that is known early should not let anything be built on what isn't ready.",
			wanted:   []blueprint{{key: "a"}, {key: "b", uses: []string{"a"}}},
			observed: map[string]*fnv1.Resource{"a": existing("a", identified)},
			want:     map[string]string{"a": built},
			waiting:  []Wait{{Key: "b", For: []string{"a"}}},
		},
		"ValueKnown": {
			reason:   "What uses a known value of something ready should be asked for.",
			wanted:   []blueprint{{key: "a"}, {key: "b", uses: []string{"a"}}},
			observed: map[string]*fnv1.Resource{"a": existing("a", ready, identified)},
			want:     map[string]string{"a": builtReady, "b": built},
		},
	})
}

// TestResolveUnguarded: as long as all could be deleted at once nothing may exist
// that has to go before something else.
func TestResolveUnguarded(t *testing.T) {
	unguarded := []func(o *Options){func(o *Options) { o.Unguarded = guard }}
	testResolve(t, map[string]resolution{
		"First": {
			reason:  "What needs nothing has no order to keep. What does waits for what it needs, first of all.",
			wanted:  chain("a", "b"),
			options: unguarded,
			want:    map[string]string{"a": built},
			waiting: []Wait{{Key: "b", For: []string{"a"}}},
		},
		"NeedReady": {
			reason:   "What needs something should wait though that is ready.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			options:  unguarded,
			want:     map[string]string{"a": builtReady},
			waiting:  []Wait{{Key: "b", For: []string{guard}}},
		},
		"Existing": {
			reason:   "A guard that somebody has deleted should delete nothing.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready)},
			options:  unguarded,
			want:     map[string]string{"a": builtReady, "b": builtReady},
			ready:    true,
		},
	})
}

// TestResolveCancelled: until it is remembered that a teardown was cancelled, the
// next one could take itself for that, and not look for what was made meanwhile.
func TestResolveCancelled(t *testing.T) {
	testResolve(t, map[string]resolution{
		"Missing": {
			reason:   "What needs something should wait, though that is ready; what needs nothing has no order to keep.",
			wanted:   append(chain("a", "b"), blueprint{key: "c"}),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			options:  []func(o *Options){tornDown},
			want:     map[string]string{"a": builtReady, "c": built},
			waiting:  []Wait{{Key: "b", For: []string{"a"}}},
		},
		"Existing": {
			reason:   "What is left should be as it was.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready)},
			options:  []func(o *Options){tornDown},
			want:     map[string]string{"a": builtReady, "b": builtReady},
			ready:    true,
		},
	})
}

func TestResolveCannotBeBuilt(t *testing.T) {
	testResolve(t, map[string]resolution{
		"OwnerMissing": {
			reason:   "What uses a value of something that is gone should be kept as it is.",
			wanted:   []blueprint{{key: "a"}, {key: "b", uses: []string{"a"}}},
			observed: map[string]*fnv1.Resource{"b": existing("b", ready)},
			want:     map[string]string{"a": built, "b": kept},
		},
		"ValueLost": {
			reason:   "What uses a value that became unknown should be kept as it is.",
			wanted:   []blueprint{{key: "a"}, {key: "b", uses: []string{"a"}}},
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready)},
			want:     map[string]string{"a": builtReady, "b": kept},
		},
		"OneValueLost": {
			reason:   "One unknown value should be enough.",
			wanted:   []blueprint{{key: "a"}, {key: "b"}, {key: "c", uses: []string{"a", "b"}}},
			observed: map[string]*fnv1.Resource{"a": existing("a", ready, identified), "b": existing("b", ready), "c": existing("c", ready)},
			want:     map[string]string{"a": builtReady, "b": builtReady, "c": kept},
		},
		"ValueKnownOwnerNotReady": {
			reason:   "A value that is known should do, whatever state its owner is in.",
			wanted:   []blueprint{{key: "a"}, {key: "b", uses: []string{"a"}}},
			observed: map[string]*fnv1.Resource{"a": existing("a", failed, identified), "b": existing("b", ready)},
			want:     map[string]string{"a": built, "b": builtReady},
		},
		"Transitively": {
			reason: "What builds on an object that is kept should be built, as the object is there as before; what is missing of it should be created.",
			wanted: []blueprint{
				{key: "a"},
				{key: "b", uses: []string{"a"}},
				{key: "c", uses: []string{"b"}},
				{key: "d", needs: []string{"b"}},
			},
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, identified), "c": existing("c", ready)},
			want:     map[string]string{"a": builtReady, "b": kept, "c": builtReady, "d": built},
		},
		"KeptNotReady": {
			reason:   "An object that is kept and isn't ready should hold back what is missing, as any other.",
			wanted:   []blueprint{{key: "a"}, {key: "b", uses: []string{"a"}}, {key: "c", needs: []string{"b"}}},
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b")},
			want:     map[string]string{"a": builtReady, "b": kept},
			waiting:  []Wait{{Key: "c", For: []string{"b"}}},
		},
		"KnownAgain": {
			reason:   "Once the value is known again, the object should be built again.",
			wanted:   []blueprint{{key: "a"}, {key: "b", uses: []string{"a"}}},
			observed: map[string]*fnv1.Resource{"a": existing("a", ready, identified), "b": existing("b", ready)},
			want:     map[string]string{"a": builtReady, "b": builtReady},
			ready:    true,
		},
	})
}

func TestProgress(t *testing.T) {
	type progress struct {
		Ready, Total    int
		Complete, Whole bool
	}
	cases := map[string]struct {
		reason   string
		wanted   []blueprint
		observed map[string]*fnv1.Resource
		want     progress
	}{
		"Nothing": {
			reason: "Of nothing, all should be there.",
			want:   progress{Complete: true, Whole: true},
		},
		"NothingExists": {
			reason: "What is asked for and what waits should be counted, and not as ready.",
			wanted: chain("a", "b"),
			want:   progress{Total: 2},
		},
		"Waiting": {
			reason:   "A composite should not be ready while anything waits.",
			wanted:   chain("a", "b", "c"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			want:     progress{Ready: 1, Total: 3},
		},
		"NotReady": {
			reason:   "A composite should not be ready while anything isn't.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b", ready)},
			want:     progress{Ready: 1, Total: 2, Complete: true},
		},
		"Deleting": {
			reason:   "A composite should not be ready while something wanted is being deleted.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, deleting)},
			want:     progress{Ready: 1, Total: 2, Complete: true},
		},
		"CannotBeBuilt": {
			reason:   "A composite should not be ready while something is kept as it was.",
			wanted:   []blueprint{{key: "a"}, {key: "b", uses: []string{"a"}}},
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready)},
			want:     progress{Ready: 1, Total: 2, Complete: true},
		},
		"LeavingAndNeeded": {
			reason:   "A composite should not be ready while something unwanted is kept; it is no part of the progress.",
			wanted:   chain("b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, needing("a"))},
			want:     progress{Ready: 1, Total: 1, Complete: true},
		},
		"Leaving": {
			reason:   "A composite should not be ready while something unwanted still exists.",
			wanted:   chain("a"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready)},
			want:     progress{Ready: 1, Total: 1, Complete: true},
		},
		"Ready": {
			reason:   "A composite should be ready once all that is wanted is, and nothing else exists.",
			wanted:   []blueprint{{key: "a"}, {key: "b", uses: []string{"a"}}},
			observed: map[string]*fnv1.Resource{"a": existing("a", ready, identified), "b": existing("b", ready, needing("a"))},
			want:     progress{Ready: 2, Total: 2, Complete: true, Whole: true},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(tc.observed)
			add(p, tc.wanted...)
			out := resolved(t, p)
			got := progress{Complete: out.Complete(), Whole: out.Ready()}
			got.Ready, got.Total = out.Progress()
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
