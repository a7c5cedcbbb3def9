package lifecycle_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// manifestSpec is where an object of a Pod has the Pod's spec.
const manifestSpec = "spec.forProvider.manifest.spec."

// containersOf an object of a Pod, in the order in which they run.
func containersOf(o *unstructured.Unstructured) []map[string]any {
	var all []map[string]any
	for _, list := range []string{"initContainers", "containers"} {
		cs, _, _ := unstructured.NestedSlice(o.Object, "spec", "forProvider", "manifest", "spec", list)
		for _, c := range cs {
			all = append(all, c.(map[string]any))
		}
	}
	return all
}

// stepsOf an object of a Pod: the name and the arguments of each.
func stepsOf(o *unstructured.Unstructured) [][]string {
	var all [][]string
	for _, c := range containersOf(o) {
		s := []string{c["name"].(string)}
		for _, arg := range c["args"].([]any) {
			s = append(s, arg.(string))
		}
		all = append(all, s)
	}
	return all
}

// TestDrainPod: what the Pod does, step by step.
func TestDrainPod(t *testing.T) {
	t.Parallel()
	steps := func(timeout, wait string, names ...string) [][]string {
		all := map[string][]string{
			"ingresses": {"ingresses", "delete", "ingresses.networking.k8s.io", "--all", "--all-namespaces", "--timeout=" + timeout},
			"services":  {"services", "delete", "services", "--field-selector=spec.type=LoadBalancer", "--all-namespaces", "--timeout=" + timeout},
			"gateways":  {"gateways", "delete", "gateways.gateway.networking.k8s.io", "--all", "--all-namespaces", "--timeout=" + timeout},
			"records":   {"records", "get", "--raw", "/api/v1/namespaces?watch=true&fieldSelector=metadata.name%3Dkube-system&timeoutSeconds=" + wait},
			"quiet":     {"quiet", "get", "--raw", "/api/v1/namespaces?watch=true&fieldSelector=metadata.name%3Dkube-system&timeoutSeconds=" + wait},

			"no-ingress": {"no-ingress", "wait", "--for=delete", "ingresses.networking.k8s.io", "--all", "--all-namespaces", "--timeout=10s", "-v=6"},
			"no-gateway": {"no-gateway", "wait", "--for=delete", "gateways.gateway.networking.k8s.io", "--all", "--all-namespaces", "--timeout=10s", "-v=6"},
			"no-service": {"no-service", "wait", "--for=delete", "services", "--field-selector=spec.type=LoadBalancer", "--all-namespaces", "--timeout=10s", "-v=6"},
		}
		var chosen [][]string
		for _, name := range names {
			chosen = append(chosen, all[name])
		}
		return chosen
	}
	const image, smallest, production = "registry.k8s.io/kubectl:v1.35.4", "platform-smallest.yaml", "platform-production.yaml"
	interval := func(value any) func(o *unstructured.Unstructured) {
		return world.Set(value, "spec", "forProvider", "values", "interval")
	}
	cases := map[string]struct {
		reason  string
		example string
		claim   func(o *unstructured.Unstructured)
		// told is what ExternalDNS's Release says.
		told   func(o *unstructured.Unstructured)
		policy map[string]any
		// gateways is what becomes of the look at the definition of Gateways.
		gateways func(o *unstructured.Unstructured)
		// want is the name and the arguments of each step; nil if there is to be
		// no Pod.
		want  [][]string
		image string
	}{
		"Default": {
			reason:  "Everything there may be is deleted, and ExternalDNS has the time to notice.",
			example: production,
			want:    steps("600s", "90", "ingresses", "gateways", "services", "records", "no-ingress", "no-gateway", "no-service"),
		},
		"Timeout": {
			reason:  "The claim says how long each step takes; not how long ExternalDNS does.",
			example: production,
			claim:   world.Set(int64(30), "spec", "teardown", "drainTimeoutSeconds"),
			want:    steps("30s", "90", "ingresses", "gateways", "services", "records", "no-ingress", "no-gateway", "no-service"),
		},
		"Interval": {
			reason:  "ExternalDNS takes longer if it is told to.",
			example: production,
			told:    interval("5m"),
			want:    steps("600s", "330", "ingresses", "gateways", "services", "records", "no-ingress", "no-gateway", "no-service"),
		},
		"BadInterval": {
			reason:  "What is no interval says nothing.",
			example: production,
			told:    interval("often"),
			want:    steps("600s", "90", "ingresses", "gateways", "services", "records", "no-ingress", "no-gateway", "no-service"),
		},
		"LongInterval": {
			reason:  "Nobody waits for ever.",
			example: production,
			told:    interval("2562047h"),
			want:    steps("600s", "3630", "ingresses", "gateways", "services", "records", "no-ingress", "no-gateway", "no-service"),
		},
		"NegativeInterval": {
			reason:  "To the API server no time is half an hour.",
			example: production,
			told:    interval("-10m"),
			want:    steps("600s", "30", "ingresses", "gateways", "services", "records", "no-ingress", "no-gateway", "no-service"),
		},
		"NoDNS": {
			reason:  "Without DNS there are no records; but whoever deploys again takes a moment.",
			example: smallest,
			want:    steps("600s", "30", "ingresses", "gateways", "services", "quiet", "no-ingress", "no-gateway", "no-service"),
		},
		"NoGateways": {
			reason:   "What a cluster does not know can't be deleted.",
			example:  smallest,
			gateways: world.Absent("observe failed: external resource does not exist"),
			want:     steps("600s", "30", "ingresses", "services", "quiet", "no-ingress", "no-service"),
		},
		"UnknownGateways": {
			reason:   "As long as it is unknown whether it does, the Pod should wait.",
			example:  smallest,
			gateways: world.Absent("observe failed: connection refused"),
		},
		"UnseenGateways": {
			reason:   "Also if nobody has looked yet.",
			example:  smallest,
			gateways: func(o *unstructured.Unstructured) { delete(o.Object, "status") },
		},
		"Image": {
			reason:  "The platform team may have a mirror.",
			example: smallest,
			policy:  map[string]any{"drainImage": "mirror.example.com/kubectl:v1"},
			want:    steps("600s", "30", "ingresses", "gateways", "services", "quiet", "no-ingress", "no-gateway", "no-service"),
			image:   "mirror.example.com/kubectl:v1",
		},
	}
	begun := map[string]*world.World{}
	for _, example := range []string{smallest, production} {
		begun[example] = world.New(t, example)
		begun[example].Settle()
		begun[example].Begin("drain.binding")
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := begun[tc.example].Fork(t)
			if tc.claim != nil {
				tc.claim(w.XR)
			}
			if tc.told != nil {
				w.Edit("external-dns", tc.told)
			}
			if tc.gateways != nil {
				w.Edit("drain.gateways", tc.gateways)
			}
			rsp := w.Under(tc.policy)
			world.Validate(t, w, rsp)
			if diff := cmp.Diff(tc.want, stepsOf(world.Desired(rsp, lifecycle.KeyDrain))); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			all := containersOf(world.Desired(rsp, lifecycle.KeyDrain))
			if last, _ := world.At(rsp, lifecycle.KeyDrain, manifestSpec+"containers").([]any); len(all) > 0 && len(last) != 1 {
				t.Errorf("\n%s\nthe last step alone should be what the Pod is there for, got %v", tc.reason, last)
			}
			for _, c := range all {
				if want := either(tc.image, image); c["image"] != want || !cmp.Equal(c["command"], any([]any{"kubectl"})) {
					t.Errorf("\n%s\nwant kubectl of %s, got %v of %v", tc.reason, want, c["command"], c["image"])
				}
			}
		})
	}
}

