package lifecycle_test

import (
	"slices"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestTeardownProgress: what is left of a platform only ever becomes less, of as
// many as there were: neither what drains the cluster meanwhile changes that, nor
// Crossplane, which may show the function the composite as it was before.
func TestTeardownProgress(t *testing.T) {
	t.Parallel()
	for _, example := range world.Examples {
		w := world.New(t, example)
		world.Unprotected(w.XR)
		w.Settle()
		want := len(w.Made())
		w.DeleteClaim()
		last := want
		tell := func(rsp *fnv1.RunFunctionResponse) {
			now, all := world.Left(t, rsp)
			if now > last || all != want {
				t.Errorf("%s: %d of %d are left, after %d of %d", example, now, all, last, want)
			}
			last = now
		}
		for n := 0; len(w.Observed)+len(w.Lingering) > 0; n++ {
			if n > 100 {
				t.Fatal("it never ends")
			}
			before := w.XR.Object["status"]
			rsp := w.Run()
			tell(rsp)
			// What has been let go takes a while to go.
			for key := range w.Lingering {
				delete(w.Lingering, key)
			}
			w.Slow = slices.DeleteFunc(world.SortedKeys(w.Observed), func(key string) bool { return key == lifecycle.KeyGuard || len(key)%2 == n%2 })
			w.Follow(rsp)
			after := w.XR.Object["status"]
			w.XR.Object["status"] = before
			tell(w.Run())
			w.XR.Object["status"] = after
		}
		if last != 0 {
			t.Errorf("%s: want nothing left in the end, got %d", example, last)
		}
	}
}
