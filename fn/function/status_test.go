package function_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestPhases: a platform's way from nothing to ready, and into trouble.
func TestPhases(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		change func(w *world.World)
		want   v1alpha1.Phase
	}{
		"Ready": {reason: "A platform of which all is ready is ready.", change: func(*world.World) {}, want: v1alpha1.PhaseReady},
		"Trouble": {
			reason: "One that is complete, and of which something is not available any more, is degraded.",
			change: func(w *world.World) {
				w.Edit("vpc", func(o *unstructured.Unstructured) { world.WithStatus(o, "Ready", "False", "Unavailable", "") })
			},
			want: v1alpha1.PhaseDegraded,
		},
		"Making":  {reason: "One of which something is being made is being provisioned.", change: func(w *world.World) { w.Edit("vpc", world.Without("Ready")) }, want: v1alpha1.PhaseProvisioning},
		"Missing": {reason: "One that lacks something, too.", change: func(w *world.World) { delete(w.Observed, "vpc") }, want: v1alpha1.PhaseProvisioning},
		"Nothing": {reason: "One that lacks everything, too.", change: func(w *world.World) { w.Observed = nil }, want: v1alpha1.PhaseProvisioning},
		"Leftover": {
			reason: "One with something unwanted left is not ready.",
			change: func(w *world.World) { w.Observed["unwanted"] = w.Observed["vpc"] },
			want:   v1alpha1.PhaseUpdating,
		},
	}
	start := world.New(t, "platform-smallest.yaml")
	start.Settle()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := start.Fork(t)
			tc.change(w)
			rsp := w.Run()
			if got := world.StatusOf(t, rsp)["phase"]; got != string(tc.want) {
				t.Errorf("\n%s\nwant %s, got %v", tc.reason, tc.want, got)
			}
			want := fnv1.Ready_READY_FALSE
			if tc.want == v1alpha1.PhaseReady {
				want = fnv1.Ready_READY_TRUE
			}
			if got := rsp.GetDesired().GetComposite().GetReady(); got != want {
				t.Errorf("\n%s\nwant %s, got %s", tc.reason, want, got)
			}
		})
	}
}

// TestAsked: the status has the spec it speaks of, and nothing of Crossplane's, as the
// claim has it; but for one that would not fit twice into an object.
func TestAsked(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-production.yaml")
	want, _, _ := unstructured.NestedMap(w.Claim.Object, "spec")
	for _, field := range world.Crossplanes {
		delete(want, field)
		if field != "compositeDeletePolicy" && field != "resourceRef" { // A claim alone has these.
			world.Set("crossplane's", "spec", field)(w.XR)
		}
	}
	world.Set([]any{}, "spec", "resourceRefs")(w.XR)
	world.Set(map[string]any{}, "spec", "crossplane")(w.XR)
	asked := world.StructOf(t, want).AsMap() // Numbers as messages have them.
	if diff := cmp.Diff(any(asked), world.StatusOf(t, w.Under(map[string]any{"claimsMay": []any{"PinRevision"}}))["asked"]); diff != "" {
		t.Errorf("-claim, +status:\n%s", diff)
	}
	world.Set(strings.Repeat("v", 300<<10), "spec", "controllers", "metricsServer", "values", "large")(w.XR)
	if got, said := world.StatusOf(t, w.Ask())["asked"]; said {
		t.Errorf("want nothing of a large spec, got %d entries", len(got.(map[string]any)))
	}
}

// TestConditions: every run sends every condition, to composite and claim, or
// those it leaves out would stay as they were.
func TestConditions(t *testing.T) {
	t.Parallel()
	want := []string{
		v1alpha1.ConditionAccepted, v1alpha1.ConditionNetworkReady, v1alpha1.ConditionClusterReady, v1alpha1.ConditionNodesReady,
		v1alpha1.ConditionDataReady, v1alpha1.ConditionDNSReady, v1alpha1.ConditionControllersReady, v1alpha1.ConditionFactsReady, v1alpha1.ConditionVersionCurrent,
	}
	w := world.New(t, "platform-production.yaml")
	for range 20 {
		rsp := w.Run()
		var got []string
		for _, c := range rsp.GetConditions() {
			got = append(got, c.GetType())
			if c.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
				t.Errorf("%s: want composite and claim, got %s", c.GetType(), c.GetTarget())
			}
			if m := c.GetMessage(); strings.HasSuffix(m, ".") || strings.ContainsAny(m, "\n\t") {
				t.Errorf("%s: a message should be one line without a full stop: %q", c.GetType(), m)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want, +got:\n%s", diff)
		}
		if world.IsReady(rsp) {
			return
		}
		w.Advance(rsp)
	}
}

