package lifecycle_test

import (
	"fmt"
	"maps"
	"slices"
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

// TestTeardown: a platform goes in order, the guard last.
func TestTeardown(t *testing.T) {
	t.Parallel()
	for _, example := range world.Examples {
		t.Run(example, func(t *testing.T) {
			w := world.New(t, example)
			world.Unprotected(w.XR)
			w.Settle()
			all := len(w.Observed)
			w.DeleteClaim()

			begin := w.Run()
			world.Validate(t, w, begin)
			if got := len(begin.GetDesired().GetResources()); got != all+1 || world.At(begin, "drain.config", "kind") == nil {
				t.Errorf("nothing should go before it is sure to be remembered, and the drain should begin: of %d resources %d are asked for", all, got)
			}
			order := w.TakeDown()
			last := len(order) - 1
			if !slices.Equal(order[last], []string{lifecycle.KeyGuard}) {
				t.Errorf("the guard should go last, and alone: got %v", order[last])
			}
			end := w.Run()
			if len(w.Observed) > 0 || len(end.GetDesired().GetResources()) > 0 {
				t.Errorf("nothing should be left, and nothing asked for: got %v and %v", world.SortedKeys(w.Observed), world.Keys(end))
			}
			if got := end.GetDesired().GetComposite().GetReady(); got != fnv1.Ready_READY_FALSE {
				t.Errorf("a platform that is gone is not ready: got %s", got)
			}
			s := world.StatusOf(t, end)
			if want := fmt.Sprintf("%d/%d", all-1, all-1); s["phase"] != "TearingDown" || s["progress"] != want || s["leaving"] != nil {
				t.Errorf("want phase TearingDown, progress %s and nothing leaving, got %v, %v and %v", want, s["phase"], s["progress"], s["leaving"])
			}
		})
	}
}

// TestTeardownReports: what people see of a teardown, and Crossplane of the
// guard.
func TestTeardownReports(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	w.Settle()
	w.DeleteClaim()
	var events []string
	for range 30 {
		rsp := w.Run()
		world.Validate(t, w, rsp)
		for _, r := range rsp.GetResults() {
			events = append(events, r.GetReason()+": "+r.GetMessage())
			if r.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
				t.Errorf("the claim should hear of it, too: %v", r)
			}
		}
		c := world.ConditionOf(rsp, v1alpha1.ConditionTearingDown)
		if c.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE || c.GetReason() != lifecycle.ReasonTearingDown || c.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
			t.Errorf("want TearingDown True, got %v", c)
		}
		if got := rsp.GetMeta().GetTtl().AsDuration(); got != 10*time.Second {
			t.Errorf("want to be asked again soon, got %s", got)
		}
		if rsp.GetDesired().GetResources()[lifecycle.KeyGuard] == nil {
			break
		}
		reason, _ := world.At(rsp, lifecycle.KeyGuard, "spec.reason").(string)
		if reason != "Tearing down: "+c.GetMessage() || len(reason) > lifecycle.LongestReason || (world.At(rsp, lifecycle.KeyGuard, "spec.replayDeletion") == true) != (len(world.Keys(rsp)) == 0 && len(w.Observed) == 1) {
			t.Errorf("the guard should say %q, and repeat the deletion if nothing else is left, got %v", c.GetMessage(), world.Desired(rsp, lifecycle.KeyGuard).Object["spec"])
		}
		w.Follow(rsp)
	}
	want := []string{
		"Draining: The cluster is drained before anything goes",
		"TearingDown: The platform is taken down",
		"Deleting: Deleting addon.aws-ebs-csi-driver, aws-load-balancer-controller, cluster-autoscaler, and 3 more",
		"Deleting: Deleting addon.coredns, aws-load-balancer-controller.identity, aws-load-balancer-controller.policy, and 9 more",
		"Deleting: Deleting aws-load-balancer-controller.role, cluster-autoscaler.role, drain.binding, and 3 more",
		"Deleting: Deleting addon.eks-pod-identity-agent, addon.kube-proxy, addon.vpc-cni, and 12 more",
		"Deleting: Deleting drain.config, nat-gateway.euc1-az1, nodes.role, and 3 more",
		"Deleting: Deleting cluster.auth, elastic-ip.euc1-az1, route-table-association.public.euc1-az1, and 1 more",
		"Deleting: Deleting cluster, internet-gateway, route-table.public, and 1 more",
		"Deleting: Deleting cluster.key, cluster.logs, cluster.role.policy, and 3 more",
		"Deleting: Deleting cluster.role, vpc",
	}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("events: -want, +got:\n%s", diff)
	}
}

