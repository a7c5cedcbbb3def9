package lifecycle

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/fn/read"
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
// What it takes in the cluster is in drain_objects.go, and what its Pod says in
// drain_pod.go.

// keyDrain of the Pod, and what the keys of all it takes begin with.
const keyDrain = "drain"

// resourceGateways is what kubectl calls Gateways, and the name of their
// definition. Most clusters don't have it, and kubectl fails if it is asked to
// delete what it does not know.
const resourceGateways = "gateways.gateway.networking.k8s.io"

// longestInterval that ExternalDNS is waited for, whatever the claim's values say. What
// is left then keeps its zone, and the claim shows it; waiting longer, a typing error
// would keep everything. The API server takes no negative time, and none is its own
// choice: half an hour or more.
const longestInterval = time.Hour

// quiet is how long whoever deploys again what was deleted, such as Argo CD, may take
// to see that it is gone, and ExternalDNS to do what it has found to do.
const quiet = 30 * time.Second

// Reasons of the condition Draining: while it is true the first ones, and that of
// an object that failed.
const (
	reasonDraining      = "Draining"
	reasonDeployedAgain = "DeployedAgain"
	reasonTimedOut      = "TimedOut"
	reasonStepFailed    = "StepFailed"
	reasonPodFailed     = "PodFailed"
	reasonUnschedulable = "Unschedulable"
	reasonCannotStart   = "CannotStart"
	reasonDrained       = "Drained"
	reasonSkipped       = "Skipped"
)

// A step of the drain: a name, and kubectl's arguments.
type step struct {
	name string
	args []string
}

// looking begins the names of the steps that look whether anybody deployed again what
// was deleted. What it is, as kubectl says, follows.
const looking = "no-"

// Names of the steps.
const (
	stepIngresses  = "ingresses"
	stepGateways   = "gateways"
	stepServices   = "services"
	stepRecords    = "records"
	stepQuiet      = "quiet"
	stepNoIngress  = looking + "ingress"
	stepNoGateway  = looking + "gateway"
	stepNoServices = looking + "service"
)

// stepDoes is what each step does, for people.
//
//nolint:gochecknoglobals // A constant table.
var stepDoes = map[string]string{
	stepIngresses:  "waits until all Ingresses are deleted",
	stepGateways:   "waits until all Gateways are deleted",
	stepServices:   "waits until all Services of type LoadBalancer are deleted",
	stepRecords:    "waits for ExternalDNS to remove the records",
	stepQuiet:      "waits whether anything is deployed again",
	stepNoIngress:  "looks for Ingresses that were deployed again",
	stepNoGateway:  "looks for Gateways that were deployed again",
	stepNoServices: "looks for Services of type LoadBalancer that were deployed again",
}

// composeDrain describes the drain while the platform is taken down, if it
// matters.
func (l *Life) composeDrain(p *plan.Plan, pf *platform.Platform) {
	asked := l.xr.Spec.Teardown.Drain
	if !l.Ends() || !asked && !l.draining {
		return
	}
	wanted := asked && !l.clusterGone && l.canDrain(p, pf)
	if !wanted && !l.draining {
		return
	}
	d := p.Farewell(v1alpha1.ConditionDraining, wanted)
	d.Follow(platform.Deployers()...)
	d.Through(pf.Auth)

	config := d.Add("drain.config", func(n *plan.Node) runtime.Object { return pf.ProviderConfig(n) }).ReadyWhen(plan.Exists)
	inside := func(key string, manifest func(n *plan.Node) client.Object) *plan.Node {
		return d.Add(key, func(n *plan.Node) runtime.Object {
			n.After(config)
			return inCluster(n, config.Name(), manifest(n))
		}).Inside(pf.Cluster, pf.Auth, config)
	}
	gateways := inside("drain.gateways", func(*plan.Node) client.Object { return gatewayDefinition() }).ReadyWhen(knownWhether)
	account := inside("drain.account", func(*plan.Node) client.Object { return drainAccount() })
	role := inside("drain.role", func(*plan.Node) client.Object { return drainRole() })
	binding := inside("drain.binding", func(n *plan.Node) client.Object {
		n.After(account, role)
		return drainBinding()
	})
	pod := inside(keyDrain, func(n *plan.Node) client.Object {
		n.After(binding, gateways)
		return l.drainPod(l.drainSteps(pf, hasGateways(gateways.Observed(), n.Observed())))
	}).ReadyWhen(drained).Fixed(read.Object.Manifest)
	// Nobody can revive it, or have its first steps done once more.
	if status, err := podStatus(pod.Observed()); err == nil && status.Phase == corev1.PodFailed || drained(pod.Observed()).Reason == reasonDeployedAgain {
		pod.Renew()
	}
}

