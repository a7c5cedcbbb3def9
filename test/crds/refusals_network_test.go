package crds

func cidrMistakes() map[string]mistake {
	const (
		network = "cidr must be the first address and prefix length of an IPv4 network, such as 10.0.0.0/16"
		size    = "cidr must be a /16 to /19"
		private = "cidr must be in a private range of RFC 1918: 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
		changed = "cidr is immutable: AWS can't change the address range of a VPC"
	)
	return map[string]mistake{
		"NoCIDR": {
			reason: "An address is no range.",
			wrong:  "{network: {cidr: 10.0.0.0}}", field: "spec.network.cidr", says: network,
			right: []string{"{network: {cidr: 10.0.0.0/16}}"},
		},
		"Words": {
			reason: "Nor is a word.",
			wrong:  "{network: {cidr: default}}", field: "spec.network.cidr", says: network,
			right: []string{"{network: {}}"},
		},
		"HostBits": {
			reason: "A host in a network is not the network.",
			wrong:  "{network: {cidr: 10.0.0.1/16}}", field: "spec.network.cidr", says: network,
			right: []string{"{network: {cidr: 10.1.0.0/16}}"},
		},
		"HostBitsOfSmaller": {
			reason: "What is a /16 is not always a /19.",
			wrong:  "{network: {cidr: 10.0.16.0/19}}", field: "spec.network.cidr", says: network,
			right: []string{"{network: {cidr: 10.0.32.0/19}}"},
		},
		"IPv6": {
			reason: "The network is an IPv4 one.",
			wrong:  "{network: {cidr: 'fd00:1234:5678:9abc::/64'}}", field: "spec.network.cidr", says: network,
			right: []string{"{network: {cidr: 10.64.0.0/16}}"},
		},
		"TooLarge": {
			reason: "AWS has no larger VPC than a /16.",
			wrong:  "{network: {cidr: 10.0.0.0/15}}", field: "spec.network.cidr", says: size,
			right: []string{"{network: {cidr: 10.2.0.0/16}}"},
		},
		"TooSmall": {
			reason: "Public subnets would be too small for load balancers.",
			wrong:  "{network: {cidr: 10.0.0.0/20}}", field: "spec.network.cidr", says: size,
			right: []string{"{network: {cidr: 10.0.0.0/19}}"},
		},
		"MuchTooSmall": {
			reason: "A single subnet's worth of addresses should be refused.",
			wrong:  "{network: {cidr: 10.0.0.0/24}}", field: "spec.network.cidr", says: size,
			right: []string{"{network: {cidr: 10.0.0.0/19}}"},
		},
		"TooSmallForZones": {
			reason: "Whatever fits has room for six zones, and what has none is refused however few there are.",
			wrong:  "{network: {cidr: 10.0.0.0/22, zones: [euc1-az1, euc1-az2]}}", field: "spec.network.cidr", says: size,
			right: []string{"{region: us-east-1, network: {cidr: 10.0.0.0/19, zones: [use1-az1, use1-az2, use1-az3, use1-az4, use1-az5, use1-az6]}}"},
		},
		"Public": {
			reason: "Addresses of the internet would be out of reach.",
			wrong:  "{network: {cidr: 8.8.0.0/16}}", field: "spec.network.cidr", says: private,
			right: []string{"{network: {cidr: 10.8.0.0/16}}"},
		},
		"Shared": {
			reason: "Carriers' addresses are not private.",
			wrong:  "{network: {cidr: 100.64.0.0/16}}", field: "spec.network.cidr", says: private,
			right: []string{"{network: {cidr: 10.255.224.0/19}}"},
		},
		"BesideTwelve": {
			reason: "Of 172.0.0.0/8 only a part is private.",
			wrong:  "{network: {cidr: 172.32.0.0/16}}", field: "spec.network.cidr", says: private,
			right: []string{"{network: {cidr: 172.31.0.0/16}}", "{network: {cidr: 172.16.0.0/16}}"},
		},
		"BesideSixteen": {
			reason: "Of 192.0.0.0/8 only a part is private.",
			wrong:  "{network: {cidr: 192.169.0.0/16}}", field: "spec.network.cidr", says: private,
			right: []string{"{network: {cidr: 192.168.0.0/16}}", "{network: {cidr: 192.168.224.0/19}}"},
		},
		"Changed": {
			reason: "A VPC keeps its range.",
			old:    "{network: {cidr: 10.1.0.0/16}}",
			wrong:  "{network: {cidr: 10.2.0.0/16}}", field: "spec.network.cidr", says: changed,
			right: []string{"{network: {cidr: 10.1.0.0/16, natGateway: PerZone}}"},
		},
		"Added": {
			reason: "It has one already, the default.",
			old:    "{}",
			wrong:  "{network: {cidr: 10.1.0.0/16}}", field: "spec.network.cidr", says: changed,
			right: []string{"{network: {cidr: 10.0.0.0/16}}"},
		},
		"Removed": {
			reason: "The default is another range.",
			old:    "{network: {cidr: 10.1.0.0/16}}",
			wrong:  "{}", field: "spec.network.cidr", says: changed,
			right: []string{"{network: {cidr: 10.1.0.0/16}}"},
		},
		"NATGateway": {
			reason: "There are three ways out.",
			wrong:  "{network: {natGateway: Double}}", field: "spec.network.natGateway", says: `supported values: "None", "Single", "PerZone"`,
			right: []string{"{network: {natGateway: None}}", "{network: {natGateway: Single}}", "{network: {natGateway: PerZone}}"},
		},
	}
}

