package plan

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// replacePlan of a thing "new" that takes the place of "old", and one "new2" that takes
// that of "old2": one at a time.
func replacePlan(observed map[string]*fnv1.Resource, change ...func(p *Plan)) *Plan {
	known := slices.DeleteFunc(slices.Collect(maps.Keys(observed)), func(key string) bool { return !strings.HasPrefix(key, "old") })
	p := newPlan(observed, remembering(known...))
	l := p.Layer(condition)
	wanted := func(*Node) runtime.Object { return thing(map[string]any{"from": fromClaim}) }
	l.Add("lead", func(*Node) runtime.Object {
		return thing(map[string]any{"from": fromClaim, "forProvider": map[string]any{"version": "2", "size": int64(2)}})
	}).Step(versioned).Lead()
	one := l.Add("new", wanted).Replaces("old")
	two := l.Add("new2", wanted).Replaces("old2")
	p.Turns(1, one, two)
	for _, f := range change {
		f(p)
	}
	return p
}

// TestReplaces: what takes the place of something else comes first.
func TestReplaces(t *testing.T) {
	t.Parallel()
	hold := func(p *Plan) { p.Hold("people") }
	cases := map[string]struct {
		reason   string
		observed map[string]*fnv1.Resource
		change   []func(p *Plan)
		// goes is what is let go, and stays what each of the others waits for.
		goes     []string
		stays    map[string][]string
		updating bool
	}{
		"Missing": {
			reason:   "The old one stays as long as there is no new one.",
			observed: map[string]*fnv1.Resource{"lead": existing("lead", at("2")...), "old": existing("old", ready), "new2": existing("new2", ready)},
			stays:    map[string][]string{"old": {"new"}},
			updating: true,
		},
		"NotReady": {
			reason:   "And as long as that is not ready.",
			observed: map[string]*fnv1.Resource{"lead": existing("lead", at("2")...), "old": existing("old", ready), "new": existing("new"), "new2": existing("new2", ready)},
			stays:    map[string][]string{"old": {"new"}},
			updating: true,
		},
		"Failed": {
			reason:   "Also if it never will be, which is trouble.",
			observed: map[string]*fnv1.Resource{"lead": existing("lead", at("2")...), "old": existing("old", ready), "new": existing("new", failed), "new2": existing("new2", ready)},
			stays:    map[string][]string{"old": {"new"}},
		},
		"Ready": {
			reason:   "Then it goes.",
			observed: map[string]*fnv1.Resource{"lead": existing("lead", at("2")...), "old": existing("old", ready), "new": existing("new", ready), "new2": existing("new2", ready)},
			goes:     []string{"old"},
			updating: true,
		},
		"Two": {
			reason:   "Of two that take turns, one goes.",
			observed: map[string]*fnv1.Resource{"lead": existing("lead", at("2")...), "old": existing("old", ready), "new": existing("new", ready), "old2": existing("old2", ready), "new2": existing("new2", ready)},
			goes:     []string{"old"},
			stays:    map[string][]string{"old2": {"new"}},
			updating: true,
		},
		"Going": {
			reason:   "While one goes, the other one stays.",
			observed: map[string]*fnv1.Resource{"lead": existing("lead", at("2")...), "old": existing("old", ready, deleting), "new": existing("new", ready), "old2": existing("old2", ready), "new2": existing("new2", ready)},
			goes:     []string{"old"},
			stays:    map[string][]string{"old2": {"new"}},
			updating: true,
		},
		"Needed": {
			reason:   "It goes once nothing needs it, as anything else.",
			observed: map[string]*fnv1.Resource{"lead": existing("lead", at("2")...), "old": existing("old", ready), "new": existing("new", ready), "user": existing("user", ready, needing("old")), "new2": existing("new2", ready)},
			goes:     nil,
			stays:    map[string][]string{"old": {"user"}, "user": nil},
			updating: true,
		},
		"NeededFirst": {
			reason:   "While it waits for that, it is nobody's turn.",
			observed: map[string]*fnv1.Resource{"lead": existing("lead", at("2")...), "old": existing("old", ready), "new": existing("new", ready), "user": existing("user", ready, needing("old")), "old2": existing("old2", ready), "new2": existing("new2", ready)},
			goes:     []string{"old2"},
			stays:    map[string][]string{"old": {"user"}, "user": nil},
			updating: true,
		},
		"Held": {
			reason:   "That it goes people can hold; that the new one comes they can't.",
			observed: map[string]*fnv1.Resource{"lead": existing("lead", at("2")...), "old": existing("old", ready, layered), "new": existing("new", ready), "new2": existing("new2", ready)},
			change:   []func(p *Plan){hold},
			stays:    map[string][]string{"old": {"people"}},
			updating: true,
		},
		"Leads": {
			reason:   "What leads takes no step while something that needs it leaves: that has the version it had.",
			observed: map[string]*fnv1.Resource{"lead": existing("lead", at("1")...), "old": existing("old", ready, needing("lead")), "new": existing("new", ready), "new2": existing("new2", ready)},
			goes:     []string{"old"},
			updating: true,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := replacePlan(tc.observed, tc.change...).Resolve()
			if err != nil {
				t.Fatal(err)
			}
			stays := map[string][]string{}
			var goes []string
			for _, l := range o.Leaving {
				if l.Held != (name == "Held") {
					t.Errorf("\n%s\n%s is held: %v", tc.reason, l.Key, l.Held)
				}
				if l.Deleting {
					goes = append(goes, l.Key)
				} else {
					stays[l.Key] = l.For
				}
			}
			if tc.stays == nil {
				tc.stays = map[string][]string{}
			}
			if diff := cmp.Diff(tc.goes, goes); diff != "" {
				t.Errorf("\n%s\nwhat goes: -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.stays, stays); diff != "" {
				t.Errorf("\n%s\nwhat stays: -want, +got:\n%s", tc.reason, diff)
			}
			if o.Updating() != tc.updating {
				t.Errorf("\n%s\nupdating: want %v, got %v", tc.reason, tc.updating, o.Updating())
			}
			if held := slices.ContainsFunc(o.Waiting(), func(w Wait) bool { return w.Key == "lead" }); held != (name == "Leads") {
				t.Errorf("\n%s\nthe lead is held: %v", tc.reason, held)
			}
			if r := o.Layers()[0]; (r.Reason == reasonHeld) != (name == "Held") {
				t.Errorf("\n%s\nwhat people hold should be said so, got %s: %s", tc.reason, r.Reason, r.Message)
			}
			if rests := name == "Held"; o.Resting() != rests {
				t.Errorf("\n%s\nresting: want %v, got %v", tc.reason, rests, o.Resting())
			}
		})
	}
}

