package repository

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ours and others' versions that are no pins, by the file and what is in its line.
//
//nolint:gochecknoglobals // A constant table.
var noPins = []struct{ file, line, because string }{
	{"examples/*.yaml", "xpkg.crossplane.io/xplatform-dev/", "our own version is set by whoever releases it"},
	{"examples/install/*.yaml", "xpkg.crossplane.io/xplatform-dev/", "our own version is set by whoever releases it"},
	{"examples/platform-*.yaml", "-eksbuild.", "an example of a pin"},
	{"examples/gitops/argocd/environments.yaml", "revision:", "an example of a revision"},
	{"examples/gitops/flux/*/kustomization.yaml", "tag:", "an example of a revision"},
	{".github/ISSUE_TEMPLATE/*.yml", "placeholder:", "an example of an answer"},
	{"test/world/claims.go", `"1.0.0"`, "any version"},
	{"test/aws/*", "", "what AWS chooses if nobody asks, of which any does"},
	{"test/tools/release/publish.go", "such as v", "an example of an answer"},
	{"test/tools/release/vulnerabilities.go", "SchemaVersion:", "the form of what it writes"},
	{"test/charts/arguments.yaml", "source:", "where a chart's arguments were looked up: TestArguments compares it with the pin"},
	{"test/charts/*/Chart.yaml", "version:", "a stand-in has the version of its chart, or nothing could be installed"},
}

// builtIn are the files that Renovate reads by itself.
//
//nolint:gochecknoglobals // A constant list.
var builtIn = []string{"go.mod", "go.sum", "Dockerfile"}

// A manager of Renovate's that finds pins by their form.
type manager struct {
	Description string   `json:"description"`
	Patterns    []string `json:"managerFilePatterns"`
	Strings     []string `json:"matchStrings"`
	Strategy    string   `json:"matchStringsStrategy"`
}

var (
	version = regexp.MustCompile(`\bv?\d+\.\d+\.\d+(?:-[0-9a-z.]+)?`)
	// address, or a part of one.
	address = regexp.MustCompile(`\d+(\.\d+){3}`)
	comment = regexp.MustCompile(`(^|\s)(//|#).*\n?$`)
)

// TestPins: Renovate finds every pin. One that it doesn't would stay for ever.
func TestPins(t *testing.T) {
	t.Parallel()
	managers := managersOf(t)
	found, pins := map[string]int{}, 0
	for _, file := range tracked(t) {
		if !slices.Contains([]string{".go", ".yaml", ".yml", ""}, filepath.Ext(file)) || strings.HasSuffix(file, "_test.go") || strings.Contains(file, "testdata") || slices.Contains(builtIn, filepath.Base(file)) {
			continue
		}
		text := string(read(t, file))
		if strings.Contains(strings.ToLower(text[:min(len(text), 500)]), "do not edit") {
			continue
		}
		anchored := map[int]bool{}
		for _, m := range managers {
			for _, at := range m.find(file, text) {
				anchored[at] = true
				found[m.Description]++
			}
		}
		for _, p := range pinsOf(text) {
			pins++
			if !anchored[p.at] && !excused(t, file, p.line) {
				t.Errorf("%s: Renovate does not find %s in %q: give renovate.json a manager for it", file, p.version, strings.TrimSpace(p.line))
			}
		}
	}
	if pins < 40 {
		t.Errorf("want at least forty pins, got %d: is this test blind?", pins)
	}
	for _, m := range managers {
		if found[m.Description] == 0 {
			t.Errorf("the manager of %q finds nothing: remove it, or make it find again what it did", m.Description)
		}
	}
}

// TestFind: a pin is found where a manager has its form, and nowhere else.
func TestFind(t *testing.T) {
	t.Parallel()
	m := manager{Patterns: []string{`/^fn/.+\.go$/`}, Strings: []string{`Image = "(?<depName>[^":]+):(?<currentValue>[^"]+)"`}}
	const text = "package a\n\nconst aImage = \"example.com/a:v1.2.3\" // Before v1.2.2 it broke.\nconst a = \"v1.2.3\"\n"
	pins := pinsOf(text)
	if len(pins) != 2 || pins[0].version != "v1.2.3" || pins[1].version != "v1.2.3" {
		t.Fatalf("want the two pins that are in no comment, got %v", pins)
	}
	if got := m.find("fn/a.go", text); !slices.Equal(got, []int{pins[0].at}) {
		t.Errorf("want the image at %d found, got %v", pins[0].at, got)
	}
	if got := m.find("test/a.go", text); len(got) > 0 {
		t.Errorf("want nothing found in a file that is not the manager's, got %v", got)
	}
}

// A pin in a text: where it is, and its line.
type pin struct {
	at            int
	version, line string
}

// pinsOf a text are the versions in it that are in no comment and in no address.
func pinsOf(text string) []pin {
	var all []pin
	start := 0
	for line := range strings.Lines(text) {
		code := address.ReplaceAllStringFunc(comment.ReplaceAllString(line, ""), func(s string) string { return strings.Repeat("x", len(s)) })
		for _, at := range version.FindAllStringIndex(code, -1) {
			all = append(all, pin{start + at[0], code[at[0]:at[1]], line})
		}
		start += len(line)
	}
	return all
}

func managersOf(t *testing.T) []manager {
	t.Helper()
	config := struct {
		Managers []manager `json:"customManagers"`
	}{}
	if err := json.Unmarshal(read(t, "renovate.json"), &config); err != nil {
		t.Fatal(err)
	}
	return config.Managers
}

// find where a manager finds the current value of pins in a file.
func (m manager) find(file, text string) []int {
	if !slices.ContainsFunc(m.Patterns, func(p string) bool { return regexp.MustCompile(strings.Trim(p, "/")).MatchString(file) }) {
		return nil
	}
	if m.Strategy == "recursive" {
		var all []int
		for _, outer := range regexp.MustCompile(m.Strings[0]).FindAllStringIndex(text, -1) {
			for _, at := range values(m.Strings[1], text[outer[0]:outer[1]]) {
				all = append(all, outer[0]+at)
			}
		}
		return all
	}
	var all []int
	for _, pattern := range m.Strings {
		all = append(all, values(pattern, text)...)
	}
	return all
}

// values are where a pattern has its group currentValue in a text.
func values(pattern, text string) []int {
	p := regexp.MustCompile(pattern)
	group := 2 * p.SubexpIndex("currentValue")
	var all []int
	for _, match := range p.FindAllStringSubmatchIndex(text, -1) {
		all = append(all, match[group])
	}
	return all
}

func excused(t *testing.T, file, line string) bool {
	t.Helper()
	for _, no := range noPins {
		if ok, err := filepath.Match(no.file, file); err != nil {
			t.Fatal(err)
		} else if ok && strings.Contains(line, no.line) {
			return true
		}
	}
	return false
}

// tracked files of the repository.
func tracked(t *testing.T) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}
