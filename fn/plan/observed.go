package plan

import (
	"maps"
	"slices"
	"strings"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/types/known/structpb"
)

// Observed is a composed resource as it exists. A nil Observed is one that
// doesn't exist: it has no fields.
//
// It reads the request's message as it is: converting all of a large platform
// costs more than everything else a run does.
type Observed struct {
	resource *fnv1.Resource
	// timeless strips what people are shown of what differs each time.
	timeless func(message string) string
}

// Observe a resource, nil if there is none.
func Observe(r *fnv1.Resource) *Observed {
	if r == nil {
		return nil
	}
	return &Observed{resource: r}
}

// observe a resource of the platform.
func (p *Plan) observe(r *fnv1.Resource) *Observed {
	return &Observed{resource: r, timeless: p.opts.Timeless}
}

// known is what exists by a key of the plan's, though somebody may have taken off all
// that says whose it is; nil if nothing does, or it is on its way out.
func (p *Plan) known(key string) *Observed {
	o := p.strangers[key]
	delete(p.strangers, key)
	switch {
	case o == nil:
	case o.Deleting():
		p.lingering[key] = o
	default:
		p.observed[key] = o
	}
	return p.observed[key]
}

// APIVersion of the resource.
func (o *Observed) APIVersion() string { return o.top("apiVersion").GetStringValue() }

// Kind of the resource.
func (o *Observed) Kind() string { return o.top("kind").GetStringValue() }

// Name of the resource.
func (o *Observed) Name() string { return o.metadata("name").GetStringValue() }

// Namespace of the resource, "" if it has none.
func (o *Observed) Namespace() string { return o.metadata("namespace").GetStringValue() }

// UID of the resource, which tells it from one of the same name.
func (o *Observed) UID() string { return o.metadata("uid").GetStringValue() }

// Created is when the resource was, to the second.
func (o *Observed) Created() string { return o.metadata("creationTimestamp").GetStringValue() }

// Version of the resource: another one with each change.
func (o *Observed) Version() string { return o.metadata("resourceVersion").GetStringValue() }

// Annotation of the resource, "" if there is none of that name.
func (o *Observed) Annotation(name string) string {
	return o.metadata("annotations").GetStructValue().GetFields()[name].GetStringValue()
}

// Deletes tells whether what a provider has made of the resource goes with it.
func (o *Observed) Deletes() bool { return askedFields.in(o) != nil && !o.forgettable() }

// Annotations of the resource whose names begin with a prefix, by name.
func (o *Observed) Annotations(prefix string) map[string]string {
	all := map[string]string{}
	for name, value := range o.metadata("annotations").GetStructValue().GetFields() {
		if strings.HasPrefix(name, prefix) {
			all[name] = value.GetStringValue()
		}
	}
	return all
}

// AnnotatedBy tells whether a field manager has set an annotation of the resource, and
// nobody has changed it since
// (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management).
func (o *Observed) AnnotatedBy(manager, name string) bool {
	return slices.ContainsFunc(o.metadata("managedFields").GetListValue().GetValues(), func(v *structpb.Value) bool {
		entry := v.GetStructValue().GetFields()
		annotations := entry["fieldsV1"].GetStructValue().GetFields()["f:metadata"].GetStructValue().GetFields()["f:annotations"]
		_, applied := annotations.GetStructValue().GetFields()["f:"+name]
		return applied && entry["manager"].GetStringValue() == manager
	})
}

// Label of the resource, "" if there is none of that name.
func (o *Observed) Label(name string) string {
	return o.metadata("labels").GetStructValue().GetFields()[name].GetStringValue()
}

// Deleting tells whether somebody has asked the resource to go.
func (o *Observed) Deleting() bool { return o.metadata("deletionTimestamp").GetStringValue() != "" }

// Stays tells whether the resource exists and isn't being deleted.
func (o *Observed) Stays() bool { return o != nil && !o.Deleting() }

