package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

func TestDefinitionSchema(t *testing.T) {
	rules := extv1.ValidationRules{{Rule: "true"}}
	in := &extv1.JSONSchemaProps{
		Description:  "A Platform.",
		Required:     []string{"spec"},
		XValidations: rules,
		Properties: map[string]extv1.JSONSchemaProps{
			"apiVersion": {Type: "string"},
			"kind":       {Type: "string"},
			"metadata":   {Type: "object"},
			"spec":       {Type: "object"},
			"status": {Properties: map[string]extv1.JSONSchemaProps{
				"conditions": {Type: "array"},
				"phase":      {Type: "string"},
			}},
		},
	}
	want := &extv1.JSONSchemaProps{
		Description:  "A Platform.",
		Required:     []string{"spec"},
		XValidations: rules,
		Properties: map[string]extv1.JSONSchemaProps{
			"spec": {Type: "object"},
			"status": {Properties: map[string]extv1.JSONSchemaProps{
				"phase": {Type: "string"},
			}},
		},
	}
	before := in.DeepCopy()

	if diff := cmp.Diff(want, definitionSchema(in)); diff != "" {
		t.Errorf("\nOnly what Crossplane does not add itself should be left, root rules included.\n-want, +got:\n%s", diff)
	}
	if diff := cmp.Diff(before, in); diff != "" {
		t.Errorf("\nThe CRD's schema should not be changed: the reference is made of it too.\n-before, +after:\n%s", diff)
	}
}
