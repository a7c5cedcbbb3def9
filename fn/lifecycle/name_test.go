package lifecycle_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// namedProd is a world of a platform called prod, of a claim in a namespace, in which
// nothing exists.
func namedProd(t *testing.T, namespace string) *world.World {
	t.Helper()
	return world.Unnamed(t, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "xplatform.dev/v1alpha1",
		"kind":       "Platform",
		"metadata":   map[string]any{"name": "prod", "namespace": namespace},
		"spec":       map[string]any{"region": "eu-central-1", "name": "prod", "teardown": map[string]any{"drain": false}},
	}})
}

// called is a composite that is another than the first of its claim's name.
func called(w *world.World, name string) *world.World {
	w.XR.SetName(name)
	world.Set("uid-of-"+name, "metadata", "uid")(w.XR)
	return w
}

// TestNameTaken: of two platforms of one name and region the second is told whose it
// is, and nothing of it comes, until the first is gone.
func TestNameTaken(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		second func(w *world.World)
		whose  string
	}{
		"AnotherNamespace": {
			reason: "A name belongs to one team only.",
			second: func(*world.World) {},
			whose:  "Platform team-a/prod's",
		},
		"AnotherDoor": {
			reason: "It does not matter by what door somebody comes.",
			second: func(w *world.World) {
				w.XR.SetKind("Platform")
				w.XR.SetNamespace("team-b")
				unstructured.RemoveNestedField(w.XR.Object, "spec", "claimRef")
			},
			whose: "Platform team-a/prod's",
		},
		"AnotherComposite": {
			reason: "Nor which composite of one claim's name it is.",
			second: func(w *world.World) { world.Set("team-a", "spec", "claimRef", "namespace")(w.XR) },
			whose:  "Platform team-a/prod's",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := called(namedProd(t, "team-a"), "prod-aaaaa"), called(namedProd(t, "team-b"), "prod-bbbbb")
			tc.second(second)
			first.Beside, second.Beside = []*world.World{second}, []*world.World{first}
			first.Settle()
			refused := func(when string) {
				t.Helper()
				rsp := second.Run()
				c := world.ConditionOf(rsp, v1alpha1.ConditionAccepted)
				for _, want := range []string{"spec.name: must not be prod in eu-central-1", tc.whose, "choose another name"} {
					if c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || c.GetReason() != "NameTaken" || !strings.Contains(c.GetMessage(), want) {
						t.Fatalf("\n%s\n%s: want it refused, with %q, got %v", tc.reason, when, want, c)
					}
				}
				if keys := world.Keys(rsp); len(keys) > 0 || world.IsReady(rsp) {
					t.Fatalf("\n%s\n%s: want nothing of it, got %v", tc.reason, when, keys)
				}
				second.Follow(rsp)
			}
			refused("first")
			refused("again")

			// Restored, the other one first.
			restored := func(w *world.World, created string) {
				world.Set("another-"+w.XR.GetName(), "metadata", "uid")(w.XR)
				delete(w.XR.Object, "status")
				w.Edit(lifecycle.KeyGuard, func(o *unstructured.Unstructured) {
					o.SetOwnerReferences(nil)
					world.Set(created, "metadata", "creationTimestamp")(o)
				})
			}
			restored(second, "2026-01-01T00:00:00Z")
			restored(first, "2026-01-02T00:00:00Z")
			refused("restored")
			if rsp := first.Run(); !world.IsReady(rsp) {
				t.Errorf("\n%s\nwant the first to stay, got %s", tc.reason, world.Explain(rsp))
			}

			// The second one goes, and takes nothing along.
			gone := second.Fork(t)
			world.Attempted(gone.XR)
			gone.Claim = nil
			gone.TakeDown()
			if len(gone.Observed) > 0 {
				t.Errorf("\n%s\nwant it gone, got %v", tc.reason, world.SortedKeys(gone.Observed))
			}

			world.Attempted(first.XR)
			first.Claim = nil
			for len(first.Observed)+len(first.Lingering) > 0 {
				refused("while the first goes")
				first.Follow(first.Run())
			}
			second.Settle()
		})
	}
}

