package v1alpha1

// Facts are what the platform is made of, by names, for what is deployed: ids,
// addresses and versions that nobody should have to copy. Passwords are not among them.
type Facts struct {
	// ConfigMap keeps them in the cluster, in the ConfigMap xplatform-facts of the
	// namespace kube-public, or that of the platform team's policy.
	// +kubebuilder:default=true
	ConfigMap bool `json:"configMap"`
	// ArgoCD registers the cluster with Argo CD on the control plane: by a cluster
	// Secret that has the facts as annotations, and as labels where a label takes
	// them. The platform team's policy says where that is, and whether at all.
	// +kubebuilder:default=false
	ArgoCD bool `json:"argoCD"`
	// Flux gives Flux on the control plane a kubeConfig reference and the facts, by
	// two ConfigMaps beside the claim, or where the platform team's policy says; which
	// also says whether at all.
	// +kubebuilder:default=false
	Flux bool `json:"flux"`
}
