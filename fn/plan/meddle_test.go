package plan

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// meddle with what exists, by hand: delete it, pause it or let it go on, take its
// annotation away, restore all of it from a backup. Or nobody looks for a while: a
// watch is lost, or whoever looks is restarted.
func (c *control) meddle(r *rand.Rand, disturbed int) {
	for _, key := range slices.Sorted(maps.Keys(c.objects)) {
		s := c.objects[key]
		if !s.leaving && c.free(key) && chance(r, disturbed) && chance(r, 20) {
			s.leaving, s.due = true, r.IntN(5)
		}
		if chance(r, disturbed) && chance(r, 20) {
			s.paused = !s.paused
		}
		if chance(r, disturbed) && chance(r, 5) {
			s.needs, s.bare, s.stripped, c.stripped = "", true, true, true
		}
	}
	if chance(r, disturbed) && chance(r, 10) {
		c.restore(r)
	}
	if chance(r, disturbed) && chance(r, 20) {
		for range r.IntN(10) {
			c.agesAll(r, disturbed)
		}
	}
}

// restore everything from a backup into a control plane that is empty: objects get
// other UIDs, and nothing has a status. What is on its way out is in no backup, and AWS
// may have it or not: nobody does that meanwhile.
func (c *control) restore(r *rand.Rand) {
	for _, s := range c.objects {
		if s.leaving {
			return
		}
	}
	c.written = composite{refs: map[string]bool{}}
	// In an order, or a seed would not always be the same journey.
	for _, key := range slices.Sorted(maps.Keys(c.objects)) {
		s := c.objects[key]
		c.written.refs[key] = true
		s.uid, s.condition, s.id, s.due = r.Int(), reportsNothing, false, r.IntN(5)
		if slices.Equal(s.uses, s.asked) {
			s.generation, s.observedGeneration = 1, 1
		}
	}
	c.before, c.over = c.written, false
	// What says goodbye may have to do it again.
	delete(c.gone, keyBye)
	delete(c.gone, keyPrepare)
}

// free tells whether somebody could delete an object by hand, and it would go:
// nothing uses it, or is about to. Nor does anybody delete a farewell that is over,
// or what it takes: to do it once more is right then.
func (c *control) free(key string) bool {
	for _, s := range c.objects {
		if slices.Contains(s.uses, key) || slices.Contains(s.asked, key) {
			return false
		}
	}
	return key != keyHost && (key != keyBye || c.objects[key].condition != reportsReady)
}