// TestNameAtOnce: of platforms that ask for a name at once one gets it, and nothing is
// ever made of two, however stale what each of them sees.
func TestNameAtOnce(t *testing.T) {
	t.Parallel()
	const turns = 60
	base, waited := namedProd(t, "team"), 0
	for seed := range uint64(turns) {
		r := rand.New(rand.NewPCG(seed, 1))
		c := &contest{t: t, r: r, seed: seed, log: []map[string]*fnv1.Resource{{}}}
		for _, name := range []string{"prod-aaaaa", "prod-bbbbb", "prod-ccccc"}[:2+r.IntN(2)] {
			c.worlds = append(c.worlds, called(base.Fork(t), name))
		}
		c.pending, c.seen, c.before = make([]*fnv1.RunFunctionResponse, len(c.worlds)), make([]int, len(c.worlds)), make([]map[string]*fnv1.Resource, len(c.worlds))
		c.run()
		if c.withdrew {
			waited++
		}
	}
	if waited < turns/20 {
		t.Errorf("want platforms that ask at once and give way in many of %d turns, got %d: is this test blind?", turns, waited)
	}
}

// A contest is what platforms of one name do in some order. Each run reads what was
// true some time ago, and what it answers is written some time later.
type contest struct {
	t        *testing.T
	r        *rand.Rand
	seed     uint64
	worlds   []*world.World
	withdrew bool
	// pending are the answers that are not written yet, and before is what existed
	// before the last one was.
	pending []*fnv1.RunFunctionResponse
	before  []map[string]*fnv1.Resource
	// log of all guards, and up to where each platform has seen it.
	log  []map[string]*fnv1.Resource
	seen []int
}

func (c *contest) run() {
	c.t.Helper()
	for step := range 90 {
		i := c.r.IntN(len(c.worlds))
		if c.pending[i] == nil {
			c.read(i, step > 50)
		} else {
			c.write(i)
		}
		if made := c.made(); len(made) > 1 {
			c.t.Fatalf("seed %d, step %d: %v are both made, and are one in AWS", c.seed, step, made)
		}
	}
	if made := c.made(); len(made) != 1 {
		c.t.Fatalf("seed %d: want one of them made, got %v", c.seed, made)
	}
}

// made are the platforms anything is made of.
func (c *contest) made() []string {
	var names []string
	for _, w := range c.worlds {
		if len(w.Made()) > 0 {
			names = append(names, w.XR.GetName())
		}
	}
	return names
}

// read what is there, or was, and answer.
func (c *contest) read(i int, fresh bool) {
	c.t.Helper()
	w := c.worlds[i]
	last := len(c.log) - 1
	c.seen[i] += c.r.IntN(last - c.seen[i] + 1)
	req := w.Request()
	if fresh {
		c.seen[i] = last
	} else if c.before[i] != nil && c.r.IntN(3) == 0 {
		// Crossplane's cache of the composite does not know yet what it refers to.
		req.Observed.Resources = c.before[i]
	}
	rsp := w.Respond(req)
	for range 2 {
		req.RequiredResources = map[string]*fnv1.Resources{}
		for name, s := range rsp.GetRequirements().GetResources() {
			found := &fnv1.Resources{}
			for _, key := range world.SortedKeys(c.log[c.seen[i]]) {
				o := c.log[c.seen[i]][key]
				if one := plan.Observe(o); one.Kind() == s.GetKind() && one.Label("xplatform.dev/name") == "prod" && s.GetMatchLabels() != nil {
					found.Items = append(found.Items, o)
				}
			}
			req.RequiredResources[name] = found
		}
		rsp = w.Respond(req)
	}
	c.pending[i] = rsp
}

// write what was answered.
func (c *contest) write(i int) {
	c.t.Helper()
	w, rsp := c.worlds[i], c.pending[i]
	c.pending[i], c.before[i] = nil, maps.Clone(w.Observed)
	asked := plan.Observe(w.Observed[lifecycle.KeyGuard]).Label("xplatform.dev/name") != ""
	// What is not observed is not let go.
	for key := range rsp.GetDesired().GetResources() {
		w.MakeReady(key, rsp)
	}
	w.Remember(rsp)
	// All within a second.
	w.Edit(lifecycle.KeyGuard, func(o *unstructured.Unstructured) {
		world.Set("2026-01-01T00:00:00Z", "metadata", "creationTimestamp")(o)
		world.Set(fmt.Sprintf("%d-%s", (c.seed>>uint(i))%2, w.XR.GetName()), "metadata", "uid")(o)
	})
	c.withdrew = c.withdrew || asked && plan.Observe(w.Observed[lifecycle.KeyGuard]).Label("xplatform.dev/name") == ""
	next := maps.Clone(c.log[len(c.log)-1])
	next[w.XR.GetName()] = w.Observed[lifecycle.KeyGuard]
	c.log = append(c.log, next)
}
