package lifecycle_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// A word is an edit of what people say of a composite, or of its claim.
type word = func(o *unstructured.Unstructured)

// off switches off the guard of whatever has it.
var off = world.Set("false", "metadata", "labels", plan.LabelInUse) //nolint:gochecknoglobals // A constant.

// gone says that nobody will ever reach the cluster again.
var gone = world.Set(lifecycle.ClusterGone, "metadata", "annotations", lifecycle.AnnotationCluster) //nolint:gochecknoglobals // A constant.

// all edits as one.
func all(edits ...word) word {
	return func(o *unstructured.Unstructured) {
		for _, e := range edits {
			e(o)
		}
	}
}

// unclaimed composites are made without a claim, as at the namespaced door.
func unclaimed(o *unstructured.Unstructured) {
	unstructured.RemoveNestedField(o.Object, "spec", "claimRef")
}

// unlabelled composites are what Crossplane's webhook is not asked about.
func unlabelled(o *unstructured.Unstructured) {
	unstructured.RemoveNestedField(o.Object, "metadata", "labels", plan.LabelInUse)
}

// applied is how the API server notes who has said what.
func applied(manager string, annotations ...string) word {
	fields := map[string]any{}
	for _, a := range annotations {
		fields["f:"+a] = map[string]any{}
	}
	return func(o *unstructured.Unstructured) {
		before, _, _ := unstructured.NestedSlice(o.Object, "metadata", "managedFields")
		world.Set(append(before, map[string]any{
			"manager": manager, "operation": "Apply", "apiVersion": "xplatform.dev/v1alpha1",
			"fieldsType": "FieldsV1", "fieldsV1": map[string]any{"f:metadata": map[string]any{"f:annotations": fields}},
		}), "metadata", "managedFields")(o)
	}
}

// TestClaimLabelledFromTheStart: a platform whose claim says that nothing guards it
// never gets what has to go in order, and says which label has to go.
func TestClaimLabelledFromTheStart(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	off(w.Claim)
	var rsp *fnv1.RunFunctionResponse
	for range 5 {
		off(w.XR) // Crossplane copies it, whatever the guard says.
		rsp = w.Run()
		w.Follow(rsp)
	}
	if world.IsReady(rsp) || len(world.KindsOf(rsp, "Cluster")) > 0 {
		t.Error("nothing should be there that has to go in order")
	}
	for key, o := range w.Observed {
		if needs := plan.Observe(o).Annotation(plan.AnnotationNeeds); needs != "" {
			t.Errorf("%s needs %s, and should have waited", key, needs)
		}
	}
	accepted(t, rsp, "Reserved", "metadata.labels[crossplane.io/in-use]: must not be set")
	if got := world.At(rsp, lifecycle.KeyGuard, "metadata.annotations[xplatform.dev/unmarked]"); got != nil {
		t.Errorf("Crossplane should not be reminded as long as the claim says otherwise: got %v", got)
	}

	unstructured.RemoveNestedField(w.Claim.Object, "metadata", "labels")
	unlabelled(w.XR)
	w.Follow(w.Run())
	accepted(t, w.Settle(), "Accepted", "")
}

// TestUnmarked: a composite that loses the label by which Crossplane knows what is
// guarded keeps what it has, and gets nothing that has to go in order, until it has it
// back.
func TestUnmarked(t *testing.T) {
	t.Parallel()
	start := world.New(t, "platform-smallest.yaml")
	made := world.SortedKeys(start.Settle().GetDesired().GetResources())
	for name, tc := range map[string]struct {
		reason    string
		claim, xr word
		// want is the reason of the condition Accepted, and message some of its words.
		want, message string
		// isTheClaims word, against which Crossplane can do nothing.
		isTheClaims bool
	}{
		"ByTheClaim":     {reason: "The claim says that nothing guards it", claim: off, xr: off, want: "Reserved", message: "Take it off the claim", isTheClaims: true},
		"Going":          {reason: "The claim said that nothing guards it, and goes", claim: all(off, world.Deleted), xr: off, want: "Unguarded", message: "XPlatform dev-x7k2p must have"},
		"OffTheClaim":    {reason: "The claim said so, and says it no more", xr: unlabelled, want: "Unguarded", message: "XPlatform dev-x7k2p must have the label crossplane.io/in-use=true"},
		"ByHand":         {reason: "Somebody says so of the composite", xr: off, want: "Unguarded", message: "XPlatform dev-x7k2p must have"},
		"Unclaimed":      {reason: "Its own author says so", xr: all(unclaimed, off), want: "Unguarded", message: "XPlatform dev-x7k2p must have"},
		"UnclaimedTaken": {reason: "Its own author has taken it off", xr: all(unclaimed, unlabelled), want: "Unguarded", message: "XPlatform dev-x7k2p must have"},
		"Guarded":        {reason: "The claim says that it is guarded, which it is", claim: world.Set("true", "metadata", "labels", plan.LabelInUse), want: "Accepted"},
	} {
		t.Run(name, func(t *testing.T) {
			w := start.Fork(t)
			w.XR.SetResourceVersion("4711")
			world.Set(true, "spec", "controllers", "metricsServer", "enabled")(w.XR)
			for o, e := range map[*unstructured.Unstructured]word{w.Claim: tc.claim, w.XR: tc.xr} {
				if e != nil {
					e(o)
				}
			}
			rsp := w.Run()
			accepted(t, rsp, tc.want, tc.message)
			if tc.want == "Accepted" {
				return
			}
			if diff := cmp.Diff(made, world.SortedKeys(rsp.GetDesired().GetResources())); diff != "" {
				t.Errorf("%s: -exists, +asked for:\n%s", tc.reason, diff)
			}
			reminder := world.At(rsp, lifecycle.KeyGuard, "metadata.annotations[xplatform.dev/unmarked]")
			if want := map[bool]any{false: "4711", true: nil}[tc.isTheClaims]; reminder != want {
				t.Errorf("%s: want Crossplane reminded by %v, got %v", tc.reason, want, reminder)
			}

			w.Claim.SetLabels(nil)
			if tc.isTheClaims {
				unlabelled(w.XR)
				w.Follow(w.Run())
			} else {
				w.Follow(rsp)
			}
			rsp = w.Run()
			accepted(t, rsp, "Accepted", "")
			if world.Desired(rsp, "metrics-server") == nil || world.At(rsp, lifecycle.KeyGuard, "metadata.annotations[xplatform.dev/unmarked]") != nil {
				t.Errorf("%s: once it is marked again, everything should be as ever", tc.reason)
			}
		})
	}
}

