// Package changing is what a change of each field of a claim does in AWS. The page
// docs/changing.md is made of it, and a test in fn/platform holds it against what
// the function composes. It imports nothing, so that whatever is wrong with the API's
// types, the program that generates code of them can be built.
package changing

// An Effect is what comes of a change.
type Effect string

// The effects, from the least to the most.
const (
	// Nothing in AWS, yet or ever.
	Nothing Effect = "nothing"
	// InPlace: what exists is changed, or something beside it comes or goes.
	InPlace Effect = "in place"
	// Pending: it waits for a window, in which something is interrupted.
	Pending Effect = "pending"
	// Rolling: all nodes of a group are replaced, a few at a time.
	Rolling Effect = "rolling"
	// Replaced: something is made anew, and the old one goes.
	Replaced Effect = "replaced"
	// Refused when the claim is applied.
	Refused Effect = "refused"
)

// Effects there are, and what they mean, in the order of the page.
//
//nolint:gochecknoglobals // A constant table.
var Effects = []struct {
	Effect Effect
	Means  string
}{
	{Nothing, "AWS is asked for nothing. The field is about what comes later."},
	{InPlace, "What exists is changed, or something is made or removed beside it. Nothing is interrupted, unless it says so."},
	{Pending, "RDS puts it off until the maintenance window, in which it interrupts the database. Until then the platform is not ready, and the condition `DataReady` says what is pending."},
	{Rolling, "EKS replaces the nodes of a group, as many at a time as `updateConfig` says, and moves their pods. A PodDisruptionBudget that allows no eviction stops it after 15 minutes, unless `forceUpdate` of the node group is set. Until it is done the condition `NodesReady` is `Rolling`."},
	{Replaced, "Another one is made, and the old one goes, with all that is in it. Of node groups another one is made first, as large as the old one is; once it is ready, EKS drains the nodes of the old one, whose pods move, and it goes: one group at a time, unless `upgrade.maxParallelNodeGroups` says otherwise. Until then the platform is `Updating`."},
	{Refused, "`kubectl apply` answers with what is wrong and what is right instead."},
}

// A Change of a field.
type Change struct {
	// Field below spec. A list's entries are [], and * is any name.
	Field  string
	Effect Effect
	// Does says what happens, and of what is refused what to do instead.
	Does string
}

// anotherGroup is what comes of what EKS can't change in a node group.
const anotherGroup = "Its name in EKS gets a number behind it: `status.nodeGroups` has it."

