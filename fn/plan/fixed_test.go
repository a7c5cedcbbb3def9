package plan

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// madeOld gives a thing what can't be changed of it.
func madeOld(o map[string]any) { o["spec"].(map[string]any)["made"] = "old" }

// fixedPlan of a thing "a" that is made as something, of "user", which refers to it,
// and of "later", which only comes after it.
func fixedPlan(as string, observed map[string]*fnv1.Resource, change ...func(o *Options)) *Plan {
	p := newPlan(observed, change...)
	l := p.Layer(condition)
	a := l.Add("a", func(n *Node) runtime.Object {
		n.Fixed(NewField("spec.none"), NewField("spec.made"))
		n.Final(NewField("spec.protected"), NewField("spec.snapshot"))
		return thing(map[string]any{"from": fromClaim, "made": as, "snapshot": "taken"})
	})
	l.Add("user", func(n *Node) runtime.Object {
		return thing(map[string]any{"from": fromClaim, "ref-a": n.Ref(a).Name})
	})
	l.Add("later", func(n *Node) runtime.Object {
		n.After(a)
		return thing(map[string]any{"from": fromClaim})
	})
	return p
}

// TestFixed: what would have to change where it can't is never changed, but made
// anew once it is gone, and so is what refers to it.
func TestFixed(t *testing.T) {
	t.Parallel()
	// all that exists, but for some of it.
	all := func(more map[string]*fnv1.Resource) map[string]*fnv1.Resource {
		m := map[string]*fnv1.Resource{
			"a":     existing("a", ready, madeOld),
			"user":  existing("user", ready, needing("a")),
			"later": existing("later", ready, needing("a")),
		}
		maps.Copy(m, more)
		maps.DeleteFunc(m, func(_ string, r *fnv1.Resource) bool { return r == nil })
		return m
	}
	cases := map[string]struct {
		reason   string
		as       string
		observed map[string]*fnv1.Resource
		options  []func(o *Options)
		// want is what is asked for, needs what "later" says it needs, and says what
		// the layer does.
		want  map[string]string
		needs string
		says  string
	}{
		"Same": {
			reason:   "What may change should change in place.",
			as:       "old",
			observed: all(nil),
			want:     map[string]string{"a": builtReady, "user": builtReady, "later": builtReady},
			needs:    "a",
			says:     "3 of 3",
		},
		"Unsaid": {
			reason:   "What an earlier version made, which did not say how, should not be made anew.",
			as:       "new",
			observed: all(map[string]*fnv1.Resource{"a": existing("a", ready)}),
			want:     map[string]string{"a": builtReady, "user": builtReady, "later": builtReady},
			needs:    "a",
			says:     "3 of 3",
		},
		"Other": {
			reason:   "What was made otherwise should be kept as it is until all that may use it does so no more.",
			as:       "new",
			observed: all(nil),
			want:     map[string]string{"a": kept, "user": kept, "later": builtReady},
			needs:    ";a",
			says:     "a has to be gone before it is created anew",
		},
		"UserFirst": {
			reason:   "What refers to it should go first.",
			as:       "new",
			observed: all(map[string]*fnv1.Resource{"later": existing("later", ready)}),
			options:  []func(o *Options){remembering("a", "user")},
			want:     map[string]string{"a": kept, "later": builtReady},
			says:     "a has to be gone before it is created anew",
		},
		"Last": {
			reason:   "Then it should go itself.",
			as:       "new",
			observed: all(map[string]*fnv1.Resource{"later": existing("later", ready), "user": nil}),
			options:  []func(o *Options){remembering("a")},
			want:     map[string]string{"later": builtReady},
			says:     "a has to be gone before it is created anew",
		},
		"Going": {
			reason:   "While it goes nothing should wait for it that does without, and nothing be made with it.",
			as:       "new",
			observed: all(map[string]*fnv1.Resource{"a": existing("a", ready, madeOld, deleting), "later": existing("later", ready), "user": nil}),
			options:  []func(o *Options){remembering("a")},
			want:     map[string]string{"later": builtReady},
			says:     "a has to be gone before it is created anew",
		},
		"Gone": {
			reason:   "Once it is gone it should be made anew.",
			as:       "new",
			observed: all(map[string]*fnv1.Resource{"a": nil, "later": existing("later", ready), "user": nil}),
			want:     map[string]string{"a": built, "later": builtReady},
			needs:    "a",
			says:     "a",
		},
		"Protected": {
			reason:   "What is protected should stay, and say so.",
			as:       "new",
			observed: all(map[string]*fnv1.Resource{"a": existing("a", ready, madeOld, protecting), "later": nil, "user": nil}),
			options:  []func(o *Options){remembering("a")},
			want:     map[string]string{"a": kept},
			says:     "a has to be gone before it is created anew; it is protected",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := resolved(t, fixedPlan(tc.as, tc.observed, tc.options...))
			if diff := cmp.Diff(tc.want, verdictsOn(t, out.Desired)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if got := Observe(out.Desired["later"]).needs(); got != tc.needs {
				t.Errorf("\n%s\nlater: want it to need %q, got %q", tc.reason, tc.needs, got)
			}
			if r := out.Layers()[0]; !strings.Contains(r.Message, tc.says) || r.Ready != out.Ready() || out.Ready() != (tc.says == "3 of 3") {
				t.Errorf("\n%s\nwant %q, got %v", tc.reason, tc.says, r)
			}
		})
	}
}

// TestFinal: what decides how an object goes is asked for in a teardown, though
// nothing else of it may change; and before, it may change as little as all the rest.
func TestFinal(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change []func(o *Options)
		want   map[string]any
	}{
		"Teardown": {change: []func(o *Options){tearingDown}, want: map[string]any{"from": fromObserved, "made": "old", "snapshot": "taken"}},
		"Before":   {want: map[string]any{"from": fromObserved, "made": "old", "protected": true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := resolved(t, fixedPlan("new", map[string]*fnv1.Resource{"a": existing("a", madeOld, protecting)}, tc.change...))
			got := out.Desired["a"].GetResource().GetFields()["spec"].GetStructValue().AsMap()
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want, +got:\n%s", diff)
			}
		})
	}
}

// TestFinalDescribed: whoever says what protects an object is told whether the claim
// describes what decides how it goes.
func TestFinalDescribed(t *testing.T) {
	t.Parallel()
	got := map[string]bool{}
	resolved(t, fixedPlan("new", map[string]*fnv1.Resource{"a": existing("a"), "user": existing("user"), "stranger": existing("stranger")}, tearingDown, func(o *Options) {
		o.Protected = func(o *Observed, described bool) string {
			got[o.Name()] = described
			return ""
		}
	}))
	if diff := cmp.Diff(map[string]bool{"dev-a": true, "dev-user": false, "dev-stranger": false}, got); diff != "" {
		t.Errorf("described: -want, +got:\n%s", diff)
	}
}
