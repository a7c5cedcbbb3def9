package crds

import (
	"fmt"
	"strings"
)

func controllerMistakes() map[string]mistake {
	const (
		exact = "version must be the exact version of a chart, such as 9.59.0"
		url   = "repository must be an https:// or oci:// URL, such as https://kubernetes.github.io/autoscaler"
	)
	return map[string]mistake{
		"VersionRange": {
			reason: "A range would be another version tomorrow.",
			wrong:  "{controllers: {clusterAutoscaler: {version: ^9.0.0}}}", field: "spec.controllers.clusterAutoscaler.version", says: exact,
			right: []string{"{controllers: {clusterAutoscaler: {version: 9.0.0}}}"},
		},
		"VersionMinor": {
			reason: "So would half a version.",
			wrong:  "{controllers: {externalDNS: {version: '1.21'}}}", field: "spec.controllers.externalDNS.version", says: exact,
			right: []string{"{controllers: {externalDNS: {version: 1.21.0}}}", "{controllers: {externalDNS: {version: v1.21.0-rc.1}}}"},
		},
		"Latest": {
			reason: "And so would the latest.",
			wrong:  "{controllers: {metricsServer: {enabled: true, version: latest}}}", field: "spec.controllers.metricsServer.version", says: exact,
			right: []string{"{controllers: {metricsServer: {enabled: true}}}"},
		},
		"PlainHTTP": {
			reason: "Nobody would know who answered.",
			wrong:  "{controllers: {loadBalancerController: {repository: 'http://charts.example.com'}}}", field: "spec.controllers.loadBalancerController.repository", says: url,
			right: []string{"{controllers: {loadBalancerController: {repository: 'https://charts.example.com'}}}", "{controllers: {loadBalancerController: {repository: 'oci://registry.example.com/charts'}}}"},
		},
		"LocalChart": {
			reason: "The provider has no such disk.",
			wrong:  "{controllers: {clusterAutoscaler: {repository: ./charts}}}", field: "spec.controllers.clusterAutoscaler.repository", says: url,
			right: []string{"{controllers: {clusterAutoscaler: {}}}"},
		},
		"ValuesList": {
			reason: "Values are a map.",
			wrong:  "{controllers: {clusterAutoscaler: {values: [a, b]}}}", field: "spec.controllers.clusterAutoscaler.values", says: "must be of type object",
			right: []string{"{controllers: {clusterAutoscaler: {values: {a: [b, 1, null], c: {d: null}}}}}"},
		},
		"ValuesText": {
			reason: "And not a file of them.",
			wrong:  "{controllers: {externalDNS: {values: 'policy: sync'}}}", field: "spec.controllers.externalDNS.values", says: "must be of type object",
			right: []string{"{controllers: {externalDNS: {values: {policy: sync}}}}", "{controllers: {externalDNS: {values: {}}}}"},
		},
		"ValuesFlag": {
			reason: "Whatever the controller.",
			wrong:  "{controllers: {metricsServer: {values: true}}}", field: "spec.controllers.metricsServer.values", says: "must be of type object",
			right: []string{"{controllers: {metricsServer: {values: {replicas: 3}}}}"},
		},
		"Flag": {
			reason: "A controller has settings.",
			wrong:  "{controllers: {metricsServer: true}}", field: "spec.controllers.metricsServer", says: "must be of type object",
			right: []string{"{controllers: {metricsServer: {enabled: true}}}"},
		},
		"List": {
			reason: "Controllers are named, not listed.",
			wrong:  "{controllers: [metricsServer]}", field: "spec.controllers", says: "must be of type object",
			right: []string{"{controllers: {}}"},
		},
	}
}

