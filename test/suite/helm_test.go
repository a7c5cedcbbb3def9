package suite

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
)

// TestHelm: provider-helm installs the controllers with the values that were
// composed, every number and flag of them, and they become ready. The charts
// take only what the real ones document.
func TestHelm(t *testing.T) {
	t.Parallel()
	ctx, cancel := deadline(t)
	defer cancel()
	b := bedOf(t, "helm", controlplane.Options{Helm: true})
	p := apply(ctx, t, b, "platform-production")
	p.ready(ctx)
	p.report(ctx)

	releases := 0
	for _, r := range p.list(ctx) {
		if r.GetKind() != "Release" {
			continue
		}
		releases++
		name := r.GetAnnotations()["crossplane.io/external-name"]
		namespace, _, _ := unstructured.NestedString(r.Object, "spec", "forProvider", "namespace")
		want, _, err := unstructured.NestedMap(r.Object, "spec", "forProvider", "values")
		if err != nil || len(want) == 0 {
			t.Fatalf("%s has no values: %v", name, err)
		}
		at := types.NamespacedName{Namespace: namespace, Name: name}
		if diff := cmp.Diff(normal(t, want), b.values(ctx, t, at)); diff != "" {
			t.Errorf("%s: -composed, +installed:\n%s", name, diff)
		}
		d := &appsv1.Deployment{}
		if err := b.cp.Client.Get(ctx, at, d); err != nil {
			t.Fatal(err)
		}
		if d.Status.ReadyReplicas == 0 || d.Status.ReadyReplicas != *d.Spec.Replicas {
			t.Errorf("%s is ready, with %d of %d replicas", name, d.Status.ReadyReplicas, *d.Spec.Replicas)
		}
	}
	if want := 4; releases != want {
		t.Errorf("want %d releases, got %d", want, releases)
	}
}

// values that a stand-in chart was given.
func (b *bed) values(ctx context.Context, t *testing.T, release types.NamespacedName) map[string]any {
	t.Helper()
	cm := &corev1.ConfigMap{}
	release.Name += "-values"
	if err := b.cp.Client.Get(ctx, release, cm); err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	if err := yaml.Unmarshal([]byte(cm.Data["values.yaml"]), &values); err != nil {
		t.Fatal(err)
	}
	return values
}

// normal is a value with the types YAML gives it.
func normal(t *testing.T, v map[string]any) map[string]any {
	t.Helper()
	b, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := yaml.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
