package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/crossplane/function-sdk-go/response"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// Crossplane asks no function anything while a composite is being deleted, and
// Kubernetes deletes all it is made of at once. So a guard refuses to let the
// composite go, and what Crossplane then notes on it is the wish to take the
// platform down: nothing is wanted any more, and all of it leaves in order. The
// guard goes last, and the deletion is repeated by itself.

// keyGuard of the guard, which is no part of the graph.
const keyGuard = "guard"

// apiVersionProtection of what protects objects from being deleted.
const apiVersionProtection = "protection.crossplane.io/v1beta1"

// Annotations of a composite.
const (
	// annotationAttempt is how Crossplane notes that somebody tried to delete
	// the composite.
	annotationAttempt = "usage.crossplane.io/deletion-attempt-with-policy"
	// annotationTeardown confirms that the platform is to be taken down though
	// its claim lives on.
	annotationTeardown = "xplatform.dev/teardown"
	teardownConfirmed  = "confirmed"
	// annotationCluster says that nobody will ever reach the cluster again.
	annotationCluster = "xplatform.dev/cluster"
	clusterGone       = "gone"
)

// Reasons of the condition TearingDown.
const (
	reasonTearingDown = "TearingDown"
	reasonUnconfirmed = "Unconfirmed"
	reasonCancelled   = "Cancelled"
)

// requireClaim is the name of the requirement that is the claim.
const requireClaim = "claim"

// longestReason of the guard, in bytes. The claim shows it, in a sentence of
// Crossplane's.
const longestReason = 200

// teardown is what is known of the wish to take the platform down.
type teardown struct {
	xr composite
	// attempted: somebody tried to delete the composite.
	attempted bool
	// confirmed: and meant it.
	confirmed bool
	// unresolved: whether they did depends on the claim, which Crossplane has
	// yet to look up.
	unresolved bool
	// claim is how to find the claim, nil if there never was one; alive is its
	// name, if it is known to exist and not to be being deleted.
	claim *fnv1.ResourceSelector
	alive string
	// clusterGone: nobody will ever reach the cluster again.
	clusterGone bool
	// before is what the last run said of the teardown: "" if nothing, or the
	// status of its condition; and of the drain, the reason of its condition.
	before, drainBefore string
	// began: the last run took the platform down. drained: the cluster was once, in
	// this teardown.
	began, drained bool
	// draining: something of a drain exists.
	draining bool
	// guarded: Crossplane refuses to delete the composite, because its guard says
	// so. It takes a moment, or several seconds if others write to the composite
	// meanwhile (https://docs.crossplane.io/latest/managed-resources/usages/).
	guarded bool
	// leaving is what the last run said was leaving.
	leaving []plan.Leftover
}

// readTeardown off a request.
func readTeardown(xr composite, req *fnv1.RunFunctionRequest) teardown {
	o := plan.Observe(req.GetObserved().GetComposite())
	t := teardown{
		xr:          xr,
		attempted:   o.String("metadata.annotations["+annotationAttempt+"]") != "",
		clusterGone: o.String("metadata.annotations["+annotationCluster+"]") == clusterGone,
	}
	guard := plan.Observe(req.GetObserved().GetResources()[keyGuard])
	t.guarded = stays(guard) && plan.Available(guard).Ready
	t = t.readStatus(req.GetObserved().GetComposite().GetResource().GetFields()["status"].GetStructValue().GetFields())
	for key := range req.GetObserved().GetResources() {
		t.draining = t.draining || isDrain(key)
	}
	name := o.String("spec.claimRef.name")
	if name == "" {
		t.confirmed = t.attempted
		return t
	}
	t.claim = &fnv1.ResourceSelector{
		ApiVersion: o.String("spec.claimRef.apiVersion"),
		Kind:       o.String("spec.claimRef.kind"),
		Namespace:  new(o.String("spec.claimRef.namespace")),
		Match:      &fnv1.ResourceSelector_MatchName{MatchName: name},
	}
	if !t.attempted {
		return t
	}
	claims, resolved := req.GetRequiredResources()[requireClaim]
	t.unresolved = !resolved
	for _, c := range claims.GetItems() {
		if plan.Observe(c).String("metadata.deletionTimestamp") == "" {
			t.alive = t.claim.GetNamespace() + "/" + name
		}
	}
	t.confirmed = t.alive == "" || o.String("metadata.annotations["+annotationTeardown+"]") == teardownConfirmed
	return t
}