func factMistakes() map[string]mistake {
	return map[string]mistake{
		"Flag": {
			reason: "There are several ways to tell them.",
			wrong:  "{facts: true}", field: "spec.facts", says: "must be of type object",
			right: []string{"{facts: {}}", "{facts: {configMap: true}}"},
		},
		"Word": {
			reason: "They are told or not.",
			wrong:  "{facts: {configMap: 'yes'}}", field: "spec.facts.configMap", says: "must be of type boolean",
			right: []string{"{facts: {configMap: false}}"},
		},
		"Settings": {
			reason: "Where Argo CD is says the platform team.",
			wrong:  "{facts: {argoCD: {namespace: argocd}}}", field: "spec.facts.argoCD", says: "must be of type boolean",
			right: []string{"{facts: {argoCD: true}}"},
		},
		"Role": {
			reason: "So it does of Flux.",
			wrong:  "{facts: {flux: 'arn:aws:iam::123456789012:role/flux'}}", field: "spec.facts.flux", says: "must be of type boolean",
			right: []string{"{facts: {flux: true}}", "{facts: {configMap: false, argoCD: true, flux: true}}"},
		},
		"Spelling": {
			reason: "What nobody knows would be dropped in silence.",
			wrong:  "{facts: {argocd: true}}", field: "spec.facts.argocd", says: "unknown field",
			right: []string{"{facts: {argoCD: false}}"},
		},
		"Namespace": {
			reason: "Whose the ConfigMap is, is no claim's business.",
			wrong:  "{facts: {namespace: apps}}", field: "spec.facts.namespace", says: "unknown field",
			right: []string{"{facts: {}}"},
		},
	}
}

// limitMistakes are of what a platform can have at most. The rules must be
// affordable for the largest claim too: the API server stops counting somewhere.
func limitMistakes() map[string]mistake {
	return map[string]mistake{
		"Largest": {
			reason: "A claim with as much as is allowed should be accepted, and one with more refused.",
			wrong:  largest(21), field: "spec.nodeGroups", says: "must have at most 20 items",
			right: []string{largest(20)},
		},
		"LargestEdited": {
			reason: "It should be possible to edit it.",
			old:    largest(20),
			wrong:  strings.Replace(largest(20), "m0i.large", "m0i", 1), field: "spec.nodeGroups[0].instanceTypes[0]", says: "instanceTypes must be EC2 instance types",
			right: []string{largest(20), strings.Replace(largest(20), "m0i.large", "c0i.large", 1), strings.Replace(largest(20), "minSize: 450", "minSize: 449", 1)},
		},
		"Databases": {
			reason: "A platform has at most twenty databases.",
			wrong:  "{databases: " + items(21, "{name: d%d, engine: mysql}") + "}", field: "spec.databases", says: "must have at most 20 items",
			right: []string{"{databases: " + items(20, "{name: d%d, engine: mysql}") + "}"},
		},
		"Subnets": {
			reason: "And at most sixteen subnets of a tier.",
			wrong:  "{network: {vpcId: vpc-00000000, privateSubnetIds: " + items(17, "subnet-%08d") + "}}", field: "spec.network.privateSubnetIds", says: "must have at most 16 items",
			right: []string{"{network: {vpcId: vpc-00000000, privateSubnetIds: " + items(16, "subnet-%08d") + "}}"},
		},
		"Admins": {
			reason: "And at most twenty administrators.",
			wrong:  "{cluster: {admins: " + items(21, "'arn:aws:iam::123456789012:role/r%d'") + "}}", field: "spec.cluster.admins", says: "must have at most 20 items",
			right: []string{"{cluster: {admins: " + items(20, "'arn:aws:iam::123456789012:role/r%d'") + "}}"},
		},
	}
}

// largest claim there can be, with a number of node groups.
func largest(groups int) string {
	group := func(i int) string {
		effect := "NoSchedule"
		if i == 0 {
			effect = "PreferNoSchedule" // One has to be open.
		}
		return fmt.Sprintf("{name: g%d, minSize: 450, maxSize: 450, desiredSize: 450, instanceTypes: %s, zones: %s, labels: %s, taints: %s}", i,
			items(20, "m%di.large"), items(6, "euc1-az%d"), entries(15, long(60)+"%d: "+long(63)), items(15, "{key: "+long(61)+"%d, value: "+long(63)+", effect: "+effect+"}"))
	}
	all := make([]string, 0, groups)
	for i := range groups {
		all = append(all, group(i))
	}
	return "{name: " + long(40) +
		", network: {zones: " + items(6, "euc1-az%d") + "}" +
		", cluster: {admins: " + items(20, "'arn:aws:iam::123456789012:role/"+long(220)+"%d'") + ", endpointAccess: {publicCidrs: " + items(40, "203.0.113.%d/32") + "}}" +
		", nodeGroups: [" + strings.Join(all, ", ") + "]" +
		", databases: " + items(20, "{name: d%d, engine: mysql, version: 8.0.42, storageGiB: 100, maxStorageGiB: 1000}") +
		", queues: " + items(100, "{name: q%d, fifo: true, contentBasedDeduplication: true, deadLetter: {}}") +
		", tags: " + entries(30, long(120)+"%d: "+long(256)) + "}"
}
