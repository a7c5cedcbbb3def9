package progress

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

const claim = `
status:
  phase: Provisioning
  progress: 2/6
  waiting:
  - {resource: subnet.a, for: [vpc]}
  - {resource: subnet.b, for: [vpc]}
  - {resource: cluster, for: [subnet.a, subnet.b]}
  conditions:
  - {type: Ready, status: "False", reason: Creating}
  - {type: NetworkReady, status: "False", reason: Failed, message: "2 of 5 resources are ready; vpc: VpcLimitExceeded"}
  - {type: ClusterReady, status: "False", reason: Waiting}
  - {type: DataReady, status: "True", reason: NotRequested, message: Nothing of this is asked for}
  - {type: DNSReady, status: "True", reason: Ready, message: 1 of 1 resource is ready}
`

func TestRead(t *testing.T) {
	t.Parallel()
	o := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(claim), &o.Object); err != nil {
		t.Fatal(err)
	}
	p, err := Read(o)
	if err != nil {
		t.Fatal(err)
	}
	if p.Ready || p.Phase != "Provisioning" {
		t.Errorf("want a platform that is being provisioned, got %+v", p)
	}
	for _, tc := range []struct {
		reason    string
		want, got any
	}{
		{"The summary names each layer that is asked for", "2/6  Network 2/5  Cluster Waiting  DNS ready", p.Summary()},
		{"A failure is told in AWS's words", []string{"vpc: VpcLimitExceeded"}, p.Failures()},
		{"What is next waits for nothing that waits", map[string][]string{"vpc": {"subnet.a", "subnet.b"}}, p.Next},
		{"What waits is folded", "  … for subnet.{a,b} wait:\n      cluster\n  … for vpc wait:\n      subnet.{a,b}\n", p.Waiting()},
	} {
		if diff := cmp.Diff(tc.want, tc.got); diff != "" {
			t.Errorf("%s: -want, +got:\n%s", tc.reason, diff)
		}
	}
}

func TestReadMalformed(t *testing.T) {
	t.Parallel()
	for _, status := range []string{
		"status: {waiting: none}",
		"status: {conditions: none}",
		"status: {waiting: [{resource: a, for: b}]}",
		"status: {leaving: none}",
		"status: {leaving: [{resource: a, for: b}]}",
	} {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(status), &o.Object); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(o); err == nil {
			t.Errorf("want an error for %s", status)
		}
	}
}

// TestWhole: what counts one thing in its conditions and another in the rest of its
// status is of two runs, and nothing to show.
func TestWhole(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reason string
		count  string
		layers []Layer
		want   bool
	}{
		"Whole":        {"The layers add up", "3/6", []Layer{{Message: "2 of 5 resources are ready; vpc is not"}, {Message: "1 of 1 resource is ready"}}, true},
		"Behind":       {"The conditions are of the run before", "28/56", []Layer{{Message: "0 of 24 resources are ready"}, {Message: "0 of 32 resources are ready"}}, false},
		"Edited":       {"The claim asks for more by now", "3/7", []Layer{{Message: "2 of 5 resources are ready"}, {Message: "1 of 1 resource is ready"}}, false},
		"NotRequested": {"A layer without resources counts none", "5/5", []Layer{{Message: "5 of 5 resources are ready"}, {Reason: "NotRequested", Message: "Nothing of this is asked for"}}, true},
		"Fatal":        {"Conditions that count nothing contradict nothing", "3/6", []Layer{{Reason: "FatalError", Message: "A fatal error occurred"}}, true},
		"Nothing":      {"A status without conditions is not whole", "3/6", nil, false},
	} {
		if got := (&Progress{Count: tc.count, Layers: tc.layers}).Whole(); got != tc.want {
			t.Errorf("%s: %s: want %t", name, tc.reason, tc.want)
		}
	}
}

// TestRemoval: a line about what is left, and why.
func TestRemoval(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason, status, want string
	}{
		{
			"Before anything goes, something comes first",
			"{progress: 0/2, leaving: [{resource: vpc, for: [subnet, drain]}, {resource: subnet, for: [drain]}]}",
			"2 of 2 left; first, drain",
		},
		{
			"What is being deleted is named",
			"{progress: 1/5, leaving: [{resource: subnet.a, deleting: true}, {resource: subnet.b, deleting: true}, {resource: vpc, for: [subnet.a, subnet.b]}, {resource: role, for: [vpc]}]}",
			"4 of 5 left; deleting subnet.{a,b}",
		},
		{
			"What AWS refuses comes first, what is protected last",
			"{progress: 0/3, leaving: [{resource: db, message: is protected}, {resource: subnet, deleting: true}, {resource: vpc, deleting: true, message: DependencyViolation}]}",
			"3 of 3 left; vpc: DependencyViolation; deleting subnet; db is protected",
		},
		{"In the end nothing is left", "{progress: 5/5}", "0 of 5 left"},
		{"Before anything is known there is its phase", "{phase: TearingDown}", "TearingDown"},
	} {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte("status: "+tc.status), &o.Object); err != nil {
			t.Fatal(err)
		}
		p, err := Read(o)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Removal(); got != tc.want {
			t.Errorf("%s: want %q, got %q", tc.reason, tc.want, got)
		}
	}
}
