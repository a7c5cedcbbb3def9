package platform_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/test/crds"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// A refusal is a mistake in a claim that the schema can't know of, and what is
// nearest to it and right.
type refusal struct {
	reason string
	// policy of the platform team, the function's input.
	policy string
	// fresh is a claim that can't become wrong by an edit.
	fresh bool
	// wrong is a spec that is refused, and says what the claim says about it.
	wrong string
	says  []string
	// right are specs that are accepted under the same policy, and unless is a
	// policy under which the wrong one is accepted.
	right  []string
	unless string
}

// TestRefusals: the schema lets it pass, so the function refuses it. The claim
// says which field is wrong and what would be right, and whatever exists is left
// alone.
func TestRefusals(t *testing.T) {
	t.Parallel()
	cases := networkRefusals()
	maps.Copy(cases, policyRefusals())
	maps.Copy(cases, ruleRefusals())
	maps.Copy(cases, sealRefusals())
	maps.Copy(cases, tagRefusals())
	maps.Copy(cases, valueRefusals(t))

	ready := world.With(t, "{region: eu-central-1}")
	ready.Settle()
	accepted := 0
	for name, tc := range cases {
		accepted += len(tc.right)
		if tc.unless != "" {
			accepted++
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world.With(t, tc.wrong)
			world.CheckRefused(t, tc.reason, judged(t, w, tc.policy), tc.says...)
			if !tc.fresh {
				w.Observed = ready.Observed
				w.XR.SetLabels(ready.XR.GetLabels()) // Crossplane has marked it as guarded.
				world.CheckRefused(t, tc.reason+" So should the edit of a claim that stands.", judged(t, w, tc.policy), tc.says...)
			}
			if tc.unless != "" {
				checkAccepted(t, tc.reason, judged(t, world.With(t, tc.wrong), tc.unless))
			}
			for _, right := range tc.right {
				checkAccepted(t, tc.reason+"\n"+right, judged(t, world.With(t, right), tc.policy))
			}
			if tc.unless == "" && len(tc.right) == 0 {
				t.Errorf("\n%s\nwant something right that is near", tc.reason)
			}
		})
	}
	t.Logf("%d refused, %d accepted", len(cases), accepted)
}

func networkRefusals() map[string]refusal {
	return map[string]refusal{
		"UnknownRegion": {
			fresh:  true,
			reason: "Nobody but the claim's author knows the zones of a new region.",
			wrong:  "{region: eu-nowhere-1}",
			says:   []string{"spec.network.zones: the zones of region eu-nowhere-1 are not known", "list two to six zone ids", "aws ec2 describe-availability-zones --region eu-nowhere-1"},
			right:  []string{"{region: eu-nowhere-1, network: {zones: [eun1-az1, eun1-az2]}}", "{region: eu-north-1}"},
		},
		"ZoneOfGroup": {
			reason: "A group needs subnets in its zones.",
			wrong:  "{region: eu-central-1, nodeGroups: [{name: a}, {name: b, zones: [euc1-az1, euc1-az4]}]}",
			says:   []string{"spec.nodeGroups[1].zones: euc1-az4 is not a zone of the network; its zones are euc1-az1, euc1-az2, euc1-az3"},
			right:  []string{"{region: eu-central-1, nodeGroups: [{name: a}, {name: b, zones: [euc1-az1, euc1-az3]}]}"},
		},
		"ZoneOfGroupNotChosen": {
			fresh:  true,
			reason: "A zone of the region is not always one of the network.",
			wrong:  "{region: eu-central-1, network: {zones: [euc1-az1, euc1-az2]}, nodeGroups: [{name: a, zones: [euc1-az3]}]}",
			says:   []string{"spec.nodeGroups[0].zones: euc1-az3 is not a zone of the network; its zones are euc1-az1, euc1-az2"},
			right: []string{
				"{region: eu-central-1, network: {zones: [euc1-az1, euc1-az2, euc1-az3]}, nodeGroups: [{name: a, zones: [euc1-az3]}]}",
				"{region: eu-central-1, network: {zones: [euc1-az1, euc1-az2]}, nodeGroups: [{name: a, zones: [euc1-az2]}]}",
			},
		},
		"ZoneOfGroupInOtherRegion": {
			fresh:  true,
			reason: "A claim that was copied has its old region's zones.",
			wrong:  "{region: eu-west-1, nodeGroups: [{name: a, zones: [euc1-az1]}]}",
			says:   []string{"spec.nodeGroups[0].zones: euc1-az1 is not a zone of the network; its zones are euw1-az1, euw1-az2, euw1-az3"},
			right:  []string{"{region: eu-west-1, nodeGroups: [{name: a, zones: [euw1-az1]}]}"},
		},
		"ZoneOfGroupInTheirVPC": {
			reason: "Only AWS knows which zone a subnet that exists is in.",
			wrong:  "{region: eu-central-1, network: {vpcId: vpc-00000000, privateSubnetIds: [subnet-00000001, subnet-00000002]}, nodeGroups: [{name: a, zones: [euc1-az1]}]}",
			says:   []string{"spec.nodeGroups[0].zones: can't be chosen in an existing VPC", "spread over spec.network.privateSubnetIds"},
			right:  []string{"{region: eu-central-1, network: {vpcId: vpc-00000000, privateSubnetIds: [subnet-00000001, subnet-00000002]}, nodeGroups: [{name: a}]}"},
		},
	}
}

