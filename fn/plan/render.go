package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	xpv1 "github.com/crossplane/crossplane-runtime/v2/apis/common/v1"
	"github.com/crossplane/crossplane-runtime/v2/pkg/fieldpath"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// desired is what to ask Crossplane for, by key, once every node has its state. What
// can't be rendered is an error; if it exists, it is asked for as it is all the same.
func (p *Plan) desired() (map[string]*fnv1.Resource, error) {
	desired := make(map[string]*fnv1.Resource, len(p.nodes)+len(p.leaving))
	var errs []error
	for _, n := range sorted(p.nodes) {
		if !n.asked() {
			continue
		}
		r := &fnv1.Resource{Ready: fnv1.Ready_READY_FALSE}
		if n.state.readiness.Ready {
			r.Ready = fnv1.Ready_READY_TRUE
		}
		s, err := n.ask()
		if err != nil {
			errs = append(errs, fmt.Errorf("cannot render %q: %w", n.Key, err))
			if n.observed == nil {
				continue
			}
			s = freeze(n.observed)
		}
		r.Resource = s
		if p.forget(n.Key, Observe(r)) {
			r.Resource = forget(s)
		}
		desired[n.Key] = r
	}
	for _, l := range p.leaving {
		if s := p.stale(l); s != nil {
			desired[l.Key] = &fnv1.Resource{Resource: s, Ready: fnv1.Ready_READY_FALSE}
		}
	}
	return desired, errors.Join(errs...)
}

// stale is what to ask for of a leftover that no node describes, or that is on its way
// out and will never get there by itself; nil if nothing.
//
// What is being deleted can still be asked for: Crossplane applies it like anything else,
// and its provider reads its management policies each time it tries, and lets it go at
// once if it is not to delete anything (crossplane-runtime v2.4.0,
// pkg/reconciler/managed/reconciler.go, Reconcile). If it is gone by then, it is made
// anew, as what nobody can delete, and goes like the rest.
func (p *Plan) stale(l Leftover) *structpb.Struct {
	o, described := p.Object(l.Key), p.byKey[l.Key] != nil
	switch {
	case o.Name() != "" && (p.Lingers(l.Key) || !described) && p.forget(l.Key, o):
		return forget(freeze(o))
	case !l.Deleting && !described:
		return freeze(o)
	default:
		return nil
	}
}

// ask for the node's object, as it is described or as it is.
func (n *Node) ask() (*structpb.Struct, error) {
	p := n.plan
	if !n.state.frozen {
		return n.render()
	}
	kept := freeze(n.observed)
	if !p.opts.TearDown || !n.decides() {
		return kept, nil
	}
	s, err := n.render()
	if err != nil {
		return kept, err
	}
	described := Observe(&fnv1.Resource{Resource: s})
	for _, f := range n.final {
		kept = having(kept, f.segments, f.in(described))
	}
	return kept, nil
}

// decides tells whether what is described of the node decides whether, and how, its
// object goes.
func (n *Node) decides() bool { return n != nil && len(n.final) > 0 && !n.plan.opts.Unread }

// having a value at a path, or none if it is nil.
func having(s *structpb.Struct, path fieldpath.Segments, v *structpb.Value) *structpb.Struct {
	if len(path) == 0 {
		return s
	}
	fields := map[string]*structpb.Value{}
	maps.Copy(fields, s.GetFields())
	name := path[0].Field
	switch {
	case len(path) > 1:
		fields[name] = structpb.NewStructValue(having(fields[name].GetStructValue(), path[1:], v))
	case v == nil:
		delete(fields, name)
	default:
		fields[name] = v
	}
	return &structpb.Struct{Fields: fields}
}

// Kept asks for everything that exists, as it is, but for what is on its way out, or was
// asked to go: it may be gone by now, and would be made anew.
func (p *Plan) Kept() map[string]*fnv1.Resource {
	desired := make(map[string]*fnv1.Resource, len(p.observed))
	for key, o := range p.observed {
		if !p.opts.letGo(key, o) {
			desired[key] = o.Kept()
		}
	}
	return desired
}

// Kept asks for the resource as it is.
func (o *Observed) Kept() *fnv1.Resource {
	return &fnv1.Resource{Resource: freeze(o), Ready: fnv1.Ready_READY_FALSE}
}

