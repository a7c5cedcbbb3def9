package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
)

// root of the repository.
const root = "../../.."

// TestWorkflows: GitHub takes every workflow, an action is always the same, and what
// is run can be run anywhere.
func TestWorkflows(t *testing.T) {
	files, err := filepath.Glob(root + "/.github/workflows/*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("want workflows, got %v (%v)", files, err)
	}
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	mistakes, err := linter.LintFiles(files, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mistakes {
		t.Error(m)
	}
	makefile, err := os.ReadFile(root + "/Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range problems(string(b), string(makefile)) {
			t.Errorf("%s: %s", file, problem)
		}
	}
}

var (
	step   = regexp.MustCompile(`(?m)^\s*(?:- )?(uses|run): *(.*)$`)
	pinned = regexp.MustCompile(`^[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	runs   = regexp.MustCompile(`^make ([a-z-]+)$`)
)

// problems of a workflow's steps: an action without a digest and its version, and a
// shell script that is no target of the Makefile.
func problems(workflow, makefile string) []string {
	var all []string
	for _, m := range step.FindAllStringSubmatch(workflow, -1) {
		key, value := m[1], m[2]
		target := runs.FindStringSubmatch(value)
		switch {
		case key == "uses" && strings.HasPrefix(value, "./"):
		case key == "uses" && !pinned.MatchString(value):
			all = append(all, value+" can become another one: pin it by its commit, with its version behind #")
		case key == "run" && value == ".ci/run":
		case key == "run" && target == nil:
			all = append(all, value+" is run nowhere else: make it a target of the Makefile")
		case key == "run" && !regexp.MustCompile(`(?m)^`+target[1]+`:`).MatchString(makefile):
			all = append(all, "the Makefile has no target "+target[1])
		}
	}
	return all
}

// TestProblems: what a workflow must not have is found.
func TestProblems(t *testing.T) {
	cases := map[string]struct {
		reason string
		step   string
		want   string
	}{
		"Digest":    {reason: "An action by its commit is always the same.", step: "- uses: actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5"},
		"Tag":       {reason: "A tag can be moved.", step: "- uses: actions/cache@v5.0.5", want: "can become another one"},
		"NoVersion": {reason: "Nobody can tell which version a commit is.", step: "- uses: actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae", want: "can become another one"},
		"Ours":      {reason: "A workflow beside it is of the same commit.", step: "  uses: ./.github/workflows/ci.yaml"},
		"Target":    {reason: "A target of the Makefile can be run anywhere.", step: "- run: make test"},
		"NoTarget":  {reason: "A target must be one.", step: "- run: make tests", want: "no target tests"},
		"Script":    {reason: "A script is tested by nobody.", step: "- run: |", want: "run nowhere else"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(problems("steps:\n"+tc.step+"\n", "test: lint\n"), "\n")
			if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
				t.Errorf("\n%s\nwant %q, got %q", tc.reason, tc.want, got)
			}
		})
	}
}

// TestBadges: a badge shows how a workflow that exists is doing.
func TestBadges(t *testing.T) {
	b, err := os.ReadFile(root + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	badges := regexp.MustCompile(`/actions/(workflows/[\w.]+)/badge\.svg`).FindAllStringSubmatch(string(b), -1)
	for _, m := range badges {
		if _, err := os.Stat(root + "/.github/" + m[1]); err != nil {
			t.Error(err)
		}
	}
	if len(badges) == 0 || len(badges) != strings.Count(string(b), "[![") {
		t.Errorf("want badges of workflows, and no others, got %v", badges)
	}
}
