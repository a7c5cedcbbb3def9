package platform_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

func TestNodeGroups(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		group  string
		// spec holds what the node group named a should have, by field path.
		spec map[string]any
	}{
		"Default": {
			reason: "A group should have sane defaults.",
			group:  "{name: a}",
			spec: map[string]any{
				"forProvider.instanceTypes":                         []any{"m6i.large"},
				"forProvider.amiType":                               "AL2023_x86_64_STANDARD",
				"forProvider.capacityType":                          "ON_DEMAND",
				"forProvider.scalingConfig":                         nil,
				"initProvider.scalingConfig":                        map[string]any{"minSize": 2.0, "maxSize": 5.0, "desiredSize": 2.0},
				"forProvider.labels":                                nil,
				"forProvider.taint":                                 nil,
				"forProvider.updateConfig.maxUnavailablePercentage": 33.0,
				"forProvider.diskSize":                              nil,
			},
		},
		"Sizes": {
			reason: "The size a group begins with should be the claim's, the bounds too.",
			group:  "{name: a, minSize: 0, maxSize: 9, desiredSize: 4}",
			spec: map[string]any{
				"initProvider.scalingConfig": map[string]any{"minSize": 0.0, "maxSize": 9.0, "desiredSize": 4.0},
			},
		},
		"Zero": {
			reason: "A group that begins with no node should say so, rather than leave it to EKS.",
			group:  "{name: a, minSize: 0, maxSize: 9}",
			spec: map[string]any{
				"initProvider.scalingConfig": map[string]any{"minSize": 0.0, "maxSize": 9.0, "desiredSize": 0.0},
			},
		},
		"Spot": {
			reason: "EKS spells capacity otherwise than we do.",
			group:  "{name: a, capacityType: Spot, instanceTypes: [c6i.large, c5.large]}",
			spec: map[string]any{
				"forProvider.capacityType":  "SPOT",
				"forProvider.instanceTypes": []any{"c6i.large", "c5.large"},
			},
		},
		"LabelsAndTaints": {
			reason: "EKS spells effects otherwise than Kubernetes.",
			group:  "{name: a, labels: {team: a, tier: web}, taints: [{key: once, value: '1', effect: NoSchedule}, {key: other, effect: PreferNoSchedule}, {key: once, value: '2', effect: NoExecute}]}",
			spec: map[string]any{
				"forProvider.labels": map[string]any{"team": "a", "tier": "web"},
				"forProvider.taint": []any{
					map[string]any{"key": "once", "value": "1", "effect": "NO_SCHEDULE"},
					map[string]any{"key": "other", "effect": "PREFER_NO_SCHEDULE"},
					map[string]any{"key": "once", "value": "2", "effect": "NO_EXECUTE"},
				},
			},
		},
		"Bottlerocket": {
			reason: "The operating system should be the claim's.",
			group:  "{name: a, amiType: BOTTLEROCKET_ARM_64, instanceTypes: [m7g.large]}",
			spec:   map[string]any{"forProvider.amiType": "BOTTLEROCKET_ARM_64"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, groups("["+tc.group+", {name: open}]"))
			rsp := w.Settle()
			world.Validate(t, w, rsp)
			for path, want := range tc.spec {
				if diff := cmp.Diff(want, world.At(rsp, "node-group.a", "spec."+path)); diff != "" {
					t.Errorf("\n%s\n%s: -want, +got:\n%s", tc.reason, path, diff)
				}
			}
			// Late initialisation would copy the autoscaler's choice into our
			// spec, and the provider would set it back for ever.
			if diff := cmp.Diff([]any{"Observe", "Create", "Update", "Delete"}, world.At(rsp, "node-group.a", "spec.managementPolicies")); diff != "" {
				t.Errorf("\nThe autoscaler should own the size: -want, +got:\n%s", diff)
			}
			if got := world.At(rsp, "node-group.a", world.ExternalName); got != "a" {
				t.Errorf("\nThe group should be called as the claim calls it: got %v", got)
			}
		})
	}
}