// TestDrainPrivileges: the Pod may do what it is there for, and nothing else.
func TestDrainPrivileges(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	w.Settle()
	w.Begin(lifecycle.KeyDrain)
	rsp := w.Run()
	all := []any{"get", "list", "watch", "delete"}
	for _, tc := range []struct {
		reason, key, path string
		want              any
	}{
		{"What it deletes, and what it watches, is all it may.", "drain.role", "rules", []any{
			map[string]any{"apiGroups": []any{"networking.k8s.io"}, "resources": []any{"ingresses"}, "verbs": all},
			map[string]any{"apiGroups": []any{""}, "resources": []any{"services"}, "verbs": all},
			map[string]any{"apiGroups": []any{"gateway.networking.k8s.io"}, "resources": []any{"gateways"}, "verbs": all},
			map[string]any{"apiGroups": []any{""}, "resources": []any{"namespaces"}, "resourceNames": []any{"kube-system"}, "verbs": []any{"get", "list", "watch"}},
		}},
		{"It is bound to that role,", "drain.binding", "roleRef", map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "xplatform-drain"}},
		{"and nobody else is,", "drain.binding", "subjects", []any{map[string]any{"kind": "ServiceAccount", "namespace": "kube-system", "name": "xplatform-drain"}}},
		{"as the account of that name,", "drain.account", "metadata.name", "xplatform-drain"},
		{"which is where the Pod is,", "drain.account", "metadata.namespace", "kube-system"},
		{"so both have to be,", lifecycle.KeyDrain, "metadata.namespace", "kube-system"},
		{"and is the Pod's.", lifecycle.KeyDrain, "spec.serviceAccountName", "xplatform-drain"},
		{"It is not root.", lifecycle.KeyDrain, "spec.securityContext", map[string]any{
			"runAsNonRoot": true, "runAsUser": 65532.0, "runAsGroup": 65532.0, "seccompProfile": map[string]any{"type": "RuntimeDefault"},
		}},
		{"A definition is only looked at.", "drain.gateways", "", []any{"Observe"}},
	} {
		path := "spec.forProvider.manifest." + tc.path
		if tc.path == "" {
			path = "spec.managementPolicies"
		}
		if diff := cmp.Diff(tc.want, world.At(rsp, tc.key, path)); diff != "" {
			t.Errorf("\n%s\n%s: -want, +got:\n%s", tc.reason, tc.key, diff)
		}
	}
	pod := world.At(rsp, lifecycle.KeyDrain, "spec.forProvider.manifest.spec").(map[string]any)
	for _, field := range world.SortedKeys(pod) {
		if strings.HasPrefix(field, "host") || field == "volumes" {
			t.Errorf("it should have nothing of its node: got %s", field)
		}
	}
	want := map[string]any{"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": map[string]any{"drop": []any{"ALL"}}}
	for _, c := range containersOf(world.Desired(rsp, lifecycle.KeyDrain)) {
		if diff := cmp.Diff(want, c["securityContext"]); diff != "" {
			t.Errorf("%s should be able to do nothing but ask the cluster: -want, +got:\n%s", c["name"], diff)
		}
	}
}

