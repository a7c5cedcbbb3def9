package platform

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/crds"
)

// TestPlanZones: whatever range and number of zones the schema lets through,
// subnets lie apart and stay where they are, and most of the VPC stays free.
func TestPlanZones(t *testing.T) {
	t.Parallel()
	ids := []string{"euc1-az1", "euc1-az2", "euc1-az3", "euc1-az4", "euc1-az5", "euc1-az6"}
	for _, cidr := range []string{"10.0.0.0/16", "10.20.128.0/17", "172.31.64.0/18", "192.168.32.0/19", "100.64.240.0/20"} {
		before := []zone{}
		for n := 2; n <= len(ids); n++ {
			t.Run(fmt.Sprintf("%s/%d", cidr, n), func(t *testing.T) {
				zs, err := planZones("eu-central-1", v1alpha1.Network{CIDR: cidr, Zones: ids[:n]}, settled{})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(ids[:n], zoneNames(zs)); diff != "" {
					t.Errorf("\nEvery zone should get its subnets, in order: -want, +got:\n%s", diff)
				}
				if len(zs) > len(before) {
					if diff := cmp.Diff(before, zs[:len(before)], cmp.AllowUnexported(zone{})); diff != "" {
						t.Errorf("\nAn appended zone should move no subnet: -before, +after:\n%s", diff)
					}
				}
				before = zs
				checkSubnets(t, netip.MustParsePrefix(cidr), zs)
			})
		}
	}
}

func TestRegionZones(t *testing.T) {
	t.Parallel()
	id := regexp.MustCompile(crds.SchemaOf(t, "spec", "network", "zones", "[]").Pattern)
	name := regexp.MustCompile(crds.SchemaOf(t, "spec", "region").Pattern)
	homes := map[string]string{}
	for _, region := range sortedKeys(regionZones) {
		t.Run(region, func(t *testing.T) {
			ids := regionZones[region]
			if !name.MatchString(region) {
				t.Errorf("\nA claim should be able to name every region we know the zones of")
			}
			if len(ids) < 2 {
				t.Errorf("\nEKS needs two zones: got %v", ids)
			}
			for i, z := range ids {
				if !id.MatchString(z) {
					t.Errorf("\nA zone id should be one a claim could name: got %s", z)
				}
				if slices.Contains(ids[:i], z) {
					t.Errorf("\nA zone should be listed once: got %s twice", z)
				}
			}
			// All ids of a region begin alike, and no other region's do.
			prefix, _, _ := strings.Cut(ids[0], "-az")
			for _, z := range ids {
				if p, _, _ := strings.Cut(z, "-az"); p != prefix {
					t.Errorf("\nAll ids of a region should begin alike: got %s and %s", prefix, p)
				}
			}
			if other, taken := homes[prefix]; taken {
				t.Errorf("\nNo two regions should have the same zones: %s has those of %s", region, other)
			}
			homes[prefix] = region

			zs, err := planZones(region, v1alpha1.Network{CIDR: "10.0.0.0/16"}, settled{})
			if err != nil {
				t.Fatal(err)
			}
			if want := ids[:min(3, len(ids))]; cmp.Diff(want, zoneNames(zs)) != "" {
				t.Errorf("\nA network that names no zones should get the first three: want %v, got %v", want, zoneNames(zs))
			}
		})
	}
}

// TestRegionZonesWithoutEKS: https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
func TestRegionZonesWithoutEKS(t *testing.T) {
	t.Parallel()
	for region, closed := range map[string]string{"us-east-1": "use1-az3", "us-west-1": "usw1-az2", "ca-central-1": "cac1-az3"} {
		if slices.Contains(regionZones[region], closed) {
			t.Errorf("%s takes no EKS control plane", closed)
		}
	}
}

