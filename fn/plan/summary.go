package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Reasons of a layer's condition that aren't those of a resource in it.
const (
	ReasonReady        = "Ready"
	ReasonNotRequested = "NotRequested"
	ReasonWaiting      = "Waiting"
	ReasonDeleted      = "Deleted"
	ReasonProtected    = "Protected"
)

// shown is how many resources a message names; the rest are counted.
const shown = 3

// A Report is the state of a layer for people.
type Report struct {
	Readiness

	// Condition is the type of the condition that reports on the layer.
	Condition string
}

// Layers are the states of all layers, in the order in which they were added.
func (o *Outcome) Layers() []Report {
	rs := make([]Report, 0, len(o.plan.layers))
	for _, l := range o.plan.layers {
		rs = append(rs, Report{Condition: l.Condition, Readiness: l.summary()})
	}
	return rs
}

// summary of a layer: ready or not, why, and which resource is the reason.
// Failures come first, then what is under way, then what only waits.
func (l *Layer) summary() Readiness {
	leaving := l.removals()
	if l.plan.opts.TearDown {
		leaving = append(leaving, slices.DeleteFunc(slices.Clone(l.plan.leaving), func(lo Leftover) bool {
			return !slices.ContainsFunc(l.nodes, func(n *Node) bool { return n.Key == lo.Key })
		})...)
	}
	if len(l.nodes)+len(leaving) == 0 {
		return Readiness{Ready: true, Reason: ReasonNotRequested, Message: "Nothing of this is asked for"}
	}
	if l.plan.opts.TearDown || len(l.nodes) == 0 {
		return removed(leaving, left(len(leaving), max(len(leaving), len(l.nodes))))
	}
	count, byReason := l.states()
	for reason, messages := range reasonsOf(leaving) {
		byReason[reason] = append(byReason[reason], messages...)
	}
	if len(byReason) == 0 {
		return Readiness{Ready: true, Reason: ReasonReady, Message: strings.Join(append([]string{count}, head(l.notes)...), "; ")}
	}
	reason := worst(byReason)
	return Readiness{Reason: reason, Message: count + "; " + strings.Join(head(byReason[reason]), "; ")}
}

// removals are what was in the layer, and nothing describes any more.
func (l *Layer) removals() []Leftover {
	return slices.DeleteFunc(slices.Clone(l.plan.leaving), func(lo Leftover) bool {
		return l.plan.byKey[lo.Key] != nil || l.plan.Object(lo.Key).Annotation(AnnotationLayer) != l.Condition
	})
}

// Farewell is how the farewell is doing, if there is one.
func (o *Outcome) Farewell() Readiness {
	if o.plan.farewell == nil {
		return Readiness{}
	}
	return o.plan.farewell.summary()
}

func (f *Farewell) summary() Readiness {
	_, byReason := f.states()
	if f.done() {
		return Readiness{Ready: true, Reason: ReasonReady, Message: f.last().Key + " is done"}
	}
	if len(byReason) == 0 {
		return Readiness{Reason: ReasonDeleting, Message: f.last().Key + " is made anew"}
	}
	reason := worst(byReason)
	return Readiness{Reason: reason, Message: strings.Join(head(byReason[reason]), "; ")}
}

// states of the layer's nodes: how many are ready, and what is to say of the
// others, by reason.
func (l *Layer) states() (count string, byReason map[string][]string) {
	ready := 0
	byReason = map[string][]string{}
	for _, n := range l.nodes {
		switch r := n.state.readiness; {
		case r.Ready:
			ready++
		case n.lingers() && n.leftover().Message != "":
			reason, message := n.leftover().says()
			byReason[reason] = append(byReason[reason], message)
		case n.lingers() || n.state.deleting:
			byReason[ReasonDeleting] = append(byReason[ReasonDeleting], n.Key+" "+renewing)
		case !n.asked():
			byReason[ReasonWaiting] = append(byReason[ReasonWaiting], n.Key+" waits for "+List(n.state.waits))
		default:
			reason, message := cmp.Or(r.Reason, ReasonCreating), n.Key
			if r.Message != "" {
				message += " " + r.Message
			}
			if reason == reasonFailed {
				message = n.Key + ": " + r.Message
			}
			byReason[reason] = append(byReason[reason], message)
		}
	}
	return fmt.Sprintf("%d of %s ready", ready, resources(len(l.nodes))), byReason
}

