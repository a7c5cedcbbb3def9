package plan

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// leaving says what was on the list of leftovers.
func leaving(ls ...Leftover) func(o *Options) {
	return func(o *Options) { o.Leaving = append(o.Leaving, ls...) }
}

// named gives an object a UID.
func named(uid string) func(o map[string]any) {
	return func(o map[string]any) { o["metadata"].(map[string]any)["uid"] = uid }
}

// TestRemembers: what is on the list is that object and no other.
func TestRemembers(t *testing.T) {
	cases := map[string]struct {
		change func(l *Leftover)
		want   []string
	}{
		"Itself":            {change: func(*Leftover) {}, want: []string{"a"}},
		"AnotherKey":        {change: func(l *Leftover) { l.Key = "b" }},
		"AnotherAPIVersion": {change: func(l *Leftover) { l.APIVersion = "example.org/v2" }},
		"AnotherKind":       {change: func(l *Leftover) { l.Kind = "Other" }},
		"AnotherNamespace":  {change: func(l *Leftover) { l.Namespace = "team-b" }},
		"AnotherName":       {change: func(l *Leftover) { l.Name = "dev-b" }},
		"AnotherUID":        {change: func(l *Leftover) { l.UID = "2" }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			l := leftoverThing("a")
			l.UID = "1"
			p := newPlan(map[string]*fnv1.Resource{"a": existing("a", named("1"))}, leaving(l.with(tc.change)), finding(requireObject+"b"))
			out := resolved(t, p)
			if diff := cmp.Diff(tc.want, deletingOf(out)); diff != "" {
				t.Errorf("nothing else should be let go: -want, +got:\n%s", diff)
			}
		})
	}
}

