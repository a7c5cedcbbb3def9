package platform_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestReadiness: the provider calls some of what EKS makes ready as soon as it
// exists. What needs it waits for what EKS says.
func TestReadiness(t *testing.T) {
	t.Parallel()
	edit := func(change func(o *unstructured.Unstructured)) func(w *world.World, key string) {
		return func(w *world.World, key string) { w.Edit(key, change) }
	}
	status := func(s string) func(w *world.World, key string) {
		return edit(world.Set(s, "status", "atProvider", "status"))
	}
	cases := map[string]struct {
		reason    string
		key       string
		change    func(w *world.World, key string)
		condition string
		message   string
	}{
		"ClusterCreating": {
			reason:    "A cluster that EKS is still making is not ready.",
			key:       "cluster",
			change:    status("CREATING"),
			condition: v1alpha1.ConditionClusterReady,
			message:   "cluster status is CREATING, not yet ACTIVE",
		},
		"ClusterFailed": {
			reason:    "A cluster that EKS gave up on is not ready.",
			key:       "cluster",
			change:    status("FAILED"),
			condition: v1alpha1.ConditionClusterReady,
			message:   "cluster: status is FAILED",
		},
		"ClusterUnknown": {
			reason: "A cluster that EKS says nothing of is not ready.",
			key:    "cluster",
			change: edit(func(o *unstructured.Unstructured) {
				unstructured.RemoveNestedField(o.Object, "status", "atProvider", "status")
			}),
			condition: v1alpha1.ConditionClusterReady,
			message:   "cluster status is unknown",
		},
		"ClusterLost": {
			reason:    "A cluster the provider is not sure of is not ready.",
			key:       "cluster",
			change:    edit(func(o *unstructured.Unstructured) { world.WithStatus(o, "Ready", "Unknown", "Unknown", "") }),
			condition: v1alpha1.ConditionClusterReady,
			message:   "cluster",
		},
		"NodeGroupCreating": {
			reason:    "A node group without nodes is not ready.",
			key:       "node-group.general",
			change:    status("CREATING"),
			condition: v1alpha1.ConditionNodesReady,
			message:   "node-group.general status is CREATING",
		},
		"NodeGroupDegraded": {
			reason:    "A node group whose nodes do not join is not ready.",
			key:       "node-group.general",
			change:    status("DEGRADED"),
			condition: v1alpha1.ConditionNodesReady,
			message:   "node-group.general: status is DEGRADED",
		},
		"TaintedNodeGroupDegraded": {
			reason:    "A group few pods can run on should stop nothing but its own tags.",
			key:       "node-group.batch",
			change:    status("DEGRADED"),
			condition: v1alpha1.ConditionNodesReady,
			message:   "node-group.batch: status is DEGRADED",
		},
		"AddonCreating": {
			reason:    "An add-on whose creation has not ended is not ready: nodes would never be without vpc-cni.",
			key:       "addon.vpc-cni",
			change:    edit(world.Without("LastAsyncOperation")),
			condition: v1alpha1.ConditionClusterReady,
			message:   "addon.vpc-cni has no condition LastAsyncOperation yet",
		},
		"AddonFailed": {
			reason: "An add-on whose creation failed is not ready, though the provider calls it so.",
			key:    "addon.eks-pod-identity-agent",
			change: edit(func(o *unstructured.Unstructured) {
				world.WithStatus(o, "LastAsyncOperation", "False", "AsyncCreateFailure", "waiting for EKS Add-On: unexpected state 'CREATE_FAILED'")
			}),
			condition: v1alpha1.ConditionClusterReady,
			message:   "addon.eks-pod-identity-agent: waiting for EKS Add-On: unexpected state 'CREATE_FAILED'",
		},
		"CoreDNSDegraded": {
			reason:    "What resolves names waits for CoreDNS.",
			key:       "addon.coredns",
			change:    edit(world.Without("LastAsyncOperation")),
			condition: v1alpha1.ConditionNodesReady,
			message:   "addon.coredns has no condition LastAsyncOperation yet",
		},
		"NoKubeconfig": {
			reason:    "Without a kubeconfig provider-helm gets nowhere.",
			key:       "cluster.auth",
			change:    func(w *world.World, key string) { w.Observed[key] = world.WithoutDetails(w.Observed[key]) },
			condition: v1alpha1.ConditionClusterReady,
			message:   "cluster.auth has not published its kubeconfig yet",
		},
		"DatabaseWithoutEndpoint": {
			reason: "A database nobody can connect to is not ready.",
			key:    "database.orders",
			change: edit(func(o *unstructured.Unstructured) {
				unstructured.RemoveNestedField(o.Object, "status", "atProvider", "endpoint")
			}),
			condition: v1alpha1.ConditionDataReady,
			message:   "database.orders endpoint is not known yet",
		},
		"ReleaseFailed": {
			reason:    "A release whose pods do not start is not ready.",
			key:       "cluster-autoscaler",
			change:    edit(func(o *unstructured.Unstructured) { world.WithStatus(o, "Ready", "False", "Unavailable", "") }),
			condition: v1alpha1.ConditionControllersReady,
			message:   "cluster-autoscaler",
		},
	}
	start := world.New(t, "platform-production.yaml")
	edges := world.PlanOf(t, start).Edges()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start.Fork(t)
			rsp := w.Stall(func(w *world.World) {
				if w.Observed[tc.key] != nil {
					tc.change(w, tc.key)
				}
			})
			waiting := world.Dependents(edges, tc.key)
			want := slices.DeleteFunc(world.SortedKeys(edges), func(k string) bool { return slices.Contains(waiting, k) })
			if diff := cmp.Diff(want, world.Keys(rsp)); diff != "" {
				t.Errorf("\n%s\nwhat needs %s should wait, and nothing else: -want, +got:\n%s", tc.reason, tc.key, diff)
			}
			c := world.ConditionOf(rsp, tc.condition)
			if c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || !strings.Contains(c.GetMessage(), tc.message) {
				t.Errorf("\n%s\nwant condition %s False with %q, got %v", tc.reason, tc.condition, tc.message, c)
			}
			if rsp.GetDesired().GetComposite().GetReady() != fnv1.Ready_READY_FALSE {
				t.Errorf("\n%s\nthe platform should not be ready", tc.reason)
			}
			if rsp.GetDesired().GetResources()[tc.key].GetReady() != fnv1.Ready_READY_FALSE {
				t.Errorf("\n%s\n%s should not be ready", tc.reason, tc.key)
			}
			w.Advance(rsp)
			w.Settle()
		})
	}
}

