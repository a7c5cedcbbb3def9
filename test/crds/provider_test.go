package crds

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestValidate(t *testing.T) {
	cases := map[string]struct {
		reason string
		object string
		want   []string
	}{
		"VPC": {
			reason: "A right object should be accepted, and the provider's own defaults set.",
			object: `
apiVersion: ec2.aws.m.upbound.io/v1beta1
kind: VPC
metadata: {name: dev, namespace: crossplane-system}
spec: {forProvider: {region: eu-central-1, cidrBlock: 10.0.0.0/16, tags: {Name: dev}}}
`,
		},
		"UnknownField": {
			reason: "A field the provider does not have should be refused, and any other error found too.",
			object: `
apiVersion: ec2.aws.m.upbound.io/v1beta1
kind: VPC
metadata: {name: dev, namespace: crossplane-system}
spec: {forProvider: {region: 1, cidr: 10.0.0.0/16}}
`,
			want: []string{
				"VPC crossplane-system/dev: spec.forProvider.cidr: Forbidden: unknown field",
				"VPC crossplane-system/dev: spec.forProvider.region: Invalid value",
			},
		},
		"UnknownMetadata": {
			reason: "Unknown metadata should be refused as well.",
			object: `
apiVersion: ec2.aws.m.upbound.io/v1beta1
kind: VPC
metadata: {name: dev, namespace: crossplane-system, label: {a: b}}
spec: {forProvider: {region: eu-central-1}}
`,
			want: []string{"metadata.label: Forbidden: unknown field"},
		},
		"BadLabel": {
			reason: "Metadata the API server refuses should be refused.",
			object: `
apiVersion: ec2.aws.m.upbound.io/v1beta1
kind: VPC
metadata: {name: dev, namespace: crossplane-system, labels: {a: "not a label"}}
spec: {forProvider: {region: eu-central-1}}
`,
			want: []string{"metadata.labels: Invalid value"},
		},
		"NoNamespace": {
			reason: "A namespaced object should have a namespace.",
			object: `
apiVersion: ec2.aws.m.upbound.io/v1beta1
kind: VPC
metadata: {name: dev}
spec: {forProvider: {region: eu-central-1}}
`,
			want: []string{"VPC dev: metadata.namespace: Required value"},
		},
		"Rule": {
			reason: "What a provider requires by a rule should be required.",
			object: `
apiVersion: sqs.aws.m.upbound.io/v1beta1
kind: QueuePolicy
metadata: {name: dev, namespace: crossplane-system}
spec: {forProvider: {region: eu-central-1}}
`,
			want: []string{"QueuePolicy crossplane-system/dev: spec: Invalid value", "spec.forProvider.policy is a required parameter"},
		},
		"FreeFields": {
			reason: "A Helm release's values should be free.",
			object: `
apiVersion: helm.m.crossplane.io/v1beta1
kind: Release
metadata: {name: dev, namespace: crossplane-system}
spec: {forProvider: {chart: {name: a, repository: "https://example.com", version: 1.0.0}, namespace: kube-system, values: {a: {b: 1}}}}
`,
		},
		"UnknownVersion": {
			reason: "A version that is not served should be an error that names it.",
			object: `{apiVersion: ec2.aws.m.upbound.io/v1, kind: VPC, metadata: {name: dev}}`,
			want:   []string{"cannot use CRD vpcs.ec2.aws.m.upbound.io: it serves no version v1"},
		},
		"UnknownKind": {
			reason: "An object of a kind nobody defines should be an error.",
			object: `{apiVersion: example.org/v1, kind: Pod, metadata: {name: dev}}`,
			want:   []string{"Pod dev: cannot find a CRD of kind Pod"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			obj := parse(t, tc.object)
			before := obj.DeepCopy()
			checkError(t, tc.reason, registry(t).Validate(obj), tc.want)
			if diff := cmp.Diff(before.Object, obj.Object); diff != "" {
				t.Errorf("\n%s\nValidate should not change the object: -before, +after:\n%s", tc.reason, diff)
			}
		})
	}
}
