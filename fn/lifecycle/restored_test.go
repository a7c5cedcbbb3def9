package lifecycle_test

import (
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// leavingAtBackup is a world that was restored from a backup, but for what was on its way
// out of the platform when that was made, which has no owner and which Crossplane doesn't
// show: the composite refers to it no more.
func leavingAtBackup(t *testing.T, spec string, remove func(spec map[string]any), key string) (w *world.World, left *fnv1.Resource) {
	t.Helper()
	w = world.With(t, spec)
	w.Settle()
	remove(w.XR.Object["spec"].(map[string]any))
	w.Slow = []string{key}
	w.Until(key+" is on its way out", func() bool { return w.Lingering[key] != nil })
	w.Slow = nil
	w.Refer()

	w.Observed[key] = w.Lingering[key]
	w.Restore()
	left = w.Observed[key]
	delete(w.Observed, key)
	delete(w.Lingering, key)
	return w, left
}

// TestRestoredLeaving: what was just being removed when the backup was made is removed, be
// it restored before the composite or after it, and before what it needs.
func TestRestoredLeaving(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		spec   string
		remove func(spec map[string]any)
		key    string
		// needs is what must not go before it.
		needs string
		// late: it is restored once the composite is ready.
		late bool
	}{
		"Group": {
			reason: "A node group is in a cluster, which AWS does not delete with one.",
			spec:   "{region: eu-central-1, name: dev, nodeGroups: [{name: default}, {name: big}], teardown: {drain: false}}",
			remove: func(spec map[string]any) { spec["nodeGroups"] = spec["nodeGroups"].([]any)[:1] },
			key:    "node-group.big", needs: "node-group.big.template",
		},
		"GroupLate": {
			reason: "What is found late goes with the platform.",
			spec:   "{region: eu-central-1, name: dev, nodeGroups: [{name: default}, {name: big}], teardown: {drain: false}}",
			remove: func(spec map[string]any) { spec["nodeGroups"] = spec["nodeGroups"].([]any)[:1] },
			key:    "node-group.big", needs: "cluster", late: true,
		},
		"Kind": {
			reason: "Nothing else that is described need be of its kind.",
			spec:   "{region: eu-central-1, name: dev, databases: [{name: orders, engine: postgres, deletionProtection: false}], teardown: {drain: false}}",
			remove: func(spec map[string]any) { delete(spec, "databases") },
			key:    "database.orders", needs: "database.orders.security-group",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, left := leavingAtBackup(t, tc.spec, tc.remove, tc.key)
			if w.Observed[tc.needs] == nil {
				t.Fatalf("want %s to wait for it, got %v", tc.needs, world.SortedKeys(w.Observed))
			}
			if tc.late {
				w.Settle()
				w.DeleteClaim()
			}
			w.Lingering[tc.key] = left
			for range 40 {
				rsp := w.Run()
				if rsp.GetDesired().GetResources()[tc.key] != nil {
					delete(w.Lingering, tc.key) // It is the composite's again.
				}
				gone := w.Follow(rsp)
				if left := w.Observed[tc.key] != nil || w.Lingering[tc.key] != nil || slices.Contains(gone, tc.key); left && slices.Contains(gone, tc.needs) {
					t.Fatalf("\n%s\n%s goes while there is %s", tc.reason, tc.needs, tc.key)
				}
			}
			if w.Observed[tc.key] != nil || w.Lingering[tc.key] != nil || w.Observed[tc.needs] != nil {
				t.Errorf("\n%s\nwant %s and %s gone, got %v: %s", tc.reason, tc.key, tc.needs, world.SortedKeys(w.Observed), world.Explain(w.Run()))
			}
		})
	}
}

// TestRestoredOfAnother: what another composite controls is let be, whatever it says of
// itself.
func TestRestoredOfAnother(t *testing.T) {
	t.Parallel()
	const key = "node-group.big"
	w, left := leavingAtBackup(t, "{region: eu-central-1, name: dev, nodeGroups: [{name: default}, {name: big}], teardown: {drain: false}}",
		func(spec map[string]any) { spec["nodeGroups"] = spec["nodeGroups"].([]any)[:1] }, key)
	w.Observed[key] = left
	w.Edit(key, func(o *unstructured.Unstructured) {
		o.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "xplatform.dev/v1alpha1", Kind: "XPlatform", Name: "another", UID: "another", Controller: new(true)}})
	})
	w.Lingering[key] = w.Observed[key]
	delete(w.Observed, key)
	check := func() {
		rsp := w.Run()
		if rsp.GetDesired().GetResources()[key] != nil {
			t.Fatalf("%s should be let be", key)
		}
		w.Follow(rsp)
	}
	for range 10 {
		check()
	}
	w.DeleteClaim()
	for range 30 {
		check()
	}
	if left := w.Made(); len(left) > 0 {
		t.Errorf("want nothing left, got %v", left)
	}
}

// TestAttemptRestored: an attempt that was noted in another control plane, long ago, does
// not come true in this one, until somebody says that it is meant, or tries again.
func TestAttemptRestored(t *testing.T) {
	t.Parallel()
	start := world.Namespaced(t, "{region: eu-central-1, name: dev, teardown: {drain: false}}")
	before := start.Settle()
	world.Attempted(start.XR)
	start.Restore()
	attempt := start.XR.GetAnnotations()
	for range 5 {
		rsp := start.Run()
		world.CheckWhole(t, world.Keys(before), rsp)
		start.Follow(rsp)
	}
	rsp := start.Run()
	want := "Platform dev-x7k2p was asked to go, but maybe before it was restored from a backup, so nothing is taken down. " +
		"Confirm: kubectl annotate platform -n team-a dev-x7k2p xplatform.dev/teardown=confirmed. " +
		"Or cancel: kubectl annotate platform -n team-a dev-x7k2p usage.crossplane.io/deletion-attempt-with-policy-"
	if c := world.ConditionOf(rsp, v1alpha1.ConditionTearingDown); c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || c.GetReason() != "Unconfirmed" || c.GetMessage() != want {
		t.Errorf("want Unconfirmed, %q, got %v", want, c)
	}
	if reason, _ := world.At(rsp, lifecycle.KeyGuard, "spec.reason").(string); !strings.Contains(reason, "once that is confirmed") {
		t.Errorf("whoever tries again should be told what it takes, got %q", reason)
	}

	for name, end := range map[string]func(w *world.World){
		"Confirmed": func(w *world.World) { world.Confirmed(w.XR) },
		"TriedAgain": func(w *world.World) {
			w.XR.SetAnnotations(nil)
			w.Follow(w.Run())
			w.XR.SetAnnotations(attempt)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start.Fork(t)
			end(w)
			w.TakeDown()
			if left := w.Made(); len(left) > 0 {
				t.Errorf("want nothing left, got %v", left)
			}
		})
	}
}

// TestNothingNewBeforeAnythingIsSaid: a composite that has no status, and of which
// something exists, says something before anything new of it comes. Crossplane refers to
// what it is about to make, and may fail to.
func TestNothingNewBeforeAnythingIsSaid(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, teardown: {drain: false}}")
	w.Settle()
	w.MakeAnew()
	delete(w.Lingering, "vpc")
	rsp := w.Run()
	if rsp.GetDesired().GetResources()["vpc"] != nil || world.StatusOf(t, rsp)["phase"] == nil {
		t.Errorf("want a status first, got %s", world.Explain(rsp))
	}
	w.Follow(rsp)
	w.Settle()
	if w.Observed["vpc"] == nil {
		t.Error("want it made then")
	}
}