// TestCluster: what a claim says of its cluster is what EKS is asked for.
func TestCluster(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		spec   string
		want   map[string]any
	}{
		"Default": {
			reason: "A cluster should be closed to pods' tricks, encrypt its Secrets, log, and never be upgraded unasked for money.",
			spec:   "{region: eu-central-1, name: dev}",
			want: map[string]any{
				"version":                         "1.35",
				"accessConfig.authenticationMode": "API",
				"accessConfig.bootstrapClusterCreatorAdminPermissions": true,
				"bootstrapSelfManagedAddons":                           false,
				"deletionProtection":                                   false,
				"enabledClusterLogTypes":                               []any{"api", "audit", "authenticator"},
				"encryptionConfig.resources":                           []any{"secrets"},
				"upgradePolicy.supportType":                            "STANDARD",
				"vpcConfig.endpointPrivateAccess":                      true,
				"vpcConfig.endpointPublicAccess":                       true,
				"vpcConfig.publicAccessCidrs":                          []any{"0.0.0.0/0"},
			},
		},
		"Private": {
			reason: "A private cluster has no public addresses to speak of.",
			spec:   "{region: eu-central-1, cluster: {endpointAccess: {public: false}}}",
			want: map[string]any{
				"vpcConfig.endpointPrivateAccess": true,
				"vpcConfig.endpointPublicAccess":  false,
				"vpcConfig.publicAccessCidrs":     nil,
			},
		},
		"Chosen": {
			reason: "Every choice should arrive.",
			spec: "{region: eu-central-1, cluster: {version: '1.34', supportType: Extended, secretsEncryption: {enabled: false}, deletionProtection: true, " +
				"endpointAccess: {private: false, publicCidrs: [203.0.113.0/24]}, logging: {types: [], retentionDays: 7}}}",
			want: map[string]any{
				"version":                         "1.34",
				"deletionProtection":              true,
				"enabledClusterLogTypes":          nil,
				"encryptionConfig":                nil,
				"upgradePolicy.supportType":       "EXTENDED",
				"vpcConfig.endpointPrivateAccess": false,
				"vpcConfig.publicAccessCidrs":     []any{"203.0.113.0/24"},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, tc.spec)
			rsp := w.Settle()
			world.Validate(t, w, rsp)
			for path, want := range tc.want {
				if diff := cmp.Diff(want, world.At(rsp, "cluster", "spec.forProvider."+path)); diff != "" {
					t.Errorf("\n%s\n%s: -want, +got:\n%s", tc.reason, path, diff)
				}
			}
		})
	}
}

