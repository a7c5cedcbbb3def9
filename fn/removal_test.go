package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
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
	start := newWorld(t, "platform-production.yaml")
	start.settle()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := start.fork(t)
			before := w.run()
			list, _, _ := unstructured.NestedSlice(w.xr.Object, "spec", "nodeGroups")
			list = slices.DeleteFunc(list, func(g any) bool { return g.(map[string]any)["name"] == tc.group })
			set(list, "spec", "nodeGroups")(w.xr)

			group := "node-group." + tc.group
			want := [][]string{{group}, {group + ".template"}}
			if tc.tags {
				want = append([][]string{matching(desiredKeys(before), group+".tag.*")}, want...)
			}
			var got [][]string
			for range 10 {
				rsp := w.run()
				ready := rsp.GetDesired().GetComposite().GetReady()
				left := slices.DeleteFunc(sorted(w.observed), func(k string) bool { return k != group && !strings.HasPrefix(k, group+".") })
				if (ready == fnv1.Ready_READY_TRUE) != (len(left) == 0) {
					t.Errorf("\n%s\nwith %v left, ready should not be %s", tc.reason, left, ready)
				}
				for _, key := range left {
					r := rsp.GetDesired().GetResources()[key]
					if r == nil {
						continue
					}
					// Kept as it exists, so that the provider changes nothing.
					if diff := cmp.Diff(w.observed[key].GetResource().AsMap()["spec"], r.GetResource().AsMap()["spec"]); diff != "" {
						t.Errorf("\n%s\n%s is on its way out and should be left as it is: -exists, +asked for:\n%s", tc.reason, key, diff)
					}
					if r.GetResource().GetFields()["status"] != nil {
						t.Errorf("\n%s\n%s carries a status", tc.reason, key)
					}
				}
				if gone := w.follow(rsp); len(gone) > 0 {
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
			reason: "A queue should go before the one its dead letters go to.",
			spec:   "{region: eu-central-1, queues: [{name: orders, deadLetter: {}}, {name: emails}]}",
			remove: []string{"spec", "queues"},
			want:   [][]string{{"queue.emails", "queue.orders"}, {"queue.orders.dead-letter"}},
		},
		"Database": {
			reason: "A database should go before what is around it.",
			spec:   "{region: eu-central-1, databases: [{name: orders, engine: postgres, deletionProtection: false}]}",
			remove: []string{"spec", "databases"},
			want:   [][]string{{"database.orders", "database.orders.security-group.cluster"}, {"database.orders.security-group", "database.subnets"}},
		},
		"Zone": {
			reason: "ExternalDNS should go before its zone.",
			spec:   "{region: eu-central-1, dns: {domain: dev.example.com}}",
			remove: []string{"spec", "dns"},
			want:   [][]string{{"external-dns"}, {"external-dns.identity", "external-dns.policy"}, {"external-dns.role", "zone"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorldWith(t, tc.spec)
			w.settle()
			unstructured.RemoveNestedField(w.xr.Object, tc.remove...)
			if diff := cmp.Diff(tc.want, w.takeDown()); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if got := w.run().GetDesired().GetComposite().GetReady(); got != fnv1.Ready_READY_TRUE {
				t.Errorf("\n%s\nthe platform should be ready without it: got %s", tc.reason, got)
			}
		})
	}
}

// TestRemoveProtected: a database that was never unprotected stays, whatever
// the claim says of it: AWS would refuse to delete it, for ever.
func TestRemoveProtected(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, "{region: eu-central-1, databases: [{name: orders, engine: postgres}]}")
	w.settle()
	databases, _, _ := unstructured.NestedSlice(w.xr.Object, "spec", "databases")
	unstructured.RemoveNestedField(w.xr.Object, "spec", "databases")
	w.takeDown()
	if got, want := matching(sorted(w.observed), "database*"), []string{"database.orders", "database.orders.security-group", "database.subnets"}; !slices.Equal(got, want) {
		t.Errorf("want %v to stay, got %v", want, got)
	}
	for _, l := range statusOf(t, w.run())["leaving"].([]any) {
		l := l.(map[string]any)
		if m, _ := l["message"].(string); l["resource"] == "database.orders" && !strings.HasPrefix(m, "is protected: bring it back with deletionProtection false") {
			t.Errorf("it should be said what to do: got %q", m)
		}
	}

	set(databases, "spec", "databases")(w.xr)
	unprotected(w.xr)
	w.settle()
	unstructured.RemoveNestedField(w.xr.Object, "spec", "databases")
	w.takeDown()
	if got := matching(sorted(w.observed), "database*"); len(got) > 0 {
		t.Errorf("want nothing left, got %v", got)
	}
}

