package lifecycle

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
)

// The author of a claim is not the platform team. Yet Crossplane copies the labels and
// annotations of a claim to its composite, over whatever is there, and takes them away
// once the claim has them no more, or leaves them there for ever
// (--enable-ssa-claims=false; v2.4.0, internal/controller/apiextensions/claim,
// syncer_ssa.go and syncer_csa.go). So an annotation of a composite whose claim has it,
// too, is its author's, and does not count; nor does a claim's label make a guard of
// none. Of a composite that has no claim, who may say what is RBAC's alone.

// managerClaim is who applies what a claim says to its composite.
const managerClaim = "apiextensions.crossplane.io/claim"

// annotationUnmarked of a guard is the version in which its composite was seen without
// the label by which Crossplane knows what is guarded. Crossplane puts it back whenever
// it looks at the guard, which it does every minute, and at once when that changes.
const annotationUnmarked = "xplatform.dev/unmarked"

// rights without which an annotation of a claim does not count. That somebody tried to
// delete the composite is nobody's to say: no right allows it.
//
//nolint:gochecknoglobals // A constant table.
var rights = map[string]v1beta1.ClaimRight{
	AnnotationAttempt:  "",
	AnnotationTeardown: v1beta1.ClaimRightConfirmTeardown,
	annotationCluster:  v1beta1.ClaimRightGiveUpCluster,
}

// An Author is what is known of who speaks for a platform: the composite, and the
// claim it belongs to, if to any.
type author struct {
	composite, claim *plan.Observed
	may              []v1beta1.ClaimRight
	// look for the claim, nil if nothing depends on it; pending until it was.
	look    *fnv1.ResourceSelector
	pending bool
}

// claimOf a composite is how to find its claim, nil if it never had one.
func claimOf(xr *plan.Observed) *fnv1.ResourceSelector {
	name := read.XPlatform.ClaimName.Of(xr)
	if name == "" {
		return nil
	}
	return &fnv1.ResourceSelector{
		ApiVersion: read.XPlatform.ClaimAPIVersion.Of(xr),
		Kind:       read.XPlatform.ClaimKind.Of(xr),
		Namespace:  new(read.XPlatform.ClaimNamespace.Of(xr)),
		Match:      &fnv1.ResourceSelector_MatchName{MatchName: name},
	}
}

// authorOf a composite, by what was found of what was required. The claim is looked for
// as long as the composite has anything that could be the claim's.
func (l *Life) authorOf(xr *plan.Observed, required map[string]*fnv1.Resources) author {
	a := author{composite: xr, may: l.policy.ClaimsMay}
	suspect := l.unmarked
	for name := range rights {
		suspect = suspect || xr.Annotation(name) != ""
	}
	if l.claim == nil || !suspect {
		return a
	}
	found, resolved := required[requireClaim]
	a.look, a.pending = l.claim, !resolved
	for _, c := range found.GetItems() {
		if claim := plan.Observe(c); l.owns(claim) {
			a.claim = claim
		}
	}
	return a
}

// says what an annotation of the composite does, "" if the claim says it and may not.
func (a author) says(annotation string) string {
	if a.poses(annotation) {
		return ""
	}
	return a.composite.Annotation(annotation)
}

// poses tells whether the claim says what an annotation of the composite does, and may
// not. A claim that is gone by force has left what it said; that it is being deleted,
// or gone, makes every attempt to delete the composite a real one.
func (a author) poses(annotation string) bool {
	said := a.claim.Annotation(annotation) != ""
	switch {
	case a.composite.Annotation(annotation) == "", slices.Contains(a.may, rights[annotation]):
		return false
	case annotation == AnnotationAttempt:
		return said && !a.claim.Deleting()
	default:
		return said || a.look != nil && a.composite.AnnotatedBy(managerClaim, annotation)
	}
}

// switchesOff tells whether the claim's author switches the guard off. Crossplane copies
// no more of a claim that is being deleted.
func (a author) switchesOff() bool {
	v := a.claim.Label(plan.LabelInUse)
	return a.claim.Stays() && v != "" && v != "true"
}

// Overstep is what the claim's author says that only the platform team may, nil if it
// says nothing of the kind.
func (l *Life) Overstep() error {
	var errs []error
	if l.author.switchesOff() {
		errs = append(errs, fmt.Errorf("metadata.labels[%s]: must not be set: it switches off the guard that keeps everything from being deleted at once. "+
			"Take it off the claim; until then nothing is made that has to go in order", plan.LabelInUse))
	}
	for _, name := range slices.Sorted(maps.Keys(rights)) {
		if l.author.poses(name) {
			errs = append(errs, fmt.Errorf("metadata.annotations[%s]: counts for nothing in a claim: take it off; who may say it says it of %s %s", name, l.xr.Kind, l.xr.Name))
		}
	}
	return errors.Join(errs...)
}

// Unguarded is why nothing is made that has to go in order though the guard is there, nil
// if it keeps the composite from being deleted, or has yet to.
func (l *Life) Unguarded() error {
	if !l.unmarked {
		return nil
	}
	return fmt.Errorf("%s %s must have the label %s=true, by which Crossplane knows that it is guarded, and which it puts back. Until then nothing is made that has to go in order", l.xr.Kind, l.xr.Name, plan.LabelInUse)
}

// Besides is what else has to be said to whoever is refused for something in the claim,
// nil if nothing has.
func (l *Life) Besides() error { return cmp.Or(l.Overstep(), l.Unguarded()) }

// reminds tells whether Crossplane has to be reminded of the guard: its composite is not
// marked as guarded. As long as the claim says otherwise, that would be for nothing,
// again and again.
func (l *Life) reminds() bool { return l.unmarked && !l.author.switchesOff() }

// remind Crossplane of the guard: whatever changes of it makes it look.
func (m Moment) remind(guard *unstructured.Unstructured) {
	if !m.reminds() {
		return
	}
	annotations := guard.GetAnnotations()
	annotations[annotationUnmarked] = m.author.composite.Version()
	guard.SetAnnotations(annotations)
}
