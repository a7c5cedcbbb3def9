package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/crossplane/function-sdk-go/response"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// Reasons of the condition Accepted.
const (
	reasonAccepted = "Accepted"
	reasonInvalid  = "Invalid"
)

// accept tells the claim that it makes sense, or why only its removal is acted
// upon, and how each layer is doing.
func accept(rsp *fnv1.RunFunctionResponse, p *plan.Plan, refusal error) {
	if refusal != nil {
		response.ConditionFalse(rsp, v1alpha1.ConditionAccepted, reasonInvalid).WithMessage(refusal.Error()).TargetCompositeAndClaim()
	} else {
		response.ConditionTrue(rsp, v1alpha1.ConditionAccepted, reasonAccepted).TargetCompositeAndClaim()
	}
	for _, l := range p.Layers() {
		r := l.Summary()
		condition := response.ConditionFalse
		if r.Ready {
			condition = response.ConditionTrue
		}
		condition(rsp, l.Condition, r.Reason).WithMessage(r.Message).TargetCompositeAndClaim()
	}
}

// refuse the claim. A fatal result leaves everything that exists alone, but the
// claim does not show it, so a condition has to.
func refuse(rsp *fnv1.RunFunctionResponse, err error) {
	response.ConditionFalse(rsp, v1alpha1.ConditionAccepted, reasonInvalid).WithMessage(err.Error()).TargetCompositeAndClaim()
	response.Fatal(rsp, err)
}

// report the composite's status. All of it is read off the plan, so what is no
// longer there is no longer reported.
func report(rsp *fnv1.RunFunctionResponse, t teardown, p *plan.Plan, c *contract, pf *platform) error {
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(status(t, p, c, pf))
	if err != nil {
		return fmt.Errorf("cannot convert the status: %w", err)
	}
	xr, err := structpb.NewStruct(map[string]any{"apiVersion": t.xr.apiVersion, "kind": t.xr.kind, "status": m})
	if err != nil {
		return fmt.Errorf("cannot convert the status: %w", err)
	}
	ready := fnv1.Ready_READY_FALSE
	if p.Ready() {
		ready = fnv1.Ready_READY_TRUE
	}
	if rsp.GetDesired() == nil {
		rsp.Desired = &fnv1.State{}
	}
	// What earlier functions say stays.
	earlier := rsp.GetDesired().GetComposite()
	fields := xr.GetFields()["status"].GetStructValue().GetFields()
	for k, v := range earlier.GetResource().GetFields()["status"].GetStructValue().GetFields() {
		if _, ours := fields[k]; !ours {
			fields[k] = v
		}
	}
	rsp.Desired.Composite = &fnv1.Resource{Resource: xr, ConnectionDetails: earlier.GetConnectionDetails(), Ready: ready}
	return nil
}

func status(t teardown, p *plan.Plan, c *contract, pf *platform) *v1alpha1.PlatformStatus {
	ready, total := p.Progress()
	s := &v1alpha1.PlatformStatus{
		Phase:    phase(t, p),
		Progress: fmt.Sprintf("%d/%d", ready, total),
		Name:     c.name,
		Drained:  p.Parted(),
		Network: v1alpha1.NetworkStatus{
			VPCID:            pf.network.vpcID.Peek(),
			PublicSubnetIDs:  subnetIDs(pf.network.public),
			PrivateSubnetIDs: subnetIDs(pf.network.private),
		},
		Cluster: clusterStatus(c, pf.cluster),
	}
	for _, w := range p.Waiting() {
		s.Waiting = append(s.Waiting, v1alpha1.Waiting{Resource: w.Key, For: w.For})
	}
	for _, l := range p.Leaving() {
		s.Leaving = append(s.Leaving, v1alpha1.Leaving{
			Resource:   l.Key,
			APIVersion: l.APIVersion,
			Kind:       l.Kind,
			Namespace:  l.Namespace,
			Name:       l.Name,
			UID:        l.UID,
			Deleting:   l.Deleting,
			For:        l.For,
			Message:    l.Message,
		})
	}
	for _, g := range pf.nodes {
		s.NodeGroups = append(s.NodeGroups, v1alpha1.NodeGroupStatus{
			Name:                 g.name,
			AutoScalingGroupName: g.autoScalingGroup.Peek(),
			Version:              g.node.Observed().String("status.atProvider.version"),
		})
	}
	if z := pf.zone; z != nil {
		s.DNS = v1alpha1.DNSStatus{Domain: z.domain, ZoneID: z.id.Peek()}
		if z.node != nil {
			s.DNS.NameServers = z.node.Observed().Strings("status.atProvider.nameServers")
		}
	}
	for _, d := range pf.data.databases {
		o := d.node.Observed()
		s.Databases = append(s.Databases, v1alpha1.DatabaseStatus{
			Name:      d.name,
			Endpoint:  o.String("status.atProvider.endpoint"),
			SecretARN: o.String("status.atProvider.masterUserSecret[0].secretArn"),
		})
	}
	for _, q := range pf.data.queues {
		o := q.node.Observed()
		qs := v1alpha1.QueueStatus{Name: q.name, URL: o.String("status.atProvider.url"), ARN: o.String("status.atProvider.arn")}
		if q.deadLetter != nil {
			qs.DeadLetterURL = q.deadLetter.Observed().String("status.atProvider.url")
		}
		s.Queues = append(s.Queues, qs)
	}
	for _, ctl := range pf.controllers {
		s.Controllers = append(s.Controllers, v1alpha1.ControllerStatus{
			Name:    ctl.account.name,
			Version: ctl.node.Observed().String("status.atProvider.version"),
		})
	}
	return s
}

func phase(t teardown, p *plan.Plan) v1alpha1.Phase {
	switch {
	case t.confirmed:
		return v1alpha1.PhaseTearingDown
	case p.Ready():
		return v1alpha1.PhaseReady
	case p.Complete():
		return v1alpha1.PhaseDegraded
	default:
		return v1alpha1.PhaseProvisioning
	}
}

func clusterStatus(c *contract, eks *cluster) v1alpha1.ClusterStatus {
	o := eks.node.Observed()
	s := v1alpha1.ClusterStatus{
		Name:            c.name,
		ARN:             o.String("status.atProvider.arn"),
		Endpoint:        o.String("status.atProvider.endpoint"),
		OIDCIssuer:      o.String("status.atProvider.identity[0].oidc[0].issuer"),
		SecurityGroupID: eks.securityGroup.Peek(),
		Version:         o.String("status.atProvider.version"),
	}
	if len(eks.auth.Observed().ConnectionDetail(keyKubeconfig)) > 0 {
		s.KubeconfigSecretRef = &v1alpha1.SecretReference{Name: eks.auth.Name(), Namespace: eks.auth.Namespace(), Key: keyKubeconfig}
	}
	return s
}

func subnetIDs(ss []subnet) []string {
	var ids []string
	for _, s := range ss {
		if id := s.node.Observed().String("status.atProvider.id"); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}
