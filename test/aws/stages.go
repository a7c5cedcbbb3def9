package aws

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// This file makes KWOK play AWS: https://kwok.sigs.k8s.io/docs/user/stages-configuration/
// Every managed resource goes through the same stages, in the order its provider
// would take it through them.

// finalizer of crossplane-runtime's managed reconciler.
const finalizer = "finalizer.managedresource.crossplane.io"

// AnnotationKey is the key of a composed object in its composite.
const AnnotationKey = "crossplane.io/composition-resource-name"

// faultWeight lets a fault win over whatever else could happen, which has no
// weight.
const faultWeight = 1

// Selectors, in jq.
const (
	isReady       = `.status.conditions.[] | select(.type == "Ready") | .status`
	whyReady      = `.status.conditions.[] | select(.type == "Ready") | .reason`
	isDeleted     = `.metadata.deletionTimestamp`
	finalizers    = `.metadata.finalizers.[]`
	isSynced      = `.status.conditions.[] | select(.type == "Synced") | .status`
	isCreated     = `.status.atProvider`
	isObserved    = `.status.observedGeneration == .metadata.generation`
	reasonDeletes = "Deleting"
)

// Play says how AWS is played.
type Play struct {
	// Speed is how many times faster than AWS.
	Speed float64
	// Kubeconfig that kinds which publish one publish.
	Kubeconfig string
	// Strict AWS refuses to change what is immutable: it remembers, in an
	// annotation, what each object was made with.
	Strict bool
	// Verbose providers write each object they create as often as the real one
	// does, which takes a test longer and matters to those that count.
	Verbose bool
}

// What a provider writes of an object before it calls it ready, each by a call of
// its own, beside finalizer and conditions: tags that say whose it is and ids in
// place of references, its notes before and after it asks AWS, the condition of
// the operation that went on by itself, and what AWS answered.
// crossplane-runtime v2.3.3, pkg/reconciler/managed/reconciler.go (Reconcile),
// upjet v2.4.1, pkg/controller/api.go (callbackFn), pkg/config/resource.go (Tagger)
//
//nolint:gochecknoglobals // Constant lists.
var (
	beforeCreation = []string{"tags", "references", "crossplane.io/external-create-pending", "crossplane.io/external-create-succeeded"}
	afterCreation  = []string{"operation", "upjet.crossplane.io/provider-meta"}
)

// notes are a write for each of the annotations.
func (p Play) notes(annotations []string) []any {
	if !p.Verbose {
		return nil
	}
	var steps []any
	for _, a := range annotations {
		steps = append(steps, map[string]any{"patch": map[string]any{"root": "metadata", "type": "merge", "template": fmt.Sprintf("annotations: {%q: {{ Now | Quote }}}", a)}})
	}
	return steps
}

// annotationMade is what an object was made with that can't be changed.
const annotationMade = "test/made"

// refused is what upjet says to a change that takes another thing
// (pkg/controller/external_tfpluginsdk.go).
const refused = "update failed: refuse to update the external resource because the following update requires replacing it"

// strict is how an object that is made remembers what can't be changed, and how one
// that is still so is told from one that is asked for otherwise.
func (p Play) strict(a Answer) (remember, same, other []any) {
	if !p.Strict || len(a.Immutable) == 0 {
		return nil, nil, nil
	}
	var made, asked []string
	for _, path := range a.Immutable {
		names := strings.Join(strings.Split(path, "."), `" "`)
		made = append(made, `(dig "`+names+`" nil .spec.forProvider)`)
		asked = append(asked, ".spec.forProvider."+path)
	}
	template := fmt.Sprintf("annotations: {%q: {{ list %s | toJson | quote }}}", annotationMade, strings.Join(made, " "))
	isSame := fmt.Sprintf("(.metadata.annotations[%q] == ([%s] | tojson))", annotationMade, strings.Join(asked, ", "))
	return []any{map[string]any{"patch": map[string]any{"root": "metadata", "type": "merge", "template": template}}},
		[]any{when(isSame, "In", "true")}, []any{when(isSame, "In", "false")}
}

