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

// describes what is wanted, and what a teardown describes besides.
func (c *control) describes(wanted []blueprint) []blueprint {
	if !c.tearDown {
		return wanted
	}
	return append(slices.Clone(wanted), blueprint{key: keyPrepare}, blueprint{key: keyBye})
}

// farewell of a teardown. What it is for may fail for good, and is renewed then.
func (c *control) farewell(p *Plan, nodes map[string]*Node) {
	if !c.tearDown {
		return
	}
	f := addFarewell(p, c.hosted(), nodes[keyHost])
	for _, key := range c.sooner {
		f.Follow(key)
	}
	f.last().Fixed(NewField("spec.fixed")).object.(*unstructured.Unstructured).Object["spec"].(map[string]any)["fixed"] = c.fixed
	if bye := c.objects[keyBye]; bye != nil && bye.condition == reportsFailed {
		f.last().Renew()
	}
}

// mistakes tells whether a plan may take this teardown for the one before: that it
// was cancelled is written, and the composite is read late, while the claim that is
// deleted now is not. To such a plan the farewell of the one before is over. The next
// one may read of the cancellation and make the farewell anew, as it should: nothing
// has left. Or it reads what the first one said, and the farewell is over. So it is, too,
// to one that reads that after another has made it anew.
func (c *control) mistakes() bool {
	return c.late && (!c.written.memory.TornDown || c.read.memory.Parted && !c.written.memory.Parted)
}

// stillThere are the keys of what goes before the farewell begins, and has not, as far as
// a plan can know.
func (c *control) stillThere() []string {
	return slices.DeleteFunc(slices.Clone(c.sooner), c.missing)
}

// leaves of a graph: what nothing else needs.
func leaves(bs []blueprint) (keys []string) {
	for _, b := range bs {
		if !slices.ContainsFunc(bs, func(other blueprint) bool {
			return slices.Contains(other.needs, b.key) || slices.Contains(other.uses, b.key)
		}) {
			keys = append(keys, b.key)
		}
	}
	return keys
}

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
	c.steps++
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
		case pending && key != keyBye && !slices.Contains(c.sooner, key):
			t.Errorf("%s is let go before it is remembered that the farewell is over", key)
		case pending && c.over && key == keyBye:
			t.Error("the farewell is over, and is let go before that is remembered")
		case c.inUse(key, c.describes(wanted)):
			t.Errorf("%s is let go, though something uses it", key)
		}
	}
	sooner := c.stillThere()
	for _, key := range []string{keyPrepare, keyBye} {
		if out.Desired[key] != nil && c.objects[key] == nil && len(sooner) > 0 {
			t.Errorf("%s is made while %v is there, which goes before it", key, sooner)
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
	travel(t, func(t *testing.T, r *rand.Rand) int {
		t.Helper()
		wanted := append([]blueprint{{key: keyHost}}, randomGraph(r, size(r), r.IntN(101))...)
		c := &control{objects: map[string]*sim{}, gone: map[string]bool{}}
		c.plans = c.farewell
		for _, key := range leaves(wanted[1:]) {
			if chance(r, 20) {
				c.sooner = append(c.sooner, key)
			}
		}
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
		c.settle()
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
		return c.steps
	})
}
