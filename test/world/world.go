// Package world is a world for tests of whole platforms: a claim, what exists of
// its platform, and the function that composes it, run as Crossplane runs it.
//
// A test makes a world of an example (New) or of a spec (With), lets it come to
// rest (Settle), changes something (Edit, XR), runs the function once (Run) and
// looks at the answer (At, Keys, ConditionOf, StatusOf), or follows it (Follow).
package world

import (
	"context"
	"encoding/base64"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/function"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/aws"
	"github.com/xplatform-dev/function-xplatform/test/crds"
)

// Examples that are claims.
//
//nolint:gochecknoglobals // A constant list.
var Examples = []string{"platform-smallest.yaml", "platform-production.yaml", "platform-existing.yaml"}

// A World is a platform, what exists of it, and the function that composes it.
type World struct {
	TB       testing.TB
	Function *function.Function
	AWS      *aws.World
	CRDs     *crds.Registry
	XR       *unstructured.Unstructured
	Observed map[string]*fnv1.Resource
	// Claim of the composite, nil once it is gone.
	Claim *unstructured.Unstructured
	// Lingering is what Crossplane has asked to go, and forgotten, by key; Slow
	// are the keys of what does not go at once.
	Lingering map[string]*fnv1.Resource
	Slow      []string
	// Now is what time it is by the API server, a Saturday at noon to begin with.
	Now time.Time
	// Beside are the worlds of the same control plane.
	Beside []*World
	// Policy is the function's input, but for its kind.
	Policy map[string]any
}

// New of an example, in which nothing exists yet.
func New(tb testing.TB, example string) *World {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(Root(), "examples", example))
	if err != nil {
		tb.Fatal(err)
	}
	claim := &unstructured.Unstructured{}
	if err := yaml.UnmarshalStrict(b, &claim.Object); err != nil {
		tb.Fatal(err)
	}
	return Of(tb, claim)
}

// With is a world of a claim named dev with a spec, written in YAML.
func With(tb testing.TB, spec string) *World {
	tb.Helper()
	m := map[string]any{}
	if err := yaml.UnmarshalStrict([]byte(spec), &m); err != nil {
		tb.Fatal(err)
	}
	return Of(tb, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "xplatform.dev/v1alpha1",
		"kind":       "Platform",
		"metadata":   map[string]any{"name": "dev", "namespace": "team-a"},
		"spec":       m,
	}})
}

// Namespaced is a world of a composite with a spec, written in YAML, that has a namespace
// and no claim.
func Namespaced(tb testing.TB, spec string) *World {
	tb.Helper()
	w := With(tb, spec)
	w.XR.SetKind("Platform")
	w.XR.SetNamespace(w.Claim.GetNamespace())
	w.XR.SetLabels(nil)
	unstructured.RemoveNestedField(w.XR.Object, "spec", "claimRef")
	unstructured.RemoveNestedField(w.XR.Object, "status")
	w.Claim = nil
	clear(w.Observed)
	return w
}

// Of is a world of a claim, whose platform has its name.
func Of(tb testing.TB, claim *unstructured.Unstructured) *World {
	tb.Helper()
	w := Unnamed(tb, claim)
	w.Name()
	return w
}

// Name the platform, unless its claim is refused: nothing of it comes before its name
// is its own.
func (w *World) Name() {
	w.TB.Helper()
	for range 5 {
		rsp := w.Ask()
		if ConditionOf(rsp, v1alpha1.ConditionAccepted).GetStatus() != fnv1.Status_STATUS_CONDITION_UNKNOWN {
			return
		}
		w.Follow(rsp)
	}
	w.TB.Fatal("it does not get its name")
}

// Unnamed is a world of a claim in which nothing exists at all.
func Unnamed(tb testing.TB, claim *unstructured.Unstructured) *World {
	tb.Helper()
	a, err := aws.New()
	if err != nil {
		tb.Fatal(err)
	}
	r, err := crds.Shared()
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
	if err := unstructured.SetNestedStringMap(claim.Object, map[string]string{"apiVersion": xr.GetAPIVersion(), "kind": xr.GetKind(), "name": xr.GetName()}, "spec", "resourceRef"); err != nil {
		tb.Fatal(err)
	}
	return &World{TB: tb, Function: function.New(), AWS: a, CRDs: r, XR: xr, Claim: claim, Observed: map[string]*fnv1.Resource{}, Lingering: map[string]*fnv1.Resource{}, Now: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}
}

