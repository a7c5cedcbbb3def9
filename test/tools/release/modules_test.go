package main

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

//nolint:gochecknoglobals // A flag.
var update = flag.Bool("update", false, "write the licences of what the function is built of; the run still fails")

// permitted are the licences that what is built of them may be given away under our
// own. Of those with conditions for changed files nothing is changed.
//
//nolint:gochecknoglobals // A constant list.
var permitted = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "Unicode-DFS-2016"}

// TestLicences: all that the function is built of may be given away with it, and is
// what was looked at.
func TestLicences(t *testing.T) {
	modules, err := modulesOf(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(modules) < 50 {
		t.Fatalf("want all modules, got %d", len(modules))
	}
	found := map[string]string{}
	for _, m := range modules {
		ids, err := licencesOf(m)
		if err != nil {
			t.Error(err)
		}
		for _, id := range ids {
			if !slices.Contains(permitted, id) {
				t.Errorf("%s: %s is none of %v", m.path, id, permitted)
			}
		}
		found[m.path] = strings.Join(ids, " AND ")
	}
	b, err := yaml.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	b = append([]byte("# Written by \"make licences\". Do not edit.\n"), b...)
	if diff := cmp.Diff(string(licences), string(b)); diff != "" {
		if *update {
			if err := os.WriteFile("licences.yaml", b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		t.Errorf("licences: -recorded, +found (run make licences to accept):\n%s", diff)
	}
}

func TestLicencesOf(t *testing.T) {
	apache, err := os.ReadFile(root + "/LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		reason string
		files  map[string]string
		want   []string
		failed string
	}{
		"Known":   {reason: "A licence is known by its text.", files: map[string]string{"LICENSE": string(apache), "licence.go": "package a"}, want: []string{"Apache-2.0"}},
		"Unknown": {reason: "A text that nobody knows a person must read.", files: map[string]string{"LICENSE.txt": "You may look, but not touch."}, failed: "LICENSE.txt is the text of no licence that is known"},
		"None":    {reason: "What says nothing may not be given away.", files: map[string]string{"README.md": "MIT"}, failed: "says nowhere how it is licensed"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range tc.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := licencesOf(module{path: "example.com/a", dir: dir})
			if !slices.Equal(got, tc.want) || (err == nil) != (tc.failed == "") || err != nil && !strings.Contains(err.Error(), tc.failed) {
				t.Errorf("\n%s\nwant %v and %q, got %v and %v", tc.reason, tc.want, tc.failed, got, err)
			}
		})
	}
}

// TestNoticesOf: what licences ask to be given along is, and nothing else.
func TestNoticesOf(t *testing.T) {
	library, err := library(root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for file, text := range map[string]string{"LICENSE": "Keep this.\n", "NOTICE.txt": "By A.\n", "README.md": "Read me.\n", "license.go": "package a\n"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := noticesOf([]module{library, {"example.com/a", "v1.0.0", dir}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(got), "The Go Authors") {
		t.Errorf("want what Go's library asks for, got %s", got)
	}
	_, of, _ := strings.Cut(string(got), "======== example.com/a")
	if want := " v1.0.0: LICENSE\n\nKeep this.\n\n======== example.com/a v1.0.0: NOTICE.txt\n\nBy A.\n\n"; of != want {
		t.Errorf("want %q, got %q", want, of)
	}
}
