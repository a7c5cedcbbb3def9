package suite

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/controlplane"
)

// TestRestore: a platform is restored into another control plane as docs/backup.md
// says, from a backup as Velero makes it, and is ready there: nothing is made anew, and
// nothing is asked of AWS that was not. It can be taken down from there, too.
func TestRestore(t *testing.T) {
	t.Parallel()
	ctx, from := built(t, shared(t), "platform-smallest")
	before := from.byKey(ctx)
	backup := from.backup(ctx)

	b := own(t, "restored", controlplane.Options{})
	if err := b.cp.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: from.claim.GetNamespace()}}); err != nil {
		t.Fatal(err)
	}
	claims, composites := from.claim.GroupVersionKind().GroupKind(), kindComposite.GroupKind()
	restoreInto(ctx, t, b, backup, func(o *unstructured.Unstructured) bool { return o.GetLabels()[plan.LabelPlatform] != "" })
	restoreInto(ctx, t, b, backup, func(o *unstructured.Unstructured) bool { return o.GroupVersionKind().GroupKind() == composites })
	restoreInto(ctx, t, b, backup, func(o *unstructured.Unstructured) bool { return o.GroupVersionKind().GroupKind() == claims })

	p := &platform{t: t, bed: b, claim: from.claim.DeepCopy()}
	p.ready(ctx)
	p.settle(ctx)
	if p.compositeName(ctx) != from.compositeName(ctx) {
		t.Errorf("want composite %s, got %s", from.compositeName(ctx), p.compositeName(ctx))
	}
	after := p.byKey(ctx)
	for key, was := range before {
		is := after[key]
		switch {
		case is == nil || is.GetName() != was.GetName():
			t.Errorf("%s: want %s again, got %v", key, was.GetName(), is)
		case meta.GetExternalName(is) != meta.GetExternalName(was):
			t.Errorf("%s: AWS knows it as %s, and it is asked for as %s", key, meta.GetExternalName(was), meta.GetExternalName(is))
		case is.GetGeneration() != 1:
			t.Errorf("%s: its spec was changed to %v, from %v", key, is.Object["spec"], was.Object["spec"])
		case metav1.GetControllerOf(is) == nil:
			t.Errorf("%s: want it to be the composite's", key)
		}
	}
	if len(after) != len(before) {
		t.Errorf("want %d objects, got %d", len(before), len(after))
	}
	p.assertNothingLeft(ctx)
	p.delete(ctx, metav1.DeletePropagationBackground)
	p.gone(ctx)
}

// backup all of the platform, its guard among it.
func (p *platform) backup(ctx context.Context) []unstructured.Unstructured {
	p.t.Helper()
	all := p.list(ctx)
	for _, o := range []*unstructured.Unstructured{p.composite(ctx), p.claim.DeepCopy()} {
		if err := p.bed.cp.Client.Get(ctx, client.ObjectKeyFromObject(o), o); err != nil {
			p.t.Fatal(err)
		}
		all = append(all, *o)
	}
	return all
}

// restoreInto a control plane those objects of a backup that are chosen, as Velero does:
// in the order of their resources' names, without a status and whatever of their
// metadata another API server could not take, but with the managers of their fields.
// What exists is left as it is.
// (getOrderedResourceCollection, resetMetadataAndStatus and restoreItem in Velero's
// pkg/restore/restore.go, at d30d389b5.)
func restoreInto(ctx context.Context, tb testing.TB, b *bed, backup []unstructured.Unstructured, chosen func(o *unstructured.Unstructured) bool) {
	tb.Helper()
	resource := func(o unstructured.Unstructured) string {
		gvk := o.GroupVersionKind()
		m, err := b.cp.Client.RESTMapper().RESTMapping(gvk.GroupKind(), gvk.Version)
		if err != nil {
			tb.Fatal(err)
		}
		return m.Resource.GroupResource().String()
	}
	backup = slices.SortedStableFunc(slices.Values(backup), func(a, b unstructured.Unstructured) int {
		return cmp.Or(strings.Compare(resource(a), resource(b)), strings.Compare(a.GetName(), b.GetName()))
	})
	for _, o := range backup {
		if !chosen(&o) {
			continue
		}
		o := o.DeepCopy()
		managers := o.GetManagedFields()
		for _, field := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences", "managedFields"} {
			unstructured.RemoveNestedField(o.Object, "metadata", field)
		}
		unstructured.RemoveNestedField(o.Object, "status")
		meta.AddLabels(o, map[string]string{"velero.io/backup-name": "platforms", "velero.io/restore-name": "platforms"})
		if err := b.cp.Client.Create(ctx, o); err != nil {
			tb.Fatal(err)
		}
		patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"managedFields": managers}})
		if err != nil {
			tb.Fatal(err)
		}
		if err := b.cp.Client.Patch(ctx, o, client.RawPatch(types.MergePatchType, patch)); err != nil {
			tb.Fatal(err)
		}
	}
}
