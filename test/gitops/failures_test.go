package gitops

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// words of AWS's.
const words = "api error InsufficientDBInstanceCapacity: no capacity in this zone"

// failures of one resource: how healthy the platform is then, and what is said beside the
// resource's key.
//
//nolint:gochecknoglobals // A constant table.
var failures = map[string]struct {
	edit    func(o *unstructured.Unstructured)
	verdict string
	says    string
}{
	"Unavailable": {func(o *unstructured.Unstructured) { world.WithStatus(o, "Ready", "False", "Unavailable", "") }, degraded, ""},
	"Refused": {func(o *unstructured.Unstructured) {
		world.WithStatus(o, "Synced", "False", "ReconcileError", words)
	}, degraded, words},
	"RefusedLater": {func(o *unstructured.Unstructured) {
		world.WithStatus(o, "LastAsyncOperation", "False", "AsyncUpdateFailure", words)
	}, degraded, words},
	"Paused": {func(o *unstructured.Unstructured) {
		world.WithStatus(o, "Ready", "False", "Creating", "")
		world.WithStatus(o, "Synced", "False", "ReconcilePaused", "")
	}, suspended, "is paused"},
	"Unknown": {func(o *unstructured.Unstructured) { delete(o.Object, "status") }, progressing, ""},
	"Deleted": {world.Deleted, degraded, ""},
}

// TestFailures: whichever resource fails, of a platform that is in force or half built, its
// health names it with AWS's reason; and once it is mended, it is as it was.
func TestFailures(t *testing.T) {
	t.Parallel()
	for _, example := range world.Examples {
		for name, f := range failures {
			t.Run(example+"/"+name, func(t *testing.T) {
				t.Parallel()
				built, half := platform(t, example), over(t, world.New(t, example), nil)
				for _, p := range []*plane{built, half} {
					p.edit(askFacts)
				}
				built.settle()
				for range 5 {
					half.sync()
					half.compose()
				}
				half.hear()
				for _, p := range []*plane{built, half} {
					was, kinds := ours.health(p.t, p.claim), map[string]bool{}
					for _, key := range world.SortedKeys(p.Observed) {
						if p.Observed[key].GetResource().GetFields()["status"] == nil || key == lifecycle.KeyGuard {
							continue // It has none that could be lost, or is no part of the platform.
						}
						kind := p.Observed[key].GetResource().GetFields()["kind"].GetStringValue()
						if kinds[kind] && example != world.Examples[0] {
							continue // Of one platform all are tried, of the others one of each kind.
						}
						kinds[kind] = true
						verdict := f.verdict
						if name == "Unavailable" && kind == "Release" {
							verdict = progressing // Its provider says so of one that it changes.
						}
						p.hit(key, f.edit, func() {
							if h := ours.health(p.t, p.claim); p == built && (h.Status != verdict || !strings.Contains(h.Message, key) || !strings.Contains(h.Message, f.says)) {
								t.Errorf("%s: want it %s, and to say so with %q, got %s: %s", key, verdict, f.says, h.Status, h.Message)
							} else if p == half && f.says != "" && (h.Status != f.verdict || !strings.Contains(h.Message, f.says)) {
								t.Errorf("%s, half built: want it %s, with %q, got %s: %s", key, f.verdict, f.says, h.Status, h.Message)
							}
						})
						if h := ours.health(p.t, p.claim); h != was {
							t.Errorf("%s is mended: want it %v, got %v", key, was, h)
						}
					}
				}
			})
		}
	}
}

// TestFacts: facts that nobody has asked for keep no platform from being healthy.
func TestFacts(t *testing.T) {
	t.Parallel()
	p := platform(t, "platform-smallest.yaml")
	for name, f := range failures {
		p.hit(keyFacts, f.edit, func() {
			if h := ours.health(t, p.claim); h.Status != healthy {
				t.Errorf("%s: want it healthy, got %v", name, h)
			}
		})
	}
}

// hit something that exists, as long as a look takes.
func (p *plane) hit(key string, edit func(o *unstructured.Unstructured), look func()) {
	p.t.Helper()
	good := p.Observed[key]
	p.Edit(key, edit)
	p.hear()
	look()
	p.Observed[key] = good
	p.hear()
	p.hear()
}

// hear what the function says, and do nothing of it.
func (p *plane) hear() {
	p.t.Helper()
	rsp := p.Ask()
	p.write(rsp, about{asks(p.XR), world.IsReady(rsp) && p.exists(rsp)})
	p.report(rsp, "")
	p.look("composed")
	p.Remember(rsp)
	p.sync()
}

