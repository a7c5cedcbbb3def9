package platform

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
)

// This file is the contract between the layers. The base layer and what runs in
// the cluster meet only in names, tags and service accounts, and each of those
// is spelt here and nowhere else.

// A contract is what all layers agree on before anything exists: the claim,
// and every name that follows from it.
type contract struct {
	spec v1alpha1.PlatformSpec
	// policy of the platform team. It wins over the claim.
	policy v1beta1.Input
	// name of the platform in AWS, which is the EKS cluster's too.
	name      string
	uid       string
	partition string
	zones     []zone
	// wisher is the claim, or the composite if there is none, and home the namespace it
	// is in, "" if it is in none.
	wisher, home string
}

const (
	// keyCluster is looked up before anything is composed.
	keyCluster = "cluster"
	// keySubnets of all databases.
	keySubnets = "database.subnets"
)

// databaseKey is the key of a database. Names have no dots, so of all keys only the
// subnets' is one that a name could make, too.
func databaseKey(name string) string {
	if key := "database." + name; key != keySubnets {
		return key
	}
	return keySubnets + ".database"
}

// Tags the controllers find AWS resources by.
const (
	// tagPlatform is on everything we make that takes tags: it answers "what
	// in this account belongs to that platform?".
	tagPlatform = "xplatform.dev/platform"
	// tagName is what the AWS console shows as a resource's name.
	tagName = "Name"
	// tagPublicELB and tagInternalELB mark the subnets the load balancer
	// controller may put internet-facing and internal load balancers in.
	// https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/subnet_discovery/
	tagPublicELB   = "kubernetes.io/role/elb"
	tagInternalELB = "kubernetes.io/role/internal-elb"
	// tagClusters begins the tags of clusters, each one's own.
	tagClusters = "kubernetes.io/cluster/"
	// tagCrossplane begins those that the provider puts on everything.
	tagCrossplane = "crossplane-"
	// tagAutoscaler begins the tags by which the Cluster Autoscaler finds Auto
	// Scaling groups, which EKS puts on those of its node groups, and tagTemplate
	// those that tell it what a group's nodes would look like while there is none
	// to look at.
	// https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md
	tagAutoscaler = "k8s.io/cluster-autoscaler/"
	tagTemplate   = tagAutoscaler + "node-template/"
	// tagLoadBalancerCluster is on everything the load balancer controller
	// makes.
	tagLoadBalancerCluster = "elbv2.k8s.aws/cluster"
)

// tagCluster tells tools of a shared VPC which cluster a subnet is for.
func (c *contract) tagCluster() string { return tagClusters + c.name }

// tagAutoscalerCluster binds an Auto Scaling group to the autoscaler of one
// cluster. Its value is owned, as EKS itself sets it.
func (c *contract) tagAutoscalerCluster() string { return tagAutoscaler + c.name }

// A serviceAccount that acts as an IAM role of its own. Charts are told to
// create it under this name, and the role is bound to this name.
type serviceAccount struct {
	namespace, name string
}

// Namespaces and service accounts of what runs in the cluster.
const (
	// NamespaceSystem is where what a cluster can't do without runs.
	NamespaceSystem      = "kube-system"
	namespaceExternalDNS = "external-dns"
)

//nolint:gochecknoglobals // Constants, but for Go's lack of constant structs.
var (
	accountAutoscaler   = serviceAccount{NamespaceSystem, "cluster-autoscaler"}
	accountLoadBalancer = serviceAccount{NamespaceSystem, "aws-load-balancer-controller"}
	accountExternalDNS  = serviceAccount{namespaceExternalDNS, "external-dns"}
	// accountEBS is the one the EKS add-on aws-ebs-csi-driver creates.
	accountEBS = serviceAccount{NamespaceSystem, "ebs-csi-controller-sa"}
	// accountMetrics acts as no role: metrics-server asks nothing of AWS.
	accountMetrics = serviceAccount{NamespaceSystem, "metrics-server"}
)

const (
	// factsName is the name of the ConfigMap in the cluster that tells what the platform
	// is made of, and factsNamespace where it is unless the policy says otherwise: a
	// namespace that every cluster has, for what all of it may know. All facts' keys
	// begin with factPrefix.
	factsName      = "xplatform-facts"
	factsNamespace = "kube-public"
	factPrefix     = "PLATFORM_"
)

