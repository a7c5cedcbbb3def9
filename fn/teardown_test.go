package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
)

// Edits of a composite, and of its claim.
//
//nolint:gochecknoglobals // Constants, but for Go's lack of constant functions.
var (
	attempted = set("Background", "metadata", "annotations", annotationAttempt)
	confirmed = set(teardownConfirmed, "metadata", "annotations", annotationTeardown)
	deleted   = set("2026-01-02T00:00:00Z", "metadata", "deletionTimestamp")
)

// cancel the attempt.
func cancel(o *unstructured.Unstructured) {
	unstructured.RemoveNestedField(o.Object, "metadata", "annotations", annotationAttempt)
}

// unprotected lifts the protection of everything the platform is made of.
func unprotected(o *unstructured.Unstructured) {
	set(false, "spec", "cluster", "deletionProtection")(o)
	list, _, _ := unstructured.NestedSlice(o.Object, "spec", "databases")
	for _, d := range list {
		d.(map[string]any)["deletionProtection"] = false
	}
	if len(list) > 0 {
		set(list, "spec", "databases")(o)
	}
}

// takeDown follows the function until nothing changes any more, and returns what
// went at a time. Nothing may go before what needs it.
func (w *world) takeDown() [][]string {
	w.t.Helper()
	edges := planOf(w.t, w).Edges()
	var order [][]string
	for range 60 {
		before := w.run()
		gone := w.follow(before)
		for _, key := range gone {
			for _, other := range slices.Concat(sorted(w.observed), sorted(w.lingering), gone) {
				if slices.Contains(edges[other], key) {
					w.t.Errorf("%s goes before %s, which needs it", key, other)
				}
			}
		}
		if len(gone) > 0 {
			order = append(order, gone)
		}
		if after := w.run(); proto.Equal(before, after) {
			return order
		}
	}
	w.t.Fatal("it never ends")
	return nil
}

// TestTeardown: a platform goes in order, the guard last.
func TestTeardown(t *testing.T) {
	t.Parallel()
	for _, example := range examples {
		t.Run(example, func(t *testing.T) {
			w := newWorld(t, example)
			unprotected(w.xr)
			w.settle()
			all := len(w.observed)
			attempted(w.xr)
			deleted(w.claim)

			begin := w.run()
			validate(t, w, begin)
			if got := len(begin.GetDesired().GetResources()); got != all+1 || at(begin, "drain.config", "kind") == nil {
				t.Errorf("nothing should go before it is sure to be remembered, and the drain should begin: of %d resources %d are asked for", all, got)
			}
			order := w.takeDown()
			last := len(order) - 1
			if !slices.Equal(order[last], []string{keyGuard}) {
				t.Errorf("the guard should go last, and alone: got %v", order[last])
			}
			end := w.run()
			if len(w.observed) > 0 || len(end.GetDesired().GetResources()) > 0 {
				t.Errorf("nothing should be left, and nothing asked for: got %v and %v", sorted(w.observed), desiredKeys(end))
			}
			if got := end.GetDesired().GetComposite().GetReady(); got != fnv1.Ready_READY_FALSE {
				t.Errorf("a platform that is gone is not ready: got %s", got)
			}
			s := statusOf(t, end)
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
	w := newWorld(t, "platform-smallest.yaml")
	w.settle()
	attempted(w.xr)
	deleted(w.claim)
	var events []string
	for range 30 {
		rsp := w.run()
		validate(t, w, rsp)
		for _, r := range rsp.GetResults() {
			events = append(events, r.GetReason()+": "+r.GetMessage())
			if r.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
				t.Errorf("the claim should hear of it, too: %v", r)
			}
		}
		c := conditionOf(rsp, v1alpha1.ConditionTearingDown)
		if c.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE || c.GetReason() != reasonTearingDown || c.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
			t.Errorf("want TearingDown True, got %v", c)
		}
		if got := rsp.GetMeta().GetTtl().AsDuration(); got != ttlConverging {
			t.Errorf("want to be asked again soon, got %s", got)
		}
		if rsp.GetDesired().GetResources()[keyGuard] == nil {
			break
		}
		reason, _ := at(rsp, keyGuard, "spec.reason").(string)
		if reason != "Tearing down: "+c.GetMessage() || len(reason) > longestReason || (at(rsp, keyGuard, "spec.replayDeletion") == true) != (len(desiredKeys(rsp)) == 0 && len(w.observed) == 1) {
			t.Errorf("the guard should say %q, and repeat the deletion if nothing else is left, got %v", c.GetMessage(), desired(rsp, keyGuard).Object["spec"])
		}
		w.follow(rsp)
	}
	want := []string{
		"Draining: The cluster is drained before anything goes",
		"TearingDown: The platform is taken down",
		"Deleting: Deleting addon.aws-ebs-csi-driver, aws-load-balancer-controller, cluster-autoscaler, and 2 more",
		"Deleting: Deleting addon.coredns, aws-load-balancer-controller.identity, aws-load-balancer-controller.policy, and 8 more",
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
	start := newWorld(t, "platform-smallest.yaml")
	before := start.settle()
	confirmed(start.xr)
	for steps := 1; ; steps += 3 {
		w := start.fork(t)
		attempted(w.xr)
		for range steps {
			w.follow(w.run())
		}
		if w.observed[keyGuard] == nil {
			break
		}
		cancel(w.xr)
		if at(w.run(), keyGuard, "spec.replayDeletion") != nil {
			t.Errorf("after %d steps: a cancelled deletion should not be repeated", steps)
		}
		after := w.settle()
		if !proto.Equal(before.GetDesired(), after.GetDesired()) {
			t.Errorf("after %d steps: -before, +after:\n%s", steps, cmp.Diff(before.GetDesired().String(), after.GetDesired().String()))
		}
	}
}

// TestTeardownSlow: what takes its time to go holds what it needs, and is waited
// for if it is wanted again.
func TestTeardownSlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "platform-smallest.yaml")
	w.settle()
	attempted(w.xr)
	deleted(w.claim)
	w.slow = []string{"node-group.default"}
	w.takeDown()
	if w.lingering["node-group.default"] == nil || w.observed["cluster"] == nil || w.observed[keyGuard] == nil {
		t.Fatalf("the node group should be on its way out and hold the cluster, got %v", sorted(w.observed))
	}
	rsp := w.run()
	if m := conditionOf(rsp, v1alpha1.ConditionTearingDown).GetMessage(); !strings.Contains(m, "deleting node-group.default") {
		t.Errorf("it should be said what is waited for: got %q", m)
	}
	if c := conditionOf(rsp, v1alpha1.ConditionClusterReady); c.GetReason() != "Waiting" || !strings.Contains(c.GetMessage(), "node-group.default") {
		t.Errorf("the cluster should say what it waits for: got %v", c)
	}

	again := w.fork(t)
	cancel(again.xr)
	rsp = again.run()
	if rsp.GetDesired().GetResources()["node-group.default"] != nil {
		t.Error("what is on its way out should not be asked for")
	}
	want := map[string]any{"resource": "node-group.default", "for": []any{"node-group.default"}}
	if waiting, _ := statusOf(t, rsp)["waiting"].([]any); !slices.ContainsFunc(waiting, func(e any) bool { return cmp.Equal(e, any(want)) }) {
		t.Errorf("it should wait for itself to be gone: got %v", waiting)
	}
	again.lingering = map[string]*fnv1.Resource{}
	again.settle()

	w.lingering, w.slow = map[string]*fnv1.Resource{}, nil
	w.takeDown()
	if len(w.observed) > 0 {
		t.Errorf("once it is gone, so should be the rest: got %v", sorted(w.observed))
	}
}

