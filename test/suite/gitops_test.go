package suite

import (
	"context"
	"flag"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/test/progress"
)

// teardownsFlag is read when the tests run.
//
//nolint:gochecknoglobals // A flag.
var teardownsFlag = flag.Int("teardowns", 2, "how many teardowns a GitOps controller meddles with")

// TestGitOps: a controller that keeps claims as they are in git changes nothing about how
// platforms go: it applies a claim again while that goes, deletes it in the foreground,
// again and again, and prunes its namespace. What is applied once it is gone is made anew,
// beside nothing that was left.
func TestGitOps(t *testing.T) {
	for i := range (*teardownsFlag + 1) / 2 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			ctx := within(t, 4*patience)
			p := apply(ctx, t, shared(t), "platform-smallest")
			p.ready(ctx)
			p.inStep(ctx)

			deploying := p.bed.deploys(ctx, t, p.claim)
			first, err := p.get(ctx)
			if err != nil {
				t.Fatal(err)
			}
			p.delete(ctx, metav1.DeletePropagationForeground)
			p.until(ctx, "made anew", func(claim *unstructured.Unstructured, _ *progress.Progress) bool {
				return claim.GetUID() != first.GetUID()
			})
			deploying.suspend()
			p.assertGone(ctx)
			p.assertReverse(ctx)

			p.name = ""
			p.ready(ctx)
			p.compositeName(ctx)
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.claim.GetNamespace()}}
			if err := p.bed.cp.Client.Delete(ctx, namespace); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				p.delete(ctx, metav1.DeletePropagationForeground)
			}
			p.gone(ctx)
			err = wait.PollUntilContextTimeout(ctx, 500*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
				err := p.bed.cp.Client.Get(ctx, client.ObjectKeyFromObject(namespace), namespace)
				return kerrors.IsNotFound(err), client.IgnoreNotFound(err)
			})
			if err != nil {
				t.Errorf("the namespace should go with its claim: %v: %+v", err, namespace.Status)
			}
		})
	}
}

// inStep fails if the claim as it is in git differs from what there is as Argo CD tells it
// by ServerSideDiff: by what the API server would make of it, which changes nothing.
// https://argo-cd.readthedocs.io/en/stable/user-guide/diff-strategies/
func (p *platform) inStep(ctx context.Context) {
	p.t.Helper()
	live, err := p.get(ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	predicted := p.claim.DeepCopy()
	if err := p.bed.cp.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(predicted), client.FieldOwner("argocd-controller"), client.ForceOwnership, client.DryRunAll); err != nil {
		p.t.Fatal(err)
	}
	if predicted.GetUID() != live.GetUID() {
		p.t.Fatalf("the API server does not say what it would make: %v", predicted)
	}
	for _, o := range []*unstructured.Unstructured{live, predicted} {
		// A status is nobody's who applies.
		o.SetManagedFields(nil)
		o.SetResourceVersion("")
		unstructured.RemoveNestedField(o.Object, "status")
	}
	if diff := cmp.Diff(live.Object, predicted.Object); diff != "" {
		p.t.Errorf("a claim that nobody has edited differs: -is, +would be:\n%s", diff)
	}
}

// A deployer is a GitOps controller with something to keep in a cluster.
type deployer struct {
	tb testing.TB
	// made is how often it has seen another object.
	made atomic.Int64
	// suspend it.
	suspend func()
}

// deploys an object again and again, as soon as it is not there or not as it should be,
// until that is suspended.
func (b *bed) deploys(ctx context.Context, tb testing.TB, o *unstructured.Unstructured) *deployer {
	tb.Helper()
	ctx, cancel := context.WithCancel(ctx)
	d, ended := &deployer{tb: tb}, make(chan struct{})
	d.suspend = func() { cancel(); <-ended }
	tb.Cleanup(d.suspend)
	go func() {
		defer close(ended)
		last := o.GetUID()
		wait.UntilWithContext(ctx, func(ctx context.Context) {
			now := o.DeepCopy()
			if b.cp.Apply(ctx, o) != nil || b.cp.Client.Get(ctx, client.ObjectKeyFromObject(o), now) != nil {
				return // It tries again.
			}
			if now.GetUID() != last {
				last = now.GetUID()
				d.made.Add(1)
			}
		}, 300*time.Millisecond)
	}()
	return d
}

// until it has made the object so many times.
func (d *deployer) until(ctx context.Context, times int64) {
	d.tb.Helper()
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		return d.made.Load() >= times, nil
	})
	if err != nil {
		d.tb.Fatalf("deployed %d times, want %d: %v", d.made.Load(), times, err)
	}
}