func TestClusterEncryption(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1}")
	rsp := w.Settle()
	want := w.Observed["cluster.key"].GetResource().AsMap()["status"].(map[string]any)["atProvider"].(map[string]any)["arn"]
	if got := world.At(rsp, "cluster", "spec.forProvider.encryptionConfig.provider.keyArn"); got != want || got == nil {
		t.Errorf("\nSecrets should be encrypted with the platform's own key: want %v, got %v", want, got)
	}
	if got := world.At(rsp, "cluster.key", "spec.forProvider.enableKeyRotation"); got != true {
		t.Errorf("\nThe key should rotate: got %v", got)
	}

	rsp = world.With(t, "{region: eu-central-1, cluster: {secretsEncryption: {enabled: false}}}").Settle()
	if keys := world.KindsOf(rsp, "Key"); len(keys) > 0 {
		t.Errorf("\nA key nobody uses should not be made: got %v", keys)
	}
}

// TestClusterLogs: EKS makes the log group itself if it finds none, and keeps
// what is in it for ever.
func TestClusterLogs(t *testing.T) {
	t.Parallel()
	rsp := world.With(t, "{region: eu-central-1, name: dev, cluster: {logging: {retentionDays: 7}}}").Settle()
	if got := world.At(rsp, "cluster.logs", world.ExternalName); got != "/aws/eks/dev/cluster" {
		t.Errorf("\nThe log group should be the one EKS writes to: got %v", got)
	}
	if got := world.At(rsp, "cluster.logs", "spec.forProvider.retentionInDays"); got != 7.0 {
		t.Errorf("\nLogs should be kept as long as the claim says: got %v", got)
	}
}

