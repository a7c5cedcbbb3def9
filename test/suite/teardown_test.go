package suite

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/controlplane"
	"github.com/xplatform-dev/function-xplatform/test/progress"
	"github.com/xplatform-dev/function-xplatform/test/timeline"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestTeardown: a deleted platform goes in the reverse order of its graph, and
// nothing of it is left, however it was deleted.
func TestTeardown(t *testing.T) {
	for name, propagation := range map[string]metav1.DeletionPropagation{
		"background": metav1.DeletePropagationBackground,
		"foreground": metav1.DeletePropagationForeground,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := deadline(t)
			p := apply(ctx, t, shared(t), "platform-production")
			p.edit(ctx, unprotect)
			p.ready(ctx)
			p.delete(ctx, propagation)
			// Whoever deletes by a controller deletes again and again.
			p.delete(ctx, propagation)
			p.gone(ctx)
			p.reportTeardown()
		})
	}
}

// TestTeardownDuringBuild: a platform may be deleted at any stage of its build.
func TestTeardownDuringBuild(t *testing.T) {
	for _, when := range []int{0, 10, 28, 39, 45, 51} {
		t.Run(strconv.Itoa(when), func(t *testing.T) {
			t.Parallel()
			ctx := deadline(t)
			p := apply(ctx, t, shared(t), "platform-smallest")
			p.atLeast(ctx, when)
			p.delete(ctx, metav1.DeletePropagationBackground)
			p.gone(ctx)
		})
	}
}

// TestTeardownStuck: what AWS won't delete stops what it depends on, and nothing
// else; the claim says so, and it goes on once AWS does.
func TestTeardownStuck(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	b := shared(t)
	p := apply(ctx, t, b, "platform-smallest")
	p.ready(ctx)
	p.compositeName(ctx)
	const stuck = "node-group.default"
	stop := p.refuse(ctx, b.kind(t, "NodeGroup"), stuck, "ResourceInUseException: it is in use")
	p.delete(ctx, metav1.DeletePropagationBackground)
	p.untilComposite(ctx, "told what is stuck and why", func(xr *unstructured.Unstructured) bool {
		return strings.Contains(controlplane.Condition(xr, "TearingDown").Message, stuck) && strings.Contains(leaving(xr, stuck), "ResourceInUseException")
	})
	time.Sleep(2 * time.Second)
	for _, k := range []string{"cluster", "vpc", "nodes.role.cni"} {
		if o := p.object(ctx, k); o.GetDeletionTimestamp() != nil {
			t.Errorf("%s was asked to go before %s was gone", k, stuck)
		}
	}
	stop()
	p.gone(ctx)
}

// TestTeardownWithoutFunction: while the function is away nothing goes; once it
// is back everything does.
func TestTeardownWithoutFunction(t *testing.T) {
	ctx := deadline(t)
	b := bedOf(t, "restarts", controlplane.Options{})
	p := apply(ctx, t, b, "platform-smallest")
	p.ready(ctx)
	before := p.objects(ctx)
	b.cp.Function.Kill()
	p.delete(ctx, metav1.DeletePropagationForeground)
	time.Sleep(5 * time.Second)
	assertUntouched(t, before, p.objects(ctx))
	p.assertNothingLeft(ctx)
	if err := b.cp.Function.Start(ctx); err != nil {
		t.Fatal(err)
	}
	p.gone(ctx)
}

// TestUnconfirmed: deleting the composite of a claim that lives on is a mistake.
// It destroys nothing, says so, and is forgotten when it is cancelled.
func TestUnconfirmed(t *testing.T) {
	t.Parallel()
	ctx, p := built(t, shared(t), "platform-smallest")
	before := p.objects(ctx)
	xr := p.composite(ctx)
	if err := p.bed.cp.Client.Delete(ctx, xr); err == nil || !strings.Contains(err.Error(), "once its claim is deleted") {
		t.Errorf("want the composite's deletion to be refused, with the way to do it, got %v", err)
	}
	p.until(ctx, "told", func(claim *unstructured.Unstructured, _ *progress.Progress) bool {
		return controlplane.Condition(claim, "TearingDown").Reason == "Unconfirmed"
	})
	p.settle(ctx)
	assertUntouched(t, before, p.objects(ctx))

	p.patch(ctx, xr, `{"annotations":{"usage.crossplane.io/deletion-attempt-with-policy":null}}`)
	p.until(ctx, "cancelled", func(claim *unstructured.Unstructured, pr *progress.Progress) bool {
		c := controlplane.Condition(claim, "TearingDown")
		return pr.Ready && c.Status == "False" && c.Reason != "Unconfirmed"
	})
	assertUntouched(t, before, p.objects(ctx))
	p.assertNothingLeft(ctx)

	// And a real deletion still works.
	p.delete(ctx, metav1.DeletePropagationBackground)
	p.gone(ctx)
}

