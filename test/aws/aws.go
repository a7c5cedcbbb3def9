// Package aws plays AWS, its provider and provider-helm for tests: it turns a
// composed object into what Crossplane would observe of it once all of them are
// done.
package aws

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
)

//go:embed status.yaml
var statuses []byte

// World answers for AWS.
type World struct {
	templates map[string]*template.Template
}

// New returns a world that knows every kind the function composes.
func New() (*World, error) {
	texts := map[string]string{}
	if err := yaml.UnmarshalStrict(statuses, &texts); err != nil {
		return nil, fmt.Errorf("cannot read status.yaml: %w", err)
	}
	w := &World{templates: make(map[string]*template.Template, len(texts))}
	for kind, text := range texts {
		t, err := template.New(kind).Option("missingkey=error").Funcs(sprig.TxtFuncMap()).Parse(text)
		if err != nil {
			return nil, fmt.Errorf("cannot parse the status of %s: %w", kind, err)
		}
		w.templates[kind] = t
	}
	return w, nil
}

// epoch is when everything happens: tests must not see the time of day.
const epoch = "2026-01-01T00:00:00Z"

// Ready returns the object as it is observed once it is ready.
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
	if strings.TrimSpace(b.String()) == "" {
		// No managed resource: it has neither status nor conditions.
		return o, nil
	}
	atProvider := map[string]any{}
	if err := yaml.Unmarshal(b.Bytes(), &atProvider); err != nil {
		return nil, fmt.Errorf("cannot read the status made for %s %s: %w", kind, o.GetName(), err)
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
