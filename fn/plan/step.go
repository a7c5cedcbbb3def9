package plan

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/types/known/structpb"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// Step says which fields of the node's object change a step at a time, such as its
// version: a change of one waits until all the node needs has settled, which means
// that it is ready and has no step left to take. Until then the field is asked for as
// it is. Everything else changes at once.
func (n *Node) Step(fs ...Field) *Node {
	n.steps = append(n.steps, fs...)
	return n
}

// Lead says that others follow the node: its next step waits until all of them that
// take steps have settled after the one before.
func (n *Node) Lead() *Node {
	n.leads = true
	return n
}

// Turns lets no more than some of the nodes take a step at a time, in their order. One
// that is not ready, whatever the reason, takes up a turn.
func (p *Plan) Turns(atOnce int, nodes ...*Node) {
	t := &turns{atOnce: atOnce, nodes: nodes}
	for _, n := range nodes {
		n.turns = t
	}
}

// Replaces says that the node takes the place of objects that nothing wants any more, by
// their keys. They stay until the node has settled; and that they go is a step as others
// are: it takes a turn, and people can hold it.
func (n *Node) Replaces(keys ...string) *Node {
	n.replaces = append(n.replaces, keys...)
	return n
}

type turns struct {
	atOnce int
	nodes  []*Node
}

// Hold all steps, until something that people can see to.
func (p *Plan) Hold(until string) { p.held = until }

// Hold the node's steps, until something that people can see to.
func (n *Node) Hold(until string) { n.heldUntil = until }

// held is what people have to see to before the node takes a step, "" if nothing.
func (n *Node) held() string { return cmp.Or(n.plan.held, n.heldUntil) }

// hasSettled tells whether the node's object is as described, and ready. One that is
// kept as it is may have a step to take that nobody knows yet.
func (n *Node) hasSettled() bool {
	return n.observed != nil && !n.state.frozen && n.state.readiness.Ready && len(n.state.held) == 0
}

// step decides whether the node takes the step that is described, if there is one.
// That of a node that leads is decided once its followers' are. In a teardown nobody
// takes one, be it held or due: what is being upgraded can't be deleted meanwhile.
func (n *Node) step() {
	if n.observed == nil || n.state.frozen || len(n.steps) == 0 {
		return
	}
	described, err := n.described()
	if err != nil {
		n.plan.errs = append(n.plan.errs, err)
		return
	}
	for _, f := range n.steps {
		if n.observed.has(f, f.in(Observe(&fnv1.Resource{Resource: described}))) {
			continue
		}
		n.state.next = append(n.state.next, f)
	}
	if len(n.state.next) == 0 {
		return
	}
	if n.plan.opts.TearDown {
		n.message = n.without(described)
		return
	}
	if n.leads {
		n.message = n.without(described)
		n.state.described = described
		return
	}
	if n.state.held = n.obstacles(); len(n.state.held) > 0 {
		n.message = n.without(described)
	}
}

// lead decides about the step of a node that others follow.
func (n *Node) lead() {
	if n.state.described == nil {
		return
	}
	if until := n.held(); until != "" {
		n.state.held = []string{until}
		return
	}
	for _, f := range n.followers() {
		if len(f.steps) > 0 && !f.hasSettled() {
			n.state.held = append(n.state.held, f.Key)
		}
	}
	// What leaves has the version it had.
	for key, o := range n.plan.Existing() {
		if n.plan.obscure(key, o) || n.plan.byKey[key] == nil && slices.Contains(SplitNeeds(o.needs()), n.Key) {
			n.state.held = append(n.state.held, key)
		}
	}
	if len(n.state.held) == 0 {
		n.message = n.state.described
		n.arrive()
	}
	slices.Sort(n.state.held)
}

// obstacles are the keys of what the node's step waits for.
func (n *Node) obstacles() []string {
	if until := n.held(); until != "" {
		return []string{until}
	}
	var keys []string
	for _, need := range n.needs {
		if !need.hasSettled() {
			keys = append(keys, need.Key)
		}
	}
	if len(keys) == 0 && n.turns != nil {
		keys = n.turns.taken(n)
	}
	slices.Sort(keys)
	return keys
}

// taken turns by others than a node, if there is none left for it.
func (t *turns) taken(by *Node) []string {
	var keys []string
	for _, n := range t.nodes {
		if n != by && (n.observed != nil && (!n.state.readiness.Ready || !n.observed.current()) || n.replacing()) {
			keys = append(keys, n.Key)
		}
	}
	if len(keys) < t.atOnce {
		return nil
	}
	return keys
}

// replacing tells whether something the node replaces is on its way out.
func (n *Node) replacing() bool {
	return slices.ContainsFunc(n.replaces, func(key string) bool {
		return n.plan.lingering[key] != nil || slices.ContainsFunc(n.plan.leaving, func(l Leftover) bool { return l.Key == key && l.Deleting })
	})
}

// replacers of an object, by its key.
func (p *Plan) replacers(key string) []*Node {
	if p.opts.TearDown || p.byKey[key] != nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.nodes), func(n *Node) bool { return !slices.Contains(n.replaces, key) })
}

// keeps what it replaces from going: the keys of what has to settle first, or what
// people hold it for.
func (n *Node) keeps() []string {
	switch {
	case !n.hasSettled():
		return []string{n.Key}
	case n.held() != "":
		return []string{n.held()}
	case n.turns != nil:
		return n.turns.taken(n)
	default:
		return nil
	}
}

// followers of the node are all that need it, be it by way of others.
func (n *Node) followers() []*Node {
	follow := map[*Node]bool{n: true}
	var all []*Node
	// What a node needs was added before it.
	for _, f := range n.plan.nodes {
		if !follow[f] && slices.ContainsFunc(f.needs, func(need *Node) bool { return follow[need] }) {
			follow[f] = true
			all = append(all, f)
		}
	}
	return all
}

// without the steps the node is not to take yet: those fields are as they are.
func (n *Node) without(described *structpb.Struct) *structpb.Struct {
	for _, f := range n.state.next {
		described = having(described, f.segments, f.in(n.observed))
	}
	return described
}

// has tells whether a field is as described, or its provider reports it to be so. It
// may hold more, and of what isn't described anything: providers write there, too
// (provider-helm an empty pullSecretRef into every chart). That is no step, and would
// be one for ever.
func (o *Observed) has(f Field, described *structpb.Value) bool {
	if described == nil {
		return true
	}
	for _, at := range []Field{f, f.reported()} {
		if is := at.in(o); is != nil {
			if _, differs := differing("", is, described); !differs {
				return true
			}
		}
	}
	return false
}

// reported is where a provider reports what it is asked for in the field.
func (f Field) reported() Field {
	depth := len(askedFields.segments)
	if len(f.segments) <= depth {
		return Field{}
	}
	return Field{segments: append(slices.Clone(reportedFields.segments), f.segments[depth:]...)}
}