// Planned tells whether the resource says that a plan has asked for it, be it that of
// another release.
func (o *Observed) Planned() bool {
	return o.Label(LabelPlatform) != "" || o.Annotation(AnnotationLayer) != "" || needsField.in(o) != nil
}

// ConnectionDetail that the resource has published, nil if it hasn't.
func (o *Observed) ConnectionDetail(key string) []byte {
	if o == nil {
		return nil
	}
	return o.resource.GetConnectionDetails()[key]
}

// Acknowledged tells whether a condition is about what is asked of the resource
// now, as far as it says.
func (o *Observed) Acknowledged(ctype string) bool {
	return o.about(o.conditionFields(ctype)["observedGeneration"])
}

// Condition of a type: its status, reason and message, each "" if there is none.
func (o *Observed) Condition(ctype string) (status, reason, message string) {
	f := o.conditionFields(ctype)
	return f["status"].GetStringValue(), f["reason"].GetStringValue(), f["message"].GetStringValue()
}

// words of the resource's provider, for people.
func (o *Observed) words(message string) string {
	if o == nil || o.timeless == nil {
		return message
	}
	return o.timeless(message)
}

// top is a field of the resource itself. It is nil, whose getters all work, if
// there is none.
func (o *Observed) top(name string) *structpb.Value {
	if o == nil {
		return nil
	}
	return o.resource.GetResource().GetFields()[name]
}

func (o *Observed) metadata(name string) *structpb.Value {
	return o.top("metadata").GetStructValue().GetFields()[name]
}

// Readiness of a resource, and why it isn't ready.
type Readiness struct {
	Ready   bool
	Reason  string
	Message string
}

// A Check tells whether a resource that exists is ready.
type Check func(o *Observed) Readiness

// Reasons a resource is not ready.
const (
	ReasonCreating = "Creating"
	ReasonDeleting = "Deleting"
	// ReasonUpdating of what was ready, and is being changed.
	ReasonUpdating = "Updating"
	// ReasonUnavailable of what was ready, and its provider says it is not any more.
	ReasonUnavailable = "Unavailable"
	reasonFailed      = "Failed"
	// reasonGivenUp of a check is one of what does not become ready by itself any
	// more, and only says that it doesn't.
	reasonGivenUp = "GivenUp"
	reasonPaused  = "Paused"
	reasonFrozen  = "Frozen"
	// reasonHeld of what people keep from taking its next step.
	reasonHeld = "Held"
)

// conditionAsync is what a provider says of what it did in the background, until it
// finds that nothing is left to be done.
const conditionAsync = "LastAsyncOperation"

// Exists is the check of a resource that reports no conditions: it is ready
// once it exists, until it is deleted.
func Exists(o *Observed) Readiness {
	if o.Deleting() {
		return Readiness{Reason: ReasonDeleting, Message: "is being deleted"}
	}
	return Readiness{Ready: true}
}

// Available is the check of a managed resource: it has the condition Ready,
// and its last update did not fail. What was answered to a failed one is the
// message.
func Available(o *Observed) Readiness {
	ready, cause, why := o.Condition("Ready")
	synced, reason, message := o.Condition("Synced")
	switch {
	case synced == "False" && reason == "ReconcilePaused":
		// It was ready, and stays so as long as nothing else is asked of it.
		if field := o.differs(); field != "" {
			return Readiness{Reason: reasonPaused, Message: "is paused, and does not get its " + field}
		}
		return Readiness{Ready: ready == "True", Reason: reasonPaused, Message: "is paused"}
	case synced == "False":
		return Readiness{Reason: reasonFailed, Message: o.words(message)}
	}
	if async, _, message := o.Condition(conditionAsync); async == "False" {
		return Readiness{Reason: reasonFailed, Message: o.words(message)}
	}
	switch {
	case ready == "True":
		return Readiness{Ready: true}
	case cause == ReasonUnavailable:
		return Readiness{Reason: ReasonUnavailable, Message: o.words(why)}
	default:
		return Readiness{Reason: ReasonCreating, Message: o.words(why)}
	}
}