// TestLabelLimits: a label EKS refuses would keep a node group from ever being
// made. Keys and values have 1 to 63 characters there.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html
func TestLabelLimits(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason     string
		key, value string
		refused    bool
	}{
		"Longest":    {reason: "The longest label EKS takes should be one a claim can have.", key: strings.Repeat("k", 63), value: strings.Repeat("v", 63)},
		"LongKey":    {reason: "A longer key should be refused at once, not by EKS for ever.", key: strings.Repeat("k", 64), value: "v", refused: true},
		"LongValue":  {reason: "So should a longer value.", key: "k", value: strings.Repeat("v", 64), refused: true},
		"EmptyValue": {reason: "So should no value.", key: "k", refused: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, groups("[{name: a, labels: {a: b}}]"))
			list, _, _ := unstructured.NestedSlice(w.XR.Object, "spec", "nodeGroups")
			list[0].(map[string]any)["labels"] = map[string]any{tc.key: tc.value}
			world.Set(list, "spec", "nodeGroups")(w.XR)
			if err := w.CRDs.Validate(w.XR); (err != nil) != tc.refused {
				t.Errorf("\n%s\nwant refused %t, got error: %v", tc.reason, tc.refused, err)
			}
		})
	}
}

func TestLaunchTemplates(t *testing.T) {
	t.Parallel()
	volume := func(device string, size any) any {
		ebs := map[string]any{"volumeType": "gp3", "encrypted": "true", "deleteOnTermination": "true"}
		if size != nil {
			ebs["volumeSize"] = size
		}
		return map[string]any{"deviceName": device, "ebs": ebs}
	}
	cases := map[string]struct {
		reason string
		group  string
		want   []any
	}{
		"AmazonLinux": {
			reason: "Amazon Linux has all on its root volume.",
			group:  "{name: a}",
			want:   []any{volume("/dev/xvda", 50.0)},
		},
		"Size": {
			reason: "The volume should be as large as the claim says.",
			group:  "{name: a, diskSizeGiB: 200, amiType: AL2023_ARM_64_NVIDIA, instanceTypes: [g5g.xlarge]}",
			want:   []any{volume("/dev/xvda", 200.0)},
		},
		"Bottlerocket": {
			reason: "Bottlerocket has images and containers on its second volume, and the first should be encrypted too.",
			group:  "{name: a, diskSizeGiB: 200, amiType: BOTTLEROCKET_x86_64_FIPS}",
			want:   []any{volume("/dev/xvda", nil), volume("/dev/xvdb", 200.0)},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			rsp := world.With(t, groups("["+tc.group+", {name: open}]")).Run()
			const key = "node-group.a.template"
			if diff := cmp.Diff(tc.want, world.At(rsp, key, "spec.forProvider.blockDeviceMappings")); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			metadata := map[string]any{"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1.0}
			if diff := cmp.Diff(metadata, world.At(rsp, key, "spec.forProvider.metadataOptions")); diff != "" {
				t.Errorf("\nPods should not be able to act as their node: -want, +got:\n%s", diff)
			}
			var tagged []any
			specs, _ := world.At(rsp, key, "spec.forProvider.tagSpecifications").([]any)
			for _, s := range specs {
				tagged = append(tagged, s.(map[string]any)["resourceType"])
			}
			// A node group's own tags reach none of these.
			if diff := cmp.Diff([]any{"instance", "network-interface", "volume"}, tagged); diff != "" {
				t.Errorf("\nWhat nodes are made of should be tagged: -want, +got:\n%s", diff)
			}
			// What EKS has fields of its own for must not be in a template.
			for _, field := range []string{"imageId", "instanceType", "iamInstanceProfile", "networkInterfaces", "vpcSecurityGroupIds", "userData"} {
				if got := world.At(rsp, key, "spec.forProvider."+field); got != nil {
					t.Errorf("\n%s is EKS's business: got %v", field, got)
				}
			}
		})
	}
}

