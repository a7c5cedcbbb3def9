package platform

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	xpv1 "github.com/crossplane/crossplane-runtime/v2/apis/common/v1"
	ec2 "github.com/upbound/provider-aws/v2/apis/namespaced/ec2/v1beta1"
	rdsv1 "github.com/upbound/provider-aws/v2/apis/namespaced/rds/v1beta1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// ports the engines listen on.
//
//nolint:gochecknoglobals // A constant table.
var ports = map[v1alpha1.Engine]int{
	v1alpha1.EnginePostgres: 5432,
	v1alpha1.EngineMySQL:    3306,
	v1alpha1.EngineMariaDB:  3306,
}

func composeDatabases(l *plan.Layer, c *contract, net *network, eks *cluster) []database {
	if len(c.spec.Databases) == 0 {
		return nil
	}
	group := l.Add(keySubnets, func(n *plan.Node) runtime.Object {
		// Not the platform alone: RDS has a group called default.
		return &rdsv1.SubnetGroup{ObjectMeta: externallyNamed(c.regional("databases")), Spec: rdsv1.SubnetGroupSpec{ForProvider: rdsv1.SubnetGroupParameters{
			Region:      c.region(),
			Description: new("Private subnets of " + c.name),
			// No references: those of a list are resolved while there is no id
			// yet, and a zone that is appended later would not be among them
			// (MultiNamespacedResolutionRequest.IsNoOp in crossplane-runtime's
			// pkg/reference).
			SubnetIds: pointersTo(useAll(n, net.private)),
			Tags:      c.tags(c.name),
		}}}
	})
	var ds []database
	for _, spec := range c.spec.Databases {
		key, name := databaseKey(spec.Name), c.regional(spec.Name)
		firewall := l.Add(key+".security-group", func(n *plan.Node) runtime.Object {
			return &ec2.SecurityGroup{Spec: ec2.SecurityGroupSpec{ForProvider: ec2.SecurityGroupParameters_2{
				Region:      c.region(),
				Name:        new(c.firewall(n.Observed(), spec.Name)),
				Description: new("Database " + spec.Name + " of " + c.name),
				VPCIDRef:    n.Ref(net.vpc),
				Tags:        c.tags(name),
			}}}
		})
		// The instance doesn't wait for this rule: it takes longer than the
		// cluster, and nobody connects before there is one.
		l.Add(key+".security-group.cluster", func(n *plan.Node) runtime.Object {
			return &ec2.SecurityGroupIngressRule{Spec: ec2.SecurityGroupIngressRuleSpec{ForProvider: ec2.SecurityGroupIngressRuleParameters{
				Region:                    c.region(),
				Description:               new("Pods and nodes of the cluster"),
				SecurityGroupIDRef:        n.Ref(firewall),
				ReferencedSecurityGroupID: new(n.Use(eks.securityGroup)),
				IPProtocol:                new("tcp"),
				FromPort:                  floatOf(ports[spec.Engine]),
				ToPort:                    floatOf(ports[spec.Engine]),
				Tags:                      c.tags(name),
			}}}
		})
		node := l.Add(key, func(n *plan.Node) runtime.Object {
			return rdsInstance(n, c, spec, group, firewall)
		}).ReadyWhen(plan.Available, read.Instance.Status.IsNot(failedInstance...), read.Instance.Endpoint.Known(), inForce(spec))
		ds = append(ds, database{name: spec.Name, node: node})
	}
	return ds
}

// From this size on RDS stripes a gp3 volume over four, and gives it at least so
// many operations and MiB a second. It refuses less, and below that size, to be
// told any; what it gives there the provider writes into the object by itself,
// where it would stay when the volume grows.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html
const (
	stripedGiB  = 400
	stripedIOPS = 12000
	stripedMiB  = 500
)