func policyRefusals() map[string]refusal {
	const boundary = "arn:aws:iam::123456789012:policy/boundary"
	return map[string]refusal{
		"Region": {
			reason: "The platform team says where platforms may be.",
			policy: "{allowedRegions: [eu-west-1, us-east-1]}",
			wrong:  "{region: eu-central-1}",
			says:   []string{"spec.region: eu-central-1 is not allowed here; allowed are eu-west-1, us-east-1 (allowedRegions of the function's input)"},
			right:  []string{"{region: us-east-1}"},
			unless: "{allowedRegions: [eu-west-1, eu-central-1]}",
		},
		"InstanceFamily": {
			reason: "And of what.",
			policy: "{allowedInstanceFamilies: [m6i, m7i]}",
			wrong:  "{region: eu-central-1, nodeGroups: [{name: a}, {name: b, instanceTypes: [m6i.large, m5.large]}]}",
			says:   []string{"spec.nodeGroups[1].instanceTypes: m5.large is not allowed here; allowed are m6i, m7i"},
			right:  []string{"{region: eu-central-1, nodeGroups: [{name: a}, {name: b, instanceTypes: [m6i.large, m7i.large]}]}"},
			unless: "{allowedInstanceFamilies: [m6i, m5]}",
		},
		"InstanceFamilyIsNoPrefix": {
			reason: "A family is a whole one.",
			policy: "{allowedInstanceFamilies: [m6i]}",
			wrong:  "{region: eu-central-1, nodeGroups: [{name: a, instanceTypes: [m6id.large]}]}",
			says:   []string{"spec.nodeGroups[0].instanceTypes: m6id.large is not allowed here; allowed are m6i"},
			right:  []string{"{region: eu-central-1, nodeGroups: [{name: a, instanceTypes: [m6i.large]}]}"},
			unless: "{}",
		},
		"DefaultInstanceFamily": {
			reason: "The default is refused too, if it is not among them.",
			policy: "{allowedInstanceFamilies: [c6i]}",
			wrong:  "{region: eu-central-1}",
			says:   []string{"spec.nodeGroups[0].instanceTypes: m6i.large is not allowed here; allowed are c6i"},
			right:  []string{"{region: eu-central-1, nodeGroups: [{name: default, instanceTypes: [c6i.large]}]}"},
			unless: "{allowedInstanceFamilies: [m6i]}",
		},
		"Boundary": {
			reason: "A claim can't leave the platform team's boundary.",
			policy: "{permissionsBoundary: '" + boundary + "'}",
			wrong:  "{region: eu-central-1, iam: {permissionsBoundary: '" + boundary + "-of-mine'}}",
			says:   []string{"spec.iam.permissionsBoundary: " + boundary + "-of-mine is not allowed here; allowed are " + boundary + " (permissionsBoundary of the function's input)"},
			right:  []string{"{region: eu-central-1}", "{region: eu-central-1, iam: {permissionsBoundary: '" + boundary + "'}}"},
			unless: "{}",
		},
		"Repository": {
			reason: "A control plane may reach a mirror only.",
			policy: "{charts: [{name: cluster-autoscaler, repository: 'oci://mirror.example.com/charts'}]}",
			wrong:  "{region: eu-central-1, controllers: {clusterAutoscaler: {repository: 'https://kubernetes.github.io/autoscaler'}}}",
			says:   []string{"spec.controllers.clusterAutoscaler.repository: https://kubernetes.github.io/autoscaler is not allowed here; allowed are oci://mirror.example.com/charts (charts[cluster-autoscaler].repository of the function's input)"},
			right: []string{
				"{region: eu-central-1}",
				"{region: eu-central-1, controllers: {clusterAutoscaler: {repository: 'oci://mirror.example.com/charts', version: 9.58.0}}}",
				"{region: eu-central-1, controllers: {loadBalancerController: {repository: 'https://charts.example.com'}}}",
				"{region: eu-central-1, controllers: {clusterAutoscaler: {enabled: false, repository: 'https://kubernetes.github.io/autoscaler'}}}",
			},
			unless: "{charts: [{name: metrics-server, repository: 'oci://mirror.example.com/charts'}]}",
		},
		"Version": {
			reason: "The platform team may have tested one version only.",
			policy: "{charts: [{name: external-dns, version: 1.20.0}]}",
			wrong:  "{region: eu-central-1, dns: {domain: dev.example.com}, controllers: {externalDNS: {version: 1.21.1}}}",
			says:   []string{"spec.controllers.externalDNS.version: 1.21.1 is not allowed here; allowed are 1.20.0 (charts[external-dns].version of the function's input)"},
			right: []string{
				"{region: eu-central-1, dns: {domain: dev.example.com}}",
				"{region: eu-central-1, dns: {domain: dev.example.com}, controllers: {externalDNS: {version: 1.20.0}}}",
			},
			unless: "{charts: [{name: external-dns, repository: 'https://charts.example.com'}]}",
		},
		"SeveralCharts": {
			reason: "A claim should say all that is wrong with its charts.",
			policy: "{charts: [{name: metrics-server, version: 3.13.0}, {name: aws-load-balancer-controller, version: 3.4.0}]}",
			wrong:  "{region: eu-central-1, controllers: {metricsServer: {enabled: true, version: 3.13.1}, loadBalancerController: {version: 3.5.0}}}",
			says: []string{
				"spec.controllers.metricsServer.version: 3.13.1 is not allowed here; allowed are 3.13.0 (charts[metrics-server].version of the function's input)",
				"spec.controllers.loadBalancerController.version: 3.5.0 is not allowed here; allowed are 3.4.0 (charts[aws-load-balancer-controller].version of the function's input)",
			},
			right: []string{"{region: eu-central-1, controllers: {metricsServer: {enabled: true}}}"},
		},
		"SeveralPolicies": {
			reason: "And all that the policy is against.",
			policy: "{allowedRegions: [eu-west-1], allowedInstanceFamilies: [m7i], permissionsBoundary: '" + boundary + "'}",
			wrong:  "{region: eu-central-1, iam: {permissionsBoundary: '" + boundary + "s'}}",
			says:   []string{"spec.region: ", "spec.nodeGroups[0].instanceTypes: ", "spec.iam.permissionsBoundary: "},
			right:  []string{"{region: eu-west-1, nodeGroups: [{name: default, instanceTypes: [m7i.large]}]}"},
		},
	}
}