// TestTeardownProtected: what is protected stops a teardown before it begins, until its
// protection is lifted in the composite.
func TestTeardownProtected(t *testing.T) {
	t.Parallel()
	ctx, p := built(t, shared(t), "platform-production")
	before := p.objects(ctx)
	p.delete(ctx, metav1.DeletePropagationBackground)
	p.untilComposite(ctx, "told by the condition and each layer", func(xr *unstructured.Unstructured) bool {
		for ctype, want := range map[string]string{"TearingDown": "Protected", "ClusterReady": "Protected", "DataReady": "Protected", "NetworkReady": "Waiting", "NodesReady": "Waiting"} {
			if controlplane.Condition(xr, ctype).Reason != want {
				return false
			}
		}
		phase, _, _ := unstructured.NestedString(xr.Object, "status", "phase")
		return phase == "Protected" && strings.Contains(controlplane.Condition(xr, "TearingDown").Message, "cluster, database.catalog, database.orders is protected")
	})
	// The function is asked once more.
	p.nudge(ctx, p.composite(ctx))
	time.Sleep(2 * time.Second)
	now := p.objects(ctx)
	// What the guard says is another thing now.
	delete(before, lifecycle.KeyGuard)
	delete(now, lifecycle.KeyGuard)
	assertUntouched(t, before, now)

	p.editComposite(ctx, unprotect)
	p.gone(ctx)
}

// TestTeardownCancelled: a teardown that was confirmed by mistake can be cancelled
// half-way. What has gone is made anew, and what has not stays.
func TestTeardownCancelled(t *testing.T) {
	t.Parallel()
	ctx, p := built(t, shared(t), "platform-smallest")
	before := p.objects(ctx)
	xr := p.composite(ctx)
	p.patch(ctx, xr, `{"annotations":{"xplatform.dev/teardown":"confirmed"}}`)
	if err := p.bed.cp.Client.Delete(ctx, xr); err == nil {
		t.Fatal("the composite's deletion should be refused")
	}
	p.untilComposite(ctx, "half gone", func(xr *unstructured.Unstructured) bool {
		return strings.Contains(leaving(xr, "node-group.default"), "deleting:true")
	})
	p.patch(ctx, xr, `{"annotations":{"xplatform.dev/teardown":null,"usage.crossplane.io/deletion-attempt-with-policy":null}}`)
	p.ready(ctx)
	p.until(ctx, "told", func(claim *unstructured.Unstructured, _ *progress.Progress) bool {
		return controlplane.Condition(claim, "TearingDown").Reason == "Cancelled" && controlplane.Condition(claim, "Draining").Reason == "Cancelled"
	})
	after := p.objects(ctx)
	if missing := only(before, after); len(missing)+len(only(after, before)) > 0 {
		t.Errorf("want all that was there before, and nothing else: %v are missing, %v are new", missing, only(after, before))
	}
	for _, k := range []string{"vpc", "cluster", "nodes.role"} {
		if after[k] != before[k] {
			t.Errorf("%s should have stayed", k)
		}
	}
	p.delete(ctx, metav1.DeletePropagationBackground)
	p.gone(ctx)
}

// leaving is what a composite's status.leaving says about a resource.
func leaving(xr *unstructured.Unstructured, resource string) string {
	list, _, _ := unstructured.NestedSlice(xr.Object, "status", "leaving")
	for _, l := range list {
		if m, _ := l.(map[string]any); m["resource"] == resource {
			return fmt.Sprint(m)
		}
	}
	return ""
}

// unprotect the cluster and the databases, of those there are.
func unprotect(spec map[string]any) {
	if cluster, ok := spec["cluster"].(map[string]any); ok {
		cluster["deletionProtection"] = false
	}
	databases, _ := spec["databases"].([]any)
	for _, d := range databases {
		d.(map[string]any)["deletionProtection"] = false
	}
}

// delete the claim.
func (p *platform) delete(ctx context.Context, propagation metav1.DeletionPropagation) {
	p.t.Helper()
	p.compositeName(ctx) // It can't be asked for afterwards.
	p.begin = time.Now()
	err := p.bed.cp.Client.Delete(ctx, p.claim.DeepCopy(), client.PropagationPolicy(propagation))
	if client.IgnoreNotFound(err) != nil {
		p.t.Fatal(err)
	}
}

// gone waits until nothing is left of the platform, and fails if anything was
// asked to go before all that depended on it was gone.
func (p *platform) gone(ctx context.Context) {
	p.t.Helper()
	var last *unstructured.Unstructured
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		o, err := p.get(ctx)
		if err == nil {
			last = o
		}
		return kerrors.IsNotFound(err), nil
	})
	if err != nil {
		p.t.Fatalf("%s: not gone: %v: %s", p.claim.GetNamespace(), err, describe(last))
	}
	p.end = time.Now()
	p.assertGone(ctx)
	p.assertReverse(ctx)
}