// TestTeardownCancelled: wherever a teardown is when it is cancelled, the
// platform is made whole, and what is on its way out waits until it is gone.
func TestTeardownCancelled(t *testing.T) {
	t.Parallel()
	start := world.New(t, "platform-smallest.yaml")
	before := start.Settle()
	world.Confirmed(start.XR)
	gone := false
	for steps := 1; steps < 100 && !gone; steps += 3 {
		w := start.Fork(t)
		world.Attempted(w.XR)
		for range steps {
			w.Follow(w.Run())
		}
		if gone = w.Observed[lifecycle.KeyGuard] == nil; gone {
			continue
		}
		world.Cancel(w.XR)
		if world.At(w.Run(), lifecycle.KeyGuard, "spec.replayDeletion") != nil {
			t.Errorf("after %d steps: a cancelled deletion should not be repeated", steps)
		}
		after := w.Settle()
		if !proto.Equal(before.GetDesired(), after.GetDesired()) {
			t.Errorf("after %d steps: -before, +after:\n%s", steps, cmp.Diff(before.GetDesired().String(), after.GetDesired().String()))
		}
	}
	if !gone {
		t.Error("it never ends")
	}
}

// TestTeardownSlow: what takes its time to go holds what it needs, and is waited
// for if it is wanted again.
func TestTeardownSlow(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	w.Settle()
	w.DeleteClaim()
	w.Slow = []string{"node-group.default"}
	w.TakeDown()
	if w.Lingering["node-group.default"] == nil || w.Observed["cluster"] == nil || w.Observed[lifecycle.KeyGuard] == nil {
		t.Fatalf("the node group should be on its way out and hold the cluster, got %v", world.SortedKeys(w.Observed))
	}
	rsp := w.Run()
	if m := world.ConditionOf(rsp, v1alpha1.ConditionTearingDown).GetMessage(); !strings.Contains(m, "deleting node-group.default") {
		t.Errorf("it should be said what is waited for: got %q", m)
	}
	if c := world.ConditionOf(rsp, v1alpha1.ConditionClusterReady); c.GetReason() != "Waiting" || !strings.Contains(c.GetMessage(), "node-group.default") {
		t.Errorf("the cluster should say what it waits for: got %v", c)
	}

	again := w.Fork(t)
	world.Cancel(again.XR)
	rsp = again.Run()
	if rsp.GetDesired().GetResources()["node-group.default"] != nil {
		t.Error("what is on its way out should not be asked for")
	}
	want := map[string]any{"resource": "node-group.default", "for": []any{"node-group.default"}}
	if waiting, _ := world.StatusOf(t, rsp)["waiting"].([]any); !slices.ContainsFunc(waiting, func(e any) bool { return cmp.Equal(e, any(want)) }) {
		t.Errorf("it should wait for itself to be gone: got %v", waiting)
	}
	again.Lingering = map[string]*fnv1.Resource{}
	again.Settle()

	w.Lingering, w.Slow = map[string]*fnv1.Resource{}, nil
	w.TakeDown()
	if len(w.Observed) > 0 {
		t.Errorf("once it is gone, so should be the rest: got %v", world.SortedKeys(w.Observed))
	}
}

// TestTeardownWithoutCluster: nobody can uninstall anything in a cluster that
// isn't there, so its releases are forgotten.
func TestTeardownWithoutCluster(t *testing.T) {
	t.Parallel()
	cases := map[string]func(w *world.World){
		"Gone": func(w *world.World) { delete(w.Observed, "cluster") },
		"Lost": func(w *world.World) {
			world.Set(lifecycle.ClusterGone, "metadata", "annotations", lifecycle.AnnotationCluster)(w.XR)
		},
	}
	start := world.New(t, "platform-smallest.yaml")
	start.Settle()
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			w := start.Fork(t)
			w.DeleteClaim()
			change(w)
			want := []any{"Observe", "Create", "Update", "LateInitialize"}
			rsp := w.Run()
			world.Validate(t, w, rsp)
			for _, key := range world.KindsOf(rsp, "Release") {
				if diff := cmp.Diff(want, world.At(rsp, key, "spec.managementPolicies")); diff != "" {
					t.Errorf("%s: -want, +got:\n%s", key, diff)
				}
			}
			w.TakeDown()
			if len(w.Observed) > 0 {
				t.Errorf("nothing should be left, got %v", world.SortedKeys(w.Observed))
			}
		})
	}
}

// TestTeardownRefused: what is wrong with a claim does not keep its platform
// from being taken down, nor is any of it acted upon.
func TestTeardownRefused(t *testing.T) {
	t.Parallel()
	for _, spec := range []map[string]any{{"network": map[string]any{"cidr": "none"}}, {"tags": map[string]any{"a=b": "c"}}} {
		w := world.With(t, "{region: eu-central-1}")
		before := w.Settle()
		maps.Copy(w.XR.Object["spec"].(map[string]any), spec)
		if got := world.FatalOf(w.Respond(w.Request())); got == "" {
			t.Fatalf("%v should be refused", spec)
		}
		w.DeleteClaim()
		rsp := w.Run()
		if c := world.ConditionOf(rsp, v1alpha1.ConditionAccepted); c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE {
			t.Errorf("%v: want Accepted False, got %v", spec, c)
		}
		for _, key := range world.Keys(before) {
			if diff := cmp.Diff(world.Desired(before, key).Object["spec"], world.Desired(rsp, key).Object["spec"]); diff != "" {
				t.Errorf("%v: %s should be asked for as it was: -before, +after:\n%s", spec, key, diff)
			}
		}
		for range 40 {
			w.Follow(w.Run())
		}
		if len(w.Observed) > 0 {
			t.Errorf("%v: nothing should be left, got %v", spec, world.SortedKeys(w.Observed))
		}
	}
}

