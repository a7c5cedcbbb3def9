package platform_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/test/aws"
	"github.com/xplatform-dev/function-xplatform/test/modules"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// Who says what an object of a kind is called in AWS. See
// TerraformPluginSDKExternalNameConfigs and
// TerraformPluginFrameworkExternalNameConfigs in provider-aws v2.5.0 and v2.7.0,
// config/externalname.go, which agree on all of these.
const (
	// byUs: a name we choose, or could know beforehand.
	byUs = "ours"
	// bySpec: the provider makes it of the spec, and looks for it by that.
	bySpec = "derived from the spec"
	// twiceIsOnce: AWS gives the id, and to make it twice is to make it once.
	twiceIsOnce = "idempotent"
	// byAWS: AWS gives the id, and whoever forgets it is lost.
	byAWS = "given by AWS"
)

// TestExternalNames: whatever can be told its name in AWS beforehand is, so that
// a provider that is restarted while it makes it finds it again.
func TestExternalNames(t *testing.T) {
	t.Parallel()
	kinds := map[string]string{
		"Role.iam":                     byUs,
		"RolePolicy.iam":               byUs,
		"OpenIDConnectProvider.iam":    byUs,
		"Group.cloudwatchlogs":         byUs,
		"Cluster.eks":                  byUs,
		"NodeGroup.eks":                byUs,
		"SubnetGroup.rds":              byUs,
		"Instance.rds":                 byUs,
		"Route.ec2":                    bySpec,
		"Tag.ec2":                      bySpec,
		"Addon.eks":                    bySpec,
		"AccessEntry.eks":              bySpec,
		"AccessPolicyAssociation.eks":  bySpec,
		"ClusterAuth.eks":              bySpec,
		"RolePolicyAttachment.iam":     twiceIsOnce,
		"GroupTag.autoscaling":         twiceIsOnce,
		"Queue.sqs":                    twiceIsOnce,
		"QueueRedrivePolicy.sqs":       twiceIsOnce,
		"VPC.ec2":                      byAWS,
		"Subnet.ec2":                   byAWS,
		"InternetGateway.ec2":          byAWS,
		"RouteTable.ec2":               byAWS,
		"RouteTableAssociation.ec2":    byAWS,
		"EIP.ec2":                      byAWS,
		"NATGateway.ec2":               byAWS,
		"SecurityGroup.ec2":            byAWS,
		"SecurityGroupIngressRule.ec2": byAWS,
		"LaunchTemplate.ec2":           byAWS,
		"Key.kms":                      byAWS,
		"PodIdentityAssociation.eks":   byAWS,
		"Zone.route53":                 byAWS,
	}
	seen := map[string]bool{}
	for _, w := range []*world.World{
		world.New(t, "platform-production.yaml"),
		irsa(t, world.New(t, "platform-production.yaml")),
		world.New(t, "platform-existing.yaml"),
	} {
		for range 20 {
			rsp := w.Run()
			for _, key := range world.Keys(rsp) {
				o := world.Desired(rsp, key)
				group, ofAWS := strings.CutSuffix(o.GroupVersionKind().Group, aws.GroupProvider)
				// What is there already is called as it is.
				if policies, _, _ := unstructured.NestedStringSlice(o.Object, "spec", "managementPolicies"); !ofAWS || w.Observed[key] != nil || slices.Equal(policies, []string{"Observe"}) {
					continue
				}
				kind := o.GetKind() + "." + group
				seen[kind] = true
				who, known := kinds[kind]
				if named := world.At(rsp, key, "metadata.annotations[crossplane.io/external-name]") != nil; !known || named != (who == byUs) {
					t.Errorf("%s: the name of a %s in AWS is %q; want it set only if it is %s", key, kind, who, byUs)
				}
			}
			if world.IsReady(rsp) {
				break
			}
			w.Follow(rsp)
		}
	}
	for kind := range kinds {
		if !seen[kind] {
			t.Errorf("nothing of kind %s is composed", kind)
		}
	}
}

// TestNameRDSGives: the provider calls an instance by an id of RDS's once it is
// made. It must keep that.
func TestNameRDSGives(t *testing.T) {
	t.Parallel()
	const path = "metadata.annotations[crossplane.io/external-name]"
	w := world.With(t, "{region: eu-central-1, name: dev, databases: [{name: orders, engine: postgres}]}")
	rsp := w.Settle()
	for field, want := range map[string]any{path: "dev-orders-6ffb4aeb6", "spec.forProvider.identifier": "dev-orders-6ffb4aeb6"} {
		if got := world.At(rsp, "database.orders", field); got != want {
			t.Errorf("%s: want %v, got %v", field, want, got)
		}
	}
	w.Edit("database.orders", world.Set("db-ABCDEFGHIJKLMNOPQRSTUVWXYZ", "metadata", "annotations", "crossplane.io/external-name"))
	rsp = w.Run()
	for field, want := range map[string]any{path: "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ", "spec.forProvider.identifier": "dev-orders-6ffb4aeb6"} {
		if got := world.At(rsp, "database.orders", field); got != want {
			t.Errorf("%s: want %v, got %v", field, want, got)
		}
	}
}

