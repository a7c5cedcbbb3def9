package crds

func versionMistakes() map[string]mistake {
	const (
		supported = `supported values: "1.33", "1.34", "1.35", "1.36"`
		step      = "version can go back by one minor version at most, which is what EKS does"
	)
	return map[string]mistake{
		"Old": {
			reason: "A version EKS no longer has should be refused with those it has.",
			wrong:  "{cluster: {version: '1.29'}}", field: "spec.cluster.version", says: supported,
			right: []string{"{cluster: {version: '1.33'}}"},
		},
		"NotYet": {
			reason: "So should one nobody has.",
			wrong:  "{cluster: {version: '1.99'}}", field: "spec.cluster.version", says: supported,
			right: []string{"{cluster: {version: '1.36'}}"},
		},
		"Latest": {
			reason: "And one that is another every month.",
			wrong:  "{cluster: {version: latest}}", field: "spec.cluster.version", says: supported,
			right: []string{"{cluster: {}}"},
		},
		"Patch": {
			reason: "EKS chooses the patch.",
			wrong:  "{cluster: {version: '1.35.2'}}", field: "spec.cluster.version", says: supported,
			right: []string{"{cluster: {version: '1.35'}}"},
		},
		"Number": {
			reason: "Without quotes 1.30 would be 1.3.",
			wrong:  "{cluster: {version: 1.35}}", field: "spec.cluster.version", says: "must be of type string",
			right: []string{"{cluster: {version: '1.35'}}"},
		},
		"BackByTwo": {
			reason: "EKS goes back by one minor version. Forward any is walked to.",
			old:    "{cluster: {version: '1.36'}}",
			wrong:  "{cluster: {version: '1.34'}}", field: "spec.cluster.version", says: step,
			right: []string{"{cluster: {version: '1.35'}}"},
		},
		"Target": {
			reason: "Nor back over more than one.",
			old:    "{cluster: {version: '1.35'}}",
			wrong:  "{cluster: {version: '1.33'}}", field: "spec.cluster.version", says: step,
			right: []string{"{cluster: {version: '1.36'}}", "{cluster: {version: '1.34'}}"},
		},
		"RemovedFarFromDefault": {
			reason: "The default is a version like others.",
			old:    "{cluster: {version: '1.33'}}",
			wrong:  "{cluster: {version: '1.32'}}", field: "spec.cluster.version", says: supported,
			right: []string{"{cluster: {version: '1.36'}}", "{}"},
		},
		"SupportType": {
			reason: "There are two kinds of support.",
			wrong:  "{cluster: {supportType: EXTENDED}}", field: "spec.cluster.supportType", says: `supported values: "Standard", "Extended"`,
			right: []string{"{cluster: {supportType: Extended}}", "{cluster: {supportType: Standard}}"},
		},
	}
}

func endpointMistakes() map[string]mistake {
	const (
		networks = "publicCidrs must be the first address and prefix length of IPv4 networks, such as 203.0.113.0/24 or 203.0.113.7/32"
		internet = "publicCidrs must be addresses on the internet: private ones never reach the public endpoint"
	)
	return map[string]mistake{
		"Nowhere": {
			reason: "A cluster nobody reaches helps nobody.",
			wrong:  "{cluster: {endpointAccess: {public: false, private: false}}}", field: "spec.cluster.endpointAccess", says: "endpointAccess must be public, private or both: set public or private to true",
			right: []string{
				"{cluster: {endpointAccess: {public: true, private: false}}}",
				"{cluster: {endpointAccess: {public: false, private: true}}}",
				"{cluster: {endpointAccess: {public: false}}}",
				"{cluster: {endpointAccess: {private: false}}}",
				"{cluster: {endpointAccess: {}}}",
			},
		},
		"Word": {
			reason: "A flag is true or false.",
			wrong:  "{cluster: {endpointAccess: {public: 'yes'}}}", field: "spec.cluster.endpointAccess.public", says: "must be of type boolean",
			right: []string{"{cluster: {endpointAccess: {public: true}}}"},
		},
		"Address": {
			reason: "An address has a prefix length too.",
			wrong:  "{cluster: {endpointAccess: {publicCidrs: [203.0.113.7]}}}", field: "spec.cluster.endpointAccess.publicCidrs[0]", says: networks,
			right: []string{"{cluster: {endpointAccess: {publicCidrs: [203.0.113.7/32]}}}"},
		},
		"HostBits": {
			reason: "EKS would answer with the network, and the provider set it back for ever.",
			wrong:  "{cluster: {endpointAccess: {publicCidrs: [198.51.100.0/24, 203.0.113.7/24]}}}", field: "spec.cluster.endpointAccess.publicCidrs[1]", says: networks,
			right: []string{"{cluster: {endpointAccess: {publicCidrs: [198.51.100.0/24, 203.0.113.0/24]}}}"},
		},
		"IPv6": {
			reason: "The endpoint has an IPv4 address.",
			wrong:  "{cluster: {endpointAccess: {publicCidrs: ['2001:db8:1234:5678::/64']}}}", field: "spec.cluster.endpointAccess.publicCidrs[0]", says: networks,
			right: []string{"{cluster: {endpointAccess: {publicCidrs: [0.0.0.0/0]}}}"},
		},
		"Private": {
			reason: "Who lists an office's private range locks the office out.",
			wrong:  "{cluster: {endpointAccess: {publicCidrs: [10.20.0.0/16]}}}", field: "spec.cluster.endpointAccess.publicCidrs[0]", says: internet,
			right: []string{"{cluster: {endpointAccess: {publicCidrs: [11.20.0.0/16]}}}"},
		},
		"PrivateHost": {
			reason: "A single private address is private too.",
			wrong:  "{cluster: {endpointAccess: {publicCidrs: [192.168.1.7/32]}}}", field: "spec.cluster.endpointAccess.publicCidrs[0]", says: internet,
			right: []string{"{cluster: {endpointAccess: {publicCidrs: [192.167.1.7/32]}}}"},
		},
		"Empty": {
			reason: "Nobody at all is public: false.",
			wrong:  "{cluster: {endpointAccess: {publicCidrs: []}}}", field: "spec.cluster.endpointAccess.publicCidrs", says: "should have at least 1 items",
			right: []string{"{cluster: {endpointAccess: {public: false}}}"},
		},
		"Twice": {
			reason: "Once is enough.",
			wrong:  "{cluster: {endpointAccess: {publicCidrs: [203.0.113.0/24, 203.0.113.0/24]}}}", field: "spec.cluster.endpointAccess.publicCidrs[1]", says: "Duplicate value",
			right: []string{"{cluster: {endpointAccess: {publicCidrs: [203.0.113.0/24, 203.0.113.0/25]}}}"},
		},
		"TooMany": {
			reason: "EKS takes forty.",
			wrong:  "{cluster: {endpointAccess: {publicCidrs: " + items(41, "203.0.113.%d/32") + "}}}", field: "spec.cluster.endpointAccess.publicCidrs", says: "must have at most 40 items",
			right: []string{"{cluster: {endpointAccess: {publicCidrs: " + items(40, "203.0.113.%d/32") + "}}}"},
		},
	}
}

