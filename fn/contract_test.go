package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

func TestDefaultName(t *testing.T) {
	t.Parallel()
	name := schemaOf(t, "spec", "name")
	pattern := regexp.MustCompile(name.Pattern)
	cases := map[string]struct {
		reason string
		xr     composite
		prefix string
	}{
		"Claim": {
			reason: "The name should begin as the claim's does.",
			xr:     composite{name: "dev-x7k2p", claim: "dev", uid: "1"},
			prefix: "dev-",
		},
		"NoClaim": {
			reason: "Without a claim the composite's name should do.",
			xr:     composite{name: "dev", namespace: "team-a", uid: "1"},
			prefix: "dev-",
		},
		"Dots": {
			reason: "Dots, which Kubernetes allows, should become hyphens.",
			xr:     composite{name: "dev.team-a.example-x7k2p", claim: "dev.team-a.example", uid: "1"},
			prefix: "dev-team-a-example-",
		},
		"Hyphens": {
			reason: "Hyphens in a row, which RDS refuses, should become one.",
			xr:     composite{name: "dev--a-x7k2p", claim: "dev--a", uid: "1"},
			prefix: "dev-a-",
		},
		"Digit": {
			reason: "A name that begins with a digit, which RDS refuses, should get a letter.",
			xr:     composite{name: "2nd-x7k2p", claim: "2nd", uid: "1"},
			prefix: "p-2nd-",
		},
		"Longest": {
			reason: "The longest name should be cut.",
			xr:     composite{name: strings.Repeat("a", 63), claim: strings.Repeat("a", 57), uid: "1"},
			prefix: strings.Repeat("a", 31) + "-",
		},
		"CutAtHyphen": {
			reason: "A cut behind a hyphen should leave one hyphen.",
			xr:     composite{name: "x", claim: strings.Repeat("a", 30) + "-" + strings.Repeat("b", 20), uid: "1"},
			prefix: strings.Repeat("a", 30) + "-",
		},
	}
	for n, tc := range cases {
		t.Run(n, func(t *testing.T) {
			got := defaultName(tc.xr)
			if !strings.HasPrefix(got, tc.prefix) || len(got) != len(tc.prefix)+8 {
				t.Errorf("\n%s\nwant %q and 8 characters, got %q", tc.reason, tc.prefix, got)
			}
			if !pattern.MatchString(got) || int64(len(got)) > *name.MaxLength || int64(len(got)) < *name.MinLength {
				t.Errorf("\nA default name should be one a claim could have: got %q", got)
			}
			if again := defaultName(tc.xr); again != got {
				t.Errorf("\nA platform's name should be the same each time: got %q and %q", got, again)
			}
			other := tc.xr
			other.uid = "2"
			if defaultName(other) == got {
				t.Errorf("\nA platform that is made anew should have another name than the one before: got %q", got)
			}
			other = tc.xr
			other.namespace = "other"
			if defaultName(other) == got {
				t.Errorf("\nPlatforms in two namespaces should have two names: got %q", got)
			}
		})
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 60)
	cases := map[string]struct {
		reason string
		limit  int
		name   string
		want   string
	}{
		"Short":   {reason: "A name that fits should be kept.", limit: 63, name: "dev-vpc", want: "dev-vpc"},
		"Exact":   {reason: "A name that just fits should be kept.", limit: 60, name: long, want: long},
		"Long":    {reason: "A name too long should be cut and get a digest.", limit: 59, name: long, want: long[:50] + "-" + digest(long)},
		"CutAt.":  {reason: "No dot should stand before the digest: no DNS label ends with a hyphen.", limit: 20, name: "abcdefghij.klmnopqrstu", want: "abcdefghij-" + digest("abcdefghij.klmnopqrstu")},
		"CutAt-":  {reason: "No hyphen should stand before the digest.", limit: 20, name: "abcdefghi--klmnopqrstu", want: "abcdefghi-" + digest("abcdefghi--klmnopqrstu")},
		"Digest0": {reason: "The digest is of the whole name.", limit: 12, name: "abcd" + long, want: "abc-" + digest("abcd"+long)},
	}
	for n, tc := range cases {
		t.Run(n, func(t *testing.T) {
			got := fit(tc.limit, tc.name)
			if got != tc.want || len(got) > tc.limit {
				t.Errorf("\n%s\nwant %q, got %q", tc.reason, tc.want, got)
			}
		})
	}

	seen := map[string]string{}
	for i := range 1000 {
		name := fmt.Sprintf("%s-%d", long, i)
		short := fit(30, name)
		if other, taken := seen[short]; taken {
			t.Errorf("\nNames that differ in what is cut off should stay different: %s and %s are both %s", other, name, short)
		}
		seen[short] = name
	}
}