// manyTags are those of a claim or a policy, as YAML.
func manyTags(prefix string, n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("%s%d: a", prefix, i))
	}
	return "tags: {" + strings.Join(all, ", ") + "}"
}

// tagRefusals are of keys, which the schema can't look into: it knows no longest
// one, so CEL can't afford to.
func tagRefusals() map[string]refusal {
	return map[string]refusal{
		"TagKey": {
			reason: "IAM takes no commas.",
			wrong:  "{region: eu-central-1, tags: {'a,b': c}}",
			says:   []string{`spec.tags: the key "a,b" must be letters, digits, spaces and _ . : / + - @`},
			right:  []string{"{region: eu-central-1, tags: {'a b_c.d:e/f+g-h@i': c}}"},
		},
		"TagReserved": {
			reason: "The load balancer controller does not start with its own tags as wishes.",
			wrong:  "{region: eu-central-1, tags: {gateway.k8s.aws/a: b}}",
			says:   []string{`spec.tags: the key "gateway.k8s.aws/a" is reserved`, "choose another"},
			right:  []string{"{region: eu-central-1, tags: {example.com/gateway: b}}"},
		},
		"TagOfProvider": {
			reason: "The provider sets it anew each time it looks, and so would we.",
			wrong:  "{region: eu-central-1, tags: {Crossplane-Kind: a}}",
			says:   []string{`spec.tags: the provider sets a tag with the key "Crossplane-Kind" itself`, "choose another"},
			right:  []string{"{region: eu-central-1, tags: {crossplane-kinds: a, example.com/crossplane-kind: a}}"},
		},
		"TagOfProviderInPolicy": {
			reason: "Nor can the platform team's be one of those.",
			policy: "{tags: {crossplane-providerconfig: a}}",
			wrong:  "{region: eu-central-1}",
			says:   []string{`tags of the function's input: the provider sets a tag with the key "crossplane-providerconfig" itself`},
			unless: "{tags: {crossplane-namespace: a}}",
		},
		"TagValueInPolicy": {
			reason: "IAM takes no such value.",
			policy: "{tags: {owner: 'AWS:team'}}",
			wrong:  "{region: eu-central-1}",
			says:   []string{`tags of the function's input: the value "AWS:team" of owner must not begin with aws:`},
			unless: "{tags: {owner: 'team aws:'}}",
		},
		"TooManyTags": {
			reason: "AWS takes fifty on a resource, and others set seven of a subnet's.",
			policy: "{" + manyTags("policy", 20) + "}",
			wrong:  "{region: eu-central-1, " + manyTags("claim", 24) + "}",
			says:   []string{"spec.tags: 24 are too many beside 20 of the function's input, of the 50 AWS takes on a resource others set up to 7; leave out all but 23"},
			right:  []string{"{region: eu-central-1, " + manyTags("claim", 23) + "}", "{region: eu-central-1, " + manyTags("policy", 30) + "}"},
		},
		"TooManyTagsInPolicy": {
			reason: "So the platform team's may be too many.",
			policy: "{" + manyTags("policy", 44) + "}",
			wrong:  "{region: eu-central-1}",
			says:   []string{"tags of the function's input: 44 are too many, of the 50 AWS takes on a resource others set up to 7; leave out all but 43"},
			unless: "{" + manyTags("policy", 43) + "}",
		},
		"LabelKey": {
			reason: "Nodes take no label with two slashes, so EKS would never make the group.",
			wrong:  "{region: eu-central-1, nodeGroups: [{name: a, labels: {a/b/c: d}}]}",
			says:   []string{"spec.nodeGroups[0].labels: a/b/c: d: ", "label key"},
			right:  []string{"{region: eu-central-1, nodeGroups: [{name: a, labels: {a.example.com/b: d}}]}"},
		},
		"LabelValue": {
			reason: "Nor one whose value has a space.",
			wrong:  "{region: eu-central-1, nodeGroups: [{name: a, labels: {b: c d}}]}",
			says:   []string{"spec.nodeGroups[0].labels: b: c d: ", "label must"},
			right:  []string{"{region: eu-central-1, nodeGroups: [{name: a, labels: {b: c-d_e.f}}]}"},
		},
		"TagOfPolicy": {
			reason: "The platform team's mistake is not the claim's.",
			policy: "{tags: {'aws:owner': a}}",
			wrong:  "{region: eu-central-1}",
			says:   []string{`tags of the function's input: the key "aws:owner" is reserved`},
			unless: "{tags: {owner: a}}",
		},
	}
}

