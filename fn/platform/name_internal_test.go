package platform

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
)

// names are all that the schema admits, of few letters and up to a length.
func names(longest int) []string {
	all, last := []string{}, []string{"a", "b"}
	for range longest {
		all = append(all, last...)
		var next []string
		for _, name := range last {
			for _, more := range []string{"a", "b", "1", "2", "-a", "-1"} {
				next = append(next, name+more)
			}
		}
		last = next
	}
	return slices.DeleteFunc(all, func(s string) bool { return len(s) > longest })
}

// TestNoTwoPlatformsMeet: whatever two platforms and what is in them are called, AWS
// is told of each by a name of its own.
func TestNoTwoPlatformsMeet(t *testing.T) {
	t.Parallel()
	all := names(4)
	if len(all) < 200 || !slices.Contains(all, "a-1b") || !slices.Contains(all, "b-a") {
		t.Fatalf("want many names, got %d: %v", len(all), all)
	}
	valid := regexp.MustCompile(`^[a-z](-?[a-z0-9])*$`)
	kinds := map[string]func(c *contract, name string) string{
		"database":        func(c *contract, name string) string { return c.database(nil, name) },
		"security group":  func(c *contract, name string) string { return c.firewall(nil, name) },
		"launch template": func(c *contract, name string) string { return c.template(nil, name) },
		"queue":           func(c *contract, name string) string { return c.separated(name) },
		"dead letters":    func(c *contract, name string) string { return c.separated(name, "dlq") },
	}
	for kind, call := range kinds {
		used := make(map[string][2]string, len(all)*len(all))
		for _, platform := range all {
			c := &contract{name: platform}
			for _, name := range all {
				called := call(c, name)
				if other, taken := used[called]; taken {
					t.Fatalf("%s: %s of %s and %s of %s are both called %s", kind, other[1], other[0], name, platform, called)
				}
				used[called] = [2]string{platform, name}
				if kind == "database" && (!valid.MatchString(called)) {
					t.Fatalf("RDS takes no database called %s", called)
				}
			}
		}
	}
}

// TestNoNewDatabaseMeetsAKeptOne: databases that an earlier version has made are called
// after the platform and the database alone, or with the length of that behind them. One
// that is made now ends with what neither ends with but by a chance of one in billions,
// or is longer than any of the former and says the same as the latter.
func TestNoNewDatabaseMeetsAKeptOne(t *testing.T) {
	t.Parallel()
	const longestPlatform, longestDatabase = 40, 20
	valid := regexp.MustCompile(`^[a-z](-?[a-z0-9])*-[1-9a-k]([0-9a-f]*)$`)
	all := names(3)
	for length := 4; length <= longestPlatform; length++ {
		all = append(all, strings.Repeat("a", length-3)+"-1b", strings.Repeat("a1-", length)[:length-1]+"b")
	}
	used := map[string][2]string{}
	for _, platform := range all {
		c := &contract{name: platform}
		for _, name := range all {
			if len(name) > longestDatabase {
				continue
			}
			called := c.database(nil, name)
			if len(called) > maxInstanceName || !valid.MatchString(called) {
				t.Fatalf("RDS takes no database called %s", called)
			}
			digits := valid.FindStringSubmatch(called)[2]
			longer := len(called) > longestPlatform+len("-")+longestDatabase
			if want := digest(platform + "/" + name); digits != want && (!longer || !strings.HasPrefix(want, digits)) {
				t.Fatalf("%s of %s is called %s, which one of an earlier version may be, too", name, platform, called)
			}
			if other, taken := used[called]; taken {
				t.Fatalf("%s of %s and %s of %s are both called %s", other[1], other[0], name, platform, called)
			}
			used[called] = [2]string{platform, name}
		}
	}
}

// TestKeyOf: what a platform has called something by a key is told from what others have.
func TestKeyOf(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 48) + "-"
	cases := map[string]struct {
		reason, composite, name, want string
	}{
		"Key":         {reason: "The key is what follows the composite's name.", composite: "dev-x7k2p", name: "dev-x7k2p-cluster", want: "cluster"},
		"Part":        {reason: "It may have dots.", composite: "dev-x7k2p", name: "dev-x7k2p-node-group.default.2", want: "node-group.default.2"},
		"Another":     {reason: "Another composite's is none.", composite: "dev-x7k2p", name: "dev-abcde-cluster", want: ""},
		"Longer":      {reason: "Nor is one whose name only begins the same.", composite: "dev", name: "development-cluster", want: ""},
		"Composite":   {reason: "Nor is the composite.", composite: "dev-x7k2p", name: "dev-x7k2p-", want: ""},
		"MadeUp":      {reason: "What Crossplane calls what another step composes is no key.", composite: "dev-x7k2p", name: "dev-x7k2p-0123456789ab", want: ""},
		"LongKey":     {reason: "Of a key that was shortened the rest is enough.", composite: "dev", name: Composite{Name: "dev"}.ObjectName(strings.Repeat("k", 63)), want: strings.Repeat("k", 50) + "-" + digest("dev-"+strings.Repeat("k", 63))},
		"LongName":    {reason: "Of a name that leaves nothing of the key the name is what there is.", composite: long + "abcde-x7k2p", name: Composite{Name: long + "abcde-x7k2p"}.ObjectName("cluster"), want: Composite{Name: long + "abcde-x7k2p"}.ObjectName("cluster")},
		"LongAnother": {reason: "Which another composite's does not begin.", composite: long + "abcde-x7k2p", name: Composite{Name: "dev"}.ObjectName("cluster"), want: ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := (Composite{Name: tc.composite}).KeyOf(tc.name); got != tc.want {
				t.Errorf("\n%s\nKeyOf(%q) of %s: want %q, got %q", tc.reason, tc.name, tc.composite, tc.want, got)
			}
		})
	}
}

// TestNoTwoPlatformsMeetInAnAccount: nor do they where the account has no regions.
func TestNoTwoPlatformsMeetInAnAccount(t *testing.T) {
	t.Parallel()
	words := []string{"cluster", "nodes", accountAutoscaler.name, accountLoadBalancer.name, accountExternalDNS.name, accountEBS.name}
	used := map[string][3]string{}
	platforms := names(4)
	for _, region := range sortedKeys(regionZones) {
		// One that is called like another and its region, too.
		platforms = append(platforms, "a-"+region, "a-"+region+"-cluster")
	}
	for _, platform := range platforms {
		for _, region := range sortedKeys(regionZones) {
			c := &contract{name: platform, spec: v1alpha1.PlatformSpec{Region: region}}
			for _, word := range words {
				called := c.global(word)
				if other, taken := used[called]; taken {
					t.Fatalf("%v and %v are both called %s", other, [3]string{platform, region, word}, called)
				}
				used[called] = [3]string{platform, region, word}
			}
		}
	}
}
