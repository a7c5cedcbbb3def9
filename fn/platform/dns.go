package platform

import (
	"strconv"

	"k8s.io/apimachinery/pkg/runtime"

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
}

// composeDNS returns nil if the claim asks for no DNS.
func composeDNS(p *plan.Plan, c *contract, net *network) *hostedZone {
	l := p.Layer(v1alpha1.ConditionDNSReady)
	d := c.spec.DNS
	if d == nil {
		return nil
	}
	z := &hostedZone{domain: d.Domain}
	if d.ZoneID != "" {
		z.id = plan.Static(d.ZoneID)
		return z
	}
	z.node = l.Add("zone", func(n *plan.Node) runtime.Object {
		o := &route53v1.Zone{Spec: route53v1.ZoneSpec{ForProvider: route53v1.ZoneParameters{
			Name:         new(d.Domain),
			Comment:      new("Platform " + c.name),
			ForceDestroy: new(d.ForceDestroy),
			Tags:         c.tags(d.Domain),
		}}}
		madeBy(n, o, map[string]string{"domain": d.Domain, "private": strconv.FormatBool(d.Private)})
		n.Final(read.Zone.AskedForceDestroy.Field)
		if d.Private {
			n.After(net.vpc)
			// No reference: whoever sets any of this list owns all of it, so the
			// id that the provider writes beside a reference would be taken out
			// again each time Crossplane applies the list, for ever.
			o.Spec.ForProvider.VPC = []route53v1.VPCParameters{{VPCID: new(n.Use(net.vpcID)), VPCRegion: c.region()}}
		}
		return o
	})
	z.id = z.node.Value(read.Zone.ID)
	return z
}

// status of the zone, of which there may be none.
func (z *hostedZone) status() v1alpha1.DNSStatus {
	if z == nil {
		return v1alpha1.DNSStatus{}
	}
	s := v1alpha1.DNSStatus{Domain: z.domain, ZoneID: z.id.Peek()}
	if z.node != nil {
		s.NameServers = read.Zone.NameServers.Of(z.node.Observed())
	}
	return s
}