// differs is the first field of what is asked of a managed resource that its provider
// reports to be otherwise, "" if there is none. It reports most of them, and all texts
// that are set.
func (o *Observed) differs() string {
	asked, is := askedFields.in(o).GetStructValue().GetFields(), reportedFields.in(o).GetStructValue().GetFields()
	text := func(k string) bool { _, is := asked[k].GetKind().(*structpb.Value_StringValue); return is }
	told := slices.ContainsFunc(slices.Collect(maps.Keys(is)), text)
	for _, k := range slices.Sorted(maps.Keys(asked)) {
		// Of what is named by people, such as tags, there must be no more either.
		exact := slices.Contains([]string{"labels", "tags"}, k)
		v := is[k]
		if v == nil && told && text(k) {
			return k
		}
		if v != nil && (!holds(v, asked[k]) || exact && !holds(asked[k], v)) {
			return k
		}
	}
	return ""
}

// holds tells whether a value is as asked. It may be more than that.
func holds(is, asked *structpb.Value) bool {
	switch a := asked.GetKind().(type) {
	case *structpb.Value_StructValue:
		for k, v := range a.StructValue.GetFields() {
			there := is.GetStructValue().GetFields()[k]
			// A text that is missing in something that is reported, such as a tag, is
			// not there.
			if _, text := v.GetKind().(*structpb.Value_StringValue); there == nil && text || there != nil && !holds(there, v) {
				return false
			}
		}
		return true
	case *structpb.Value_ListValue:
		there := is.GetListValue().GetValues()
		return !slices.ContainsFunc(a.ListValue.GetValues(), func(v *structpb.Value) bool {
			return !slices.ContainsFunc(there, func(t *structpb.Value) bool { return holds(t, v) })
		})
	default:
		return same(is, asked)
	}
}

// Condition is a check that a condition is true.
func Condition(ctype string) Check {
	return func(o *Observed) Readiness {
		if status, _, _ := o.Condition(ctype); status == "True" {
			return Readiness{Ready: true}
		}
		return Readiness{Reason: ReasonCreating, Message: "has no condition " + ctype + " yet"}
	}
}

// Published is a check that a connection detail is there.
func Published(key string) Check {
	return func(o *Observed) Readiness {
		if len(o.ConnectionDetail(key)) > 0 {
			return Readiness{Ready: true}
		}
		return Readiness{Reason: ReasonCreating, Message: "has not published its " + key + " yet"}
	}
}

func (o *Observed) conditionFields(ctype string) map[string]*structpb.Value {
	for _, c := range conditions.in(o).GetListValue().GetValues() {
		if f := c.GetStructValue().GetFields(); f["type"].GetStringValue() == ctype {
			return f
		}
	}
	return nil
}

// current tells whether what a provider says of the resource is about what is
// asked of it now, as far as it says.
func (o *Observed) current() bool {
	return o.about(observedGeneration.in(o)) && o.Acknowledged("Synced")
}

func (o *Observed) about(generation *structpb.Value) bool {
	g := generation.GetNumberValue()
	return g == 0 || g == o.metadata("generation").GetNumberValue()
}

// needs is what the resource said it needs when it was last asked for.
func (o *Observed) needs() string { return o.Annotation(AnnotationNeeds) }

// ownedBy tells whether something, by its UID, owns the resource, and nothing else
// controls it.
func (o *Observed) ownedBy(uid string) bool {
	owned := false
	for _, r := range o.owners() {
		ref := r.GetStructValue().GetFields()
		is := ref["uid"].GetStringValue() == uid
		if ref["controller"].GetBoolValue() && !is {
			return false
		}
		owned = owned || is
	}
	return owned
}

func (o *Observed) owners() []*structpb.Value {
	return o.metadata("ownerReferences").GetListValue().GetValues()
}

// forgettable tells whether the resource is composed such that its provider
// deletes nothing when it is deleted.
func (o *Observed) forgettable() bool {
	policies := managementPolicies.Of(o)
	return len(policies) > 0 && !slices.Contains(policies, "*") && !slices.Contains(policies, "Delete")
}
