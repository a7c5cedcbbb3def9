package v1alpha1

// DNS is a Route 53 hosted zone: one to create, or an existing one.
//
// +kubebuilder:validation:XValidation:rule="!has(self.zoneId) || !self.forceDestroy",message="forceDestroy is for a zone of this platform, leave it out: a zone given by zoneId is never deleted",fieldPath=".forceDestroy"
// +kubebuilder:validation:XValidation:rule="has(self.zoneId) == has(oldSelf.zoneId)",message="zoneId can be neither added nor removed later: remove dns first, then add it anew",fieldPath=".zoneId"
type DNS struct {
	// Domain ExternalDNS manages names in: the zone's own, or one below that of
	// an existing zone. Immutable.
	// +required
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$')",message="domain must be two or more lower-case names with dots between them and none at the end, such as dev.example.com"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="domain is immutable: remove dns first, then add it anew"
	// +kubebuilder:example=dev.example.com
	Domain string `json:"domain"`
	// ZoneID is the id of an existing zone, public or private, of this domain or
	// one above it. It is used, never changed or deleted. Default: a zone of the
	// domain is created.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^Z[A-Z0-9]{1,31}$')",message="zoneId must be the id of a hosted zone, such as Z0123456789ABCDEFGHIJ"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="zoneId is immutable: remove dns first, then add it anew"
	// +kubebuilder:example=Z0123456789ABCDEFGHIJ
	ZoneID string `json:"zoneId,omitempty"`
	// Private zones are seen in the platform's VPC only. An existing zone is what
	// it is. Immutable.
	// +kubebuilder:default=false
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="private is immutable: remove dns first, then add it anew"
	Private bool `json:"private"`
	// ForceDestroy deletes the zone with whatever records are left in it.
	// +kubebuilder:default=false
	ForceDestroy bool `json:"forceDestroy"`
}
