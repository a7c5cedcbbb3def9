package suite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
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
			ctx := deadline(t)
			p := apply(ctx, t, b, "platform-smallest")
			go p.poll(ctx)
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
	t.Run("upgrade", func(t *testing.T) { upgradeRestarted(t, b) })
}

// upgradeRestarted: all of the control plane may be killed at any moment of an upgrade,
// at once. It goes on, and nothing is made anew.
func upgradeRestarted(t *testing.T, b *bed) {
	t.Helper()
	ctx := deadline(t)
	p := applyIn(ctx, t, b, "upgraderestarted", "platform-smallest", func(spec map[string]any) {
		spec["cluster"] = map[string]any{"version": "1.34", "supportType": "Extended"}
	})
	go p.poll(ctx)
	p.ready(ctx)
	before := p.objects(ctx)
	p.edit(ctx, func(spec map[string]any) { spec["cluster"].(map[string]any)["version"] = "1.35" })
	moment := rand.N(15 * time.Second) //nolint:gosec // Chance, not secrets.
	t.Logf("killed after %v", moment)
	time.Sleep(moment)
	everything := []*controlplane.Process{b.cp.Etcd, b.cp.APIServer, b.cp.Controllers, b.cp.KWOK, b.cp.Function, b.cp.Crossplane}
	for _, victim := range slices.Backward(everything) {
		victim.Kill()
	}
	for _, victim := range everything {
		if err := victim.Start(ctx); err != nil {
			t.Fatal(err)
		}
	}
	p.upgraded(ctx, "1.35")
	p.assertSteps(ctx, before)
}

// poll the platform's objects that aren't ready, as a provider does. KWOK does not:
// it gives up on an object for good if it is about to change it while the API
// server has no etcd, which answers that with an internal error. A look makes it
// begin anew with what it is about to do, so there must be long pauses between
// them: nothing takes it longer than ten seconds here.
func (p *platform) poll(ctx context.Context) {
	cl := p.bed.cp.Client
	for n := 0; ctx.Err() == nil; n++ {
		time.Sleep(30 * time.Second)
		for _, gvk := range p.bed.cp.Kinds {
			list := &unstructured.UnstructuredList{}
			list.SetGroupVersionKind(gvk.GroupVersion().WithKind(gvk.Kind + "List"))
			// While something is down nothing can be asked. It is asked again.
			_ = cl.List(ctx, list, client.MatchingLabels{"crossplane.io/claim-namespace": p.claim.GetNamespace()}, client.HasLabels{plan.LabelPlatform})
			for i := range list.Items {
				if o := &list.Items[i]; controlplane.Condition(o, "Ready").Status != "True" {
					_ = cl.Patch(ctx, o, merge(fmt.Sprintf(`{"annotations":{"test/polled":"%d"}}`, n)))
				}
			}
		}
	}
}
