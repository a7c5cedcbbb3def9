// Package progress reads how a platform is doing off its status, and says so in
// words.
package progress

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Progress of a platform, as its claim or its composite tells.
type Progress struct {
	// Ready tells whether it is.
	Ready bool
	// Phase it is in.
	Phase string
	// Count of ready resources and of all wanted ones, such as 57/63.
	Count string
	// Layers in the order of their conditions.
	Layers []Layer
	// Waits are the keys of what waits, by what they wait for.
	Waits map[string][]string
	// Next are those of them that wait for nothing that itself still waits.
	Next map[string][]string
	// Leaving is what is not wanted and exists, in the order of its keys.
	Leaving []Leftover
	// Conditions, all of them, in words.
	Conditions []string
}

// A Leftover is what is not wanted and exists.
type Leftover struct {
	Resource string
	// Deleting: it is its turn to go.
	Deleting bool
	// For are the keys of what has to be gone before, and Message says what else
	// keeps it.
	For     []string
	Message string
}

// A Layer of a platform.
type Layer struct {
	// Name is the type of its condition without its last word, such as Network.
	Name            string
	Ready           bool
	Reason, Message string
}

// count of its ready resources and of all, as its condition tells.
func (l Layer) count() (ready, all int, counted bool) {
	n, err := fmt.Sscanf(l.Message, "%d of %d resource", &ready, &all)
	return ready, all, n == 2 && err == nil
}

// Read the progress of a claim or a composite.
func Read(o *unstructured.Unstructured) (*Progress, error) {
	p := &Progress{Waits: map[string][]string{}, Next: map[string][]string{}}
	p.Phase, _, _ = unstructured.NestedString(o.Object, "status", "phase")
	p.Count, _, _ = unstructured.NestedString(o.Object, "status", "progress")
	waiting, _, err := unstructured.NestedSlice(o.Object, "status", "waiting")
	if err != nil {
		return nil, fmt.Errorf("cannot read status.waiting: %w", err)
	}
	reasons := map[string][]string{}
	for _, w := range waiting {
		m, _ := w.(map[string]any)
		resource, _, _ := unstructured.NestedString(m, "resource")
		if reasons[resource], _, err = unstructured.NestedStringSlice(m, "for"); err != nil {
			return nil, fmt.Errorf("cannot read status.waiting: %w", err)
		}
	}
	for _, resource := range slices.Sorted(maps.Keys(reasons)) {
		why := strings.Join(Fold(reasons[resource]), ", ")
		p.Waits[why] = append(p.Waits[why], resource)
		if !slices.ContainsFunc(reasons[resource], func(r string) bool { return reasons[r] != nil }) {
			p.Next[why] = append(p.Next[why], resource)
		}
	}
	if p.Leaving, err = leaving(o); err != nil {
		return nil, err
	}
	err = readConditions(p, o)
	return p, err
}

// leaving is what an object's status says of what is not wanted.
func leaving(o *unstructured.Unstructured) ([]Leftover, error) {
	list, _, err := unstructured.NestedSlice(o.Object, "status", "leaving")
	if err != nil {
		return nil, fmt.Errorf("cannot read status.leaving: %w", err)
	}
	var all []Leftover
	for _, e := range list {
		m, _ := e.(map[string]any)
		l := Leftover{}
		l.Resource, _, _ = unstructured.NestedString(m, "resource")
		l.Deleting, _, _ = unstructured.NestedBool(m, "deleting")
		l.Message, _, _ = unstructured.NestedString(m, "message")
		if l.For, _, err = unstructured.NestedStringSlice(m, "for"); err != nil {
			return nil, fmt.Errorf("cannot read status.leaving: %w", err)
		}
		all = append(all, l)
	}
	return all, nil
}

func readConditions(p *Progress, o *unstructured.Unstructured) error {
	conditions, _, err := unstructured.NestedSlice(o.Object, "status", "conditions")
	if err != nil {
		return fmt.Errorf("cannot read status.conditions: %w", err)
	}
	for _, c := range conditions {
		m, _ := c.(map[string]any)
		ctype, _ := m["type"].(string)
		l := Layer{Ready: m["status"] == "True"}
		l.Reason, _ = m["reason"].(string)
		l.Message, _ = m["message"].(string)
		var layer bool
		if l.Name, layer = strings.CutSuffix(ctype, "Ready"); layer && l.Name != "" {
			p.Layers = append(p.Layers, l)
		}
		if ctype == "Ready" {
			p.Ready = l.Ready
		}
		p.Conditions = append(p.Conditions, fmt.Sprintf("%v=%v %v", ctype, m["status"], l.Message))
	}
	return nil
}

