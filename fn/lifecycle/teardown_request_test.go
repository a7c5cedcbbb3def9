package lifecycle_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestGuard: what keeps a composite from being deleted, at either door.
func TestGuard(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	cases := map[string]struct {
		reason string
		xr     func(o *unstructured.Unstructured)
		want   map[string]any
	}{
		"Claim": {
			reason: "What guards a claim's composite is cluster-scoped as that is.",
			xr:     func(*unstructured.Unstructured) {},
			want: map[string]any{
				"apiVersion": "protection.crossplane.io/v1beta1",
				"kind":       "ClusterUsage",
				"metadata": map[string]any{
					"name":        "dev-x7k2p-guard",
					"labels":      map[string]any{"xplatform.dev/platform": "dev-x7k2p", "xplatform.dev/name": "dev-cf1e66bf", "xplatform.dev/region": "eu-central-1"},
					"annotations": map[string]any{"xplatform.dev/guard-of": "Platform team-a/dev", "xplatform.dev/holds-name": "true"},
				},
				"spec": map[string]any{
					"of":     map[string]any{"apiVersion": "xplatform.dev/v1alpha1", "kind": "XPlatform", "resourceRef": map[string]any{"name": "dev-x7k2p"}},
					"reason": "A platform is taken down in order, once its claim is deleted",
				},
			},
		},
		"Namespaced": {
			reason: "What guards a namespaced one is beside it.",
			xr: func(o *unstructured.Unstructured) {
				o.SetKind("Platform")
				o.SetName("dev")
				o.SetNamespace("team-a")
				unstructured.RemoveNestedField(o.Object, "spec", "claimRef")
			},
			want: map[string]any{
				"apiVersion": "protection.crossplane.io/v1beta1",
				"kind":       "Usage",
				"metadata": map[string]any{
					"name":        "dev-guard",
					"namespace":   "team-a",
					"labels":      map[string]any{"xplatform.dev/platform": "dev", "xplatform.dev/name": "dev-54d2a6d9", "xplatform.dev/region": "eu-central-1"},
					"annotations": map[string]any{"xplatform.dev/guard-of": "Platform team-a/dev", "xplatform.dev/holds-name": "true"},
				},
				"spec": map[string]any{
					"of":     map[string]any{"apiVersion": "xplatform.dev/v1alpha1", "kind": "Platform", "resourceRef": map[string]any{"name": "dev"}},
					"reason": "A platform is taken down in order; that begins now, and it goes last",
				},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := w.Fork(t)
			tc.xr(w.XR)
			delete(w.XR.Object, "status")
			clear(w.Observed)
			w.Name()
			rsp := w.Run()
			got := world.Desired(rsp, lifecycle.KeyGuard)
			if diff := cmp.Diff(tc.want, got.Object); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if err := w.CRDs.Validate(got); err != nil {
				t.Errorf("\n%s\n%v", tc.reason, err)
			}
			if got := rsp.GetDesired().GetResources()[lifecycle.KeyGuard].GetReady(); got != fnv1.Ready_READY_TRUE {
				t.Errorf("\n%s\nnothing waits for it: got %s", tc.reason, got)
			}
		})
	}
}

