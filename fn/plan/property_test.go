package plan

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

const (
	// states of random graphs are resolved once each.
	states = 2000
	// largest random graph, and what most are at most. Whatever can go wrong mostly
	// can with few.
	largest = 30
	small   = 6
)

// random numbers that are the same for a seed each time.
func random(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // Weak, but the same each time.
}

// nameSeed of a failure, and of a panic.
func nameSeed(t *testing.T, seed uint64) {
	t.Helper()
	if t.Failed() {
		t.Logf("the seed is %d", seed)
	}
}

// size of a random graph.
func size(r *rand.Rand) int {
	if chance(r, 90) {
		return 1 + r.IntN(small)
	}
	return 1 + r.IntN(largest)
}

// chance is true with a probability of p percent.
func chance(r *rand.Rand, p int) bool { return r.IntN(100) < p }

// key of the i-th node of a random graph. The order of keys is not that of
// nodes, so that a plan that relies on either is found out.
func keyOf(i int) string { return fmt.Sprintf("n%02d", (i*17+5)%largest) }

// randomGraph of up to n nodes, each left out with a probability of 100-p
// percent. A node needs, and uses values of, only nodes before it.
func randomGraph(r *rand.Rand, n, p int) []blueprint {
	var bs []blueprint
	dense := r.IntN(40)
	for i := range n {
		if !chance(r, p) {
			continue
		}
		b := blueprint{key: keyOf(i)}
		for _, before := range bs {
			switch {
			case !chance(r, dense):
			case chance(r, 30):
				b.uses = append(b.uses, before.key)
			default:
				b.needs = append(b.needs, before.key)
			}
		}
		bs = append(bs, b)
	}
	return bs
}

// report is everything a plan says besides.
func report(out *Outcome) string {
	n, total := out.Progress()
	return fmt.Sprint(n, total, out.Ready(), out.Complete(), out.Waiting(), out.plan.Edges(), out.Layers()[0].Readiness)
}

// expect says what is asked for, by the rules alone, in the words of verdicts.
func (c *control) expect(wanted []blueprint) (want map[string]string, ready bool) {
	want, ready = map[string]string{}, !c.tearDown
	needers := c.needers()
	for _, b := range wanted {
		unready := func(key string) bool { return c.missing(key) || c.lingers(key) || !c.objects[key].ready() }
		unknown := func(key string) bool { return c.missing(key) || c.lingers(key) || !c.objects[key].id }
		needs := slices.Concat(b.needs, b.uses)
		s, missing := c.objects[b.key], c.missing(b.key)
		leaves := func(key string) bool { return c.lingers(key) && !slices.Contains(SplitNeeds(s.needs), key) }
		switch {
		case c.lingers(b.key): // It waits for itself.
		case missing && c.tearDown: // It is not wanted.
		case missing && (c.unguarded || c.read.memory.TornDown) && len(needs) > 0: // It waits for the guard, or the memory.
		case missing && !slices.ContainsFunc(needs, unready) && !slices.ContainsFunc(b.uses, unknown):
			want[b.key] = built
		case missing: // It waits.
		case slices.ContainsFunc(b.uses, unknown) || slices.ContainsFunc(needs, leaves):
			want[b.key] = kept
		case s.ready():
			want[b.key] = builtReady
		default:
			want[b.key] = built
		}
		ready = ready && want[b.key] == builtReady
		for _, need := range needs {
			if c.tearDown && c.objects[b.key] != nil && (c.lingers(b.key) || !missing) || !missing && slices.Contains([]string{built, builtReady}, want[b.key]) {
				needers[need] = append(needers[need], b.key)
			}
		}
	}
	halted, obscure := c.halted(wanted), c.obscure(wanted)
	for key, s := range c.objects {
		if describes(wanted, key) && !c.tearDown || c.missing(key) {
			// One that lingers is created anew; the composite waits for it.
			continue
		}
		ready = false
		switch {
		case c.lingers(key):
		case slices.ContainsFunc(obscure, func(o string) bool { return o == key || mayNeed(needers, o, key) }):
			if !describes(wanted, key) {
				want[key] = kept
			}
		case len(needers[key]) == 0 && !s.protected && !halted && c.remembers(key):
			delete(want, key)
		case !describes(wanted, key):
			want[key] = kept
		}
	}
	return want, ready
}

// halted tells whether something that is protected, or of which nobody knows what it
// needs, keeps a teardown from beginning.
func (c *control) halted(wanted []blueprint) bool {
	obscure := c.obscure(wanted)
	for key, s := range c.objects {
		if (s.protected || slices.Contains(obscure, key) && !c.lingers(key)) && !c.missing(key) {
			return c.tearDown && !c.read.memory.TornDown
		}
	}
	return false
}

