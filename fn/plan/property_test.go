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

// How much is tried at random. Each try has a seed of its own, which a failure
// names.
const (
	// states of random graphs are resolved once each.
	states = 2000
	// journeys from one random graph to another are run to their end, each of
	// them some dozen states.
	journeys = 80
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

// A sim is one simulated object.
type sim struct {
	// condition it reports, of those below.
	condition int
	// id: the value others use is known.
	id bool
	// leaving: it is being deleted.
	leaving bool
	// needs is its annotation.
	needs []string
	// due is the number of steps until it becomes ready, or is gone.
	due int
}

// What a simulated object reports.
const (
	reportsNothing = iota
	reportsNotReady
	reportsFailed
	reportsReady
	reportsEnd
)

func (s *sim) ready() bool { return s.condition == reportsReady && !s.leaving }

// observed is the object as Crossplane sends it.
func (s *sim) observed(key string) *fnv1.Resource {
	edits := []func(map[string]any){}
	if s.needs != nil {
		edits = append(edits, needing(strings.Join(s.needs, ",")))
	}
	switch s.condition {
	case reportsNotReady:
		edits = append(edits, reporting("Synced", "True", "ReconcileSuccess", ""), reporting("Ready", "False", "Creating", ""))
	case reportsFailed:
		edits = append(edits, failed)
	case reportsReady:
		edits = append(edits, ready)
	}
	if s.id {
		edits = append(edits, identified)
	}
	if s.leaving {
		edits = append(edits, deleting)
	}
	return existing(key, edits...)
}

func observe(world map[string]*sim) map[string]*fnv1.Resource {
	rs := make(map[string]*fnv1.Resource, len(world))
	for key, s := range world {
		rs[key] = s.observed(key)
	}
	return rs
}

// resolved is a plan, and what it asks for.
func resolved(t *testing.T, wanted []blueprint, observed map[string]*fnv1.Resource) (p *Plan, desired map[string]*fnv1.Resource) {
	t.Helper()
	p = newPlan(observed)
	add(p, wanted...)
	p.Resolve()
	desired, err := p.Desired()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	return p, desired
}

// report is everything a plan says besides.
func report(p *Plan) string {
	n, total := p.Progress()
	return fmt.Sprint(n, total, p.Ready(), p.Complete(), p.Waiting(), p.Edges(), p.Layers()[0].Summary())
}

// expect says what is asked for, by the rules alone, in the words of verdicts.
func expect(wanted []blueprint, world map[string]*sim) (want map[string]string, ready bool) {
	want, ready = map[string]string{}, true
	isWanted := map[string]bool{}
	for _, b := range wanted {
		isWanted[b.key] = true
		unready := func(key string) bool { return world[key] == nil || !world[key].ready() }
		unknown := func(key string) bool { return world[key] == nil || !world[key].id }
		s := world[b.key]
		switch {
		case s == nil && !slices.ContainsFunc(b.needs, unready) && !slices.ContainsFunc(b.uses, unready) && !slices.ContainsFunc(b.uses, unknown):
			want[b.key] = built
		case s == nil: // It waits.
		case slices.ContainsFunc(b.uses, unknown):
			want[b.key] = kept
		case s.ready():
			want[b.key] = builtReady
		default:
			want[b.key] = built
		}
		ready = ready && want[b.key] == builtReady
	}
	for key := range world {
		if isWanted[key] {
			continue
		}
		ready = false
		if needed(world, key) {
			want[key] = kept
		}
	}
	return want, ready
}

// needed tells whether an object that exists names the key in its annotation.
func needed(world map[string]*sim, key string) bool {
	for _, s := range world {
		if slices.Contains(s.needs, key) {
			return true
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
	for seed = range uint64(states) {
		r := random(seed)
		n := 1 + r.IntN(largest)
		all := randomGraph(r, n, 100)
		// What isn't wanted was wanted by an earlier graph, with other edges.
		wanted := randomGraph(r, n, r.IntN(101))
		world := map[string]*sim{}
		exists, healthy := r.IntN(101), r.IntN(101)
		for _, b := range all {
			if !chance(r, exists) {
				continue
			}
			s := &sim{condition: reportsReady, id: true, needs: slices.Concat(b.needs, b.uses)}
			if !chance(r, healthy) {
				s.condition, s.id, s.leaving = r.IntN(reportsEnd), chance(r, 70), chance(r, 15)
			}
			world[b.key] = s
		}

		p, desired := resolved(t, wanted, observe(world))
		check(t, p, desired, wanted, world)
		again, other := resolved(t, wanted, observe(world))
		if !maps.EqualFunc(desired, other, func(a, b *fnv1.Resource) bool { return proto.Equal(a, b) }) {
			t.Error("an equal plan asks for something else")
		}
		if diff := cmp.Diff(report(p), report(again)); diff != "" {
			t.Errorf("an equal plan says something else: -first, +second:\n%s", diff)
		}
		if t.Failed() {
			t.Fatalf("wanted: %+v", wanted)
		}
	}
}

// check a plan against the rules.
func check(t *testing.T, p *Plan, desired map[string]*fnv1.Resource, wanted []blueprint, world map[string]*sim) {
	t.Helper()
	want, ready := expect(wanted, world)
	if diff := cmp.Diff(want, verdictsOn(t, desired)); diff != "" {
		t.Errorf("Desired(): -want, +got:\n%s", diff)
	}
	if got := p.Ready(); got != ready {
		t.Errorf("Ready(): want %t, got %t", ready, got)
	}
	if got := p.Layers()[0].Summary(); ready && !got.Ready {
		t.Errorf("the composite is ready, but its only layer is not: %+v", got)
	}
	checkWaiting(t, p, desired, wanted, world)
}

// checkWaiting: what waits is missing and says so; what it waits for is needed
// and not ready, or a value; and it is either all of that or implied by it.
func checkWaiting(t *testing.T, p *Plan, desired map[string]*fnv1.Resource, wanted []blueprint, world map[string]*sim) {
	t.Helper()
	waiting := map[string][]string{}
	for _, w := range p.Waiting() {
		waiting[w.Key] = w.For
	}
	edges := p.Edges()
	for _, b := range wanted {
		waits, ok := waiting[b.key]
		if _, asked := desired[b.key]; asked == ok {
			t.Errorf("%s: asked for: %t, waiting: %t", b.key, asked, ok)
		}
		if !ok {
			continue
		}
		if len(waits) == 0 || !slices.IsSorted(waits) || len(slices.Compact(slices.Clone(waits))) != len(waits) {
			t.Errorf("%s waits for %q: want something, sorted, without repetition", b.key, waits)
		}
		var unready []string
		for _, key := range edges[b.key] {
			if s := world[key]; s == nil || !s.ready() {
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
// another, while objects fail and recover, until it comes to rest.
func TestJourneys(t *testing.T) {
	t.Parallel()
	var seed uint64
	t.Cleanup(func() { nameSeed(t, seed) })
	for seed = range uint64(journeys) {
		r := random(seed)
		n := 1 + r.IntN(largest)
		world := map[string]*sim{}

		// Not always to the end: a claim may change at any time.
		first := randomGraph(r, n, 80)
		for range r.IntN(60) {
			step(t, r, first, world, 10)
		}
		second := randomGraph(r, n, r.IntN(101))
		for range r.IntN(20) {
			step(t, r, second, world, 10)
		}

		// Undisturbed, every object takes a few steps to become ready, and a
		// few to leave, and none has to wait for more than all the others.
		const limit = 2 * 2 * 5 * largest
		for n := 0; !step(t, r, second, world, 0) && !t.Failed(); n++ {
			if n == limit {
				t.Error("it never comes to rest")
			}
		}
		got := slices.Sorted(maps.Keys(world))
		var want []string
		for _, b := range second {
			want = append(want, b.key)
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("at rest, something else exists than is wanted: -want, +got:\n%s", diff)
		}
		if t.Failed() {
			t.Fatalf("from: %+v\nto: %+v", first, second)
		}
	}
}

// step resolves a graph once and does with its answer what Crossplane, the
// providers and AWS would, and disturbs some objects. It tells whether the
// composite was ready.
func step(t *testing.T, r *rand.Rand, wanted []blueprint, world map[string]*sim, disturbed int) bool {
	t.Helper()
	p, desired := resolved(t, wanted, observe(world))
	check(t, p, desired, wanted, world)
	for key := range world {
		if desired[key] == nil && slices.ContainsFunc(wanted, func(b blueprint) bool { return b.key == key }) {
			t.Errorf("%s is deleted, though it is wanted", key)
		}
		if desired[key] == nil && needed(world, key) {
			t.Errorf("%s is deleted, though something that exists needs it", key)
		}
	}
	// Time passes before Crossplane acts on the answer: something may have gone
	// that is asked for as it was, and is made once more.
	for _, key := range slices.Sorted(maps.Keys(world)) {
		age(r, world, key, disturbed)
	}
	for _, key := range slices.Sorted(maps.Keys(world)) {
		if s := world[key]; desired[key] == nil && !s.leaving {
			s.leaving, s.due = true, r.IntN(5)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(desired)) {
		o := &Observed{resource: desired[key]}
		if world[key] == nil {
			world[key] = &sim{due: r.IntN(5)}
		}
		world[key].needs = SplitNeeds(o.String(annotation(AnnotationNeeds)))
	}
	return p.Ready()
}

// age an object by one step.
func age(r *rand.Rand, world map[string]*sim, key string, disturbed int) {
	s := world[key]
	switch {
	case s.due > 0:
		s.due--
	case s.leaving:
		delete(world, key)
	case chance(r, disturbed):
		s.condition, s.id, s.due = r.IntN(reportsEnd), chance(r, 50), r.IntN(5)
	default:
		s.condition, s.id = reportsReady, true
	}
}
