package crds

import (
	"context"
	"strings"
	"sync"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// opened is shared by the tests, as the CRDs take long to read.
//
//nolint:gochecknoglobals // A cache.
var opened = sync.OnceValues(Project)

// registry returns the project's registry.
func registry(t *testing.T) *Registry {
	t.Helper()
	r, err := opened()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// parse returns the object in a YAML document.
func parse(t *testing.T, doc string) *unstructured.Unstructured {
	t.Helper()
	obj := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(doc), &obj.Object); err != nil {
		t.Fatal(err)
	}
	return obj
}

// checkError reports an error that does not contain every wanted text, or any
// error if no text is wanted.
func checkError(t *testing.T, reason string, err error, want []string) {
	t.Helper()
	if len(want) == 0 {
		if err != nil {
			t.Errorf("\n%s\nwant no error, got:\n%v", reason, err)
		}
		return
	}
	if err == nil {
		t.Fatalf("\n%s\nwant an error with %q, got none", reason, want)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("\n%s\nwant an error with %q, got:\n%v", reason, w, err)
		}
	}
}

func TestDefinitionsAreAccepted(t *testing.T) {
	cases := map[string]struct {
		reason string
		kind   schema.GroupKind
	}{
		"Claim": {
			reason: "An API server should accept the CRD that Crossplane makes of the XRD for claims.",
			kind:   schema.GroupKind{Group: "xplatform.dev", Kind: "Platform"},
		},
		"Composite": {
			reason: "An API server should accept the CRD that Crossplane makes of the XRD for composites.",
			kind:   schema.GroupKind{Group: "xplatform.dev", Kind: "XPlatform"},
		},
		"Input": {
			reason: "An API server should accept the CRD of the function's input.",
			kind:   schema.GroupKind{Group: "xplatform.fn.crossplane.io", Kind: "Input"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			crd, err := registry(t).CRD(tc.kind)
			if err != nil {
				t.Fatal(err)
			}
			crd = crd.DeepCopy()
			// The API server sets this when it stores a CRD.
			crd.Status.StoredVersions = []string{crd.Spec.Versions[0].Name}

			internal := &apiextensions.CustomResourceDefinition{}
			if err := extv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(crd, internal, nil); err != nil {
				t.Fatal(err)
			}
			for _, err := range validation.ValidateCustomResourceDefinition(context.Background(), internal) {
				t.Errorf("\n%s\n%v", tc.reason, err)
			}
		})
	}
}

func TestCRD(t *testing.T) {
	cases := map[string]struct {
		reason string
		kind   schema.GroupKind
		want   string
		err    []string
	}{
		"InFolder": {
			reason: "A CRD in a folder should be found by its kind.",
			kind:   schema.GroupKind{Group: "helm.m.crossplane.io", Kind: "Release"},
			want:   "releases.helm.m.crossplane.io",
		},
		"SameKindInAnotherGroup": {
			reason: "A kind should be found in the group asked for.",
			kind:   schema.GroupKind{Group: "eks.aws.m.upbound.io", Kind: "Cluster"},
			want:   "clusters.eks.aws.m.upbound.io",
		},
		"Unknown": {
			reason: "A kind nobody defines should be an error that names it.",
			kind:   schema.GroupKind{Group: "ec2.aws.m.upbound.io", Kind: "Mainframe"},
			err:    []string{"cannot find a CRD of kind Mainframe in group \"ec2.aws.m.upbound.io\""},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			crd, err := registry(t).CRD(tc.kind)
			checkError(t, tc.reason, err, tc.err)
			if crd != nil && crd.GetName() != tc.want {
				t.Errorf("\n%s\nwant %s, got %s", tc.reason, tc.want, crd.GetName())
			}
		})
	}
}
