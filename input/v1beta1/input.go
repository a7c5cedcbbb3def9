// Package v1beta1 holds the function's input: the platform team's policy.
//
// +kubebuilder:object:generate=true
// +kubebuilder:validation:Optional
// +groupName=xplatform.fn.crossplane.io
// +versionName=v1beta1
package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
)

// Input is the platform team's policy for every Platform of a Composition.
// Where it and a claim disagree, it wins: the claim is refused, with the field and
// the rule, and nothing of a Platform that exists is touched until it keeps the
// rule, or is deleted. A list of what is allowed allows everything if it is left
// out, and nothing if it is empty; in a pattern, * stands for any characters but a
// slash. Of a number that is left out, the Platform's schema is the only bound.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:resource:categories=crossplane
type Input struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// ResourceNamespace is the namespace that composed objects of
	// cluster-scoped composites live in. Composed objects of a namespaced
	// composite always live in its own namespace.
	// +kubebuilder:default=crossplane-system
	// +kubebuilder:validation:MaxLength=63
	ResourceNamespace string `json:"resourceNamespace,omitempty"`

	// ProviderConfigRef is the AWS provider's configuration that every AWS
	// resource uses.
	// +kubebuilder:default={}
	ProviderConfigRef ProviderConfigReference `json:"providerConfigRef,omitzero"`

	// AllowedRegions are the regions a Platform may be in.
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:Pattern=`^[a-z]{2}(-[a-z]+)+-[0-9]$`
	// +listType=set
	AllowedRegions []string `json:"allowedRegions,omitempty"`

	// AllowedNetworkCIDRs are the address ranges that a new VPC's must lie in.
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:Format=cidr
	// +listType=set
	// +kubebuilder:example={"10.64.0.0/10"}
	AllowedNetworkCIDRs []string `json:"allowedNetworkCidrs,omitempty"`

	// AllowedVPCIDs are the existing VPCs a Platform may be in, and AllowedSubnetIDs
	// the subnets. EKS puts a cluster where its subnets are: list both, or neither.
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:Pattern=`^vpc-[0-9a-f]{8,17}$`
	// +listType=set
	AllowedVPCIDs []string `json:"allowedVpcIds,omitempty"`

	// AllowedSubnetIDs are the existing subnets a Platform may be in.
	// +kubebuilder:validation:MaxItems=1000
	// +kubebuilder:validation:items:Pattern=`^subnet-[0-9a-f]{8,17}$`
	// +listType=set
	AllowedSubnetIDs []string `json:"allowedSubnetIds,omitempty"`

	// AllowedKubernetesVersions are the versions a cluster and its node groups may
	// be asked for.
	// +listType=set
	AllowedKubernetesVersions []v1alpha1.KubernetesVersion `json:"allowedKubernetesVersions,omitempty"`

	// AllowedPublicCIDRs are the address ranges that a cluster's public endpoint
	// may be open to, or to parts of them. If the list is empty, a cluster can't
	// have a public endpoint.
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:Format=cidr
	// +listType=set
	// +kubebuilder:example={"203.0.113.0/24"}
	AllowedPublicCIDRs []string `json:"allowedPublicCidrs,omitempty"`

	// AllowedAdminArns are the IAM roles, or patterns of them, that may administer
	// a cluster.
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:Pattern=`^[A-Za-z0-9_+=,.@/:*-]+$`
	// +listType=set
	// +kubebuilder:example={"arn:aws:iam::123456789012:role/admins/*"}
	AllowedAdminArns []string `json:"allowedAdminArns,omitempty"`

	// AllowedKMSKeyArns are the existing KMS keys, or patterns of them, a Platform
	// may encrypt with.
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:Pattern=`^[A-Za-z0-9_+=,.@/:*-]+$`
	// +listType=set
	// +kubebuilder:example={"arn:aws:kms:*:123456789012:key/*"}
	AllowedKMSKeyArns []string `json:"allowedKmsKeyArns,omitempty"`

	// AllowedRoleArns are the existing IAM roles, or patterns of them, that a
	// Platform may bring for its control plane and nodes. Default: all; none if
	// there is a permissionsBoundary, which such a role need not have.
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:Pattern=`^[A-Za-z0-9_+=,.@/:*-]+$`
	// +listType=set
	// +kubebuilder:example={"arn:aws:iam::123456789012:role/platforms/*"}
	AllowedRoleArns []string `json:"allowedRoleArns,omitempty"`

	// PermissionsBoundary is the ARN of the policy that bounds every role. A
	// Platform can't have another.
	PermissionsBoundary string `json:"permissionsBoundary,omitempty"`

	// AllowedInstanceFamilies are the families node groups may use instance
	// types of, such as m6i.
	// +kubebuilder:validation:MaxItems=200
	// +listType=set
	AllowedInstanceFamilies []string `json:"allowedInstanceFamilies,omitempty"`

	// MaxNodeGroups is how many node groups a Platform may have.
	// +kubebuilder:validation:Minimum=1
	MaxNodeGroups *int32 `json:"maxNodeGroups,omitempty"`

	// MaxNodes is how many nodes a Platform may have: the sum of what its node
	// groups have for maxSize.
	// +kubebuilder:validation:Minimum=1
	MaxNodes *int32 `json:"maxNodes,omitempty"`

	// MaxNodeDiskSizeGiB is the largest volume a node may have, in GiB.
	// +kubebuilder:validation:Minimum=20
	MaxNodeDiskSizeGiB *int32 `json:"maxNodeDiskSizeGiB,omitempty"`

	// AllowedHostedZoneIDs are the existing hosted zones a Platform may use.
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:Pattern=`^Z[A-Z0-9]{1,31}$`
	// +listType=set
	AllowedHostedZoneIDs []string `json:"allowedHostedZoneIds,omitempty"`

	// AllowedDomains are the domains a Platform may have, and those below them.
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:Pattern=`^([a-z0-9-]+[.])*[a-z0-9-]+$`
	// +listType=set
	// +kubebuilder:example={"dev.example.com"}
	AllowedDomains []string `json:"allowedDomains,omitempty"`

	// MaxDatabases is how many databases a Platform may have.
	// +kubebuilder:validation:Minimum=0
	MaxDatabases *int32 `json:"maxDatabases,omitempty"`

	// AllowedDatabaseClasses are the instance classes, or patterns of them, that a
	// database may have.
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9.*-]+$`
	// +listType=set
	// +kubebuilder:example={"db.t4g.*", "db.m7g.large"}
	AllowedDatabaseClasses []string `json:"allowedDatabaseClasses,omitempty"`

	// MaxDatabaseStorageGiB is the largest volume a database may have or grow to,
	// in GiB.
	// +kubebuilder:validation:Minimum=20
	MaxDatabaseStorageGiB *int32 `json:"maxDatabaseStorageGiB,omitempty"`

	// MaxQueues is how many queues a Platform may have, dead-letter queues aside.
	// +kubebuilder:validation:Minimum=0
	MaxQueues *int32 `json:"maxQueues,omitempty"`

	// AllowedChartRepositories are the repositories a Platform may take charts
	// from, and those below them. What charts says of one chart comes first.
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:Pattern=`^(https|oci)://[^\s]+$`
	// +listType=set
	// +kubebuilder:example={"oci://registry.example.com/charts"}
	AllowedChartRepositories []string `json:"allowedChartRepositories,omitempty"`

	// SupportDate is the day by which support of Kubernetes versions is reckoned,
	// today's or one to look ahead to: from then on, a Platform whose version has
	// no standard support any more says so in its condition VersionCurrent, and a
	// new one of such a version is refused, unless it asks for extended support.
	// The function reads no clock. Default: nothing has ended.
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
	// +kubebuilder:example="2026-11-28"
	SupportDate string `json:"supportDate,omitempty"`

	// Tags are put on every AWS resource that takes tags. With those of a claim there
	// may be at most 43.
	Tags map[string]v1alpha1.TagValue `json:"tags,omitempty"`

	// Charts says where the controllers' charts come from.
	// +listType=map
	// +listMapKey=name
	Charts []Chart `json:"charts,omitempty"`

	// Facts are where Platforms tell what they are made of.
	// +kubebuilder:default={}
	Facts Facts `json:"facts,omitzero"`

	// DrainImage is an image with kubectl, which drains clusters that are taken
	// down: a mirror, for clusters that don't reach the internet. Default:
	// registry.k8s.io/kubectl, of the version this release was tested with.
	// +kubebuilder:validation:Pattern=`^[^\s]+$`
	// +kubebuilder:validation:MaxLength=512
	DrainImage string `json:"drainImage,omitempty"`

	// ClaimsMay is what the author of a claim may do that is otherwise the platform
	// team's. ConfirmTeardown: the claim's annotation xplatform.dev/teardown=confirmed
	// counts. GiveUpCluster: its annotation xplatform.dev/cluster=gone does.
	// PinRevision: it may stay on another revision of the Composition than the
	// newest, by compositionUpdatePolicy Manual or a compositionRevisionSelector,
	// and so under an input of long ago. Default: nothing.
	// +listType=set
	// +kubebuilder:validation:MaxItems=3
	ClaimsMay []ClaimRight `json:"claimsMay,omitempty"`
}

