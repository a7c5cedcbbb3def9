package plan

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// versioned is where the things of these tests have their version, and sized their
// size, which is no step.
//
//nolint:gochecknoglobals // Constants, but for their parsed paths.
var (
	versioned = NewField("spec.forProvider.version")
	sized     = NewField("spec.forProvider.size")
)

// withVersion says which version a thing is asked to have, and has.
func withVersion(asked, is string) func(o map[string]any) {
	return func(o map[string]any) {
		o["spec"].(map[string]any)["forProvider"] = map[string]any{"version": asked, "size": 2}
		o["status"].(map[string]any)["atProvider"] = map[string]any{"version": is}
	}
}

// at says that a thing has a version, and is ready.
func at(version string) []func(o map[string]any) {
	return []func(o map[string]any){withVersion(version, version), ready}
}

// stepPlan of a thing "lead" that is to have a version, and of others that are to have
// the one it has: "mid", "a", "b" and "c", of which one at a time changes, and "end".
func stepPlan(version string, observed map[string]*fnv1.Resource, change ...func(p *Plan)) *Plan {
	p := newPlan(observed)
	l := p.Layer(condition)
	wanted := func(version string) runtime.Object {
		return thing(map[string]any{"from": fromClaim, "forProvider": map[string]any{"version": version, "size": int64(2)}})
	}
	lead := l.Add("lead", func(*Node) runtime.Object { return wanted(version) }).Step(versioned).Lead()
	now := NewText("status.atProvider.version").Of(lead.Observed())
	follow := func(key string, needs ...*Node) *Node {
		return l.Add(key, func(n *Node) runtime.Object {
			n.After(needs...)
			return wanted(now)
		}).Step(versioned)
	}
	mid := follow("mid", lead)
	a, b, c := follow("a", mid), follow("b", mid), follow("c", mid)
	p.Turns(1, a, b, c)
	follow("end", a)
	// It takes no steps, so nobody waits for it.
	l.Add("beside", func(n *Node) runtime.Object {
		n.After(lead)
		return thing(map[string]any{"from": fromClaim})
	})
	for _, f := range change {
		f(p)
	}
	return p
}