// TestRecall: what is known of what was let go.
func TestRecall(t *testing.T) {
	first := leftoverThing("x").with(isDeleting).with(func(l *Leftover) { l.UID = "1" })
	cases := map[string]struct {
		reason   string
		options  []func(o *Options)
		observed map[string]*fnv1.Resource
		want     []Leftover
	}{
		"Unresolved": {
			reason:  "Until Crossplane has looked for it, the list should say what it is.",
			options: []func(o *Options){leaving(first)},
			want:    []Leftover{first},
		},
		"Found": {
			reason:  "It should be on the list for as long as it is found.",
			options: []func(o *Options){leaving(first), finding(requireObject+"x", existing("x", deleting, named("1")))},
			want:    []Leftover{first},
		},
		"FoundAnother": {
			reason:  "One of its name that was made anew is not it.",
			options: []func(o *Options){leaving(first), finding(requireObject+"x", existing("x", named("2")))},
		},
		"FoundUnknown": {
			reason:  "A list without UIDs, as it once was, goes by names.",
			options: []func(o *Options){leaving(leftoverThing("x")), finding(requireObject+"x", existing("x", deleting, named("1")))},
			want:    []Leftover{first},
		},
		"Observed": {
			reason:   "Of what is observed the list should say what is.",
			options:  []func(o *Options){leaving(first)},
			observed: map[string]*fnv1.Resource{"x": existing("x", deleting, named("2"))},
			want:     []Leftover{first.with(func(l *Leftover) { l.UID = "2" })},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(tc.observed, tc.options...)
			out := resolved(t, p)
			if diff := cmp.Diff(tc.want, out.Leaving); diff != "" {
				t.Errorf("\n%s\nLeaving: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestSearch: what is searched for, and until when.
func TestSearch(t *testing.T) {
	other := leftoverThing("x").with(isDeleting).with(func(l *Leftover) { l.Kind = "Other" })
	cases := map[string]struct {
		reason   string
		observed map[string]*fnv1.Resource
		options  []func(o *Options)
		want     []string
		asked    map[string]string
		leaving  []string
	}{
		"Unlisted": {
			reason:   "As long as anything that exists is not on the list, there may be more.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready)},
			options:  []func(o *Options){tearingDown, leaving(leftoverThing("a").with(isDeleting))},
			want:     []string{everyThing},
			asked:    map[string]string{"a": builtReady, "b": kept},
		},
		"Deleted": {
			reason:   "What somebody else deletes does not mean that anything was let go.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", deleting)},
			options:  []func(o *Options){tearingDown, remembering("a", "b")},
			want:     []string{everyThing},
			asked:    map[string]string{"a": builtReady},
			leaving:  []string{"b"},
		},
		"Kinds": {
			reason:   "There may be more of the kind of what was let go.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			options:  []func(o *Options){tearingDown, leaving(other), finding(requireObject + "x")},
			want:     []string{requireObject + "x", requireKind + "Other.example.org", everyThing},
			asked:    map[string]string{"a": builtReady},
		},
		"ObservedKinds": {
			reason:   "And of the kind of what exists, though nothing describes it.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", func(o map[string]any) { o["kind"] = "Other" })},
			options:  []func(o *Options){tearingDown},
			want:     []string{requireKind + "Other.example.org", everyThing},
			asked:    map[string]string{"a": builtReady, "b": kept},
		},
		"Known": {
			reason:   "What is observed is as it is observed, whatever is found.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			options:  []func(o *Options){tearingDown, finding(everyThing, existing("a", needing("x")))},
			want:     []string{everyThing},
			asked:    map[string]string{"a": builtReady},
		},
		"KnownToLeave": {
			reason:   "What is on its way out is so, whatever is found.",
			observed: map[string]*fnv1.Resource{"a": existing("a", deleting)},
			options:  []func(o *Options){tearingDown, finding(everyThing, existing("a", ready))},
			want:     []string{everyThing},
			leaving:  []string{"a"},
		},
		"OneUnresolved": {
			reason:   "As long as one thing has not been looked for, nothing should be let go.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "c": existing("c", ready)},
			options:  []func(o *Options){remembering("x", "y", "c"), finding(requireObject + "y")},
			want:     []string{requireObject + "x", requireObject + "y"},
			asked:    map[string]string{"a": builtReady, "c": kept},
			leaving:  []string{"x"},
		},
		"DescribedUnresolved": {
			reason:   "Be it described: it may use what it does not need any more.",
			observed: map[string]*fnv1.Resource{"c": existing("c", ready)},
			options:  []func(o *Options){remembering("a", "y", "c"), finding(requireObject + "y")},
			want:     []string{requireObject + "a", requireObject + "y"},
			asked:    map[string]string{"c": kept},
			leaving:  []string{"a"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(tc.observed, tc.options...)
			add(p, chain("a")...)
			out := resolved(t, p)
			if diff := cmp.Diff(tc.want, slices.Sorted(maps.Keys(out.Requirements))); diff != "" {
				t.Errorf("\n%s\nRequirements(): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.leaving, deletingOf(out)); diff != "" {
				t.Errorf("\n%s\nLeaving: -want, +got to be deleting:\n%s", tc.reason, diff)
			}
			asked := verdictsOn(t, out.Desired)
			if len(asked) == 0 {
				asked = nil
			}
			if diff := cmp.Diff(tc.asked, asked); diff != "" {
				t.Errorf("\n%s\nDesired: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestWhatExistsStaysWhereItIs, also on its way out: until it is gone, nothing that
// refers to it should be told otherwise.
func TestWhatExistsStaysWhereItIs(t *testing.T) {
	elsewhere := func(o map[string]any) {
		o["metadata"].(map[string]any)["name"], o["metadata"].(map[string]any)["namespace"] = "old", "team-b"
	}
	for name, edits := range map[string][]func(o map[string]any){"Observed": {elsewhere}, "Deleted": {elsewhere, deleting}} {
		// Whatever is beside it, and more than it is.
		observed := map[string]*fnv1.Resource{"a": existing("a", edits...), "b": existing("b"), "c": existing("c")}
		n := add(newPlan(observed), chain("a")...)["a"]
		if n.Name() != "old" || n.Namespace() != "team-b" || !n.Exists() {
			t.Errorf("%s: want team-b/old, got %s/%s, which exists: %t", name, n.Namespace(), n.Name(), n.Exists())
		}
	}
}

// TestHome: what is new is made where most of what exists is, be it on its way out.
func TestHome(t *testing.T) {
	t.Parallel()
	elsewhere := func(o map[string]any) { o["metadata"].(map[string]any)["namespace"] = "team-b" }
	cases := map[string]struct {
		observed map[string]*fnv1.Resource
		want     string
	}{
		"Nothing":  {want: namespace},
		"Most":     {observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b", elsewhere), "c": existing("c", elsewhere, deleting)}, want: "team-b"},
		"Few":      {observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b"), "c": existing("c", elsewhere)}, want: namespace},
		"AsMany":   {observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b", elsewhere)}, want: namespace},
		"WithNone": {observed: map[string]*fnv1.Resource{"a": existing("a", func(o map[string]any) { delete(o["metadata"].(map[string]any), "namespace") })}, want: namespace},
	}
	for name, tc := range cases {
		if got := add(newPlan(tc.observed), chain("new")...)["new"].Namespace(); got != tc.want {
			t.Errorf("%s: want %s, got %s", name, tc.want, got)
		}
	}
}

// TestLeaves: what was asked to go leaves, be that only remembered.
func TestLeaves(t *testing.T) {
	letGo := leftoverThing("a").with(isDeleting)
	cases := map[string]struct {
		observed map[string]*fnv1.Resource
		options  []func(o *Options)
		want     bool
	}{
		"Missing":     {},
		"Observed":    {observed: map[string]*fnv1.Resource{"a": existing("a")}},
		"Listed":      {observed: map[string]*fnv1.Resource{"a": existing("a")}, options: []func(o *Options){remembering("a")}},
		"LetGo":       {observed: map[string]*fnv1.Resource{"a": existing("a")}, options: []func(o *Options){leaving(letGo)}, want: true},
		"MadeAnew":    {observed: map[string]*fnv1.Resource{"a": existing("a", named("2"))}, options: []func(o *Options){leaving(letGo)}},
		"LetGoIsGone": {options: []func(o *Options){leaving(letGo), finding(requireObject + "a")}},
		"Lingering":   {options: []func(o *Options){leaving(letGo), finding(requireObject+"a", existing("a", deleting))}, want: true},
		"Deleted":     {observed: map[string]*fnv1.Resource{"a": existing("a", deleting)}, want: true},
	}
	for name, tc := range cases {
		if got := add(newPlan(tc.observed, tc.options...), chain("a")...)["a"].Leaves(); got != tc.want {
			t.Errorf("%s: want %t, got %t", name, tc.want, got)
		}
	}
}

// TestDemandHolds: what is asked to need something from now on holds it, or it would
// be told to use what leaves.
func TestDemandHolds(t *testing.T) {
	p := newPlan(map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready), "c": existing("c", ready, needing("b"))},
		tearingDown, finding(everyThing), remembering("a", "b", "c"))
	add(p, blueprint{key: "a"}, blueprint{key: "b", needs: []string{"a"}})
	out := resolved(t, p)
	if diff := cmp.Diff([]string{"c"}, deletingOf(out)); diff != "" {
		t.Errorf("Leaving: -want, +got to be deleting:\n%s", diff)
	}
}

// TestDistrustRenewsNothing: what a refused claim describes is no reason to make
// something anew.
func TestDistrustRenewsNothing(t *testing.T) {
	p := newPlan(map[string]*fnv1.Resource{keyHost: existing(keyHost, ready), keyBye: existing(keyBye)},
		tearingDown, finding(everyThing), remembering(keyHost, keyBye), tornDown)
	addFarewell(p, true, add(p, chain(keyHost)...)[keyHost]).last().Fixed(NewField("spec.from"))
	p.Distrust()
	out := resolved(t, p)
	if got := out.Leaving; len(got) != 1 || got[0].Key != keyHost {
		t.Errorf("Leaving: want the host only, got %v", got)
	}
}

// TestFrozenMark: what Crossplane marks an object by for a Usage stays Crossplane's.
func TestFrozenMark(t *testing.T) {
	marked := existing("a", ready, func(o map[string]any) {
		o["metadata"].(map[string]any)["labels"].(map[string]any)[LabelInUse] = "true"
	})
	if labels := freeze(Observe(marked)).AsMap()["metadata"].(map[string]any)["labels"]; !cmp.Equal(labels, any(map[string]any{LabelPlatform: platform})) {
		t.Errorf("want the other labels alone, got %v", labels)
	}
	if !Observe(marked).Stays() || Observe(marked).Label(LabelInUse) != "true" {
		t.Error("what is observed should stay as it is")
	}
}

// TestKept: all that exists is asked for as it is, but what is on its way out, or was
// asked to go, and what another step of the pipeline has composed.
func TestKept(t *testing.T) {
	bare := func(o map[string]any) { delete(o["metadata"].(map[string]any), "labels"); stripped(o) }
	letGo := func(o *Options) {
		remembering("c", "d")(o)
		o.Leaving[0].Deleting = true
	}
	p := newPlan(map[string]*fnv1.Resource{
		"a": existing("a", ready), "b": existing("b", deleting), "c": existing("c"), "d": existing("d"), "theirs": existing("theirs", bare),
		"wanted": existing("wanted", bare), "e": existing("e", bare), "f": existing("f", needing("e")),
	}, letGo)
	p.Layer(condition).Add("wanted", func(*Node) runtime.Object { return thing(nil) })
	want := map[string]*fnv1.Resource{}
	for key, r := range map[string]*fnv1.Resource{
		"a": existing("a", ready), "d": existing("d"), "wanted": existing("wanted", bare), "e": existing("e", bare), "f": existing("f", needing("e")),
	} {
		want[key] = &fnv1.Resource{Resource: freeze(Observe(r)), Ready: fnv1.Ready_READY_FALSE}
	}
	if diff := cmp.Diff(want, p.Kept(), protocmp.Transform()); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}
