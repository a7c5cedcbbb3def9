package function_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/function"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestBadRequests: whatever a request is, the answer is an answer.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	composite := func(o map[string]any) *fnv1.State {
		return &fnv1.State{Composite: &fnv1.Resource{Resource: world.StructOf(t, o)}}
	}
	xr := func(spec any) map[string]any {
		return map[string]any{"apiVersion": "xplatform.dev/v1alpha1", "kind": "XPlatform", "metadata": map[string]any{"name": "dev", "uid": "1"}, "spec": spec}
	}
	cases := map[string]struct {
		reason string
		req    *fnv1.RunFunctionRequest
		want   string
	}{
		"Empty": {
			reason: "A request with nothing in it has no composite.",
			req:    &fnv1.RunFunctionRequest{},
			want:   "no observed composite resource",
		},
		"NoComposite": {
			reason: "So has one with an empty state.",
			req:    &fnv1.RunFunctionRequest{Input: world.Input(t, nil), Observed: &fnv1.State{}, Desired: &fnv1.State{}},
			want:   "no observed composite resource",
		},
		"EmptyComposite": {
			reason: "A composite without a name is none.",
			req:    &fnv1.RunFunctionRequest{Input: world.Input(t, nil), Observed: composite(map[string]any{})},
			want:   "no observed composite resource",
		},
		"NoSpec": {
			reason: "A composite without a spec has no region.",
			req:    &fnv1.RunFunctionRequest{Input: world.Input(t, nil), Observed: composite(xr(nil))},
			want:   "spec.region",
		},
		"NoRegion": {
			reason: "A platform is somewhere.",
			req:    &fnv1.RunFunctionRequest{Input: world.Input(t, nil), Observed: composite(xr(map[string]any{"name": "dev"}))},
			want:   "spec.region",
		},
		"NoNetwork": {
			reason: "A spec that never saw the schema's defaults lacks a range.",
			req:    &fnv1.RunFunctionRequest{Input: world.Input(t, nil), Observed: composite(xr(map[string]any{"region": "eu-central-1"}))},
			want:   "spec.network.cidr",
		},
		"SpecIsText": {
			reason: "A spec that is text has no region.",
			req:    &fnv1.RunFunctionRequest{Input: world.Input(t, nil), Observed: composite(xr("eu-central-1"))},
			want:   "spec.region",
		},
		"RegionIsNumber": {
			reason: "A field of another kind should be refused.",
			req:    &fnv1.RunFunctionRequest{Input: world.Input(t, nil), Observed: composite(xr(map[string]any{"region": 1.0}))},
			want:   "cannot read spec",
		},
		"NodeGroupsAreText": {
			reason: "So should one deeper down.",
			req:    &fnv1.RunFunctionRequest{Input: world.Input(t, nil), Observed: composite(xr(map[string]any{"region": "eu-central-1", "nodeGroups": "many"}))},
			want:   "cannot read spec",
		},
		"NumberInWords": {
			reason: "So should a number in words.",
			req: &fnv1.RunFunctionRequest{Input: world.Input(t, nil), Observed: composite(xr(map[string]any{
				"region": "eu-central-1", "network": map[string]any{"cidr": "10.0.0.0/16"}, "nodeGroups": []any{map[string]any{"name": "a", "minSize": "two"}},
			}))},
			want: "cannot read spec",
		},
		"InputIsGarbage": {
			reason: "An input that can't be read should be an error of the input.",
			req:    &fnv1.RunFunctionRequest{Input: world.Input(t, map[string]any{"resourceNamespace": map[string]any{"a": 1.0}}), Observed: w.Request().GetObserved()},
			want:   "cannot read the function's input",
		},
		"InputIsMisspelt": {
			reason: "A rule of the input that there is none of should be an error: it would bind nobody.",
			req:    &fnv1.RunFunctionRequest{Input: world.Input(t, map[string]any{"allowedRegion": []any{"eu-central-1"}}), Observed: w.Request().GetObserved()},
			want:   `unknown field "allowedRegion"`,
		},
		"QueueTwice": {
			reason: "A name given twice, which only a broken schema lets through, should be an error and no panic.",
			req: &fnv1.RunFunctionRequest{Input: world.Input(t, nil), Observed: composite(xr(map[string]any{
				"region": "eu-central-1", "network": map[string]any{"cidr": "10.0.0.0/16"}, "queues": []any{map[string]any{"name": "a"}, map[string]any{"name": "a"}},
			}))},
			want: `cannot add "queue.a" twice`,
		},
	}
	earlier := &fnv1.State{
		Composite: &fnv1.Resource{Resource: world.StructOf(t, map[string]any{"status": map[string]any{"theirs": "kept"}})},
		Resources: map[string]*fnv1.Resource{"theirs": {Resource: world.StructOf(t, map[string]any{"apiVersion": "v1", "kind": "ConfigMap"}), Ready: fnv1.Ready_READY_TRUE}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			rsp := w.Respond(tc.req)
			if got := world.FatalOf(rsp); !strings.Contains(got, tc.want) {
				t.Errorf("\n%s\nwant fatal %q, got %q", tc.reason, tc.want, got)
			}
			if keys := world.Keys(rsp); len(keys) > 0 {
				t.Errorf("\n%s\nwant nothing composed, got %v", tc.reason, keys)
			}
			if rsp.GetMeta().GetTtl() == nil {
				t.Errorf("\n%s\nwant a TTL", tc.reason)
			}

			req := proto.CloneOf(tc.req)
			req.Desired = proto.CloneOf(earlier)
			if rsp := w.Respond(req); !proto.Equal(earlier, rsp.GetDesired()) {
				t.Errorf("\n%s\nwhat earlier steps ask for should be kept: -want, +got:\n%s", tc.reason, cmp.Diff(earlier.String(), rsp.GetDesired().String()))
			}
		})
	}
}

