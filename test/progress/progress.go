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
	// Conditions, all of them, in words.
	Conditions []string
}

// A Layer of a platform.
type Layer struct {
	// Name is the type of its condition without its last word, such as Network.
	Name            string
	Ready           bool
	Reason, Message string
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
	conditions, _, err := unstructured.NestedSlice(o.Object, "status", "conditions")
	if err != nil {
		return nil, fmt.Errorf("cannot read status.conditions: %w", err)
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
	return p, nil
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
		switch count, _, counted := strings.Cut(l.Message, " resource"); {
		case l.Ready && l.Reason == "NotRequested":
		case l.Ready:
			parts = append(parts, l.Name+" ready")
		case counted:
			parts = append(parts, l.Name+" "+strings.Replace(count, " of ", "/", 1))
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
