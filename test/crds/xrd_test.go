package crds

import (
	"os"
	"path/filepath"
	"testing"
)

// modern is an XRD of a namespaced composite.
const modern = `
apiVersion: apiextensions.crossplane.io/v2
kind: CompositeResourceDefinition
metadata: {name: platforms.xplatform.dev}
spec:
  group: xplatform.dev
  names: {kind: Platform, plural: platforms}
  versions:
  - name: v1alpha1
    served: true
    referenceable: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [region]
            properties: {region: {type: string}}
`

func TestXRD(t *testing.T) {
	file := filepath.Join(t.TempDir(), "xrd.yaml")
	if err := os.WriteFile(file, []byte(modern), 0o600); err != nil {
		t.Fatal(err)
	}
	namespaced, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}

	cases := map[string]struct {
		reason   string
		registry *Registry
		object   string
		want     []string
	}{
		"Composite": {
			reason:   "A composite should have the fields Crossplane gives it.",
			registry: registry(t),
			object: `
apiVersion: xplatform.dev/v1alpha1
kind: XPlatform
metadata: {name: dev-x7k2p}
spec:
  region: eu-central-1
  compositionRef: {name: xplatform}
  compositionUpdatePolicy: Manual
  claimRef: {apiVersion: xplatform.dev/v1alpha1, kind: Platform, namespace: team-a, name: dev}
  resourceRefs: [{apiVersion: ec2.aws.m.upbound.io/v1beta1, kind: VPC, namespace: crossplane-system, name: dev-x7k2p-vpc}]
status:
  claimConditionTypes: [NetworkReady]
  conditions: [{type: Ready, status: "False", reason: Creating, lastTransitionTime: "2026-01-01T00:00:00Z"}]
`,
		},
		"CompositeFieldOnClaim": {
			reason:   "A claim should not have what only its composite has.",
			registry: registry(t),
			object: `
apiVersion: xplatform.dev/v1alpha1
kind: Platform
metadata: {name: dev, namespace: team-a}
spec: {region: eu-central-1, resourceRefs: []}
`,
			want: []string{"Platform team-a/dev: spec.resourceRefs: Forbidden: unknown field"},
		},
		"LongName": {
			reason:   "A name that is too long for a label should be refused.",
			registry: registry(t),
			object: `
apiVersion: xplatform.dev/v1alpha1
kind: Platform
metadata: {name: a23456789-b23456789-c23456789-d23456789-e23456789-f23456789-g234, namespace: team-a}
spec: {region: eu-central-1}
`,
			want: []string{"metadata.name: Too long"},
		},
		"Namespaced": {
			reason:   "A modern composite should be namespaced and keep Crossplane's fields apart.",
			registry: namespaced,
			object: `
apiVersion: xplatform.dev/v1alpha1
kind: Platform
metadata: {name: dev, namespace: team-a}
spec: {region: eu-central-1, crossplane: {compositionRef: {name: xplatform}}}
`,
		},
		"LegacyFieldOnNamespaced": {
			reason:   "A modern composite should not have the fields of a legacy one.",
			registry: namespaced,
			object: `
apiVersion: xplatform.dev/v1alpha1
kind: Platform
metadata: {name: dev, namespace: team-a}
spec: {region: eu-central-1, compositionRef: {name: xplatform}}
`,
			want: []string{"spec.compositionRef: Forbidden: unknown field"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkError(t, tc.reason, tc.registry.Validate(parse(t, tc.object)), tc.want)
		})
	}
}