// canDrain tells whether there is a cluster, and anything that could have deployed, or
// could drain, something there: by what exists, whatever the claim describes. What has
// begun goes on: those that could finish it would be let go otherwise. It does not begin
// once a teardown has let those go without.
func (l *Life) canDrain(p *plan.Plan, pf *platform.Platform) bool {
	begun := l.draining || l.was.drains
	if l.twin != "" || !begun && l.letGo(pf) {
		return false // What is deployed in a cluster of two is the other's.
	}
	deployable, groups := false, false
	for _, o := range p.Existing() {
		groups = groups || o.Kind() == "NodeGroup"
		deployable = deployable || o.Kind() == "Release" || o.Kind() == "NodeGroup" && (begun || hasNodes(o))
	}
	// EKS deletes no cluster that has node groups, so one that was asked to go is there
	// as long as they are.
	return deployable && (pf.Cluster.Observed().Stays() || groups && pf.Cluster.Exists())
}

// letGo tells whether a teardown has let go what a drain takes.
func (l *Life) letGo(pf *platform.Platform) bool {
	return l.was.TornDown && (slices.ContainsFunc(pf.Controllers, (*plan.Node).Leaves) || !pf.Auth.Observed().Stays())
}

// hasNodes tells whether a node group has nodes, which it can have though it has failed
// to change.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html
func hasNodes(o *plan.Observed) bool {
	return slices.Contains([]string{"ACTIVE", "UPDATING", "DEGRADED"}, read.NodeGroup.Status.Of(o))
}

// isDrain tells whether a key is one of the drain's.
func isDrain(key string) bool { return key == keyDrain || strings.HasPrefix(key, keyDrain+".") }

// drainDoes is what the drain does, and a way out if it can't.
func (m Moment) drainDoes() (reason, message string) {
	r := m.outcome.Farewell()
	if m.was.drained == reasonDeployedAgain && !r.Ready && slices.Contains([]string{plan.ReasonCreating, plan.ReasonDeleting}, r.Reason) {
		return m.was.drained, m.was.draining // It is deleted again, and perhaps deployed again.
	}
	wayOut := ". Or set teardown.drain to false in " + m.editable() + " to go on without"
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
func (l *Life) drainSteps(pf *platform.Platform, gateways bool) []step {
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
		first = append(first, step{k.remove, []string{"delete", k.resource, k.selection, "--all-namespaces", fmt.Sprintf("--timeout=%ds", l.xr.Spec.Teardown.DrainTimeoutSeconds)}})
		// With what it asks the API server, because it doesn't tell namespaces itself.
		last = append(last, step{k.look, []string{"wait", "--for=delete", k.resource, k.selection, "--all-namespaces", "--timeout=10s", "-v=6"}})
	}
	pause, wait := stepQuiet, quiet
	if interval, kept := pf.Records(); kept {
		// It doesn't say what it has done: by then it has surely looked at everything
		// once more.
		pause, wait = stepRecords, quiet+min(max(interval, 0), longestInterval)
	}
	// Nothing in the image sleeps. A watch of something that does not change is ended by
	// the API server, without an error.
	first = append(first, step{pause, []string{"get", "--raw", fmt.Sprintf(
		"/api/v1/namespaces?watch=true&fieldSelector=metadata.name%%3D%s&timeoutSeconds=%d", platform.NamespaceSystem, int(wait.Seconds()),
	)}})
	return append(first, last...)
}
