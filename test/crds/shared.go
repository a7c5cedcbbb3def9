package crds

import (
	"sync"
	"testing"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Shared is the registry of the project. Building its validators is slow, so all
// tests of a package share it.
//
//nolint:gochecknoglobals // See above.
var Shared = sync.OnceValues(Project)

// SchemaOf a field of a claim, as the API server checks it.
func SchemaOf(tb testing.TB, path ...string) extv1.JSONSchemaProps {
	tb.Helper()
	r, err := Shared()
	if err != nil {
		tb.Fatal(err)
	}
	crd, err := r.CRD(schema.GroupKind{Group: "xplatform.dev", Kind: "Platform"})
	if err != nil {
		tb.Fatal(err)
	}
	s := *crd.Spec.Versions[0].Schema.OpenAPIV3Schema
	for _, p := range path {
		if p == "[]" {
			s = *s.Items.Schema
			continue
		}
		next, ok := s.Properties[p]
		if !ok {
			tb.Fatalf("the schema has no %s of %v", p, path)
		}
		s = next
	}
	return s
}