// TestReplacesNothing: a teardown waits for nothing new.
func TestReplacesNothing(t *testing.T) {
	t.Parallel()
	observed := map[string]*fnv1.Resource{"old": existing("old", ready), "new": existing("new"), "lead": existing("lead", at("2")...)}
	p := newPlan(observed, tearingDown, remembering(slices.Collect(maps.Keys(observed))...))
	p.Layer(condition).Add("new", func(*Node) runtime.Object { return thing(nil) }).Replaces("old")
	o, err := p.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range o.Leaving {
		if len(l.For) > 0 {
			t.Errorf("%s waits for %v", l.Key, l.For)
		}
	}
}

// TestHoldNode: a node's steps are held, and no other's.
func TestHoldNode(t *testing.T) {
	t.Parallel()
	observed := map[string]*fnv1.Resource{"beside": existing("beside", ready)}
	for _, key := range []string{"lead", "mid", "a", "b", "c", "end"} {
		observed[key] = existing(key, at("1")...)
	}
	o, err := stepPlan("2", observed, func(p *Plan) { p.byKey["lead"].Hold("a pin to go") }).Resolve()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Wait{{Key: "lead", For: []string{"a pin to go"}}}, o.Waiting()); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	if r := o.Layers()[0]; r.Reason != reasonHeld || !o.Resting() {
		t.Errorf("want it to rest, and say that it is held, got %v", r)
	}
}
