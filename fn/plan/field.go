package plan

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crossplane/crossplane-runtime/v2/pkg/fieldpath"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// A Field is where something is in a resource. What is read off a kind of
// resource is declared once, as a Field or one of its typed readers, so that a
// test can hold its path against the kind's definition: a wrong one would read
// nothing, for ever.
type Field struct {
	path     string
	segments fieldpath.Segments
}

// NewField at a path such as "status.atProvider.identity[0].oidc[0].issuer". Each
// entry of a list is "[*]", for Texts alone. One that doesn't parse reads
// nothing.
func NewField(path string) Field {
	s, err := fieldpath.Parse(path)
	if err != nil {
		return Field{path: path}
	}
	return Field{path: path, segments: s}
}

// Annotated is the field of an annotation, which no kind's definition has.
func Annotated(name string) Field { return NewField("metadata.annotations[" + name + "]") }

// placeFields are where an object says where it is.
//
//nolint:gochecknoglobals // A constant, but for its parsed paths.
var placeFields = []Field{NewField("metadata.namespace"), NewField("metadata.name")}

// Decode what is in the field into a typed object. That there is nothing is no
// error.
func (f Field) Decode(o *Observed, into any) error {
	m := f.in(o).GetStructValue().AsMap()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(m, into); err != nil {
		return fmt.Errorf("cannot read %s: %w", f.path, err)
	}
	return nil
}

// Path of the field, for people.
func (f Field) Path() string { return f.path }

// in returns what is in the field: nil, whose getters all work, if there is
// nothing.
func (f Field) in(o *Observed) *structpb.Value {
	if o == nil || len(f.segments) == 0 {
		return nil
	}
	return descend(structpb.NewStructValue(o.resource.GetResource()), f.segments)
}

func descend(v *structpb.Value, path fieldpath.Segments) *structpb.Value {
	for _, s := range path {
		if s.Type == fieldpath.SegmentField {
			v = v.GetStructValue().GetFields()[s.Field]
			continue
		}
		l := v.GetListValue().GetValues()
		if int(s.Index) >= len(l) {
			return nil
		}
		v = l[s.Index]
	}
	return v
}

// name is the last part of the path, for people.
func (f Field) name() string { return f.path[strings.LastIndex(f.path, ".")+1:] }

// A Text is a field that holds a string. Of a number or a boolean it is the
// decimal or Go form.
type Text struct{ Field }

// NewText at a path.
func NewText(path string) Text { return Text{NewField(path)} }

// Of a resource, "" if there is none.
func (t Text) Of(o *Observed) string {
	switch v := t.in(o).GetKind().(type) {
	case *structpb.Value_StringValue:
		return v.StringValue
	case *structpb.Value_NumberValue:
		return strconv.FormatFloat(v.NumberValue, 'f', -1, 64)
	case *structpb.Value_BoolValue:
		return strconv.FormatBool(v.BoolValue)
	default:
		return ""
	}
}

// Is a check that the field has a value. Providers call a resource ready as soon
// as it exists, so what the other side itself says of it has to be read off its status.
// What has one of the other values does not become ready by itself: it failed.
func (t Text) Is(want string, failed ...string) Check {
	return func(o *Observed) Readiness {
		got := t.Of(o)
		switch {
		case got == want:
			return Readiness{Ready: true}
		case slices.Contains(failed, got):
			return Readiness{Reason: reasonGivenUp, Message: t.name() + " is " + got}
		case got == "":
			return Readiness{Reason: ReasonCreating, Message: t.name() + " is unknown, not yet " + want}
		}
		return Readiness{Reason: ReasonUpdating, Message: t.name() + " is " + got + ", not yet " + want}
	}
}

// IsNot is a check that the field has none of some values, of which each means that
// it failed.
func (t Text) IsNot(failed ...string) Check {
	return func(o *Observed) Readiness {
		if got := t.Of(o); slices.Contains(failed, got) {
			return Readiness{Reason: reasonGivenUp, Message: t.name() + " is " + got}
		}
		return Readiness{Ready: true}
	}
}

// Known is a check that the field has any value.
func (t Text) Known() Check {
	return func(o *Observed) Readiness {
		if t.Of(o) != "" {
			return Readiness{Ready: true}
		}
		return Readiness{Reason: ReasonCreating, Message: t.name() + " is not known yet"}
	}
}

// A Number is a field that holds a whole one.
type Number struct{ Field }

// NewNumber at a path.
func NewNumber(path string) Number { return Number{NewField(path)} }

// Of a resource, and whether it is known.
func (n Number) Of(o *Observed) (value int32, known bool) {
	v, isNumber := n.in(o).GetKind().(*structpb.Value_NumberValue)
	if !isNumber || v.NumberValue != math.Trunc(v.NumberValue) || math.Abs(v.NumberValue) > math.MaxInt32 {
		return 0, false
	}
	return int32(v.NumberValue), true
}

// Is a check that the field has a value.
func (n Number) Is(want int32) Check { return Text(n).Is(strconv.Itoa(int(want))) }

// A Flag is a field that is true, or isn't.
type Flag struct{ Field }

// NewFlag at a path.
func NewFlag(path string) Flag { return Flag{NewField(path)} }

// Of a resource, false if nothing is said.
func (f Flag) Of(o *Observed) bool { return f.in(o).GetBoolValue() }

// Known tells whether anything is said.
func (f Flag) Known(o *Observed) bool { return f.in(o) != nil }

// Texts is a field that holds strings, or one of each entry of a list.
type Texts struct{ Field }

// NewTexts at a path, such as "status.names" or "spec.refs[*].name".
func NewTexts(path string) Texts { return Texts{NewField(path)} }

// Of a resource, nil if there are none.
func (t Texts) Of(o *Observed) []string {
	list, entry := t.segments, fieldpath.Segments(nil)
	for i, s := range t.segments {
		if s.Type == fieldpath.SegmentField && s.Field == "*" {
			list, entry = t.segments[:i], t.segments[i+1:]
		}
	}
	var ss []string
	for _, v := range (Field{segments: list}).in(o).GetListValue().GetValues() {
		ss = append(ss, descend(v, entry).GetStringValue())
	}
	return ss
}

// Entries is a field that holds a list of objects.
type Entries struct{ Field }

// NewEntries at a path.
func NewEntries(path string) Entries { return Entries{NewField(path)} }

// Of a resource, nil if there are none. Each can be read like a resource.
func (e Entries) Of(o *Observed) []*Observed {
	var es []*Observed
	for _, v := range e.in(o).GetListValue().GetValues() {
		es = append(es, Observe(&fnv1.Resource{Resource: v.GetStructValue()}))
	}
	return es
}

// What is read off every kind of managed resource.
//
//nolint:gochecknoglobals // Constants, but for their parsed paths.
var (
	conditions         = NewField("status.conditions")
	observedGeneration = NewField("status.observedGeneration")
	managementPolicies = NewTexts("spec.managementPolicies")
	askedFields        = NewField("spec.forProvider")
	reportedFields     = NewField("status.atProvider")
	needsField         = Annotated(AnnotationNeeds)
	beyondField        = NewText("metadata.annotations[" + annotationBeyond + "]")
)
