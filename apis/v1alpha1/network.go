package v1alpha1

// Network is the VPC, its subnets and their way out: one to create, or an
// existing one, given by vpcId and its subnets.
//
// +kubebuilder:validation:XValidation:rule="!has(self.vpcId) || has(self.privateSubnetIds)",message="vpcId needs privateSubnetIds: name the subnets of that VPC the nodes are to live in, at least two in different zones",fieldPath=".privateSubnetIds"
// +kubebuilder:validation:XValidation:rule="has(self.vpcId) || (!has(self.privateSubnetIds) && !has(self.publicSubnetIds))",message="privateSubnetIds and publicSubnetIds are for an existing VPC: set vpcId too",fieldPath=".vpcId"
// +kubebuilder:validation:XValidation:rule="has(self.vpcId) || !has(self.tagSubnets) || !self.tagSubnets",message="tagSubnets is for an existing VPC, leave it out: the subnets of a new one are always tagged",fieldPath=".tagSubnets"
// +kubebuilder:validation:XValidation:rule="!has(self.vpcId) || !has(self.zones)",message="zones are for a new VPC: leave them out with vpcId, where the subnets decide",fieldPath=".zones"
// +kubebuilder:validation:XValidation:rule="!has(self.vpcId) || !has(self.cidr) || self.cidr == '10.0.0.0/16'",message="cidr is for a new VPC: leave it out with vpcId",fieldPath=".cidr"
// +kubebuilder:validation:XValidation:rule="!has(self.vpcId) || !has(self.natGateway) || self.natGateway == 'Single'",message="natGateway is for a new VPC: leave it out with vpcId",fieldPath=".natGateway"
// +kubebuilder:validation:XValidation:rule="has(self.vpcId) == has(oldSelf.vpcId)",message="vpcId can be neither added nor removed later: a cluster can't change its VPC",fieldPath=".vpcId"
// +kubebuilder:validation:XValidation:rule="!has(self.publicSubnetIds) || !has(self.privateSubnetIds) || !self.publicSubnetIds.exists(s, s in self.privateSubnetIds)",message="publicSubnetIds must not name a subnet of privateSubnetIds: a subnet is either public or private",fieldPath=".publicSubnetIds"
type Network struct {
	// CIDR of the VPC, a private range (RFC 1918) of /16 to /19. One sixteenth
	// of it becomes a private subnet in each zone, one 256th a public one; the
	// rest is left free. Immutable.
	// +kubebuilder:default="10.0.0.0/16"
	// +kubebuilder:validation:MaxLength=43
	// +kubebuilder:validation:XValidation:rule="isCIDR(self) && cidr(self).ip().family() == 4 && cidr(self) == cidr(self).masked()",message="cidr must be the first address and prefix length of an IPv4 network, such as 10.0.0.0/16"
	// +kubebuilder:validation:XValidation:rule="!isCIDR(self) || cidr(self).ip().family() != 4 || (cidr(self).prefixLength() >= 16 && cidr(self).prefixLength() <= 19)",message="cidr must be a /16 to /19: AWS has no larger VPC, and the public subnets of a smaller one, a 256th of it each, would be too small for load balancers, which take a /27"
	// +kubebuilder:validation:XValidation:rule="!isCIDR(self) || cidr(self).ip().family() != 4 || ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].exists(p, cidr(p).containsCIDR(cidr(self)))",message="cidr must be in a private range of RFC 1918: 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="cidr is immutable: AWS can't change the address range of a VPC"
	CIDR string `json:"cidr,omitempty"`

	// Zones are the ids of the availability zones to use, two to six. Ids
	// (euc1-az1), not names (eu-central-1a), mean the same place in every
	// account. Zones can be appended later; a list that is added later must begin
	// with those the platform has. Default: three zones of the region that EKS
	// supports, and from then on those the platform has.
	// +kubebuilder:validation:MinItems=2
	// +kubebuilder:validation:MaxItems=6
	// +kubebuilder:validation:items:MaxLength=16
	// +kubebuilder:validation:items:Pattern=`^[a-z]+[0-9]-az[0-9]$`
	// +kubebuilder:validation:items:XValidation:rule="self.matches('^[a-z]+[0-9]-az[0-9]$')",message="zones must be zone ids, such as euc1-az1: a name, such as eu-central-1a, is another place in every account"
	// +kubebuilder:validation:XValidation:rule="self.all(z, self.exists_one(o, o == z))",message="zones must not name a zone twice"
	// +kubebuilder:validation:XValidation:rule="size(self) >= size(oldSelf) && oldSelf.all(z, self.indexOf(z) == oldSelf.indexOf(z))",message="zones can only be appended: the order decides each subnet's addresses"
	// +listType=atomic
	// +kubebuilder:example={euc1-az1, euc1-az2}
	Zones []string `json:"zones,omitempty"`

	// NATGateway is how nodes in private subnets reach the internet: one NAT
	// gateway for all zones (Single), one in each zone (PerZone, no zone's
	// failure cuts another off), or None, for networks with a way out of their
	// own (a transit gateway, VPC endpoints).
	// +kubebuilder:default=Single
	NATGateway NATGateway `json:"natGateway,omitempty"`

	// VPCID is the id of an existing VPC. It and its subnets are used, never
	// changed or deleted. Immutable. Default: a VPC is created.
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^vpc-[0-9a-f]{8,17}$')",message="vpcId must be the id of a VPC, such as vpc-0123456789abcdef0"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="vpcId is immutable: a cluster can't change its VPC"
	// +kubebuilder:example="vpc-0123456789abcdef0"
	VPCID string `json:"vpcId,omitempty"`

	// PrivateSubnetIDs are existing subnets for nodes, databases and internal
	// load balancers, with a way out to the internet or to VPC endpoints.
	// Subnets can be added later.
	// +kubebuilder:validation:MinItems=2
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=32
	// +kubebuilder:validation:items:XValidation:rule="self.matches('^subnet-[0-9a-f]{8,17}$')",message="privateSubnetIds must be ids of subnets, such as subnet-0123456789abcdef0"
	// +listType=set
	PrivateSubnetIDs []string `json:"privateSubnetIds,omitempty"`

	// PublicSubnetIDs are existing subnets for internet-facing load balancers.
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=32
	// +kubebuilder:validation:items:XValidation:rule="self.matches('^subnet-[0-9a-f]{8,17}$')",message="publicSubnetIds must be ids of subnets, such as subnet-0123456789abcdef0"
	// +listType=set
	PublicSubnetIDs []string `json:"publicSubnetIds,omitempty"`

	// TagSubnets puts the tags on the existing subnets by which the load balancer
	// controller chooses: kubernetes.io/role/elb on public ones and
	// kubernetes.io/role/internal-elb on private ones, which stay when the platform
	// goes, and kubernetes.io/cluster/ with its name, which goes too. Default: they
	// are left alone, and it chooses by what their route tables reach, but none
	// with another cluster's tag and without its own.
	// +kubebuilder:default=false
	TagSubnets bool `json:"tagSubnets"`
}

// NATGateway says how many NAT gateways a network has.
//
// +kubebuilder:validation:Enum=None;Single;PerZone
type NATGateway string

// The numbers of NAT gateways a network can have.
const (
	NATGatewayNone    NATGateway = "None"
	NATGatewaySingle  NATGateway = "Single"
	NATGatewayPerZone NATGateway = "PerZone"
)
