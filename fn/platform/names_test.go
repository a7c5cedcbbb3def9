package platform_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/test/crds"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestLongestNames: AWS and Kubernetes take every name of the longest claim, and
// none is used twice.
func TestLongestNames(t *testing.T) {
	t.Parallel()
	w := longest(t, "ap-southeast-7")
	rsp := w.Settle()
	world.Validate(t, w, rsp)

	limits := map[string]struct {
		path    string
		longest int
		pattern string
	}{
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
		"Role":       {world.ExternalName, 64, `^[\w+=,.@-]+$`},
		"RolePolicy": {world.ExternalName, 128, `^[\w+=,.@-]+$`},
		// https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
		"Cluster": {world.ExternalName, 100, `^[0-9A-Za-z][A-Za-z0-9_-]*$`},
		// https://docs.aws.amazon.com/eks/latest/userguide/create-managed-node-group.html
		"NodeGroup": {world.ExternalName, 63, `^[0-9A-Za-z][A-Za-z0-9_-]*$`},
		// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
		"Queue": {"spec.forProvider.name", 80, `^[\w-]+(\.fifo)?$`},
		// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
		"Instance":    {"spec.forProvider.identifier", 63, `^[a-zA-Z](-?[a-zA-Z0-9])*$`},
		"SubnetGroup": {world.ExternalName, 255, `^[a-z0-9 ._-]+$`},
		// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
		"SecurityGroup": {"spec.forProvider.name", 255, `^[\w .:/()#,@\[\]+=&;{}!$*-]+$`},
		// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html
		"LaunchTemplate": {"spec.forProvider.name", 128, `^[\w().\-/]{3,}$`},
		// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
		"Group": {world.ExternalName, 512, `^[\w.\-/#]+$`},
		// https://helm.sh/docs/topics/kubernetes_apis: a release's name is in those of its Secrets.
		"Release": {world.ExternalName, 53, `^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`},
	}
	used := map[string]string{}
	for _, key := range world.Keys(rsp) {
		o := world.Desired(rsp, key)
		if errs := validation.IsDNS1123Subdomain(o.GetName()); len(errs) > 0 || len(o.GetName()) > platform.MaxObjectName {
			t.Errorf("%s: no object can be called %s: %v", key, o.GetName(), errs)
		}
		if other, taken := used[o.GetName()]; taken {
			t.Errorf("%s and %s are both called %s", other, key, o.GetName())
		}
		used[o.GetName()] = key
		for k, v := range o.GetLabels() {
			if errs := validation.IsValidLabelValue(v); len(errs) > 0 {
				t.Errorf("%s: label %s: %v", key, k, errs)
			}
		}

		l, ok := limits[o.GetKind()]
		if !ok {
			continue
		}
		name, _ := world.At(rsp, key, l.path).(string)
		if len(name) > l.longest || !regexp.MustCompile(l.pattern).MatchString(name) {
			t.Errorf("%s: AWS takes no %s called %q (%d characters)", key, o.GetKind(), name, len(name))
		}
		id := o.GetKind() + " " + name
		if o.GetKind() == "RolePolicy" {
			// Its name need only be unique in its role.
			continue
		}
		if other, taken := used[id]; taken {
			t.Errorf("%s and %s are both the %s", other, key, id)
		}
		used[id] = key
	}
	for kind := range limits {
		if len(world.KindsOf(rsp, kind)) == 0 {
			t.Errorf("no %s is composed: is its limit of any use?", kind)
		}
	}
	for _, key := range world.KindsOf(rsp, "Instance") {
		if id, _ := world.At(rsp, key, "spec.forProvider.finalSnapshotIdentifier").(string); len(id) > 255 || id == "" {
			t.Errorf("%s: AWS takes no snapshot called %q", key, id)
		}
	}
}

// TestTagged: everything AWS takes tags on says whose it is.
func TestTagged(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-production.yaml")
	rsp := w.Settle()
	tagged := 0
	for _, key := range world.Keys(rsp) {
		gvk := world.Desired(rsp, key).GroupVersionKind()
		crd, err := w.CRDs.CRD(gvk.GroupKind())
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(crd.Spec.Versions, func(v extv1.CustomResourceDefinitionVersion) bool { return v.Name == gvk.Version })
		if _, ok := crd.Spec.Versions[i].Schema.OpenAPIV3Schema.Properties["spec"].Properties["forProvider"].Properties["tags"]; !ok {
			continue
		}
		tagged++
		tags, _ := world.At(rsp, key, "spec.forProvider.tags").(map[string]any)
		if tags["xplatform.dev/platform"] != "team-a-production" || tags["team"] != "a" || tags["environment"] != "production" || tags["Name"] == nil {
			t.Errorf("%s: should have the platform's and the claim's tags, and a name: got %v", key, tags)
		}
	}
	if tagged < 50 {
		t.Errorf("want most kinds to take tags, got %d objects", tagged)
	}
}

