package plan

import "slices"

// A Farewell is a layer of what is wanted only before everything else leaves. Its
// last node is what it is for: until that is remembered to have been ready,
// everything stays, the farewell with it.
type Farewell struct {
	Layer

	wanted bool
	// follows are the keys of what is gone before the farewell begins.
	follows []string
	// through is what it can't do without.
	through []*Node
}

// Farewell returns the farewell of a plan, of which there is one at most. It is
// wanted, unless it is over, or only described, so that what is left of it can be
// removed.
func (p *Plan) Farewell(condition string, wanted bool) *Farewell {
	f := &Farewell{Layer: Layer{Condition: condition, plan: p}, wanted: wanted && p.opts.TearDown && !p.opts.Parted}
	p.farewell = f
	return f
}

// Follow others, by their keys, be they described or not: the farewell does not begin
// before they are gone, and they don't wait for it. They would undo what it is for.
func (f *Farewell) Follow(keys ...string) { f.follows = append(f.follows, keys...) }

// Through others the farewell does what it is for. One that somebody has deleted is made
// anew as long as that is not done.
func (f *Farewell) Through(others ...*Node) { f.through = append(f.through, others...) }

// lacks tells whether a node has to be made for the farewell.
func (f *Farewell) lacks(n *Node) bool {
	return f.pending() && n != nil && n.observed == nil && slices.Contains(f.through, n)
}

// pending tells whether the farewell holds everything up.
func (f *Farewell) pending() bool { return f != nil && f.wanted && len(f.nodes) > 0 }

// done tells whether the farewell has just done what it is for.
func (f *Farewell) done() bool {
	return f.pending() && f.last().state.readiness.Ready && !f.last().renewed
}

func (f *Farewell) last() *Node { return f.nodes[len(f.nodes)-1] }

// renew the last node if it was to leave when other things were wanted: it may have
// done what it is for long ago, before a teardown that was cancelled.
func (f *Farewell) renew() {
	if f.pending() && !f.plan.opts.TornDown && f.plan.opts.remembers(f.last().Key, f.last().observed) {
		f.last().Renew()
	}
}

// holds tells whether an object has to wait for the farewell, by its key, be it described
// by a node or not. What is part of the farewell does not, nor does what that follows.
func (f *Farewell) holds(key string) bool {
	return f.pending() && !f.plan.byKey[key].parting() && !slices.Contains(f.follows, key)
}

// left are the keys of what a farewell follows and is still there.
func (f *Farewell) left() []string {
	return slices.DeleteFunc(slices.Clone(f.follows), func(key string) bool { return !f.plan.exists(key) })
}

// ends tells whether the node is the farewell's last, and has done what that is for.
func (n *Node) ends() bool {
	return n.parting() && n == n.plan.farewell.last() && n.state.readiness.Ready
}

// parting tells whether the node is part of the farewell.
func (n *Node) parting() bool {
	return n != nil && n.plan.farewell != nil && n.layer == &n.plan.farewell.Layer
}
