package v1alpha1

// A maintenance window is counted in minutes of a week, 10080, and the rule of its
// length looks whether it is longer than half an hour by less than 1410: twice a week
// and less that half hour, 20130, keeps what wraps around from being negative.

// Database is an RDS instance. Its master password is made and rotated by AWS
// in Secrets Manager.
//
// +kubebuilder:validation:XValidation:rule="!has(self.maxStorageGiB) || self.maxStorageGiB * 10 >= self.storageGiB * 11",message="maxStorageGiB must be above storageGiB (20 unless given), by at least a tenth: RDS grows a volume by no less",fieldPath=".maxStorageGiB"
// +kubebuilder:validation:XValidation:rule="!has(self.version) || self.engine == 'postgres' || self.version.contains('.')",message="version of mysql and mariadb must have two numbers or three, such as 8.4 or 10.11.6: each two are a major version of their own",fieldPath=".version"
// +kubebuilder:validation:XValidation:rule="self.engine == 'postgres' || !has(self.version) || !has(oldSelf.version) || ![self.version, oldSelf.version].all(v, v.matches('^[0-9]+[.][0-9]+([.][0-9]+)?$')) || [[self.version.split('.'), oldSelf.version.split('.')]].all(v, int(v[0][0]) != int(v[1][0]) || int(v[0][1]) >= int(v[1][1]))",message="version can't go back to a lower major version, of two numbers: RDS has no way back; leave version out to keep what runs",fieldPath=".version"
type Database struct {
	// Name of the database, unique in the platform.
	// +required
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]([a-z0-9]|-[a-z0-9])*$')",message="name must be lower-case letters, digits and single hyphens, begin with a letter and not end with a hyphen, such as orders"
	Name string `json:"name"`
	// Engine of the database. Immutable.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="engine is immutable: add another database and move the data"
	Engine Engine `json:"engine"`
	// Version of the engine, major or exact. A major version is one number of
	// postgres, and two of mysql and mariadb. Default: AWS's default.
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]+([.][0-9]+){0,2}$')",message="version must be a version of the engine, major or exact, such as 17 or 17.4"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[0-9]+([.][0-9]+){0,2}$') || int(self.split('.')[0]) >= int(oldSelf.split('.')[0])",message="version can't go back to a lower major version: RDS has no way back; leave version out to keep what runs"
	// +kubebuilder:example="17"
	Version string `json:"version,omitempty"`
	// InstanceClass is the size of the instance.
	// +kubebuilder:default=db.t4g.medium
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^db[.][a-z0-9-]+[.][a-z0-9-]+$')",message="instanceClass must be an RDS instance class, such as db.t4g.medium"
	InstanceClass string `json:"instanceClass,omitempty"`
	// StorageGiB is the size of the encrypted gp3 volume in GiB. It can only grow.
	// +kubebuilder:default=20
	// +kubebuilder:validation:Minimum=20
	// +kubebuilder:validation:Maximum=65536
	// +kubebuilder:validation:XValidation:rule="self >= oldSelf",message="storageGiB can only grow: RDS can't shrink a volume"
	// +kubebuilder:validation:XValidation:rule="self <= oldSelf || self * 10 >= oldSelf * 11",message="storageGiB can only grow by a tenth or more at once: RDS grows a volume by no less"
	StorageGiB int32 `json:"storageGiB,omitempty"`
	// MaxStorageGiB lets AWS grow the volume up to this size in GiB. Default:
	// it does not grow.
	// +kubebuilder:validation:Minimum=22
	// +kubebuilder:validation:Maximum=65536
	MaxStorageGiB *int32 `json:"maxStorageGiB,omitempty"`
	// MultiAZ keeps a standby in a second zone.
	// +kubebuilder:default=false
	MultiAZ bool `json:"multiAz"`
	// BackupRetentionDays is how long automatic backups are kept; 0 makes
	// none.
	// +kubebuilder:default=7
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=35
	BackupRetentionDays int32 `json:"backupRetentionDays"`
	// DeletionProtection makes RDS refuse to delete the instance.
	// +kubebuilder:default=true
	DeletionProtection bool `json:"deletionProtection"`
	// ApplyImmediately makes changes that RDS would put off until the maintenance
	// window at once, with the interruption they bring: of the instance class,
	// the version, or what runs in a second zone.
	// +kubebuilder:default=false
	ApplyImmediately bool `json:"applyImmediately"`
	// MaintenanceWindow is when RDS may interrupt the database, in UTC, half an
	// hour or longer, and shorter than a day. RDS refuses one in which it makes
	// backups, half an hour each day that it chooses. Default: one that AWS
	// chooses.
	// +kubebuilder:validation:MaxLength=19
	// +kubebuilder:validation:XValidation:rule="self.matches('^(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]-(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]$')",message="maintenanceWindow must be a day and time to a day and time, such as sun:03:00-sun:04:00"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]-(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]$') || ('montuewedthufrisatsun'.indexOf(self.substring(10, 13)) * 480 + int(self.substring(14, 16)) * 60 + int(self.substring(17)) - 'montuewedthufrisatsun'.indexOf(self.substring(0, 3)) * 480 - int(self.substring(4, 6)) * 60 - int(self.substring(7, 9)) + 20130) % 10080 < 1410",message="maintenanceWindow must be half an hour or longer, and shorter than a day: RDS takes no other"
	// +kubebuilder:example="sun:03:00-sun:04:00"
	MaintenanceWindow string `json:"maintenanceWindow,omitempty"`
	// FinalSnapshot takes a snapshot before the instance is deleted.
	// +kubebuilder:default=true
	FinalSnapshot bool `json:"finalSnapshot"`
}