// TestLaunchTemplateVersion: a change of the template reaches the nodes, as the
// number EKS answers with.
func TestLaunchTemplateVersion(t *testing.T) {
	t.Parallel()
	w := world.With(t, groups("[{name: a}, {name: b}]"))
	before := w.Settle()
	const version = "spec.forProvider.launchTemplate.version"
	if got := world.At(before, "node-group.a", version); got != "1" {
		t.Errorf("want version 1, got %v", got)
	}
	if got, want := world.At(before, "node-group.a", "spec.forProvider.launchTemplate.id"), w.Observed["node-group.a.template"].GetResource().AsMap()["status"].(map[string]any)["atProvider"].(map[string]any)["id"]; got != want {
		t.Errorf("want template %v, got %v", want, got)
	}
	w.Edit("node-group.a.template", world.Set(12.0, "status", "atProvider", "latestVersion"))
	after := w.Run()
	if got := world.At(after, "node-group.a", version); got != "12" {
		t.Errorf("want version 12, got %v", got)
	}
	for _, key := range world.Keys(before) {
		if key != "node-group.a" && !proto.Equal(before.GetDesired().GetResources()[key], after.GetDesired().GetResources()[key]) {
			t.Errorf("%s: has nothing to do with it, and is asked for otherwise", key)
		}
	}
}

// TestNodeGroupZones: a group in some zones is in their private subnets.
func TestNodeGroupZones(t *testing.T) {
	t.Parallel()
	w := world.With(t, groups("[{name: a}, {name: b, zones: [euc1-az3, euc1-az1]}, {name: c, zones: [euc1-az2]}]"))
	rsp := w.Settle()
	want := map[string][]string{
		"node-group.a": {"euc1-az1", "euc1-az2", "euc1-az3"},
		"node-group.b": {"euc1-az1", "euc1-az3"},
		"node-group.c": {"euc1-az2"},
	}
	for key, zones := range want {
		var refs []any
		for _, z := range zones {
			refs = append(refs, map[string]any{"name": world.Desired(rsp, "subnet.private."+z).GetName()})
		}
		if diff := cmp.Diff(refs, world.At(rsp, key, "spec.forProvider.subnetIdRefs")); diff != "" {
			t.Errorf("%s: -want, +got:\n%s", key, diff)
		}
	}
}

// tagsOf are the tags of a node group's Auto Scaling group, by tag key.
func tagsOf(rsp *fnv1.RunFunctionResponse, group string) map[string]any {
	tags := map[string]any{}
	for _, key := range world.KindsOf(rsp, "GroupTag") {
		if strings.HasPrefix(key, "node-group."+group+".tag.") {
			tags[world.At(rsp, key, "spec.forProvider.tag.key").(string)] = world.At(rsp, key, "spec.forProvider.tag.value")
		}
	}
	return tags
}

// TestGroupTags: the autoscaler learns what a node would offer while there is
// none: from EKS, which knows labels, taints and the node group's tags, and from
// the Auto Scaling group's tags what EKS doesn't tell.
// https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md
func TestGroupTags(t *testing.T) {
	t.Parallel()
	const template = "k8s.io/cluster-autoscaler/node-template/"
	cases := map[string]struct {
		reason string
		group  string
		// disk is the tag of the node group, tags are those of its Auto Scaling
		// group.
		disk string
		tags map[string]any
	}{
		"Plain": {
			reason: "Every group should say how much disk its nodes have.",
			group:  "{name: a}",
			disk:   "50Gi",
			tags:   map[string]any{},
		},
		"LabelsAndTaints": {
			reason: "EKS tells of labels, and of taints with a value; of others the tags do, as Kubernetes spells them.",
			group:  "{name: a, diskSizeGiB: 20, labels: {example.com/team: a}, taints: [{key: one, value: '1', effect: NoSchedule}, {key: two, effect: NoExecute}, {key: three, effect: PreferNoSchedule}]}",
			disk:   "20Gi",
			tags:   map[string]any{template + "taint/two": ":NoExecute", template + "taint/three": ":PreferNoSchedule"},
		},
		"OneKeyTwice": {
			reason: "A tag has one value, so of two taints with one key it should tell the first.",
			group:  "{name: a, taints: [{key: x, effect: NoSchedule}, {key: x, effect: NoExecute}]}",
			disk:   "50Gi",
			tags:   map[string]any{template + "taint/x": ":NoSchedule"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, groups("["+tc.group+", {name: open}]"))
			rsp := w.Settle()
			tags, _ := world.At(rsp, "node-group.a", "spec.forProvider.tags").(map[string]any)
			if got := tags[template+"resources/ephemeral-storage"]; got != tc.disk {
				t.Errorf("\n%s\nwant a disk of %s, got %v", tc.reason, tc.disk, got)
			}
			if diff := cmp.Diff(tc.tags, tagsOf(rsp, "a")); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			for _, key := range world.KindsOf(rsp, "GroupTag") {
				if !strings.HasPrefix(key, "node-group.a.tag.") {
					t.Errorf("\n%s\n%s has nothing to tell", tc.reason, key)
				}
				if got, _ := world.At(rsp, key, "spec.forProvider.autoscalingGroupName").(string); !strings.HasPrefix(got, "eks-a-") {
					t.Errorf("%s: should be on the group of node-group.a: got %s", key, got)
				}
				if world.At(rsp, key, "spec.forProvider.tag.propagateAtLaunch") != false {
					t.Errorf("%s: is for the autoscaler's eyes, not for instances", key)
				}
			}
		})
	}
}

