package platform_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/crds"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestControllers: what is composed for each choice of controllers.
func TestControllers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		spec   string
		want   []string
	}{
		"Default": {
			reason: "Without DNS there are two.",
			spec:   "{region: eu-central-1}",
			want:   []string{"aws-load-balancer-controller", "cluster-autoscaler"},
		},
		"All": {
			reason: "There are four in all.",
			spec:   "{region: eu-central-1, dns: {domain: dev.example.com}, controllers: {metricsServer: {enabled: true}}}",
			want:   []string{"aws-load-balancer-controller", "cluster-autoscaler", "external-dns", "metrics-server"},
		},
		"NoAutoscaler": {
			reason: "A controller that is not wanted should leave nothing.",
			spec:   "{region: eu-central-1, controllers: {clusterAutoscaler: {enabled: false}}}",
			want:   []string{"aws-load-balancer-controller"},
		},
		"MetricsServerAlone": {
			reason: "One that needs no identity should do without the others.",
			spec:   "{region: eu-central-1, controllers: {clusterAutoscaler: {enabled: false}, loadBalancerController: {enabled: false}, metricsServer: {enabled: true}}}",
			want:   []string{"metrics-server"},
		},
		"None": {
			reason: "Without controllers nobody needs a way into the cluster.",
			spec:   "{region: eu-central-1, dns: {domain: dev.example.com}, controllers: {clusterAutoscaler: {enabled: false}, loadBalancerController: {enabled: false}, externalDNS: {enabled: false}}}",
		},
	}
	names := []string{"aws-load-balancer-controller", "cluster-autoscaler", "external-dns", "metrics-server"}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, tc.spec)
			rsp := w.Settle()
			world.Validate(t, w, rsp)
			if got := world.KindsOf(rsp, "Release"); !slices.Equal(tc.want, got) {
				t.Errorf("\n%s\nwant releases %v, got %v", tc.reason, tc.want, got)
			}
			for _, n := range names {
				want := 0
				switch {
				case !slices.Contains(tc.want, n):
				case n == "metrics-server":
					want = 1
				default:
					want = 4 // Its role, policy, identity and release.
				}
				got := slices.DeleteFunc(world.Keys(rsp), func(k string) bool { return k != n && !strings.HasPrefix(k, n+".") })
				if len(got) != want {
					t.Errorf("\n%s\n%s: want %d objects, got %v", tc.reason, n, want, got)
				}
			}
			if got := rsp.GetDesired().GetResources()["helm"] != nil; got != (len(tc.want) > 0) {
				t.Errorf("\n%s\nwant provider-helm configured: %t, got %t", tc.reason, len(tc.want) > 0, got)
			}
			c := world.ConditionOf(rsp, v1alpha1.ConditionControllersReady)
			reason := "Ready"
			if len(tc.want) == 0 {
				reason = "NotRequested"
			}
			if c.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE || c.GetReason() != reason {
				t.Errorf("\n%s\nwant ControllersReady True, reason %s, got %v", tc.reason, reason, c)
			}
		})
	}
}