func rdsInstance(n *plan.Node, c *contract, d v1alpha1.Database, group, firewall *plan.Node) *rdsv1.Instance {
	o := n.Observed()
	name := c.database(o, d.Name)
	// RDS grows a volume by itself, up to the claim's maximum, and shrinks none.
	storage := max(d.StorageGiB, largestOf(o, read.Instance.StorageGiB, read.Instance.AskedStorageGiB))
	// The provider knows an instance by the id RDS gives it, but finds it by this
	// name too. A provider that is restarted in the minutes RDS takes would
	// otherwise lose it: "already exists" for ever, and no teardown finds it.
	// Late initialisation is what saves that id (crossplane/crossplane#5918).
	i := &rdsv1.Instance{ObjectMeta: externallyNamed(name), Spec: rdsv1.InstanceSpec{ForProvider: rdsv1.InstanceParameters{
		Region:                  c.region(),
		Identifier:              new(name),
		Engine:                  new(string(d.Engine)),
		InstanceClass:           new(d.InstanceClass),
		AllocatedStorage:        floatOf(storage),
		MaxAllocatedStorage:     floatOf(growsTo(d, storage)),
		StorageType:             new("gp3"),
		StorageEncrypted:        new(true),
		MultiAz:                 new(d.MultiAZ),
		PubliclyAccessible:      new(false),
		DBSubnetGroupNameRef:    n.Ref(group),
		VPCSecurityGroupIDRefs:  n.Refs(firewall),
		AutoMinorVersionUpgrade: new(true),
		BackupRetentionPeriod:   floatOf(d.BackupRetentionDays),
		ApplyImmediately:        new(d.ApplyImmediately),
		MaintenanceWindow:       nonEmpty(d.MaintenanceWindow),
		CopyTagsToSnapshot:      new(true),
		DeletionProtection:      new(d.DeletionProtection),
		SkipFinalSnapshot:       new(!d.FinalSnapshot || neverRan(c, d, o)),
		// AWS makes, keeps and rotates the password, so it is in no object.
		// "admin", the obvious name, is reserved by postgres.
		Username:                 new("dbadmin"),
		ManageMasterUserPassword: new(true),
		Tags:                     c.tags(c.regional(d.Name)),
	}}}
	madeBy(n, i, map[string]string{"engine": string(d.Engine)})
	n.Final(read.Protected.Asked.Field, read.Instance.AskedNoSnapshot.Field, read.Instance.AskedFinalSnapshot.Field)
	i.SetManagementPolicies(xpv1.ManagementPolicies{xpv1.ManagementActionAll})
	if d.Version != "" {
		i.Spec.ForProvider.EngineVersion = new(d.Version)
		if runs := read.Instance.Version.Of(o); strings.HasPrefix(runs, d.Version+"-") {
			// The same, with RDS's suffix: it would take ours for another.
			i.Spec.ForProvider.EngineVersion = new(runs)
		}
		// Whoever asks for a major version means it.
		i.Spec.ForProvider.AllowMajorVersionUpgrade = new(true)
	}
	if d.FinalSnapshot {
		i.Spec.ForProvider.FinalSnapshotIdentifier = new(finalSnapshot(c, d, o))
	}
	if storage >= stripedGiB {
		i.Spec.ForProvider.Iops = floatOf(max(stripedIOPS, largestOf(o, read.Instance.IOPS, read.Instance.AskedIOPS)))
		i.Spec.ForProvider.StorageThroughput = floatOf(max(stripedMiB, largestOf(o, read.Instance.ThroughputMiB, read.Instance.AskedThroughputMiB)))
	}
	i.Spec.ForProvider.ParameterGroupName, i.Spec.ForProvider.OptionGroupName = defaultGroups(d, o)
	return i
}

// growsTo is how far RDS may grow a volume, 0 for not at all. It takes no maximum
// that isn't above the size by a tenth; the size itself stops it from growing.
func growsTo(d v1alpha1.Database, storage int32) int32 {
	if m := ptr.Deref(d.MaxStorageGiB, 0); m == 0 || m*10 >= storage*11 {
		return m
	}
	return storage
}

// finalSnapshot is the name of the snapshot an instance leaves. One of a name may be
// left of an earlier instance of the same name, and deleting this one would fail for
// ever, so it is the instance's own once it runs. Before, it has nothing to leave.
func finalSnapshot(c *contract, d v1alpha1.Database, o *plan.Observed) string {
	asked := read.Instance.AskedFinalSnapshot.Of(o)
	own := ownSnapshot(c, d, o)
	switch {
	case own != "" && hasRun(o, own):
		return own
	case asked != "":
		return asked
	default:
		return c.regional(d.Name, "final", digest(c.uid))
	}
}

// ownSnapshot is a name that no other instance's snapshot has, "" as long as the
// instance has no id.
func ownSnapshot(c *contract, d v1alpha1.Database, o *plan.Observed) string {
	if id := read.Instance.ResourceID.Of(o); id != "" {
		return c.regional(d.Name, "final", digest(id))
	}
	return ""
}

// hasRun tells whether an instance does, or ever did: what it was asked to leave is
// remembered of that.
func hasRun(o *plan.Observed, own string) bool {
	return read.Instance.Endpoint.Of(o) != "" || read.Instance.RestorableUntil.Of(o) != "" || read.Instance.AskedFinalSnapshot.Of(o) == own
}

// neverRan tells whether an instance failed before it held anything. RDS takes no
// snapshot of such a one, and would refuse to delete it for ever.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html
func neverRan(c *contract, d v1alpha1.Database, o *plan.Observed) bool {
	own := ownSnapshot(c, d, o)
	return own != "" && slices.Contains(failedInstance, read.Instance.Status.Of(o)) && !hasRun(o, own)
}

