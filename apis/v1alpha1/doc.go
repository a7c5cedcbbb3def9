// Package v1alpha1 holds the Platform API: what a product team asks for, and
// what it is told about it. The types are the only source of the XRD in
// compositions/ and of the field reference in docs/ ("make generate").
//
// +kubebuilder:object:generate=true
// +kubebuilder:validation:Optional
// +groupName=xplatform.dev
// +versionName=v1alpha1
package v1alpha1