// Engine of a database.
//
// +kubebuilder:validation:Enum=postgres;mysql;mariadb
type Engine string

// The engines a database can have.
const (
	EnginePostgres Engine = "postgres"
	EngineMySQL    Engine = "mysql"
	EngineMariaDB  Engine = "mariadb"
)

// Queue is an SQS queue, encrypted with keys SQS manages.
//
// +kubebuilder:validation:XValidation:rule="self.fifo || !self.contentBasedDeduplication",message="contentBasedDeduplication is for FIFO queues: set fifo to true too",fieldPath=".contentBasedDeduplication"
type Queue struct {
	// Name of the queue, unique in the platform. FIFO queues get AWS's .fifo
	// suffix by themselves.
	// +required
	// +kubebuilder:validation:MaxLength=30
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]([a-z0-9]|-[a-z0-9])*$')",message="name must be lower-case letters, digits and single hyphens, begin with a letter and not end with a hyphen, such as orders; a FIFO queue gets its .fifo by itself"
	Name string `json:"name"`
	// FIFO queues keep messages in order and deliver them once. Immutable.
	// +kubebuilder:default=false
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="fifo is immutable: add another queue and move over"
	FIFO bool `json:"fifo"`
	// ContentBasedDeduplication takes a message's content for its
	// deduplication id.
	// +kubebuilder:default=false
	ContentBasedDeduplication bool `json:"contentBasedDeduplication"`
	// VisibilityTimeoutSeconds is how long a received message stays hidden
	// from other receivers.
	// +kubebuilder:default=30
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=43200
	VisibilityTimeoutSeconds int32 `json:"visibilityTimeoutSeconds"`
	// RetentionSeconds is how long a message is kept.
	// +kubebuilder:default=345600
	// +kubebuilder:validation:Minimum=60
	// +kubebuilder:validation:Maximum=1209600
	RetentionSeconds int32 `json:"retentionSeconds,omitempty"`
	// DeadLetter gives the queue a second one for messages nobody could
	// handle.
	DeadLetter *DeadLetter `json:"deadLetter,omitempty"`
}

// DeadLetter is a queue for messages nobody could handle.
type DeadLetter struct {
	// MaxReceiveCount is how often a message is received before it is moved
	// to the dead-letter queue.
	// +kubebuilder:default=5
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	MaxReceiveCount int32 `json:"maxReceiveCount,omitempty"`
	// RetentionSeconds is how long the dead-letter queue keeps a message,
	// counted from when it was first sent.
	// +kubebuilder:default=1209600
	// +kubebuilder:validation:Minimum=60
	// +kubebuilder:validation:Maximum=1209600
	RetentionSeconds int32 `json:"retentionSeconds,omitempty"`
}
