package platform

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
)

// A controller in the cluster: a Helm release and the AWS identity it acts
// under. Adding one is adding a literal to knownControllers.
type controller struct {
	// account is the controller's service account; its name is the release's
	// too.
	account serviceAccount
	// chart, repository and version to install.
	chart, repository, version string
	// field of spec.controllers that holds the claim's wishes.
	field string
	// enabled by the claim, which may also have wishes about the chart.
	enabled bool
	wish    v1alpha1.Chart
	// policy of its role; nil if it asks nothing of AWS.
	policy permissions
	// contract ties the controller to the other layers, and the seal keeps values
	// from leading around it.
	contract contractValues
	seal     seal
	// values a claim can change.
	values map[string]any
	// last changes the values, whatever the claim wants; nil if nothing does.
	last func(values map[string]any)
	// after are what its pods need besides nodes and their identity.
	after []*plan.Node

	node *plan.Node
	// from is where its chart comes from.
	from chart
}

// composeControllers composes those the claim wants. The error names the wishes
// about their charts that can't be granted.
func composeControllers(p *plan.Plan, c *contract, net *network, eks *cluster, pool []*nodeGroup, zone *hostedZone) ([]*controller, error) {
	l := p.Layer(v1alpha1.ConditionControllersReady)
	var config *plan.Node
	var on []*controller
	var refusals []error
	for _, ctl := range knownControllers(c, net, eks, zone) {
		if !ctl.enabled {
			continue
		}
		if config == nil {
			config = helmConfig(l, eks.auth)
		}
		refusals = append(refusals, ctl.install(l, c, eks, config, schedulableNodes(pool)))
		on = append(on, ctl)
	}
	// Two that are upgraded at once could be in each other's way.
	releases := make([]*plan.Node, 0, len(on))
	for _, ctl := range on {
		releases = append(releases, ctl.node)
		if ctl.account == accountAutoscaler {
			eks.followers = append(eks.followers, follower{node: ctl.node, asked: read.Release.AskedTag, at: func(v v1alpha1.KubernetesVersion) string { return autoscalerImage(v) }})
		}
	}
	p.Turns(1, releases...)
	return on, errors.Join(refusals...)
}

// knownControllers are all there could be. Their policies and values are in
// policies.go and values.go.
func knownControllers(c *contract, net *network, eks *cluster, zone *hostedZone) []*controller {
	wishes := c.spec.Controllers
	return []*controller{{
		// It doesn't need cluster DNS: a cluster too full for CoreDNS is one
		// that needs the autoscaler.
		account:    accountAutoscaler,
		chart:      "cluster-autoscaler",
		repository: "https://kubernetes.github.io/autoscaler",
		version:    "9.59.0",
		enabled:    wishes.ClusterAutoscaler.Enabled,
		wish:       wishes.ClusterAutoscaler.Chart,
		field:      "clusterAutoscaler",
		policy:     autoscalerPolicy(c),
		contract:   autoscalerContract(c, eks),
		seal:       autoscalerSeal,
		values:     autoscalerValues(),
	}, {
		account:    accountLoadBalancer,
		chart:      "aws-load-balancer-controller",
		repository: "https://aws.github.io/eks-charts",
		version:    "3.5.0",
		enabled:    wishes.LoadBalancerController.Enabled,
		wish:       wishes.LoadBalancerController.Chart,
		field:      "loadBalancerController",
		policy:     loadBalancerPolicy(c, net),
		contract:   loadBalancerContract(c, net),
		seal:       loadBalancerSeal,
		values:     loadBalancerValues(),
		after:      []*plan.Node{eks.dns},
	}, {
		account:    accountMetrics,
		chart:      "metrics-server",
		repository: "https://kubernetes-sigs.github.io/metrics-server/",
		version:    "3.13.1",
		enabled:    wishes.MetricsServer.Enabled,
		wish:       wishes.MetricsServer.Chart,
		field:      "metricsServer",
		contract:   metricsContract,
		seal:       metricsSeal,
		values:     metricsValues(),
	}, {
		account:    accountExternalDNS,
		chart:      "external-dns",
		repository: "https://kubernetes-sigs.github.io/external-dns/",
		version:    "1.21.1",
		enabled:    zone.served(wishes.ExternalDNS.Enabled),
		wish:       wishes.ExternalDNS.Chart,
		field:      "externalDNS",
		policy:     externalDNSPolicy(c, zone),
		contract:   externalDNSContract(c, zone),
		seal:       externalDNSSeal,
		values:     externalDNSValues(),
		last:       lastRecords(zone),
		after:      []*plan.Node{eks.dns},
	}}
}

