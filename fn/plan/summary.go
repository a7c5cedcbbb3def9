package plan

import (
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
)

// shown is how many resources a message names; the rest are counted.
const shown = 3

// Summary is the state of a layer for people: ready or not, why, and which
// resource is the reason. Failures come first, then what is under way, then
// what only waits.
func (l *Layer) Summary() Readiness {
	if len(l.nodes) == 0 {
		return Readiness{Ready: true, Reason: ReasonNotRequested, Message: "Nothing of this is asked for"}
	}
	ready := 0
	byReason := map[string][]string{}
	for _, n := range l.nodes {
		switch r := n.state.readiness; {
		case r.Ready:
			ready++
		case !n.asked():
			byReason[ReasonWaiting] = append(byReason[ReasonWaiting], n.Key+" waits for "+list(n.state.waits))
		default:
			reason, message := r.Reason, n.Key
			if n.observed == nil || reason == "" {
				reason = reasonCreating
			}
			if r.Message != "" {
				message += " " + r.Message
			}
			if reason == reasonFailed {
				message = n.Key + ": " + r.Message
			}
			byReason[reason] = append(byReason[reason], message)
		}
	}
	count := fmt.Sprintf("%d of %s ready", ready, resources(len(l.nodes)))
	if ready == len(l.nodes) {
		return Readiness{Ready: true, Reason: ReasonReady, Message: count}
	}
	reason := worst(byReason)
	return Readiness{Reason: reason, Message: count + "; " + strings.Join(head(byReason[reason]), "; ")}
}

// worst of the reasons: failures, what is kept from changing, what a check of a
// layer's own found, what is under way, and last what only waits.
func worst(byReason map[string][]string) string {
	for _, reason := range []string{reasonFailed, reasonFrozen, reasonPaused, reasonDeleting} {
		if len(byReason[reason]) > 0 {
			return reason
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		if reason != reasonCreating && reason != ReasonWaiting {
			return reason
		}
	}
	if len(byReason[reasonCreating]) > 0 {
		return reasonCreating
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

func list(ks []string) string { return strings.Join(head(ks), ", ") }
