package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// TestObscure: nothing goes of which nobody knows what it needs, nor what that may be.
func TestObscure(t *testing.T) {
	cases := map[string]resolution{
		"Stripped": {
			reason:   "It should stay, and so should all it may need.",
			observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b", stripped)},
			want:     map[string]string{"a": kept, "b": kept},
		},
		"NeedsIt": {
			reason:   "What needs it, be it by way of more, it does not need itself.",
			observed: map[string]*fnv1.Resource{"a": existing("a", stripped), "b": existing("b", needing("a")), "c": existing("c", needing("b"))},
			want:     map[string]string{"a": kept, "b": kept},
			deleting: []string{"c"},
		},
		"Two": {
			reason:   "Of two neither should go.",
			observed: map[string]*fnv1.Resource{"a": existing("a", stripped), "b": existing("b", stripped)},
			want:     map[string]string{"a": kept, "b": kept},
		},
		"Restored": {
			reason:   "Once it says what it needs again, all should go in order.",
			observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b", needing("a")), "c": existing("c", needing(""))},
			want:     map[string]string{"a": kept},
			deleting: []string{"b", "c"},
		},
		"Deleted": {
			reason:   "What somebody deletes should be gone before what it may need,",
			observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b", stripped, deleting)},
			want:     map[string]string{"a": kept},
			deleting: []string{"b"},
		},
		"DeletedFirst": {
			reason:   "but not before what needs it, for which it waits.",
			observed: map[string]*fnv1.Resource{"a": existing("a", stripped, deleting), "b": existing("b", needing("a"))},
			deleting: []string{"a", "b"},
		},
		"Forgotten": {
			reason:   "So should what Crossplane has forgotten.",
			observed: map[string]*fnv1.Resource{"a": existing("a")},
			options:  []func(o *Options){finding(requireObject+"b", existing("b", stripped, deleting))},
			want:     map[string]string{"a": kept},
			deleting: []string{"b"},
		},
		"Described": {
			reason:   "Of what is described it is known.",
			wanted:   chain("a", "b"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", ready, stripped), "c": existing("c")},
			want:     map[string]string{"a": builtReady, "b": builtReady},
			deleting: []string{"c"},
		},
		"Halted": {
			reason:   "It should stop a teardown before it begins.",
			wanted:   chain("a"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", stripped), "c": existing("c", needing("b"))},
			options:  []func(o *Options){tearingDown, finding(everyThing)},
			want:     map[string]string{"a": builtReady, "b": kept, "c": kept},
		},
		"TearDown": {
			reason:   "In one that has begun it should stay, with all it may need.",
			wanted:   chain("a"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", stripped), "c": existing("c", needing("b"))},
			options:  []func(o *Options){tearingDown, tornDown, finding(everyThing)},
			want:     map[string]string{"a": builtReady, "b": kept},
			deleting: []string{"c"},
		},
		"Orphaned": {
			reason:   "Of what nobody can delete any more it doesn't matter: it should be forgotten.",
			wanted:   chain("a"),
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", stripped, inside("host"), forgettable)},
			options:  []func(o *Options){tearingDown, finding(everyThing), finding(requireObject + "host")},
			deleting: []string{"a", "b"},
		},
	}
	for name, tc := range cases {
		tc.options = append(tc.options, remembering("a", "b", "c"))
		for _, key := range []string{"a", "b", "c"} {
			if tc.observed[key] == nil {
				tc.options = append(tc.options, finding(requireObject+key))
			}
		}
		cases[name] = tc
	}
	testResolve(t, cases)
}

// inside says what an object lives in.
func inside(hosts string) func(o map[string]any) {
	return func(o map[string]any) {
		o["metadata"].(map[string]any)["annotations"].(map[string]any)[AnnotationInside] = hosts
	}
}

// forgettable is an object that its provider does not delete with itself.
func forgettable(o map[string]any) {
	o["spec"].(map[string]any)["managementPolicies"] = []any{"Observe"}
}

// TestObscureSays: people are told of which object nobody knows what it needs, and what
// to do.
func TestObscureSays(t *testing.T) {
	p := newPlan(map[string]*fnv1.Resource{"a": existing("a", stripped, layered), "b": existing("b", layered)}, remembering("a", "b"))
	add(p)
	out := resolved(t, p)
	const message = `does not say what it needs, and nothing describes it: put the annotation xplatform.dev/needs of Thing team-a/dev-a back, ` +
		`the keys of all that has to outlive it, such as "cluster,vpc", or "" if nothing has; or delete it`
	want := []Leftover{leftoverThing("a").with(func(l *Leftover) { l.Message = message }), leftoverThing("b").with(func(l *Leftover) { l.For = []string{"a"} })}
	if diff := cmp.Diff(want, out.Leaving, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("Leaving: -want, +got:\n%s", diff)
	}
	if r := out.Layers()[0].Readiness; r.Reason != ReasonProtected || !strings.Contains(r.Message, "a "+message) {
		t.Errorf("want its layer to say so, got %+v", r)
	}
}

// TestObscureParts: a farewell is left though nobody knows what something needs, and does
// not come before somebody says it.
func TestObscureParts(t *testing.T) {
	observed := map[string]*fnv1.Resource{keyHost: existing(keyHost, ready), keyPrepare: existing(keyPrepare, ready, needing(keyHost)), keyBye: existing(keyBye, needing(keyPrepare)), "x": existing("x", stripped)}
	p := newPlan(observed, tearingDown, finding(everyThing), remembering(keyHost, keyPrepare, keyBye, "x"))
	addFarewell(p, true, add(p, chain(keyHost)...)[keyHost])
	out := resolved(t, p)
	if diff := cmp.Diff([]string{keyBye}, deletingOf(out)); diff != "" {
		t.Errorf("Leaving: -want, +got to be deleting:\n%s", diff)
	}
	if halted := out.Halted(); len(halted) != 1 || halted[0].Key != "x" {
		t.Errorf("want it to wait for what x needs, got %v", halted)
	}
}

// TestObscureLeads: what leads takes no step while something may need it as it was.
func TestObscureLeads(t *testing.T) {
	o := resolved(t, replacePlan(map[string]*fnv1.Resource{"lead": existing("lead", at("1")...), "x": existing("x", stripped), "new": existing("new", ready), "new2": existing("new2", ready)}))
	i := slices.IndexFunc(o.Waiting(), func(w Wait) bool { return w.Key == "lead" })
	if i < 0 || !slices.Equal(o.Waiting()[i].For, []string{"x"}) {
		t.Errorf("want the lead to wait for x, got %v", o.Waiting())
	}
}

// TestTells: what a plan writes is told from what somebody made of it.
func TestTells(t *testing.T) {
	cases := map[string]bool{
		"":                        true,
		"vpc":                     true,
		"cluster,node-group.a.b":  true,
		";vpc":                    true,
		"cluster;subnet.a,vpc":    true,
		"no, such;thing":          false,
		"vpc,":                    false,
		",":                       false,
		"vpc;":                    false,
		"a;b;c":                   false,
		"cluster vpc":             false,
		"spec.forProvider.vpcId=": false,
	}
	for needs, want := range cases {
		if got := Observe(existing("a", needing(needs))).tells(); got != want {
			t.Errorf("%q: want %t, got %t", needs, want, got)
		}
	}
	if Observe(existing("a", stripped)).tells() {
		t.Error("without an annotation nothing is told")
	}
}

// TestPlanned: what a plan has asked for is known by anything that it says of itself.
func TestPlanned(t *testing.T) {
	unlabelled := func(o map[string]any) { delete(o["metadata"].(map[string]any), "labels") }
	cases := map[string]struct {
		edits []func(o map[string]any)
		want  bool
	}{
		"Nothing": {edits: []func(o map[string]any){unlabelled, stripped}},
		"Label":   {edits: []func(o map[string]any){stripped}, want: true},
		"Layer":   {edits: []func(o map[string]any){unlabelled, stripped, layered}, want: true},
		"Needs":   {edits: []func(o map[string]any){unlabelled}, want: true},
	}
	for name, tc := range cases {
		if got := newPlan(map[string]*fnv1.Resource{"a": existing("a", tc.edits...)}).exists("a"); got != tc.want {
			t.Errorf("%s: want %t, got %t", name, tc.want, got)
		}
	}
}
