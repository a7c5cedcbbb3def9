package v1alpha1

import (
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// PlatformSpec is a platform as it is wished for. A region is enough.
//
// +kubebuilder:validation:XValidation:rule="has(self.name) == has(oldSelf.name)",message="name is immutable: it can be neither added nor removed later, the AWS resources carry it"
type PlatformSpec struct {
	// Region is the AWS region everything is created in. Immutable.
	// +required
	// +kubebuilder:validation:Pattern=`^[a-z]{2}(-[a-z]+)+-[0-9]$`
	// +kubebuilder:validation:MaxLength=25
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="region is immutable: create another Platform in the other region and move over"
	// +kubebuilder:example=eu-central-1
	Region string `json:"region"`

	// Name of the platform in AWS: the EKS cluster's name and the prefix of
	// every other name. Immutable. Default: the claim's name and a suffix no
	// other Platform has. Two Platforms of one account and region must not
	// share a name.
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[a-z]([a-z0-9]|-[a-z0-9])*$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="name is immutable: the AWS resources carry it"
	// +kubebuilder:example=team-a-dev
	Name string `json:"name,omitempty"`

	// Network is the VPC, its subnets and their way out.
	// +kubebuilder:default={}
	Network Network `json:"network,omitzero"`

	// Cluster is the EKS control plane.
	// +kubebuilder:default={}
	Cluster Cluster `json:"cluster,omitzero"`

	// NodeGroups are the EKS managed node groups. The Cluster Autoscaler
	// chooses their size between the bounds given here.
	// +kubebuilder:default={{name: "default"}}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +listType=map
	// +listMapKey=name
	NodeGroups []NodeGroup `json:"nodeGroups,omitempty"`

	// DNS is the Route 53 hosted zone ExternalDNS writes into. Without it
	// there is neither a zone nor ExternalDNS.
	DNS *DNS `json:"dns,omitempty"`

	// Databases are RDS instances in the private subnets, open to the
	// cluster's pods and nodes only.
	// +kubebuilder:validation:MaxItems=20
	// +listType=map
	// +listMapKey=name
	Databases []Database `json:"databases,omitempty"`

	// Queues are SQS queues.
	// +kubebuilder:validation:MaxItems=100
	// +listType=map
	// +listMapKey=name
	Queues []Queue `json:"queues,omitempty"`

	// Controllers run in the cluster and make AWS resources for what is
	// deployed there.
	// +kubebuilder:default={}
	Controllers Controllers `json:"controllers,omitzero"`

	// Identity is how controllers in the cluster act as IAM roles: by EKS Pod
	// Identity, or by IAM roles for service accounts (IRSA), for accounts that
	// already audit those. Immutable.
	// +kubebuilder:default=PodIdentity
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="identity is immutable: running pods would lose their permissions half-way"
	Identity Identity `json:"identity,omitempty"`

	// IAM is what the platform is given instead of making it.
	// +kubebuilder:default={}
	IAM IAM `json:"iam,omitzero"`

	// Tags are put on every AWS resource that takes tags. Keys are made of the
	// characters values are made of, but for =.
	// +kubebuilder:validation:MaxProperties=30
	// +kubebuilder:validation:XValidation:rule="self.all(k, size(k) >= 1 && size(k) <= 128)",message="a tag's key has 1 to 128 characters"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.startsWith('aws:'))",message="tags that begin with aws: are AWS's own"
	Tags map[string]TagValue `json:"tags,omitempty"`
}

// TagValue is the value of a tag: letters, digits, spaces and _ . : / = + - @, as
// IAM takes them; with no space at an end, and no colon at the end or before a
// space, which the load balancer controller's flags can't carry.
//
// +kubebuilder:validation:MaxLength=256
// +kubebuilder:validation:Pattern=`^(:*[\p{L}\p{N}_./=+@-]( *:*[\p{L}\p{N}_./=+@-])*)?$`
type TagValue string

// Identity is how controllers act as IAM roles.
//
// +kubebuilder:validation:Enum=PodIdentity;IRSA
type Identity string

// The ways controllers can act as IAM roles.
const (
	// IdentityPodIdentity is
	// https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html
	IdentityPodIdentity Identity = "PodIdentity"
	// IdentityIRSA is
	// https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html
	IdentityIRSA Identity = "IRSA"
)

// IAM is what a platform is given instead of making it.
//
// +kubebuilder:validation:XValidation:rule="has(self.clusterRoleArn) == has(oldSelf.clusterRoleArn)",message="clusterRoleArn can be neither added nor removed later: EKS can't change a cluster's role"
// +kubebuilder:validation:XValidation:rule="has(self.nodeRoleArn) == has(oldSelf.nodeRoleArn)",message="nodeRoleArn can be neither added nor removed later: EKS can't change a node group's role"
type IAM struct {
	// PermissionsBoundary is the ARN of the policy that bounds every role the
	// platform makes.
	// +kubebuilder:validation:Pattern=`^arn:aws(-[a-z]+)*:iam::([0-9]{12}|aws):policy/[\w+=,.@/-]+$`
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:example="arn:aws:iam::123456789012:policy/boundary"
	PermissionsBoundary string `json:"permissionsBoundary,omitempty"`
	// ClusterRoleArn is an existing role for the control plane, with the policy
	// AmazonEKSClusterPolicy. Immutable. Default: a role is made.
	// +kubebuilder:validation:Pattern=`^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[\w+=,.@/-]+$`
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="clusterRoleArn is immutable: EKS can't change a cluster's role"
	ClusterRoleArn string `json:"clusterRoleArn,omitempty"`
	// NodeRoleArn is an existing role for the nodes, with the policies
	// AmazonEKSWorkerNodePolicy, AmazonEKS_CNI_Policy and
	// AmazonEC2ContainerRegistryPullOnly. Immutable. Default: a role is made.
	// +kubebuilder:validation:Pattern=`^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[\w+=,.@/-]+$`
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="nodeRoleArn is immutable: EKS can't change a node group's role"
	NodeRoleArn string `json:"nodeRoleArn,omitempty"`
}

// Network is the VPC, its subnets and their way out: one to create, or an
// existing one, given by vpcId and its subnets.
//
// +kubebuilder:validation:XValidation:rule="!has(self.vpcId) || has(self.privateSubnetIds)",message="vpcId needs privateSubnetIds: name the subnets of that VPC the nodes are to live in, at least two in different zones"
// +kubebuilder:validation:XValidation:rule="has(self.vpcId) || (!has(self.privateSubnetIds) && !has(self.publicSubnetIds))",message="privateSubnetIds and publicSubnetIds are for an existing VPC: set vpcId too"
// +kubebuilder:validation:XValidation:rule="has(self.vpcId) || !has(self.tagSubnets) || !self.tagSubnets",message="tagSubnets is for an existing VPC: the subnets of a new one are always tagged"
// +kubebuilder:validation:XValidation:rule="!has(self.vpcId) || !has(self.zones)",message="zones are for a new VPC: with vpcId the subnets decide"
// +kubebuilder:validation:XValidation:rule="!has(self.vpcId) || !has(self.cidr) || self.cidr == '10.0.0.0/16'",message="cidr is for a new VPC: leave it out with vpcId"
// +kubebuilder:validation:XValidation:rule="!has(self.vpcId) || !has(self.natGateway) || self.natGateway == 'Single'",message="natGateway is for a new VPC: leave it out with vpcId"
// +kubebuilder:validation:XValidation:rule="has(self.vpcId) == has(oldSelf.vpcId)",message="vpcId can be neither added nor removed later: a cluster can't change its VPC"
// +kubebuilder:validation:XValidation:rule="!has(self.publicSubnetIds) || !has(self.privateSubnetIds) || !self.publicSubnetIds.exists(s, s in self.privateSubnetIds)",message="a subnet is either public or private: name it in one of privateSubnetIds and publicSubnetIds"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.zones) || has(self.zones)",message="zones can't be removed once set: subnets live in them"
type Network struct {
	// CIDR of the VPC, a /16 to /20. One sixteenth of it becomes a private
	// subnet in each zone, one 256th a public one; the rest is left free.
	// Immutable.
	// +kubebuilder:default="10.0.0.0/16"
	// +kubebuilder:validation:MaxLength=18
	// +kubebuilder:validation:XValidation:rule="isCIDR(self) && cidr(self).ip().family() == 4 && cidr(self) == cidr(self).masked()",message="cidr must be the first address and prefix length of an IPv4 network, such as 10.0.0.0/16"
	// +kubebuilder:validation:XValidation:rule="!isCIDR(self) || (cidr(self).prefixLength() >= 16 && cidr(self).prefixLength() <= 20)",message="cidr must be a /16 to /20"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="cidr is immutable: AWS can't change the address range of a VPC"
	CIDR string `json:"cidr,omitempty"`

	// Zones are the ids of the availability zones to use, two to six. Ids
	// (euc1-az1), not names (eu-central-1a), mean the same place in every
	// account. Zones can be appended later. Default: three zones of the region
	// that EKS supports.
	// +kubebuilder:validation:MinItems=2
	// +kubebuilder:validation:MaxItems=6
	// +kubebuilder:validation:items:MaxLength=16
	// +kubebuilder:validation:items:Pattern=`^[a-z]+[0-9]-az[0-9]$`
	// +kubebuilder:validation:XValidation:rule="self.all(z, self.exists_one(o, o == z))",message="zones must not name a zone twice"
	// +kubebuilder:validation:XValidation:rule="size(self) >= size(oldSelf) && oldSelf.all(z, self.indexOf(z) == oldSelf.indexOf(z))",message="zones can only be appended: the order decides each subnet's addresses"
	// +listType=atomic
	// +kubebuilder:example={euc1-az1, euc1-az2}
	Zones []string `json:"zones,omitempty"`

	// NATGateway is how nodes in private subnets reach the internet: one NAT
	// gateway for all zones (Single), one in each zone (PerZone, no zone's
	// failure cuts another off), or None, for networks with a way out of their
	// own (a transit gateway, VPC endpoints).
	// +kubebuilder:default=Single
	NATGateway NATGateway `json:"natGateway,omitempty"`

	// VPCID is the id of an existing VPC. It and its subnets are used, never
	// changed or deleted. Immutable. Default: a VPC is created.
	// +kubebuilder:validation:Pattern=`^vpc-[0-9a-f]{8,17}$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="vpcId is immutable: a cluster can't change its VPC"
	// +kubebuilder:example="vpc-0123456789abcdef0"
	VPCID string `json:"vpcId,omitempty"`

	// PrivateSubnetIDs are existing subnets for nodes, databases and internal
	// load balancers, with a way out to the internet or to VPC endpoints.
	// Subnets can be added later.
	// +kubebuilder:validation:MinItems=2
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=24
	// +kubebuilder:validation:items:Pattern=`^subnet-[0-9a-f]{8,17}$`
	// +listType=set
	PrivateSubnetIDs []string `json:"privateSubnetIds,omitempty"`

	// PublicSubnetIDs are existing subnets for internet-facing load balancers.
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=24
	// +kubebuilder:validation:items:Pattern=`^subnet-[0-9a-f]{8,17}$`
	// +listType=set
	PublicSubnetIDs []string `json:"publicSubnetIds,omitempty"`

	// TagSubnets puts the tags kubernetes.io/role/elb on the existing public
	// subnets and kubernetes.io/role/internal-elb on the private ones, by which
	// the load balancer controller chooses. Default: they are left alone, and
	// it chooses by what their route tables reach.
	// +kubebuilder:default=false
	TagSubnets bool `json:"tagSubnets"`
}

// NATGateway says how many NAT gateways a network has.
//
// +kubebuilder:validation:Enum=None;Single;PerZone
type NATGateway string

// The numbers of NAT gateways a network can have.
const (
	NATGatewayNone    NATGateway = "None"
	NATGatewaySingle  NATGateway = "Single"
	NATGatewayPerZone NATGateway = "PerZone"
)

// Cluster is the EKS control plane.
type Cluster struct {
	// Version is the cluster's Kubernetes minor version.
	// +kubebuilder:default="1.35"
	Version KubernetesVersion `json:"version,omitempty"`

	// SupportType is what happens when the version's standard support ends:
	// Standard upgrades the cluster, Extended pays to stay.
	// https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
	// +kubebuilder:default=Standard
	// +kubebuilder:validation:Enum=Standard;Extended
	SupportType string `json:"supportType,omitempty"`

	// EndpointAccess is from where the Kubernetes API can be reached.
	// +kubebuilder:default={}
	EndpointAccess EndpointAccess `json:"endpointAccess,omitzero"`

	// Logging is what the control plane logs to CloudWatch.
	// +kubebuilder:default={}
	Logging Logging `json:"logging,omitzero"`

	// SecretsEncryption encrypts Kubernetes Secrets with a KMS key.
	// +kubebuilder:default={}
	SecretsEncryption SecretsEncryption `json:"secretsEncryption,omitzero"`

	// Admins are the ARNs of IAM roles that are cluster administrators.
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:Pattern=`^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[\w+=,.@/-]+$`
	// +kubebuilder:validation:items:MaxLength=256
	// +listType=set
	// +kubebuilder:example={"arn:aws:iam::123456789012:role/admin"}
	Admins []string `json:"admins,omitempty"`

	// Addons pins versions of EKS add-ons. Default: the version EKS recommends
	// for the cluster's version when the add-on is created.
	// +listType=map
	// +listMapKey=name
	Addons []Addon `json:"addons,omitempty"`

	// DeletionProtection makes EKS refuse to delete the cluster.
	// +kubebuilder:default=false
	DeletionProtection bool `json:"deletionProtection"`
}

// KubernetesVersion is a Kubernetes minor version that EKS, the AWS provider
// and every controller support.
//
// +kubebuilder:validation:Enum="1.33";"1.34";"1.35";"1.36"
type KubernetesVersion string

// The rule asks whether public is there because the API server holds the
// default of endpointAccess, {}, against it before it completes the default.

// EndpointAccess is from where the Kubernetes API can be reached.
//
// +kubebuilder:validation:XValidation:rule="!has(self.public) || self.public || self.private",message="endpointAccess must be public, private or both"
type EndpointAccess struct {
	// Public makes the API reachable from the addresses in publicCidrs.
	// +kubebuilder:default=true
	Public bool `json:"public"`
	// Private makes the API reachable from inside the VPC. With it alone,
	// Crossplane must run where it can reach the VPC.
	// +kubebuilder:default=true
	Private bool `json:"private"`
	// PublicCIDRs are the address ranges that reach the public endpoint.
	// +kubebuilder:default={"0.0.0.0/0"}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=40
	// +kubebuilder:validation:items:MaxLength=18
	// +kubebuilder:validation:XValidation:rule="self.all(c, isCIDR(c) && cidr(c).ip().family() == 4)",message="publicCidrs must be IPv4 CIDRs, such as 203.0.113.0/24"
	// +listType=set
	PublicCIDRs []string `json:"publicCidrs,omitempty"`
}

// SecretsEncryption encrypts Kubernetes Secrets with a KMS key. EKS can neither
// switch it off nor change the key.
//
// +kubebuilder:validation:XValidation:rule="!has(self.kmsKeyArn) || !has(self.enabled) || self.enabled",message="kmsKeyArn is the key to encrypt with: set enabled too"
// +kubebuilder:validation:XValidation:rule="has(self.kmsKeyArn) == has(oldSelf.kmsKeyArn)",message="kmsKeyArn can be neither added nor removed later: EKS can't change how a cluster encrypts its Secrets"
type SecretsEncryption struct {
	// Enabled encrypts Secrets with a key. Immutable.
	// +kubebuilder:default=true
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="enabled is immutable: EKS can't change how a cluster encrypts its Secrets"
	Enabled bool `json:"enabled"`
	// KMSKeyArn is the ARN of an existing symmetric key in the platform's
	// region. Immutable. Default: a key is made.
	// +kubebuilder:validation:Pattern=`^arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:key/[0-9a-zA-Z-]+$`
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="kmsKeyArn is immutable: EKS can't change how a cluster encrypts its Secrets"
	KMSKeyArn string `json:"kmsKeyArn,omitempty"`
}

// Logging is what the control plane logs to CloudWatch.
type Logging struct {
	// Types of log to write; an empty list writes none.
	// +kubebuilder:default={api, audit, authenticator}
	// +kubebuilder:validation:items:Enum=api;audit;authenticator;controllerManager;scheduler
	// +kubebuilder:validation:MaxItems=5
	// +listType=set
	Types []string `json:"types"`
	// RetentionDays is how long logs are kept, in days, one of the periods
	// CloudWatch Logs has.
	// +kubebuilder:default=90
	// +kubebuilder:validation:Enum=1;3;5;7;14;30;60;90;120;150;180;365;400;545;731;1096;1827;2192;2557;2922;3288;3653
	RetentionDays int32 `json:"retentionDays,omitempty"`
}

// Addon pins an EKS add-on.
type Addon struct {
	// Name of the add-on.
	// +required
	// +kubebuilder:validation:Enum=vpc-cni;kube-proxy;eks-pod-identity-agent;coredns;aws-ebs-csi-driver
	Name string `json:"name"`
	// Version of the add-on, as "aws eks describe-addon-versions" lists it.
	// +required
	// +kubebuilder:validation:Pattern=`^v[0-9]+\.[0-9]+\.[0-9]+-eksbuild\.[0-9]+$`
	// +kubebuilder:example=v1.20.4-eksbuild.1
	Version string `json:"version"`
}

// The first rule asks whether minSize is there because the API server holds the
// default of nodeGroups against it before it completes the default.

// NodeGroup is an EKS managed node group in the private subnets.
//
// +kubebuilder:validation:XValidation:rule="!has(self.minSize) || self.minSize <= self.maxSize",message="minSize must not be above maxSize"
// +kubebuilder:validation:XValidation:rule="!has(self.desiredSize) || (self.minSize <= self.desiredSize && self.desiredSize <= self.maxSize)",message="desiredSize must lie between minSize and maxSize"
type NodeGroup struct {
	// Name of the node group, unique in the platform.
	// +required
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:Pattern=`^[a-z]([a-z0-9]|-[a-z0-9])*$`
	Name string `json:"name"`
	// InstanceTypes the group may use; several make Spot capacity easier to
	// find. They should have the same CPU and memory: the autoscaler takes them
	// for equal.
	// +kubebuilder:default={m6i.large}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9-]+\.[a-z0-9-]+$`
	// +kubebuilder:validation:items:MaxLength=32
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
	// CapacityType is how instances are bought.
	// +kubebuilder:default=OnDemand
	// +kubebuilder:validation:Enum=OnDemand;Spot
	CapacityType string `json:"capacityType,omitempty"`
	// AMIType is the operating system, processor architecture and accelerator
	// the nodes are made for; it must fit the instance types.
	// +kubebuilder:default=AL2023_x86_64_STANDARD
	// +kubebuilder:validation:Enum=AL2023_x86_64_STANDARD;AL2023_ARM_64_STANDARD;AL2023_x86_64_NVIDIA;AL2023_ARM_64_NVIDIA;AL2023_x86_64_NEURON;BOTTLEROCKET_x86_64;BOTTLEROCKET_ARM_64;BOTTLEROCKET_x86_64_FIPS;BOTTLEROCKET_ARM_64_FIPS;BOTTLEROCKET_x86_64_NVIDIA;BOTTLEROCKET_ARM_64_NVIDIA
	AMIType string `json:"amiType,omitempty"`
	// Zones are the zone ids the group is placed in; they must be among those
	// of a network the platform makes. Default: all of them.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=6
	// +kubebuilder:validation:items:MaxLength=16
	// +listType=set
	Zones []string `json:"zones,omitempty"`
	// Labels every node of the group carries.
	// +kubebuilder:validation:MaxProperties=15
	// +kubebuilder:validation:XValidation:rule="self.all(k, size(k) >= 1 && size(k) <= 63 && size(self[k]) >= 1 && size(self[k]) <= 63)",message="EKS takes labels with keys and values of 1 to 63 characters"
	Labels map[string]string `json:"labels,omitempty"`
	// Taints every node of the group carries.
	// +kubebuilder:validation:MaxItems=15
	// +listType=atomic
	Taints []Taint `json:"taints,omitempty"`
}

// Taint keeps pods that do not tolerate it off a node.
type Taint struct {
	// Key of the taint.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Key string `json:"key"`
	// Value of the taint.
	// +kubebuilder:validation:MaxLength=63
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

// DNS is a Route 53 hosted zone: one to create, or an existing one.
//
// +kubebuilder:validation:XValidation:rule="!has(self.zoneId) || !self.forceDestroy",message="forceDestroy is for a zone of this platform: a zone given by zoneId is never deleted"
// +kubebuilder:validation:XValidation:rule="has(self.zoneId) == has(oldSelf.zoneId)",message="zoneId can be neither added nor removed later: remove dns first, then add it anew"
type DNS struct {
	// Domain of the zone; ExternalDNS manages names in it. Immutable.
	// +required
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="domain is immutable: remove dns first, then add it anew"
	// +kubebuilder:example=dev.example.com
	Domain string `json:"domain"`
	// ZoneID is the id of an existing zone of this domain. It is used, never
	// changed or deleted. Default: a zone is created.
	// +kubebuilder:validation:Pattern=`^Z[A-Z0-9]{1,31}$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="zoneId is immutable: remove dns first, then add it anew"
	// +kubebuilder:example=Z0123456789ABCDEFGHIJ
	ZoneID string `json:"zoneId,omitempty"`
	// Private zones are seen in the platform's VPC only. Immutable.
	// +kubebuilder:default=false
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="private is immutable: remove dns first, then add it anew"
	Private bool `json:"private"`
	// ForceDestroy deletes the zone with whatever records are left in it.
	// +kubebuilder:default=false
	ForceDestroy bool `json:"forceDestroy"`
}

// Database is an RDS instance. Its master password is made and rotated by AWS
// in Secrets Manager.
//
// +kubebuilder:validation:XValidation:rule="!has(self.maxStorageGiB) || self.maxStorageGiB > self.storageGiB",message="maxStorageGiB must be above storageGiB"
type Database struct {
	// Name of the database, unique in the platform.
	// +required
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:Pattern=`^[a-z]([a-z0-9]|-[a-z0-9])*$`
	Name string `json:"name"`
	// Engine of the database. Immutable.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="engine is immutable: add another database and move the data"
	Engine Engine `json:"engine"`
	// Version of the engine, major or exact. Default: AWS's default.
	// +kubebuilder:validation:Pattern=`^[0-9]+(\.[0-9]+){0,2}$`
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:example="17"
	Version string `json:"version,omitempty"`
	// InstanceClass is the size of the instance.
	// +kubebuilder:default=db.t4g.medium
	// +kubebuilder:validation:Pattern=`^db\.[a-z0-9-]+\.[a-z0-9-]+$`
	// +kubebuilder:validation:MaxLength=32
	InstanceClass string `json:"instanceClass,omitempty"`
	// StorageGiB is the size of the encrypted gp3 volume in GiB.
	// +kubebuilder:default=20
	// +kubebuilder:validation:Minimum=20
	// +kubebuilder:validation:Maximum=65536
	StorageGiB int32 `json:"storageGiB,omitempty"`
	// MaxStorageGiB lets AWS grow the volume up to this size in GiB. Default:
	// it does not grow.
	// +kubebuilder:validation:Minimum=21
	// +kubebuilder:validation:Maximum=65536
	MaxStorageGiB *int32 `json:"maxStorageGiB,omitempty"`
	// MultiAZ keeps a standby in a second zone.
	// +kubebuilder:default=false
	MultiAZ bool `json:"multiAz"`
	// BackupRetentionDays is how long automatic backups are kept; 0 makes
	// none.
	// +kubebuilder:default=7
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=35
	BackupRetentionDays int32 `json:"backupRetentionDays"`
	// DeletionProtection makes RDS refuse to delete the instance.
	// +kubebuilder:default=true
	DeletionProtection bool `json:"deletionProtection"`
	// FinalSnapshot takes a snapshot before the instance is deleted.
	// +kubebuilder:default=true
	FinalSnapshot bool `json:"finalSnapshot"`
}

// Engine of a database.
//
// +kubebuilder:validation:Enum=postgres;mysql;mariadb
type Engine string

// The engines a database can have.
const (
	EnginePostgres Engine = "postgres"
	EngineMySQL    Engine = "mysql"
	EngineMariaDB  Engine = "mariadb"
)

// Queue is an SQS queue, encrypted with keys SQS manages.
//
// +kubebuilder:validation:XValidation:rule="self.fifo || !self.contentBasedDeduplication",message="contentBasedDeduplication is for FIFO queues: set fifo too"
type Queue struct {
	// Name of the queue, unique in the platform. FIFO queues get AWS's .fifo
	// suffix by themselves.
	// +required
	// +kubebuilder:validation:MaxLength=30
	// +kubebuilder:validation:Pattern=`^[a-z]([a-z0-9]|-[a-z0-9])*$`
	Name string `json:"name"`
	// FIFO queues keep messages in order and deliver them once. Immutable.
	// +kubebuilder:default=false
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="fifo is immutable: add another queue and move over"
	FIFO bool `json:"fifo"`
	// ContentBasedDeduplication takes a message's content for its
	// deduplication id.
	// +kubebuilder:default=false
	ContentBasedDeduplication bool `json:"contentBasedDeduplication"`
	// VisibilityTimeoutSeconds is how long a received message stays hidden
	// from other receivers.
	// +kubebuilder:default=30
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=43200
	VisibilityTimeoutSeconds int32 `json:"visibilityTimeoutSeconds"`
	// RetentionSeconds is how long a message is kept.
	// +kubebuilder:default=345600
	// +kubebuilder:validation:Minimum=60
	// +kubebuilder:validation:Maximum=1209600
	RetentionSeconds int32 `json:"retentionSeconds,omitempty"`
	// DeadLetter gives the queue a second one for messages nobody could
	// handle.
	DeadLetter *DeadLetter `json:"deadLetter,omitempty"`
}

// DeadLetter is a queue for messages nobody could handle.
type DeadLetter struct {
	// MaxReceiveCount is how often a message is received before it is moved
	// to the dead-letter queue.
	// +kubebuilder:default=5
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	MaxReceiveCount int32 `json:"maxReceiveCount,omitempty"`
	// RetentionSeconds is how long the dead-letter queue keeps a message,
	// counted from when it was first sent.
	// +kubebuilder:default=1209600
	// +kubebuilder:validation:Minimum=60
	// +kubebuilder:validation:Maximum=1209600
	RetentionSeconds int32 `json:"retentionSeconds,omitempty"`
}

// Controllers run in the cluster and make AWS resources for what is deployed
// there.
type Controllers struct {
	// ClusterAutoscaler makes EC2 instances for pods that find no node, and
	// removes idle ones.
	// +kubebuilder:default={}
	ClusterAutoscaler Controller `json:"clusterAutoscaler,omitzero"`
	// LoadBalancerController is the AWS Load Balancer Controller: it makes
	// load balancers for Ingresses and Services.
	// +kubebuilder:default={}
	LoadBalancerController Controller `json:"loadBalancerController,omitzero"`
	// ExternalDNS writes records for Ingresses and Services into the hosted
	// zone of dns; without dns it is not installed.
	// +kubebuilder:default={}
	ExternalDNS Controller `json:"externalDNS,omitzero"`
	// MetricsServer feeds "kubectl top" and the horizontal pod autoscaler.
	// +kubebuilder:default={}
	MetricsServer OptionalController `json:"metricsServer,omitzero"`
}

// Controller is a Helm release of a controller that is installed unless the
// claim says otherwise.
type Controller struct {
	Chart `json:",inline"`

	// Enabled installs the controller.
	// +kubebuilder:default=true
	Enabled bool `json:"enabled"`
}

// OptionalController is a Helm release of a controller that is installed only
// if the claim says so.
type OptionalController struct {
	Chart `json:",inline"`

	// Enabled installs the controller.
	// +kubebuilder:default=false
	Enabled bool `json:"enabled"`
}

// Chart is a Helm chart and what to install it with.
type Chart struct {
	// Version of the chart. Default: the version this release of XPlatform was
	// tested with.
	// +kubebuilder:validation:Pattern=`^v?[0-9]+\.[0-9]+\.[0-9]+([+-][0-9A-Za-z.-]+)?$`
	// +kubebuilder:validation:MaxLength=64
	Version string `json:"version,omitempty"`
	// Repository the chart is taken from, an https:// or oci:// URL. Default:
	// the chart's own.
	// +kubebuilder:validation:Pattern=`^(https|oci)://[^\s]+$`
	// +kubebuilder:validation:MaxLength=256
	Repository string `json:"repository,omitempty"`
	// Values are merged over the ones XPlatform sets, the way Helm merges
	// values: maps are merged, anything else is replaced, null removes.
	// +kubebuilder:validation:XPreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=object
	Values *extv1.JSON `json:"values,omitempty"`
}
