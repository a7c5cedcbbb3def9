// Package eks plays EKS's managed node groups for tests: it makes their nodes, which
// KWOK runs, replaces them when a group is updated, and drains what goes. Pods leave
// through the Eviction API, so that the API server itself keeps their
// PodDisruptionBudgets.
//
// https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
// https://docs.aws.amazon.com/eks/latest/userguide/delete-managed-node-group.html
package eks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	eksv1 "github.com/upbound/provider-aws/v2/apis/namespaced/eks/v1beta1"

	"github.com/xplatform-dev/function-xplatform/test/aws"
)

// pause between two looks at all groups. A pod that may not be evicted yet is asked to
// go again at the next.
const pause = 100 * time.Millisecond

// A DataPlane is what EKS does about the node groups of all clusters, which are one:
// the control plane they are objects of. Nobody else plays them.
type DataPlane struct {
	Client client.Client
	World  *aws.World
	// Creation is how long it takes until a new group has nodes.
	Creation time.Duration
	// Update is how long the pods of a node may take to leave it before an update of
	// its group fails (at AWS 15 minutes), and Removal before it goes with them, as its
	// group gets smaller (15 minutes) or is deleted (5).
	Update, Removal time.Duration

	known map[types.UID]*memory
}

// A memory of a group is what its object doesn't say.
type memory struct {
	since time.Time
	// launched is how many nodes it has ever had.
	launched int
	// draining is since when nodes are, by name.
	draining map[string]time.Time
	// busy: something is done that the object doesn't tell the end of.
	busy bool
}

// A group as it is now.
type group struct {
	*memory

	object *unstructured.Unstructured
	asked  eksv1.NodeGroupParameters
	nodes  []corev1.Node
}

// Run until the context ends. What fails is tried again, and said on standard error.
func (d *DataPlane) Run(ctx context.Context) {
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		if err := d.look(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintf(os.Stderr, "EKS: %v\n", err)
		}
	}, pause)
}

// look at all groups, and do what is next for each.
func (d *DataPlane) look(ctx context.Context) error {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(eksv1.CRDGroupVersion.WithKind(eksv1.NodeGroup_Kind + "List"))
	if err := d.Client.List(ctx, list); err != nil {
		return fmt.Errorf("cannot list the node groups: %w", err)
	}
	known := map[types.UID]*memory{}
	var errs []error
	for i := range list.Items {
		o := &list.Items[i]
		m := d.known[o.GetUID()]
		if m == nil {
			m = &memory{since: time.Now(), draining: map[string]time.Time{}}
		}
		known[o.GetUID()] = m
		// Who has changed it meanwhile is heard the next time.
		if err := d.attend(ctx, &group{memory: m, object: o}); err != nil && !kerrors.IsConflict(err) {
			errs = append(errs, fmt.Errorf("node group %s: %w", o.GetName(), err))
		}
	}
	d.known = known
	return errors.Join(errs...)
}

