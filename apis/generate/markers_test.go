package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMarkerText(t *testing.T) {
	type want struct {
		text string
		ok   bool
	}
	cases := map[string]struct {
		reason  string
		comment string
		want    want
	}{
		"Marker": {
			reason:  "A line that begins with a plus should be a marker.",
			comment: "// +kubebuilder:default=true",
			want:    want{text: "kubebuilder:default=true", ok: true},
		},
		"Prose": {
			reason:  "A plus in a sentence should not make a marker.",
			comment: "// One + one is two.",
			want:    want{text: "One + one is two."},
		},
		"Directive": {
			reason:  "A directive should not be a marker.",
			comment: "//nolint:gochecknoglobals // A cache.",
			want:    want{text: "nolint:gochecknoglobals // A cache."},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			text, ok := markerText(tc.comment)
			if diff := cmp.Diff(tc.want, want{text: text, ok: ok}, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
