package crds

func regionMistakes() map[string]mistake {
	const code = "region must be the code of an AWS region, such as eu-central-1"
	return map[string]mistake{
		"Missing": {
			reason: "A region is all a claim must have.",
			wrong:  "{region: null}", field: "spec.region", says: "Required value",
			right: []string{"{}"},
		},
		"Empty": {
			reason: "An empty region is none.",
			wrong:  "{region: ''}", field: "spec.region", says: code,
			right: []string{"{region: us-gov-west-1}"},
		},
		"Place": {
			reason: "People know regions by their places, AWS doesn't.",
			wrong:  "{region: Frankfurt}", field: "spec.region", says: code,
			right: []string{"{region: eu-central-1}"},
		},
		"Zone": {
			reason: "A zone is not a region.",
			wrong:  "{region: eu-central-1a}", field: "spec.region", says: code,
			right: []string{"{region: ap-southeast-7}"},
		},
		"Uppercase": {
			reason: "AWS spells regions in lower case.",
			wrong:  "{region: EU-CENTRAL-1}", field: "spec.region", says: code,
			right: []string{"{region: cn-northwest-1}"},
		},
		"Number": {
			reason: "A region is a string.",
			wrong:  "{region: 1}", field: "spec.region", says: "must be of type string",
			right: []string{"{region: 'eu-west-1'}"},
		},
		"Changed": {
			reason: "Nothing AWS has moves to another region.",
			old:    "{}",
			wrong:  "{region: eu-west-1}", field: "spec.region", says: "region is immutable: create another Platform in the other region",
			right: []string{"{}", "{tags: {a: b}}"},
		},
	}
}

func nameMistakes() map[string]mistake {
	const spelling = "name must be lower-case letters, digits and single hyphens, begin with a letter and not end with a hyphen, such as team-a-dev"
	return map[string]mistake{
		"TooShort": {
			reason: "One letter tells nobody whose a resource is.",
			wrong:  "{name: a}", field: "spec.name", says: "at least 2 chars long",
			right: []string{"{name: ab}"},
		},
		"TooLong": {
			reason: "Every name must have room for its suffix.",
			wrong:  "{name: " + long(41) + "}", field: "spec.name", says: "may not be more than 40",
			right: []string{"{name: " + long(40) + "}"},
		},
		"Enabled": {
			reason: "Its tag would be the one by which autoscalers find all node groups.",
			wrong:  "{name: enabled}", field: "spec.name", says: "name must not be enabled",
			right: []string{"{name: enabled-dev}"},
		},
		"Uppercase": {
			reason: "Not all of AWS takes capitals.",
			wrong:  "{name: Team-a}", field: "spec.name", says: spelling,
			right: []string{"{name: team-a}"},
		},
		"DigitFirst": {
			reason: "RDS takes no name that begins with a digit.",
			wrong:  "{name: 2nd-team}", field: "spec.name", says: spelling,
			right: []string{"{name: team-2nd}"},
		},
		"HyphenFirst": {
			reason: "Nor one that begins with a hyphen.",
			wrong:  "{name: '-team'}", field: "spec.name", says: spelling,
			right: []string{"{name: t-eam}"},
		},
		"DoubleHyphen": {
			reason: "Nor one with two hyphens in a row.",
			wrong:  "{name: team--a}", field: "spec.name", says: spelling,
			right: []string{"{name: team-a-b}"},
		},
		"TrailingHyphen": {
			reason: "Nor one that ends with a hyphen.",
			wrong:  "{name: team-}", field: "spec.name", says: spelling,
			right: []string{"{name: team-0}"},
		},
		"Underscore": {
			reason: "Underscores are kept for queues, so that no other name meets theirs.",
			wrong:  "{name: team_a}", field: "spec.name", says: spelling,
			right: []string{"{name: teama}"},
		},
		"Added": {
			reason: "The platform has a name already, its default.",
			old:    "{}",
			wrong:  "{name: team-a}", field: "spec.name", says: "name is immutable: it can be neither added nor removed later",
			right: []string{"{}"},
		},
		"Removed": {
			reason: "The default is another name.",
			old:    "{name: team-a}",
			wrong:  "{}", field: "spec.name", says: "name is immutable: it can be neither added nor removed later",
			right: []string{"{name: team-a}"},
		},
		"Changed": {
			reason: "A renamed platform would be another one.",
			old:    "{name: team-a}",
			wrong:  "{name: team-b}", field: "spec.name", says: "name is immutable: the AWS resources carry it",
			right: []string{"{name: team-a, tags: {team: b}}"},
		},
	}
}

