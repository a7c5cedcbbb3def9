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
// Where it and a claim disagree, it wins.
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

	// AllowedRegions are the regions a Platform may be in. Default: all.
	// +kubebuilder:validation:MaxItems=50
	// +listType=set
	AllowedRegions []string `json:"allowedRegions,omitempty"`

	// AllowedInstanceFamilies are the families node groups may use instance
	// types of, such as m6i. Default: all.
	// +kubebuilder:validation:MaxItems=200
	// +listType=set
	AllowedInstanceFamilies []string `json:"allowedInstanceFamilies,omitempty"`

	// PermissionsBoundary is the ARN of the policy that bounds every role. A
	// Platform can't have another.
	PermissionsBoundary string `json:"permissionsBoundary,omitempty"`

	// SupportDate is the day by which support of Kubernetes versions is reckoned,
	// today's or one to look ahead to: from then on, a Platform whose version has
	// no standard support any more says so in its condition VersionCurrent, and a
	// new one of such a version is refused, unless it asks for extended support.
	// The function reads no clock. Default: nothing has ended.
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
	// +kubebuilder:example="2026-11-28"
	SupportDate string `json:"supportDate,omitempty"`

	// Tags are put on every AWS resource that takes tags.
	Tags map[string]v1alpha1.TagValue `json:"tags,omitempty"`

	// Charts says where the controllers' charts come from.
	// +listType=map
	// +listMapKey=name
	Charts []Chart `json:"charts,omitempty"`

	// DrainImage is an image with kubectl, which drains clusters that are taken
	// down: a mirror, for clusters that don't reach the internet. Default:
	// registry.k8s.io/kubectl, of the version this release was tested with.
	// +kubebuilder:validation:Pattern=`^[^\s]+$`
	// +kubebuilder:validation:MaxLength=512
	DrainImage string `json:"drainImage,omitempty"`
}

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
	// repository's username and password.
	PullSecretRef *LocalSecretReference `json:"pullSecretRef,omitempty"`
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