func secretsMistakes() map[string]mistake {
	const (
		key   = "arn:aws:kms:eu-central-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
		other = "arn:aws:kms:eu-central-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef"
		arn   = "kmsKeyArn must be the ARN of a KMS key, such as arn:aws:kms:"
		later = "kmsKeyArn can be neither added nor removed later: EKS can't change"
	)
	with := func(arn string) string { return "{cluster: {secretsEncryption: {kmsKeyArn: '" + arn + "'}}}" }
	return map[string]mistake{
		"Alias": {
			reason: "An alias may be another key's tomorrow.",
			wrong:  with("arn:aws:kms:eu-central-1:123456789012:alias/secrets"), field: "spec.cluster.secretsEncryption.kmsKeyArn", says: arn,
			right: []string{with(key), with(other)},
		},
		"OtherRegion": {
			reason: "EKS takes no key of another region.",
			wrong:  with("arn:aws:kms:eu-west-1:123456789012:key/a"), field: "spec.cluster.secretsEncryption.kmsKeyArn", says: "kmsKeyArn must be a key in the platform's region",
			right: []string{with("arn:aws:kms:eu-central-1:123456789012:key/a")},
		},
		"KeyWithoutEncryption": {
			reason: "A key with nothing to encrypt is a misunderstanding.",
			wrong:  "{cluster: {secretsEncryption: {enabled: false, kmsKeyArn: '" + key + "'}}}", field: "spec.cluster.secretsEncryption.kmsKeyArn", says: "set enabled to true, or leave kmsKeyArn out",
			right: []string{"{cluster: {secretsEncryption: {enabled: false}}}", "{cluster: {secretsEncryption: {enabled: true, kmsKeyArn: '" + key + "'}}}"},
		},
		"SwitchedOff": {
			reason: "EKS can't decrypt again.",
			old:    "{}",
			wrong:  "{cluster: {secretsEncryption: {enabled: false}}}", field: "spec.cluster.secretsEncryption.enabled", says: "enabled is immutable: EKS can't change",
			right: []string{"{cluster: {secretsEncryption: {enabled: true}}}"},
		},
		"SwitchedOn": {
			reason: "Encrypting later would be possible, but is not what the provider does.",
			old:    "{cluster: {secretsEncryption: {enabled: false}}}",
			wrong:  "{cluster: {secretsEncryption: {enabled: true}}}", field: "spec.cluster.secretsEncryption.enabled", says: "enabled is immutable",
			right: []string{"{cluster: {secretsEncryption: {enabled: false}, deletionProtection: true}}"},
		},
		"KeyAdded": {
			reason: "There is a key already, ours.",
			old:    "{}",
			wrong:  with(key), field: "spec.cluster.secretsEncryption.kmsKeyArn", says: later,
			right: []string{"{cluster: {secretsEncryption: {}}}"},
		},
		"KeyRemoved": {
			reason: "The next key would be another.",
			old:    with(key),
			wrong:  "{}", field: "spec.cluster.secretsEncryption.kmsKeyArn", says: later,
			right: []string{with(key)},
		},
		"KeyChanged": {
			reason: "A cluster keeps its key.",
			old:    with(key),
			wrong:  with(other), field: "spec.cluster.secretsEncryption.kmsKeyArn", says: "kmsKeyArn is immutable: EKS can't change",
			right: []string{with(key)},
		},
	}
}