// ClaimRight is a right that a claim's author has only if the platform team says
// so.
// +kubebuilder:validation:Enum=ConfirmTeardown;GiveUpCluster;PinRevision
type ClaimRight string

// The rights of claims.
const (
	ClaimRightConfirmTeardown ClaimRight = "ConfirmTeardown"
	ClaimRightGiveUpCluster   ClaimRight = "GiveUpCluster"
	ClaimRightPinRevision     ClaimRight = "PinRevision"
)

// Chart says where the chart of a controller comes from. A Platform can have no
// other repository, and no other version, if they are given here.
type Chart struct {
	// Name of the chart.
	// +required
	// +kubebuilder:validation:Enum=cluster-autoscaler;aws-load-balancer-controller;external-dns;metrics-server
	Name string `json:"name"`
	// Repository the chart is taken from, an https:// or oci:// URL: a mirror,
	// for control planes that don't reach the internet.
	// +kubebuilder:validation:Pattern=`^(https|oci)://[^\s]+$`
	Repository string `json:"repository,omitempty"`
	// Version of the chart.
	Version string `json:"version,omitempty"`
	// PullSecretRef names a Secret in the resource namespace with the
	// repository's username and password. With it a Platform can have no other
	// repository than the one given here, or else the chart's own: the password
	// is for no other.
	PullSecretRef *LocalSecretReference `json:"pullSecretRef,omitempty"`
	// AllowedValues are the chart's values a Platform may set, and all that is
	// below them, each by its keys with dots between them, such as resources or
	// extraArgs.expander. Default: all but those that tie the controller to the
	// Platform, which are always refused.
	// +kubebuilder:validation:MaxItems=100
	// +listType=set
	// +kubebuilder:example={resources, nodeSelector}
	AllowedValues []string `json:"allowedValues,omitempty"`
}

