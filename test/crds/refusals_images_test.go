package crds

// imageMistakes are of what nodes run.
func imageMistakes() map[string]mistake {
	const (
		version = "nodeGroups must not have a version above cluster.version"
		release = "nodeGroups must have a releaseVersion that begins with the version of Kubernetes their nodes get"
		either  = "updateConfig must have either maxUnavailable or maxUnavailablePercentage"
	)
	group := func(cluster, s string) string {
		return "{cluster: {version: '" + cluster + "'}, nodeGroups: [{name: open}, {name: a, " + s + "}]}"
	}
	return map[string]mistake{
		"Newer": {
			reason: "Nodes are never newer than their control plane.",
			wrong:  group("1.34", "version: '1.35'"), field: "spec.nodeGroups", says: version,
			right: []string{group("1.34", "version: '1.34'"), group("1.36", "version: '1.33'")},
		},
		"NewerThanDefault": {
			reason: "Nor than the default one.",
			wrong:  "{nodeGroups: [{name: a, version: '1.36'}]}", field: "spec.nodeGroups", says: version,
			right: []string{"{nodeGroups: [{name: a, version: '1.34'}]}"},
		},
		"Release": {
			reason: "An AMI is of one version of Kubernetes.",
			wrong:  group("1.35", "releaseVersion: 1.34.2-20260801"), field: "spec.nodeGroups", says: release,
			right: []string{
				group("1.35", "releaseVersion: 1.35.2-20260801"),
				group("1.35", "version: '1.34', releaseVersion: 1.34.2-20260801"),
				group("1.35", "amiType: BOTTLEROCKET_x86_64, releaseVersion: 1.54.0-5043decc"),
			},
		},
		"ReleaseShape": {
			reason: "It is no AMI's id.",
			wrong:  group("1.35", "releaseVersion: ami-0123456789abcdef0"), field: "spec.nodeGroups[1].releaseVersion", says: "releaseVersion must be one of EKS's AMIs, such as 1.35.2-20260801",
			right: []string{group("1.35", "releaseVersion: 1.35.2-20260801")},
		},
		"ReleaseAndRevision": {
			reason: "One AMI, or the newest.",
			wrong:  group("1.35", "releaseVersion: 1.35.2-20260801, imageRevision: '1'"), field: "spec.nodeGroups[1].imageRevision", says: "leave one of them out",
			right: []string{group("1.35", "imageRevision: '2026-48'")},
		},
		"EmptyRevision": {
			reason: "No text is no revision.",
			wrong:  group("1.35", "imageRevision: ''"), field: "spec.nodeGroups[1].imageRevision", says: "should be at least 1 chars long",
			right: []string{group("1.35", "imageRevision: patched on Monday")},
		},
		"UpdateBoth": {
			reason: "EKS takes a number or a share.",
			wrong:  group("1.35", "updateConfig: {maxUnavailable: 1, maxUnavailablePercentage: 10}"), field: "spec.nodeGroups[1].updateConfig", says: either,
			right: []string{group("1.35", "updateConfig: {maxUnavailable: 1}"), group("1.35", "updateConfig: {maxUnavailablePercentage: 10}")},
		},
		"UpdateNeither": {
			reason: "One of them.",
			wrong:  group("1.35", "updateConfig: {}"), field: "spec.nodeGroups[1].updateConfig", says: either,
			right: []string{group("1.35", "updateConfig: {maxUnavailable: 100}")},
		},
		"UpdateNone": {
			reason: "With none unavailable nothing is replaced.",
			wrong:  group("1.35", "updateConfig: {maxUnavailable: 0}"), field: "spec.nodeGroups[1].updateConfig.maxUnavailable", says: "should be greater than or equal to 1",
			right: []string{group("1.35", "updateConfig: {maxUnavailable: 1}")},
		},
		"Repair": {
			reason: "It is an object, as EKS has it.",
			wrong:  group("1.35", "nodeRepair: true"), field: "spec.nodeGroups[1].nodeRepair", says: "must be of type object",
			right: []string{group("1.35", "nodeRepair: {enabled: true}")},
		},
		"Proxy": {
			reason: "kube-proxy is never newer than its control plane.",
			wrong:  "{cluster: {version: '1.34', addons: [{name: kube-proxy, version: v1.35.0-eksbuild.1}]}}", field: "spec.cluster.addons", says: "addons must not have a kube-proxy above version",
			right: []string{
				"{cluster: {version: '1.34', addons: [{name: kube-proxy, version: v1.33.1-eksbuild.1}]}}",
				"{cluster: {version: '1.34', addons: [{name: coredns, version: v1.99.0-eksbuild.1}]}}",
			},
		},
	}
}

// windowMistakes are of when steps may be taken.
func windowMistakes() map[string]mistake {
	window := func(s string) string { return "{upgrade: {window: {" + s + "}}}" }
	return map[string]mistake{
		"NoStart": {
			reason: "A window begins some time.",
			wrong:  window("days: [Sunday]"), field: "spec.upgrade.window.startTime", says: "Required value",
			right: []string{window("startTime: '22:30'")},
		},
		"Start": {
			reason: "A day ends at midnight.",
			wrong:  window("startTime: '24:00'"), field: "spec.upgrade.window.startTime", says: "startTime must be an hour and a minute, such as 22:30",
			right: []string{window("startTime: '00:00'"), window("startTime: '23:59', days: [Monday, Sunday], durationHours: 24, timeZone: America/Argentina/Buenos_Aires")},
		},
		"Day": {
			reason: "Days are spelt out.",
			wrong:  window("startTime: '22:30', days: [Sun]"), field: "spec.upgrade.window.days[0]", says: "supported values",
			right: []string{window("startTime: '22:30', days: [Sunday]")},
		},
		"DayTwice": {
			reason: "Each once.",
			wrong:  window("startTime: '22:30', days: [Sunday, Sunday]"), field: "spec.upgrade.window.days[1]", says: "Duplicate value",
			right: []string{window("startTime: '22:30', days: [Saturday, Sunday]")},
		},
		"NoDay": {
			reason: "An empty list is not each.",
			wrong:  window("startTime: '22:30', days: []"), field: "spec.upgrade.window.days", says: "should have at least 1 items",
			right: []string{window("startTime: '22:30'")},
		},
		"Duration": {
			reason: "It is not longer than a day.",
			wrong:  window("startTime: '22:30', durationHours: 25"), field: "spec.upgrade.window.durationHours", says: "should be less than or equal to 24",
			right: []string{window("startTime: '22:30', durationHours: 1")},
		},
		"Zone": {
			reason: "An offset has no summer.",
			wrong:  window("startTime: '22:30', timeZone: '+02:00'"), field: "spec.upgrade.window.timeZone", says: "timeZone must be a name of the IANA database, such as Europe/Berlin",
			right: []string{window("startTime: '22:30', timeZone: Europe/Berlin"), window("startTime: '22:30', timeZone: Etc/GMT+2")},
		},
	}
}
