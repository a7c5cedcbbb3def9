package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// A Crossplane that gives up half-way. It deletes before it writes anything, and a
// single conflict with a provider is enough: what was deleted until then is, nothing
// else of an answer happens, and its status is lost.

// lose an answer. Of what it lets go, some is asked to go. What is returned is.
func (w *world) lose(rsp *fnv1.RunFunctionResponse, asked func(key string) bool) []string {
	w.t.Helper()
	var leaving []string
	for _, key := range sorted(w.observed) {
		if rsp.GetDesired().GetResources()[key] == nil && stays(observedOf(w, key)) && asked(key) {
			w.edit(key, deleted)
			leaving = append(leaving, key)
		}
	}
	return leaving
}

// vanish makes things that are on their way out be gone, if they are chosen. What
// is returned is.
func (w *world) vanish(chosen func(key string) bool) []string {
	w.t.Helper()
	var gone []string
	for _, key := range sorted(w.lingering) {
		if chosen(key) {
			delete(w.lingering, key)
			gone = append(gone, key)
		}
	}
	for _, key := range sorted(w.observed) {
		if !stays(observedOf(w, key)) && chosen(key) {
			delete(w.observed, key)
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
	w := newWorld(t, "platform-smallest.yaml")
	w.settle()
	w.begin(keyDrain)
	made, taken := w.made(), drains(w.run())
	w.ready(keyDrain, w.run())
	for range 3 {
		rsp := w.run()
		whole(t, made, rsp)
		checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, reasonDrained)
		if got := drains(rsp); !slices.Equal(got, taken) {
			t.Fatalf("the drain should stay as well: want %v, got %v", taken, got)
		}
		if gone := w.lose(rsp, always); len(gone) > 0 {
			t.Fatalf("nothing should go before it is remembered: got %v", gone)
		}
	}
	w.follow(w.run())
	rsp := w.run()
	for _, key := range kindsOf(rsp, "Release") {
		t.Errorf("%s should go once it is", key)
	}
	if got := drains(rsp); !slices.Equal(got, taken) {
		t.Errorf("the drain should be put on the list first: want %v, got %v", taken, got)
	}
}

// withRecords is a claim whose drain has a step that depends on a controller.
const withRecords = "{region: eu-central-1, name: dev, dns: {domain: dev.example.com}}"

// TestConflicts: what is gone when a conflict has ended a run is not made anew by
// the next one, nor is the cluster drained again.
func TestConflicts(t *testing.T) {
	t.Parallel()
	start := newWorldWith(t, withRecords)
	start.settle()
	start.begin(keyDrain)
	start.ready(keyDrain, start.run())
	for name, vanishes := range map[string]func(key string) bool{
		"Gone":  always,
		"Tags":  func(key string) bool { return strings.Contains(key, ".tag.") },
		"Stays": func(string) bool { return false },
	} {
		t.Run(name, func(t *testing.T) {
			w := start.fork(t)
			left := map[string]bool{}
			for n := 0; n < 3 && !t.Failed(); {
				rsp := w.run()
				checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, reasonDrained)
				for key := range left {
					if rsp.GetDesired().GetResources()[key] != nil {
						t.Errorf("%s has left, and is asked for", key)
					}
				}
				if rsp.GetDesired().GetResources()[keyDrain] == nil {
					t.Error("the drain should be put on the list before it goes")
				}
				if len(rsp.GetDesired().GetResources()) == len(w.observed) {
					w.remember(rsp) // There is nothing a conflict could be about.
					continue
				}
				for _, key := range w.lose(rsp, func(key string) bool { return len(key)%3 == n }) {
					left[key] = true
				}
				w.vanish(vanishes)
				n++
			}
			if len(left) < 6 {
				t.Errorf("want all of the first stage to have left, got %v", sorted(left))
			}
			w.takeDown()
			if len(w.observed) > 0 {
				t.Errorf("nothing should be left, got %v", sorted(w.observed))
			}
		})
	}
}

// TestLossyTeardowns takes platforms down at random, while most of what is to be
// remembered is lost and things go at any moment: what is gone stays so, the cluster
// is drained once, the order is kept, and it ends.
func TestLossyTeardowns(t *testing.T) {
	t.Parallel()
	start := newWorldWith(t, withRecords)
	start.settle()
	start.begin("drain.config")
	for seed := range uint64(6) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // Chance, the same each time.
			some := func(string) bool { return r.IntN(3) == 0 }
			w := start.fork(t)
			w.slow = slices.Concat(w.made(), slices.Concat(drainStages...))
			gone, pods := map[string]bool{}, 0
			for n := 0; len(w.observed)+len(w.lingering) > 0 && !t.Failed(); n++ {
				if n == 400 {
					t.Fatalf("it never ends: %v and %v are left", sorted(w.observed), sorted(w.lingering))
				}
				rsp := w.run()
				for _, key := range sorted(w.observed) {
					if rsp.GetDesired().GetResources()[key] == nil && stays(observedOf(w, key)) {
						w.checkLast(key)
					}
				}
				for _, key := range w.vanish(some) {
					gone[key] = true
				}
				for key := range gone {
					if rsp.GetDesired().GetResources()[key] != nil {
						t.Errorf("%s is gone, and made anew", key)
					}
				}
				if r.IntN(3) > 0 {
					w.lose(rsp, some)
					continue
				}
				if rsp.GetDesired().GetResources()[keyDrain] != nil && w.observed[keyDrain] == nil {
					pods++
				}
				w.follow(rsp)
			}
			if pods != 1 {
				t.Errorf("the cluster should be drained once: got %d Pods", pods)
			}
		})
	}
}

// checkLast checks that nothing that exists needs what is let go.
func (w *world) checkLast(key string) {
	w.t.Helper()
	for _, rs := range []map[string]*fnv1.Resource{w.observed, w.lingering} {
		for other, r := range rs {
			if slices.Contains(plan.SplitNeeds(plan.Observe(r).String("metadata.annotations["+plan.AnnotationNeeds+"]")), key) {
				w.t.Errorf("%s goes before %s, which needs it", key, other)
			}
		}
	}
}

// TestDeletedByHand: what somebody deletes is waited for, with what it needs and
// what needs it, and made anew once it is gone and what it needs is ready.
func TestDeletedByHand(t *testing.T) {
	t.Parallel()
	const group, role = "node-group.default", "nodes.role.worker"
	w := newWorld(t, "platform-smallest.yaml")
	before := w.settle()
	made := slices.DeleteFunc(w.made(), func(key string) bool { return key == group })
	w.edit(group, deleted)
	w.slow = []string{group}
	for range 3 {
		rsp := w.run()
		whole(t, made, rsp)
		if rsp.GetDesired().GetResources()[group] != nil {
			t.Fatal("it should not be asked for")
		}
		if s := fmt.Sprint(statusOf(t, rsp)["leaving"]); !strings.Contains(s, "deleting:true") || !strings.Contains(s, group) {
			t.Errorf("it should be on the list: got %s", s)
		}
		w.follow(rsp)
	}
	w.lingering = map[string]*fnv1.Resource{}
	w.edit(role, func(o *unstructured.Unstructured) { withStatus(o, "Ready", "False", "Unavailable", "") })
	if w.run().GetDesired().GetResources()[group] != nil {
		t.Error("it should wait for what it needs")
	}
	w.ready(role, before)
	if w.run().GetDesired().GetResources()[group] == nil {
		t.Error("it should be made anew")
	}
}
