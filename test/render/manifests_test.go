package main

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xplatform-dev/function-xplatform/test/crds"
)

// crossplaneCRDs of the Crossplane that the tests run, and of the metadata in
// its packages.
func crossplaneCRDs(t *testing.T) []string {
	t.Helper()
	cluster, err := crds.ModulePathIn("test/tools/crossplane-core", "github.com/crossplane/crossplane/v2", "cluster")
	if err != nil {
		t.Fatal(err)
	}
	return []string{filepath.Join(cluster, "crds"), filepath.Join(cluster, "meta")}
}

// TestManifests checks every manifest of the repository against the CRD of its
// kind, so that none of them can be refused by a control plane.
func TestManifests(t *testing.T) {
	ours, err := crds.Project()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := crds.Open(crossplaneCRDs(t)...)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, root := range []string{"examples", "compositions", "package"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(path)) {
				return err
			}
			if strings.HasSuffix(path, "-values.yaml") {
				// A chart's values, no manifest. The suite runs Crossplane by them.
				return nil
			}
			docs, err := read(path)
			if err != nil {
				return err
			}
			for _, o := range docs {
				registry := ours
				switch group := o.GroupVersionKind().Group; {
				case group == "apiextensions.k8s.io":
					// A CRD of ours: Project has read it.
					continue
				case strings.HasPrefix(path, filepath.Join("examples", "environments")):
					// Whole only once it is built, by TestExamples.
					continue
				case strings.HasSuffix(group, "crossplane.io") && !strings.HasPrefix(group, "helm.") && !strings.HasPrefix(group, "xplatform."):
					registry = theirs
				}
				if o.GroupVersionKind().Group == "meta.pkg.crossplane.io" {
					// Its CRDs document a file format, and say Namespaced only
					// because a CRD must say something.
					o.SetNamespace("none")
				}
				if err := registry.Validate(o); err != nil {
					t.Errorf("%s: %v", path, err)
				}
				checked++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if checked < 10 {
		t.Errorf("want at least 10 manifests checked, got %d", checked)
	}
}