// TestDrainFailed: a Pod that has failed is made anew, once it is gone.
func TestDrainFailed(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	w.Settle()
	w.Begin(lifecycle.KeyDrain)
	made, stages := w.Made(), len(world.DrainStages)
	failed := world.Edits{lifecycle.KeyDrain: world.Unfinished(map[string]any{"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory"})}
	w.Edit(lifecycle.KeyDrain, failed[lifecycle.KeyDrain])
	w.Slow = []string{lifecycle.KeyDrain}
	var got []string
	for i := range 6 {
		rsp := w.Run()
		world.Validate(t, w, rsp)
		world.CheckWhole(t, append(slices.Concat(world.DrainStages[:stages-1]...), made...), rsp)
		why := lifecycle.ReasonDraining
		if i == 0 {
			why = lifecycle.ReasonPodFailed
		}
		world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, why)
		got = append(got, w.Pass(rsp, failed)...)
	}
	if diff := cmp.Diff([]string{lifecycle.KeyDrain}, got); diff != "" || w.Observed[lifecycle.KeyDrain] != nil {
		t.Errorf("the Pod alone should go, and not come again while it does: -want, +got:\n%s", diff)
	}
	w.Lingering, w.Slow = map[string]*fnv1.Resource{}, nil
	for range 3 {
		rsp := w.Run()
		world.CheckWhole(t, made, rsp)
		w.Pass(rsp, world.Unended())
	}
	if w.Observed[lifecycle.KeyDrain] == nil {
		t.Error("the Pod should come again")
	}
}