// TestRenameNodeGroup: the one that comes is ready, and what ran on the one that
// goes runs on it, before that goes.
func TestRenameNodeGroup(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, "{region: eu-central-1, nodeGroups: [{name: old}]}")
	w.settle()
	groups, _, _ := unstructured.NestedSlice(w.xr.Object, "spec", "nodeGroups")
	groups[0].(map[string]any)["name"] = "new"
	set(groups, "spec", "nodeGroups")(w.xr)

	for w.observed["node-group.new"] == nil {
		w.follow(w.run())
	}
	w.edit("node-group.new", without("Ready"))
	for range 5 {
		w.follow(w.run())
		w.edit("node-group.new", without("Ready"))
	}
	for _, key := range []string{"node-group.old", "node-group.old.template"} {
		if w.observed[key] == nil {
			t.Fatalf("%s is gone, though node-group.new isn't ready", key)
		}
	}
	if got := at(w.run(), "addon.coredns", "metadata.annotations[xplatform.dev/needs]"); got != "cluster,node-group.new;node-group.old" {
		t.Errorf("CoreDNS should need both: got %v", got)
	}
	w.edit("addon.coredns", without("Ready"))
	for range 5 {
		w.follow(w.run())
		w.edit("addon.coredns", without("Ready"))
	}
	if w.observed["node-group.old"] == nil {
		t.Fatal("node-group.old is gone, though CoreDNS isn't ready")
	}
	if diff := cmp.Diff([][]string{{"node-group.old"}, {"node-group.old.template"}}, w.takeDown()); diff != "" {
		t.Errorf("then it should go: -want, +got:\n%s", diff)
	}
	if got := at(w.run(), "addon.coredns", "metadata.annotations[xplatform.dev/needs]"); got != "cluster,node-group.new" {
		t.Errorf("CoreDNS should need the new one only: got %v", got)
	}
}

// TestFewerGateways: a NAT gateway stays until no route leads to it any more.
func TestFewerGateways(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, "{region: eu-central-1, network: {natGateway: PerZone}}")
	w.settle()
	set("Single", "spec", "network", "natGateway")(w.xr)
	for range 5 {
		w.follow(w.run())
		// What the provider says is about the route as it was.
		w.edit("route.private.euc1-az2", func(o *unstructured.Unstructured) {
			o.SetGeneration(2)
			set(1.0, "status", "observedGeneration")(o)
		})
	}
	if w.observed["nat-gateway.euc1-az2"] == nil {
		t.Fatal("the gateway is gone, though a route may lead to it")
	}
	if w.observed["nat-gateway.euc1-az3"] != nil {
		t.Error("the gateway no route leads to should be gone")
	}
	want := [][]string{{"nat-gateway.euc1-az2"}, {"elastic-ip.euc1-az2"}}
	if diff := cmp.Diff(want, w.takeDown()); diff != "" {
		t.Errorf("then it should go: -want, +got:\n%s", diff)
	}
}

// TestNotOurs: what an earlier function composes is none of our business.
func TestNotOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "platform-smallest.yaml")
	w.settle()
	for _, edit := range []func(*unstructured.Unstructured){func(*unstructured.Unstructured) {}, attempted} {
		edit(w.xr)
		req := w.request()
		req.Observed.Resources["theirs"] = unknownResource()
		req.Desired = &fnv1.State{Resources: map[string]*fnv1.Resource{"theirs": unknownResource()}}
		rsp := w.respond(req)
		if leaving := fmt.Sprint(statusOf(t, rsp)["leaving"]); strings.Contains(leaving, "theirs") {
			t.Errorf("want nothing of theirs to leave, got %s", leaving)
		}
		if rsp.GetDesired().GetResources()["theirs"] == nil {
			t.Error("what they ask for should be asked for")
		}
	}
}
