package v1alpha1

// Upgrade is how new versions come: of Kubernetes, of add-ons, of what nodes are made
// of, and of the controllers. Each waits for what it needs to have settled.
type Upgrade struct {
	// MaxParallelNodeGroups is how many node groups replace their nodes at a time.
	// +kubebuilder:default=1
	// +kubebuilder:validation:XValidation:rule="self >= 1 && self <= 20",message="maxParallelNodeGroups must be 1 to 20"
	MaxParallelNodeGroups int64 `json:"maxParallelNodeGroups,omitempty"`
	// Paused stops before the next step. What is under way goes on: AWS stops
	// nothing half-way.
	// +kubebuilder:default=false
	Paused bool `json:"paused"`
}
