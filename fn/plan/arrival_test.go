package plan

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// TestArrival: what is ready says nothing of a change until what is asked for has got
// to the object, and its provider has looked at it.
func TestArrival(t *testing.T) {
	t.Parallel()
	type m = map[string]any
	// having says what the object asks its provider for.
	having := func(forProvider m) func(o m) {
		return func(o m) { o["spec"].(m)["forProvider"] = forProvider }
	}
	// asking says which fields of that Crossplane asked for last, by a composite's
	// name.
	asking := func(composite string, forProvider m) func(o m) {
		return func(o m) {
			md := o["metadata"].(m)
			entries, _ := md["managedFields"].([]any)
			md["managedFields"] = append(entries, m{"manager": composite, "fieldsV1": m{"f:spec": m{"f:forProvider": forProvider}}})
		}
	}
	// reported says what the provider reports of it.
	reported := func(atProvider m) func(o m) {
		return func(o m) { o["status"].(m)["atProvider"] = atProvider }
	}
	// beyond says what was asked for when we did not ask for it.
	beyond := func(fields string) func(o m) {
		return func(o m) { o["metadata"].(m)["annotations"].(m)[annotationBeyond] = fields }
	}
	looked := func(generation, observed int) func(o m) {
		return func(o m) {
			o["metadata"].(m)["generation"] = generation
			o["status"].(m)["observedGeneration"] = observed
		}
	}
	const (
		dev  = composer + "/dev"
		done = "1 of 1 resource is ready"
	)
	asked := m{"size": 3, "subnets": []any{"a", "b"}, "tags": m{"team": "a"}, "rules": []any{m{"port": 1}}}
	cases := map[string]struct {
		reason string
		is     []func(o m)
		want   string
	}{
		"Same": {
			reason: "What has all that is asked for is in force.",
			is:     []func(o m){having(asked), asking(dev, m{"f:size": m{}, "f:subnets": m{}, "f:tags": m{"f:team": m{}}}), looked(2, 2)},
			want:   done,
		},
		"MoreOfOthers": {
			reason: "What others have added is none of ours.",
			is: []func(o m){
				having(m{"size": 3, "subnets": []any{"a", "b"}, "tags": m{"team": "a", "theirs": "b"}, "rules": []any{m{"port": 1, "id": "r-1"}}, "late": true}),
				asking(dev, m{"f:size": m{}, "f:subnets": m{}, "f:tags": m{"f:team": m{}}}),
				asking("provider", m{"f:late": m{}, "f:tags": m{"f:theirs": m{}}}),
			},
			want: "1 of 1 resource is ready",
		},
		"Value": {
			reason: "A value that is not there yet should be waited for.",
			is:     []func(o m){having(m{"size": 2, "subnets": []any{"a", "b"}, "tags": m{"team": "a"}, "rules": []any{m{"port": 1}}})},
			want:   "0 of 1 resource is ready; a gets its size",
		},
		"Entry": {
			reason: "So should an entry of a list.",
			is:     []func(o m){having(m{"size": 3, "subnets": []any{"a"}, "tags": m{"team": "a"}, "rules": []any{m{"port": 1}}})},
			want:   "0 of 1 resource is ready; a gets its subnets",
		},
		"Nested": {
			reason: "So should what is inside of something, which is named with it.",
			is:     []func(o m){having(m{"size": 3, "subnets": []any{"a", "b"}, "tags": m{"team": "b"}, "rules": []any{m{"port": 1}}})},
			want:   "0 of 1 resource is ready; a gets its tags.team",
		},
		"Several": {
			reason: "Of several the first by name should be told, whatever order a map has.",
			is:     []func(o m){having(m{"size": 2, "subnets": []any{"a"}, "tags": m{}, "rules": []any{}})},
			want:   "0 of 1 resource is ready; a gets its rules",
		},
		"OtherEntry": {
			reason: "An entry is what it has, not that it is one.",
			is:     []func(o m){having(m{"size": 3, "subnets": []any{"a", "b"}, "tags": m{"team": "a"}, "rules": []any{m{"port": 2}}})},
			want:   "0 of 1 resource is ready; a gets its rules",
		},
		"EntriesOfOthers": {
			reason: "Of a list of which entries are ours, those of others are none.",
			is: []func(o m){
				having(m{"size": 3, "subnets": []any{"a", "b"}, "tags": m{"team": "a"}, "rules": []any{m{"port": 1}, m{"port": 2}}}),
				asking(dev, m{"f:rules": m{`k:{"port":1}`: m{}}}),
			},
			want: done,
		},
		"TakenBack": {
			reason: "What is asked for no more should be waited for to go.",
			is: []func(o m){
				having(m{"size": 3, "subnets": []any{"a", "b"}, "tags": m{"team": "a", "old": "b"}, "rules": []any{m{"port": 1}}}),
				asking(dev, m{"f:tags": m{"f:team": m{}, "f:old": m{}}}),
			},
			want: "0 of 1 resource is ready; a gets its tags.old",
		},
		"TakenOutOfAList": {
			reason: "So should an entry of a list that is ours as a whole.",
			is: []func(o m){
				having(m{"size": 3, "subnets": []any{"a", "b", "c"}, "tags": m{"team": "a"}, "rules": []any{m{"port": 1}}}),
				asking(dev, m{"f:subnets": m{}}),
			},
			want: "0 of 1 resource is ready; a gets its subnets",
		},
		"TakenOutOfOurEntries": {
			reason: "And one of those of a list that are ours.",
			is: []func(o m){
				having(m{"size": 3, "subnets": []any{"a", "b"}, "tags": m{"team": "a"}, "rules": []any{m{"port": 1}, m{"port": 2}}}),
				asking(dev, m{"f:rules": m{`k:{"port":1}`: m{}, `k:{"port":2}`: m{}}}),
			},
			want: "0 of 1 resource is ready; a gets its rules",
		},
		"OfALaterStep": {
			reason: "What was asked for though we didn't is a later step's, and stays.",
			is: []func(o m){
				having(m{"size": 3, "subnets": []any{"a", "b"}, "tags": m{"team": "a", "theirs": "b"}, "rules": []any{m{"port": 1}}, "more": true}),
				asking(dev, m{"f:tags": m{"f:team": m{}, "f:theirs": m{}}, "f:more": m{}}), beyond("more\ntags.theirs"),
			},
			want: done,
		},
		"OfALaterStepAtFirst": {
			reason: "Until the object says so, it may have been ours.",
			is: []func(o m){
				having(m{"size": 3, "subnets": []any{"a", "b"}, "tags": m{"team": "a", "theirs": "b"}, "rules": []any{m{"port": 1}}}),
				asking(dev, m{"f:tags": m{"f:team": m{}, "f:theirs": m{}}}),
			},
			want: "0 of 1 resource is ready; a gets its tags.theirs",
		},
		"TakenBackBesideALaterStep": {
			reason: "What is ours is told from what is theirs.",
			is: []func(o m){
				having(m{"size": 3, "subnets": []any{"a", "b"}, "tags": m{"team": "a", "old": "b", "theirs": "b"}, "rules": []any{m{"port": 1}}}),
				asking(dev, m{"f:tags": m{"f:team": m{}, "f:old": m{}, "f:theirs": m{}}}), beyond("tags.theirs"),
			},
			want: "0 of 1 resource is ready; a gets its tags.old",
		},
		"TwoComposites": {
			reason: "What another composite once asked for stays, and there is no telling whose it is.",
			is: []func(o m){
				having(m{"size": 3, "subnets": []any{"a", "b"}, "tags": m{"team": "a", "old": "b"}, "rules": []any{m{"port": 1}}}),
				asking(dev, m{"f:tags": m{"f:team": m{}}}), asking(composer+"/old", m{"f:tags": m{"f:old": m{}}}),
			},
			want: "1 of 1 resource is ready",
		},
		"Reported": {
			reason: "What the provider reports as it is asked for is in force, and is only followed.",
			is:     []func(o m){having(m{"size": 2, "subnets": []any{"a", "b"}, "tags": m{"team": "a"}, "rules": []any{m{"port": 1}}}), reported(m{"size": 3})},
			want:   done,
		},
		"ReportedOtherwise": {
			reason: "What it reports otherwise is not.",
			is:     []func(o m){having(m{"size": 2, "subnets": []any{"a", "b"}, "tags": m{"team": "a"}, "rules": []any{m{"port": 1}}}), reported(m{"size": 2})},
			want:   "0 of 1 resource is ready; a gets its size",
		},
		"ReportedMore": {
			reason: "Nor is what has more than is asked for.",
			is:     []func(o m){having(m{"size": 3, "subnets": []any{"a", "b"}, "tags": m{}, "rules": []any{m{"port": 1}}}), reported(m{"tags": m{"team": "a", "old": "b"}})},
			want:   "0 of 1 resource is ready; a gets its tags.team",
		},
		"ReportedLess": {
			reason: "Nor is what has less.",
			is:     []func(o m){having(m{"size": 3, "subnets": []any{"a", "b"}, "tags": m{}, "rules": []any{m{"port": 1}}}), reported(m{"tags": m{}})},
			want:   "0 of 1 resource is ready; a gets its tags.team",
		},
		"NotLookedAt": {
			reason: "What its provider has not looked at since it was changed is as it was before.",
			is:     []func(o m){having(asked), looked(3, 2)},
			want:   "0 of 1 resource is ready; a is being changed",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlan(map[string]*fnv1.Resource{"a": existing("a", append(tc.is, ready)...)})
			p.Layer(condition).Add("a", func(*Node) runtime.Object {
				return thing(m{"from": fromClaim, "forProvider": m{"size": int64(3), "subnets": []any{"a", "b"}, "tags": m{"team": "a"}, "rules": []any{m{"port": int64(1)}}, "unset": nil}})
			})
			o, err := p.Resolve()
			if err != nil {
				t.Fatal(err)
			}
			if got := o.Layers()[0].Message; got != tc.want {
				t.Errorf("\n%s\nwant %q\ngot  %q", tc.reason, tc.want, got)
			}
			if ready := tc.want == done; o.Ready() != ready || !ready && !o.Updating() {
				t.Errorf("\n%s\nready: %v, updating: %v", tc.reason, o.Ready(), o.Updating())
			}
		})
	}
}

