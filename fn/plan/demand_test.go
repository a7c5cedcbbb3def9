package plan

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// TestDemand: what an object needed before, it needs until the change has
// happened.
func TestDemand(t *testing.T) {
	// The node needs new now; it exists, and so does old.
	generation := func(asked, synced int) func(o map[string]any) {
		return func(o map[string]any) {
			o["metadata"].(map[string]any)["generation"] = asked
			conditions, _ := o["status"].(map[string]any)["conditions"].([]any)
			for _, c := range conditions {
				c.(map[string]any)["observedGeneration"] = synced
			}
		}
	}
	cases := map[string]struct {
		reason string
		needs  []string
		node   *fnv1.Resource
		need   *fnv1.Resource
		old    *fnv1.Resource
		change []func(o *Options)
		want   string
	}{
		"Missing": {
			reason: "What is asked for the first time needs what it needs.",
			needs:  []string{"new"},
			need:   existing("new", ready),
			want:   "new",
		},
		"Same": {
			reason: "So does what needs the same as before.",
			needs:  []string{"new"},
			node:   existing("node", needing("new")),
			want:   "new",
		},
		"More": {
			reason: "What needs more than before needs that at once.",
			needs:  []string{"new", "old"},
			node:   existing("node", ready, needing("old")),
			old:    existing("old", ready),
			want:   "new,old",
		},
		"Replaced": {
			reason: "What is asked to use something else may use the one before a while longer.",
			needs:  []string{"new"},
			node:   existing("node", ready, needing("old")),
			need:   existing("new", ready),
			old:    existing("old", ready),
			want:   "new;old",
		},
		"ReplacementNotReady": {
			reason: "As long as the one that comes isn't ready, nothing goes.",
			needs:  []string{"new"},
			node:   existing("node", ready, needing("new;old")),
			need:   existing("new"),
			old:    existing("old", ready),
			want:   "new;old",
		},
		"ReplacementMissing": {
			reason: "Nor as long as there is none.",
			needs:  []string{"new"},
			node:   existing("node", ready, needing("new;old")),
			old:    existing("old", ready),
			want:   "new;old",
		},
		"NotReady": {
			reason: "Nor as long as it isn't ready itself.",
			needs:  []string{"new"},
			node:   existing("node", needing("new;old")),
			need:   existing("new", ready),
			old:    existing("old", ready),
			want:   "new;old",
		},
		"NotSynced": {
			reason: "Nor as long as its provider speaks of what was asked before.",
			needs:  []string{"new"},
			node:   existing("node", ready, needing("new;old"), generation(2, 1)),
			need:   existing("new", ready),
			old:    existing("old", ready),
			want:   "new;old",
		},
		"Settled": {
			reason: "Once the change has happened, it needs what it needs.",
			needs:  []string{"new"},
			node:   existing("node", ready, needing("new;old"), generation(2, 2)),
			need:   existing("new", ready),
			old:    existing("old", ready),
			want:   "new",
		},
		"OldGone": {
			reason: "What is gone can't be used.",
			needs:  []string{"new"},
			node:   existing("node", needing("new;old")),
			need:   existing("new", ready),
			want:   "new",
		},
		"OldLingers": {
			reason: "What is on its way out still can.",
			needs:  []string{"new"},
			node:   existing("node", needing("new;old")),
			need:   existing("new", ready),
			change: []func(o *Options){remembering("old"), finding(requireObject+"old", existing("old", deleting))},
			want:   "new;old",
		},
		"Dropped": {
			reason: "What is asked to do without may use it a while longer, too.",
			node:   existing("node", ready, needing("old")),
			old:    existing("old", ready),
			want:   ";old",
		},
		"DroppedSettled": {
			reason: "Once it does without, it needs nothing.",
			node:   existing("node", ready, needing(";old")),
			old:    existing("old", ready),
		},
		"DroppedOneOfTwo": {
			reason: "That what it needs now was needed before does not mean that the change has happened.",
			needs:  []string{"new"},
			node:   existing("node", ready, needing("new,old")),
			need:   existing("new", ready),
			old:    existing("old", ready),
			want:   "new;old",
		},
		"BackAndForth": {
			reason: "What needs again what it needed before, may use what it did in between.",
			needs:  []string{"new"},
			node:   existing("node", ready, needing("old;new")),
			need:   existing("new", ready),
			old:    existing("old", ready),
			want:   "new;old",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			observed := map[string]*fnv1.Resource{}
			for key, r := range map[string]*fnv1.Resource{"node": tc.node, "new": tc.need, "old": tc.old} {
				if r != nil {
					observed[key] = r
				}
			}
			p := newPlan(observed, tc.change...)
			l := p.Layer(condition)
			needs := map[string]*Node{}
			for _, key := range tc.needs {
				needs[key] = l.Add(key, func(*Node) runtime.Object { return thing(nil) })
			}
			n := l.Add("node", func(n *Node) runtime.Object {
				for _, key := range tc.needs {
					n.After(needs[key])
				}
				return thing(nil)
			})
			resolved(t, p)
			for range 10 {
				if got := n.demand(); got != tc.want {
					t.Fatalf("\n%s\nwant %q, got %q", tc.reason, tc.want, got)
				}
			}
		})
	}
}
