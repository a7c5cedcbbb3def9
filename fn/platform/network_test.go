package platform_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// soon is when Crossplane asks again while something is under way.
const soon = 10 * time.Second

// TestFailure: what AWS refuses, the claim says, once and calmly; what does not
// need it goes on.
func TestFailure(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		// ctype is the condition the error is in.
		ctype string
		// format of the error, with a verb for what differs with each request:
		// its id, unless it is something else.
		format string
		ids    [2]string
		code   string
	}{
		"Synchronous": {
			reason: "The error of a synchronous creation is in Synced.",
			ctype:  "Synced",
			format: "create failed: failed to create the resource: [{0 creating EC2 Subnet: operation error EC2: CreateSubnet, https response error StatusCode: 400, " +
				"RequestID: %s, api error InvalidSubnet.Conflict: The CIDR '10.0.16.0/20' conflicts with another subnet  []}]",
			code: "InvalidSubnet.Conflict: The CIDR '10.0.16.0/20' conflicts with another subnet",
		},
		"Quota": {
			reason: "So is that of a quota.",
			ctype:  "Synced",
			format: "create failed: failed to create the resource: [{0 creating EC2 Subnet: operation error EC2: CreateSubnet, exceeded maximum number of attempts, 10, " +
				"https response error StatusCode: 503, RequestID: %s, api error RequestLimitExceeded: Request limit exceeded.  []}]",
			code: "RequestLimitExceeded",
		},
		"Old": {
			reason: "Some resources still speak the old SDK.",
			ctype:  "Synced",
			format: "observe failed: cannot run refresh: refresh failed: reading EC2 Subnet:\nUnauthorizedOperation: You are not authorized to perform this operation.\n\tstatus code: 403, request id: %s",
			code:   "UnauthorizedOperation",
		},
		"Asynchronous": {
			reason: "The error of an asynchronous creation is in a condition of its own.",
			ctype:  "LastAsyncOperation",
			format: "async create failed: failed to create the resource: [{0 creating EC2 Subnet: operation error EC2: CreateSubnet, https response error StatusCode: 400, " +
				"RequestID: %s, api error InvalidParameterValue: Value (euc1-az9) for parameter availabilityZoneId is invalid  []}]",
			code: "InvalidParameterValue",
		},
		"Unauthorized": {
			reason: "What EC2 says to the unauthorized is encrypted, and differs each time.",
			ctype:  "Synced",
			format: "create failed: failed to create the resource: [{0 creating EC2 Subnet: operation error EC2: CreateSubnet, https response error StatusCode: 403, " +
				"RequestID: 3f8f2a4e-5c9d-4c2a-9a3e-0f8e6d1b7a11, api error UnauthorizedOperation: You are not authorized to perform this operation. " +
				"Encoded authorization failure message: %s  []}]",
			ids:  [2]string{"qJZ5vX0c9-2mB_Kq1t7YfWl3Hn8sR4uE", "A7b_pL0xZk-39dQwT5yVr2NcMf8gJ1hS"},
			code: "UnauthorizedOperation",
		},
		"Unreachable": {
			reason: "The port a provider asks from differs each time.",
			ctype:  "Synced",
			format: "observe failed: cannot run refresh: operation error EC2: DescribeSubnets, https response error StatusCode: 0, RequestID: , request send failed, " +
				"Post \"https://ec2.eu-central-1.amazonaws.com/\": dial tcp: lookup ec2.eu-central-1.amazonaws.com on 10.96.0.10:53: read udp 10.244.1.7:%s->10.96.0.10:53: i/o timeout",
			ids:  [2]string{"40123", "51234"},
			code: "i/o timeout",
		},
	}
	const key = "subnet.private.euc1-az2"
	start := world.New(t, "platform-smallest.yaml")
	edges := world.PlanOf(t, start).Edges()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start.Fork(t)
			ids := tc.ids
			if ids[0] == "" {
				ids = [2]string{"3f8f2a4e-5c9d-4c2a-9a3e-0f8e6d1b7a11", "b0a1c2d3-0000-4fff-8111-aabbccddeeff"}
			}
			fail := func(id string) func(w *world.World) {
				return func(w *world.World) {
					if w.Observed[key] == nil {
						return
					}
					w.Edit(key, func(o *unstructured.Unstructured) {
						world.WithStatus(o, "Ready", "False", "Creating", "")
						world.WithStatus(o, tc.ctype, "False", "ReconcileError", fmt.Sprintf(tc.format, id))
					})
				}
			}
			rsp := w.Stall(fail(ids[0]))

			c := world.ConditionOf(rsp, v1alpha1.ConditionNetworkReady)
			if c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || c.GetReason() != "Failed" || c.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
				t.Errorf("\n%s\nwant NetworkReady False for composite and claim, reason Failed, got %v", tc.reason, c)
			}
			for _, want := range []string{key, tc.code} {
				if !strings.Contains(c.GetMessage(), want) {
					t.Errorf("\n%s\n%q does not contain %q", tc.reason, c.GetMessage(), want)
				}
			}
			if strings.Contains(c.GetMessage(), ids[0]) || strings.ContainsAny(c.GetMessage(), "\n\t") {
				t.Errorf("\n%s\na message should have neither what differs each time nor line breaks: %q", tc.reason, c.GetMessage())
			}

			fail(ids[1])(w)
			if again := w.Run(); !proto.Equal(rsp, again) {
				t.Errorf("\n%s\nthe same failure another time should read the same: -first, +second:\n%s", tc.reason, cmp.Diff(rsp.String(), again.String()))
			}

			waiting := world.Dependents(edges, key)
			want := slices.DeleteFunc(world.SortedKeys(edges), func(k string) bool { return slices.Contains(waiting, k) })
			if diff := cmp.Diff(want, world.Keys(rsp)); diff != "" {
				t.Errorf("\n%s\nwhat does not need the subnet should be there: -want, +got:\n%s", tc.reason, diff)
			}
			if got := rsp.GetMeta().GetTtl().AsDuration(); got != soon {
				t.Errorf("\n%s\nwant TTL %s, got %s", tc.reason, soon, got)
			}
		})
	}
}

