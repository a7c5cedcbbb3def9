package crds

import (
	"fmt"
	"strings"
)

func nodeGroupMistakes() map[string]mistake {
	const (
		name  = "name must be lower-case letters, digits and single hyphens, begin with a letter and not end with a hyphen, such as general"
		types = "instanceTypes must be EC2 instance types, such as m6i.large"
		arm   = "amiType must be one for ARM_64 with Graviton instance types"
	)
	return map[string]mistake{
		"None": {
			reason: "Controllers run on nodes.",
			wrong:  "{nodeGroups: []}", field: "spec.nodeGroups", says: "should have at least 1 items",
			right: []string{"{nodeGroups: [{name: a}]}", "{}"},
		},
		"NameMissing": {
			reason: "Groups are told apart by their names.",
			wrong:  "{nodeGroups: [{minSize: 1}]}", field: "spec.nodeGroups[0].name", says: "Required value",
			right: []string{"{nodeGroups: [{name: a, minSize: 1}]}"},
		},
		"NameTwice": {
			reason: "Two groups of one name are one.",
			wrong:  "{nodeGroups: [{name: a}, {name: a}]}", field: "spec.nodeGroups[1]", says: "Duplicate value",
			right: []string{"{nodeGroups: [{name: a}, {name: b}]}"},
		},
		"NameUppercase": {
			reason: "Names are one as AWS's.",
			wrong:  "{nodeGroups: [{name: a}, {name: General}]}", field: "spec.nodeGroups[1].name", says: name,
			right: []string{"{nodeGroups: [{name: a}, {name: general}]}"},
		},
		"NameDigit": {
			reason: "They begin with a letter.",
			wrong:  "{nodeGroups: [{name: 4xlarge}]}", field: "spec.nodeGroups[0].name", says: name,
			right: []string{"{nodeGroups: [{name: x4large}]}"},
		},
		"NameHyphen": {
			reason: "They don't end with a hyphen.",
			wrong:  "{nodeGroups: [{name: spot-}]}", field: "spec.nodeGroups[0].name", says: name,
			right: []string{"{nodeGroups: [{name: spot-a}]}"},
		},
		"NameEmpty": {
			reason: "An empty name is none.",
			wrong:  "{nodeGroups: [{name: ''}]}", field: "spec.nodeGroups[0].name", says: name,
			right: []string{"{nodeGroups: [{name: a}]}"},
		},
		"NameLong": {
			reason: "The platform's name goes before it.",
			wrong:  "{nodeGroups: [{name: " + long(21) + "}]}", field: "spec.nodeGroups[0].name", says: "may not be more than 20",
			right: []string{"{nodeGroups: [{name: " + long(20) + "}]}"},
		},
		"NoTypes": {
			reason: "An empty list is not the default.",
			wrong:  "{nodeGroups: [{name: a, instanceTypes: []}]}", field: "spec.nodeGroups[0].instanceTypes", says: "should have at least 1 items",
			right: []string{"{nodeGroups: [{name: a}]}"},
		},
		"MalformedType": {
			reason: "A family is no type.",
			wrong:  "{nodeGroups: [{name: a, instanceTypes: [m6i.large, m6i]}]}", field: "spec.nodeGroups[0].instanceTypes[1]", says: types,
			right: []string{"{nodeGroups: [{name: a, instanceTypes: [m6i.large, m7i-flex.large, u-6tb1.metal]}]}"},
		},
		"DatabaseType": {
			reason: "A database's class is no type either.",
			wrong:  "{nodeGroups: [{name: a, instanceTypes: [db.m6i.large]}]}", field: "spec.nodeGroups[0].instanceTypes[0]", says: types,
			right: []string{"{nodeGroups: [{name: a, instanceTypes: [m6i.large]}]}"},
		},
		"TypeAsText": {
			reason: "Types are a list, even if there is one.",
			wrong:  "{nodeGroups: [{name: a, instanceTypes: m6i.large}]}", field: "spec.nodeGroups[0].instanceTypes", says: "must be of type array",
			right: []string{"{nodeGroups: [{name: a, instanceTypes: [m6i.large]}]}"},
		},
		"TypeTwice": {
			reason: "EKS takes each type once.",
			wrong:  "{nodeGroups: [{name: a, instanceTypes: [m6i.large, m6i.large]}]}", field: "spec.nodeGroups[0].instanceTypes", says: "instanceTypes must not name a type twice",
			right: []string{"{nodeGroups: [{name: a, instanceTypes: [m6i.large, m5.large]}]}"},
		},
		"GravitonOnIntel": {
			reason: "Who changes the types forgets the operating system.",
			wrong:  "{nodeGroups: [{name: a, instanceTypes: [m7g.large]}]}", field: "spec.nodeGroups[0].amiType", says: arm,
			right: []string{
				"{nodeGroups: [{name: a, instanceTypes: [m7g.large, t4g.large, im4gn.large, a1.large], amiType: AL2023_ARM_64_STANDARD}]}",
				"{nodeGroups: [{name: a, instanceTypes: [g4dn.xlarge], amiType: AL2023_x86_64_NVIDIA}]}",
			},
		},
		"GravitonAmongIntel": {
			reason: "One operating system can't run on both.",
			wrong:  "{nodeGroups: [{name: a, instanceTypes: [m6i.large, m6g.large], amiType: BOTTLEROCKET_x86_64}]}", field: "spec.nodeGroups[0].amiType", says: arm,
			right: []string{"{nodeGroups: [{name: a, instanceTypes: [m6i.large], amiType: BOTTLEROCKET_x86_64}, {name: b, instanceTypes: [m6g.large], amiType: BOTTLEROCKET_ARM_64}]}"},
		},
		"IntelOnGraviton": {
			reason: "Nor can one for Graviton run on what is the default.",
			wrong:  "{nodeGroups: [{name: a, amiType: AL2023_ARM_64_STANDARD}]}", field: "spec.nodeGroups[0].instanceTypes", says: "instanceTypes (m6i.large unless given) must be Graviton's with an amiType for ARM_64",
			right: []string{"{nodeGroups: [{name: a, amiType: AL2023_ARM_64_STANDARD, instanceTypes: [m7g.large]}]}"},
		},
		"IntelAmongGraviton": {
			reason: "Nor on a mixture.",
			wrong:  "{nodeGroups: [{name: a, amiType: BOTTLEROCKET_ARM_64, instanceTypes: [m7g.large, m7i.large]}]}", field: "spec.nodeGroups[0].instanceTypes", says: "must be Graviton's",
			right: []string{"{nodeGroups: [{name: a, amiType: BOTTLEROCKET_ARM_64, instanceTypes: [m7g.large, m6g.large]}]}"},
		},
		"AllTainted": {
			reason: "Cluster DNS and the controllers run nowhere.",
			wrong:  "{nodeGroups: [{name: a, taints: [{key: a, effect: NoSchedule}]}, {name: b, taints: [{key: b, effect: NoExecute}]}]}", field: "spec.nodeGroups", says: "nodeGroups must have one with a minSize of 1 or more and without taints",
			right: []string{
				"{nodeGroups: [{name: a, taints: [{key: a, effect: NoSchedule}]}, {name: b}]}",
				"{nodeGroups: [{name: a, taints: [{key: a, effect: PreferNoSchedule}]}]}",
			},
		},
		"AllFromZero": {
			reason: "Nor does the autoscaler, which would have to start a node for itself.",
			wrong:  "{nodeGroups: [{name: a, minSize: 0}]}", field: "spec.nodeGroups", says: "nodeGroups must have one with a minSize of 1 or more",
			right: []string{"{nodeGroups: [{name: a, minSize: 1}]}", "{nodeGroups: [{name: a, minSize: 0}, {name: b, minSize: 1}]}"},
		},
		"OpenFromZero": {
			reason: "It takes one group that is both.",
			wrong:  "{nodeGroups: [{name: a, minSize: 0}, {name: b, minSize: 3, taints: [{key: b, effect: NoSchedule}]}]}", field: "spec.nodeGroups", says: "nodeGroups must have one with a minSize of 1 or more",
			right: []string{"{nodeGroups: [{name: a, minSize: 0}, {name: b, minSize: 3}]}"},
		},
		"DiskTooSmall": {
			reason: "Images need room.",
			wrong:  "{nodeGroups: [{name: a, diskSizeGiB: 19}]}", field: "spec.nodeGroups[0].diskSizeGiB", says: "should be greater than or equal to 20",
			right: []string{"{nodeGroups: [{name: a, diskSizeGiB: 20}]}"},
		},
		"DiskTooLarge": {
			reason: "AWS has no larger gp3 volume.",
			wrong:  "{nodeGroups: [{name: a, diskSizeGiB: 16385}]}", field: "spec.nodeGroups[0].diskSizeGiB", says: "should be less than or equal to 16384",
			right: []string{"{nodeGroups: [{name: a, diskSizeGiB: 16384}]}"},
		},
		"DiskUnit": {
			reason: "The unit is in the field's name.",
			wrong:  "{nodeGroups: [{name: a, diskSizeGiB: 50Gi}]}", field: "spec.nodeGroups[0].diskSizeGiB", says: "must be of type integer",
			right: []string{"{nodeGroups: [{name: a, diskSizeGiB: 50}]}"},
		},
		"AMIType": {
			reason: "EKS has no more Amazon Linux 2.",
			wrong:  "{nodeGroups: [{name: a, amiType: AL2_x86_64}]}", field: "spec.nodeGroups[0].amiType", says: `supported values: "AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD"`,
			right: []string{"{nodeGroups: [{name: a, amiType: AL2023_x86_64_STANDARD}]}"},
		},
		"CapacityType": {
			reason: "It is not spelt as EKS does.",
			wrong:  "{nodeGroups: [{name: a, capacityType: SPOT}]}", field: "spec.nodeGroups[0].capacityType", says: `supported values: "OnDemand", "Spot"`,
			right: []string{"{nodeGroups: [{name: a, capacityType: Spot}]}"},
		},
		"ZoneName": {
			reason: "A zone's name means another place in each account.",
			wrong:  "{nodeGroups: [{name: a, zones: [eu-central-1a]}]}", field: "spec.nodeGroups[0].zones[0]", says: "zones must be zone ids, such as euc1-az1",
			right: []string{"{nodeGroups: [{name: a, zones: [euc1-az1]}]}"},
		},
		"ZoneTwice": {
			reason: "Once is enough.",
			wrong:  "{nodeGroups: [{name: a, zones: [euc1-az1, euc1-az1]}]}", field: "spec.nodeGroups[0].zones[1]", says: "Duplicate value",
			right: []string{"{nodeGroups: [{name: a, zones: [euc1-az1, euc1-az2]}]}"},
		},
		"NoZones": {
			reason: "An empty list is not the default.",
			wrong:  "{nodeGroups: [{name: a, zones: []}]}", field: "spec.nodeGroups[0].zones", says: "should have at least 1 items",
			right: []string{"{nodeGroups: [{name: a}]}"},
		},
	}
}

