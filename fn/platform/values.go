package platform

import (
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// Values of the controllers' charts, for each the contract with the other layers
// and what a claim may change. Helm ignores keys a chart doesn't know,
// and renders numbers of a million and more as 1e+06, so flags are strings.
//
// Every region, VPC and cluster name is given: nodes let no pod ask the
// instance metadata service for them.

// contractValues are the values of a chart that no claim can change. They may use
// what is known only later; account is what charts want to know of a service
// account.
type contractValues func(n *plan.Node, account map[string]any) map[string]any

func autoscalerContract(c *contract, eks *cluster) contractValues {
	return func(_ *plan.Node, account map[string]any) map[string]any {
		return map[string]any{
			"fullnameOverride": accountAutoscaler.name,
			"cloudProvider":    "aws",
			"awsRegion":        c.spec.Region,
			"autoDiscovery":    map[string]any{"clusterName": c.name},
			"rbac":             map[string]any{"serviceAccount": account},
			"image":            map[string]any{"tag": autoscalerImage(eks.version, c.spec.Cluster.Version)},
		}
	}
}

func autoscalerValues() map[string]any {
	return map[string]any{
		"replicaCount":              2,
		"priorityClassName":         PriorityCritical,
		"podDisruptionBudget":       map[string]any{"maxUnavailable": 1},
		"dnsPolicy":                 "Default",
		"resources":                 map[string]any{"requests": map[string]any{"cpu": "100m", "memory": "600Mi"}, "limits": map[string]any{"memory": "600Mi"}},
		"topologySpreadConstraints": spreadOverZones("app.kubernetes.io/instance", accountAutoscaler.name),
		"extraArgs": map[string]any{
			"v":                             "4",
			"logtostderr":                   "true",
			"stderrthreshold":               "info",
			"expander":                      "least-waste",
			"balance-similar-node-groups":   "true",
			"skip-nodes-with-system-pods":   "false",
			"skip-nodes-with-local-storage": "false",
		},
		"containerSecurityContext": map[string]any{
			"allowPrivilegeEscalation": false,
			"readOnlyRootFilesystem":   true,
			"capabilities":             map[string]any{"drop": []any{"ALL"}},
		},
		"securityContext": map[string]any{
			"runAsNonRoot":   true,
			"runAsUser":      65534,
			"runAsGroup":     65534,
			"fsGroup":        65534,
			"seccompProfile": map[string]any{"type": "RuntimeDefault"},
		},
	}
}

func loadBalancerContract(c *contract, net *network) contractValues {
	return func(n *plan.Node, account map[string]any) map[string]any {
		return map[string]any{
			"fullnameOverride": accountLoadBalancer.name,
			"clusterName":      c.name,
			"region":           c.spec.Region,
			"vpcId":            n.Use(net.vpcID),
			"serviceAccount":   account,
			// The controller's policy has no right to these.
			"enableShield": false,
			"enableWaf":    false,
			"enableWafv2":  false,
			// A claim's own tags are in spec.tags, where the policy's and ours win.
			"defaultTags": c.plainTags(),
		}
	}
}

func loadBalancerValues() map[string]any {
	return map[string]any{
		"replicaCount":               2,
		"priorityClassName":          PriorityCritical,
		"podDisruptionBudget":        map[string]any{"maxUnavailable": 1},
		"topologySpreadConstraints":  spreadOverZones("app.kubernetes.io/name", accountLoadBalancer.name),
		"ingressClass":               "alb",
		"createIngressClassResource": true,
		"defaultTargetType":          "ip",
		// A new certificate with every upgrade would fail every webhook call
		// until all pods have loaded it.
		"keepTLSSecret": true,
		// The webhook makes load balancers of Services ours, not the in-tree
		// controller's. It must not see the platform's own namespaces: nothing
		// there could be created while it is away.
		"enableServiceMutatorWebhook": true,
		"serviceMutatorWebhookConfig": map[string]any{
			"failurePolicy": "Fail",
			"namespaceSelectors": []any{map[string]any{
				"key":      "kubernetes.io/metadata.name",
				"operator": "NotIn",
				"values":   []any{NamespaceSystem, namespaceExternalDNS},
			}},
		},
		"resources": map[string]any{"requests": map[string]any{"cpu": "100m", "memory": "200Mi"}, "limits": map[string]any{"memory": "500Mi"}},
	}
}

func externalDNSContract(c *contract, zone *hostedZone) contractValues {
	return func(n *plan.Node, account map[string]any) map[string]any {
		values := map[string]any{
			"fullnameOverride": accountExternalDNS.name,
			"provider":         map[string]any{"name": "aws"},
			"env":              []any{map[string]any{"name": "AWS_DEFAULT_REGION", "value": c.spec.Region}},
			"serviceAccount":   account,
			"registry":         "txt",
			"txtOwnerId":       c.ownerID(),
			"domainFilters":    []any{zone.domain},
			// The id says which zone. A type beside it, public or private, could
			// only contradict it.
			"extraArgs": map[string]any{
				"zone-id-filter": []any{n.Use(zone.id)},
				// The domain may lie below the zone's own.
				"aws-zone-match-parent":    true,
				"txt-wildcard-replacement": wildcardReplacement,
			},
		}
		// With another prefix than it began with ExternalDNS would not know its
		// own records any more.
		if o := n.Observed(); o == nil || read.Release.OwnershipPrefix.Of(o) == ownershipPrefix {
			values["txtPrefix"] = ownershipPrefix
		}
		return values
	}
}

func externalDNSValues() map[string]any {
	return map[string]any{
		// The chart's default never removes a record.
		"policy":             "sync",
		"sources":            []any{"service", "ingress"},
		"managedRecordTypes": []any{"A", "AAAA", "CNAME"},
		// The default changes in the next version, and with it who reads the
		// annotations people have written.
		"annotationPrefix":   "external-dns.alpha.kubernetes.io/",
		"interval":           recordsInterval,
		"triggerLoopOnEvent": true,
		"priorityClassName":  PriorityCritical,
		"resources":          map[string]any{"requests": map[string]any{"cpu": "50m", "memory": "100Mi"}, "limits": map[string]any{"memory": "200Mi"}},
		"extraArgs": map[string]any{
			"service-type-filter":      []any{"LoadBalancer"},
			"aws-zones-cache-duration": "3h",
		},
	}
}

// lastRecords of a zone that is leaving: none. A Service would need a label that nobody
// gives one; of all sources ExternalDNS only selects some by their labels (v0.21.0,
// source/service.go), so it is the only one. (Its source "empty" is an argument it
// takes, and then does not know.)
func lastRecords(zone *hostedZone) func(values map[string]any) {
	if zone == nil || !zone.leaving {
		return nil
	}
	return func(values map[string]any) {
		values["sources"] = []any{"service"}
		values["labelFilter"] = "xplatform.dev/records=none"
		values["policy"] = "sync"
		// Of more sources it would write more, and with the others given twice it does
		// not start.
		if args, ok := values["extraArgs"].(map[string]any); ok {
			for _, flag := range []string{"source", "label-filter", "policy"} {
				delete(args, flag)
			}
		}
	}
}

func metricsContract(_ *plan.Node, account map[string]any) map[string]any {
	return map[string]any{
		"fullnameOverride": accountMetrics.name,
		"serviceAccount":   account,
	}
}

func metricsValues() map[string]any {
	return map[string]any{
		"replicas":                  2,
		"podDisruptionBudget":       map[string]any{"enabled": true, "maxUnavailable": 1},
		"topologySpreadConstraints": spreadOverZones("app.kubernetes.io/name", accountMetrics.name),
	}
}

// spreadOverZones spreads pods over zones, but rather together than not at all.
func spreadOverZones(label, value string) []any {
	return []any{map[string]any{
		"maxSkew":           1,
		"topologyKey":       "topology.kubernetes.io/zone",
		"whenUnsatisfiable": "ScheduleAnyway",
		"labelSelector":     map[string]any{"matchLabels": map[string]any{label: value}},
	}}
}