// valueRefusals are of every value that ties a controller to the other layers,
// however it is changed.
func valueRefusals(t *testing.T) map[string]refusal {
	t.Helper()
	all := map[string]refusal{
		"Values": {
			reason: "Whoever changes one value among others should be told which.",
			wrong:  "{region: eu-central-1, controllers: {clusterAutoscaler: {values: {replicaCount: 1, autoDiscovery: {of-mine: a, clusterName: other}}}}}",
			says:   []string{"spec.controllers.clusterAutoscaler.values: autoDiscovery.clusterName is set by the platform and can't be changed; leave it out"},
			right: []string{
				"{region: eu-central-1, controllers: {clusterAutoscaler: {values: {replicaCount: 1, autoDiscovery: {of-mine: a}, extraArgs: {expander: priority}, resources: null}}}}",
				"{region: eu-central-1, controllers: {clusterAutoscaler: {values: {}}}}",
				// It isn't installed.
				"{region: eu-central-1, controllers: {clusterAutoscaler: {enabled: false, values: {cloudProvider: gce}}}}",
			},
		},
	}
	for _, way := range []string{"PodIdentity", "IRSA"} {
		controllers, leaves := contracts(t, way), 0
		if len(controllers) != 4 {
			t.Fatalf("want the contracts of 4 controllers, got %v", world.SortedKeys(controllers))
		}
		for field, contract := range controllers {
			for _, path := range paths(contract) {
				leaves++
				name := way + "/" + field + "/" + strings.Join(path, ".")
				all[name] = protected(way, field, path, "other")
				all[name+"/removed"] = protected(way, field, path, nil)
			}
		}
		if leaves < 35 {
			t.Errorf("want at least 35 values in the contracts, got %d: is this test blind?", leaves)
		}
	}
	return all
}

