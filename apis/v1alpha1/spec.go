package v1alpha1

import (
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// PlatformSpec is a platform as it is wished for. A region is enough.
//
// +kubebuilder:validation:XValidation:rule="has(self.name) == has(oldSelf.name)",message="name is immutable: it can be neither added nor removed later, the AWS resources carry it",fieldPath=".name"
// +kubebuilder:validation:XValidation:rule="!has(self.network) || !has(self.network.zones) || !self.region.matches('^[a-z]{2}(-gov)?-(central|(north|south)?(east|west)?)-[0-9]$') || self.network.zones.all(z, !z.contains('-az') || z.startsWith(self.region.substring(0, size(self.region) - 2).replace('-gov', 'g').replace('-north', 'n').replace('-south', 's').replace('-central', 'c').replace('-east', 'e').replace('-west', 'w').replace('east', 'e').replace('west', 'w') + self.region.substring(size(self.region) - 1) + '-az'))",message="zones must be in the platform's region: those of eu-central-1 are euc1-az1 and so on",fieldPath=".network.zones"
// +kubebuilder:validation:XValidation:rule="!has(self.cluster) || !has(self.cluster.secretsEncryption) || !has(self.cluster.secretsEncryption.kmsKeyArn) || self.cluster.secretsEncryption.kmsKeyArn.contains(':kms:' + self.region + ':')",message="kmsKeyArn must be a key in the platform's region: EKS takes no other",fieldPath=".cluster.secretsEncryption.kmsKeyArn"
type PlatformSpec struct {
	// Region is the AWS region everything is created in. Immutable.
	// +required
	// +kubebuilder:validation:Pattern=`^[a-z]{2}(-[a-z]+)+-[0-9]$`
	// +kubebuilder:validation:MaxLength=25
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]{2}(-[a-z]+)+-[0-9]$')",message="region must be the code of an AWS region, such as eu-central-1"
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
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]([a-z0-9]|-[a-z0-9])*$')",message="name must be lower-case letters, digits and single hyphens, begin with a letter and not end with a hyphen, such as team-a-dev"
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
	// +kubebuilder:validation:XValidation:rule="self.all(k, size(k) >= 1 && size(k) <= 128)",message="tags must have keys of 1 to 128 characters"
	// +kubebuilder:validation:XValidation:rule="self.all(k, self[k].matches('^(:*[\\\\p{L}\\\\p{N}_./=+@-]( *:*[\\\\p{L}\\\\p{N}_./=+@-])*)?$'))",message="tags must have values of letters, digits, spaces and _ . : / = + - @, without a space at an end or a colon before one: IAM and the load balancer controller take no others"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !['aws:', 'Aws:', 'AWS:'].exists(p, k.startsWith(p)))",message="tags must not begin with aws: as AWS's own do"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !(k in ['Name', 'xplatform.dev/platform']) && !['kubernetes.io/', 'k8s.io/', 'elbv2.k8s.aws/', 'ingress.k8s.aws/', 'service.k8s.aws/'].exists(p, k.startsWith(p)))",message="tags must not be Name or xplatform.dev/platform, nor begin with kubernetes.io/, k8s.io/ or elbv2.k8s.aws/: the platform sets those, and controllers find its resources by them"
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
// +kubebuilder:validation:XValidation:rule="has(self.clusterRoleArn) == has(oldSelf.clusterRoleArn)",message="clusterRoleArn can be neither added nor removed later: EKS can't change a cluster's role",fieldPath=".clusterRoleArn"
// +kubebuilder:validation:XValidation:rule="has(self.nodeRoleArn) == has(oldSelf.nodeRoleArn)",message="nodeRoleArn can be neither added nor removed later: EKS can't change a node group's role",fieldPath=".nodeRoleArn"
type IAM struct {
	// PermissionsBoundary is the ARN of the policy that bounds every role the
	// platform makes.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^arn:aws(-[a-z]+)*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9_+=,.@/-]+$')",message="permissionsBoundary must be the ARN of an IAM policy, such as arn:aws:iam::123456789012:policy/boundary"
	// +kubebuilder:example="arn:aws:iam::123456789012:policy/boundary"
	PermissionsBoundary string `json:"permissionsBoundary,omitempty"`
	// ClusterRoleArn is an existing role for the control plane, with the policy
	// AmazonEKSClusterPolicy. Immutable. Default: a role is made.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$')",message="clusterRoleArn must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/eks-cluster"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="clusterRoleArn is immutable: EKS can't change a cluster's role"
	ClusterRoleArn string `json:"clusterRoleArn,omitempty"`
	// NodeRoleArn is an existing role for the nodes, with the policies
	// AmazonEKSWorkerNodePolicy, AmazonEKS_CNI_Policy and
	// AmazonEC2ContainerRegistryPullOnly. Immutable. Default: a role is made.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$')",message="nodeRoleArn must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/eks-nodes"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="nodeRoleArn is immutable: EKS can't change a node group's role"
	NodeRoleArn string `json:"nodeRoleArn,omitempty"`
}

