package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	diffs    = regexp.MustCompile("(?s)```diff\n(.*?)```")
	testName = regexp.MustCompile(`(?m)^\+func (Test\w+)\(`)
)

// TestContributing applies each change that docs/contributing.md shows to a
// copy of the repository, and runs the test it brings along.
func TestContributing(t *testing.T) {
	b, err := os.ReadFile("docs/contributing.md")
	if err != nil {
		t.Fatal(err)
	}
	changes := diffs.FindAllStringSubmatch(string(b), -1)
	if len(changes) != 2 {
		t.Fatalf("want two changes in docs/contributing.md, got %d", len(changes))
	}
	for _, change := range changes {
		name := testName.FindStringSubmatch(change[1])
		if name == nil {
			t.Errorf("this change brings no test along:\n%s", change[1])
			continue
		}
		t.Run(name[1], func(t *testing.T) {
			dir := t.TempDir()
			// What git knows of, as it is in the working tree.
			run(t, ".", "", "bash", "-c", "git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents --target-directory="+dir)
			run(t, dir, change[1], "git", "apply", "-")
			run(t, dir, "", "go", "run", "./apis/generate")
			out := run(t, dir, "", "go", "test", "./fn/...", "-run", "^("+name[1]+"|TestBoundary)$", "-v")
			if !strings.Contains(out, "--- PASS: "+name[1]) {
				t.Errorf("%s did not run:\n%s", name[1], out)
			}
		})
	}
}

func run(t *testing.T, dir, stdin string, command ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir, cmd.Stdin = filepath.Clean(dir), strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
	}
	return string(out)
}
