package aws

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv1 "github.com/crossplane/crossplane-runtime/v2/apis/common/v1"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
)

// Terraformed is what the provider generates for each of its kinds (upjet's
// pkg/resource/interfaces.go).
type Terraformed interface {
	resource.Managed
	GetTerraformResourceType() string
	GetParameters() (map[string]any, error)
	LateInitialize(attrs []byte) (bool, error)
}

// A Poll is one look of a provider at an object.
type Poll struct {
	// Scheme knows the provider's types.
	Scheme *runtime.Scheme
	// Objects are what references lead to.
	Objects client.Reader
}

// Poll an object as its provider does (crossplane-runtime's
// pkg/reconciler/managed/reconciler.go, upjet's
// pkg/controller/external_tfpluginsdk.go), and return it as it leaves it; nil once
// it was asked to go and is gone.
func (a *Account) Poll(p Poll, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	o = o.DeepCopy()
	if meta.IsPaused(o) {
		SetCondition(o, "Synced", "False", "ReconcilePaused", "Reconciliation is paused via the pause annotation")
		return o, nil
	}
	typed, err := p.typed(o)
	if err != nil {
		return nil, err
	}
	if o.GetDeletionTimestamp() != nil {
		if refusal := a.remove(o, typed); refusal != "" {
			SetCondition(o, "Synced", "False", "ReconcileError", "delete failed: "+refusal)
			return o, nil
		}
		return nil, nil //nolint:nilnil // It is gone.
	}
	if err := p.resolve(typed); err != nil {
		SetCondition(o, "Synced", "False", "ReconcileError", "cannot resolve references: "+err.Error())
		return o, nil //nolint:nilerr // The object says so.
	}
	generated, ok := typed.(Terraformed)
	if !ok { // ClusterAuth, which the provider's authors wrote by hand.
		return a.world.Ready(o)
	}
	t := a.Of(o)
	if t == nil {
		if t = a.make(o); t == nil {
			return o, nil
		}
	}
	return o, a.observe(p, o, generated, t)
}

// observe a thing, and update it to what its object asks for.
func (a *Account) observe(p Poll, o *unstructured.Unstructured, typed Terraformed, t *Thing) error {
	if allows(typed, xpv1.ManagementActionLateInitialize) {
		if err := p.lateInitialize(o, typed, t); err != nil {
			return err
		}
	}
	refusal, err := a.update(o, typed, t)
	if err != nil {
		return err
	}
	SetCondition(o, "Ready", "True", "Available", "")
	switch {
	case refusal == "":
		SetCondition(o, "Synced", "True", "ReconcileSuccess", "")
		SetCondition(o, "LastAsyncOperation", "True", "Success", "")
	case rulesOf[t.Kind.Kind].async && !strings.Contains(refusal, "requires replacing"):
		SetCondition(o, "Synced", "True", "ReconcileSuccess", "")
		SetCondition(o, "LastAsyncOperation", "False", "AsyncUpdateFailure", "async update failed: "+refusal)
	default:
		SetCondition(o, "Synced", "False", "ReconcileError", "update failed: "+refusal)
	}
	return a.report(o, t)
}

// allows tells whether an object's policies let its provider do something.
func allows(o resource.Managed, action xpv1.ManagementAction) bool {
	policies := o.GetManagementPolicies()
	return len(policies) == 0 || slices.Contains(policies, xpv1.ManagementActionAll) || slices.Contains(policies, action)
}

// Resolve the references of an object, and return it with what they lead to; as it
// was if one leads nowhere yet.
func (p Poll) Resolve(o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	typed, err := p.typed(o)
	if err != nil {
		return nil, err
	}
	if err := p.resolve(typed); err != nil {
		return o, nil //nolint:nilerr // Poll says so.
	}
	o = o.DeepCopy()
	return o, keep(o, typed)
}

// resolve the references of an object, if its kind has any.
func (p Poll) resolve(typed resource.Managed) error {
	r, ok := typed.(interface {
		ResolveReferences(ctx context.Context, c client.Reader) error
	})
	if !ok {
		return nil
	}
	teach(p.Scheme)
	return r.ResolveReferences(context.Background(), p.Objects) //nolint:wrapcheck // It is said as it is.
}

func (p Poll) typed(o *unstructured.Unstructured) (resource.Managed, error) {
	empty, err := p.Scheme.New(o.GroupVersionKind())
	if err != nil {
		return nil, fmt.Errorf("cannot make a %s: %w", o.GetKind(), err)
	}
	typed, ok := empty.(resource.Managed)
	if !ok {
		return nil, fmt.Errorf("%s is no kind of provider-upjet-aws", o.GetKind())
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, typed); err != nil {
		return nil, fmt.Errorf("cannot read %s %s: %w", o.GetKind(), o.GetName(), err)
	}
	return typed, nil
}