// TestForeignStatus: whatever others have written into the status of a composite,
// its platform is composed, and can be taken down.
func TestForeignStatus(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]map[string]any{
		"LeavingText":    {"leaving": "everything"},
		"LeavingNumbers": {"leaving": []any{1.0, map[string]any{"resource": 2.0}}},
		"WaitingText":    {"waiting": "for it", "network": "none", "drained": "yes", "phase": 1.0},
		"NoTime":         {"conditions": []any{map[string]any{"type": "Ready", "lastTransitionTime": ""}, "text"}},
		"MoreOfIt":       {"theirs": map[string]any{"a": 1.0}},
	} {
		for _, end := range []bool{false, true} {
			w := world.New(t, "platform-smallest.yaml")
			w.Settle()
			w.XR.Object["status"] = status
			if end {
				world.Attempted(w.XR)
				world.Confirmed(w.XR)
			}
			if keys := world.Keys(w.Run()); len(keys) < 50 {
				t.Errorf("%s: want everything asked for, got %v", name, keys)
			}
		}
	}
}

// TestSparseRequests: what may be missing from a request.
func TestSparseRequests(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		change func(req *fnv1.RunFunctionRequest)
	}{
		"NoInput":   {reason: "A Composition may have no input.", change: func(req *fnv1.RunFunctionRequest) { req.Input = nil }},
		"NoMeta":    {reason: "A request may have no tag.", change: func(req *fnv1.RunFunctionRequest) { req.Meta = nil }},
		"NoDesired": {reason: "The first step of a pipeline gets nothing desired.", change: func(req *fnv1.RunFunctionRequest) { req.Desired = nil }},
		"EmptyDesired": {reason: "Or an empty state.", change: func(req *fnv1.RunFunctionRequest) {
			req.Desired = &fnv1.State{Composite: &fnv1.Resource{}, Resources: map[string]*fnv1.Resource{}}
		}},
	}
	w := world.New(t, "platform-smallest.yaml")
	want := w.Run()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			req := w.Request()
			tc.change(req)
			rsp := w.Answer(req)
			if diff := cmp.Diff("", world.FatalOf(rsp)); diff != "" {
				t.Fatalf("\n%s\n%s", tc.reason, diff)
			}
			if !proto.Equal(want.GetDesired(), rsp.GetDesired()) {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, cmp.Diff(want.GetDesired().String(), rsp.GetDesired().String()))
			}
			if rsp.GetMeta().GetTag() != req.GetMeta().GetTag() {
				t.Errorf("\n%s\nwant tag %q, got %q", tc.reason, req.GetMeta().GetTag(), rsp.GetMeta().GetTag())
			}
		})
	}
}