// What Argo CD and Flux look for on the control plane.
const (
	// labelArgoCD of a Secret says what it is to Argo CD: one of its clusters.
	// https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#clusters
	labelArgoCD  = "argocd.argoproj.io/secret-type"
	argoCDsOwn   = "cluster"
	suffixConfig = "-kubeconfig"
	suffixFacts  = "-facts"
)

const (
	// labelClaimName and labelClaimNamespace are how Crossplane marks a composite with
	// its claim.
	labelClaimName      = "crossplane.io/claim-name"
	labelClaimNamespace = "crossplane.io/claim-namespace"
	// annotationRole is how IRSA finds a service account's role, and audienceSTS
	// whom the cluster's tokens are meant for.
	annotationRole = "eks.amazonaws.com/role-arn"
	audienceSTS    = "sts.amazonaws.com"
	// PriorityCritical lets a controller's pods push others off a full node.
	PriorityCritical = "system-cluster-critical"
	// suffixFIFO is how AWS wants a FIFO queue's name to end.
	suffixFIFO = ".fifo"
)

// LabelName and LabelRegion are what a platform is called in AWS, and where. Its guard and
// its cluster have them, by which others find out that a name is taken.
const (
	LabelName   = "xplatform.dev/name"
	LabelRegion = "xplatform.dev/region"
)

// annotationMadeBy begins the annotations that say by which choices of the claim an
// object was made that AWS can't change: one for each field of the claim. The fields
// that AWS gets say the same; but those a later version may fill otherwise, and
// nothing may be made anew for that.
const annotationMadeBy = "made-by.xplatform.dev/"

// annotationMadeByAll is a digest of the others. What somebody has mangled says nothing:
// a database would go with its data, to be made anew as it is.
const annotationMadeByAll = annotationMadeBy + "all"

// madeBy says by which choices of the claim, by their fields, a node's object is made.
// One that was made by others, because it was taken out of the claim and put in again,
// is made anew.
func madeBy(n *plan.Node, o metav1.Object, choices map[string]string) {
	all := maps.Clone(o.GetAnnotations())
	if all == nil {
		all = map[string]string{}
	}
	said := map[string]string{}
	for _, field := range sortedKeys(choices) {
		said[annotationMadeBy+field] = choices[field]
		if saysHow(n.Observed()) {
			n.Fixed(plan.Annotated(annotationMadeBy + field))
		}
	}
	maps.Copy(all, said)
	all[annotationMadeByAll] = digestOf(said)
	o.SetAnnotations(all)
}

// saysHow tells whether what an object says of how it was made is what was written there,
// as far as can be told.
func saysHow(o *plan.Observed) bool {
	said := o.Annotations(annotationMadeBy)
	all := said[annotationMadeByAll]
	delete(said, annotationMadeByAll)
	return all == "" || all == digestOf(said)
}

// digestOf annotations, whatever their order.
func digestOf(annotations map[string]string) string {
	var all []string
	for _, name := range sortedKeys(annotations) {
		all = append(all, name+"="+annotations[name])
	}
	return digest(strings.Join(all, "\n"))
}

// isMadeBy tells whether an object was made by the choices of the claim, as far as it
// says.
func isMadeBy(o *plan.Observed, choices map[string]string) bool {
	for field, choice := range choices {
		if by := o.Annotation(annotationMadeBy + field); by != "" && by != choice && saysHow(o) {
			return false
		}
	}
	return true
}

