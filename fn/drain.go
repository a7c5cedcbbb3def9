package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// What people deploy makes load balancers and DNS records that the platform
// knows nothing of, and that keep its network and its zone from being deleted.
// Only the controllers in the cluster can remove them, so before those go, a Pod
// in the cluster deletes whatever they made them for, and waits.
//
// It is kubectl that does it, a command after the other: its official image has
// no shell. And it is a Pod rather than a Job, because what kubectl could not get
// rid of is in the Pod's status, and nowhere in a Job's.
//
// This file alone knows what provider-kubernetes' objects look like, and
// drain_pod.go what it says of a Pod.

// apiVersionKubernetes of provider-kubernetes' namespaced kinds.
const apiVersionKubernetes = "kubernetes.m.crossplane.io/v1alpha1"

// keyDrain of the Pod, and what the keys of all it takes begin with.
const keyDrain = "drain"

// drainName is the name in the cluster of all that the drain takes.
const drainName = "xplatform-drain"

// drainImage has nothing but kubectl, which works with clusters of the versions
// around its own, and for what is done here with all.
const drainImage = "registry.k8s.io/kubectl:v1.35.4"

// resourceGateways is what kubectl calls Gateways, and the name of their
// definition. Most clusters don't have it, and kubectl fails if it is asked to
// delete what it does not know.
const resourceGateways = "gateways.gateway.networking.k8s.io"

const (
	// recordsInterval is how often ExternalDNS looks at everything, unless the
	// claim says otherwise.
	recordsInterval = time.Minute
	// recordsSlack is how long it may take to do what it has found to do.
	recordsSlack = 30 * time.Second
)

// Reasons of the condition Draining: while it is true the first ones, and that of
// an object that failed.
const (
	reasonDraining      = "Draining"
	reasonTimedOut      = "TimedOut"
	reasonStepFailed    = "StepFailed"
	reasonPodFailed     = "PodFailed"
	reasonUnschedulable = "Unschedulable"
	reasonCannotStart   = "CannotStart"
	reasonDrained       = "Drained"
	reasonSkipped       = "Skipped"
)

// A drain of the cluster.
type drain struct{ *plan.Farewell }

// A step of the drain: a name, and kubectl's arguments.
type step struct {
	name string
	args []string
}

// Names of the steps. The last three look whether anybody deployed again what was
// deleted.
const (
	stepIngresses  = "ingresses"
	stepGateways   = "gateways"
	stepServices   = "services"
	stepRecords    = "records"
	stepNoIngress  = "no-ingress"
	stepNoGateway  = "no-gateway"
	stepNoServices = "no-service"
)

// stepDoes is what each step does, for people.
//
//nolint:gochecknoglobals // A constant table.
var stepDoes = map[string]string{
	stepIngresses:  "waits until all Ingresses are deleted",
	stepGateways:   "waits until all Gateways are deleted",
	stepServices:   "waits until all Services of type LoadBalancer are deleted",
	stepRecords:    "waits for ExternalDNS to remove the records",
	stepNoIngress:  "looks for Ingresses that were deployed again",
	stepNoGateway:  "looks for Gateways that were deployed again",
	stepNoServices: "looks for Services of type LoadBalancer that were deployed again",
}

// composeDrain describes the drain while the platform is taken down; nil if it
// doesn't matter.
func composeDrain(p *plan.Plan, c *contract, t teardown, pf *platform) *drain {
	if !t.confirmed || !c.spec.Teardown.Drain && !t.draining {
		return nil
	}
	eks := pf.cluster
	wanted := c.spec.Teardown.Drain && !t.clusterGone && stays(eks.node.Observed()) && t.canDrain(pf)
	if !wanted && !t.draining {
		return nil
	}
	d := &drain{p.Farewell(v1alpha1.ConditionDraining, wanted)}

	config := d.Add("drain.config", func(n *plan.Node) runtime.Object { return kubeconfigOf(n, apiVersionKubernetes, eks.auth) }).ReadyWhen(plan.Exists)
	inside := func(key string, manifest func(n *plan.Node) map[string]any) *plan.Node {
		return d.Add(key, func(n *plan.Node) runtime.Object {
			n.After(config)
			return inCluster(config.Name(), manifest(n))
		}).Inside(eks.node, eks.auth, config)
	}
	gateways := inside("drain.gateways", func(*plan.Node) map[string]any {
		return map[string]any{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": map[string]any{"name": resourceGateways}}
	}).ReadyWhen(knownWhether)
	account := inside("drain.account", func(*plan.Node) map[string]any { return drainManifest("v1", "ServiceAccount", namespaceSystem, nil) })
	role := inside("drain.role", func(*plan.Node) map[string]any {
		return drainManifest(apiVersionRBAC, "ClusterRole", "", map[string]any{"rules": drainRules()})
	})
	binding := inside("drain.binding", func(n *plan.Node) map[string]any {
		n.After(account, role)
		return drainManifest(apiVersionRBAC, "ClusterRoleBinding", "", map[string]any{
			"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": drainName},
			"subjects": []any{map[string]any{"kind": "ServiceAccount", "namespace": namespaceSystem, "name": drainName}},
		})
	})
	pod := inside(keyDrain, func(n *plan.Node) map[string]any {
		n.After(binding, gateways)
		steps := drainSteps(c, pf.controllers, hasGateways(gateways.Observed(), n.Observed()))
		return drainManifest("v1", "Pod", namespaceSystem, map[string]any{"spec": drainPod(c, steps)})
	}).ReadyWhen(drained).Fixed("spec.forProvider.manifest")
	// Nobody can revive it.
	if pod.Observed().String(pathPod+".phase") == "Failed" {
		pod.Renew()
	}
	return d
}

