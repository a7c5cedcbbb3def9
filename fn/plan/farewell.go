package plan

// A Farewell is a layer of what is wanted only before everything else leaves. Its
// last node is what it is for: until that is ready, everything stays.
type Farewell struct {
	Layer

	wanted bool
}

// Farewell returns the farewell of a plan, of which there is one at most. It is
// wanted, or only described, so that what is left of it can be removed.
func (p *Plan) Farewell(condition string, wanted bool) *Farewell {
	f := &Farewell{Layer: Layer{Condition: condition, plan: p}, wanted: wanted}
	p.farewell = f
	return f
}

// Done tells whether the farewell has done what it is for. Whoever wants one must
// remember that: to find it gone is no reason to want it again.
func (f *Farewell) Done() bool {
	return len(f.nodes) > 0 && f.last().state.readiness.Ready && !f.last().renewed
}

// Pending tells whether the farewell holds everything up.
func (f *Farewell) Pending() bool {
	return f != nil && f.wanted && f.plan.opts.TearDown && len(f.nodes) > 0 && !f.Done()
}

func (f *Farewell) last() *Node { return f.nodes[len(f.nodes)-1] }

// holds tells whether an object has to wait for the farewell, be it described by
// a node or not. What is part of the farewell does not.
func (f *Farewell) holds(n *Node) bool {
	return f.Pending() && (n == nil || !n.parting())
}

// parting tells whether the node is part of the farewell.
func (n *Node) parting() bool {
	f := n.plan.farewell
	return f != nil && n.layer == &f.Layer
}