func TestPartition(t *testing.T) {
	t.Parallel()
	for region := range regionZones {
		want := "aws"
		switch region {
		case "cn-north-1", "cn-northwest-1":
			want = "aws-cn"
		case "us-gov-east-1", "us-gov-west-1":
			want = "aws-us-gov"
		}
		if got := partition(region); got != want {
			t.Errorf("%s: want partition %s, got %s", region, want, got)
		}
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	c := &contract{name: "dev", spec: v1alpha1.PlatformSpec{Tags: map[string]v1alpha1.TagValue{"team": "a", tagPlatform: "other", tagName: "theirs"}}}
	got := map[string]string{}
	for k, v := range c.tags("thing", "more", "1") {
		got[k] = *v
	}
	want := map[string]string{"team": "a", tagPlatform: "dev", tagName: "thing", "more": "1"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("\nA claim's tags should not replace those that say whose a resource is: want %v, got %v", want, got)
	}
	if len(c.spec.Tags) != 3 {
		t.Errorf("\nThe claim should be left as it is: got %v", c.spec.Tags)
	}
}

// longest is a claim with everything as long, and as much of what is counted,
// as the schema allows.
func longest(t *testing.T, region string) *world {
	t.Helper()
	name := func(length, i int) string {
		return strings.Repeat("n", length-2) + fmt.Sprintf("%02d", i)
	}
	tags, labels, taints := map[string]any{}, map[string]any{}, []any{}
	for i := range *schemaOf(t, "spec", "tags").MaxProperties {
		tags[name(128, int(i))] = strings.Repeat("v", 256)
	}
	group := []string{"spec", "nodeGroups", "[]"}
	for i := range *schemaOf(t, append(group, "labels")...).MaxProperties {
		labels[name(63, int(i))] = strings.Repeat("v", 63)
	}
	for i := range *schemaOf(t, append(group, "taints")...).MaxItems {
		taints = append(taints, map[string]any{"key": name(63, int(i)), "value": strings.Repeat("v", 63), "effect": "NoSchedule"})
	}
	length := func(path ...string) int { return int(*schemaOf(t, path...).MaxLength) }
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
	w := newWorldWith(t, string(b))
	w.xr.SetName(strings.Repeat("x", 63))
	return w
}

// TestLongestNames: AWS and Kubernetes take every name of the longest claim, and
// none is used twice.
func TestLongestNames(t *testing.T) {
	t.Parallel()
	w := longest(t, "ap-southeast-7")
	rsp := w.settle()
	validate(t, w, rsp)

	limits := map[string]struct {
		path    string
		longest int
		pattern string
	}{
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
		"Role":       {externalName, 64, `^[\w+=,.@-]+$`},
		"RolePolicy": {externalName, 128, `^[\w+=,.@-]+$`},
		// https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
		"Cluster": {externalName, 100, `^[0-9A-Za-z][A-Za-z0-9_-]*$`},
		// https://docs.aws.amazon.com/eks/latest/userguide/create-managed-node-group.html
		"NodeGroup": {externalName, 63, `^[0-9A-Za-z][A-Za-z0-9_-]*$`},
		// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
		"Queue": {"spec.forProvider.name", 80, `^[\w-]+(\.fifo)?$`},
		// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
		"Instance":    {"spec.forProvider.identifier", 63, `^[a-zA-Z](-?[a-zA-Z0-9])*$`},
		"SubnetGroup": {externalName, 255, `^[a-z0-9 ._-]+$`},
		// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
		"SecurityGroup": {"spec.forProvider.name", 255, `^[\w .:/()#,@\[\]+=&;{}!$*-]+$`},
		// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html
		"LaunchTemplate": {"spec.forProvider.name", 128, `^[\w().\-/]{3,}$`},
		// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
		"Group": {externalName, 512, `^[\w.\-/#]+$`},
		// https://helm.sh/docs/topics/kubernetes_apis: a release's name is in those of its Secrets.
		"Release": {externalName, 53, `^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`},
	}
	used := map[string]string{}
	for _, key := range desiredKeys(rsp) {
		o := desired(rsp, key)
		if errs := validation.IsDNS1123Subdomain(o.GetName()); len(errs) > 0 || len(o.GetName()) > maxObjectName {
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
		name, _ := at(rsp, key, l.path).(string)
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
		if len(kindsOf(rsp, kind)) == 0 {
			t.Errorf("no %s is composed: is its limit of any use?", kind)
		}
	}
	for _, key := range kindsOf(rsp, "Instance") {
		if id, _ := at(rsp, key, "spec.forProvider.finalSnapshotIdentifier").(string); len(id) > 255 || id == "" {
			t.Errorf("%s: AWS takes no snapshot called %q", key, id)
		}
	}
}

// externalName is the field path of the annotation that holds what AWS calls a
// resource.
const externalName = "metadata.annotations[" + meta.AnnotationKeyExternalName + "]"

// TestTagLimits: no resource has more tags, or longer ones, than AWS takes.
// https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
func TestTagLimits(t *testing.T) {
	t.Parallel()
	rsp := longest(t, "ap-southeast-7").settle()
	groups := map[string]int{}
	for _, key := range desiredKeys(rsp) {
		tags, _ := at(rsp, key, "spec.forProvider.tags").(map[string]any)
		if len(tags) > 50 {
			t.Errorf("%s: has %d tags", key, len(tags))
		}
		if group, ok := at(rsp, key, "spec.forProvider.autoscalingGroupName").(string); ok {
			groups[group]++
			tags = map[string]any{at(rsp, key, "spec.forProvider.tag.key").(string): at(rsp, key, "spec.forProvider.tag.value")}
		}
		for k, v := range tags {
			if len(k) > 128 || len(v.(string)) > 256 {
				t.Errorf("%s: the tag %s is too long: %d and %d characters", key, k, len(k), len(v.(string)))
			}
		}
	}
	for group, n := range groups {
		// EKS adds five of its own, two of which we set too.
		if n+3 > 50 {
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
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorldWith(t, "{region: eu-central-1}")
			set(map[string]any{tc.key: tc.value}, "spec", "tags")(w.xr)
			err := w.crds.Validate(w.xr)
			if err == nil {
				err = errors.Join(tagProblems("spec.tags", map[string]v1alpha1.TagValue{tc.key: v1alpha1.TagValue(tc.value)})...)
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
	rsp := newWorldWith(t, "{region: eu-central-1, tags: {name: theirs}}").run()
	for _, key := range kindsOf(rsp, "Role") {
		seen := map[string]string{}
		tags, _ := at(rsp, key, "spec.forProvider.tags").(map[string]any)
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
			rsp := newWorldWith(t, "{region: eu-central-1, queues: "+tc.queues+"}").settle()
			used := map[any]string{}
			for _, key := range kindsOf(rsp, "Queue") {
				name := at(rsp, key, "spec.forProvider.name")
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
		rsp := newWorldWith(t, spec).settle()
		var ns []string
		for _, key := range kindsOf(rsp, "Queue") {
			ns = append(ns, at(rsp, key, "spec.forProvider.name").(string))
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
			path:     externalName,
			reserved: regexp.MustCompile(`^default$`),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			rsp := newWorldWith(t, "{region: eu-central-1, name: "+tc.platform+", databases: [{name: orders, engine: postgres}]}").settle()
			if got, _ := at(rsp, tc.key, tc.path).(string); got == "" || tc.reserved.MatchString(got) {
				t.Errorf("\n%s\n%s is called %q", tc.reason, tc.key, got)
			}
		})
	}
}

// TestObjectNames: an object that exists keeps its name, whatever we would call
// it now.
func TestObjectNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "platform-smallest.yaml")
	w.settle()
	w.edit("vpc", func(o *unstructured.Unstructured) { o.SetName("named-by-an-earlier-release") })
	rsp := w.run()
	if got := desired(rsp, "vpc").GetName(); got != "named-by-an-earlier-release" {
		t.Errorf("want the name it has, got %s", got)
	}
	for _, key := range kindsOf(rsp, "Subnet") {
		if got := at(rsp, key, "spec.forProvider.vpcIdRef.name"); got != "named-by-an-earlier-release" {
			t.Errorf("%s: should refer to the VPC by the name it has: got %v", key, got)
		}
	}
}

// TestLabels: everything composed says whose it is, and what it needs.
func TestLabels(t *testing.T) {
	t.Parallel()
	for _, example := range examples {
		w := newWorld(t, example)
		rsp := w.settle()
		edges := planOf(t, w).Edges()
		for _, key := range desiredKeys(rsp) {
			o := desired(rsp, key)
			if got := o.GetLabels()[plan.LabelPlatform]; got != w.xr.GetName() {
				t.Errorf("%s: %s: want label %s, got %q", example, key, w.xr.GetName(), got)
			}
			if got, want := o.GetAnnotations()[plan.AnnotationNeeds], strings.Join(edges[key], ","); got != want {
				t.Errorf("%s: %s: want needs %s, got %s", example, key, want, got)
			}
		}
	}
}

// TestContractRefusals: what only turns out to be wrong once a claim is read is
// refused, and what exists is left alone.
func TestContractRefusals(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		spec   string
		want   []string
	}{
		"ZoneOfNodeGroup": {
			reason: "A node group in a zone without subnets should be refused with the zones there are.",
			spec:   "{region: eu-central-1, nodeGroups: [{name: a}, {name: b, zones: [euc1-az1, euc1-az9]}]}",
			want:   []string{"spec.nodeGroups[1].zones", "euc1-az9", "euc1-az1, euc1-az2, euc1-az3"},
		},
		"UnknownRegion": {
			reason: "A region we know no zones of should be refused.",
			spec:   "{region: eu-nowhere-1}",
			want:   []string{"spec.network.zones", "eu-nowhere-1"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorldWith(t, tc.spec)
			rsp := w.respond(w.request())
			checkRefused(t, tc.reason, rsp, tc.want...)
		})
	}
}

// checkRefused: the claim says what is wrong with it, and nothing is composed.
func checkRefused(t *testing.T, reason string, rsp *fnv1.RunFunctionResponse, want ...string) {
	t.Helper()
	c := conditionOf(rsp, v1alpha1.ConditionAccepted)
	if c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || c.GetReason() != reasonInvalid || c.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
		t.Errorf("\n%s\nwant condition Accepted False for composite and claim, got %v", reason, c)
	}
	if fatalOf(rsp) == "" || fatalOf(rsp) != c.GetMessage() {
		t.Errorf("\n%s\nwant the condition's message %q as fatal result, got %q", reason, c.GetMessage(), fatalOf(rsp))
	}
	for _, s := range want {
		if !strings.Contains(c.GetMessage(), s) {
			t.Errorf("\n%s\n%q does not contain %q", reason, c.GetMessage(), s)
		}
	}
	if keys := desiredKeys(rsp); len(keys) > 0 {
		t.Errorf("\n%s\nwant nothing composed, got %v", reason, keys)
	}
}
