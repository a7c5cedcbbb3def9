package platform_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// Regions with the longest names of each partition.
//
//nolint:gochecknoglobals // A constant list.
var longestRegions = map[string]string{"aws": "ap-southeast-7", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-east-1"}

// roleOf returns the key of the role a desired object refers to.
func roleOf(rsp *fnv1.RunFunctionResponse, name any) string {
	for _, key := range world.KindsOf(rsp, "Role") {
		if world.Desired(rsp, key).GetName() == name {
			return key
		}
	}
	return ""
}

// TestPolicyDocuments: documents are what IAM takes, at the longest names in
// each partition.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func TestPolicyDocuments(t *testing.T) {
	t.Parallel()
	for partition, region := range longestRegions {
		t.Run(region, func(t *testing.T) {
			t.Parallel()
			rsp := settleIn(longest(t, region), partition)
			inline := map[string]int{}
			for _, key := range world.KindsOf(rsp, "RolePolicy") {
				doc := world.At(rsp, key, "spec.forProvider.policy")
				p := parse(t, doc)
				if p.Version != "2012-10-17" || len(p.Statement) == 0 {
					t.Errorf("%s: is no policy of today: %v", key, doc)
				}
				for _, s := range p.Statement {
					if s.Effect != "Allow" || len(s.Principal) > 0 || len(s.Action) == 0 || len(s.Resource) == 0 {
						t.Errorf("%s: a statement should allow actions on resources: got %+v", key, s)
					}
					for _, a := range s.Action {
						if !regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z]+$`).MatchString(a) {
							t.Errorf("%s: an action should be spelt out: got %s", key, a)
						}
					}
				}
				role := roleOf(rsp, world.At(rsp, key, "spec.forProvider.roleRef.name"))
				if want := strings.TrimSuffix(key, ".policy") + ".role"; role != want {
					t.Errorf("%s: should be of role %s, is of %q", key, want, role)
				}
				inline[role] += length(doc)
			}
			for role, n := range inline {
				if n > 10240 {
					t.Errorf("%s: its inline policies have %d characters, 10,240 are allowed", role, n)
				}
			}
			if len(inline) < 3 {
				t.Errorf("want policies of three controllers, got %v", inline)
			}

			for _, key := range world.KindsOf(rsp, "Role") {
				doc := world.At(rsp, key, "spec.forProvider.assumeRolePolicy")
				if n := length(doc); n > 2048 {
					t.Errorf("%s: its trust policy has %d characters, 2,048 are allowed", key, n)
				}
				for _, s := range parse(t, doc).Statement {
					if s.Effect != "Allow" || len(s.Principal) != 1 || s.Principal["Service"] == "" || len(s.Resource) > 0 {
						t.Errorf("%s: a service should be trusted, and nobody else: got %+v", key, s)
					}
				}
			}
		})
	}
}

// TestPartitions: AWS refuses an ARN of another partition.
func TestPartitions(t *testing.T) {
	t.Parallel()
	arns := regexp.MustCompile(`\barn:[a-z-]*:`)
	for partition, region := range longestRegions {
		t.Run(region, func(t *testing.T) {
			t.Parallel()
			w := world.New(t, "platform-production.yaml")
			for path, value := range map[string]any{"region": region, "network": map[string]any{"cidr": "10.0.0.0/16", "natGateway": "Single"}} {
				world.Set(value, "spec", path)(w.XR)
			}
			groups, _, _ := unstructured.NestedSlice(w.XR.Object, "spec", "nodeGroups")
			for _, g := range groups {
				delete(g.(map[string]any), "zones")
			}
			world.Set(groups, "spec", "nodeGroups")(w.XR)
			world.Set([]any{"arn:" + partition + ":iam::123456789012:role/admin"}, "spec", "cluster", "admins")(w.XR)

			rsp := settleIn(w, partition)
			seen := 0
			for _, key := range world.Keys(rsp) {
				b, err := json.Marshal(world.Desired(rsp, key).Object)
				if err != nil {
					t.Fatal(err)
				}
				for _, arn := range arns.FindAllString(string(b), -1) {
					seen++
					if arn != "arn:"+partition+":" {
						t.Errorf("%s: has an ARN of partition %s", key, arn)
					}
				}
			}
			if seen < 30 {
				t.Errorf("want some ARNs, got %d: is this test of any use?", seen)
			}
			for _, key := range world.KindsOf(rsp, "RolePolicyAttachment") {
				// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
				got, _ := world.At(rsp, key, "spec.forProvider.policyArn").(string)
				if !regexp.MustCompile(`^arn:[a-z-]+:iam::aws:policy/(AmazonEKS\w+|AmazonEC2ContainerRegistryPullOnly|AmazonEBSCSIDriverPolicyV2|service-role/AmazonEBSCSIDriverPolicy)$`).MatchString(got) {
					t.Errorf("%s: AWS has no policy %s", key, got)
				}
			}
		})
	}
}

// TestServicePrincipals: who may act as each role. In China EC2 goes by another
// name than elsewhere, and EKS refuses a node role that does not trust it:
// "Following required service principals [ec2.amazonaws.com.cn] were not found
// in the trust relationships of nodeRole". EKS itself does not.
func TestServicePrincipals(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		region string
		want   map[string][]string
	}{
		"Commercial": {region: "eu-central-1", want: map[string][]string{"cluster.role": {"eks.amazonaws.com"}, "nodes.role": {"ec2.amazonaws.com"}, "ebs-csi.role": {"pods.eks.amazonaws.com"}}},
		"GovCloud":   {region: "us-gov-west-1", want: map[string][]string{"cluster.role": {"eks.amazonaws.com"}, "nodes.role": {"ec2.amazonaws.com"}, "ebs-csi.role": {"pods.eks.amazonaws.com"}}},
		"China":      {region: "cn-north-1", want: map[string][]string{"cluster.role": {"eks.amazonaws.com"}, "nodes.role": {"ec2.amazonaws.com.cn"}, "ebs-csi.role": {"pods.eks.amazonaws.com"}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			rsp := world.With(t, "{region: "+tc.region+"}").Run()
			for key, want := range tc.want {
				var got []string
				for _, s := range parse(t, world.At(rsp, key, "spec.forProvider.assumeRolePolicy")).Statement {
					got = append(got, s.Principal["Service"])
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: -want, +got:\n%s", key, diff)
				}
			}
		})
	}
}

// TestIdentities: a role trusts exactly the service account its association is
// for, of this cluster, and that is the one the chart is told to make.
func TestIdentities(t *testing.T) {
	t.Parallel()
	rsp := world.New(t, "platform-production.yaml").Settle()
	accounts := map[string]any{}
	for _, key := range world.KindsOf(rsp, "PodIdentityAssociation") {
		namespace, account := world.At(rsp, key, "spec.forProvider.namespace"), world.At(rsp, key, "spec.forProvider.serviceAccount")
		accounts[strings.TrimSuffix(key, ".identity")] = []any{namespace, account}
		role := roleOf(rsp, world.At(rsp, key, "spec.forProvider.roleArnRef.name"))
		if want := strings.TrimSuffix(key, ".identity") + ".role"; role != want {
			t.Errorf("%s: should be bound to %s, is to %q", key, want, role)
		}
		p := parse(t, world.At(rsp, role, "spec.forProvider.assumeRolePolicy"))
		if len(p.Statement) != 1 {
			t.Fatalf("%s: want one statement, got %v", role, p)
		}
		if diff := cmp.Diff([]string{"sts:AssumeRole", "sts:TagSession"}, p.Statement[0].Action); diff != "" {
			t.Errorf("%s: Pod Identity does both: -want, +got:\n%s", role, diff)
		}
		want := map[string]map[string]string{"StringEquals": {
			"aws:RequestTag/eks-cluster-name":           "team-a-production",
			"aws:RequestTag/kubernetes-namespace":       namespace.(string),
			"aws:RequestTag/kubernetes-service-account": account.(string),
		}}
		if diff := cmp.Diff(want, p.Statement[0].Condition); diff != "" {
			t.Errorf("%s: -want, +got:\n%s", role, diff)
		}
	}

	want := map[string]any{"ebs-csi": []any{"kube-system", "ebs-csi-controller-sa"}}
	for _, key := range world.KindsOf(rsp, "Release") {
		account := world.At(rsp, key, "spec.forProvider.values.serviceAccount")
		if account == nil {
			account = world.At(rsp, key, "spec.forProvider.values.rbac.serviceAccount")
		}
		sa, _ := account.(map[string]any)
		if sa["create"] != true || sa["annotations"] != nil {
			t.Errorf("%s: the chart should make the account, and Pod Identity needs no annotation: got %v", key, account)
		}
		if key == "metrics-server" {
			continue
		}
		want[key] = []any{world.At(rsp, key, "spec.forProvider.namespace"), sa["name"]}
	}
	if diff := cmp.Diff(want, accounts); diff != "" {
		t.Errorf("\nAssociations and charts should agree on service accounts: -charts, +associations:\n%s", diff)
	}
}

// TestAccount: policies are for the account the roles are in.
func TestAccount(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-production.yaml")
	w.Settle()
	const role = "cluster-autoscaler.role"
	w.Edit(role, world.Set("arn:aws:iam::999988887777:role/x", "status", "atProvider", "arn"))
	rsp := w.Run()
	doc, _ := world.At(rsp, "cluster-autoscaler.policy", "spec.forProvider.policy").(string)
	if !strings.Contains(doc, ":999988887777:") || strings.Contains(doc, ":123456789012:") {
		t.Errorf("\nThe account should be read off the role: got %s", doc)
	}
	other, _ := world.At(rsp, "aws-load-balancer-controller.policy", "spec.forProvider.policy").(string)
	if !strings.Contains(other, ":123456789012:") {
		t.Errorf("\nAnother role's account is its own: got %s", other)
	}

	// Without an account there is no policy, rather than one for nobody.
	w = world.New(t, "platform-smallest.yaml")
	rsp = w.Stall(func(w *world.World) {
		if w.Observed[role] != nil {
			w.Edit(role, func(o *unstructured.Unstructured) { unstructured.RemoveNestedField(o.Object, "status", "atProvider") })
		}
	})
	if slices.Contains(world.Keys(rsp), "cluster-autoscaler.policy") {
		t.Errorf("\nA policy of an unknown account should wait: got %v", world.At(rsp, "cluster-autoscaler.policy", "spec.forProvider.policy"))
	}
}

// settleIn a region's partition: what AWS answers with is of that partition
// too.
func settleIn(w *world.World, partition string) *fnv1.RunFunctionResponse {
	w.TB.Helper()
	for range 20 {
		rsp := w.Run()
		if world.IsReady(rsp) {
			return rsp
		}
		w.Advance(rsp)
		for key, r := range w.Observed {
			b, err := protojson.Marshal(r.GetResource())
			if err != nil {
				w.TB.Fatal(err)
			}
			s := &structpb.Struct{}
			if err := protojson.Unmarshal([]byte(strings.ReplaceAll(string(b), "arn:aws:", "arn:"+partition+":")), s); err != nil {
				w.TB.Fatal(err)
			}
			s.Fields["spec"] = r.GetResource().GetFields()["spec"]
			w.Observed[key] = &fnv1.Resource{Resource: s, ConnectionDetails: r.GetConnectionDetails()}
		}
	}
	w.TB.Fatalf("the platform is not ready after 20 stages: %s", world.Explain(w.Run()))
	return nil
}

// parsed is a policy document, as IAM reads it. A field it does not know is an
// error.
type parsed struct {
	Version   string            `json:"Version"`
	Statement []parsedStatement `json:"Statement"`
}

type parsedStatement struct {
	Effect    string                       `json:"Effect"`
	Principal map[string]string            `json:"Principal"`
	Action    []string                     `json:"Action"`
	Resource  []string                     `json:"Resource"`
	Condition map[string]map[string]string `json:"Condition"`
}

func parse(t *testing.T, doc any) parsed {
	t.Helper()
	s, _ := doc.(string)
	d := json.NewDecoder(strings.NewReader(s))
	d.DisallowUnknownFields()
	p := parsed{}
	if err := d.Decode(&p); err != nil {
		t.Fatalf("cannot parse policy document %q: %v", s, err)
	}
	return p
}

// length of a document as IAM counts it: without white space.
func length(doc any) int { return len(strings.Join(strings.Fields(doc.(string)), "")) }
