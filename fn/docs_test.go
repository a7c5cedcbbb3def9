package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
)

const (
	graphBegin = "<!-- The graph is drawn by the tests from the plan: go test ./fn -update -->\n"
	graphEnd   = "<!-- End of the graph -->\n"
)

// TestGraphInDocs: the graph in the documentation is the one the function
// composes of the smallest platform.
func TestGraphInDocs(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "docs", "architecture.md")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), graphBegin)
	_, after, end := strings.Cut(rest, graphEnd)
	if !ok || !end {
		t.Fatalf("%s has no place for the graph, between %q and %q", path, graphBegin, graphEnd)
	}
	want := before + graphBegin + draw(planOf(t, newWorld(t, "platform-smallest.yaml"))) + graphEnd + after
	diff := cmp.Diff(want, string(b))
	if diff == "" {
		return
	}
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("%s: -drawn, +file (run with -update to accept):\n%s", path, diff)
}

// planOf a world as it is now.
func planOf(tb testing.TB, w *world) *plan.Plan {
	tb.Helper()
	xr, spec, err := readComposite(w.request().GetObserved().GetComposite().GetResource().GetFields())
	if err != nil {
		tb.Fatal(err)
	}
	c := newContract(xr, spec, v1beta1.Input{})
	p := plan.New(plan.Options{Name: func(key string) string { return key }}, w.observed)
	compose(p, c, teardown{})
	return p
}

var zoneInKey = regexp.MustCompile(`[a-z]+\d-az\d`)

// draw a plan as a Mermaid flowchart, a box per layer. What there is of one kind
// in every zone is drawn once, and an edge that others imply is left out.
func draw(p *plan.Plan) string {
	fold := func(key string) string { return zoneInKey.ReplaceAllString(key, "*") }
	needs := map[string]map[string]bool{}
	for key, ns := range p.Edges() {
		if needs[fold(key)] == nil {
			needs[fold(key)] = map[string]bool{}
		}
		for _, n := range ns {
			needs[fold(key)][fold(n)] = true
		}
	}

	b := &strings.Builder{}
	b.WriteString("```mermaid\nflowchart LR\n")
	ids := map[string]string{}
	for _, l := range p.Layers() {
		if len(l.Keys()) == 0 {
			continue
		}
		fmt.Fprintf(b, "  subgraph %s\n", strings.TrimSuffix(l.Condition, "Ready"))
		for _, key := range l.Keys() {
			if k := fold(key); ids[k] == "" {
				ids[k] = fmt.Sprintf("n%d", len(ids))
				fmt.Fprintf(b, "    %s[%q]\n", ids[k], k)
			}
		}
		b.WriteString("  end\n")
	}
	for _, key := range slices.Sorted(maps.Keys(needs)) {
		for _, need := range slices.Sorted(maps.Keys(needs[key])) {
			if !implied(needs, key, need) {
				fmt.Fprintf(b, "  %s --> %s\n", ids[need], ids[key])
			}
		}
	}
	b.WriteString("```\n")
	return b.String()
}

// implied tells whether key needs need through something else it needs.
func implied(needs map[string]map[string]bool, key, need string) bool {
	for other := range needs[key] {
		if other != need && reaches(needs, other, need) {
			return true
		}
	}
	return false
}

func reaches(needs map[string]map[string]bool, from, to string) bool {
	if needs[from][to] {
		return true
	}
	for next := range needs[from] {
		if reaches(needs, next, to) {
			return true
		}
	}
	return false
}
