package platform

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/apparentlymart/go-cidr/cidr"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
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
	// maxZones is how many there is room for.
	maxZones = 6
)

// A zone of the network, with the addresses of its subnets.
type zone struct {
	id              string
	private, public string
}

// planZones places the subnets of a network, given what there is of it. The schema
// has checked the CIDR and the number of zones; what it can't know is which zones a
// region has, and which the network has already. Along with an error come the
// latter.
func planZones(region string, n v1alpha1.Network, there settled) ([]zone, error) {
	if len(n.Zones) == 0 {
		ids := there.zones(regionZones[region])
		if len(ids) == 0 {
			return nil, fmt.Errorf("spec.network.zones: the zones of region %s are not known to this version; list two to six zone ids, as \"aws ec2 describe-availability-zones --region %s\" shows them", region, region)
		}
		return placeZones(n.CIDR, ids)
	}
	if there.moves(n.Zones) {
		ids := there.zones(nil)
		zs, err := placeZones(n.CIDR, ids)
		refusal := fmt.Errorf("spec.network.zones: must begin with %s, which have their subnets, in the order of their addresses, and can't move; append others, or leave zones out", strings.Join(ids, ", "))
		return zs, errors.Join(refusal, err)
	}
	return placeZones(n.CIDR, n.Zones)
}

func placeZones(network string, ids []string) ([]zone, error) {
	_, vpc, err := net.ParseCIDR(network)
	if err != nil {
		return nil, fmt.Errorf("spec.network.cidr: %w", err)
	}
	zs := make([]zone, 0, len(ids))
	for i, id := range ids {
		private, err := cidr.Subnet(vpc, privateBits, i)
		if err != nil {
			return nil, fmt.Errorf("spec.network.cidr: %s has no room for a private subnet in %s: %w", network, id, err)
		}
		public, err := cidr.Subnet(vpc, publicBits, publicFirst+i)
		if err != nil {
			return nil, fmt.Errorf("spec.network.cidr: %s has no room for a public subnet in %s: %w", network, id, err)
		}
		zs = append(zs, zone{id: id, private: private.String(), public: public.String()})
	}
	return zs, nil
}

// settled is what there is of a network's zones. It is what remembers them when
// nobody lists them: a later version may know others of a region.
type settled struct {
	// places of the zones whose addresses are known, in the list of zones.
	places map[string]int
	// others are there, but somebody has deleted their subnets.
	others []string
	// made is how many there were when the cluster was, which waits for all of
	// them; 0 before.
	made int
}

// settledZones are those of which something exists.
func settledZones(p *plan.Plan, n v1alpha1.Network) settled {
	s := settled{places: map[string]int{}}
	// That there is no network to place anything in is somebody else's to say.
	all, _ := placeZones(n.CIDR, make([]string, maxZones))
	there := p.Existing()
	for _, key := range sortedKeys(there) {
		id := key[strings.LastIndex(key, ".")+1:]
		// What else is called like a zone, such as a queue, is none of EC2's.
		if !strings.HasPrefix(there[key].APIVersion(), "ec2"+groupAWS) || !zoneID.MatchString(id) {
			continue
		}
		block := read.Subnet.CIDR.Of(there[key])
		if i := slices.IndexFunc(all, func(z zone) bool { return block != "" && (block == z.private || block == z.public) }); i >= 0 {
			s.places[id] = i
		} else if !slices.Contains(s.others, id) {
			s.others = append(s.others, id)
		}
	}
	s.others = slices.DeleteFunc(s.others, func(id string) bool { _, placed := s.places[id]; return placed })
	s.made = len(read.Cluster.SubnetRefs.Of(there[keyCluster]))
	return s
}

// zoneID is what the schema takes for one.
var zoneID = regexp.MustCompile(`^[a-z]+\d-az\d$`)

// moves tells whether a list would put a zone elsewhere.
func (s settled) moves(ids []string) bool {
	for id, place := range s.places {
		if slices.Index(ids, id) != place {
			return true
		}
	}
	return slices.ContainsFunc(s.others, func(id string) bool { return !slices.Contains(ids, id) })
}

// zones that are there, in order. Where nobody knows which one was, and while more
// are on their way, they are those of a list.
func (s settled) zones(list []string) []string {
	at, n := map[int]string{}, max(s.made, len(s.places)+len(s.others))
	if s.made == 0 {
		n = max(n, min(defaultZones, len(list)))
	}
	for id, place := range s.places {
		at[place], n = id, max(n, place+1)
	}
	ids := make([]string, 0, n)
	for i := range n {
		candidates := slices.Concat(list[min(i, len(list)):min(i+1, len(list))], s.others, list)
		free := slices.IndexFunc(candidates, func(id string) bool {
			_, placed := s.places[id]
			return !placed && !slices.Contains(ids, id)
		})
		switch {
		case at[i] != "":
			ids = append(ids, at[i])
		case free >= 0:
			ids = append(ids, candidates[free])
		default:
			return ids // What comes after would move.
		}
	}
	return ids
}

func zoneIDs(zs []zone) string {
	ids := make([]string, 0, len(zs))
	for _, z := range zs {
		ids = append(ids, z.id)
	}
	return strings.Join(ids, ", ")
}