// render the node's object, what it needs, and what it has been asked for beyond that.
// That it needs nothing is said, too: somebody may take off what is said.
func (n *Node) render() (*structpb.Struct, error) {
	s, err := n.described()
	if err != nil {
		return nil, err
	}
	s = having(s, needsField.segments, structpb.NewStringValue(n.demand()))
	if beyond := n.state.beyond; len(beyond) > 0 {
		s = having(s, beyondField.segments, structpb.NewStringValue(strings.Join(beyond, "\n")))
	}
	return s, nil
}

// described is the node's object with everything all objects have in common.
func (n *Node) described() (*structpb.Struct, error) {
	if n.message == nil {
		var err error
		if n.message, err = n.convert(); err != nil {
			return nil, err
		}
	}
	return n.message, nil
}

func (n *Node) convert() (*structpb.Struct, error) {
	o, ok := n.object.(client.Object)
	if !ok {
		return nil, fmt.Errorf("%T is no Kubernetes object", n.object)
	}
	opts := n.plan.opts
	o.SetName(n.Name())
	o.SetNamespace(n.Namespace())
	o.SetLabels(withEntry(o.GetLabels(), LabelPlatform, opts.Platform))
	o.SetAnnotations(withEntry(o.GetAnnotations(), AnnotationLayer, n.layer.Condition))
	if len(n.hosts) > 0 {
		o.SetAnnotations(withEntry(o.GetAnnotations(), AnnotationInside, strings.Join(keys(n.hosts), ",")))
	}
	// What exists keeps the name its provider knows it by: some get another once
	// they are made, and the two of us would take turns.
	if name := n.observed.Annotation(meta.AnnotationKeyExternalName); name != "" && meta.GetExternalName(o) != "" {
		o.SetAnnotations(withEntry(o.GetAnnotations(), meta.AnnotationKeyExternalName, name))
	}
	if mg, ok := o.(resource.ModernManaged); ok && mg.GetProviderConfigReference() == nil {
		mg.SetProviderConfigReference(&opts.ProviderConfig)
	}
	// Of what is named beforehand nothing is copied into the spec that nobody asks
	// for: what is taken out of a claim, such as a role's boundary, would stay, and
	// what others decide, such as a group's size, would be set back. What gets its
	// name later can't do without, that is what saves the name (crossplane#5918).
	if mg, ok := o.(resource.ModernManaged); ok && meta.GetExternalName(o) != "" && len(mg.GetManagementPolicies()) == 0 {
		mg.SetManagementPolicies(AsAsked())
	}
	if u, ok := o.(*unstructured.Unstructured); ok {
		return structpb.NewStruct(u.Object)
	}

	gvk, err := apiutil.GVKForObject(o, opts.Scheme)
	if err != nil {
		return nil, fmt.Errorf("cannot tell the kind of %T: %w", o, err)
	}
	o.GetObjectKind().SetGroupVersionKind(gvk)
	m, err := meant(o)
	if err != nil {
		return nil, err
	}
	return structpb.NewStruct(m)
}

// Manifest is what was meant of an object inside of the node's own, such as one that
// the node's object makes somewhere else. Its type must say its kind.
func (n *Node) Manifest(o client.Object) map[string]any {
	m, err := meant(o)
	if err != nil {
		n.plan.errs = append(n.plan.errs, err)
	}
	return m
}

// JSON of a value, for a field of the node's object that holds a document.
func (n *Node) JSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		n.plan.errs = append(n.plan.errs, fmt.Errorf("cannot marshal a document of %q: %w", n.Key, err))
	}
	return string(b)
}

// meant of an object: a function must not set status, and typed objects always
// carry one.
func meant(o client.Object) (map[string]any, error) {
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil, fmt.Errorf("cannot convert %T: %w", o, err)
	}
	delete(m, "status")
	prune(m)
	return m, nil
}

// demand is what the node's object says it needs. What it needed before stays
// until the change has happened, so that nothing is broken before what replaces
// it is made.
func (n *Node) demand() string {
	now := strings.Join(keys(n.holds()), ",")
	observed := n.observed.needs()
	if observed == now {
		return now
	}
	current := SplitNeeds(now)
	stale := slices.DeleteFunc(SplitNeeds(observed), func(key string) bool {
		return slices.Contains(current, key) || !n.plan.exists(key)
	})
	asked, _, _ := strings.Cut(observed, ";")
	if len(stale) == 0 || asked == now && n.settled() {
		return now
	}
	slices.Sort(stale)
	return now + ";" + strings.Join(stale, ",")
}

// SplitNeeds reads an AnnotationNeeds: the keys of all an object needs or may
// still use.
func SplitNeeds(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' })
}