// Whole tells whether the conditions of a platform that is built are of the same
// run of the function as the rest of its status. Crossplane writes them a moment
// after the rest, in the composite and in the claim; and with the rest it writes
// conditions again that it has read before the run, which may be those of two runs
// ago (FunctionComposer.Compose in Crossplane's
// internal/controller/apiextensions/composite/composition_functions.go). What is of
// one run counts the same in both.
func (p *Progress) Whole() bool {
	var ready, all int
	for _, l := range p.Layers {
		r, a, counted := l.count()
		if !counted && l.Reason != "NotRequested" {
			return true // Nothing can be compared, such as after a fatal error.
		}
		ready, all = ready+r, all+a
	}
	return p.Count == fmt.Sprintf("%d/%d", ready, all)
}

// Removal is a line about a platform that is taken down. Nothing of it is read off
// conditions, see Whole.
func (p *Progress) Removal() string {
	var gone, all int
	if _, err := fmt.Sscanf(p.Count, "%d/%d", &gone, &all); err != nil {
		return p.Phase
	}
	var refused, deleting, kept, first []string
	for _, l := range p.Leaving {
		switch {
		case l.Deleting && l.Message != "":
			refused = append(refused, l.Resource+": "+l.Message)
		case l.Message != "":
			kept = append(kept, l.Resource+" "+l.Message)
		case l.Deleting:
			deleting = append(deleting, l.Resource)
		}
		for _, before := range l.For {
			leaves := slices.ContainsFunc(p.Leaving, func(l Leftover) bool { return l.Resource == before })
			if !leaves && !slices.Contains(first, before) {
				first = append(first, before)
			}
		}
	}
	parts := append([]string{fmt.Sprintf("%d of %d left", all-gone, all)}, refused...)
	if len(deleting) > 0 {
		parts = append(parts, "deleting "+strings.Join(Fold(deleting), ", "))
	}
	if len(first) > 0 {
		parts = append(parts, "first, "+strings.Join(Fold(first), ", "))
	}
	return strings.Join(append(parts, kept...), "; ")
}

// Waiting says in lines what waits for what.
func (p *Progress) Waiting() string {
	w := &strings.Builder{}
	for _, why := range slices.Sorted(maps.Keys(p.Waits)) {
		fmt.Fprintf(w, "  … for %s wait:\n      %s\n", why, strings.Join(Fold(p.Waits[why]), ", "))
	}
	return w.String()
}

// Summary is a line about the layers that are asked for.
func (p *Progress) Summary() string {
	parts := []string{p.Count}
	for _, l := range p.Layers {
		switch ready, all, counted := l.count(); {
		case l.Ready && l.Reason == "NotRequested":
		case l.Ready:
			parts = append(parts, l.Name+" ready")
		case counted:
			parts = append(parts, fmt.Sprintf("%s %d/%d", l.Name, ready, all))
		default:
			parts = append(parts, l.Name+" "+l.Reason)
		}
	}
	return strings.Join(parts, "  ")
}

// Failures are what the layers say of resources that AWS refuses.
func (p *Progress) Failures() []string {
	var fs []string
	for _, l := range p.Layers {
		if _, why, more := strings.Cut(l.Message, "; "); l.Reason == "Failed" && more {
			fs = append(fs, why)
		}
	}
	return fs
}

// Fold keys that differ in their last part only: subnet.{a,b,c}.
func Fold(keys []string) []string {
	parts := map[string][]string{}
	for _, k := range keys {
		i := strings.LastIndex(k, ".") + 1
		parts[k[:i]] = append(parts[k[:i]], k[i:])
	}
	var folded []string
	for _, prefix := range slices.Sorted(maps.Keys(parts)) {
		switch last := parts[prefix]; {
		case prefix == "":
			folded = append(folded, last...)
		case len(last) == 1:
			folded = append(folded, prefix+last[0])
		default:
			folded = append(folded, prefix+"{"+strings.Join(last, ",")+"}")
		}
	}
	return folded
}
