package crds

import (
	"errors"
	"fmt"
	"maps"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// The scopes of a composite.
const (
	scopeLegacyCluster = "LegacyCluster"
	scopeNamespaced    = "Namespaced"
)

// maxNameLength of composites and claims: their names are used as label values.
const maxNameLength = 63

// xrd is the part of a CompositeResourceDefinition that decides what is in the
// CRDs Crossplane makes of it.
type xrd struct {
	APIVersion string            `json:"apiVersion"`
	Metadata   metav1.ObjectMeta `json:"metadata"`
	Spec       xrdSpec           `json:"spec"`
}

// xrdSpec is the spec of an XRD.
type xrdSpec struct {
	Group                          string                               `json:"group"`
	Names                          extv1.CustomResourceDefinitionNames  `json:"names"`
	ClaimNames                     *extv1.CustomResourceDefinitionNames `json:"claimNames"`
	Scope                          string                               `json:"scope"`
	DefaultCompositeDeletePolicy   string                               `json:"defaultCompositeDeletePolicy"`
	DefaultCompositionUpdatePolicy string                               `json:"defaultCompositionUpdatePolicy"`
	Versions                       []xrdVersion                         `json:"versions"`
}

// xrdVersion is a version in an XRD.
type xrdVersion struct {
	Name                     string                                 `json:"name"`
	Served                   bool                                   `json:"served"`
	Referenceable            bool                                   `json:"referenceable"`
	AdditionalPrinterColumns []extv1.CustomResourceColumnDefinition `json:"additionalPrinterColumns"`
	Schema                   *extv1.CustomResourceValidation        `json:"schema"`
}

// fromXRD returns the CRDs Crossplane makes of an XRD: that of the composite
// and, if it offers one, that of the claim.
//
// This and machinery.go follow pkg/xcrd of crossplane-runtime v2.4.0, which is
// what Crossplane v2.4 runs. The release this module is bound to has no such
// package. Printer columns, labels and owner references, which decide nothing
// about an object, are left out.
func fromXRD(b []byte) ([]*extv1.CustomResourceDefinition, error) {
	def := &xrd{}
	if err := yaml.Unmarshal(b, def); err != nil {
		return nil, fmt.Errorf("cannot parse XRD: %w", err)
	}
	setXRDDefaults(def)

	composite, err := def.crd(def.Spec.Names, compositeSpec(def), compositeStatus(def.Spec.Scope))
	if err != nil {
		return nil, err
	}
	if def.Spec.Scope == scopeNamespaced {
		composite.Spec.Scope = extv1.NamespaceScoped
	}
	if def.Spec.ClaimNames == nil {
		return []*extv1.CustomResourceDefinition{composite}, nil
	}

	if def.Spec.ClaimNames.Kind == def.Spec.Names.Kind || def.Spec.ClaimNames.Plural == def.Spec.Names.Plural {
		return nil, errors.New("cannot offer a claim with the names of its composite")
	}
	claim, err := def.crd(*def.Spec.ClaimNames, claimSpec(def), compositeStatus(scopeLegacyCluster))
	if err != nil {
		return nil, err
	}
	claim.Spec.Scope = extv1.NamespaceScoped
	return []*extv1.CustomResourceDefinition{composite, claim}, nil
}

// setXRDDefaults sets the defaults in the CRDs of the XRD kind itself.
func setXRDDefaults(def *xrd) {
	if def.Spec.Scope == "" {
		def.Spec.Scope = scopeNamespaced
		if def.APIVersion == "apiextensions.crossplane.io/v1" {
			def.Spec.Scope = scopeLegacyCluster
		}
	}
	if def.Spec.DefaultCompositeDeletePolicy == "" {
		def.Spec.DefaultCompositeDeletePolicy = "Background"
	}
	if def.Spec.DefaultCompositionUpdatePolicy == "" {
		def.Spec.DefaultCompositionUpdatePolicy = "Automatic"
	}
}

// crd returns a cluster-scoped CRD of the XRD's versions with Crossplane's own
// fields added to spec and status.
func (x *xrd) crd(names extv1.CustomResourceDefinitionNames, spec, status map[string]extv1.JSONSchemaProps) (*extv1.CustomResourceDefinition, error) {
	crd := &extv1.CustomResourceDefinition{
		TypeMeta:   metav1.TypeMeta{APIVersion: extv1.SchemeGroupVersion.String(), Kind: "CustomResourceDefinition"},
		ObjectMeta: metav1.ObjectMeta{Name: names.Plural + "." + x.Spec.Group},
		Spec: extv1.CustomResourceDefinitionSpec{
			Group: x.Spec.Group,
			Names: names,
			Scope: extv1.ClusterScoped,
		},
	}
	for _, v := range x.Spec.Versions {
		if v.Schema == nil || v.Schema.OpenAPIV3Schema == nil {
			return nil, fmt.Errorf("cannot use version %s: it has no schema", v.Name)
		}
		crd.Spec.Versions = append(crd.Spec.Versions, extv1.CustomResourceDefinitionVersion{
			Name:                     v.Name,
			Served:                   v.Served,
			Storage:                  v.Referenceable,
			AdditionalPrinterColumns: v.AdditionalPrinterColumns,
			Schema:                   &extv1.CustomResourceValidation{OpenAPIV3Schema: compositeSchema(v.Schema.OpenAPIV3Schema, spec, status)},
			Subresources:             &extv1.CustomResourceSubresources{Status: &extv1.CustomResourceSubresourceStatus{}},
		})
	}
	extv1.SetDefaults_CustomResourceDefinition(crd)
	extv1.SetDefaults_CustomResourceDefinitionSpec(&crd.Spec)
	return crd, nil
}

// compositeSchema returns the schema of a version of a composite or claim. Only
// what is named here survives of the schema in the XRD; where a field has the
// name of one of Crossplane's own, Crossplane's wins.
func compositeSchema(in *extv1.JSONSchemaProps, spec, status map[string]extv1.JSONSchemaProps) *extv1.JSONSchemaProps {
	nameLength := int64(maxNameLength)
	if l := in.Properties["metadata"].Properties["name"].MaxLength; l != nil {
		nameLength = min(nameLength, *l)
	}
	inSpec, inStatus := in.Properties["spec"], in.Properties["status"]
	return &extv1.JSONSchemaProps{
		Type:         "object",
		Description:  in.Description,
		Required:     []string{"spec"},
		XValidations: in.XValidations,
		Properties: map[string]extv1.JSONSchemaProps{
			"apiVersion": text(),
			"kind":       text(),
			"metadata": object(map[string]extv1.JSONSchemaProps{
				"name": {Type: "string", MaxLength: new(nameLength)},
			}),
			"spec": {
				Type:                   "object",
				Description:            inSpec.Description,
				Required:               inSpec.Required,
				OneOf:                  inSpec.OneOf,
				XValidations:           inSpec.XValidations,
				XPreserveUnknownFields: inSpec.XPreserveUnknownFields,
				Properties:             merge(inSpec.Properties, spec),
			},
			"status": {
				Type:         "object",
				Description:  inStatus.Description,
				Required:     inStatus.Required,
				OneOf:        inStatus.OneOf,
				XValidations: inStatus.XValidations,
				Properties:   merge(inStatus.Properties, status),
			},
		},
	}
}

// merge returns the properties in both maps; where both have one, the second's.
func merge(a, b map[string]extv1.JSONSchemaProps) map[string]extv1.JSONSchemaProps {
	out := make(map[string]extv1.JSONSchemaProps, len(a)+len(b))
	maps.Copy(out, a)
	maps.Copy(out, b)
	return out
}
