package crds

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// smallest is the smallest claim there is.
const smallest = `
apiVersion: xplatform.dev/v1alpha1
kind: Platform
metadata: {name: dev, namespace: team-a}
spec: {region: eu-central-1}
`

func TestDefault(t *testing.T) {
	r := registry(t)
	obj := parse(t, smallest)
	if err := r.Default(obj); err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(obj); err != nil {
		t.Errorf("\nThe smallest claim should be valid: %v", err)
	}

	group := map[string]any{
		"name":          "default",
		"amiType":       "AL2023_x86_64_STANDARD",
		"capacityType":  "OnDemand",
		"forceUpdate":   false,
		"nodeRepair":    map[string]any{"enabled": false},
		"updateConfig":  map[string]any{"maxUnavailablePercentage": int64(33)},
		"diskSizeGiB":   int64(50),
		"instanceTypes": []any{"m6i.large"},
		"minSize":       int64(2),
		"maxSize":       int64(5),
	}
	cases := map[string]struct {
		reason string
		path   []string
		want   any
	}{
		"Region": {
			reason: "What the claim says should be kept.",
			path:   []string{"spec", "region"},
			want:   "eu-central-1",
		},
		"Network": {
			reason: "The network should be the default one.",
			path:   []string{"spec", "network"},
			want:   map[string]any{"cidr": "10.0.0.0/16", "natGateway": "Single", "tagSubnets": false},
		},
		"NodeGroups": {
			reason: "There should be one node group, and its own defaults should be set.",
			path:   []string{"spec", "nodeGroups"},
			want:   []any{group},
		},
		"EndpointAccess": {
			reason: "Defaults should be set at any depth.",
			path:   []string{"spec", "cluster", "endpointAccess"},
			want:   map[string]any{"public": true, "private": true, "publicCidrs": []any{"0.0.0.0/0"}},
		},
		"ClusterAutoscaler": {
			reason: "The autoscaler should be on.",
			path:   []string{"spec", "controllers", "clusterAutoscaler"},
			want:   map[string]any{"enabled": true},
		},
		"MetricsServer": {
			reason: "The metrics server should be off unless asked for.",
			path:   []string{"spec", "controllers", "metricsServer"},
			want:   map[string]any{"enabled": false},
		},
		"CompositeDeletePolicy": {
			reason: "Crossplane's own defaults should be set too.",
			path:   []string{"spec", "compositeDeletePolicy"},
			want:   "Background",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, _, err := unstructured.NestedFieldNoCopy(obj.Object, tc.path...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
