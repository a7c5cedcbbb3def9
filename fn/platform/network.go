package platform

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	xpv1 "github.com/crossplane/crossplane-runtime/v2/apis/common/v1"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	ec2 "github.com/upbound/provider-aws/v2/apis/namespaced/ec2/v1beta1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// everywhere is the destination of a default route.
const everywhere = "0.0.0.0/0"

// network is the VPC and its subnets, one of each tier in every zone.
type network struct {
	vpc             *plan.Node
	vpcID           plan.Value
	public, private []subnet
	// tenants are the tags by which other clusters live in it, of one that the
	// platform made.
	tenants []string
}

// A subnet and its way out.
type subnet struct {
	// id is the subnet's if it is somebody else's, and zone where it is if it isn't.
	id, zone string
	node     *plan.Node
	// routed is ready once the subnet reaches the internet.
	routed []*plan.Node
}

func composeNetwork(p *plan.Plan, c *contract) *network {
	l := p.Layer(v1alpha1.ConditionNetworkReady)
	if c.spec.Network.VPCID != "" {
		return existingNetwork(l, c)
	}

	vpc := l.Add("vpc", func(*plan.Node) runtime.Object {
		return &ec2.VPC{Spec: ec2.VPCSpec{ForProvider: ec2.VPCParameters_2{
			Region:             c.region(),
			CidrBlock:          new(c.spec.Network.CIDR),
			EnableDNSSupport:   new(true),
			EnableDNSHostnames: new(true),
			Tags:               c.tags(c.name),
		}}}
	})
	net := &network{vpc: vpc, vpcID: vpc.Value(read.VPC.ID)}
	net.public = publicSubnets(l, c, vpc)
	net.private = privateSubnets(l, c, vpc, net.public)
	for _, s := range slices.Concat(net.public, net.private) {
		for _, tag := range sortedKeys(tagsOf(p.Object(s.node.Key))) {
			if strings.HasPrefix(tag, tagClusters) && tag != c.tagCluster() && !slices.Contains(net.tenants, tag) {
				net.tenants = append(net.tenants, tag)
			}
		}
	}
	return net
}

// Lent says why something of the network must not go with the platform, "" if it may.
// AWS keeps a subnet that another cluster lives in, but by then its way out is gone.
func (pf *Platform) Lent(o *plan.Observed) string {
	parts := []string{"VPC", "InternetGateway", "Subnet", "RouteTable", "Route", "RouteTableAssociation", "EIP", "NATGateway"}
	if len(pf.network.tenants) == 0 || !strings.HasPrefix(o.APIVersion(), "ec2"+groupAWS) || !slices.Contains(parts, o.Kind()) {
		return ""
	}
	return "is protected: others live in the network, by the tags of its subnets: " + plan.List(pf.network.tenants) + "; take those clusters down, or the tags off"
}

// tagsOf a subnet in AWS. What can't be read is not known.
func tagsOf(o *plan.Observed) map[string]string {
	var tags map[string]string
	_ = read.Subnet.Tags.Decode(o, &tags)
	return tags
}

// observeOnly is the management policy of what belongs to somebody else: it is
// never changed and never deleted, and that it isn't there is an error the claim
// shows.
func observeOnly() xpv1.ManagementPolicies {
	return xpv1.ManagementPolicies{xpv1.ManagementActionObserve}
}

// existingNetwork only looks at a VPC and its subnets. How they reach the
// internet is their owner's business.
func existingNetwork(l *plan.Layer, c *contract) *network {
	vpc := l.Add("vpc", func(*plan.Node) runtime.Object {
		o := &ec2.VPC{ObjectMeta: externallyNamed(c.spec.Network.VPCID)}
		o.SetManagementPolicies(observeOnly())
		o.Spec.ForProvider.Region = c.region()
		return o
	})
	return &network{
		vpc:     vpc,
		vpcID:   plan.Static(c.spec.Network.VPCID),
		public:  existingSubnets(l, c, "subnet.public.", c.spec.Network.PublicSubnetIDs, tagPublicELB),
		private: existingSubnets(l, c, "subnet.private.", c.spec.Network.PrivateSubnetIDs, tagInternalELB),
	}
}

func existingSubnets(l *plan.Layer, c *contract, prefix string, ids []string, tag string) []subnet {
	var ss []subnet
	for _, id := range ids {
		key := prefix + id
		s := l.Add(key, func(*plan.Node) runtime.Object {
			o := &ec2.Subnet{ObjectMeta: externallyNamed(id)}
			o.SetManagementPolicies(observeOnly())
			o.Spec.ForProvider.Region = c.region()
			return o
		})
		if c.spec.Network.TagSubnets {
			// By its role any cluster of the VPC finds it. So that may be there
			// before, and stays.
			subnetTag(l, c, key+".tag", s, id, tag, "1", made())
			// Without its own tag a cluster may not use what has another's
			// (isSubnetContainsEligibleClusterTag of the controller's
			// pkg/networking/subnet_resolver.go).
			subnetTag(l, c, key+".tag.cluster", s, id, c.tagCluster(), "shared", nil)
		}
		ss = append(ss, subnet{id: id, node: s})
	}
	return ss
}

