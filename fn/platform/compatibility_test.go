package platform_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/test/docs"
	"github.com/xplatform-dev/function-xplatform/test/modules"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

//nolint:gochecknoglobals // A flag.
var update = flag.Bool("update", false, "write what goes together; the run still fails")

const (
	compatibilityBegin = "<!-- What goes together is listed by the tests from the pins: go test ./fn/platform -update -->\n"
	compatibilityEnd   = "<!-- End of what goes together -->\n"
)

// TestCompatibilityInDocs: the page says what the pins say, of which there is one each.
func TestCompatibilityInDocs(t *testing.T) {
	t.Parallel()
	drawn := strings.Join([]string{"", installed(t), versions(), charts(t), ""}, "\n")
	docs.CheckDrawn(t, filepath.Join(world.Root(), "docs", "compatibility.md"), compatibilityBegin, compatibilityEnd, drawn, *update)
}

// installed is what a control plane needs: what the tests run, and what the
// Configuration allows.
func installed(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(world.Root(), "compositions", "crossplane.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var meta struct {
		Spec struct {
			Crossplane struct{ Version string }
			DependsOn  []struct{ Kind, Package, Version string }
		}
	}
	if err := yaml.Unmarshal(b, &meta); err != nil {
		t.Fatal(err)
	}
	rows := [][]string{{"on the control plane", "tested", "allowed"}}
	row := func(name, module, allowed string) {
		v, err := modules.Version(module)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, []string{name, v, strings.TrimSuffix(allowed, "-0")})
	}
	row("Crossplane", "github.com/crossplane/crossplane/v2", meta.Spec.Crossplane.Version)
	row("Kubernetes", "k8s.io/kubernetes", "what Crossplane supports")
	for _, d := range meta.Spec.DependsOn {
		if d.Kind != "Provider" {
			continue
		}
		name := path.Base(d.Package)
		module := "github.com/crossplane-contrib/" + name
		if strings.HasPrefix(name, "provider-aws-") {
			module = "github.com/upbound/provider-aws/v2"
		}
		row(name, module, d.Version)
	}
	return table(rows)
}

// versions of Kubernetes that a claim can ask for, and what goes with each.
func versions() string {
	all := platform.Supported()
	kubernetes := slices.Sorted(maps.Keys(all))
	header := []string{"`spec.cluster.version`"}
	for _, v := range kubernetes {
		header = append(header, string(v))
	}
	rows := [][]string{header}
	for _, of := range slices.Sorted(maps.Keys(all[kubernetes[0]])) {
		row := []string{of}
		for _, v := range kubernetes {
			row = append(row, all[v][of])
		}
		rows = append(rows, row)
	}
	return table(rows)
}

// charts of all controllers, as they are composed.
func charts(t *testing.T) string {
	t.Helper()
	w := world.With(t, "{region: eu-central-1, dns: {domain: dev.example.com}, controllers: {metricsServer: {enabled: true}}}")
	rsp := w.Settle()
	rows := [][]string{{"controller", "chart", "repository"}}
	for _, key := range world.KindsOf(rsp, "Release") {
		at := func(field string) string { return fmt.Sprint(world.At(rsp, key, "spec.forProvider.chart."+field)) }
		rows = append(rows, []string{at("name"), at("version"), at("repository")})
	}
	return table(rows)
}

// table in Markdown, of rows of which the first has the columns' names.
func table(rows [][]string) string {
	lines := make([]string, 0, len(rows)+1)
	for _, row := range rows {
		lines = append(lines, "| "+strings.Join(row, " | ")+" |\n")
	}
	return strings.Join(slices.Insert(lines, 1, "|"+strings.Repeat(" --- |", len(rows[0]))+"\n"), "")
}
