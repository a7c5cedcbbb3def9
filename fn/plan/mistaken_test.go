package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// TestMistaken: a plan with a mistake of ours in it touches nothing, but takes down
// all that exists, in its order.
func TestMistaken(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		err    func(p *Plan)
	}{
		"Twice": {
			reason: "A key that is added twice is no reason to keep what exists.",
			err:    func(p *Plan) { add(p, blueprint{key: "a"}) },
		},
		"NotRendered": {
			reason: "Nor is an object that can't be rendered.",
			err: func(p *Plan) {
				final := NewField("spec.final")
				p.Layer(condition).Add("c", func(n *Node) runtime.Object { n.Final(final); return noObject{} })
				p.Layer(condition).Add("d", func(*Node) runtime.Object { return noObject{} })
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			observed := map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b", needing("a")), "c": existing("c")}
			plan := func(change ...func(o *Options)) *Plan {
				p := newPlan(observed, append(change, remembering("a", "b", "c"), finding(requireKind+"Thing.example.org"), finding(requireObject+"b"), finding(requireObject+"c"))...)
				add(p, blueprint{key: "a"}, blueprint{key: "b", needs: []string{"a"}})
				tc.err(p)
				return p
			}
			if o, err := plan().Resolve(); err == nil || o != nil {
				t.Errorf("\n%s\nwhile anything is wanted, want an error and nothing else, got %v", tc.reason, o)
			}
			var gone [][]string
			for len(gone) < 2 {
				o, err := plan(tearingDown).Resolve()
				if err == nil || o == nil {
					t.Fatalf("\n%s\nwant an error and an outcome, got %v and %v", tc.reason, err, o)
				}
				gone = append(gone, o.Starting())
				for _, key := range o.Starting() {
					delete(observed, key)
				}
			}
			if diff := cmp.Diff([][]string{{"b", "c"}, {"a"}}, gone); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// noObject is nothing that Kubernetes knows.
type noObject struct{ runtime.Object }