// TestTeardownProtected: what is protected stays with all it needs, until its
// protection is lifted.
func TestTeardownProtected(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, "{region: eu-central-1, name: dev, databases: [{name: orders, engine: postgres}]}")
	w.settle()
	attempted(w.xr)
	deleted(w.claim)
	w.takeDown()
	left := slices.DeleteFunc(sorted(w.observed), func(key string) bool { return strings.HasPrefix(key, "subnet.private.") })
	if diff := cmp.Diff([]string{"database.orders", "database.orders.security-group", "database.subnets", keyGuard, "vpc"}, left); diff != "" {
		t.Errorf("the database should stay, with what it needs: -want, +got:\n%s", diff)
	}
	rsp := w.run()
	c := conditionOf(rsp, v1alpha1.ConditionDataReady)
	if c.GetReason() != "Protected" || !strings.Contains(c.GetMessage(), "database.orders is protected: set its deletionProtection to false in XPlatform dev-x7k2p") {
		t.Errorf("it should be said what protects it: got %v", c)
	}
	if m := conditionOf(rsp, v1alpha1.ConditionTearingDown).GetMessage(); !strings.Contains(m, "database.orders is protected") {
		t.Errorf("the teardown should say so, too: got %v", m)
	}

	unprotected(w.xr)
	rsp = w.run()
	if got := at(rsp, "database.orders", "spec.forProvider.deletionProtection"); got != false {
		t.Fatalf("the protection should be lifted before anything else: got %v", got)
	}
	w.follow(rsp)
	w.edit("database.orders", set(true, "status", "atProvider", "deletionProtection"))
	if rsp := w.run(); rsp.GetDesired().GetResources()["database.orders"] == nil {
		t.Error("the database should stay until AWS has lifted the protection")
	}
	w.edit("database.orders", set(false, "status", "atProvider", "deletionProtection"))
	w.takeDown()
	if len(w.observed) > 0 {
		t.Errorf("nothing should be left, got %v", sorted(w.observed))
	}
}

