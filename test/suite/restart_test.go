package suite

import (
	"testing"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
)

// TestRestarts: any part of the control plane may be killed at the start, in the
// middle and near the end of a build. Nothing is lost, and nobody has to do
// anything.
func TestRestarts(t *testing.T) {
	t.Parallel()
	b := bedOf(t, "restarts", controlplane.Options{})
	for _, victim := range []*controlplane.Process{b.cp.Function, b.cp.Crossplane, b.cp.APIServer, b.cp.Etcd, b.cp.Controllers, b.cp.KWOK} {
		t.Run(victim.Name, func(t *testing.T) {
			ctx, cancel := deadline(t)
			defer cancel()
			p := apply(ctx, t, b, "platform-smallest")
			for _, resources := range []int{1, 30, 50} {
				p.atLeast(ctx, resources)
				victim.Kill()
				if err := victim.Start(ctx); err != nil {
					t.Fatal(err)
				}
			}
			p.ready(ctx)
			p.assertOrder(ctx)
			p.assertNothingLeft(ctx)
		})
	}
}
