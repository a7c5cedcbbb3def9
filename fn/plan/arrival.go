package plan

import (
	"cmp"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/crossplane/crossplane-runtime/v2/pkg/fieldpath"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// composer begins the name by which the API server knows what Crossplane has asked
// for (v2.4.0, internal/controller/apiextensions/composite/composition_functions.go:
// FieldOwnerComposedPrefix).
const composer = "apiextensions.crossplane.io/composed"

// noted is where the API server notes who asked for which of askedFields.
//
//nolint:gochecknoglobals // A constant.
var noted = fieldpath.Segments{fieldpath.Field("f:spec"), fieldpath.Field("f:forProvider")}

// arrive tells whether what is asked of the node's object has got there, and to its
// provider. Until then the object is as ready as it was before, which says nothing
// of the change.
func (n *Node) arrive() {
	r := n.state.readiness
	if n.observed == nil {
		return
	}
	if !n.state.frozen {
		described, err := n.described()
		if err != nil {
			n.plan.errs = append(n.plan.errs, err)
			return
		}
		asked := askedFields.in(Observe(&fnv1.Resource{Resource: described}))
		over := n.observed.surplus(asked)
		n.state.beyond = over.fields
		if !r.Ready {
			return
		}
		if field := cmp.Or(n.observed.lacks(asked), n.observed.keeps(over)); field != "" {
			n.state.readiness = Readiness{Reason: ReasonUpdating, Message: "gets its " + field}
			return
		}
	}
	if !r.Ready {
		return
	}
	if r.Reason != reasonPaused && !n.observed.current() {
		n.state.readiness = Readiness{Reason: ReasonUpdating, Message: "is being changed"}
	}
}

// lacks is the first field of what is asked of a provider that the object doesn't
// have as described, "" if there is none. What the provider reports as described is in
// force: it is only followed.
func (o *Observed) lacks(asked *structpb.Value) string {
	reported := reportedFields.in(o).GetStructValue().GetFields()
	return otherwise(askedFields.in(o), asked, func(name string, want *structpb.Value) bool {
		return reported[name] != nil && holds(reported[name], want) && holds(want, reported[name])
	})
}

// composed are the fields that Crossplane asked a provider for last, as the API
// server notes them: https://kubernetes.io/docs/reference/using-api/server-side-apply/
// It is nil if there is no telling: more than one composite has asked.
func (o *Observed) composed() map[string]*structpb.Value {
	return descend(o.request()["fieldsV1"], noted).GetStructValue().GetFields()
}

// AskedAt is when Crossplane asked for something else of the object last, "" if the
// API server doesn't say.
func (o *Observed) AskedAt() string { return o.request()["time"].GetStringValue() }

// request is what the API server notes of Crossplane's last one, nil if there is no
// telling: none, or more than one composite has asked.
func (o *Observed) request() map[string]*structpb.Value {
	var found map[string]*structpb.Value
	for _, v := range o.metadata("managedFields").GetListValue().GetValues() {
		entry := v.GetStructValue().GetFields()
		if !strings.HasPrefix(entry["manager"].GetStringValue(), composer) {
			continue
		}
		if found != nil {
			return nil
		}
		found = entry
	}
	return found
}

// otherwise is the first field that is not as asked, by its name in what holds it, ""
// if there is none, but for fields that are excused. What is, may be more than what is
// asked for.
func otherwise(is, asked *structpb.Value, excused func(name string, want *structpb.Value) bool) string {
	found, there := "", is.GetStructValue().GetFields()
	for k, v := range asked.GetStructValue().GetFields() {
		if name, differs := differing(k, there[k], v); differs && (excused == nil || !excused(k, v)) {
			found = first(found, name)
		}
	}
	return found
}

// differing tells whether a field is not as asked, and by what name.
func differing(field string, is, asked *structpb.Value) (name string, differs bool) {
	switch v := asked.GetKind().(type) {
	case *structpb.Value_NullValue: // To ask for nothing is not to ask.
		return field, false
	case *structpb.Value_StructValue:
		if is == nil {
			return field, true
		}
		below := otherwise(is, asked, nil)
		return field + "." + below, below != ""
	case *structpb.Value_ListValue:
		return field, is == nil || !hasAll(is.GetListValue().GetValues(), v.ListValue.GetValues())
	default:
		return field, !same(is, asked)
	}
}

// same tells whether a value is the same as another. To compare texts, numbers and
// flags as messages would take longer than everything else here.
func same(is, asked *structpb.Value) bool {
	switch v := asked.GetKind().(type) {
	case *structpb.Value_StringValue:
		there, ok := is.GetKind().(*structpb.Value_StringValue)
		return ok && there.StringValue == v.StringValue
	case *structpb.Value_NumberValue:
		there, ok := is.GetKind().(*structpb.Value_NumberValue)
		return ok && there.NumberValue == v.NumberValue
	case *structpb.Value_BoolValue:
		there, ok := is.GetKind().(*structpb.Value_BoolValue)
		return ok && there.BoolValue == v.BoolValue
	default:
		return proto.Equal(is, asked)
	}
}

// first of the names found so far, "" if there are none, and one more: what is said must
// not depend on the order of a map.
func first(found, name string) string {
	if found == "" {
		return name
	}
	return min(found, name)
}

// hasAll tells whether a list has all that is asked of it, in whatever order.
func hasAll(is, asked []*structpb.Value) bool {
	return !slices.ContainsFunc(asked, func(v *structpb.Value) bool {
		return !slices.ContainsFunc(is, func(there *structpb.Value) bool {
			if v.GetStructValue() != nil {
				return there.GetStructValue() != nil && otherwise(there, v, nil) == ""
			}
			return same(there, v)
		})
	})
}

// annotationBeyond of an object lists, line by line, the fields that Crossplane had asked
// for, and the plan did not, when it was asked for last.
const annotationBeyond = "xplatform.dev/beyond"

// A surplus is what was asked for of an object, and isn't any more.
type surplus struct {
	// fields by their paths, in order.
	fields []string
	// longer is the first list or map as a whole of which there is more than is asked
	// for, "" if there is none.
	longer string
}

// surplus of the resource, given what is asked for.
func (o *Observed) surplus(asked *structpb.Value) surplus {
	var s surplus
	s.add("", o.composed(), askedFields.in(o), asked)
	slices.Sort(s.fields)
	return s
}

// add what was asked for inside of a field, is there, and isn't asked for any more.
func (s *surplus) add(path string, before map[string]*structpb.Value, is, asked *structpb.Value) {
	there, wanted := is.GetStructValue().GetFields(), asked.GetStructValue().GetFields()
	for k, v := range before {
		name, isField := strings.CutPrefix(k, "f:")
		if !isField {
			continue
		}
		entries := v.GetStructValue().GetFields()
		switch {
		case wanted[name] == nil:
			s.fields = append(s.fields, path+name)
		case more(there[name], wanted[name], entries):
			s.longer = first(s.longer, path+name)
		default:
			s.add(path+name+".", entries, there[name], wanted[name])
		}
	}
}

// keeps is the first field of a surplus that has yet to go, "" if there is none. What a
// later step of the pipeline adds, such as tags, never does, and the API server notes it
// as Crossplane's, like all the rest. But what is noted though the plan did not ask for
// it then, as the object itself says, is that step's. Of what we have only now stopped
// asking for the object says nothing yet: both are written at once.
func (o *Observed) keeps(s surplus) string {
	theirs, found := strings.Split(beyondField.Of(o), "\n"), s.longer
	for _, name := range s.fields {
		if !slices.Contains(theirs, name) {
			found = first(found, name)
		}
	}
	return found
}

// more tells whether there is more in a list or a map than is asked for. Of one that
// somebody owns entry by entry what others have put there is no matter.
func more(is, asked *structpb.Value, entries map[string]*structpb.Value) bool {
	if asked.GetListValue() == nil {
		return len(entries) == 0 && len(is.GetStructValue().GetFields()) > len(asked.GetStructValue().GetFields())
	}
	owned := 0
	for k := range entries {
		if strings.HasPrefix(k, "k:") || strings.HasPrefix(k, "v:") {
			owned++
		}
	}
	if owned == 0 {
		owned = len(is.GetListValue().GetValues())
	}
	return owned > len(asked.GetListValue().GetValues())
}
