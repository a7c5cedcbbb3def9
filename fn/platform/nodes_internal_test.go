package platform

import (
	"slices"
	"strings"
	"testing"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/crds"
)

// TestCapacityAndEffects: every value of the schema has a spelling of EKS's.
func TestCapacityAndEffects(t *testing.T) {
	t.Parallel()
	group := []string{"spec", "nodeGroups", "[]"}
	enum := func(path ...string) []string {
		var vs []string
		for _, v := range crds.SchemaOf(t, append(slices.Clone(group), path...)...).Enum {
			vs = append(vs, strings.Trim(string(v.Raw), `"`))
		}
		if len(vs) == 0 {
			t.Fatalf("%v has no values", path)
		}
		return vs
	}
	for _, c := range enum("capacityType") {
		if capacityTypes[c] == "" {
			t.Errorf("%s: EKS has no such capacity type", c)
		}
	}
	for _, e := range enum("taints", "[]", "effect") {
		if taintEffects[v1alpha1.TaintEffect(e)] == "" {
			t.Errorf("%s: EKS has no such effect", e)
		}
	}
	for _, s := range crds.SchemaOf(t, "spec", "cluster", "supportType").Enum {
		if name := strings.Trim(string(s.Raw), `"`); supportTypes[name] == "" {
			t.Errorf("%s: EKS has no such support type", name)
		}
	}
	for _, e := range crds.SchemaOf(t, "spec", "databases", "[]", "engine").Enum {
		if name := strings.Trim(string(e.Raw), `"`); ports[v1alpha1.Engine(name)] == 0 {
			t.Errorf("%s: has no port", name)
		}
	}
	for _, a := range enum("amiType") {
		vs := nodeVolumes(v1alpha1.NodeGroup{AMIType: a, DiskSizeGiB: 50})
		if want := 1 + strings.Count(a, "BOTTLEROCKET"); len(vs) != want {
			t.Errorf("%s: want %d volumes, got %d", a, want, len(vs))
		}
	}
}
