package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
)

// drainStages is what a drain takes, in the order in which it comes.
//
//nolint:gochecknoglobals // A constant list.
var drainStages = [][]string{{"drain.config"}, {"drain.account", "drain.gateways", "drain.role"}, {"drain.binding"}, {keyDrain}}

// manifestSpec is where an object of a Pod has the Pod's spec.
const manifestSpec = "spec.forProvider.manifest.spec."

// unfinished is an object of a Pod with a status, whose steps are not all done.
func unfinished(pod map[string]any) func(o *unstructured.Unstructured) {
	return func(o *unstructured.Unstructured) {
		withStatus(o, "Ready", "False", "Unavailable", "")
		set(pod, "status", "atProvider", "manifest", "status")(o)
	}
}

// absent is an object to be looked at that could not be.
func absent(message string) func(o *unstructured.Unstructured) {
	return func(o *unstructured.Unstructured) {
		withStatus(o, "Ready", "False", "Creating", "")
		withStatus(o, "Synced", "False", "ReconcileError", message)
	}
}

// edits of observed objects, by key. They are made wherever there is one.
type edits map[string]func(o *unstructured.Unstructured)

// unended is a drain that does not end.
func unended() edits { return edits{keyDrain: unfinished(map[string]any{"phase": "Running"})} }

// pass follows an answer. What comes of it is edited, and what went is returned.
func (w *world) pass(rsp *fnv1.RunFunctionResponse, es edits) []string {
	w.t.Helper()
	gone := w.follow(rsp)
	for _, key := range sorted(es) {
		if w.observed[key] != nil {
			w.edit(key, es[key])
		}
	}
	return gone
}

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

// begin a teardown, as far as there is something of its drain.
func (w *world) begin(key string) {
	w.t.Helper()
	attempted(w.xr)
	confirmed(w.xr)
	for range 10 {
		w.pass(w.run(), unended())
		if w.observed[key] != nil {
			return
		}
	}
	w.t.Fatalf("there is no %s", key)
}

// made is what the platform is made of, but for the guard and the drain.
func (w *world) made() []string {
	return slices.DeleteFunc(sorted(w.observed), func(key string) bool { return key == keyGuard || isDrain(key) })
}

// whole checks that an answer asks for everything the platform is made of.
func whole(t *testing.T, made []string, rsp *fnv1.RunFunctionResponse) {
	t.Helper()
	for _, key := range made {
		if rsp.GetDesired().GetResources()[key] == nil {
			t.Fatalf("%s should stay", key)
		}
	}
}

// drains is what an answer asks for of the drain.
func drains(rsp *fnv1.RunFunctionResponse) []string {
	return slices.DeleteFunc(desiredKeys(rsp), func(key string) bool { return !isDrain(key) })
}

// checkDraining checks the condition of an answer, and what its status says.
func checkDraining(t *testing.T, rsp *fnv1.RunFunctionResponse, status fnv1.Status, reason string) {
	t.Helper()
	if c := conditionOf(rsp, v1alpha1.ConditionDraining); c.GetStatus() != status || c.GetReason() != reason || c.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
		t.Fatalf("want Draining %s, %s, got %v", status, reason, c)
	}
	if got := statusOf(t, rsp)["drained"] == true; got != (reason == reasonDrained) {
		t.Fatalf("%s: the status should say whether the cluster is drained: got %t", reason, got)
	}
}

// under a policy, what the function answers once it has all it requires.
func (w *world) under(t *testing.T, policy map[string]any) *fnv1.RunFunctionResponse {
	t.Helper()
	req := w.request()
	req.Input = input(t, policy)
	var rsp *fnv1.RunFunctionResponse
	for range 3 { // It asks for the claim first, then for what is leaving.
		rsp = w.respond(req)
		req.RequiredResources = map[string]*fnv1.Resources{}
		for name, s := range rsp.GetRequirements().GetResources() {
			req.RequiredResources[name] = w.find(s)
		}
	}
	return rsp
}

