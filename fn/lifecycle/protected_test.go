package lifecycle_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// checkHalted checks that nothing of a platform goes, nor is drained, and that one
// condition names all that keeps it, and how to go on, or back.
func checkHalted(t *testing.T, w *world.World, want ...string) {
	t.Helper()
	made := w.Made()
	for range 6 {
		rsp := w.Run()
		world.Validate(t, w, rsp)
		world.CheckWhole(t, made, rsp)
		if got := world.Drains(rsp); len(got) > 0 {
			t.Fatalf("nothing should be drained, got %v", got)
		}
		w.Remember(rsp)
	}
	rsp := w.Run()
	c := world.ConditionOf(rsp, v1alpha1.ConditionTearingDown)
	if c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || c.GetReason() != "Protected" || c.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
		t.Errorf("want TearingDown False, Protected, got %v", c)
	}
	for _, s := range want {
		if !strings.Contains(c.GetMessage(), s) {
			t.Errorf("want %q, got %q", s, c.GetMessage())
		}
	}
	if s := world.StatusOf(t, rsp); s["phase"] != "Protected" {
		t.Errorf("want phase Protected, got %v", s["phase"])
	}
	if reason, _ := world.At(rsp, lifecycle.KeyGuard, "spec.reason").(string); !strings.HasPrefix(reason, "Nothing goes before all of it can: ") || len(reason) > lifecycle.LongestReason {
		t.Errorf("the guard should say so, too, got %q", reason)
	}
	if got := rsp.GetMeta().GetTtl().AsDuration(); got < time.Minute || len(rsp.GetResults()) > 0 {
		t.Errorf("what waits for people is no work: got %s and %v", got, rsp.GetResults())
	}
}

// TestProtectedHalts: what is protected stops a teardown before it begins, whatever
// protects it. Once nothing is protected any more it begins; cancelled, everything is as
// it was.
func TestProtectedHalts(t *testing.T) {
	t.Parallel()
	tag := []string{"status", "atProvider", "tags", "kubernetes.io/cluster/green"}
	used := []string{"metadata", "labels", "crossplane.io/in-use"}
	without := func(path []string) func(*unstructured.Unstructured) {
		return func(o *unstructured.Unstructured) { unstructured.RemoveNestedField(o.Object, path...) }
	}
	cases := map[string]struct {
		spec          string
		protect, lift func(w *world.World)
		want          []string
	}{
		"Cluster": {
			spec: "{region: eu-central-1, cluster: {deletionProtection: true}}",
			lift: func(w *world.World) { world.Unprotected(w.XR) },
			want: []string{"cluster is protected: set its deletionProtection to false in XPlatform dev-x7k2p"},
		},
		"Undrained": {
			spec: "{region: eu-central-1, cluster: {deletionProtection: true}, teardown: {drain: false}}",
			lift: func(w *world.World) { world.Unprotected(w.XR) },
			want: []string{"cluster is protected"},
		},
		"ClusterGone": {
			spec: "{region: eu-central-1, databases: [{name: orders, engine: postgres}]}",
			protect: func(w *world.World) {
				world.Set(lifecycle.ClusterGone, "metadata", "annotations", lifecycle.AnnotationCluster)(w.XR)
			},
			lift: func(w *world.World) { world.Unprotected(w.XR) },
			want: []string{"database.orders is protected"},
		},
		"All": {
			spec: "{region: eu-central-1, cluster: {deletionProtection: true}, databases: [{name: a, engine: postgres}, {name: b, engine: mysql}, {name: c, engine: mysql}, {name: d, engine: mysql}]}",
			lift: func(w *world.World) { world.Unprotected(w.XR) },
			want: []string{"cluster, database.a, database.b, database.c, database.d is protected: set"},
		},
		"Used": {
			spec:    "{region: eu-central-1, queues: [{name: orders}]}",
			protect: func(w *world.World) { w.Edit("queue.orders", world.Set("true", used...)) },
			lift:    func(w *world.World) { w.Edit("queue.orders", without(used)) },
			want:    []string{"queue.orders is protected by somebody's Usage"},
		},
		"Lent": {
			spec:    "{region: eu-west-1, name: blue, network: {natGateway: PerZone}}",
			protect: func(w *world.World) { w.Edit("subnet.private.euw1-az2", world.Set("shared", tag...)) },
			lift:    func(w *world.World) { w.Edit("subnet.private.euw1-az2", without(tag)) },
			want:    []string{"nat-gateway.euw1-az1, ", "vpc is protected: others live in the network, by the tags of its subnets: kubernetes.io/cluster/green; take those clusters down, or the tags off"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world.With(t, tc.spec)
			before := w.Settle()
			if tc.protect != nil {
				tc.protect(w)
			}
			w.DeleteClaim()
			cancel := `Or cancel: kubectl patch platform -n team-a dev --type merge -p '{"metadata":{"finalizers":null}}', and apply the claim again, with spec.resourceRef: {apiVersion: xplatform.dev/v1alpha1, kind: XPlatform, name: dev-x7k2p}`
			checkHalted(t, w, append(tc.want, "It begins once nothing is protected any more", cancel)...)

			again := w.Fork(t)
			unstructured.RemoveNestedField(again.Claim.Object, "metadata", "deletionTimestamp")
			rsp := again.Run()
			again.Follow(rsp)
			world.Cancel(again.XR)
			if c := world.ConditionOf(rsp, v1alpha1.ConditionTearingDown); c.GetReason() != "Unconfirmed" {
				t.Errorf("the claim made anew lives on, got %v", c)
			}
			if after := again.Settle(); tc.protect == nil && !proto.Equal(before.GetDesired(), after.GetDesired()) {
				t.Errorf("cancelled, everything should be as it was: -before, +after:\n%s", cmp.Diff(before.GetDesired().String(), after.GetDesired().String()))
			}

			tc.lift(w)
			w.TakeDown()
			if len(w.Observed) > 0 {
				t.Errorf("nothing should be left, got %v", world.SortedKeys(w.Observed))
			}
		})
	}
}

