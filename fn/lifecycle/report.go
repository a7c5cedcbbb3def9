package lifecycle

import (
	"errors"
	"fmt"
	"maps"
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
	case m.state == halted:
		message := fmt.Sprintf("Nothing goes before all of it can: %s. It begins once nothing is protected any more. Or cancel: %s", m.obstacles(), m.cancelEnd())
		response.ConditionFalse(rsp, v1alpha1.ConditionTearingDown, plan.ReasonProtected).WithMessage(message).TargetCompositeAndClaim()
		if !m.was.halted {
			response.Warning(rsp, errors.New(message)).WithReason(plan.ReasonProtected).TargetCompositeAndClaim()
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

// ways out, for whoever tried to delete the composite of a claim that lives on, or that
// is not there, or one that had none and was restored since.
func (m Moment) ways() string {
	but, first := "its claim "+m.alive+" was not", "Delete the claim, or confirm"
	switch {
	case m.claim == nil:
		but, first = "maybe before it was restored from a backup", "Confirm"
	case m.alive == "":
		but, first = "nobody has seen its claim "+m.whose()+" being deleted", "Confirm"
	}
	return fmt.Sprintf("%s %s was asked to go, but %s, so nothing is taken down. %s: kubectl annotate %s %s=%s. Or cancel: %s",
		m.xr.Kind, m.xr.Name, but, first, m.named(), AnnotationTeardown, TeardownConfirmed, m.cancel())
}

// obstacles to a teardown, all of them, and how each is lifted.
func (m Moment) obstacles() string {
	keys := map[string][]string{}
	for _, l := range m.outcome.Halted() {
		keys[l.Message] = append(keys[l.Message], l.Key)
	}
	var each []string
	for _, message := range slices.Sorted(maps.Keys(keys)) {
		each = append(each, strings.Join(keys[message], ", ")+" "+message)
	}
	return strings.Join(each, "; ")
}

// cancel the attempt. The attempt of a claim that is being deleted is repeated.
func (m Moment) cancel() string {
	return fmt.Sprintf("kubectl annotate %s %s-", m.named(), AnnotationAttempt)
}

// cancelEnd of the platform. That of a claim takes another claim: Crossplane gives the
// composite to one that refers to it, if it is called like the first.
func (m Moment) cancelEnd() string {
	if m.claim == nil || m.alive != "" {
		return m.cancel()
	}
	kind := strings.ToLower(m.claim.GetKind())
	return fmt.Sprintf(`kubectl patch %s -n %s %s --type merge -p '{"metadata":{"finalizers":null}}', and apply the claim again, with spec.resourceRef: {apiVersion: %s, kind: %s, name: %s}`,
		kind, m.claim.GetNamespace(), m.claim.GetMatchName(), m.xr.APIVersion, m.xr.Kind, m.xr.Name)
}

// named is the composite, for kubectl.
func (m Moment) named() string { return named(m.xr.Kind, m.xr.Namespace, m.xr.Name) }

// named is an object, for kubectl.
func named(kind, namespace, name string) string {
	if namespace != "" {
		return fmt.Sprintf("%s -n %s %s", strings.ToLower(kind), namespace, name)
	}
	return strings.ToLower(kind) + " " + name
}