// Request is what Crossplane asks the function now.
func (w *World) Request() *fnv1.RunFunctionRequest {
	w.TB.Helper()
	xr, err := structpb.NewStruct(w.XR.Object)
	if err != nil {
		w.TB.Fatal(err)
	}
	return &fnv1.RunFunctionRequest{
		Meta:     &fnv1.RequestMeta{Tag: "test"},
		Input:    Input(w.TB, w.Policy),
		Observed: &fnv1.State{Composite: &fnv1.Resource{Resource: xr}, Resources: maps.Clone(w.Observed)},
	}
}

// Run the function as Crossplane does, until it has been given all it requires,
// which must not be fatal.
func (w *World) Run() *fnv1.RunFunctionResponse {
	w.TB.Helper()
	return w.accepted(w.Answer(w.Request()))
}

// Ask the function as Run does; what it answers may be fatal.
func (w *World) Ask() *fnv1.RunFunctionResponse {
	w.TB.Helper()
	return w.Answer(w.Request())
}

// Under a policy, what the function answers then.
func (w *World) Under(policy map[string]any) *fnv1.RunFunctionResponse {
	w.TB.Helper()
	req := w.Request()
	req.Input = Input(w.TB, policy)
	return w.accepted(w.Answer(req))
}

// Respond to a request, whatever it is.
func (w *World) Respond(req *fnv1.RunFunctionRequest) *fnv1.RunFunctionResponse {
	w.TB.Helper()
	rsp, err := w.Function.RunFunction(context.Background(), req)
	if err != nil {
		w.TB.Fatal(err)
	}
	return rsp
}

// Advance makes everything the response asks for exist and be ready.
func (w *World) Advance(rsp *fnv1.RunFunctionResponse) {
	w.TB.Helper()
	for key := range rsp.GetDesired().GetResources() {
		if plan.Observe(w.Lingering[key]).Deleting() {
			w.forget(key, rsp)
		} else {
			w.MakeReady(key, rsp)
		}
	}
	w.Remember(rsp)
}

// Remember what the function needs to know of its last answer: its name, what is
// leaving, and whether the platform is torn down.
func (w *World) Remember(rsp *fnv1.RunFunctionResponse) {
	w.TB.Helper()
	status := map[string]any{}
	for _, field := range []string{"name", "phase", "leaving", "drained", "failing", "upgrade"} {
		if v := StatusOf(w.TB, rsp)[field]; v != nil {
			status[field] = v
		}
	}
	var conditions []any
	for _, ctype := range []string{v1alpha1.ConditionTearingDown, v1alpha1.ConditionDraining, v1alpha1.ConditionVersionCurrent} {
		if c := ConditionOf(rsp, ctype); c != nil {
			s := strings.TrimPrefix(c.GetStatus().String(), "STATUS_CONDITION_")
			conditions = append(conditions, map[string]any{"type": c.GetType(), "status": s[:1] + strings.ToLower(s[1:]), "reason": c.GetReason(), "message": c.GetMessage(), "lastTransitionTime": "2026-01-01T00:00:00Z"})
		}
	}
	status["conditions"] = conditions
	w.XR.Object["status"] = status
}

// Follow does what Crossplane does with a response: what it asks for exists and
// becomes ready, and what it no longer asks for is gone, unless it is slow. It
// returns the keys of the latter.
func (w *World) Follow(rsp *fnv1.RunFunctionResponse) []string {
	w.TB.Helper()
	var gone []string
	for _, key := range SortedKeys(w.Observed) {
		if rsp.GetDesired().GetResources()[key] != nil {
			continue
		}
		if slices.Contains(w.Slow, key) {
			w.Edit(key, Set("2026-01-02T00:00:00Z", "metadata", "deletionTimestamp"))
			w.Lingering[key] = w.Observed[key]
		}
		delete(w.Observed, key)
		gone = append(gone, key)
	}
	w.Advance(rsp)
	return gone
}

// MakeReady makes one resource the response asks for exist and be ready.
func (w *World) MakeReady(key string, rsp *fnv1.RunFunctionResponse) {
	w.TB.Helper()
	composed := Desired(rsp, key)
	if before := w.Observed[key].GetResource().AsMap()["status"]; before != nil {
		composed.Object["status"] = before
	}
	o, err := w.AWS.Ready(composed)
	if err != nil {
		w.TB.Fatal(err)
	}
	w.Observe(key, o)
	if key == lifecycle.KeyGuard {
		Set("true", "metadata", "labels", plan.LabelInUse)(w.XR) // Crossplane marks what is guarded.
	}
}

