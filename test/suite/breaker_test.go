package suite

import (
	"context"
	"strconv"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
)

// late is how long an edit may take to be acted upon. The function asks to be run
// again within eleven seconds if Crossplane doesn't listen; a busy machine may add
// to that, but nothing less than minutes does without.
const late = time.Minute

// TestDefaultCircuitBreaker: nothing depends on the settings docs/install.md
// recommends. With Crossplane's own, its circuit breaker opens in the middle of a
// build, under a provider that writes as often as the real one. What the function
// asks for, to be run again soon, sees a platform through its whole life all the
// same: whatever happens while Crossplane doesn't listen is acted upon.
func TestDefaultCircuitBreaker(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	p := apply(ctx, t, own(t, "breaker", controlplane.Options{DefaultCircuitBreaker: true, Verbose: true}), "platform-production")
	p.edit(ctx, unprotect)
	p.atLeast(ctx, 20)
	p.actedUpon(ctx, "in the middle of the build")
	p.ready(ctx)
	p.report(ctx)
	p.actedUpon(ctx, "as soon as it is ready")
	p.ready(ctx)
	p.deafen(ctx)
	p.actedUpon(ctx, "while Crossplane doesn't listen")
	p.ready(ctx)
	p.assertOrder(ctx)
	p.assertNothingLeft(ctx)

	p.deafen(ctx)
	asked := time.Now()
	p.delete(ctx, metav1.DeletePropagationBackground)
	p.untilComposite(ctx, "being taken down", func(xr *unstructured.Unstructured) bool {
		return controlplane.Condition(xr, "TearingDown").Status == "True"
	})
	took(t, "a deletion while Crossplane doesn't listen", asked)
	p.gone(ctx)
}

// actedUpon edits the claim, and waits until an object is asked for what the edit
// says.
func (p *platform) actedUpon(ctx context.Context, when string) {
	p.t.Helper()
	asked := time.Now()
	want := strconv.FormatInt(asked.Unix(), 10)
	p.edit(ctx, func(spec map[string]any) { spec["tags"] = map[string]any{"asked": want} })
	for vpc := p.object(ctx, "vpc"); ; vpc = p.object(ctx, "vpc") {
		if got, _, _ := unstructured.NestedString(vpc.Object, "spec", "forProvider", "tags", "asked"); got == want {
			break
		}
		if time.Since(asked) > patience {
			p.t.Fatalf("an edit %s is not acted upon", when)
		}
		time.Sleep(100 * time.Millisecond)
	}
	took(p.t, "an edit "+when, asked)
}

func took(tb testing.TB, what string, asked time.Time) {
	tb.Helper()
	d := time.Since(asked).Round(100 * time.Millisecond)
	tb.Logf("%s is acted upon after %s", what, d)
	if d > late {
		tb.Errorf("%s is acted upon after %s", what, d)
	}
}

// deafen makes so many events that Crossplane stops listening to the platform, as
// those of a hundred objects becoming ready do.
func (p *platform) deafen(ctx context.Context) {
	p.t.Helper()
	xr := p.composite(ctx)
	for range 100 {
		for _, o := range p.list(ctx) {
			p.nudge(ctx, &o)
		}
		if err := p.bed.cp.Client.Get(ctx, client.ObjectKeyFromObject(xr), xr); err != nil {
			p.t.Fatal(err)
		}
		if controlplane.Condition(xr, "Responsive").Status == "False" {
			return
		}
	}
	p.t.Fatal("Crossplane listens to everything: the test is wrong")
}
