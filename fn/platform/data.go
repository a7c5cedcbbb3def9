package platform

import (
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
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

func composeQueues(l *plan.Layer, c *contract) []queue {
	var qs []queue
	for _, spec := range c.spec.Queues {
		key := "queue." + spec.Name
		q := queue{name: spec.Name}
		q.node = l.Add(key, func(n *plan.Node) runtime.Object {
			o := sqsQueue(n, c, spec, c.separated(spec.Name), spec.RetentionSeconds)
			o.Spec.ForProvider.VisibilityTimeoutSeconds = floatOf(spec.VisibilityTimeoutSeconds)
			return o
		})
		if spec.DeadLetter != nil {
			q.deadLetter = l.Add(key+".dead-letter", func(n *plan.Node) runtime.Object {
				return sqsQueue(n, c, spec, c.separated(spec.Name, "dlq"), spec.DeadLetter.RetentionSeconds)
			})
			l.Add(key+".redrive", func(n *plan.Node) runtime.Object {
				return redrivePolicy(n, c, q, spec.DeadLetter.MaxReceiveCount)
			})
		}
		qs = append(qs, q)
	}
	return qs
}

func sqsQueue(n *plan.Node, c *contract, q v1alpha1.Queue, name string, retention int32) *sqsv1.Queue {
	o := &sqsv1.Queue{Spec: sqsv1.QueueSpec{ForProvider: sqsv1.QueueParameters{
		Region:                  c.region(),
		Name:                    new(name),
		MessageRetentionSeconds: floatOf(retention),
		SqsManagedSseEnabled:    new(true),
		Tags:                    c.tags(name),
	}}}
	// Another name is another queue, and the name says whether it is FIFO.
	madeBy(n, o, map[string]string{"fifo": strconv.FormatBool(q.FIFO)})
	if q.FIFO {
		o.Spec.ForProvider.Name = new(strings.TrimSuffix(name, suffixFIFO) + suffixFIFO)
		o.Spec.ForProvider.FifoQueue = new(true)
		o.Spec.ForProvider.ContentBasedDeduplication = new(q.ContentBasedDeduplication)
	}
	// Late initialisation would copy the redrive policy in here, from where the
	// provider would set it again whenever it changes or goes: of a queue it leaves
	// out the other policy alone (provider-upjet-aws, config/namespaced/sqs/config.go).
	// It also is what saves the URL that the provider knows a queue by
	// (crossplane/crossplane#5918), so until there is one it stays on. There is no
	// redrive policy then that could be copied.
	if n.Observed().Annotation(meta.AnnotationKeyExternalName) != "" {
		o.SetManagementPolicies(plan.AsAsked())
	}
	// Earlier versions asked for it in here, and then the provider copied it. An
	// empty one makes the field ours to leave out, and is nothing to the provider:
	// AWS keeps what it has (finalizeDiff in terraform-plugin-sdk,
	// helper/schema/schema.go, of what is computed, too).
	if read.Queue.AskedRedrive.Of(n.Observed()) != "" {
		o.Spec.ForProvider.RedrivePolicy = new("")
	}
	return o
}

// redrivePolicy moves messages that were received too often to another queue. It is
// an object of its own, because a queue's object can't take it back: what that no
// longer asks for AWS keeps, as does what it asks for as empty. And SQS deletes a
// queue that others still name, so the policy goes before.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
func redrivePolicy(n *plan.Node, c *contract, q queue, maxReceiveCount int32) *sqsv1.QueueRedrivePolicy {
	return &sqsv1.QueueRedrivePolicy{Spec: sqsv1.QueueRedrivePolicySpec{ForProvider: sqsv1.QueueRedrivePolicyParameters{
		Region:      c.region(),
		QueueURLRef: n.Ref(q.node),
		RedrivePolicy: new(n.JSON(struct {
			Target string `json:"deadLetterTargetArn"`
			Max    int32  `json:"maxReceiveCount"`
		}{n.Use(q.deadLetter.Value(read.Queue.ARN)), maxReceiveCount})),
	}}}
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
