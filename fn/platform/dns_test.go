package platform_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

func TestDNS(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		dns    string
		// zone is what is asked for of the zone, but for its tags and its network.
		zone map[string]any
		// vpc is how the id of the network begins that the zone is seen in, and
		// that must be there before it; "" if it is seen everywhere.
		vpc string
		// id is what ExternalDNS is told of the zone, empty that of the zone that
		// is made.
		id string
	}{
		"Public": {
			reason: "A public zone is seen everywhere.",
			dns:    "{domain: dev.example.com}",
			zone:   map[string]any{"name": "dev.example.com", "comment": "Platform dev", "forceDestroy": false},
		},
		"ForceDestroy": {
			reason: "A claim may let the zone go with its records.",
			dns:    "{domain: dev.example.com, forceDestroy: true}",
			zone:   map[string]any{"name": "dev.example.com", "comment": "Platform dev", "forceDestroy": true},
		},
		"Private": {
			reason: "A private zone is seen in the platform's network.",
			dns:    "{domain: dev.example.com, private: true}",
			zone:   map[string]any{"name": "dev.example.com", "comment": "Platform dev", "forceDestroy": false},
			vpc:    "vpc-",
		},
		"PrivateInExistingNetwork": {
			reason: "That a network exists is not sure before it was looked at.",
			dns:    "{domain: dev.example.com, private: true}, network: {vpcId: vpc-0aaaaaaaaaaaaaaa1, privateSubnetIds: [subnet-0aaaaaaaaaaaaaaa1, subnet-0aaaaaaaaaaaaaaa2]}",
			zone:   map[string]any{"name": "dev.example.com", "comment": "Platform dev", "forceDestroy": false},
			vpc:    "vpc-0aaaaaaaaaaaaaaa1",
		},
		"Existing": {
			reason: "An existing zone is used, and never ours to change or delete.",
			dns:    "{domain: dev.example.com, zoneId: Z0123456789ABCDEFGHIJ}",
			id:     "Z0123456789ABCDEFGHIJ",
		},
		"ExistingPrivate": {
			reason: "So is one that is private.",
			dns:    "{domain: dev.example.com, zoneId: Z0123456789ABCDEFGHIJ, private: true}",
			id:     "Z0123456789ABCDEFGHIJ",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, "{region: eu-central-1, name: dev, dns: "+tc.dns+"}")
			rsp := w.Settle()
			world.Validate(t, w, rsp)
			zone, _ := world.At(rsp, "zone", "spec.forProvider").(map[string]any)
			delete(zone, "tags")
			if tc.vpc != "" {
				seen := []any{map[string]any{"vpcId": w.Status("vpc", "id"), "vpcRegion": "eu-central-1"}}
				if got := zone["vpc"]; got != nil {
					t.Errorf("\n%s\nthe provider should not take it out of other networks: got %v", tc.reason, got)
				}
				if diff := cmp.Diff(seen, world.At(rsp, "zone", "spec.initProvider.vpc")); diff != "" || !strings.HasPrefix(w.Status("vpc", "id"), tc.vpc) {
					t.Errorf("\n%s\nnetwork: want %s, -want, +got:\n%s", tc.reason, tc.vpc, diff)
				}
				if got := world.At(rsp, "zone", "metadata.annotations[xplatform.dev/needs]"); got != "vpc" {
					t.Errorf("\n%s\nwant the zone to need its network, got %v", tc.reason, got)
				}
			}
			if diff := cmp.Diff(tc.zone, zone); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			id := tc.id
			if id == "" {
				id = w.Observed["zone"].GetResource().AsMap()["status"].(map[string]any)["atProvider"].(map[string]any)["zoneId"].(string)
			}

			const values = "spec.forProvider.values."
			for path, want := range map[string]any{
				"extraArgs.zone-id-filter": []any{id},
				// The zone is what its id says, whatever the claim knows of it.
				"extraArgs.aws-zone-type":            nil,
				"extraArgs.aws-zone-match-parent":    true,
				"extraArgs.txt-wildcard-replacement": "_wildcard",
				"txtPrefix":                          "%{record_type}-xdns.",
				"domainFilters":                      []any{"dev.example.com"},
				"txtOwnerId":                         "dev-eu-central-1",
				"policy":                             "sync",
				"env":                                []any{map[string]any{"name": "AWS_DEFAULT_REGION", "value": "eu-central-1"}},
			} {
				if diff := cmp.Diff(want, world.At(rsp, "external-dns", values+path)); diff != "" {
					t.Errorf("\n%s\n%s: -want, +got:\n%s", tc.reason, path, diff)
				}
			}
			for _, s := range parse(t, world.At(rsp, "external-dns.policy", "spec.forProvider.policy")).Statement {
				if slices.Contains(s.Action, "route53:ChangeResourceRecordSets") && !slices.Equal(s.Resource, []string{"arn:aws:route53:::hostedzone/" + id}) {
					t.Errorf("\n%s\nrecords of that zone alone may be changed: got %v", tc.reason, s.Resource)
				}
			}

			dns, _ := world.StatusOf(t, rsp)["dns"].(map[string]any)
			if dns["zoneId"] != id || dns["domain"] != "dev.example.com" || (dns["nameServers"] == nil) != (tc.id != "") {
				t.Errorf("\n%s\nthe claim should say which zone it is: got %v", tc.reason, dns)
			}
			c := world.ConditionOf(rsp, v1alpha1.ConditionDNSReady)
			if c.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE {
				t.Errorf("\n%s\nwant DNSReady, got %v", tc.reason, c)
			}
		})
	}
}