func tagMistakes() map[string]mistake {
	const (
		values   = "tags must have values of letters, digits, spaces and _ . : / = + - @"
		reserved = "tags must not be Name, xplatform.dev/platform, crossplane-kind, crossplane-name or crossplane-providerconfig, nor begin with kubernetes.io/"
	)
	return map[string]mistake{
		"AWS": {
			reason: "AWS refuses tags that look like its own.",
			wrong:  "{tags: {'aws:owner': a}}", field: "spec.tags", says: "tags must not begin with aws:",
			right: []string{"{tags: {owner: a}}", "{tags: {'owner:aws': a}}", "{tags: {awsome: a}}"},
		},
		"AWSInCapitals": {
			reason: "However it is spelt.",
			wrong:  "{tags: {'AWS:owner': a}}", field: "spec.tags", says: "tags must not begin with aws:",
			right: []string{"{tags: {AWS-owner: a}}"},
		},
		"AWSInBoth": {
			reason: "Be it half in capitals.",
			wrong:  "{tags: {'aWs:owner': a}}", field: "spec.tags", says: "tags must not begin with aws:",
			right: []string{"{tags: {aWs-owner: a}}"},
		},
		"AWSValue": {
			reason: "IAM refuses such values, too.",
			wrong:  "{tags: {owner: 'Aws:a'}}", field: "spec.tags", says: "tags must not begin with aws: as AWS's own do, in whatever case, and nor must their values",
			right: []string{"{tags: {owner: 'an-aws:a'}}"},
		},
		"Provider": {
			reason: "The provider sets it itself.",
			wrong:  "{tags: {crossplane-providerconfig: a}}", field: "spec.tags", says: reserved,
			right: []string{"{tags: {crossplane-providers: a}}"},
		},
		"Name": {
			reason: "Each resource has its own name.",
			wrong:  "{tags: {Name: mine}}", field: "spec.tags", says: reserved,
			right: []string{"{tags: {Names: mine}}"},
		},
		"Platform": {
			reason: "Whose a resource is, is for the platform to say.",
			wrong:  "{tags: {xplatform.dev/platform: other}}", field: "spec.tags", says: reserved,
			right: []string{"{tags: {xplatform.dev/team: other}}"},
		},
		"Cluster": {
			reason: "A tag by which controllers find subnets would be on all of them.",
			wrong:  "{tags: {kubernetes.io/role/elb: '1'}}", field: "spec.tags", says: reserved,
			right: []string{"{tags: {role/elb: '1'}}"},
		},
		"Autoscaler": {
			reason: "Or one by which the autoscaler finds groups.",
			wrong:  "{tags: {k8s.io/cluster-autoscaler/enabled: 'false'}}", field: "spec.tags", says: reserved,
			right: []string{"{tags: {cluster-autoscaler: 'false'}}"},
		},
		"LoadBalancers": {
			reason: "Or by which the load balancer controller knows its own.",
			wrong:  "{tags: {elbv2.k8s.aws/cluster: other}}", field: "spec.tags", says: reserved,
			right: []string{"{tags: {elbv2/cluster: other}}"},
		},
		"NoKey": {
			reason: "A tag has a key.",
			wrong:  "{tags: {'': a}}", field: "spec.tags", says: "tags must have keys of 1 to 128 characters",
			right: []string{"{tags: {k: a}}"},
		},
		"LongKey": {
			reason: "AWS takes no longer keys.",
			wrong:  "{tags: {" + long(129) + ": a}}", field: "spec.tags", says: "tags must have keys of 1 to 128 characters",
			right: []string{"{tags: {" + long(128) + ": a}}"},
		},
		"LongValue": {
			reason: "Nor longer values.",
			wrong:  "{tags: {k: " + long(257) + "}}", field: "spec.tags.k", says: "may not be more than 256",
			right: []string{"{tags: {k: " + long(256) + "}}", "{tags: {k: ''}}"},
		},
		"Comma": {
			reason: "IAM takes no commas.",
			wrong:  "{tags: {k: 'a,b'}}", field: "spec.tags", says: values,
			right: []string{"{tags: {k: 'a b:c/d=e+f-g@h_é.1'}}"},
		},
		"SpaceAtEnd": {
			reason: "A flag can't carry it.",
			wrong:  "{tags: {k: 'a '}}", field: "spec.tags", says: "without a space at an end",
			right: []string{"{tags: {k: 'a a'}}"},
		},
		"Number": {
			reason: "A number is none of YAML's strings.",
			wrong:  "{tags: {cost-center: 42}}", field: "spec.tags.cost-center", says: "must be of type string",
			right: []string{"{tags: {cost-center: '42'}}"},
		},
		"List": {
			reason: "Tags are written as Kubernetes labels are, not as AWS writes them.",
			wrong:  "{tags: [{key: a, value: b}]}", field: "spec.tags", says: "must be of type object",
			right: []string{"{tags: {a: b}}", "{tags: {}}"},
		},
		"TooMany": {
			reason: "AWS takes fifty, and some are ours.",
			wrong:  "{tags: " + entries(31, "k%d: v") + "}", field: "spec.tags", says: "must have at most 30 items",
			right: []string{"{tags: " + entries(30, "k%d: v") + "}"},
		},
	}
}