// keep what the provider has written into the spec of its typed object.
func keep(o *unstructured.Unstructured, typed resource.Managed) error {
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
	if err != nil {
		return fmt.Errorf("cannot write %s %s: %w", o.GetKind(), o.GetName(), err)
	}
	spec, _, _ := unstructured.NestedMap(m, "spec", "forProvider")
	if err := unstructured.SetNestedMap(o.Object, spec, "spec", "forProvider"); err != nil {
		return fmt.Errorf("cannot write the spec of %s %s: %w", o.GetKind(), o.GetName(), err)
	}
	return nil
}

// make what an object asks for. What AWS refuses is said of the object.
func (a *Account) make(o *unstructured.Unstructured) *Thing {
	t := &Thing{Kind: o.GroupVersionKind().GroupKind(), Name: meta.GetExternalName(o), Has: wish(o, false)}
	r := rulesOf[t.Kind.Kind]
	refusal := cmp.Or(a.taken(t), a.refused[t.Kind.Kind+"/"+t.Name])
	if refusal == "" && r.refuse != nil {
		refusal = r.refuse(a, nil, t.Has)
	}
	if refusal != "" {
		SetCondition(o, "Ready", "False", "Creating", "")
		if r.async {
			SetCondition(o, "Synced", "True", "ReconcileSuccess", "")
			SetCondition(o, "LastAsyncOperation", "False", "AsyncCreateFailure", "async create failed: "+refusal)
		} else {
			SetCondition(o, "Synced", "False", "ReconcileError", "create failed: "+refusal)
		}
		return nil
	}
	a.made++
	t.Serial, t.Version = a.made, 1
	if r.decides != nil {
		r.decides(a, nil, t.Has)
	}
	if r.computed != nil {
		r.computed(t)
	}
	a.things[identity(o)] = t
	return t
}

// taken says that AWS has something of that name.
func (a *Account) taken(t *Thing) string {
	for id, other := range a.things {
		if other.Kind == t.Kind && t.Name != "" && other.Name == t.Name && (t.Kind.Kind != "RolePolicy" || reflect.DeepEqual(other.Has["role"], t.Has["role"])) {
			return "AlreadyExists: " + t.Name + " is taken by " + id
		}
	}
	return ""
}

// update what AWS has to what an object asks for, all of it or nothing. A refusal is
// AWS's or the provider's.
func (a *Account) update(o *unstructured.Unstructured, typed Terraformed, t *Thing) (refusal string, err error) {
	if !allows(typed, xpv1.ManagementActionUpdate) {
		return "", nil
	}
	asked := wish(o, true)
	for _, path := range a.world.answers[t.Kind.String()].Immutable {
		if is, want := at(t.Has, path), at(asked, path); want != nil && !alike(is, want) {
			return fmt.Sprintf("refuse to update the external resource because the following update requires replacing it: cannot change the value of the argument %q from \"%v\" to \"%v\"", path, is, want), nil
		}
	}
	next, err := a.next(o, typed, t, asked)
	if err != nil || alike(next, t.Has) && len(t.Later) == 0 {
		return "", err
	}
	return a.become(t, next), nil
}

// next is what a thing is to be: what is asked for, and of what isn't, what AWS
// decides.
func (a *Account) next(o *unstructured.Unstructured, typed Terraformed, t *Thing, asked map[string]any) (map[string]any, error) {
	names := attributesOf(reflect.ValueOf(typed).Elem().FieldByName("Spec").FieldByName("ForProvider").Type())
	next := runtime.DeepCopyJSON(t.Has)
	for k := range t.Has {
		if _, stays := asked[k]; stays || names[k] == "" {
			continue
		}
		if first, _, _ := unstructured.NestedFieldNoCopy(o.Object, "spec", "initProvider", k); first != nil {
			continue
		}
		kept, err := computed(typed.GetTerraformResourceType(), names[k])
		if err != nil {
			return nil, err
		}
		if !kept {
			delete(next, k)
		}
	}
	for k, v := range asked {
		next[k] = fill(v, next[k])
		// Of updateConfig there is one field or the other.
		if k == "tags" || k == "labels" || k == "updateConfig" {
			next[k] = v
		}
	}
	return next, nil
}