// nodeGroupEdits are of what can be edited, and how.
func nodeGroupEdits() map[string]mistake {
	return map[string]mistake{
		"AllRemoved": {
			reason: "The last group can't go, but to the default.",
			old:    "{nodeGroups: [{name: a}]}",
			wrong:  "{nodeGroups: []}", field: "spec.nodeGroups", says: "should have at least 1 items",
			right: []string{
				"{}",
				"{nodeGroups: [{name: a, diskSizeGiB: 20, labels: {a: b}, taints: [{key: a, effect: NoSchedule}]}, {name: b}]}",
				"{nodeGroups: [{name: a, minSize: 0, maxSize: 1, desiredSize: 1}, {name: b}]}",
			},
		},
		"AMIType": {
			reason: "What EKS can't change another group is made for; but the types have to go along.",
			old:    "{nodeGroups: [{name: a}]}",
			wrong:  "{nodeGroups: [{name: a, amiType: AL2023_ARM_64_STANDARD}]}", field: "spec.nodeGroups[0].instanceTypes", says: "must be Graviton's",
			right: []string{
				"{nodeGroups: [{name: a, amiType: AL2023_ARM_64_STANDARD, instanceTypes: [m7g.large]}]}",
				"{nodeGroups: [{name: a, instanceTypes: [m7i.large, m6i.large], capacityType: Spot, zones: [euc1-az1]}]}",
			},
		},
	}
}