// TestProtectedLifted: the protection is lifted in AWS before anything goes.
func TestProtectedLifted(t *testing.T) {
	t.Parallel()
	const key = "database.orders"
	w := world.With(t, "{region: eu-central-1, name: dev, databases: [{name: orders, engine: postgres}]}")
	w.Settle()
	w.DeleteClaim()
	checkHalted(t, w)
	if c := world.ConditionOf(w.Run(), v1alpha1.ConditionDataReady); c.GetReason() != "Protected" || !strings.Contains(c.GetMessage(), key+" is protected: set") {
		t.Errorf("its layer should say so, too: got %v", c)
	}
	world.Unprotected(w.XR)
	rsp := w.Run()
	if got := world.At(rsp, key, "spec.forProvider.deletionProtection"); got != false {
		t.Fatalf("the protection should be lifted before anything else: got %v", got)
	}
	w.Follow(rsp)
	w.Edit(key, world.Set(true, "status", "atProvider", "deletionProtection"))
	checkHalted(t, w, key+" is protected until AWS has lifted its deletionProtection")
	w.Edit(key, world.Set(false, "status", "atProvider", "deletionProtection"))
	if s := world.StatusOf(t, w.Run()); s["phase"] != "TearingDown" {
		t.Errorf("it should begin, got %v", s["phase"])
	}
}

// TestProtectedMeanwhile: what is protected once others are gone stays with all it needs,
// and the rest goes. Before, be it that the cluster is drained, nothing does, and the
// drain ends.
func TestProtectedMeanwhile(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, name: dev}")
	w.Settle()
	w.DeleteClaim()
	w.Begin("drain")
	protect := func(w *world.World) {
		world.Set(true, "spec", "cluster", "deletionProtection")(w.XR)
		w.Pass(w.Run(), world.Unended())
	}

	drained := w.Fork(t)
	protect(drained)
	for range 8 {
		drained.Follow(drained.Run())
	}
	checkHalted(t, drained, "cluster is protected")

	w.Until("is a controller gone", func() bool { return w.Observed["cluster-autoscaler"] == nil })
	protect(w)
	w.TakeDown()
	left := slices.DeleteFunc(w.Made(), func(key string) bool { return strings.Contains(key, "subnet.") })
	if diff := cmp.Diff([]string{"cluster", "cluster.key", "cluster.logs", "cluster.role", "cluster.role.policy", "vpc"}, left); diff != "" {
		t.Errorf("the cluster should stay, with what it needs: -want, +got:\n%s", diff)
	}
	if m := world.ConditionOf(w.Run(), v1alpha1.ConditionTearingDown).GetMessage(); !strings.Contains(m, "cluster is protected") {
		t.Errorf("the teardown should say so: got %v", m)
	}
}

// TestProtectedComposite: somebody else's ClusterUsage protects the composite itself,
// and its claim is deleted by mistake. The composite can never go; so nothing may.
func TestProtectedComposite(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, name: dev}")
	w.Settle()
	usage := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "protection.crossplane.io/v1beta1", "kind": "ClusterUsage",
		"metadata": map[string]any{"name": "production"},
		"spec": map[string]any{
			"of":     map[string]any{"apiVersion": "xplatform.dev/v1alpha1", "kind": "XPlatform", "resourceRef": map[string]any{"name": "dev-x7k2p"}},
			"reason": "This is production",
		},
	}}
	other := &world.World{TB: t, Observed: map[string]*fnv1.Resource{}}
	other.Observe("usage", usage)
	w.Beside = []*world.World{other} // Crossplane would find it, whoever asks.
	w.DeleteClaim()
	checkHalted(t, w, "composite is protected by somebody's ClusterUsage production (This is production)", "kubectl delete clusterusage production")

	other.Edit("usage", world.Deleted)
	for range 60 {
		w.Follow(w.Run())
	}
	if len(w.Observed) > 0 {
		t.Errorf("once it is protected no more all should go, left is %v", w.Made())
	}
}