func TestAddons(t *testing.T) {
	t.Parallel()
	rsp := world.With(t, "{region: eu-central-1, cluster: {addons: [{name: coredns, version: v1.11.4-eksbuild.2}]}}").Settle()
	want := map[any]any{"vpc-cni": "v1.22.3-eksbuild.1", "kube-proxy": "v1.35.3-eksbuild.13", "eks-pod-identity-agent": "v1.3.10-eksbuild.3", "coredns": "v1.11.4-eksbuild.2", "aws-ebs-csi-driver": "v1.63.1-eksbuild.1"}
	got := map[any]any{}
	for _, key := range world.KindsOf(rsp, "Addon") {
		got[world.At(rsp, key, "spec.forProvider.addonName")] = world.At(rsp, key, "spec.forProvider.addonVersion")
		if world.At(rsp, key, "spec.forProvider.serviceAccountRoleArn") != nil {
			t.Errorf("%s: Pod Identity binds roles, not add-ons", key)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("\nEvery add-on should have the version the claim pins, or that was tested with the cluster's: -want, +got:\n%s", diff)
	}
}

// TestDefaultStorageClass: a claim for a volume that names no class finds one.
func TestDefaultStorageClass(t *testing.T) {
	t.Parallel()
	rsp := world.With(t, "{region: eu-central-1}").Settle()
	for _, key := range world.KindsOf(rsp, "Addon") {
		var want any
		if key == "addon.aws-ebs-csi-driver" {
			want = `{"defaultStorageClass":{"enabled":true}}`
		}
		if got := world.At(rsp, key, "spec.forProvider.configurationValues"); got != want {
			t.Errorf("%s: want to tell it %v, got %v", key, want, got)
		}
	}
}

// keyOfAdmin is the key of what lets a role administer the cluster.
func keyOfAdmin(t *testing.T, rsp *fnv1.RunFunctionResponse, arn string) string {
	t.Helper()
	for _, key := range world.KindsOf(rsp, "AccessEntry") {
		if world.At(rsp, key, "spec.forProvider.principalArn") == arn {
			return key
		}
	}
	t.Fatalf("nothing lets %s in", arn)
	return ""
}

func TestAdmins(t *testing.T) {
	t.Parallel()
	one, two := "arn:aws:iam::123456789012:role/one", "arn:aws:iam::123456789012:role/path/two"
	rsp := world.With(t, "{region: eu-central-1, cluster: {admins: ['"+one+"', '"+two+"']}}").Settle()
	for _, arn := range []string{one, two} {
		key := keyOfAdmin(t, rsp, arn)
		for _, k := range []string{key, key + ".policy"} {
			if got := world.At(rsp, k, "spec.forProvider.principalArn"); got != arn {
				t.Errorf("%s: want principal %s, got %v", k, arn, got)
			}
		}
		if got, want := world.At(rsp, key+".policy", "spec.forProvider.policyArn"), "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"; got != want {
			t.Errorf("%s: want policy %s, got %v", key, want, got)
		}
		if got := world.At(rsp, key+".policy", "spec.forProvider.accessScope.type"); got != "cluster" {
			t.Errorf("%s: want the whole cluster, got %v", key, got)
		}
	}

	// The order of a set says nothing.
	again := world.With(t, "{region: eu-central-1, cluster: {admins: ['"+two+"', '"+one+"']}}").Settle()
	if diff := cmp.Diff(world.Keys(rsp), world.Keys(again)); diff != "" {
		t.Errorf("\nThe same admins should be the same objects: -want, +got:\n%s", diff)
	}
}

// TestTextsMeet: what a claim calls by texts whose short digests are one is two all the
// same. What exists by that of one of them keeps its key, and the other gets one of its own.
func TestTextsMeet(t *testing.T) {
	t.Parallel()
	// Found by trying.
	const (
		one, two   = "arn:aws:iam::123456789012:role/r45031", "arn:aws:iam::123456789012:role/r88657"
		tone, ttwo = "t26821", "t49091"
	)
	if platform.Digest(one) != platform.Digest(two) || platform.Digest(tone) != platform.Digest(ttwo) {
		t.Fatal("want texts that meet")
	}
	spec := "{region: eu-central-1, cluster: {admins: [%s]}, nodeGroups: [{name: default, taints: [%s]}]}"
	taint := "{key: %s, effect: PreferNoSchedule}"
	w := world.With(t, fmt.Sprintf(spec, one, fmt.Sprintf(taint, tone)))
	rsp := w.Settle()
	// As an earlier version has made them.
	entry, tag := "cluster.admin."+platform.Digest(one), "node-group.default.tag.taint-"+platform.Digest(tone)
	for was, key := range map[string]string{
		keyOfAdmin(t, rsp, one):                                        entry,
		keyOfAdmin(t, rsp, one) + ".policy":                            entry + ".policy",
		world.Matching(world.Keys(rsp), "node-group.default.tag.*")[0]: tag,
	} {
		w.Observed[key] = w.Observed[was]
		delete(w.Observed, was)
		w.Edit(key, func(o *unstructured.Unstructured) {
			o.SetName(w.ObjectName(key))
			world.Set(key, "metadata", "annotations", "crossplane.io/composition-resource-name")(o)
		})
	}
	both := world.With(t, fmt.Sprintf(spec, one+", "+two, fmt.Sprintf(taint, tone)+", "+fmt.Sprintf(taint, ttwo)))
	before := world.SortedKeys(w.Observed)
	w.XR.Object["spec"] = both.XR.Object["spec"]
	for when, x := range map[string]*world.World{"made anew": both, "added": w} {
		rsp := x.Settle()
		if entries, tags := world.KindsOf(rsp, "AccessEntry"), world.KindsOf(rsp, "GroupTag"); len(entries) != 2 || len(tags) != 2 || !world.IsReady(rsp) {
			t.Errorf("%s: want two of each, got %v, %v: %s", when, entries, tags, world.Explain(rsp))
		}
	}
	for _, key := range before {
		if w.Observed[key] == nil {
			t.Errorf("%s is gone, and it was well", key)
		}
	}
	if rsp := w.Run(); keyOfAdmin(t, rsp, one) != entry || world.At(rsp, tag, "spec.forProvider.tag.key") != "k8s.io/cluster-autoscaler/node-template/taint/"+tone {
		t.Errorf("want what exists to keep its keys, got %v", world.Keys(rsp))
	}
}
