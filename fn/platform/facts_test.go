package platform_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/test/aws"
	"github.com/xplatform-dev/function-xplatform/test/docs"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// factsOf an answer: what is in the ConfigMap.
func factsOf(rsp *fnv1.RunFunctionResponse) map[string]any {
	m, _ := world.At(rsp, "facts", "spec.forProvider.manifest.data").(map[string]any)
	return m
}

// TestFacts: what is told of a platform is what exists of it, and nothing else.
func TestFacts(t *testing.T) {
	t.Parallel()
	for _, example := range world.Examples {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			w := world.New(t, example)
			rsp := w.Settle()
			world.Validate(t, w, rsp)
			want := map[string]any{}
			say := func(key string, value any) {
				if value != nil && value != "" {
					want["PLATFORM_"+key] = value
				}
			}
			list := func(list any) string {
				var all []string
				for _, v := range list.([]any) {
					all = append(all, v.(string))
				}
				return strings.Join(all, ",")
			}
			named := func(key, name string, value any) {
				say(key+"_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_")), value)
			}
			s := world.StatusOf(t, rsp)
			network, cluster := s["network"].(map[string]any), s["cluster"].(map[string]any)
			say("NAME", s["name"])
			say("REGION", mustString(t, w.XR, "spec", "region"))
			say("PARTITION", "aws")
			say("ACCOUNT_ID", "123456789012")
			say("VPC_ID", network["vpcId"])
			say("PUBLIC_SUBNET_IDS", list(network["publicSubnetIds"]))
			say("PRIVATE_SUBNET_IDS", list(network["privateSubnetIds"]))
			say("CLUSTER_NAME", cluster["name"])
			say("CLUSTER_ARN", cluster["arn"])
			say("CLUSTER_ENDPOINT", cluster["endpoint"])
			say("CLUSTER_SECURITY_GROUP_ID", cluster["securityGroupId"])
			say("KUBERNETES_VERSION", cluster["version"])
			say("OIDC_ISSUER", cluster["oidcIssuer"])
			if dns, ok := s["dns"].(map[string]any); ok {
				say("DOMAIN", dns["domain"])
				say("ZONE_ID", dns["zoneId"])
				if servers := dns["nameServers"]; servers != nil {
					say("NAME_SERVERS", list(servers))
				}
			}
			for kind, fields := range map[string]map[string]string{
				"databases":   {"DATABASE_ENDPOINT": "endpoint", "DATABASE_SECRET_ARN": "secretArn"},
				"queues":      {"QUEUE_URL": "url", "QUEUE_ARN": "arn", "QUEUE_DEAD_LETTER_URL": "deadLetterUrl"},
				"controllers": {"CONTROLLER_VERSION": "version"},
			} {
				entries, _ := s[kind].([]any)
				for _, e := range entries {
					for key, field := range fields {
						named(key, e.(map[string]any)["name"].(string), e.(map[string]any)[field])
					}
				}
			}
			if diff := cmp.Diff(want, factsOf(rsp)); diff != "" {
				t.Errorf("-want, +got:\n%s", diff)
			}
			if c := world.ConditionOf(rsp, v1alpha1.ConditionFactsReady); c.GetReason() != "Updating" && c.GetReason() != "Ready" {
				t.Errorf("want FactsReady, got %v", c)
			}

			// Once they are told, nothing is written any more.
			w.Follow(rsp)
			told := w.Run()
			if c := world.ConditionOf(told, v1alpha1.ConditionFactsReady); c.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE {
				t.Errorf("want FactsReady, got %v", c)
			}
			w.Follow(told)
			if again := w.Run(); !proto.Equal(told.GetDesired(), again.GetDesired()) {
				t.Error("the second answer is another one")
			}
		})
	}
}

func mustString(t *testing.T, o *unstructured.Unstructured, path ...string) string {
	t.Helper()
	s, ok, err := unstructured.NestedString(o.Object, path...)
	if err != nil || !ok {
		t.Fatalf("%v: %v", path, err)
	}
	return s
}

