package function

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/crossplane/function-sdk-go/response"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
)

// Reasons of the condition Accepted.
const (
	reasonAccepted  = "Accepted"
	reasonInvalid   = "Invalid"
	reasonNameAsked = "NameAsked"
	reasonNameTaken = "NameTaken"
	reasonReserved  = "Reserved"
	reasonUnguarded = "Unguarded"
)

// An answer is all that a run has found out.
type answer struct {
	xr       platform.Composite
	moment   lifecycle.Moment
	platform *platform.Platform
	outcome  *plan.Outcome
	// observed is the composite as it was.
	observed *plan.Observed
	// upgrade that is under way, nil if none is.
	upgrade *v1alpha1.UpgradeStatus
	// refusal is why only the platform's removal is acted upon; nil if all is.
	refusal error
}

// refuse the claim. A fatal result leaves everything that exists alone, but the
// claim does not show it, so a condition has to.
func refuse(rsp *fnv1.RunFunctionResponse, err error) {
	notAccepted(rsp, reasonInvalid, err)
	response.Fatal(rsp, err)
}

// notAccepted says why the claim is not.
func notAccepted(rsp *fnv1.RunFunctionResponse, reason string, err error) {
	rsp.Conditions = slices.DeleteFunc(rsp.GetConditions(), func(c *fnv1.Condition) bool { return c.GetType() == v1alpha1.ConditionAccepted })
	response.ConditionFalse(rsp, v1alpha1.ConditionAccepted, reason).WithMessage(err.Error()).TargetCompositeAndClaim()
}

// keep what exists though the claim is refused. Nothing comes of a fatal result; so it is
// only one if everything is guarded.
func keep(rsp *fnv1.RunFunctionResponse, life *lifecycle.Life, p *plan.Plan, name string, composite *fnv1.Resource, refusal error) {
	refusal = errors.Join(refusal, life.Besides())
	if kept, err := life.Keep(rsp, p, name, composite); err != nil || !kept {
		refuse(rsp, errors.Join(refusal, err))
		return
	}
	notAccepted(rsp, reasonInvalid, refusal)
	response.Warning(rsp, refusal).WithReason(reasonInvalid).TargetCompositeAndClaim()
}

// respond with an answer. What earlier functions ask for and say stays.
func respond(rsp *fnv1.RunFunctionResponse, a answer, req *fnv1.RunFunctionRequest) error {
	a.observed = plan.Observe(req.GetObserved().GetComposite())
	if !a.moment.Ends() {
		a.upgrade = a.platform.Upgrade(a.outcome, a.observed)
	}
	guard, err := a.moment.Guard(plan.Observe(req.GetObserved().GetResources()[lifecycle.KeyGuard]))
	if err != nil {
		return err
	}
	composite, err := a.composite(rsp.GetDesired().GetComposite())
	if err != nil {
		return err
	}
	desired := maps.Clone(a.outcome.Desired)
	if guard != nil {
		desired[lifecycle.KeyGuard] = guard
	}
	maps.Copy(desired, rsp.GetDesired().GetResources())
	rsp.Desired = &fnv1.State{Composite: composite, Resources: desired}

	a.accept(rsp)
	a.reportVersion(rsp)
	a.moment.Report(rsp)
	publish(rsp, a.platform.Auth.Observed(), a.observed)
	rsp.Meta.Ttl = durationpb.New(ttl(a.outcome, a.observed))
	return nil
}

// accept tells the claim that it makes sense, or why only its removal is acted
// upon, and how each layer is doing.
func (a answer) accept(rsp *fnv1.RunFunctionResponse) {
	naming, overstep, unguarded := a.moment.Naming(), a.moment.Overstep(), a.moment.Unguarded()
	switch taken, pending := naming.Refusal(), naming.Pending(); {
	case a.refusal != nil:
		notAccepted(rsp, reasonInvalid, errors.Join(a.refusal, a.moment.Besides()))
	case taken != nil:
		notAccepted(rsp, reasonNameTaken, taken)
	case overstep != nil:
		notAccepted(rsp, reasonReserved, overstep)
	case unguarded != nil:
		notAccepted(rsp, reasonUnguarded, unguarded)
	case pending != "":
		response.ConditionUnknown(rsp, v1alpha1.ConditionAccepted, reasonNameAsked).WithMessage(pending).TargetCompositeAndClaim()
	default:
		response.ConditionTrue(rsp, v1alpha1.ConditionAccepted, reasonAccepted).TargetCompositeAndClaim()
	}
	for _, l := range a.outcome.Layers() {
		condition := response.ConditionFalse
		if l.Ready {
			condition = response.ConditionTrue
		}
		condition(rsp, l.Condition, l.Reason).WithMessage(l.Message).TargetCompositeAndClaim()
	}
}

// reportVersion tells how the cluster's version is doing. What is new and wrong with
// it is an event: nothing else of the platform shows it.
func (a answer) reportVersion(rsp *fnv1.RunFunctionResponse) {
	v := a.platform.Version(a.upgrade)
	condition := response.ConditionFalse
	if v.Ready {
		condition = response.ConditionTrue
	}
	condition(rsp, v1alpha1.ConditionVersionCurrent, v.Reason).WithMessage(v.Message).TargetCompositeAndClaim()
	if _, reason, _ := a.observed.Condition(v1alpha1.ConditionVersionCurrent); !v.Ready && reason != v.Reason {
		response.Warning(rsp, errors.New(v.Message)).WithReason(v.Reason).TargetCompositeAndClaim()
	}
}

// composite with its status, all of which is read off the outcome, and whether it
// is ready.
func (a answer) composite(earlier *fnv1.Resource) (*fnv1.Resource, error) {
	status := a.status()
	if sizeOf(status) > maxSaid {
		shorten(status)
	}
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(status)
	if err != nil {
		return nil, fmt.Errorf("cannot convert the status: %w", err)
	}
	xr, err := structpb.NewStruct(map[string]any{"apiVersion": a.xr.APIVersion, "kind": a.xr.Kind, "status": m})
	if err != nil {
		return nil, fmt.Errorf("cannot convert the status: %w", err)
	}
	ready := fnv1.Ready_READY_FALSE
	if a.outcome.Ready() {
		ready = fnv1.Ready_READY_TRUE
	}
	fields := xr.GetFields()["status"].GetStructValue().GetFields()
	if sizeOf(a.xr.Asked) <= maxEcho {
		fields["asked"] = structpb.NewStructValue(a.xr.Asked)
	}
	for k, v := range earlier.GetResource().GetFields()["status"].GetStructValue().GetFields() {
		if _, said := fields[k]; !said {
			fields[k] = v
		}
	}
	return &fnv1.Resource{Resource: xr, ConnectionDetails: earlier.GetConnectionDetails(), Ready: ready}, nil
}

// status of the composite.
func (a answer) status() *v1alpha1.PlatformStatus {
	s := a.platform.Status()
	ready, total := a.outcome.Progress()
	s.Phase = a.moment.Phase()
	s.Progress = fmt.Sprintf("%d/%d", ready, total)
	s.Drained = a.outcome.Parted()
	for _, f := range a.outcome.Failing() {
		s.Failing = append(s.Failing, v1alpha1.Failing{Resource: f.Key, Message: f.Message})
	}
	for _, w := range a.outcome.Waiting() {
		s.Waiting = append(s.Waiting, v1alpha1.Waiting{Resource: w.Key, For: w.For})
	}
	s.Upgrade = a.upgrade
	for _, l := range a.outcome.Leaving {
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
	return &s
}