// TestDrainComesFirst: nothing goes before the cluster is drained, and that only
// happens once.
func TestDrainComesFirst(t *testing.T) {
	t.Parallel()
	for _, example := range examples {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, example)
			unprotected(w.xr)
			w.settle()
			made := w.made()
			attempted(w.xr)
			deleted(w.claim)
			var came [][]string
			for range 8 {
				rsp := w.run()
				validate(t, w, rsp)
				whole(t, made, rsp)
				checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, reasonDraining)
				if added := slices.DeleteFunc(drains(rsp), func(key string) bool { return w.observed[key] != nil }); len(added) > 0 {
					came = append(came, added)
				}
				w.pass(rsp, unended())
			}
			if diff := cmp.Diff(drainStages, came); diff != "" {
				t.Errorf("what the drain takes should come in order: -want, +got:\n%s", diff)
			}

			w.follow(w.run())
			left := map[string]bool{}
			for range 40 {
				rsp := w.run()
				if len(w.observed) > 0 {
					checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, reasonDrained)
				}
				for _, key := range drains(rsp) {
					if left[key] {
						t.Errorf("%s has left, and should not come again", key)
					}
				}
				for _, key := range w.follow(rsp) {
					left[key] = true
				}
			}
			if len(w.observed) > 0 {
				t.Errorf("nothing should be left, got %v", sorted(w.observed))
			}
			if !left[keyDrain] || !left["drain.config"] {
				t.Errorf("the drain should leave, too: got %v", sorted(left))
			}
		})
	}
}

// TestDrainNotNeeded: a cluster is drained if it can be, and if anybody could
// have deployed anything there.
func TestDrainNotNeeded(t *testing.T) {
	t.Parallel()
	whole := func(w *world) { w.settle() }
	upTo := func(key string) func(w *world) {
		return func(w *world) {
			for w.observed[key] == nil {
				w.follow(w.run())
			}
		}
	}
	always := func(key string, change func(o *unstructured.Unstructured)) func(w *world) {
		return func(w *world) {
			if w.observed[key] != nil {
				w.edit(key, change)
			}
		}
	}
	starting := always("node-group.default", without("Ready"))
	cases := map[string]struct {
		reason string
		spec   string
		// build the platform before it is torn down.
		build func(w *world)
		// change what exists before each run.
		change func(w *world)
		want   bool
	}{
		"Whole":        {reason: "A platform that is ready should be drained.", build: whole, want: true},
		"Unwanted":     {reason: "Nobody wants it.", spec: ", teardown: {drain: false}", build: whole},
		"Early":        {reason: "Without nodes there is nothing to drain.", build: upTo("cluster.auth")},
		"NodesStart":   {reason: "Nodes that never became ready ran nothing.", build: upTo("node-group.default"), change: starting},
		"NodesFail":    {reason: "Nodes that are not ready any more may have run something.", build: whole, change: starting, want: true},
		"NoController": {reason: "People may have brought controllers of their own.", spec: ", " + disabled, build: whole, want: true},
		"Gone":         {reason: "Nobody can drain a cluster that isn't there.", build: whole, change: func(w *world) { delete(w.observed, "cluster") }},
		"GoneEarly": {
			reason: "Also if it was before anything was deployed.",
			build:  upTo("node-group.default"),
			change: func(w *world) { delete(w.observed, "cluster") },
		},
		"Lost":        {reason: "Nor one that is lost.", build: whole, change: func(w *world) { set(clusterGone, "metadata", "annotations", annotationCluster)(w.xr) }},
		"Deleted":     {reason: "Nor one that somebody is deleting.", build: whole, change: always("cluster", deleted)},
		"AuthDeleted": {reason: "Nor one the way into which is being deleted.", build: whole, change: always("cluster.auth", deleted)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, "{region: eu-central-1, name: dev"+tc.spec+"}")
			tc.build(w)
			unprotected(w.xr)
			attempted(w.xr)
			deleted(w.claim)
			drained := false
			for range 30 {
				if tc.change != nil {
					tc.change(w)
				}
				rsp := w.run()
				drained = drained || len(drains(rsp)) > 0
				if c := conditionOf(rsp, v1alpha1.ConditionDraining); !tc.want && c != nil {
					t.Fatalf("\n%s\nwant no condition, got %v", tc.reason, c)
				}
				w.follow(rsp)
			}
			if drained != tc.want {
				t.Errorf("\n%s\nwant drained %t, got %t", tc.reason, tc.want, drained)
			}
			if len(w.observed) > 0 {
				t.Errorf("\n%s\nnothing should be left, got %v", tc.reason, sorted(w.observed))
			}
		})
	}
}

