package read_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/fieldpath"

	"github.com/xplatform-dev/function-xplatform/test/crds"
)

// kinds that each variable of the package is about.
//
//nolint:gochecknoglobals // A constant table.
var kinds = map[string][]schema.GroupKind{
	"VPC":                   {{Group: "ec2.aws.m.upbound.io", Kind: "VPC"}},
	"Subnet":                {{Group: "ec2.aws.m.upbound.io", Kind: "Subnet"}},
	"NATGateway":            {{Group: "ec2.aws.m.upbound.io", Kind: "NATGateway"}},
	"Route":                 {{Group: "ec2.aws.m.upbound.io", Kind: "Route"}},
	"LaunchTemplate":        {{Group: "ec2.aws.m.upbound.io", Kind: "LaunchTemplate"}},
	"SecurityGroup":         {{Group: "ec2.aws.m.upbound.io", Kind: "SecurityGroup"}},
	"Key":                   {{Group: "kms.aws.m.upbound.io", Kind: "Key"}},
	"Role":                  {{Group: "iam.aws.m.upbound.io", Kind: "Role"}},
	"OpenIDConnectProvider": {{Group: "iam.aws.m.upbound.io", Kind: "OpenIDConnectProvider"}},
	"Cluster":               {{Group: "eks.aws.m.upbound.io", Kind: "Cluster"}},
	"AccessEntry":           {{Group: "eks.aws.m.upbound.io", Kind: "AccessEntry"}, {Group: "eks.aws.m.upbound.io", Kind: "AccessPolicyAssociation"}},
	"GroupTag":              {{Group: "autoscaling.aws.m.upbound.io", Kind: "GroupTag"}},
	"Addon":                 {{Group: "eks.aws.m.upbound.io", Kind: "Addon"}},
	"NodeGroup":             {{Group: "eks.aws.m.upbound.io", Kind: "NodeGroup"}},
	"Zone":                  {{Group: "route53.aws.m.upbound.io", Kind: "Zone"}},
	"Instance":              {{Group: "rds.aws.m.upbound.io", Kind: "Instance"}},
	"Queue":                 {{Group: "sqs.aws.m.upbound.io", Kind: "Queue"}},
	"Release":               {{Group: "helm.m.crossplane.io", Kind: "Release"}},
	"Object":                {{Group: "kubernetes.m.crossplane.io", Kind: "Object"}},
	"Usage":                 {{Group: "protection.crossplane.io", Kind: "Usage"}, {Group: "protection.crossplane.io", Kind: "ClusterUsage"}},
	"Tagged":                {{Group: "ec2.aws.m.upbound.io", Kind: "VPC"}, {Group: "iam.aws.m.upbound.io", Kind: "Role"}, {Group: "rds.aws.m.upbound.io", Kind: "Instance"}},
	"Protected":             {{Group: "eks.aws.m.upbound.io", Kind: "Cluster"}, {Group: "rds.aws.m.upbound.io", Kind: "Instance"}},
	"Claim":                 {{Group: "xplatform.dev", Kind: "Platform"}},
	"XPlatform":             {{Group: "xplatform.dev", Kind: "XPlatform"}},
	"Modern":                {{Group: "xplatform.dev", Kind: "Platform"}},
	"Reference":             {{Group: "xplatform.dev", Kind: "XPlatform"}},
	"Failing":               {{Group: "xplatform.dev", Kind: "XPlatform"}},
	"Leaving":               {{Group: "xplatform.dev", Kind: "XPlatform"}},
	"UpgradeStep":           {{Group: "xplatform.dev", Kind: "XPlatform"}},
}

// inside is where the fields are that a variable's paths begin at, if that is not
// the object itself.
//
//nolint:gochecknoglobals // A constant table.
var inside = map[string]string{"Failing": "status.failing[*].", "Leaving": "status.leaving[*].", "Reference": "spec.resourceRefs[*].", "UpgradeStep": "status.upgrade.steps[*]."}

// builtin are the kinds that no definition is of, as objects that have all that is read.
//
//nolint:gochecknoglobals // A constant table.
var builtin = map[string]any{
	"ConfigMap": &corev1.ConfigMap{Data: map[string]string{"a": "b"}},
	"Lease":     &coordinationv1.Lease{Spec: coordinationv1.LeaseSpec{RenewTime: new(metav1.NowMicro())}},
}

// types that each reader can read: of one, or of each entry of a list.

//
//nolint:gochecknoglobals // A constant table.
var types = map[string][]string{
	"NewText":    {"string", "number", "integer"},
	"NewNumber":  {"number", "integer"},
	"NewFlag":    {"boolean"},
	"NewTexts":   {"array of string"},
	"NewEntries": {"array of object"},
	"NewField":   {"object"},
}