// TestBeyond: an object says what it is asked for though the plan does not, as of the same
// moment, whether it is ready or not; and nothing if there is nothing, or it is asked for
// as it is, which makes all of it ours.
func TestBeyond(t *testing.T) {
	t.Parallel()
	type m = map[string]any
	asking := func(forProvider m) func(o m) {
		return func(o m) {
			o["metadata"].(m)["managedFields"] = []any{m{"manager": composer + "/dev", "fieldsV1": m{"f:spec": m{"f:forProvider": forProvider}}}}
		}
	}
	more := asking(m{"f:tags": m{".": m{}, "f:team": m{}, "f:z": m{}, "f:b": m{"f:c": m{}}}})
	for name, tc := range map[string]struct {
		is       []func(o m)
		distrust bool
		want     string
	}{
		"Ready":    {is: []func(o m){ready, more}, want: "tags.b\ntags.z"},
		"NotReady": {is: []func(o m){more}, want: "tags.b\ntags.z"},
		"Nothing":  {is: []func(o m){ready, asking(m{"f:tags": m{"f:team": m{}}})}},
		"Kept":     {is: []func(o m){ready, more, func(o m) { o["metadata"].(m)["annotations"].(m)[annotationBeyond] = "tags.z" }}, distrust: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlan(map[string]*fnv1.Resource{"a": existing("a", tc.is...)})
			p.Layer(condition).Add("a", func(*Node) runtime.Object { return thing(m{"forProvider": m{"tags": m{"team": "a"}}}) })
			if tc.distrust {
				p.Distrust()
			}
			if got := beyondField.Of(Observe(resolved(t, p).Desired["a"])); got != tc.want {
				t.Errorf("want %q, got %q", tc.want, got)
			}
		})
	}
}

// TestArrivalRefused: what AWS refuses says why, and not that it gets what it will never
// get.
func TestArrivalRefused(t *testing.T) {
	t.Parallel()
	p := newPlan(map[string]*fnv1.Resource{"a": existing("a", failed)})
	n := p.Layer(condition).Add("a", func(*Node) runtime.Object {
		return thing(map[string]any{"forProvider": map[string]any{"size": int64(3)}})
	})
	resolved(t, p)
	if want := (Readiness{Reason: reasonFailed, Message: "it is refused"}); n.state.readiness != want {
		t.Errorf("want %+v, got %+v", want, n.state.readiness)
	}
}
