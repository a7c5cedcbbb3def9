package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// A controller in the cluster: a Helm release and the AWS identity it acts
// under. Adding one is adding a literal to composeControllers.
type controller struct {
	// account is the controller's service account; its name is the release's
	// too.
	account serviceAccount
	// chart, repository and version to install.
	chart, repository, version string
	// enabled by the claim, which may also have wishes about the chart.
	enabled bool
	wish    v1alpha1.Chart
	// policy of its role; nil if it asks nothing of AWS.
	policy func(n *plan.Node, account string) []statement
	// values of the release. They may use what other layers know only later.
	values func(n *plan.Node) map[string]any
	// after are what its pods need besides nodes and their identity.
	after []*plan.Node

	node *plan.Node
}

// composeControllers composes those the claim wants. The policies and values
// are in policies.go and values.go.
func composeControllers(p *plan.Plan, c *contract, net *network, eks *cluster, pool []*nodeGroup, zone *hostedZone) []*controller {
	l := p.Layer(v1alpha1.ConditionControllersReady)
	wishes := c.spec.Controllers

	all := []*controller{{
		// It doesn't need cluster DNS: a cluster too full for CoreDNS is one
		// that needs the autoscaler.
		account:    accountAutoscaler,
		chart:      "cluster-autoscaler",
		repository: "https://kubernetes.github.io/autoscaler",
		version:    "9.59.0",
		enabled:    wishes.ClusterAutoscaler.Enabled,
		wish:       wishes.ClusterAutoscaler.Chart,
		policy:     autoscalerPolicy(c),
		values:     autoscalerValues(c),
	}, {
		account:    accountLoadBalancer,
		chart:      "aws-load-balancer-controller",
		repository: "https://aws.github.io/eks-charts",
		version:    "3.5.0",
		enabled:    wishes.LoadBalancerController.Enabled,
		wish:       wishes.LoadBalancerController.Chart,
		policy:     loadBalancerPolicy(c),
		values:     loadBalancerValues(c, net),
		after:      []*plan.Node{eks.dns},
	}, {
		account:    accountMetrics,
		chart:      "metrics-server",
		repository: "https://kubernetes-sigs.github.io/metrics-server/",
		version:    "3.13.1",
		enabled:    wishes.MetricsServer.Enabled,
		wish:       wishes.MetricsServer.Chart,
		values:     metricsValues,
	}}
	if zone != nil {
		all = append(all, &controller{
			account:    accountExternalDNS,
			chart:      "external-dns",
			repository: "https://kubernetes-sigs.github.io/external-dns/",
			version:    "1.21.1",
			enabled:    wishes.ExternalDNS.Enabled,
			wish:       wishes.ExternalDNS.Chart,
			policy:     externalDNSPolicy(c, zone),
			values:     externalDNSValues(c, zone),
			after:      []*plan.Node{eks.dns},
		})
	}

	var config *plan.Node
	var on []*controller
	for _, ctl := range all {
		if !ctl.enabled {
			continue
		}
		if config == nil {
			config = helmConfig(l, eks.auth)
		}
		ctl.install(l, c, eks, config, schedulable(pool))
		on = append(on, ctl)
	}
	return on
}

// install the controller's identity, as soon as the cluster is there, and its
// release, once there are nodes.
func (ctl *controller) install(l *plan.Layer, c *contract, eks *cluster, config *plan.Node, nodes []*plan.Node) {
	key := ctl.account.name
	if ctl.policy != nil {
		actor, association := identify(l, c, eks, key, ctl.account)
		ctl.after = append(ctl.after, association, grant(l, key+".policy", actor, key, ctl.policy))
	}
	ctl.node = l.Add(key, func(n *plan.Node) runtime.Object {
		n.After(config)
		n.After(nodes...)
		n.After(ctl.after...)
		values, err := merge(ctl.values(n), ctl.wish.Values)
		if err != nil {
			c.refuse(fmt.Errorf("spec.controllers: values of %s: %w", key, err))
		}
		return release{
			name:       key,
			namespace:  ctl.account.namespace,
			chart:      ctl.chart,
			repository: or(ctl.wish.Repository, ctl.repository),
			version:    or(ctl.wish.Version, ctl.version),
			values:     values,
		}.object(config.Name())
	})
}

func or(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}