// canDrain tells whether there is a way into the cluster, and anything that could
// have deployed, or could drain, something there. What has begun goes on: those
// that could finish it would be let go otherwise, because a kubeconfig was away
// for a moment. It does not begin once those are on their way out.
func (t teardown) canDrain(pf *platform) bool {
	began := t.draining
	for _, ctl := range pf.controllers {
		if ctl.node.Leaves() && !began {
			return false
		}
	}
	return (began || stays(pf.cluster.auth.Observed())) &&
		(slices.ContainsFunc(pf.controllers, func(ctl *controller) bool { return ctl.node.Exists() }) ||
			slices.ContainsFunc(pf.nodes, func(g *nodeGroup) bool {
				return g.node.Exists() && (began || plan.Available(g.node.Observed()).Ready)
			}))
}

// stays tells whether something exists and isn't being deleted.
func stays(o *plan.Observed) bool { return o != nil && plan.Exists(o).Ready }

// isDrain tells whether a key is one of the drain's.
func isDrain(key string) bool { return key == keyDrain || strings.HasPrefix(key, keyDrain+".") }

// Pending tells whether everything waits for the drain. There may be none.
func (d *drain) Pending() bool { return d != nil && d.Farewell.Pending() }

// doing is what the drain does, and a way out if it can't.
func (d *drain) doing(t teardown) (reason, message string) {
	r := d.Summary()
	wayOut := ". Or set teardown.drain to false in " + t.editable() + " to go on without"
	switch r.Reason {
	case plan.ReasonCreating, plan.ReasonDeleting:
		return reasonDraining, r.Message
	case plan.ReasonWaiting:
		return reasonDraining, r.Message + wayOut
	default:
		return r.Reason, r.Message + wayOut
	}
}

// drainSteps in their order. Gateways come before Services: who serves them in the
// cluster makes a Service for each, again and again. No step may have a flag of
// kubectl's connection, such as --request-timeout: with any of them it does not
// look for the cluster it runs in (kubernetes/kubernetes#93474).
func drainSteps(c *contract, controllers []*controller, gateways bool) []step {
	kinds := []struct {
		remove, look string
		resource     string
		selection    string
		skipped      bool
	}{
		{stepIngresses, stepNoIngress, "ingresses.networking.k8s.io", "--all", false},
		{stepGateways, stepNoGateway, resourceGateways, "--all", !gateways},
		{stepServices, stepNoServices, "services", "--field-selector=spec.type=LoadBalancer", false},
	}
	var first, last []step
	for _, k := range kinds {
		if k.skipped {
			continue
		}
		first = append(first, step{k.remove, []string{"delete", k.resource, k.selection, "--all-namespaces", fmt.Sprintf("--timeout=%ds", c.spec.Teardown.DrainTimeoutSeconds)}})
		last = append(last, step{k.look, []string{"wait", "--for=delete", k.resource, k.selection, "--all-namespaces", "--timeout=30s"}})
	}
	for _, ctl := range controllers {
		if ctl.account == accountExternalDNS && ctl.node.Exists() {
			// Nothing in the image sleeps. A watch of something that does not
			// change is ended by the API server, without an error.
			first = append(first, step{stepRecords, []string{"get", "--raw", fmt.Sprintf(
				"/api/v1/namespaces?watch=true&fieldSelector=metadata.name%%3D%s&timeoutSeconds=%d", namespaceSystem, int(recordsWait(ctl).Seconds()),
			)}})
		}
	}
	return append(first, last...)
}

// recordsWait is how long it takes until ExternalDNS has surely looked at
// everything once more. It doesn't say what it has done.
func recordsWait(ctl *controller) time.Duration {
	wishes := struct {
		Interval string `json:"interval"`
	}{}
	if v := ctl.wish.Values; v != nil && json.Unmarshal(v.Raw, &wishes) == nil {
		if interval, err := time.ParseDuration(wishes.Interval); err == nil {
			return interval + recordsSlack
		}
	}
	return recordsInterval + recordsSlack
}

