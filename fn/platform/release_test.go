package platform_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xplatform-dev/function-xplatform/test/world"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// TestHelmKinds: the kinds we spell by hand are those whose CRDs provider-helm
// installs, in the version it stores.
func TestHelmKinds(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	rsp := w.Settle()
	releases := world.KindsOf(rsp, "Release")
	if len(releases) == 0 {
		t.Fatal("no release is composed")
	}
	for _, key := range append(releases, "helm") {
		gvk := world.Desired(rsp, key).GroupVersionKind()
		crd, err := w.CRDs.CRD(gvk.GroupKind())
		if err != nil {
			t.Fatal(err)
		}
		if stored := crd.Spec.Versions[0]; !stored.Storage || stored.Name != gvk.Version || crd.Spec.Scope != extv1.NamespaceScoped {
			t.Errorf("%s: want the stored version %s of a namespaced kind, got %s, %s", key, stored.Name, gvk, crd.Spec.Scope)
		}
	}
	config := world.Desired(rsp, "helm")
	for _, key := range releases {
		for field, want := range map[string]string{"kind": config.GetKind(), "name": config.GetName()} {
			if got := world.At(rsp, key, "spec.providerConfigRef."+field); got != want {
				t.Errorf("%s: want the provider config's %s %s, got %v", key, field, want, got)
			}
		}
	}
}

// TestHelmConfig: provider-helm gets into the cluster by the Secret that
// ClusterAuth keeps fresh.
func TestHelmConfig(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	rsp := w.Settle()
	want := map[string]any{"source": "Secret", "secretRef": map[string]any{
		"namespace": "crossplane-system",
		"name":      world.At(rsp, "cluster.auth", "spec.writeConnectionSecretToRef.name"),
		"key":       "kubeconfig",
	}}
	if diff := cmp.Diff(want, world.At(rsp, "helm", "spec.credentials")); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	ref, _ := world.StatusOf(t, rsp)["cluster"].(map[string]any)["kubeconfigSecretRef"].(map[string]any)
	if diff := cmp.Diff(want["secretRef"], any(ref)); diff != "" {
		t.Errorf("\nThe claim should say where the kubeconfig is: -want, +got:\n%s", diff)
	}
}
