package crds

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/xplatform-dev/function-xplatform/test/aws"
)

// TestCategories: no category of ours is also a name of a kind. kubectl takes a
// word for a category first, and of a category it gets nothing by name: "kubectl
// get xplatform dev-x7k2p" would fail with "you must specify only one resource".
func TestCategories(t *testing.T) {
	t.Parallel()
	r := registry(t)
	names := map[string]string{}
	add := func(crd *extv1.CustomResourceDefinition) {
		n := crd.Spec.Names
		for _, name := range append([]string{n.Kind, n.ListKind, n.Plural, n.Singular}, n.ShortNames...) {
			names[strings.ToLower(name)] = n.Kind + " in " + crd.Spec.Group
		}
	}
	// Those that Crossplane adds to what it makes of an XRD.
	categories := map[string]bool{"claim": true, "composite": true}
	for _, crd := range r.crds {
		add(crd)
		for _, c := range crd.Spec.Names.Categories {
			categories[c] = true
		}
	}
	for _, crd := range slices.Concat(composed(t, r), crossplanes(t, r)) {
		add(crd)
	}
	if len(names) < 100 || len(categories) < 3 {
		t.Fatalf("want the names of all kinds and a category of ours, got %d and %v", len(names), categories)
	}
	for _, c := range slices.Sorted(maps.Keys(categories)) {
		if kind, taken := names[c]; taken {
			t.Errorf("the category %s is also a name of %s", c, kind)
		}
	}
}

// composed are the CRDs of what the function composes.
func composed(t *testing.T, r *Registry) []*extv1.CustomResourceDefinition {
	t.Helper()
	w, err := aws.New()
	if err != nil {
		t.Fatal(err)
	}
	var all []*extv1.CustomResourceDefinition
	for _, gk := range append(w.Kinds(), schema.GroupKind{Group: "xplatform.fn.crossplane.io", Kind: "Input"}) {
		crd, err := r.CRD(gk)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, crd)
	}
	return all
}

// crossplanes are the CRDs of Crossplane itself.
func crossplanes(t *testing.T, r *Registry) []*extv1.CustomResourceDefinition {
	t.Helper()
	var all []*extv1.CustomResourceDefinition
	for _, dir := range r.dirs {
		if !strings.HasSuffix(dir, filepath.Join("cluster", "crds")) {
			continue
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			crds, err := readFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, crds...)
		}
	}
	return all
}