func subnetTag(l *plan.Layer, c *contract, key string, s *plan.Node, id, tag, value string, policies xpv1.ManagementPolicies) {
	l.Add(key, func(n *plan.Node) runtime.Object {
		n.After(s)
		o := &ec2.Tag{Spec: ec2.TagSpec{ForProvider: ec2.TagParameters{
			Region:     c.region(),
			ResourceID: new(id),
			Key:        new(tag),
			Value:      new(value),
		}}}
		o.SetManagementPolicies(policies)
		return o
	})
}

// made is the management policy of what is made unless it is there, and then left
// as it is, also by a teardown.
func made() xpv1.ManagementPolicies {
	return xpv1.ManagementPolicies{xpv1.ManagementActionObserve, xpv1.ManagementActionCreate, xpv1.ManagementActionLateInitialize}
}

// tagged is a subnet that the platform makes, with its tags. What other clusters in
// its VPC tell of it stays: the provider takes off whatever tag is not in the object,
// whenever it looks (Terraform's tags are the whole map). So it may not update it,
// but while AWS has not the platform's tags, and then it is given theirs, too. There
// is nothing else of a subnet to update.
func tagged(o *plan.Observed, s ec2.SubnetParameters_2) *ec2.Subnet {
	there, differ, theirs := tagsOf(o), false, map[string]*string{}
	for k, v := range there {
		switch {
		case s.Tags[k] != nil || strings.HasPrefix(k, tagCrossplane):
		case strings.HasPrefix(k, tagClusters):
			theirs[k] = new(v)
		default:
			differ = true
		}
	}
	for k, v := range s.Tags {
		differ = differ || len(there) > 0 && there[k] != *v
	}
	policies := append(made(), xpv1.ManagementActionDelete)
	if differ {
		policies = append(policies, xpv1.ManagementActionUpdate)
		maps.Copy(s.Tags, theirs)
	}
	subnet := &ec2.Subnet{Spec: ec2.SubnetSpec{ForProvider: s}}
	subnet.SetManagementPolicies(policies)
	return subnet
}

// publicSubnets share one route table, whose way out is the internet gateway.
func publicSubnets(l *plan.Layer, c *contract, vpc *plan.Node) []subnet {
	gateway := l.Add("internet-gateway", func(n *plan.Node) runtime.Object {
		return &ec2.InternetGateway{Spec: ec2.InternetGatewaySpec{ForProvider: ec2.InternetGatewayParameters_2{
			Region:   c.region(),
			VPCIDRef: n.Ref(vpc),
			Tags:     c.tags(c.name),
		}}}
	})
	table := routeTable(l, c, vpc, "public")
	route := l.Add("route.public", func(n *plan.Node) runtime.Object {
		return &ec2.Route{Spec: ec2.RouteSpec{ForProvider: ec2.RouteParameters_2{
			Region:               c.region(),
			RouteTableIDRef:      n.Ref(table),
			DestinationCidrBlock: new(everywhere),
			GatewayIDRef:         n.Ref(gateway),
		}}}
	})

	var ss []subnet
	for _, z := range c.zones {
		s := l.Add("subnet.public."+z.id, func(n *plan.Node) runtime.Object {
			return tagged(n.Observed(), ec2.SubnetParameters_2{
				Region:             c.region(),
				VPCIDRef:           n.Ref(vpc),
				AvailabilityZoneID: new(z.id),
				CidrBlock:          new(z.public),
				Tags:               c.tags(c.regional("public", z.id), tagPublicELB, "1", c.tagCluster(), "shared"),
			})
		})
		ss = append(ss, subnet{zone: z.id, node: s, routed: []*plan.Node{route, associateTable(l, c, "public."+z.id, s, table)}})
	}
	return ss
}

