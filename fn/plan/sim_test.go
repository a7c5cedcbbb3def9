package plan

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/proto"
)

// A control plane that is simulated: Crossplane, the providers and AWS, as one
// composite sees them.
type control struct {
	objects map[string]*sim
	// written is the composite as it is, before as it was before that was written
	// to, and read as a plan gets it: Crossplane reads it from a cache.
	written, before, read composite
	// late: what is read is not what is written.
	late bool
	// tearDown: nothing is wanted. What is gone since must not come again.
	tearDown bool
	gone     map[string]bool
	// over: in this teardown, the farewell is.
	over bool
	// fixed is what the last of the farewell is to be made of.
	fixed string
	// sooner are the keys of what goes before the farewell begins.
	sooner []string
	// searches: the plan that is checked knows of whatever there is.
	searches bool
	// unguarded: whoever deletes the composite has everything deleted at once.
	unguarded bool
	// steps it has taken, and whether anything was stripped meanwhile.
	steps    int
	stripped bool
	// plans adds more to each plan than what is wanted. It may be nil.
	plans func(p *Plan, nodes map[string]*Node)
}

// A composite is what Crossplane writes into one: first its references to what is
// asked for, and last what is to be remembered.
type composite struct {
	refs   map[string]bool
	memory Memory
}

// A sim is one simulated object.
type sim struct {
	// condition it reports, of those below.
	condition int
	// id: the value others use is known.
	id bool
	// protected: it must not be asked to go.
	protected bool
	// uid tells it from one of the same name.
	uid int
	// leaving: it is being deleted.
	leaving bool
	// paused: its provider leaves it alone.
	paused bool
	// stripped: somebody took off it what it needs, and nobody has said it again; bare:
	// and nobody has said anything.
	stripped, bare bool
	// lost: somebody deleted it, and the first run to see that is the last that
	// could: Crossplane forgot the object, and what was to be remembered of it was
	// lost. Its order can't be kept.
	lost bool
	// fixed is what it is made of.
	fixed string
	// needs is its annotation.
	needs string
	// uses is what it uses in AWS; asked is what its spec says it should.
	uses, asked []string
	// generation of its spec, and the one its provider has acted upon.
	generation, observedGeneration int
	// due is the number of steps until it becomes ready, or is gone.
	due int
	// looked is how it was sent last, and sent what that was.
	looked look
	sent   *fnv1.Resource
}