func iamMistakes() map[string]mistake {
	const (
		role    = "arn:aws:iam::123456789012:role/"
		cluster = "clusterRoleArn must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/eks-cluster"
		nodes   = "nodeRoleArn must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/eks-nodes"
		policy  = "permissionsBoundary must be the ARN of an IAM policy, such as arn:aws:iam::123456789012:policy/boundary"
	)
	return map[string]mistake{
		"UnknownIdentity": {
			reason: "There are two ways to act as a role.",
			wrong:  "{identity: irsa}", field: "spec.identity", says: `supported values: "PodIdentity", "IRSA"`,
			right: []string{"{identity: IRSA}", "{identity: PodIdentity}"},
		},
		"IdentityChanged": {
			reason: "Running pods would lose their permissions.",
			old:    "{}",
			wrong:  "{identity: IRSA}", field: "spec.identity", says: "identity is immutable",
			right: []string{"{identity: PodIdentity}"},
		},
		"BoundaryName": {
			reason: "A policy's name could be anybody's.",
			wrong:  "{iam: {permissionsBoundary: boundary}}", field: "spec.iam.permissionsBoundary", says: policy,
			right: []string{"{iam: {permissionsBoundary: 'arn:aws:iam::123456789012:policy/boundary'}}"},
		},
		"BoundaryRole": {
			reason: "A role is no policy.",
			wrong:  "{iam: {permissionsBoundary: '" + role + "boundary'}}", field: "spec.iam.permissionsBoundary", says: policy,
			right: []string{"{iam: {permissionsBoundary: 'arn:aws:iam::aws:policy/PowerUserAccess'}}"},
		},
		"BoundaryAccount": {
			reason: "An account has twelve digits.",
			wrong:  "{iam: {permissionsBoundary: 'arn:aws:iam::1234:policy/boundary'}}", field: "spec.iam.permissionsBoundary", says: policy,
			right: []string{"{region: cn-north-1, iam: {permissionsBoundary: 'arn:aws-cn:iam::123456789012:policy/team/boundary'}}"},
		},
		"ClusterRoleName": {
			reason: "EKS wants an ARN.",
			wrong:  "{iam: {clusterRoleArn: eks-cluster}}", field: "spec.iam.clusterRoleArn", says: cluster,
			right: []string{"{iam: {clusterRoleArn: '" + role + "eks-cluster'}}"},
		},
		"ClusterRoleUser": {
			reason: "A user is no role.",
			wrong:  "{iam: {clusterRoleArn: 'arn:aws:iam::123456789012:user/eks'}}", field: "spec.iam.clusterRoleArn", says: cluster,
			right: []string{"{iam: {clusterRoleArn: '" + role + "path/to/eks'}}"},
		},
		"ClusterRoleAdded": {
			reason: "A cluster keeps its role.",
			old:    "{}",
			wrong:  "{iam: {clusterRoleArn: '" + role + "a'}}", field: "spec.iam.clusterRoleArn", says: "clusterRoleArn can be neither added nor removed later",
			right: []string{"{iam: {permissionsBoundary: 'arn:aws:iam::123456789012:policy/b'}}"},
		},
		"ClusterRoleRemoved": {
			reason: "A cluster keeps its role.",
			old:    "{iam: {clusterRoleArn: '" + role + "a'}}",
			wrong:  "{}", field: "spec.iam.clusterRoleArn", says: "clusterRoleArn can be neither added nor removed later",
			right: []string{"{iam: {clusterRoleArn: '" + role + "a'}}"},
		},
		"ClusterRoleChanged": {
			reason: "A cluster keeps its role.",
			old:    "{iam: {clusterRoleArn: '" + role + "a'}}",
			wrong:  "{iam: {clusterRoleArn: '" + role + "b'}}", field: "spec.iam.clusterRoleArn", says: "clusterRoleArn is immutable: EKS can't change",
			right: []string{"{iam: {clusterRoleArn: '" + role + "a', permissionsBoundary: 'arn:aws:iam::123456789012:policy/b'}}"},
		},
		"NodeRoleProfile": {
			reason: "An instance profile is no role.",
			wrong:  "{iam: {nodeRoleArn: 'arn:aws:iam::123456789012:instance-profile/nodes'}}", field: "spec.iam.nodeRoleArn", says: nodes,
			right: []string{"{iam: {nodeRoleArn: '" + role + "nodes'}}"},
		},
		"NodeRoleAdded": {
			reason: "A node group keeps its role.",
			old:    "{}",
			wrong:  "{iam: {nodeRoleArn: '" + role + "a'}}", field: "spec.iam.nodeRoleArn", says: "nodeRoleArn can be neither added nor removed later",
			right: []string{"{iam: {}}"},
		},
		"NodeRoleRemoved": {
			reason: "A node group keeps its role.",
			old:    "{iam: {nodeRoleArn: '" + role + "a'}}",
			wrong:  "{iam: {}}", field: "spec.iam.nodeRoleArn", says: "nodeRoleArn can be neither added nor removed later",
			right: []string{"{iam: {nodeRoleArn: '" + role + "a'}}"},
		},
		"NodeRoleChanged": {
			reason: "A node group keeps its role.",
			old:    "{iam: {nodeRoleArn: '" + role + "a'}}",
			wrong:  "{iam: {nodeRoleArn: '" + role + "b'}}", field: "spec.iam.nodeRoleArn", says: "nodeRoleArn is immutable: EKS can't change",
			right: []string{"{nodeGroups: [{name: other}], iam: {nodeRoleArn: '" + role + "a'}}"},
		},
	}
}