// TestDisableController: a controller that is switched off leaves before its
// identity does, so that it can still put away what it made.
func TestDisableController(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, dns: {domain: dev.example.com}}")
	w.Settle()
	world.Set(false, "spec", "controllers", "externalDNS", "enabled")(w.XR)
	var got [][]string
	for range 10 {
		if gone := w.Follow(w.Run()); len(gone) > 0 {
			got = append(got, gone)
		}
	}
	want := [][]string{{"external-dns"}, {"external-dns.identity", "external-dns.policy"}, {"external-dns.role"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}

// TestWishes: what a claim says of a chart goes over what we say.
func TestWishes(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		wish   string
		// want is what the autoscaler's release has, by field path.
		want map[string]any
	}{
		"None": {
			reason: "Without wishes the release is the one that was tested.",
			wish:   "{}",
			want: map[string]any{
				"chart":                     map[string]any{"name": "cluster-autoscaler", "repository": "https://kubernetes.github.io/autoscaler", "version": "9.59.0"},
				"namespace":                 "kube-system",
				"values.replicaCount":       2.0,
				"values.extraArgs.expander": "least-waste",
			},
		},
		"Chart": {
			reason: "A claim may take another version from another place.",
			wish:   "{version: 9.99.0, repository: 'oci://registry.example.com/charts'}",
			want: map[string]any{
				"chart": map[string]any{"name": "cluster-autoscaler", "repository": "oci://registry.example.com/charts", "version": "9.99.0"},
			},
		},
		"Maps": {
			reason: "Maps should be merged: what the claim does not speak of stays.",
			wish:   "{values: {extraArgs: {expander: priority, scan-interval: 20s}, podAnnotations: {a: b}}}",
			want: map[string]any{
				"values.extraArgs.expander":      "priority",
				"values.extraArgs.scan-interval": "20s",
				"values.extraArgs.v":             "4",
				"values.podAnnotations":          map[string]any{"a": "b"},
				"values.cloudProvider":           "aws",
			},
		},
		"Lists": {
			reason: "Lists should be replaced, as Helm does.",
			wish:   "{values: {topologySpreadConstraints: [], containerSecurityContext: {capabilities: {drop: [NET_RAW, CHOWN]}}}}",
			want: map[string]any{
				"values.topologySpreadConstraints":                         []any{},
				"values.containerSecurityContext.capabilities.drop":        []any{"NET_RAW", "CHOWN"},
				"values.containerSecurityContext.readOnlyRootFilesystem":   true,
				"values.containerSecurityContext.allowPrivilegeEscalation": false,
			},
		},
		"Kinds": {
			reason: "A value should replace one of another kind.",
			wish:   "{values: {resources: none, replicaCount: {a: 1}}}",
			want: map[string]any{
				"values.resources":    "none",
				"values.replicaCount": map[string]any{"a": 1.0},
			},
		},
		"Numbers": {
			reason: "Large numbers should stay numbers.",
			wish:   "{values: {big: 12345678, zero: 0, disabled: false, empty: ''}}",
			want: map[string]any{
				"values.big":      12345678.0,
				"values.zero":     0.0,
				"values.disabled": false,
				"values.empty":    "",
			},
		},
		"NoValues": {
			reason: "An empty wish is none.",
			wish:   "{values: {}}",
			want:   map[string]any{"values.replicaCount": 2.0},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, "{region: eu-central-1, controllers: {clusterAutoscaler: "+tc.wish+"}}")
			rsp := w.Settle()
			for path, want := range tc.want {
				if diff := cmp.Diff(want, world.At(rsp, "cluster-autoscaler", "spec.forProvider."+path)); diff != "" {
					t.Errorf("\n%s\n%s: -want, +got:\n%s", tc.reason, path, diff)
				}
			}
			if err := w.CRDs.Validate(world.Desired(rsp, "cluster-autoscaler")); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNullValues: null removes what a chart has by default, so it has to reach
// Helm.
func TestNullValues(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, controllers: {clusterAutoscaler: {values: {resources: null, extraArgs: {expander: null}, podDisruptionBudget: null, nothing: null}}}}")
	values, _ := world.At(w.Settle(), "cluster-autoscaler", "spec.forProvider.values").(map[string]any)
	for _, k := range []string{"resources", "podDisruptionBudget", "nothing"} {
		if v, ok := values[k]; !ok || v != nil {
			t.Errorf("%s: want null, got %v", k, v)
		}
	}
	args, _ := values["extraArgs"].(map[string]any)
	if v, ok := args["expander"]; !ok || v != nil {
		t.Errorf("extraArgs.expander: want null, got %v", v)
	}
	if args["v"] != "4" {
		t.Errorf("extraArgs.v: want 4, got %v", args["v"])
	}
}

// TestNoValues: null for all values is no wish, rather than none of our values.
func TestNoValues(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1}")
	before := w.Settle()
	world.Set(nil, "spec", "controllers", "clusterAutoscaler", "values")(w.XR)
	if diff := cmp.Diff(before.GetDesired().GetResources(), w.Run().GetDesired().GetResources(), protocmp.Transform()); diff != "" {
		t.Errorf("-before, +after:\n%s", diff)
	}
}