// install the controller's identity, as soon as the cluster is there, and its
// release, once there are nodes. The error names the wish about the chart that
// can't be granted.
func (ctl *controller) install(l *plan.Layer, c *contract, eks *cluster, config *plan.Node, nodes []*plan.Node) error {
	key := ctl.account.name
	var id identity
	if ctl.policy != nil {
		id = addIdentity(l, c, eks, key, ctl.account)
		ctl.after = append(ctl.after, id.ready, grantPolicy(l, key+".policy", id.role, key, ctl.policy))
	}
	source, refusal := ctl.source(c.policy)
	ctl.from = source
	wishes, err := ctl.wishes(c.policy)
	refusal = errors.Join(refusal, err)
	ctl.node = l.Add(key, func(n *plan.Node) runtime.Object {
		n.After(config)
		n.After(nodes...)
		n.After(ctl.after...)
		values, err := mergeValues(ctl.contract(n, accountValues(n, ctl.account, id)), ctl.values, wishes)
		if err != nil {
			refusal = errors.Join(refusal, fmt.Errorf("spec.controllers.%s.values: %w", ctl.field, err))
		}
		if ctl.last != nil && err == nil {
			ctl.last(values)
		}
		return release{name: key, namespace: ctl.account.namespace, chart: source, values: values}.object(config.Name())
	}).ReadyWhen(installed).Inside(eks.node, eks.auth, config).Step(read.Release.AskedChart, read.Release.AskedImage)
	return refusal
}

// source of the chart: the platform team's policy, then the claim's wish, then
// what this version was tested with.
func (ctl *controller) source(policy v1beta1.Input) (chart, error) {
	p, field := chartPolicy(policy, ctl.chart), "spec.controllers."+ctl.field
	repository := rule{name: "allowedChartRepositories", allowed: policy.AllowedChartRepositories, fits: isBelow, says: said(field+".repository", ctl.wish.Repository)}
	version := rule{name: ruleOf(p, "version"), fits: isSame, says: said(field+".version", ctl.wish.Version)}
	only := p.Repository
	if only != "" {
		repository.name = ruleOf(p, "repository")
	} else if p.PullSecretRef != nil {
		// No claim chooses whom the password is told.
		only, repository.name = ctl.repository, ruleOf(p, "pullSecretRef")
	}
	if only != "" {
		repository.allowed, repository.fits = []string{only}, isSame
	}
	if p.Version != "" {
		version.allowed = []string{p.Version}
	}
	ch := chart{name: ctl.chart, repository: cmp.Or(only, ctl.wish.Repository, ctl.repository), version: cmp.Or(p.Version, ctl.wish.Version, ctl.version)}
	if p.PullSecretRef != nil {
		ch.pullSecret = p.PullSecretRef.Name
	}
	return ch, errors.Join(append(repository.refuse(), version.refuse()...)...)
}

// ruleOf a chart, by its name in the input.
func ruleOf(p v1beta1.Chart, field string) string { return "charts[" + p.Name + "]." + field }

// chartPolicy is what the platform team says of a chart.
func chartPolicy(policy v1beta1.Input, name string) v1beta1.Chart {
	for _, p := range policy.Charts {
		if p.Name == name {
			return p
		}
	}
	return v1beta1.Chart{}
}

// wishes for values that a claim has, and may have, but for the contract.
func (ctl *controller) wishes(policy v1beta1.Input) (map[string]any, error) {
	if ctl.wish.Values == nil || len(ctl.wish.Values.Raw) == 0 {
		return map[string]any{}, nil
	}
	field := "spec.controllers." + ctl.field + ".values"
	var all map[string]any
	if err := json.Unmarshal(ctl.wish.Values.Raw, &all); err != nil {
		return nil, fmt.Errorf("%s: must be a map: %w", field, err)
	}
	p := chartPolicy(policy, ctl.chart)
	errs := rule{name: ruleOf(p, "allowedValues"), allowed: p.AllowedValues, fits: isBelowKey, says: saidEach(field, keysOf(all))}.refuse()
	if err := ctl.seal.refuse(all); err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", field, err))
	}
	return all, errors.Join(errs...)
}

// accountValues are what charts want to know of a service account.
func accountValues(n *plan.Node, sa serviceAccount, id identity) map[string]any {
	a := map[string]any{"create": true, "name": sa.name}
	if !id.annotation.None() {
		a["annotations"] = map[string]any{annotationRole: n.Use(id.annotation)}
	}
	return a
}

// recordsInterval is how often ExternalDNS looks at everything, unless the claim
// says otherwise.
const recordsInterval = "1m"

// Records tells whether there is an ExternalDNS, whatever the claim asks for by now, and
// how often it looks at everything, as far as it was told.
func (pf *Platform) Records() (interval time.Duration, kept bool) {
	if wish, err := time.ParseDuration(read.Release.RecordsInterval.Of(pf.externalDNS)); err == nil {
		return wish, pf.externalDNS != nil
	}
	interval, _ = time.ParseDuration(recordsInterval)
	return interval, pf.externalDNS != nil
}

func controllerStatus(ctls []*controller) []v1alpha1.ControllerStatus {
	var ss []v1alpha1.ControllerStatus
	for _, ctl := range ctls {
		ss = append(ss, v1alpha1.ControllerStatus{Name: ctl.account.name, Version: read.Release.Version.Of(ctl.node.Observed())})
	}
	return ss
}
