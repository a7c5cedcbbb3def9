package main

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// reference returns the field reference of what a product team writes and reads
// and of what the platform team writes.
func reference(platform, input *extv1.CustomResourceDefinition) []byte {
	out := &strings.Builder{}
	fmt.Fprintf(out, "<!-- %s -->\n\n# Field reference\n\n", header)

	schema := *platform.Spec.Versions[0].Schema.OpenAPIV3Schema
	writeKind(out, platform, schema)
	out.WriteString("Crossplane adds fields of its own to every claim, such as `spec.compositionRef`\nand the conditions `Synced` and `Ready`. `spec.writeConnectionSecretToRef.name` is\nthe Secret in the claim's namespace that gets the kubeconfig, under the key\n`" + keyKubeconfig + "`, as long as the platform is ready.\n\n")
	writeObject(out, "spec", schema.Properties["spec"])
	writeObject(out, "status", schema.Properties["status"])

	schema = *input.Spec.Versions[0].Schema.OpenAPIV3Schema.DeepCopy()
	for _, every := range []string{"apiVersion", "kind", "metadata"} {
		delete(schema.Properties, every)
	}
	writeKind(out, input, schema)
	writeObject(out, "input", schema)
	return []byte(strings.TrimSuffix(out.String(), "\n"))
}

// writeKind writes the heading and the description of a kind.
func writeKind(out *strings.Builder, crd *extv1.CustomResourceDefinition, s extv1.JSONSchemaProps) {
	fmt.Fprintf(out, "## %s\n\n`apiVersion: %s/%s`, `kind: %[1]s`\n\n%[4]s\n\n",
		crd.Spec.Names.Kind, crd.Spec.Group, crd.Spec.Versions[0].Name, prose(s.Description))
}

// writeObject writes a table of an object's fields, and then the same for each
// object in it.
func writeObject(out *strings.Builder, path string, s extv1.JSONSchemaProps) {
	children := objectsIn(path, s)
	anchors := map[string]string{}
	for _, c := range children {
		for _, field := range c.fields {
			anchors[field] = anchor(c.path)
		}
	}

	fmt.Fprintf(out, "### `%s`\n\n", path)
	for _, r := range s.XValidations {
		fmt.Fprintf(out, "- %s\n", prose(r.Message))
	}
	if len(s.XValidations) > 0 {
		out.WriteString("\n")
	}
	t := &table{header: []string{"Field", "Type", "Default", "Constraints", "Description"}}
	for _, name := range fieldNames(s) {
		p := s.Properties[name]
		t.add(fieldCell(name, p, slices.Contains(s.Required, name)), typeCell(p, anchors[name]),
			defaultCell(p), strings.Join(constraints(p), "; "), descriptionCell(p))
	}
	out.WriteString(t.markdown() + "\n")

	for _, c := range children {
		writeObject(out, c.path, c.schema)
	}
}

// child is an object in another, or several of the same schema.
type child struct {
	path   string
	fields []string
	schema extv1.JSONSchemaProps
}

// objectsIn returns the objects in an object that have a table of their own.
// Fields that differ in description and default only share one.
func objectsIn(path string, s extv1.JSONSchemaProps) []child {
	var children []child
	for _, name := range fieldNames(s) {
		p, suffix := s.Properties[name], ""
		if p.Type == "array" {
			p, suffix = *p.Items.Schema, "[]"
		}
		// Everyone knows a Kubernetes condition.
		if len(p.Properties) == 0 || path+"."+name == "status.conditions" {
			continue
		}
		p.Description, p.Default = "", nil
		if i := slices.IndexFunc(children, func(c child) bool { return reflect.DeepEqual(c.schema, p) }); i >= 0 {
			children[i].path = path + ".<name>"
			children[i].fields = append(children[i].fields, name)
			continue
		}
		children = append(children, child{path: path + "." + name + suffix, fields: []string{name}, schema: p})
	}
	return children
}

// fieldNames returns the names of an object's fields, required ones first.
func fieldNames(s extv1.JSONSchemaProps) []string {
	names := slices.Collect(maps.Keys(s.Properties))
	rank := func(name string) int {
		if slices.Contains(s.Required, name) {
			return 0
		}
		return 1
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(rank(a)-rank(b), cmp.Compare(a, b)) })
	return names
}

// fieldCell returns a field's name and marks.
func fieldCell(name string, s extv1.JSONSchemaProps, required bool) string {
	cell := code(name)
	if required {
		cell += " **required**"
	}
	if slices.ContainsFunc(s.XValidations, immutable) {
		cell += " *immutable*"
	}
	return cell
}

// typeCell returns a field's type, linked to the table of its fields if it has
// one.
func typeCell(s extv1.JSONSchemaProps, anchor string) string {
	cell := typeName(s)
	if anchor != "" {
		return "[" + cell + "](#" + anchor + ")"
	}
	return cell
}

// typeName returns the name of a type in words.
func typeName(s extv1.JSONSchemaProps) string {
	switch {
	case s.Type == "array":
		return "list of " + plural(typeName(*s.Items.Schema))
	case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
		return "map of " + plural(typeName(*s.AdditionalProperties.Schema))
	case s.XPreserveUnknownFields != nil && *s.XPreserveUnknownFields:
		return "any object"
	default:
		return s.Type
	}
}

// plural returns the plural of a type's name.
func plural(name string) string {
	return name + "s"
}

// defaultCell returns a field's default. That of an object is left out if it
// only lets the defaults of the object's fields work.
func defaultCell(s extv1.JSONSchemaProps) string {
	if s.Default == nil || string(s.Default.Raw) == "{}" {
		return ""
	}
	return code(string(s.Default.Raw))
}

// descriptionCell returns a field's description and example.
func descriptionCell(s extv1.JSONSchemaProps) string {
	cell := prose(s.Description)
	if s.Example != nil {
		cell += " Example: " + code(string(s.Example.Raw)) + "."
	}
	return cell
}