// fieldMistakes are names of fields that nobody knows. kubectl would tell, but
// an API server that is told not to be strict would drop them without a word.
func fieldMistakes() map[string]mistake {
	const unknown = "unknown field"
	return map[string]mistake{
		"NodeGroups":  {reason: "Case matters.", wrong: "{nodegroups: []}", field: "spec.nodegroups", says: unknown, right: []string{"{nodeGroups: [{name: a}]}"}},
		"MinSize":     {reason: "In a list too.", wrong: "{nodeGroups: [{name: a, minsize: 3}]}", field: "spec.nodeGroups[0].minsize", says: unknown, right: []string{"{nodeGroups: [{name: a, minSize: 3}]}"}},
		"Misspelt":    {reason: "Letters change places.", wrong: "{nodeGroups: [{name: a}, {name: b, maxSzie: 3}]}", field: "spec.nodeGroups[1].maxSzie", says: unknown, right: []string{"{nodeGroups: [{name: a}, {name: b, maxSize: 3}]}"}},
		"CIDR":        {reason: "The provider's name is another.", wrong: "{network: {cidrBlock: 10.1.0.0/16}}", field: "spec.network.cidrBlock", says: unknown, right: []string{"{network: {cidr: 10.1.0.0/16}}"}},
		"VPC":         {reason: "AWS's ids end in Id here.", wrong: "{network: {vpcID: vpc-0123456789abcdef0}}", field: "spec.network.vpcID", says: unknown, right: []string{"{network: {vpcId: vpc-0123456789abcdef0, privateSubnetIds: [subnet-00000001, subnet-00000002]}}"}},
		"Endpoint":    {reason: "Deep down too.", wrong: "{cluster: {endpointAccess: {publicCIDRs: [203.0.113.0/24]}}}", field: "spec.cluster.endpointAccess.publicCIDRs", says: unknown, right: []string{"{cluster: {endpointAccess: {publicCidrs: [203.0.113.0/24]}}}"}},
		"Kubernetes":  {reason: "The version is the cluster's.", wrong: "{version: '1.35'}", field: "spec.version", says: unknown, right: []string{"{cluster: {version: '1.35'}}"}},
		"Password":    {reason: "AWS makes the password.", wrong: "{databases: [{name: a, engine: mysql, password: secret}]}", field: "spec.databases[0].password", says: unknown, right: []string{"{databases: [{name: a, engine: mysql}]}"}},
		"DeadLetter":  {reason: "A dead-letter queue is part of its queue.", wrong: "{queues: [{name: a, dlq: true}]}", field: "spec.queues[0].dlq", says: unknown, right: []string{"{queues: [{name: a, deadLetter: {}}]}"}},
		"Controller":  {reason: "These are the controllers there are.", wrong: "{controllers: {karpenter: {enabled: true}}}", field: "spec.controllers.karpenter", says: unknown, right: []string{"{controllers: {metricsServer: {enabled: true}}}"}},
		"ExternalDNS": {reason: "Case matters in abbreviations.", wrong: "{controllers: {externalDns: {enabled: true}}}", field: "spec.controllers.externalDns", says: unknown, right: []string{"{controllers: {externalDNS: {enabled: true}}}"}},
	}
}

