package v1alpha1

// Teardown is how a platform is taken down once its claim is deleted.
type Teardown struct {
	// Drain deletes every Ingress, every Service of type LoadBalancer and every
	// Gateway in the cluster first, and waits until their load balancers and
	// records are gone. Without it they stay in AWS, and may keep the network
	// from being deleted.
	// +kubebuilder:default=true
	Drain bool `json:"drain"`
	// DrainTimeoutSeconds is how long the drain waits for each kind of these
	// before it says what is left, and begins again.
	// +kubebuilder:default=600
	// +kubebuilder:validation:XValidation:rule="self >= 10 && self <= 86400",message="drainTimeoutSeconds must be 10 to 86400, a day"
	DrainTimeoutSeconds int64 `json:"drainTimeoutSeconds,omitempty"`
}
