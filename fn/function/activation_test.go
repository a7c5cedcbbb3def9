package function_test

import (
	"go/ast"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/test/crds"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// categoryManaged is that of all managed resources. Crossplane's activation is about
// those: of the others, a provider's configurations say, all are always there.
const categoryManaged = "managed"

// TestActivation: the Configuration activates the managed resources that the function
// composes, and no others.
func TestActivation(t *testing.T) {
	t.Parallel()
	composed := composedKinds(t)
	checkComposed(t, composed)
	r, err := crds.Shared()
	if err != nil {
		t.Fatal(err)
	}
	var activate []string
	for gk := range composed {
		crd, err := r.CRD(gk)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(crd.Spec.Names.Categories, categoryManaged) {
			activate = append(activate, crd.GetName())
		}
	}
	slices.Sort(activate)
	policy := plan.NewObject("apiextensions.crossplane.io/v1alpha1", "ManagedResourceActivationPolicy", map[string]any{"activate": activate})
	policy.SetName("xplatform")
	golden(t, filepath.Join(world.Root(), "compositions", "activation.yaml"), policy.Object)
}

// checkComposed: what the source can compose is composed of some example, on its way up
// or down, through one door or the other. A kind that is missing in the examples would
// be missing in all that is made of them.
func checkComposed(t *testing.T, composed map[schema.GroupKind]bool) {
	t.Helper()
	s := platform.NewScheme()
	want := map[string]bool{}
	for _, f := range sources(t) {
		groups := groupsOf(t, f)
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				sel, ok := n.Type.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				pkg, ok := sel.X.(*ast.Ident)
				if ok && s.Recognizes(schema.GroupVersionKind{Group: groups[pkg.Name] + ".aws.m.upbound.io", Version: "v1beta1", Kind: sel.Sel.Name}) {
					want[sel.Sel.Name] = true
				}
			case *ast.CallExpr:
				if fn, ok := n.Fun.(*ast.SelectorExpr); ok && fn.Sel.Name == "NewObject" {
					want[literal(n.Args[1])] = true
				}
			}
			return true
		})
	}
	got := map[string]bool{}
	for gk := range composed {
		got[gk.Kind] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kinds: -in the source, +composed of the examples:\n%s", diff)
	}
	for gvk := range s.AllKnownTypes() {
		if gvk.Group != "" && !composed[gvk.GroupKind()] {
			t.Errorf("%s is looked for, and nothing composes one: no control plane need have it", gvk.GroupKind())
		}
	}
}

// composedKinds of all examples, through both doors, until their teardown has begun.
func composedKinds(t *testing.T) map[schema.GroupKind]bool {
	t.Helper()
	kinds := map[schema.GroupKind]bool{}
	for _, example := range world.Examples {
		for _, namespaced := range []bool{false, true} {
			w := world.New(t, example)
			if namespaced {
				w.XR.SetKind("Platform")
				w.XR.SetNamespace("team-a")
				w.XR.SetLabels(nil)
			}
			w.Settle()
			w.Begin("drain")
			for _, r := range w.Observed {
				o := r.GetResource().GetFields()
				kinds[schema.FromAPIVersionAndKind(o["apiVersion"].GetStringValue(), o["kind"].GetStringValue()).GroupKind()] = true
			}
		}
	}
	return kinds
}
