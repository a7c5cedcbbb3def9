package function_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xplatform-dev/function-xplatform/test/docs"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

const (
	graphBegin = "<!-- The graph is drawn by the tests from the plan: go test ./fn/function -update -->\n"
	graphEnd   = "<!-- End of the graph -->\n"
)

// TestGraphInDocs: the graph in the documentation is the one the function
// composes of the smallest platform.
func TestGraphInDocs(t *testing.T) {
	t.Parallel()
	docs.CheckDrawn(t, filepath.Join(world.Root(), "docs", "architecture.md"), graphBegin, graphEnd, draw(world.PlanOf(t, world.New(t, "platform-smallest.yaml"))), *update)
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