// TestPrivateZoneIsMade: until its id is saved the provider must be let write into the
// zone's object, and finds no room for a list of networks there.
func TestPrivateZoneIsMade(t *testing.T) {
	t.Parallel()
	const list, first, policies = "spec.forProvider.vpc", "spec.initProvider.vpc", "spec.managementPolicies"
	w := world.With(t, "{region: eu-central-1, dns: {domain: dev.example.com, private: true}}")
	rsp := w.Stall(func(w *world.World) {
		if w.Observed["zone"] != nil {
			w.Edit("zone", func(o *unstructured.Unstructured) { o.SetAnnotations(nil) })
		}
	})
	if world.At(rsp, "zone", list) == nil || world.At(rsp, "zone", first) != nil || world.At(rsp, "zone", policies) != nil {
		t.Errorf("want the network kept, got %v", world.Desired(rsp, "zone").Object["spec"])
	}
	w.MakeReady("zone", rsp)
	rsp = w.Run()
	if world.At(rsp, "zone", list) != nil || world.At(rsp, "zone", first) == nil || world.At(rsp, "zone", policies) == nil {
		t.Errorf("want the network left alone once it is made, got %v", world.Desired(rsp, "zone").Object["spec"])
	}
}

// TestZoneLeavesEmpty: while a zone that was removed is there, ExternalDNS is, and wants
// no records in it, whatever the claim says of it. The claim says what keeps the zone.
func TestZoneLeavesEmpty(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason      string
		before      string
		controllers map[string]any
		after       string
	}{
		"Removed":      {reason: "The claim wants no DNS any more.", before: "{domain: dev.example.com}"},
		"OfNoInterest": {reason: "Nor ExternalDNS.", before: "{domain: dev.example.com}", controllers: map[string]any{"enabled": false}},
		"Tuned": {
			reason: "It was told other things before.",
			before: "{domain: dev.example.com}",
			controllers: map[string]any{"values": map[string]any{
				"policy": "upsert-only", "sources": []any{"ingress"}, "labelFilter": "a=b", "extraArgs": map[string]any{"label-filter": "a=b", "source": "ingress", "policy": "sync"},
			}},
		},
		"Existing": {reason: "An existing zone takes its place.", before: "{domain: dev.example.com}", after: "{domain: dev.example.com, zoneId: Z0123456789ABCDEFGHIJ}"},
		"Other":    {reason: "A zone of another domain takes its place.", before: "{domain: dev.example.com}", after: "{domain: test.example.com}"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world.With(t, "{region: eu-central-1, name: dev, dns: "+tc.before+"}")
			w.Settle()
			id := w.Status("zone", "zoneId")
			w.Slow = []string{"zone"}
			unstructured.RemoveNestedField(w.XR.Object, "spec", "dns")
			if tc.after != "" {
				becomes(t, w, "{dns: "+tc.after+"}")
			}
			if tc.controllers != nil {
				world.Set(tc.controllers, "spec", "controllers", "externalDNS")(w.XR)
			}
			for range 5 {
				w.Follow(w.Run())
			}
			refused := func(o *unstructured.Unstructured) {
				world.WithStatus(o, "Synced", "False", "ReconcileError", "async delete failed: HostedZoneNotEmpty: The specified hosted zone contains non-required resource record sets")
			}
			w.Observed["zone"] = w.Lingering["zone"]
			w.Edit("zone", refused)
			w.Lingering["zone"] = w.Observed["zone"]
			delete(w.Observed, "zone")

			rsp := w.Run()
			world.Validate(t, w, rsp)
			for field, want := range map[string]any{"sources": []any{"service"}, "labelFilter": "xplatform.dev/records=none", "policy": "sync", "extraArgs.label-filter": nil, "extraArgs.source": nil, "extraArgs.policy": nil, "extraArgs.zone-id-filter": []any{id}, "domainFilters": []any{"dev.example.com"}} {
				if diff := cmp.Diff(want, world.At(rsp, "external-dns", "spec.forProvider.values."+field)); diff != "" {
					t.Errorf("\n%s\n%s: -want, +got:\n%s", tc.reason, field, diff)
				}
			}
			c := world.ConditionOf(rsp, v1alpha1.ConditionDNSReady)
			if c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || c.GetReason() != "Failed" || !strings.Contains(c.GetMessage(), "zone: async delete failed: HostedZoneNotEmpty") || !strings.Contains(c.GetMessage(), `"forceDestroy":true`) {
				t.Errorf("\n%s\nthe condition should say what keeps the zone, and the way out, got %v", tc.reason, c)
			}
			if got := world.StatusOf(t, rsp)["dns"]; got != nil {
				t.Errorf("\n%s\nthe status should not show it: got %v", tc.reason, got)
			}

			w.Slow, w.Lingering = nil, map[string]*fnv1.Resource{}
			rsp = w.Settle()
			if installed := rsp.GetDesired().GetResources()["external-dns"] != nil; installed != (tc.after != "") {
				t.Errorf("\n%s\nonce it is gone ExternalDNS should be there only for another: got %t", tc.reason, installed)
			}
			if got := world.At(rsp, "external-dns", "spec.forProvider.values.labelFilter"); got != nil {
				t.Errorf("\n%s\nand look at everything again: got %v", tc.reason, got)
			}
		})
	}
}

