package platform_test

import (
	"testing"

	"github.com/xplatform-dev/function-xplatform/fn/platform"
)

// ruleRefusals are of what the platform team's policy bounds: each rule of it by its
// name.
func ruleRefusals() map[string]refusal {
	const (
		boundary = "permissionsBoundary: 'arn:aws:iam::123456789012:policy/boundary'"
		theirs   = "vpcId: vpc-00000000, privateSubnetIds: [subnet-00000001, subnet-00000002]"
		postgres = "name: orders, engine: postgres"
	)
	return map[string]refusal{
		"NoRegion": {
			reason: "An empty list allows nothing.",
			policy: "{allowedRegions: []}",
			wrong:  "{region: eu-central-1}",
			says:   []string{"spec.region: eu-central-1 is not allowed here; none is, so ask the platform team (allowedRegions of the function's input)"},
			unless: "{allowedRegions: null}",
		},
		"RolesPastTheBoundary": {
			reason: "A role that is given need not have the platform team's boundary.",
			policy: "{" + boundary + "}",
			wrong:  "{region: eu-central-1, iam: {clusterRoleArn: 'arn:aws:iam::123456789012:role/admin', nodeRoleArn: 'arn:aws:iam::123456789012:role/nodes'}}",
			says: []string{
				"spec.iam.clusterRoleArn: arn:aws:iam::123456789012:role/admin is not allowed here; none is, so leave it out (permissionsBoundary, without allowedRoleArns, of the function's input)",
				"spec.iam.nodeRoleArn: arn:aws:iam::123456789012:role/nodes is not allowed here",
			},
			right:  []string{"{region: eu-central-1}"},
			unless: "{" + boundary + ", allowedRoleArns: ['arn:aws:iam::123456789012:role/*']}",
		},
		"Roles": {
			reason: "A pattern ends at a slash, and is of the whole name.",
			policy: "{allowedRoleArns: ['arn:aws:iam::123456789012:role/platforms/*', 'arn:aws:iam::*:role/eks']}",
			wrong:  "{region: eu-central-1, iam: {clusterRoleArn: 'arn:aws:iam::123456789012:role/platforms/a/b', nodeRoleArn: 'arn:aws:iam::123456789012:role/eks-nodes'}}",
			says: []string{
				"spec.iam.clusterRoleArn: arn:aws:iam::123456789012:role/platforms/a/b is not allowed here; allowed are arn:aws:iam::123456789012:role/platforms/*, arn:aws:iam::*:role/eks (allowedRoleArns of the function's input)",
				"spec.iam.nodeRoleArn: arn:aws:iam::123456789012:role/eks-nodes is not allowed here",
			},
			right: []string{
				"{region: eu-central-1, iam: {clusterRoleArn: 'arn:aws:iam::123456789012:role/platforms/a', nodeRoleArn: 'arn:aws:iam::210987654321:role/eks'}}",
				"{region: eu-central-1}",
			},
			unless: "{}",
		},
		"Admins": {
			reason: "Another account's role is not for a claim to let in.",
			policy: "{allowedAdminArns: ['arn:aws:iam::123456789012:role/*']}",
			wrong:  "{region: eu-central-1, cluster: {admins: ['arn:aws:iam::123456789012:role/a', 'arn:aws:iam::210987654321:role/a']}}",
			says:   []string{"spec.cluster.admins: arn:aws:iam::210987654321:role/a is not allowed here; allowed are arn:aws:iam::123456789012:role/* (allowedAdminArns of the function's input)"},
			right:  []string{"{region: eu-central-1, cluster: {admins: ['arn:aws:iam::123456789012:role/a']}}"},
			unless: "{" + boundary + "}",
		},
		"Keys": {
			fresh:  true,
			reason: "A key is used with its owner's account.",
			policy: "{allowedKmsKeyArns: ['arn:aws:kms:*:123456789012:key/*']}",
			wrong:  "{region: eu-central-1, cluster: {secretsEncryption: {kmsKeyArn: 'arn:aws:kms:eu-central-1:210987654321:key/a'}}}",
			says:   []string{"spec.cluster.secretsEncryption.kmsKeyArn: arn:aws:kms:eu-central-1:210987654321:key/a is not allowed here; allowed are arn:aws:kms:*:123456789012:key/* (allowedKmsKeyArns of the function's input)"},
			right:  []string{"{region: eu-central-1}", "{region: eu-central-1, cluster: {secretsEncryption: {kmsKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/a'}}}"},
			unless: "{}",
		},
		"Networks": {
			fresh:  true,
			reason: "A cluster is where its subnets are, whatever VPC is named beside them.",
			policy: "{allowedVpcIds: [vpc-00000001], allowedSubnetIds: [subnet-00000001]}",
			wrong:  "{region: eu-central-1, network: {" + theirs + ", publicSubnetIds: [subnet-00000003]}}",
			says: []string{
				"spec.network.vpcId: vpc-00000000 is not allowed here; allowed are vpc-00000001 (allowedVpcIds of the function's input)",
				"spec.network.privateSubnetIds: subnet-00000002 is not allowed here; allowed are subnet-00000001 (allowedSubnetIds of the function's input)",
				"spec.network.publicSubnetIds: subnet-00000003 is not allowed here",
			},
			right:  []string{"{region: eu-central-1}"},
			unless: "{allowedVpcIds: [vpc-00000000], allowedSubnetIds: [subnet-00000001, subnet-00000002, subnet-00000003], allowedNetworkCidrs: []}",
		},
		"NetworkRange": {
			fresh:  true,
			reason: "Networks that meet must not overlap; a range that is wider than what is allowed is outside of it.",
			policy: "{allowedNetworkCidrs: [10.64.0.0/17, 172.16.0.0/12]}",
			wrong:  "{region: eu-central-1, network: {cidr: 10.64.0.0/16}}",
			says:   []string{"spec.network.cidr: 10.64.0.0/16 is not allowed here; allowed are 10.64.0.0/17, 172.16.0.0/12 (allowedNetworkCidrs of the function's input)"},
			right:  []string{"{region: eu-central-1, network: {cidr: 10.64.64.0/18}}", "{region: eu-central-1, network: {cidr: 172.31.0.0/16}}"},
			unless: "{allowedNetworkCidrs: [10.0.0.0/8]}",
		},
		"PublicEndpoint": {
			reason: "The default is open to all.",
			policy: "{allowedPublicCidrs: []}",
			wrong:  "{region: eu-central-1}",
			says:   []string{"spec.cluster.endpointAccess.publicCidrs: 0.0.0.0/0 is not allowed here; none is, so set public to false (allowedPublicCidrs of the function's input)"},
			right:  []string{"{region: eu-central-1, cluster: {endpointAccess: {public: false}}}"},
			unless: "{allowedPublicCidrs: [0.0.0.0/0]}",
		},
		"PublicRanges": {
			reason: "An endpoint may be open to a part of what is allowed.",
			policy: "{allowedPublicCidrs: [203.0.113.0/24, nonsense]}",
			wrong:  "{region: eu-central-1, cluster: {endpointAccess: {publicCidrs: [203.0.113.128/25, 203.0.112.0/23]}}}",
			says:   []string{"spec.cluster.endpointAccess.publicCidrs: 203.0.112.0/23 is not allowed here; allowed are 203.0.113.0/24, nonsense (allowedPublicCidrs of the function's input)"},
			right:  []string{"{region: eu-central-1, cluster: {endpointAccess: {publicCidrs: [203.0.113.128/25, 203.0.113.7/32]}}}"},
			unless: "{allowedPublicCidrs: [203.0.112.0/22]}",
		},
		"KubernetesVersion": {
			reason: "Of the cluster, and of nodes that are to stay behind.",
			policy: "{allowedKubernetesVersions: ['1.34']}",
			wrong:  "{region: eu-central-1, cluster: {version: '1.35'}, nodeGroups: [{name: a}, {name: b, version: '1.33'}]}",
			says: []string{
				"spec.cluster.version: 1.35 is not allowed here; allowed are 1.34 (allowedKubernetesVersions of the function's input)",
				"spec.nodeGroups[1].version: 1.33 is not allowed here",
			},
			right:  []string{"{region: eu-central-1, cluster: {version: '1.34'}}"},
			unless: "{allowedKubernetesVersions: ['1.33', '1.35']}",
		},
		"NoKubernetesVersion": {
			reason: "An empty list of versions allows none, too.",
			policy: "{allowedKubernetesVersions: []}",
			wrong:  "{region: eu-central-1}",
			says:   []string{"spec.cluster.version: 1.35 is not allowed here; none is"},
			unless: "{}",
		},
		"Zones": {
			fresh:  true,
			reason: "The claim's cluster may write into the zone that it names.",
			policy: "{allowedHostedZoneIds: [Z0DEV]}",
			wrong:  "{region: eu-central-1, dns: {domain: dev.example.com, zoneId: Z0PRODUCTION}}",
			says:   []string{"spec.dns.zoneId: Z0PRODUCTION is not allowed here; allowed are Z0DEV (allowedHostedZoneIds of the function's input)"},
			right:  []string{"{region: eu-central-1}", "{region: eu-central-1, dns: {domain: dev.example.com}}", "{region: eu-central-1, dns: {domain: dev.example.com, zoneId: Z0DEV}}"},
			unless: "{}",
		},
		"Domains": {
			fresh:  true,
			reason: "A domain is below another only behind a dot.",
			policy: "{allowedDomains: [dev.example.com]}",
			wrong:  "{region: eu-central-1, dns: {domain: notdev.example.com}}",
			says:   []string{"spec.dns.domain: notdev.example.com is not allowed here; allowed are dev.example.com (allowedDomains of the function's input)"},
			right:  []string{"{region: eu-central-1, dns: {domain: dev.example.com}}", "{region: eu-central-1, dns: {domain: a.b.dev.example.com, zoneId: Z0DEV}}"},
			unless: "{allowedDomains: [example.com]}",
		},
		"NoDomain": {
			fresh:  true,
			reason: "A platform need not have a domain.",
			policy: "{allowedDomains: []}",
			wrong:  "{region: eu-central-1, dns: {domain: dev.example.com}}",
			says:   []string{"spec.dns.domain: dev.example.com is not allowed here; none is, so leave dns out (allowedDomains of the function's input)"},
			right:  []string{"{region: eu-central-1}"},
			unless: "{}",
		},
		"DatabaseClasses": {
			reason: "The default is refused too, if it is not among them.",
			policy: "{allowedDatabaseClasses: ['db.m7g.*', '[']}",
			wrong:  "{region: eu-central-1, databases: [{" + postgres + "}, {name: b, engine: mysql, instanceClass: db.m7gd.large}]}",
			says: []string{
				"spec.databases[0].instanceClass: db.t4g.medium is not allowed here; allowed are db.m7g.*, [ (allowedDatabaseClasses of the function's input)",
				"spec.databases[1].instanceClass: db.m7gd.large is not allowed here",
			},
			right:  []string{"{region: eu-central-1, databases: [{" + postgres + ", instanceClass: db.m7g.xlarge}]}"},
			unless: "{allowedDatabaseClasses: ['db.*']}",
		},
		"NodeGroups": {
			reason: "How many there are.",
			policy: "{maxNodeGroups: 1}",
			wrong:  "{region: eu-central-1, nodeGroups: [{name: a}, {name: b}]}",
			says:   []string{"spec.nodeGroups: 2 node groups are not allowed here; at most 1 are (maxNodeGroups of the function's input)"},
			right:  []string{"{region: eu-central-1}"},
			unless: "{maxNodeGroups: 2}",
		},
		"Nodes": {
			reason: "All groups together may grow to no more.",
			policy: "{maxNodes: 9}",
			wrong:  "{region: eu-central-1, nodeGroups: [{name: a}, {name: b}]}",
			says:   []string{"spec.nodeGroups: 10 nodes, by the sum of maxSize, are not allowed here; at most 9 are (maxNodes of the function's input)"},
			right:  []string{"{region: eu-central-1, nodeGroups: [{name: a}, {name: b, maxSize: 4}]}"},
			unless: "{maxNodes: 10}",
		},
		"NodeDisks": {
			reason: "How large each node's is.",
			policy: "{maxNodeDiskSizeGiB: 100}",
			wrong:  "{region: eu-central-1, nodeGroups: [{name: a}, {name: b, diskSizeGiB: 101}]}",
			says:   []string{"spec.nodeGroups[1].diskSizeGiB: 101 GiB are not allowed here; at most 100 are (maxNodeDiskSizeGiB of the function's input)"},
			right:  []string{"{region: eu-central-1, nodeGroups: [{name: a, diskSizeGiB: 100}]}"},
			unless: "{}",
		},
		"Databases": {
			reason: "None may be a bound, too.",
			policy: "{maxDatabases: 0}",
			wrong:  "{region: eu-central-1, databases: [{" + postgres + "}]}",
			says:   []string{"spec.databases: 1 databases are not allowed here; at most 0 are (maxDatabases of the function's input)"},
			right:  []string{"{region: eu-central-1}"},
			unless: "{maxDatabases: 1}",
		},
		"DatabaseStorage": {
			reason: "A volume grows by itself up to what the claim says.",
			policy: "{maxDatabaseStorageGiB: 100}",
			wrong:  "{region: eu-central-1, databases: [{" + postgres + ", storageGiB: 101}, {name: b, engine: mysql, maxStorageGiB: 200}]}",
			says: []string{
				"spec.databases[0].storageGiB: 101 GiB are not allowed here; at most 100 are (maxDatabaseStorageGiB of the function's input)",
				"spec.databases[1].maxStorageGiB: 200 GiB are not allowed here",
			},
			right:  []string{"{region: eu-central-1, databases: [{" + postgres + ", storageGiB: 50, maxStorageGiB: 100}]}"},
			unless: "{maxDatabaseStorageGiB: 200}",
		},
		"Queues": {
			reason: "A dead-letter queue belongs to its queue.",
			policy: "{maxQueues: 1}",
			wrong:  "{region: eu-central-1, queues: [{name: a}, {name: b}]}",
			says:   []string{"spec.queues: 2 queues are not allowed here; at most 1 are (maxQueues of the function's input)"},
			right:  []string{"{region: eu-central-1, queues: [{name: a, deadLetter: {}}]}"},
			unless: "{maxQueues: 2}",
		},
		"Repositories": {
			reason: "A repository may be below one that is allowed, and nowhere else.",
			policy: "{allowedChartRepositories: ['oci://registry.example.com/charts/']}",
			wrong:  "{region: eu-central-1, controllers: {clusterAutoscaler: {repository: 'oci://registry.example.com/chartsofmine'}, loadBalancerController: {repository: 'oci://registry.example.com/charts/%2e%2e/mine'}}}",
			says: []string{
				"spec.controllers.clusterAutoscaler.repository: oci://registry.example.com/chartsofmine is not allowed here; allowed are oci://registry.example.com/charts/ (allowedChartRepositories of the function's input)",
				"spec.controllers.loadBalancerController.repository: oci://registry.example.com/charts/%2e%2e/mine is not allowed here",
			},
			right: []string{
				"{region: eu-central-1}",
				"{region: eu-central-1, controllers: {clusterAutoscaler: {repository: 'oci://registry.example.com/charts'}, loadBalancerController: {repository: 'oci://registry.example.com/charts/eks'}}}",
			},
			unless: "{charts: [{name: metrics-server, pullSecretRef: {name: registry}}]}",
		},
		"PullSecret": {
			reason: "The platform team's password must not be told to whom a claim names.",
			policy: "{charts: [{name: cluster-autoscaler, pullSecretRef: {name: registry}}], allowedChartRepositories: ['https://evil.example.org']}",
			wrong:  "{region: eu-central-1, controllers: {clusterAutoscaler: {repository: 'https://evil.example.org'}}}",
			says:   []string{"spec.controllers.clusterAutoscaler.repository: https://evil.example.org is not allowed here; allowed are https://kubernetes.github.io/autoscaler (charts[cluster-autoscaler].pullSecretRef of the function's input)"},
			right:  []string{"{region: eu-central-1}", "{region: eu-central-1, controllers: {clusterAutoscaler: {repository: 'https://kubernetes.github.io/autoscaler'}}}"},
			unless: "{charts: [{name: cluster-autoscaler, version: 9.59.0}]}",
		},
	}
}