// protected is the refusal of a value for a path of a contract.
func protected(way, field string, path []string, value any) refusal {
	claim := func(key string, value any) string {
		values := map[string]any{key: value}
		for _, k := range slices.Backward(path[:len(path)-1]) {
			values = map[string]any{k: values}
		}
		b, err := yaml.Marshal(map[string]any{
			"region":   "eu-central-1",
			"identity": way,
			"dns":      map[string]any{"domain": "dev.example.com"},
			// The metrics server is off by default.
			"controllers": map[string]any{field: map[string]any{"enabled": true, "values": values}},
		})
		if err != nil {
			panic(err) // Maps of strings always marshal.
		}
		return string(b)
	}
	last := path[len(path)-1]
	return refusal{
		reason: "What ties a controller to the platform should not be changed, but what is beside it may.",
		wrong:  claim(last, value),
		says:   []string{fmt.Sprintf("spec.controllers.%s.values: %s is set by the platform and can't be changed; leave it out", field, strings.Join(path, "."))},
		right:  []string{claim(last+"-of-mine", value)},
	}
}

// contracts of all controllers, by their fields in spec.controllers.
func contracts(t *testing.T, way string) map[string]map[string]any {
	t.Helper()
	w := world.With(t, "{region: eu-central-1, identity: "+way+", dns: {domain: dev.example.com}, controllers: {metricsServer: {enabled: true}}}")
	w.Settle()
	xr, err := platform.ReadComposite(w.Request().GetObserved().GetComposite().GetResource())
	if err != nil {
		t.Fatal(err)
	}
	all, err := platform.Contracts(w.Observed, xr)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// paths of everything in a map: of maps in it, which something else could
// replace, and of what is in those.
func paths(m map[string]any) [][]string {
	var all [][]string
	for _, k := range world.SortedKeys(m) {
		all = append(all, []string{k})
		if below, ok := m[k].(map[string]any); ok {
			for _, path := range paths(below) {
				all = append(all, append([]string{k}, path...))
			}
		}
	}
	return all
}

// judged is the function's answer to a claim under a policy.
func judged(t *testing.T, w *world.World, policy string) *fnv1.RunFunctionResponse {
	t.Helper()
	m := map[string]any{}
	if err := yaml.UnmarshalStrict([]byte(policy), &m); err != nil {
		t.Fatal(err)
	}
	req := w.Request()
	req.Input = world.Input(t, m)
	return w.Answer(req)
}

func checkAccepted(t *testing.T, reason string, rsp *fnv1.RunFunctionResponse) {
	t.Helper()
	if m := world.FatalOf(rsp); m != "" {
		t.Errorf("\n%s\nshould be accepted, got: %s", reason, m)
	}
	if c := world.ConditionOf(rsp, v1alpha1.ConditionAccepted); c.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE {
		t.Errorf("\n%s\nwant condition Accepted True, got %v", reason, c)
	}
}

// TestZonesOfRegions: the schema works out how AWS calls the zones of a region,
// so that a copied claim does not look for its subnets on another continent. It
// must be right about every region we know.
func TestZonesOfRegions(t *testing.T) {
	t.Parallel()
	r, err := crds.Shared()
	if err != nil {
		t.Fatal(err)
	}
	check := func(region string, zones []string) error {
		o := &unstructured.Unstructured{}
		spec := "{region: " + region + ", network: {zones: [" + strings.Join(zones, ", ") + "]}}"
		if err := yaml.Unmarshal([]byte("{apiVersion: xplatform.dev/v1alpha1, kind: Platform, metadata: {name: dev, namespace: team-a}, spec: "+spec+"}"), &o.Object); err != nil {
			t.Fatal(err)
		}
		return r.Validate(o)
	}
	regions := world.SortedKeys(platform.RegionZones)
	for i, region := range regions {
		if err := check(region, platform.RegionZones[region]); err != nil {
			t.Errorf("\nA region's own zones should be accepted: %v", err)
		}
		other := regions[(i+1)%len(regions)]
		err := check(region, platform.RegionZones[other])
		if err == nil || !strings.Contains(err.Error(), "spec.network.zones: Invalid value: zones must be in the platform's region") {
			t.Errorf("\nThe zones of %s should be refused in %s: got %v", other, region, err)
		}
	}
}