// settled tells whether what was last asked of the node has happened.
func (n *Node) settled() bool {
	return n.state.arrived && n.observed.current() &&
		!slices.ContainsFunc(n.holds(), func(need *Node) bool { return !need.state.arrived })
}

func withEntry(m map[string]string, key, value string) map[string]string {
	all := make(map[string]string, len(m)+1)
	maps.Copy(all, m)
	all[key] = value
	return all
}

// prune drops nulls and empty maps and lists: what a typed object carries
// because the type has the field, not because anybody meant it. Asking for an
// empty field would make Crossplane its owner and remove what the provider has
// put there.
func prune(m map[string]any) {
	for k, v := range m {
		switch v := v.(type) {
		case nil:
			delete(m, k)
		case map[string]any:
			prune(v)
			if len(v) == 0 {
				delete(m, k)
			}
		case []any:
			for _, e := range v {
				if em, ok := e.(map[string]any); ok {
					prune(em)
				}
			}
			if len(v) == 0 {
				delete(m, k)
			}
		}
	}
}

// freeze asks for an object as it is: its identity, labels, annotations and
// spec. Fields that were asked for last time and aren't now are removed by
// Crossplane, so everything that was ever asked for must be in here.
func freeze(o *Observed) *structpb.Struct {
	in := o.resource.GetResource().GetFields()
	kept := map[string]*structpb.Value{}
	for _, k := range []string{"name", "namespace", "labels", "annotations"} {
		if v := in["metadata"].GetStructValue().GetFields()[k]; v != nil {
			kept[k] = v
		}
	}
	// Crossplane's mark of what a Usage protects. Written back, it would be ours, and
	// stay when Crossplane takes its own away.
	omit(kept, "labels", func(k string) bool { return k == LabelInUse })
	// The provider's notes to itself on a creation under way. Written back, they
	// could make it believe it never finished. And all there is becomes ours: of what
	// others add, we could not tell any more that it never was.
	omit(kept, "annotations", func(k string) bool {
		return strings.HasPrefix(k, "crossplane.io/external-create-") || k == annotationBeyond
	})
	out := map[string]*structpb.Value{"metadata": structpb.NewStructValue(&structpb.Struct{Fields: kept})}
	for _, k := range slices.DeleteFunc(slices.Collect(maps.Keys(in)), func(k string) bool {
		return k == "metadata" || k == "status"
	}) {
		out[k] = in[k]
	}
	return &structpb.Struct{Fields: out}
}

// omit the entries of a map among some fields, of which the map is copied.
func omit(fields map[string]*structpb.Value, name string, theirs func(key string) bool) {
	all := fields[name].GetStructValue().GetFields()
	if all == nil {
		return
	}
	mine := maps.Clone(all)
	maps.DeleteFunc(mine, func(key string, _ *structpb.Value) bool { return theirs(key) })
	fields[name] = structpb.NewStructValue(&structpb.Struct{Fields: mine})
}

// LabelInUse is how Crossplane marks what a Usage protects (v2.4.0,
// internal/controller/protection/usage/reconciler.go).
const LabelInUse = "crossplane.io/in-use"

// annotationKey is where Crossplane keeps the key of a composed object, and
// labelClaimNamespace where the namespace of the claim it was made for, if for any.
const (
	annotationKey       = "crossplane.io/composition-resource-name"
	labelClaimNamespace = "crossplane.io/claim-namespace"
)

// forget a managed resource: everything but its deletion stays as it is by
// default.
func forget(s *structpb.Struct) *structpb.Struct {
	policies := structpb.NewListValue(&structpb.ListValue{})
	for _, action := range []xpv1.ManagementAction{xpv1.ManagementActionObserve, xpv1.ManagementActionCreate, xpv1.ManagementActionUpdate, xpv1.ManagementActionLateInitialize} {
		policies.GetListValue().Values = append(policies.GetListValue().Values, structpb.NewStringValue(string(action)))
	}
	return having(s, managementPolicies.segments, policies)
}

// AsAsked are the management policies of what has only what is asked for: all but
// late initialisation.
func AsAsked() xpv1.ManagementPolicies {
	return xpv1.ManagementPolicies{xpv1.ManagementActionObserve, xpv1.ManagementActionCreate, xpv1.ManagementActionUpdate, xpv1.ManagementActionDelete}
}

// NewObject is an object whose type composes what nobody meant, or that has none
// here. It is composed as it is.
func NewObject(apiVersion, kind string, spec map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": apiVersion,
		"kind":       kind,
		"metadata":   map[string]any{},
		"spec":       spec,
	}}
}
