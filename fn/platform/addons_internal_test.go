package platform

import (
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// TestAddonVersion: add-ons have what was tested with the cluster's version, and
// nothing newer is taken back unless it is another version's.
func TestAddonVersion(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason          string
		name, cluster   string
		asked, reported string
		want            string
	}{
		"New":            {reason: "A new one gets what was tested.", name: "coredns", cluster: "1.34", want: "v1.13.2-eksbuild.11"},
		"Older":          {reason: "An older one is updated.", name: "coredns", cluster: "1.34", reported: "v1.12.4-eksbuild.18", want: "v1.13.2-eksbuild.11"},
		"Build":          {reason: "Builds are numbers.", name: "coredns", cluster: "1.34", reported: "v1.13.2-eksbuild.4", want: "v1.13.2-eksbuild.11"},
		"Newer":          {reason: "A newer one stays.", name: "coredns", cluster: "1.34", reported: "v1.13.2-eksbuild.12", want: "v1.13.2-eksbuild.12"},
		"OfTheNext":      {reason: "Not if it is of another version of the cluster: it was rolled back.", name: "coredns", cluster: "1.34", reported: "v1.14.3-eksbuild.3", want: "v1.13.2-eksbuild.11"},
		"PastTheNext":    {reason: "Nor if it is newer than that.", name: "kube-proxy", cluster: "1.34", reported: "v1.35.9-eksbuild.1", want: "v1.34.6-eksbuild.13"},
		"OfAll":          {reason: "What is the same for all versions stays if it is newer.", name: "vpc-cni", cluster: "1.33", reported: "v1.23.0-eksbuild.1", want: "v1.23.0-eksbuild.1"},
		"UnderWay":       {reason: "What it is on its way to counts, not what it has yet.", name: "coredns", cluster: "1.34", asked: "v1.13.2-eksbuild.11", reported: "v1.13.2-eksbuild.12", want: "v1.13.2-eksbuild.11"},
		"UnknownCluster": {reason: "For a version nobody knows EKS chooses.", name: "coredns", cluster: "1.37", reported: "v1.14.3-eksbuild.3", want: ""},
		"Nonsense":       {reason: "What is no version is none.", name: "coredns", cluster: "1.34", reported: "latest", want: "v1.13.2-eksbuild.11"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := structpb.NewStruct(map[string]any{
				"spec":   map[string]any{"forProvider": map[string]any{"addonVersion": tc.asked}},
				"status": map[string]any{"atProvider": map[string]any{"addonVersion": tc.reported}},
			})
			if err != nil {
				t.Fatal(err)
			}
			got := addonVersion(tc.name, v1alpha1.KubernetesVersion(tc.cluster), plan.Observe(&fnv1.Resource{Resource: s}))
			if got != tc.want {
				t.Errorf("\n%s\nwant %q, got %q", tc.reason, tc.want, got)
			}
		})
	}
}

// TestAddonVersions: every add-on has a version for every version of a cluster.
func TestAddonVersions(t *testing.T) {
	t.Parallel()
	for name, versions := range addonVersions {
		for v := range kubernetesVersions {
			if versions[v] == "" {
				t.Errorf("%s has none for %s", name, v)
			}
		}
	}
}
