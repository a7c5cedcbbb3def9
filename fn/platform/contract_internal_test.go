package platform

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/crds"
)

func TestDefaultName(t *testing.T) {
	t.Parallel()
	name := crds.SchemaOf(t, "spec", "name")
	pattern := regexp.MustCompile(name.Pattern)
	cases := map[string]struct {
		reason string
		xr     Composite
		prefix string
	}{
		"Claim": {
			reason: "The name should begin as the claim's does.",
			xr:     Composite{Name: "dev-x7k2p", Claim: "dev", UID: "1"},
			prefix: "dev-",
		},
		"NoClaim": {
			reason: "Without a claim the Composite's name should do.",
			xr:     Composite{Name: "dev", Namespace: "team-a", UID: "1"},
			prefix: "dev-",
		},
		"Dots": {
			reason: "Dots, which Kubernetes allows, should become hyphens.",
			xr:     Composite{Name: "dev.team-a.example-x7k2p", Claim: "dev.team-a.example", UID: "1"},
			prefix: "dev-team-a-example-",
		},
		"Hyphens": {
			reason: "Hyphens in a row, which RDS refuses, should become one.",
			xr:     Composite{Name: "dev--a-x7k2p", Claim: "dev--a", UID: "1"},
			prefix: "dev-a-",
		},
		"Digit": {
			reason: "A name that begins with a digit, which RDS refuses, should get a letter.",
			xr:     Composite{Name: "2nd-x7k2p", Claim: "2nd", UID: "1"},
			prefix: "p-2nd-",
		},
		"Longest": {
			reason: "The longest name should be cut.",
			xr:     Composite{Name: strings.Repeat("a", 63), Claim: strings.Repeat("a", 57), UID: "1"},
			prefix: strings.Repeat("a", 31) + "-",
		},
		"CutAtHyphen": {
			reason: "A cut behind a hyphen should leave one hyphen.",
			xr:     Composite{Name: "x", Claim: strings.Repeat("a", 30) + "-" + strings.Repeat("b", 20), UID: "1"},
			prefix: strings.Repeat("a", 30) + "-",
		},
	}
	for n, tc := range cases {
		t.Run(n, func(t *testing.T) {
			got := defaultName(tc.xr)
			if !strings.HasPrefix(got, tc.prefix) || len(got) != len(tc.prefix)+8 {
				t.Errorf("\n%s\nwant %q and 8 characters, got %q", tc.reason, tc.prefix, got)
			}
			if !pattern.MatchString(got) || int64(len(got)) > *name.MaxLength || int64(len(got)) < *name.MinLength {
				t.Errorf("\nA default name should be one a claim could have: got %q", got)
			}
			if again := defaultName(tc.xr); again != got {
				t.Errorf("\nA platform's name should be the same each time: got %q and %q", got, again)
			}
			other := tc.xr
			other.UID = "2"
			if defaultName(other) == got {
				t.Errorf("\nA platform that is made anew should have another name than the one before: got %q", got)
			}
			other = tc.xr
			other.Namespace = "other"
			if defaultName(other) == got {
				t.Errorf("\nPlatforms in two namespaces should have two names: got %q", got)
			}
		})
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 60)
	cases := map[string]struct {
		reason string
		limit  int
		name   string
		want   string
	}{
		"Short":   {reason: "A name that fits should be kept.", limit: 63, name: "dev-vpc", want: "dev-vpc"},
		"Exact":   {reason: "A name that just fits should be kept.", limit: 60, name: long, want: long},
		"Long":    {reason: "A name too long should be cut and get a digest.", limit: 59, name: long, want: long[:50] + "-" + digest(long)},
		"CutAt.":  {reason: "No dot should stand before the digest: no DNS label ends with a hyphen.", limit: 20, name: "abcdefghij.klmnopqrstu", want: "abcdefghij-" + digest("abcdefghij.klmnopqrstu")},
		"CutAt-":  {reason: "No hyphen should stand before the digest.", limit: 20, name: "abcdefghi--klmnopqrstu", want: "abcdefghi-" + digest("abcdefghi--klmnopqrstu")},
		"Digest0": {reason: "The digest is of the whole name.", limit: 12, name: "abcd" + long, want: "abc-" + digest("abcd"+long)},
	}
	for n, tc := range cases {
		t.Run(n, func(t *testing.T) {
			got := fitName(tc.limit, tc.name)
			if got != tc.want || len(got) > tc.limit {
				t.Errorf("\n%s\nwant %q, got %q", tc.reason, tc.want, got)
			}
		})
	}

	seen := map[string]string{}
	for i := range 1000 {
		name := fmt.Sprintf("%s-%d", long, i)
		short := fitName(30, name)
		if other, taken := seen[short]; taken {
			t.Errorf("\nNames that differ in what is cut off should stay different: %s and %s are both %s", other, name, short)
		}
		seen[short] = name
	}
}

func TestPartition(t *testing.T) {
	t.Parallel()
	for region := range regionZones {
		want := "aws"
		switch region {
		case "cn-north-1", "cn-northwest-1":
			want = "aws-cn"
		case "us-gov-east-1", "us-gov-west-1":
			want = "aws-us-gov"
		}
		if got := partitionOf(region); got != want {
			t.Errorf("%s: want partition %s, got %s", region, want, got)
		}
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	c := &contract{name: "dev", spec: v1alpha1.PlatformSpec{Tags: map[string]v1alpha1.TagValue{"team": "a", tagPlatform: "other", tagName: "theirs"}}}
	got := map[string]string{}
	for k, v := range c.tags("thing", "more", "1") {
		got[k] = *v
	}
	want := map[string]string{"team": "a", tagPlatform: "dev", tagName: "thing", "more": "1"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("\nA claim's tags should not replace those that say whose a resource is: want %v, got %v", want, got)
	}
	if len(c.spec.Tags) != 3 {
		t.Errorf("\nThe claim should be left as it is: got %v", c.spec.Tags)
	}
}
