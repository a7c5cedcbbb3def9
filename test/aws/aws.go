// Package aws plays AWS, its provider and provider-helm for tests: it turns a
// composed object into what Crossplane would observe of it once all of them are
// done.
package aws

import (
	"bytes"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
)

//go:embed status.yaml
var statuses []byte

// World answers for AWS.
type World struct {
	answers   map[string]Answer
	templates map[string]*template.Template
}

// An Answer is how AWS, and the provider that asks it, treats objects of a kind.
type Answer struct {
	// Create and Delete are how long AWS takes to create and to delete one.
	Create, Delete metav1.Duration
	// Publishes is the key of its connection Secret, "" if it has none.
	Publishes string
	// Immutable fields of spec.forProvider: to change one takes another thing.
	Immutable []string
	// Status is the template of status.atProvider, "" of what reports nothing.
	Status string
}

// New returns a world that knows every kind the function composes.
func New() (*World, error) {
	w := &World{answers: map[string]Answer{}, templates: map[string]*template.Template{}}
	if err := yaml.UnmarshalStrict(statuses, &w.answers); err != nil {
		return nil, fmt.Errorf("cannot read status.yaml: %w", err)
	}
	for kind, a := range w.answers {
		t, err := template.New(kind).Option("missingkey=error").Funcs(sprig.TxtFuncMap()).Parse(a.Status)
		if err != nil {
			return nil, fmt.Errorf("cannot parse the status of %s: %w", kind, err)
		}
		w.templates[kind] = t
	}
	return w, nil
}

// Kinds the function composes, sorted, but for those that Kubernetes itself has.
func (w *World) Kinds() []schema.GroupKind {
	var gks []schema.GroupKind
	for _, kind := range slices.Sorted(maps.Keys(w.answers)) {
		if gk := schema.ParseGroupKind(kind); gk.Group != "" {
			gks = append(gks, gk)
		}
	}
	return gks
}

// Answer of a kind.
func (w *World) Answer(gk schema.GroupKind) Answer { return w.answers[gk.String()] }

// GroupProtection is the API group of usages. The function composes one of its
// composite: the guard, which is no part of a platform's graph.
const GroupProtection = "protection.crossplane.io"

// epoch is when everything happens: tests must not see the time of day.
const epoch = "2026-01-01T00:00:00Z"

// Ready returns the object, which may have the status it had before, as it is
// observed once it is ready.
func (w *World) Ready(composed *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	o := composed.DeepCopy()
	kind := o.GroupVersionKind().GroupKind().String()
	t, ok := w.templates[kind]
	if !ok {
		return nil, fmt.Errorf("status.yaml has no template for %s", kind)
	}
	o.SetUID("00000000-0000-4000-8000-000000000000")
	o.SetResourceVersion("1")
	o.SetGeneration(1)
	if err := unstructured.SetNestedField(o.Object, epoch, "metadata", "creationTimestamp"); err != nil {
		return nil, fmt.Errorf("cannot set creationTimestamp: %w", err)
	}

	var b bytes.Buffer
	if err := t.Execute(&b, o.Object); err != nil {
		return nil, fmt.Errorf("cannot make the status of %s %s: %w", kind, o.GetName(), err)
	}
	if w.answers[kind].Status == "" {
		// No managed resource: it has no status, unless it is a usage, which
		// Crossplane itself calls ready.
		if o.GroupVersionKind().Group == GroupProtection {
			o.Object["status"] = map[string]any{"conditions": []any{condition("Ready", "True", "Available", "")}}
		}
		return o, nil
	}
	atProvider := map[string]any{}
	if err := yaml.Unmarshal(b.Bytes(), &atProvider); err != nil {
		return nil, fmt.Errorf("cannot read the status made for %s %s: %w", kind, o.GetName(), err)
	}
	// Whatever text a resource has, its provider reports: all that is generated does.
	asked, _, _ := unstructured.NestedMap(o.Object, "spec", "forProvider")
	for k, v := range asked {
		if _, text := v.(string); text && atProvider[k] == nil && strings.HasSuffix(kind, GroupProvider) && o.GetKind() != "ClusterAuth" {
			atProvider[k] = v
		}
	}
	if id, ok := atProvider["id"].(string); ok && meta.GetExternalName(o) == "" {
		meta.SetExternalName(o, id)
	}
	o.Object["status"] = map[string]any{
		"atProvider": atProvider,
		"conditions": []any{
			condition("Ready", "True", "Available", ""),
			condition("Synced", "True", "ReconcileSuccess", ""),
			condition("LastAsyncOperation", "True", "Success", ""),
		},
	}
	return o, nil
}

// Failed returns the object as it is observed when AWS refused to create it.
func (w *World) Failed(composed *unstructured.Unstructured, message string) *unstructured.Unstructured {
	o := composed.DeepCopy()
	o.Object["status"] = map[string]any{"conditions": []any{
		condition("Ready", "False", "Creating", ""),
		condition("Synced", "False", "ReconcileError", message),
	}}
	return o
}

func condition(ctype, status, reason, message string) map[string]any {
	c := map[string]any{"type": ctype, "status": status, "reason": reason, "lastTransitionTime": epoch}
	if message != "" {
		c["message"] = message
	}
	return c
}

// ConnectionSecret of an observed object that publishes connection details, nil
// of all others.
func ConnectionSecret(observed *unstructured.Unstructured) *unstructured.Unstructured {
	name, _, _ := unstructured.NestedString(observed.Object, "spec", "writeConnectionSecretToRef", "name")
	if name == "" {
		return nil
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1",
		"kind":       "Secret",
		"metadata":   map[string]any{"name": name, "namespace": observed.GetNamespace()},
		"type":       "connection.crossplane.io/v1alpha1",
		"data":       map[string]any{"kubeconfig": "YXBpVmVyc2lvbjogdjEK"},
	}}
}
