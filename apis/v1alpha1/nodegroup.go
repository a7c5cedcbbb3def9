package v1alpha1

// The first rule asks whether minSize is there because the API server holds the
// default of nodeGroups against it before it completes the default.

// NodeGroup is an EKS managed node group in the private subnets.
//
// +kubebuilder:validation:XValidation:rule="!has(self.minSize) || self.minSize <= self.maxSize",message="minSize (2 unless given) must not be above maxSize (5 unless given)",fieldPath=".minSize"
// +kubebuilder:validation:XValidation:rule="!has(self.desiredSize) || (self.minSize <= self.desiredSize && self.desiredSize <= self.maxSize)",message="desiredSize must lie between minSize (2 unless given) and maxSize (5 unless given)",fieldPath=".desiredSize"
// +kubebuilder:validation:XValidation:rule="!has(self.amiType) || !has(self.instanceTypes) || self.amiType.contains('ARM_64') || !self.instanceTypes.exists(t, t.matches('^(a1|[a-z]+[0-9]+[a-z]*g[a-z]*|[a-z]+[0-9]+[a-z]*-gb[0-9]+)[.]'))",message="amiType must be one for ARM_64 with Graviton instance types, which have a g after the number, as m7g.large has",fieldPath=".amiType"
// +kubebuilder:validation:XValidation:rule="!has(self.amiType) || !has(self.instanceTypes) || !self.amiType.contains('ARM_64') || self.instanceTypes.all(t, t.matches('^(a1|[a-z]+[0-9]+[a-z]*g[a-z]*|[a-z]+[0-9]+[a-z]*-gb[0-9]+)[.]'))",message="instanceTypes (m6i.large unless given) must be Graviton's with an amiType for ARM_64, which have a g after the number, as m7g.large has",fieldPath=".instanceTypes"
// +kubebuilder:validation:XValidation:rule="!has(self.imageRevision) || !has(self.releaseVersion)",message="imageRevision asks for the newest AMI, and releaseVersion for one: leave one of them out",fieldPath=".imageRevision"
type NodeGroup struct {
	// Name of the node group, unique in the platform.
	// +required
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]([a-z0-9]|-[a-z0-9])*$')",message="name must be lower-case letters, digits and single hyphens, begin with a letter and not end with a hyphen, such as general"
	Name string `json:"name"`
	// InstanceTypes the group may use; several make Spot capacity easier to
	// find. They should have the same CPU and memory: the autoscaler takes them
	// for equal. A change replaces the node group.
	// +kubebuilder:default={m6i.large}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MaxLength=32
	// +kubebuilder:validation:items:XValidation:rule="self.matches('^[a-z0-9-]+[.][a-z0-9-]+$')",message="instanceTypes must be EC2 instance types, such as m6i.large"
	// +kubebuilder:validation:XValidation:rule="self.all(t, self.exists_one(o, o == t))",message="instanceTypes must not name a type twice"
	// +listType=atomic
	InstanceTypes []string `json:"instanceTypes,omitempty"`
	// MinSize is the number of nodes the autoscaler never goes below.
	// +kubebuilder:default=2
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=450
	MinSize int32 `json:"minSize"`
	// MaxSize is the number of nodes the autoscaler never goes above.
	// +kubebuilder:default=5
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=450
	MaxSize int32 `json:"maxSize,omitempty"`
	// DesiredSize is the number of nodes the group is created with; after that
	// the autoscaler decides. Default: minSize.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=450
	DesiredSize *int32 `json:"desiredSize,omitempty"`
	// DiskSizeGiB is the size of each node's encrypted gp3 volume in GiB.
	// +kubebuilder:default=50
	// +kubebuilder:validation:Minimum=20
	// +kubebuilder:validation:Maximum=16384
	DiskSizeGiB int32 `json:"diskSizeGiB,omitempty"`
	// CapacityType is how instances are bought. A change replaces the node group.
	// +kubebuilder:default=OnDemand
	// +kubebuilder:validation:Enum=OnDemand;Spot
	CapacityType string `json:"capacityType,omitempty"`
	// AMIType is the operating system, processor architecture and accelerator
	// the nodes are made for; it must fit the instance types. A change replaces the
	// node group.
	// +kubebuilder:default=AL2023_x86_64_STANDARD
	// +kubebuilder:validation:Enum=AL2023_x86_64_STANDARD;AL2023_ARM_64_STANDARD;AL2023_x86_64_NVIDIA;AL2023_ARM_64_NVIDIA;AL2023_x86_64_NEURON;BOTTLEROCKET_x86_64;BOTTLEROCKET_ARM_64;BOTTLEROCKET_x86_64_FIPS;BOTTLEROCKET_ARM_64_FIPS;BOTTLEROCKET_x86_64_NVIDIA;BOTTLEROCKET_ARM_64_NVIDIA
	AMIType string `json:"amiType,omitempty"`
	// Zones are the zone ids the group is placed in; they must be among those
	// of a network the platform makes. A change replaces the node group. Default: all
	// of them.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=6
	// +kubebuilder:validation:items:MaxLength=16
	// +kubebuilder:validation:items:XValidation:rule="self.matches('^[a-z]+[0-9]-az[0-9]$')",message="zones must be zone ids, such as euc1-az1: a name, such as eu-central-1a, is another place in every account"
	// +listType=set
	Zones []string `json:"zones,omitempty"`
	// Labels every node of the group carries.
	// +kubebuilder:validation:MaxProperties=15
	// +kubebuilder:validation:XValidation:rule="self.all(k, size(k) >= 1 && size(k) <= 63 && size(self[k]) >= 1 && size(self[k]) <= 63)",message="labels must have keys and values of 1 to 63 characters: EKS takes no others"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !['kubernetes.io/', 'k8s.io/', 'node-role.kubernetes.io/', 'eks.amazonaws.com/'].exists(p, k.startsWith(p)))",message="labels must not begin as kubernetes.io/, k8s.io/, node-role.kubernetes.io/ or eks.amazonaws.com/: EKS keeps those, choose a prefix of your own"
	Labels map[string]string `json:"labels,omitempty"`
	// Taints every node of the group carries.
	// +kubebuilder:validation:MaxItems=15
	// +kubebuilder:validation:XValidation:rule="self.all(t, self.exists_one(o, o.key == t.key && o.effect == t.effect))",message="taints must not have a key and effect twice: Kubernetes takes one of each"
	// +listType=atomic
	Taints []Taint `json:"taints,omitempty"`
	// Version of Kubernetes the nodes stay at while the cluster goes on. EKS lets nodes
	// be up to three minor versions behind: before they are further, the cluster
	// waits. Default: the cluster's.
	Version KubernetesVersion `json:"version,omitempty"`
	// ReleaseVersion is the release of the AMI the nodes have, as EKS calls it. Default:
	// the newest there is when EKS replaces them.
	// https://docs.aws.amazon.com/eks/latest/userguide/eks-linux-ami-versions.html
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]+[.][0-9]+[.][0-9]+-[0-9a-f]{8}$')",message="releaseVersion must be one of EKS's AMIs, such as 1.35.2-20260801, or 1.54.0-5043decc of Bottlerocket"
	// +kubebuilder:example="1.35.2-20260801"
	ReleaseVersion string `json:"releaseVersion,omitempty"`
	// ImageRevision is any text. When it changes, EKS replaces the nodes, by ones with
	// the newest AMI of their version of Kubernetes: a date, for one, that is changed
	// every week.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:example="2026-48"
	ImageRevision string `json:"imageRevision,omitempty"`
	// UpdateConfig is how many nodes are unavailable while EKS replaces them.
	// +kubebuilder:default={maxUnavailablePercentage: 33}
	UpdateConfig UpdateConfig `json:"updateConfig,omitzero"`
	// NodeRepair lets EKS replace or reboot nodes that are not healthy.
	// https://docs.aws.amazon.com/eks/latest/userguide/node-health.html
	// +kubebuilder:default={}
	NodeRepair NodeRepair `json:"nodeRepair,omitzero"`
	// ForceUpdate lets EKS replace nodes even if a PodDisruptionBudget lets none of
	// their pods go. Without it, EKS gives up after 15 minutes, and the node group
	// stays as it is.
	// +kubebuilder:default=false
	ForceUpdate bool `json:"forceUpdate"`
}