// Network is the VPC, its subnets and their way out: one to create, or an
// existing one, given by vpcId and its subnets.
//
// +kubebuilder:validation:XValidation:rule="!has(self.vpcId) || has(self.privateSubnetIds)",message="vpcId needs privateSubnetIds: name the subnets of that VPC the nodes are to live in, at least two in different zones",fieldPath=".privateSubnetIds"
// +kubebuilder:validation:XValidation:rule="has(self.vpcId) || (!has(self.privateSubnetIds) && !has(self.publicSubnetIds))",message="privateSubnetIds and publicSubnetIds are for an existing VPC: set vpcId too",fieldPath=".vpcId"
// +kubebuilder:validation:XValidation:rule="has(self.vpcId) || !has(self.tagSubnets) || !self.tagSubnets",message="tagSubnets is for an existing VPC, leave it out: the subnets of a new one are always tagged",fieldPath=".tagSubnets"
// +kubebuilder:validation:XValidation:rule="!has(self.vpcId) || !has(self.zones)",message="zones are for a new VPC: leave them out with vpcId, where the subnets decide",fieldPath=".zones"
// +kubebuilder:validation:XValidation:rule="!has(self.vpcId) || !has(self.cidr) || self.cidr == '10.0.0.0/16'",message="cidr is for a new VPC: leave it out with vpcId",fieldPath=".cidr"
// +kubebuilder:validation:XValidation:rule="!has(self.vpcId) || !has(self.natGateway) || self.natGateway == 'Single'",message="natGateway is for a new VPC: leave it out with vpcId",fieldPath=".natGateway"
// +kubebuilder:validation:XValidation:rule="has(self.vpcId) == has(oldSelf.vpcId)",message="vpcId can be neither added nor removed later: a cluster can't change its VPC",fieldPath=".vpcId"
// +kubebuilder:validation:XValidation:rule="!has(self.publicSubnetIds) || !has(self.privateSubnetIds) || !self.publicSubnetIds.exists(s, s in self.privateSubnetIds)",message="publicSubnetIds must not name a subnet of privateSubnetIds: a subnet is either public or private",fieldPath=".publicSubnetIds"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.zones) || has(self.zones)",message="zones can't be removed once set: subnets live in them; keep the list, and append to it",fieldPath=".zones"
type Network struct {
	// CIDR of the VPC, a private range (RFC 1918) of /16 to /20. One sixteenth
	// of it becomes a private subnet in each zone, one 256th a public one; the
	// rest is left free. Immutable.
	// +kubebuilder:default="10.0.0.0/16"
	// +kubebuilder:validation:MaxLength=43
	// +kubebuilder:validation:XValidation:rule="isCIDR(self) && cidr(self).ip().family() == 4 && cidr(self) == cidr(self).masked()",message="cidr must be the first address and prefix length of an IPv4 network, such as 10.0.0.0/16"
	// +kubebuilder:validation:XValidation:rule="!isCIDR(self) || cidr(self).ip().family() != 4 || (cidr(self).prefixLength() >= 16 && cidr(self).prefixLength() <= 20)",message="cidr must be a /16 to /20: AWS has no larger VPC, and the public subnets of a smaller one, a 256th of it each, would be below AWS's smallest"
	// +kubebuilder:validation:XValidation:rule="!isCIDR(self) || cidr(self).ip().family() != 4 || ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].exists(p, cidr(p).containsCIDR(cidr(self)))",message="cidr must be in a private range of RFC 1918: 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
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
	// +kubebuilder:validation:items:XValidation:rule="self.matches('^[a-z]+[0-9]-az[0-9]$')",message="zones must be zone ids, such as euc1-az1: a name, such as eu-central-1a, is another place in every account"
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
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^vpc-[0-9a-f]{8,17}$')",message="vpcId must be the id of a VPC, such as vpc-0123456789abcdef0"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="vpcId is immutable: a cluster can't change its VPC"
	// +kubebuilder:example="vpc-0123456789abcdef0"
	VPCID string `json:"vpcId,omitempty"`

	// PrivateSubnetIDs are existing subnets for nodes, databases and internal
	// load balancers, with a way out to the internet or to VPC endpoints.
	// Subnets can be added later.
	// +kubebuilder:validation:MinItems=2
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=32
	// +kubebuilder:validation:items:XValidation:rule="self.matches('^subnet-[0-9a-f]{8,17}$')",message="privateSubnetIds must be ids of subnets, such as subnet-0123456789abcdef0"
	// +listType=set
	PrivateSubnetIDs []string `json:"privateSubnetIds,omitempty"`

	// PublicSubnetIDs are existing subnets for internet-facing load balancers.
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=32
	// +kubebuilder:validation:items:XValidation:rule="self.matches('^subnet-[0-9a-f]{8,17}$')",message="publicSubnetIds must be ids of subnets, such as subnet-0123456789abcdef0"
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
	// +kubebuilder:validation:XValidation:rule="int(self.substring(2)) - int(oldSelf.substring(2)) in [-1, 0, 1]",message="version can change by one minor version at a time: set the next one, and wait for the cluster to have it"
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
	// +kubebuilder:validation:items:MaxLength=256
	// +kubebuilder:validation:items:XValidation:rule="self.matches('^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$')",message="admins must be ARNs of IAM roles, such as arn:aws:iam::123456789012:role/admin"
	// +listType=set
	// +kubebuilder:example={"arn:aws:iam::123456789012:role/admin"}
	Admins []string `json:"admins,omitempty"`

	// Addons pins versions of EKS add-ons. Default: the version EKS recommends
	// for the cluster's version when the add-on is created.
	// +kubebuilder:validation:MaxItems=5
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
// +kubebuilder:validation:XValidation:rule="!has(self.public) || self.public || self.private",message="endpointAccess must be public, private or both: set public or private to true"
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
	// +kubebuilder:validation:items:MaxLength=43
	// +kubebuilder:validation:items:XValidation:rule="isCIDR(self) && cidr(self).ip().family() == 4 && cidr(self) == cidr(self).masked()",message="publicCidrs must be the first address and prefix length of IPv4 networks, such as 203.0.113.0/24 or 203.0.113.7/32"
	// +kubebuilder:validation:items:XValidation:rule="!isCIDR(self) || cidr(self).ip().family() != 4 || !['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].exists(p, cidr(p).containsCIDR(cidr(self)))",message="publicCidrs must be addresses on the internet: private ones never reach the public endpoint, only the private one"
	// +listType=set
	PublicCIDRs []string `json:"publicCidrs,omitempty"`
}

