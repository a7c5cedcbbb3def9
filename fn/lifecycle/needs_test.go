package lifecycle_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestNeedsStripped: somebody takes off, or mangles, what objects say they need. The order
// is the graph's then, also if the claim is refused, and nothing of it is asked for.
func TestNeedsStripped(t *testing.T) {
	t.Parallel()
	start := world.With(t, "{region: eu-central-1, databases: [{name: orders, engine: postgres, deletionProtection: false}], teardown: {drain: false}}")
	start.Settle()
	edges := world.PlanOf(t, start).Edges()
	for name, needs := range map[string]any{"Stripped": nil, "Mangled": "no, such;thing"} {
		for how, refuse := range map[string]func(*unstructured.Unstructured){"": func(*unstructured.Unstructured) {}, "Refused": world.Set("c", "spec", "tags", "a=b")} {
			t.Run(name+how, func(t *testing.T) {
				t.Parallel()
				w := start.Fork(t)
				refuse(w.XR)
				w.DeleteClaim()
				for range 40 {
					for _, key := range w.Made() {
						w.Edit(key, func(o *unstructured.Unstructured) {
							unstructured.RemoveNestedField(o.Object, "metadata", "annotations", plan.AnnotationNeeds)
							if needs != nil {
								world.Set(needs, "metadata", "annotations", plan.AnnotationNeeds)(o)
							}
						})
					}
					gone := w.Follow(w.Run())
					for _, key := range gone {
						for _, other := range slices.Concat(w.Made(), gone) {
							if slices.Contains(edges[other], key) {
								t.Errorf("%s goes before %s, which needs it", key, other)
							}
						}
					}
				}
				if len(w.Observed) > 0 {
					t.Errorf("nothing should be left, got %v", world.SortedKeys(w.Observed))
				}
			})
		}
	}
}

// TestNeedsUnknown: somebody takes off, or mangles, what an object says it needs that the
// claim does not describe any more. It stays, with all it may need, and the claim says
// what to do; then all goes in order.
func TestNeedsUnknown(t *testing.T) {
	t.Parallel()
	const key, uses = "database.orders.security-group", "vpc"
	start := world.With(t, "{region: eu-central-1, databases: [{name: orders, engine: postgres, deletionProtection: false}], queues: [{name: a}], teardown: {drain: false}}")
	start.Settle()
	strip := func(w *world.World, needs any) {
		w.Edit(key, func(o *unstructured.Unstructured) {
			unstructured.RemoveNestedField(o.Object, "metadata", "annotations", plan.AnnotationNeeds)
			if needs != nil {
				world.Set(needs, "metadata", "annotations", plan.AnnotationNeeds)(o)
			}
		})
	}
	const says = key + " does not say what it needs, and nothing describes it: put the annotation xplatform.dev/needs of SecurityGroup crossplane-system/dev-x7k2p-" + key + " back"
	removed := func(w *world.World, field string) { unstructured.RemoveNestedField(w.XR.Object, "spec", field) }
	ends := func(w *world.World) { w.DeleteClaim() }
	cases := map[string]struct {
		reason string
		needs  any
		// begin what people do after they have stripped the object.
		begin func(w *world.World)
		// condition that says what to do, and what stays meanwhile.
		condition string
		stays     []string
		// act as the condition says.
		act func(w *world.World)
		// left is what is left of the platform in the end.
		left bool
	}{
		"Removed": {
			reason:    "What is taken out of a claim meanwhile waits, too.",
			begin:     func(w *world.World) { removed(w, "databases"); removed(w, "queues") },
			condition: v1alpha1.ConditionDataReady,
			stays:     []string{key, "queue.a", uses},
			act:       func(w *world.World) { strip(w, uses) },
			left:      true,
		},
		"Mangled": {
			reason:    "What is no list of keys is as good as none.",
			needs:     "the, vpc",
			begin:     func(w *world.World) { removed(w, "databases") },
			condition: v1alpha1.ConditionDataReady,
			stays:     []string{key},
			act:       func(w *world.World) { strip(w, uses) },
			left:      true,
		},
		"Halted": {
			reason:    "A teardown does not begin.",
			begin:     func(w *world.World) { removed(w, "databases"); ends(w) },
			condition: v1alpha1.ConditionTearingDown,
			stays:     []string{key, "queue.a", "database.orders", "cluster", uses},
			act:       func(w *world.World) { strip(w, uses) },
		},
		"Unreadable": {
			reason: "Nor does one of a claim that nobody can read.",
			begin: func(w *world.World) {
				world.Set([]any{map[string]any{"name": int64(5)}}, "spec", "databases")(w.XR)
				ends(w)
			},
			condition: v1alpha1.ConditionTearingDown,
			stays:     []string{key, "queue.a", "database.orders", "cluster", uses},
			act:       func(w *world.World) { strip(w, uses) },
		},
		"Deleted": {
			reason:    "Somebody may delete the object as well.",
			begin:     func(w *world.World) { removed(w, "databases"); ends(w) },
			condition: v1alpha1.ConditionTearingDown,
			stays:     []string{key, "cluster", uses},
			act: func(w *world.World) {
				w.Slow = []string{key}
				w.Edit(key, world.Deleted)
			},
		},
	}
	edges := world.PlanOf(t, start).Edges()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start.Fork(t)
			strip(w, tc.needs)
			tc.begin(w)
			// follow the function, and check the order, but of what somebody deletes.
			follow := func(runs int) {
				for range runs {
					gone := w.Follow(w.Run())
					for _, key := range gone {
						for _, other := range slices.Concat(w.Made(), world.SortedKeys(w.Lingering), gone) {
							if slices.Contains(edges[other], key) && !slices.Contains(w.Slow, key) {
								t.Errorf("\n%s\n%s goes before %s, which needs it", tc.reason, key, other)
							}
						}
					}
				}
			}
			follow(10)
			for _, key := range tc.stays {
				if w.Observed[key] == nil {
					t.Errorf("\n%s\n%s should stay", tc.reason, key)
				}
			}
			if m := world.ConditionOf(w.Run(), tc.condition).GetMessage(); !strings.Contains(m, says) {
				t.Errorf("\n%s\nwant %q, got %q", tc.reason, says, m)
			}
			tc.act(w)
			follow(3)
			w.Slow, w.Lingering = nil, map[string]*fnv1.Resource{}
			follow(30)
			if left := len(w.Observed) > 0; left != tc.left || w.Observed[key] != nil {
				t.Errorf("\n%s\nleft: %v", tc.reason, world.SortedKeys(w.Observed))
			}
		})
	}
}

