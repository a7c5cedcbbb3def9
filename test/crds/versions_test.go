package crds

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/mod/modfile"
)

// TestOneSetOfVersions: the modules that the demo builds take the same version of
// whatever more than one of them takes. Each further version of a library that
// much depends on, such as Kubernetes', is compiled anew with all that does, for
// minutes.
func TestOneSetOfVersions(t *testing.T) {
	t.Parallel()
	// apart is what can't be had in one version.
	apart := map[string]string{
		"github.com/crossplane/crossplane-runtime/v2":       "v2.3.0 moved the types that provider-upjet-aws v2.5.0 and provider-helm v1.3.0 import",
		"github.com/crossplane/function-sdk-go":             "v0.7.0 takes that crossplane-runtime",
		"github.com/crossplane/crossplane-runtime":          "of each provider, little of it",
		"github.com/crossplane-contrib/provider-kubernetes": "provider-helm takes a few types of an older one",
		"helm.sh/helm/v3": "that of Crossplane's CLI, which only renders, and of provider-helm",
	}
	taken := map[string]map[string]string{}
	for _, dir := range []string{".", "test/tools", "test/tools/provider-helm"} {
		file := filepath.Join("..", "..", dir, "go.mod")
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		mod, err := modfile.Parse(file, b, nil)
		if err != nil {
			t.Fatal(err)
		}
		versions := map[string]string{}
		for _, r := range mod.Require {
			versions[r.Mod.Path] = r.Mod.Version
		}
		for _, r := range mod.Replace {
			versions[r.Old.Path] = r.New.Version
		}
		for path, version := range versions {
			if taken[path] == nil {
				taken[path] = map[string]string{}
			}
			taken[path][version] += " " + dir
		}
	}
	for _, path := range slices.Sorted(maps.Keys(taken)) {
		switch several := len(taken[path]) > 1; {
		case several && apart[path] == "":
			t.Errorf("%s: want one version, got %v", path, taken[path])
		case !several && apart[path] != "":
			t.Errorf("%s is taken in one version by now: remove it here", path)
		}
	}
	if len(taken) < 300 {
		t.Errorf("want hundreds of modules, got %d", len(taken))
	}
}
