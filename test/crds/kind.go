package crds

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	metavalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/common"
)

// A kind is what objects of one kind and version are checked with.
type kind struct {
	namespaced bool
	structure  *structural.Structural
	schema     validation.SchemaValidator
	rules      *cel.Validator
}

// Schema of a kind and version, as the API server uses it.
func (r *Registry) Schema(gvk schema.GroupVersionKind) (*structural.Structural, error) {
	o := &unstructured.Unstructured{}
	o.SetGroupVersionKind(gvk)
	k, err := r.kindOf(o)
	if err != nil {
		return nil, err
	}
	return k.structure, nil
}

// newKind returns what objects of a kind are checked with, given its CRD.
func newKind(crd *extv1.CustomResourceDefinition, gvk schema.GroupVersionKind) (*kind, error) {
	for _, v := range crd.Spec.Versions {
		if v.Name != gvk.Version || !v.Served || v.Schema == nil {
			continue
		}
		props := &apiextensions.JSONSchemaProps{}
		if err := extv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(v.Schema.OpenAPIV3Schema, props, nil); err != nil {
			return nil, fmt.Errorf("cannot convert schema of %s: %w", gvk, err)
		}
		structure, err := structural.NewStructural(props)
		if err != nil {
			return nil, fmt.Errorf("cannot make structural schema of %s: %w", gvk, err)
		}
		validator, _, err := validation.NewSchemaValidator(props)
		if err != nil {
			return nil, fmt.Errorf("cannot make schema validator of %s: %w", gvk, err)
		}
		return &kind{
			namespaced: crd.Spec.Scope == extv1.NamespaceScoped,
			structure:  structure,
			schema:     validator,
			rules:      cel.NewValidator(structure, true, celconfig.PerCallLimit),
		}, nil
	}
	return nil, fmt.Errorf("cannot use CRD %s: it serves no version %s", crd.GetName(), gvk.Version)
}

// admit returns the object the API server would go on with when it gets the
// supplied one: defaulted, and without unknown fields, which it also returns.
func (k *kind) admit(obj *unstructured.Unstructured) (*unstructured.Unstructured, field.ErrorList, error) {
	out, err := decode(obj)
	if err != nil {
		return nil, nil, err
	}
	_, _, unknown, err := objectmeta.GetObjectMetaWithOptions(out.Object, objectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true})
	if err != nil {
		return nil, nil, fmt.Errorf("cannot decode metadata: %w", err)
	}
	unknown = append(unknown, pruning.PruneWithOptions(out.Object, k.structure, true, structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})...)
	defaulting.PruneNonNullableNullsWithoutDefaults(out.Object, k.structure)
	malformed, embedded := objectmeta.CoerceWithOptions(nil, out.Object, k.structure, false, objectmeta.CoerceOptions{ReturnUnknownFieldPaths: true})
	if malformed != nil {
		return nil, nil, fmt.Errorf("cannot decode embedded object: %w", malformed)
	}
	defaulting.Default(out.Object, k.structure)

	var errs field.ErrorList
	for _, path := range append(unknown, embedded...) {
		errs = append(errs, field.Forbidden(field.NewPath(path), "unknown field"))
	}
	return out, errs, nil
}

// validate returns what the API server finds wrong with an admitted object that
// is created.
func (k *kind) validate(obj *unstructured.Unstructured) field.ErrorList {
	errs := metavalidation.ValidateObjectMetaAccessor(obj, k.namespaced, metavalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	errs = append(errs, validation.ValidateCustomResource(nil, obj.Object, k.schema)...)
	errs = append(errs, objectmeta.Validate(nil, obj.Object, k.structure, false)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, k.structure, obj.Object)...)
	if k.rules == nil {
		return errs
	}
	if blocked := ruleBlocker(errs); blocked != nil {
		return append(errs, blocked)
	}
	broken, _ := k.rules.Validate(context.Background(), nil, k.structure, obj.Object, nil, celconfig.RuntimeCELCostBudget)
	return append(errs, broken...)
}

// validateUpdate returns what the API server finds wrong with an admitted
// object that replaces an old one. Like the API server it lets pass what was
// wrong before and did not change.
func (k *kind) validateUpdate(obj, old *unstructured.Unstructured) field.ErrorList {
	keepSystemMetadata(obj, old)
	related := common.NewCorrelatedObject(obj.Object, old.Object, &model.Structural{Structural: k.structure})

	errs := metavalidation.ValidateObjectMetaAccessorUpdate(obj, old, field.NewPath("metadata"))
	errs = append(errs, validation.ValidateCustomResourceUpdate(nil, obj.Object, old.Object, k.schema, validation.WithRatcheting(related))...)
	errs = append(errs, objectmeta.Validate(nil, obj.Object, k.structure, false)...)
	if before := listtype.ValidateListSetsAndMaps(nil, k.structure, old.Object); len(before) == 0 {
		errs = append(errs, listtype.ValidateListSetsAndMaps(nil, k.structure, obj.Object)...)
	}
	if k.rules == nil {
		return errs
	}
	if blocked := ruleBlocker(errs); blocked != nil {
		return append(errs, blocked)
	}
	broken, _ := k.rules.Validate(context.Background(), nil, k.structure, obj.Object, old.Object, celconfig.RuntimeCELCostBudget, cel.WithRatcheting(related))
	return append(errs, broken...)
}

// keepSystemMetadata gives an object the metadata that the API server sets and
// a client may leave out of an update.
func keepSystemMetadata(obj, old *unstructured.Unstructured) {
	if old.GetResourceVersion() == "" {
		old.SetResourceVersion("1")
	}
	obj.SetResourceVersion(old.GetResourceVersion())
	obj.SetUID(old.GetUID())
	obj.SetGeneration(old.GetGeneration())
	obj.SetCreationTimestamp(old.GetCreationTimestamp())
	obj.SetDeletionTimestamp(old.GetDeletionTimestamp())
	obj.SetDeletionGracePeriodSeconds(old.GetDeletionGracePeriodSeconds())
}

// ruleBlocker returns an error if others keep the API server from evaluating
// CEL rules, which could not cope with, or not afford, such an object.
func ruleBlocker(errs field.ErrorList) *field.Error {
	for _, err := range errs {
		switch err.Type { //nolint:exhaustive // All others leave the object in its shape.
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
			return field.Invalid(nil, nil, "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation")
		}
	}
	return nil
}

// decode returns a copy of an object with the types of a decoded one. Whole
// numbers may be an int in an object written by hand and are a float64 in one
// read by a YAML library; the API server knows int64 only.
func decode(obj *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	b, err := json.Marshal(obj.Object)
	if err != nil {
		return nil, fmt.Errorf("cannot encode object: %w", err)
	}
	out := &unstructured.Unstructured{}
	if err := utiljson.Unmarshal(b, &out.Object); err != nil {
		return nil, fmt.Errorf("cannot decode object: %w", err)
	}
	return out, nil
}