// TestSteps: a change of a version goes through the graph as a creation does, and
// everything else changes at once.
func TestSteps(t *testing.T) {
	t.Parallel()
	all := func(version string, other map[string][]func(o map[string]any)) map[string]*fnv1.Resource {
		m := map[string]*fnv1.Resource{}
		for _, key := range []string{"lead", "mid", "a", "b", "c", "end"} {
			m[key] = existing(key, at(version)...)
		}
		m["beside"] = existing("beside", ready)
		for key, edits := range other {
			m[key] = existing(key, edits...)
		}
		maps.DeleteFunc(m, func(key string, _ *fnv1.Resource) bool { _, is := other[key]; return is && other[key] == nil })
		return m
	}
	is := func(edits ...func(o map[string]any)) []func(o map[string]any) { return edits }
	cases := map[string]struct {
		reason   string
		version  string
		observed map[string]*fnv1.Resource
		change   []func(p *Plan)
		// want are the versions that are asked for, of those that get another.
		want map[string]string
		// waits are what waits, and for what.
		waits map[string]string
	}{
		"Nothing": {
			reason:   "What has its version takes no step.",
			version:  "1",
			observed: all("1", nil),
		},
		"First": {
			reason:   "If all have settled, the first takes its step.",
			version:  "2",
			observed: all("1", nil),
			want:     map[string]string{"lead": "2"},
		},
		"UnderWay": {
			reason:   "What follows waits until the first has taken it.",
			version:  "2",
			observed: all("1", map[string][]func(o map[string]any){"lead": is(withVersion("2", "1"), reporting("Synced", "True", "", ""), reporting("Ready", "False", "", ""))}),
		},
		"Second": {
			reason:   "Then comes what needs it, and the rest waits.",
			version:  "2",
			observed: all("1", map[string][]func(o map[string]any){"lead": at("2")}),
			want:     map[string]string{"mid": "2"},
			waits:    map[string]string{"a": "mid", "b": "mid", "c": "mid", "end": "a"},
		},
		"Turns": {
			reason:   "Of those that take turns one takes its step.",
			version:  "2",
			observed: all("1", map[string][]func(o map[string]any){"lead": at("2"), "mid": at("2")}),
			want:     map[string]string{"a": "2"},
			waits:    map[string]string{"b": "a", "c": "a", "end": "a"},
		},
		"LaterTurn": {
			reason:   "One that is at it has the turn, whichever it is.",
			version:  "2",
			observed: all("1", map[string][]func(o map[string]any){"lead": at("2"), "mid": at("2"), "c": is(withVersion("2", "1"), reporting("Ready", "False", "Creating", ""))}),
			waits:    map[string]string{"a": "c", "b": "c", "end": "a"},
		},
		"TwoTurns": {
			reason:   "As many take their step as may.",
			version:  "2",
			observed: all("1", map[string][]func(o map[string]any){"lead": at("2"), "mid": at("2")}),
			change:   []func(p *Plan){func(p *Plan) { p.Turns(2, p.byKey["a"], p.byKey["b"], p.byKey["c"]) }},
			want:     map[string]string{"a": "2", "b": "2"},
			waits:    map[string]string{"c": "a, b", "end": "a"},
		},
		"Failed": {
			reason:   "One that fails keeps all behind it as they were.",
			version:  "2",
			observed: all("1", map[string][]func(o map[string]any){"lead": at("2"), "mid": at("2"), "a": is(withVersion("2", "1"), failed)}),
			waits:    map[string]string{"b": "a", "c": "a", "end": "a"},
		},
		"NextOne": {
			reason:   "The first takes its next step once all that follow it have taken theirs, also those that are not ready.",
			version:  "3",
			observed: all("2", map[string][]func(o map[string]any){"b": at("1"), "c": is(withVersion("2", "2"), failed)}),
			waits:    map[string]string{"lead": "b, c", "b": "c"},
		},
		"Missing": {
			reason:   "It waits for those that are missing, too.",
			version:  "3",
			observed: all("2", map[string][]func(o map[string]any){"c": nil}),
			want:     map[string]string{"c": "2"},
			waits:    map[string]string{"lead": "c"},
		},
		"MissingTurn": {
			reason:   "What is missing takes no step, and no turn: it is made as it is described.",
			version:  "2",
			observed: all("1", map[string][]func(o map[string]any){"lead": at("2"), "mid": at("2"), "a": is(withVersion("2", "1"), reporting("Ready", "False", "Creating", "")), "c": nil}),
			want:     map[string]string{"c": "2"},
			waits:    map[string]string{"b": "a", "end": "a"},
		},
		"Beside": {
			reason:   "What takes no steps keeps nobody from one.",
			version:  "2",
			observed: all("1", map[string][]func(o map[string]any){"beside": is(failed)}),
			want:     map[string]string{"lead": "2"},
		},
		"Alone": {
			reason:   "Nor does what does not follow.",
			version:  "2",
			observed: all("1", map[string][]func(o map[string]any){"alone": is(withVersion("1", "1"), failed)}),
			change: []func(p *Plan){func(p *Plan) {
				p.byKey["lead"].layer.Add("alone", func(*Node) runtime.Object {
					return thing(map[string]any{"from": fromClaim, "forProvider": map[string]any{"version": "1"}})
				}).Step(versioned)
			}},
			want: map[string]string{"lead": "2"},
		},
		"Leaves": {
			reason:   "Nor does what leaves, and never needed it.",
			version:  "2",
			observed: all("1", map[string][]func(o map[string]any){"old": is(ready, needing("beside"))}),
			want:     map[string]string{"lead": "2"},
		},
		"Kept": {
			reason:   "What is kept as it is waits for no step.",
			version:  "2",
			observed: all("1", map[string][]func(o map[string]any){"lead": at("2")}),
			change:   []func(p *Plan){func(p *Plan) { p.byKey["a"].unknown = []string{"mid"} }},
			want:     map[string]string{"mid": "2"},
			waits:    map[string]string{"b": "mid", "c": "mid", "end": "a"},
		},
		"TearDown": {
			reason:   "In a teardown nothing takes a step, so nothing waits for one.",
			version:  "2",
			observed: all("1", map[string][]func(o map[string]any){"lead": at("2")}),
			change:   []func(p *Plan){func(p *Plan) { p.opts.TearDown = true }},
		},
		"Held": {
			reason:   "What people hold waits for them.",
			version:  "3",
			observed: all("2", map[string][]func(o map[string]any){"b": at("1")}),
			change:   []func(p *Plan){func(p *Plan) { p.Hold("people") }},
			waits:    map[string]string{"lead": "people", "b": "people"},
		},
		"Reported": {
			reason:   "What a provider reports to be so is no step, whatever was asked for.",
			version:  "2",
			observed: all("2", map[string][]func(o map[string]any){"mid": is(withVersion("1", "2"), ready), "a": at("2")}),
			want:     map[string]string{"mid": "2"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := stepPlan(tc.version, tc.observed, tc.change...).Resolve()
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			for key, r := range tc.observed {
				want[key] = versioned.in(Observe(r)).GetStringValue()
			}
			maps.Copy(want, tc.want)
			got, waits := map[string]string{}, map[string]string{}
			for key, r := range o.Desired {
				d := Observe(r)
				got[key] = versioned.in(d).GetStringValue()
			}
			for _, w := range o.Waiting() {
				waits[w.Key] = strings.Join(w.For, ", ")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("\n%s\nversions: -want, +got:\n%s", tc.reason, diff)
			}
			if tc.waits == nil {
				tc.waits = map[string]string{}
			}
			if diff := cmp.Diff(tc.waits, waits); diff != "" {
				t.Errorf("\n%s\nwaiting: -want, +got:\n%s", tc.reason, diff)
			}
			if ready := len(tc.want) == 0 && len(tc.waits) == 0 && name == "Nothing"; o.Ready() != ready && name != "Reported" {
				t.Errorf("\n%s\nready: want %v, got %v", tc.reason, ready, o.Ready())
			}
		})
	}
}

