package lifecycle_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// A Crossplane that gives up half-way. It deletes before it writes anything, and a
// single conflict with a provider is enough: what was deleted until then is, nothing
// else of an answer happens, and its status is lost.

// lose an answer. Of what it lets go, some is asked to go. What is returned is.
func lose(w *world.World, rsp *fnv1.RunFunctionResponse, asked func(key string) bool) []string {
	w.TB.Helper()
	var leaving []string
	for _, key := range world.SortedKeys(w.Observed) {
		if rsp.GetDesired().GetResources()[key] == nil && world.ObservedOf(w, key).Stays() && asked(key) {
			w.Edit(key, world.Deleted)
			leaving = append(leaving, key)
		}
	}
	return leaving
}

// vanish makes things that are on their way out be gone, if they are chosen. What
// is returned is.
func vanish(w *world.World, chosen func(key string) bool) []string {
	w.TB.Helper()
	var gone []string
	for _, key := range world.SortedKeys(w.Lingering) {
		if chosen(key) {
			delete(w.Lingering, key)
			gone = append(gone, key)
		}
	}
	for _, key := range world.SortedKeys(w.Observed) {
		if !world.ObservedOf(w, key).Stays() && chosen(key) {
			delete(w.Observed, key)
			gone = append(gone, key)
		}
	}
	return gone
}

func always(string) bool { return true }

// TestDrainIsRemembered: that the cluster is drained is acted upon once it is known
// to be remembered, however often that is lost.
func TestDrainIsRemembered(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	w.Settle()
	w.Begin(lifecycle.KeyDrain)
	made, taken := w.Made(), world.Drains(w.Run())
	w.MakeReady(lifecycle.KeyDrain, w.Run())
	for range 3 {
		rsp := w.Run()
		world.CheckWhole(t, made, rsp)
		world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, lifecycle.ReasonDrained)
		if got := world.Drains(rsp); !slices.Equal(got, taken) {
			t.Fatalf("the drain should stay as well: want %v, got %v", taken, got)
		}
		if gone := lose(w, rsp, always); len(gone) > 0 {
			t.Fatalf("nothing should go before it is remembered: got %v", gone)
		}
	}
	w.Follow(w.Run())
	rsp := w.Run()
	for _, key := range world.KindsOf(rsp, "Release") {
		t.Errorf("%s should go once it is", key)
	}
	if got := world.Drains(rsp); !slices.Equal(got, taken) {
		t.Errorf("the drain should be put on the list first: want %v, got %v", taken, got)
	}
}

// withRecords is a claim whose drain has a step that depends on a controller.
const withRecords = "{region: eu-central-1, name: dev, dns: {domain: dev.example.com}}"

// TestConflicts: what is gone when a conflict has ended a run is not made anew by
// the next one, nor is the cluster drained again.
func TestConflicts(t *testing.T) {
	t.Parallel()
	start := world.With(t, withRecords)
	start.Settle()
	start.Begin(lifecycle.KeyDrain)
	start.MakeReady(lifecycle.KeyDrain, start.Run())
	for name, vanishes := range map[string]func(key string) bool{
		"Gone":  always,
		"Tags":  func(key string) bool { return strings.Contains(key, ".tag.") },
		"Stays": func(string) bool { return false },
	} {
		t.Run(name, func(t *testing.T) {
			w := start.Fork(t)
			left := map[string]bool{}
			for n := 0; n < 3 && !t.Failed(); {
				rsp := w.Run()
				world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, lifecycle.ReasonDrained)
				for key := range left {
					if rsp.GetDesired().GetResources()[key] != nil {
						t.Errorf("%s has left, and is asked for", key)
					}
				}
				if rsp.GetDesired().GetResources()[lifecycle.KeyDrain] == nil {
					t.Error("the drain should be put on the list before it goes")
				}
				if len(rsp.GetDesired().GetResources()) == len(w.Observed) {
					w.Remember(rsp) // There is nothing a conflict could be about.
					continue
				}
				for _, key := range lose(w, rsp, func(key string) bool { return len(key)%3 == n }) {
					left[key] = true
				}
				vanish(w, vanishes)
				n++
			}
			if len(left) < 6 {
				t.Errorf("want all of the first stage to have left, got %v", world.SortedKeys(left))
			}
			w.TakeDown()
			if len(w.Observed) > 0 {
				t.Errorf("nothing should be left, got %v", world.SortedKeys(w.Observed))
			}
		})
	}
}

