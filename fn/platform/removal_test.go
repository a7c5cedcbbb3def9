package platform_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestRemoveNodeGroup: what is no longer wanted leaves in the order opposite to
// the one it came in.
func TestRemoveNodeGroup(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		group  string
		tags   bool
	}{
		"Tainted": {reason: "A group nothing else waited for should leave after its tags and before its template.", group: "arm", tags: true},
		"Open":    {reason: "So should one that CoreDNS and the controllers waited for.", group: "general"},
	}
	start := world.New(t, "platform-production.yaml")
	start.Settle()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := start.Fork(t)
			before := w.Run()
			list, _, _ := unstructured.NestedSlice(w.XR.Object, "spec", "nodeGroups")
			list = slices.DeleteFunc(list, func(g any) bool { return g.(map[string]any)["name"] == tc.group })
			world.Set(list, "spec", "nodeGroups")(w.XR)

			group := "node-group." + tc.group
			want := [][]string{{group}, {group + ".template"}}
			if tc.tags {
				want = append([][]string{world.Matching(world.Keys(before), group+".tag.*")}, want...)
			}
			var got [][]string
			for range 10 {
				rsp := w.Run()
				ready := rsp.GetDesired().GetComposite().GetReady()
				left := slices.DeleteFunc(world.SortedKeys(w.Observed), func(k string) bool { return k != group && !strings.HasPrefix(k, group+".") })
				if (ready == fnv1.Ready_READY_TRUE) != (len(left) == 0) {
					t.Errorf("\n%s\nwith %v left, ready should not be %s", tc.reason, left, ready)
				}
				for _, key := range left {
					r := rsp.GetDesired().GetResources()[key]
					if r == nil {
						continue
					}
					// Kept as it exists, so that the provider changes nothing.
					if diff := cmp.Diff(w.Observed[key].GetResource().AsMap()["spec"], r.GetResource().AsMap()["spec"]); diff != "" {
						t.Errorf("\n%s\n%s is on its way out and should be left as it is: -exists, +asked for:\n%s", tc.reason, key, diff)
					}
					if r.GetResource().GetFields()["status"] != nil {
						t.Errorf("\n%s\n%s carries a status", tc.reason, key)
					}
				}
				if gone := w.Follow(rsp); len(gone) > 0 {
					got = append(got, gone)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestRemoveOthers: the same rules hold for every part of a platform.
func TestRemoveOthers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		spec   string
		remove []string
		want   [][]string
	}{
		"Queue": {
			reason: "A policy should go before the queues it names.",
			spec:   "{region: eu-central-1, queues: [{name: orders, deadLetter: {}}, {name: emails}]}",
			remove: []string{"spec", "queues"},
			want:   [][]string{{"queue.emails", "queue.orders.redrive"}, {"queue.orders", "queue.orders.dead-letter"}},
		},
		"Database": {
			reason: "A database should go before what is around it.",
			spec:   "{region: eu-central-1, databases: [{name: orders, engine: postgres, deletionProtection: false}]}",
			remove: []string{"spec", "databases"},
			want:   [][]string{{"database.orders", "database.orders.security-group.cluster"}, {"database.orders.security-group", "database.subnets"}},
		},
		"Zone": {
			reason: "ExternalDNS should outlive its zone, whose records only it removes.",
			spec:   "{region: eu-central-1, dns: {domain: dev.example.com}}",
			remove: []string{"spec", "dns"},
			want:   [][]string{{"zone"}, {"external-dns"}, {"external-dns.identity", "external-dns.policy"}, {"external-dns.role"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, tc.spec)
			w.Settle()
			unstructured.RemoveNestedField(w.XR.Object, tc.remove...)
			if diff := cmp.Diff(tc.want, w.TakeDown()); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if got := w.Run().GetDesired().GetComposite().GetReady(); got != fnv1.Ready_READY_TRUE {
				t.Errorf("\n%s\nthe platform should be ready without it: got %s", tc.reason, got)
			}
		})
	}
}

