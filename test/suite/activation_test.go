package suite

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
	"github.com/xplatform-dev/function-xplatform/test/crds"
)

// TestActivation: without Crossplane's default activations the kinds that the
// Configuration names are active, as all tests of the suite need them, and others are
// not.
func TestActivation(t *testing.T) {
	t.Parallel()
	ctx, b := deadline(t), shared(t)
	registry, err := crds.Shared()
	if err != nil {
		t.Fatal(err)
	}
	other, err := registry.CRD(schema.GroupKind{Group: "ec2.aws.m.upbound.io", Kind: "Instance"})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.cp.Define(ctx, other); err != nil {
		t.Fatal(err)
	}

	file, err := os.ReadFile("compositions/activation.yaml")
	if err != nil {
		t.Fatal(err)
	}
	policy := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(file, &policy.Object); err != nil {
		t.Fatal(err)
	}
	want, _, _ := unstructured.NestedStringSlice(policy.Object, "spec", "activate")
	definition := &unstructured.Unstructured{}
	definition.SetGroupVersionKind(controlplane.KindDefinition)
	err = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		err := b.cp.Client.Get(ctx, client.ObjectKey{Name: other.GetName()}, definition)
		return controlplane.Condition(definition, "Established").Status != "", err
	})
	if err != nil {
		t.Fatalf("Crossplane does not look at %s: %v", other.GetName(), err)
	}
	if got := controlplane.Condition(definition, "Established"); got.Status == "True" {
		t.Errorf("want %s not served, got %v", other.GetName(), got)
	}

	policies := &unstructured.UnstructuredList{}
	policies.SetGroupVersionKind(controlplane.KindPolicy.GroupVersion().WithKind(controlplane.KindPolicy.Kind + "List"))
	if err := b.cp.Client.List(ctx, policies); err != nil {
		t.Fatal(err)
	}
	if len(policies.Items) != 1 || policies.Items[0].GetName() != policy.GetName() {
		t.Fatalf("want the Configuration's policy and no other, got %v", policies.Items)
	}
	got, _, _ := unstructured.NestedStringSlice(policies.Items[0].Object, "status", "activated")
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kinds: -named, +activated:\n%s", diff)
	}
}
