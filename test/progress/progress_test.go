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
