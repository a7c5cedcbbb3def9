package function_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// apis is the import path of the AWS provider's types; its next element is a
// group's name.
const apis = "github.com/upbound/provider-aws/v2/apis/namespaced/"

// kubernetesLayer are the kinds that come into being because something was
// deployed, by group: instances, what makes them, load balancers, records. Were
// any of them in the base layer, deployments would wait for infrastructure
// changes and be hard-coded in it.
//
//nolint:gochecknoglobals // A constant table.
var kubernetesLayer = map[string][]string{
	"autoscaling": {"AutoscalingGroup", "Attachment", "LaunchConfiguration"},
	"ec2":         {"Instance", "SpotInstanceRequest", "SpotFleetRequest", "Fleet", "EIPAssociation", "NetworkInterface"},
	"elb":         nil,
	"elbv2":       nil,
	"route53":     {"Record", "TrafficPolicyInstance"},
}

// makers of Unstructured objects: NewObject, and what the drain only looks at.
//
//nolint:gochecknoglobals // A constant list.
var makers = []string{"../plan/render.go", "../lifecycle/drain_objects.go"}

// TestBoundary proves that the function can't compose the Kubernetes layer. All
// it composes are values of the provider's Go types, or Unstructured ones made
// by plan.NewObject; so it is enough that the source names no type of that layer, and
// makes no other Unstructured kinds than those of provider-helm, provider-kubernetes and
// Crossplane itself. Of Kubernetes' own types it makes what the drain takes, and what
// tells of the platform.
func TestBoundary(t *testing.T) {
	t.Parallel()
	types, kinds, inside := 0, []string{}, []string{}
	for file, f := range sources(t) {
		groups := groupsOf(t, f)
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if pkg, ok := n.X.(*ast.Ident); ok && groups[pkg.Name] != "" {
					types++
					check(t, file, groups[pkg.Name], n.Sel.Name)
				}
			case *ast.CallExpr:
				if fn, ok := n.Fun.(*ast.SelectorExpr); ok && fn.Sel.Name == "NewObject" {
					kinds = append(kinds, literal(n.Args[1]))
				}
			case *ast.CompositeLit:
				if sel, ok := n.Type.(*ast.SelectorExpr); ok {
					if pkg, ok := sel.X.(*ast.Ident); ok && (pkg.Name == "corev1" || pkg.Name == "rbacv1") && n.Elts != nil && hasTypeMeta(n) {
						inside = append(inside, sel.Sel.Name)
					}
				}
				if sel, ok := n.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Unstructured" && !slices.Contains(makers, file) {
					t.Errorf("%s makes an Unstructured object; only %v may", file, makers)
				}
			}
			return true
		})
	}
	if types < 100 {
		t.Errorf("want the source to name at least 100 AWS types, got %d: is this test blind?", types)
	}
	slices.Sort(inside)
	if want := []string{"ClusterRole", "ClusterRoleBinding", "ConfigMap", "ConfigMap", "Pod", "Secret", "ServiceAccount"}; !slices.Equal(inside, want) {
		t.Errorf("objects of Kubernetes' own kinds: want %v, got %v", want, inside)
	}
	slices.Sort(kinds)
	if want := []string{"ClusterUsage", "Object", "ProviderConfig", "Release", "Usage"}; !slices.Equal(kinds, want) {
		t.Errorf("Unstructured kinds: want %v, got %v", want, kinds)
	}
}

// sources of the function, but for its tests, by file.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	files, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*ast.File{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		if all[file], err = parser.ParseFile(token.NewFileSet(), file, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// groupsOf returns the group of each AWS package a file imports, by the name it
// is imported under.
func groupsOf(t *testing.T, f *ast.File) map[string]string {
	t.Helper()
	groups := map[string]string{}
	for _, i := range f.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		rest, ok := strings.CutPrefix(path, apis)
		if !ok {
			if strings.Contains(path, "provider-aws") {
				t.Errorf("%s is imported, and is none of %s", path, apis)
			}
			continue
		}
		group, version, _ := strings.Cut(rest, "/")
		name := version
		if i.Name != nil {
			name = i.Name.Name
		}
		groups[name] = group
	}
	return groups
}

func check(t *testing.T, file, group, name string) {
	t.Helper()
	kinds, restricted := kubernetesLayer[group]
	if !restricted {
		return
	}
	if kinds == nil || slices.ContainsFunc(kinds, func(k string) bool { return name == k || name == k+"Spec" }) {
		t.Errorf("%s names %s.%s, which belongs to the Kubernetes layer", file, group, name)
	}
}

// hasTypeMeta tells whether a literal is an object, and not a part of one.
func hasTypeMeta(l *ast.CompositeLit) bool {
	return slices.ContainsFunc(l.Elts, func(e ast.Expr) bool {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return false
		}
		key, ok := kv.Key.(*ast.Ident)
		return ok && key.Name == "TypeMeta"
	})
}

func literal(e ast.Expr) string {
	if l, ok := e.(*ast.BasicLit); ok {
		return strings.Trim(l.Value, `"`)
	}
	return "not a literal"
}
