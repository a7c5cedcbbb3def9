package platform_test

import (
	"strings"
	"testing"

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
