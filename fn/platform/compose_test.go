package platform_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestGraph: there is an order in which everything can be made.
func TestGraph(t *testing.T) {
	t.Parallel()
	for _, example := range world.Examples {
		w := world.New(t, example)
		p := world.PlanOf(t, w)
		if _, err := p.Resolve(); err != nil {
			t.Fatal(err)
		}
		edges := p.Edges()
		for key, needs := range edges {
			if world.NeedsOf(edges, key)[key] {
				t.Errorf("%s: %s needs itself", example, key)
			}
			for _, n := range needs {
				if _, ok := edges[n]; !ok {
					t.Errorf("%s: %s needs %s, which is not there", example, key, n)
				}
			}
		}
		layers := map[string]string{}
		for _, l := range p.Layers() {
			for _, key := range l.Keys() {
				if other, taken := layers[key]; taken {
					t.Errorf("%s: %s is in %s and in %s", example, key, other, l.Condition)
				}
				layers[key] = l.Condition
			}
		}
		if len(layers) != len(edges) {
			t.Errorf("%s: %d nodes are in layers, %d in the graph", example, len(layers), len(edges))
		}
	}
}

// TestGates: what waits for what, and what must not, on the production example.
func TestGates(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		// of, needs and not are patterns of keys. A single node must need all
		// that match one of needs, each of several nodes at least one; none may
		// need what matches one of not.
		of    string
		needs []string
		not   []string
	}{
		"Queues": {
			reason: "Queues have nothing to do with a network or a cluster.",
			of:     "queue.*",
			not:    []string{"vpc", "subnet.*", "cluster*", "node*", "zone", "database.*"},
		},
		"DeadLetterQueues": {
			reason: "A redrive policy is one queue's, and names the other by an ARN AWS makes.",
			of:     "queue.orders.redrive",
			needs:  []string{"queue.orders", "queue.orders.dead-letter"},
		},
		"DatabaseInstances": {
			reason: "A database takes as long as a cluster, so it should not begin after it.",
			of:     "database.orders",
			needs:  []string{"vpc", "subnet.private.*", "database.subnets", "database.orders.security-group"},
			not:    []string{"cluster*", "node*", "addon.*", "route*", "nat-gateway.*", "subnet.public.*", "database.orders.security-group.cluster", "database.catalog*"},
		},
		"DatabaseRules": {
			reason: "Who may connect to a database is known once the cluster is.",
			of:     "database.*.security-group.cluster",
			needs:  []string{"cluster"},
			not:    []string{"node-group.*"},
		},
		"Zone": {
			reason: "A private zone needs the network it is seen in, and nothing else.",
			of:     "zone",
			needs:  []string{"vpc"},
			not:    []string{"subnet.*", "cluster*", "node*"},
		},
		"NATGateways": {
			reason: "AWS refuses a public NAT gateway where there is no way out.",
			of:     "nat-gateway.*",
			needs:  []string{"internet-gateway", "route.public", "elastic-ip.*"},
			not:    []string{"cluster*", "route.private.*"},
		},
		"Cluster": {
			reason: "A control plane needs subnets and its role, its key and its logs; its nodes, not it, need a way out.",
			of:     "cluster",
			needs:  []string{"vpc", "subnet.private.*", "cluster.role", "cluster.role.policy", "cluster.key", "cluster.logs"},
			not:    []string{"nat-gateway.*", "route.*", "route-table*", "subnet.public.*", "node*", "addon.*", "database.*", "zone"},
		},
		"Admins": {
			reason: "An admin's policy is bound to the admin's access entry.",
			of:     "cluster.admin.*.policy",
			needs:  []string{"cluster", "cluster.admin." + strings.Repeat("?", 32)},
			not:    []string{"node*", "addon.*"},
		},
		"AddonsBeforeNodes": {
			reason: "These are active without a node, and must not wait for one: nodes wait for them.",
			of:     "addon.[vke]*",
			needs:  []string{"cluster"},
			not:    []string{"node*", "addon.coredns", "nat-gateway.*"},
		},
		"NodeGroups": {
			reason: "A node that finds no network for its pods, may not do its work or reaches nothing never joins.",
			of:     "node-group.general",
			needs: []string{
				"cluster", "addon.vpc-cni", "addon.kube-proxy", "addon.eks-pod-identity-agent",
				"nodes.role", "nodes.role.worker", "nodes.role.cni", "nodes.role.registry",
				"route.private.*", "route-table-association.private.*", "nat-gateway.*", "node-group.general.template",
			},
			not: []string{"addon.coredns", "addon.aws-ebs-csi-driver", "node-group.batch*", "node-group.arm*", "helm", "cluster.auth", "zone", "database.*", "*.identity", "cluster-autoscaler*"},
		},
		"NodeGroupsInSomeZones": {
			reason: "A node group should not wait for the way out of zones it is not in.",
			of:     "node-group.arm",
			needs:  []string{"route.private.apne1-az4", "route.private.apne1-az1"},
			not:    []string{"route.private.apne1-az2", "nat-gateway.apne1-az2"},
		},
		"LaunchTemplates": {
			reason: "A launch template needs nothing.",
			of:     "node-group.*.template",
			not:    []string{"*"},
		},
		"AddonsOnNodes": {
			reason: "Deployments are not available before there is a node their pods may run on.",
			of:     "addon.[ca]*",
			needs:  []string{"node-group.general"},
			not:    []string{"node-group.batch", "node-group.arm", "helm"},
		},
		"StorageDriver": {
			reason: "The driver's pods need their identity when they start.",
			of:     "addon.aws-ebs-csi-driver",
			needs:  []string{"ebs-csi.role", "ebs-csi.policy", "ebs-csi.identity"},
		},
		"Identities": {
			reason: "An identity takes seconds to be known everywhere, so it should be made minutes before the pods.",
			of:     "*.identity",
			needs:  []string{"cluster"},
			not:    []string{"node-group.*", "nodes.*", "addon.*", "nat-gateway.*", "helm", "zone", "*.policy.*"},
		},
		"Roles": {
			reason: "A role needs nothing.",
			of:     "*.role",
			not:    []string{"*"},
		},
		"Policies": {
			reason: "A policy needs the account its role is in, and no cluster. The load balancer controller's also names the VPC.",
			of:     "*r.policy",
			needs:  []string{"*r.role"},
			not:    []string{"cluster", "node*", "zone"},
		},
		"PolicyOfExternalDNS": {
			reason: "ExternalDNS may write into one zone, whose id must be known.",
			of:     "external-dns.policy",
			needs:  []string{"zone", "external-dns.role"},
			not:    []string{"cluster", "node*"},
		},
		"ClusterAuth": {
			reason: "A kubeconfig needs a cluster, no node.",
			of:     "cluster.auth",
			needs:  []string{"cluster"},
			not:    []string{"node*", "addon.*"},
		},
		"HelmConfig": {
			reason: "provider-helm needs a kubeconfig.",
			of:     "helm",
			needs:  []string{"cluster.auth"},
			not:    []string{"node*", "addon.*"},
		},
		"Autoscaler": {
			reason: "A cluster too full for CoreDNS is one that needs the autoscaler.",
			of:     "cluster-autoscaler",
			needs:  []string{"helm", "node-group.general", "cluster-autoscaler.identity", "cluster-autoscaler.policy", "addon.eks-pod-identity-agent"},
			not: []string{
				"zone", "addon.coredns", "addon.aws-ebs-csi-driver", "aws-load-balancer-controller*", "external-dns*", "metrics-server",
				"node-group.batch", "node-group.arm", "node-group.*.tag.*", "database.*", "queue.*",
			},
		},
		"LoadBalancerController": {
			reason: "The controller resolves AWS's names.",
			of:     "aws-load-balancer-controller",
			needs:  []string{"helm", "node-group.general", "aws-load-balancer-controller.identity", "aws-load-balancer-controller.policy", "addon.coredns", "vpc"},
			not:    []string{"zone", "cluster-autoscaler*", "external-dns*", "node-group.batch", "node-group.arm"},
		},
		"ExternalDNS": {
			reason: "ExternalDNS is told the id of its zone.",
			of:     "external-dns",
			needs:  []string{"helm", "node-group.general", "external-dns.identity", "external-dns.policy", "addon.coredns", "zone"},
			not:    []string{"cluster-autoscaler*", "aws-load-balancer-controller*", "node-group.batch", "node-group.arm"},
		},
		"MetricsServer": {
			reason: "metrics-server asks nothing of AWS.",
			of:     "metrics-server",
			needs:  []string{"helm", "node-group.general"},
			not:    []string{"*-*.identity", "zone", "node-group.batch", "node-group.arm", "addon.coredns", "addon.aws-ebs-csi-driver"},
		},
		"GroupTags": {
			reason: "A group is tagged once it is there.",
			of:     "node-group.arm.tag.*",
			needs:  []string{"node-group.arm"},
			not:    []string{"node-group.general", "node-group.batch"},
		},
	}
	edges := world.PlanOf(t, world.New(t, "platform-production.yaml")).Edges()
	all := slices.Sorted(maps.Keys(edges))
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			keys := world.Matching(all, tc.of)
			if len(keys) == 0 {
				t.Fatalf("\n%s\nno key is like %s", tc.reason, tc.of)
			}
			for _, key := range keys {
				needs := world.NeedsOf(edges, key)
				for _, pattern := range tc.needs {
					wanted := world.Matching(all, pattern)
					met := slices.DeleteFunc(slices.Clone(wanted), func(k string) bool { return !needs[k] })
					if len(met) == 0 || len(keys) == 1 && len(met) < len(wanted) {
						t.Errorf("\n%s\n%s should need %s: want %v, got %v", tc.reason, key, pattern, wanted, met)
					}
				}
				for _, pattern := range tc.not {
					for _, n := range world.Matching(slices.Sorted(maps.Keys(needs)), pattern) {
						t.Errorf("\n%s\n%s needs %s", tc.reason, key, n)
					}
				}
			}
		})
	}
}

// TestGatesOfTaintedNodes: what runs on nodes waits for those it can run on.
func TestGatesOfTaintedNodes(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		groups string
		want   []string
	}{
		"Preferring": {
			reason: "A taint that only asks pods to go elsewhere closes no group.",
			groups: "[{name: a, taints: [{key: k, effect: PreferNoSchedule}]}, {name: b, taints: [{key: k, effect: NoExecute}]}]",
			want:   []string{"node-group.a"},
		},
		"Open": {
			reason: "Pods run on any of several open groups.",
			groups: "[{name: a}, {name: b}]",
			want:   []string{"node-group.a", "node-group.b"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			edges := world.PlanOf(t, world.With(t, "{region: eu-central-1, nodeGroups: "+tc.groups+"}")).Edges()
			for _, key := range []string{"addon.coredns", "cluster-autoscaler"} {
				needs := world.NeedsOf(edges, key)
				got := slices.DeleteFunc(slices.Sorted(maps.Keys(needs)), func(k string) bool { return k != "node-group.a" && k != "node-group.b" })
				if !slices.Equal(tc.want, got) {
					t.Errorf("\n%s\n%s: want %v, got %v", tc.reason, key, tc.want, got)
				}
			}
		})
	}
}
