package world

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/crossplane/crossplane-runtime/v2/pkg/fieldpath"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/crossplane/function-sdk-go/resource"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// Keys are the keys of what the platform is made of: all but the guard.
func Keys(rsp *fnv1.RunFunctionResponse) []string {
	keys := SortedKeys(rsp.GetDesired().GetResources())
	return slices.DeleteFunc(keys, func(key string) bool { return key == lifecycle.KeyGuard })
}

// KindsOf are the keys of the desired objects of a kind.
func KindsOf(rsp *fnv1.RunFunctionResponse, kind string) []string {
	return slices.DeleteFunc(Keys(rsp), func(key string) bool { return Desired(rsp, key).GetKind() != kind })
}

// Desired is what is asked for by a key.
func Desired(rsp *fnv1.RunFunctionResponse, key string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: rsp.GetDesired().GetResources()[key].GetResource().AsMap()}
}

// At is what a desired object has at a field path, nil if there is nothing.
func At(rsp *fnv1.RunFunctionResponse, key, path string) any {
	v, err := fieldpath.Pave(Desired(rsp, key).Object).GetValue(path)
	if err != nil {
		return nil
	}
	return v
}

// ExternalName is the field path of the annotation that holds what AWS calls a
// resource.
const ExternalName = "metadata.annotations[" + meta.AnnotationKeyExternalName + "]"

// StatusOf the composite, as an answer says.
func StatusOf(tb testing.TB, rsp *fnv1.RunFunctionResponse) map[string]any {
	tb.Helper()
	m := map[string]any{}
	if err := resource.AsObject(rsp.GetDesired().GetComposite().GetResource(), &unstructured.Unstructured{Object: m}); err != nil {
		tb.Fatal(err)
	}
	s, _ := rsp.GetDesired().GetComposite().GetResource().AsMap()["status"].(map[string]any)
	return s
}

// ConditionOf an answer, nil if it says nothing of the type.
func ConditionOf(rsp *fnv1.RunFunctionResponse, ctype string) *fnv1.Condition {
	for _, c := range rsp.GetConditions() {
		if c.GetType() == ctype {
			return c
		}
	}
	return nil
}

// FatalOf is the message of a fatal response, "" if it isn't one.
func FatalOf(rsp *fnv1.RunFunctionResponse) string {
	for _, r := range rsp.GetResults() {
		if r.GetSeverity() == fnv1.Severity_SEVERITY_FATAL {
			return r.GetMessage()
		}
	}
	return ""
}

// Validate everything that is asked for, and the status, with the API server's
// own code.
func Validate(t *testing.T, w *World, rsp *fnv1.RunFunctionResponse) {
	t.Helper()
	for _, key := range SortedKeys(rsp.GetDesired().GetResources()) {
		o := Desired(rsp, key)
		if err := w.CRDs.Validate(o); err != nil {
			t.Errorf("%s: %v", key, err)
		}
		if _, ok := o.Object["status"]; ok {
			t.Errorf("%s: carries a status", key)
		}
		if paths := empties(o.Object, ""); len(paths) > 0 {
			t.Errorf("%s: carries empty fields %v", key, paths)
		}
	}
	xr := w.XR.DeepCopy()
	xr.Object["status"] = StatusOf(t, rsp)
	if err := w.CRDs.Validate(xr); err != nil {
		t.Errorf("status: %v", err)
	}
}

// empties lists the paths of nulls and of empty maps, lists and strings.
func empties(v any, path string) []string {
	var found []string
	switch v := v.(type) {
	case nil:
		return []string{path}
	case string:
		if v == "" {
			return []string{path}
		}
	case map[string]any:
		if len(v) == 0 {
			return []string{path}
		}
		for _, k := range SortedKeys(v) {
			if k == "apiGroups" || k == plan.AnnotationNeeds {
				continue // The core group's name is empty, and some need nothing.
			}
			found = append(found, empties(v[k], path+"."+k)...)
		}
	case []any:
		if len(v) == 0 {
			return []string{path}
		}
		for i, e := range v {
			found = append(found, empties(e, fmt.Sprintf("%s[%d]", path, i))...)
		}
	}
	return found
}

// CheckRefused checks that the claim says what is wrong with it, and nothing is composed.
func CheckRefused(t *testing.T, reason string, rsp *fnv1.RunFunctionResponse, want ...string) {
	t.Helper()
	c := ConditionOf(rsp, v1alpha1.ConditionAccepted)
	if c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || c.GetReason() != "Invalid" || c.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
		t.Errorf("\n%s\nwant condition Accepted False for composite and claim, got %v", reason, c)
	}
	if FatalOf(rsp) == "" || FatalOf(rsp) != c.GetMessage() {
		t.Errorf("\n%s\nwant the condition's message %q as fatal result, got %q", reason, c.GetMessage(), FatalOf(rsp))
	}
	for _, s := range want {
		if !strings.Contains(c.GetMessage(), s) {
			t.Errorf("\n%s\n%q does not contain %q", reason, c.GetMessage(), s)
		}
	}
	if keys := Keys(rsp); len(keys) > 0 {
		t.Errorf("\n%s\nwant nothing composed, got %v", reason, keys)
	}
}

// SortedKeys of a map, so that its order reaches nothing.
func SortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Same is proto.Equal for JSON, and several times as fast.
func Same(a, b *structpb.Struct) bool {
	return a == b || len(a.GetFields()) == len(b.GetFields()) && maps.EqualFunc(a.GetFields(), b.GetFields(), sameValue)
}

func sameValue(a, b *structpb.Value) bool {
	if a == b {
		return true
	}
	switch x := a.GetKind().(type) {
	case *structpb.Value_StructValue:
		y, ok := b.GetKind().(*structpb.Value_StructValue)
		return ok && Same(x.StructValue, y.StructValue)
	case *structpb.Value_ListValue:
		y, ok := b.GetKind().(*structpb.Value_ListValue)
		return ok && slices.EqualFunc(x.ListValue.GetValues(), y.ListValue.GetValues(), sameValue)
	case *structpb.Value_StringValue:
		y, ok := b.GetKind().(*structpb.Value_StringValue)
		return ok && x.StringValue == y.StringValue
	default:
		return proto.Equal(a, b)
	}
}

// Differences between two objects that are asked for: the paths of all fields that
// are not the same, but for what they say they need.
func Differences(a, b *unstructured.Unstructured) []string {
	var paths []string
	var compare func(path string, a, b any)
	compare = func(path string, a, b any) {
		x, isMap := a.(map[string]any)
		y, both := b.(map[string]any)
		if !isMap || !both {
			if !reflect.DeepEqual(a, b) {
				paths = append(paths, path)
			}
			return
		}
		keys := maps.Clone(x)
		maps.Copy(keys, y)
		for _, k := range SortedKeys(keys) {
			if k != plan.AnnotationNeeds {
				compare(strings.TrimPrefix(path+"."+k, "."), x[k], y[k])
			}
		}
	}
	compare("", a.Object, b.Object)
	return paths
}