// TestReadyStatus: what a ready platform tells its users.
func TestReadyStatus(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-production.yaml")
	rsp := w.Settle()
	s, all := world.StatusOf(t, rsp), len(world.Keys(rsp))
	observed := func(key string, path ...string) any {
		v, _, _ := unstructured.NestedFieldNoCopy(w.Observed[key].GetResource().AsMap(), append([]string{"status", "atProvider"}, path...)...)
		return v
	}
	var public, private []any
	for _, z := range []string{"apne1-az4", "apne1-az1", "apne1-az2"} {
		public = append(public, observed("subnet.public."+z, "id"))
		private = append(private, observed("subnet.private."+z, "id"))
	}
	want := map[string]any{
		"phase":    "Ready",
		"name":     "team-a-production",
		"progress": fmt.Sprintf("%d/%d", all, all),
		"network":  map[string]any{"vpcId": observed("vpc", "id"), "publicSubnetIds": public, "privateSubnetIds": private},
		"waiting":  nil,
		"dns":      map[string]any{"domain": "production.example.com", "zoneId": observed("zone", "zoneId"), "nameServers": observed("zone", "nameServers")},
	}
	for field, v := range want {
		if diff := cmp.Diff(v, s[field]); diff != "" {
			t.Errorf("%s: -want, +got:\n%s", field, diff)
		}
	}

	for _, d := range s["databases"].([]any) {
		d := d.(map[string]any)
		key := "database." + d["name"].(string)
		if d["endpoint"] != observed(key, "endpoint") || d["endpoint"] == nil || !strings.HasPrefix(d["secretArn"].(string), "arn:aws:secretsmanager:") {
			t.Errorf("%s: want its endpoint and where its password is, got %v", key, d)
		}
	}
	for _, q := range s["queues"].([]any) {
		q := q.(map[string]any)
		key := "queue." + q["name"].(string)
		if q["url"] != observed(key, "url") || q["arn"] != observed(key, "arn") || q["url"] == nil {
			t.Errorf("%s: want its URL and ARN, got %v", key, q)
		}
		if w.Observed[key+".dead-letter"] != nil && q["deadLetterUrl"] != observed(key+".dead-letter", "url") {
			t.Errorf("%s: want the URL of its dead-letter queue, got %v", key, q)
		}
	}
	for _, g := range s["nodeGroups"].([]any) {
		g := g.(map[string]any)
		if !strings.HasPrefix(g["autoScalingGroupName"].(string), "eks-"+g["name"].(string)+"-") || g["version"] != "1.35" {
			t.Errorf("want each group's Auto Scaling group and version, got %v", g)
		}
	}
	if got := len(s["databases"].([]any)) + len(s["queues"].([]any)) + len(s["nodeGroups"].([]any)) + len(s["controllers"].([]any)); got != 2+5+3+4 {
		t.Errorf("want all of them, got %d", got)
	}
}

// TestStatusForgets: what is no longer there is no longer reported.
func TestStatusForgets(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-production.yaml")
	w.Settle()
	w.Edit("vpc", func(o *unstructured.Unstructured) { unstructured.RemoveNestedField(o.Object, "status") })
	w.Edit("queue.orders", func(o *unstructured.Unstructured) { unstructured.RemoveNestedField(o.Object, "status") })
	s := world.StatusOf(t, w.Run())
	if got := s["network"].(map[string]any)["vpcId"]; got != nil {
		t.Errorf("want no VPC, got %v", got)
	}
	for _, q := range s["queues"].([]any) {
		q := q.(map[string]any)
		if q["name"] == "orders" && (q["url"] != nil || q["arn"] != nil) {
			t.Errorf("want nothing of a queue nothing is known of, got %v", q)
		}
	}
}

// TestStatusHasNoSecrets: a status is for everybody who may read the claim. So
// are objects and events; the kubeconfig is for the Secret alone.
func TestStatusHasNoSecrets(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-production.yaml")
	w.Settle()
	published(w, platform.KeyKubeconfig, "s3cr3t-token")
	rsp := w.Run()
	rsp.GetDesired().GetComposite().ConnectionDetails = nil
	if strings.Contains(rsp.String(), "s3cr3t-token") {
		t.Error("the kubeconfig is in the response")
	}
}