// TestTeardownSearch: what is left that nobody remembers is found before the
// guard goes.
func TestTeardownSearch(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	w.Settle()
	lost := proto.CloneOf(w.Observed["vpc"])
	w.DeleteClaim()
	w.Slow = []string{"subnet.public.euc1-az1"}
	for range 40 {
		w.Follow(w.Run())
	}
	slow := w.Lingering["subnet.public.euc1-az1"]
	// Somebody has edited the composite's status.
	delete(w.XR.Object["status"].(map[string]any), "leaving")
	w.Observed = map[string]*fnv1.Resource{lifecycle.KeyGuard: w.Observed[lifecycle.KeyGuard]}
	for key, r := range map[string]*fnv1.Resource{"vpc": lost, "subnet.public.euc1-az1": slow} {
		o := &unstructured.Unstructured{Object: r.GetResource().AsMap()}
		world.Set(key, "metadata", "annotations", "crossplane.io/composition-resource-name")(o)
		world.Set([]any{map[string]any{"apiVersion": "xplatform.dev/v1alpha1", "kind": "XPlatform", "name": "dev-x7k2p", "uid": string(w.XR.GetUID())}}, "metadata", "ownerReferences")(o)
		w.Observe(key, o)
		w.Lingering[key] = w.Observed[key]
	}
	w.Observed = map[string]*fnv1.Resource{lifecycle.KeyGuard: w.Observed[lifecycle.KeyGuard]}

	rsp := w.Run()
	world.Validate(t, w, rsp)
	if diff := cmp.Diff([]string{lifecycle.KeyGuard, "vpc"}, world.SortedKeys(rsp.GetDesired().GetResources())); diff != "" {
		t.Errorf("what nobody has asked to go should be composed again: -want, +got:\n%s", diff)
	}
	var left []string
	for _, l := range world.StatusOf(t, rsp)["leaving"].([]any) {
		left = append(left, fmt.Sprint(l.(map[string]any)["resource"], " ", l.(map[string]any)["deleting"]))
	}
	if diff := cmp.Diff([]string{"subnet.public.euc1-az1 true", "vpc <nil>"}, left); diff != "" {
		t.Errorf("both should be reported: -want, +got:\n%s", diff)
	}
	delete(w.Lingering, "vpc")
	w.Follow(rsp)
	w.TakeDown()
	if w.Observed["vpc"] == nil {
		t.Error("the VPC should wait for the subnet")
	}
	w.Lingering, w.Slow = map[string]*fnv1.Resource{}, nil
	w.TakeDown()
	if len(w.Observed) > 0 {
		t.Errorf("nothing should be left, got %v", world.SortedKeys(w.Observed))
	}
}

// TestTeardownHeld: what somebody keeps from going is named, with what keeps it:
// paused, its provider deletes nothing; and what a Usage protects is not asked to go
// at all, because Crossplane would do nothing else any more.
func TestTeardownHeld(t *testing.T) {
	t.Parallel()
	const key = "node-group.default"
	cases := map[string]struct {
		reason string
		edit   func(o *unstructured.Unstructured)
		asked  bool
		want   string
	}{
		"Paused": {
			reason: "Who paused it should be reminded.",
			edit: func(o *unstructured.Unstructured) {
				world.Deleted(o)
				world.Set("true", "metadata", "annotations", "crossplane.io/paused")(o)
				world.WithStatus(o, "Synced", "False", "ReconcilePaused", "Reconciliation is paused via the pause annotation")
			},
			want: key + ": its provider does not delete it, because it is paused; remove its annotation crossplane.io/paused",
		},
		"Used": {
			reason: "Whose Usage it is says why.",
			edit:   world.Set("true", "metadata", "labels", "crossplane.io/in-use"),
			asked:  true,
			want:   key + " is protected by somebody's Usage, which says why: kubectl get usages.protection.crossplane.io,clusterusages.protection.crossplane.io -A",
		},
	}
	start := world.New(t, "platform-smallest.yaml")
	start.Settle()
	start.DeleteClaim()
	for start.Observed["cluster-autoscaler"] != nil || start.Observed["addon.coredns"] != nil {
		start.Follow(start.Run())
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := start.Fork(t)
			w.Edit(key, tc.edit)
			for range 5 {
				w.Lingering[key] = w.Observed[key]
				rsp := w.Run()
				world.Validate(t, w, rsp)
				if asked := rsp.GetDesired().GetResources()[key] != nil; asked != tc.asked {
					t.Fatalf("\n%s\nasked for: want %t, got %t", tc.reason, tc.asked, asked)
				}
				for _, ctype := range []string{v1alpha1.ConditionTearingDown, v1alpha1.ConditionNodesReady} {
					if c := world.ConditionOf(rsp, ctype); !strings.Contains(c.GetMessage(), tc.want) {
						t.Errorf("\n%s\n%s: want %q, got %v", tc.reason, ctype, tc.want, c)
					}
				}
				w.Remember(rsp)
			}
		})
	}
}
