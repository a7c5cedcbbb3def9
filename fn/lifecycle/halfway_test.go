package lifecycle_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestClaimMadeAnew: somebody loses patience, takes the finalizer off the claim that is
// being deleted, and applies it again. The new claim has a composite of its own, which
// waits for its name; the old one goes on going.
func TestClaimMadeAnew(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, name: dev, teardown: {drain: false}}")
	w.Settle()
	w.DeleteClaim()
	for range 4 {
		w.Follow(w.Run())
	}
	young := world.Unnamed(t, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "xplatform.dev/v1alpha1", "kind": "Platform",
		"metadata": map[string]any{"name": "dev", "namespace": "team-a"},
		"spec":     map[string]any{"region": "eu-central-1", "name": "dev"},
	}})
	young.XR.SetName("dev-zzzzz")
	young.XR.SetUID("another")
	world.Set("dev-zzzzz", "spec", "resourceRef", "name")(young.Claim)
	young.Beside, w.Claim = []*world.World{w}, young.Claim

	for range 20 {
		rsp := w.Run()
		if s := world.StatusOf(t, rsp); s["phase"] != "TearingDown" {
			t.Fatalf("the teardown of dev-x7k2p is forgotten: phase %v", s["phase"])
		}
		other := young.Run()
		if taken := world.ConditionOf(other, v1alpha1.ConditionAccepted).GetReason() == "NameTaken"; len(w.Made()) > 0 && (!taken || len(young.Made()) > 0) {
			t.Fatalf("with %v left, the new one should wait for its name, got %v and %v", w.Made(), world.Explain(other), young.Made())
		}
		young.Follow(other)
		w.Follow(rsp)
	}
	if len(w.Observed) > 0 {
		t.Errorf("nothing should be left of the old one, got %v", world.SortedKeys(w.Observed))
	}
	young.Settle()
}

// TestRestoredBeforeItsClaim: an attempt that was noted long ago, and cancelled by nobody,
// does not come true in a control plane where the composite is restored first.
func TestRestoredBeforeItsClaim(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	before := w.Settle()
	world.Attempted(w.XR)
	claim := w.Claim
	delete(w.XR.Object, "status")
	w.Claim = nil
	for range 5 {
		rsp := w.Run()
		world.CheckWhole(t, world.Keys(before), rsp)
		w.Follow(rsp)
	}
	w.Claim = claim
	if c := world.ConditionOf(w.Run(), v1alpha1.ConditionTearingDown); c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || c.GetReason() != "Unconfirmed" {
		t.Errorf("want Unconfirmed, got %v", c)
	}
}

// TestRefusedAndProtected: a claim that is refused, and protected, and is to go, follows
// the way out that its condition names.
func TestRefusedAndProtected(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, cluster: {deletionProtection: true}, databases: [{name: orders, engine: postgres}]}")
	before := w.Settle()
	world.Set("c", "spec", "tags", "a=b")(w.XR)
	w.DeleteClaim()
	checkHalted(t, w, "cluster, database.orders is protected: set its deletionProtection to false in XPlatform dev-x7k2p")
	world.Unprotected(w.XR)
	rsp := w.Run()
	for _, key := range world.Keys(before) {
		diff := world.Differences(world.Desired(before, key), world.Desired(rsp, key))
		diff = slices.DeleteFunc(diff, func(path string) bool { return path == "metadata.annotations."+meta.AnnotationKeyExternalName })
		if key == "cluster" || key == "database.orders" {
			diff = slices.DeleteFunc(diff, func(path string) bool { return path == "spec.forProvider.deletionProtection" })
		}
		if len(diff) > 0 {
			t.Errorf("of a claim that is refused nothing else should be asked for: %s: %v", key, diff)
		}
	}
	for range 30 {
		w.Follow(w.Run())
	}
	if len(w.Observed) > 0 {
		t.Errorf("done as told, and %v is left for ever", world.SortedKeys(w.Observed))
	}
}