// TestTeardownRequest: who asks for a teardown, and who doesn't.
func TestTeardownRequest(t *testing.T) {
	t.Parallel()
	nothing := func(*unstructured.Unstructured) {}
	cases := map[string]struct {
		reason string
		xr     []func(o *unstructured.Unstructured)
		claim  func(o *unstructured.Unstructured)
		// want is the condition, as status and reason; "" is none.
		want string
	}{
		"Nobody": {
			reason: "A platform nobody wants to delete has no condition that says so.",
			claim:  nothing,
		},
		"ClaimOnly": {
			reason: "A claim that is being deleted is no attempt on its composite yet.",
			claim:  world.Deleted,
		},
		"Claim": {
			reason: "Who deletes a claim means it.",
			xr:     []func(o *unstructured.Unstructured){world.Attempted},
			claim:  world.Deleted,
			want:   "TRUE TearingDown",
		},
		"NoClaim": {
			reason: "A claim that is not there, and nobody has seen being deleted, may have yet to be restored.",
			xr:     []func(o *unstructured.Unstructured){world.Attempted},
			want:   "FALSE Unconfirmed",
		},
		"NoClaimConfirmed": {
			reason: "Or it is not there any more, as only people know.",
			xr:     []func(o *unstructured.Unstructured){world.Attempted, world.Confirmed},
			want:   "TRUE TearingDown",
		},
		"NoClaimAnyMore": {
			reason: "Once a teardown has begun, it goes on.",
			xr:     []func(o *unstructured.Unstructured){world.Attempted, world.Set("TearingDown", "status", "phase")},
			want:   "TRUE TearingDown",
		},
		"NoClaimProtected": {
			reason: "So it does that something protected kept from beginning.",
			xr:     []func(o *unstructured.Unstructured){world.Attempted, world.Set("Protected", "status", "phase")},
			want:   "TRUE TearingDown",
		},
		"OthersClaim": {
			reason: "A claim that has another composite says nothing of this one.",
			xr:     []func(o *unstructured.Unstructured){world.Attempted},
			claim: func(o *unstructured.Unstructured) {
				world.Deleted(o)
				world.Set("dev-zzzzz", "spec", "resourceRef", "name")(o)
			},
			want: "FALSE Unconfirmed",
		},
		"NewClaim": {
			reason: "Who deletes the composite of a claim that is about to adopt it is mistaken, most likely.",
			xr:     []func(o *unstructured.Unstructured){world.Attempted},
			claim:  func(o *unstructured.Unstructured) { unstructured.RemoveNestedField(o.Object, "spec", "resourceRef") },
			want:   "FALSE Unconfirmed",
		},
		"NewClaimMeanwhile": {
			reason: "A claim that has yet to get a composite does not stop a teardown that has begun.",
			xr:     []func(o *unstructured.Unstructured){world.Attempted, world.Set("TearingDown", "status", "phase")},
			claim:  func(o *unstructured.Unstructured) { unstructured.RemoveNestedField(o.Object, "spec", "resourceRef") },
			want:   "TRUE TearingDown",
		},
		"CompositeOnly": {
			reason: "Who deletes the composite of a claim that lives on is mistaken, most likely.",
			xr:     []func(o *unstructured.Unstructured){world.Attempted},
			claim:  nothing,
			want:   "FALSE Unconfirmed",
		},
		"Confirmed": {
			reason: "But it may be meant.",
			xr:     []func(o *unstructured.Unstructured){world.Attempted, world.Confirmed},
			claim:  nothing,
			want:   "TRUE TearingDown",
		},
		"ConfirmedOnly": {
			reason: "To confirm what nobody asked for is nothing.",
			xr:     []func(o *unstructured.Unstructured){world.Confirmed},
			claim:  nothing,
		},
		"NeverAClaim": {
			reason: "A composite without a claim is its own.",
			xr: []func(o *unstructured.Unstructured){world.Attempted, func(o *unstructured.Unstructured) {
				unstructured.RemoveNestedField(o.Object, "spec", "claimRef")
			}},
			claim: nothing,
			want:  "TRUE TearingDown",
		},
	}
	start := world.New(t, "platform-smallest.yaml")
	before := start.Settle()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := start.Fork(t)
			for _, edit := range tc.xr {
				edit(w.XR)
			}
			if tc.claim == nil {
				w.Claim = nil
			} else {
				tc.claim(w.Claim)
			}
			rsp := w.Run()
			got := ""
			if c := world.ConditionOf(rsp, v1alpha1.ConditionTearingDown); c != nil {
				got = strings.TrimPrefix(c.GetStatus().String(), "STATUS_CONDITION_") + " " + c.GetReason()
			}
			if got != tc.want {
				t.Errorf("\n%s\nwant condition %q, got %q", tc.reason, tc.want, got)
			}
			if world.At(rsp, lifecycle.KeyGuard, "spec.replayDeletion") != nil {
				t.Errorf("\n%s\nas long as anything is left, no deletion should be repeated", tc.reason)
			}
			phase := world.StatusOf(t, rsp)["phase"]
			if down := strings.HasPrefix(tc.want, "TRUE"); (phase == "TearingDown") != down {
				t.Errorf("\n%s\ngot phase %v", tc.reason, phase)
			} else if !down && !proto.Equal(before.GetDesired(), rsp.GetDesired()) {
				t.Errorf("\n%s\nnothing should change: -before, +after:\n%s", tc.reason, cmp.Diff(before.GetDesired().String(), rsp.GetDesired().String()))
			}
		})
	}
}