// disabled is a claim that wants no controllers.
const disabled = "controllers: {clusterAutoscaler: {enabled: false}, loadBalancerController: {enabled: false}, metricsServer: {enabled: false}, externalDNS: {enabled: false}}"

// hideKubeconfig of the cluster.
func hideKubeconfig(w *world) {
	if r := w.observed["cluster.auth"]; r != nil {
		w.observed["cluster.auth"] = withoutDetails(r)
	}
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

			"no-ingress": {"no-ingress", "wait", "--for=delete", "ingresses.networking.k8s.io", "--all", "--all-namespaces", "--timeout=30s"},
			"no-gateway": {"no-gateway", "wait", "--for=delete", "gateways.gateway.networking.k8s.io", "--all", "--all-namespaces", "--timeout=30s"},
			"no-service": {"no-service", "wait", "--for=delete", "services", "--field-selector=spec.type=LoadBalancer", "--all-namespaces", "--timeout=30s"},
		}
		var chosen [][]string
		for _, name := range names {
			chosen = append(chosen, all[name])
		}
		return chosen
	}
	const image, smallest, production = "registry.k8s.io/kubectl:v1.35.4", "platform-smallest.yaml", "platform-production.yaml"
	interval := func(value any) func(o *unstructured.Unstructured) {
		return set(value, "spec", "controllers", "externalDNS", "values", "interval")
	}
	cases := map[string]struct {
		reason  string
		example string
		claim   func(o *unstructured.Unstructured)
		policy  map[string]any
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
			claim:   set(int64(30), "spec", "teardown", "drainTimeoutSeconds"),
			want:    steps("30s", "90", "ingresses", "gateways", "services", "records", "no-ingress", "no-gateway", "no-service"),
		},
		"Interval": {
			reason:  "ExternalDNS takes longer if it is told to.",
			example: production,
			claim:   interval("5m"),
			want:    steps("600s", "330", "ingresses", "gateways", "services", "records", "no-ingress", "no-gateway", "no-service"),
		},
		"BadInterval": {
			reason:  "What is no interval says nothing.",
			example: production,
			claim:   interval("often"),
			want:    steps("600s", "90", "ingresses", "gateways", "services", "records", "no-ingress", "no-gateway", "no-service"),
		},
		"NoDNS": {
			reason:  "Without DNS there are no records.",
			example: smallest,
			want:    steps("600s", "", "ingresses", "gateways", "services", "no-ingress", "no-gateway", "no-service"),
		},
		"NoGateways": {
			reason:   "What a cluster does not know can't be deleted.",
			example:  smallest,
			gateways: absent("observe failed: external resource does not exist"),
			want:     steps("600s", "", "ingresses", "services", "no-ingress", "no-service"),
		},
		"UnknownGateways": {
			reason:   "As long as it is unknown whether it does, the Pod should wait.",
			example:  smallest,
			gateways: absent("observe failed: connection refused"),
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
			want:    steps("600s", "", "ingresses", "gateways", "services", "no-ingress", "no-gateway", "no-service"),
			image:   "mirror.example.com/kubectl:v1",
		},
	}
	begun := map[string]*world{}
	for _, example := range []string{smallest, production} {
		begun[example] = newWorld(t, example)
		begun[example].settle()
		begun[example].begin("drain.binding")
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := begun[tc.example].fork(t)
			if tc.claim != nil {
				tc.claim(w.xr)
			}
			if tc.gateways != nil {
				w.edit("drain.gateways", tc.gateways)
			}
			rsp := w.under(t, tc.policy)
			validate(t, w, rsp)
			if diff := cmp.Diff(tc.want, stepsOf(desired(rsp, keyDrain))); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			all := containersOf(desired(rsp, keyDrain))
			if last, _ := at(rsp, keyDrain, manifestSpec+"containers").([]any); len(all) > 0 && len(last) != 1 {
				t.Errorf("\n%s\nthe last step alone should be what the Pod is there for, got %v", tc.reason, last)
			}
			for _, c := range all {
				if want := or(tc.image, image); c["image"] != want || !cmp.Equal(c["command"], any([]any{"kubectl"})) {
					t.Errorf("\n%s\nwant kubectl of %s, got %v of %v", tc.reason, want, c["command"], c["image"])
				}
			}
		})
	}
}