// TestLossyTeardowns takes platforms down at random, while most of what is to be
// remembered is lost and things go at any moment: what is gone stays so, the cluster
// is drained once, the order is kept, and it ends.
func TestLossyTeardowns(t *testing.T) {
	t.Parallel()
	start := world.With(t, withRecords)
	start.Settle()
	start.Begin("drain.config")
	for seed := range uint64(6) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // Chance, the same each time.
			some := func(string) bool { return r.IntN(3) == 0 }
			w := start.Fork(t)
			w.Slow = slices.Concat(w.Made(), slices.Concat(world.DrainStages...))
			gone, pods := map[string]bool{}, 0
			for n := 0; len(w.Observed)+len(w.Lingering) > 0 && !t.Failed(); n++ {
				if n == 400 {
					t.Fatalf("it never ends: %v and %v are left", world.SortedKeys(w.Observed), world.SortedKeys(w.Lingering))
				}
				rsp := w.Run()
				for _, key := range world.SortedKeys(w.Observed) {
					if rsp.GetDesired().GetResources()[key] == nil && world.ObservedOf(w, key).Stays() {
						checkLast(w, key)
					}
				}
				for _, key := range vanish(w, some) {
					gone[key] = true
				}
				for key := range gone {
					if rsp.GetDesired().GetResources()[key] != nil {
						t.Errorf("%s is gone, and made anew", key)
					}
				}
				if r.IntN(3) > 0 {
					lose(w, rsp, some)
					continue
				}
				if rsp.GetDesired().GetResources()[lifecycle.KeyDrain] != nil && w.Observed[lifecycle.KeyDrain] == nil {
					pods++
				}
				w.Follow(rsp)
			}
			if pods != 1 {
				t.Errorf("the cluster should be drained once: got %d Pods", pods)
			}
		})
	}
}

// checkLast checks that nothing that exists needs what is let go.
func checkLast(w *world.World, key string) {
	w.TB.Helper()
	for _, rs := range []map[string]*fnv1.Resource{w.Observed, w.Lingering} {
		for other, r := range rs {
			if slices.Contains(plan.SplitNeeds(plan.Observe(r).Annotation(plan.AnnotationNeeds)), key) {
				w.TB.Errorf("%s goes before %s, which needs it", key, other)
			}
		}
	}
}

// TestDeletedByHand: what somebody deletes is waited for, with what it needs and
// what needs it, and made anew once it is gone and what it needs is ready.
func TestDeletedByHand(t *testing.T) {
	t.Parallel()
	const group, role = "node-group.default", "nodes.role.worker"
	w := world.New(t, "platform-smallest.yaml")
	before := w.Settle()
	made := slices.DeleteFunc(w.Made(), func(key string) bool { return key == group })
	w.Edit(group, world.Deleted)
	w.Slow = []string{group}
	for range 3 {
		rsp := w.Run()
		world.CheckWhole(t, made, rsp)
		if rsp.GetDesired().GetResources()[group] != nil {
			t.Fatal("it should not be asked for")
		}
		if s := fmt.Sprint(world.StatusOf(t, rsp)["leaving"]); !strings.Contains(s, "deleting:true") || !strings.Contains(s, group) {
			t.Errorf("it should be on the list: got %s", s)
		}
		w.Follow(rsp)
	}
	w.Lingering = map[string]*fnv1.Resource{}
	w.Edit(role, func(o *unstructured.Unstructured) { world.WithStatus(o, "Ready", "False", "Unavailable", "") })
	if w.Run().GetDesired().GetResources()[group] != nil {
		t.Error("it should wait for what it needs")
	}
	w.MakeReady(role, before)
	if w.Run().GetDesired().GetResources()[group] == nil {
		t.Error("it should be made anew")
	}
}
