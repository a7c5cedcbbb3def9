package lifecycle_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// namedProd is a world of a platform called prod, of a claim in a namespace, in which
// nothing exists.
func namedProd(t *testing.T, namespace string) *world.World {
	t.Helper()
	return world.Unnamed(t, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "xplatform.dev/v1alpha1",
		"kind":       "Platform",
		"metadata":   map[string]any{"name": "prod", "namespace": namespace},
		"spec":       map[string]any{"region": "eu-central-1", "name": "prod", "teardown": map[string]any{"drain": false}},
	}})
}

// called is a composite that is another than the first of its claim's name.
func called(w *world.World, name string) *world.World {
	w.XR.SetName(name)
	world.Set("uid-of-"+name, "metadata", "uid")(w.XR)
	world.Set(name, "spec", "resourceRef", "name")(w.Claim)
	return w
}

// TestNameTaken: of two platforms of one name and region the second is told whose it
// is, and nothing of it comes, until the first is gone.
func TestNameTaken(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		second func(w *world.World)
		whose  string
	}{
		"AnotherNamespace": {
			reason: "A name belongs to one team only.",
			second: func(*world.World) {},
			whose:  "Platform team-a/prod's",
		},
		"AnotherDoor": {
			reason: "It does not matter by what door somebody comes.",
			second: func(w *world.World) {
				w.XR.SetKind("Platform")
				w.XR.SetNamespace("team-b")
				unstructured.RemoveNestedField(w.XR.Object, "spec", "claimRef")
			},
			whose: "Platform team-a/prod's",
		},
		"AnotherComposite": {
			reason: "Nor which composite of one claim's name it is.",
			second: func(w *world.World) { world.Set("team-a", "spec", "claimRef", "namespace")(w.XR) },
			whose:  "Platform team-a/prod's",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := called(namedProd(t, "team-a"), "prod-aaaaa"), called(namedProd(t, "team-b"), "prod-bbbbb")
			tc.second(second)
			first.Beside, second.Beside = []*world.World{second}, []*world.World{first}
			first.Settle()
			refused := func(when string) {
				t.Helper()
				rsp := second.Run()
				c := world.ConditionOf(rsp, v1alpha1.ConditionAccepted)
				for _, want := range []string{"spec.name: must not be prod in eu-central-1", tc.whose, "delete this Platform, of which nothing exists, and apply it with another spec.name"} {
					if c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || c.GetReason() != "NameTaken" || !strings.Contains(c.GetMessage(), want) {
						t.Fatalf("\n%s\n%s: want it refused, with %q, got %v", tc.reason, when, want, c)
					}
				}
				if keys := world.Keys(rsp); len(keys) > 0 || world.IsReady(rsp) {
					t.Fatalf("\n%s\n%s: want nothing of it, got %v", tc.reason, when, keys)
				}
				second.Follow(rsp)
			}
			refused("first")
			refused("again")

			// Restored, the other one first.
			restored := func(w *world.World, created string) {
				world.Set("another-"+w.XR.GetName(), "metadata", "uid")(w.XR)
				delete(w.XR.Object, "status")
				w.Edit(lifecycle.KeyGuard, func(o *unstructured.Unstructured) {
					o.SetOwnerReferences(nil)
					world.Set(created, "metadata", "creationTimestamp")(o)
				})
			}
			restored(second, "2026-01-01T00:00:00Z")
			restored(first, "2026-01-02T00:00:00Z")
			refused("restored")
			if rsp := first.Run(); !world.IsReady(rsp) {
				t.Errorf("\n%s\nwant the first to stay, got %s", tc.reason, world.Explain(rsp))
			}

			// The second one goes, and takes nothing along.
			gone := second.Fork(t)
			world.Attempted(gone.XR)
			world.Confirmed(gone.XR)
			gone.TakeDown()
			if len(gone.Observed) > 0 {
				t.Errorf("\n%s\nwant it gone, got %v", tc.reason, world.SortedKeys(gone.Observed))
			}

			world.Attempted(first.XR)
			world.Confirmed(first.XR)
			first.Until("is the first gone", func() bool {
				if len(first.Observed)+len(first.Lingering) == 0 {
					return true
				}
				refused("while the first goes")
				return false
			})
			second.Settle()
		})
	}
}

