package v1alpha1

import (
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

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