// Stages of a kind in a version. A kind that reports nothing has none.
func (w *World) Stages(gvk schema.GroupVersionKind, play Play) []*unstructured.Unstructured {
	a := w.Answer(gvk.GroupKind())
	if a.Status == "" {
		return nil
	}
	s := stages{gvk: gvk}
	first := append([]any{map[string]any{"finalizers": map[string]any{"add": []any{map[string]any{"value": finalizer}}}}}, play.notes(beforeCreation)...)
	s.add("observe", 0,
		[]any{when(isDeleted, "DoesNotExist"), when(finalizers, "NotIn", finalizer)},
		append(first, s.conditions(state{ready: "False", reason: "Creating", synced: "True"}, ""))...)
	steps := append(play.notes(afterCreation), s.conditions(state{ready: "True", reason: "Available", synced: "True", async: "True"}, a.Status))
	if a.Publishes != "" {
		// The Secret comes first: who hears of the object looks for it.
		steps = append([]any{secret(a.Publishes, play.Kubeconfig)}, steps...)
	}
	immutable, same, other := play.strict(a)
	steps = append(immutable, steps...)
	s.add("create", play.scale(a.Create.Duration),
		[]any{when(isDeleted, "DoesNotExist"), when(finalizers, "In", finalizer), when(isCreated, "DoesNotExist")}, steps...)
	s.add("recover", play.scale(time.Second),
		append(same, when(isDeleted, "DoesNotExist"), when(isCreated, "Exists"), when(isReady, "NotIn", "True")),
		s.conditions(state{ready: "True", reason: "Available", synced: "True", async: "True"}, a.Status))
	s.add("update", play.scale(time.Second),
		append(same, when(isDeleted, "DoesNotExist"), when(isReady, "In", "True"), when(isObserved, "NotIn", "true")),
		s.conditions(state{ready: "True", reason: "Available", synced: "True", async: "True"}, a.Status))
	if len(other) > 0 {
		s.add("refuse", play.scale(time.Second),
			append(other, when(isDeleted, "DoesNotExist"), when(isCreated, "Exists"), when(isObserved, "NotIn", "true")),
			s.conditions(state{ready: "True", reason: "Available", synced: "False", message: refused}, ""))
	}
	s.add("delete", 0,
		[]any{when(isDeleted, "Exists"), when(finalizers, "In", finalizer), when(whyReady, "NotIn", reasonDeletes)},
		s.conditions(state{ready: "False", reason: reasonDeletes, synced: "True", async: "True"}, ""))
	s.add("deleted", play.scale(a.Delete.Duration),
		[]any{when(isDeleted, "Exists"), when(finalizers, "In", finalizer), when(whyReady, "In", reasonDeletes)},
		map[string]any{"finalizers": map[string]any{"remove": []any{map[string]any{"value": finalizer}}}})
	return s.all
}

// A Fault is something that goes wrong with one object of a platform for as long
// as its stage exists.
type Fault struct {
	// Kind of the object, and its key in its composite.
	Kind schema.GroupVersionKind
	Key  string
	// Namespace of the claims whose objects it concerns, until Crossplane asks
	// for their deletion: it then forgets whose they were.
	Namespace string
	// Platform, if it is known, is the composite whose objects it concerns.
	Platform string
	// Message is what AWS answers. Whatever it is asked, a new request id is
	// part of it.
	Message string
}

// Stages of the fault: AWS answers with an error whenever it is asked to create,
// keep or delete the object, at once and then, as a provider does, every few
// seconds. An object that was ready no longer is.
func (f Fault) Stages() []*unstructured.Unstructured {
	s := stages{gvk: f.Kind}
	answer := s.conditions(state{ready: "False", reason: "Unavailable", synced: "False", message: f.Message + `, RequestID: {{ Now | sha256sum | trunc 32 }}`}, "")
	whose := when(`.metadata.labels["crossplane.io/claim-namespace"]`, "In", f.Namespace)
	if f.Platform != "" {
		whose = when(`.metadata.labels["xplatform.dev/platform"]`, "In", f.Platform)
	}
	match := []any{when(`.metadata.annotations["`+AnnotationKey+`"]`, "In", f.Key), whose, when(finalizers, "In", finalizer)}
	name := f.Namespace + "." + f.Key
	s.add(name, 0, append(slices.Clone(match), when(isSynced, "NotIn", "False")), answer)
	s.add(name+".again", 5*time.Second, append(slices.Clone(match), when(isSynced, "In", "False")), answer)
	for _, o := range s.all {
		o.Object["spec"].(map[string]any)["weight"] = int64(faultWeight) //nolint:forcetypeassert // Made above.
	}
	return s.all
}

