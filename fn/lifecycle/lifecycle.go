// Package lifecycle is a platform's life as a whole: whether it is wanted, who may
// end it, in what order it goes, and what people are told meanwhile.
//
// Crossplane asks no function anything while a composite is being deleted, and
// Kubernetes deletes all it is made of at once. So a guard refuses to let the
// composite go, and what Crossplane then notes on it is the wish to take the
// platform down: nothing is wanted any more, and all of it leaves in order. The
// guard goes last, and the deletion is repeated by itself.
package lifecycle

import (
	"cmp"
	"fmt"
	"maps"

	"google.golang.org/protobuf/types/known/structpb"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/fn/read"
	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
)

// Annotations of a composite.
const (
	// AnnotationAttempt is how Crossplane notes that somebody tried to delete
	// the composite.
	AnnotationAttempt = "usage.crossplane.io/deletion-attempt-with-policy"
	// AnnotationTeardown confirms that the platform is to be taken down though
	// its claim lives on.
	AnnotationTeardown = "xplatform.dev/teardown"
	TeardownConfirmed  = "confirmed"
	// annotationCluster says that nobody will ever reach the cluster again.
	annotationCluster = "xplatform.dev/cluster"
	clusterGone       = "gone"
)

// requireClaim is the name of the requirement that is the claim.
const requireClaim = "claim"

// A Life is what is known of a platform's life before anything is planned.
type Life struct {
	xr     platform.Composite
	policy v1beta1.Input
	wish   wish
	// claim is how to find the claim, nil if there never was one; alive is its
	// name, if it is known to exist and not to be being deleted; author is who speaks
	// for it.
	claim  *fnv1.ResourceSelector
	alive  string
	author author
	// clusterGone: nobody will ever reach the cluster again.
	clusterGone bool
	// guarded: Crossplane refuses to delete the composite, because its guard says
	// so. It takes a moment, or several seconds if others write to the composite
	// meanwhile (https://docs.crossplane.io/latest/managed-resources/usages/).
	// unmarked: it would not, though its guard says so: its webhook is asked about
	// what has a label alone (v2.4.0, cluster/webhookconfigurations/usage.yaml).
	guarded, unmarked bool
	// guard as it is observed.
	guard *plan.Observed
	// was is what the last run said.
	was memory
	// draining: something of a drain exists.
	draining bool
	// lent says why something must not go with the platform.
	lent func(o *plan.Observed) string
	// naming is what is known of the platform's name.
	naming Naming
	// twin is who else has the platform's name, "" if nobody is known to.
	twin string
	// stays says why the composite itself must not go, "" if it may.
	stays string
	// look for what else decides about that.
	look map[string]*fnv1.ResourceSelector
}

// A wish is what is known of whether anybody wants the platform to go.
type wish int

const (
	// wishNone: nobody ever tried to delete the composite.
	wishNone wish = iota
	// wishUnresolved: who did, and whether they meant it, depends on the claim, which
	// Crossplane has yet to look up.
	wishUnresolved
	// wishUnconfirmed: somebody did, and the claim lives on, or is not there, and
	// nobody has seen it being deleted.
	wishUnconfirmed
	// wishConfirmed: and meant it.
	wishConfirmed
)

// A memory is what the last run said of the platform's life.
type memory struct {
	plan.Memory

	// said anything at all, which no composite has that is new.
	said bool
	// unconfirmed: that somebody tried to delete the composite, and may not have meant it.
	unconfirmed bool
	// halted: that the platform ends, and something that is protected keeps that from
	// beginning.
	halted bool
	// tearingDown is the status of that condition, "" if there was none; drained and
	// draining are the reason and the message of the other one.
	tearingDown, drained, draining string
	// drains: that a drain is under way.
	drains bool
}

// Read a life off a request. What the composite's status says in no way this
// function would is as if it weren't there: others write to it too.
func Read(xr platform.Composite, policy v1beta1.Input, req *fnv1.RunFunctionRequest) *Life {
	o := plan.Observe(req.GetObserved().GetComposite())
	guard := plan.Observe(req.GetObserved().GetResources()[KeyGuard])
	marked, heeded := o.Label(plan.LabelInUse) == "true", guard.Stays() && plan.Available(guard).Ready
	l := &Life{
		xr:       xr,
		policy:   policy,
		guard:    guard,
		claim:    claimOf(o),
		guarded:  heeded && marked,
		unmarked: heeded && !marked,
		was:      remember(o),
		look:     map[string]*fnv1.ResourceSelector{},
	}
	for key, r := range req.GetObserved().GetResources() {
		l.draining = l.draining || isDrain(key) && plan.Observe(r).Planned()
	}
	for _, left := range l.was.Leaving {
		l.draining = l.draining || isDrain(left.Key)
	}
	l.readWish(o, req.GetRequiredResources())
	l.stays, l.twin = l.usedBy(req.GetRequiredResources()), l.twinOf(req.GetRequiredResources())
	return l
}