// TestTagLimits: no resource has more tags, or longer ones, than AWS takes.
// https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
func TestTagLimits(t *testing.T) {
	t.Parallel()
	w := longest(t, "ap-southeast-7")
	policy := map[string]any{}
	for i := range 43 - int(*crds.SchemaOf(t, "spec", "tags").MaxProperties) {
		policy[fmt.Sprintf("policy%d", i)] = "a"
	}
	w.Policy = map[string]any{"tags": policy}
	rsp := w.Settle()
	groups, most := map[string]int{}, 0
	for _, key := range world.Keys(rsp) {
		tags, _ := world.At(rsp, key, "spec.forProvider.tags").(map[string]any)
		most = max(most, len(tags))
		if group, ok := world.At(rsp, key, "spec.forProvider.autoscalingGroupName").(string); ok {
			groups[group]++
			tags = map[string]any{world.At(rsp, key, "spec.forProvider.tag.key").(string): world.At(rsp, key, "spec.forProvider.tag.value")}
		}
		for k, v := range tags {
			if len(k) > 128 || len(v.(string)) > 256 {
				t.Errorf("%s: the tag %s is too long: %d and %d characters", key, k, len(k), len(v.(string)))
			}
		}
	}
	// The provider adds three of its own.
	if most+3 != 50 {
		t.Errorf("want no more tags on anything than AWS takes, and no fewer tags of claims than that, got %d and the provider's", most)
	}
	for group, n := range groups {
		// EKS adds five of its own.
		if n+5 > 50 {
			t.Errorf("Auto Scaling group %s: has %d tags, and EKS's own", group, n)
		}
	}
	if len(groups) == 0 {
		t.Error("no group is tagged")
	}
}

// TestTagCharacters: IAM takes fewer characters than others, and roles are where
// every platform begins: a tag it refuses should be refused with the claim.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html
func TestTagCharacters(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason     string
		key, value string
		refused    bool
	}{
		"All":       {reason: "Every character IAM takes should be one a claim can use.", key: "Cost center_1.2:/+-@é", value: "R and D_1.2:/=+-@é"},
		"NoValue":   {reason: "A tag may have no value.", key: "team"},
		"Comma":     {reason: "IAM takes no comma.", key: "team", value: "a,b", refused: true},
		"Ampersand": {reason: "IAM takes no ampersand.", key: "team", value: "R&D", refused: true},
		"Key":       {reason: "Nor in a key.", key: "team(s)", value: "a", refused: true},
		"Map":       {reason: "A colon and a space make a map of the load balancer controller's flag.", key: "team", value: "a: b", refused: true},
		"MapAtEnd":  {reason: "So does a colon at the end.", key: "team", value: "a:", refused: true},
		"Colon":     {reason: "Any other colon does not.", key: "a:b", value: ":a:b :c"},
		"Space":     {reason: "A space at an end would be lost.", key: "team", value: "a ", refused: true},
		"Equals":    {reason: "The first = of a flag ends the key.", key: "a=b", value: "c", refused: true},
		"Tracking":  {reason: "The load balancer controller finds its resources by these.", key: "elbv2.k8s.aws/cluster", value: "a", refused: true},
		"NoKey":     {reason: "A tag without a key is none.", value: "a", refused: true},
		"AWSKey":    {reason: "AWS keeps what begins so for itself, in whatever case.", key: "aWs:owner", value: "a", refused: true},
		"AWSValue":  {reason: "Values, too.", key: "owner", value: "AwS:team", refused: true},
		"AWSBehind": {reason: "Not what has it behind.", key: "an-aws:owner", value: "an-aws:team"},
		"Kind":      {reason: "The provider sets it itself.", key: "crossplane-kind", value: "a", refused: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, "{region: eu-central-1}")
			world.Set(map[string]any{tc.key: tc.value}, "spec", "tags")(w.XR)
			err := w.CRDs.Validate(w.XR)
			if err == nil {
				err = errors.Join(platform.TagProblems("spec.tags", map[string]v1alpha1.TagValue{tc.key: v1alpha1.TagValue(tc.value)})...)
			}
			if (err != nil) != tc.refused {
				t.Errorf("\n%s\nwant refused %t, got error: %v", tc.reason, tc.refused, err)
			}
		})
	}
}

// TestTagCase: to IAM the tags Name and name are one, and a role with both is
// refused.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
func TestTagCase(t *testing.T) {
	t.Parallel()
	rsp := world.With(t, "{region: eu-central-1, tags: {name: theirs}}").Run()
	for _, key := range world.KindsOf(rsp, "Role") {
		seen := map[string]string{}
		tags, _ := world.At(rsp, key, "spec.forProvider.tags").(map[string]any)
		for k := range tags {
			if other, taken := seen[strings.ToLower(k)]; taken {
				t.Errorf("%s: IAM takes not both of %s and %s", key, other, k)
			}
			seen[strings.ToLower(k)] = k
		}
	}
}

