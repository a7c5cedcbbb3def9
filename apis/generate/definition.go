package main

import (
	"fmt"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

const (
	// definitionFile is the XRD of the claim door, in compositions/.
	definitionFile = "definition.yaml"

	// compositionName is the Composition every claim gets, whichever it names: its
	// input is the platform team's policy (docs/security.md).
	compositionName = "xplatform"

	// keyKubeconfig is all that a claim's Secret holds. Other details that a
	// pipeline publishes are kept out of it.
	keyKubeconfig = "kubeconfig"

	// scopeLegacyCluster composites are cluster scoped and offer claims.
	scopeLegacyCluster = "LegacyCluster"
)

// definition is the part of Crossplane's CompositeResourceDefinition that this
// project uses. Crossplane's own type is in a module that requires a newer
// crossplane-runtime than the providers' types build with.
type definition struct {
	APIVersion string             `json:"apiVersion"`
	Kind       string             `json:"kind"`
	Metadata   definitionMetadata `json:"metadata"`
	Spec       definitionSpec     `json:"spec"`
}

// definitionMetadata is the metadata of a definition. metav1.ObjectMeta would
// add a null creationTimestamp.
type definitionMetadata struct {
	Name string `json:"name"`
}

// definitionSpec is the spec of a definition.
type definitionSpec struct {
	Scope                  string                              `json:"scope"`
	Group                  string                              `json:"group"`
	Names                  extv1.CustomResourceDefinitionNames `json:"names"`
	ClaimNames             extv1.CustomResourceDefinitionNames `json:"claimNames"`
	ConnectionSecretKeys   []string                            `json:"connectionSecretKeys"`
	EnforcedCompositionRef compositionRef                      `json:"enforcedCompositionRef"`
	Versions               []definitionVersion                 `json:"versions"`
}

// compositionRef names a Composition.
type compositionRef struct {
	Name string `json:"name"`
}

// definitionVersion is a version of a definition.
type definitionVersion struct {
	Name                     string                                 `json:"name"`
	Served                   bool                                   `json:"served"`
	Referenceable            bool                                   `json:"referenceable"`
	AdditionalPrinterColumns []extv1.CustomResourceColumnDefinition `json:"additionalPrinterColumns,omitempty"`
	Schema                   extv1.CustomResourceValidation         `json:"schema"`
}

// marshalDefinition returns the file with the XRD that offers the claim the
// supplied CRD describes.
func marshalDefinition(claim *extv1.CustomResourceDefinition) ([]byte, error) {
	b, err := yaml.Marshal(newDefinition(claim))
	if err != nil {
		return nil, fmt.Errorf("cannot marshal %s: %w", definitionFile, err)
	}
	return withHeader(b), nil
}

// newDefinition returns the XRD that offers the claim the supplied CRD
// describes. The composite's names are the claim's with an X before them.
func newDefinition(claim *extv1.CustomResourceDefinition) definition {
	names := claim.Spec.Names
	version := claim.Spec.Versions[0]
	composite := extv1.CustomResourceDefinitionNames{
		Kind:       "X" + names.Kind,
		ListKind:   "X" + names.ListKind,
		Plural:     "x" + names.Plural,
		Singular:   "x" + names.Singular,
		Categories: names.Categories,
	}
	return definition{
		APIVersion: "apiextensions.crossplane.io/v1",
		Kind:       "CompositeResourceDefinition",
		Metadata:   definitionMetadata{Name: composite.Plural + "." + claim.Spec.Group},
		Spec: definitionSpec{
			Scope:                  scopeLegacyCluster,
			Group:                  claim.Spec.Group,
			Names:                  composite,
			ClaimNames:             names,
			ConnectionSecretKeys:   []string{keyKubeconfig},
			EnforcedCompositionRef: compositionRef{Name: compositionName},
			Versions: []definitionVersion{{
				Name:                     version.Name,
				Served:                   true,
				Referenceable:            true,
				AdditionalPrinterColumns: version.AdditionalPrinterColumns,
				Schema:                   extv1.CustomResourceValidation{OpenAPIV3Schema: definitionSchema(version.Schema.OpenAPIV3Schema)},
			}},
		},
	}
}

// definitionSchema returns a CRD's schema without what Crossplane adds by
// itself to the CRDs it makes of an XRD: type, metadata and conditions.
func definitionSchema(s *extv1.JSONSchemaProps) *extv1.JSONSchemaProps {
	s = s.DeepCopy()
	for _, own := range []string{"apiVersion", "kind", "metadata"} {
		delete(s.Properties, own)
	}
	// Properties is a map of values, but a value's own map is shared with it.
	delete(s.Properties["status"].Properties, "conditions")
	return s
}