// TestHas: what a provider writes beside what is asked for is no step.
func TestHas(t *testing.T) {
	t.Parallel()
	type m = map[string]any
	cases := map[string]struct {
		reason                  string
		is, reported, described any
		want                    bool
	}{
		"Same":      {reason: "What is as described is there.", is: m{"name": "a", "version": "1"}, described: m{"name": "a", "version": "1"}, want: true},
		"Other":     {reason: "Another version is not.", is: m{"name": "a", "version": "1"}, described: m{"name": "a", "version": "2"}},
		"Beside":    {reason: "A provider may write beside it.", is: m{"version": "1", "pullSecretRef": m{"name": ""}}, described: m{"version": "1"}, want: true},
		"More":      {reason: "What is asked for beside it is not there yet.", is: m{"version": "1"}, described: m{"version": "1", "pullSecretRef": m{"name": "s"}}},
		"Missing":   {reason: "What nobody asked for is not there.", described: "1"},
		"Unasked":   {reason: "Nothing is asked for, whatever a provider has written.", is: "1", want: true},
		"Reported":  {reason: "What a provider reports is there.", is: "1", reported: "2", described: "2", want: true},
		"NotEither": {reason: "What neither says is not.", is: "1", reported: "2", described: "3"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := m{"spec": m{"forProvider": m{}}, "status": m{"atProvider": m{}}}
			if tc.is != nil {
				o["spec"].(m)["forProvider"] = m{"it": tc.is}
			}
			if tc.reported != nil {
				o["status"].(m)["atProvider"] = m{"it": tc.reported}
			}
			described, f := structOf(m{"it": tc.described}).GetFields()["it"], NewField("spec.forProvider.it")
			if tc.described == nil {
				described = nil
			}
			if got := Observe(&fnv1.Resource{Resource: structOf(o)}).has(f, described); got != tc.want {
				t.Errorf("\n%s\nwant %v, got %v", tc.reason, tc.want, got)
			}
		})
	}
}

// TestStepsAlone: what is no step doesn't wait with one.
func TestStepsAlone(t *testing.T) {
	t.Parallel()
	observed := map[string]*fnv1.Resource{"lead": existing("lead", at("2")...), "mid": existing("mid", withVersion("1", "1"), failed)}
	for _, key := range []string{"a", "b", "c", "end"} {
		observed[key] = existing(key, at("1")...)
	}
	sized.in(Observe(observed["a"])).Kind = structpb.NewNumberValue(1).GetKind()
	o, err := stepPlan("2", observed).Resolve()
	if err != nil {
		t.Fatal(err)
	}
	a := Observe(o.Desired["a"])
	if version, size := versioned.in(a).GetStringValue(), sized.in(a).GetNumberValue(); version != "1" || size != 2 {
		t.Errorf("want the size to change, and the version to wait, got %v and %q", size, version)
	}
}

// TestStepsEnd: whatever there is to walk to, each step is taken once, in the order of
// the graph, and it comes to an end.
func TestStepsEnd(t *testing.T) {
	t.Parallel()
	versions := map[string]string{"lead": "1", "mid": "1", "a": "1", "b": "1", "c": "1", "end": "1"}
	var steps []string
	for range 20 {
		observed := map[string]*fnv1.Resource{"beside": existing("beside", ready)}
		for key, v := range versions {
			observed[key] = existing(key, at(v)...)
		}
		next := map[string]string{"1": "2", "2": "3", "3": "3"}[versions["lead"]]
		o, err := stepPlan(next, observed).Resolve()
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range slices.Sorted(maps.Keys(versions)) {
			if v := versioned.in(Observe(o.Desired[key])).GetStringValue(); v != versions[key] {
				versions[key] = v
				steps = append(steps, key+" "+v)
			}
		}
	}
	want := []string{"lead 2", "mid 2", "a 2", "b 2", "end 2", "c 2", "lead 3", "mid 3", "a 3", "b 3", "end 3", "c 3"}
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}
