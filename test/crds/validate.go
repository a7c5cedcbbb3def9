package crds

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/kubernetes/scheme"
)

// Validate returns everything for which an API server would refuse to create
// an object, including unknown fields: a request with strict field validation,
// which is what kubectl sends. The object is not changed; it is validated as
// it would be stored, with defaults.
func (r *Registry) Validate(obj *unstructured.Unstructured) error {
	if own, err := scheme.Scheme.New(obj.GroupVersionKind()); err == nil {
		return validateOwn(obj, own)
	}
	k, err := r.kindOf(obj)
	if err != nil {
		return describe(obj, err)
	}
	admitted, unknown, err := k.admit(obj)
	if err != nil {
		return describe(obj, err)
	}
	return join(obj, append(unknown, k.validate(admitted)...))
}

// validateOwn is for kinds that Kubernetes itself has, of which there are types instead of
// CRDs: their fields, and what all objects have in common.
func validateOwn(obj *unstructured.Unstructured, typed runtime.Object) error {
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(obj.Object, typed, true); err != nil {
		return describe(obj, err)
	}
	m, err := meta.Accessor(typed)
	if err != nil {
		return describe(obj, err)
	}
	return join(obj, validation.ValidateObjectMetaAccessor(m, obj.GetNamespace() != "", validation.NameIsDNSSubdomain, field.NewPath("metadata")))
}

// ValidateUpdate returns everything for which an API server would refuse to
// replace the old object with the supplied one. Beyond what Validate checks
// these are the rules about what may change.
func (r *Registry) ValidateUpdate(obj, old *unstructured.Unstructured) error {
	k, err := r.kindOf(obj)
	if err != nil {
		return describe(obj, err)
	}
	admitted, unknown, err := k.admit(obj)
	if err != nil {
		return describe(obj, err)
	}
	// What is stored has no unknown fields, whatever its source has.
	stored, _, err := k.admit(old)
	if err != nil {
		return describe(old, err)
	}
	return join(obj, append(unknown, k.validateUpdate(admitted, stored)...))
}

// Default sets the defaults in an object that the API server sets when the
// object is created.
func (r *Registry) Default(obj *unstructured.Unstructured) error {
	k, err := r.kindOf(obj)
	if err != nil {
		return describe(obj, err)
	}
	decoded, err := decode(obj)
	if err != nil {
		return describe(obj, err)
	}
	defaulting.PruneNonNullableNullsWithoutDefaults(decoded.Object, k.structure)
	defaulting.Default(decoded.Object, k.structure)
	obj.Object = decoded.Object
	return nil
}

// join returns the supplied errors as one, sorted by path: the API server walks
// maps, so they come in any order.
func join(obj *unstructured.Unstructured, list field.ErrorList) error {
	slices.SortStableFunc(list, func(a, b *field.Error) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Error(), b.Error()))
	})
	errs := make([]error, 0, len(list))
	for _, err := range list {
		errs = append(errs, describe(obj, err))
	}
	return errors.Join(errs...)
}

// describe says which object an error is about.
func describe(obj *unstructured.Unstructured, err error) error {
	name := cmp.Or(obj.GetName(), obj.GetGenerateName())
	if ns := obj.GetNamespace(); ns != "" {
		name = ns + "/" + name
	}
	return fmt.Errorf("%s %s: %w", obj.GetKind(), name, err)
}
