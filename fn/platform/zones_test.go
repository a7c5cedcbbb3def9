package platform_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestUnknownRegionWithZones: a region that is newer than this program works,
// if the claim lists its zones.
func TestUnknownRegionWithZones(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: xx-nowhere-9, network: {zones: [xxn9-az1, xxn9-az2]}}")
	rsp := w.Settle()
	for _, key := range []string{"subnet.public.xxn9-az1", "subnet.public.xxn9-az2", "subnet.private.xxn9-az1", "subnet.private.xxn9-az2"} {
		if got := world.At(rsp, key, "spec.forProvider.region"); got != "xx-nowhere-9" {
			t.Errorf("%s: want region xx-nowhere-9, got %v", key, got)
		}
	}

	w = world.With(t, "{region: xx-nowhere-9}")
	if got := world.FatalOf(w.Respond(w.Request())); !strings.Contains(got, "spec.network.zones") {
		t.Errorf("\nWithout zones it should be refused, and the message say what to set: got %q", got)
	}
}

// TestListedZones: whatever a claim that stands lists, addresses never move, and
// there is a way back.
func TestListedZones(t *testing.T) {
	t.Parallel()
	const field = "spec.network.zones: "
	cases := map[string]struct {
		reason string
		spec   string
		list   []any
		// says is how the list is refused; it isn't if that is "". Then it makes
		// so many zones.
		says  string
		zones int
	}{
		"Written": {
			reason: "Writing the default down should change nothing.",
			spec:   "{region: us-east-1}",
			list:   []any{"use1-az1", "use1-az2", "use1-az4"},
			zones:  3,
		},
		"Appended": {
			reason: "So should writing it down and appending to it, but for what is new.",
			spec:   "{region: us-east-1}",
			list:   []any{"use1-az1", "use1-az2", "use1-az4", "use1-az6"},
			zones:  4,
		},
		"Others": {
			reason: "A list of others should be refused: subnets would go that are lived in.",
			spec:   "{region: us-east-1}",
			list:   []any{"use1-az4", "use1-az5"},
			says:   field + "must begin with use1-az1, use1-az2, use1-az4, which have their subnets",
		},
		"Fewer": {
			reason: "So should one of fewer.",
			spec:   "{region: us-east-1}",
			list:   []any{"use1-az1", "use1-az2"},
			says:   field + "must begin with use1-az1, use1-az2, use1-az4",
		},
		"Reordered": {
			reason: "And one in another order, as the console shows them.",
			spec:   "{region: ap-northeast-1}",
			list:   []any{"apne1-az1", "apne1-az2", "apne1-az4"},
			says:   field + "must begin with apne1-az4, apne1-az1, apne1-az2",
		},
		"TakenOut": {
			reason: "A list that is taken out should leave what it made, whatever the default is.",
			spec:   "{region: us-east-1, network: {zones: [use1-az6, use1-az2]}}",
			zones:  2,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, tc.spec)
			before := w.Settle()
			was := w.XR.DeepCopy()
			if tc.list != nil {
				world.Set(tc.list, "spec", "network", "zones")(w.XR)
			} else {
				unstructured.RemoveNestedField(w.XR.Object, "spec", "network", "zones")
			}
			if tc.says != "" {
				world.CheckRefused(t, tc.reason, w.Respond(w.Request()), tc.says)
				w.XR = was
				if after := w.Run(); !proto.Equal(before, after) {
					t.Errorf("\n%s\nThere should be a way back: -before, +after:\n%s", tc.reason, cmp.Diff(before.String(), after.String()))
				}
				return
			}
			after := w.Settle()
			if got := len(world.KindsOf(after, "Subnet")); got != 2*tc.zones {
				t.Errorf("\n%s\nwant two subnets in each of %d zones, got %d", tc.reason, tc.zones, got)
			}
			for _, key := range world.KindsOf(before, "Subnet") {
				if diff := cmp.Diff(world.Desired(before, key).Object, world.Desired(after, key).Object); diff != "" {
					t.Errorf("\n%s\n%s: -before, +after:\n%s", tc.reason, key, diff)
				}
			}
		})
	}
}

// TestDeletedSubnets: of a zone whose subnets somebody has deleted by hand nothing
// else goes.
func TestDeletedSubnets(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: us-east-1, network: {zones: [use1-az6, use1-az2, use1-az4]}}")
	before := w.Settle()
	unstructured.RemoveNestedField(w.XR.Object, "spec", "network", "zones")
	delete(w.Observed, "subnet.private.use1-az4")
	delete(w.Observed, "subnet.public.use1-az4")
	if diff := cmp.Diff(before.GetDesired().GetResources(), w.Settle().GetDesired().GetResources(), protocmp.Transform()); diff != "" {
		t.Errorf("-before, +after:\n%s", diff)
	}
}
