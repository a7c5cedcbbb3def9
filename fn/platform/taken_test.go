package platform_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crossplane/crossplane-runtime/v2/pkg/fieldpath"
	eksv1 "github.com/upbound/provider-aws/v2/apis/namespaced/eks/v1beta1"
	iamv1 "github.com/upbound/provider-aws/v2/apis/namespaced/iam/v1beta1"

	"github.com/xplatform-dev/function-xplatform/test/world"
)

// lateInitializer is a managed resource of an upjet provider, which completes it by
// what AWS has.
type lateInitializer interface {
	LateInitialize(attrs []byte) (bool, error)
}

// TestTakenOut: what is taken out of a claim is gone, though AWS still has it when
// the provider looks next, and completes the object by that unless it may not.
func TestTakenOut(t *testing.T) {
	t.Parallel()
	const boundary = "arn:aws:iam::123456789012:policy/boundary"
	cases := map[string]struct {
		reason string
		claim  string
		// path of what is taken out of the claim's spec, or what it is then.
		path []string
		then any
		key  string
		into lateInitializer
		// attrs are what AWS has by then, as Terraform spells it, and field is
		// where the provider would put it, while was is what was asked for before.
		attrs map[string]any
		field string
		was   any
	}{
		"Boundary": {
			reason: "A boundary that nobody wants any more should not bound.",
			claim:  "iam: {permissionsBoundary: '" + boundary + "'}",
			path:   []string{"iam", "permissionsBoundary"},
			key:    "cluster.role", into: &iamv1.Role{}, attrs: map[string]any{"permissions_boundary": boundary},
			field: "permissionsBoundary", was: boundary,
		},
		"LogTypes": {
			reason: "A log that nobody wants any more should not be paid for.",
			claim:  "cluster: {logging: {types: [audit]}}",
			path:   []string{"cluster", "logging", "types"}, then: []any{},
			key: "cluster", into: &eksv1.Cluster{}, attrs: map[string]any{"enabled_cluster_log_types": []any{"audit"}},
			field: "enabledClusterLogTypes", was: []any{"audit"},
		},
		"Labels": {
			reason: "The last label should go as any other.",
			claim:  "nodeGroups: [{name: default, labels: {team: a}}]",
			path:   []string{"nodeGroups"}, then: []any{map[string]any{"name": "default"}},
			key: "node-group.default", into: &eksv1.NodeGroup{}, attrs: map[string]any{"labels": map[string]any{"team": "a"}},
			field: "labels", was: map[string]any{"team": "a"},
		},
		"Taints": {
			reason: "So should the last taint.",
			claim:  "nodeGroups: [{name: default, taints: [{key: team, value: a, effect: PreferNoSchedule}]}]",
			path:   []string{"nodeGroups"}, then: []any{map[string]any{"name": "default"}},
			key: "node-group.default", into: &eksv1.NodeGroup{}, attrs: map[string]any{"taint": []any{map[string]any{"key": "team", "value": "a", "effect": "PREFER_NO_SCHEDULE"}}},
			field: "taint", was: []any{map[string]any{"key": "team", "value": "a", "effect": "PREFER_NO_SCHEDULE"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world.With(t, "{region: eu-central-1, "+tc.claim+"}")
			if diff := cmp.Diff(tc.was, world.At(w.Settle(), tc.key, "spec.forProvider."+tc.field)); diff != "" {
				t.Errorf("\n%s\nbefore: -want, +got:\n%s", tc.reason, diff)
			}
			path := append([]string{"spec"}, tc.path...)
			unstructured.RemoveNestedField(w.XR.Object, path...)
			if tc.then != nil {
				world.Set(tc.then, path...)(w.XR)
			}
			if err := w.CRDs.Default(w.XR); err != nil {
				t.Fatal(err)
			}
			rsp := w.Run()
			if diff := cmp.Diff(any(nil), world.At(rsp, tc.key, "spec.forProvider."+tc.field)); diff != "" {
				t.Errorf("\n%s\nasked for: -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff([]any{"Observe", "Create", "Update", "Delete"}, world.At(rsp, tc.key, "spec.managementPolicies")); diff != "" {
				t.Errorf("\n%s\nwhat the provider may do: -want, +got:\n%s", tc.reason, diff)
			}
			// This is what it is kept from.
			if got := completed(t, world.Desired(rsp, tc.key), tc.into, tc.attrs); got[tc.field] == nil {
				t.Errorf("\n%s\nthe provider would not bring it back, so the test proves nothing", tc.reason)
			}
		})
	}
}

// completed is forProvider of an object as the provider completes it.
func completed(t *testing.T, o *unstructured.Unstructured, into lateInitializer, attrs map[string]any) map[string]any {
	t.Helper()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, into); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(attrs)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := into.LateInitialize(b); err != nil {
		t.Fatal(err)
	}
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(into)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := fieldpath.Pave(m).GetValue("spec.forProvider")
	if err != nil {
		t.Fatal(err)
	}
	fields, _ := spec.(map[string]any)
	return fields
}