// UpdateConfig is how many nodes of a group are unavailable at most while EKS replaces
// them: a number or a share.
//
// +kubebuilder:validation:XValidation:rule="has(self.maxUnavailable) != has(self.maxUnavailablePercentage)",message="updateConfig must have either maxUnavailable or maxUnavailablePercentage"
type UpdateConfig struct {
	// MaxUnavailable is a number of nodes.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	MaxUnavailable int32 `json:"maxUnavailable,omitempty"`
	// MaxUnavailablePercentage is a share of the group's nodes, rounded up to whole
	// ones.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	MaxUnavailablePercentage int32 `json:"maxUnavailablePercentage,omitempty"`
}

// NodeRepair is EKS's care for nodes.
type NodeRepair struct {
	// Enabled lets EKS replace or reboot nodes that are not healthy.
	// +kubebuilder:default=false
	Enabled bool `json:"enabled"`
}

// Taint keeps pods that do not tolerate it off a node.
type Taint struct {
	// Key of the taint.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$')",message="key must be letters, digits and - _ . between them, perhaps after a domain and a slash, such as example.com/team"
	Key string `json:"key"`
	// Value of the taint.
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$')",message="value must be letters, digits and - _ . between them, such as batch"
	Value string `json:"value,omitempty"`
	// Effect on pods that do not tolerate the taint.
	// +required
	Effect TaintEffect `json:"effect"`
}

// TaintEffect is what a taint does to pods that do not tolerate it.
//
// +kubebuilder:validation:Enum=NoSchedule;PreferNoSchedule;NoExecute
type TaintEffect string

// The effects a taint can have.
const (
	TaintEffectNoSchedule       TaintEffect = "NoSchedule"
	TaintEffectPreferNoSchedule TaintEffect = "PreferNoSchedule"
	TaintEffectNoExecute        TaintEffect = "NoExecute"
)
