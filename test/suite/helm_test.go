package suite

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
)

// TestHelm: provider-helm installs the controllers with the values that were
// composed, every number and flag of them, and they become ready. The charts
// take only what the real ones document.
func TestHelm(t *testing.T) {
	t.Parallel()
	ctx := within(t, 3*patience)
	b := own(t, "helm", controlplane.Options{Helm: true})
	if err := b.cp.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: controlplane.NamespaceArgoCD}}); err != nil {
		t.Fatal(err)
	}
	p := apply(ctx, t, b, "platform-production")
	p.edit(ctx, func(spec map[string]any) {
		unprotect(spec)
		spec["facts"] = map[string]any{"argoCD": true, "flux": true}
	})
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
	// What the provider has written into a Release is no step that could be held.
	p.edit(ctx, func(spec map[string]any) { spec["upgrade"] = map[string]any{"paused": true} })
	if !p.inForceOrSaid(ctx) {
		t.Error("want a platform that is paused and has all its versions to be ready")
	}
	p.tellsFacts(ctx)
	beside := p.tellsGitOps(ctx)
	p.drains(ctx)
	for _, o := range append(beside, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: factsName.Namespace, Name: factsName.Name}}) {
		if err := b.cp.Client.Get(ctx, client.ObjectKeyFromObject(o), o); !apierrors.IsNotFound(err) {
			t.Errorf("want nothing told of a platform that is gone, got %s: %v", o.GetName(), err)
		}
	}
	losesCluster(ctx, t, b)
}

// losesCluster tests that a platform goes whose cluster does not answer any more,
// once somebody says so: nothing can be uninstalled there, or drained.
func losesCluster(ctx context.Context, t *testing.T, b *bed) {
	t.Helper()
	p := applyIn(ctx, t, b, "lost", "platform-smallest")
	p.ready(ctx)
	auth := p.object(ctx, "cluster.auth")
	secret := &corev1.Secret{}
	if err := b.cp.Client.Get(ctx, client.ObjectKeyFromObject(auth), secret); err != nil {
		t.Fatal(err)
	}
	secret.Data["kubeconfig"] = bytes.ReplaceAll(secret.Data["kubeconfig"], []byte("//localhost:"), []byte("//gone.invalid:"))
	if err := b.cp.Client.Update(ctx, secret); err != nil {
		t.Fatal(err)
	}
	p.patch(ctx, p.composite(ctx), `{"annotations":{"xplatform.dev/cluster":"gone"}}`)
	p.delete(ctx, metav1.DeletePropagationBackground)
	p.gone(ctx)
	d := &appsv1.Deployment{}
	if err := b.cp.Client.Get(ctx, types.NamespacedName{Namespace: "kube-system", Name: "cluster-autoscaler"}, d); err != nil {
		t.Errorf("what runs in the cluster should have been left alone: %v", err)
	}
}

// drains tests that load balancers of what is deployed in the platform's cluster,
// which is this control plane itself, are gone before anything of the platform
// is asked to go, by the drain's own commands and with its own rights; and that
// the claim's composite says what is left if they don't go.
func (p *platform) drains(ctx context.Context) {
	t := p.t
	t.Helper()
	deployed := p.deploy(ctx)
	p.delete(ctx, metav1.DeletePropagationBackground)
	p.untilComposite(ctx, "told what keeps the cluster from being drained", func(xr *unstructured.Unstructured) bool {
		c := controlplane.Condition(xr, "Draining")
		return c.Status == "True" && c.Reason == "TimedOut" && strings.Contains(c.Message, "ingress "+deployed[0].GetNamespace()+"/web")
	})
	if names := p.leftTo(ctx, "Ingress"); !slices.Equal(names, []string{"web"}) {
		t.Errorf("all Ingresses but web should be gone, got %v", names)
	}
	p.assertNothingLeft(ctx)
	const release = `{"finalizers":null}`
	p.patch(ctx, deployed[0], release)
	p.untilComposite(ctx, "waiting for the Service", func(xr *unstructured.Unstructured) bool {
		return strings.Contains(controlplane.Condition(xr, "Draining").Message, "Services")
	})
	p.assertNothingLeft(ctx)
	// Argo CD, or Flux, in the cluster itself.
	deploying := p.bed.deploys(ctx, t, deployed[2])
	p.patch(ctx, deployed[1], release)
	p.untilComposite(ctx, "told what is deployed again", func(xr *unstructured.Unstructured) bool {
		c := controlplane.Condition(xr, "Draining")
		return c.Status == "True" && c.Reason == "DeployedAgain" && strings.Contains(c.Message, "ingress "+deployed[2].GetNamespace()+"/"+deployed[2].GetName())
	})
	deploying.until(ctx, 3)
	p.assertNothingLeft(ctx)
	deploying.suspend()
	p.gone(ctx)
	for _, kind := range []string{"Ingress", "Gateway"} {
		if names := p.leftTo(ctx, kind); len(names) > 0 {
			t.Errorf("%s: want none, got %v", kind, names)
		}
	}
	if names := p.leftTo(ctx, "Service"); !slices.Contains(names, "internal") || slices.Contains(names, "public") {
		t.Errorf("only Services of type LoadBalancer should be gone, got %v", names)
	}
	p.reportTeardown()
}

// deploy what makes load balancers into the platform's cluster. The first two
// take somebody who removes their load balancers before they are gone.
func (p *platform) deploy(ctx context.Context) []*unstructured.Unstructured {
	p.t.Helper()
	var all []*unstructured.Unstructured
	for _, o := range objectsOf(p.t, "test/suite/testdata/deployed.yaml") {
		err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
			// A definition is served a moment after it was made.
			return p.bed.cp.Apply(ctx, o) == nil, nil
		})
		if err != nil {
			p.t.Fatalf("cannot apply %s %s: %v", o.GetKind(), o.GetName(), err)
		}
		if o.GetNamespace() != "" {
			all = append(all, o)
		}
	}
	return all
}

// leftTo are the names of what there is of a kind that makes load balancers.
func (p *platform) leftTo(ctx context.Context, kind string) []string {
	p.t.Helper()
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(map[string]schema.GroupVersionKind{
		"Ingress": {Group: "networking.k8s.io", Version: "v1", Kind: "IngressList"},
		"Gateway": {Group: "gateway.networking.k8s.io", Version: "v1", Kind: "GatewayList"},
		"Service": {Version: "v1", Kind: "ServiceList"},
	}[kind])
	if err := p.bed.cp.Client.List(ctx, list); err != nil {
		p.t.Fatal(err)
	}
	var names []string
	for _, o := range list.Items {
		names = append(names, o.GetName())
	}
	return names
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
