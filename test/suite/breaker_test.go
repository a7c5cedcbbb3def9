package suite

import (
	"testing"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
)

// TestDefaultCircuitBreaker: nothing depends on the settings docs/install.md
// recommends. With Crossplane's own, its circuit breaker may open in the middle
// of a build; what the function asks for, to be asked again soon, sees it
// through all the same.
func TestDefaultCircuitBreaker(t *testing.T) {
	t.Parallel()
	ctx, cancel := deadline(t)
	defer cancel()
	p := apply(ctx, t, bedOf(t, "breaker", controlplane.Options{DefaultCircuitBreaker: true}), "platform-production")
	p.ready(ctx)
	p.report(ctx)
	if message, opened := p.bed.unresponsive.Load(p.compositeName(ctx)); opened {
		t.Logf("the circuit breaker was open: %v", message)
	}
	p.assertOrder(ctx)
	p.assertNothingLeft(ctx)
}
