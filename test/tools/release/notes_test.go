package main

import (
	"os"
	"strings"
	"testing"
)

func TestNotesOf(t *testing.T) {
	const changelog = "# Changelog\n\nText.\n\n## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n\n### Added\n\n- This.\n\n## [0.1.0] - 2026-11-29\n\n- That.\n\n[0.2.0]: https://example.com\n[0.1.0]: https://example.com\n"
	cases := map[string]struct {
		reason       string
		version      string
		want, failed string
	}{
		"Newest":  {reason: "The section of a version ends where the next begins.", version: "0.2.0", want: "### Added\n\n- This.\n"},
		"Oldest":  {reason: "The last section ends before the links.", version: "0.1.0", want: "- That.\n"},
		"Empty":   {reason: "A release without news has been forgotten to be described.", version: unreleased, failed: "is empty: say what is new"},
		"Missing": {reason: "A version of which the changelog knows nothing is not released.", version: "0.3.0", failed: `no section "## [0.3.0]"`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := notesOf(changelog, tc.version)
			if got != tc.want || (err == nil) != (tc.failed == "") || err != nil && !strings.Contains(err.Error(), tc.failed) {
				t.Errorf("\n%s\nwant %q and %q, got %q and %v", tc.reason, tc.want, tc.failed, got, err)
			}
		})
	}
}

// TestChangelog: the next release has notes.
func TestChangelog(t *testing.T) {
	b, err := os.ReadFile(root + "/CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := notesOf(string(b), unreleased); err != nil {
		t.Error(err)
	}
}