func zoneMistakes() map[string]mistake {
	const (
		ids      = "zones must be zone ids, such as euc1-az1: a name, such as eu-central-1a, is another place in every account"
		appended = "zones can only be appended: the order decides each subnet's addresses"
		two      = "{network: {zones: [euc1-az1, euc1-az2]}}"
		three    = "{network: {zones: [euc1-az1, euc1-az2, euc1-az3]}}"
	)
	return map[string]mistake{
		"One": {
			reason: "EKS wants two zones.",
			wrong:  "{network: {zones: [euc1-az1]}}", field: "spec.network.zones", says: "should have at least 2 items",
			right: []string{two},
		},
		"None": {
			reason: "An empty list is not the default.",
			wrong:  "{network: {zones: []}}", field: "spec.network.zones", says: "should have at least 2 items",
			right: []string{"{network: {}}"},
		},
		"Seven": {
			reason: "The network is cut for six zones.",
			wrong:  "{region: us-east-1, network: {zones: " + items(7, "use1-az%d") + "}}", field: "spec.network.zones", says: "must have at most 6 items",
			right: []string{"{region: us-east-1, network: {zones: " + items(6, "use1-az%d") + "}}"},
		},
		"Twice": {
			reason: "A subnet of a tier in a zone is enough.",
			wrong:  "{network: {zones: [euc1-az1, euc1-az2, euc1-az1]}}", field: "spec.network.zones", says: "zones must not name a zone twice",
			right: []string{three},
		},
		"Name": {
			reason: "A zone's name means another place in each account.",
			wrong:  "{network: {zones: [euc1-az1, eu-central-1b]}}", field: "spec.network.zones[1]", says: ids,
			right: []string{two},
		},
		"NameInUnknownRegion": {
			reason: "Wherever it is.",
			wrong:  "{region: xx-nowhere-1, network: {zones: [xxn1-az1, xx-nowhere-1b]}}", field: "spec.network.zones[1]", says: ids,
			right: []string{"{region: xx-nowhere-1, network: {zones: [xxn1-az1, xxn1-az2]}}"},
		},
		"OtherRegion": {
			reason: "A claim that was copied has its old region's zones.",
			wrong:  "{region: eu-west-1, network: {zones: [euc1-az1, euc1-az2]}}", field: "spec.network.zones", says: "zones must be in the platform's region: those of eu-central-1 are euc1-az1",
			right: []string{"{region: eu-west-1, network: {zones: [euw1-az1, euw1-az2]}}", "{region: ap-northeast-1, network: {zones: [apne1-az4, apne1-az1]}}"},
		},
		"OtherNumber": {
			reason: "Regions differ by their number alone, too.",
			wrong:  "{region: us-west-1, network: {zones: [usw2-az1, usw2-az2]}}", field: "spec.network.zones", says: "zones must be in the platform's region",
			right: []string{"{region: us-west-2, network: {zones: [usw2-az1, usw2-az2]}}", "{region: us-gov-west-1, network: {zones: [usgw1-az1, usgw1-az2]}}"},
		},
		"Removed": {
			reason: "A subnet that is lived in can't go.",
			old:    three,
			wrong:  two, field: "spec.network.zones", says: appended,
			// Without a list they stay: that is the way back from a wrong one.
			right: []string{three, "{network: {}}"},
		},
		"Reordered": {
			reason: "The order decides each subnet's addresses.",
			old:    two,
			wrong:  "{network: {zones: [euc1-az2, euc1-az1]}}", field: "spec.network.zones", says: appended,
			right: []string{two},
		},
		"Prepended": {
			reason: "All others would move.",
			old:    two,
			wrong:  "{network: {zones: [euc1-az3, euc1-az1, euc1-az2]}}", field: "spec.network.zones", says: appended,
			right: []string{three},
		},
		"Replaced": {
			reason: "A zone in another's place would take its addresses.",
			old:    two,
			wrong:  "{network: {zones: [euc1-az1, euc1-az3]}}", field: "spec.network.zones", says: appended,
			right: []string{three},
		},
	}
}