func labelMistakes() map[string]mistake {
	const (
		lengths = "labels must have keys and values of 1 to 63 characters: EKS takes no others"
		theirs  = "labels must not begin as kubernetes.io/, k8s.io/, node-role.kubernetes.io/ or eks.amazonaws.com/"
		key     = "key must be letters, digits and - _ . between them, perhaps after a domain and a slash, such as example.com/team"
		value   = "value must be letters, digits and - _ . between them, such as batch"
	)
	group := func(s string) string { return "{nodeGroups: [{name: a, " + s + "}, {name: open}]}" }
	taint := func(s string) string { return group("taints: [{" + s + "}]") }
	return map[string]mistake{
		"LongKey": {
			reason: "EKS takes no longer keys.",
			wrong:  group("labels: {" + long(64) + ": a}"), field: "spec.nodeGroups[0].labels", says: lengths,
			right: []string{group("labels: {" + long(63) + ": a}")},
		},
		"LongValue": {
			reason: "Nor longer values.",
			wrong:  group("labels: {a: " + long(64) + "}"), field: "spec.nodeGroups[0].labels", says: lengths,
			right: []string{group("labels: {a: " + long(63) + "}")},
		},
		"NoValue": {
			reason: "Nor empty ones.",
			wrong:  group("labels: {a: ''}"), field: "spec.nodeGroups[0].labels", says: lengths,
			right: []string{group("labels: {a: a}")},
		},
		"Flag": {
			reason: "YAML's true is no label's value.",
			wrong:  group("labels: {spot: true}"), field: "spec.nodeGroups[0].labels.spot", says: "must be of type string",
			right: []string{group("labels: {spot: 'true'}")},
		},
		"Role": {
			reason: "No node may give itself a role, nor may EKS.",
			wrong:  group("labels: {node-role.kubernetes.io/worker: a}"), field: "spec.nodeGroups[0].labels", says: theirs,
			right: []string{group("labels: {example.com/role: worker}")},
		},
		"Reserved": {
			reason: "EKS's own labels are its own.",
			wrong:  group("labels: {eks.amazonaws.com/nodegroup: a}"), field: "spec.nodeGroups[0].labels", says: theirs,
			right: []string{group("labels: {nodegroup: a}")},
		},
		"TooMany": {
			reason: "Each is a tag of the Auto Scaling group, which has fifty.",
			wrong:  group("labels: " + entries(16, "k%d: v")), field: "spec.nodeGroups[0].labels", says: "must have at most 15 items",
			right: []string{group("labels: " + entries(15, "k%d: v"))},
		},
		"TaintWithoutKey": {
			reason: "A taint has a key.",
			wrong:  taint("value: a, effect: NoSchedule"), field: "spec.nodeGroups[0].taints[0].key", says: "Required value",
			right: []string{taint("key: a, effect: NoSchedule")},
		},
		"TaintEmptyKey": {
			reason: "And not an empty one.",
			wrong:  taint("key: '', effect: NoSchedule"), field: "spec.nodeGroups[0].taints[0].key", says: "at least 1 chars long",
			right: []string{taint("key: a, value: '', effect: NoSchedule")},
		},
		"TaintKey": {
			reason: "Kubernetes takes no spaces.",
			wrong:  taint("key: 'for batch', effect: NoSchedule"), field: "spec.nodeGroups[0].taints[0].key", says: key,
			right: []string{taint("key: example.com/for-batch, effect: NoSchedule")},
		},
		"TaintAsCommand": {
			reason: "kubectl spells taints otherwise.",
			wrong:  taint("key: 'a=b', effect: NoSchedule"), field: "spec.nodeGroups[0].taints[0].key", says: key,
			right: []string{taint("key: a, value: b, effect: NoSchedule")},
		},
		"TaintValue": {
			reason: "Nor in values.",
			wrong:  taint("key: a, value: 'b c', effect: NoSchedule"), field: "spec.nodeGroups[0].taints[0].value", says: value,
			right: []string{taint("key: a, value: b_c, effect: NoSchedule")},
		},
		"TaintLongKey": {
			reason: "EKS takes no longer keys.",
			wrong:  taint("key: " + long(64) + ", effect: NoSchedule"), field: "spec.nodeGroups[0].taints[0].key", says: "may not be more than 63",
			right: []string{taint("key: " + long(63) + ", effect: NoSchedule")},
		},
		"TaintEffect": {
			reason: "Effects are spelt as Kubernetes does, not EKS.",
			wrong:  taint("key: a, effect: NO_SCHEDULE"), field: "spec.nodeGroups[0].taints[0].effect", says: `supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"`,
			right: []string{taint("key: a, effect: NoSchedule"), taint("key: a, effect: PreferNoSchedule"), taint("key: a, effect: NoExecute")},
		},
		"TaintWithoutEffect": {
			reason: "A taint has an effect.",
			wrong:  taint("key: a"), field: "spec.nodeGroups[0].taints[0].effect", says: "Required value",
			right: []string{taint("key: a, effect: NoExecute")},
		},
		"TaintTwice": {
			reason: "No node has a taint twice.",
			wrong:  group("taints: [{key: a, value: b, effect: NoSchedule}, {key: a, value: c, effect: NoSchedule}]"), field: "spec.nodeGroups[0].taints", says: "taints must not have a key and effect twice",
			right: []string{group("taints: [{key: a, value: b, effect: NoSchedule}, {key: a, value: c, effect: NoExecute}]")},
		},
	}
}

