package function_test

import (
	"context"
	"encoding/json"
	"testing"

	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// BenchmarkRunFunction runs the function on ready platforms, as they are
// observed in a cluster: with managed fields. The floor is what no function can
// avoid, reading the request off the wire and writing the response back.
func BenchmarkRunFunction(b *testing.B) {
	for _, example := range world.Examples {
		w := world.New(b, example)
		w.Settle()
		for key := range w.Observed {
			w.Edit(key, addManagedFields)
		}
		wire, err := proto.Marshal(w.Request())
		if err != nil {
			b.Fatal(err)
		}
		rsp := w.Run()
		b.Run(example, func(b *testing.B) {
			for b.Loop() {
				turn(b, wire, func(req *fnv1.RunFunctionRequest) *fnv1.RunFunctionResponse {
					rsp, err := w.Function.RunFunction(context.Background(), req)
					if err != nil {
						b.Fatal(err)
					}
					return rsp
				})
			}
			b.ReportMetric(float64(len(rsp.GetDesired().GetResources())), "resources")
			b.ReportMetric(float64(len(wire)), "request-bytes")
			b.ReportMetric(float64(proto.Size(rsp)), "response-bytes")
		})
		b.Run(example+"/floor", func(b *testing.B) {
			for b.Loop() {
				turn(b, wire, func(*fnv1.RunFunctionRequest) *fnv1.RunFunctionResponse { return rsp })
			}
		})
	}
}

// turn a request off the wire into a response on the wire.
func turn(b *testing.B, wire []byte, run func(*fnv1.RunFunctionRequest) *fnv1.RunFunctionResponse) {
	b.Helper()
	req := &fnv1.RunFunctionRequest{}
	if err := proto.Unmarshal(wire, req); err != nil {
		b.Fatal(err)
	}
	if _, err := proto.Marshal(run(req)); err != nil {
		b.Fatal(err)
	}
}

// addManagedFields gives an object the managed fields of one that Crossplane
// applied and a provider updated: every field once or twice over.
func addManagedFields(o *unstructured.Unstructured) {
	fields := map[string]any{}
	for _, part := range []string{"metadata", "spec", "status"} {
		fields["f:"+part] = fieldsOf(o.Object[part])
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		panic(err) // Maps of maps always marshal.
	}
	v1 := map[string]any{}
	if err := json.Unmarshal(raw, &v1); err != nil {
		panic(err)
	}
	entry := func(manager, operation string) any {
		return map[string]any{
			"apiVersion": o.GetAPIVersion(), "fieldsType": "FieldsV1", "fieldsV1": v1,
			"manager": manager, "operation": operation, "time": "2026-01-01T00:00:00Z",
		}
	}
	md, _ := o.Object["metadata"].(map[string]any)
	md["managedFields"] = []any{entry("apiextensions.crossplane.io/composed/0ddc0ffe", "Apply"), entry("provider", "Update")}
}

func fieldsOf(v any) map[string]any {
	out := map[string]any{}
	if m, ok := v.(map[string]any); ok {
		for k, e := range m {
			out["f:"+k] = fieldsOf(e)
		}
	}
	return out
}