// TestDrainDeployedAgain: what is deployed again is deleted again, and named all the
// while, until nobody deploys it.
func TestDrainDeployedAgain(t *testing.T) {
	t.Parallel()
	const (
		seen    = `verb="GET" url="https://10.100.0.1:443/apis/networking.k8s.io/v1/namespaces/shop/ingresses?allowWatchBookmarks=true&fieldSelector=metadata.name%3Dweb&watch=true" status="200 OK"` + "\n"
		vain    = "error: timed out waiting for the condition on ingresses/web"
		message = "drain deletes again what is deployed again, until nobody does: ingress shop/web. Suspend what deploys it, such as Argo CD or Flux. Or set teardown.drain to false in the claim to go on without"
	)
	looked := func(output string) func(o *unstructured.Unstructured) {
		return world.Unfinished(map[string]any{"phase": "Pending", "initContainerStatuses": []any{
			containerOf("ingresses", 0, ""), containerOf("gateways", 0, ""), containerOf("services", 0, ""), containerOf("quiet", 0, ""), containerOf("no-ingress", 1, output),
		}})
	}
	start := world.New(t, "platform-smallest.yaml")
	start.Settle()
	start.Begin(lifecycle.KeyDrain)
	for name, tc := range map[string]struct{ output, named string }{
		"Named":            {seen + vain, "ingress shop/web"},
		"WithoutNamespace": {vain, "ingress ingresses/web"},
	} {
		t.Run(name, func(t *testing.T) {
			w := start.Fork(t)
			made := w.Made()
			w.Edit(lifecycle.KeyDrain, looked(tc.output))
			gone := false
			for i := 0; !gone || w.Observed[lifecycle.KeyDrain] == nil; i++ {
				rsp := w.Run()
				world.Validate(t, w, rsp)
				world.CheckWhole(t, made, rsp)
				world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, lifecycle.ReasonDeployedAgain)
				if got, want := world.ConditionOf(rsp, v1alpha1.ConditionDraining).GetMessage(), strings.Replace(message, "ingress shop/web", tc.named, 1); got != want {
					t.Errorf("run %d: want %q, got %q", i, want, got)
				}
				w.Pass(rsp, world.Edits{lifecycle.KeyDrain: looked(tc.output)})
				gone = gone || w.Observed[lifecycle.KeyDrain] == nil
				if i > 10 {
					t.Fatal("the Pod should be made anew")
				}
			}
			w.Edit(lifecycle.KeyDrain, world.Unfinished(map[string]any{"phase": "Running"}))
			world.CheckDraining(t, w.Run(), fnv1.Status_STATUS_CONDITION_TRUE, lifecycle.ReasonDeployedAgain)
			w.Edit(lifecycle.KeyDrain, world.Unfinished(map[string]any{"phase": "Pending", "initContainerStatuses": []any{containerOf("ingresses", 1, "error: timed out waiting for the condition on ingresses/web")}}))
			world.CheckDraining(t, w.Run(), fnv1.Status_STATUS_CONDITION_TRUE, lifecycle.ReasonTimedOut)
			w.Follow(w.Run())
			world.CheckDraining(t, w.Run(), fnv1.Status_STATUS_CONDITION_FALSE, lifecycle.ReasonDrained)
		})
	}
}

// containerOf a step, as it ended.
func containerOf(step string, code int64, output string) map[string]any {
	return map[string]any{"name": step, "state": map[string]any{"terminated": map[string]any{"exitCode": code, "reason": "Error", "message": output}}}
}