// remember what the last run said.
func remember(xr *plan.Observed) memory {
	m := memory{Memory: plan.Memory{
		TornDown: read.XPlatform.Phase.Of(xr) == string(v1alpha1.PhaseTearingDown),
		Parted:   read.XPlatform.Drained.Of(xr),
	}}
	m.said = read.XPlatform.Phase.Of(xr) != ""
	m.halted = read.XPlatform.Phase.Of(xr) == string(v1alpha1.PhaseProtected)
	ends, reason, _ := xr.Condition(v1alpha1.ConditionTearingDown)
	m.tearingDown, m.unconfirmed = ends, reason == reasonUnconfirmed
	drains, drained, draining := xr.Condition(v1alpha1.ConditionDraining)
	m.drains, m.drained, m.draining = drains == "True", drained, draining
	for _, f := range read.XPlatform.Failing.Of(xr) {
		m.Failing = append(m.Failing, plan.Failure{Key: read.Failing.Resource.Of(f), Message: read.Failing.Message.Of(f)})
	}
	for _, left := range read.XPlatform.Leaving.Of(xr) {
		m.Leaving = append(m.Leaving, plan.Leftover{
			Key:        read.Leaving.Resource.Of(left),
			APIVersion: read.Leaving.APIVersion.Of(left),
			Kind:       read.Leaving.Kind.Of(left),
			Namespace:  read.Leaving.Namespace.Of(left),
			Name:       read.Leaving.Name.Of(left),
			UID:        read.Leaving.UID.Of(left),
			Deleting:   read.Leaving.Deleting.Of(left),
		})
	}
	return m
}

// ending tells whether the last run said that the platform ends, begun or not.
func (m memory) ending() bool { return m.TornDown || m.halted }

// Named is what the platform's guard says it is called in AWS, "" if it doesn't.
func (l *Life) Named() string { return l.guard.Label(labelName) }

// Ends tells whether the platform is taken down: nothing of it is wanted.
func (l *Life) Ends() bool { return l.wish == wishConfirmed }

// Held tells whether everything has to stay as it is for now: it is not known yet
// what is wanted, or Kubernetes deletes all of it anyway.
func (l *Life) Held() bool { return l.wish == wishUnresolved || l.xr.Deleted }

// Hold everything of a plan that exists, and the guard, as it is.
func (l *Life) Hold(rsp *fnv1.RunFunctionResponse, p *plan.Plan) {
	l.require(rsp, nil)
	desired := p.Kept()
	if l.guard.Stays() {
		desired[KeyGuard] = l.guard.Kept()
	}
	maps.Copy(desired, rsp.GetDesired().GetResources())
	rsp.Desired = &fnv1.State{Composite: rsp.GetDesired().GetComposite(), Resources: desired}
}

// Keep everything of a plan that exists as it is, and guarded, and what was said of it,
// though the claim is refused: what is only left alone would stay without a guard that
// somebody has deleted, or that no backup held, or that Crossplane does not heed, and all
// of it would go at once with the composite; and a guard of an early version would not say
// whose the name is. It tells whether there was a reason to.
func (l *Life) Keep(rsp *fnv1.RunFunctionResponse, p *plan.Plan, name string, composite *fnv1.Resource) (bool, error) {
	if l.guard.Stays() && l.Named() != "" && !l.reminds() || p.Empty() {
		return false, nil
	}
	l.naming = l.claimName(name, true, nil)
	guard, err := Moment{Life: l}.Guard(l.guard)
	if err != nil {
		return false, err
	}
	l.Hold(rsp, p)
	rsp.Desired.Resources[KeyGuard] = guard
	rsp.Desired.Composite = &fnv1.Resource{Resource: said(composite.GetResource()), Ready: fnv1.Ready_READY_FALSE}
	return true, nil
}

// said is what the last run did of a composite. Crossplane knows its conditions itself.
func said(xr *structpb.Struct) *structpb.Struct {
	status := maps.Clone(xr.GetFields()["status"].GetStructValue().GetFields())
	delete(status, "conditions")
	return &structpb.Struct{Fields: map[string]*structpb.Value{
		"apiVersion": xr.GetFields()["apiVersion"],
		"kind":       xr.GetFields()["kind"],
		"status":     structpb.NewStructValue(&structpb.Struct{Fields: status}),
	}}
}

// Options of a plan, with what of the platform's life matters to it.
func (l *Life) Options(o plan.Options) plan.Options {
	o.TearDown = l.Ends()
	o.Protected = func(o *plan.Observed, described bool) string { return cmp.Or(l.shared(o), l.protected(o, described)) }
	o.Stays = l.stays
	o.Memory = l.was.Memory
	o.Anew = !l.was.said
	if !l.guarded {
		o.Unguarded = KeyGuard
	}
	return o
}