// TestRefusedByAWS: what AWS refuses is said in its words as long as it does, be it a part
// of what an edit asks for.
func TestRefusedByAWS(t *testing.T) {
	t.Parallel()
	l := world.Live(world.New(t, "platform-production.yaml"))
	p := over(t, l.World, l)
	p.settle()
	for _, thing := range l.Account.Things("NodeGroup") {
		l.Account.Refuse("NodeGroup", thing.Name, words)
	}
	p.edit(func(o *unstructured.Unstructured) {
		groups, _, _ := unstructured.NestedSlice(o.Object, "spec", "nodeGroups")
		for _, g := range groups {
			g.(map[string]any)["labels"] = map[string]any{"edited": "yes"}
		}
		world.Set(groups, "spec", "nodeGroups")(o)
	})
	p.settle()
	p.want(degraded, "NodesReady: ", "node-group.", words)
	p.wantComposite(degraded, words)
	for _, thing := range l.Account.Things("NodeGroup") {
		l.Account.Refuse("NodeGroup", thing.Name, "")
	}
	l.Look()
	p.settle()
	p.want(healthy)
}

// TestRefused: a claim that makes no sense says why, whether there is a platform or not,
// and is what it was once it does.
func TestRefused(t *testing.T) {
	t.Parallel()
	invalid := func(o *unstructured.Unstructured) {
		world.Set([]any{map[string]any{"name": "default", "minSize": int64(1), "zones": []any{"euc1-az9"}}}, "spec", "nodeGroups")(o)
	}
	for name, p := range map[string]*plane{"New": over(t, world.New(t, "platform-smallest.yaml"), nil), "InForce": platform(t, "platform-smallest.yaml")} {
		for _, unguarded := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				p := p.fork(t)
				good := p.claim.DeepCopy()
				if unguarded {
					for _, key := range world.SortedKeys(p.Observed) {
						if p.Observed[key].GetResource().GetFields()["kind"].GetStringValue() == "ClusterUsage" {
							delete(p.Observed, key)
						}
					}
				}
				p.edit(invalid)
				p.settle()
				p.want(degraded, "Invalid: spec.")
				p.wantComposite(degraded, "Invalid: spec.")
				p.edit(func(o *unstructured.Unstructured) { o.Object["spec"] = good.Object["spec"] })
				p.settle()
				p.want(healthy)
				p.wantComposite(healthy)
			})
		}
	}
}

// TestUnrun: a function that does not run is trouble as long as it does not.
func TestUnrun(t *testing.T) {
	t.Parallel()
	p := platform(t, "platform-smallest.yaml")
	p.fail("cannot run Function xplatform: connection refused")
	p.want(degraded, "Synced")
	p.wantComposite(degraded, "the condition Synced of its composite")
	p.edit(world.Set("more", "spec", "tags", "team"))
	p.fail("cannot run Function xplatform: connection refused")
	p.want(degraded)
	p.settle()
	p.want(healthy)
}

// TestPaused: a paused claim is suspended whatever else it is, and its edits wait.
func TestPaused(t *testing.T) {
	t.Parallel()
	for _, of := range []func(p *plane) *unstructured.Unstructured{
		func(p *plane) *unstructured.Unstructured { return p.claim },
		func(p *plane) *unstructured.Unstructured { return p.composite },
	} {
		p := platform(t, "platform-smallest.yaml")
		paused := of(p)
		paused.SetAnnotations(map[string]string{meta.AnnotationKeyReconciliationPaused: "true"})
		p.sync()
		wantOf(t, ours.health(p.t, paused), suspended, "crossplane.io/paused")
		p.edit(world.Set("more", "spec", "tags", "team"))
		p.sync()
		wantOf(t, ours.health(p.t, paused), suspended)
		paused.SetAnnotations(nil)
		p.look("resumed")
		wantOf(t, ours.health(p.t, p.claim), progressing)
		p.settle()
		p.want(healthy)
	}
}

// TestNoticed: every edit there is keeps a platform from being healthy before it was looked
// at; what Crossplane writes into a claim does not.
func TestNoticed(t *testing.T) {
	t.Parallel()
	editor, r := world.NewEditor(t), rand.New(rand.NewPCG(1, 1)) //nolint:gosec // Chance, not secrets.
	var edited []string
	for _, example := range world.Examples {
		p := platform(t, example)
		for range 60 {
			f := p.fork(t)
			claim, field := editor.Edit(r, f.claim)
			f.edit(func(o *unstructured.Unstructured) { o.Object["spec"] = claim.Object["spec"] })
			f.sync()
			f.want(progressing, "The last edit has yet to be looked at")
			f.wantComposite(progressing, "The last edit has yet to be looked at")
			if top, _, _ := strings.Cut(field, "."); !slices.Contains(edited, top) {
				edited = append(edited, top)
			}
		}
		for _, field := range append([]string{"claimRef", "crossplane", "resourceRefs"}, world.Crossplanes...) {
			p.claim.Object["spec"].(map[string]any)[field] = "crossplane's"
			p.composite.Object["spec"].(map[string]any)[field] = "crossplane's"
		}
		wantOf(t, ours.health(p.t, p.composite), healthy)
		for _, field := range []string{"claimRef", "crossplane", "resourceRefs"} {
			delete(p.claim.Object["spec"].(map[string]any), field)
		}
		p.want(healthy)
		p.look("written to by Crossplane")
	}
	if len(edited) < 10 {
		t.Errorf("want edits of all there is, got %v", edited)
	}
}
