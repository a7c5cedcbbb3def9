package platform_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

const (
	roleArgoCD = "arn:aws:iam::123456789012:role/argocd"
	roleFlux   = "arn:aws:iam::123456789012:role/flux"
)

// gitOps is a policy by which platforms may be deployed into from the control plane.
//
//nolint:gochecknoglobals // A constant.
var gitOps = map[string]any{"facts": map[string]any{
	"argoCD": map[string]any{"namespace": "argocd", "roleArn": roleArgoCD},
	"flux":   map[string]any{"roleArn": roleFlux},
}}

// factsBeside an answer's object: of a ConfigMap its data, of a Secret its annotations.
func factsBeside(rsp *fnv1.RunFunctionResponse, key, path string) map[string]any {
	all, _ := world.At(rsp, key, path).(map[string]any)
	all = maps.Clone(all)
	maps.DeleteFunc(all, func(k string, _ any) bool { return !strings.HasPrefix(k, "PLATFORM_") })
	return all
}

// TestArgoCD: the cluster is registered with Argo CD as Argo CD wants it, with the facts.
func TestArgoCD(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, name: team-a-dev, queues: [{name: orders}], facts: {argoCD: true}}")
	w.Policy = gitOps
	rsp := w.Settle()
	world.Validate(t, w, rsp)
	secret := world.Desired(rsp, "argocd")
	if got, want := secret.GetKind()+" "+secret.GetNamespace()+"/"+secret.GetName(), "Secret argocd/"+w.XR.GetName()+"-argocd"; got != want {
		t.Errorf("want %s, got %s", want, got)
	}
	if got := secret.GetLabels()["argocd.argoproj.io/secret-type"]; got != "cluster" {
		t.Errorf("want a cluster's Secret, got one of %q", got)
	}
	decoded := map[string]string{}
	for key, v := range secret.Object["data"].(map[string]any) {
		b, err := base64.StdEncoding.DecodeString(v.(string))
		if err != nil {
			t.Fatal(err)
		}
		decoded[key] = string(b)
	}
	var config any
	if err := json.Unmarshal([]byte(decoded["config"]), &config); err != nil {
		t.Fatal(err)
	}
	ca, _, _ := unstructured.NestedSlice(w.Observed["cluster"].GetResource().AsMap(), "status", "atProvider", "certificateAuthority")
	if diff := cmp.Diff(map[string]any{
		"awsAuthConfig":   map[string]any{"clusterName": "team-a-dev", "roleARN": roleArgoCD},
		"tlsClientConfig": map[string]any{"insecure": false, "caData": ca[0].(map[string]any)["data"]},
	}, config); diff != "" {
		t.Errorf("config: -want, +got:\n%s", diff)
	}
	if decoded["name"] != "team-a-dev-eu-central-1" || decoded["server"] != w.Status("cluster", "endpoint") || len(decoded) != 3 {
		t.Errorf("want name, server and config, got %v", decoded)
	}
	if diff := cmp.Diff(factsOf(rsp), factsBeside(rsp, "argocd", "metadata.annotations")); diff != "" {
		t.Errorf("annotations: -in the cluster, +got:\n%s", diff)
	}
	labels := factsBeside(rsp, "argocd", "metadata.labels")
	for key, is := range map[string]bool{"PLATFORM_REGION": true, "PLATFORM_VPC_ID": true, "PLATFORM_KUBERNETES_VERSION": true, "PLATFORM_CLUSTER_ARN": false, "PLATFORM_PUBLIC_SUBNET_IDS": false, "PLATFORM_QUEUE_URL_ORDERS": false} {
		if (labels[key] != nil) != is {
			t.Errorf("%s is a label: %v, want %v", key, labels[key] != nil, is)
		}
	}
	edges := world.PlanOf(t, w).Edges()
	needs := world.NeedsOf(edges, "argocd")
	admin := world.Matching(slices.Sorted(maps.Keys(needs)), "cluster.admin.*.policy")
	if !needs["node-group.default"] || !needs["aws-load-balancer-controller"] || len(admin) != 1 {
		t.Errorf("want Argo CD to deploy once there are nodes, controllers and its rights, got %v", needs)
	}
	if got := world.At(rsp, strings.TrimSuffix(admin[0], ".policy"), "spec.forProvider.principalArn"); got != roleArgoCD {
		t.Errorf("want %s let in, got %v", roleArgoCD, got)
	}
	w.Follow(rsp)
	first := w.Run()
	w.Follow(first)
	if second := w.Run(); !proto.Equal(first.GetDesired(), second.GetDesired()) {
		t.Error("the second answer is another one")
	}
}

