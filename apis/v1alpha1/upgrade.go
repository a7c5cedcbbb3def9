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
	// Window is when steps begin. Default: at any time.
	Window *UpgradeWindow `json:"window,omitempty"`
}

// UpgradeWindow is when steps begin: some hours from a time of day on. What has begun
// goes on behind its end.
type UpgradeWindow struct {
	// Days of the week on which it begins. Default: each.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=7
	// +listType=set
	Days []Weekday `json:"days,omitempty"`
	// StartTime is the hour and minute at which it begins.
	// +required
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:XValidation:rule="self.matches('^([01][0-9]|2[0-3]):[0-5][0-9]$')",message="startTime must be an hour and a minute, such as 22:30"
	// +kubebuilder:example="22:30"
	StartTime string `json:"startTime"`
	// DurationHours is how many hours it lasts.
	// +kubebuilder:default=4
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=24
	DurationHours int32 `json:"durationHours,omitempty"`
	// TimeZone is where it is that time, by its name in the IANA database.
	// +kubebuilder:default=UTC
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z]+([/_+-][A-Za-z0-9]+)*$')",message="timeZone must be a name of the IANA database, such as Europe/Berlin"
	// +kubebuilder:example="Europe/Berlin"
	TimeZone string `json:"timeZone,omitempty"`
}

// Weekday is a day of the week.
//
// +kubebuilder:validation:Enum=Monday;Tuesday;Wednesday;Thursday;Friday;Saturday;Sunday
type Weekday string