// TestDrainPrivileges: the Pod may do what it is there for, and nothing else.
func TestDrainPrivileges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "platform-smallest.yaml")
	w.settle()
	w.begin(keyDrain)
	rsp := w.run()
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
		{"so both have to be,", keyDrain, "metadata.namespace", "kube-system"},
		{"and is the Pod's.", keyDrain, "spec.serviceAccountName", "xplatform-drain"},
		{"It is not root.", keyDrain, "spec.securityContext", map[string]any{
			"runAsNonRoot": true, "runAsUser": 65532.0, "runAsGroup": 65532.0, "seccompProfile": map[string]any{"type": "RuntimeDefault"},
		}},
		{"A definition is only looked at.", "drain.gateways", "", []any{"Observe"}},
	} {
		path := "spec.forProvider.manifest." + tc.path
		if tc.path == "" {
			path = "spec.managementPolicies"
		}
		if diff := cmp.Diff(tc.want, at(rsp, tc.key, path)); diff != "" {
			t.Errorf("\n%s\n%s: -want, +got:\n%s", tc.reason, tc.key, diff)
		}
	}
	pod := at(rsp, keyDrain, "spec.forProvider.manifest.spec").(map[string]any)
	for _, field := range sorted(pod) {
		if strings.HasPrefix(field, "host") || field == "volumes" {
			t.Errorf("it should have nothing of its node: got %s", field)
		}
	}
	want := map[string]any{"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": map[string]any{"drop": []any{"ALL"}}}
	for _, c := range containersOf(desired(rsp, keyDrain)) {
		if diff := cmp.Diff(want, c["securityContext"]); diff != "" {
			t.Errorf("%s should be able to do nothing but ask the cluster: -want, +got:\n%s", c["name"], diff)
		}
	}
}

