package plan

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// How much is tried at random. Each try has a seed of its own, which a failure
// names.
const (
	// states of random graphs are resolved once each.
	states = 2000
	// journeys from one random graph to another are run to their end, each of
	// them some dozen states.
	journeys = 120
	// largest random graph.
	largest = 30
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
	isWanted, demanded := map[string]bool{}, map[string]bool{}
	for _, b := range wanted {
		isWanted[b.key] = true
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
			demanded[need] = demanded[need] || !missing && slices.Contains([]string{built, builtReady}, want[b.key])
		}
	}
	for key, s := range c.objects {
		if isWanted[key] && !c.tearDown || c.missing(key) {
			// One that lingers is created anew; the composite waits for it.
			continue
		}
		ready = false
		switch {
		case c.lingers(key):
		case !c.needed(key) && !demanded[key] && !s.protected && c.remembers(key):
			delete(want, key)
		case !isWanted[key]:
			want[key] = kept
		}
	}
	return want, ready
}

// TestProperties resolves random graphs of which a random part exists in random
// states.
func TestProperties(t *testing.T) {
	t.Parallel()
	var seed uint64
	t.Cleanup(func() { nameSeed(t, seed) })
	for seed = range uint64(states) {
		r := random(seed)
		n := 1 + r.IntN(largest)
		all := randomGraph(r, n, 100)
		// What isn't wanted was wanted by an earlier graph, with other edges.
		wanted := randomGraph(r, n, r.IntN(101))
		c := &control{objects: map[string]*sim{}, tearDown: chance(r, 20), unguarded: chance(r, 20)}
		c.read.refs = map[string]bool{}
		exists, healthy, remembered, forgotten := r.IntN(101), r.IntN(101), r.IntN(101), r.IntN(30)
		for _, b := range all {
			if !chance(r, exists) {
				continue
			}
			s := &sim{condition: reportsReady, id: true, needs: strings.Join(slices.Sorted(slices.Values(slices.Concat(b.needs, b.uses))), ",")}
			if !chance(r, healthy) {
				s.condition, s.id, s.leaving, s.protected = r.IntN(reportsEnd), chance(r, 70), chance(r, 15), chance(r, 20)
				s.generation, s.observedGeneration = 2, 1+r.IntN(2)
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
		if got := out.Gone(); got != (len(c.objects) == 0) {
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

// TestJourneys takes a simulated control plane from one random graph to
// another, back and forth, and perhaps to nothing, while objects fail and
// recover and Crossplane dies, until it comes to rest.
func TestJourneys(t *testing.T) {
	t.Parallel()
	var seed uint64
	t.Cleanup(func() { nameSeed(t, seed) })
	for seed = range uint64(journeys) {
		r := random(seed)
		n := 1 + r.IntN(largest)
		c := &control{objects: map[string]*sim{}, gone: map[string]bool{}}
		var wishes [][]blueprint
		for range 1 + r.IntN(3) {
			wishes = append(wishes, randomGraph(r, n, r.IntN(101)))
		}

		// Not always to the end: a claim may change at any time.
		for range 1 + r.IntN(5) {
			wanted := wishes[r.IntN(len(wishes))]
			c.turn(chance(r, 20))
			for range r.IntN(40) {
				c.unguarded = chance(r, 20)
				c.step(t, r, wanted, 10)
			}
		}
		c.unguarded = false
		second := wishes[0]
		c.turn(chance(r, 30))
		for range r.IntN(20) {
			c.step(t, r, second, 10)
		}
		for _, s := range c.objects {
			s.protected = false
		}

		// Undisturbed, every object takes a few steps to become ready, and a
		// few to leave, and none has to wait for more than all the others.
		const limit = 3 * 2 * 5 * largest
		for n := 0; !c.step(t, r, second, 0) && !t.Failed(); n++ {
			if n == limit {
				t.Error("it never comes to rest")
			}
		}
		got := slices.Sorted(maps.Keys(c.objects))
		var want []string
		for _, b := range second {
			if !c.tearDown {
				want = append(want, b.key)
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("at rest, something else exists than is wanted: -want, +got:\n%s", diff)
		}
		if t.Failed() {
			t.Fatalf("from: %+v\nto: %+v", wishes, second)
		}
	}
}

// step resolves a graph once and does with its answer what Crossplane, the
// providers and AWS would, and disturbs some objects and Crossplane. It tells
// whether the composite has come to rest.
func (c *control) step(t *testing.T, r *rand.Rand, wanted []blueprint, disturbed int) bool {
	t.Helper()
	c.meddle(r, disturbed)
	c.reads(r, disturbed)
	out := c.run(t, wanted)
	c.check(t, out, wanted)
	for key, s := range c.objects {
		if out.Desired[key] != nil && c.lingers(key) {
			t.Errorf("%s is asked for before it is gone", key)
		}
		if out.Desired[key] != nil || s.leaving || c.missing(key) {
			continue
		}
		if !c.tearDown && slices.ContainsFunc(wanted, func(b blueprint) bool { return b.key == key }) {
			t.Errorf("%s is let go, though it is wanted", key)
		}
		if !c.remembers(key) {
			t.Errorf("%s is let go, though nobody would remember", key)
		}
		if c.inUse(key) {
			t.Errorf("%s is let go, though something uses it", key)
		}
	}
	c.pass(t, r, out, disturbed)
	return out.Ready() || out.Gone()
}
