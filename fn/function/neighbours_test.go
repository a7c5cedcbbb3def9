package function_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// theirs is what another step of the pipeline has composed by a key.
func theirs(tb testing.TB, key string, edits map[string]any) *fnv1.Resource {
	tb.Helper()
	metadata := map[string]any{
		"name":            "dev-x7k2p-" + key,
		"namespace":       "crossplane-system",
		"labels":          map[string]any{"crossplane.io/composite": "dev-x7k2p"},
		"annotations":     map[string]any{"crossplane.io/composition-resource-name": key},
		"ownerReferences": []any{map[string]any{"uid": "00000000-0000-4000-8000-000000000001", "controller": true}},
	}
	maps.Copy(metadata, edits)
	return &fnv1.Resource{Resource: world.StructOf(tb, map[string]any{"apiVersion": "example.org/v1", "kind": "Bucket", "metadata": metadata})}
}

// TestNeighbours: what other steps of the pipeline compose, before us or after us, is
// neither ours to remove, nor waited for, nor searched for, whatever state it is in.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason   string
		observed *fnv1.Resource
		// before us, it is asked for.
		before bool
	}{
		"Before":        {reason: "What an earlier step asks for should pass through.", observed: theirs(t, "bucket", nil), before: true},
		"After":         {reason: "Of what a later step will ask for there is nothing to be seen yet.", observed: theirs(t, "bucket", nil)},
		"AfterDeleting": {reason: "Nor should it matter that it is on its way out.", observed: theirs(t, "bucket", map[string]any{"deletionTimestamp": "2026-01-02T00:00:00Z"})},
	}
	// along runs a world to its rest, as it is beside the neighbour.
	along := func(w *world.World, neighbour *fnv1.Resource, before bool) *fnv1.RunFunctionResponse {
		req := w.Request()
		if neighbour != nil {
			req.Observed.Resources["bucket"] = neighbour
			if before {
				req.Desired = &fnv1.State{Resources: map[string]*fnv1.Resource{"bucket": neighbour}}
			}
		}
		return w.Answer(req)
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alone := world.With(t, "{region: eu-central-1, teardown: {drain: false}}")
			compare := func(when string) *fnv1.RunFunctionResponse {
				want, got := along(alone, nil, false), along(alone, tc.observed, tc.before)
				if _, asked := got.GetDesired().GetResources()["bucket"]; asked != tc.before {
					t.Errorf("\n%s\n%s, it is asked for: %t", tc.reason, when, asked)
				}
				delete(got.GetDesired().GetResources(), "bucket")
				if !proto.Equal(want, got) {
					t.Fatalf("\n%s\n%s, want the same as alone: -want, +got:\n%s", tc.reason, when, cmp.Diff(want.String(), got.String()))
				}
				return want
			}
			for range 20 {
				if rsp := compare("while it is built"); world.IsReady(rsp) {
					break
				} else {
					alone.Follow(rsp)
				}
			}
			alone.DeleteClaim()
			for range 20 {
				alone.Follow(compare("while it is taken down"))
			}
			if keys := slices.Collect(maps.Keys(alone.Observed)); len(keys) > 0 {
				t.Errorf("\n%s\nwant nothing left, got %s", tc.reason, strings.Join(keys, ", "))
			}
		})
	}
}

// TestNeighboursOfARefused: nor is it asked for while a claim is refused, and its guard is
// made anew: its step may have stopped asking.
func TestNeighboursOfARefused(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, name: dev}")
	w.Settle()
	made := w.Made()
	delete(w.Observed, lifecycle.KeyGuard)
	for _, before := range []bool{false, true} {
		req := w.Request()
		req.Input = world.Input(t, map[string]any{"allowedRegions": []any{"us-east-1"}})
		bucket := theirs(t, "bucket", nil)
		req.Observed.Resources["bucket"] = bucket
		if before {
			req.Desired = &fnv1.State{Resources: map[string]*fnv1.Resource{"bucket": bucket}}
		}
		rsp := w.Answer(req)
		world.CheckWhole(t, append([]string{lifecycle.KeyGuard}, made...), rsp)
		if got := rsp.GetDesired().GetResources()["bucket"]; (got != nil) != before || before && !proto.Equal(got, bucket) {
			t.Errorf("asked for by an earlier step: %t; got %v", before, got)
		}
	}
}