// TestDrainReports: what people see of a drain.
func TestDrainReports(t *testing.T) {
	t.Parallel()
	running := map[string]any{"state": map[string]any{"running": map[string]any{"startedAt": "2026-01-01T00:00:00Z"}}}
	waiting := func(reason, message string) map[string]any {
		return map[string]any{"state": map[string]any{"waiting": map[string]any{"reason": reason, "message": message}}}
	}
	ended := func(code int64, message string) map[string]any {
		return map[string]any{"terminated": map[string]any{"exitCode": code, "reason": "Error", "message": message}}
	}
	done := map[string]any{"state": ended(0, "")}
	with := func(c map[string]any, field string, value any) map[string]any {
		c = maps.Clone(c)
		c[field] = value
		return c
	}
	again := func(c map[string]any, output string) map[string]any {
		c = maps.Clone(c)
		c["lastState"] = ended(1, output)
		return c
	}
	// pod of which the last container, if there are six, is the main one.
	pod := func(containers ...any) map[string]any {
		status := map[string]any{"phase": "Pending", "conditions": []any{map[string]any{"type": "PodScheduled", "status": "True"}}}
		if len(containers) > 5 {
			status["phase"], status["containerStatuses"] = "Running", containers[5:]
			containers = containers[:5]
		}
		status["initContainerStatuses"] = containers
		return status
	}
	const (
		stuck  = "ingress.networking.k8s.io \"api\" deleted from shop namespace\nerror: timed out waiting for the condition on ingresses/api"
		many   = "service \"a\" deleted from x namespace\nservice \"b\" deleted from x namespace\nservice \"c\" deleted from y namespace\nservice \"d\" deleted from y namespace\nerror: timed out waiting for the condition on services/a"
		wayOut = ". Or set teardown.drain to false in the claim to go on without"
	)
	cases := map[string]struct {
		reason string
		pod    map[string]any
		// why and message are the condition's. The way out is to be told unless
		// all is well.
		why, message string
	}{
		"Nothing": {
			reason:  "While nothing is known, it begins.",
			pod:     map[string]any{},
			why:     reasonDraining,
			message: "drain waits until all Ingresses are deleted",
		},
		"Unscheduled": {
			reason: "A Pod that finds no node should say so.",
			pod: map[string]any{"phase": "Pending", "conditions": []any{
				map[string]any{"type": "PodReadyToStartContainers", "status": "False"},
				map[string]any{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no nodes available to schedule pods"},
			}},
			why:     reasonUnschedulable,
			message: "drain finds no node: no nodes available to schedule pods",
		},
		"First": {
			reason:  "The step that is under way is what it does.",
			pod:     pod(running, waiting("PodInitializing", "")),
			why:     reasonDraining,
			message: "drain waits until all Ingresses are deleted",
		},
		"Second": {
			reason:  "One that is done is over.",
			pod:     pod(done, running),
			why:     reasonDraining,
			message: "drain waits until all Gateways are deleted",
		},
		"Last": {
			reason:  "The last is the Pod's main container.",
			pod:     pod(done, done, done, done, done, running),
			why:     reasonDraining,
			message: "drain looks for Services of type LoadBalancer that were deployed again",
		},
		"NoImage": {
			reason:  "What keeps it from starting is for people to mend.",
			pod:     pod(waiting("ImagePullBackOff", "Back-off pulling image"), waiting("PodInitializing", "")),
			why:     reasonCannotStart,
			message: "drain can't start: Back-off pulling image",
		},
		"TimedOut": {
			reason:  "What it waits for in vain is theirs to find out about.",
			pod:     pod(again(running, stuck), waiting("PodInitializing", "")),
			why:     reasonTimedOut,
			message: "drain waits until all Ingresses are deleted, which it could not in time, and tries again: ingress shop/api",
		},
		"TimedOutTwice": {
			reason:  "What it asked to go when it tried again was left from before.",
			pod:     pod(done, with(again(running, many), "restartCount", int64(2))),
			why:     reasonTimedOut,
			message: "drain waits until all Gateways are deleted, which it could not in time, and tries again: service x/a, service x/b, service y/c, and 1 more",
		},
		"Starting": {
			reason:  "Before the first step there is no step to tell of.",
			pod:     pod(waiting("ContainerCreating", ""), waiting("PodInitializing", "")),
			why:     reasonDraining,
			message: "drain is starting",
		},
		"TimedOutNow": {
			reason:  "It should be said at once,",
			pod:     pod(map[string]any{"state": ended(1, stuck)}),
			why:     reasonTimedOut,
			message: "drain waits until all Ingresses are deleted, which it could not in time, and tries again: ingress shop/api",
		},
		"TimedOutPause": {
			reason:  "and until it is tried again,",
			pod:     pod(done, again(waiting("CrashLoopBackOff", "back-off 10s"), many)),
			why:     reasonTimedOut,
			message: "drain waits until all Gateways are deleted, which it could not in time, and tries again: service x/a",
		},
		"StepFailed": {
			reason:  "Another failure is told as it is.",
			pod:     pod(done, done, done, done, done, again(running, "error: You must be logged in to the server (Unauthorized)")),
			why:     reasonStepFailed,
			message: "drain looks for Services of type LoadBalancer that were deployed again, which failed, and tries again: error: You must be logged in to the server (Unauthorized)",
		},
		"TimedOutBefore": {
			reason:  "A step that is done in the end is over, too.",
			pod:     pod(again(done, stuck), running),
			why:     reasonDraining,
			message: "drain waits until all Gateways are deleted",
		},
	}
	start := newWorld(t, "platform-smallest.yaml")
	start.settle()
	start.begin(keyDrain)
	made := start.made()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := start.fork(t)
			w.edit(keyDrain, unfinished(tc.pod))
			rsp := w.run()
			validate(t, w, rsp)
			whole(t, made, rsp)
			checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, tc.why)
			message, want := tc.message, []string(nil)
			if tc.why != reasonDraining {
				message += wayOut
				want = []string{"SEVERITY_WARNING " + tc.why + ": " + message}
			}
			if got := conditionOf(rsp, v1alpha1.ConditionDraining).GetMessage(); got != message {
				t.Errorf("\n%s\nwant %q, got %q", tc.reason, message, got)
			}
			teardown, guard := conditionOf(rsp, v1alpha1.ConditionTearingDown).GetMessage(), at(rsp, keyGuard, "spec.reason").(string)
			if !strings.HasSuffix(teardown, "; first, "+tc.message) || guard != shorten("Tearing down: "+teardown, longestReason) {
				t.Errorf("\n%s\nboth should say so: TearingDown %q, guard %q", tc.reason, teardown, guard)
			}
			for i, want := range [][]string{want, nil} {
				var got []string
				for _, r := range rsp.GetResults() {
					got = append(got, fmt.Sprintf("%s %s: %s", r.GetSeverity(), r.GetReason(), r.GetMessage()))
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("\n%s\nevents of run %d: -want, +got:\n%s", tc.reason, i, diff)
				}
				w.remember(rsp)
				rsp = w.run()
			}
		})
	}
}