func (p Play) scale(d time.Duration) time.Duration {
	return time.Duration(float64(d) / p.Speed)
}

// when is a requirement of a selector.
func when(path, operator string, values ...any) map[string]any {
	jq := map[string]any{"key": path, "operator": operator}
	if len(values) > 0 {
		jq["values"] = values
	}
	return map[string]any{"jq": jq}
}

// A state of a managed resource, as its conditions tell.
type state struct {
	ready, reason string
	synced        string
	message       string
	async         string
}

// stages of one kind.
type stages struct {
	gvk schema.GroupVersionKind
	all []*unstructured.Unstructured
}

func (s *stages) add(name string, delay time.Duration, selector []any, steps ...any) {
	spec := map[string]any{
		"resourceRef": map[string]any{"apiGroup": s.gvk.GroupVersion().String(), "kind": s.gvk.Kind},
		"selector":    map[string]any{"matchExpressions": selector},
		"steps":       steps,
	}
	if delay > 0 {
		spec["delay"] = map[string]any{"durationMilliseconds": delay.Milliseconds()}
	}
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "spec": spec}}
	o.SetName(fmt.Sprintf("%s.%s.%s", strings.ToLower(s.gvk.Kind), s.gvk.Group, name))
	s.all = append(s.all, o)
}

// conditions as the provider sets them, and what is at the provider.
func (s *stages) conditions(now state, atProvider string) map[string]any {
	b := &strings.Builder{}
	b.WriteString("{{ $now := Now }}\n")
	fmt.Fprintf(b, "observedGeneration: {{ .metadata.generation }}\n")
	if atProvider != "" {
		b.WriteString("atProvider:\n  " + strings.ReplaceAll(strings.TrimSpace(atProvider), "\n", "\n  ") + "\n")
	}
	b.WriteString("conditions:\n")
	add := func(ctype, status, reason, message string) {
		fmt.Fprintf(b, "- {type: %s, status: %q, reason: %s, lastTransitionTime: {{ $now | Quote }}", ctype, status, reason)
		if message != "" {
			fmt.Fprintf(b, ", message: %q", message)
		}
		b.WriteString("}\n")
	}
	add("Ready", now.ready, now.reason, "")
	if now.synced == "True" {
		add("Synced", "True", "ReconcileSuccess", "")
	} else {
		add("Synced", "False", "ReconcileError", now.message)
	}
	// Only upjet's providers have operations that go on by themselves.
	if now.async != "" && strings.HasSuffix(s.gvk.Group, ".upbound.io") {
		add("LastAsyncOperation", now.async, "Success", "")
	}
	return map[string]any{"patch": map[string]any{"subresource": "status", "root": "status", "type": "merge", "template": b.String()}}
}

// secret that an object publishes its connection details in.
func secret(key, value string) map[string]any {
	b := &strings.Builder{}
	b.WriteString("apiVersion: v1\nkind: Secret\ntype: connection.crossplane.io/v1alpha1\n")
	b.WriteString("metadata:\n  name: {{ .spec.writeConnectionSecretToRef.name }}\n  namespace: {{ .metadata.namespace }}\n")
	b.WriteString("  ownerReferences:\n  - {apiVersion: {{ .apiVersion }}, kind: {{ .kind }}, name: {{ .metadata.name }}, uid: {{ .metadata.uid }}, controller: true, blockOwnerDeletion: true}\n")
	fmt.Fprintf(b, "stringData:\n  %s: %q\n", key, value)
	return map[string]any{"apply": map[string]any{"template": b.String()}}
}
