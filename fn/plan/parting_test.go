package plan

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// hosted tells whether there is what a farewell takes.
func (c *control) hosted() bool {
	host := c.objects[keyHost]
	return host != nil && !host.leaving && c.read.refs[keyHost]
}

// farewell of a teardown. What it is for may fail for good, and is renewed then.
func (c *control) farewell(p *Plan, nodes map[string]*Node) {
	if !c.tearDown {
		return
	}
	f := addFarewell(p, c.hosted(), nodes[keyHost])
	f.last().Fixed(NewField("spec.fixed")).object.(*unstructured.Unstructured).Object["spec"].(map[string]any)["fixed"] = c.fixed
	if bye := c.objects[keyBye]; bye != nil && bye.condition == reportsFailed {
		f.last().Renew()
	}
}

// mistakes tells whether a plan may take this teardown for the one before: that it
// was cancelled is written, and the composite is read late, while the claim that is
// deleted now is not. To such a plan the farewell of the one before is over. The next
// one may read of the cancellation and make the farewell anew, as it should: nothing
// has left. Or it reads what the first one said, and the farewell is over.
func (c *control) mistakes() bool { return c.late && !c.written.memory.TornDown }

// part with everything, or go back to having it, by one step. It tells whether
// nothing is left.
func (c *control) part(t *testing.T, r *rand.Rand, wanted []blueprint, disturbed int) bool {
	t.Helper()
	for _, s := range c.objects {
		s.protected = false
	}
	if chance(r, disturbed) {
		c.fixed = strconv.Itoa(r.IntN(3))
	}
	c.meddle(r, disturbed)
	c.reads(r, disturbed)
	out := c.run(t, wanted)
	c.searches = out.plan.searching
	if out.Gone() {
		return true
	}
	pending := c.tearDown && c.hosted() && !c.read.memory.Parted
	for key, s := range c.objects {
		switch {
		case c.lingers(key) && out.Desired[key] != nil:
			t.Errorf("%s is asked for before it is gone", key)
		case s.leaving || out.Desired[key] != nil || c.missing(key):
		case pending && key != keyBye:
			t.Errorf("%s is let go before it is remembered that the farewell is over", key)
		case pending && c.over:
			t.Error("the farewell is over, and is let go before that is remembered")
		case c.inUse(key):
			t.Errorf("%s is let go, though something uses it", key)
		}
	}
	c.over = c.over || c.tearDown && out.Parted() && !c.mistakes()
	c.pass(t, r, out, disturbed)
	return false
}

// TestFarewellJourneys tears random graphs down at random moments of their
// build, with a farewell before all of it leaves. A teardown may be cancelled, and
// what it was to remember be lost.
func TestFarewellJourneys(t *testing.T) {
	t.Parallel()
	var seed uint64
	t.Cleanup(func() { nameSeed(t, seed) })
	for seed = range uint64(journeys) {
		r := random(seed)
		wanted := append([]blueprint{{key: keyHost}}, randomGraph(r, 1+r.IntN(largest), r.IntN(101))...)
		c := &control{objects: map[string]*sim{}, gone: map[string]bool{}}
		c.plans = c.farewell
		for range 1 + r.IntN(3) {
			c.turn(false)
			for range r.IntN(40) {
				c.part(t, r, wanted, 10)
			}
			c.turn(true)
			for range r.IntN(20) {
				c.part(t, r, wanted, 10)
			}
		}
		const limit = 3 * 2 * 5 * largest
		c.reads(r, 0)
		began := c.hosted()
		for n := 0; !c.part(t, r, wanted, 0) && !t.Failed(); n++ {
			if n == limit {
				t.Error("it never ends")
			}
		}
		if len(c.objects) > 0 {
			t.Errorf("something is left: %v", strings.Join(slices.Sorted(maps.Keys(c.objects)), ", "))
		}
		if began && !c.over {
			t.Error("there was no farewell")
		}
		if t.Failed() {
			t.Fatalf("wanted: %+v", wanted)
		}
	}
}