// unreadable are edits of a composite that no version of the function could read, or
// that this one doesn't know.
//
//nolint:gochecknoglobals // A constant table.
var unreadable = map[string]func(o *unstructured.Unstructured){
	"List":       world.Set([]any{"none"}, "spec", "network"),
	"Text":       world.Set("many", "spec", "nodeGroups"),
	"Number":     world.Set(int64(1), "spec", "cluster", "version"),
	"Cluster":    world.Set("none", "spec", "cluster"),
	"Databases":  world.Set([]any{map[string]any{"name": int64(5)}}, "spec", "databases"),
	"Region":     world.Set(int64(1), "spec", "region"),
	"NoRegion":   func(o *unstructured.Unstructured) { unstructured.RemoveNestedField(o.Object, "spec", "region") },
	"OtherPlace": world.Set("mars-north-1", "spec", "region"),
	"NoSpec": func(o *unstructured.Unstructured) {
		ref := o.Object["spec"].(map[string]any)["claimRef"]
		o.Object["spec"] = map[string]any{"claimRef": ref}
	},
	"Enum":     world.Set("None", "spec", "identity"),
	"Gone":     world.Set("what was here once", "spec", "network", "peering"),
	"Teardown": world.Set("never", "spec", "teardown"),
}

// TestUnreadable: a claim that can't be read, or that this version doesn't know, is
// guarded like any other, and its platform can be taken down.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	start := world.With(t, "{region: eu-central-1, databases: [{name: orders, engine: postgres, deletionProtection: false}]}")
	start.Settle()
	for name, edit := range unreadable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start.Fork(t)
			edit(w.XR)
			made := w.Made()
			unguarded := w.Fork(t)
			delete(unguarded.Observed, lifecycle.KeyGuard)
			if rsp := unguarded.Ask(); rsp.GetDesired().GetResources()[lifecycle.KeyGuard] == nil {
				t.Errorf("the guard should be made again: %s", world.Explain(rsp))
			} else {
				world.CheckWhole(t, made, rsp)
			}
			if rsp := w.Ask(); world.FatalOf(rsp) == "" && rsp.GetDesired().GetResources()[lifecycle.KeyGuard] == nil {
				t.Error("the guard should stay")
			}

			w.DeleteClaim()
			for range 40 {
				w.Follow(w.Run())
			}
			if len(w.Observed) > 0 {
				t.Errorf("nothing should be left, got %v: %s", world.SortedKeys(w.Observed), world.Explain(w.Run()))
			}
		})
	}
}

// TestUnreadableAndProtected: of what can't be read nobody may conclude that it isn't
// protected any more, and the condition names another way out.
func TestUnreadableAndProtected(t *testing.T) {
	t.Parallel()
	const key = "cluster"
	w := world.With(t, "{region: eu-central-1, cluster: {deletionProtection: true}}")
	w.Settle()
	world.Set("none", "spec", "cluster")(w.XR)
	w.DeleteClaim()
	for range 5 {
		rsp := w.Run()
		if got := world.At(rsp, key, "spec.forProvider.deletionProtection"); got != true {
			t.Fatalf("it should stay protected, got %v", got)
		}
		w.Follow(rsp)
	}
	want := "cluster is protected, and the claim does not describe it: set spec.forProvider.deletionProtection of Cluster crossplane-system/dev-x7k2p-cluster to false"
	if m := world.ConditionOf(w.Run(), v1alpha1.ConditionTearingDown).GetMessage(); !strings.Contains(m, want) {
		t.Errorf("want %q, got %q", want, m)
	}
	w.Edit(key, world.Set(false, "spec", "forProvider", "deletionProtection"))
	w.Edit(key, world.Set(false, "status", "atProvider", "deletionProtection"))
	for range 40 {
		w.Follow(w.Run())
	}
	if len(w.Observed) > 0 {
		t.Errorf("nothing should be left, got %v", world.SortedKeys(w.Observed))
	}
}