func TestPlanZonesRefusals(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason  string
		region  string
		network v1alpha1.Network
		want    []string
	}{
		"UnknownRegion": {
			reason:  "A region whose zones we do not know should be refused with what to write where.",
			region:  "xx-nowhere-9",
			network: v1alpha1.Network{CIDR: "10.0.0.0/16"},
			want:    []string{"spec.network.zones", "xx-nowhere-9", "aws ec2 describe-availability-zones --region xx-nowhere-9"},
		},
		"NoCIDR": {
			reason:  "A range that is none, which only a broken schema lets through, should be refused by name.",
			region:  "eu-central-1",
			network: v1alpha1.Network{CIDR: "ten"},
			want:    []string{"spec.network.cidr", "ten"},
		},
		"NoRoom": {
			reason:  "A range too small for a subnet per zone should be refused by name.",
			region:  "eu-central-1",
			network: v1alpha1.Network{CIDR: "10.0.0.0/28"},
			want:    []string{"spec.network.cidr", "10.0.0.0/28", "euc1-az1"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := planZones(tc.region, tc.network, settled{})
			if err == nil {
				t.Fatalf("\n%s\ngot no error", tc.reason)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("\n%s\n%q does not contain %q", tc.reason, err, want)
				}
			}
		})
	}
}

// TestSettledZones: what there is of a network wins over what a version takes for
// the zones of its region.
func TestSettledZones(t *testing.T) {
	t.Parallel()
	three := []string{"a", "b", "c"}
	cases := map[string]struct {
		reason string
		there  settled
		list   []string
		want   []string
	}{
		"Nothing": {
			reason: "A new network should get the first three.",
			list:   []string{"a", "b", "c", "d"},
			want:   three,
		},
		"Others": {
			reason: "A version that prefers others should move nothing.",
			there:  settled{places: map[string]int{"x": 0, "b": 1}, made: 2},
			list:   three,
			want:   []string{"x", "b"},
		},
		"Fewer": {
			reason: "One that knows fewer should take nothing away.",
			there:  settled{places: map[string]int{"a": 0, "b": 1, "c": 2, "d": 3}, made: 3},
			list:   three,
			want:   []string{"a", "b", "c", "d"},
		},
		"Unknown": {
			reason: "Nor one that doesn't know the region.",
			there:  settled{places: map[string]int{"b": 0, "a": 1}, made: 2},
			want:   []string{"b", "a"},
		},
		"HalfMade": {
			reason: "What was not made yet should come, where it was to be.",
			there:  settled{places: map[string]int{"b": 1}},
			list:   three,
			want:   three,
		},
		"Deleted": {
			reason: "What somebody has deleted should come back where it was.",
			there:  settled{places: map[string]int{"c": 2}, others: []string{"b"}, made: 3},
			list:   []string{"b", "a", "c"},
			want:   []string{"b", "a", "c"},
		},
		"Lost": {
			reason: "Where nobody knows what was in a place, nothing should move up.",
			there:  settled{places: map[string]int{"a": 0, "c": 2}, made: 3},
			want:   []string{"a"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.there.zones(tc.list)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func zoneNames(zs []zone) []string {
	ids := make([]string, 0, len(zs))
	for _, z := range zs {
		ids = append(ids, z.id)
	}
	return ids
}

// checkSubnets lie in the VPC, apart, and leave nine sixteenths of it free.
func checkSubnets(t *testing.T, vpc netip.Prefix, zs []zone) {
	t.Helper()
	var subnets []netip.Prefix
	for _, z := range zs {
		subnets = append(subnets, netip.MustParsePrefix(z.private), netip.MustParsePrefix(z.public))
	}
	touched := map[byte]bool{}
	for i, s := range subnets {
		if s != s.Masked() || s.Bits() < vpc.Bits() || !vpc.Contains(s.Addr()) {
			t.Errorf("\nSubnets should lie in %s: got %s", vpc, s)
		}
		if s.Bits() > 28 {
			t.Errorf("\nAWS takes no subnet smaller than a /28: got %s", s)
		}
		for _, other := range subnets[:i] {
			if s.Overlaps(other) {
				t.Errorf("\nSubnets should not overlap: %s and %s do", s, other)
			}
		}
		// The sixteenth of the VPC is in the four bits behind its prefix.
		a, v := s.Addr().As4(), vpc.Addr().As4()
		offset := (uint32(a[0]^v[0])<<24 | uint32(a[1]^v[1])<<16 | uint32(a[2]^v[2])<<8 | uint32(a[3]^v[3])) << vpc.Bits() >> 28
		touched[byte(offset)] = true
	}
	if free := 16 - len(touched); free < 9 {
		t.Errorf("\nAt least nine sixteenths of the VPC should stay free: got %d", free)
	}
}
