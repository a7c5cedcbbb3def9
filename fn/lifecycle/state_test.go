package lifecycle_test

import (
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
	"github.com/xplatform-dev/function-xplatform/test/docs"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

//nolint:gochecknoglobals // A flag.
var update = flag.Bool("update", false, "draw the life of a platform; the run still fails")

// scheme of all platforms.
//
//nolint:gochecknoglobals // It is made once.
var scheme = sync.OnceValue(platform.NewScheme)

// stateOf a world: where its platform is in its life.
func stateOf(t *testing.T, w *world.World) string {
	t.Helper()
	req := w.Request()
	req.RequiredResources = map[string]*fnv1.Resources{}
	for name, s := range w.Run().GetRequirements().GetResources() {
		req.RequiredResources[name] = w.Find(s)
	}
	xr, err := platform.ReadComposite(req.GetObserved().GetComposite().GetResource())
	if err != nil {
		t.Fatal(err)
	}
	life := lifecycle.Read(xr, v1beta1.Input{}, req)
	options := life.Options(platform.Options(scheme(), xr, v1beta1.Input{}))
	options.Required = req.GetRequiredResources()
	observed := maps.Clone(req.GetObserved().GetResources())
	delete(observed, lifecycle.KeyGuard)
	p := plan.New(options, observed)
	pf, err := platform.Compose(p, xr, v1beta1.Input{})
	if err != nil {
		t.Fatal(err)
	}
	life.Compose(p, pf, req.GetRequiredResources())
	o, err := p.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	return life.At(o).State()
}

// A life is a world of a platform in some state.
type life struct {
	*world.World

	name string
	// ends: it is taken down, or somebody tried to.
	ends bool
}

// lives are worlds of platforms in all states, most of them in several ways.
func lives(t *testing.T) []life {
	t.Helper()
	var all []life
	keep := func(w *world.World, ends bool, name string) { all = append(all, life{w.Fork(t), name, ends}) }
	empty := world.New(t, "platform-smallest.yaml")
	keep(empty, false, "empty")
	for name, wish := range map[string]func(o *unstructured.Unstructured){
		"plain":     func(*unstructured.Unstructured) {},
		"protected": world.Set(true, "spec", "cluster", "deletionProtection"),
		"undrained": world.Set(false, "spec", "teardown", "drain"),
		"both": func(o *unstructured.Unstructured) {
			world.Set(true, "spec", "cluster", "deletionProtection")(o)
			world.Set(false, "spec", "teardown", "drain")(o)
		},
	} {
		w := empty.Fork(t)
		wish(w.XR)
		for range 4 {
			w.Follow(w.Run())
		}
		keep(w, false, name+", half built")
		half := w.Fork(t)
		world.Attempted(half.XR)
		keep(half, true, name+", half built, unconfirmed")
		w.Settle()
		keep(w, false, name+", built")
		changed := w.Fork(t)
		change(changed)
		keep(changed, false, name+", changed")
		edited := w.Fork(t)
		edit(edited)
		keep(edited, false, name+", edited")
		failing := w.Fork(t)
		fail(failing)
		keep(failing, false, name+", failing")
		world.Attempted(w.XR)
		keep(w, true, name+", unconfirmed")
		world.Attempted(failing.XR)
		keep(failing, true, name+", failing, unconfirmed")
		world.Attempted(edited.XR)
		keep(edited, true, name+", edited, unconfirmed")
		world.Deleted(edited.Claim)
		keep(edited, true, name+", edited, ending")
		world.Deleted(failing.Claim)
		keep(failing, true, name+", failing, ending")
		world.Deleted(half.Claim)
		keep(half, true, name+", half built, ending")
		world.Deleted(w.Claim)
		for step, left := 0, -1; len(w.Observed) > 0 && len(w.Observed) != left; step++ {
			if step > 1 {
				left = len(w.Observed)
			}
			w.Follow(w.Run())
			if step == 3 && w.Observed["cluster"] != nil {
				stopped := w.Fork(t)
				world.Set(true, "spec", "cluster", "deletionProtection")(stopped.XR)
				stopped.Follow(stopped.Run())
				keep(stopped, true, name+", protected meanwhile")
			}
			if step < 2 || len(w.Observed) < 5 {
				keep(w, true, fmt.Sprintf("%s, ending with %d left", name, len(w.Observed)))
			}
		}
		keep(w, true, name+", at its end")
	}
	return all
}

// change the claim, so that it asks for more.
func change(w *world.World) {
	queue := map[string]any{"name": "more", "fifo": false, "contentBasedDeduplication": false, "retentionSeconds": int64(60), "visibilityTimeoutSeconds": int64(30)}
	world.Set([]any{queue}, "spec", "queues")(w.XR)
}

// edit the claim, so that it asks for something else.
func edit(w *world.World) { world.Set("more", "spec", "tags", "team")(w.XR) }

// fail in what everything needs.
func fail(w *world.World) {
	if w.Observed["vpc"] != nil {
		w.Edit("vpc", func(o *unstructured.Unstructured) { world.WithStatus(o, "Ready", "False", "Unavailable", "") })
	}
}

// mend what failed.
func mend(w *world.World) {
	if w.Observed["vpc"] != nil {
		w.Edit("vpc", func(o *unstructured.Unstructured) { world.WithStatus(o, "Ready", "True", "Available", "") })
	}
}

// What can happen to a platform that matters to its life: to one that ends, or
// that somebody tried to end, and to any other.
//
//nolint:gochecknoglobals // Constant tables.
var (
	ending = map[string]func(w *world.World){
		"cancelled":   func(w *world.World) { world.Cancel(w.XR) },
		"confirmed":   func(w *world.World) { world.Confirmed(w.XR) },
		"deleted":     func(w *world.World) { world.Deleted(w.Claim) },
		"anew":        func(w *world.World) { unstructured.RemoveNestedField(w.Claim.Object, "metadata", "deletionTimestamp") },
		"undrained":   func(w *world.World) { world.Set(false, "spec", "teardown", "drain")(w.XR) },
		"drained":     func(w *world.World) { world.Set(true, "spec", "teardown", "drain")(w.XR) },
		"protected":   func(w *world.World) { world.Set(true, "spec", "cluster", "deletionProtection")(w.XR) },
		"unprotected": func(w *world.World) { world.Unprotected(w.XR) },
		"clusterGone": func(w *world.World) {
			world.Set(lifecycle.ClusterGone, "metadata", "annotations", lifecycle.AnnotationCluster)(w.XR)
		},
	}
	living = map[string]func(w *world.World){
		"nothing":   func(*world.World) {},
		"failing":   fail,
		"changed":   change,
		"edited":    edit,
		"mended":    func(w *world.World) { edit(w); mend(w) },
		"attempted": func(w *world.World) { world.Attempted(w.XR) },
		"deleted":   func(w *world.World) { w.DeleteClaim() },
	}
)

// TestStates: whatever happens to a platform in whatever state, it becomes only
// what the table says it can, and each of those it does become.
func TestStates(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	step := func(from, to, how string) {
		if from != to {
			seen[fmt.Sprintf("%s -> %s", from, to)] = how
		}
	}
	for _, start := range lives(t) {
		before := stateOf(t, start.World)
		happenings := living
		if start.ends {
			happenings = ending
		}
		for name, happen := range happenings {
			w := start.Fork(t)
			happen(w)
			now := stateOf(t, w)
			step(before, now, start.name+", "+name)
			w.Follow(w.Run())
			step(now, stateOf(t, w), start.name+", "+name)
		}
	}
	want := map[string]string{}
	for _, c := range lifecycle.Changes() {
		change := fmt.Sprintf("%s -> %s", c.From, c.To)
		if want[change] = seen[change]; seen[change] == "" {
			want[change] = "never: " + c.When
		}
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("changes of state: -by the table, +seen:\n%s", diff)
	}
}

const (
	lifeBegin = "<!-- The states are drawn by the tests from the code: go test ./fn/lifecycle -update -->\n"
	lifeEnd   = "<!-- End of the states -->\n"
)

// TestStatesInDocs: the states in the documentation are those of the code.
func TestStatesInDocs(t *testing.T) {
	t.Parallel()
	b := &strings.Builder{}
	b.WriteString("```mermaid\nstateDiagram-v2\n  [*] --> Building\n")
	for _, c := range slices.Backward(lifecycle.Changes()) {
		fmt.Fprintf(b, "  %s --> %s: %s\n", c.From, c.To, c.When)
	}
	b.WriteString("  Gone --> [*]\n")
	b.WriteString("```\n")
	docs.CheckDrawn(t, filepath.Join(world.Root(), "docs", "teardown.md"), lifeBegin, lifeEnd, b.String(), *update)
}