// sealRefusals are of each controller's values that would lead around its contract;
// TestSeals has all of them.
func sealRefusals() map[string]refusal {
	all := map[string]refusal{}
	for field, door := range map[string]string{
		"clusterAutoscaler":      "autoDiscovery: {tags: [a]}",
		"loadBalancerController": "vpcTags: {a: b}",
		"externalDNS":            "extraArgs: {txt-owner-id: a}",
		"metricsServer":          "namespaceOverride: a",
	} {
		claim := func(values string) string {
			return "{region: eu-central-1, dns: {domain: dev.example.com}, controllers: {" + field + ": {enabled: true, values: {" + values + "}}}}"
		}
		all["AnotherSpelling/"+field] = refusal{
			reason: "Nor should it be by another spelling.",
			wrong:  claim(door),
			says:   []string{"spec.controllers." + field + ".values: ", " would change what is set by the platform; leave it out"},
			right:  []string{claim("resources: {limits: {memory: 1Gi}}")},
		}
	}
	return all
}

// TestIsBelow: a repository is below another only where that ends, whatever is made of its spelling.
func TestIsBelow(t *testing.T) {
	t.Parallel()
	const allowed = "https://charts.example.com/stable"
	for repository, want := range map[string]bool{
		allowed:          true,
		allowed + "/":    true,
		allowed + "/eks": true,
		"https://charts.example.com/stable-of-mine":            false,
		"https://charts.example.com.evil.org/stable/a":         false,
		"https://charts.example.com@evil.org/stable/a":         false,
		"https://evil.org/https://charts.example.com/stable/a": false,
		"oci://charts.example.com/stable":                      false,
		allowed + "/../secret":                                 false,
		allowed + "/%2e%2e/secret":                             false,
		allowed + "/%zz":                                       false,
	} {
		if got := platform.IsBelow(allowed, repository); got != want {
			t.Errorf("%s is below %s: want %t, got %t", repository, allowed, want, got)
		}
	}
}
