package crds

import (
	"fmt"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// compositeSpec returns the fields Crossplane adds to a composite's spec.
func compositeSpec(def *xrd) map[string]extv1.JSONSchemaProps {
	props := compositionFields()
	props["compositionUpdatePolicy"] = choice(def.Spec.DefaultCompositionUpdatePolicy, "Automatic", "Manual")
	props["resourceRefs"] = resourceRefs(def.Spec.Scope)
	if def.Spec.Scope != scopeLegacyCluster {
		// Modern composites keep Crossplane's fields apart from their own.
		return map[string]extv1.JSONSchemaProps{"crossplane": object(props)}
	}
	props["claimRef"] = texts("apiVersion", "kind", "namespace", "name")
	props["writeConnectionSecretToRef"] = texts("name", "namespace")
	return props
}

// claimSpec returns the fields Crossplane adds to a claim's spec.
func claimSpec(def *xrd) map[string]extv1.JSONSchemaProps {
	props := compositionFields()
	props["compositionUpdatePolicy"] = choice("", "Automatic", "Manual")
	props["compositeDeletePolicy"] = choice(def.Spec.DefaultCompositeDeletePolicy, "Background", "Foreground")
	props["resourceRef"] = texts("apiVersion", "kind", "name")
	props["writeConnectionSecretToRef"] = texts("name")
	return props
}

// compositeStatus returns the fields Crossplane adds to the status of a
// composite with the supplied scope. A claim gets those of its composite, even
// the one that only means something there.
func compositeStatus(scope string) map[string]extv1.JSONSchemaProps {
	condition := texts("lastTransitionTime", "reason", "status", "type")
	condition.Properties["lastTransitionTime"] = extv1.JSONSchemaProps{Type: "string", Format: "date-time"}
	condition.Properties["message"] = text()
	condition.Properties["observedGeneration"] = extv1.JSONSchemaProps{Type: "integer", Format: "int64"}

	conditions := list("map", condition)
	conditions.XListMapKeys = []string{"type"}
	props := map[string]extv1.JSONSchemaProps{"conditions": conditions}
	if scope != scopeLegacyCluster {
		return props
	}
	props["connectionDetails"] = object(map[string]extv1.JSONSchemaProps{
		"lastPublishedTime": {Type: "string", Format: "date-time"},
	})
	props["claimConditionTypes"] = list("set", text())
	return props
}

// compositionFields returns the fields that choose a composition.
func compositionFields() map[string]extv1.JSONSchemaProps {
	labels := extv1.JSONSchemaProps{
		Type: "object",
		AdditionalProperties: &extv1.JSONSchemaPropsOrBool{
			Allows: true,
			Schema: &extv1.JSONSchemaProps{Type: "string"},
		},
	}
	selector := object(map[string]extv1.JSONSchemaProps{"matchLabels": labels})
	selector.Required = []string{"matchLabels"}
	return map[string]extv1.JSONSchemaProps{
		"compositionRef":              texts("name"),
		"compositionSelector":         selector,
		"compositionRevisionRef":      texts("name"),
		"compositionRevisionSelector": selector,
	}
}

// resourceRefs returns the list of a composite's resources. A namespaced
// composite refers to resources in its own namespace only.
func resourceRefs(scope string) extv1.JSONSchemaProps {
	ref := texts("apiVersion", "kind")
	ref.Properties["name"] = text()
	if scope != scopeNamespaced {
		ref.Properties["namespace"] = text()
	}
	return list("atomic", ref)
}

// text returns the schema of a string.
func text() extv1.JSONSchemaProps {
	return extv1.JSONSchemaProps{Type: "string"}
}

// texts returns the schema of an object that requires the supplied strings.
func texts(names ...string) extv1.JSONSchemaProps {
	s := object(make(map[string]extv1.JSONSchemaProps, len(names)))
	s.Required = names
	for _, n := range names {
		s.Properties[n] = text()
	}
	return s
}

// object returns the schema of an object.
func object(props map[string]extv1.JSONSchemaProps) extv1.JSONSchemaProps {
	return extv1.JSONSchemaProps{Type: "object", Properties: props}
}

// list returns the schema of a list of the supplied type.
func list(listType string, items extv1.JSONSchemaProps) extv1.JSONSchemaProps {
	return extv1.JSONSchemaProps{
		Type:      "array",
		XListType: new(listType),
		Items:     &extv1.JSONSchemaPropsOrArray{Schema: &items},
	}
}

// choice returns the schema of a string with a few values and perhaps a
// default.
func choice(fallback string, values ...string) extv1.JSONSchemaProps {
	s := text()
	for _, v := range values {
		s.Enum = append(s.Enum, quoted(v))
	}
	if fallback != "" {
		s.Default = new(quoted(fallback))
	}
	return s
}

// quoted returns a word as JSON.
func quoted(word string) extv1.JSON {
	return extv1.JSON{Raw: fmt.Appendf(nil, "%q", word)}
}
