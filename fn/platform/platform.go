// Package platform is what a platform is made of: one file for each layer of the
// graph, and the contract between the layers, which alone spells names, tags,
// limits and service accounts.
package platform

import (
	"errors"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
)

// A Platform is the handles its layers hand on: nodes, and values of them.
type Platform struct {
	// Cluster is the EKS control plane, and Auth the way into it.
	Cluster, Auth *plan.Node
	// NodeGroups and Controllers, in the claim's order and in ours.
	NodeGroups, Controllers []*plan.Node

	contract    *contract
	network     *network
	cluster     *cluster
	nodes       []*nodeGroup
	data        *data
	zone        *hostedZone
	controllers []*controller
	// externalDNS as it exists, nil if it doesn't.
	externalDNS *plan.Observed
}

// Compose the graph of the platform that a composite asks for. The error is what
// is wrong with the claim in ways its schema can't know: then only the platform's
// removal may be acted upon, for which the graph is good enough.
//
// This is the table of contents: a layer gets the handles of what it builds on, so
// the compiler keeps their order.
func Compose(p *plan.Plan, xr Composite, policy v1beta1.Input) (*Platform, error) {
	c, refusal := newContract(p, xr, policy)
	refusal = errors.Join(refusal, refusePin(xr, policy))
	holdSteps(p, c.spec.Upgrade)
	net := composeNetwork(p, c)
	eks := composeCluster(p, c, net)
	pool := composeNodes(p, c, net, eks)
	db := composeData(p, c, net, eks)
	zone := composeDNS(p, c, net)
	ctl, err := composeControllers(p, c, net, eks, pool, zone)
	if !eks.node.Exists() && !p.TearsDown() && p.Searched() {
		refusal = errors.Join(refusal, refuseVersion(c))
	}

	pf := &Platform{Cluster: eks.node, Auth: eks.auth, contract: c, network: net, cluster: eks, nodes: pool, data: db, zone: zone, controllers: ctl, externalDNS: p.Object(accountExternalDNS.name)}
	for _, g := range pool {
		pf.NodeGroups = append(pf.NodeGroups, g.node)
	}
	for _, one := range ctl {
		pf.Controllers = append(pf.Controllers, one.node)
	}
	composeFacts(p, pf)
	return pf, errors.Join(refusal, err)
}

// Name of the platform in AWS.
func (pf *Platform) Name() string { return pf.contract.name }

// Status of the layers: what people look up. All of it is read off what exists, so
// what is no longer there is no longer reported.
func (pf *Platform) Status() v1alpha1.PlatformStatus {
	return v1alpha1.PlatformStatus{
		Name:        pf.contract.name,
		Network:     pf.network.status(),
		Cluster:     pf.cluster.status(pf.contract),
		NodeGroups:  nodeGroupStatus(pf.nodes),
		DNS:         pf.zone.status(),
		Databases:   pf.data.databaseStatus(),
		Queues:      pf.data.queueStatus(),
		Controllers: controllerStatus(pf.controllers),
	}
}