// TestDrainFailed: a Pod that has failed is made anew, once it is gone.
func TestDrainFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "platform-smallest.yaml")
	w.settle()
	w.begin(keyDrain)
	made, stages := w.made(), len(drainStages)
	failed := edits{keyDrain: unfinished(map[string]any{"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory"})}
	w.edit(keyDrain, failed[keyDrain])
	w.slow = []string{keyDrain}
	var got []string
	for i := range 6 {
		rsp := w.run()
		validate(t, w, rsp)
		whole(t, append(slices.Concat(drainStages[:stages-1]...), made...), rsp)
		why := reasonDraining
		if i == 0 {
			why = reasonPodFailed
		}
		checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, why)
		got = append(got, w.pass(rsp, failed)...)
	}
	if diff := cmp.Diff([]string{keyDrain}, got); diff != "" || w.observed[keyDrain] != nil {
		t.Errorf("the Pod alone should go, and not come again while it does: -want, +got:\n%s", diff)
	}
	w.lingering, w.slow = map[string]*fnv1.Resource{}, nil
	for range 3 {
		rsp := w.run()
		whole(t, made, rsp)
		w.pass(rsp, unended())
	}
	if w.observed[keyDrain] == nil {
		t.Error("the Pod should come again")
	}
}

// TestDrainGivenUp: whoever does not want to wait for a drain any more can go on
// without, or not at all.
func TestDrainGivenUp(t *testing.T) {
	t.Parallel()
	start := newWorld(t, "platform-smallest.yaml")
	before := start.settle()
	start.begin(keyDrain)
	made := start.made()

	t.Run("Skipped", func(t *testing.T) {
		w := start.fork(t)
		set(false, "spec", "teardown", "drain")(w.xr)
		var gone []string
		for range 30 {
			rsp := w.run()
			if len(w.observed) > 0 {
				checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, reasonSkipped)
			}
			for _, key := range drains(rsp) {
				if w.observed[key] == nil {
					t.Errorf("%s should not come any more", key)
				}
			}
			gone = append(gone, w.pass(rsp, unended())...)
		}
		if len(w.observed) > 0 || !slices.Contains(gone, keyDrain) {
			t.Errorf("everything should go: got %v", sorted(w.observed))
		}
	})
	t.Run("Cancelled", func(t *testing.T) {
		w := start.fork(t)
		cancel(w.xr)
		var gone [][]string
		for range 8 {
			rsp := w.run()
			whole(t, made, rsp)
			checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, reasonCancelled)
			if keys := w.pass(rsp, unended()); len(keys) > 0 {
				gone = append(gone, keys)
			}
		}
		want := [][]string{{keyDrain}, {"drain.binding", "drain.gateways"}, {"drain.account", "drain.role"}, {"drain.config"}}
		if diff := cmp.Diff(want, gone); diff != "" {
			t.Errorf("the drain should leave, and nothing else: -want, +got:\n%s", diff)
		}
		if diff := cmp.Diff(before.GetDesired().String(), w.settle().GetDesired().String()); diff != "" {
			t.Errorf("-before, +after:\n%s", diff)
		}

		w.begin(keyDrain)
		rsp := w.run()
		whole(t, made, rsp)
		checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, reasonDraining)
		w.follow(rsp)
		rsp = w.run()
		checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, reasonDrained)
		w.follow(rsp)
		cancel(w.xr)
		checkDraining(t, w.run(), fnv1.Status_STATUS_CONDITION_FALSE, reasonCancelled)
	})
}

