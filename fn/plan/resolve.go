package plan

import (
	"maps"
	"slices"
)

// state of a wanted node.
type state struct {
	readiness Readiness
	// waits are the keys of what a missing node waits for.
	waits []string
	// frozen: the node exists and can't be built now.
	frozen bool
}

// Resolve decides about every node, wanted or existing:
//
//  1. Wanted and existing: asked for, whatever its gates say now.
//  2. Wanted and missing: asked for once everything it needs is ready.
//  3. Not wanted, existing, and something that depends on it exists: asked for
//     as it was observed.
//  4. Not wanted, and nothing depends on it: let go, so Crossplane deletes it.
//  5. Existing, but it can't be built because a value it uses became unknown:
//     asked for as it was observed.
//
// It must be called once, after every layer has added its nodes.
func (p *Plan) Resolve() {
	for _, n := range p.nodes {
		if n.observed != nil {
			n.state.readiness = n.check()
		}
	}
	for _, n := range p.nodes {
		n.wait()
	}
	for _, n := range p.nodes {
		n.freeze()
	}
	kept := map[string]bool{}
	for _, o := range p.observed {
		for _, need := range SplitNeeds(o.String(annotation(AnnotationNeeds))) {
			kept[need] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.observed)) {
		switch {
		case p.nodes[key] != nil:
		case kept[key]:
			p.frozen = append(p.frozen, key)
		default:
			p.gone = append(p.gone, key)
		}
	}
}

// wait for what the node needs, unless it exists.
func (n *Node) wait() {
	if n.observed != nil {
		return
	}
	for _, need := range n.needs {
		if !need.state.readiness.Ready && !n.impliedBy(need) {
			n.state.waits = append(n.state.waits, need.Key)
		}
	}
	if len(n.state.waits) == 0 {
		n.state.waits = n.unknown
	}
	slices.Sort(n.state.waits)
}

// impliedBy tells whether another node that n waits for waits for need itself. To
// name both would say the same thing twice.
func (n *Node) impliedBy(need *Node) bool {
	return slices.ContainsFunc(n.needs, func(other *Node) bool {
		return other.observed == nil && slices.Contains(other.needs, need)
	})
}

// freeze the node if it exists and a value it uses is unknown. What depends on
// it need not care: it exists as it did before.
func (n *Node) freeze() {
	if n.observed == nil || len(n.unknown) == 0 {
		return
	}
	n.state.frozen = true
	n.state.readiness = Readiness{Reason: reasonFrozen, Message: "is kept as it is until " + n.unknown[0] + " is known again"}
}

// check the node's observed object, which must not be nil.
func (n *Node) check() Readiness {
	checks := n.checks
	if len(checks) == 0 {
		checks = []Check{Available}
	}
	if r := Exists(n.observed); !r.Ready {
		return r
	}
	for _, c := range checks {
		if r := c(n.observed); !r.Ready {
			return r
		}
	}
	return Readiness{Ready: true}
}

// asked for: the node exists, or nothing keeps it from being created.
func (n *Node) asked() bool { return n.observed != nil || len(n.state.waits) == 0 }

// Ready tells whether everything wanted is ready and nothing unwanted is left.
// A composite must say so itself: Crossplane looks only at what is asked for,
// and would call it ready while half of it still waits.
func (p *Plan) Ready() bool {
	ready, total := p.Progress()
	return ready == total && len(p.frozen)+len(p.gone) == 0
}

// Progress is the number of ready nodes, and of all wanted ones.
func (p *Plan) Progress() (ready, total int) {
	for _, n := range p.nodes {
		if n.state.readiness.Ready {
			ready++
		}
	}
	return ready, len(p.nodes)
}

// Complete tells whether everything wanted exists.
func (p *Plan) Complete() bool {
	for _, n := range p.nodes {
		if n.observed == nil {
			return false
		}
	}
	return true
}

// A Wait is a wanted node that is not asked for yet.
type Wait struct {
	// Key of the node.
	Key string
	// For are the keys of the nodes it waits for.
	For []string
}

// Waiting nodes, by key.
func (p *Plan) Waiting() []Wait {
	var ws []Wait
	for _, key := range slices.Sorted(maps.Keys(p.nodes)) {
		if n := p.nodes[key]; !n.asked() {
			ws = append(ws, Wait{Key: key, For: n.state.waits})
		}
	}
	return ws
}

// Edges of the graph: the keys of what each wanted node needs, by key.
func (p *Plan) Edges() map[string][]string {
	es := make(map[string][]string, len(p.nodes))
	for key, n := range p.nodes {
		es[key] = keys(n.needs)
	}
	return es
}
