package platform

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
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
		err    bool
	}{
		"Nothing":   {reason: "Without theirs, ours are the values.", want: ours()},
		"Empty":     {reason: "An empty map changes nothing.", theirs: "{}", want: ours()},
		"Map":       {reason: "Maps are merged.", theirs: `{"a":{"b":"theirs","d":1}}`, want: map[string]any{"a": map[string]any{"b": "theirs", "c": "ours", "d": 1.0}, "l": []any{"x", "y"}, "s": "ours"}},
		"List":      {reason: "Lists are replaced.", theirs: `{"l":["z"]}`, want: map[string]any{"a": map[string]any{"b": "ours", "c": "ours"}, "l": []any{"z"}, "s": "ours"}},
		"Removal":   {reason: "Null stays, for Helm to remove a chart's default.", theirs: `{"s":null,"n":{"o":null}}`, want: map[string]any{"a": map[string]any{"b": "ours", "c": "ours"}, "l": []any{"x", "y"}, "s": nil, "n": map[string]any{"o": nil}}},
		"MapToText": {reason: "A map may become something else.", theirs: `{"a":"theirs"}`, want: map[string]any{"a": "theirs", "l": []any{"x", "y"}, "s": "ours"}},
		"TextToMap": {reason: "And back.", theirs: `{"s":{"t":1}}`, want: map[string]any{"a": map[string]any{"b": "ours", "c": "ours"}, "l": []any{"x", "y"}, "s": map[string]any{"t": 1.0}}},
		"NoMap":     {reason: "A list is no values.", theirs: `["a"]`, err: true},
		"Text":      {reason: "Nor is text.", theirs: `"a"`, err: true},
		"Number":    {reason: "Nor is a number.", theirs: `1`, err: true},
		"Broken":    {reason: "Nor is what is no JSON.", theirs: `{`, err: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var theirs *extv1.JSON
			if tc.theirs != "" {
				theirs = &extv1.JSON{Raw: []byte(tc.theirs)}
			}
			mine := ours()
			got, err := mergeValues(map[string]any{}, mine, theirs)
			if (err != nil) != tc.err {
				t.Fatalf("\n%s\nwant an error: %t, got %v", tc.reason, tc.err, err)
			}
			if tc.err {
				return
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