// TestNeighbourCalledDrain: nor is it taken for a drain by what it is called.
func TestNeighbourCalledDrain(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, name: dev}")
	w.Settle()
	w.DeleteClaim()
	// A drain does not begin once the controllers that could finish it are on their way out.
	for _, key := range []string{"cluster-autoscaler", "aws-load-balancer-controller"} {
		w.Edit(key, world.Deleted)
	}
	alone := world.Drains(w.Run())
	req := w.Request()
	req.Observed.Resources["drain.alerts"] = theirs(t, "drain.alerts", nil)
	if beside := world.Drains(w.Answer(req)); !slices.Equal(alone, beside) {
		t.Errorf("alone it drains %v, beside somebody's drain.alerts %v", alone, beside)
	}
}

// TestNeighbourOfOurKey: what an earlier step composes by a key of ours is refused, and
// nothing is touched, also not while all that is ours goes. By a key that is not wanted
// any more, and that we have composed nothing by, it does not matter.
func TestNeighbourOfOurKey(t *testing.T) {
	t.Parallel()
	start := world.With(t, "{region: eu-central-1, name: dev}")
	beside := func(w *world.World, keys ...string) *fnv1.RunFunctionResponse {
		req := w.Request()
		req.Desired = &fnv1.State{Resources: map[string]*fnv1.Resource{}}
		for _, key := range keys {
			bucket := theirs(t, key, nil)
			req.Desired.Resources[key] = bucket
			if req.GetObserved().GetResources()[key] == nil {
				req.Observed.Resources[key] = bucket
			}
		}
		return w.Answer(req)
	}
	refused := func(when string, w *world.World, keys ...string) {
		t.Helper()
		m := world.FatalOf(beside(w, keys...))
		if want := "called " + strings.Join(keys, ", ") + ", which is"; !strings.Contains(m, want) || !strings.Contains(m, "call it otherwise") {
			t.Errorf("%s: want %q refused, got %q", when, want, m)
		}
	}
	refused("before anything is made", start, "helm")
	refused("before anything is made", start, lifecycle.KeyGuard)
	start.Settle()
	refused("in force", start, lifecycle.KeyGuard, "helm", "vpc")

	removed := start.Fork(t)
	removed.Edit("vpc", world.Set("old", "metadata", "annotations", "crossplane.io/composition-resource-name"))
	removed.Observed["old"] = removed.Observed["vpc"]
	refused("not wanted any more, and left", removed, "old")

	start.DeleteClaim()
	refused("going", start, "helm")
	delete(start.Observed, "cluster-autoscaler")
	rsp := beside(start, "cluster-autoscaler")
	if m := world.FatalOf(rsp); m != "" || len(world.Drains(rsp)) == 0 {
		t.Errorf("want the teardown to go on, got %q, and the drain %v", m, world.Drains(rsp))
	}
	for range 2 {
		start.Follow(start.Run())
	}
	refused("while it is drained", start, "drain.config", "drain.role")
}

// TestNeighbourThatTags: a later step that tags all that is composed, as
// function-tag-manager does, keeps nobody from being ready. A tag that is taken out of
// the claim is in force beside it once it is gone.
func TestNeighbourThatTags(t *testing.T) {
	t.Parallel()
	l := world.Live(world.With(t, "{region: eu-central-1, name: dev, tags: {team: a}}"))
	tag := func(rsp *fnv1.RunFunctionResponse) {
		for _, r := range rsp.GetDesired().GetResources() {
			forProvider := r.GetResource().GetFields()["spec"].GetStructValue().GetFields()["forProvider"].GetStructValue()
			if tags := forProvider.GetFields()["tags"].GetStructValue(); tags != nil {
				tags.Fields["cost-center"] = structpb.NewStringValue("4711")
			}
		}
	}
	settle := func(when string) {
		for range 60 {
			rsp := l.Ask()
			if world.IsReady(rsp) {
				return
			}
			tag(rsp)
			l.Step(rsp)
		}
		t.Fatalf("%s: never ready: %s", when, world.Explain(l.Ask()))
	}
	tags := func(key string) map[string]any {
		m, _, _ := unstructured.NestedMap((&unstructured.Unstructured{Object: l.Observed[key].GetResource().AsMap()}).Object, "spec", "forProvider", "tags")
		return m
	}
	settle("made")
	if got := tags("vpc"); got["team"] != "a" || got["cost-center"] != "4711" {
		t.Fatalf("want the claim's tag and the later step's, got %v", got)
	}
	unstructured.RemoveNestedField(l.XR.Object, "spec", "tags")
	if rsp := l.Ask(); world.IsReady(rsp) || !strings.Contains(world.Explain(rsp), "tags.team") {
		t.Errorf("it should not be ready before the tag is gone: %s", world.Explain(rsp))
	}
	settle("changed")
	if got := tags("vpc"); got["team"] != nil || got["cost-center"] != "4711" {
		t.Errorf("want the later step's tag alone, got %v", got)
	}
}