// Facts are where Platforms tell what they are made of.
type Facts struct {
	// Namespace in the clusters that the ConfigMap xplatform-facts is in. It must be
	// there: until it is, the ConfigMap is not.
	// +kubebuilder:default=kube-public
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Namespace string `json:"namespace,omitempty"`
	// ArgoCD is the one on the control plane that a Platform may register its cluster
	// with. Default: it may not.
	ArgoCD *ArgoCD `json:"argoCD,omitempty"`
	// Flux is the one on the control plane that a Platform may tell how to reach its
	// cluster. Default: it may not.
	Flux *Flux `json:"flux,omitempty"`
}

// ArgoCD on the control plane.
type ArgoCD struct {
	// Namespace of Argo CD, in which it looks for clusters. It must be there. Of a
	// namespaced composite it must be its own: Crossplane makes nothing elsewhere.
	// +required
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	// +kubebuilder:example=argocd
	Namespace string `json:"namespace"`
	// RoleArn is the IAM role that Argo CD assumes to deploy into a cluster, which it
	// administers then. Default: Argo CD acts as itself, and is let in as one of the
	// claim's spec.cluster.admins, or by other means.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:Pattern=`^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$`
	RoleArn string `json:"roleArn,omitempty"`
}

// Flux on the control plane.
type Flux struct {
	// Namespace of the Kustomizations that deploy into clusters: what they refer to
	// must be beside them. It must be there. Default: the claim's, or the namespaced
	// composite's, which can't have another.
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Namespace string `json:"namespace,omitempty"`
	// RoleArn is the IAM role that Flux acts as, which administers a cluster then.
	// Default: it is let in as one of the claim's spec.cluster.admins, or by other
	// means.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:Pattern=`^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$`
	RoleArn string `json:"roleArn,omitempty"`
}

// LocalSecretReference names a Secret.
type LocalSecretReference struct {
	// Name of the Secret.
	// +required
	Name string `json:"name"`
}

// ProviderConfigReference names a provider's configuration.
type ProviderConfigReference struct {
	// Kind of the configuration.
	// +kubebuilder:default=ClusterProviderConfig
	// +kubebuilder:validation:Enum=ClusterProviderConfig;ProviderConfig
	Kind string `json:"kind,omitempty"`
	// Name of the configuration.
	// +kubebuilder:default=default
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name,omitempty"`
}
