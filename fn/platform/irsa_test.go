package platform_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xplatform-dev/function-xplatform/test/world"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestIRSA: each controller's role trusts exactly its service account, by the
// cluster's issuer, and its chart annotates that account with that role.
func TestIRSA(t *testing.T) {
	t.Parallel()
	rsp := irsa(t, world.New(t, "platform-production.yaml")).Settle()
	issuer, _ := world.StatusOf(t, rsp)["cluster"].(map[string]any)["oidcIssuer"].(string)
	issuer = strings.TrimPrefix(issuer, "https://")
	provider := "arn:aws:iam::123456789012:oidc-provider/" + issuer
	if got := world.At(rsp, "cluster.oidc", "spec.forProvider.url"); issuer == "" || got != "https://"+issuer {
		t.Errorf("\nIAM should trust the cluster's issuer %q, it trusts %v", issuer, got)
	}

	accounts := map[string]string{
		"cluster-autoscaler":           "system:serviceaccount:kube-system:cluster-autoscaler",
		"aws-load-balancer-controller": "system:serviceaccount:kube-system:aws-load-balancer-controller",
		"external-dns":                 "system:serviceaccount:external-dns:external-dns",
		"ebs-csi":                      "system:serviceaccount:kube-system:ebs-csi-controller-sa",
	}
	for key, sub := range accounts {
		p := parse(t, world.At(rsp, key+".role", "spec.forProvider.assumeRolePolicy"))
		if len(p.Statement) != 1 {
			t.Fatalf("%s: want one statement, got %v", key, p)
		}
		s := p.Statement[0]
		if diff := cmp.Diff(map[string]string{"Federated": provider}, s.Principal); diff != "" {
			t.Errorf("%s: -want, +got:\n%s", key, diff)
		}
		if diff := cmp.Diff([]string{"sts:AssumeRoleWithWebIdentity"}, s.Action); diff != "" {
			t.Errorf("%s: -want, +got:\n%s", key, diff)
		}
		if diff := cmp.Diff(map[string]map[string]string{"StringEquals": {issuer + ":aud": "sts.amazonaws.com", issuer + ":sub": sub}}, s.Condition); diff != "" {
			t.Errorf("%s: -want, +got:\n%s", key, diff)
		}
	}
	for _, key := range world.KindsOf(rsp, "Release") {
		account := world.At(rsp, key, "spec.forProvider.values.serviceAccount")
		if account == nil {
			account = world.At(rsp, key, "spec.forProvider.values.rbac.serviceAccount")
		}
		want := map[string]any{"create": true, "name": key}
		if accounts[key] != "" {
			want["annotations"] = map[string]any{"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/" + world.At(rsp, key+".role", world.ExternalName).(string)}
		}
		if diff := cmp.Diff(any(want), account); diff != "" {
			t.Errorf("%s: -want, +got:\n%s", key, diff)
		}
	}
	if got := world.At(rsp, "addon.aws-ebs-csi-driver", "spec.forProvider.serviceAccountRoleArnRef.name"); got != world.Desired(rsp, "ebs-csi.role").GetName() {
		t.Errorf("\nEKS should annotate the driver's service account with its role, got %v", got)
	}
	if keys := world.KindsOf(rsp, "PodIdentityAssociation"); len(keys) > 0 || world.Desired(rsp, "addon.eks-pod-identity-agent").GetKind() != "" {
		t.Errorf("\nNothing of Pod Identity should be composed, got %v", keys)
	}
}

// TestIRSALimits: documents are within AWS's limits at the longest names.
func TestIRSALimits(t *testing.T) {
	t.Parallel()
	rsp := irsa(t, longest(t, "ap-southeast-7")).Settle()
	for _, key := range world.KindsOf(rsp, "Role") {
		if n := length(world.At(rsp, key, "spec.forProvider.assumeRolePolicy")); n > 2048 {
			t.Errorf("%s: its trust policy has %d characters, 2,048 are allowed", key, n)
		}
	}
	for _, key := range world.KindsOf(rsp, "RolePolicy") {
		if n := length(world.At(rsp, key, "spec.forProvider.policy")); n > 10240 {
			t.Errorf("%s: has %d characters, 10,240 are allowed", key, n)
		}
	}
}