// refused are edits of a world after which its claim is, for what it says, for its size,
// by an error of the plan, or because nobody knows by which policy.
//
//nolint:gochecknoglobals // A constant table.
var refused = map[string]func(w *world.World){
	"Claim": func(w *world.World) { world.Set("c", "spec", "tags", "a=b")(w.XR) },
	"Size": func(w *world.World) {
		tags, queues := map[string]any{}, []any{}
		for i := range 30 {
			tags[fmt.Sprintf("%0128d", i)] = strings.Repeat("v", 256)
		}
		for i := range 100 {
			queues = append(queues, map[string]any{"name": fmt.Sprintf("n%d", i), "deadLetter": map[string]any{}})
		}
		world.Set(tags, "spec", "tags")(w.XR)
		world.Set(queues, "spec", "queues")(w.XR)
	},
	"Plan": func(w *world.World) {
		world.Set([]any{map[string]any{"name": "a"}, map[string]any{"name": "a"}}, "spec", "queues")(w.XR)
	},
	"Policy": func(w *world.World) { w.Policy = map[string]any{"allowedRegion": []any{"eu-central-1"}} },
	"Kind":   func(w *world.World) { w.Policy = map[string]any{"resourceNamespace": map[string]any{"a": 1.0}} },
}

// TestRefusedUnguarded: a guard that somebody deletes is made again though the claim is
// refused, or all would go at once with the composite.
func TestRefusedUnguarded(t *testing.T) {
	t.Parallel()
	start := world.With(t, "{region: eu-central-1, name: dev}")
	start.Settle()
	start.Remember(start.Run())
	guard := start.Observed[lifecycle.KeyGuard]
	for name, edit := range refused {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start.Fork(t)
			edit(w)
			delete(w.Observed, lifecycle.KeyGuard)
			rsp := w.Ask()
			if m := world.FatalOf(rsp); m != "" {
				t.Fatalf("nothing comes of a fatal result: %s", m)
			}
			if diff := cmp.Diff(guard.GetResource().AsMap()["metadata"].(map[string]any)["labels"], world.Desired(rsp, lifecycle.KeyGuard).Object["metadata"].(map[string]any)["labels"]); diff != "" {
				t.Errorf("the guard should hold the name: -want, +got:\n%s", diff)
			}
			accepted(t, rsp, "Invalid", "")
			world.CheckWhole(t, w.Made(), rsp)
			status := w.XR.Object["status"].(map[string]any)
			if s := world.StatusOf(t, rsp); s["phase"] != status["phase"] || s["name"] != "dev" || s["conditions"] != nil {
				t.Errorf("what was said should stay, got %v", s)
			}
			w.Follow(rsp)
			if rsp := w.Ask(); world.FatalOf(rsp) == "" {
				t.Error("guarded, it should be left alone")
			} else {
				accepted(t, rsp, "Invalid", "")
			}
		})
	}
}

// TestPolicyLost: of a policy that can't be read nobody knows what it says, also not who
// may end a platform. Everything stays as it is, and guarded, until it can be read again.
func TestPolicyLost(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, name: dev}")
	w.Policy = map[string]any{"resourceNamespace": "platforms"}
	w.Settle()
	w.DeleteClaim()
	for range 8 {
		w.Follow(w.Run())
	}
	made, policy := w.Made(), w.Policy
	if len(made) == 0 {
		t.Fatal("it should be half-way")
	}
	refused["Policy"](w)
	rsp := w.Ask()
	accepted(t, rsp, "Invalid", `unknown field "allowedRegion"`)
	if m := world.FatalOf(rsp); !strings.Contains(m, "the platform team has to mend") {
		t.Errorf("want a way out, got %q", m)
	}
	delete(w.Observed, lifecycle.KeyGuard)
	rsp = w.Ask()
	world.CheckWhole(t, append(made, lifecycle.KeyGuard), rsp)
	for _, key := range made {
		if got := world.Desired(rsp, key).GetNamespace(); got != "platforms" {
			t.Errorf("%s should stay where it is, got %s", key, got)
		}
	}
	leaving := world.StatusOf(t, rsp)["leaving"]
	if diff := cmp.Diff(w.XR.Object["status"].(map[string]any)["leaving"], leaving); diff != "" {
		t.Errorf("what was leaving should be remembered: -was, +is:\n%s", diff)
	}
	w.Policy = policy
	w.TakeDown()
	if len(w.Observed) > 0 {
		t.Errorf("nothing should be left, got %v", world.SortedKeys(w.Observed))
	}
}

