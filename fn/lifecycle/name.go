package lifecycle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// Two platforms of one name in a region would be one in AWS, and who deletes one of
// them deletes the other. So a platform asks for its name before anything of it comes,
// and its guard, which comes first and goes last, says so, for others to find.
//
// A run sees the guards as they were some time ago, but it sees what happened to them
// in that order: once it sees its own, it sees all that came before. So a platform
//
//  1. asks for the name if it sees nobody else who does,
//  2. holds it once it sees itself ask, and nobody else, and
//  3. begins once it sees itself hold it.
//
// Of two that ask at once, neither of which saw the other, the later one sees both as
// soon as it sees itself. If so does the other, the younger stops asking. Who holds
// the name goes on, as its guard says also after it was restored from a backup, and so
// does who is made of anything.
const (
	// labelName and labelRegion of a guard whose platform asks for a name.
	labelName   = "xplatform.dev/name"
	labelRegion = "xplatform.dev/region"
	// annotationHolds is how it says that it holds it, and annotationFor whose
	// guard it is, for whoever is refused the name.
	annotationHolds = "xplatform.dev/holds-name"
	annotationFor   = "xplatform.dev/guard-of"
)

// requireNames begins the names of the requirements that are the guards of one name,
// of each kind.
const requireNames = "name/"

// A claimed name is how far a platform has got with it.
type claimed int

const (
	// nameUnknown: what others ask for has yet to be looked up.
	nameUnknown claimed = iota
	// nameAsked: it asks for it.
	nameAsked
	// nameSeen: it is the only one that asks, and holds it from now on.
	nameSeen
	// nameHeld: it is its own.
	nameHeld
	// nameTaken by another.
	nameTaken
)

// A Naming is what is known of a platform's name.
type Naming struct {
	name, region string
	claimed      claimed
	// by is who else has it, for people.
	by string
	// look for who else asks for it.
	look map[string]*fnv1.ResourceSelector
}

// Refusal is why the platform can't be called as it is asked to, nil if it can.
func (n Naming) Refusal() error {
	if n.claimed != nameTaken {
		return nil
	}
	return fmt.Errorf("spec.name: must not be %s in %s, which is %s's until that is gone: choose another name", n.name, n.region, n.by)
}

// Pending says what has to be known of the name before anything comes, "" if nothing.
func (n Naming) Pending() string {
	if n.claimed == nameHeld || n.claimed == nameTaken {
		return ""
	}
	return fmt.Sprintf("Asks for the name %s in %s, which no other Platform may have", n.name, n.region)
}

// claimName of the platform, by what was found of what was required.
func (l *Life) claimName(p *plan.Plan, pf *platform.Platform, required map[string]*fnv1.Resources) Naming {
	n := Naming{name: pf.Name(), region: l.xr.Spec.Region, claimed: nameHeld}
	if len(p.Existing()) > 0 {
		return n
	}
	mine, others, resolved := l.askers(&n, required)
	i := slices.IndexFunc(others, holds)
	if i < 0 {
		i = slices.IndexFunc(others, func(o *plan.Observed) bool { return mine == nil || older(o, mine) < 0 })
	}
	switch {
	case !resolved:
		n.claimed = nameUnknown
	case i >= 0 && (!holds(mine) || holds(others[i]) && older(others[i], mine) < 0):
		n.claimed, n.by = nameTaken, others[i].Annotation(annotationFor)
	case i >= 0 || holds(mine) && !l.was.said || mine != nil && len(others) == 0 && !holds(mine):
		// Whoever else asks will see it, and stop.
		n.claimed = nameSeen
	case !holds(mine):
		n.claimed = nameAsked
	}
	return n
}

// askers for the name: the platform's own guard, the others, the oldest first, and
// whether all of them have been looked up.
func (l *Life) askers(n *Naming, required map[string]*fnv1.Resources) (mine *plan.Observed, others []*plan.Observed, resolved bool) {
	n.look, resolved = map[string]*fnv1.ResourceSelector{}, true
	for _, kind := range []string{kindUsage, kindClusterUsage} {
		n.look[requireNames+kind] = &fnv1.ResourceSelector{ApiVersion: apiVersionProtection, Kind: kind, Match: &fnv1.ResourceSelector_MatchLabels{
			MatchLabels: &fnv1.MatchLabels{Labels: map[string]string{labelName: n.name, labelRegion: n.region}},
		}}
		found, known := required[requireNames+kind]
		resolved = resolved && known
		for _, r := range found.GetItems() {
			if o := plan.Observe(r); kind == l.guardKind() && o.Namespace() == l.xr.Namespace && o.Name() == l.xr.ObjectName(KeyGuard) {
				mine = o
			} else {
				others = append(others, o)
			}
		}
	}
	slices.SortFunc(others, older)
	return mine, others, resolved
}

// holds tells whether a guard says that its platform holds the name.
func holds(guard *plan.Observed) bool { return guard.Annotation(annotationHolds) == "true" }

// older guards come first. Which one of a second is, their UIDs decide.
func older(a, b *plan.Observed) int {
	return cmp.Or(
		strings.Compare(read.Created.Of(a), read.Created.Of(b)),
		strings.Compare(a.UID(), b.UID()),
		strings.Compare(a.Namespace()+"/"+a.Name(), b.Namespace()+"/"+b.Name()),
	)
}

// labels of the guard.
func (n Naming) labels(platform string) map[string]string {
	all := map[string]string{plan.LabelPlatform: platform}
	if n.claimed != nameTaken {
		all[labelName], all[labelRegion] = n.name, n.region
	}
	return all
}

// annotations of the guard.
func (n Naming) annotations(of string) map[string]string {
	all := map[string]string{annotationFor: of}
	if n.claimed == nameSeen || n.claimed == nameHeld {
		all[annotationHolds] = "true"
	}
	return all
}

// whose the platform is, for people.
func (l *Life) whose() string {
	if l.claim != nil {
		return l.claim.GetKind() + " " + l.claim.GetNamespace() + "/" + l.claim.GetMatchName()
	}
	if l.xr.Namespace != "" {
		return l.xr.Kind + " " + l.xr.Namespace + "/" + l.xr.Name
	}
	return l.xr.Kind + " " + l.xr.Name
}