func vpcMistakes() map[string]mistake {
	const (
		vpc     = "vpcId: vpc-0123456789abcdef0"
		private = "privateSubnetIds: [subnet-00000001, subnet-00000002]"
		right   = "{network: {" + vpc + ", " + private + "}}"
	)
	return map[string]mistake{
		"MalformedID": {
			reason: "A VPC's name is not its id.",
			wrong:  "{network: {vpcId: main, " + private + "}}", field: "spec.network.vpcId", says: "vpcId must be the id of a VPC, such as vpc-0123456789abcdef0",
			right: []string{right, "{network: {vpcId: vpc-01234567, " + private + "}}"},
		},
		"NoSubnets": {
			reason: "Nodes live in subnets.",
			wrong:  "{network: {" + vpc + "}}", field: "spec.network.privateSubnetIds", says: "vpcId needs privateSubnetIds: name the subnets",
			right: []string{right},
		},
		"OnlyPublicSubnets": {
			reason: "Nodes live in private ones.",
			wrong:  "{network: {" + vpc + ", publicSubnetIds: [subnet-00000003]}}", field: "spec.network.privateSubnetIds", says: "vpcId needs privateSubnetIds",
			right: []string{"{network: {" + vpc + ", " + private + ", publicSubnetIds: [subnet-00000003]}}"},
		},
		"OneSubnet": {
			reason: "EKS wants two.",
			wrong:  "{network: {" + vpc + ", privateSubnetIds: [subnet-00000001]}}", field: "spec.network.privateSubnetIds", says: "should have at least 2 items",
			right: []string{right},
		},
		"SubnetTwice": {
			reason: "And two are two.",
			wrong:  "{network: {" + vpc + ", privateSubnetIds: [subnet-00000001, subnet-00000001]}}", field: "spec.network.privateSubnetIds[1]", says: "Duplicate value",
			right: []string{right},
		},
		"MalformedSubnet": {
			reason: "A subnet's name is not its id.",
			wrong:  "{network: {" + vpc + ", privateSubnetIds: [subnet-00000001, private-b]}}", field: "spec.network.privateSubnetIds[1]", says: "privateSubnetIds must be ids of subnets, such as subnet-0123456789abcdef0",
			right: []string{"{network: {" + vpc + ", privateSubnetIds: [subnet-00000001, subnet-0123456789abcdef0]}}"},
		},
		"MalformedPublicSubnet": {
			reason: "A public subnet's neither.",
			wrong:  "{network: {" + vpc + ", " + private + ", publicSubnetIds: [public-a]}}", field: "spec.network.publicSubnetIds[0]", says: "publicSubnetIds must be ids of subnets, such as subnet-0123456789abcdef0",
			right: []string{"{network: {" + vpc + ", " + private + ", publicSubnetIds: []}}"},
		},
		"BothTiers": {
			reason: "A subnet reaches an internet gateway, or it doesn't.",
			wrong:  "{network: {" + vpc + ", " + private + ", publicSubnetIds: [subnet-00000003, subnet-00000002]}}", field: "spec.network.publicSubnetIds", says: "publicSubnetIds must not name a subnet of privateSubnetIds",
			right: []string{"{network: {" + vpc + ", " + private + ", publicSubnetIds: [subnet-00000003, subnet-00000004]}}"},
		},
		"SubnetsAlone": {
			reason: "Subnets are in a VPC.",
			wrong:  "{network: {" + private + "}}", field: "spec.network.vpcId", says: "privateSubnetIds and publicSubnetIds are for an existing VPC: set vpcId too",
			right: []string{right},
		},
		"PublicSubnetsAlone": {
			reason: "Public ones too.",
			wrong:  "{network: {publicSubnetIds: [subnet-00000003]}}", field: "spec.network.vpcId", says: "set vpcId too",
			right: []string{"{network: {" + vpc + ", " + private + ", publicSubnetIds: [subnet-00000003]}}"},
		},
		"TagSubnetsAlone": {
			reason: "Subnets of ours have their tags.",
			wrong:  "{network: {tagSubnets: true}}", field: "spec.network.tagSubnets", says: "tagSubnets is for an existing VPC, leave it out",
			right: []string{"{network: {" + vpc + ", " + private + ", tagSubnets: true}}", "{network: {tagSubnets: false}}"},
		},
		"Zones": {
			reason: "Subnets that exist have their zones.",
			wrong:  "{network: {" + vpc + ", " + private + ", zones: [euc1-az1, euc1-az2]}}", field: "spec.network.zones", says: "zones are for a new VPC: leave them out with vpcId",
			right: []string{right},
		},
		"CIDR": {
			reason: "A VPC that exists has its range.",
			wrong:  "{network: {" + vpc + ", " + private + ", cidr: 10.1.0.0/16}}", field: "spec.network.cidr", says: "cidr is for a new VPC: leave it out with vpcId",
			right: []string{right},
		},
		"NATGateway": {
			reason: "And its way out.",
			wrong:  "{network: {" + vpc + ", " + private + ", natGateway: PerZone}}", field: "spec.network.natGateway", says: "natGateway is for a new VPC: leave it out with vpcId",
			right: []string{right},
		},
		"Changed": {
			reason: "A cluster keeps its VPC.",
			old:    right,
			wrong:  "{network: {vpcId: vpc-0123456789abcdef1, " + private + "}}", field: "spec.network.vpcId", says: "vpcId is immutable: a cluster can't change its VPC",
			right: []string{"{network: {" + vpc + ", privateSubnetIds: [subnet-00000001, subnet-00000002, subnet-00000003]}}"},
		},
		"Added": {
			reason: "It has one already, ours.",
			old:    "{}",
			wrong:  right, field: "spec.network.vpcId", says: "vpcId can be neither added nor removed later",
			right: []string{"{network: {natGateway: None}}"},
		},
		"Removed": {
			reason: "A new VPC would be another one.",
			old:    right,
			wrong:  "{}", field: "spec.network.vpcId", says: "vpcId can be neither added nor removed later",
			right: []string{"{network: {" + vpc + ", " + private + ", tagSubnets: true}}"},
		},
	}
}