// newContract from a composite and what exists of it. The error names the fields of a
// claim that ask for something impossible.
func newContract(p *plan.Plan, xr Composite, policy v1beta1.Input) (*contract, error) {
	c := &contract{spec: xr.Spec, policy: policy, uid: xr.UID, partition: partitionOf(xr.Spec.Region)}
	c.wisher, c.home = cmp.Or(xr.Claim, xr.Name), cmp.Or(xr.Namespace, xr.ClaimNamespace)
	var refusal error
	c.name, refusal = nameOf(p, xr)
	refusal = errors.Join(refusal, refusePolicies(xr.Spec, policy), refuseTags(c), refuseWindow(xr.Spec.Upgrade.Window), refuseGitOps(c, xr.Namespace))
	if xr.Spec.Network.VPCID != "" {
		return c, errors.Join(refusal, refuseZones(xr.Spec.NodeGroups))
	}
	zs, err := planZones(xr.Spec.Region, xr.Spec.Network, settledZones(p, xr.Spec.Network))
	c.zones = zs
	if err != nil {
		return c, errors.Join(refusal, err)
	}
	return c, errors.Join(refusal, refuseUnknownZones(xr.Spec.NodeGroups, zs))
}

// Partitions: the commercial regions, and China.
const (
	partitionAWS   = "aws"
	partitionChina = "aws-cn"
)

// partitionOf a region, as ARNs spell it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return partitionChina
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	default:
		return partitionAWS
	}
}

func (c *contract) region() *string { return new(c.spec.Region) }

// ExternalDNS writes beside each record whose it is, into a TXT record. Where
// that stands must never change: records whose owner it doesn't find are no
// longer its own, and neither updated nor removed.
// https://kubernetes-sigs.github.io/external-dns/latest/docs/registry/txt/
const (
	// ownershipPrefix makes the type of a record a name of its own. By default it
	// is put before the first name, which for a host that is called like the zone
	// is outside of the zone, and ExternalDNS skips it in silence.
	ownershipPrefix = "%{record_type}-xdns."
	// wildcardReplacement stands for the asterisk, which Route 53 takes only
	// where it stands alone. No host has an underscore, so it is no host's name.
	wildcardReplacement = "_wildcard"
)

// servicePrincipal is an AWS service as trust policies name it.
func (c *contract) servicePrincipal(service string) string {
	if c.partition == partitionChina && service == "ec2" {
		// EKS and Pod Identity go without the suffix in China too.
		return service + ".amazonaws.com.cn"
	}
	return service + ".amazonaws.com"
}

// managedPolicy is the ARN of a policy AWS maintains.
func (c *contract) managedPolicy(name string) *string {
	return new("arn:" + c.partition + ":iam::aws:policy/" + name)
}

// tags of a resource: the claim's, ours, and the supplied key-value pairs.
func (c *contract) tags(name string, more ...string) map[string]*string {
	all := make(map[string]*string, len(c.spec.Tags)+len(c.policy.Tags)+2+len(more)/2)
	for k, v := range c.plainTags() {
		all[k] = new(v)
	}
	all[tagName] = new(name)
	for i := 0; i+1 < len(more); i += 2 {
		all[more[i]] = new(more[i+1])
	}
	return all
}

// plainTags are the tags that do not name one resource, for what controllers
// make.
func (c *contract) plainTags() map[string]string {
	all := c.ownTags()
	all[tagPlatform] = c.name
	return all
}

// ownTags are the claim's and the policy's, as far as they are put on anything.
func (c *contract) ownTags() map[string]string {
	all := make(map[string]string, len(c.spec.Tags)+len(c.policy.Tags)+1)
	// To IAM Name and name are one, and it refuses both. The policy's and ours
	// win.
	taken := []string{tagName, tagPlatform}
	for _, tags := range []map[string]v1alpha1.TagValue{c.policy.Tags, c.spec.Tags} {
		for _, k := range sortedKeys(tags) {
			if !slices.ContainsFunc(taken, func(t string) bool { return strings.EqualFold(t, k) }) {
				all[k] = string(tags[k])
				taken = append(taken, k)
			}
		}
	}
	return all
}

// sortedKeys of a map, so that its order reaches no output.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// nonEmpty is a value the claim gives, nil if it doesn't.
func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return new(s)
}

// pointersTo strings, as provider-upjet-aws wants its lists.
func pointersTo(ss []string) []*string {
	ps := make([]*string, 0, len(ss))
	for _, s := range ss {
		ps = append(ps, new(s))
	}
	return ps
}

// floatOf a number of AWS, which provider-upjet-aws keeps as a float.
func floatOf[N ~int32 | ~int](n N) *float64 { return new(float64(n)) }
