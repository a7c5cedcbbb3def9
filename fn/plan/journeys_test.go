package plan

import (
	"flag"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// How far the journeys go. Each has a seed of its own, which a failure names, and
// takes some dozen steps; a step is all that happens in one run of the function.
//
//nolint:gochecknoglobals // Flags.
var (
	stepsFlag = flag.Int64("steps", 50_000, "how many steps the journeys of a test take together, at least; a twentieth if the run is short")
	seedFlag  = flag.Uint64("seed", 0, "the seed of the first journey")
)

// travel makes journeys, each from a seed, until enough steps are taken.
func travel(t *testing.T, journey func(t *testing.T, r *rand.Rand) (steps int)) {
	t.Helper()
	enough := *stepsFlag
	if testing.Short() {
		enough /= 20
	}
	var steps atomic.Int64
	var seeds atomic.Uint64
	var failed atomic.Bool
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for steps.Load() < enough && !failed.Load() {
				seed := *seedFlag + seeds.Add(1) - 1
				name := "seed " + strconv.FormatUint(seed, 10)
				ran := false
				t.Run(name, func(t *testing.T) {
					ran = true
					t.Cleanup(func() {
						if t.Failed() {
							failed.Store(true)
							t.Logf("repeat it by go test ./fn/plan -run '^%s$' -steps 1 -cpu 1 -seed %d", strings.Split(t.Name(), "/")[0], seed)
						}
					})
					steps.Add(int64(journey(t, random(seed))))
				})
				if !ran {
					return // With -failfast nothing runs any more, once any test has failed.
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d steps in %d journeys", steps.Load(), seeds.Load())
}

// limit is how many steps an undisturbed journey may take to its end. Every object
// takes a few to become ready, and a few to leave, and none has to wait for more than
// all the others.
const limit = 3 * 2 * 5 * largest

// TestJourneys takes a simulated control plane from one random graph to
// another, back and forth, and perhaps to nothing, while objects fail and
// recover and Crossplane dies, until it comes to rest.
func TestJourneys(t *testing.T) {
	t.Parallel()
	travel(t, func(t *testing.T, r *rand.Rand) int {
		t.Helper()
		n := size(r)
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
		c.settle()
		// These objects have nothing that shows what was asked of them: only a second
		// answer tells that the first one changed nothing.
		for n, rests := 0, 0; rests < 2 && !t.Failed(); n++ {
			rests++
			if !c.step(t, r, second, 0) || c.forgotten() {
				rests = 0
			}
			if n == limit {
				t.Error("it never comes to rest")
			}
		}
		c.checkRest(t, second)
		if t.Failed() {
			t.Fatalf("from: %+v\nto: %+v", wishes, second)
		}
		return c.steps
	})
}

// settle what somebody has to. Who strips an object of what it needs while that changes
// has to see that what it used goes.
func (c *control) settle() {
	for key, s := range c.objects {
		s.lost = s.lost || c.stripped && s.leaving && c.used(key)
		s.protected, s.paused = false, false
		if s.stripped || s.bare {
			s.needs, s.stripped, s.bare = strings.TrimSuffix(strings.Join(s.asked, ",")+";"+strings.Join(s.uses, ","), ";"), false, false
		}
	}
}

// forgotten tells whether something is on its way out that nobody knows of: somebody
// deleted it, it was paused since, and what was to be remembered of it was lost.
func (c *control) forgotten() bool {
	for key, s := range c.objects {
		if s.lost && s.leaving && !c.read.refs[key] && !c.remembers(key) {
			return true
		}
	}
	return false
}

// checkRest: what is at rest is what was asked for.
func (c *control) checkRest(t *testing.T, wanted []blueprint) {
	t.Helper()
	want := map[string][]string{}
	for _, b := range wanted {
		if !c.tearDown {
			want[b.key] = slices.Sorted(slices.Values(slices.Concat(b.needs, b.uses)))
		}
	}
	got := map[string][]string{}
	for key, s := range c.objects {
		got[key] = slices.Sorted(slices.Values(s.uses))
		if !c.tearDown && (!s.ready() || s.bare || s.needs != strings.Join(want[key], ",")) {
			t.Errorf("%s is at rest: ready %t, and says that it needs %q of %q", key, s.ready(), s.needs, want[key])
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("at rest, something else exists, or uses something else, than is wanted: -want, +got:\n%s", diff)
	}
}

// step resolves a graph once and does with its answer what Crossplane, the
// providers and AWS would, and disturbs some objects and Crossplane. It tells
// whether the composite has come to rest.
func (c *control) step(t *testing.T, r *rand.Rand, wanted []blueprint, disturbed int) bool {
	t.Helper()
	c.steps++
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
		if !c.tearDown && describes(wanted, key) {
			t.Errorf("%s is let go, though it is wanted", key)
		}
		if !c.remembers(key) {
			t.Errorf("%s is let go, though nobody would remember", key)
		}
		if c.inUse(key, wanted) {
			t.Errorf("%s is let go, though something uses it", key)
		}
	}
	c.pass(t, r, out, disturbed)
	return out.Ready() || out.Gone()
}
