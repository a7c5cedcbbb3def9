package main

import (
	"context"
	"encoding/base64"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/fieldpath"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/crossplane/function-sdk-go/resource"

	"github.com/xplatform-dev/function-xplatform/test/aws"
	"github.com/xplatform-dev/function-xplatform/test/crds"
)

// registry holds the real CRDs of everything composed, and those of our XRD.
// Building their validators is slow, so all tests share it.
//
//nolint:gochecknoglobals // See above.
var registry = sync.OnceValues(crds.Project)

// A world is a platform, what exists of it, and the function that composes it.
type world struct {
	t        testing.TB
	fn       *Function
	aws      *aws.World
	crds     *crds.Registry
	xr       *unstructured.Unstructured
	observed map[string]*fnv1.Resource
}

// newWorld of an example, in which nothing exists yet.
func newWorld(tb testing.TB, example string) *world {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("..", "examples", example))
	if err != nil {
		tb.Fatal(err)
	}
	claim := &unstructured.Unstructured{}
	if err := yaml.UnmarshalStrict(b, &claim.Object); err != nil {
		tb.Fatal(err)
	}
	return newWorldOf(tb, claim)
}

// newWorldWith is a world of a claim named dev with a spec, written in YAML.
func newWorldWith(tb testing.TB, spec string) *world {
	tb.Helper()
	m := map[string]any{}
	if err := yaml.UnmarshalStrict([]byte(spec), &m); err != nil {
		tb.Fatal(err)
	}
	return newWorldOf(tb, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "xplatform.dev/v1alpha1",
		"kind":       "Platform",
		"metadata":   map[string]any{"name": "dev", "namespace": "team-a"},
		"spec":       m,
	}})
}

func newWorldOf(tb testing.TB, claim *unstructured.Unstructured) *world {
	tb.Helper()
	fn, err := NewFunction()
	if err != nil {
		tb.Fatal(err)
	}
	a, err := aws.New()
	if err != nil {
		tb.Fatal(err)
	}
	r, err := registry()
	if err != nil {
		tb.Fatal(err)
	}
	if err := r.Default(claim); err != nil {
		tb.Fatal(err)
	}
	if err := r.Validate(claim); err != nil {
		tb.Fatal(err)
	}
	xr, err := aws.Composite(claim, "XPlatform")
	if err != nil {
		tb.Fatal(err)
	}
	return &world{t: tb, fn: fn, aws: a, crds: r, xr: xr, observed: map[string]*fnv1.Resource{}}
}

func (w *world) request() *fnv1.RunFunctionRequest {
	w.t.Helper()
	xr, err := structpb.NewStruct(w.xr.Object)
	if err != nil {
		w.t.Fatal(err)
	}
	in, err := structpb.NewStruct(map[string]any{"apiVersion": "xplatform.fn.crossplane.io/v1beta1", "kind": "Input"})
	if err != nil {
		w.t.Fatal(err)
	}
	return &fnv1.RunFunctionRequest{
		Meta:     &fnv1.RequestMeta{Tag: "test"},
		Input:    in,
		Observed: &fnv1.State{Composite: &fnv1.Resource{Resource: xr}, Resources: maps.Clone(w.observed)},
	}
}

// run the function once, which must not be fatal.
func (w *world) run() *fnv1.RunFunctionResponse {
	w.t.Helper()
	rsp := w.respond(w.request())
	if m := fatalOf(rsp); m != "" {
		w.t.Fatalf("fatal: %s", m)
	}
	return rsp
}

// advance makes everything the response asks for exist and be ready.
func (w *world) advance(rsp *fnv1.RunFunctionResponse) {
	w.t.Helper()
	for key := range rsp.GetDesired().GetResources() {
		w.ready(key, rsp)
	}
}

// follow does what Crossplane does with a response: what it asks for exists and
// becomes ready, and what it no longer asks for is gone. It returns the keys of
// the latter.
func (w *world) follow(rsp *fnv1.RunFunctionResponse) []string {
	w.t.Helper()
	var gone []string
	for _, key := range sorted(w.observed) {
		if rsp.GetDesired().GetResources()[key] == nil {
			delete(w.observed, key)
			gone = append(gone, key)
		}
	}
	w.advance(rsp)
	return gone
}

// ready makes one resource the response asks for exist and be ready.
func (w *world) ready(key string, rsp *fnv1.RunFunctionResponse) {
	w.t.Helper()
	o, err := w.aws.Ready(desired(rsp, key))
	if err != nil {
		w.t.Fatal(err)
	}
	w.observe(key, o)
}