// defaultGroups of parameters and options. The provider writes those that an
// instance was created with into the object, and RDS refuses them for any other
// version: so they follow what runs, and go along with the wish for an upgrade until
// RDS has taken that. Nobody's own are touched, and while nothing is known they stay.
func defaultGroups(d v1alpha1.Database, o *plan.Observed) (parameters, options *string) {
	asked := read.Instance.AskedParameterGroup.Of(o)
	runs, wish := familyOf(d.Engine, versionRun(o)), familyOf(d.Engine, d.Version)
	upgrade := wish != "" && wish != runs && versionOf(o, d.Version) != d.Version && familyOf(d.Engine, read.Instance.TakenVersion.Of(o)) != wish
	switch {
	case o == nil || asked != "" && !strings.HasPrefix(asked, "default."):
		return nil, nil
	case runs == "":
		return nonEmpty(asked), nonEmpty(read.Instance.AskedOptionGroup.Of(o))
	case upgrade:
		runs = wish
	case asked == "":
		return nil, nil
	}
	return new("default." + string(d.Engine) + runs), new("default:" + string(d.Engine) + "-" + strings.ReplaceAll(runs, ".", "-"))
}

// versionRun is the version of the engine that an instance runs. In extended support
// RDS puts a suffix of its own behind it.
func versionRun(o *plan.Observed) string {
	version, _, _ := strings.Cut(read.Instance.Version.Of(o), "-")
	return version
}

// largestOf some fields, as far as they are known; 0 if none is.
func largestOf(o *plan.Observed, fields ...plan.Number) int32 {
	var largest int32
	for _, f := range fields {
		value, _ := f.Of(o)
		largest = max(largest, value)
	}
	return largest
}

// familyOf a version of an engine: what RDS names its default groups of parameters
// and options by, "" if the version doesn't say.
func familyOf(engine v1alpha1.Engine, version string) string {
	parts := strings.Split(version, ".")
	switch {
	case version == "":
		return ""
	case engine == v1alpha1.EnginePostgres:
		return parts[0]
	case len(parts) > 1:
		return parts[0] + "." + parts[1]
	default:
		return ""
	}
}

// failedInstance is what RDS calls an instance that needs somebody to do something.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
//
//nolint:gochecknoglobals // A constant list.
var failedInstance = []string{
	"failed", "inaccessible-encryption-credentials", "inaccessible-encryption-credentials-recoverable",
	"incompatible-create", "incompatible-network", "incompatible-option-group", "incompatible-parameters",
	"incompatible-restore", "insufficient-capacity", "restore-error", "storage-full",
}

// reasonPending: RDS has been asked for something, and has not done it yet.
const reasonPending = "Pending"

// inForce is a check that an instance is what the claim says. RDS puts off most
// changes until the maintenance window, and the provider calls that done.
func inForce(d v1alpha1.Database) plan.Check {
	return func(o *plan.Observed) plan.Readiness {
		for _, change := range []struct{ field, is, wish string }{
			{"instanceClass", read.Instance.Class.Of(o), d.InstanceClass},
			{"version", versionOf(o, d.Version), d.Version},
			{"storageGiB", strconv.Itoa(int(min(largestOf(o, read.Instance.StorageGiB), d.StorageGiB))), strconv.Itoa(int(d.StorageGiB))},
			{"multiAz", strconv.FormatBool(read.Instance.MultiAZ.Of(o)), strconv.FormatBool(d.MultiAZ)},
		} {
			if change.is == change.wish {
				continue
			}
			when := "RDS is at it"
			if !d.ApplyImmediately {
				when = "RDS does it in the maintenance window, or at once with applyImmediately"
			}
			return plan.Readiness{Reason: reasonPending, Message: fmt.Sprintf("%s is %s, not yet %s: %s", change.field, change.is, change.wish, when)}
		}
		return plan.Readiness{Ready: true}
	}
}

// versionOf an instance, or the wish if it runs that or a later one: RDS raises
// minor versions by itself, and the provider leaves them.
func versionOf(o *plan.Observed, wish string) string {
	runs := versionRun(o)
	wished, err := semver.NewVersion(wish)
	if err != nil {
		return wish // There is no wish.
	}
	if is, err := semver.NewVersion(runs); err != nil || is.LessThan(wished) {
		return cmp.Or(runs, "unknown")
	}
	return wish
}

func (d *data) databaseStatus() []v1alpha1.DatabaseStatus {
	var ss []v1alpha1.DatabaseStatus
	for _, db := range d.databases {
		o := db.node.Observed()
		ss = append(ss, v1alpha1.DatabaseStatus{Name: db.name, Endpoint: read.Instance.Endpoint.Of(o), SecretARN: read.Instance.SecretARN.Of(o)})
	}
	return ss
}
