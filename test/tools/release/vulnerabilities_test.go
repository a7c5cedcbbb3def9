package main

import (
	"os"
	"strings"
	"testing"
)

// TestFind: a vulnerability of a module that this test is built of is found where its
// versions say, and nowhere else.
func TestFind(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const recorded = `
GO-2026-0001: {github.com/google/go-containerregistry: 0 99.0.0}
GO-2026-0002: {github.com/google/go-containerregistry: 0 0.1.0}
GO-2026-0003: {github.com/google/go-containerregistry: 0 0.1.0 0.2.0}
GO-2026-0004: {example.com/elsewhere: "0"}
`
	dir := t.TempDir()
	if err := restore([]byte(recorded), dir); err != nil {
		t.Fatal(err)
	}
	found, err := find(self, "file://"+dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || !strings.Contains(found["GO-2026-0001"], "go-containerregistry v0.21.9, fixed in") || found["GO-2026-0003"] == "" {
		t.Errorf("want the first and the third, got %v", found)
	}
}

// TestRecorded: what was recorded of the database can be searched.
func TestRecorded(t *testing.T) {
	dir := t.TempDir()
	if err := restore(known, dir); err != nil {
		t.Fatal(err)
	}
	advisories, err := os.ReadDir(dir + "/ID")
	if err != nil || len(advisories) < 100 {
		t.Errorf("want hundreds of advisories, got %d (%v)", len(advisories), err)
	}
}

func TestJudge(t *testing.T) {
	cases := map[string]struct {
		reason         string
		found, reasons map[string]string
		want           string
	}{
		"Nothing":   {reason: "Where nothing is, nothing is wrong."},
		"Triaged":   {reason: "What does no harm may stay.", found: map[string]string{"GO-2026-0001": "a v1"}, reasons: map[string]string{"GO-2026-0001": "Nothing calls it."}},
		"Untriaged": {reason: "Somebody must look at what is new.", found: map[string]string{"GO-2026-0001": "a v1"}, want: "GO-2026-0001: a v1: take another version"},
		"NoReason":  {reason: "To name it is not to have looked at it.", found: map[string]string{"GO-2026-0001": "a v1"}, reasons: map[string]string{"GO-2026-0001": " "}, want: "say in triage.yaml why"},
		"Gone":      {reason: "An excuse must not outlive what it excuses.", reasons: map[string]string{"GO-2026-0001": "Nothing calls it."}, want: "GO-2026-0001 is not there: remove it"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			err := judge(tc.found, tc.reasons)
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("\n%s\nwant %q, got %v", tc.reason, tc.want, err)
			}
		})
	}
}