// TestRefusedUnmarked: whoever is refused for something else is told, too, that nothing
// guards the platform, and Crossplane is reminded of it, unless that would be for nothing.
func TestRefusedUnmarked(t *testing.T) {
	t.Parallel()
	start := world.With(t, "{region: eu-central-1, name: dev}")
	start.Settle()
	start.XR.SetResourceVersion("4711")
	world.Set("c", "spec", "tags", "a=b")(start.XR)
	for name, tc := range map[string]struct {
		claim, xr word
		message   string
		reminded  any
	}{
		"ByTheClaim":  {claim: off, xr: off, message: "metadata.labels[crossplane.io/in-use]: must not be set"},
		"OffTheClaim": {xr: unlabelled, message: "must have the label crossplane.io/in-use=true", reminded: "4711"},
		"Going":       {claim: world.Deleted, xr: all(off, world.Attempted), message: "must have the label crossplane.io/in-use=true", reminded: "4711"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start.Fork(t)
			if tc.claim != nil {
				tc.claim(w.Claim)
			}
			tc.xr(w.XR)
			rsp := w.Ask()
			accepted(t, rsp, "Invalid", tc.message)
			accepted(t, rsp, "Invalid", "spec.tags")
			if got := world.At(rsp, lifecycle.KeyGuard, "metadata.annotations[xplatform.dev/unmarked]"); got != tc.reminded {
				t.Errorf("want Crossplane reminded by %v, got %v", tc.reminded, got)
			}
			if tc.reminded == nil {
				world.CheckRefused(t, "There is nothing to be done.", rsp)
			} else {
				world.CheckWhole(t, w.Made(), rsp)
			}
		})
	}
}