// TestTeardownWithoutCluster: nobody can uninstall anything in a cluster that
// isn't there, so its releases are forgotten.
func TestTeardownWithoutCluster(t *testing.T) {
	t.Parallel()
	cases := map[string]func(w *world){
		"Gone": func(w *world) { delete(w.observed, "cluster") },
		"Lost": func(w *world) { set(clusterGone, "metadata", "annotations", annotationCluster)(w.xr) },
	}
	start := newWorld(t, "platform-smallest.yaml")
	start.settle()
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			w := start.fork(t)
			attempted(w.xr)
			deleted(w.claim)
			change(w)
			want := []any{"Observe", "Create", "Update", "LateInitialize"}
			rsp := w.run()
			validate(t, w, rsp)
			for _, key := range kindsOf(rsp, "Release") {
				if diff := cmp.Diff(want, at(rsp, key, "spec.managementPolicies")); diff != "" {
					t.Errorf("%s: -want, +got:\n%s", key, diff)
				}
			}
			w.takeDown()
			if len(w.observed) > 0 {
				t.Errorf("nothing should be left, got %v", sorted(w.observed))
			}
		})
	}
}

// TestTeardownRefused: what is wrong with a claim does not keep its platform
// from being taken down, nor is any of it acted upon.
func TestTeardownRefused(t *testing.T) {
	t.Parallel()
	for _, spec := range []map[string]any{{"network": map[string]any{"cidr": "none"}}, {"tags": map[string]any{"a=b": "c"}}} {
		w := newWorldWith(t, "{region: eu-central-1}")
		before := w.settle()
		maps.Copy(w.xr.Object["spec"].(map[string]any), spec)
		if got := fatalOf(w.respond(w.request())); got == "" {
			t.Fatalf("%v should be refused", spec)
		}
		attempted(w.xr)
		deleted(w.claim)
		rsp := w.run()
		if c := conditionOf(rsp, v1alpha1.ConditionAccepted); c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE {
			t.Errorf("%v: want Accepted False, got %v", spec, c)
		}
		for _, key := range desiredKeys(before) {
			if diff := cmp.Diff(desired(before, key).Object["spec"], desired(rsp, key).Object["spec"]); diff != "" {
				t.Errorf("%v: %s should be asked for as it was: -before, +after:\n%s", spec, key, diff)
			}
		}
		for range 40 {
			w.follow(w.run())
		}
		if len(w.observed) > 0 {
			t.Errorf("%v: nothing should be left, got %v", spec, sorted(w.observed))
		}
	}
}

// TestTeardownSearch: what is left that nobody remembers is found before the
// guard goes.
func TestTeardownSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "platform-smallest.yaml")
	w.settle()
	lost := proto.CloneOf(w.observed["vpc"])
	attempted(w.xr)
	deleted(w.claim)
	w.slow = []string{"subnet.public.euc1-az1"}
	for range 40 {
		w.follow(w.run())
	}
	slow := w.lingering["subnet.public.euc1-az1"]
	// Somebody has edited the composite's status.
	delete(w.xr.Object["status"].(map[string]any), "leaving")
	w.observed = map[string]*fnv1.Resource{keyGuard: w.observed[keyGuard]}
	for key, r := range map[string]*fnv1.Resource{"vpc": lost, "subnet.public.euc1-az1": slow} {
		o := &unstructured.Unstructured{Object: r.GetResource().AsMap()}
		set(key, "metadata", "annotations", "crossplane.io/composition-resource-name")(o)
		set([]any{map[string]any{"apiVersion": "xplatform.dev/v1alpha1", "kind": "XPlatform", "name": "dev-x7k2p", "uid": string(w.xr.GetUID())}}, "metadata", "ownerReferences")(o)
		w.observe(key, o)
		w.lingering[key] = w.observed[key]
	}
	w.observed = map[string]*fnv1.Resource{keyGuard: w.observed[keyGuard]}

	rsp := w.run()
	validate(t, w, rsp)
	if diff := cmp.Diff([]string{keyGuard, "vpc"}, sorted(rsp.GetDesired().GetResources())); diff != "" {
		t.Errorf("what nobody has asked to go should be composed again: -want, +got:\n%s", diff)
	}
	var left []string
	for _, l := range statusOf(t, rsp)["leaving"].([]any) {
		left = append(left, fmt.Sprint(l.(map[string]any)["resource"], " ", l.(map[string]any)["deleting"]))
	}
	if diff := cmp.Diff([]string{"subnet.public.euc1-az1 true", "vpc <nil>"}, left); diff != "" {
		t.Errorf("both should be reported: -want, +got:\n%s", diff)
	}
	delete(w.lingering, "vpc")
	w.follow(rsp)
	w.takeDown()
	if w.observed["vpc"] == nil {
		t.Error("the VPC should wait for the subnet")
	}
	w.lingering, w.slow = map[string]*fnv1.Resource{}, nil
	w.takeDown()
	if len(w.observed) > 0 {
		t.Errorf("nothing should be left, got %v", sorted(w.observed))
	}
}