// TestFactsCost: the smallest claim has two objects more than without, and a platform is
// ready without them, whatever becomes of them, unless its claim asks for them.
func TestFactsCost(t *testing.T) {
	t.Parallel()
	without := world.With(t, "{region: eu-central-1, facts: {configMap: false}}")
	with := world.With(t, "{region: eu-central-1}")
	more := slices.DeleteFunc(world.Keys(with.Settle()), func(key string) bool { return slices.Contains(world.Keys(without.Settle()), key) })
	if want := []string{"facts", "kubernetes"}; !slices.Equal(want, more) {
		t.Errorf("want %v more than without, got %v", want, more)
	}
	cases := map[string]struct {
		reason string
		spec   string
		ready  bool
	}{
		"Default": {reason: "Nobody asked for facts, so nobody should wait for them.", spec: "{region: eu-central-1}", ready: true},
		"Asked":   {reason: "Who asks for facts should get them before the platform is ready.", spec: "{region: eu-central-1, facts: {}}"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, tc.spec)
			fails := func(w *world.World) {
				if w.Observed["facts"] != nil {
					w.Edit("facts", func(o *unstructured.Unstructured) {
						o.Object["status"] = map[string]any{}
						aws.SetCondition(o, "Ready", "False", "Creating", "")
						aws.SetCondition(o, "Synced", "False", "ReconcileError", "create failed: namespaces \"kube-public\" not found")
					})
				}
			}
			rsp := w.Stall(fails)
			if world.IsReady(rsp) != tc.ready {
				t.Errorf("\n%s\nwant ready %v, got %s", tc.reason, tc.ready, world.Explain(rsp))
			}
			c := world.ConditionOf(rsp, v1alpha1.ConditionFactsReady)
			if c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || !strings.Contains(c.GetMessage(), "namespaces \"kube-public\" not found") {
				t.Errorf("\n%s\nwant FactsReady to say why not, got %v", tc.reason, c)
			}
		})
	}
}

// TestFactsAppear: facts are told as they become known, stay while a provider has yet to
// look again, and go when the claim does not ask any more for what they are about.
func TestFactsAppear(t *testing.T) {
	t.Parallel()
	const vpc, endpoint, queue, dead = "PLATFORM_VPC_ID", "PLATFORM_DATABASE_ENDPOINT_ORDERS_DB", "PLATFORM_QUEUE_URL_MAIL", "PLATFORM_QUEUE_DEAD_LETTER_URL_MAIL"
	w := world.With(t, "{region: eu-central-1, databases: [{name: orders-db, engine: postgres, deletionProtection: false, finalSnapshot: false}], queues: [{name: mail, deadLetter: {}}]}")
	w.Stall(func(w *world.World) {
		if w.Observed["database.orders-db"] != nil {
			w.Edit("database.orders-db", world.Set(map[string]any{}, "status", "atProvider"))
		}
	})
	has := func(reason string, want ...string) {
		t.Helper()
		got := factsOf(w.Run())
		for _, key := range []string{vpc, endpoint, queue, dead} {
			if (got[key] != nil) != slices.Contains(want, key) {
				t.Errorf("\n%s\nwant of them %v, got %v", reason, want, slices.Sorted(maps.Keys(got)))
			}
		}
	}
	has("A database without an endpoint has none to tell, and nobody waits for it.", vpc, queue, dead)
	w.Settle()
	w.Follow(w.Run())
	has("Once it is known, it should be told.", vpc, endpoint, queue, dead)
	for _, key := range []string{"vpc", "database.orders-db", "queue.mail"} {
		w.Edit(key, world.Set(map[string]any{}, "status", "atProvider"))
	}
	has("What exists is still what it was, though its provider has yet to look.", vpc, endpoint, queue, dead)
	w.Settle()
	world.Set([]any{}, "spec", "databases")(w.XR)
	world.Set([]any{map[string]any{"name": "mail", "fifo": false, "contentBasedDeduplication": false, "visibilityTimeoutSeconds": int64(30), "retentionSeconds": int64(345600)}}, "spec", "queues")(w.XR)
	has("What is not asked for any more should not be told, be it still there.", vpc, queue)
	w.Edit("queue.mail", world.Deleted)
	has("What somebody has deleted is made anew, and told as it was until then.", vpc, queue)
}

