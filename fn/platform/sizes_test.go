package platform_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	eksv1 "github.com/upbound/provider-aws/v2/apis/namespaced/eks/v1beta1"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// scaling is a node group's smallest, largest and present size.
func scaling(low, high, size int64) map[string]any {
	return map[string]any{"minSize": float64(low), "maxSize": float64(high), "desiredSize": float64(size)}
}

// TestSizes: the autoscaler owns the size of a node group that exists, the claim
// its bounds.
func TestSizes(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		// had is what AWS has of a group that was created with 3 of 0 to 5 nodes.
		had map[string]any
		// claim is what is said of the group now, "" if that has not changed.
		claim string
		// asked is what the provider is to make of the group, nil if it is to
		// leave it alone.
		asked map[string]any
		// has is what AWS has in the end, and says why the platform is not ready
		// until then.
		has  map[string]any
		says string
	}{
		"Settled": {
			reason: "A group that is as the claim has it should be left alone.",
			had:    scaling(0, 5, 3),
			has:    scaling(0, 5, 3),
		},
		"Autoscaler": {
			reason: "The autoscaler's choice should stay.",
			had:    scaling(0, 5, 5),
			has:    scaling(0, 5, 5),
		},
		"AutoscalerToZero": {
			reason: "None is a choice, too.",
			had:    scaling(0, 5, 0),
			has:    scaling(0, 5, 0),
		},
		"Wider": {
			reason: "A size within the new bounds should stay.",
			had:    scaling(0, 5, 5),
			claim:  "minSize: 1, maxSize: 9, desiredSize: 3",
			asked:  scaling(1, 9, 5),
			has:    scaling(1, 9, 5),
			says:   "node-group.a minSize is 0, not yet 1",
		},
		"WiderAtZero": {
			reason: "None is a size, and the first size should not be taken for it.",
			had:    scaling(0, 5, 0),
			claim:  "minSize: 0, maxSize: 9, desiredSize: 3",
			asked:  scaling(0, 9, 0),
			has:    scaling(0, 9, 0),
			says:   "node-group.a maxSize is 5, not yet 9",
		},
		"Raised": {
			reason: "EKS refuses a smallest size above the present one, so that should grow along.",
			had:    scaling(0, 5, 3),
			claim:  "minSize: 8, maxSize: 9",
			asked:  scaling(8, 9, 8),
			has:    scaling(8, 9, 8),
			says:   "node-group.a minSize is 0, not yet 8",
		},
		"Lowered": {
			reason: "EKS refuses a largest size below the present one, so that should shrink along.",
			had:    scaling(0, 5, 5),
			claim:  "minSize: 0, maxSize: 2",
			asked:  scaling(0, 2, 2),
			has:    scaling(0, 2, 2),
			says:   "node-group.a maxSize is 5, not yet 2",
		},
		"Drifted": {
			reason: "The bounds are the claim's, whoever changed them.",
			had:    scaling(2, 7, 6),
			asked:  scaling(0, 5, 5),
			has:    scaling(0, 5, 5),
			says:   "node-group.a minSize is 2, not yet 0",
		},
		"FirstSize": {
			reason: "The size a group is created with should matter to a new one only.",
			had:    scaling(0, 5, 3),
			claim:  "minSize: 0, maxSize: 5, desiredSize: 1",
			has:    scaling(0, 5, 3),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, groups("[{name: a, minSize: 0, maxSize: 5, desiredSize: 3}, {name: open}]"))
			w.Settle()
			w.Edit("node-group.a", world.Set(tc.had, "status", "atProvider", "scalingConfig"))
			if tc.claim != "" {
				world.Set(manifest(t, "nodeGroups: [{name: a, "+tc.claim+"}, {name: open}]").Object["nodeGroups"], "spec", "nodeGroups")(w.XR)
				if err := w.CRDs.Default(w.XR); err != nil {
					t.Fatal(err)
				}
			}
			rsp := w.Run()
			world.Validate(t, w, rsp)
			checkSizes(t, tc.reason, rsp, tc.asked)
			c := world.ConditionOf(rsp, v1alpha1.ConditionNodesReady)
			if ready := c.GetStatus() == fnv1.Status_STATUS_CONDITION_TRUE; ready != (tc.says == "") || !strings.Contains(c.GetMessage(), tc.says) || tc.says != "" && c.GetReason() != platform.ReasonResizing {
				t.Errorf("\n%s\nwant %q for the reason %s, got %v", tc.reason, tc.says, platform.ReasonResizing, c)
			}

			w.Advance(rsp)
			rsp = w.Run()
			checkSizes(t, tc.reason, rsp, nil)
			if got := rsp.GetDesired().GetComposite().GetReady(); got != fnv1.Ready_READY_TRUE {
				t.Errorf("\n%s\nwant a ready platform in the end, got %s", tc.reason, got)
			}
			w.Advance(rsp) // The next poll.
			got := w.Observed["node-group.a"].GetResource().AsMap()["status"].(map[string]any)["atProvider"].(map[string]any)["scalingConfig"]
			if diff := cmp.Diff(tc.has, got); diff != "" {
				t.Errorf("\n%s\nin the end: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// checkSizes checks what a provider makes of a node group that exists, by the
// provider's own account: all of its sizes, or none. Those of one place must
// neither be completed nor replaced by those of the other.
func checkSizes(t *testing.T, reason string, rsp *fnv1.RunFunctionResponse, asked map[string]any) {
	t.Helper()
	ng := &eksv1.NodeGroup{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(world.Desired(rsp, "node-group.a").Object, ng); err != nil {
		t.Fatal(err)
	}
	kept, err := ng.GetParameters()
	if err != nil {
		t.Fatal(err)
	}
	first, err := ng.GetInitParameters()
	if err != nil {
		t.Fatal(err)
	}
	all, err := ng.GetMergedParameters(true)
	if err != nil {
		t.Fatal(err)
	}
	if len(kept)+len(first) != len(all) {
		t.Errorf("\n%s\nnothing should be in forProvider and in initProvider: got %v and %v", reason, kept, first)
	}
	var got any
	if c, ok := kept["scaling_config"].(map[string]any); ok {
		got = map[string]any{"minSize": c["min_size"], "maxSize": c["max_size"], "desiredSize": c["desired_size"]}
	} else if c, _ := first["scaling_config"].(map[string]any); len(c) != 3 {
		t.Errorf("\n%s\na new group should have all of its sizes: got %v", reason, c)
	}
	var want any
	if asked != nil {
		want = asked
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("\n%s\nasked for: -want, +got:\n%s", reason, diff)
	}
}

// TestSizesUnknown: while nobody knows the size of a group, none is asked for,
// and the group is not ready.
func TestSizesUnknown(t *testing.T) {
	t.Parallel()
	settled := world.With(t, groups("[{name: a, minSize: 0, maxSize: 5}, {name: open}]"))
	settled.Settle()
	for name, path := range map[string][]string{
		"NoStatus": {"status"},
		"NoReport": {"status", "atProvider"},
		"NoSizes":  {"status", "atProvider", "scalingConfig"},
		"NoSize":   {"status", "atProvider", "scalingConfig", "desiredSize"},
	} {
		t.Run(name, func(t *testing.T) {
			w := settled.Fork(t)
			w.Edit("node-group.a", func(o *unstructured.Unstructured) { unstructured.RemoveNestedField(o.Object, path...) })
			list, _, _ := unstructured.NestedSlice(w.XR.Object, "spec", "nodeGroups")
			list[0].(map[string]any)["maxSize"] = 9.0
			world.Set(list, "spec", "nodeGroups")(w.XR)
			rsp := w.Run()
			checkSizes(t, "Nothing should be guessed.", rsp, nil)
			if c := world.ConditionOf(rsp, v1alpha1.ConditionNodesReady); c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE {
				t.Errorf("want nodes that are not ready, got %v", c)
			}
		})
	}
}

// TestSizesReported: the provider says zero where AWS has none. Were it left out,
// a group without nodes would never be known to have its bounds.
func TestSizesReported(t *testing.T) {
	t.Parallel()
	ng := &eksv1.NodeGroup{}
	if err := ng.SetObservation(map[string]any{"scaling_config": map[string]any{"min_size": 0, "max_size": 5, "desired_size": 0}}); err != nil {
		t.Fatal(err)
	}
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(ng)
	if err != nil {
		t.Fatal(err)
	}
	got, _, _ := unstructured.NestedMap(m, "status", "atProvider", "scalingConfig")
	if diff := cmp.Diff(scaling(0, 5, 0), got); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}