// What the provider says, v2.5.0: AWS's answer, and what it is wrapped in.
const (
	templateExists    = "create failed: async create failed: failed to create the resource: [{0 creating EC2 Launch Template (dev-default): operation error EC2: CreateLaunchTemplate, https response error StatusCode: 400, RequestID: 7d4c1f6e-aaaa-bbbb-cccc-1234567890ab, api error InvalidLaunchTemplateName.AlreadyExistsException: Launch template name already in use.  []}]"
	associationExists = `create failed: async create failed: resource creation call returned error diags: creating Amazon EKS (Elastic Kubernetes) Pod Identity Association ("a-stubassocid123456"): operation error EKS: CreatePodIdentityAssociation, https response error StatusCode: 409, RequestID: f9cb61ba-2e55-4c0e-a8f7-962bfd8302bc, ResourceInUseException: Association already exists: a-dt1bedfjc72dlwp5n: operation error EKS: CreatePodIdentityAssociation, https response error StatusCode: 409, RequestID: f9cb61ba-2e55-4c0e-a8f7-962bfd8302bc, ResourceInUseException: Association already exists: a-dt1bedfjc72dlwp5n`
)

// TestRestartInMidCreation: the provider was restarted after AWS had made
// something, and before it had kept the id. The claim says what to do, and goes
// on once it is done.
func TestRestartInMidCreation(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason, key, condition string
		message                string
		// says is what the condition says beside AWS's own words.
		says []string
		// id that a person finds in AWS.
		id string
	}{
		"LaunchTemplate": {
			reason:    "AWS refuses a second of the name, and does not say what the first one's id is.",
			key:       "node-group.default.template",
			condition: v1alpha1.ConditionNodesReady,
			message:   templateExists,
			says: []string{
				"node-group.default.template: create failed", "InvalidLaunchTemplateName.AlreadyExistsException: Launch template name already in use;",
				"if its provider was restarted while it made it, tell it the id, see docs/troubleshooting.md",
			},
			id: "lt-0123456789abcdef0",
		},
		"PodIdentityAssociation": {
			reason:    "EKS says which one is in the way, so the claim says the very command.",
			key:       "ebs-csi.identity",
			condition: v1alpha1.ConditionNodesReady,
			message:   associationExists,
			says: []string{
				"ResourceInUseException: Association already exists: a-dt1bedfjc72dlwp5n",
				"if its provider was restarted while it made it, tell it the id: " +
					"kubectl annotate podidentityassociations.eks.aws.m.upbound.io -n crossplane-system dev-x7k2p-ebs-csi.identity crossplane.io/external-name=a-dt1bedfjc72dlwp5n",
			},
			id: "a-dt1bedfjc72dlwp5n",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, "{region: eu-central-1, name: dev}")
			lose := func(w *world.World) {
				if w.Observed[tc.key] == nil {
					return
				}
				w.Edit(tc.key, func(o *unstructured.Unstructured) {
					o.Object = w.AWS.Failed(o, tc.message).Object
					unstructured.RemoveNestedField(o.Object, "metadata", "annotations", "crossplane.io/external-name")
					world.Set("2026-01-01T00:00:00Z", "metadata", "annotations", "crossplane.io/external-create-pending")(o)
					world.Set("2026-01-01T00:00:01Z", "metadata", "annotations", "crossplane.io/external-create-succeeded")(o)
				})
			}
			rsp := w.Stall(lose)
			c := world.ConditionOf(rsp, tc.condition)
			for _, want := range tc.says {
				if !strings.Contains(c.GetMessage(), want) {
					t.Errorf("\n%s\nwant %s to say %q, got %q", tc.reason, tc.condition, want, c.GetMessage())
				}
			}
			if strings.Contains(c.GetMessage(), "RequestID") {
				t.Errorf("the same failure should read the same each time, got %q", c.GetMessage())
			}
			checkKubectl(t, c.GetMessage())

			w.Edit(tc.key, func(o *unstructured.Unstructured) {
				world.Set(tc.id, "metadata", "annotations", "crossplane.io/external-name")(o)
				unstructured.RemoveNestedField(o.Object, "status")
				found, err := w.AWS.Ready(o)
				if err != nil {
					t.Fatal(err)
				}
				o.Object = found.Object
			})
			rsp = w.Settle()
			if asked := world.At(rsp, tc.key, "metadata.annotations[crossplane.io/external-name]"); asked != nil {
				t.Errorf("\nThe id is between the provider and whoever told it, it should not be asked for: got %v", asked)
			}
		})
	}
}

func observe(t *testing.T, object map[string]any) *plan.Observed {
	t.Helper()
	s, err := structpb.NewStruct(object)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Observe(&fnv1.Resource{Resource: s})
}