// TestRemoveProtected: a database that was never unprotected stays, whatever
// the claim says of it: AWS would refuse to delete it, for ever.
func TestRemoveProtected(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, databases: [{name: orders, engine: postgres}]}")
	w.Settle()
	databases, _, _ := unstructured.NestedSlice(w.XR.Object, "spec", "databases")
	unstructured.RemoveNestedField(w.XR.Object, "spec", "databases")
	w.TakeDown()
	if got, want := world.Matching(world.SortedKeys(w.Observed), "database*"), []string{"database.orders", "database.orders.security-group", "database.subnets"}; !slices.Equal(got, want) {
		t.Errorf("want %v to stay, got %v", want, got)
	}
	for _, l := range world.StatusOf(t, w.Run())["leaving"].([]any) {
		l := l.(map[string]any)
		if m, _ := l["message"].(string); l["resource"] == "database.orders" && !strings.HasPrefix(m, "is protected: bring it back as it was, with deletionProtection false") {
			t.Errorf("it should be said what to do: got %q", m)
		}
	}

	world.Set(databases, "spec", "databases")(w.XR)
	world.Unprotected(w.XR)
	w.Settle()
	unstructured.RemoveNestedField(w.XR.Object, "spec", "databases")
	w.TakeDown()
	if got := world.Matching(world.SortedKeys(w.Observed), "database*"); len(got) > 0 {
		t.Errorf("want nothing left, got %v", got)
	}
}

// TestRenameNodeGroup: the one that comes is ready, and what ran on the one that
// goes runs on it, before that goes.
func TestRenameNodeGroup(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, nodeGroups: [{name: old}]}")
	w.Settle()
	groups, _, _ := unstructured.NestedSlice(w.XR.Object, "spec", "nodeGroups")
	groups[0].(map[string]any)["name"] = "new"
	world.Set(groups, "spec", "nodeGroups")(w.XR)

	for w.Observed["node-group.new"] == nil {
		w.Follow(w.Run())
	}
	w.Edit("node-group.new", world.Without("Ready"))
	for range 5 {
		w.Follow(w.Run())
		w.Edit("node-group.new", world.Without("Ready"))
	}
	for _, key := range []string{"node-group.old", "node-group.old.template"} {
		if w.Observed[key] == nil {
			t.Fatalf("%s is gone, though node-group.new isn't ready", key)
		}
	}
	if got := world.At(w.Run(), "addon.coredns", "metadata.annotations[xplatform.dev/needs]"); got != "cluster,node-group.new;node-group.old" {
		t.Errorf("CoreDNS should need both: got %v", got)
	}
	w.Edit("addon.coredns", world.Without("Ready"))
	for range 5 {
		w.Follow(w.Run())
		w.Edit("addon.coredns", world.Without("Ready"))
	}
	if w.Observed["node-group.old"] == nil {
		t.Fatal("node-group.old is gone, though CoreDNS isn't ready")
	}
	if diff := cmp.Diff([][]string{{"node-group.old"}, {"node-group.old.template"}}, w.TakeDown()); diff != "" {
		t.Errorf("then it should go: -want, +got:\n%s", diff)
	}
	if got := world.At(w.Run(), "addon.coredns", "metadata.annotations[xplatform.dev/needs]"); got != "cluster,node-group.new" {
		t.Errorf("CoreDNS should need the new one only: got %v", got)
	}
}

// TestFewerGateways: a NAT gateway stays until no route leads to it any more.
func TestFewerGateways(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, network: {natGateway: PerZone}}")
	w.Settle()
	world.Set("Single", "spec", "network", "natGateway")(w.XR)
	for range 5 {
		w.Follow(w.Run())
		// What the provider says is about the route as it was.
		w.Edit("route.private.euc1-az2", func(o *unstructured.Unstructured) {
			o.SetGeneration(2)
			world.Set(1.0, "status", "observedGeneration")(o)
		})
	}
	if w.Observed["nat-gateway.euc1-az2"] == nil {
		t.Fatal("the gateway is gone, though a route may lead to it")
	}
	if w.Observed["nat-gateway.euc1-az3"] != nil {
		t.Error("the gateway no route leads to should be gone")
	}
	want := [][]string{{"nat-gateway.euc1-az2"}, {"elastic-ip.euc1-az2"}}
	if diff := cmp.Diff(want, w.TakeDown()); diff != "" {
		t.Errorf("then it should go: -want, +got:\n%s", diff)
	}
}

// TestNotOurs: what an earlier function composes is none of our business.
func TestNotOurs(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	w.Settle()
	for _, edit := range []func(*unstructured.Unstructured){func(*unstructured.Unstructured) {}, world.Attempted} {
		edit(w.XR)
		req := w.Request()
		req.Observed.Resources["theirs"] = world.UnknownResource()
		req.Desired = &fnv1.State{Resources: map[string]*fnv1.Resource{"theirs": world.UnknownResource()}}
		rsp := w.Respond(req)
		if leaving := fmt.Sprint(world.StatusOf(t, rsp)["leaving"]); strings.Contains(leaving, "theirs") {
			t.Errorf("want nothing of theirs to leave, got %s", leaving)
		}
		if rsp.GetDesired().GetResources()["theirs"] == nil {
			t.Error("what they ask for should be asked for")
		}
	}
}