// refersTo all that exists, as Crossplane writes it into a composite.
func refersTo(w *world.World) []any {
	var refs []any
	for _, key := range world.SortedKeys(w.Observed) {
		o := world.ObservedOf(w, key)
		refs = append(refs, map[string]any{"apiVersion": o.APIVersion(), "kind": o.Kind(), "name": o.Name(), "namespace": o.Namespace()})
	}
	return refs
}

// TestNameOfTwo: a platform that is restored beside another of its name, which somebody has
// made meanwhile, changes nothing of what AWS knows by that name; and the end of one is
// not the end of the other.
func TestNameOfTwo(t *testing.T) {
	t.Parallel()
	first, second := called(namedProd(t, "team-a"), "prod-aaaaa"), called(namedProd(t, "team-a"), "prod-bbbbb")
	for _, w := range []*world.World{first, second} {
		world.Set(true, "spec", "teardown", "drain")(w.XR)
		w.Settle() // Of the first nothing has been restored yet when the second comes.
	}
	first.Beside, second.Beside = []*world.World{second}, []*world.World{first}
	world.Set("another", "metadata", "uid")(first.XR)
	delete(first.XR.Object, "status")
	restored := first.Made()
	for range 3 {
		rsp := first.Ask()
		if c := world.ConditionOf(rsp, v1alpha1.ConditionAccepted); c.GetReason() != "NameTaken" || !strings.Contains(c.GetMessage(), "Platform team-a/prod's as well") {
			t.Fatalf("both manage one cluster, and it says %v", c)
		}
		if world.FatalOf(rsp) == "" {
			world.CheckWhole(t, restored, rsp)
		}
		second.Follow(second.Run())
	}

	world.Attempted(second.XR)
	world.Confirmed(second.XR)
	checkHalted(t, second, "cluster", "is Platform team-a/prod's as well", "spec.managementPolicies: [Observe]")
	for key := range second.Observed {
		if world.ObservedOf(second, key).Deletes() {
			second.Edit(key, world.Set([]any{"Observe"}, "spec", "managementPolicies"))
		}
	}
	for range 40 {
		rsp := second.Run()
		if got := world.Drains(rsp); len(got) > 0 {
			t.Fatalf("nothing should be drained of what is deployed in the other's cluster, got %v", got)
		}
		for key := range rsp.GetDesired().GetResources() {
			if plan.Observe(rsp.GetDesired().GetResources()[key]).Deletes() {
				t.Fatalf("%s should be asked for such that AWS deletes nothing", key)
			}
		}
		second.Follow(rsp)
	}
	if len(second.Observed) > 0 {
		t.Fatalf("the second should be gone, left is %v", second.Made())
	}
	first.Settle()
	if diff := cmp.Diff(restored, first.Made()); diff != "" {
		t.Errorf("the first should be as it was: -want, +got:\n%s", diff)
	}
}

// TestNameOfRefused: a platform whose guard is of an earlier version, and
// whose claim is refused by this one, keeps its name.
func TestNameOfRefused(t *testing.T) {
	t.Parallel()
	first, second := called(namedProd(t, "team-a"), "prod-aaaaa"), called(namedProd(t, "team-b"), "prod-bbbbb")
	first.Settle()
	first.Beside, second.Beside = []*world.World{second}, []*world.World{first}
	first.Edit(lifecycle.KeyGuard, func(o *unstructured.Unstructured) {
		o.SetLabels(nil)
		o.SetAnnotations(nil)
	})
	world.Set([]any{"arn:aws:iam::123456789012:role/admin"}, "spec", "cluster", "admins")(first.XR)
	policy := map[string]any{"allowedAdminArns": []any{}}
	first.Policy, second.Policy = policy, policy
	for range 3 {
		if rsp := first.Ask(); world.FatalOf(rsp) == "" {
			first.Follow(rsp)
		}
	}
	if rsp := first.Ask(); world.FatalOf(rsp) == "" {
		t.Fatal("want it refused")
	}
	for range 10 {
		rsp := second.Ask()
		if world.ConditionOf(rsp, v1alpha1.ConditionAccepted).GetReason() == "NameTaken" {
			return
		}
		second.Follow(rsp)
	}
	if second.Observed["cluster"] != nil {
		t.Errorf("team-b has the cluster %s now, which is team-a's", world.ObservedOf(second, "cluster").Annotation("crossplane.io/external-name"))
	}
}