// TestValuesThatAreNoMap: the schema refuses them; should one get through, the
// claim is refused, and nothing is composed of it.
func TestValuesThatAreNoMap(t *testing.T) {
	t.Parallel()
	for name, values := range map[string]any{"List": []any{"a"}, "String": "a", "Number": 1.0, "Bool": true} {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, "{region: eu-central-1}")
			world.Set(values, "spec", "controllers", "clusterAutoscaler", "values")(w.XR)
			if err := w.CRDs.Validate(w.XR); err == nil {
				t.Error("\nThe schema should refuse values that are no map")
			}
			world.CheckRefused(t, "Values that are no map should be refused.", w.Respond(w.Request()), "spec.controllers.clusterAutoscaler.values")

			// Nor is anything that exists touched, or the ready state kept.
			w = world.With(t, "{region: eu-central-1}")
			w.Settle()
			world.Set(values, "spec", "controllers", "loadBalancerController", "values")(w.XR)
			world.CheckRefused(t, "Values that are no map should be refused later, too.", w.Respond(w.Request()), "spec.controllers.loadBalancerController.values")
		})
	}
}

// TestAutoscalerImage: the autoscaler's minor version must be the cluster's, for
// every version a claim can ask for.
func TestAutoscalerImage(t *testing.T) {
	t.Parallel()
	versions := crds.SchemaOf(t, "spec", "cluster", "version").Enum
	if len(versions) == 0 {
		t.Fatal("the schema has no versions")
	}
	for _, raw := range versions {
		v := strings.Trim(string(raw.Raw), `"`)
		t.Run(v, func(t *testing.T) {
			rsp := world.With(t, "{region: eu-central-1, cluster: {version: '"+v+"'}}").Settle()
			got, _ := world.At(rsp, "cluster-autoscaler", "spec.forProvider.values.image.tag").(string)
			if !strings.HasPrefix(got, "v"+v+".") {
				t.Errorf("want an image of %s, got %q", v, got)
			}
		})
	}
}

// TestValues: controllers are told all they could otherwise ask only the
// instance metadata service, which answers no pod.
func TestValues(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-production.yaml")
	rsp := w.Settle()
	vpc, _ := world.StatusOf(t, rsp)["network"].(map[string]any)["vpcId"].(string)
	if vpc == "" {
		t.Fatal("the VPC has no id")
	}
	want := map[string]map[string]any{
		"cluster-autoscaler": {
			"awsRegion": "ap-northeast-1", "cloudProvider": "aws", "autoDiscovery.clusterName": "team-a-production", "dnsPolicy": "Default",
			"fullnameOverride": "cluster-autoscaler", "priorityClassName": "system-cluster-critical",
			// The claim's wish.
			"extraArgs.scale-down-unneeded-time": "5m",
		},
		"aws-load-balancer-controller": {
			"region": "ap-northeast-1", "vpcId": vpc, "clusterName": "team-a-production", "fullnameOverride": "aws-load-balancer-controller",
			"keepTLSSecret": true, "enableShield": false, "enableWaf": false, "enableWafv2": false, "defaultTargetType": "ip",
			"defaultTags": map[string]any{"team": "a", "environment": "production", "xplatform.dev/platform": "team-a-production"},
		},
		"external-dns": {
			"fullnameOverride": "external-dns", "policy": "sync", "registry": "txt", "txtOwnerId": "team-a-production-ap-northeast-1",
			"annotationPrefix": "external-dns.alpha.kubernetes.io/",
		},
		"metrics-server": {"fullnameOverride": "metrics-server", "replicas": 2.0},
	}
	for key, fields := range want {
		for path, v := range fields {
			if diff := cmp.Diff(v, world.At(rsp, key, "spec.forProvider.values."+path)); diff != "" {
				t.Errorf("%s: %s: -want, +got:\n%s", key, path, diff)
			}
		}
	}
	// Helm renders a number of a million as 1e+06, which no flag takes.
	for _, key := range world.KindsOf(rsp, "Release") {
		args, _ := world.At(rsp, key, "spec.forProvider.values.extraArgs").(map[string]any)
		for flag, v := range args {
			if _, number := v.(float64); number {
				t.Errorf("%s: flag %s is a number", key, flag)
			}
		}
	}
	// No webhook stands in the way of what the platform itself installs.
	excluded, _ := world.At(rsp, "aws-load-balancer-controller", "spec.forProvider.values.serviceMutatorWebhookConfig.namespaceSelectors[0].values").([]any)
	for _, key := range world.KindsOf(rsp, "Release") {
		if ns := world.At(rsp, key, "spec.forProvider.namespace"); !slices.Contains(excluded, ns) {
			t.Errorf("%s: installs into %v, where the webhook of the load balancer controller may refuse its Services", key, ns)
		}
	}
}