// sizeMistakes are all combinations of sizes around each other and the defaults.
func sizeMistakes() map[string]mistake {
	const absent = -1
	spec := func(low, high, desired int) string {
		parts := []string{"name: a"}
		for _, s := range []struct {
			name string
			n    int
		}{{"minSize", low}, {"maxSize", high}, {"desiredSize", desired}} {
			if s.n != absent {
				parts = append(parts, fmt.Sprintf("%s: %d", s.name, s.n))
			}
		}
		return "{nodeGroups: [{" + strings.Join(parts, ", ") + "}, {name: open}]}"
	}
	or := func(n, otherwise int) int {
		if n == absent {
			return otherwise
		}
		return n
	}
	var right []string
	all := map[string]mistake{
		"Negative": {
			reason: "There is no less than no node.",
			wrong:  "{nodeGroups: [{name: a, minSize: -1}, {name: b}]}", field: "spec.nodeGroups[0].minSize", says: "should be greater than or equal to 0",
			right: []string{"{nodeGroups: [{name: a, minSize: 0}, {name: b}]}"},
		},
		"NegativeDesired": {
			reason: "Nor is less wanted.",
			wrong:  "{nodeGroups: [{name: a, minSize: 0, desiredSize: -1}, {name: b}]}", field: "spec.nodeGroups[0].desiredSize", says: "should be greater than or equal to 0",
			right: []string{"{nodeGroups: [{name: a, minSize: 0, desiredSize: 0}, {name: b}]}"},
		},
		"MaxZero": {
			reason: "EKS takes no group that can have no nodes.",
			wrong:  "{nodeGroups: [{name: a, minSize: 0, maxSize: 0}, {name: b}]}", field: "spec.nodeGroups[0].maxSize", says: "should be greater than or equal to 1",
			right: []string{"{nodeGroups: [{name: a, minSize: 0, maxSize: 1}, {name: b}]}"},
		},
		"TooMany": {
			reason: "EKS has no larger groups.",
			wrong:  "{nodeGroups: [{name: a, maxSize: 451}]}", field: "spec.nodeGroups[0].maxSize", says: "should be less than or equal to 450",
			right: []string{"{nodeGroups: [{name: a, minSize: 450, maxSize: 450, desiredSize: 450}]}"},
		},
		"Text": {
			reason: "A number in quotes is none.",
			wrong:  "{nodeGroups: [{name: a, minSize: '3'}]}", field: "spec.nodeGroups[0].minSize", says: "must be of type integer",
			right: []string{"{nodeGroups: [{name: a, minSize: 3}]}"},
		},
		"Fraction": {
			reason: "There are no half nodes.",
			wrong:  "{nodeGroups: [{name: a, minSize: 2.5}]}", field: "spec.nodeGroups[0].minSize", says: "must be of type integer",
			right: []string{"{nodeGroups: [{name: a, minSize: 2}]}"},
		},
	}
	for _, low := range []int{absent, 0, 1, 2, 3, 5, 6} {
		for _, high := range []int{absent, 1, 2, 3, 5, 6} {
			for _, desired := range []int{absent, 0, 1, 2, 4, 5, 6, 7} {
				// The defaults, as the documentation has them.
				least, most := or(low, 2), or(high, 5)
				switch {
				case least > most:
					// Whatever is desired.
					all[fmt.Sprintf("%d-%d", low, high)] = mistake{
						reason: "Sizes should leave room.",
						wrong:  spec(low, high, absent), field: "spec.nodeGroups[0].minSize", says: "minSize (2 unless given) must not be above maxSize (5 unless given)",
						right: []string{spec(most, high, absent)},
					}
				case desired != absent && (desired < least || desired > most):
					all[fmt.Sprintf("%d-%d-%d", low, high, desired)] = mistake{
						reason: "The autoscaler could not keep such a size.",
						wrong:  spec(low, high, desired), field: "spec.nodeGroups[0].desiredSize", says: "desiredSize must lie between minSize (2 unless given) and maxSize (5 unless given)",
						right: []string{spec(low, high, min(max(desired, least), most))},
					}
				default:
					right = append(right, spec(low, high, desired))
				}
			}
		}
	}
	all["Right"] = mistake{reason: "Sizes in order should be accepted.", right: right}
	return all
}
