package lifecycle_test

import (
	"strings"
	"testing"

	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestReadAllTheSame: of a spec in which one field can't be read, all others are, also
// those beside it.
func TestReadAllTheSame(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, teardown: {drainTimeoutSeconds: 30}}")
	world.Set([]any{"none"}, "spec", "network")(w.XR)
	world.Set("never", "spec", "teardown", "drain")(w.XR)
	xr, err := platform.ReadComposite(w.Request().GetObserved().GetComposite().GetResource())
	if err == nil {
		t.Fatal("it should not be readable")
	}
	if s := xr.Spec; s.Region != "eu-central-1" || len(s.NodeGroups) != 1 || s.Cluster.Version == "" || !s.Teardown.Drain || s.Teardown.DrainTimeoutSeconds != 30 {
		t.Errorf("want what can be read, and a drain, got region %q, version %q, %d node groups, and %+v", s.Region, s.Cluster.Version, len(s.NodeGroups), s.Teardown)
	}
}

// TestUnreadKeepsItsName: a platform whose claim can't be read any more goes on holding
// its name until it is gone: whoever asks for it must wait.
func TestUnreadKeepsItsName(t *testing.T) {
	t.Parallel()
	for name, edit := range unreadable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := namedProd(t, "team-a"), called(namedProd(t, "team-b"), "prod-bbbbb")
			first.Settle()
			held := world.ObservedOf(first, lifecycle.KeyGuard).Label("xplatform.dev/region")
			edit(first.XR)
			first.DeleteClaim()
			second.Beside = []*world.World{first}
			for range 5 {
				first.Follow(first.Run())
				if is := world.ObservedOf(first, lifecycle.KeyGuard).Label("xplatform.dev/region"); is != held {
					t.Fatalf("the guard should hold the name in %s, and says %q", held, is)
				}
				second.Follow(second.Run())
				if made := second.Made(); len(made) > 0 {
					t.Fatalf("%v are made by the name of a platform that still exists", made)
				}
			}
		})
	}
}

// TestUnreadDrains: what people deployed is drained, whatever can't be read, and while
// there is an ExternalDNS the drain waits for it to remove the records.
func TestUnreadDrains(t *testing.T) {
	t.Parallel()
	start := world.With(t, "{region: eu-central-1, name: dev, dns: {domain: dev.example.com, zoneId: Z0123456789}}")
	start.Settle()
	edits := map[string]func(*world.World){"DNS": func(w *world.World) { world.Set("none", "spec", "dns")(w.XR) }}
	for name, edit := range unreadable {
		edits[name] = func(w *world.World) { edit(w.XR) }
	}
	for name, edit := range edits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start.Fork(t)
			edit(w)
			w.DeleteClaim()
			for range 10 {
				rsp := w.Run()
				if d := rsp.GetDesired().GetResources()[lifecycle.KeyDrain]; d != nil {
					if !strings.Contains(d.String(), `"records"`) {
						t.Error("the drain should wait for ExternalDNS")
					}
					return
				}
				w.Follow(rsp)
			}
			t.Errorf("it should be drained: %s", world.Explain(w.Run()))
		})
	}
}
