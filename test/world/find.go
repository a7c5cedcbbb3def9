package world

import (
	"google.golang.org/protobuf/types/known/structpb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// Find what a selector selects; nil is nothing.
func (w *World) Find(s *fnv1.ResourceSelector) *fnv1.Resources {
	all := []*structpb.Struct{w.lease()}
	if w.Claim != nil {
		r, err := structpb.NewStruct(w.Claim.Object)
		if err != nil {
			w.TB.Fatal(err)
		}
		all = append(all, r)
	}
	for _, one := range append([]*World{w}, w.Beside...) {
		for _, rs := range []map[string]*fnv1.Resource{one.Observed, one.Lingering} {
			for _, key := range SortedKeys(rs) {
				all = append(all, rs[key].GetResource())
			}
		}
	}
	var found *fnv1.Resources
	for _, r := range all {
		if !selects(s, plan.Observe(&fnv1.Resource{Resource: r})) {
			continue
		}
		if found == nil {
			found = &fnv1.Resources{}
		}
		found.Items = append(found.Items, &fnv1.Resource{Resource: r})
	}
	return found
}

// selects tells whether a selector does an object. It converts none: a search asks
// for dozens of kinds.
func selects(s *fnv1.ResourceSelector, o *plan.Observed) bool {
	for k, v := range s.GetMatchLabels().GetLabels() {
		if o.Label(k) != v {
			return false
		}
	}
	return o.APIVersion() == s.GetApiVersion() && o.Kind() == s.GetKind() &&
		(s.Namespace == nil || o.Namespace() == s.GetNamespace()) &&
		(s.GetMatchName() == "" || o.Name() == s.GetMatchName())
}

// lease by which the API server says who it is, and that it lives (Kubernetes,
// pkg/controlplane/apiserver/server.go).
func (w *World) lease() *structpb.Struct {
	return StructOf(w.TB, map[string]any{
		"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
		"metadata": map[string]any{"name": "apiserver-tests", "namespace": "kube-system", "labels": map[string]any{"apiserver.kubernetes.io/identity": "kube-apiserver"}},
		"spec":     map[string]any{"renewTime": w.Now.Format(metav1.RFC3339Micro)},
	})
}
