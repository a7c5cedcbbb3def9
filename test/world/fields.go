package world

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"

	"github.com/xplatform-dev/function-xplatform/test/crds"
)

// A Shared object is one at an API server that knows who set which of its fields, by
// the API server's own code. The zero value does not exist yet.
type Shared struct{ object *unstructured.Unstructured }

// Live is the object as it is, nil if it doesn't exist.
func (s *Shared) Live() *unstructured.Unstructured {
	if s.object == nil {
		return nil
	}
	u := s.object.DeepCopy()
	u.SetManagedFields(nil)
	return u
}

// Spec of the object, nil if it doesn't exist. It must not be changed.
func (s *Shared) Spec() map[string]any {
	if s.object == nil {
		return nil
	}
	m, _ := s.object.Object["spec"].(map[string]any)
	return m
}

// Managers of the object's fields, as the API server notes them.
func (s *Shared) Managers() []metav1.ManagedFieldsEntry { return s.object.GetManagedFields() }

// Apply what a manager wants of the object, by server-side apply with force.
func (s *Shared) Apply(tb testing.TB, u *unstructured.Unstructured, manager string) {
	tb.Helper()
	s.change(tb, u, func(m *managedfields.FieldManager, live runtime.Object) (runtime.Object, error) {
		return m.Apply(live, u.DeepCopy(), manager, true)
	})
}

// Update the object to what a manager has made of it.
func (s *Shared) Update(tb testing.TB, u *unstructured.Unstructured, manager string) {
	tb.Helper()
	s.change(tb, u, func(m *managedfields.FieldManager, live runtime.Object) (runtime.Object, error) {
		u = u.DeepCopy()
		u.SetManagedFields(s.object.GetManagedFields())
		return m.Update(live, u, manager)
	})
}

func (s *Shared) change(tb testing.TB, u *unstructured.Unstructured, how func(m *managedfields.FieldManager, live runtime.Object) (runtime.Object, error)) {
	tb.Helper()
	m, err := managers.of(u.GroupVersionKind())
	if err != nil {
		tb.Fatal(err)
	}
	if s.object == nil {
		s.object = &unstructured.Unstructured{}
		s.object.SetGroupVersionKind(u.GroupVersionKind())
	}
	o, err := how(m, s.object)
	if err != nil {
		tb.Fatalf("%s %s: %v", u.GetKind(), u.GetName(), err)
	}
	s.object, _ = o.(*unstructured.Unstructured)
}

// managers of the fields of kinds.
//
//nolint:gochecknoglobals // A cache.
var managers = managerCache{all: map[schema.GroupVersionKind]*managedfields.FieldManager{}}

type managerCache struct {
	mu  sync.Mutex
	all map[schema.GroupVersionKind]*managedfields.FieldManager
}

func (c *managerCache) of(gvk schema.GroupVersionKind) (*managedfields.FieldManager, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.all[gvk]; known != nil {
		return known, nil
	}
	r, err := crds.Shared()
	if err != nil {
		return nil, err //nolint:wrapcheck // It says what.
	}
	s, err := r.Schema(gvk)
	if err != nil {
		return nil, err //nolint:wrapcheck // It says what.
	}
	openapi := s.ToKubeOpenAPI()
	// Of metadata a definition declares what it limits alone; the API server knows all.
	metadata := openapi.Properties["metadata"]
	metadata.Properties = nil
	openapi.Properties["metadata"] = metadata
	openapi.AddExtension("x-kubernetes-group-version-kind", []any{map[string]any{"group": gvk.Group, "version": gvk.Version, "kind": gvk.Kind}})
	types, err := managedfields.NewTypeConverter(only(gvk.Kind, openapi), false)
	if err != nil {
		return nil, fmt.Errorf("cannot convert %s: %w", gvk, err)
	}
	m, err := managedfields.NewDefaultCRDFieldManager(types, oneVersion{}, oneVersion{}, oneVersion{}, gvk, gvk.GroupVersion(), "", nil)
	if err != nil {
		return nil, fmt.Errorf("cannot manage the fields of %s: %w", gvk, err)
	}
	c.all[gvk] = m
	return m, nil
}

// only is a map of one value. It spares naming the type of a module that nothing
// else needs by name.
func only[T any](key string, value T) map[string]T { return map[string]T{key: value} }

// oneVersion converts, defaults and makes objects of kinds that have one version
// here, and of which defaults were filled in before.
type oneVersion struct{}

func (oneVersion) Convert(any, any, any) error { return nil }

func (oneVersion) ConvertToVersion(in runtime.Object, _ runtime.GroupVersioner) (runtime.Object, error) {
	return in, nil
}

func (oneVersion) ConvertFieldLabel(schema.GroupVersionKind, string, string) (label, value string, err error) {
	return "", "", errors.New("nobody selects by fields")
}

func (oneVersion) Default(runtime.Object) {}

func (oneVersion) New(gvk schema.GroupVersionKind) (runtime.Object, error) {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(gvk)
	return u, nil
}
