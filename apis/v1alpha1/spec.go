package v1alpha1

// PlatformSpec is a platform as it is wished for. A region is enough.
//
// +kubebuilder:validation:XValidation:rule="has(self.name) == has(oldSelf.name)",message="name is immutable: it can be neither added nor removed later, the AWS resources carry it",fieldPath=".name"
// +kubebuilder:validation:XValidation:rule="!has(self.network) || !has(self.network.zones) || !self.region.matches('^[a-z]{2}(-gov)?-(central|(north|south)?(east|west)?)-[0-9]$') || self.network.zones.all(z, !z.contains('-az') || z.startsWith(self.region.substring(0, size(self.region) - 2).replace('-gov', 'g').replace('-north', 'n').replace('-south', 's').replace('-central', 'c').replace('-east', 'e').replace('-west', 'w').replace('east', 'e').replace('west', 'w') + self.region.substring(size(self.region) - 1) + '-az'))",message="zones must be in the platform's region: those of eu-central-1 are euc1-az1 and so on",fieldPath=".network.zones"
// +kubebuilder:validation:XValidation:rule="!has(self.cluster) || !has(self.cluster.secretsEncryption) || !has(self.cluster.secretsEncryption.kmsKeyArn) || self.cluster.secretsEncryption.kmsKeyArn.contains(':kms:' + self.region + ':')",message="kmsKeyArn must be a key in the platform's region: EKS takes no other",fieldPath=".cluster.secretsEncryption.kmsKeyArn"
// +kubebuilder:validation:XValidation:rule="!has(self.nodeGroups) || !has(self.cluster) || !has(self.cluster.version) || self.nodeGroups.all(g, !has(g.version) || int(g.version.substring(2)) <= int(self.cluster.version.substring(2)))",message="nodeGroups must not have a version above cluster.version: nodes can't be newer than their control plane",fieldPath=".nodeGroups"
// +kubebuilder:validation:XValidation:rule="!has(self.nodeGroups) || !has(self.cluster) || !has(self.cluster.version) || self.nodeGroups.all(g, !has(g.releaseVersion) || !g.releaseVersion.matches('^[0-9]+[.][0-9]+[.]') || (has(g.amiType) && g.amiType.startsWith('BOTTLEROCKET')) || g.releaseVersion.startsWith((has(g.version) ? g.version : self.cluster.version) + '.'))",message="nodeGroups must have a releaseVersion that begins with the version of Kubernetes their nodes get: their own version, or cluster.version",fieldPath=".nodeGroups"
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
	// other Platform has. A name belongs to the Platform of the control plane
	// that was first to ask for it in its region, until that is gone.
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[a-z]([a-z0-9]|-[a-z0-9])*$`
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]([a-z0-9]|-[a-z0-9])*$')",message="name must be lower-case letters, digits and single hyphens, begin with a letter and not end with a hyphen, such as team-a-dev"
	// +kubebuilder:validation:XValidation:rule="self != 'enabled'",message="name must not be enabled: by a tag of that name each Cluster Autoscaler of the account finds all node groups"
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
	// chooses their size between the bounds given here. One of them must always
	// have a node that takes any pod: cluster DNS, storage and the controllers
	// tolerate no taints, and the autoscaler can't start itself.
	// +kubebuilder:default={{name: "default"}}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:XValidation:rule="self.exists(g, (!has(g.minSize) || g.minSize > 0) && (!has(g.taints) || g.taints.all(t, t.effect == 'PreferNoSchedule')))",message="nodeGroups must have one with a minSize of 1 or more and without taints of effect NoSchedule or NoExecute: cluster DNS, the autoscaler and the other controllers run there"
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

	// Facts say what the platform is made of, to what is deployed. Default: they are in
	// the cluster, and the platform is ready with or without them. With facts it is
	// ready once they are there.
	Facts *Facts `json:"facts,omitempty"`

	// Upgrade is how new versions come, of which each waits for its turn.
	// +kubebuilder:default={}
	Upgrade Upgrade `json:"upgrade,omitzero"`

	// Identity is how controllers in the cluster act as IAM roles: by EKS Pod
	// Identity, or by IAM roles for service accounts (IRSA), for accounts that
	// already audit those. Immutable.
	// +kubebuilder:default=PodIdentity
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="identity is immutable: running pods would lose their permissions half-way"
	Identity Identity `json:"identity,omitempty"`

	// IAM is what the platform is given instead of making it.
	// +kubebuilder:default={}
	IAM IAM `json:"iam,omitzero"`

	// Teardown is how the platform is taken down once its claim is deleted.
	// +kubebuilder:default={}
	Teardown Teardown `json:"teardown,omitzero"`

	// Tags are put on every AWS resource that takes tags. Keys are made of the
	// characters values are made of, but for =. With those of the platform team's
	// policy there may be at most 43: AWS takes 50, with what others set.
	// +kubebuilder:validation:MaxProperties=30
	// +kubebuilder:validation:XValidation:rule="self.all(k, size(k) >= 1 && size(k) <= 128)",message="tags must have keys of 1 to 128 characters"
	// +kubebuilder:validation:XValidation:rule="self.all(k, self[k].matches('^(:*[\\\\p{L}\\\\p{N}_./=+@-]( *:*[\\\\p{L}\\\\p{N}_./=+@-])*)?$'))",message="tags must have values of letters, digits, spaces and _ . : / = + - @, without a space at an end or a colon before one: IAM and the load balancer controller take no others"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !['aws:', 'awS:', 'aWs:', 'aWS:', 'Aws:', 'AwS:', 'AWs:', 'AWS:'].exists(p, k.startsWith(p)) && !self[k].matches('^[aA][wW][sS]:'))",message="tags must not begin with aws: as AWS's own do, in whatever case, and nor must their values"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !(k in ['Name', 'xplatform.dev/platform', 'crossplane-kind', 'crossplane-name', 'crossplane-providerconfig']) && !['kubernetes.io/', 'k8s.io/', 'elbv2.k8s.aws/', 'ingress.k8s.aws/', 'service.k8s.aws/'].exists(p, k.startsWith(p)))",message="tags must not be Name, xplatform.dev/platform, crossplane-kind, crossplane-name or crossplane-providerconfig, nor begin with kubernetes.io/, k8s.io/ or elbv2.k8s.aws/: the platform and the provider set those, and controllers find its resources by them"
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