// TestProperties resolves random graphs of which a random part exists in random
// states.
func TestProperties(t *testing.T) {
	t.Parallel()
	var seed uint64
	t.Cleanup(func() { nameSeed(t, seed) })
	tries := uint64(states)
	if testing.Short() {
		tries /= 5
	}
	for seed = range tries {
		r := random(seed)
		n := 1 + r.IntN(largest)
		all := randomGraph(r, n, 100)
		// What isn't wanted was wanted by an earlier graph, with other edges.
		wanted := randomGraph(r, n, r.IntN(101))
		c := &control{objects: map[string]*sim{}, tearDown: chance(r, 20), unguarded: chance(r, 20)}
		c.read.refs = map[string]bool{}
		exists, healthy, remembered, forgotten, bare := r.IntN(101), r.IntN(101), r.IntN(101), r.IntN(30), max(0, r.IntN(20)-10)
		for _, b := range all {
			if !chance(r, exists) {
				continue
			}
			s := &sim{condition: reportsReady, id: true, needs: strings.Join(slices.Sorted(slices.Values(slices.Concat(b.needs, b.uses))), ",")}
			if !chance(r, healthy) {
				s.condition, s.id, s.leaving, s.protected = r.IntN(reportsEnd), chance(r, 70), chance(r, 15), chance(r, 20)
				s.generation, s.observedGeneration = 2, 1+r.IntN(2)
			}
			if chance(r, bare) {
				s.needs, s.bare = "", true
			}
			c.objects[b.key] = s
			if c.read.refs[b.key] = !chance(r, forgotten); !c.read.refs[b.key] {
				s.leaving = true
			}
			// What has been let go is always on the list.
			if !c.read.refs[b.key] || chance(r, remembered) {
				c.read.memory.Leaving = append(c.read.memory.Leaving, leftover(b.key, Observe(s.resource(b.key))))
			}
		}

		out := c.run(t, wanted)
		c.check(t, out, wanted)
		again := c.run(t, wanted)
		if !maps.EqualFunc(out.Desired, again.Desired, func(a, b *fnv1.Resource) bool { return proto.Equal(a, b) }) {
			t.Error("an equal plan asks for something else")
		}
		if diff := cmp.Diff(report(out), report(again)); diff != "" {
			t.Errorf("an equal plan says something else: -first, +second:\n%s", diff)
		}
		if t.Failed() {
			t.Fatalf("wanted: %+v", wanted)
		}
	}
}

// check a plan against the rules.
func (c *control) check(t *testing.T, out *Outcome, wanted []blueprint) {
	t.Helper()
	c.searches = out.plan.searching
	want, ready := c.expect(wanted)
	if diff := cmp.Diff(want, verdictsOn(t, out.Desired)); diff != "" {
		t.Errorf("Desired: -want, +got:\n%s", diff)
	}
	if got := out.Ready(); got != ready {
		t.Errorf("Ready(): want %t, got %t", ready, got)
	}
	if got := out.Layers()[0].Readiness; ready && !got.Ready {
		t.Errorf("the composite is ready, but its only layer is not: %+v", got)
	}
	if c.tearDown {
		lost := 0 // Of these nobody knows, nor may their kind be known.
		for _, s := range c.objects {
			if s.lost {
				lost++
			}
		}
		if got := out.Gone(); got && len(c.objects) > lost || !got && len(c.objects) == 0 {
			t.Errorf("Gone(): got %t with %d objects", got, len(c.objects))
		}
		return
	}
	c.checkWaiting(t, out, wanted)
}

// checkWaiting: what waits is missing and says so; what it waits for is needed
// and not ready, or a value; and it is either all of that or implied by it.
func (c *control) checkWaiting(t *testing.T, out *Outcome, wanted []blueprint) {
	t.Helper()
	waiting := map[string][]string{}
	for _, w := range out.Waiting() {
		waiting[w.Key] = w.For
	}
	edges := out.plan.Edges()
	for _, b := range wanted {
		waits, ok := waiting[b.key]
		if _, asked := out.Desired[b.key]; asked == ok {
			t.Errorf("%s: asked for: %t, waiting: %t", b.key, asked, ok)
		}
		if !ok {
			continue
		}
		if !c.missing(b.key) {
			if !slices.Equal(waits, []string{b.key}) {
				t.Errorf("%s has to be gone before it is created anew, and waits for %v", b.key, waits)
			}
			continue
		}
		if len(waits) == 0 || !slices.IsSorted(waits) || len(slices.Compact(slices.Clone(waits))) != len(waits) {
			t.Errorf("%s waits for %q: want something, sorted, without repetition", b.key, waits)
		}
		var unready []string
		for _, key := range edges[b.key] {
			if c.missing(key) || c.lingers(key) || !c.objects[key].ready() {
				unready = append(unready, key)
			}
		}
		for _, key := range waits {
			if len(unready) > 0 && !slices.Contains(unready, key) {
				t.Errorf("%s waits for %s, which is none of what it needs and isn't ready, %q", b.key, key, unready)
			}
		}
		for _, key := range unready {
			if !slices.Contains(waits, key) && !slices.ContainsFunc(unready, func(k string) bool { return slices.Contains(edges[k], key) }) {
				t.Errorf("%s waits for %s, but does not say so: %q", b.key, key, waits)
			}
		}
	}
}