// TestDrainAgain: that a cluster was drained for a teardown that was cancelled is
// no reason not to drain it for another one.
func TestDrainAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "platform-smallest.yaml")
	w.settle()
	w.begin(keyDrain)
	w.follow(w.run())
	rsp := w.run()
	checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, reasonDrained)
	w.remember(rsp)
	cancel(w.xr)
	w.remember(w.run())
	made := w.made()

	attempted(w.xr)
	var gone []string
	for range 6 {
		rsp := w.run()
		whole(t, made, rsp)
		checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, reasonDraining)
		gone = append(gone, w.pass(rsp, unended())...)
	}
	if diff := cmp.Diff([]string{keyDrain}, gone); diff != "" || w.observed[keyDrain] == nil {
		t.Errorf("the Pod alone should go, and come again: -want, +got:\n%s", diff)
	}
}

// TestDrainWaits: without a way into a cluster that is in use, nothing goes before
// there is one.
func TestDrainWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "platform-smallest.yaml")
	w.settle()
	attempted(w.xr)
	confirmed(w.xr)
	made := w.made()
	for range 3 {
		hideKubeconfig(w)
		rsp := w.run()
		whole(t, made, rsp)
		checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, reasonDraining)
		if m := conditionOf(rsp, v1alpha1.ConditionDraining).GetMessage(); !strings.Contains(m, "drain.config waits for cluster.auth") || !strings.Contains(m, "teardown.drain") {
			t.Errorf("want what it waits for, and the way out, got %q", m)
		}
		w.remember(rsp)
	}
}

// TestDrainGoesOn: what has begun is not given up because it would not begin now.
func TestDrainGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, "{region: eu-central-1, name: dev, "+disabled+"}")
	w.settle()
	w.begin(keyDrain)
	made, es := w.made(), unended()
	es["node-group.default"] = without("Ready")
	w.edit("node-group.default", es["node-group.default"])
	// Nor because the way into the cluster is away for a while.
	w.observed["cluster.auth"] = proto.CloneOf(w.observed["cluster.auth"])
	w.observed["cluster.auth"].ConnectionDetails = nil
	for range 3 {
		rsp := w.run()
		whole(t, made, rsp)
		checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, reasonDraining)
		w.pass(rsp, es)
	}
}

// TestDrainClusterLost: nobody can finish what was begun in a cluster that isn't
// there any more, nor take it back.
func TestDrainClusterLost(t *testing.T) {
	t.Parallel()
	cases := map[string]func(w *world){
		"Gone": func(w *world) { delete(w.observed, "cluster") },
		"Lost": func(w *world) { set(clusterGone, "metadata", "annotations", annotationCluster)(w.xr) },
		"GivenUp": func(w *world) {
			delete(w.observed, "cluster")
			set(false, "spec", "teardown", "drain")(w.xr)
		},
	}
	start := newWorld(t, "platform-smallest.yaml")
	start.settle()
	start.begin(keyDrain)
	keep := []any{"Observe", "Create", "Update", "LateInitialize"}
	want := map[string]any{keyDrain: keep, "drain.account": keep, "drain.binding": keep, "drain.role": keep, "drain.gateways": []any{"Observe"}}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			w := start.fork(t)
			change(w)
			// policies is what each object was last asked for with.
			policies := map[string]any{}
			var gone []string
			for range 30 {
				rsp := w.run()
				validate(t, w, rsp)
				if len(w.observed) > 0 {
					checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_FALSE, reasonSkipped)
				}
				for _, key := range drains(rsp) {
					if at(rsp, key, "kind") == "Object" {
						policies[key] = at(rsp, key, "spec.managementPolicies")
					}
				}
				gone = append(gone, w.pass(rsp, unended())...)
			}
			if diff := cmp.Diff(want, policies); diff != "" {
				t.Errorf("what is in the cluster should be forgotten: -want, +got:\n%s", diff)
			}
			if len(w.observed) > 0 || !slices.Contains(gone, keyDrain) {
				t.Errorf("nothing should be left, got %v", sorted(w.observed))
			}
		})
	}
}

