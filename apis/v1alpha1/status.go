package v1alpha1

import (
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Phase is where a platform is in its life.
//
// +kubebuilder:validation:Enum=Provisioning;Updating;Degraded;Ready;Protected;TearingDown
type Phase string

// The phases of a platform.
const (
	// PhaseProvisioning: something that is wanted does not exist yet, or is being made.
	PhaseProvisioning Phase = "Provisioning"
	// PhaseUpdating: everything exists, and some of it is being changed to what is
	// asked for now, or is not wanted and not gone yet.
	PhaseUpdating Phase = "Updating"
	// PhaseDegraded: everything exists, and something fails: it is not ready any more,
	// or does not become what is asked for, or does not go.
	PhaseDegraded Phase = "Degraded"
	// PhaseReady: everything that is wanted is ready, and nothing else is left.
	PhaseReady Phase = "Ready"
	// PhaseProtected: it is to be taken down, and something that is protected keeps
	// that from beginning.
	PhaseProtected Phase = "Protected"
	// PhaseTearingDown: nothing is wanted any more.
	PhaseTearingDown Phase = "TearingDown"
)

// Condition types of a Platform, beside Crossplane's own Ready and Synced.
const (
	// ConditionAccepted: the claim makes sense and is acted upon.
	ConditionAccepted = "Accepted"
	// ConditionNetworkReady and the following: everything the claim asks for in
	// that layer is ready.
	ConditionNetworkReady     = "NetworkReady"
	ConditionClusterReady     = "ClusterReady"
	ConditionNodesReady       = "NodesReady"
	ConditionDataReady        = "DataReady"
	ConditionDNSReady         = "DNSReady"
	ConditionControllersReady = "ControllersReady"
	// ConditionFactsReady: the facts are where they belong. A platform whose claim says
	// nothing of facts is ready without.
	ConditionFactsReady = "FactsReady"
	// ConditionVersionCurrent: the cluster's version is the claim's, and supported.
	// A platform is ready without.
	ConditionVersionCurrent = "VersionCurrent"
	// ConditionTearingDown: everything is being removed. There is none before
	// somebody tries to delete the platform.
	ConditionTearingDown = "TearingDown"
	// ConditionDraining: load balancers and records of what is deployed in the
	// cluster are being removed, before anything of the platform is.
	ConditionDraining = "Draining"
)

// PlatformStatus is a platform as it is.
type PlatformStatus struct {
	// Conditions say for each layer whether everything in it is ready, and
	// why not.
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// Phase is where the platform is in its life.
	Phase Phase `json:"phase,omitempty"`
	// Asked is the spec that the status speaks of, without Crossplane's own fields: after
	// an edit, the status is about something else until it is the spec again. Nothing is
	// said of a spec of more than 256 KiB.
	// +kubebuilder:validation:XPreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=object
	// +mapType=atomic
	Asked *extv1.JSON `json:"asked,omitempty"`
	// Progress is the number of ready resources and of all wanted ones; while
	// everything is being removed, of those that are gone and of all.
	// +kubebuilder:example="57/63"
	Progress string `json:"progress,omitempty"`
	// Drained says that the load balancers and records of what was deployed in
	// the cluster are gone, while the platform is taken down.
	Drained bool `json:"drained,omitempty"`
	// Failing lists the resources that AWS calls failed, with what it said when
	// they did. It says it once.
	// +listType=map
	// +listMapKey=resource
	Failing []Failing `json:"failing,omitempty"`
	// Waiting lists the resources that are not asked for yet, or whose next step is
	// not, and for what each waits.
	// +listType=map
	// +listMapKey=resource
	Waiting []Waiting `json:"waiting,omitempty"`
	// Upgrade is the way to another version of Kubernetes, while there is one to go.
	Upgrade *UpgradeStatus `json:"upgrade,omitempty"`
	// Leaving lists the resources that are not wanted and still exist, and why
	// they do, and those that somebody deletes. The function remembers by it what
	// it has let go.
	// +listType=map
	// +listMapKey=resource
	Leaving []Leaving `json:"leaving,omitempty"`
	// Name of the platform in AWS.
	Name string `json:"name,omitempty"`
	// Network is the VPC as it is.
	Network NetworkStatus `json:"network,omitzero"`
	// Cluster is the EKS cluster as it is.
	Cluster ClusterStatus `json:"cluster,omitzero"`
	// NodeGroups are the node groups as they are.
	// +listType=map
	// +listMapKey=name
	NodeGroups []NodeGroupStatus `json:"nodeGroups,omitempty"`
	// DNS is the hosted zone as it is.
	DNS DNSStatus `json:"dns,omitzero"`
	// Databases are the databases as they are.
	// +listType=map
	// +listMapKey=name
	Databases []DatabaseStatus `json:"databases,omitempty"`
	// Queues are the queues as they are.
	// +listType=map
	// +listMapKey=name
	Queues []QueueStatus `json:"queues,omitempty"`
	// Controllers are the controllers as they are.
	// +listType=map
	// +listMapKey=name
	Controllers []ControllerStatus `json:"controllers,omitempty"`
}

// Waiting is a resource that is not asked for yet.
type Waiting struct {
	// Resource that waits, by its key.
	// +required
	Resource string `json:"resource"`
	// For are the keys of the resources that are not ready yet; its own if it
	// is still being deleted, and created anew once it is gone.
	// +listType=atomic
	For []string `json:"for,omitempty"`
}

// UpgradeStatus is the way from one version of Kubernetes to another.
type UpgradeStatus struct {
	// From is the version it begins at.
	From string `json:"from,omitempty"`
	// To is the version it leads to.
	To string `json:"to,omitempty"`
	// Steps are all there are, in their order, also those that are done.
	// +listType=atomic
	Steps []UpgradeStep `json:"steps,omitempty"`
}

// UpgradeStep is a version that a resource gets on the way.
type UpgradeStep struct {
	// Resource that gets the version, by its key.
	// +required
	Resource string `json:"resource"`
	// Version it gets.
	Version string `json:"version,omitempty"`
	// State of the step.
	State StepState `json:"state,omitempty"`
	// Since is when the resource was asked to have it.
	Since string `json:"since,omitempty"`
	// For are the keys of the resources that have to settle before the step is taken,
	// of those that are next.
	// +listType=atomic
	For []string `json:"for,omitempty"`
}

// StepState is how a step is doing.
//
// +kubebuilder:validation:Enum=Done;Running;Waiting
type StepState string

// The states of a step.
const (
	// StepDone: the resource has the version, or a later one.
	StepDone StepState = "Done"
	// StepRunning: it was asked to have it, and doesn't yet.
	StepRunning StepState = "Running"
	// StepWaiting: it was not asked yet.
	StepWaiting StepState = "Waiting"
)

// Failing is a resource that failed.
type Failing struct {
	// Resource that failed, by its key.
	// +required
	Resource string `json:"resource"`
	// Message is what AWS said.
	Message string `json:"message,omitempty"`
}

// Leaving is a resource that is not wanted, or on its way out, and still exists.
type Leaving struct {
	// Resource that leaves, by its key.
	// +required
	Resource string `json:"resource"`
	// APIVersion of its object.
	APIVersion string `json:"apiVersion,omitempty"`
	// Kind of its object.
	Kind string `json:"kind,omitempty"`
	// Namespace of its object.
	Namespace string `json:"namespace,omitempty"`
	// Name of its object.
	Name string `json:"name,omitempty"`
	// UID of its object, which tells it from one that is made anew.
	UID string `json:"uid,omitempty"`
	// Deleting says that it is being deleted.
	Deleting bool `json:"deleting,omitempty"`
	// For are the keys of the resources that need it and have to be gone first, and of
	// the one that takes its place, which has to be ready.
	// +listType=atomic
	For []string `json:"for,omitempty"`
	// Message says what protects it, or what AWS answers to its deletion.
	Message string `json:"message,omitempty"`
}

// NetworkStatus is a VPC as it is.
type NetworkStatus struct {
	// VPCID is the id of the VPC.
	VPCID string `json:"vpcId,omitempty"`
	// PublicSubnetIDs are the ids of the public subnets, in zone order.
	// +listType=atomic
	PublicSubnetIDs []string `json:"publicSubnetIds,omitempty"`
	// PrivateSubnetIDs are the ids of the private subnets, in zone order.
	// +listType=atomic
	PrivateSubnetIDs []string `json:"privateSubnetIds,omitempty"`
}

// ClusterStatus is an EKS cluster as it is.
type ClusterStatus struct {
	// Name of the cluster.
	Name string `json:"name,omitempty"`
	// ARN of the cluster.
	ARN string `json:"arn,omitempty"`
	// Endpoint is the URL of the Kubernetes API.
	Endpoint string `json:"endpoint,omitempty"`
	// OIDCIssuer is the URL of the cluster's OpenID Connect issuer.
	OIDCIssuer string `json:"oidcIssuer,omitempty"`
	// SecurityGroupID is the id of the security group EKS made for the cluster
	// and its nodes.
	SecurityGroupID string `json:"securityGroupId,omitempty"`
	// Version is the Kubernetes version the control plane runs.
	Version string `json:"version,omitempty"`
	// KubeconfigSecretRef is the Secret that holds a kubeconfig, renewed every
	// few minutes.
	KubeconfigSecretRef *SecretReference `json:"kubeconfigSecretRef,omitempty"`
}

// SecretReference names a Secret.
type SecretReference struct {
	// Name of the Secret.
	Name string `json:"name,omitempty"`
	// Namespace of the Secret.
	Namespace string `json:"namespace,omitempty"`
	// Key in the Secret.
	Key string `json:"key,omitempty"`
}

// NodeGroupStatus is a node group as it is.
type NodeGroupStatus struct {
	// Name of the node group in the claim.
	// +required
	Name string `json:"name"`
	// NodeGroupName is its name in EKS: another one once it was replaced.
	NodeGroupName string `json:"nodeGroupName,omitempty"`
	// AutoScalingGroupName is the name of its Auto Scaling group.
	AutoScalingGroupName string `json:"autoScalingGroupName,omitempty"`
	// Version is the Kubernetes version of its nodes.
	Version string `json:"version,omitempty"`
	// ReleaseVersion is the release of their AMI.
	ReleaseVersion string `json:"releaseVersion,omitempty"`
}

// DNSStatus is a hosted zone as it is.
type DNSStatus struct {
	// Domain of the zone.
	Domain string `json:"domain,omitempty"`
	// ZoneID is the id of the zone.
	ZoneID string `json:"zoneId,omitempty"`
	// NameServers of the zone, for the parent zone's NS record.
	// +listType=atomic
	NameServers []string `json:"nameServers,omitempty"`
}

// DatabaseStatus is a database as it is.
type DatabaseStatus struct {
	// Name of the database in the claim.
	// +required
	Name string `json:"name"`
	// Endpoint is the host and port to connect to.
	Endpoint string `json:"endpoint,omitempty"`
	// SecretARN is the ARN of the Secrets Manager secret with the master user's
	// name and password.
	SecretARN string `json:"secretArn,omitempty"`
}

// QueueStatus is a queue as it is.
type QueueStatus struct {
	// Name of the queue in the claim.
	// +required
	Name string `json:"name"`
	// URL of the queue.
	URL string `json:"url,omitempty"`
	// ARN of the queue.
	ARN string `json:"arn,omitempty"`
	// DeadLetterURL is the URL of its dead-letter queue.
	DeadLetterURL string `json:"deadLetterUrl,omitempty"`
}

// ControllerStatus is a controller as it is.
type ControllerStatus struct {
	// Name of the controller's Helm release.
	// +required
	Name string `json:"name"`
	// Version of the chart that is installed.
	Version string `json:"version,omitempty"`
}