// TestTeardownUnconfirmed: the claim says how to confirm, and how to cancel.
func TestTeardownUnconfirmed(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	w.Settle()
	world.Attempted(w.XR)
	w.Follow(w.Run())
	rsp := w.Run()
	for _, want := range []string{
		"its claim team-a/dev was not",
		"kubectl annotate xplatform dev-x7k2p xplatform.dev/teardown=confirmed",
		"kubectl annotate xplatform dev-x7k2p usage.crossplane.io/deletion-attempt-with-policy-",
	} {
		if m := world.ConditionOf(rsp, v1alpha1.ConditionTearingDown).GetMessage(); !strings.Contains(m, want) {
			t.Errorf("want a message with %q, got %q", want, m)
		}
	}
	if got := rsp.GetMeta().GetTtl().AsDuration(); got != 2*time.Minute || len(rsp.GetResults()) > 0 {
		t.Errorf("an attempt that is waited for is no work: got %s and %v", got, rsp.GetResults())
	}

	gone := w.Fork(t)
	gone.Claim = nil
	for _, want := range []string{
		"nobody has seen its claim Platform team-a/dev being deleted, so nothing is taken down. Confirm: kubectl annotate xplatform dev-x7k2p xplatform.dev/teardown=confirmed",
		"Or cancel: kubectl annotate xplatform dev-x7k2p usage.crossplane.io/deletion-attempt-with-policy-",
	} {
		if m := world.ConditionOf(gone.Run(), v1alpha1.ConditionTearingDown).GetMessage(); !strings.Contains(m, want) {
			t.Errorf("want a message with %q, got %q", want, m)
		}
	}

	world.Cancel(w.XR)
	c := world.ConditionOf(w.Run(), v1alpha1.ConditionTearingDown)
	if c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || c.GetReason() != lifecycle.ReasonCancelled {
		t.Errorf("a condition that was there should be taken back: got %v", c)
	}
}

// TestHold: as long as it isn't known whether a deletion is meant, and once
// nothing can be done about it, everything is asked for as it is.
func TestHold(t *testing.T) {
	t.Parallel()
	start := world.New(t, "platform-smallest.yaml")
	start.Settle()
	for name, edit := range map[string]func(o *unstructured.Unstructured){"Unresolved": world.Attempted, "Deleted": world.Deleted} {
		w := start.Fork(t)
		edit(w.XR)
		rsp := w.Respond(w.Request())
		if m := world.FatalOf(rsp); m != "" {
			t.Errorf("%s: fatal: %s", name, m)
		}
		if got := rsp.GetRequirements().GetResources()[lifecycle.RequireClaim] != nil; got != (name == "Unresolved") {
			t.Errorf("%s: requirements are %v", name, rsp.GetRequirements())
		}
		if diff := cmp.Diff(world.SortedKeys(w.Observed), world.SortedKeys(rsp.GetDesired().GetResources())); diff != "" {
			t.Errorf("%s: -exists, +asked for:\n%s", name, diff)
		}
		for key, r := range rsp.GetDesired().GetResources() {
			if diff := cmp.Diff(w.Observed[key].GetResource().AsMap()["spec"], r.GetResource().AsMap()["spec"]); diff != "" {
				t.Errorf("%s: %s: -exists, +asked for:\n%s", name, key, diff)
			}
		}
	}
}
