package world

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

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