// readStatus is what the last run said of the teardown, and of what is leaving.
func (t teardown) readStatus(status map[string]*structpb.Value) teardown {
	t.began = status["phase"].GetStringValue() == string(v1alpha1.PhaseTearingDown)
	t.drained = status["drained"].GetBoolValue()
	for _, c := range status["conditions"].GetListValue().GetValues() {
		switch f := c.GetStructValue().GetFields(); f["type"].GetStringValue() {
		case v1alpha1.ConditionTearingDown:
			t.before = f["status"].GetStringValue()
		case v1alpha1.ConditionDraining:
			t.drainBefore = f["reason"].GetStringValue()
		}
	}
	for _, l := range status["leaving"].GetListValue().GetValues() {
		f := l.GetStructValue().GetFields()
		t.leaving = append(t.leaving, plan.Leftover{
			Key:        f["resource"].GetStringValue(),
			APIVersion: f["apiVersion"].GetStringValue(),
			Kind:       f["kind"].GetStringValue(),
			Namespace:  f["namespace"].GetStringValue(),
			Name:       f["name"].GetStringValue(),
			UID:        f["uid"].GetStringValue(),
			Deleting:   f["deleting"].GetBoolValue(),
		})
		t.draining = t.draining || isDrain(f["resource"].GetStringValue())
	}
	return t
}

// hold everything that exists, as it is.
func (t teardown) hold(rsp *fnv1.RunFunctionResponse, observed map[string]*fnv1.Resource) {
	t.require(rsp, nil)
	desired := plan.Frozen(observed)
	maps.Copy(desired, rsp.GetDesired().GetResources())
	if rsp.GetDesired() == nil {
		rsp.Desired = &fnv1.State{}
	}
	rsp.Desired.Resources = desired
}

// require what has to be looked up before an answer counts.
func (t teardown) require(rsp *fnv1.RunFunctionResponse, more map[string]*fnv1.ResourceSelector) {
	all := map[string]*fnv1.ResourceSelector{}
	maps.Copy(all, more)
	if t.attempted && t.claim != nil {
		all[requireClaim] = t.claim
	}
	if len(all) > 0 {
		rsp.Requirements = &fnv1.Requirements{Resources: all}
	}
}

// protected says why an object must not be asked to go. AWS would refuse, and
// the provider never lifts a protection of what it is deleting.
func (t teardown) protected(o *plan.Observed) string {
	asked := o.String("spec.forProvider.deletionProtection") == "true"
	switch {
	case asked && t.confirmed:
		return "is protected: set its deletionProtection to false in " + t.editable()
	case asked:
		return "is protected: bring it back with deletionProtection false, then remove it"
	case o.String("status.atProvider.deletionProtection") == "true":
		return "is protected until AWS has lifted its deletionProtection"
	default:
		return ""
	}
}

// editable is where the spec of a platform that is taken down can be changed:
// Crossplane copies that of a claim that lives into its composite.
func (t teardown) editable() string {
	if t.alive != "" {
		return "the claim"
	}
	return t.xr.kind + " " + t.xr.name
}

// guard the composite: nobody can delete it while the guard exists. Its reason
// is what whoever tries is told. Only once nothing else is left is the guard told
// to repeat the deletion when it goes itself, and goes: if somebody deletes it
// before, no attempt of long ago must come true, nor must all that is left be
// deleted at once. It goes once Crossplane has acknowledged that: each time the
// composite changes under its hands Crossplane waits twice as long before it
// lets the guard go, and this is when it begins anew. One that is on its way out
// has a generation nobody acknowledges any more, and must not be made anew.
func (t teardown) guard(desired map[string]*fnv1.Resource, p *plan.Plan, observed *plan.Observed) error {
	gone := t.confirmed && p.Gone()
	repeats := observed.String("spec.replayDeletion") == "true" && (!stays(observed) || observed.Acknowledged("Ready"))
	if gone && (observed == nil || repeats) {
		return nil
	}
	spec := map[string]any{
		"of":     map[string]any{"apiVersion": t.xr.apiVersion, "kind": t.xr.kind, "resourceRef": map[string]any{"name": t.xr.name}},
		"reason": "A platform is taken down in order, once its claim is deleted",
	}
	switch {
	case t.confirmed:
		spec["reason"] = shorten("Tearing down: "+p.Removal().Message, longestReason)
	case t.claim == nil:
		spec["reason"] = "A platform is taken down in order; that begins now, and it goes last"
	}
	if gone {
		spec["replayDeletion"] = true
	}
	o := object(apiVersionProtection, "ClusterUsage", nil, spec)
	if t.xr.namespace != "" {
		o = object(apiVersionProtection, "Usage", nil, spec)
		o.SetNamespace(t.xr.namespace)
	}
	o.SetName(objectName(t.xr.name, keyGuard))
	o.SetLabels(map[string]string{plan.LabelPlatform: t.xr.name})
	s, err := structpb.NewStruct(o.Object)
	if err != nil {
		return fmt.Errorf("cannot convert the guard: %w", err)
	}
	desired[keyGuard] = &fnv1.Resource{Resource: s, Ready: fnv1.Ready_READY_TRUE}
	return nil
}