// TestProtectedAndDeleted: somebody has deleted the object of a protected cluster (or
// database) by hand. AWS refuses, so it is there, and hangs. The claim is deleted then:
// the rest can never end, so nothing may go.
func TestProtectedAndDeleted(t *testing.T) {
	t.Parallel()
	for key, spec := range map[string]string{
		"cluster":         "{region: eu-central-1, name: dev, cluster: {deletionProtection: true}}",
		"database.orders": "{region: eu-central-1, name: dev, databases: [{name: orders, engine: postgres}]}",
	} {
		t.Run(key, func(t *testing.T) {
			w := world.With(t, spec)
			w.Settle()
			w.Slow = []string{key}
			w.Edit(key, func(o *unstructured.Unstructured) {
				world.Deleted(o)
				world.Set(true, "spec", "forProvider", "deletionProtection")(o)
				world.Set(true, "status", "atProvider", "deletionProtection")(o)
				world.WithStatus(o, "LastAsyncOperation", "False", "AsyncDeleteFailure", "async delete failed: InvalidRequestException: deletion protection is enabled")
			})
			for range 3 {
				w.Follow(w.Run())
			}
			if w.Lingering[key] == nil {
				t.Fatal("it should hang")
			}
			made := w.Made()
			w.DeleteClaim()
			for range 40 {
				w.Follow(w.Run())
			}
			if w.Lingering[key] == nil {
				t.Fatal("it should hang")
			}
			if len(w.Made()) < len(made) {
				rsp := w.Run()
				t.Errorf("%d of %d left, and it stands for ever: TearingDown says %v", len(w.Made()), len(made), world.ConditionOf(rsp, v1alpha1.ConditionTearingDown))
			}
		})
	}
}

// TestLentAndDeleted: another cluster lives in a subnet, whose object somebody has
// deleted by hand. AWS refuses that. The claim is deleted then.
func TestLentAndDeleted(t *testing.T) {
	t.Parallel()
	const key = "subnet.private.euw1-az2"
	w := world.With(t, "{region: eu-west-1, name: blue, teardown: {drain: false}, network: {natGateway: PerZone}}")
	w.Settle()
	w.Slow = []string{key}
	w.Edit(key, func(o *unstructured.Unstructured) {
		world.Deleted(o)
		world.Set("shared", "status", "atProvider", "tags", "kubernetes.io/cluster/green")(o)
		world.WithStatus(o, "LastAsyncOperation", "False", "AsyncDeleteFailure", "async delete failed: DependencyViolation")
	})
	for range 3 {
		w.Follow(w.Run())
	}
	w.DeleteClaim()
	for range 40 {
		w.Follow(w.Run())
	}
	if w.Lingering[key] == nil {
		t.Fatal("it should hang")
	}
	if w.Observed["nat-gateway.euw1-az2"] == nil {
		t.Errorf("the other cluster has lost its way out, left is %v", w.Made())
	}
}

// TestProtectedForWhat: AWS refuses to lift a protection. The condition that waits for it
// has to say so.
func TestProtectedForWhat(t *testing.T) {
	t.Parallel()
	const key, why = "database.orders", "AccessDenied: not authorized to perform: rds:ModifyDBInstance"
	w := world.With(t, "{region: eu-central-1, name: dev, databases: [{name: orders, engine: postgres}]}")
	w.Settle()
	w.DeleteClaim()
	world.Unprotected(w.XR)
	w.Follow(w.Run())
	w.Edit(key, func(o *unstructured.Unstructured) {
		world.Set(true, "status", "atProvider", "deletionProtection")(o)
		world.WithStatus(o, "Synced", "False", "ReconcileError", why)
	})
	for range 4 {
		w.Remember(w.Run())
	}
	rsp := w.Run()
	if m := world.Explain(rsp); !strings.Contains(m, why) {
		t.Errorf("nothing says why it waits:\n%s\nttl %s", m, rsp.GetMeta().GetTtl().AsDuration())
	}
}

// TestProtectedWithoutClaim: of a composite that has no claim the attempt itself is taken
// back; there is nothing to apply again.
func TestProtectedWithoutClaim(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, name: dev, cluster: {deletionProtection: true}}")
	w.XR.SetKind("Platform")
	w.XR.SetNamespace("team-a")
	unstructured.RemoveNestedField(w.XR.Object, "spec", "claimRef")
	unstructured.RemoveNestedField(w.XR.Object, "spec", "writeConnectionSecretToRef")
	w.Claim = nil
	clear(w.Observed)
	delete(w.XR.Object, "status")
	w.Settle()
	world.Attempted(w.XR)
	checkHalted(t, w, "cluster is protected", "Or cancel: kubectl annotate platform -n team-a "+w.XR.GetName()+" "+lifecycle.AnnotationAttempt+"-")
}