// TestPosed: what a claim's annotations say of its composite counts for nothing, unless
// the platform team lets them.
func TestPosed(t *testing.T) {
	t.Parallel()
	attempted, confirmed := lifecycle.AnnotationAttempt, lifecycle.AnnotationTeardown
	start := world.New(t, "platform-smallest.yaml")
	before := start.Settle()
	for name, tc := range map[string]struct {
		reason string
		// both the claim and the composite say this, and one of them that.
		both, claim, xr word
		may             []any
		// want is the condition TearingDown, "" if there is none, and posed what the
		// claim is told to take off.
		want  string
		posed []string
	}{
		"Attempt": {
			reason: "Nobody tried to delete it", both: world.Attempted, posed: []string{attempted},
		},
		"Confirmation": {
			reason: "Nobody confirmed what somebody tried", both: world.Confirmed, xr: world.Attempted,
			want: "FALSE Unconfirmed", posed: []string{confirmed},
		},
		"Both": {
			reason: "Nobody tried, nor confirmed it", both: all(world.Attempted, world.Confirmed), posed: []string{confirmed, attempted},
		},
		"AttemptConfirmed": {
			reason: "What the platform team confirms nobody tried", both: world.Attempted, xr: world.Confirmed, posed: []string{attempted},
		},
		"Allowed": {
			reason: "The platform team lets claims confirm", both: world.Confirmed, xr: world.Attempted,
			may: []any{"ConfirmTeardown"}, want: "TRUE TearingDown",
		},
		"AllowedAttempt": {
			reason: "Who may confirm may not pose as Crossplane", both: all(world.Attempted, world.Confirmed),
			may: []any{"ConfirmTeardown", "GiveUpCluster", "PinRevision"}, posed: []string{attempted},
		},
		"Deleted": {
			reason: "Whoever deletes the claim means it, whatever it said before: Crossplane notes no attempt that is noted already", both: world.Attempted, claim: world.Deleted,
			want: "TRUE TearingDown",
		},
		"Left": {
			reason: "The claim has said it, and Crossplane has yet to take it off the composite", xr: all(world.Attempted, world.Confirmed, applied("apiextensions.crossplane.io/claim", confirmed)),
			want: "FALSE Unconfirmed", posed: []string{confirmed},
		},
		"Meant": {
			reason: "The platform team says so of the composite", xr: all(world.Attempted, world.Confirmed, applied("apiextensions.crossplane.io/claim", "example.org/other"), applied("kubectl-annotate", confirmed)), want: "TRUE TearingDown",
		},
		"Unclaimed": {
			reason: "Of a composite without a claim only RBAC says who may say so", both: world.Attempted, xr: unclaimed, want: "TRUE TearingDown",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := start.Fork(t)
			for _, e := range []word{tc.both, tc.xr} {
				if e != nil {
					e(w.XR)
				}
			}
			for _, e := range []word{tc.both, tc.claim} {
				if e != nil {
					e(w.Claim)
				}
			}
			rsp := w.Under(map[string]any{"claimsMay": tc.may})
			got := ""
			if c := world.ConditionOf(rsp, v1alpha1.ConditionTearingDown); c != nil {
				got = strings.TrimPrefix(c.GetStatus().String(), "STATUS_CONDITION_") + " " + c.GetReason()
			}
			if got != tc.want {
				t.Errorf("%s: want condition %q, got %q", tc.reason, tc.want, got)
			}
			if down := strings.HasPrefix(tc.want, "TRUE"); !down && !proto.Equal(before.GetDesired(), rsp.GetDesired()) {
				t.Errorf("%s: nothing should change: -before, +after:\n%s", tc.reason, cmp.Diff(before.GetDesired().String(), rsp.GetDesired().String()))
			}
			if len(tc.posed) == 0 {
				accepted(t, rsp, "Accepted", "")
				return
			}
			for _, p := range tc.posed {
				accepted(t, rsp, "Reserved", "metadata.annotations["+p+"]: counts for nothing in a claim")
			}
		})
	}
}

// TestClusterGivenUp: a claim can't say that nobody will ever reach its cluster again,
// and so that nothing of what is deployed there is removed: neither while it lives, nor
// as it goes, nor once it is gone by force.
func TestClusterGivenUp(t *testing.T) {
	t.Parallel()
	start := world.New(t, "platform-smallest.yaml")
	made := world.SortedKeys(start.Settle().GetDesired().GetResources())
	for name, tc := range map[string]struct {
		reason string
		// posed by the claim, or said of the composite.
		posed bool
		claim word
		xr    word
		may   []any
		// gives: it is given up.
		gives bool
	}{
		"Living":    {reason: "A claim says so", posed: true},
		"Going":     {reason: "A claim says so on its way out", posed: true, claim: world.Deleted, xr: world.Attempted},
		"Forced":    {reason: "A claim said so, and is gone", xr: all(world.Attempted, applied("apiextensions.crossplane.io/claim", lifecycle.AnnotationCluster))},
		"Allowed":   {reason: "The platform team lets claims say so", posed: true, claim: world.Deleted, xr: world.Attempted, may: []any{"GiveUpCluster"}, gives: true},
		"Meant":     {reason: "The platform team says so", claim: world.Deleted, xr: world.Attempted, gives: true},
		"Unclaimed": {reason: "Of a composite without a claim only RBAC says who may say so", xr: all(unclaimed, world.Attempted), gives: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := start.Fork(t)
			gone(w.XR)
			switch {
			case name == "Forced":
				w.Claim = nil
			case tc.posed:
				gone(w.Claim)
			}
			if tc.claim != nil {
				tc.claim(w.Claim)
			}
			if tc.xr != nil {
				tc.xr(w.XR)
			}
			rsp := w.Under(map[string]any{"claimsMay": tc.may})
			if !tc.gives {
				for _, key := range made {
					if world.Desired(rsp, key) == nil {
						t.Errorf("%s: %s should stay until the cluster is drained", tc.reason, key)
					}
				}
				accepted(t, rsp, "Reserved", "metadata.annotations[xplatform.dev/cluster]: counts for nothing")
			} else if got := world.Drains(rsp); len(got) > 0 {
				t.Errorf("%s: nothing can be drained: got %v", tc.reason, got)
			}
		})
	}
}

// accepted checks the condition of an answer, and that its message has some words.
func accepted(t *testing.T, rsp *fnv1.RunFunctionResponse, reason, words string) {
	t.Helper()
	c := world.ConditionOf(rsp, v1alpha1.ConditionAccepted)
	if (c.GetStatus() == fnv1.Status_STATUS_CONDITION_TRUE) != (reason == "Accepted") || c.GetReason() != reason || !strings.Contains(c.GetMessage(), words) || c.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
		t.Errorf("want Accepted %s, with %q, got %v", reason, words, c)
	}
}