// TestFlux: Flux finds the way into the cluster, and the facts, beside the claim.
func TestFlux(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason    string
		namespace string
		want      string
		edit      func(w *world.World)
	}{
		"Beside": {reason: "Where the claim is, its name says which it is.", want: "team-a/dev"},
		"Same":   {reason: "That may be said, too.", namespace: "team-a", want: "team-a/dev"},
		"Shared": {reason: "Where several teams' meet, the team's name says which.", namespace: "flux-system", want: "flux-system/team-a.dev"},
		"Namespaced": {reason: "A namespaced composite is the claim itself.", want: "team-b/dev-x7k2p", edit: func(w *world.World) {
			w.XR.SetKind("Platform")
			w.XR.SetNamespace("team-b")
			w.XR.SetLabels(nil)
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, "{region: eu-central-1, facts: {flux: true}}")
			w.Policy = map[string]any{"facts": map[string]any{"flux": map[string]any{"roleArn": roleFlux, "namespace": tc.namespace}}}
			if tc.edit != nil {
				tc.edit(w)
			}
			rsp := w.Settle()
			if tc.edit == nil {
				world.Validate(t, w, rsp)
			}
			for key, suffix := range map[string]string{"flux.kubeconfig": "-kubeconfig", "flux.facts": "-facts"} {
				o := world.Desired(rsp, key)
				if got := o.GetNamespace() + "/" + o.GetName(); o.GetKind() != "ConfigMap" || got != tc.want+suffix {
					t.Errorf("\n%s\nwant ConfigMap %s%s, got %s %s", tc.reason, tc.want, suffix, o.GetKind(), got)
				}
			}
			want := map[string]any{"provider": "aws", "cluster": w.Status("cluster", "arn"), "address": w.Status("cluster", "endpoint"), "ca.crt": "-----BEGIN"}
			if diff := cmp.Diff(want, world.At(rsp, "flux.kubeconfig", "data")); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(factsOf(rsp), world.At(rsp, "flux.facts", "data")); diff != "" {
				t.Errorf("\n%s\n-in the cluster, +got:\n%s", tc.reason, diff)
			}
			if admin := world.Matching(world.Keys(rsp), "cluster.admin.*.policy"); len(admin) != 1 || world.At(rsp, admin[0], "spec.forProvider.principalArn") != roleFlux {
				t.Errorf("\n%s\nwant Flux's role let in, got %v", tc.reason, admin)
			}
		})
	}
}

// TestGitOpsMoves: what stands where it no longer belongs is made anew where it does.
func TestGitOpsMoves(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, facts: {argoCD: true, flux: true}}")
	w.Policy = gitOps
	w.Settle()
	w.Policy = map[string]any{"facts": map[string]any{"argoCD": map[string]any{"namespace": "argo"}, "flux": map[string]any{"namespace": "flux-system"}}}
	var gone []string
	for range 6 {
		gone = append(gone, w.Follow(w.Run())...)
	}
	for _, key := range []string{"argocd", "flux.kubeconfig", "flux.facts"} {
		if !slices.Contains(gone, key) {
			t.Errorf("%s should go where it was", key)
		}
	}
	rsp := w.Run()
	if got := []string{world.Desired(rsp, "argocd").GetNamespace(), world.Desired(rsp, "flux.facts").GetNamespace(), world.Desired(rsp, "flux.kubeconfig").GetName()}; !slices.Equal(got, []string{"argo", "flux-system", "team-a.dev-kubeconfig"}) {
		t.Errorf("want it where the policy says, got %v", got)
	}
	if admins := world.Matching(world.Keys(rsp), "cluster.admin.*"); len(admins) > 0 {
		t.Errorf("want nobody let in any more, got %v", admins)
	}
}

