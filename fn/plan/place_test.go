package plan

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// TestAt: what others look for is where they look, and what is anywhere else is let go
// first.
func TestAt(t *testing.T) {
	t.Parallel()
	at := func(namespace, name string) func(o map[string]any) {
		return func(o map[string]any) {
			o["metadata"].(map[string]any)["namespace"] = namespace
			o["metadata"].(map[string]any)["name"] = name
			ready(o)
		}
	}
	cases := map[string]struct {
		reason string
		name   string
		exists *fnv1.Resource
		want   string
		anew   bool
	}{
		"New":            {reason: "It comes where it is looked for.", name: "found", want: "elsewhere/found"},
		"NewOfOurName":   {reason: "Where its name is no matter, it has one as the others.", want: "elsewhere/dev-x"},
		"There":          {reason: "It stays there.", name: "found", exists: existing("x", at("elsewhere", "found")), want: "elsewhere/found"},
		"ThereOfItsName": {reason: "Under the name it has.", exists: existing("x", at("elsewhere", "of-old")), want: "elsewhere/of-old"},
		"OtherNamespace": {reason: "Nobody can move an object.", name: "found", exists: existing("x", at("before", "found")), want: "before/found", anew: true},
		"OtherName":      {reason: "Nor rename it.", name: "found", exists: existing("x", at("elsewhere", "before")), want: "elsewhere/before", anew: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			observed := map[string]*fnv1.Resource{}
			if tc.exists != nil {
				observed["x"] = tc.exists
			}
			p := newPlan(observed)
			p.Layer(condition).Add("x", func(n *Node) runtime.Object {
				n.At("elsewhere", tc.name)
				return thing(map[string]any{"from": fromClaim})
			})
			o := resolved(t, p)
			got := Observe(o.Desired["x"])
			if id := got.Namespace() + "/" + got.Name(); id != tc.want {
				t.Errorf("\n%s\nwant %s, got %s", tc.reason, tc.want, id)
			}
			if anew := len(o.Leaving) == 1; anew != tc.anew || o.Ready() != (tc.exists != nil && !tc.anew) {
				t.Errorf("\n%s\nwant made anew: %v, got %+v, ready: %v", tc.reason, tc.anew, o.Leaving, o.Ready())
			}
		})
	}
}
