package suite

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
)

// BenchmarkBuild brings platforms up, one after the other, and tells what each
// cost: how often the function was called, how often Crossplane wrote, and how
// long it took, beside what AWS alone would take. Times are those of the slowed
// down world: AWS is 60 times faster here, Crossplane is not.
//
// With "-benchtime 1x" each is built once.
func BenchmarkBuild(b *testing.B) {
	for _, breaker := range []string{"recommended", "default"} {
		for _, example := range []string{"platform-smallest", "platform-production"} {
			b.Run(breaker+"/"+example, func(b *testing.B) {
				ctx := context.Background()
				bed := bedOf(b, "bench-"+breaker, controlplane.Options{DefaultCircuitBreaker: breaker == "default"})
				var took, ideal float64
				before := bed.counters(ctx, b)
				n := 0
				for b.Loop() {
					n++
					p := applyIn(ctx, b, bed, fmt.Sprintf("bench-%s-%d", example, n), example)
					p.ready(ctx)
					t, i := p.report(ctx)
					took, ideal = took+t.Seconds(), ideal+i.Seconds()
				}
				after := bed.counters(ctx, b)
				b.ReportMetric((after.calls-before.calls)/float64(n), "calls/platform")
				b.ReportMetric((after.writes-before.writes)/float64(n), "writes/platform")
				b.ReportMetric(took/ideal, "x-ideal")
			})
		}
	}
}

// counters of Crossplane.
type counters struct {
	// calls of the function, and writes to the API server.
	calls, writes float64
}

func (b *bed) counters(ctx context.Context, tb testing.TB) counters {
	tb.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.cp.MetricsURL(), http.NoBody)
	if err != nil {
		tb.Fatal(err)
	}
	rsp, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer rsp.Body.Close() //nolint:errcheck // It was read.
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(rsp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	c := counters{}
	for _, m := range families["function_run_function_request_total"].GetMetric() {
		c.calls += m.GetCounter().GetValue()
	}
	for _, m := range families["rest_client_requests_total"].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == "method" && l.GetValue() != http.MethodGet {
				c.writes += m.GetCounter().GetValue()
			}
		}
	}
	if c.calls == 0 && len(families) == 0 {
		tb.Fatalf("Crossplane has no metrics at %s", b.cp.MetricsURL())
	}
	return c
}
