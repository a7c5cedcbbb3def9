package plan

import (
	"errors"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// state of a node.
type state struct {
	readiness Readiness
	// failure is what was said of the node when it failed, be it some time ago.
	failure string
	// waits are the keys of what a missing node waits for.
	waits []string
	// frozen: the node exists and is asked for as it is; until says until when, if
	// it can't be built now.
	frozen bool
	until  string
	// next are the fields of the step the node is to take, and held the keys of what
	// that waits for.
	next []Field
	held []string
	// beyond are the fields that Crossplane asked for last, and that aren't described.
	beyond []string
	// arrived: all that is asked for is there, and ready, be it that a step waits.
	arrived bool
	// described is the object of a node that leads after its next step.
	described *structpb.Struct
	// deleting: the node isn't wanted, and it is its turn to go.
	deleting bool
	// differs: the node's object has something else than is described now in a field
	// that can't be changed.
	differs bool
}

// Resolve decides about every node and about everything that exists:
//
//  1. Wanted and existing: asked for, whatever its gates say now.
//  2. Wanted and missing: asked for once everything it needs is ready, and it
//     is not on its way out itself. If it needs anything, the composite must be
//     guarded, and that a teardown was cancelled be remembered.
//  3. Not wanted, existing, and something that needs it exists, or may need
//     it as far as anybody knows, or protected: asked for as it was.
//  4. Not wanted, and nothing needs it: put on the list of leftovers, and once
//     that is sure to be remembered, let go, so Crossplane deletes it.
//  5. Existing, but it can't be built because a value it uses became unknown:
//     asked for as it was observed.
//
// What exists is what is observed, and what lingers: somebody has asked it to go,
// but it is not gone. It is done once, after every layer has added its nodes.
//
// An error is a bug in the plan. It comes with an outcome while nothing is wanted:
// what exists says itself what it needs, so all of it can go whatever is described.
func (p *Plan) Resolve() (*Outcome, error) {
	if p.resolved {
		return nil, errors.New("cannot resolve a plan twice")
	}
	p.resolved = true
	p.distrusted = p.distrusted || len(p.errs) > 0
	p.halt()
	p.farewell.renew()
	for _, n := range p.nodes {
		if n.observed != nil {
			n.state.readiness = n.check()
		}
	}
	// What an object would look like depends on whether what it needs is ready.
	for _, n := range p.nodes {
		n.renew()
	}
	for _, n := range p.nodes {
		n.freeze()
		n.step()
		n.arrive()
	}
	for _, n := range p.nodes {
		n.lead()
	}
	for _, n := range p.nodes {
		n.wait()
	}
	for _, n := range p.nodes {
		n.stay()
	}
	p.search()
	p.remove()
	desired, err := p.desired()
	err = errors.Join(append(p.errs, err)...)
	if err != nil && !p.opts.TearDown {
		return nil, err
	}
	return &Outcome{Desired: desired, Requirements: p.requirements, Leaving: p.leaving, plan: p}, err
}

// lingers tells whether the node is on its way out, and has to be gone before it is
// created anew.
func (n *Node) lingers() bool { return n.plan.Lingers(n.Key) }

// wait for what the node needs, and for the guard of what has an order, unless
// it exists.
func (n *Node) wait() {
	if n.observed != nil {
		return
	}
	if n.plan.awaits != "" {
		n.state.waits = []string{n.plan.awaits}
		return
	}
	for _, need := range n.needs {
		if n.awaits(need) {
			n.state.waits = append(n.state.waits, need.Key)
		}
	}
	if len(n.state.waits) == 0 && n.parting() {
		n.state.waits = n.plan.farewell.left()
	}
	if len(n.state.waits) == 0 {
		n.state.waits = n.unknown
	}
	if guard := n.plan.opts.Unguarded; guard != "" && len(n.state.waits) == 0 && len(n.needs) > 0 {
		n.state.waits = []string{guard}
	}
	if n.plan.resumes() && len(n.state.waits) == 0 {
		n.state.waits = keys(n.needs)
	}
	if n.lingers() {
		n.state.waits = []string{n.Key}
	}
	slices.Sort(n.state.waits)
}

// awaits tells whether the node waits for one that it needs. A farewell to what is on its
// way out already does not: it is still there, because what needs it is.
func (n *Node) awaits(need *Node) bool {
	partsIn := n.parting() && need.lingers() && !need.wanted()
	return !need.state.readiness.Ready && !n.impliedBy(need) && !partsIn
}

// resumes tells whether a teardown was cancelled, and that is not remembered yet.
// Until it is, nothing comes that needs something: if this run is lost and the next
// one tears down again, from a composite that is read as it was before, that takes
// itself for the first teardown, which is under way. It does not look for what has
// come, and lets go what that needs.
func (p *Plan) resumes() bool { return p.opts.TornDown && !p.opts.TearDown }

// impliedBy tells whether another node that n waits for waits for need itself. To
// name both would say the same thing twice.
func (n *Node) impliedBy(need *Node) bool {
	return slices.ContainsFunc(n.needs, func(other *Node) bool {
		return other.observed == nil && slices.Contains(other.needs, need)
	})
}

// freeze the node if it exists and can't be built as it is described: a value it
// uses is unknown, or what it is to use from now on is on its way out and would
// never get there with something that uses it.
func (n *Node) freeze() {
	if n.observed == nil {
		return
	}
	n.state.frozen = n.plan.distrusted || n.renewed || n.state.differs
	if len(n.unknown) > 0 {
		n.state.frozen, n.state.until = true, n.unknown[0]+" is known again"
	}
	for _, need := range n.holds() {
		if need.lingers() && !slices.Contains(SplitNeeds(n.observed.needs()), need.Key) {
			n.state.frozen, n.state.until = true, need.Key+" is created anew"
		}
	}
}

// stay as it is, or as it is but for what doesn't wait: then the node isn't ready.
// Whoever needs it need not care, and has not waited: it exists as it did before.
func (n *Node) stay() {
	n.state.arrived = n.observed != nil && n.state.readiness.Ready
	switch {
	case n.state.until != "":
		n.state.readiness = Readiness{Reason: reasonFrozen, Message: "is kept as it is until " + n.state.until}
	case len(n.state.held) > 0 && n.state.readiness.Ready:
		reason := ReasonWaiting
		if n.held() != "" {
			reason = reasonHeld
		}
		n.state.readiness = Readiness{Reason: reason, Message: "waits for " + List(n.state.held) + " before its " + n.state.next[0].name() + " changes"}
	}
}

// renew the node's object if it would have to change where it can't, or refers to one
// that is made anew. One that has done what it is for need not change any more.
func (n *Node) renew() {
	if n.observed == nil || n.plan.distrusted {
		return
	}
	n.state.differs = n.differs()
	if n.ends() {
		return
	}
	if n.state.differs || slices.ContainsFunc(n.uses, func(u *Node) bool { return u.renewed }) {
		n.Renew()
	}
	if n.renewed && !n.parting() {
		n.state.readiness = Readiness{Reason: ReasonDeleting, Message: renewing}
	}
}

// renewing is what is said of an object that is to be made anew.
const renewing = "has to be gone before it is created anew"

// differs tells whether the node's object has something else than is described now
// in a field that can't be changed.
func (n *Node) differs() bool {
	if len(n.fixed) == 0 {
		return false
	}
	s, err := n.described()
	if err != nil {
		n.plan.errs = append(n.plan.errs, err)
		return false
	}
	described := Observe(&fnv1.Resource{Resource: s})
	return slices.ContainsFunc(n.fixed, func(f Field) bool {
		is := f.in(n.observed)
		return is != nil && !proto.Equal(f.in(described), is)
	})
}

// holds are what the node needs and keeps from going: not what it only had to wait
// for, once that is made anew, and not again before it is.
func (n *Node) holds() []*Node {
	held := SplitNeeds(n.observed.needs())
	return slices.DeleteFunc(slices.Clone(n.needs), func(need *Node) bool {
		goes := need.renewed || n.observed != nil && need.lingers() && !slices.Contains(held, need.Key)
		return goes && !slices.Contains(n.uses, need)
	})
}

// check the node's observed object, which must not be nil. One that is ready and paused
// says both.
func (n *Node) check() Readiness {
	passed := Readiness{Ready: true}
	for _, c := range n.allChecks() {
		r := c(n.observed)
		if r.Reason == reasonFailed || r.Reason == reasonGivenUp {
			return n.fail(r)
		}
		if !r.Ready {
			n.state.failure = n.remembered()
			return r
		}
		if r.Reason == reasonPaused {
			passed.Reason = reasonPaused
		}
	}
	return passed
}

func (n *Node) allChecks() []Check {
	if len(n.checks) == 0 {
		return []Check{Available}
	}
	return n.checks
}

// fail for a reason. Of what only says that it failed, what was said when it did
// is the reason, if that is remembered.
//
// A provider says it as the outcome of what it did in the background. That it could
// not look, or was refused something else, since then is to be seen, but is no reason
// to forget it: it passes, and nobody says the first one again.
func (n *Node) fail(r Readiness) Readiness {
	was := n.remembered()
	async, _, message := n.observed.Condition(conditionAsync)
	switch {
	case async == "False":
		n.state.failure = n.observed.words(message)
	case was != "":
		n.state.failure = was
	case r.Reason == reasonFailed:
		n.state.failure = r.Message
	}
	if r.Reason == reasonGivenUp && n.state.failure != "" {
		r.Message += ": " + n.state.failure
	}
	r.Reason = reasonFailed
	if n.plan.opts.Explain != nil {
		r.Message = n.plan.opts.Explain(n.observed, r.Message)
	}
	return r
}

// remembered is what was said of the node when it failed, as long as a check still
// says that it did, be it behind another that says something else for now.
func (n *Node) remembered() string {
	i := slices.IndexFunc(n.plan.opts.Failing, func(f Failure) bool { return f.Key == n.Key })
	if i < 0 || !slices.ContainsFunc(n.allChecks(), func(c Check) bool { return c(n.observed).Reason == reasonGivenUp }) {
		return ""
	}
	return n.plan.opts.Failing[i].Message
}

// asked for: the node exists, and it is not its turn to go; or it is wanted, and
// nothing keeps it from being created.
func (n *Node) asked() bool {
	if n.observed == nil {
		return len(n.state.waits) == 0 && n.wanted()
	}
	return !n.state.deleting
}

func keys(nodes []*Node) []string {
	ks := make([]string, 0, len(nodes))
	for _, n := range nodes {
		ks = append(ks, n.Key)
	}
	slices.Sort(ks)
	return ks
}

// sorted nodes, by key.
func sorted(nodes []*Node) []*Node {
	return slices.SortedFunc(slices.Values(nodes), func(a, b *Node) int { return strings.Compare(a.Key, b.Key) })
}
