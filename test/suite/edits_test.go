package suite

import (
	"context"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// edits is how many TestEdits makes, and editSeed which.
const (
	edits    = 30
	editSeed = 1
)

// TestEdits: edits of a living platform, one after the other, made from the schema,
// each come into force, where AWS refuses what it can't change; or the claim says
// what is in the way. In the end nothing is left.
func TestEdits(t *testing.T) {
	t.Parallel()
	ctx := within(t, 5*patience)
	p := apply(ctx, t, own(t, "edits", controlplane.Options{Strict: true}), "platform-production")
	p.ready(ctx)
	p.edit(ctx, unprotect)
	editor, r := world.NewEditor(t), rand.New(rand.NewPCG(editSeed, 0)) //nolint:gosec // Chance, not secrets.
	ready := 0
	for range edits {
		claim, err := p.get(ctx)
		if err != nil {
			t.Fatal(err)
		}
		next, field := editor.Edit(r, claim)
		t.Logf("editing %s", field)
		p.edit(ctx, func(spec map[string]any) {
			clear(spec)
			maps.Copy(spec, next.Object["spec"].(map[string]any))
			// What is protected would not go in the end.
			unprotect(spec)
			// Nobody lets claims ask for these here, and one that is refused changes nothing.
			if facts, ok := spec["facts"].(map[string]any); ok {
				maps.DeleteFunc(facts, func(k string, _ any) bool { return k != "configMap" })
			}
		})
		if p.inForceOrSaid(ctx) {
			ready++
		}
	}
	if ready < edits/2 {
		t.Errorf("want most edits in force, got %d of %d", ready, edits)
	}
	p.edit(ctx, unprotect)
	p.delete(ctx, metav1.DeletePropagationBackground)
	p.gone(ctx)
}

// inForceOrSaid waits until all that the claim asks for is in force, or its composite
// says what is in the way, and tells which. The composite has to have heard of it: a
// claim shows what its composite said before.
func (p *platform) inForceOrSaid(ctx context.Context) bool {
	p.t.Helper()
	claim, err := p.get(ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	inForce := false
	p.untilComposite(ctx, "in force, or said not to be", func(xr *unstructured.Unstructured) bool {
		if !heard(xr, claim) {
			return false
		}
		phase, _, _ := unstructured.NestedString(xr.Object, "status", "phase")
		inForce = phase == "Ready" && controlplane.Condition(xr, "Ready").Status == "True"
		for _, ctype := range []string{"Accepted", "NetworkReady", "ClusterReady", "NodesReady", "DataReady", "DNSReady", "ControllersReady"} {
			c := controlplane.Condition(xr, ctype)
			if slices.Contains([]string{"Failed", "Protected", "Invalid"}, c.Reason) {
				p.t.Logf("%s: %s", ctype, c.Message)
				inForce = false
				return true
			}
		}
		return inForce
	})
	return inForce
}

// heard tells whether a composite asks for what its claim does, and what it says is
// about that: whether it is ready, or that it is refused. Of a claim that is, Crossplane
// says nothing else anew than that it could not compose it.
func heard(xr, claim *unstructured.Unstructured) bool {
	ctype := "Ready"
	if controlplane.Condition(xr, "Accepted").Status == "False" && controlplane.Condition(xr, "Synced").Status == "False" {
		ctype = "Synced"
	}
	conditions, _, _ := unstructured.NestedSlice(xr.Object, "status", "conditions")
	return reflect.DeepEqual(asks(claim), asks(xr)) && slices.ContainsFunc(conditions, func(c any) bool {
		m, _ := c.(map[string]any)
		return m["type"] == ctype && m["observedGeneration"] == xr.GetGeneration()
	})
}