func teardownMistakes() map[string]mistake {
	const bounds = "drainTimeoutSeconds must be 10 to 86400, a day"
	return map[string]mistake{
		"TooSoon": {
			reason: "No load balancer goes in a moment.",
			wrong:  "{teardown: {drainTimeoutSeconds: 9}}", field: "spec.teardown.drainTimeoutSeconds", says: bounds,
			right: []string{"{teardown: {drainTimeoutSeconds: 10}}", "{teardown: {}}", "{}"},
		},
		"TooLate": {
			reason: "Who has to know should know the same day.",
			wrong:  "{teardown: {drainTimeoutSeconds: 86401}}", field: "spec.teardown.drainTimeoutSeconds", says: bounds,
			right: []string{"{teardown: {drainTimeoutSeconds: 86400}}"},
		},
		"Duration": {
			reason: "Its unit is in its name.",
			wrong:  "{teardown: {drainTimeoutSeconds: 10m}}", field: "spec.teardown.drainTimeoutSeconds", says: "must be of type integer",
			right: []string{"{teardown: {drain: false, drainTimeoutSeconds: 600}}"},
		},
		"Drain": {
			reason: "It is done or it is not.",
			wrong:  "{teardown: {drain: never}}", field: "spec.teardown.drain", says: "must be of type boolean",
			right: []string{"{teardown: {drain: false}}", "{teardown: {drain: true}}"},
		},
		"Edited": {
			reason: "How a platform goes may be changed as long as it is there.",
			old:    "{teardown: {drain: true}}",
			right:  []string{"{teardown: {drain: false}}", "{}", "{teardown: {drainTimeoutSeconds: 60}}"},
		},
	}
}