// assertGone fails if the API server holds anything of the platform. Crossplane
// deletes the guard itself a moment after what it guards.
func (p *platform) assertGone(ctx context.Context) {
	p.t.Helper()
	var left []string
	err := wait.PollUntilContextTimeout(ctx, 500*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		left = nil
		for _, gvk := range append(append(slices.Clone(p.bed.cp.Kinds), kindComposite), kindsConfigUsage...) {
			list := &unstructured.UnstructuredList{}
			list.SetGroupVersionKind(gvk.GroupVersion().WithKind(gvk.Kind + "List"))
			if err := p.bed.cp.Client.List(ctx, list); err != nil {
				return false, err
			}
			for _, o := range list.Items {
				// A usage of a provider's configuration is named by a UID.
				user, _, _ := unstructured.NestedString(o.Object, "resourceRef", "name")
				if o.GetLabels()[plan.LabelPlatform] == p.name || strings.HasPrefix(o.GetName(), p.name) || strings.HasPrefix(user, p.name) {
					left = append(left, o.GetKind()+" "+o.GetName())
				}
			}
		}
		return len(left) == 0, nil
	})
	if err != nil {
		p.t.Errorf("%s: left after the teardown: %v (%v)", p.name, left, err)
	}
}

//nolint:gochecknoglobals // A constant list.
var kindsConfigUsage = []schema.GroupVersionKind{
	{Group: "helm.m.crossplane.io", Version: "v1beta1", Kind: "ProviderConfigUsage"},
	{Group: "kubernetes.m.crossplane.io", Version: "v1alpha1", Kind: "ProviderConfigUsage"},
}

// deployers are the keys of what lets others on the control plane deploy into the cluster.
//
//nolint:gochecknoglobals // A constant list.
var deployers = []string{"argocd", "flux.kubeconfig"}

// assertReverse fails if an object was asked to go before everything that needed
// it was gone, or before the cluster was drained, or if that was while others could still
// deploy into it. What still is there may stay.
func (p *platform) assertReverse(ctx context.Context) {
	p.t.Helper()
	objects := p.bed.recorder.Objects(p.compositeName(ctx))
	for _, o := range objects {
		for _, need := range o.Needs {
			if !slices.ContainsFunc(objects, func(n timeline.Object) bool { return n.Key == need }) {
				p.t.Errorf("%s needs %s, which never existed", o.Key, need)
			}
		}
	}
	// began is when anything came that drains the cluster.
	var began uint64
	for _, o := range objects {
		if world.IsDrain(o.Key) {
			began = cmp.Or(min(began, o.Revisions.Created), o.Revisions.Created)
		}
	}
	for _, n := range objects {
		asked := n.Revisions.Deleting
		// The last Pod that was to drain it by then: it may have been made anew.
		var pod timeline.Revisions
		for _, o := range objects {
			if r := o.Revisions; o.Key == "drain" && r.Created <= asked && r.Created > pod.Created {
				pod = r
			}
		}
		switch {
		case asked == 0 || began == 0 || world.IsDrain(n.Key):
		case slices.Contains(deployers, n.Key):
			if n.Revisions.Gone == 0 || n.Revisions.Gone >= began {
				p.t.Errorf("%s was gone at revision %d, after what drains the cluster came at %d", n.Key, n.Revisions.Gone, began)
			}
		case pod.Created > 0 && (pod.Ready == 0 || pod.Ready >= asked):
			p.t.Errorf("%s was asked to go at revision %d, before the cluster was drained at %d", n.Key, asked, pod.Ready)
		}
		for _, o := range objects {
			if asked > 0 && o.Revisions.Created <= asked && slices.Contains(o.Needs, n.Key) && (o.Revisions.Gone == 0 || o.Revisions.Gone >= asked) {
				p.t.Errorf("%s was asked to go at revision %d, before %s, which needs it, was gone at %d", n.Key, asked, o.Key, o.Revisions.Gone)
			}
		}
	}
}

// reportTeardown tells how long the platform took to go, and how long it would
// have taken if nothing but AWS took time.
func (p *platform) reportTeardown() {
	objects := p.bed.recorder.Objects(p.name)
	ideal := timeline.IdealTeardown(objects, func(gk schema.GroupKind) time.Duration {
		return time.Duration(float64(p.bed.cp.World.Answer(gk).Delete.Duration) / speed)
	})
	// What drains is made first.
	ideal += timeline.Ideal(slices.DeleteFunc(slices.Clone(objects), func(o timeline.Object) bool { return !world.IsDrain(o.Key) }), func(gk schema.GroupKind) time.Duration {
		return time.Duration(float64(p.bed.cp.World.Answer(gk).Create.Duration) / speed)
	})
	took := p.end.Sub(p.begin)
	p.t.Logf("%s: %d resources gone after %s, AWS alone would take %s: ratio %.2f",
		p.claim.GetNamespace(), len(objects), took.Round(time.Millisecond), ideal.Round(time.Millisecond), float64(took)/float64(ideal))
}