// TestFactsGo: facts go before the way into the cluster, and if the cluster is gone,
// nobody waits for what was in it.
func TestFactsGo(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	w.Settle()
	edges := world.PlanOf(t, w).Edges()
	if needs := world.NeedsOf(edges, "facts"); !needs["kubernetes"] || !needs["cluster.auth"] || !needs["cluster"] || needs["node-group.default"] {
		t.Errorf("want facts to need the way into the cluster and no nodes, got %v", needs)
	}
	gone := w.Fork(t)

	off := w.Fork(t)
	world.Set(map[string]any{"configMap": false}, "spec", "facts")(off.XR)
	var got [][]string
	for range 10 {
		rsp := off.Run()
		if ready := world.IsReady(rsp); ready != (off.Observed["facts"] == nil && off.Observed["kubernetes"] == nil) {
			t.Errorf("ready is %v with %v left", ready, world.StatusOf(t, rsp)["leaving"])
		}
		if left := off.Follow(rsp); len(left) > 0 {
			got = append(got, left)
		}
	}
	if diff := cmp.Diff([][]string{{"facts"}, {"kubernetes"}}, got); diff != "" {
		t.Errorf("switched off: -want, +got:\n%s", diff)
	}

	// Somebody has deleted the cluster, and the platform is taken down.
	world.Set(false, "spec", "teardown", "drain")(gone.XR)
	world.Set(false, "spec", "cluster", "deletionProtection")(gone.XR)
	world.Attempted(gone.XR)
	world.Confirmed(gone.XR)
	delete(gone.Observed, "cluster")
	if policies, _ := world.At(gone.Run(), "facts", "spec.managementPolicies").([]any); len(policies) == 0 || slices.Contains(policies, any("*")) || slices.Contains(policies, any("Delete")) {
		t.Errorf("want facts in a cluster that is gone forgotten, got the policies %v", policies)
	}
}

// TestFactsNamespace: the platform team says where the facts are, and if it says
// otherwise, they move.
func TestFactsNamespace(t *testing.T) {
	t.Parallel()
	const path = "spec.forProvider.manifest.metadata.namespace"
	w := world.New(t, "platform-smallest.yaml")
	rsp := w.Settle()
	if got := world.At(rsp, "facts", path); got != "kube-public" {
		t.Errorf("want them in kube-public, got %v", got)
	}
	policy := map[string]any{"facts": map[string]any{"namespace": "flux-system"}}
	moved := false
	for range 5 {
		rsp := w.Under(policy)
		moved = moved || rsp.GetDesired().GetResources()["facts"] == nil
		w.Follow(rsp)
	}
	if got := world.At(w.Under(policy), "facts", path); got != "flux-system" || !moved {
		t.Errorf("want them made anew in flux-system, got them in %v, made anew: %v", got, moved)
	}
}

const (
	factsBegin = "<!-- The facts are listed by the tests from the source: go test ./fn/platform -update -->\n"
	factsEnd   = "<!-- End of the facts -->\n"
)

// TestFactsInDocs: the page lists the facts there are.
func TestFactsInDocs(t *testing.T) {
	t.Parallel()
	b := &strings.Builder{}
	b.WriteString("| key | what it is |\n| --- | --- |\n")
	for _, f := range platform.Facts() {
		fmt.Fprintf(b, "| `%s` | %s |\n", f[0], f[1])
	}
	docs.CheckDrawn(t, filepath.Join(world.Root(), "docs", "gitops.md"), factsBegin, factsEnd, b.String(), *update)
}
