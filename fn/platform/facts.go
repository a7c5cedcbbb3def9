package platform

import (
	"cmp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// What is deployed needs to know what the platform is made of, and nobody should have to
// copy it. The names of facts are API, and are spelt here and nowhere else.

// A fact is a text about the platform, or one about each of several of a kind.
type fact struct {
	// key of the fact. Of several it is what all their keys begin with; the name of each
	// comes last, so that no two keys can meet. each is what there is one of for each, ""
	// if there is only one.
	key, each string
	// says what it is, for people.
	says string
	// of are the facts of a platform, known or not.
	of func(pf *Platform) []known
}

// A known fact, or one that is to be.
type known struct {
	// name of what it is about, if there may be several.
	name string
	// value, "" as long as it is unknown.
	value string
}

// factKey is the key of a fact: the name of a variable to a shell, to a Pod's
// environment and to Flux, and of an annotation to Kubernetes.
func factKey(key, name string) string {
	if name != "" {
		key += "_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	}
	return factPrefix + key
}

// facts there are.
//
//nolint:gochecknoglobals // A constant table.
var facts = []fact{
	{"NAME", "", "The platform's name in AWS", func(pf *Platform) []known { return only(pf.contract.name) }},
	{"REGION", "", "Its region", func(pf *Platform) []known { return only(pf.contract.spec.Region) }},
	{"PARTITION", "", "The partition of its region, with which ARNs begin", func(pf *Platform) []known { return only(pf.contract.partition) }},
	{"ACCOUNT_ID", "", "The account it is in", func(pf *Platform) []known { return only(accountOf(read.Cluster.ARN.Of(pf.Cluster.Observed()))) }},
	{"VPC_ID", "", "Its VPC", func(pf *Platform) []known { return only(pf.network.vpcID.Peek()) }},
	{"PUBLIC_SUBNET_IDS", "", "Its public subnets, with commas between them", func(pf *Platform) []known { return subnetFact(pf.network.public) }},
	{"PRIVATE_SUBNET_IDS", "", "Its private subnets, likewise", func(pf *Platform) []known { return subnetFact(pf.network.private) }},
	{"CLUSTER_NAME", "", "The name of its EKS cluster", func(pf *Platform) []known { return only(pf.contract.name) }},
	{"CLUSTER_ARN", "", "The cluster's ARN", func(pf *Platform) []known { return pf.cluster.fact(read.Cluster.ARN) }},
	{"CLUSTER_ENDPOINT", "", "The URL of its API server", func(pf *Platform) []known { return pf.cluster.fact(read.Cluster.Endpoint) }},
	{"CLUSTER_SECURITY_GROUP_ID", "", "The security group of its nodes and pods", func(pf *Platform) []known { return pf.cluster.fact(read.Cluster.SecurityGroup) }},
	{"KUBERNETES_VERSION", "", "The version of Kubernetes that the control plane has", func(pf *Platform) []known { return pf.cluster.fact(read.Cluster.Version) }},
	{"OIDC_ISSUER", "", "The issuer of the tokens of its service accounts", func(pf *Platform) []known { return pf.cluster.fact(read.Cluster.Issuer) }},
	{"DOMAIN", "", "The domain that ExternalDNS writes into", func(pf *Platform) []known { return pf.zone.fact(func(s v1alpha1.DNSStatus) string { return s.Domain }) }},
	{"ZONE_ID", "", "The id of the hosted zone", func(pf *Platform) []known { return pf.zone.fact(func(s v1alpha1.DNSStatus) string { return s.ZoneID }) }},
	{"NAME_SERVERS", "", "The name servers of a zone that the platform made, with commas between them", func(pf *Platform) []known {
		return pf.zone.fact(func(s v1alpha1.DNSStatus) string { return strings.Join(s.NameServers, ",") })
	}},
	{"DATABASE_ENDPOINT", "database", "Host and port of a database", func(pf *Platform) []known { return pf.data.databaseFact(read.Instance.Endpoint) }},
	{"DATABASE_SECRET_ARN", "database", "The secret in Secrets Manager with its master user's name and password", func(pf *Platform) []known { return pf.data.databaseFact(read.Instance.SecretARN) }},
	{"QUEUE_URL", "queue", "The URL of a queue", func(pf *Platform) []known { return pf.data.queueFact(read.Queue.URL, queue.itself) }},
	{"QUEUE_ARN", "queue", "Its ARN", func(pf *Platform) []known { return pf.data.queueFact(read.Queue.ARN, queue.itself) }},
	{"QUEUE_DEAD_LETTER_URL", "queue", "The URL of its dead-letter queue", func(pf *Platform) []known { return pf.data.queueFact(read.Queue.URL, queue.dead) }},
	{"CONTROLLER_VERSION", "controller", "The version of the chart of a controller, where the claim enables it", func(pf *Platform) []known {
		var ks []known
		for _, ctl := range pf.controllers {
			// One that waits for its turn to be upgraded has the one before.
			ks = append(ks, known{ctl.account.name, cmp.Or(read.Release.AskedVersion.Of(ctl.node.Observed()), ctl.from.version)})
		}
		return ks
	}},
}

// only fact of its kind.
func only(value string) []known { return []known{{value: value}} }

func (eks *cluster) fact(field plan.Text) []known { return only(field.Of(eks.node.Observed())) }

// accountOf an ARN, "" if it is none.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}

// subnetFact are the ids of subnets, once all of them are known.
func subnetFact(ss []subnet) []known {
	ids := subnetIDs(ss)
	if len(ids) < len(ss) {
		return only("")
	}
	return only(strings.Join(ids, ","))
}

// fact of the zone, if there is one and it stays.
func (z *hostedZone) fact(of func(s v1alpha1.DNSStatus) string) []known {
	if z == nil || z.leaving {
		return nil
	}
	return only(of(z.status()))
}

func (d *data) databaseFact(field plan.Text) []known {
	var ks []known
	for _, db := range d.databases {
		ks = append(ks, known{db.name, field.Of(db.node.Observed())})
	}
	return ks
}

func (d *data) queueFact(field plan.Text, which func(queue) *plan.Node) []known {
	var ks []known
	for _, q := range d.queues {
		if n := which(q); n != nil {
			ks = append(ks, known{q.name, field.Of(n.Observed())})
		}
	}
	return ks
}

func (q queue) itself() *plan.Node { return q.node }

func (q queue) dead() *plan.Node { return q.deadLetter }

// tell the facts that are known, by their keys, given what was told before. A value that
// became unknown, because its provider has yet to look again, or it is made anew, is told
// as it was.
func (pf *Platform) tell(before func(key string) string) map[string]string {
	told := map[string]string{}
	for _, f := range facts {
		for _, k := range f.of(pf) {
			key := factKey(f.key, k.name)
			if value := cmp.Or(k.value, before(key)); value != "" {
				told[key] = value
			}
		}
	}
	return told
}

// composeFacts of what all the others have composed: in the cluster, and beside those who
// deploy into it.
func composeFacts(p *plan.Plan, pf *Platform) {
	l := p.Layer(v1alpha1.ConditionFactsReady)
	wish := pf.contract.facts()
	if pf.contract.spec.Facts == nil {
		l.Aside()
	}
	if wish.ConfigMap {
		config := l.Add("kubernetes", func(n *plan.Node) runtime.Object { return pf.ProviderConfig(n) }).ReadyWhen(plan.Exists)
		l.Add("facts", func(n *plan.Node) runtime.Object {
			n.After(config)
			where := metav1.ObjectMeta{Name: factsName, Namespace: cmp.Or(pf.contract.policy.Facts.Namespace, factsNamespace), Labels: map[string]string{"app.kubernetes.io/name": factsName}}
			return InCluster(n, config.Name(), pf.factsMap(n, read.Object.Data, where), nil)
		}).Inside(pf.Cluster, pf.Auth, config).Fixed(read.Object.Namespace)
	}
	if wish.ArgoCD {
		pf.composeArgoCD(l)
	}
	if wish.Flux {
		pf.composeFlux(l)
	}
}

// facts that the claim wishes for, or doesn't mind.
func (c *contract) facts() v1alpha1.Facts {
	if c.spec.Facts == nil {
		return v1alpha1.Facts{ConfigMap: true}
	}
	return *c.spec.Facts
}

// factsMap is a ConfigMap with the facts, given what the node's object has of it.
func (pf *Platform) factsMap(n *plan.Node, data plan.Field, where metav1.ObjectMeta) *corev1.ConfigMap {
	var before map[string]string
	// What can't be read is not known.
	_ = data.Decode(n.Observed(), &before)
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: where,
		Data:       pf.tell(func(key string) string { return before[key] }),
	}
}