// SecretsEncryption encrypts Kubernetes Secrets with a KMS key. EKS can neither
// switch it off nor change the key.
//
// +kubebuilder:validation:XValidation:rule="!has(self.kmsKeyArn) || !has(self.enabled) || self.enabled",message="kmsKeyArn is the key to encrypt with: set enabled to true, or leave kmsKeyArn out",fieldPath=".kmsKeyArn"
// +kubebuilder:validation:XValidation:rule="has(self.kmsKeyArn) == has(oldSelf.kmsKeyArn)",message="kmsKeyArn can be neither added nor removed later: EKS can't change how a cluster encrypts its Secrets",fieldPath=".kmsKeyArn"
type SecretsEncryption struct {
	// Enabled encrypts Secrets with a key. Immutable.
	// +kubebuilder:default=true
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="enabled is immutable: EKS can't change how a cluster encrypts its Secrets"
	Enabled bool `json:"enabled"`
	// KMSKeyArn is the ARN of an existing symmetric key in the platform's
	// region. Immutable. Default: a key is made.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:key/[0-9a-zA-Z-]+$')",message="kmsKeyArn must be the ARN of a KMS key, such as arn:aws:kms:eu-central-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
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
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^v[0-9]+[.][0-9]+[.][0-9]+-eksbuild[.][0-9]+$')",message="version must be one EKS has of the add-on, such as v1.20.4-eksbuild.1"
	// +kubebuilder:example=v1.20.4-eksbuild.1
	Version string `json:"version"`
}

