package v1alpha1

// Cluster is the EKS control plane.
//
// +kubebuilder:validation:XValidation:rule="!has(self.addons) || !has(self.version) || self.addons.all(a, a.name != 'kube-proxy' || !a.version.matches('^v1[.][0-9]+[.]') || int(a.version.split('.')[1]) <= int(self.version.substring(2)))",message="addons must not have a kube-proxy above version: it can't be newer than the control plane",fieldPath=".addons"
type Cluster struct {
	// Version is the cluster's Kubernetes minor version. A higher one is walked to,
	// one minor version after the other: first the control plane, then add-ons, nodes
	// and controllers.
	// +kubebuilder:default="1.35"
	// +kubebuilder:validation:XValidation:rule="int(self.substring(2)) - int(oldSelf.substring(2)) >= -1",message="version can go back by one minor version at most, which is what EKS does"
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
	// for the cluster's version when the add-on is created. aws-ebs-csi-driver,
	// which must be v1.31 or newer, makes a gp3 class the default for volumes.
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