// TestNodeGroupRefusals: what can't be known before the network is planned.
func TestNodeGroupRefusals(t *testing.T) {
	t.Parallel()
	w := world.With(t, groups("[{name: a, zones: [use1-az1]}]"))
	world.CheckRefused(t, "A group in another region's zone should be refused.", w.Respond(w.Request()), "spec.nodeGroups[0].zones", "use1-az1")
}

// groups is a claim of nothing but node groups.
func groups(list string) string { return "{region: eu-central-1, name: dev, nodeGroups: " + list + "}" }

// TestFailedNodeGroup: EKS says once why it could not make a group, and the provider
// forgets it the next time it looks. The claim doesn't, until the group is one, and
// says the way out.
func TestFailedNodeGroup(t *testing.T) {
	t.Parallel()
	const (
		key = "node-group.default"
		why = "NodeCreationFailure: Instances failed to join the kubernetes cluster"
		way = "have it made anew: kubectl delete nodegroups.eks.aws.m.upbound.io -n crossplane-system dev-x7k2p-" + key
	)
	w := world.New(t, "platform-smallest.yaml")
	w.Settle()
	say := func(when string, says ...string) {
		t.Helper()
		rsp := w.Run()
		world.Validate(t, w, rsp)
		c := world.ConditionOf(rsp, v1alpha1.ConditionNodesReady)
		for _, s := range says {
			if c.GetReason() != "Failed" || !strings.Contains(c.GetMessage(), s) {
				t.Errorf("%s: want it to have failed and %q, got %v", when, s, c)
			}
		}
		w.Remember(rsp)
	}
	state := func(status, async, message string) func(o *unstructured.Unstructured) {
		return func(o *unstructured.Unstructured) {
			world.Set(status, "status", "atProvider", "status")(o)
			world.WithStatus(o, "LastAsyncOperation", async, "AsyncCreateFailure", message)
		}
	}
	w.Edit(key, state("CREATE_FAILED", "False", "async create failed: waiting for EKS Node Group (dev:default) create: unexpected state 'CREATE_FAILED', wanted target 'ACTIVE'. last error: i-0123: "+why))
	say("At first", why, way)
	w.Edit(key, state("CREATE_FAILED", "True", ""))
	say("Once the provider has looked again", "status is CREATE_FAILED", why, way)
	say("For as long as it is", "status is CREATE_FAILED", why, way)
	w.Edit(key, state("DEGRADED", "True", ""))
	say("Also if it had become one", "status is DEGRADED", why)
	if c := world.ConditionOf(w.Run(), v1alpha1.ConditionNodesReady); strings.Contains(c.GetMessage(), "kubectl delete") {
		t.Errorf("a group that runs is not to be deleted, got %v", c)
	}

	w.Edit(key, state("ACTIVE", "True", ""))
	rsp := w.Run()
	if c := world.ConditionOf(rsp, v1alpha1.ConditionNodesReady); c.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE || world.StatusOf(t, rsp)["failing"] != nil {
		t.Errorf("once it is one, all should be well: got %v, failing: %v", c, world.StatusOf(t, rsp)["failing"])
	}
	w.Remember(rsp)
	w.Edit(key, state("DEGRADED", "True", ""))
	if c := world.ConditionOf(w.Run(), v1alpha1.ConditionNodesReady); strings.Contains(c.GetMessage(), why) {
		t.Errorf("what was mended is no reason any more: got %v", c)
	}
}