// TestNamespaces: where composed objects live, and by whose leave.
func TestNamespaces(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason    string
		xr        string
		input     map[string]any
		namespace string
		provider  map[string]any
	}{
		"Default": {
			reason:    "A team should not lose its platform with its namespace.",
			namespace: "crossplane-system",
			provider:  map[string]any{"kind": "ClusterProviderConfig", "name": "default"},
		},
		"Input": {
			reason:    "The platform team decides where and how.",
			input:     map[string]any{"resourceNamespace": "platforms", "providerConfigRef": map[string]any{"kind": "ProviderConfig", "name": "aws"}},
			namespace: "platforms",
			provider:  map[string]any{"kind": "ProviderConfig", "name": "aws"},
		},
		"Half": {
			reason:    "What the platform team leaves open is by default.",
			input:     map[string]any{"providerConfigRef": map[string]any{"name": "aws"}},
			namespace: "crossplane-system",
			provider:  map[string]any{"kind": "ClusterProviderConfig", "name": "aws"},
		},
		"Namespaced": {
			reason:    "Crossplane composes objects of a namespaced composite in its namespace only.",
			xr:        "team-a",
			input:     map[string]any{"resourceNamespace": "platforms"},
			namespace: "team-a",
			provider:  map[string]any{"kind": "ClusterProviderConfig", "name": "default"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.New(t, "platform-production.yaml")
			if tc.xr != "" {
				w.XR.SetKind("Platform")
				w.XR.SetNamespace(tc.xr)
				w.XR.SetLabels(nil)
			}
			in := world.Input(t, tc.input)
			var rsp *fnv1.RunFunctionResponse
			for range 20 {
				req := w.Request()
				req.Input = in
				if rsp = w.Answer(req); world.IsReady(rsp) {
					break
				}
				w.Advance(rsp)
			}
			for _, key := range world.Keys(rsp) {
				o := world.Desired(rsp, key)
				if o.GetNamespace() != tc.namespace {
					t.Errorf("\n%s\n%s: want namespace %s, got %q", tc.reason, key, tc.namespace, o.GetNamespace())
				}
				switch o.GetKind() {
				case "ProviderConfig", "Release", "Object":
				default:
					if diff := cmp.Diff(any(tc.provider), world.At(rsp, key, "spec.providerConfigRef")); diff != "" {
						t.Errorf("\n%s\n%s: -want, +got:\n%s", tc.reason, key, diff)
					}
				}
			}
			if got := world.At(rsp, "helm", "spec.credentials.secretRef.namespace"); got != tc.namespace {
				t.Errorf("\n%s\nthe kubeconfig is in %s: provider-helm looks for it in %v", tc.reason, tc.namespace, got)
			}
			if got := world.StatusOf(t, rsp)["cluster"].(map[string]any)["kubeconfigSecretRef"].(map[string]any)["namespace"]; got != tc.namespace {
				t.Errorf("\n%s\nthe kubeconfig is in %s: the claim says %v", tc.reason, tc.namespace, got)
			}
			xr := rsp.GetDesired().GetComposite().GetResource().AsMap()
			if xr["kind"] != w.XR.GetKind() || xr["apiVersion"] != w.XR.GetAPIVersion() || xr["spec"] != nil || xr["metadata"] != nil {
				t.Errorf("\n%s\na function must not set more of a composite than its status: got %v", tc.reason, slices.Sorted(func(yield func(string) bool) {
					for k := range xr {
						if !yield(k) {
							return
						}
					}
				}))
			}
		})
	}
}

