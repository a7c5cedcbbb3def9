package platform_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
	"github.com/xplatform-dev/function-xplatform/test/crds"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestStrictPolicy: the strict policy of docs/install.md is one, and has rules against
// all that a claim may bring.
func TestStrictPolicy(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join(world.Root(), "docs", "install.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\ninput:\n([^`]*allowedRoleArns[^`]*)```").FindSubmatch(b)
	if block == nil {
		t.Fatal("docs/install.md shows no strict policy")
	}
	if err := validInput(t, string(block[1])); err != nil {
		t.Error(err)
	}
	if err := yaml.UnmarshalStrict(block[1], &v1beta1.Input{}); err != nil {
		t.Error(err)
	}
	policy := string(block[1])
	const right = "{region: eu-central-1, network: {cidr: 10.64.0.0/16}, cluster: {endpointAccess: {publicCidrs: [203.0.113.7/32]}, admins: ['arn:aws:iam::123456789012:role/teams/a']}, dns: {domain: a.dev.example.com}, databases: [{name: orders, engine: postgres}]}"
	checkAccepted(t, "A claim that brings nothing should be accepted.", judged(t, world.With(t, right), policy))
	world.CheckRefused(t, "One that brings everything should not.", judged(t, world.New(t, "platform-existing.yaml"), policy),
		"spec.network.vpcId", "allowedVpcIds", "spec.network.privateSubnetIds", "allowedSubnetIds", "spec.cluster.secretsEncryption.kmsKeyArn", "allowedKmsKeyArns",
		"spec.iam.clusterRoleArn", "spec.iam.nodeRoleArn", "allowedRoleArns", "spec.dns.zoneId", "allowedHostedZoneIds", "spec.dns.domain", "allowedDomains", "allowedPublicCidrs")
}

// TestInput: what can't be meant is refused by the schema of the function's input.
func TestInput(t *testing.T) {
	t.Parallel()
	for wrong, field := range map[string]string{
		"{allowedRegions: [Frankfurt]}":                                "allowedRegions[0]",
		"{allowedVpcIds: [subnet-00000001]}":                           "allowedVpcIds[0]",
		"{allowedSubnetIds: [vpc-00000001]}":                           "allowedSubnetIds[0]",
		"{allowedKubernetesVersions: ['1.2']}":                         "allowedKubernetesVersions[0]",
		"{allowedPublicCidrs: [203.0.113.0]}":                          "allowedPublicCidrs[0]",
		"{allowedNetworkCidrs: [all]}":                                 "allowedNetworkCidrs[0]",
		"{allowedRoleArns: ['arn:aws:iam::123456789012:role/[a-z]']}":  "allowedRoleArns[0]",
		"{allowedAdminArns: ['?']}":                                    "allowedAdminArns[0]",
		"{allowedKmsKeyArns: ['a b']}":                                 "allowedKmsKeyArns[0]",
		"{allowedHostedZoneIds: [example.com]}":                        "allowedHostedZoneIds[0]",
		"{allowedDomains: ['*.example.com']}":                          "allowedDomains[0]",
		"{allowedDatabaseClasses: ['db.[tm]4g.*']}":                    "allowedDatabaseClasses[0]",
		"{allowedChartRepositories: ['http://example.com']}":           "allowedChartRepositories[0]",
		"{maxNodes: 0}":                                                "maxNodes",
		"{maxNodeGroups: 0}":                                           "maxNodeGroups",
		"{maxNodeDiskSizeGiB: 19}":                                     "maxNodeDiskSizeGiB",
		"{maxDatabases: -1}":                                           "maxDatabases",
		"{maxQueues: -1}":                                              "maxQueues",
		"{maxDatabaseStorageGiB: 19}":                                  "maxDatabaseStorageGiB",
		"{allowedRegions: [a-b-1, a-b-1]}":                             "allowedRegions",
		"{facts: {namespace: Kube}}":                                   "facts.namespace",
		"{facts: {argoCD: {}}}":                                        "facts.argoCD.namespace",
		"{facts: {argoCD: {namespace: a_b}}}":                          "facts.argoCD.namespace",
		"{facts: {argoCD: {namespace: argocd, roleArn: argocd}}}":      "facts.argoCD.roleArn",
		"{facts: {flux: {namespace: '-'}}}":                            "facts.flux.namespace",
		"{facts: {flux: {roleArn: 'arn:aws:iam::123456789012:role'}}}": "facts.flux.roleArn",
	} {
		if err := validInput(t, wrong); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: want %s refused, got: %v", wrong, field, err)
		}
	}
}

// validInput is what the schema of the function's input says against a policy.
func validInput(t *testing.T, policy string) error {
	t.Helper()
	o := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(policy), &o.Object); err != nil {
		t.Fatal(err)
	}
	o.SetAPIVersion("xplatform.fn.crossplane.io/v1beta1")
	o.SetKind("Input")
	o.SetNamespace("crossplane-system")
	o.SetName("policy")
	r, err := crds.Shared()
	if err != nil {
		t.Fatal(err)
	}
	return r.Validate(o)
}
