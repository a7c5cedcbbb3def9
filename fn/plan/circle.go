package plan

import (
	"maps"
	"slices"
)

// What exists says what it needs, and somebody may have written something else there.
// Once that closes a circle, each of it would wait for the other for ever.

// demands are the keys of what each object needs, by its key: what it says, and what the
// graph does, which knows better. Of a circle that takes what is said of a node, the graph
// alone is believed. An object that no node describes, and that is in a circle all the
// same, has nobody to tell what it needs.
func (p *Plan) demands() (needs map[string][]string, circular map[string]bool) {
	said, graph := map[string][]string{}, map[string][]string{}
	for key, o := range p.Existing() {
		said[key] = SplitNeeds(o.needs())
	}
	for _, n := range p.nodes {
		graph[n.Key] = keys(n.needsNow())
	}
	circles := circlesOf(union(said, graph))
	if len(circles) == 0 {
		return union(said, graph), nil
	}
	for key := range circles {
		if p.byKey[key] != nil {
			said[key] = slices.DeleteFunc(said[key], func(need string) bool { return circles[need] })
		}
	}
	needs = union(said, graph)
	circular = circlesOf(needs)
	maps.DeleteFunc(circular, func(key string, _ bool) bool { return p.byKey[key] != nil })
	for key := range circular {
		delete(needs, key)
	}
	return needs, circular
}

// union of what is needed, by key.
func union(a, b map[string][]string) map[string][]string {
	all := make(map[string][]string, len(a)+len(b))
	for _, m := range []map[string][]string{a, b} {
		for key, needs := range m {
			all[key] = append(all[key], needs...)
		}
	}
	return all
}

// circlesOf needs are the keys that are in a circle, or between two.
func circlesOf(needs map[string][]string) map[string]bool {
	left := make(map[string]bool, len(needs))
	for key := range needs {
		left[key] = true
	}
	for before := 0; before != len(left); {
		before = len(left)
		needed := map[string]bool{}
		for key := range left {
			inner := false
			for _, need := range needs[key] {
				if left[need] {
					inner, needed[need] = true, true
				}
			}
			if !inner {
				delete(left, key)
			}
		}
		maps.DeleteFunc(left, func(key string, _ bool) bool { return !needed[key] })
	}
	return left
}