// attend to a group: a step of what is to be done about it.
func (d *DataPlane) attend(ctx context.Context, g *group) error {
	if g.object.GetDeletionTimestamp() == nil && controllerutil.AddFinalizer(g.object, managed.FinalizerName) {
		return d.Client.Update(ctx, g.object)
	}
	typed := &eksv1.NodeGroup{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(g.object.Object, typed); err != nil {
		return fmt.Errorf("cannot read it: %w", err)
	}
	g.asked = typed.Spec.ForProvider
	if err := d.findNodes(ctx, g); err != nil {
		return err
	}
	if g.object.GetDeletionTimestamp() != nil {
		return d.remove(ctx, g)
	}
	done, err := d.World.Ready(g.object)
	if err != nil {
		return err
	}
	size, _, err := unstructured.NestedFloat64(done.Object, "status", "atProvider", "scalingConfig", "desiredSize")
	if err != nil {
		return fmt.Errorf("cannot tell its size: %w", err)
	}
	settled, err := d.settle(ctx, g, int(size))
	if err != nil || !settled {
		return err
	}
	return d.report(ctx, g, done)
}

// settle tells whether a group has as many nodes as it should, all as they are asked
// for and ready. If not it does something about it, and says that it does.
func (d *DataPlane) settle(ctx context.Context, g *group, size int) (bool, error) {
	_, exists, err := unstructured.NestedMap(g.object.Object, "status", "atProvider")
	if err != nil {
		return false, fmt.Errorf("cannot read what is known of it: %w", err)
	}
	if !exists {
		g.busy = true
		if err := d.say(ctx, g, condition{"Ready", "False", "Creating", ""}, synced); err != nil {
			return false, err
		}
		if time.Since(g.since) < d.Creation {
			return false, nil
		}
	}
	old := g.outdated()
	surplus := len(g.nodes) - size
	if len(old) == 0 && surplus == 0 && g.ready() {
		return true, nil
	}
	g.busy = true
	if exists {
		// What is reported stays as it was until all is done; the provider waits for it
		// in the background (upjet, pkg/controller/external_async_tfpluginsdk.go).
		if err := d.say(ctx, g, synced); err != nil {
			return false, err
		}
	}
	switch {
	case len(old) > 0:
		return false, d.roll(ctx, g, size, old)
	case surplus > 0:
		return false, d.drain(ctx, g, &g.nodes[0])
	default:
		return false, d.launch(ctx, g, -surplus)
	}
}

// remove a group: all its nodes are drained, and then it is gone.
func (d *DataPlane) remove(ctx context.Context, g *group) error {
	if err := d.say(ctx, g, condition{"Ready", "False", "Deleting", ""}, synced); err != nil {
		return err
	}
	for i := range g.nodes {
		if err := d.drain(ctx, g, &g.nodes[i]); err != nil {
			return err
		}
	}
	if len(g.nodes) > 0 {
		return nil
	}
	controllerutil.RemoveFinalizer(g.object, managed.FinalizerName)
	return client.IgnoreNotFound(d.Client.Update(ctx, g.object))
}

// roll is the next of the steps that replace the nodes that are not as asked for: as
// many more are made as EKS does, and once those are ready the old ones go, a few at a
// time.
func (d *DataPlane) roll(ctx context.Context, g *group, size int, old []*corev1.Node) error {
	atOnce := g.unavailable(size)
	surge := max(2*len(g.asked.SubnetIDRefs), atOnce)
	if missing := size + surge - len(g.nodes); missing > 0 {
		return d.launch(ctx, g, missing)
	}
	if !g.ready() {
		return nil
	}
	for _, n := range old {
		if err := d.cordon(ctx, n); err != nil {
			return err
		}
	}
	for _, n := range old[:min(atOnce, len(old))] {
		stuck, err := d.evict(ctx, g, n, d.Update)
		switch {
		case err != nil:
			return err
		case !stuck:
		case ptr.Deref(g.asked.ForceUpdateVersion, false):
			if err := d.terminate(ctx, g, n); err != nil {
				return err
			}
		default:
			// The provider tries again, which gives each node as long again.
			clear(g.draining)
			return d.fail(ctx, g, n)
		}
	}
	return nil
}

// unavailable is how many of a group's nodes may be so at a time.
func (g *group) unavailable(size int) int {
	c := ptr.Deref(g.asked.UpdateConfig, eksv1.UpdateConfigParameters{})
	percentage := ptr.Deref(c.MaxUnavailablePercentage, 0) / 100
	return max(1, int(ptr.Deref(c.MaxUnavailable, percentage*float64(size))))
}

// A condition of an object.
type condition struct{ ctype, status, reason, message string }

//nolint:gochecknoglobals // A constant.
var synced = condition{"Synced", "True", "ReconcileSuccess", ""}

// say something of a group, and that it is about what is asked for now.
func (d *DataPlane) say(ctx context.Context, g *group, cs ...condition) error {
	before := g.object.DeepCopy()
	if err := unstructured.SetNestedField(g.object.Object, g.object.GetGeneration(), "status", "observedGeneration"); err != nil {
		return fmt.Errorf("cannot write its status: %w", err)
	}
	for _, c := range cs {
		aws.SetCondition(g.object, c.ctype, c.status, c.reason, c.message)
	}
	if equality.Semantic.DeepEqual(before, g.object) {
		return nil
	}
	return d.Client.Status().Update(ctx, g.object)
}

// report that a group is as it is asked to be.
func (d *DataPlane) report(ctx context.Context, g *group, done *unstructured.Unstructured) error {
	observed, _, err := unstructured.NestedInt64(g.object.Object, "status", "observedGeneration")
	if err != nil || !g.busy && observed == g.object.GetGeneration() {
		return err
	}
	if err := unstructured.SetNestedField(done.Object, g.object.GetGeneration(), "status", "observedGeneration"); err != nil {
		return fmt.Errorf("cannot write its status: %w", err)
	}
	g.object.Object["status"] = done.Object["status"]
	if err := d.Client.Status().Update(ctx, g.object); err != nil {
		return err
	}
	g.busy = false
	return nil
}

// fail an update, in the words of EKS (the code is PodEvictionFailure), Terraform
// (hashicorp/terraform-provider-aws, internal/service/eks/node_group.go) and upjet
// (pkg/controller/api.go: callbackFn).
func (d *DataPlane) fail(ctx context.Context, g *group, n *corev1.Node) error {
	name := meta.GetExternalName(g.object)
	message := fmt.Sprintf("async update failed: failed to update the resource: [{0 waiting for EKS Node Group (%s:%s) version update (%s): unexpected state 'Failed', wanted target 'Successful'. last error: %s: PodEvictionFailure: Reached max retries while trying to evict pods from nodes in node group %s  []}]",
		g.asked.ClusterNameRef.Name, name, uuid.NewUUID(), n.Name, name)
	return d.say(ctx, g, condition{"LastAsyncOperation", "False", "AsyncUpdateFailure", message}, condition{"Synced", "False", "ReconcileError", message})
}