func (w *world) observe(key string, o *unstructured.Unstructured) {
	w.t.Helper()
	s, err := structpb.NewStruct(o.Object)
	if err != nil {
		w.t.Fatal(err)
	}
	r := &fnv1.Resource{Resource: s}
	if secret := aws.ConnectionSecret(o); secret != nil {
		r.ConnectionDetails = map[string][]byte{}
		data, _, _ := unstructured.NestedStringMap(secret.Object, "data")
		for k, v := range data {
			b, err := base64.StdEncoding.DecodeString(v)
			if err != nil {
				w.t.Fatal(err)
			}
			r.ConnectionDetails[k] = b
		}
	}
	w.observed[key] = r
}

// settle runs and advances until the platform is ready, and returns the last
// response.
func (w *world) settle() *fnv1.RunFunctionResponse {
	w.t.Helper()
	for range 20 {
		rsp := w.run()
		if rsp.GetDesired().GetComposite().GetReady() == fnv1.Ready_READY_TRUE {
			return rsp
		}
		w.advance(rsp)
	}
	w.t.Fatal("the platform is not ready after 20 stages")
	return nil
}

// fork is the world as it is now, for another test to change.
func (w *world) fork(tb testing.TB) *world {
	tb.Helper()
	f := *w
	f.t, f.xr, f.observed = tb, w.xr.DeepCopy(), maps.Clone(w.observed)
	return &f
}

// stall runs and advances until nothing new is asked for, and returns the last
// response. After every step the supplied function may change what exists.
func (w *world) stall(change func(w *world)) *fnv1.RunFunctionResponse {
	w.t.Helper()
	for range 20 {
		rsp := w.run()
		known := len(w.observed)
		for key := range rsp.GetDesired().GetResources() {
			if w.observed[key] == nil {
				w.ready(key, rsp)
			}
		}
		if len(w.observed) == known {
			return rsp
		}
		change(w)
	}
	w.t.Fatal("something new is asked for after 20 stages")
	return nil
}

// respond to a request, whatever it is.
func (w *world) respond(req *fnv1.RunFunctionRequest) *fnv1.RunFunctionResponse {
	w.t.Helper()
	rsp, err := w.fn.RunFunction(context.Background(), req)
	if err != nil {
		w.t.Fatal(err)
	}
	return rsp
}

// edit an observed object in place.
func (w *world) edit(key string, edit func(o *unstructured.Unstructured)) {
	w.t.Helper()
	r, ok := w.observed[key]
	if !ok {
		w.t.Fatalf("there is no %q", key)
	}
	r = proto.CloneOf(r)
	o := &unstructured.Unstructured{Object: r.GetResource().AsMap()}
	edit(o)
	s, err := structpb.NewStruct(o.Object)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Resource = s
	w.observed[key] = r
}

func desired(rsp *fnv1.RunFunctionResponse, key string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: rsp.GetDesired().GetResources()[key].GetResource().AsMap()}
}

// at is what a desired object has at a field path, nil if there is nothing.
func at(rsp *fnv1.RunFunctionResponse, key, path string) any {
	v, err := fieldpath.Pave(desired(rsp, key).Object).GetValue(path)
	if err != nil {
		return nil
	}
	return v
}

// kindsOf are the keys of the desired objects of a kind.
func kindsOf(rsp *fnv1.RunFunctionResponse, kind string) []string {
	return slices.DeleteFunc(desiredKeys(rsp), func(key string) bool { return desired(rsp, key).GetKind() != kind })
}

// fatalOf is the message of a fatal response, "" if it isn't one.
func fatalOf(rsp *fnv1.RunFunctionResponse) string {
	for _, r := range rsp.GetResults() {
		if r.GetSeverity() == fnv1.Severity_SEVERITY_FATAL {
			return r.GetMessage()
		}
	}
	return ""
}

func desiredKeys(rsp *fnv1.RunFunctionResponse) []string {
	return slices.Sorted(maps.Keys(rsp.GetDesired().GetResources()))
}

func statusOf(tb testing.TB, rsp *fnv1.RunFunctionResponse) map[string]any {
	tb.Helper()
	m := map[string]any{}
	if err := resource.AsObject(rsp.GetDesired().GetComposite().GetResource(), &unstructured.Unstructured{Object: m}); err != nil {
		tb.Fatal(err)
	}
	s, _ := rsp.GetDesired().GetComposite().GetResource().AsMap()["status"].(map[string]any)
	return s
}

func conditionOf(rsp *fnv1.RunFunctionResponse, ctype string) *fnv1.Condition {
	for _, c := range rsp.GetConditions() {
		if c.GetType() == ctype {
			return c
		}
	}
	return nil
}