// TestDrainRenewed: nobody can change what a Pod does, so one that is to do
// something else is made anew. Its image can be changed.
func TestDrainRenewed(t *testing.T) {
	t.Parallel()
	start := world.With(t, "{region: eu-central-1, name: dev, dns: {domain: dev.example.com}}")
	start.Settle()
	start.Begin(lifecycle.KeyDrain)
	cases := map[string]struct {
		reason string
		claim  func(o *unstructured.Unstructured)
		policy map[string]any
		es     world.Edits
		// why is the condition's reason meanwhile, Draining by default.
		why string
		// want is what goes.
		want []string
		// path of the Pod's spec, and what it has there in the end.
		path, last string
	}{
		"Timeout": {
			reason: "How long it waits is what it does.",
			claim:  world.Set(int64(60), "spec", "teardown", "drainTimeoutSeconds"),
			want:   []string{lifecycle.KeyDrain},
			path:   "initContainers[0].args[4]",
			last:   "--timeout=60s",
		},
		"Interval": {
			reason: "So is how long ExternalDNS has.",
			claim:  world.Set("2m", "spec", "controllers", "externalDNS", "values", "interval"),
			want:   []string{lifecycle.KeyDrain},
			path:   "initContainers[3].args[2]",
			last:   "/api/v1/namespaces?watch=true&fieldSelector=metadata.name%3Dkube-system&timeoutSeconds=150",
		},
		"Gateways": {
			reason: "What the cluster does not know any more can't be deleted.",
			es:     world.Edits{"drain.gateways": world.Absent("observe failed: external resource does not exist")},
			want:   []string{lifecycle.KeyDrain},
			path:   "initContainers[1].name",
			last:   "services",
		},
		"GatewaysUnknown": {
			reason: "What could not be looked at may be as it was.",
			es:     world.Edits{"drain.gateways": world.Absent("observe failed: connection refused")},
			why:    "Failed",
			path:   "initContainers[1].name",
			last:   "gateways",
		},
		"Image": {
			reason: "So is what it does that with.",
			policy: map[string]any{"drainImage": "mirror.example.com/kubectl:v1"},
			want:   []string{lifecycle.KeyDrain},
			path:   "initContainers[0].image",
			last:   "mirror.example.com/kubectl:v1",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := start.Fork(t)
			made, es := w.Made(), world.Unended()
			maps.Copy(es, tc.es)
			for key, edit := range tc.es {
				w.Edit(key, edit)
			}
			if tc.claim != nil {
				tc.claim(w.XR)
			}
			old := stepsOf(&unstructured.Unstructured{Object: w.Observed[lifecycle.KeyDrain].GetResource().AsMap()})
			var gone []string
			var rsp *fnv1.RunFunctionResponse
			for range 5 {
				rsp = w.Under(tc.policy)
				world.Validate(t, w, rsp)
				world.CheckWhole(t, made, rsp)
				world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, either(tc.why, lifecycle.ReasonDraining))
				if rsp.GetDesired().GetResources()[lifecycle.KeyDrain] != nil && len(gone) == 0 {
					if diff := cmp.Diff(old, stepsOf(world.Desired(rsp, lifecycle.KeyDrain))); diff != "" {
						t.Fatalf("\n%s\nwhat the Pod does should not be changed while it is there: -was, +asked for:\n%s", tc.reason, diff)
					}
				}
				gone = append(gone, w.Pass(rsp, es)...)
			}
			if diff := cmp.Diff(tc.want, gone); diff != "" {
				t.Errorf("\n%s\nwhat goes: -want, +got:\n%s", tc.reason, diff)
			}
			if got, _ := world.At(rsp, lifecycle.KeyDrain, manifestSpec+tc.path).(string); got != tc.last {
				t.Errorf("\n%s\n%s: want %q, got %q", tc.reason, tc.path, tc.last, got)
			}
		})
	}
}

// either is what is wanted of a case, or of those that say nothing.
func either(want, otherwise string) string {
	if want != "" {
		return want
	}
	return otherwise
}