// privateSubnets have a route table each, whose way out is a NAT gateway. A
// table per zone, even if all lead to the same gateway, lets a network change
// from one gateway to several without moving a subnet to another table.
func privateSubnets(l *plan.Layer, c *contract, vpc *plan.Node, public []subnet) []subnet {
	var ss []subnet
	var nat *plan.Node
	for i, z := range c.zones {
		if c.spec.Network.NATGateway == v1alpha1.NATGatewayPerZone || c.spec.Network.NATGateway == v1alpha1.NATGatewaySingle && i == 0 {
			nat = natGateway(l, c, public[i])
		}
		table := routeTable(l, c, vpc, "private."+z.id)
		s := l.Add("subnet.private."+z.id, func(n *plan.Node) runtime.Object {
			return tagged(n.Observed(), ec2.SubnetParameters_2{
				Region:             c.region(),
				VPCIDRef:           n.Ref(vpc),
				AvailabilityZoneID: new(z.id),
				CidrBlock:          new(z.private),
				Tags:               c.tags(c.regional("private", z.id), tagInternalELB, "1", c.tagCluster(), "shared"),
			})
		})
		routed := []*plan.Node{associateTable(l, c, "private."+z.id, s, table)}
		if nat != nil {
			routed = append(routed, l.Add("route.private."+z.id, func(n *plan.Node) runtime.Object {
				return &ec2.Route{Spec: ec2.RouteSpec{ForProvider: ec2.RouteParameters_2{
					Region:               c.region(),
					RouteTableIDRef:      n.Ref(table),
					DestinationCidrBlock: new(everywhere),
					// No reference: the route must follow when its zone gets a
					// gateway of its own. A reference is resolved once, and if it
					// is to be resolved always, the provider takes out the route
					// table's id when it puts in the gateway's, and the other way
					// round, for ever (crossplane-runtime#655).
					NATGatewayID: new(n.Use(nat.Value(read.NATGateway.ID))),
				}}}
			}).ReadyWhen(plan.Available, leadsToGateway))
		}
		ss = append(ss, subnet{zone: z.id, node: s, routed: routed})
	}
	return ss
}

// leadsToGateway is a check that a route leads to the gateway it is asked to. Its provider
// calls a change done as soon as it has begun in the background (upjet v2.4.1,
// pkg/controller/external_async_tfpluginsdk.go, Update), and the gateway it led to before
// goes once it is.
func leadsToGateway(o *plan.Observed) plan.Readiness {
	return read.Route.NATGateway.Is(read.Route.AskedNATGateway.Of(o))(o)
}

// natGateway in a public subnet, which must have its own way out first.
func natGateway(l *plan.Layer, c *contract, public subnet) *plan.Node {
	name := c.regional(public.zone)
	ip := l.Add("elastic-ip."+public.zone, func(*plan.Node) runtime.Object {
		return &ec2.EIP{Spec: ec2.EIPSpec{ForProvider: ec2.EIPParameters{
			Region: c.region(),
			Domain: new("vpc"),
			Tags:   c.tags(name),
		}}}
	})
	return l.Add("nat-gateway."+public.zone, func(n *plan.Node) runtime.Object {
		// AWS refuses a public NAT gateway in a VPC without a route to an
		// internet gateway, and the way out must outlive it on the way down.
		n.After(public.routed...)
		return &ec2.NATGateway{Spec: ec2.NATGatewaySpec{ForProvider: ec2.NATGatewayParameters_2{
			Region:          c.region(),
			SubnetIDRef:     n.Ref(public.node),
			AllocationIDRef: n.Ref(ip),
			Tags:            c.tags(name),
		}}}
	})
}

func routeTable(l *plan.Layer, c *contract, vpc *plan.Node, key string) *plan.Node {
	return l.Add("route-table."+key, func(n *plan.Node) runtime.Object {
		return &ec2.RouteTable{Spec: ec2.RouteTableSpec{ForProvider: ec2.RouteTableParameters_2{
			Region:   c.region(),
			VPCIDRef: n.Ref(vpc),
			Tags:     c.tags(c.regional(key)),
		}}}
	})
}

func associateTable(l *plan.Layer, c *contract, key string, s, table *plan.Node) *plan.Node {
	return l.Add("route-table-association."+key, func(n *plan.Node) runtime.Object {
		return &ec2.RouteTableAssociation{Spec: ec2.RouteTableAssociationSpec{ForProvider: ec2.RouteTableAssociationParameters{
			Region:          c.region(),
			SubnetIDRef:     n.Ref(s),
			RouteTableIDRef: n.Ref(table),
		}}}
	})
}

// subnetsIn the named zones, all if none is named.
func subnetsIn(ss []subnet, zones []string) []subnet {
	return slices.DeleteFunc(slices.Clone(ss), func(s subnet) bool { return len(zones) > 0 && !slices.Contains(zones, s.zone) })
}

// subnetNodes are the nodes of subnets.
func subnetNodes(ss []subnet) []*plan.Node {
	nodes := make([]*plan.Node, 0, len(ss))
	for _, s := range ss {
		nodes = append(nodes, s.node)
	}
	return nodes
}

// useAll of the ids of subnets.
func useAll(n *plan.Node, ss []subnet) []string {
	ids := make([]string, 0, len(ss))
	for _, s := range ss {
		ids = append(ids, n.Use(s.node.Value(read.Subnet.ID)))
	}
	return ids
}

// externallyNamed is the metadata of a resource that AWS knows by a name of our choice.
func externallyNamed(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Annotations: map[string]string{meta.AnnotationKeyExternalName: name}}
}

func (net *network) status() v1alpha1.NetworkStatus {
	return v1alpha1.NetworkStatus{VPCID: net.vpcID.Peek(), PublicSubnetIDs: subnetIDs(net.public), PrivateSubnetIDs: subnetIDs(net.private)}
}

func subnetIDs(ss []subnet) []string {
	var ids []string
	for _, s := range ss {
		if id := read.Subnet.ID.Of(s.node.Observed()); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}