// Changes of all fields, in the order of the page.
//
//nolint:gochecknoglobals // A constant table.
var Changes = []Change{
	{"region", Refused, "Create another platform in the other region, and move over."},
	{"name", Refused, "All that is in AWS carries it. Create another platform, and move over."},
	{"identity", Refused, "Running pods would lose their permissions half-way. Create another platform, and move over."},
	{"tags", InPlace, "Instances, volumes and network interfaces of nodes get theirs from the launch template, with the next change that replaces nodes: tags alone replace none. Tags that the load balancer controller has set, it sets anew."},

	{"network.cidr", Refused, "AWS can't change the addresses of a VPC. Create another platform, and move over."},
	{"network.zones", InPlace, "Zones can be appended: each gets its subnets. The control plane and the node groups there are stay where they are, new node groups use it. Zones can't be removed or reordered: subnets live in them."},
	{"network.natGateway", InPlace, "Gateways are made or removed, and routes follow: connections through a gateway that goes break, and traffic comes from another address."},
	{"network.vpcId", Refused, "A cluster can't change its VPC. Create another platform, and move over."},
	{"network.privateSubnetIds", InPlace, "New node groups use the subnets. The control plane and the node groups there are stay where they are, also in subnets that are no longer named."},
	{"network.publicSubnetIds", InPlace, "With tagSubnets they are tagged, or no longer. Load balancers there are stay where they are."},
	{"network.tagSubnets", InPlace, "The tags are put on the subnets. Of those the role's stay when it is set back: others may go by them."},

	{"cluster.version", Rolling, "A target that is walked to, one minor version after the other: EKS upgrades the control plane in about ten minutes, then come the add-ons, the nodes, group by group, and the controllers. Each waits until what it needs has settled: `status.waiting` says for what. A lower version is a rollback, which EKS does by one minor version, for seven days, if nothing stands against it: the nodes and the controllers go first. A version that EKS has raised by itself is followed, whatever the claim says: the condition `VersionCurrent` says what to set."},
	{"cluster.supportType", InPlace, "Standard: EKS upgrades the cluster by itself once standard support of its version ends. Extended: it stays for another year, and AWS bills for that. The condition `VersionCurrent` says when that is."},
	{"cluster.endpointAccess.*", InPlace, "EKS changes the endpoint in about ten minutes. Without the public one, Crossplane must reach the VPC, or it no longer reaches the cluster."},
	{"cluster.logging.*", InPlace, "What is written already is kept for as long as retentionDays says."},
	{"cluster.secretsEncryption.*", Refused, "EKS can't change how a cluster encrypts its Secrets. Create another platform, and move over."},
	{"cluster.admins", InPlace, "Who is taken off the list is no longer let in."},
	{"cluster.addons[].name", InPlace, "The add-on gets the version. One that is no longer pinned gets the one this release was tested with for the cluster's version, unless it has a newer one."},
	{"cluster.addons[].version", InPlace, "EKS updates the add-on. Settings that somebody made in the cluster are overwritten."},
	{"cluster.deletionProtection", InPlace, "It is in force at once."},

	{"nodeGroups[].name", Replaced, "Another name is another node group: it is made first, and the old one goes once everything runs on the new one."},
	{"nodeGroups[].instanceTypes", Replaced, anotherGroup},
	{"nodeGroups[].minSize", InPlace, "A group that is smaller grows to it."},
	{"nodeGroups[].maxSize", InPlace, "A group that is larger shrinks to it, and moves its pods."},
	{"nodeGroups[].desiredSize", Nothing, "It is the size a group begins with. After that the autoscaler decides; minSize and maxSize bound it."},
	{"nodeGroups[].diskSizeGiB", Rolling, "The size is in the launch template, so new nodes have it."},
	{"nodeGroups[].capacityType", Replaced, anotherGroup},
	{"nodeGroups[].amiType", Replaced, anotherGroup},
	{"nodeGroups[].zones", Replaced, anotherGroup + " Pods whose volumes are in a zone that is no longer among them find no node."},
	{"nodeGroups[].labels", InPlace, "EKS labels the nodes there are."},
	{"nodeGroups[].version", Rolling, "The nodes stay at it, or follow to it. Without it they have the cluster's. The next minor version of a cluster waits for node groups that would be more than three behind it."},
	{"nodeGroups[].releaseVersion", Rolling, "EKS replaces the nodes by ones with that AMI. It takes none back: with one that is older than what runs nothing changes, and the condition `NodesReady` says so. Whatever else replaces nodes brings them the newest AMI: set another then."},
	{"nodeGroups[].imageRevision", Rolling, "EKS replaces the nodes by ones with the newest AMI, also if it is added or removed."},
	{"nodeGroups[].updateConfig.*", InPlace, "It counts for the next replacement of nodes."},
	{"nodeGroups[].nodeRepair.enabled", InPlace, "It is in force at once."},
	{"nodeGroups[].forceUpdate", InPlace, "It is heeded from the next replacement of nodes on, also by one that EKS has given up on."},
	{"nodeGroups[].taints[].*", InPlace, "EKS taints the nodes there are. With NoExecute, pods that do not tolerate it go at once."},

	{"dns.domain", Refused, "Remove dns, wait until the zone is gone, then add it anew."},
	{"dns.zoneId", Refused, "Remove dns, then add it anew."},
	{"dns.private", Refused, "Remove dns, wait until the zone is gone, then add it anew."},
	{"dns.forceDestroy", Nothing, "It counts once the zone is removed."},

	{"databases[].name", Replaced, "Another name is another, empty database. The old one goes once its deletionProtection is false, and leaves its final snapshot: set that first."},
	{"databases[].engine", Refused, "Add another database, and move the data."},
	{"databases[].version", Pending, "A version can't go back to a lower major one: RDS has no way back. Minor versions RDS raises by itself."},
	{"databases[].instanceClass", Pending, "The database is restarted."},
	{"databases[].storageGiB", Pending, "The volume grows without an interruption, by a tenth at least, and at most once in six hours. It can't shrink: move the data to another database. From 400 GiB on it is striped."},
	{"databases[].maxStorageGiB", InPlace, "It is in force at once. Without it the volume does not grow by itself any more."},
	{"databases[].multiAz", Pending, "A standby is made, or goes."},
	{"databases[].backupRetentionDays", InPlace, "Fewer days delete the older backups. From or to 0 it waits for the maintenance window, and restarts the database."},
	{"databases[].deletionProtection", InPlace, "It is in force at once."},
	{"databases[].applyImmediately", InPlace, "With true, what is pending is done now, with the interruption it brings, and so is what comes."},
	{"databases[].maintenanceWindow", InPlace, "It is in force at once. If that is now, what is pending is done now."},
	{"databases[].finalSnapshot", Nothing, "It counts once the database is removed."},

	{"queues[].name", Replaced, "Another name is another, empty queue. The old one goes, with the messages in it."},
	{"queues[].fifo", Refused, "SQS can't change it: add another queue, and move over."},
	{"queues[].contentBasedDeduplication", InPlace, "It takes SQS up to a minute."},
	{"queues[].visibilityTimeoutSeconds", InPlace, "It takes SQS up to a minute, and counts for messages received after that."},
	{"queues[].retentionSeconds", InPlace, "It takes SQS up to fifteen minutes. Messages that are older than a shorter one are deleted."},
	{"queues[].deadLetter.*", InPlace, "With it a second queue is made, without it that goes, with the messages in it."},

	{"controllers.*.enabled", InPlace, "The chart is installed, or uninstalled. What the controller has made in AWS stays: remove Ingresses, Services of type LoadBalancer and their records first."},
	{"controllers.*.version", InPlace, "Helm upgrades the release, and tries again if that fails."},
	{"controllers.*.repository", InPlace, "Helm upgrades the release from there."},
	{"controllers.*.values", InPlace, "Helm upgrades the release. What ties the controller to the platform can't be changed: the condition `Accepted` says which value that is."},

	{"facts.configMap", InPlace, "The ConfigMap is made in the cluster, or removed. In AWS nothing happens."},
	{"facts.argoCD", InPlace, "The cluster is registered with Argo CD, or no longer, and the role by which Argo CD deploys is let in, or no longer. What it has deployed stays."},
	{"facts.flux", InPlace, "Flux is told how to reach the cluster, or no longer, and its role is let in, or no longer. What it has deployed stays."},

	{"upgrade.maxParallelNodeGroups", Nothing, "It counts for the next node group that replaces its nodes."},
	{"upgrade.paused", Nothing, "It counts for the next step. What is under way goes on."},
	{"upgrade.window.*", Nothing, "It counts for the next step. What is under way goes on."},

	{"iam.permissionsBoundary", InPlace, "Every role gets it. Without it the roles keep the one they have."},
	{"iam.clusterRoleArn", Refused, "EKS can't change a cluster's role. Create another platform, and move over."},
	{"iam.nodeRoleArn", Refused, "EKS can't change a node group's role. Create another platform, and move over."},

	{"teardown.*", Nothing, "It counts once the platform is taken down."},
}
