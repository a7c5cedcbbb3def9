package plan

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

func TestResolveNotWantedAndNeeded(t *testing.T) {
	testResolve(t, map[string]resolution{
		"ByWanted": {
			reason:   "What something wanted needed when it was last asked for should stay until that has let go of it.",
			wanted:   chain("b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, needing("a"))},
			want:     map[string]string{"a": kept, "b": builtReady},
		},
		"ByNotWanted": {
			reason:   "What something else that leaves needs should stay until that is gone.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, needing("a"))},
			want:     map[string]string{"a": kept},
		},
		"ByBeingDeleted": {
			reason:   "What is still being deleted exists, so what it needs should stay.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, deleting, needing("a"))},
			want:     map[string]string{"a": kept},
		},
		"ByNotReady": {
			reason:   "What failed exists, so what it needs should stay.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", failed, needing("a"))},
			want:     map[string]string{"a": kept},
		},
		"OneOfSeveral": {
			reason:   "Each key in the annotation should count.",
			wanted:   chain("d"),
			observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b"), "c": existing("c"), "d": existing("d", ready, needing("a,c"))},
			want:     map[string]string{"a": kept, "c": kept, "d": builtReady},
		},
		"Transitively": {
			reason:   "All but the end of a chain that leaves should stay.",
			observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b", needing("a")), "c": existing("c", needing("b"))},
			want:     map[string]string{"a": kept, "b": kept},
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
			reason:   "What is being deleted already should be asked for while it is needed.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready, deleting), "b": existing("b", needing("a"))},
			want:     map[string]string{"a": kept},
		},
	})
}

func TestResolveNotWantedAndNotNeeded(t *testing.T) {
	testResolve(t, map[string]resolution{
		"Alone": {
			reason:   "What nothing needs should be let go, and the composite is not ready before it is gone.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
		},
		"BesideWanted": {
			reason:   "What is wanted should not keep what it doesn't need.",
			wanted:   chain("a"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, needing("a"))},
			want:     map[string]string{"a": builtReady},
		},
		"NeededByMissing": {
			reason:   "What is gone needs nothing any more.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "c": existing("c", ready, needing("b"))},
		},
		"NeededByNoKeyLikeIt": {
			reason:   "Keys should be compared as a whole.",
			wanted:   chain("b"),
			observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b", ready, needing("a.a,aa"))},
			want:     map[string]string{"b": builtReady},
		},
		"EmptyAnnotation": {
			reason:   "An empty annotation should keep nothing.",
			observed: map[string]*fnv1.Resource{"": existing(""), "b": existing("b", needing(""))},
		},
		"BeingDeleted": {
			reason:   "What is being deleted should not be asked for again once nothing needs it.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready, deleting)},
		},
		"Nothing": {
			reason: "A platform of which nothing is wanted and nothing exists should be ready.",
			ready:  true,
		},
	})
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
			want:   [][]string{{"c"}, {"b"}, {"a"}},
		},
		"Diamond": {
			reason: "What is needed by two should leave after both.",
			exists: map[string]string{"a": "", "b": "a", "c": "a", "d": "b,c"},
			want:   [][]string{{"d"}, {"b", "c"}, {"a"}},
		},
		"Uneven": {
			reason: "What is needed over a short and a long way should wait for the long one.",
			exists: map[string]string{"a": "", "b": "a", "c": "b", "d": "a"},
			want:   [][]string{{"c", "d"}, {"b"}, {"a"}},
		},
		"Part": {
			reason: "Only what isn't wanted should leave.",
			wanted: chain("a", "b"),
			exists: map[string]string{"a": "", "b": "a", "c": "a", "d": "c,b"},
			want:   [][]string{{"d"}, {"c"}},
		},
		"FromUnder": {
			reason: "What is wanted should let go of what isn't any more before that leaves.",
			wanted: chain("b", "c"),
			exists: map[string]string{"a": "", "b": "a", "c": "a,b"},
			want:   [][]string{nil, {"a"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			observed := map[string]*fnv1.Resource{}
			for key, needs := range tc.exists {
				observed[key] = existing(key, ready, needing(needs))
			}
			var got [][]string
			for {
				p := newPlan(observed)
				add(p, tc.wanted...)
				p.Resolve()
				if p.Ready() {
					break
				}
				if len(got) > len(tc.want) {
					t.Fatalf("\n%s\nit never ends: %v", tc.reason, got)
				}
				desired, err := p.Desired()
				if err != nil {
					t.Fatal(err)
				}
				var gone []string
				for _, key := range slices.Sorted(maps.Keys(observed)) {
					d := desired[key]
					if d == nil {
						gone = append(gone, key)
						delete(observed, key)
						continue
					}
					o := &Observed{resource: d}
					observed[key] = existing(key, ready, needing(o.String(annotation(AnnotationNeeds))))
				}
				got = append(got, gone)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestRemovalLingers: an object whose deletion takes its time holds what it
// needs for as long as it takes.
func TestRemovalLingers(t *testing.T) {
	observed := map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, deleting, needing("a"))}
	for range 3 {
		p := newPlan(observed)
		p.Resolve()
		if diff := cmp.Diff(map[string]string{"a": kept}, verdicts(t, p)); diff != "" {
			t.Fatalf("\nWhat is needed should stay while what needs it is being deleted.\n-want, +got:\n%s", diff)
		}
	}
	delete(observed, "b")
	p := newPlan(observed)
	p.Resolve()
	if diff := cmp.Diff(map[string]string{}, verdicts(t, p)); diff != "" {
		t.Errorf("\nWhat is needed should leave once what needs it is gone.\n-want, +got:\n%s", diff)
	}
}
