package world

import (
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/xplatform-dev/function-xplatform/test/aws"
)

// Restore all that exists, as Velero does: without owners, and the composite with another
// UID and no status.
func (w *World) Restore() {
	w.TB.Helper()
	w.XR.SetUID("00000000-0000-4000-9000-000000000000")
	unstructured.RemoveNestedField(w.XR.Object, "status")
	for key := range w.Observed {
		w.Edit(key, func(o *unstructured.Unstructured) {
			o.SetOwnerReferences(nil)
			o.SetDeletionTimestamp(nil)
			Set(key, "metadata", "annotations", aws.AnnotationKey)(o)
		})
	}
}

// MakeAnew the composite, by hand: of what it had Crossplane knows nothing, and all of that
// is nobody's.
func (w *World) MakeAnew() {
	w.TB.Helper()
	w.Restore()
	maps.Copy(w.Lingering, w.Observed)
	clear(w.Observed)
}

// Refer to all that exists, and to others, as Crossplane writes it into a composite.
func (w *World) Refer(others ...any) {
	w.TB.Helper()
	refs := others
	for _, key := range SortedKeys(w.Observed) {
		o := ObservedOf(w, key)
		ref := map[string]any{"apiVersion": o.APIVersion(), "kind": o.Kind(), "name": o.Name()}
		if w.XR.GetNamespace() == "" && o.Namespace() != "" {
			ref["namespace"] = o.Namespace()
		}
		refs = append(refs, ref)
	}
	path := []string{"spec", "resourceRefs"}
	if w.XR.GetNamespace() != "" {
		path = []string{"spec", "crossplane", "resourceRefs"}
	}
	Set(refs, path...)(w.XR)
}

// Restore all objects into another control plane, as Velero does from a backup it has
// just made: neither owners nor a status, and other UIDs, but the managers of all
// fields (resetMetadataAndStatus and restoreItem in its pkg/restore/restore.go). AWS
// goes on as it was.
func (l *Living) Restore() {
	l.TB.Helper()
	l.XR.SetUID("00000000-0000-4000-9000-000000000000")
	unstructured.RemoveNestedField(l.XR.Object, "status")
	for _, key := range SortedKeys(l.objects) {
		o := l.objects[key]
		u := o.Live()
		u.SetOwnerReferences(nil)
		u.SetDeletionTimestamp(nil)
		unstructured.RemoveNestedField(u.Object, "status")
		o.Update(l.TB, u, "velero")
		o.uid = l.newUID()
		o.generation, o.looked, o.seen, o.asked = 1, 0, false, nil
		l.store(o)
	}
}
