package suite

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
	"github.com/xplatform-dev/function-xplatform/test/progress"
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

// BenchmarkTokens tells what the phases of a platform's life cost Crossplane's
// circuit breaker, as Crossplane sets it (100 tokens, one more a second), under a
// provider that writes as often as the real one: build, a poll of everything, a
// resync of Crossplane's (every hour), an edit, a teardown. A composite's watch
// event takes a token, an update two. "missed" are those that came while it was
// open, "opens" how often it did.
func BenchmarkTokens(b *testing.B) {
	verbose := controlplane.Options{DefaultCircuitBreaker: true, Verbose: true}
	for _, example := range []string{"platform-smallest", "platform-production"} {
		b.Run(example, func(b *testing.B) {
			ctx := context.Background()
			bed := bedOf(b, "tokens", verbose)
			for b.Loop() {
				before := bed.counters(ctx, b)
				phase := func(name string) {
					after := bed.counters(ctx, b)
					b.ReportMetric(after.tokens-before.tokens, name+"-tokens")
					b.ReportMetric(after.missed-before.missed, name+"-missed")
					b.ReportMetric(after.opens-before.opens, name+"-opens")
					before = after
				}
				p := applyIn(ctx, b, bed, "tokens-"+example, example, unprotect)
				p.ready(ctx)
				p.calm(ctx)
				b.ReportMetric(float64(len(p.objects(ctx))), "objects")
				phase("build")
				for _, o := range p.list(ctx) {
					p.nudge(ctx, &o)
				}
				p.calm(ctx)
				phase("poll")
				p.edit(ctx, func(spec map[string]any) { spec["queues"] = []any{map[string]any{"name": "more"}} })
				p.until(ctx, "asked for a queue", func(_ *unstructured.Unstructured, pr *progress.Progress) bool { return !pr.Ready })
				p.ready(ctx)
				p.calm(ctx)
				phase("edit")
				p.delete(ctx, metav1.DeletePropagationBackground)
				p.gone(ctx)
				phase("teardown")
			}
		})
		b.Run(example+"/resync", func(b *testing.B) {
			ctx := context.Background()
			const every = time.Minute
			bed := bedOf(b, "resync", controlplane.Options{Sync: every})
			for b.Loop() {
				p := applyIn(ctx, b, bed, "resync-"+example, example, unprotect)
				p.ready(ctx)
				p.calm(ctx)
				before := bed.counters(ctx, b)
				time.Sleep(every)
				after := bed.counters(ctx, b)
				b.ReportMetric(after.tokens-before.tokens, "tokens")
				p.delete(ctx, metav1.DeletePropagationBackground)
				p.gone(ctx)
			}
		})
	}
}

// BenchmarkOwnPace builds the smallest platform as slowly as AWS does, with
// Crossplane's own settings. Crossplane must never stop listening. It takes a
// quarter of an hour.
func BenchmarkOwnPace(b *testing.B) {
	ctx := context.Background()
	bed := bedOf(b, "pace", controlplane.Options{DefaultCircuitBreaker: true, Verbose: true, Speed: 1})
	for b.Loop() {
		before := bed.counters(ctx, b)
		p := applyIn(ctx, b, bed, "pace", "platform-smallest")
		p.patient(ctx, time.Hour)
		after := bed.counters(ctx, b)
		b.ReportMetric(after.tokens-before.tokens, "tokens")
		b.ReportMetric(after.opens-before.opens, "opens")
		b.ReportMetric(after.missed-before.missed, "missed")
		p.report(ctx)
	}
}

// calm waits until Crossplane has nothing to do for the platform any more.
func (p *platform) calm(ctx context.Context) {
	p.t.Helper()
	last := counters{}
	for {
		now := p.bed.counters(ctx, p.t)
		if now == last {
			return
		}
		last = now
		time.Sleep(3 * time.Second)
	}
}

// patient waits longer than others for the platform to become ready.
func (p *platform) patient(ctx context.Context, patience time.Duration) {
	p.t.Helper()
	err := wait.PollUntilContextTimeout(ctx, time.Second, patience, true, func(ctx context.Context) (bool, error) {
		o, err := p.get(ctx)
		if err != nil {
			return false, err
		}
		pr, err := progress.Read(o)
		return err == nil && pr.Ready && pr.Phase == "Ready", err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// counters of Crossplane.
type counters struct {
	// calls of the function, those of the packages that are installed now, and writes
	// to the API server.
	calls, current, writes float64
	// tokens that events took of the circuit breakers, events that were missed
	// because one was open, and how often one opened.
	tokens, missed, opens float64
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
		for _, l := range m.GetLabel() {
			if l.GetName() == "grpc_target" && l.GetValue() == b.cp.FunctionTarget() {
				c.current += m.GetCounter().GetValue()
			}
		}
	}
	for _, m := range families["rest_client_requests_total"].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == "method" && l.GetValue() != http.MethodGet {
				c.writes += m.GetCounter().GetValue()
			}
		}
	}
	for _, m := range families["circuit_breaker_opens_total"].GetMetric() {
		c.opens += m.GetCounter().GetValue()
	}
	for _, m := range families["circuit_breaker_events_total"].GetMetric() {
		for _, l := range m.GetLabel() {
			switch {
			case l.GetName() == "result" && l.GetValue() == "Dropped":
				c.missed += m.GetCounter().GetValue()
			case l.GetName() == "result":
				c.tokens += m.GetCounter().GetValue()
			}
		}
	}
	if c.calls == 0 && len(families) == 0 {
		tb.Fatalf("Crossplane has no metrics at %s", b.cp.MetricsURL())
	}
	return c
}
