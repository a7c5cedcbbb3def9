package platform

import (
	"strconv"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	route53v1 "github.com/upbound/provider-aws/v2/apis/namespaced/route53/v1beta1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// hostedZone is the Route 53 zone ExternalDNS writes into, and the domain in it,
// the zone's own or one below. Its records are ExternalDNS's business and never
// ours.
type hostedZone struct {
	// node is nil for a zone that exists already.
	node   *plan.Node
	id     plan.Value
	domain string
	// leaving: it is not the one that is asked for, if any is. What ExternalDNS wrote
	// into it has to go before Route 53 lets it go, so ExternalDNS stays as long as the
	// zone does, if it is installed, and wants no records.
	leaving, installed bool
}

// composeDNS returns nil if the claim asks for no DNS.
func composeDNS(p *plan.Plan, c *contract, net *network) *hostedZone {
	l := p.Layer(v1alpha1.ConditionDNSReady)
	d := c.spec.DNS
	if left := p.Object(keyZone); left != nil && (d == nil || d.ZoneID != "" || !isMadeBy(left, zoneChoices(d))) {
		return &hostedZone{
			id:        plan.Static(read.Zone.ID.Of(left)),
			domain:    read.Zone.AskedName.Of(left),
			leaving:   true,
			installed: p.Object(accountExternalDNS.name).Stays(),
		}
	}
	if d == nil {
		return nil
	}
	z := &hostedZone{domain: d.Domain}
	if d.ZoneID != "" {
		z.id = plan.Static(d.ZoneID)
		return z
	}
	z.node = l.Add(keyZone, func(n *plan.Node) runtime.Object {
		o := &route53v1.Zone{Spec: route53v1.ZoneSpec{ForProvider: route53v1.ZoneParameters{
			Name:         new(d.Domain),
			Comment:      new("Platform " + c.name),
			ForceDestroy: new(d.ForceDestroy),
			Tags:         c.tags(d.Domain),
		}}}
		madeBy(n, o, zoneChoices(d))
		n.Final(read.Zone.AskedForceDestroy.Field)
		if d.Private {
			n.After(net.vpc)
			seenIn(o, n.Observed(), new(n.Use(net.vpcID)), c.region())
		}
		return o
	})
	z.id = z.node.Value(read.Zone.ID)
	return z
}

// keyZone of the zone that is made.
const keyZone = "zone"

// zoneChoices are what can't be changed of a zone.
func zoneChoices(d *v1alpha1.DNS) map[string]string {
	return map[string]string{"domain": d.Domain, "private": strconv.FormatBool(d.Private)}
}

// served tells whether ExternalDNS is to write into the zone, given whether the claim
// enables it, or to take away what it wrote.
func (z *hostedZone) served(enabled bool) bool {
	switch {
	case z == nil:
		return false
	case z.leaving:
		return z.installed && !z.id.None()
	default:
		return enabled
	}
}

// seenIn a network, to begin with: in which others a zone is seen is their business.
// In forProvider the list would be the whole truth, and the provider takes the zone
// out of all other networks. In initProvider alone it is what the zone is made with,
// and any difference from then on is ignored: the filter drops all that begins with
// the list's name (filterInitExclusiveDiffs in upjet's
// pkg/controller/external_tfpluginsdk.go). But late initialisation would copy the list
// into forProvider, and without it the zone's id is never saved
// (crossplane/crossplane#5918). So at first the list is asked for there, where it is
// not copied to, and once the id is known here, without late initialisation.
//
// There is no reference: the list is one value to Kubernetes, and the id that the
// provider writes beside a reference would be taken out each time Crossplane applies
// the list, for ever.
func seenIn(z *route53v1.Zone, o *plan.Observed, vpc, region *string) {
	if o.Annotation(meta.AnnotationKeyExternalName) == "" {
		z.Spec.ForProvider.VPC = []route53v1.VPCParameters{{VPCID: vpc, VPCRegion: region}}
		return
	}
	z.Spec.InitProvider.VPC = []route53v1.VPCInitParameters{{VPCID: vpc, VPCRegion: region}}
	z.SetManagementPolicies(plan.AsAsked())
}

// status of the zone, of which there may be none.
func (z *hostedZone) status() v1alpha1.DNSStatus {
	if z == nil || z.leaving {
		return v1alpha1.DNSStatus{}
	}
	s := v1alpha1.DNSStatus{Domain: z.domain, ZoneID: z.id.Peek()}
	if z.node != nil {
		s.NameServers = read.Zone.NameServers.Of(z.node.Observed())
	}
	return s
}