// modern is a registry of a composite that has a namespace and offers no claims.
func modern(t *testing.T) *crds.Registry {
	t.Helper()
	file := filepath.Join(t.TempDir(), "definition.yaml")
	xrd := `{apiVersion: apiextensions.crossplane.io/v2, kind: CompositeResourceDefinition, metadata: {name: platforms.xplatform.dev},
spec: {group: xplatform.dev, scope: Namespaced, names: {kind: Platform, plural: platforms},
versions: [{name: v1alpha1, served: true, referenceable: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object}}}}}]}}`
	if err := os.WriteFile(file, []byte(xrd), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := crds.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestPaths: every field that is read is one that its kind has, and of a type the
// reader can read. A wrong path would read nothing, and nobody would know.
func TestPaths(t *testing.T) {
	t.Parallel()
	r, err := crds.Shared()
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), "read.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		about := kinds[v.Names[0].Name]
		object, isBuiltin := builtin[v.Names[0].Name]
		if len(about) == 0 && !isBuiltin {
			t.Errorf("%s: of which kinds are its fields?", v.Names[0].Name)
		}
		ast.Inspect(v, func(n ast.Node) bool {
			reader, path := readerOf(t, n)
			if reader == "" {
				return true
			}
			checked++
			if isBuiltin {
				v, err := paved(t, object).GetValue(path)
				_, isText := v.(string)
				if err != nil || isText != (reader == "NewText") {
					t.Errorf("%s(%q): it can't read %v: %v", reader, path, v, err)
				}
			}
			for _, gk := range about {
				from := r
				if v.Names[0].Name == "Modern" {
					from = modern(t)
				}
				crd, err := from.CRD(gk)
				if err != nil {
					t.Fatal(err)
				}
				if got := typeAt(t, crd, inside[v.Names[0].Name]+path); !slices.Contains(append(types[reader], "any"), got) {
					t.Errorf("%s: %s(%q): want one of %v, it is %q", gk, reader, path, types[reader], got)
				}
			}
			return true
		})
		return false
	})
	if checked < 40 {
		t.Errorf("want at least 40 fields checked, got %d: is this test blind?", checked)
	}
}

// paved is an object as the API server has it.
func paved(t *testing.T, object any) *fieldpath.Paved {
	t.Helper()
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		t.Fatal(err)
	}
	return fieldpath.Pave(m)
}

// readerOf a piece of source, and its path; "" if it makes none.
func readerOf(t *testing.T, n ast.Node) (reader, path string) {
	t.Helper()
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return "", ""
	}
	fn, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || types[fn.Sel.Name] == nil {
		return "", ""
	}
	l, ok := call.Args[0].(*ast.BasicLit)
	if !ok {
		t.Fatalf("%s: want a literal path", fn.Sel.Name)
	}
	path, err := strconv.Unquote(l.Value)
	if err != nil {
		t.Fatal(err)
	}
	return fn.Sel.Name, path
}

// typeAt a path of a kind: "any" below what has no schema, "" if there is nothing.
func typeAt(t *testing.T, crd *extv1.CustomResourceDefinition, path string) string {
	t.Helper()
	segments, err := fieldpath.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	// The newest is the one that is composed.
	i := slices.IndexFunc(crd.Spec.Versions, func(v extv1.CustomResourceDefinitionVersion) bool { return v.Storage })
	s := *crd.Spec.Versions[i].Schema.OpenAPIV3Schema
	each := false
	for _, segment := range segments {
		if ptr.Deref(s.XPreserveUnknownFields, false) {
			return "any"
		}
		if segment.Type == fieldpath.SegmentIndex || segment.Field == "*" {
			if s.Items == nil {
				return ""
			}
			s, each = *s.Items.Schema, each || segment.Field == "*"
			continue
		}
		next, ok := s.Properties[segment.Field]
		if entries := s.AdditionalProperties; !ok && entries != nil && entries.Schema != nil {
			next, ok = *entries.Schema, true
		}
		if !ok {
			return ""
		}
		s = next
	}
	switch {
	case s.Items != nil:
		return "array of " + s.Items.Schema.Type
	case each && !slices.ContainsFunc(slices.Collect(maps.Values(inside)), func(entry string) bool { return strings.HasPrefix(path, entry) }):
		return "array of " + s.Type
	default:
		return s.Type
	}
}

// TestOneList: nobody else in the function makes a field of what is observed, where
// no test would look at its path.
func TestOneList(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "../read/") || file == "../plan/field.go" {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && types[id.Name] != nil {
				t.Errorf("%s makes a field by %s; it belongs into fn/read", file, id.Name)
			}
			return true
		})
	}
}