// TestQueueNames: two queues of one claim are never one queue in AWS: SQS
// answers to the creation of a queue that exists with that queue.
func TestQueueNames(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		queues string
	}{
		"Usual": {
			reason: "Queues and their dead-letter queues should have names of their own.",
			queues: "[{name: orders, deadLetter: {}}, {name: events, fifo: true, deadLetter: {}}]",
		},
		"NamedLikeADeadLetterQueue": {
			reason: "Not even a queue that is named as another's dead-letter queue would be should share it.",
			queues: "[{name: orders, deadLetter: {}}, {name: orders-dlq}]",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			rsp := world.With(t, "{region: eu-central-1, queues: "+tc.queues+"}").Settle()
			used := map[any]string{}
			for _, key := range world.KindsOf(rsp, "Queue") {
				name := world.At(rsp, key, "spec.forProvider.name")
				if other, taken := used[name]; taken {
					t.Errorf("\n%s\n%s and %s are both %s", tc.reason, other, key, name)
				}
				used[name] = key
			}
		})
	}
}

// TestQueueNamesOfTwoPlatforms: a platform never gets another one's queue,
// which its deletion would delete.
func TestQueueNamesOfTwoPlatforms(t *testing.T) {
	t.Parallel()
	names := func(spec string) []string {
		rsp := world.With(t, spec).Settle()
		var ns []string
		for _, key := range world.KindsOf(rsp, "Queue") {
			ns = append(ns, world.At(rsp, key, "spec.forProvider.name").(string))
		}
		return ns
	}
	one := names("{region: eu-central-1, name: team, queues: [{name: a-orders}]}")
	two := names("{region: eu-central-1, name: team-a, queues: [{name: orders}]}")
	for _, n := range one {
		if slices.Contains(two, n) {
			t.Errorf("the queue %s belongs to the platform team and to the platform team-a", n)
		}
	}
}

// TestReservedNames: a platform's name may be a word AWS keeps for itself.
func TestReservedNames(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason   string
		platform string
		key      string
		path     string
		reserved *regexp.Regexp
	}{
		"SecurityGroup": {
			reason:   "AWS refuses security groups whose names look like ids.",
			platform: "sg-dev",
			key:      "database.orders.security-group",
			path:     "spec.forProvider.name",
			reserved: regexp.MustCompile(`^sg-`),
		},
		"SubnetGroup": {
			reason:   "RDS has a subnet group called default already.",
			platform: "default",
			key:      "database.subnets",
			path:     world.ExternalName,
			reserved: regexp.MustCompile(`^default$`),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			rsp := world.With(t, "{region: eu-central-1, name: "+tc.platform+", databases: [{name: orders, engine: postgres}]}").Settle()
			if got, _ := world.At(rsp, tc.key, tc.path).(string); got == "" || tc.reserved.MatchString(got) {
				t.Errorf("\n%s\n%s is called %q", tc.reason, tc.key, got)
			}
		})
	}
}

// longest is a claim with everything as long, and as much of what is counted,
// as the schema allows.
func longest(t *testing.T, region string) *world.World {
	t.Helper()
	name := func(length, i int) string {
		return strings.Repeat("n", length-2) + fmt.Sprintf("%02d", i)
	}
	tags, labels, taints := map[string]any{}, map[string]any{}, []any{}
	for i := range *crds.SchemaOf(t, "spec", "tags").MaxProperties {
		tags[name(128, int(i))] = strings.Repeat("v", 256)
	}
	group := []string{"spec", "nodeGroups", "[]"}
	for i := range *crds.SchemaOf(t, append(group, "labels")...).MaxProperties {
		labels[name(63, int(i))] = strings.Repeat("v", 63)
	}
	for i := range *crds.SchemaOf(t, append(group, "taints")...).MaxItems {
		taints = append(taints, map[string]any{"key": name(63, int(i)), "effect": "NoSchedule"})
	}
	length := func(path ...string) int { return int(*crds.SchemaOf(t, path...).MaxLength) }
	groupName, queueName, databaseName := length("spec", "nodeGroups", "[]", "name"), length("spec", "queues", "[]", "name"), length("spec", "databases", "[]", "name")
	b, err := yaml.Marshal(map[string]any{
		"region": region,
		"name":   name(length("spec", "name"), 0),
		"tags":   tags,
		"nodeGroups": []any{
			map[string]any{"name": name(groupName, 0)},
			map[string]any{"name": name(groupName, 1), "labels": labels, "taints": taints},
		},
		"dns": map[string]any{"domain": strings.Repeat("d", 63) + ".example.com"},
		"databases": []any{
			map[string]any{"name": name(databaseName, 0), "engine": "postgres"},
			map[string]any{"name": name(databaseName, 1), "engine": "mysql"},
		},
		"queues": []any{
			map[string]any{"name": name(queueName, 0), "deadLetter": map[string]any{}},
			map[string]any{"name": name(queueName, 1), "deadLetter": map[string]any{}, "fifo": true},
		},
		"cluster":     map[string]any{"admins": []any{"arn:aws:iam::123456789012:role/admin", "arn:aws:iam::123456789012:role/" + name(64, 1)}},
		"controllers": map[string]any{"metricsServer": map[string]any{"enabled": true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := world.With(t, string(b))
	w.XR.SetName(strings.Repeat("x", 63))
	return w
}
