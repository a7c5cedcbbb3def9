package aws

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestTemplateVersions: a launch template that is changed has another version, by
// which its node group knows to replace its nodes.
func TestTemplateVersions(t *testing.T) {
	t.Parallel()
	w, err := New()
	if err != nil {
		t.Fatal(err)
	}
	o := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "ec2.aws.m.upbound.io/v1beta1",
		"kind":       "LaunchTemplate",
		"metadata":   map[string]any{"name": "a"},
		"spec":       map[string]any{"forProvider": map[string]any{}},
	}}
	for _, tc := range []struct {
		reason string
		set    map[string]any
		want   float64
	}{
		{reason: "It begins with the first.", set: map[string]any{"metadataOptions": map[string]any{"httpTokens": "required"}}, want: 1},
		{reason: "What is not changed stays.", want: 1},
		{reason: "Its own tags are no part of it.", set: map[string]any{"tags": map[string]any{"team": "a"}}, want: 1},
		{reason: "A changed field is.", set: map[string]any{"metadataOptions": map[string]any{"httpTokens": "optional"}}, want: 2},
		{reason: "So is one more.", set: map[string]any{"blockDeviceMappings": []any{map[string]any{"ebs": map[string]any{"volumeSize": int64(30)}}}}, want: 3},
	} {
		for k, v := range tc.set {
			if err := unstructured.SetNestedField(o.Object, v, "spec", "forProvider", k); err != nil {
				t.Fatal(err)
			}
		}
		if o, err = w.Ready(o); err != nil {
			t.Fatal(err)
		}
		if got, _, err := unstructured.NestedFloat64(o.Object, "status", "atProvider", "latestVersion"); err != nil || got != tc.want {
			t.Errorf("%s Want version %v, got %v, error: %v", tc.reason, tc.want, got, err)
		}
	}
}