// TestNetwork: what is composed of each shape of network.
func TestNetwork(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		nat    string
		// gateways by the zone they are in, and the gateway of each zone's way
		// out.
		gateways []string
		routes   map[string]any
	}{
		"None": {
			reason: "A network with a way out of its own gets none of ours.",
			nat:    "None",
			routes: map[string]any{},
		},
		"Single": {
			reason:   "All zones should share the gateway in the first.",
			nat:      "Single",
			gateways: []string{"nat-gateway.euc1-az1"},
			routes:   map[string]any{"euc1-az1": "euc1-az1", "euc1-az2": "euc1-az1", "euc1-az3": "euc1-az1"},
		},
		"PerZone": {
			reason:   "No zone's failure should cut another off.",
			nat:      "PerZone",
			gateways: []string{"nat-gateway.euc1-az1", "nat-gateway.euc1-az2", "nat-gateway.euc1-az3"},
			routes:   map[string]any{"euc1-az1": "euc1-az1", "euc1-az2": "euc1-az2", "euc1-az3": "euc1-az3"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, "{region: eu-central-1, network: {natGateway: "+tc.nat+"}}")
			rsp := w.Settle()
			if diff := cmp.Diff(tc.gateways, world.KindsOf(rsp, "NATGateway")); diff != "" && len(tc.gateways)+len(world.KindsOf(rsp, "NATGateway")) > 0 {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if got := len(world.KindsOf(rsp, "EIP")); got != len(tc.gateways) {
				t.Errorf("\n%s\nwant an address for each gateway, got %d", tc.reason, got)
			}
			routes := map[string]any{}
			for _, key := range world.KindsOf(rsp, "Route") {
				if zone, ok := strings.CutPrefix(key, "route.private."); ok {
					for _, gateway := range tc.gateways {
						if w.Status(gateway, "id") == world.At(rsp, key, "spec.forProvider.natGatewayId") {
							routes[zone] = strings.TrimPrefix(gateway, "nat-gateway.")
						}
					}
					if got, want := world.At(rsp, key, "spec.forProvider.routeTableIdRef.name"), world.Desired(rsp, "route-table.private."+zone).GetName(); got != want {
						t.Errorf("\n%s\n%s: want table %s, got %v", tc.reason, key, want, got)
					}
				}
			}
			if diff := cmp.Diff(tc.routes, routes); diff != "" {
				t.Errorf("\n%s\nroutes: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestNATGatewayGoesLast: a gateway goes only once no route leads to it, as AWS says. The
// provider calls a change of a route done before it is.
func TestNATGatewayGoesLast(t *testing.T) {
	t.Parallel()
	const gateway, route = "nat-gateway.euc1-az2", "route.private.euc1-az2"
	w := world.With(t, "{region: eu-central-1, network: {natGateway: PerZone}}")
	w.Settle()
	before := w.Status(gateway, "id")
	world.Set("Single", "spec", "network", "natGateway")(w.XR)
	for range 6 {
		rsp := w.Run()
		if rsp.GetDesired().GetResources()[gateway] == nil {
			t.Fatal("the gateway goes while the route still leads to it")
		}
		w.Follow(rsp)
		if world.At(rsp, route, "spec.forProvider.natGatewayId") == before {
			t.Fatal("the route should be asked to lead to the other one")
		}
		w.Edit(route, world.Set(before, "status", "atProvider", "natGatewayId"))
	}
	if c := world.ConditionOf(w.Run(), v1alpha1.ConditionNetworkReady); !strings.Contains(c.GetMessage(), route) {
		t.Errorf("it should be said what is being changed, got %v", c)
	}
	w.Settle()
	if w.Observed[gateway] != nil {
		t.Error("the gateway should be gone")
	}
}

// TestSubnets: the ingress controller finds subnets by their tags.
// https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/subnet_discovery/
func TestSubnets(t *testing.T) {
	t.Parallel()
	rsp := world.With(t, "{region: eu-central-1, name: dev}").Settle()
	tiers := map[string]struct{ role, otherRole, table string }{
		"public":  {role: "kubernetes.io/role/elb", otherRole: "kubernetes.io/role/internal-elb", table: "route-table.public"},
		"private": {role: "kubernetes.io/role/internal-elb", otherRole: "kubernetes.io/role/elb", table: "route-table.private."},
	}
	subnets := world.KindsOf(rsp, "Subnet")
	if len(subnets) != 6 {
		t.Fatalf("want a subnet of each tier in each zone, got %v", subnets)
	}
	for _, key := range subnets {
		tier, zone, _ := strings.Cut(strings.TrimPrefix(key, "subnet."), ".")
		tags, _ := world.At(rsp, key, "spec.forProvider.tags").(map[string]any)
		if tags[tiers[tier].role] != "1" || tags[tiers[tier].otherRole] != nil || tags["kubernetes.io/cluster/dev"] != "shared" {
			t.Errorf("%s: the controller should find it by its tags: got %v", key, tags)
		}
		if got := world.At(rsp, key, "spec.forProvider.availabilityZoneId"); got != zone {
			t.Errorf("%s: want zone %s, got %v", key, zone, got)
		}
		if got := world.At(rsp, key, "spec.forProvider.mapPublicIpOnLaunch"); got != nil {
			t.Errorf("%s: only load balancers and gateways get public addresses: got %v", key, got)
		}
		table := tiers[tier].table
		if tier == "private" {
			table += zone
		}
		association := "route-table-association." + tier + "." + zone
		if got, want := world.At(rsp, association, "spec.forProvider.routeTableIdRef.name"), world.Desired(rsp, table).GetName(); got != want {
			t.Errorf("%s: want table %s, got %v", association, want, got)
		}
		if got, want := world.At(rsp, association, "spec.forProvider.subnetIdRef.name"), world.Desired(rsp, key).GetName(); got != want {
			t.Errorf("%s: want subnet %s, got %v", association, want, got)
		}
	}
}

// TestTagSubnets: in a VPC of somebody else's a platform gets load balancers, also if
// that is another platform's, and takes away what is its own alone.
// https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/subnet_discovery/
func TestTagSubnets(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-west-1, name: green, network: {vpcId: vpc-00000000, publicSubnetIds: [subnet-00000001], privateSubnetIds: [subnet-00000002, subnet-00000003], tagSubnets: true}}")
	rsp := w.Settle()
	world.Validate(t, w, rsp)
	left := []any{"Observe", "Create", "LateInitialize"}
	want := map[string][]any{}
	for key, role := range map[string]string{
		"subnet.public.subnet-00000001": "elb", "subnet.private.subnet-00000002": "internal-elb", "subnet.private.subnet-00000003": "internal-elb",
	} {
		id := key[strings.LastIndex(key, ".")+1:]
		want[key+".tag"] = []any{id, "kubernetes.io/role/" + role, "1", left}
		want[key+".tag.cluster"] = []any{id, "kubernetes.io/cluster/green", "shared", nil}
	}
	got := map[string][]any{}
	for _, key := range world.KindsOf(rsp, "Tag") {
		for _, path := range []string{"forProvider.resourceId", "forProvider.key", "forProvider.value", "managementPolicies"} {
			got[key] = append(got[key], world.At(rsp, key, "spec."+path))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}

// TestTaggedByOthers: what another cluster tells of the subnets that a platform has
// made stays, whatever tags the platform gets. Its provider would take it off.
func TestTaggedByOthers(t *testing.T) {
	t.Parallel()
	const (
		key   = "subnet.private.euw1-az1"
		green = "kubernetes.io/cluster/green"
	)
	w := world.With(t, "{region: eu-west-1, name: blue, tags: {team: a}}")
	before := w.Settle()
	there := func() map[string]any {
		tags, _, _ := unstructured.NestedMap(w.Observed[key].GetResource().AsMap(), "status", "atProvider", "tags")
		return tags
	}
	updates := func(rsp *fnv1.RunFunctionResponse) bool {
		policies, _ := world.At(rsp, key, "spec.managementPolicies").([]any)
		return slices.Contains(policies, any("Update"))
	}
	w.Edit(key, world.Set("shared", "status", "atProvider", "tags", green))
	w.Edit(key, world.Set("Subnet.ec2.aws.m.upbound.io", "status", "atProvider", "tags", "crossplane-kind"))
	if rsp := w.Run(); updates(before) || !proto.Equal(before.GetDesired(), rsp.GetDesired()) {
		t.Errorf("as long as its own tags are there, nothing should happen to them: -before, +after:\n%s", cmp.Diff(before.String(), rsp.String()))
	}
	for _, tc := range []struct {
		reason string
		tags   map[string]any
	}{
		{"A tag that is added should come.", map[string]any{"team": "a", "cost": "1"}},
		{"One that is changed should change.", map[string]any{"team": "b", "cost": "1"}},
		{"One that is taken out should go.", map[string]any{"cost": "1"}},
	} {
		world.Set(tc.tags, "spec", "tags")(w.XR)
		rsp := w.Run()
		if !updates(rsp) {
			t.Errorf("%s The provider should have the right to it", tc.reason)
		}
		w.Follow(rsp)
		if rsp := w.Run(); updates(rsp) {
			t.Errorf("%s Then it should not have it any more", tc.reason)
		} else {
			w.Follow(rsp)
		}
		got := there()
		if got[green] != "shared" {
			t.Errorf("%s What is another cluster's should stay: got %v", tc.reason, got)
		}
		for _, k := range []string{"team", "cost"} {
			if got[k] != tc.tags[k] {
				t.Errorf("%s want %s %v, got %v", tc.reason, k, tc.tags[k], got[k])
			}
		}
	}
}

// TestAppendZone: a zone can be added to a platform that is in use.
func TestAppendZone(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, network: {zones: [euc1-az1, euc1-az2], natGateway: PerZone}, databases: [{name: orders, engine: postgres}]}")
	before := w.Settle()
	if err := unstructured.SetNestedStringSlice(w.XR.Object, []string{"euc1-az1", "euc1-az2", "euc1-az3"}, "spec", "network", "zones"); err != nil {
		t.Fatal(err)
	}
	after := w.Settle()

	for _, key := range world.Keys(before) {
		if strings.Contains(key, "euc1-az") && !proto.Equal(before.GetDesired().GetResources()[key], after.GetDesired().GetResources()[key]) {
			t.Errorf("%s: should be left as it is: -before, +after:\n%s", key, cmp.Diff(world.Desired(before, key).Object, world.Desired(after, key).Object))
		}
	}
	for _, key := range []string{"subnet.private.euc1-az3", "subnet.public.euc1-az3", "nat-gateway.euc1-az3", "route.private.euc1-az3"} {
		if after.GetDesired().GetResources()[key] == nil {
			t.Errorf("%s: should be made", key)
		}
	}
	var ids []any
	for _, zone := range []string{"euc1-az1", "euc1-az2", "euc1-az3"} {
		ids = append(ids, w.Status("subnet.private."+zone, "id"))
	}
	// With references the provider would keep to the first two.
	for path, want := range map[string]any{"subnetIds": ids, "subnetIdRefs": nil} {
		if diff := cmp.Diff(want, world.At(after, "database.subnets", "spec.forProvider."+path)); diff != "" {
			t.Errorf("databases should use the new zone: %s: -want, +got:\n%s", path, diff)
		}
	}
}

// TestAppendZoneToNodes: EKS keeps a node group in the subnets it was made in. The
// claim says so, and what to do, until there are nodes in the new zone.
func TestAppendZoneToNodes(t *testing.T) {
	t.Parallel()
	const (
		subnets = "spec.forProvider.subnetIdRefs"
		theirs  = "{region: eu-central-1, network: {vpcId: vpc-00000000, privateSubnetIds: "
	)
	cases := map[string]struct {
		reason string
		before string
		// edit of the network, and the subnet that comes of it.
		field, subnet string
		list          []any
		// says the way out, and group is one that takes it; it is in so many.
		says, group string
		in          int
	}{
		"Zone": {
			reason: "A zone that is appended should be for new groups.",
			before: "{region: eu-central-1, network: {zones: [euc1-az1, euc1-az2]}}",
			field:  "zones", subnet: "euc1-az3", list: []any{"euc1-az1", "euc1-az2", "euc1-az3"},
			says:  "no node group is in euc1-az3, which was appended later: EKS moves none; add one of another name with zones: [euc1-az3]",
			group: "{name: more, zones: [euc1-az3]}", in: 1,
		},
		"All": {
			reason: "A new group should be everywhere.",
			before: "{region: eu-central-1, network: {zones: [euc1-az1, euc1-az2]}}",
			field:  "zones", subnet: "euc1-az3", list: []any{"euc1-az1", "euc1-az2", "euc1-az3"},
			says:  "no node group is in euc1-az3",
			group: "{name: more}", in: 3,
		},
		"TheirSubnet": {
			reason: "Nobody knows the zone of a subnet that is somebody else's.",
			before: theirs + "[subnet-00000001, subnet-00000002]}}",
			field:  "privateSubnetIds", subnet: "subnet-00000003", list: []any{"subnet-00000001", "subnet-00000002", "subnet-00000003"},
			says:  "no node group is in subnet-00000003, which was added later: EKS moves none; one that is added is in all subnets",
			group: "{name: more}", in: 3,
		},
		"Chosen": {
			reason: "Where somebody has said where groups are to be, nothing is missing.",
			before: "{region: eu-central-1, network: {zones: [euc1-az1, euc1-az2]}, nodeGroups: [{name: default, zones: [euc1-az1]}]}",
			field:  "zones", subnet: "euc1-az3", list: []any{"euc1-az1", "euc1-az2", "euc1-az3"},
			group: "{name: more, zones: [euc1-az2]}", in: 1,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, tc.before)
			before := w.Settle()
			world.Set(tc.list, "spec", "network", tc.field)(w.XR)
			after := w.Settle()
			if after.GetDesired().GetResources()["subnet.private."+tc.subnet] == nil {
				t.Fatalf("\n%s\nthere is no subnet in %s", tc.reason, tc.subnet)
			}
			if diff := cmp.Diff(world.Desired(before, "node-group.default").Object, world.Desired(after, "node-group.default").Object); diff != "" {
				t.Errorf("\n%s\nThe group that exists should stay as it is: -before, +after:\n%s", tc.reason, diff)
			}
			said := func(rsp *fnv1.RunFunctionResponse) bool {
				return strings.Contains(world.ConditionOf(rsp, v1alpha1.ConditionNodesReady).GetMessage(), "no node group is in")
			}
			if c := world.ConditionOf(after, v1alpha1.ConditionNodesReady); !strings.Contains(c.GetMessage(), tc.says) || said(after) != (tc.says != "") {
				t.Errorf("\n%s\nwant %q, got %v", tc.reason, tc.says, c)
			}

			list, _, _ := unstructured.NestedSlice(w.XR.Object, "spec", "nodeGroups")
			more, _, _ := unstructured.NestedSlice(world.With(t, groups("[{name: default}, "+tc.group+"]")).XR.Object, "spec", "nodeGroups")
			world.Set(append(list, more[1]), "spec", "nodeGroups")(w.XR)
			rsp := w.Settle()
			if got := world.At(rsp, "node-group.more", subnets).([]any); len(got) != tc.in {
				t.Errorf("\n%s\nwant the new group in %d subnets, got %v", tc.reason, tc.in, got)
			}
			if said(rsp) {
				t.Errorf("\n%s\nwith nodes there should be nothing to say, got %v", tc.reason, world.ConditionOf(rsp, v1alpha1.ConditionNodesReady))
			}
		})
	}
}

// TestAppendZoneToCluster: EKS keeps a control plane in the zones it was made
// in. An update with subnets in others fails: "Provided subnets belong to the
// AZs 'a,b,c'. But they should belong to the exact set of AZs 'a,b' in which
// subnets were provided during cluster creation."
func TestAppendZoneToCluster(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, network: {zones: [euc1-az1, euc1-az2]}}")
	before := w.Settle()
	if err := unstructured.SetNestedStringSlice(w.XR.Object, []string{"euc1-az1", "euc1-az2", "euc1-az3"}, "spec", "network", "zones"); err != nil {
		t.Fatal(err)
	}
	after := w.Settle()
	const subnets = "spec.forProvider.vpcConfig.subnetIdRefs"
	if diff := cmp.Diff(world.At(before, "cluster", subnets), world.At(after, "cluster", subnets)); diff != "" {
		t.Errorf("\nA control plane can't get into another zone: -before, +after:\n%s", diff)
	}
}

// TestNATGatewayChange: a network can change how many gateways it has; every
// zone keeps its subnet, table and route.
func TestNATGatewayChange(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, network: {natGateway: Single}}")
	before := w.Settle()
	for _, nat := range []string{"PerZone", "Single"} {
		if err := unstructured.SetNestedField(w.XR.Object, nat, "spec", "network", "natGateway"); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			rsp := w.Run()
			for _, key := range []string{"route.private.euc1-az2", "route-table.private.euc1-az2", "subnet.private.euc1-az2", "route-table-association.private.euc1-az2"} {
				if got, want := world.Desired(rsp, key).GetName(), world.Desired(before, key).GetName(); got != want {
					t.Errorf("%s: %s: want object %s, got %q", nat, key, want, got)
				}
			}
			w.Follow(rsp)
		}
	}
	after := w.Run()
	if !proto.Equal(before.GetDesired(), after.GetDesired()) {
		t.Errorf("\nThere and back should be where it began: -before, +after:\n%s", cmp.Diff(before.GetDesired().String(), after.GetDesired().String()))
	}
}
