package plan

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/proto"
)

// A control plane that is simulated: Crossplane, the providers and AWS, as one
// composite sees them.
type control struct {
	objects map[string]*sim
	// memory is the list of leftovers in the composite's status.
	memory []Leftover
	// tearDown: nothing is wanted.
	tearDown bool
	// unguarded: whoever deletes the composite has everything deleted at once.
	unguarded bool
	// plans adds more to each plan than what is wanted. It may be nil.
	plans func(p *Plan, nodes map[string]*Node)
}

// A sim is one simulated object.
type sim struct {
	// condition it reports, of those below.
	condition int
	// id: the value others use is known.
	id bool
	// protected: it must not be asked to go.
	protected bool
	// leaving: it is being deleted.
	leaving bool
	// forgotten: the composite has no reference to it any more.
	forgotten bool
	// unseen: it was just made, and Crossplane may read of the composite what it
	// was before.
	unseen bool
	// needs is its annotation.
	needs string
	// uses is what it uses in AWS; asked is what its spec says it should.
	uses, asked []string
	// generation of its spec, and the one its provider has acted upon.
	generation, observedGeneration int
	// due is the number of steps until it becomes ready, or is gone.
	due int
}

// guard is the key of what guards a composite.
const guard = "guard"

// What a simulated object reports.
const (
	reportsNothing = iota
	reportsNotReady
	reportsFailed
	reportsReady
	reportsEnd
)

func (s *sim) ready() bool { return s.condition == reportsReady && !s.leaving }

// resource is the object as Crossplane sends it.
func (s *sim) resource(key string) *fnv1.Resource {
	edits := []func(map[string]any){func(o map[string]any) {
		o["metadata"].(map[string]any)["generation"] = s.generation
		o["status"].(map[string]any)["observedGeneration"] = s.observedGeneration
	}}
	if s.needs != "" {
		edits = append(edits, needing(s.needs))
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
	if s.protected {
		edits = append(edits, protecting)
	}
	return existing(key, edits...)
}

// hides tells whether Crossplane does not know of an object yet. While things are
// wanted it does not matter: they are asked for again. The others are searched
// for by their kind, which nobody knows if there was never anything but them.
func (c *control) hides(s *sim) bool {
	return s.unseen && c.tearDown && slices.ContainsFunc(slices.Collect(maps.Values(c.objects)), func(o *sim) bool { return !o.unseen && !o.forgotten })
}

// observed objects, as Crossplane sends them: those it has not forgotten.
func (c *control) observed() map[string]*fnv1.Resource {
	rs := map[string]*fnv1.Resource{}
	for key, s := range c.objects {
		if !s.forgotten && !c.hides(s) {
			rs[key] = s.resource(key)
		}
	}
	return rs
}

// remembers tells whether an object is on the list of leftovers.
func (c *control) remembers(key string) bool {
	return slices.ContainsFunc(c.memory, leftoverThing(key).is)
}

// needed tells whether an object that exists names the key in its annotation.
func (c *control) needed(key string) bool {
	for _, s := range c.objects {
		if slices.Contains(SplitNeeds(s.needs), key) {
			return true
		}
	}
	return false
}

// used tells whether something else uses an object.
func (c *control) used(key string) bool {
	for _, s := range c.objects {
		if slices.Contains(s.uses, key) {
			return true
		}
	}
	return false
}

// plan for what is wanted, with what Crossplane has found of it.
func (c *control) plan(t *testing.T, wanted []blueprint, found map[string]*fnv1.Resources) (p *Plan, desired map[string]*fnv1.Resource) {
	t.Helper()
	p = newPlan(c.observed(), func(o *Options) {
		o.TearDown, o.Leaving, o.Required = c.tearDown, c.memory, found
		if c.unguarded {
			o.Unguarded = guard
		}
	})
	nodes := add(p, wanted...)
	if c.plans != nil {
		c.plans(p, nodes)
	}
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

// run plans until nothing more has to be looked up, as Crossplane would, which
// gives up after five runs.
func (c *control) run(t *testing.T, wanted []blueprint) (p *Plan, desired map[string]*fnv1.Resource) {
	t.Helper()
	var asked map[string]*fnv1.ResourceSelector
	var found map[string]*fnv1.Resources
	for range 6 {
		p, desired := c.plan(t, wanted, found)
		if maps.EqualFunc(asked, p.Requirements(), func(a, b *fnv1.ResourceSelector) bool { return proto.Equal(a, b) }) {
			return p, desired
		}
		asked, found = p.Requirements(), map[string]*fnv1.Resources{}
		for name, s := range asked {
			found[name] = c.find(s)
		}
	}
	t.Fatal("the requirements never settle")
	return nil, nil
}

// find what a selector selects.
func (c *control) find(s *fnv1.ResourceSelector) *fnv1.Resources {
	rs := &fnv1.Resources{}
	for _, key := range slices.Sorted(maps.Keys(c.objects)) {
		if s.GetMatchName() == "" || s.GetMatchName() == platform+"-"+key {
			rs.Items = append(rs.Items, c.objects[key].resource(key))
		}
	}
	return rs
}

// pass time, and then act upon an answer. Something may have gone meanwhile that is
// asked for as it was, and is made once more.
func (c *control) pass(t *testing.T, r *rand.Rand, p *Plan, desired map[string]*fnv1.Resource, disturbed int) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(c.objects)) {
		c.age(r, key, disturbed)
	}
	c.act(t, r, p, desired, disturbed/2)
}

// act upon an answer as Crossplane does, in its order, and die on the way with
// a probability of crash percent at each step.
func (c *control) act(t *testing.T, r *rand.Rand, p *Plan, desired map[string]*fnv1.Resource, crash int) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(c.objects)) {
		s := c.objects[key]
		if desired[key] != nil || s.forgotten || c.hides(s) {
			continue
		}
		if !s.leaving {
			s.leaving, s.due = true, r.IntN(5)
		}
		if chance(r, crash) {
			return
		}
	}
	for key, s := range c.objects {
		s.forgotten = desired[key] == nil
		s.unseen = false
	}
	for _, key := range slices.Sorted(maps.Keys(desired)) {
		if chance(r, crash) {
			return
		}
		c.apply(r, key, &Observed{resource: desired[key]})
	}
	if !chance(r, crash) {
		c.memory = p.Leaving()
	}
}

// apply one object.
func (c *control) apply(r *rand.Rand, key string, o *Observed) {
	s := c.objects[key]
	if s == nil {
		s = &sim{due: r.IntN(5), generation: 1, observedGeneration: 1, protected: chance(r, 10), unseen: chance(r, 20)}
		c.objects[key] = s
		s.uses = SplitNeeds(o.String(pathNeeds))
		s.asked = s.uses
	}
	s.needs = o.String(pathNeeds)
	if o.String("spec.from") == fromObserved {
		return
	}
	now, _, _ := strings.Cut(s.needs, ";")
	if asked := SplitNeeds(now); !slices.Equal(asked, s.asked) {
		s.asked = asked
		s.generation++
		s.due = max(s.due, r.IntN(5))
	}
}

// age an object by one step.
func (c *control) age(r *rand.Rand, key string, disturbed int) {
	s := c.objects[key]
	switch {
	case s.due > 0:
		s.due--
	case s.leaving && c.used(key): // AWS refuses.
	case s.leaving:
		delete(c.objects, key)
	case chance(r, disturbed):
		s.condition, s.id, s.due = r.IntN(reportsEnd), chance(r, 50), r.IntN(5)
	default:
		s.condition, s.id = reportsReady, true
		s.uses, s.observedGeneration = s.asked, s.generation
	}
}