// leftover is what is left of the node, if anything is.
func (n *Node) leftover() Leftover {
	for _, l := range n.plan.leaving {
		if l.Key == n.Key {
			return l
		}
	}
	return Leftover{}
}

// Removal is how the removal of everything is doing, for people.
func (o *Outcome) Removal() Readiness {
	done, total := o.Progress()
	count := left(total-done, total)
	r := removed(o.Leaving, count)
	if o.plan.farewell.pending() {
		s := o.Farewell()
		r.Message = count + "; first, " + s.Message
	}
	return r
}

func left(n, total int) string { return fmt.Sprintf("%d of %s left", n, resources(total)) }

// removed tells how the removal of some resources is doing, given what is left
// of them, and that in words. What could not be deleted comes first, then what is
// protected, what is being deleted, and what waits for its turn.
func removed(leaving []Leftover, count string) Readiness {
	if len(leaving) == 0 {
		return Readiness{Reason: ReasonDeleted, Message: "Nothing is left"}
	}
	byReason := reasonsOf(leaving)
	reason := ReasonWaiting
	for _, r := range []string{reasonHeld, ReasonDeleting, ReasonProtected, reasonFailed} {
		if len(byReason[r]) > 0 {
			reason = r
		}
	}
	return Readiness{Reason: reason, Message: count + "; " + strings.Join(head(byReason[reason]), "; ")}
}

// reasonsOf leftovers not to be gone, and what is to say of them, by reason.
func reasonsOf(leaving []Leftover) map[string][]string {
	byReason := map[string][]string{}
	var deleting []string
	for _, l := range leaving {
		reason, message := l.says()
		byReason[reason] = append(byReason[reason], message)
		if reason == ReasonDeleting {
			deleting = append(deleting, l.Key)
			byReason[reason] = []string{"deleting " + List(deleting)}
		}
	}
	return byReason
}

// says how the removal of a leftover is doing.
func (l Leftover) says() (reason, message string) {
	switch {
	case l.Deleting && l.Message != "":
		return reasonFailed, l.Key + ": " + l.Message
	case l.Message != "":
		return ReasonProtected, l.Key + " " + l.Message
	case l.Held:
		return reasonHeld, l.Key + " waits for " + List(l.For)
	case len(l.For) > 0:
		return ReasonWaiting, l.Key + " waits for " + List(l.For)
	default:
		return ReasonDeleting, "deleting " + l.Key
	}
}

// underWay are reasons that pass by themselves.
//
//nolint:gochecknoglobals // A constant list.
var underWay = []string{ReasonCreating, ReasonUpdating, ReasonWaiting}

// worst of the reasons: failures, what is protected from going, what is kept from
// changing, what a check of a layer's own found, what is under way, and last what only
// waits.
func worst(byReason map[string][]string) string {
	for _, reason := range []string{reasonFailed, ReasonUnavailable, ReasonProtected, reasonFrozen, reasonPaused, ReasonDeleting} {
		if len(byReason[reason]) > 0 {
			return reason
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		if !slices.Contains(underWay, reason) {
			return reason
		}
	}
	for _, reason := range underWay {
		if len(byReason[reason]) > 0 {
			return reason
		}
	}
	return ReasonWaiting
}

func resources(n int) string {
	if n == 1 {
		return "1 resource is"
	}
	return fmt.Sprintf("%d resources are", n)
}

func head(ms []string) []string {
	if len(ms) <= shown {
		return ms
	}
	return append(ms[:shown:shown], fmt.Sprintf("and %d more", len(ms)-shown))
}

// List names a few keys, and counts the rest.
func List(keys []string) string { return strings.Join(head(keys), ", ") }