// become what is asked of a thing, as far as AWS does so at once. What it refuses it
// answers.
func (a *Account) become(t *Thing, next map[string]any) (refusal string) {
	if words := a.refused[t.Kind.Kind+"/"+t.Name]; words != "" {
		return words
	}
	r := rulesOf[t.Kind.Kind]
	if r.refuse != nil {
		if refusal := r.refuse(a, t, next); refusal != "" {
			return refusal
		}
	}
	if t.Later = nil; r.later != nil {
		t.Later = r.later(t.Has, next)
		for k := range t.Later {
			next[k] = t.Has[k]
		}
	}
	if r.decides != nil {
		r.decides(a, t.Has, next)
	}
	before := t.Has
	t.Has = next
	if r.computed != nil {
		r.computed(t)
	}
	if !alike(withoutTags(before), withoutTags(t.Has)) {
		t.Version++
	}
	return ""
}

// withoutTags are the attributes but for the tags of the thing itself.
func withoutTags(attributes map[string]any) map[string]any {
	m := maps.Clone(attributes)
	delete(m, "tags")
	return m
}

// remove what an object stands for.
func (a *Account) remove(o *unstructured.Unstructured, typed resource.Managed) (refusal string) {
	if t := a.Of(o); t != nil && allows(typed, xpv1.ManagementActionDelete) {
		if r := rulesOf[t.Kind.Kind]; r.keep != nil {
			if refusal := r.keep(a, t, o); refusal != "" {
				return refusal
			}
		}
	}
	delete(a.things, identity(o))
	return ""
}

// lateInitialize the object with what AWS has.
func (p Poll) lateInitialize(o *unstructured.Unstructured, typed Terraformed, t *Thing) error {
	has := o.DeepCopy()
	if err := unstructured.SetNestedMap(has.Object, t.Has, "spec", "forProvider"); err != nil {
		return fmt.Errorf("cannot copy what AWS has: %w", err)
	}
	unstructured.RemoveNestedField(has.Object, "spec", "initProvider")
	state, err := p.typed(has)
	if err != nil {
		return err
	}
	attrs, err := state.(Terraformed).GetParameters() //nolint:forcetypeassert // It is of the type of the other.
	if err != nil {
		return fmt.Errorf("cannot tell the attributes of %s %s: %w", o.GetKind(), o.GetName(), err)
	}
	b, err := json.Marshal(attrs)
	if err != nil {
		return fmt.Errorf("cannot write the attributes of %s %s: %w", o.GetKind(), o.GetName(), err)
	}
	changed, err := typed.LateInitialize(b)
	if err != nil {
		return fmt.Errorf("cannot late-initialize %s %s: %w", o.GetKind(), o.GetName(), err)
	}
	if !changed {
		return nil
	}
	return keep(o, typed)
}

// report what AWS has: the table's answer of a thing that has it.
func (a *Account) report(o *unstructured.Unstructured, t *Thing) error {
	asked, _, _ := unstructured.NestedMap(o.Object, "spec", "forProvider")
	has := o.DeepCopy()
	known := maps.Clone(asked)
	maps.Copy(known, t.Has)
	if err := unstructured.SetNestedMap(has.Object, known, "spec", "forProvider"); err != nil {
		return fmt.Errorf("cannot copy what AWS has: %w", err)
	}
	unstructured.RemoveNestedField(has.Object, "spec", "initProvider")
	observed, err := a.world.Ready(has)
	if err != nil {
		return err
	}
	atProvider := runtime.DeepCopyJSON(t.Has)
	said, _, _ := unstructured.NestedMap(observed.Object, "status", "atProvider")
	maps.Copy(atProvider, said)
	if r := rulesOf[t.Kind.Kind]; r.says != nil {
		r.says(t, atProvider)
	}
	meta.SetExternalName(o, meta.GetExternalName(observed))
	if t.Name == "" {
		t.Name = meta.GetExternalName(o)
	}
	return unstructured.SetNestedMap(o.Object, atProvider, "status", "atProvider") //nolint:wrapcheck // It is a map of maps.
}

// SetCondition of an object, whatever it said of that type before.
func SetCondition(o *unstructured.Unstructured, ctype, status, reason, message string) {
	all, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	all = slices.DeleteFunc(all, func(c any) bool {
		m, _ := c.(map[string]any)
		return m["type"] == ctype
	})
	_ = unstructured.SetNestedSlice(o.Object, append(all, condition(ctype, status, reason, message)), "status", "conditions")
}

// GroupProvider is how the API groups of provider-upjet-aws end.
const GroupProvider = ".aws.m.upbound.io"
