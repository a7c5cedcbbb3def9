package platform

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	ec2 "github.com/upbound/provider-aws/v2/apis/namespaced/ec2/v1beta1"
	rdsv1 "github.com/upbound/provider-aws/v2/apis/namespaced/rds/v1beta1"
	sqsv1 "github.com/upbound/provider-aws/v2/apis/namespaced/sqs/v1beta1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// data is what keeps a platform's data.
type data struct {
	databases []database
	queues    []queue
}

type database struct {
	name string
	node *plan.Node
}

type queue struct {
	name             string
	node, deadLetter *plan.Node
}

func composeData(p *plan.Plan, c *contract, net *network, eks *cluster) *data {
	l := p.Layer(v1alpha1.ConditionDataReady)
	return &data{databases: composeDatabases(l, c, net, eks), queues: composeQueues(l, c)}
}

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
	subnets, _ := subnetsIn(net.private, nil)
	group := l.Add("database.subnets", func(n *plan.Node) runtime.Object {
		// Not the platform alone: RDS has a group called default.
		return &rdsv1.SubnetGroup{ObjectMeta: externallyNamed(c.regional("databases")), Spec: rdsv1.SubnetGroupSpec{ForProvider: rdsv1.SubnetGroupParameters{
			Region:       c.region(),
			Description:  new("Private subnets of " + c.name),
			SubnetIDRefs: n.Refs(subnets...),
			Tags:         c.tags(c.name),
		}}}
	})
	var ds []database
	for _, spec := range c.spec.Databases {
		key, name := "database."+spec.Name, c.regional(spec.Name)
		firewall := l.Add(key+".security-group", func(n *plan.Node) runtime.Object {
			return &ec2.SecurityGroup{Spec: ec2.SecurityGroupSpec{ForProvider: ec2.SecurityGroupParameters_2{
				Region: c.region(),
				// Not the platform first: AWS takes no name that begins with sg-.
				Name:        new("database-" + c.regional(spec.Name)),
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
		}).ReadyWhen(plan.Available, read.Instance.Endpoint.Known())
		ds = append(ds, database{name: spec.Name, node: node})
	}
	return ds
}

func rdsInstance(n *plan.Node, c *contract, d v1alpha1.Database, group, firewall *plan.Node) *rdsv1.Instance {
	name := c.regional(d.Name)
	// The provider knows an instance by the id RDS gives it, but finds it by this
	// name too. A provider that is restarted in the minutes RDS takes would
	// otherwise lose it: "already exists" for ever, and no teardown finds it.
	i := &rdsv1.Instance{ObjectMeta: externallyNamed(name), Spec: rdsv1.InstanceSpec{ForProvider: rdsv1.InstanceParameters{
		Region:                  c.region(),
		Identifier:              new(name),
		Engine:                  new(string(d.Engine)),
		InstanceClass:           new(d.InstanceClass),
		AllocatedStorage:        floatOf(d.StorageGiB),
		StorageType:             new("gp3"),
		StorageEncrypted:        new(true),
		MultiAz:                 new(d.MultiAZ),
		PubliclyAccessible:      new(false),
		DBSubnetGroupNameRef:    n.Ref(group),
		VPCSecurityGroupIDRefs:  n.Refs(firewall),
		AutoMinorVersionUpgrade: new(true),
		BackupRetentionPeriod:   floatOf(d.BackupRetentionDays),
		CopyTagsToSnapshot:      new(true),
		DeletionProtection:      new(d.DeletionProtection),
		SkipFinalSnapshot:       new(!d.FinalSnapshot),
		// AWS makes, keeps and rotates the password, so it is in no object.
		// "admin", the obvious name, is reserved by postgres.
		Username:                 new("dbadmin"),
		ManageMasterUserPassword: new(true),
		Tags:                     c.tags(name),
	}}}
	if d.Version != "" {
		i.Spec.ForProvider.EngineVersion = new(d.Version)
		// Whoever asks for a major version means it.
		i.Spec.ForProvider.AllowMajorVersionUpgrade = new(true)
	}
	if d.MaxStorageGiB != nil {
		i.Spec.ForProvider.MaxAllocatedStorage = floatOf(*d.MaxStorageGiB)
	}
	if d.FinalSnapshot {
		// A snapshot of this name may be left of an earlier platform of the
		// same name, and deleting the instance would fail for ever.
		i.Spec.ForProvider.FinalSnapshotIdentifier = new(c.regional(d.Name, "final", digest(c.uid)))
	}
	return i
}

func composeQueues(l *plan.Layer, c *contract) []queue {
	var qs []queue
	for _, spec := range c.spec.Queues {
		key := "queue." + spec.Name
		q := queue{name: spec.Name}
		if spec.DeadLetter != nil {
			q.deadLetter = l.Add(key+".dead-letter", func(*plan.Node) runtime.Object {
				return sqsQueue(c, spec, c.queue(spec.Name, "dlq"), spec.DeadLetter.RetentionSeconds)
			})
		}
		q.node = l.Add(key, func(n *plan.Node) runtime.Object {
			o := sqsQueue(c, spec, c.queue(spec.Name), spec.RetentionSeconds)
			o.Spec.ForProvider.VisibilityTimeoutSeconds = floatOf(spec.VisibilityTimeoutSeconds)
			if q.deadLetter != nil {
				o.Spec.ForProvider.RedrivePolicy = redrivePolicy(n, n.Use(q.deadLetter.Value(read.Queue.ARN)), spec.DeadLetter.MaxReceiveCount)
			}
			return o
		})
		qs = append(qs, q)
	}
	return qs
}

func sqsQueue(c *contract, q v1alpha1.Queue, name string, retention int32) *sqsv1.Queue {
	o := &sqsv1.Queue{Spec: sqsv1.QueueSpec{ForProvider: sqsv1.QueueParameters{
		Region:                  c.region(),
		Name:                    new(name),
		MessageRetentionSeconds: floatOf(retention),
		SqsManagedSseEnabled:    new(true),
		Tags:                    c.tags(name),
	}}}
	if q.FIFO {
		o.Spec.ForProvider.Name = new(strings.TrimSuffix(name, suffixFIFO) + suffixFIFO)
		o.Spec.ForProvider.FifoQueue = new(true)
		o.Spec.ForProvider.ContentBasedDeduplication = new(q.ContentBasedDeduplication)
	}
	return o
}

// redrivePolicy moves messages that were received too often to another queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
func redrivePolicy(n *plan.Node, target string, maxReceiveCount int32) *string {
	return new(n.JSON(struct {
		Target string `json:"deadLetterTargetArn"`
		Max    int32  `json:"maxReceiveCount"`
	}{target, maxReceiveCount}))
}

func (d *data) databaseStatus() []v1alpha1.DatabaseStatus {
	var ss []v1alpha1.DatabaseStatus
	for _, db := range d.databases {
		o := db.node.Observed()
		ss = append(ss, v1alpha1.DatabaseStatus{Name: db.name, Endpoint: read.Instance.Endpoint.Of(o), SecretARN: read.Instance.SecretARN.Of(o)})
	}
	return ss
}

func (d *data) queueStatus() []v1alpha1.QueueStatus {
	var ss []v1alpha1.QueueStatus
	for _, q := range d.queues {
		o := q.node.Observed()
		s := v1alpha1.QueueStatus{Name: q.name, URL: read.Queue.URL.Of(o), ARN: read.Queue.ARN.Of(o)}
		if q.deadLetter != nil {
			s.DeadLetterURL = read.Queue.URL.Of(q.deadLetter.Observed())
		}
		ss = append(ss, s)
	}
	return ss
}
