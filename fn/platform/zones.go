package platform

import (
	"fmt"
	"net"
	"strings"

	"github.com/apparentlymart/go-cidr/cidr"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
)

// defaultZones is how many zones a network has that names none.
const defaultZones = 3

// The VPC's addresses are cut into sixteen equal parts. Parts 0 to 5 are the
// private subnets of up to six zones, part 12 is cut into sixteen again for the
// public ones, and all others stay free. Where a subnet lies depends on its
// zone's place in the list alone, so appending a zone moves none.
const (
	privateBits = 4
	publicBits  = 8
	publicFirst = 12 << (publicBits - privateBits)
)

// A zone of the network, with the addresses of its subnets.
type zone struct {
	id              string
	private, public string
}

// planZones places the subnets of a network. The schema has checked the CIDR
// and the number of zones; what it can't know is which zones a region has.
func planZones(region string, n v1alpha1.Network) ([]zone, error) {
	ids := n.Zones
	if len(ids) == 0 {
		known, ok := regionZones[region]
		if !ok {
			return nil, fmt.Errorf("spec.network.zones: the zones of region %s are not known to this version; list two to six zone ids, as \"aws ec2 describe-availability-zones --region %s\" shows them", region, region)
		}
		ids = known[:min(defaultZones, len(known))]
	}
	_, vpc, err := net.ParseCIDR(n.CIDR)
	if err != nil {
		return nil, fmt.Errorf("spec.network.cidr: %w", err)
	}
	zs := make([]zone, 0, len(ids))
	for i, id := range ids {
		private, err := cidr.Subnet(vpc, privateBits, i)
		if err != nil {
			return nil, fmt.Errorf("spec.network.cidr: %s has no room for a private subnet in %s: %w", n.CIDR, id, err)
		}
		public, err := cidr.Subnet(vpc, publicBits, publicFirst+i)
		if err != nil {
			return nil, fmt.Errorf("spec.network.cidr: %s has no room for a public subnet in %s: %w", n.CIDR, id, err)
		}
		zs = append(zs, zone{id: id, private: private.String(), public: public.String()})
	}
	return zs, nil
}

func zoneIDs(zs []zone) string {
	ids := make([]string, 0, len(zs))
	for _, z := range zs {
		ids = append(ids, z.id)
	}
	return strings.Join(ids, ", ")
}