// TestClusterGoneSaidLate: nobody reaches the cluster, and somebody says so once releases,
// or what drains, were asked to go already, and can't. Those are forgotten, too.
func TestClusterGoneSaidLate(t *testing.T) {
	t.Parallel()
	releases := []string{"cluster-autoscaler", "aws-load-balancer-controller"}
	cannot := world.Absent("cannot connect to the cluster: i/o timeout")
	cases := map[string]struct {
		spec  string
		slow  []string
		begin func(w *world.World)
	}{
		"NoDrain": {
			spec:  "{region: eu-central-1, teardown: {drain: false}}",
			slow:  releases,
			begin: func(*world.World) {},
		},
		// As the condition Draining advises.
		"DrainSwitchedOff": {
			spec: "{region: eu-central-1}",
			// What is only observed goes at once, cluster or not.
			slow: append([]string{"drain.account", "drain.role"}, releases...),
			begin: func(w *world.World) {
				for range 6 {
					w.Pass(w.Run(), world.Edits{"drain.account": cannot, "drain.role": cannot, "drain.gateways": cannot})
				}
				if m := world.ConditionOf(w.Run(), v1alpha1.ConditionDraining).GetMessage(); !strings.Contains(m, "set teardown.drain to false in XPlatform dev-x7k2p") {
					t.Errorf("the condition should name the way out, got %q", m)
				}
				world.Set(false, "spec", "teardown", "drain")(w.XR)
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, tc.spec)
			w.Settle()
			w.DeleteClaim()
			w.Slow = tc.slow
			tc.begin(w)
			for range 10 {
				w.Follow(w.Run())
			}
			if !slices.ContainsFunc(world.SortedKeys(w.Lingering), func(key string) bool { return slices.Contains(tc.slow, key) }) || w.Observed["cluster"] == nil {
				t.Fatalf("something should hang, got %v", world.SortedKeys(w.Lingering))
			}
			world.Set(lifecycle.ClusterGone, "metadata", "annotations", lifecycle.AnnotationCluster)(w.XR)
			rsp := w.Run()
			world.Validate(t, w, rsp)
			for range 30 {
				w.Follow(w.Run())
			}
			if len(w.Observed)+len(w.Lingering) > 0 {
				t.Errorf("for ever left: %v, on their way out %v: %s", world.SortedKeys(w.Observed), world.SortedKeys(w.Lingering), world.Explain(w.Run()))
			}
		})
	}
}

// TestForgottenOnce: what is forgotten while it goes is asked for once, and observed on
// its way out it is let be.
func TestForgottenOnce(t *testing.T) {
	t.Parallel()
	const key = "cluster-autoscaler"
	w := world.With(t, "{region: eu-central-1, teardown: {drain: false}}")
	w.Settle()
	w.DeleteClaim()
	w.Slow = []string{key}
	for range 4 {
		w.Follow(w.Run())
	}
	world.Set(lifecycle.ClusterGone, "metadata", "annotations", lifecycle.AnnotationCluster)(w.XR)
	rsp := w.Run()
	if rsp.GetDesired().GetResources()[key] == nil {
		t.Fatal("it should be asked for")
	}
	w.Remember(rsp)
	o := world.Desired(rsp, key)
	o.SetDeletionTimestamp(&metav1.Time{Time: w.Now})
	o.SetUID("00000000-0000-4000-8000-000000000000")
	w.Observe(key, o)
	delete(w.Lingering, key)
	if rsp := w.Run(); rsp.GetDesired().GetResources()[key] != nil {
		t.Error("it should not be asked for any more")
	}
}

