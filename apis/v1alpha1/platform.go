package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion of the Platform API.
//
//nolint:gochecknoglobals // The conventional name of an API package's version.
var GroupVersion = schema.GroupVersion{Group: "xplatform.dev", Version: "v1alpha1"}

// A Platform is an AWS base layer with an EKS cluster on top and the
// controllers inside it that make instances, load balancers and DNS records
// for whatever is deployed.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=xplatform-dev
// +kubebuilder:printcolumn:name="PHASE",type="string",JSONPath=".status.phase"
// +kubebuilder:printcolumn:name="PROGRESS",type="string",JSONPath=".status.progress"
// +kubebuilder:printcolumn:name="REGION",type="string",JSONPath=".spec.region"
// +kubebuilder:printcolumn:name="CLUSTER",type="string",JSONPath=".status.cluster.name"
// +kubebuilder:printcolumn:name="VERSION",type="string",JSONPath=".status.cluster.version"
// +kubebuilder:printcolumn:name="DOMAIN",type="string",priority=1,JSONPath=".status.dns.domain"
// +kubebuilder:printcolumn:name="ENDPOINT",type="string",priority=1,JSONPath=".status.cluster.endpoint"
type Platform struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is the platform as it is wished for.
	// +required
	Spec PlatformSpec `json:"spec"`
	// Status is the platform as it is.
	Status PlatformStatus `json:"status,omitzero"`
}

// PlatformList is a list of Platforms.
//
// +kubebuilder:object:root=true
type PlatformList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Platform `json:"items"`
}
