package main

import (
	"context"
	"encoding/base64"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/fieldpath"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/crossplane/function-sdk-go/resource"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
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
	// claim of the composite, nil once it is gone.
	claim *unstructured.Unstructured
	// lingering is what Crossplane has asked to go, and forgotten, by key; slow
	// are the keys of what does not go at once.
	lingering map[string]*fnv1.Resource
	slow      []string
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
	return &world{t: tb, fn: fn, aws: a, crds: r, xr: xr, claim: claim, observed: map[string]*fnv1.Resource{}, lingering: map[string]*fnv1.Resource{}}
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

// run the function as Crossplane does, until it has been given all it requires,
// which must not be fatal.
func (w *world) run() *fnv1.RunFunctionResponse {
	w.t.Helper()
	req := w.request()
	var asked *fnv1.Requirements
	for range 6 {
		rsp := w.respond(req)
		if m := fatalOf(rsp); m != "" {
			w.t.Fatalf("fatal: %s", m)
		}
		if proto.Equal(asked, rsp.GetRequirements()) {
			return rsp
		}
		asked = rsp.GetRequirements()
		req.RequiredResources = map[string]*fnv1.Resources{}
		for name, s := range asked.GetResources() {
			req.RequiredResources[name] = w.find(s)
		}
	}
	w.t.Fatal("the requirements never settle")
	return nil
}

// find what a selector selects; nil is nothing.
func (w *world) find(s *fnv1.ResourceSelector) *fnv1.Resources {
	var all []*structpb.Struct
	if w.claim != nil {
		r, err := structpb.NewStruct(w.claim.Object)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, r)
	}
	for _, rs := range []map[string]*fnv1.Resource{w.observed, w.lingering} {
		for _, key := range sorted(rs) {
			all = append(all, rs[key].GetResource())
		}
	}
	var found *fnv1.Resources
	for _, r := range all {
		if !selects(s, plan.Observe(&fnv1.Resource{Resource: r})) {
			continue
		}
		if found == nil {
			found = &fnv1.Resources{}
		}
		found.Items = append(found.Items, &fnv1.Resource{Resource: r})
	}
	return found
}

// selects tells whether a selector does an object. It converts none: a search asks
// for dozens of kinds.
func selects(s *fnv1.ResourceSelector, o *plan.Observed) bool {
	for k, v := range s.GetMatchLabels().GetLabels() {
		if o.String("metadata.labels["+k+"]") != v {
			return false
		}
	}
	return o.String("apiVersion") == s.GetApiVersion() && o.String("kind") == s.GetKind() &&
		(s.Namespace == nil || o.String("metadata.namespace") == s.GetNamespace()) &&
		(s.GetMatchName() == "" || o.String("metadata.name") == s.GetMatchName())
}

// advance makes everything the response asks for exist and be ready.
func (w *world) advance(rsp *fnv1.RunFunctionResponse) {
	w.t.Helper()
	for key := range rsp.GetDesired().GetResources() {
		w.ready(key, rsp)
	}
	w.remember(rsp)
}

// remember what the function needs to know of its last answer: what is leaving,
// and whether the platform is torn down.
func (w *world) remember(rsp *fnv1.RunFunctionResponse) {
	w.t.Helper()
	status := map[string]any{}
	for _, field := range []string{"phase", "leaving", "drained"} {
		if v := statusOf(w.t, rsp)[field]; v != nil {
			status[field] = v
		}
	}
	var conditions []any
	for _, ctype := range []string{v1alpha1.ConditionTearingDown, v1alpha1.ConditionDraining} {
		if c := conditionOf(rsp, ctype); c != nil {
			s := strings.TrimPrefix(c.GetStatus().String(), "STATUS_CONDITION_")
			conditions = append(conditions, map[string]any{"type": c.GetType(), "status": s[:1] + strings.ToLower(s[1:]), "reason": c.GetReason()})
		}
	}
	status["conditions"] = conditions
	w.xr.Object["status"] = status
}

// follow does what Crossplane does with a response: what it asks for exists and
// becomes ready, and what it no longer asks for is gone, unless it is slow. It
// returns the keys of the latter.
func (w *world) follow(rsp *fnv1.RunFunctionResponse) []string {
	w.t.Helper()
	var gone []string
	for _, key := range sorted(w.observed) {
		if rsp.GetDesired().GetResources()[key] != nil {
			continue
		}
		if slices.Contains(w.slow, key) {
			w.edit(key, set("2026-01-02T00:00:00Z", "metadata", "deletionTimestamp"))
			w.lingering[key] = w.observed[key]
		}
		delete(w.observed, key)
		gone = append(gone, key)
	}
	w.advance(rsp)
	return gone
}

// ready makes one resource the response asks for exist and be ready.
func (w *world) ready(key string, rsp *fnv1.RunFunctionResponse) {
	w.t.Helper()
	composed := desired(rsp, key)
	if before := w.observed[key].GetResource().AsMap()["status"]; before != nil {
		composed.Object["status"] = before
	}
	o, err := w.aws.Ready(composed)
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
		w.follow(rsp)
	}
	w.t.Fatal("the platform is not ready after 20 stages")
	return nil
}

// fork is the world as it is now, for another test to change.
func (w *world) fork(tb testing.TB) *world {
	tb.Helper()
	f := *w
	f.t, f.xr, f.claim, f.observed, f.lingering = tb, w.xr.DeepCopy(), w.claim.DeepCopy(), maps.Clone(w.observed), maps.Clone(w.lingering)
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

// status is a field of what an observed object's provider reports.
func (w *world) status(key, field string) string {
	return plan.Observe(w.observed[key]).String("status.atProvider." + field)
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

// observedOf a world is what exists by a key.
func observedOf(w *world, key string) *plan.Observed { return plan.Observe(w.observed[key]) }

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

// desiredKeys are the keys of what the platform is made of: all but the guard.
func desiredKeys(rsp *fnv1.RunFunctionResponse) []string {
	keys := sorted(rsp.GetDesired().GetResources())
	return slices.DeleteFunc(keys, func(key string) bool { return key == keyGuard })
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