// The first rule asks whether minSize is there because the API server holds the
// default of nodeGroups against it before it completes the default.

// NodeGroup is an EKS managed node group in the private subnets.
//
// +kubebuilder:validation:XValidation:rule="!has(self.minSize) || self.minSize <= self.maxSize",message="minSize (2 unless given) must not be above maxSize (5 unless given)",fieldPath=".minSize"
// +kubebuilder:validation:XValidation:rule="!has(self.desiredSize) || (self.minSize <= self.desiredSize && self.desiredSize <= self.maxSize)",message="desiredSize must lie between minSize (2 unless given) and maxSize (5 unless given)",fieldPath=".desiredSize"
// +kubebuilder:validation:XValidation:rule="!has(self.amiType) || !has(self.instanceTypes) || self.amiType.contains('ARM_64') || !self.instanceTypes.exists(t, t.matches('^(a1|[a-z]+[0-9]+[a-z]*g[a-z]*)[.]'))",message="amiType must be one for ARM_64 with Graviton instance types, which have a g after the number, as m7g.large has",fieldPath=".amiType"
// +kubebuilder:validation:XValidation:rule="has(self.zones) == has(oldSelf.zones)",message="zones can be neither added nor removed later: EKS can't move a node group; add a node group of another name, then remove this one",fieldPath=".zones"
type NodeGroup struct {
	// Name of the node group, unique in the platform.
	// +required
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]([a-z0-9]|-[a-z0-9])*$')",message="name must be lower-case letters, digits and single hyphens, begin with a letter and not end with a hyphen, such as general"
	Name string `json:"name"`
	// InstanceTypes the group may use; several make Spot capacity easier to
	// find. They should have the same CPU and memory: the autoscaler takes them
	// for equal. Immutable.
	// +kubebuilder:default={m6i.large}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MaxLength=32
	// +kubebuilder:validation:items:XValidation:rule="self.matches('^[a-z0-9-]+[.][a-z0-9-]+$')",message="instanceTypes must be EC2 instance types, such as m6i.large"
	// +kubebuilder:validation:XValidation:rule="self.all(t, self.exists_one(o, o == t))",message="instanceTypes must not name a type twice"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="instanceTypes is immutable: EKS can't change them in a node group; add a node group of another name, then remove this one"
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
	// CapacityType is how instances are bought. Immutable.
	// +kubebuilder:default=OnDemand
	// +kubebuilder:validation:Enum=OnDemand;Spot
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="capacityType is immutable: EKS can't change it in a node group; add a node group of another name, then remove this one"
	CapacityType string `json:"capacityType,omitempty"`
	// AMIType is the operating system, processor architecture and accelerator
	// the nodes are made for; it must fit the instance types. Immutable.
	// +kubebuilder:default=AL2023_x86_64_STANDARD
	// +kubebuilder:validation:Enum=AL2023_x86_64_STANDARD;AL2023_ARM_64_STANDARD;AL2023_x86_64_NVIDIA;AL2023_ARM_64_NVIDIA;AL2023_x86_64_NEURON;BOTTLEROCKET_x86_64;BOTTLEROCKET_ARM_64;BOTTLEROCKET_x86_64_FIPS;BOTTLEROCKET_ARM_64_FIPS;BOTTLEROCKET_x86_64_NVIDIA;BOTTLEROCKET_ARM_64_NVIDIA
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="amiType is immutable: EKS can't change it in a node group; add a node group of another name, then remove this one"
	AMIType string `json:"amiType,omitempty"`
	// Zones are the zone ids the group is placed in; they must be among those
	// of a network the platform makes. Immutable. Default: all of them.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=6
	// +kubebuilder:validation:items:MaxLength=16
	// +kubebuilder:validation:items:XValidation:rule="self.matches('^[a-z]+[0-9]-az[0-9]$')",message="zones must be zone ids, such as euc1-az1: a name, such as eu-central-1a, is another place in every account"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="zones is immutable: EKS can't move a node group; add a node group of another name, then remove this one"
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

