package plan

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// addFarewell to a plan: "bye", which needs "prepare", which needs a host.
func addFarewell(p *Plan, wanted bool, host *Node) *Farewell {
	f := p.Farewell("Bye", wanted)
	build := func(needs ...*Node) func(n *Node) runtime.Object {
		return func(n *Node) runtime.Object {
			n.After(needs...)
			return thing(map[string]any{"from": fromClaim})
		}
	}
	prepare := f.Add("prepare", build(host))
	f.Add("bye", build(prepare))
	return f
}

// TestFarewell: what is wanted while everything else leaves comes before that.
func TestFarewell(t *testing.T) {
	host, guest := existing("host", ready), existing("guest", ready)
	prepare, bye := existing("prepare", ready, needing("host")), existing("bye", needing("prepare"))
	all := remembering("host", "guest")
	done := existing("bye", ready, needing("prepare"))
	cases := map[string]struct {
		reason   string
		observed map[string]*fnv1.Resource
		options  []func(o *Options)
		unwanted bool
		renew    bool
		want     map[string]string
		waiting  []Wait
		pending  bool
		progress [2]int
		message  string
	}{
		"NotTornDown": {
			reason:   "While everything is wanted, a farewell is not.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest},
			want:     map[string]string{"host": builtReady, "guest": builtReady},
			progress: [2]int{2, 4},
		},
		"Begin": {
			reason:   "It should begin before anything leaves, be it by a way that is not there yet.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest},
			options:  []func(o *Options){tearingDown, finding(everyThing), all},
			want:     map[string]string{"host": builtReady, "guest": builtReady, "prepare": built},
			waiting:  []Wait{{Key: "bye", For: []string{"prepare"}}},
			pending:  true,
			progress: [2]int{0, 2},
			message:  "2 of 2 resources are left; first, prepare",
		},
		"HostNotReady": {
			reason:   "What it needs should stay also while it cannot begin.",
			observed: map[string]*fnv1.Resource{"host": existing("host")},
			options:  []func(o *Options){tearingDown, finding(everyThing), all, finding(requireObject + "guest")},
			want:     map[string]string{"host": built},
			waiting:  []Wait{{Key: "bye", For: []string{"prepare"}}, {Key: "prepare", For: []string{"host"}}},
			pending:  true,
			progress: [2]int{1, 2},
			message:  "1 of 2 resources are left; first, prepare waits for host; bye waits for prepare",
		},
		"UnderWay": {
			reason:   "Until it is ready, what it comes before should stay.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest, "prepare": prepare, "bye": bye},
			options:  []func(o *Options){tearingDown, finding(everyThing), all},
			want:     map[string]string{"host": builtReady, "guest": builtReady, "prepare": builtReady, "bye": built},
			pending:  true,
			progress: [2]int{0, 2},
			message:  "2 of 2 resources are left; first, bye",
		},
		"Done": {
			reason:   "Once it is ready, what it comes before may leave, but not what it needs.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest, "prepare": prepare, "bye": done},
			options:  []func(o *Options){tearingDown, finding(everyThing), all},
			want:     map[string]string{"host": builtReady, "prepare": builtReady, "bye": builtReady},
			progress: [2]int{0, 2},
			message:  "2 of 2 resources are left; deleting guest",
		},
		"Over": {
			reason:   "Once it isn't wanted any more, it should leave in order like anything else.",
			observed: map[string]*fnv1.Resource{"host": host, "prepare": prepare, "bye": done},
			options:  []func(o *Options){tearingDown, finding(everyThing), all, remembering("prepare", "bye"), finding(requireObject + "guest")},
			unwanted: true,
			want:     map[string]string{"host": builtReady, "prepare": builtReady},
			progress: [2]int{1, 2},
			message:  "1 of 2 resources are left; deleting bye",
		},
		"Renewed": {
			reason:   "What is to be made anew should leave, while the rest stays.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest, "prepare": prepare, "bye": bye},
			options:  []func(o *Options){tearingDown, finding(everyThing), all, remembering("bye")},
			renew:    true,
			want:     map[string]string{"host": builtReady, "guest": builtReady, "prepare": builtReady},
			pending:  true,
			progress: [2]int{0, 2},
			message:  "2 of 2 resources are left; first, bye has to be gone before it is created anew",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(tc.observed, tc.options...)
			nodes := add(p, chain("host")...)
			p.layers[0].Add("guest", func(*Node) runtime.Object { return thing(map[string]any{"from": fromClaim}) })
			f := addFarewell(p, !tc.unwanted, nodes["host"])
			if tc.renew {
				f.last().Renew()
			}
			p.Resolve()
			if diff := cmp.Diff(tc.want, verdicts(t, p)); diff != "" {
				t.Errorf("\n%s\nDesired(): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.waiting, p.Waiting(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\nWaiting(): -want, +got:\n%s", tc.reason, diff)
			}
			if got := f.Pending(); got != tc.pending {
				t.Errorf("\n%s\nPending(): want %t, got %t", tc.reason, tc.pending, got)
			}
			if done, total := p.Progress(); tc.progress != [2]int{done, total} {
				t.Errorf("\n%s\nProgress(): want %v, got %d/%d", tc.reason, tc.progress, done, total)
			}
			if tc.message == "" {
				return
			}
			if got := p.Removal().Message; got != tc.message {
				t.Errorf("\n%s\nRemoval(): want %q, got %q", tc.reason, tc.message, got)
			}
		})
	}
}

// TestFarewellJourneys tears random graphs down at random moments of their
// build, with a farewell before all of it leaves.
func TestFarewellJourneys(t *testing.T) {
	t.Parallel()
	var seed uint64
	t.Cleanup(func() { nameSeed(t, seed) })
	for seed = range uint64(journeys) {
		r := random(seed)
		wanted := append([]blueprint{{key: "host"}}, randomGraph(r, 1+r.IntN(largest), r.IntN(101))...)
		c := &control{objects: map[string]*sim{}}
		for range r.IntN(40) {
			p, desired := c.run(t, wanted)
			c.pass(t, r, p, desired, 10)
		}
		c.tearDown = true
		remembered, began := false, c.objects["host"] != nil
		c.plans = func(p *Plan, nodes map[string]*Node) {
			host := c.objects["host"]
			addFarewell(p, !remembered && host != nil && !host.leaving, nodes["host"])
		}
		const limit = 3 * 2 * 5 * largest
		for n := 0; ; n++ {
			for _, s := range c.objects {
				s.protected = false
			}
			p, desired := c.run(t, wanted)
			if p.Gone() {
				break
			}
			if n == limit {
				t.Fatal("it never ends")
			}
			for key, s := range c.objects {
				if began && !remembered && !p.farewell.Done() && desired[key] == nil && !s.forgotten {
					t.Errorf("%s is let go before the farewell is done", key)
				}
				if desired[key] == nil && c.used(key) && !s.forgotten {
					t.Errorf("%s is let go, though something uses it", key)
				}
			}
			done := p.farewell.Done()
			disturbed := 0
			if n < 20 {
				disturbed = 10
			}
			c.pass(t, r, p, desired, disturbed)
			remembered = remembered || done
		}
		if len(c.objects) > 0 {
			t.Errorf("something is left: %v", strings.Join(slices.Sorted(maps.Keys(c.objects)), ", "))
		}
		if began && !remembered {
			t.Error("there was no farewell")
		}
		if t.Failed() {
			t.FailNow()
		}
	}
}
