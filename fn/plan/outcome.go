package plan

import (
	"fmt"
	"slices"

	vtstructpb "github.com/planetscale/vtprotobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/structpb"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// An Outcome is what a plan comes to, given what exists. Only Resolve makes one:
// nothing can be asked of a plan before every layer has added its nodes.
type Outcome struct {
	// Desired is what to ask Crossplane for, by key.
	Desired map[string]*fnv1.Resource
	// Requirements are what Crossplane has to look up before the outcome is to be
	// acted upon, by name.
	Requirements map[string]*fnv1.ResourceSelector
	// Leaving is what isn't wanted and exists, by key. The next plan has to know.
	Leaving []Leftover

	plan *Plan
}

// Size in bytes of all that is asked for, and of all that waits, as it will be asked
// for. The error is a bug in the plan.
func (o *Outcome) Size() (int, error) {
	size := 0
	for _, r := range o.Desired {
		size += sizeOf(r.GetResource())
	}
	for _, n := range o.plan.nodes {
		if o.Desired[n.Key] != nil {
			continue
		}
		s, err := n.described()
		if err != nil {
			return 0, fmt.Errorf("%s: %w", n.Key, err)
		}
		size += sizeOf(s)
	}
	return size, nil
}

// sizeOf a struct in bytes, as proto.Size has it, which takes several times as long: it
// goes through maps by reflection.
func sizeOf(s *structpb.Struct) int { return (*vtstructpb.Struct)(s).SizeVT() }

// Ready tells whether everything wanted is ready and nothing unwanted is left, but for
// what stands aside. A composite must say so itself: Crossplane looks only at what is
// asked for, and would call it ready while half of it still waits.
func (o *Outcome) Ready() bool {
	return !o.plan.opts.TearDown && !slices.ContainsFunc(o.awaited(), func(n *Node) bool { return !n.state.readiness.Ready }) &&
		!slices.ContainsFunc(o.Leaving, func(l Leftover) bool { n := o.plan.byKey[l.Key]; return n == nil || !n.layer.aside })
}

// Progress is the number of ready nodes, and of all wanted ones. While nothing
// is wanted it is the number of those that are gone, and of all there could be. A
// farewell is not counted then: it comes and goes meanwhile, and what is left would
// become more, and less again.
func (o *Outcome) Progress() (done, total int) {
	if o.plan.opts.TearDown {
		for _, l := range o.Leaving {
			if n := o.plan.byKey[l.Key]; n == nil || !n.parting() {
				total++
			}
		}
		for _, n := range o.plan.nodes {
			leaves := slices.ContainsFunc(o.Leaving, func(l Leftover) bool { return l.Key == n.Key })
			if !leaves && !n.parting() {
				done++
			}
		}
		return done, total + done
	}
	for _, n := range o.plan.nodes {
		if n.state.readiness.Ready {
			done++
		}
	}
	return done, len(o.plan.nodes)
}

// Complete tells whether everything wanted exists, but for what stands aside.
func (o *Outcome) Complete() bool {
	for _, n := range o.awaited() {
		if !n.Exists() {
			return false
		}
	}
	return true
}

// Settled tells whether a node's object is there, has all that is asked for, and is
// ready, be it that its next step waits.
func (o *Outcome) Settled(n *Node) bool { return n.state.arrived }

// Troubled tells whether everything wanted exists, and some of it is not ready and not
// on its way to be, or something that is to go does not. What only waits for something
// else is no trouble of its own.
func (o *Outcome) Troubled() bool { return o.Complete() && o.troubled() }

// Updating tells whether everything wanted exists, and all that isn't ready is being
// changed, by whatever name its check has for that, or has yet to go. What takes the
// place of something else is being made meanwhile.
func (o *Outcome) Updating() bool {
	return !o.troubled() && !slices.ContainsFunc(o.awaited(), func(n *Node) bool {
		comes := !n.Exists() || n.state.readiness.Reason == ReasonCreating
		return comes && len(n.replaces) == 0
	})
}

// Resting tells whether nothing is under way and nothing is wrong: all that isn't ready
// waits for what people have to see to.
func (o *Outcome) Resting() bool {
	if len(o.plan.halts) > 0 {
		return !o.plan.unresolved && !slices.ContainsFunc(o.Leaving, func(l Leftover) bool { return l.Deleting })
	}
	return !o.plan.opts.TearDown && !slices.ContainsFunc(o.awaited(), func(n *Node) bool {
		return !n.state.readiness.Ready && n.state.readiness.Reason != reasonHeld
	}) && !slices.ContainsFunc(o.Leaving, func(l Leftover) bool {
		// One waits for another, and the last for people.
		return l.Deleting || len(l.For) == 0 || slices.ContainsFunc(l.For, func(f string) bool {
			return f != o.plan.held && !slices.ContainsFunc(o.Leaving, func(other Leftover) bool { return other.Key == f })
		})
	})
}

// A Wait is a wanted node that is not asked for yet, or that exists and whose next
// step is not.
type Wait struct {
	// Key of the node.
	Key string
	// For are the keys of the nodes it waits for; its own, if it has to be gone
	// before it is created anew. That people hold all steps is said in their words.
	For []string
}

// Waiting nodes, by key.
func (o *Outcome) Waiting() []Wait {
	var ws []Wait
	for _, n := range sorted(o.plan.nodes) {
		switch {
		case n.wanted() && !n.asked():
			ws = append(ws, Wait{Key: n.Key, For: n.state.waits})
		case len(n.state.held) > 0:
			ws = append(ws, Wait{Key: n.Key, For: n.state.held})
		}
	}
	return ws
}

// A Failure is a node whose object failed, and why.
type Failure struct {
	// Key of the node.
	Key string
	// Message is what was said of it when it did.
	Message string
}

// Failing nodes, by key. The next plan has to know: a provider says why something
// failed until it has looked at it once more.
func (o *Outcome) Failing() []Failure {
	var fs []Failure
	for _, n := range sorted(o.plan.nodes) {
		if n.state.failure != "" {
			fs = append(fs, Failure{Key: n.Key, Message: n.state.failure})
		}
	}
	return fs
}

// Starting are the keys of what is let go. What is on its way out already is not.
func (o *Outcome) Starting() []string {
	var keys []string
	for _, l := range o.Leaving {
		if l.Deleting && o.plan.observed[l.Key] != nil {
			keys = append(keys, l.Key)
		}
	}
	return keys
}

// Gone tells whether nothing is wanted and nothing is left.
func (o *Outcome) Gone() bool {
	return o.plan.searching && o.plan.Empty() && !o.plan.unresolved && !o.plan.farewell.pending()
}

// Halted is what keeps a teardown from beginning, by key: what must not go, each with
// why. There is nothing once it has begun.
func (o *Outcome) Halted() []Leftover {
	halted := slices.DeleteFunc(slices.Clone(o.Leaving), func(l Leftover) bool { return !slices.Contains(o.plan.halts, l.Key) })
	if slices.Contains(o.plan.halts, keyComposite) {
		halted = append(halted, Leftover{Key: keyComposite, Message: o.plan.opts.Stays})
	}
	return halted
}

// Parting tells whether everything waits for the farewell.
func (o *Outcome) Parting() bool { return o.plan.farewell.pending() && !o.Parted() }

// Parted tells whether the farewell is over, be it only now. The next plan has to
// know: to find the farewell gone is no reason to want it again.
func (o *Outcome) Parted() bool {
	return o.plan.opts.TearDown && o.plan.opts.Parted || o.plan.farewell.done()
}

// awaited are the nodes of all layers but those that stand aside.
func (o *Outcome) awaited() []*Node {
	return slices.DeleteFunc(slices.Clone(o.plan.nodes), func(n *Node) bool { return n.layer.aside })
}

// troubled tells what Troubled does, be it that something wanted does not exist yet.
func (o *Outcome) troubled() bool {
	trouble := []string{"", ReasonProtected, reasonFailed, ReasonUnavailable, reasonPaused}
	return slices.ContainsFunc(o.awaited(), func(n *Node) bool {
		r := n.state.readiness
		return n.Exists() && !r.Ready && slices.Contains(trouble, r.Reason)
	}) || slices.ContainsFunc(o.Leaving, func(l Leftover) bool { return l.Message != "" })
}
