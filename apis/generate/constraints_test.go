package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

func TestConstraints(t *testing.T) {
	cases := map[string]struct {
		reason string
		schema extv1.JSONSchemaProps
		want   []string
	}{
		"None": {
			reason: "A field that takes anything should have no constraints.",
			schema: extv1.JSONSchemaProps{Type: "string"},
		},
		"Numbers": {
			reason: "Large limits should be written in full.",
			schema: extv1.JSONSchemaProps{Type: "integer", Minimum: new(60.0), Maximum: new(1209600.0)},
			want:   []string{"60 to 1209600"},
		},
		"String": {
			reason: "A string's length and pattern should be named, one character in the singular.",
			schema: extv1.JSONSchemaProps{Type: "string", MinLength: new(int64(1)), Pattern: "^[a-z]*$"},
			want:   []string{"at least 1 character", "matches `^[a-z]*$`"},
		},
		"Enum": {
			reason: "The values of an enum should be listed in their order.",
			schema: extv1.JSONSchemaProps{Type: "string", Enum: []extv1.JSON{{Raw: []byte(`"b"`)}, {Raw: []byte(`"a"`)}}},
			want:   []string{"one of `b`, `a`"},
		},
		"Immutable": {
			reason: "The message of a rule against change should say what to do instead.",
			schema: extv1.JSONSchemaProps{Type: "string", XValidations: extv1.ValidationRules{
				{Rule: ruleImmutable, Message: "region is immutable: create another"},
			}},
			want: []string{"can't change: create another"},
		},
		"Set": {
			reason: "A list's own constraints should come before those of its items.",
			schema: extv1.JSONSchemaProps{
				Type:      "array",
				XListType: new("set"),
				MaxItems:  new(int64(5)),
				Items:     &extv1.JSONSchemaPropsOrArray{Schema: &extv1.JSONSchemaProps{Type: "string", MaxLength: new(int64(9))}},
			},
			want: []string{"at most 5 items", "no duplicates", "each at most 9 characters"},
		},
		"ListOfObjects": {
			reason: "The rules of objects in a list should be left to their own table.",
			schema: extv1.JSONSchemaProps{
				Type:         "array",
				XListType:    new("map"),
				XListMapKeys: []string{"name"},
				Items: &extv1.JSONSchemaPropsOrArray{Schema: &extv1.JSONSchemaProps{
					Type:         "object",
					Properties:   map[string]extv1.JSONSchemaProps{"name": {Type: "string"}},
					XValidations: extv1.ValidationRules{{Rule: "false", Message: "no"}},
				}},
			},
			want: []string{"unique `name`"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, constraints(tc.schema)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