// Compose what comes before everything else leaves. Nothing comes before the
// platform's name is its own, by what was found of what was required.
func (l *Life) Compose(p *plan.Plan, pf *platform.Platform, required map[string]*fnv1.Resources) {
	l.naming = l.claimName(pf.Name(), !p.Empty(), required)
	// Nor does anything before a run has said something: a composite that refers to what is
	// not there, and has no status, would seem to be restored.
	if l.naming.claimed != nameHeld || !l.was.said {
		p.Await(KeyGuard)
	}
	if l.twin != "" {
		p.Distrust() // Who has its provider delete nothing would be overruled.
	}
	l.composeDrain(p, pf)
	l.lent = pf.Lent
	if l.clusterGone {
		pf.Cluster.Lose()
	}
}

// Naming is what is known of the platform's name, once it is composed.
func (l *Life) Naming() Naming { return l.naming }

// readWish tells whether somebody tried to delete the composite, and meant it, and
// whether the cluster is gone.
func (l *Life) readWish(xr *plan.Observed, required map[string]*fnv1.Resources) {
	l.author = l.authorOf(xr, required)
	if l.author.claim.Stays() {
		l.alive = l.claim.GetNamespace() + "/" + l.claim.GetMatchName()
	}
	// Crossplane notes no time with an attempt. One that is there before any run has said
	// something, and so before there was a guard to note it, is as old as the backup that
	// the composite was restored from, until somebody takes it off.
	meant := l.claim == nil && l.was.said && !l.was.unconfirmed
	ends := meant || l.was.ending() || l.author.claim.Deleting()
	l.clusterGone = l.author.says(annotationCluster) == clusterGone
	switch {
	case l.author.pending:
		l.wish = wishUnresolved
	case l.author.says(AnnotationAttempt) == "":
		l.wish = wishNone
	case l.author.says(AnnotationTeardown) == TeardownConfirmed || l.alive == "" && ends:
		l.wish = wishConfirmed
	default:
		l.wish = wishUnconfirmed
	}
}

// owns tells whether a claim of the right name is the composite's. Somebody may have made
// it anew after taking the finalizer off the one that is being deleted: then it has a
// composite of its own, or has yet to get one. Crossplane keeps a claim that is being
// deleted for as long as its composite exists (v2.4.0,
// internal/controller/apiextensions/claim/reconciler.go). So one that is not there tells
// nothing: a backup may have been restored without it so far.
func (l *Life) owns(claim *plan.Observed) bool {
	composite := read.Claim.Composite.Of(claim)
	return composite == l.xr.Name || composite == "" && !l.was.ending()
}

// require what has to be looked up before an answer counts.
func (l *Life) require(rsp *fnv1.RunFunctionResponse, more map[string]*fnv1.ResourceSelector) {
	all := map[string]*fnv1.ResourceSelector{}
	maps.Copy(all, more)
	maps.Copy(all, l.naming.look)
	maps.Copy(all, l.look)
	if l.author.look != nil {
		all[requireClaim] = l.author.look
	}
	if len(all) > 0 {
		rsp.Requirements = &fnv1.Requirements{Resources: all}
	}
}

// protected says why an object must not be asked to go. AWS would refuse, and
// the provider never lifts a protection of what it is deleting.
func (l *Life) protected(o *plan.Observed, described bool) string {
	asked := read.Protected.Asked.Of(o)
	switch {
	case o.Label(plan.LabelInUse) == "true" && !o.Deleting():
		// Crossplane refuses to delete it, and a run in which it does so ends there:
		// nothing else of it happens.
		return "is protected by somebody's Usage, which says why: kubectl get usages.protection.crossplane.io,clusterusages.protection.crossplane.io -A"
	case o.Deleting() && (asked || read.Protected.Observed.Of(o)):
		return "is protected, and somebody has asked it to go: take its deletionProtection off at AWS, because its provider does not change any more what it deletes"
	case asked && l.Ends() && !described:
		return fmt.Sprintf("is protected, and the claim does not describe it: set spec.forProvider.deletionProtection of %s %s/%s to false", o.Kind(), o.Namespace(), o.Name())
	case asked && l.Ends():
		return "is protected: set its deletionProtection to false in " + l.editable()
	case asked:
		return "is protected: bring it back as it was, with deletionProtection false, then remove it"
	case read.Protected.Observed.Of(o):
		return "is protected until AWS has lifted its deletionProtection"
	case l.Ends():
		return l.lent(o)
	default:
		return ""
	}
}

// editable is where the spec of a platform that is taken down can be changed:
// Crossplane copies that of a claim that lives into its composite.
func (l *Life) editable() string {
	if l.alive != "" {
		return "the claim"
	}
	return fmt.Sprintf("%s %s", l.xr.Kind, l.xr.Name)
}