// A look is all of a sim that is sent.
type look struct {
	condition                      int
	id, protected, leaving, paused bool
	bare                           bool
	uid                            int
	fixed, needs                   string
	generation, observedGeneration int
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

// ready as far as it says so: what is paused has looked at no generation, and by
// what it reports, which these have nothing in, it is told whether that matters.
func (s *sim) ready() bool {
	return s.condition == reportsReady && !s.leaving && (s.paused || s.generation == s.observedGeneration)
}

// resource is the object as Crossplane sends it. To make it takes longer than all
// else.
func (s *sim) resource(key string) *fnv1.Resource {
	now := look{s.condition, s.id, s.protected, s.leaving, s.paused, s.bare, s.uid, s.fixed, s.needs, s.generation, s.observedGeneration}
	if s.sent == nil || s.looked != now {
		s.looked, s.sent = now, s.make(key)
	}
	return s.sent
}

func (s *sim) make(key string) *fnv1.Resource {
	edits := []func(map[string]any){needing(s.needs), func(o map[string]any) {
		o["spec"].(map[string]any)["fixed"] = s.fixed
		o["metadata"].(map[string]any)["uid"] = strconv.Itoa(s.uid)
		o["metadata"].(map[string]any)["generation"] = s.generation
		o["status"].(map[string]any)["observedGeneration"] = s.observedGeneration
	}}
	if s.bare {
		edits = append(edits, stripped)
	}
	synced := reporting("Synced", "True", "ReconcileSuccess", "")
	if s.paused {
		synced = reporting("Synced", "False", "ReconcilePaused", "")
	}
	switch s.condition {
	case reportsNotReady:
		edits = append(edits, synced, reporting("Ready", "False", "Creating", ""))
	case reportsFailed:
		edits = append(edits, failed)
	case reportsReady:
		edits = append(edits, synced, reporting("Ready", "True", "Available", ""))
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

// reads the composite, with a probability of disturbed percent as it was before.
// While things are wanted it does not matter: they are asked for again. The others
// are searched for by their kind, which nobody knows if there was never anything
// but them.
func (c *control) reads(r *rand.Rand, disturbed int) {
	c.read, c.late = c.written, false
	knows := slices.ContainsFunc(slices.Collect(maps.Keys(c.objects)), func(key string) bool { return c.before.refs[key] })
	if c.tearDown && knows && chance(r, disturbed) {
		c.read, c.late = c.before, true
	}
}

// turn to a teardown, or away from it.
func (c *control) turn(down bool) {
	if c.tearDown = down; !down {
		c.gone = map[string]bool{}
	}
}

// observed objects, as Crossplane sends them: those it has not forgotten.
func (c *control) observed() map[string]*fnv1.Resource {
	rs := map[string]*fnv1.Resource{}
	for key, s := range c.objects {
		if c.read.refs[key] {
			rs[key] = s.resource(key)
		}
	}
	return rs
}

// remembers tells whether an object is on the list of leftovers.
func (c *control) remembers(key string) bool {
	return c.read.memory.remembers(key, Observe(c.objects[key].resource(key)))
}

// missing tells whether there is no object, as far as a plan can know.
func (c *control) missing(key string) bool {
	return c.objects[key] == nil || !c.read.refs[key] && !c.remembers(key) && !c.searches
}

// lingers tells whether an object is known to be on its way out.
func (c *control) lingers(key string) bool {
	return !c.missing(key) && (c.objects[key].leaving || !c.read.refs[key] && c.remembers(key))
}

// needers are the keys of the objects that exist and name each key in their annotation.
func (c *control) needers() map[string][]string {
	all := map[string][]string{}
	for key, s := range c.objects {
		for _, need := range SplitNeeds(s.needs) {
			if !c.missing(key) {
				all[need] = append(all[need], key)
			}
		}
	}
	return all
}

// obscure are the keys of the objects that exist of which nobody knows what they need.
func (c *control) obscure(wanted []blueprint) (keys []string) {
	for key, s := range c.objects {
		if s.bare && !c.missing(key) && !describes(wanted, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

func describes(wanted []blueprint, key string) bool {
	return slices.ContainsFunc(wanted, func(b blueprint) bool { return b.key == key })
}

// mayNeed tells whether something of which nobody knows what it needs may need an object:
// that is another one, and needs it in no way.
func mayNeed(needers map[string][]string, obscure, key string) bool {
	behind := []string{obscure}
	for i := 0; i < len(behind); i++ {
		for _, k := range needers[behind[i]] {
			if !slices.Contains(behind, k) {
				behind = append(behind, k)
			}
		}
	}
	return !slices.Contains(behind, key)
}

// existing are those of some objects that there are. AWS lets nobody use what is gone.
func (c *control) existing(keys []string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return c.objects[key] == nil })
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

// inUse tells whether something uses an object, and a plan could know, or know that it
// doesn't.
func (c *control) inUse(key string, wanted []blueprint) bool {
	for user, s := range c.objects {
		if slices.Contains(s.uses, key) && !s.lost && (!s.stripped || s.bare && !describes(wanted, user)) {
			return true
		}
	}
	return false
}

// plan for what is wanted, with what Crossplane has found of it.
func (c *control) plan(t *testing.T, wanted []blueprint, found map[string]*fnv1.Resources) (out *Outcome) {
	t.Helper()
	p := newPlan(c.observed(), func(o *Options) {
		o.TearDown, o.Memory, o.Required = c.tearDown, c.read.memory, found
		if c.unguarded {
			o.Unguarded = guard
		}
	})
	nodes := add(p, wanted...)
	if c.plans != nil {
		c.plans(p, nodes)
	}
	return resolved(t, p)
}

// run plans until nothing more has to be looked up, as Crossplane would, which
// gives up after five runs.
func (c *control) run(t *testing.T, wanted []blueprint) (out *Outcome) {
	t.Helper()
	var asked map[string]*fnv1.ResourceSelector
	var found map[string]*fnv1.Resources
	for range 6 {
		out := c.plan(t, wanted, found)
		if maps.EqualFunc(asked, out.Requirements, func(a, b *fnv1.ResourceSelector) bool { return proto.Equal(a, b) }) {
			return out
		}
		asked, found = out.Requirements, map[string]*fnv1.Resources{}
		for name, s := range asked {
			found[name] = c.find(s)
		}
	}
	t.Fatal("the requirements never settle")
	return nil
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
func (c *control) pass(t *testing.T, r *rand.Rand, out *Outcome, disturbed int) {
	t.Helper()
	c.agesAll(r, disturbed)
	c.act(t, r, out, disturbed/2)
}

// shuffled keys: Crossplane deletes and applies in no order.
func shuffled[V any](r *rand.Rand, m map[string]V) []string {
	ks := slices.Sorted(maps.Keys(m))
	r.Shuffle(len(ks), func(i, j int) { ks[i], ks[j] = ks[j], ks[i] })
	return ks
}

// act upon an answer as Crossplane does, in its order, and give up on the way with
// a probability of crash percent at each step: a conflict with a provider is
// enough. What was done until then is done, and not remembered.
func (c *control) act(t *testing.T, r *rand.Rand, out *Outcome, crash int) {
	t.Helper()
	for _, key := range shuffled(r, c.objects) {
		s := c.objects[key]
		if out.Desired[key] != nil || !c.read.refs[key] {
			continue
		}
		if !s.leaving {
			s.leaving, s.due = true, r.IntN(5)
		}
		if chance(r, crash) {
			return
		}
	}
	c.before = c.written
	c.written.refs = map[string]bool{}
	for key := range out.Desired {
		c.written.refs[key] = true
	}
	lost := map[string]bool{}
	for key, s := range c.objects {
		lost[key], s.lost = s.lost, s.lost || s.leaving && out.Desired[key] == nil && !c.written.memory.remembers(key, Observe(s.resource(key)))
	}
	for _, key := range shuffled(r, out.Desired) {
		if chance(r, crash) {
			return
		}
		c.apply(t, r, key, &Observed{resource: out.Desired[key]})
	}
	if chance(r, crash) {
		return
	}
	c.written.memory = Memory{TornDown: c.tearDown && len(out.Halted()) == 0, Leaving: out.Leaving, Parted: out.Parted()}
	for key, s := range c.objects {
		s.lost = lost[key]
	}
	// Another teardown can be told from the one before once it is known that it
	// was cancelled.
	c.over = c.over && c.tearDown
}

// apply one object, which makes it if there is none.
func (c *control) apply(t *testing.T, r *rand.Rand, key string, o *Observed) {
	t.Helper()
	s := c.objects[key]
	if s == nil {
		if c.gone[key] {
			t.Errorf("%s was gone in this teardown, and is made anew", key)
		}
		if key == keyBye && c.over {
			t.Error("the farewell is over, and begins again")
		}
		s = &sim{uid: r.Int(), due: r.IntN(5), generation: 1, observedGeneration: 1, protected: chance(r, 10), fixed: NewText("spec.fixed").Of(o)}
		c.objects[key] = s
		s.asked = SplitNeeds(o.needs())
		s.uses = c.existing(s.asked)
	}
	s.needs, s.bare = o.needs(), !o.tells()
	s.stripped = s.stripped && slices.ContainsFunc(s.uses, func(use string) bool { return !slices.Contains(SplitNeeds(s.needs), use) })
	if NewText("spec.from").Of(o) == fromObserved {
		return
	}
	now, _, _ := strings.Cut(s.needs, ";")
	if asked := SplitNeeds(now); !slices.Equal(asked, s.asked) {
		s.asked = asked
		s.generation++
		s.due = max(s.due, r.IntN(5))
	}
}

// agesAll objects by one step.
func (c *control) agesAll(r *rand.Rand, disturbed int) {
	for _, key := range slices.Sorted(maps.Keys(c.objects)) {
		c.age(r, key, disturbed)
	}
}

// age an object by one step.
func (c *control) age(r *rand.Rand, key string, disturbed int) {
	s := c.objects[key]
	switch {
	case s.paused:
	case s.due > 0:
		s.due--
	case s.leaving && c.used(key) && !s.lost:
		// AWS refuses. It would forever if something that exists was told to use what
		// is lost: nobody knew that it is still there. Whoever deleted that has to see
		// that it goes.
	case s.leaving:
		delete(c.objects, key)
		// What is lost may go though others use it. One that is made anew is another.
		for _, other := range c.objects {
			other.uses = slices.DeleteFunc(slices.Clone(other.uses), func(use string) bool { return use == key })
		}
		if c.tearDown && (c.over || key != keyBye && key != keyPrepare) {
			c.gone[key] = true
		}
	case key == keyBye && (s.condition == reportsReady || s.condition == reportsFailed): // It stays so.
	case chance(r, disturbed):
		s.condition, s.id, s.due = r.IntN(reportsEnd), chance(r, 50), r.IntN(5)
	default:
		s.condition, s.id = reportsReady, true
		s.uses, s.observedGeneration = c.existing(s.asked), s.generation
	}
}