// TestExisting: what a claim brings along is looked at and referred to, and
// never created, changed or deleted.
func TestExisting(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-existing.yaml")
	rsp := w.Settle()
	observed := 0
	for _, key := range append(world.KindsOf(rsp, "VPC"), world.KindsOf(rsp, "Subnet")...) {
		observed++
		if diff := cmp.Diff(any([]any{"Observe"}), world.At(rsp, key, "spec.managementPolicies")); diff != "" {
			t.Errorf("%s: -want, +got:\n%s", key, diff)
		}
		if diff := cmp.Diff(any(map[string]any{"region": "us-west-2"}), world.At(rsp, key, "spec.forProvider")); diff != "" {
			t.Errorf("%s: should be asked for nothing: -want, +got:\n%s", key, diff)
		}
	}
	if observed != 5 {
		t.Errorf("want a VPC and four subnets, got %d", observed)
	}
	for _, kind := range []string{"InternetGateway", "NATGateway", "EIP", "RouteTable", "Route", "Zone", "Key"} {
		if keys := world.KindsOf(rsp, kind); len(keys) > 0 {
			t.Errorf("want no %s, got %v", kind, keys)
		}
	}
	for path, want := range map[string]any{
		"spec.forProvider.roleArn":                                              "arn:aws:iam::123456789012:role/eks-cluster",
		"spec.forProvider.encryptionConfig.provider.keyArn":                     "arn:aws:kms:us-west-2:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
		"spec.forProvider.vpcConfig.subnetIdRefs[0].name":                       world.Desired(rsp, "subnet.private.subnet-0aaaaaaaaaaaaaaa1").GetName(),
		"spec.forProvider.accessConfig.authenticationMode":                      "API",
		"spec.forProvider.encryptionConfig.resources[0]":                        "secrets",
		"spec.forProvider.vpcConfig.endpointPrivateAccess":                      true,
		"spec.forProvider.bootstrapSelfManagedAddons":                           false,
		"metadata.annotations[crossplane.io/external-name]":                     world.StatusOf(t, rsp)["name"],
		"metadata.labels[xplatform.dev/platform]":                               w.XR.GetName(),
		"spec.forProvider.tags[xplatform.dev/platform]":                         world.StatusOf(t, rsp)["name"],
		"spec.providerConfigRef.name":                                           "default",
		"spec.forProvider.upgradePolicy.supportType":                            "STANDARD",
		"spec.forProvider.accessConfig.bootstrapClusterCreatorAdminPermissions": true,
	} {
		if got := world.At(rsp, "cluster", path); got != want {
			t.Errorf("cluster: %s: want %v, got %v", path, want, got)
		}
	}
	if got := world.At(rsp, "node-group.default", "spec.forProvider.nodeRoleArn"); got != "arn:aws:iam::123456789012:role/eks-nodes" {
		t.Errorf("the nodes' role: got %v", got)
	}
	for _, key := range world.KindsOf(rsp, "Role") {
		if got := world.At(rsp, key, "spec.forProvider.permissionsBoundary"); got != "arn:aws:iam::123456789012:policy/platforms" {
			t.Errorf("%s: is not bounded: got %v", key, got)
		}
	}

	// Without being asked to, nobody's subnets are tagged.
	if err := unstructured.SetNestedField(w.XR.Object, false, "spec", "network", "tagSubnets"); err != nil {
		t.Fatal(err)
	}
	w.Follow(w.Run())
	if keys := world.KindsOf(w.Run(), "Tag"); len(keys) > 0 {
		t.Errorf("want no tags, got %v", keys)
	}
}

// irsa is a world whose claim asks for IAM roles for service accounts, with
// every controller.
func irsa(t *testing.T, w *world.World) *world.World {
	t.Helper()
	for _, field := range []struct {
		value any
		path  []string
	}{
		{"IRSA", []string{"spec", "identity"}},
		{true, []string{"spec", "controllers", "metricsServer", "enabled"}},
	} {
		if err := unstructured.SetNestedField(w.XR.Object, field.value, field.path...); err != nil {
			t.Fatal(err)
		}
	}
	return w
}
