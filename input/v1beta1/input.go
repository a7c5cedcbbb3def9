// Package v1beta1 holds the function's input: the platform team's policy.
//
// +kubebuilder:object:generate=true
// +kubebuilder:validation:Optional
// +groupName=xplatform.fn.crossplane.io
// +versionName=v1beta1
package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