// TestTwoDoors: a namespaced composite is made of the same as a claim's.
func TestTwoDoors(t *testing.T) {
	t.Parallel()
	for _, example := range world.Examples {
		claim, modern := world.New(t, example), world.New(t, example)
		modern.XR.SetKind("Platform")
		modern.XR.SetNamespace("team-a")
		modern.XR.SetLabels(nil)
		if diff := cmp.Diff(world.Keys(claim.Settle()), world.Keys(modern.Settle())); diff != "" {
			t.Errorf("%s: -claim, +namespaced:\n%s", example, diff)
		}
	}
}

// TestEarlierSteps: what earlier functions of the pipeline ask for is none of
// our business.
func TestEarlierSteps(t *testing.T) {
	t.Parallel()
	theirs := &fnv1.Resource{
		Resource: world.StructOf(t, map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "theirs"}, "data": map[string]any{"empty": "", "null": nil},
		}),
		Ready: fnv1.Ready_READY_UNSPECIFIED,
	}
	w := world.New(t, "platform-smallest.yaml")
	w.Advance(w.Run()) // Its name is its own.
	alone := w.Run()
	req := w.Request()
	req.Desired = &fnv1.State{Resources: map[string]*fnv1.Resource{"theirs": theirs}}
	req.Context = world.StructOf(t, map[string]any{"theirs": "context"})
	rsp := w.Answer(req)
	if !proto.Equal(theirs, rsp.GetDesired().GetResources()["theirs"]) {
		t.Errorf("\nTheir resource should pass through: -want, +got:\n%s", cmp.Diff(theirs.String(), rsp.GetDesired().GetResources()["theirs"].String()))
	}
	if !proto.Equal(req.GetContext(), rsp.GetContext()) {
		t.Errorf("\nTheir context should pass through: got %v", rsp.GetContext())
	}
	delete(rsp.GetDesired().GetResources(), "theirs")
	if !proto.Equal(alone.GetDesired(), rsp.GetDesired()) {
		t.Errorf("\nOurs should be as without them: -want, +got:\n%s", cmp.Diff(alone.GetDesired().String(), rsp.GetDesired().String()))
	}
}

// TestEarlierStepsOfComposite: what earlier functions say of the composite, too.
// A function must pass through what it has no opinion on.
// https://github.com/crossplane/crossplane/blob/main/contributing/specifications/functions.md
func TestEarlierStepsOfComposite(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	req := w.Request()
	req.Desired = &fnv1.State{Composite: &fnv1.Resource{
		Resource: world.StructOf(t, map[string]any{
			"apiVersion": w.XR.GetAPIVersion(), "kind": w.XR.GetKind(), "status": map[string]any{"theirs": "kept", "phase": "ours"},
		}),
		ConnectionDetails: map[string][]byte{"theirs": []byte("kept")},
	}}
	rsp := w.Answer(req)
	s := world.StatusOf(t, rsp)
	if s["theirs"] != "kept" {
		t.Errorf("\nTheir status should pass through: got %v", s["theirs"])
	}
	if s["phase"] != string(v1alpha1.PhaseProvisioning) {
		t.Errorf("\nOurs should be ours: got %v", s["phase"])
	}
	if got := string(rsp.GetDesired().GetComposite().GetConnectionDetails()["theirs"]); got != "kept" {
		t.Errorf("\nTheir connection details should pass through: got %q", got)
	}
}

// TestTTL: soon while something is under way, seldom when nothing is.
func TestTTL(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	for range 20 {
		rsp := w.Run()
		want := durationpb.New(function.TTLConverging)
		if world.IsReady(rsp) {
			want = durationpb.New(function.TTLPublishing)
		}
		if !proto.Equal(want, rsp.GetMeta().GetTtl()) {
			t.Errorf("want TTL %s, got %s", want, rsp.GetMeta().GetTtl())
		}
		if rsp.GetMeta().GetTag() != "test" {
			t.Errorf("want the request's tag, got %q", rsp.GetMeta().GetTag())
		}
		if len(rsp.GetResults()) > 0 {
			t.Errorf("a result on every run is an event on every run: got %v", rsp.GetResults())
		}
		w.Advance(rsp)
	}
}