// drainRules are all that the steps take.
func drainRules() []any {
	allow := func(group, resource string, verbs ...any) map[string]any {
		return map[string]any{"apiGroups": []any{group}, "resources": []any{resource}, "verbs": verbs}
	}
	watch := allow("", "namespaces", "get", "list", "watch")
	watch["resourceNames"] = []any{namespaceSystem}
	return []any{
		allow("networking.k8s.io", "ingresses", "get", "list", "watch", "delete"),
		allow("", "services", "get", "list", "watch", "delete"),
		allow("gateway.networking.k8s.io", "gateways", "get", "list", "watch", "delete"),
		watch,
	}
}

// drainPod runs the steps one after the other, and each of them again until it
// succeeds.
func drainPod(c *contract, steps []step) map[string]any {
	image := or(c.policy.DrainImage, drainImage)
	var containers []any
	for _, s := range steps {
		args := make([]any, 0, len(s.args))
		for _, a := range s.args {
			args = append(args, a)
		}
		containers = append(containers, map[string]any{
			"name":    s.name,
			"image":   image,
			"command": []any{"kubectl"},
			"args":    args,
			// What it printed last is in the Pod's status then.
			"terminationMessagePolicy": "FallbackToLogsOnError",
			"resources":                map[string]any{"requests": map[string]any{"cpu": "10m", "memory": "64Mi"}, "limits": map[string]any{"memory": "128Mi"}},
			"securityContext": map[string]any{
				"allowPrivilegeEscalation": false,
				"readOnlyRootFilesystem":   true,
				"capabilities":             map[string]any{"drop": []any{"ALL"}},
			},
		})
	}
	last := len(containers) - 1
	return map[string]any{
		"serviceAccountName": drainName,
		"restartPolicy":      "OnFailure",
		"priorityClassName":  priorityCritical,
		"tolerations":        drainTolerations(c),
		"securityContext": map[string]any{
			"runAsNonRoot":   true,
			"runAsUser":      65532,
			"runAsGroup":     65532,
			"seccompProfile": map[string]any{"type": "RuntimeDefault"},
		},
		"initContainers": containers[:last],
		"containers":     containers[last:],
	}
}

// drainTolerations of all taints of the platform's nodes. To tolerate any would put
// the Pod onto a node that is dead, the emptiest of all.
func drainTolerations(c *contract) []any {
	tolerations := []any{map[string]any{"key": "CriticalAddonsOnly", "operator": "Exists"}}
	for _, g := range c.spec.NodeGroups {
		for _, taint := range g.Taints {
			t := map[string]any{"key": taint.Key, "operator": "Exists"}
			if !slices.ContainsFunc(tolerations, func(o any) bool { return reflect.DeepEqual(o, t) }) {
				tolerations = append(tolerations, t)
			}
		}
	}
	return tolerations
}

const apiVersionRBAC = "rbac.authorization.k8s.io/v1"

// drainManifest of something the drain takes in the cluster.
func drainManifest(apiVersion, kind, namespace string, fields map[string]any) map[string]any {
	metadata := map[string]any{"name": drainName, "labels": map[string]any{"app.kubernetes.io/name": drainName}}
	if namespace != "" {
		metadata["namespace"] = namespace
	}
	m := map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": metadata}
	maps.Copy(m, fields)
	return m
}

// inCluster is something in the cluster, by way of a provider configuration. A
// definition is only looked at.
func inCluster(config string, manifest map[string]any) *unstructured.Unstructured {
	spec := map[string]any{
		"providerConfigRef": map[string]any{"kind": "ProviderConfig", "name": config},
		"forProvider":       map[string]any{"manifest": manifest},
	}
	switch manifest["kind"] {
	case "CustomResourceDefinition":
		spec["managementPolicies"] = []any{"Observe"}
	case "Pod":
		// Until then the provider looks at it every half a minute.
		spec["readiness"] = map[string]any{"policy": "DeriveFromCelQuery", "celQuery": `has(object.status) && has(object.status.phase) && object.status.phase == "Succeeded"`}
	}
	return object(apiVersionKubernetes, "Object", nil, spec)
}

// missing is what crossplane-runtime says of something that is only to be looked
// at, and isn't there.
const missing = "external resource does not exist"

// knownWhether it is known whether something exists that is only looked at.
func knownWhether(o *plan.Observed) plan.Readiness {
	if _, _, message := o.Condition("Synced"); strings.Contains(message, missing) {
		return plan.Readiness{Ready: true}
	}
	return plan.Available(o)
}

// hasGateways tells whether the cluster knows Gateways. While that is unknown, it
// is as the Pod has it.
func hasGateways(crd, pod *plan.Observed) bool {
	switch synced, _, message := crd.Condition("Synced"); {
	case synced == "True":
		return true
	case strings.Contains(message, missing):
		return false
	default:
		return slices.ContainsFunc(containers(pod), func(c container) bool { return c.step == stepGateways })
	}
}
