package crds

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// smallest is the smallest claim there is.
const smallest = `
apiVersion: xplatform.dev/v1alpha1
kind: Platform
metadata: {name: dev, namespace: team-a}
spec: {region: eu-central-1}
`

// claim returns the smallest claim with a different spec.
func claim(t *testing.T, spec string) *unstructured.Unstructured {
	t.Helper()
	obj := parse(t, smallest)
	obj.Object["spec"] = parse(t, spec).Object
	return obj
}

func TestDefault(t *testing.T) {
	r := registry(t)
	obj := parse(t, smallest)
	if err := r.Default(obj); err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(obj); err != nil {
		t.Errorf("\nThe smallest claim should be valid: %v", err)
	}

	group := map[string]any{
		"name":          "default",
		"amiType":       "AL2023_x86_64_STANDARD",
		"capacityType":  "OnDemand",
		"diskSizeGiB":   int64(50),
		"instanceTypes": []any{"m6i.large"},
		"minSize":       int64(2),
		"maxSize":       int64(5),
	}
	cases := map[string]struct {
		reason string
		path   []string
		want   any
	}{
		"Region": {
			reason: "What the claim says should be kept.",
			path:   []string{"spec", "region"},
			want:   "eu-central-1",
		},
		"Network": {
			reason: "The network should be the default one.",
			path:   []string{"spec", "network"},
			want:   map[string]any{"cidr": "10.0.0.0/16", "natGateway": "Single", "tagSubnets": false},
		},
		"NodeGroups": {
			reason: "There should be one node group, and its own defaults should be set.",
			path:   []string{"spec", "nodeGroups"},
			want:   []any{group},
		},
		"EndpointAccess": {
			reason: "Defaults should be set at any depth.",
			path:   []string{"spec", "cluster", "endpointAccess"},
			want:   map[string]any{"public": true, "private": true, "publicCidrs": []any{"0.0.0.0/0"}},
		},
		"ClusterAutoscaler": {
			reason: "The autoscaler should be on.",
			path:   []string{"spec", "controllers", "clusterAutoscaler"},
			want:   map[string]any{"enabled": true},
		},
		"MetricsServer": {
			reason: "The metrics server should be off unless asked for.",
			path:   []string{"spec", "controllers", "metricsServer"},
			want:   map[string]any{"enabled": false},
		},
		"CompositeDeletePolicy": {
			reason: "Crossplane's own defaults should be set too.",
			path:   []string{"spec", "compositeDeletePolicy"},
			want:   "Background",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, _, err := unstructured.NestedFieldNoCopy(obj.Object, tc.path...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestValidateClaim(t *testing.T) {
	cases := map[string]struct {
		reason string
		spec   string
		want   []string
	}{
		"Smallest": {
			reason: "A region should be enough.",
			spec:   `region: eu-central-1`,
		},
		"NoRegion": {
			reason: "A region should be required.",
			spec:   `name: team-a-dev`,
			want:   []string{"Platform team-a/dev: spec.region: Required value"},
		},
		"UnknownField": {
			reason: "A mistyped field should be refused by name, and at the place it is.",
			spec:   `{region: eu-central-1, nodeGroups: [{name: default, minSise: 3}]}`,
			want:   []string{"Platform team-a/dev: spec.nodeGroups[0].minSise: Forbidden: unknown field"},
		},
		"AnyHelmValues": {
			reason: "Helm values should be free.",
			spec:   `{region: eu-central-1, controllers: {externalDNS: {values: {policy: sync, a: {b: [1, null]}}}}}`,
		},
		"NotACIDR": {
			reason: "A host address should not do for a network.",
			spec:   `{region: eu-central-1, network: {cidr: 10.0.0.1/16}}`,
			want:   []string{"spec.network.cidr: Invalid value", "cidr must be the first address and prefix length of an IPv4 network"},
		},
		"SmallCIDR": {
			reason: "A network too small for its subnets should be refused.",
			spec:   `{region: eu-central-1, network: {cidr: 10.0.0.0/24}}`,
			want:   []string{"spec.network.cidr: Invalid value", "cidr must be a /16 to /20"},
		},
		"DuplicateZone": {
			reason: "Two subnets of a tier in one zone should be refused.",
			spec:   `{region: eu-central-1, network: {zones: [euc1-az1, euc1-az1]}}`,
			want:   []string{"spec.network.zones: Invalid value", "zones must not name a zone twice"},
		},
		"ZoneName": {
			reason: "A zone's name should be refused: it means another place in each account.",
			spec:   `{region: eu-central-1, network: {zones: [eu-central-1a, eu-central-1b]}}`,
			want:   []string{"spec.network.zones[0]: Invalid value", "spec.network.zones[1]: Invalid value"},
		},
		"MinAboveMax": {
			reason: "Sizes that leave no room should be refused.",
			spec:   `{region: eu-central-1, nodeGroups: [{name: default, minSize: 6}]}`,
			want:   []string{"spec.nodeGroups[0]: Invalid value", "minSize must not be above maxSize"},
		},
		"DesiredOutOfBounds": {
			reason: "A desired size the autoscaler could not keep should be refused.",
			spec:   `{region: eu-central-1, nodeGroups: [{name: default, desiredSize: 9}]}`,
			want:   []string{"spec.nodeGroups[0]: Invalid value", "desiredSize must lie between minSize and maxSize"},
		},
		"DuplicateNodeGroup": {
			reason: "Two node groups of one name should be refused.",
			spec:   `{region: eu-central-1, nodeGroups: [{name: a}, {name: a}]}`,
			want:   []string{"spec.nodeGroups[1]: Duplicate value"},
		},
		"NoEndpoint": {
			reason: "A cluster nobody can reach should be refused.",
			spec:   `{region: eu-central-1, cluster: {endpointAccess: {public: false, private: false}}}`,
			want:   []string{"spec.cluster.endpointAccess: Invalid value", "endpointAccess must be public, private or both"},
		},
		"ReservedTag": {
			reason: "A tag AWS would refuse should be refused before.",
			spec:   `{region: eu-central-1, tags: {"aws:owner": me}}`,
			want:   []string{"spec.tags: Invalid value", "tags that begin with aws: are AWS's own"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkError(t, tc.reason, registry(t).Validate(claim(t, tc.spec)), tc.want)
		})
	}
}

func TestValidateUpdateOfClaim(t *testing.T) {
	cases := map[string]struct {
		reason string
		old    string
		spec   string
		want   []string
	}{
		"Unchanged": {
			reason: "Applying the same claim again should do nothing.",
			old:    `region: eu-central-1`,
			spec:   `region: eu-central-1`,
		},
		"Region": {
			reason: "A platform should not move to another region.",
			old:    `region: eu-central-1`,
			spec:   `region: eu-west-1`,
			want:   []string{"Platform team-a/dev: spec.region: Invalid value", "region is immutable"},
		},
		"CIDR": {
			reason: "A network's addresses should not change, not even from the default.",
			old:    `region: eu-central-1`,
			spec:   `{region: eu-central-1, network: {cidr: 10.1.0.0/16}}`,
			want:   []string{"spec.network.cidr: Invalid value", "cidr is immutable"},
		},
		"NameAdded": {
			reason: "A platform should not be renamed by giving it a name later.",
			old:    `region: eu-central-1`,
			spec:   `{region: eu-central-1, name: other}`,
			want:   []string{"spec: Invalid value", "name is immutable: it can be neither added nor removed later"},
		},
		"ZonesAppended": {
			reason: "A zone should be appended.",
			old:    `{region: eu-central-1, network: {zones: [euc1-az1, euc1-az2]}}`,
			spec:   `{region: eu-central-1, network: {zones: [euc1-az1, euc1-az2, euc1-az3]}}`,
		},
		"ZonesReordered": {
			reason: "Zones should keep their order: it decides the subnets' addresses.",
			old:    `{region: eu-central-1, network: {zones: [euc1-az1, euc1-az2]}}`,
			spec:   `{region: eu-central-1, network: {zones: [euc1-az2, euc1-az1]}}`,
			want:   []string{"spec.network.zones: Invalid value", "zones can only be appended"},
		},
		"ZonesRemoved": {
			reason: "Zones should not go back to the default.",
			old:    `{region: eu-central-1, network: {zones: [euc1-az1, euc1-az2]}}`,
			spec:   `region: eu-central-1`,
			want:   []string{"spec.network: Invalid value", "zones can't be removed once set"},
		},
		"QueueReplaced": {
			reason: "A rule about change should compare queues of the same name, whatever their order.",
			old:    `{region: eu-central-1, queues: [{name: a}, {name: b, fifo: true}]}`,
			spec:   `{region: eu-central-1, queues: [{name: b, fifo: true}, {name: a}]}`,
		},
		"QueueKind": {
			reason: "A queue should stay of its kind.",
			old:    `{region: eu-central-1, queues: [{name: a}]}`,
			spec:   `{region: eu-central-1, queues: [{name: a, fifo: true}]}`,
			want:   []string{"spec.queues[0].fifo: Invalid value", "fifo is immutable"},
		},
		"DomainReplaced": {
			reason: "A zone should be removed and added anew, never renamed.",
			old:    `{region: eu-central-1, dns: {domain: dev.example.com}}`,
			spec:   `{region: eu-central-1, dns: {domain: prod.example.com}}`,
			want:   []string{"spec.dns.domain: Invalid value", "domain is immutable: remove dns first"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkError(t, tc.reason, registry(t).ValidateUpdate(claim(t, tc.spec), claim(t, tc.old)), tc.want)
		})
	}
}