// TestForceDestroy: said half-way it reaches a zone, as long as that has not been asked
// to go: while all is torn down, and by bringing it back while it is removed.
func TestForceDestroy(t *testing.T) {
	t.Parallel()
	const field = "spec.forProvider.forceDestroy"
	w := world.With(t, "{region: eu-central-1, dns: {domain: dev.example.com}, teardown: {drain: false}}")
	w.Settle()
	removed, torn := w.Fork(t), w.Fork(t)
	world.Attempted(torn.XR)
	world.Confirmed(torn.XR)
	torn.Follow(torn.Run())
	world.Set(true, "spec", "dns", "forceDestroy")(torn.XR)
	if got := world.At(torn.Run(), "zone", field); got != true {
		t.Errorf("teardown: got %v", got)
	}

	unstructured.RemoveNestedField(removed.XR.Object, "spec", "dns")
	removed.Follow(removed.Run())
	becomes(t, removed, "{dns: {domain: dev.example.com, forceDestroy: true}}")
	removed.Follow(removed.Run())
	unstructured.RemoveNestedField(removed.XR.Object, "spec", "dns")
	if got := world.At(removed.Run(), "zone", field); got != true {
		t.Errorf("removal: got %v", got)
	}
}

// TestOwnershipStays: ExternalDNS goes on with the prefix it began with, be it
// none. With another it would not know its own records.
func TestOwnershipStays(t *testing.T) {
	t.Parallel()
	const key, path = "external-dns", "spec.forProvider.values.txtPrefix"
	w := world.With(t, "{region: eu-central-1, name: dev, dns: {domain: dev.example.com}}")
	w.Settle()
	if got := world.At(w.Run(), key, path); got != "%{record_type}-xdns." {
		t.Errorf("want the prefix to stay, got %v", got)
	}
	w.Edit(key, func(o *unstructured.Unstructured) {
		unstructured.RemoveNestedField(o.Object, "spec", "forProvider", "values", "txtPrefix")
	})
	if got := world.At(w.Run(), key, path); got != nil {
		t.Errorf("want none, as there was none, got %v", got)
	}
	w.Edit(key, world.Set("mine.", "spec", "forProvider", "values", "txtPrefix"))
	world.Set(map[string]any{"txtPrefix": "mine."}, "spec", "controllers", "externalDNS", "values")(w.XR)
	if got := world.At(w.Run(), key, path); got != "mine." {
		t.Errorf("want the claim's own, as it was, got %v", got)
	}
}

// TestNoDNS: without a zone ExternalDNS has nothing to do.
func TestNoDNS(t *testing.T) {
	t.Parallel()
	rsp := world.With(t, "{region: eu-central-1, controllers: {externalDNS: {enabled: true}}}").Settle()
	for _, key := range world.Keys(rsp) {
		if key == "zone" || strings.HasPrefix(key, "external-dns") {
			t.Errorf("%s is composed", key)
		}
	}
	if world.StatusOf(t, rsp)["dns"] != nil {
		t.Errorf("want no status of DNS, got %v", world.StatusOf(t, rsp)["dns"])
	}
}

// TestDNSWithoutExternalDNS: a zone may be wanted for others to write into.
func TestDNSWithoutExternalDNS(t *testing.T) {
	t.Parallel()
	rsp := world.With(t, "{region: eu-central-1, dns: {domain: dev.example.com}, controllers: {externalDNS: {enabled: false}}}").Settle()
	if rsp.GetDesired().GetResources()["zone"] == nil {
		t.Error("want a zone")
	}
	if keys := world.Matching(world.Keys(rsp), "external-dns*"); len(keys) > 0 {
		t.Errorf("want nothing of ExternalDNS, got %v", keys)
	}
}