// checkKubectl checks that commands name resources of which there is a CRD, and
// returns how many commands there are.
func checkKubectl(t *testing.T, text string) int {
	t.Helper()
	commands := kubectlCommands.FindAllStringSubmatch(text, -1)
	for _, c := range commands {
		for resource := range strings.SplitSeq(c[1], ",") {
			plural, group, _ := strings.Cut(resource, ".")
			path, err := modules.Path("github.com/upbound/provider-aws/v2", "package/crds/"+group+"_"+plural+".yaml")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%q: there is no resource %s: %v", c[0], resource, err)
			}
		}
	}
	return len(commands)
}

// kubectlCommands begin a line of an example, or are what a condition advises.
var kubectlCommands = regexp.MustCompile(`(?m)(?:\n {4}|: )kubectl [a-z]+ (\S+)`)

func TestExplain(t *testing.T) {
	t.Parallel()
	const lost = "; if its provider was restarted while it made it, tell it the id, see docs/troubleshooting.md"
	cases := map[string]struct {
		reason, apiVersion, message, want string
	}{
		"SecurityGroup": {
			reason:  "A security group's name is one in its network.",
			message: "api error InvalidGroup.Duplicate: The security group 'database-dev-orders' already exists for VPC 'vpc-1'",
			want:    lost,
		},
		"Rule":       {reason: "A rule is the same as another by what it allows.", message: "api error InvalidPermission.Duplicate: the specified rule \"peer: sg-1, TCP, from port: 5432, to port: 5432, ALLOW\" already exists", want: lost},
		"Subnet":     {reason: "A subnet's addresses are its name.", message: "api error InvalidSubnet.Conflict: The CIDR '10.0.0.0/20' conflicts with another subnet", want: lost},
		"Associated": {reason: "A subnet has one route table.", message: "api error Resource.AlreadyAssociated: the specified association for route table rtb-1 conflicts with an existing association", want: lost},
		"Gateway":    {reason: "A network has one internet gateway.", message: "api error InvalidParameterValue: Network vpc-1 already has an internet gateway attached", want: lost},
		"Database":   {reason: "One that was made before its name was told beforehand.", message: "DBInstanceAlreadyExists: DB instance already exists", want: lost},
		"Zone":       {reason: "A network sees one private zone of a name.", message: "ConflictingDomainExists: The VPC vpc-1 in region eu-central-1 has already been associated with the hosted zone Z1 with the same domain name.", want: lost},
		"Queue":      {reason: "A queue that was changed before it was made has the name of another.", message: "QueueNameExists: A queue already exists with the same name and a different value for attribute VisibilityTimeout", want: lost},
		"Undecided": {
			reason:  "A provider that was killed as it began waits for a person, too.",
			message: "cannot determine creation result - remove the crossplane.io/external-create-pending annotation if it is safe to proceed",
			want:    "; whether it is, see docs/troubleshooting.md",
		},
		"Records": {
			reason:  "Route 53 deletes no zone that has records.",
			message: "async delete failed: HostedZoneNotEmpty: The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
			want:    `; delete the records in it that are not ExternalDNS's, or have it go with them: kubectl patch zones.route53.aws.m.upbound.io -n team-a it --type merge -p '{"spec":{"forProvider":{"forceDestroy":true}}}'`,
		},
		"Snapshot": {
			reason:  "Of one name there is one snapshot.",
			message: "async delete failed: DBSnapshotAlreadyExists: Cannot create the snapshot because a snapshot with the identifier it-final already exists.",
			want:    `; have it leave one of another name: kubectl patch instances.rds.aws.m.upbound.io -n team-a it --type merge -p '{"spec":{"forProvider":{"finalSnapshotIdentifier":"another-name"}}}'`,
		},
		"Limit": {reason: "Most failures need no explanation.", message: "api error VpcLimitExceeded: The maximum number of VPCs has been reached."},
		"Helm": {
			reason:     "A release has no id in AWS.",
			apiVersion: "helm.m.crossplane.io/v1beta1",
			message:    "cannot install: AlreadyExists: ClusterRole external-dns",
		},
	}
	for name, tc := range cases {
		apiVersion := tc.apiVersion
		if apiVersion == "" {
			apiVersion = "ec2.aws.m.upbound.io/v1beta1"
		}
		o := observe(t, map[string]any{"apiVersion": apiVersion, "kind": "Any", "metadata": map[string]any{"name": "it", "namespace": "team-a"}})
		want := tc.message + tc.want
		if tc.want != "" {
			want = strings.TrimSuffix(tc.message, ".") + tc.want
		}
		if got := platform.Explain(o, tc.message); got != want {
			t.Errorf("%s: %s\nwant %q\ngot  %q", name, tc.reason, want, got)
		}
	}
}

// TestTroubleshooting: what a claim refers people to is there, and its commands
// are about resources there are.
func TestTroubleshooting(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join(world.Root(), filepath.FromSlash(platform.PageTroubleshooting)))
	if err != nil {
		t.Fatal(err)
	}
	if checkKubectl(t, string(b)) == 0 {
		t.Error("want commands of kubectl")
	}
}
