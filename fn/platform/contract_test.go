package platform_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestObjectNames: an object that exists keeps its name, whatever we would call
// it now.
func TestObjectNames(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	w.Settle()
	w.Edit("vpc", func(o *unstructured.Unstructured) { o.SetName("named-by-an-earlier-release") })
	rsp := w.Run()
	if got := world.Desired(rsp, "vpc").GetName(); got != "named-by-an-earlier-release" {
		t.Errorf("want the name it has, got %s", got)
	}
	for _, key := range world.KindsOf(rsp, "Subnet") {
		if got := world.At(rsp, key, "spec.forProvider.vpcIdRef.name"); got != "named-by-an-earlier-release" {
			t.Errorf("%s: should refer to the VPC by the name it has: got %v", key, got)
		}
	}
}

// TestLabels: everything composed says whose it is, and what it needs.
func TestLabels(t *testing.T) {
	t.Parallel()
	for _, example := range world.Examples {
		w := world.New(t, example)
		rsp := w.Settle()
		edges := world.PlanOf(t, w).Edges()
		for _, key := range world.Keys(rsp) {
			o := world.Desired(rsp, key)
			if got := o.GetLabels()[plan.LabelPlatform]; got != w.XR.GetName() {
				t.Errorf("%s: %s: want label %s, got %q", example, key, w.XR.GetName(), got)
			}
			if got, want := o.GetAnnotations()[plan.AnnotationNeeds], strings.Join(edges[key], ","); got != want {
				t.Errorf("%s: %s: want needs %s, got %s", example, key, want, got)
			}
		}
	}
}

// TestContractRefusals: what only turns out to be wrong once a claim is read is
// refused, and what exists is left alone.
func TestContractRefusals(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		spec   string
		want   []string
	}{
		"ZoneOfNodeGroup": {
			reason: "A node group in a zone without subnets should be refused with the zones there are.",
			spec:   "{region: eu-central-1, nodeGroups: [{name: a}, {name: b, zones: [euc1-az1, euc1-az9]}]}",
			want:   []string{"spec.nodeGroups[1].zones", "euc1-az9", "euc1-az1, euc1-az2, euc1-az3"},
		},
		"UnknownRegion": {
			reason: "A region we know no zones of should be refused.",
			spec:   "{region: eu-nowhere-1}",
			want:   []string{"spec.network.zones", "eu-nowhere-1"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, tc.spec)
			rsp := w.Respond(w.Request())
			world.CheckRefused(t, tc.reason, rsp, tc.want...)
		})
	}
}
