package world

import (
	"maps"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/test/aws"
)

// Edits of a composite, and of its claim.
//
//nolint:gochecknoglobals // Constants, but for Go's lack of constant functions.
var (
	Attempted = Set("Background", "metadata", "annotations", lifecycle.AnnotationAttempt)
	Confirmed = Set(lifecycle.TeardownConfirmed, "metadata", "annotations", lifecycle.AnnotationTeardown)
	Deleted   = Set("2026-01-02T00:00:00Z", "metadata", "deletionTimestamp")
)

// Cancel the attempt.
func Cancel(o *unstructured.Unstructured) {
	unstructured.RemoveNestedField(o.Object, "metadata", "annotations", lifecycle.AnnotationAttempt)
}

// Unprotected lifts the protection of everything the platform is made of.
func Unprotected(o *unstructured.Unstructured) {
	Set(false, "spec", "cluster", "deletionProtection")(o)
	list, _, _ := unstructured.NestedSlice(o.Object, "spec", "databases")
	for _, d := range list {
		if database, ok := d.(map[string]any); ok {
			database["deletionProtection"] = false
		}
	}
	if len(list) > 0 {
		Set(list, "spec", "databases")(o)
	}
}

// Set a field of an observed object.
func Set(value any, path ...string) func(o *unstructured.Unstructured) {
	return func(o *unstructured.Unstructured) {
		if err := unstructured.SetNestedField(o.Object, value, path...); err != nil {
			panic(err) // The tests' objects have maps where the paths expect them.
		}
	}
}

// Without a condition of an observed object.
func Without(ctype string) func(o *unstructured.Unstructured) {
	return func(o *unstructured.Unstructured) {
		_ = unstructured.SetNestedSlice(o.Object, conditionsBut(o, ctype), "status", "conditions")
	}
}

// WithoutDetails is a resource whose connection details are not there yet.
func WithoutDetails(r *fnv1.Resource) *fnv1.Resource {
	r = proto.CloneOf(r)
	r.ConnectionDetails = nil
	return r
}

// WithStatus gives an object a condition.
func WithStatus(o *unstructured.Unstructured, ctype, status, reason, message string) {
	aws.SetCondition(o, ctype, status, reason, message)
}

// KeyStranger of what no version of this function composes.
const KeyStranger = "of-another-version"

// UnknownResource is one that no version of this function composes.
func UnknownResource() *fnv1.Resource {
	s, err := structpb.NewStruct(map[string]any{
		"apiVersion": "example.org/v1", "kind": "Stranger",
		"metadata": map[string]any{"name": "stranger", "annotations": map[string]any{"xplatform.dev/needs": "vpc,nothing-known"}},
		"spec":     map[string]any{},
	})
	if err != nil {
		panic(err) // It is always the same.
	}
	return &fnv1.Resource{Resource: s}
}

// StructOf a map, as requests carry them.
func StructOf(tb testing.TB, m map[string]any) *structpb.Struct {
	tb.Helper()
	s, err := structpb.NewStruct(m)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// Input of the function.
func Input(tb testing.TB, more map[string]any) *structpb.Struct {
	tb.Helper()
	m := map[string]any{"apiVersion": "xplatform.fn.crossplane.io/v1beta1", "kind": "Input"}
	maps.Copy(m, more)
	return StructOf(tb, m)
}

// conditionsBut those of a type.
func conditionsBut(o *unstructured.Unstructured, ctype string) []any {
	cs, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	return slices.DeleteFunc(cs, func(c any) bool {
		condition, _ := c.(map[string]any)
		return condition["type"] == ctype
	})
}
