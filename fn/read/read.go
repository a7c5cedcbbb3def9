// Package read is what is read off observed objects: each field that gates,
// values and the status come from, once, by the kind of object it is of. A test
// holds every path against the definition of its kind.
//
// What is under status.atProvider is what AWS said when the provider last looked.
package read

import "github.com/xplatform-dev/function-xplatform/fn/plan"

// Each variable is called like the kind its fields are of.
//
//nolint:gochecknoglobals // Constants, but for their parsed paths.
var (
	VPC = struct{ ID plan.Text }{
		ID: plan.NewText("status.atProvider.id"),
	}
	Subnet = struct {
		ID, CIDR plan.Text
		Tags     plan.Field
	}{
		ID: plan.NewText("status.atProvider.id"),
		// CIDR is the block that was asked for, which AWS can't change.
		CIDR: plan.NewText("spec.forProvider.cidrBlock"),
		// Tags it has, whosever they are.
		Tags: plan.NewField("status.atProvider.tags"),
	}
	NATGateway = struct{ ID plan.Text }{
		ID: plan.NewText("status.atProvider.id"),
	}
	Route = struct{ AskedNATGateway, NATGateway plan.Text }{
		AskedNATGateway: plan.NewText("spec.forProvider.natGatewayId"),
		// NATGateway it leads to.
		NATGateway: plan.NewText("status.atProvider.natGatewayId"),
	}
	LaunchTemplate = struct {
		ID, LatestVersion           plan.Text
		AskedName, AskedDescription plan.Text
		Asked                       plan.Field
	}{
		ID:               plan.NewText("status.atProvider.id"),
		AskedName:        plan.NewText("spec.forProvider.name"),
		AskedDescription: plan.NewText("spec.forProvider.description"),
		// Asked is all that was asked for so far.
		Asked: plan.NewField("spec.forProvider"),
		// A number to the provider, and a string to whoever asks for it.
		LatestVersion: plan.NewText("status.atProvider.latestVersion"),
	}
	SecurityGroup = struct{ AskedName plan.Text }{
		AskedName: plan.NewText("spec.forProvider.name"),
	}
	Key = struct{ ARN plan.Text }{
		ARN: plan.NewText("status.atProvider.arn"),
	}
	Role = struct{ ARN plan.Text }{
		ARN: plan.NewText("status.atProvider.arn"),
	}
	OpenIDConnectProvider = struct{ ARN plan.Text }{
		ARN: plan.NewText("status.atProvider.arn"),
	}
	Cluster = struct {
		ARN, Endpoint, Issuer, SecurityGroup, Status plan.Text
		Authority                                    plan.Text
		AskedVersion, Version                        plan.Text
		SubnetRefs                                   plan.Texts
	}{
		ARN:      plan.NewText("status.atProvider.arn"),
		Endpoint: plan.NewText("status.atProvider.endpoint"),
		// Authority that has signed the endpoint's certificate, in base64.
		Authority: plan.NewText("status.atProvider.certificateAuthority[0].data"),
		// Issuer of the tokens of service accounts.
		Issuer: plan.NewText("status.atProvider.identity[0].oidc[0].issuer"),
		// SecurityGroup is the one EKS gives the cluster and all its nodes.
		SecurityGroup: plan.NewText("status.atProvider.vpcConfig.clusterSecurityGroupId"),
		Status:        plan.NewText("status.atProvider.status"),
		Version:       plan.NewText("status.atProvider.version"),
		// AskedVersion is the one that was asked for so far.
		AskedVersion: plan.NewText("spec.forProvider.version"),
		// SubnetRefs are the names of the subnets the control plane was asked for in.
		SubnetRefs: plan.NewTexts("spec.forProvider.vpcConfig.subnetIdRefs[*].name"),
	}
	Addon = struct{ AskedVersion, Version plan.Text }{
		AskedVersion: plan.NewText("spec.forProvider.addonVersion"),
		Version:      plan.NewText("status.atProvider.addonVersion"),
	}
	NodeGroup = struct {
		AutoScalingGroup, Status              plan.Text
		AskedVersion, Version                 plan.Text
		TemplateVersion, AskedTemplateVersion plan.Text
		ReleaseVersion, AskedReleaseVersion   plan.Text
		Repair, AskedRepair                   plan.Flag
		MinSize, MaxSize, DesiredSize         plan.Number
		FirstSize                             plan.Number
		SubnetIDs, SubnetRefs                 plan.Texts
	}{
		// AutoScalingGroup is the name of the only one behind it.
		AutoScalingGroup: plan.NewText("status.atProvider.resources[0].autoscalingGroups[0].name"),
		Status:           plan.NewText("status.atProvider.status"),
		// Version of Kubernetes that all nodes have.
		Version:      plan.NewText("status.atProvider.version"),
		AskedVersion: plan.NewText("spec.forProvider.version"),
		// TemplateVersion is that of the launch template that all nodes have.
		TemplateVersion:      plan.NewText("status.atProvider.launchTemplate.version"),
		AskedTemplateVersion: plan.NewText("spec.forProvider.launchTemplate.version"),
		// ReleaseVersion is the release of the AMI that all nodes have.
		ReleaseVersion:      plan.NewText("status.atProvider.releaseVersion"),
		AskedReleaseVersion: plan.NewText("spec.forProvider.releaseVersion"),
		// Repair is whether EKS repairs nodes, as far as it was ever told.
		Repair:      plan.NewFlag("status.atProvider.nodeRepairConfig.enabled"),
		AskedRepair: plan.NewFlag("spec.forProvider.nodeRepairConfig.enabled"),
		// The sizes AWS has: all of them, as soon as the provider reports anything,
		// and zero as 0.
		MinSize:     plan.NewNumber("status.atProvider.scalingConfig.minSize"),
		MaxSize:     plan.NewNumber("status.atProvider.scalingConfig.maxSize"),
		DesiredSize: plan.NewNumber("status.atProvider.scalingConfig.desiredSize"),
		// FirstSize is the one it was asked to begin with.
		FirstSize: plan.NewNumber("spec.initProvider.scalingConfig.desiredSize"),
		// SubnetIDs are those EKS has it in, and SubnetRefs the names of those it was
		// asked for in.
		SubnetIDs:  plan.NewTexts("status.atProvider.subnetIds"),
		SubnetRefs: plan.NewTexts("spec.forProvider.subnetIdRefs[*].name"),
	}
	// AccessEntry and AccessPolicyAssociation are alike.
	AccessEntry = struct{ AskedPrincipal plan.Text }{
		AskedPrincipal: plan.NewText("spec.forProvider.principalArn"),
	}
	GroupTag = struct{ AskedKey plan.Text }{
		AskedKey: plan.NewText("spec.forProvider.tag.key"),
	}
	Lease = struct{ Renewed plan.Text }{
		// Renewed is when its holder renewed it last.
		Renewed: plan.NewText("spec.renewTime"),
	}
	Zone = struct {
		ID                plan.Text
		NameServers       plan.Texts
		AskedName         plan.Text
		AskedForceDestroy plan.Flag
	}{
		ID:          plan.NewText("status.atProvider.zoneId"),
		NameServers: plan.NewTexts("status.atProvider.nameServers"),
		AskedName:   plan.NewText("spec.forProvider.name"),
		// AskedForceDestroy: the zone goes with what is left in it.
		AskedForceDestroy: plan.NewFlag("spec.forProvider.forceDestroy"),
	}
	Instance = struct {
		Class, Endpoint, ResourceID, SecretARN, Status            plan.Text
		RestorableUntil, AskedIdentifier                          plan.Text
		TakenVersion, Version                                     plan.Text
		AskedFinalSnapshot, AskedOptionGroup, AskedParameterGroup plan.Text
		IOPS, StorageGiB, ThroughputMiB                           plan.Number
		AskedIOPS, AskedStorageGiB, AskedThroughputMiB            plan.Number
		MultiAZ, AskedNoSnapshot                                  plan.Flag
	}{
		Class:    plan.NewText("status.atProvider.instanceClass"),
		Endpoint: plan.NewText("status.atProvider.endpoint"),
		// ResourceID is AWS's own: one of the same name that is made anew has another.
		ResourceID: plan.NewText("status.atProvider.resourceId"),
		// SecretARN of the secret that RDS keeps the password in.
		SecretARN:       plan.NewText("status.atProvider.masterUserSecret[0].secretArn"),
		Status:          plan.NewText("status.atProvider.status"),
		AskedIdentifier: plan.NewText("spec.forProvider.identifier"),
		// RestorableUntil is when it last could be restored from its backups.
		RestorableUntil: plan.NewText("status.atProvider.latestRestorableTime"),
		// TakenVersion is the one RDS is on the way to, and Version the one that
		// runs, exactly.
		TakenVersion:  plan.NewText("status.atProvider.engineVersion"),
		Version:       plan.NewText("status.atProvider.engineVersionActual"),
		IOPS:          plan.NewNumber("status.atProvider.iops"),
		StorageGiB:    plan.NewNumber("status.atProvider.allocatedStorage"),
		ThroughputMiB: plan.NewNumber("status.atProvider.storageThroughput"),
		MultiAZ:       plan.NewFlag("status.atProvider.multiAz"),
		// What was asked for so far, for while nobody knows what there is.
		AskedNoSnapshot:     plan.NewFlag("spec.forProvider.skipFinalSnapshot"),
		AskedFinalSnapshot:  plan.NewText("spec.forProvider.finalSnapshotIdentifier"),
		AskedOptionGroup:    plan.NewText("spec.forProvider.optionGroupName"),
		AskedParameterGroup: plan.NewText("spec.forProvider.parameterGroupName"),
		AskedIOPS:           plan.NewNumber("spec.forProvider.iops"),
		AskedStorageGiB:     plan.NewNumber("spec.forProvider.allocatedStorage"),
		AskedThroughputMiB:  plan.NewNumber("spec.forProvider.storageThroughput"),
	}
	Queue = struct{ ARN, URL, AskedRedrive plan.Text }{
		ARN: plan.NewText("status.atProvider.arn"),
		URL: plan.NewText("status.atProvider.url"),
		// AskedRedrive policy in the queue's own object, where none belongs.
		AskedRedrive: plan.NewText("spec.forProvider.redrivePolicy"),
	}
	Release = struct {
		State, Version, OwnershipPrefix         plan.Text
		AskedTag, AskedVersion, RecordsInterval plan.Text
		AskedChart, AskedImage                  plan.Field
	}{
		State:      plan.NewText("status.atProvider.state"),
		AskedChart: plan.NewField("spec.forProvider.chart"),
		// AskedImage is what the chart is told to run, if anything.
		AskedImage: plan.NewField("spec.forProvider.values.image"),
		AskedTag:   plan.NewText("spec.forProvider.values.image.tag"),
		// AskedVersion of the chart.
		AskedVersion: plan.NewText("spec.forProvider.chart.version"),
		Version:      plan.NewText("status.atProvider.version"),
		// OwnershipPrefix is ExternalDNS's alone: the values are the chart's own.
		OwnershipPrefix: plan.NewText("spec.forProvider.values.txtPrefix"),
		// RecordsInterval is how often ExternalDNS looks at everything.
		RecordsInterval: plan.NewText("spec.forProvider.values.interval"),
	}
	Object = struct {
		Manifest, PodStatus   plan.Field
		Data, Namespace       plan.Field
		PodDeleted            plan.Text
		FirstSteps, LastSteps plan.Texts
	}{
		// Manifest that was asked for.
		Manifest: plan.NewField("spec.forProvider.manifest"),
		// Data and Namespace of the ConfigMap that was asked for.
		Data:      plan.NewField("spec.forProvider.manifest.data"),
		Namespace: plan.NewField("spec.forProvider.manifest.metadata.namespace"),
		// FirstSteps and LastSteps are the names of the containers of the Pod that
		// was asked for, in the order they run in.
		FirstSteps: plan.NewTexts("spec.forProvider.manifest.spec.initContainers[*].name"),
		LastSteps:  plan.NewTexts("spec.forProvider.manifest.spec.containers[*].name"),
		// PodStatus is how the Pod is doing in the cluster, and PodDeleted when
		// somebody asked it to go.
		PodStatus:  plan.NewField("status.atProvider.manifest.status"),
		PodDeleted: plan.NewText("status.atProvider.manifest.metadata.deletionTimestamp"),
	}
	ConfigMap = struct{ Data plan.Field }{
		Data: plan.NewField("data"),
	}
	// Usage and ClusterUsage are alike.
	Usage = struct {
		ReplayDeletion                 plan.Flag
		APIVersion, Kind, Name, Reason plan.Text
	}{
		ReplayDeletion: plan.NewFlag("spec.replayDeletion"),
		// APIVersion, Kind and Name are those of what it protects.
		APIVersion: plan.NewText("spec.of.apiVersion"),
		Kind:       plan.NewText("spec.of.kind"),
		Name:       plan.NewText("spec.of.resourceRef.name"),
		Reason:     plan.NewText("spec.reason"),
	}
	// Tagged is of every kind that takes tags.
	Tagged = struct{ Platform plan.Text }{
		// Platform it was asked for as a part of.
		Platform: plan.NewText("spec.forProvider.tags[xplatform.dev/platform]"),
	}
	// Protected is of every kind that can be: clusters and databases.
	Protected = struct{ Asked, Observed plan.Flag }{
		Asked:    plan.NewFlag("spec.forProvider.deletionProtection"),
		Observed: plan.NewFlag("status.atProvider.deletionProtection"),
	}
	// Claim is what somebody made, of which Crossplane makes the composite.
	Claim = struct{ Composite plan.Text }{
		Composite: plan.NewText("spec.resourceRef.name"),
	}
	// XPlatform is the composite. One that has no claim has no reference to it.
	XPlatform = struct {
		UpgradeFrom, UpgradeTo                                plan.Text
		ClaimAPIVersion, ClaimKind, ClaimNamespace, ClaimName plan.Text
		ConnectionSecret, Phase                               plan.Text
		Drained                                               plan.Flag
		Failing, Leaving, UpgradeSteps, References            plan.Entries
	}{
		ClaimAPIVersion: plan.NewText("spec.claimRef.apiVersion"),
		ClaimKind:       plan.NewText("spec.claimRef.kind"),
		ClaimNamespace:  plan.NewText("spec.claimRef.namespace"),
		ClaimName:       plan.NewText("spec.claimRef.name"),
		// ConnectionSecret is the name of the Secret Crossplane writes for it.
		ConnectionSecret: plan.NewText("spec.writeConnectionSecretToRef.name"),
		Phase:            plan.NewText("status.phase"),
		// UpgradeFrom and UpgradeTo are where the upgrade that is under way begins and
		// ends.
		UpgradeFrom: plan.NewText("status.upgrade.from"),
		UpgradeTo:   plan.NewText("status.upgrade.to"),
		// UpgradeSteps are its steps, of which each is an UpgradeStep.
		UpgradeSteps: plan.NewEntries("status.upgrade.steps"),
		Drained:      plan.NewFlag("status.drained"),
		Failing:      plan.NewEntries("status.failing"),
		Leaving:      plan.NewEntries("status.leaving"),
		// References to all that Crossplane has made.
		References: plan.NewEntries("spec.resourceRefs"),
	}
	// Modern is a composite that offers no claims. What is Crossplane's own is in a field
	// of its own there.
	Modern = struct{ References plan.Entries }{
		References: plan.NewEntries("spec.crossplane.resourceRefs"),
	}
	UpgradeStep = struct{ Resource, Version, Since plan.Text }{
		Resource: plan.NewText("resource"),
		Version:  plan.NewText("version"),
		Since:    plan.NewText("since"),
	}
	// Failing and Leaving are entries of the composite's lists of these names.
	Failing = struct{ Resource, Message plan.Text }{
		Resource: plan.NewText("resource"),
		Message:  plan.NewText("message"),
	}
	// Reference to an object, of the composite's.
	Reference = struct{ Name plan.Text }{
		Name: plan.NewText("name"),
	}
	Leaving = struct {
		Resource, APIVersion, Kind, Namespace, Name, UID plan.Text
		Deleting                                         plan.Flag
	}{
		Resource:   plan.NewText("resource"),
		APIVersion: plan.NewText("apiVersion"),
		Kind:       plan.NewText("kind"),
		Namespace:  plan.NewText("namespace"),
		Name:       plan.NewText("name"),
		UID:        plan.NewText("uid"),
		Deleting:   plan.NewFlag("deleting"),
	}
)