// report how the teardown is doing, once there ever was an attempt: a condition
// that is left out would stay as it was. What begins is an event.
func (t teardown) report(rsp *fnv1.RunFunctionResponse, p *plan.Plan, d *drain) {
	t.reportDrain(rsp, p, d)
	switch {
	case t.confirmed:
		response.ConditionTrue(rsp, v1alpha1.ConditionTearingDown, reasonTearingDown).WithMessage(p.Removal().Message).TargetCompositeAndClaim()
		if t.before != "True" {
			response.Normal(rsp, "The platform is taken down").WithReason(reasonTearingDown).TargetCompositeAndClaim()
		}
	case t.attempted:
		response.ConditionFalse(rsp, v1alpha1.ConditionTearingDown, reasonUnconfirmed).WithMessage(t.ways()).TargetCompositeAndClaim()
	case t.before != "":
		response.ConditionFalse(rsp, v1alpha1.ConditionTearingDown, reasonCancelled).WithMessage("Nothing is taken down").TargetCompositeAndClaim()
	}
	if keys := p.Starting(); len(keys) > 0 {
		response.Normal(rsp, "Deleting "+plan.List(keys)).WithReason(plan.ReasonDeleting).TargetCompositeAndClaim()
	}
}

// reportDrain tells how the drain is doing, once there was a reason to.
func (t teardown) reportDrain(rsp *fnv1.RunFunctionResponse, p *plan.Plan, d *drain) {
	draining := d.Pending() && !p.Parted()
	set := func(reason, message string) {
		condition := response.ConditionFalse
		if draining {
			condition = response.ConditionTrue
		}
		condition(rsp, v1alpha1.ConditionDraining, reason).WithMessage(message).TargetCompositeAndClaim()
		if draining && reason != t.drainBefore {
			switch {
			case reason != reasonDraining:
				response.Warning(rsp, errors.New(message)).WithReason(reason).TargetCompositeAndClaim()
			case slices.Contains([]string{"", reasonDrained, reasonSkipped, reasonCancelled}, t.drainBefore):
				response.Normal(rsp, "The cluster is drained before anything goes").WithReason(reason).TargetCompositeAndClaim()
			}
		}
	}
	switch {
	case !t.confirmed && t.drainBefore != "":
		set(reasonCancelled, "Nothing is drained")
	case !t.confirmed:
	case draining:
		set(d.doing(t))
	case p.Parted():
		set(reasonDrained, "Nothing that has a load balancer is deployed any more, and ExternalDNS had time to remove the records")
	case t.drainBefore != "":
		set(reasonSkipped, "The cluster is not drained")
	}
}

// ways out, for whoever tried to delete the composite of a claim that lives on.
func (t teardown) ways() string {
	kind := strings.ToLower(t.xr.kind)
	return fmt.Sprintf("%s %s was asked to go, but its claim %s was not, so nothing is taken down. "+
		"Delete the claim, or confirm: kubectl annotate %s %s %s=%s. Or cancel: kubectl annotate %s %s %s-",
		t.xr.kind, t.xr.name, t.alive, kind, t.xr.name, annotationTeardown, teardownConfirmed, kind, t.xr.name, annotationAttempt)
}

// shorten text to a number of bytes.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-len("…")], "") + "…"
}