// TestControllerOffWithoutCluster: a controller that is switched off while the cluster is
// gone is forgotten, be it that it was asked to go before anybody said so, and does not
// stand in the way of anything.
func TestControllerOffWithoutCluster(t *testing.T) {
	t.Parallel()
	const key = "cluster-autoscaler"
	for name, first := range map[string]bool{"SaidFirst": true, "SaidLate": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world.With(t, "{region: eu-central-1}")
			w.Settle()
			gone := func() {
				world.Set(lifecycle.ClusterGone, "metadata", "annotations", lifecycle.AnnotationCluster)(w.XR)
			}
			if first {
				gone()
			}
			w.Slow = []string{key}
			world.Set(false, "spec", "controllers", "clusterAutoscaler", "enabled")(w.XR)
			forgotten := false
			for range 6 {
				rsp := w.Run()
				policies, _ := world.At(rsp, key, "spec.managementPolicies").([]any)
				forgotten = forgotten || len(policies) > 0 && !slices.Contains(policies, any("Delete"))
				w.Follow(rsp)
			}
			if first != forgotten {
				t.Errorf("forgotten: want %t, got %t", first, forgotten)
			}
			if !first {
				gone()
				for range 3 {
					w.Follow(w.Run())
				}
				if w.Lingering[key] != nil {
					t.Error("it should be forgotten once it is said")
				}
			}
			w.Lingering = map[string]*fnv1.Resource{}
			w.Settle()
		})
	}
}

// TestDrainSwitchedOff: switched off half-way, as its condition advises, a drain that
// can't end is taken out, and everything goes.
func TestDrainSwitchedOff(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1}")
	w.Settle()
	w.DeleteClaim()
	w.Begin("drain")
	for range 3 {
		w.Pass(w.Run(), world.Unended())
	}
	world.Set(false, "spec", "teardown", "drain")(w.XR)
	w.TakeDown()
	if len(w.Observed) > 0 {
		t.Errorf("nothing should be left, got %v", world.SortedKeys(w.Observed))
	}
	if c := world.ConditionOf(w.Run(), v1alpha1.ConditionDraining); c.GetReason() != lifecycle.ReasonSkipped {
		t.Errorf("want Draining Skipped, got %v", c)
	}
}

// TestOtherNamespace: the platform team has everything made in another namespace from now
// on. What belongs together stays together: what is new of a platform that exists is made
// beside the rest, or it would refer to nothing there.
func TestOtherNamespace(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1}")
	w.Settle()
	world.Set([]any{map[string]any{"name": "default", "minSize": int64(1), "maxSize": int64(2), "instanceTypes": []any{"m6i.large"}}, map[string]any{"name": "more", "minSize": int64(1), "maxSize": int64(2), "instanceTypes": []any{"m6i.large"}}}, "spec", "nodeGroups")(w.XR)
	world.Set([]any{map[string]any{"name": "orders", "fifo": false, "retentionSeconds": int64(60), "visibilityTimeoutSeconds": int64(30)}}, "spec", "queues")(w.XR)
	rsp := w.Under(map[string]any{"resourceNamespace": "platforms"})
	for _, key := range []string{"node-group.more.template", "queue.orders"} {
		if rsp.GetDesired().GetResources()[key] == nil {
			t.Errorf("%s should be asked for", key)
		}
	}
	for _, key := range world.Keys(rsp) {
		if got := world.Desired(rsp, key).GetNamespace(); got != "crossplane-system" {
			t.Errorf("%s should be where the rest is, and is asked for in %s", key, got)
		}
	}
	fresh := world.With(t, "{region: eu-central-1}")
	rsp = fresh.Under(map[string]any{"resourceNamespace": "platforms"})
	if got := world.Desired(rsp, "vpc").GetNamespace(); got != "platforms" {
		t.Errorf("a new platform should be made where the policy says, and not in %s", got)
	}
}
