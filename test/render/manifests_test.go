package main

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/xplatform-dev/function-xplatform/test/crds"
	"github.com/xplatform-dev/function-xplatform/test/modules"
)

// crossplaneCRDs of the Crossplane that the tests run, and of the metadata in
// its packages.
func crossplaneCRDs(t *testing.T) []string {
	t.Helper()
	cluster, err := modules.Path("github.com/crossplane/crossplane/v2", "cluster")
	if err != nil {
		t.Fatal(err)
	}
	return []string{filepath.Join(cluster, "crds"), filepath.Join(cluster, "meta")}
}

// TestManifests checks every manifest of the repository against the CRD of its
// kind, or Kubernetes' own type, so that none of them can be refused by a control
// plane.
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
		err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(file)) {
				return err
			}
			if strings.HasSuffix(file, "-values.yaml") {
				// A chart's values, no manifest. The suite runs Crossplane by them, and
				// test/gitops Argo CD.
				return nil
			}
			docs, err := read(file)
			if err != nil {
				return err
			}
			for _, o := range docs {
				registry := ours
				switch group := o.GroupVersionKind().Group; {
				case group == "apiextensions.k8s.io":
					// A CRD of ours: Project has read it.
					continue
				case strings.HasSuffix(group, ".fluxcd.io"), group == "argoproj.io":
					// test/gitops has Flux's and Argo CD's definitions.
					continue
				case group == "kustomize.config.k8s.io":
					// The suite's TestDocs has kubectl build it.
					continue
				case strings.HasPrefix(file, filepath.Join("examples", "environments")):
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
					t.Errorf("%s: %v", file, err)
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

// TestDependencies: the Configuration demands what the tests run, or something
// newer: with an older provider or Crossplane nobody has seen a platform ready.
func TestDependencies(t *testing.T) {
	docs, err := read("compositions/crossplane.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for prefix, module := range map[string]string{
		"provider-aws-": "github.com/upbound/provider-aws/v2", "provider-helm": "github.com/crossplane-contrib/provider-helm",
		"provider-kubernetes": "github.com/crossplane-contrib/provider-kubernetes", "crossplane": "github.com/crossplane/crossplane/v2",
	} {
		v, err := modules.Version(module)
		if err != nil {
			t.Fatal(err)
		}
		want[prefix] = ">=" + v
	}
	if got, _, _ := unstructured.NestedString(docs[0].Object, "spec", "crossplane", "version"); got != want["crossplane"]+"-0" {
		t.Errorf("Crossplane: want %s-0, got %s", want["crossplane"], got)
	}
	checked := 0
	dependencies, _, _ := unstructured.NestedSlice(docs[0].Object, "spec", "dependsOn")
	for _, d := range dependencies {
		d := d.(map[string]any)
		if d["kind"] != "Provider" {
			continue
		}
		name := path.Base(fmt.Sprint(d["package"]))
		for prefix, v := range want {
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			if d["version"] != v {
				t.Errorf("%s: want %s, got %s", name, v, d["version"])
			}
			checked++
		}
	}
	if providers := 11; checked != providers {
		t.Errorf("want %d providers checked, got %d", providers, checked)
	}
}