func clusterMistakes() map[string]mistake {
	const (
		role   = "arn:aws:iam::123456789012:role/admin"
		admins = "admins must be ARNs of IAM roles, such as arn:aws:iam::123456789012:role/admin"
		addon  = "version must be one EKS has of the add-on, such as v1.20.4-eksbuild.1"
	)
	return map[string]mistake{
		"LogType": {
			reason: "The control plane has five logs.",
			wrong:  "{cluster: {logging: {types: [api, kubelet]}}}", field: "spec.cluster.logging.types[1]", says: `supported values: "api", "audit", "authenticator", "controllerManager", "scheduler"`,
			right: []string{"{cluster: {logging: {types: [api, audit, authenticator, controllerManager, scheduler]}}}", "{cluster: {logging: {types: []}}}"},
		},
		"LogTypeTwice": {
			reason: "Once is enough.",
			wrong:  "{cluster: {logging: {types: [api, api]}}}", field: "spec.cluster.logging.types[1]", says: "Duplicate value",
			right: []string{"{cluster: {logging: {types: [api]}}}"},
		},
		"Retention": {
			reason: "CloudWatch knows certain periods only.",
			wrong:  "{cluster: {logging: {retentionDays: 42}}}", field: "spec.cluster.logging.retentionDays", says: "supported values: ",
			right: []string{"{cluster: {logging: {retentionDays: 30}}}", "{cluster: {logging: {retentionDays: 3653}}}"},
		},
		"RetentionForEver": {
			reason: "For ever is ten years.",
			wrong:  "{cluster: {logging: {retentionDays: 0}}}", field: "spec.cluster.logging.retentionDays", says: "supported values: ",
			right: []string{"{cluster: {logging: {retentionDays: 1}}}"},
		},
		"AdminUser": {
			reason: "People come and go, roles stay.",
			wrong:  "{cluster: {admins: ['" + role + "', 'arn:aws:iam::123456789012:user/jane']}}", field: "spec.cluster.admins[1]", says: admins,
			right: []string{"{cluster: {admins: ['" + role + "', 'arn:aws:iam::123456789012:role/jane']}}"},
		},
		"AdminName": {
			reason: "A role's name could be anybody's.",
			wrong:  "{cluster: {admins: [admin]}}", field: "spec.cluster.admins[0]", says: admins,
			right: []string{"{cluster: {admins: ['" + role + "']}}", "{cluster: {admins: []}}"},
		},
		"AdminSession": {
			reason: "The ARN that aws sts shows is a session's, not the role's.",
			wrong:  "{cluster: {admins: ['arn:aws:sts::123456789012:assumed-role/admin/jane']}}", field: "spec.cluster.admins[0]", says: admins,
			right: []string{"{cluster: {admins: ['arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef']}}"},
		},
		"AdminTwice": {
			reason: "EKS takes one access entry per role.",
			wrong:  "{cluster: {admins: ['" + role + "', '" + role + "']}}", field: "spec.cluster.admins[1]", says: "Duplicate value",
			right: []string{"{cluster: {admins: ['" + role + "', '" + role + "s']}}"},
		},
		"Addon": {
			reason: "These are the add-ons there are.",
			wrong:  "{cluster: {addons: [{name: efs-csi, version: v1.0.0-eksbuild.1}]}}", field: "spec.cluster.addons[0].name", says: `supported values: "vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns", "aws-ebs-csi-driver"`,
			right: []string{"{cluster: {addons: [{name: coredns, version: v1.0.0-eksbuild.1}]}}"},
		},
		"AddonVersion": {
			reason: "EKS builds its own versions.",
			wrong:  "{cluster: {addons: [{name: vpc-cni, version: 1.20.4}]}}", field: "spec.cluster.addons[0].version", says: addon,
			right: []string{"{cluster: {addons: [{name: vpc-cni, version: v1.20.4-eksbuild.1}]}}"},
		},
		"AddonWithoutVersion": {
			reason: "An add-on that isn't pinned need not be named.",
			wrong:  "{cluster: {addons: [{name: vpc-cni}]}}", field: "spec.cluster.addons[0].version", says: "Required value",
			right: []string{"{cluster: {addons: []}}"},
		},
		"AddonTwice": {
			reason: "Which version would it be?",
			wrong:  "{cluster: {addons: [{name: coredns, version: v1.0.0-eksbuild.1}, {name: coredns, version: v1.0.0-eksbuild.2}]}}", field: "spec.cluster.addons[1]", says: "Duplicate value",
			right: []string{"{cluster: {addons: [{name: coredns, version: v1.0.0-eksbuild.1}, {name: kube-proxy, version: v1.0.0-eksbuild.2}]}}"},
		},
	}
}
