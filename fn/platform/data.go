package platform

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

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
