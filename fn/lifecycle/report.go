package lifecycle

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/crossplane/function-sdk-go/response"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// Reasons of the condition TearingDown.
const (
	reasonTearingDown = "TearingDown"
	reasonUnconfirmed = "Unconfirmed"
	reasonCancelled   = "Cancelled"
)

// Report how the platform's end is coming along, once there ever was an attempt: a
// condition that is left out would stay as it was. What begins is an event. What
// has to be looked up before the answer counts is required.
func (m Moment) Report(rsp *fnv1.RunFunctionResponse) {
	m.reportDrain(rsp)
	switch {
	case m.ends():
		response.ConditionTrue(rsp, v1alpha1.ConditionTearingDown, reasonTearingDown).WithMessage(m.outcome.Removal().Message).TargetCompositeAndClaim()
		if m.was.tearingDown != "True" {
			response.Normal(rsp, "The platform is taken down").WithReason(reasonTearingDown).TargetCompositeAndClaim()
		}
	case m.state == unconfirmed:
		response.ConditionFalse(rsp, v1alpha1.ConditionTearingDown, reasonUnconfirmed).WithMessage(m.ways()).TargetCompositeAndClaim()
	case m.was.tearingDown != "":
		response.ConditionFalse(rsp, v1alpha1.ConditionTearingDown, reasonCancelled).WithMessage("Nothing is taken down").TargetCompositeAndClaim()
	}
	if keys := m.outcome.Starting(); len(keys) > 0 {
		response.Normal(rsp, "Deleting "+plan.List(keys)).WithReason(plan.ReasonDeleting).TargetCompositeAndClaim()
	}
	m.require(rsp, m.outcome.Requirements)
}

// reportDrain tells how the drain is doing, once there was a reason to.
func (m Moment) reportDrain(rsp *fnv1.RunFunctionResponse) {
	set := func(condition func(*fnv1.RunFunctionResponse, string, string) *response.ConditionOption, reason, message string) {
		condition(rsp, v1alpha1.ConditionDraining, reason).WithMessage(message).TargetCompositeAndClaim()
	}
	switch {
	case m.state == draining:
		reason, message := m.drainDoes()
		set(response.ConditionTrue, reason, message)
		m.announceDrain(rsp, reason, message)
	case !m.ends() && m.was.drained != "":
		set(response.ConditionFalse, reasonCancelled, "Nothing is drained")
	case !m.ends():
	case m.outcome.Parted():
		set(response.ConditionFalse, reasonDrained, "Nothing that has a load balancer is deployed any more, and ExternalDNS had time to remove the records")
	case m.was.drained != "":
		set(response.ConditionFalse, reasonSkipped, "The cluster is not drained")
	}
}

// announceDrain is an event once the drain begins, and when it can't go on.
func (m Moment) announceDrain(rsp *fnv1.RunFunctionResponse, reason, message string) {
	switch {
	case reason == m.was.drained:
	case reason != reasonDraining:
		response.Warning(rsp, errors.New(message)).WithReason(reason).TargetCompositeAndClaim()
	case slices.Contains([]string{"", reasonDrained, reasonSkipped, reasonCancelled}, m.was.drained):
		response.Normal(rsp, "The cluster is drained before anything goes").WithReason(reason).TargetCompositeAndClaim()
	}
}

// ways out, for whoever tried to delete the composite of a claim that lives on.
func (m Moment) ways() string {
	kind := strings.ToLower(m.xr.Kind)
	return fmt.Sprintf("%s %s was asked to go, but its claim %s was not, so nothing is taken down. "+
		"Delete the claim, or confirm: kubectl annotate %s %s %s=%s. Or cancel: kubectl annotate %s %s %s-",
		m.xr.Kind, m.xr.Name, m.alive, kind, m.xr.Name, AnnotationTeardown, TeardownConfirmed, kind, m.xr.Name, AnnotationAttempt)
}
