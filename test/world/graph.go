package world

import (
	"maps"
	"path"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
)

// PlanOf a world as it is now, before anything is decided.
func PlanOf(tb testing.TB, w *World) *plan.Plan {
	tb.Helper()
	xr, err := platform.ReadComposite(w.Request().GetObserved().GetComposite().GetResource())
	if err != nil {
		tb.Fatal(err)
	}
	policy := v1beta1.Input{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(w.Request().GetInput().AsMap(), &policy); err != nil {
		tb.Fatal(err)
	}
	p := plan.New(platform.Options(platform.NewScheme(), xr, policy), w.Observed)
	if _, err := platform.Compose(p, xr, policy); err != nil {
		tb.Fatal(err)
	}
	return p
}

// ObjectName is what the object with a key is called.
func (w *World) ObjectName(key string) string {
	return platform.Composite{Name: w.XR.GetName()}.ObjectName(key)
}

// NeedsOf is everything a node needs, directly or not.
func NeedsOf(edges map[string][]string, key string) map[string]bool {
	all := map[string]bool{}
	var visit func(key string)
	visit = func(key string) {
		for _, n := range edges[key] {
			if !all[n] {
				all[n] = true
				visit(n)
			}
		}
	}
	visit(key)
	return all
}

// Dependents are the keys of everything that needs a node, directly or not.
func Dependents(edges map[string][]string, on string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(edges)), func(key string) bool { return !NeedsOf(edges, key)[on] })
}

// Matching are the keys that match a pattern, as file names do.
func Matching(keys []string, pattern string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		ok, err := path.Match(pattern, key)
		return err != nil || !ok
	})
}
