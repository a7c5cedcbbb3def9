package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

func TestDefaultName(t *testing.T) {
	t.Parallel()
	name := schemaOf(t, "spec", "name")
	pattern := regexp.MustCompile(name.Pattern)
	cases := map[string]struct {
		reason string
		xr     composite
		prefix string
	}{
		"Claim": {
			reason: "The name should begin as the claim's does.",
			xr:     composite{name: "dev-x7k2p", claim: "dev", uid: "1"},
			prefix: "dev-",
		},
		"NoClaim": {
			reason: "Without a claim the composite's name should do.",
			xr:     composite{name: "dev", namespace: "team-a", uid: "1"},
			prefix: "dev-",
		},
		"Dots": {
			reason: "Dots, which Kubernetes allows, should become hyphens.",
			xr:     composite{name: "dev.team-a.example-x7k2p", claim: "dev.team-a.example", uid: "1"},
			prefix: "dev-team-a-example-",
		},
		"Hyphens": {
			reason: "Hyphens in a row, which RDS refuses, should become one.",
			xr:     composite{name: "dev--a-x7k2p", claim: "dev--a", uid: "1"},
			prefix: "dev-a-",
		},
		"Digit": {
			reason: "A name that begins with a digit, which RDS refuses, should get a letter.",
			xr:     composite{name: "2nd-x7k2p", claim: "2nd", uid: "1"},
			prefix: "p-2nd-",
		},
		"Longest": {
			reason: "The longest name should be cut.",
			xr:     composite{name: strings.Repeat("a", 63), claim: strings.Repeat("a", 57), uid: "1"},
			prefix: strings.Repeat("a", 31) + "-",
		},
		"CutAtHyphen": {
			reason: "A cut behind a hyphen should leave one hyphen.",
			xr:     composite{name: "x", claim: strings.Repeat("a", 30) + "-" + strings.Repeat("b", 20), uid: "1"},
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
			other.uid = "2"
			if defaultName(other) == got {
				t.Errorf("\nA platform that is made anew should have another name than the one before: got %q", got)
			}
			other = tc.xr
			other.namespace = "other"
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
			got := fit(tc.limit, tc.name)
			if got != tc.want || len(got) > tc.limit {
				t.Errorf("\n%s\nwant %q, got %q", tc.reason, tc.want, got)
			}
		})
	}

	seen := map[string]string{}
	for i := range 1000 {
		name := fmt.Sprintf("%s-%d", long, i)
		short := fit(30, name)
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
		if got := partition(region); got != want {
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

// TestObjectNames: an object that exists keeps its name, whatever we would call
// it now.
func TestObjectNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "platform-smallest.yaml")
	w.settle()
	w.edit("vpc", func(o *unstructured.Unstructured) { o.SetName("named-by-an-earlier-release") })
	rsp := w.run()
	if got := desired(rsp, "vpc").GetName(); got != "named-by-an-earlier-release" {
		t.Errorf("want the name it has, got %s", got)
	}
	for _, key := range kindsOf(rsp, "Subnet") {
		if got := at(rsp, key, "spec.forProvider.vpcIdRef.name"); got != "named-by-an-earlier-release" {
			t.Errorf("%s: should refer to the VPC by the name it has: got %v", key, got)
		}
	}
}

// TestLabels: everything composed says whose it is, and what it needs.
func TestLabels(t *testing.T) {
	t.Parallel()
	for _, example := range examples {
		w := newWorld(t, example)
		rsp := w.settle()
		edges := planOf(t, w).Edges()
		for _, key := range desiredKeys(rsp) {
			o := desired(rsp, key)
			if got := o.GetLabels()[plan.LabelPlatform]; got != w.xr.GetName() {
				t.Errorf("%s: %s: want label %s, got %q", example, key, w.xr.GetName(), got)
			}
			if got, want := o.GetAnnotations()[plan.AnnotationNeeds], strings.Join(edges[key], ","); got != want {
				t.Errorf("%s: %s: want needs %s, got %s", example, key, want, got)
			}
		}
	}
}

// TestContractRefusals: what only turns out to be wrong once a claim is read is
// refused, and what exists is left alone.
func TestContractRefusals(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		spec   string
		want   []string
	}{
		"ZoneOfNodeGroup": {
			reason: "A node group in a zone without subnets should be refused with the zones there are.",
			spec:   "{region: eu-central-1, nodeGroups: [{name: a}, {name: b, zones: [euc1-az1, euc1-az9]}]}",
			want:   []string{"spec.nodeGroups[1].zones", "euc1-az9", "euc1-az1, euc1-az2, euc1-az3"},
		},
		"UnknownRegion": {
			reason: "A region we know no zones of should be refused.",
			spec:   "{region: eu-nowhere-1}",
			want:   []string{"spec.network.zones", "eu-nowhere-1"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorldWith(t, tc.spec)
			rsp := w.respond(w.request())
			checkRefused(t, tc.reason, rsp, tc.want...)
		})
	}
}

// checkRefused: the claim says what is wrong with it, and nothing is composed.
func checkRefused(t *testing.T, reason string, rsp *fnv1.RunFunctionResponse, want ...string) {
	t.Helper()
	c := conditionOf(rsp, v1alpha1.ConditionAccepted)
	if c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || c.GetReason() != reasonInvalid || c.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
		t.Errorf("\n%s\nwant condition Accepted False for composite and claim, got %v", reason, c)
	}
	if fatalOf(rsp) == "" || fatalOf(rsp) != c.GetMessage() {
		t.Errorf("\n%s\nwant the condition's message %q as fatal result, got %q", reason, c.GetMessage(), fatalOf(rsp))
	}
	for _, s := range want {
		if !strings.Contains(c.GetMessage(), s) {
			t.Errorf("\n%s\n%q does not contain %q", reason, c.GetMessage(), s)
		}
	}
	if keys := desiredKeys(rsp); len(keys) > 0 {
		t.Errorf("\n%s\nwant nothing composed, got %v", reason, keys)
	}
}