// TestDrainRenewed: nobody can change what a Pod does, so one that is to do
// something else is made anew. Its image can be changed.
func TestDrainRenewed(t *testing.T) {
	t.Parallel()
	start := newWorldWith(t, "{region: eu-central-1, name: dev, dns: {domain: dev.example.com}}")
	start.settle()
	start.begin(keyDrain)
	cases := map[string]struct {
		reason string
		claim  func(o *unstructured.Unstructured)
		policy map[string]any
		es     edits
		// why is the condition's reason meanwhile, Draining by default.
		why string
		// want is what goes.
		want []string
		// path of the Pod's spec, and what it has there in the end.
		path, last string
	}{
		"Timeout": {
			reason: "How long it waits is what it does.",
			claim:  set(int64(60), "spec", "teardown", "drainTimeoutSeconds"),
			want:   []string{keyDrain},
			path:   "initContainers[0].args[4]",
			last:   "--timeout=60s",
		},
		"Interval": {
			reason: "So is how long ExternalDNS has.",
			claim:  set("2m", "spec", "controllers", "externalDNS", "values", "interval"),
			want:   []string{keyDrain},
			path:   "initContainers[3].args[2]",
			last:   "/api/v1/namespaces?watch=true&fieldSelector=metadata.name%3Dkube-system&timeoutSeconds=150",
		},
		"Gateways": {
			reason: "What the cluster does not know any more can't be deleted.",
			es:     edits{"drain.gateways": absent("observe failed: external resource does not exist")},
			want:   []string{keyDrain},
			path:   "initContainers[1].name",
			last:   "services",
		},
		"GatewaysUnknown": {
			reason: "What could not be looked at may be as it was.",
			es:     edits{"drain.gateways": absent("observe failed: connection refused")},
			why:    "Failed",
			path:   "initContainers[1].name",
			last:   "gateways",
		},
		"Image": {
			reason: "So is what it does that with.",
			policy: map[string]any{"drainImage": "mirror.example.com/kubectl:v1"},
			want:   []string{keyDrain},
			path:   "initContainers[0].image",
			last:   "mirror.example.com/kubectl:v1",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := start.fork(t)
			made, es := w.made(), unended()
			maps.Copy(es, tc.es)
			for key, edit := range tc.es {
				w.edit(key, edit)
			}
			if tc.claim != nil {
				tc.claim(w.xr)
			}
			old := stepsOf(&unstructured.Unstructured{Object: w.observed[keyDrain].GetResource().AsMap()})
			var gone []string
			var rsp *fnv1.RunFunctionResponse
			for range 5 {
				rsp = w.under(t, tc.policy)
				validate(t, w, rsp)
				whole(t, made, rsp)
				checkDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, or(tc.why, reasonDraining))
				if rsp.GetDesired().GetResources()[keyDrain] != nil && len(gone) == 0 {
					if diff := cmp.Diff(old, stepsOf(desired(rsp, keyDrain))); diff != "" {
						t.Fatalf("\n%s\nwhat the Pod does should not be changed while it is there: -was, +asked for:\n%s", tc.reason, diff)
					}
				}
				gone = append(gone, w.pass(rsp, es)...)
			}
			if diff := cmp.Diff(tc.want, gone); diff != "" {
				t.Errorf("\n%s\nwhat goes: -want, +got:\n%s", tc.reason, diff)
			}
			if got, _ := at(rsp, keyDrain, manifestSpec+tc.path).(string); got != tc.last {
				t.Errorf("\n%s\n%s: want %q, got %q", tc.reason, tc.path, tc.last, got)
			}
		})
	}
}