// TestNeedsInACircle: somebody has mangled what an object says it needs into what needs
// it itself. Order is taken from the graph.
func TestNeedsInACircle(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(*unstructured.Unstructured){
		"Accepted": func(*unstructured.Unstructured) {},
		"Refused":  world.Set("c", "spec", "tags", "a=b"),
	} {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, "{region: eu-central-1, name: dev, teardown: {drain: false}}")
			w.Settle()
			refuse(w.XR)
			w.DeleteClaim()
			w.Edit("vpc", world.Set("cluster", "metadata", "annotations", "xplatform.dev/needs"))
			for range 60 {
				w.Follow(w.Run())
			}
			if len(w.Observed) > 0 {
				t.Errorf("%d are left for ever: %v", len(w.Observed), world.ConditionOf(w.Run(), v1alpha1.ConditionTearingDown))
			}
		})
	}
}

// TestNeedsInACircleAlone: what no graph describes waits for a person, who is told of all
// of the circle, before anything goes.
func TestNeedsInACircleAlone(t *testing.T) {
	t.Parallel()
	const key = "database.orders.security-group"
	w := world.With(t, "{region: eu-central-1, name: dev, databases: [{name: orders, engine: postgres, deletionProtection: false}], teardown: {drain: false}}")
	w.Settle()
	unstructured.RemoveNestedField(w.XR.Object, "spec", "databases")
	w.DeleteClaim()
	was := world.ObservedOf(w, key).Annotation(plan.AnnotationNeeds)
	w.Edit(key, world.Set("database.orders,vpc", "metadata", "annotations", plan.AnnotationNeeds))
	made := w.Made()
	for range 10 {
		w.Follow(w.Run())
	}
	if diff := cmp.Diff(made, w.Made()); diff != "" {
		t.Errorf("nothing should go: -made, +left:\n%s", diff)
	}
	said := world.ConditionOf(w.Run(), v1alpha1.ConditionTearingDown).GetMessage()
	for _, want := range []string{key, "database.orders", "says that it needs what needs it", plan.AnnotationNeeds} {
		if !strings.Contains(said, want) {
			t.Errorf("want %q said, got %q", want, said)
		}
	}
	w.Edit(key, world.Set(was, "metadata", "annotations", plan.AnnotationNeeds))
	for range 60 {
		w.Follow(w.Run())
	}
	if len(w.Observed) > 0 {
		t.Errorf("once it is put right all should go, left is %v", w.Made())
	}
}