// TestGitOpsRefused: whoever may not be told of a cluster is not, and the claim says why.
func TestGitOpsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		facts  string
		policy string
		edit   func(xr *unstructured.Unstructured)
		want   []string
	}{
		"ArgoCD": {
			reason: "Without a policy nobody registers a cluster with an Argo CD, which others use, too.",
			facts:  "{argoCD: true}", policy: "{}",
			want: []string{"spec.facts.argoCD: is not allowed here", "facts.argoCD of the function's input"},
		},
		"ArgoCDNowhere": {
			reason: "A policy that names no namespace is none.",
			facts:  "{argoCD: true}", policy: "{facts: {argoCD: {namespace: ''}}}",
			want: []string{"spec.facts.argoCD: is not allowed here"},
		},
		"Flux": {
			reason: "Nor does Flux get to know of it.",
			facts:  "{flux: true}", policy: "{facts: {argoCD: {namespace: argocd}}}",
			want: []string{"spec.facts.flux: is not allowed here", "facts.flux of the function's input"},
		},
		"Both": {
			reason: "What is wrong is said at once.",
			facts:  "{argoCD: true, flux: true}", policy: "{}",
			want: []string{"spec.facts.argoCD", "spec.facts.flux"},
		},
		"Elsewhere": {
			reason: "Crossplane would make it in the composite's own namespace, where Argo CD doesn't look.",
			facts:  "{argoCD: true}", policy: "{facts: {argoCD: {namespace: argocd}}}",
			edit: namespaced,
			want: []string{"spec.facts.argoCD: can't be in the namespace team-a", "argocd", "facts.argoCD.namespace"},
		},
		"FluxElsewhere": {
			reason: "Nor would Flux find it.",
			facts:  "{flux: true}", policy: "{facts: {flux: {namespace: flux-system}}}",
			edit: namespaced,
			want: []string{"spec.facts.flux: can't be in the namespace team-a", "flux-system", "facts.flux.namespace"},
		},
		"FluxOfNoClaim": {
			reason: "A composite without a claim is in no namespace.",
			facts:  "{flux: true}", policy: "{facts: {flux: {}}}",
			edit: func(xr *unstructured.Unstructured) { xr.SetLabels(nil) },
			want: []string{"spec.facts.flux: needs a claim", "facts.flux.namespace"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, "{region: eu-central-1, facts: "+tc.facts+"}")
			if tc.edit != nil {
				tc.edit(w.XR)
			}
			world.CheckRefused(t, tc.reason, judged(t, w, tc.policy), tc.want...)
		})
	}
}

func namespaced(xr *unstructured.Unstructured) {
	xr.SetKind("Platform")
	xr.SetNamespace("team-a")
	xr.SetLabels(nil)
}

// TestGitOpsInDocs: the policies that the page shows are ones, and the facts it speaks of
// are told.
func TestGitOpsInDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(world.Root(), "docs", "gitops.md"))
	if err != nil {
		t.Fatal(err)
	}
	policies := 0
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		step := struct {
			Input map[string]any `json:"input"`
		}{}
		if err := yaml.Unmarshal([]byte(block[1]), &step); err != nil {
			t.Fatal(err)
		}
		if step.Input == nil {
			continue
		}
		policies++
		policy, err := yaml.Marshal(step.Input)
		if err != nil {
			t.Fatal(err)
		}
		if err := validInput(t, string(policy)); err != nil {
			t.Errorf("%v: %s", err, block[1])
		}
	}
	if policies < 3 {
		t.Errorf("want three policies, got %d", policies)
	}
	for _, key := range regexp.MustCompile("PLATFORM_[A-Z_]+").FindAllString(string(page), -1) {
		if !slices.ContainsFunc(platform.Facts(), func(f []string) bool {
			begin, _, each := strings.Cut(f[0], "<")
			return key == f[0] || each && strings.HasPrefix(key, begin)
		}) {
			t.Errorf("nobody tells %s", key)
		}
	}
}