// TestNameOfRestored: a platform that waits for the rest of it to be restored
// holds its name meanwhile.
func TestNameOfRestored(t *testing.T) {
	t.Parallel()
	first, second := called(namedProd(t, "team-a"), "prod-aaaaa"), called(namedProd(t, "team-b"), "prod-bbbbb")
	first.Settle()
	first.Beside, second.Beside = []*world.World{second}, []*world.World{first}
	world.Set(refersTo(first), "spec", "resourceRefs")(first.XR)
	delete(first.XR.Object, "status")
	delete(first.Observed, "vpc")
	delete(first.Observed, lifecycle.KeyGuard)
	for range 10 {
		if rsp := first.Ask(); world.FatalOf(rsp) == "" {
			t.Fatal("want it to wait")
		}
		rsp := second.Ask()
		if world.ConditionOf(rsp, v1alpha1.ConditionAccepted).GetReason() == "NameTaken" {
			return
		}
		second.Follow(rsp)
	}
	if second.Observed["cluster"] != nil {
		t.Error("team-b has the cluster prod now, which is team-a's")
	}
}

// TestNameTakenWayOut: what is advised to whoever is refused a name is possible, and
// nothing else is.
func TestNameTakenWayOut(t *testing.T) {
	t.Parallel()
	first, second := called(namedProd(t, "team-a"), "prod-aaaaa"), called(namedProd(t, "team-b"), "prod-bbbbb")
	first.Beside, second.Beside = []*world.World{second}, []*world.World{first}
	first.Settle()
	second.Follow(second.Run())
	other := second.Claim.DeepCopy()
	world.Set("other", "spec", "name")(other)
	if err := second.CRDs.ValidateUpdate(other, second.Claim); err == nil {
		t.Error("a name can be edited: advise that")
	}
	second.DeleteClaim()
	second.Until("is it gone, guard and all", func() bool { return len(second.Observed)+len(second.Lingering) == 0 })
	third := called(namedProd(t, "team-b"), "prod-ccccc")
	world.Set("other", "spec", "name")(third.Claim)
	world.Set("other", "spec", "name")(third.XR)
	third.Beside = []*world.World{first, second}
	if rsp := third.Settle(); world.At(rsp, "cluster", world.ExternalName) != "other" {
		t.Errorf("want a cluster of that name, got %v", world.At(rsp, "cluster", world.ExternalName))
	}
}

// TestNameSeen: what is decided by a guard that has changed since, the API server refuses,
// also if that guard asks for no name so far.
func TestNameSeen(t *testing.T) {
	t.Parallel()
	first, second := called(namedProd(t, "team-a"), "prod-aaaaa"), called(namedProd(t, "team-b"), "prod-bbbbb")
	first.Settle()
	second.Beside = []*world.World{first}
	second.Follow(second.Run())
	const seen = "4711"
	second.Edit(lifecycle.KeyGuard, world.Set(seen, "metadata", "resourceVersion"))
	for _, beside := range [][]*world.World{{first}, nil} {
		second.Beside = beside
		if got := world.At(second.Run(), lifecycle.KeyGuard, "metadata.resourceVersion"); got != seen {
			t.Errorf("beside %d others: want the guard asked for by the version that was seen, got %v", len(beside), got)
		}
	}
}
