package platform

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// TestRelease: what a release is asked for, whole.
func TestRelease(t *testing.T) {
	t.Parallel()
	o := release{
		name: "thing", namespace: "things", chart: chart{name: "thing-chart", repository: "https://example.com", version: "1.2.3"},
		values: map[string]any{"a": map[string]any{"b": "c"}},
	}.object("config")
	want := map[string]any{
		"apiVersion": "helm.m.crossplane.io/v1beta1",
		"kind":       "Release",
		// Called as its controller, not as its object.
		"metadata": map[string]any{"annotations": map[string]any{"crossplane.io/external-name": "thing"}},
		"spec": map[string]any{
			"providerConfigRef": map[string]any{"kind": "ProviderConfig", "name": "config"},
			"rollbackLimit":     int64(100),
			"forProvider": map[string]any{
				"chart":       map[string]any{"name": "thing-chart", "repository": "https://example.com", "version": "1.2.3"},
				"namespace":   "things",
				"wait":        true,
				"waitTimeout": "8m0s",
				"values":      map[string]any{"a": map[string]any{"b": "c"}},
			},
		},
	}
	if diff := cmp.Diff(want, o.Object); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	// provider-helm's own limit, and Helm's default.
	if d, err := time.ParseDuration(waitTimeout); err != nil || d <= 5*time.Minute || d >= 10*time.Minute {
		t.Errorf("\nHelm should give up before provider-helm does, after ten minutes: got %s", waitTimeout)
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	ours := func() map[string]any {
		return map[string]any{"a": map[string]any{"b": "ours", "c": "ours"}, "l": []any{"x", "y"}, "s": "ours"}
	}
	cases := map[string]struct {
		reason string
		theirs string
		want   map[string]any
	}{
		"Nothing":   {reason: "Without theirs, ours are the values.", want: ours()},
		"Empty":     {reason: "An empty map changes nothing.", theirs: "{}", want: ours()},
		"Map":       {reason: "Maps are merged.", theirs: `{"a":{"b":"theirs","d":1}}`, want: map[string]any{"a": map[string]any{"b": "theirs", "c": "ours", "d": 1.0}, "l": []any{"x", "y"}, "s": "ours"}},
		"List":      {reason: "Lists are replaced.", theirs: `{"l":["z"]}`, want: map[string]any{"a": map[string]any{"b": "ours", "c": "ours"}, "l": []any{"z"}, "s": "ours"}},
		"Removal":   {reason: "Null stays, for Helm to remove a chart's default.", theirs: `{"s":null,"n":{"o":null}}`, want: map[string]any{"a": map[string]any{"b": "ours", "c": "ours"}, "l": []any{"x", "y"}, "s": nil, "n": map[string]any{"o": nil}}},
		"MapToText": {reason: "A map may become something else.", theirs: `{"a":"theirs"}`, want: map[string]any{"a": "theirs", "l": []any{"x", "y"}, "s": "ours"}},
		"TextToMap": {reason: "And back.", theirs: `{"s":{"t":1}}`, want: map[string]any{"a": map[string]any{"b": "ours", "c": "ours"}, "l": []any{"x", "y"}, "s": map[string]any{"t": 1.0}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var theirs map[string]any
			if tc.theirs != "" {
				if err := json.Unmarshal([]byte(tc.theirs), &theirs); err != nil {
					t.Fatal(err)
				}
			}
			mine := ours()
			got, err := mergeValues(map[string]any{}, mine, theirs)
			if err != nil {
				t.Fatalf("\n%s\n%v", tc.reason, err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(ours(), mine); diff != "" {
				t.Errorf("\nOurs should be left as they are: -want, +got:\n%s", diff)
			}
		})
	}
}

// TestInstalled: what Helm is at work on is no trouble, what it has failed at is.
func TestInstalled(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{"deployed": plan.ReasonUpdating, "pending-install": plan.ReasonCreating, "": plan.ReasonCreating, "failed": plan.ReasonUnavailable} {
		o, err := structpb.NewStruct(map[string]any{"status": map[string]any{
			"atProvider": map[string]any{"state": state},
			"conditions": []any{map[string]any{"type": "Ready", "status": "False", "reason": "Unavailable"}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if got := installed(plan.Observe(&fnv1.Resource{Resource: o})); got.Ready || got.Reason != want {
			t.Errorf("%q: want %s, got %v", state, want, got)
		}
	}
}