// DNS is a Route 53 hosted zone: one to create, or an existing one.
//
// +kubebuilder:validation:XValidation:rule="!has(self.zoneId) || !self.forceDestroy",message="forceDestroy is for a zone of this platform, leave it out: a zone given by zoneId is never deleted",fieldPath=".forceDestroy"
// +kubebuilder:validation:XValidation:rule="has(self.zoneId) == has(oldSelf.zoneId)",message="zoneId can be neither added nor removed later: remove dns first, then add it anew",fieldPath=".zoneId"
type DNS struct {
	// Domain of the zone; ExternalDNS manages names in it. Immutable.
	// +required
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$')",message="domain must be two or more lower-case names with dots between them and none at the end, such as dev.example.com"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="domain is immutable: remove dns first, then add it anew"
	// +kubebuilder:example=dev.example.com
	Domain string `json:"domain"`
	// ZoneID is the id of an existing zone of this domain. It is used, never
	// changed or deleted. Default: a zone is created.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^Z[A-Z0-9]{1,31}$')",message="zoneId must be the id of a hosted zone, such as Z0123456789ABCDEFGHIJ"
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
// +kubebuilder:validation:XValidation:rule="!has(self.maxStorageGiB) || self.maxStorageGiB * 10 >= self.storageGiB * 11",message="maxStorageGiB must be above storageGiB (20 unless given), by at least a tenth: RDS grows a volume by no less",fieldPath=".maxStorageGiB"
type Database struct {
	// Name of the database, unique in the platform.
	// +required
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]([a-z0-9]|-[a-z0-9])*$')",message="name must be lower-case letters, digits and single hyphens, begin with a letter and not end with a hyphen, such as orders"
	Name string `json:"name"`
	// Engine of the database. Immutable.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="engine is immutable: add another database and move the data"
	Engine Engine `json:"engine"`
	// Version of the engine, major or exact. Default: AWS's default.
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]+([.][0-9]+){0,2}$')",message="version must be a version of the engine, major or exact, such as 17 or 17.4"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[0-9]+([.][0-9]+){0,2}$') || int(self.split('.')[0]) >= int(oldSelf.split('.')[0])",message="version can't go back to a lower major version: RDS has no way back; leave version out to keep what runs"
	// +kubebuilder:example="17"
	Version string `json:"version,omitempty"`
	// InstanceClass is the size of the instance.
	// +kubebuilder:default=db.t4g.medium
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^db[.][a-z0-9-]+[.][a-z0-9-]+$')",message="instanceClass must be an RDS instance class, such as db.t4g.medium"
	InstanceClass string `json:"instanceClass,omitempty"`
	// StorageGiB is the size of the encrypted gp3 volume in GiB. It can only grow.
	// +kubebuilder:default=20
	// +kubebuilder:validation:Minimum=20
	// +kubebuilder:validation:Maximum=65536
	// +kubebuilder:validation:XValidation:rule="self >= oldSelf",message="storageGiB can only grow: RDS can't shrink a volume"
	// +kubebuilder:validation:XValidation:rule="self <= oldSelf || self * 10 >= oldSelf * 11",message="storageGiB can only grow by a tenth or more at once: RDS grows a volume by no less"
	StorageGiB int32 `json:"storageGiB,omitempty"`
	// MaxStorageGiB lets AWS grow the volume up to this size in GiB. Default:
	// it does not grow.
	// +kubebuilder:validation:Minimum=22
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
// +kubebuilder:validation:XValidation:rule="self.fifo || !self.contentBasedDeduplication",message="contentBasedDeduplication is for FIFO queues: set fifo to true too",fieldPath=".contentBasedDeduplication"
type Queue struct {
	// Name of the queue, unique in the platform. FIFO queues get AWS's .fifo
	// suffix by themselves.
	// +required
	// +kubebuilder:validation:MaxLength=30
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]([a-z0-9]|-[a-z0-9])*$')",message="name must be lower-case letters, digits and single hyphens, begin with a letter and not end with a hyphen, such as orders; a FIFO queue gets its .fifo by itself"
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
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^v?[0-9]+[.][0-9]+[.][0-9]+([+-][0-9A-Za-z.-]+)?$')",message="version must be the exact version of a chart, such as 9.59.0"
	Version string `json:"version,omitempty"`
	// Repository the chart is taken from, an https:// or oci:// URL. Default:
	// the chart's own.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^(https|oci)://[^ ]+$')",message="repository must be an https:// or oci:// URL, such as https://kubernetes.github.io/autoscaler"
	Repository string `json:"repository,omitempty"`
	// Values are merged over the ones XPlatform sets, the way Helm merges
	// values: maps are merged, anything else is replaced, null removes.
	// +kubebuilder:validation:XPreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=object
	Values *extv1.JSON `json:"values,omitempty"`
}