// Observe makes something exist as it is.
func (w *World) Observe(key string, o *unstructured.Unstructured) {
	w.TB.Helper()
	s, err := structpb.NewStruct(o.Object)
	if err != nil {
		w.TB.Fatal(err)
	}
	r := &fnv1.Resource{Resource: s}
	if secret := aws.ConnectionSecret(o); secret != nil {
		r.ConnectionDetails = map[string][]byte{}
		data, _, _ := unstructured.NestedStringMap(secret.Object, "data")
		for k, v := range data {
			b, err := base64.StdEncoding.DecodeString(v)
			if err != nil {
				w.TB.Fatal(err)
			}
			r.ConnectionDetails[k] = b
		}
	}
	w.Observed[key] = r
}

// Settle runs and advances until the platform is ready, and returns the last
// response.
func (w *World) Settle() *fnv1.RunFunctionResponse {
	w.TB.Helper()
	for range 20 {
		rsp := w.Run()
		if IsReady(rsp) {
			return rsp
		}
		w.Follow(rsp)
	}
	w.TB.Fatalf("the platform is not ready after 20 stages: %s", Explain(w.Run()))
	return nil
}

// Stall runs and advances until nothing new is asked for, and returns the last
// response. After every step the supplied function may change what exists.
func (w *World) Stall(change func(w *World)) *fnv1.RunFunctionResponse {
	w.TB.Helper()
	for range 20 {
		rsp := w.Run()
		known := len(w.Observed)
		for key := range rsp.GetDesired().GetResources() {
			if w.Observed[key] == nil {
				w.MakeReady(key, rsp)
			}
		}
		if len(w.Observed) == known {
			return rsp
		}
		change(w)
	}
	w.TB.Fatal("something new is asked for after 20 stages")
	return nil
}

// Fork is the world as it is now, for another test to change.
func (w *World) Fork(tb testing.TB) *World {
	tb.Helper()
	f := *w
	f.TB, f.XR, f.Claim, f.Observed, f.Lingering = tb, w.XR.DeepCopy(), w.Claim.DeepCopy(), maps.Clone(w.Observed), maps.Clone(w.Lingering)
	return &f
}

// Edit an observed object in place.
func (w *World) Edit(key string, edit func(o *unstructured.Unstructured)) {
	w.TB.Helper()
	r, ok := w.Observed[key]
	if !ok {
		w.TB.Fatalf("there is no %q", key)
	}
	r = proto.CloneOf(r)
	o := &unstructured.Unstructured{Object: r.GetResource().AsMap()}
	edit(o)
	s, err := structpb.NewStruct(o.Object)
	if err != nil {
		w.TB.Fatal(err)
	}
	r.Resource = s
	w.Observed[key] = r
}

// Status is a field of what an observed object's provider reports.
func (w *World) Status(key, field string) string {
	return plan.NewText("status.atProvider." + field).Of(ObservedOf(w, key))
}

// ObservedOf a world is what exists by a key.
func ObservedOf(w *World, key string) *plan.Observed { return plan.Observe(w.Observed[key]) }

// Answer to a request, once the function has been given all it requires.
func (w *World) Answer(req *fnv1.RunFunctionRequest) *fnv1.RunFunctionResponse {
	w.TB.Helper()
	var asked *fnv1.Requirements
	for range 6 {
		rsp := w.Respond(req)
		if FatalOf(rsp) != "" {
			return rsp
		}
		if proto.Equal(asked, rsp.GetRequirements()) {
			return rsp
		}
		asked = rsp.GetRequirements()
		req.RequiredResources = map[string]*fnv1.Resources{}
		for name, s := range asked.GetResources() {
			req.RequiredResources[name] = w.Find(s)
		}
	}
	w.TB.Fatal("the requirements never settle")
	return nil
}

// accepted is an answer that must not be fatal.
func (w *World) accepted(rsp *fnv1.RunFunctionResponse) *fnv1.RunFunctionResponse {
	w.TB.Helper()
	if m := FatalOf(rsp); m != "" {
		w.TB.Fatalf("fatal: %s", m)
	}
	return rsp
}
