package main

import (
	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// A platform is the handles its layers hand on: nodes, and values of them.
type platform struct {
	network     *network
	cluster     *cluster
	nodes       []*nodeGroup
	data        *data
	zone        *hostedZone
	controllers []*controller
	// drain of the cluster, before any of it leaves; nil if there is none.
	drain *drain
}

// compose the graph of a platform. This is the table of contents: a layer gets
// the handles of what it builds on, so the compiler keeps their order.
func compose(p *plan.Plan, c *contract, t teardown) *platform {
	net := composeNetwork(p, c)
	eks := composeCluster(p, c, net)
	pool := composeNodes(p, c, net, eks)
	db := composeData(p, c, net, eks)
	zone := composeDNS(p, c, net)
	ctl := composeControllers(p, c, net, eks, pool, zone)
	pf := &platform{network: net, cluster: eks, nodes: pool, data: db, zone: zone, controllers: ctl}
	pf.drain = composeDrain(p, c, t, pf)
	return pf
}
