package lifecycle

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	eksv1 "github.com/upbound/provider-aws/v2/apis/namespaced/eks/v1beta1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
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
// soon as it sees itself. If so does the other, the younger stops asking. What it
// decides by a guard it has changed since, the API server refuses: it is asked for by
// the version that was seen. Nobody stops holding a name, also after it was restored
// from a backup; and what is made of anything holds its name whatever it sees.
const (
	// labelName and labelRegion of a guard whose platform asks for a name. Its cluster has
	// them, too: a guard may be lost, or be restored later.
	labelName   = platform.LabelName
	labelRegion = platform.LabelRegion
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
	// by is who else has it, for people; twin is that of a platform that exists, too.
	by, twin string
	// look for who else asks for it.
	look map[string]*fnv1.ResourceSelector
	// guard of the platform by which this was decided, nil if there was none, or it
	// does not matter.
	guard *plan.Observed
}

// Refusal is why the platform can't be called as it is asked to, nil if it can.
func (n Naming) Refusal() error {
	if n.twin != "" {
		return fmt.Errorf("spec.name: must not be %s in %s, which is %s's as well: what AWS knows by that name is both's, so nothing of this one changes. Delete the one that should not be: it says how AWS deletes nothing of the other's", n.name, n.region, n.twin)
	}
	if n.claimed != nameTaken {
		return nil
	}
	return fmt.Errorf("spec.name: must not be %s in %s, which is %s's until that is gone; it can't be edited, so delete this Platform, of which nothing exists, and apply it with another spec.name", n.name, n.region, n.by)
}

// Pending says what has to be known of the name before anything comes, "" if nothing.
func (n Naming) Pending() string {
	if n.claimed == nameHeld || n.claimed == nameTaken {
		return ""
	}
	return fmt.Sprintf("Asks for the name %s in %s, which no other Platform may have", n.name, n.region)
}

// claimName of the platform, of which something exists or not, by what was found of
// what was required.
func (l *Life) claimName(name string, exists bool, required map[string]*fnv1.Resources) Naming {
	// A region that can't be read any more, or was changed where nobody checks that, is
	// not the one the name is held in.
	n := Naming{name: name, region: cmp.Or(l.guard.Label(labelRegion), l.xr.Spec.Region), claimed: nameHeld, twin: l.twin}
	if exists {
		return n
	}
	mine, others, resolved := l.askers(&n, required)
	by := cmp.Or(ahead(mine, others), l.clusterOfOther(&n, required))
	n.guard = cmp.Or(mine, l.guard)
	switch {
	case !resolved || mine == nil && l.guard.Label(labelName) != "":
		n.claimed, n.guard = nameUnknown, l.guard
	case by != "":
		n.claimed, n.by = nameTaken, by
	case holds(mine) && l.was.said:
		n.guard = nil
	case holds(mine) || mine != nil && len(others) == 0:
		n.claimed = nameSeen
	default:
		n.claimed = nameAsked
	}
	return n
}

// clusterOfOther is whose the cluster of the name is, "" if there is none but the
// platform's own.
func (l *Life) clusterOfOther(n *Naming, required map[string]*fnv1.Resources) string {
	apiVersion, kind := eksv1.Cluster_GroupVersionKind.ToAPIVersionAndKind()
	n.look[requireNames+kind] = &fnv1.ResourceSelector{ApiVersion: apiVersion, Kind: kind, Match: labelled(n.name, n.region)}
	for _, r := range required[requireNames+kind].GetItems() {
		o := plan.Observe(r)
		if owner := o.Label(plan.LabelPlatform); owner != l.xr.Name || l.xr.Namespace != "" && o.Namespace() != l.xr.Namespace {
			return "composite " + owner
		}
	}
	return ""
}

// labelled selects what has a platform's name.
func labelled(name, region string) *fnv1.ResourceSelector_MatchLabels {
	return &fnv1.ResourceSelector_MatchLabels{MatchLabels: &fnv1.MatchLabels{Labels: map[string]string{labelName: name, labelRegion: region}}}
}

// askers for the name: the platform's own guard, the others, the oldest first, and
// whether all of them have been looked up.
func (l *Life) askers(n *Naming, required map[string]*fnv1.Resources) (mine *plan.Observed, others []*plan.Observed, resolved bool) {
	n.look, resolved = map[string]*fnv1.ResourceSelector{}, true
	own := newGuard(l.xr.Namespace, nil).GetKind()
	for _, namespace := range []string{"", "any"} {
		kind := newGuard(namespace, nil).GetKind()
		n.look[requireNames+kind] = &fnv1.ResourceSelector{ApiVersion: apiVersionProtection, Kind: kind, Match: labelled(n.name, n.region)}
		found, known := required[requireNames+kind]
		resolved = resolved && known
		for _, r := range found.GetItems() {
			if o := plan.Observe(r); kind == own && o.Namespace() == l.xr.Namespace && o.Name() == l.xr.ObjectName(KeyGuard) {
				mine = o
			} else {
				others = append(others, o)
			}
		}
	}
	slices.SortFunc(others, older)
	return mine, others, resolved
}

// ahead of a platform's guard is whose the other is that holds the name, or asked for it
// before it did; "" if there is none.
func ahead(mine *plan.Observed, others []*plan.Observed) string {
	i := slices.IndexFunc(others, holds)
	if i < 0 && !holds(mine) {
		i = slices.IndexFunc(others, func(o *plan.Observed) bool { return mine == nil || older(o, mine) < 0 })
	}
	if i < 0 {
		return ""
	}
	return cmp.Or(others[i].Annotation(annotationFor), "somebody")
}

// holds tells whether a guard says that its platform holds the name.
func holds(guard *plan.Observed) bool { return guard.Annotation(annotationHolds) == "true" }

// older guards come first. Which one of a second is, their UIDs decide.
func older(a, b *plan.Observed) int {
	return cmp.Or(
		strings.Compare(a.Created(), b.Created()),
		strings.Compare(a.UID(), b.UID()),
		strings.Compare(a.Namespace()+"/"+a.Name(), b.Namespace()+"/"+b.Name()),
	)
}

// mark the guard by what is known of the name, and whose guard it is.
func (n Naming) mark(guard *unstructured.Unstructured, composite, whose string) {
	labels, annotations := map[string]string{plan.LabelPlatform: composite}, map[string]string{annotationFor: whose}
	unknown := n.claimed == nameUnknown
	if unknown && n.guard.Label(labelName) != "" || !unknown && n.claimed != nameTaken {
		labels[labelName], labels[labelRegion] = n.name, n.region
	}
	if unknown && holds(n.guard) || n.claimed == nameSeen || n.claimed == nameHeld {
		annotations[annotationHolds] = "true"
	}
	guard.SetLabels(labels)
	guard.SetAnnotations(annotations)
	guard.SetResourceVersion(n.guard.Version())
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

// twinOf the platform is another that holds its name, though the platform exists: it was
// restored while somebody had made another, or both are of an early version. It is looked
// for before a platform that was restored changes anything, and as long as one goes.
func (l *Life) twinOf(required map[string]*fnv1.Resources) string {
	name, region := l.Named(), l.guard.Label(labelRegion)
	if name == "" || l.was.said && !l.Ends() {
		return ""
	}
	n := Naming{name: name, region: region}
	_, others, _ := l.askers(&n, required)
	maps.Copy(l.look, n.look)
	if i := slices.IndexFunc(others, holds); i >= 0 {
		return others[i].Annotation(annotationFor)
	}
	return ""
}

// shared says that what the platform has made of an object is its twin's, too, "" if it
// is not: what both call alike, and all that lives in the cluster.
func (l *Life) shared(o *plan.Observed) string {
	name, inside := l.Named(), o.Kind() == "Release" || o.Kind() == "Object"
	if l.twin == "" || !o.Deletes() || !inside && !strings.Contains(o.Annotation(meta.AnnotationKeyExternalName), name) {
		return ""
	}
	return fmt.Sprintf("is %s's as well, which is called %s, too, and would lose it: have its provider delete nothing, by spec.managementPolicies: [Observe] (docs/backup.md)", l.twin, name)
}
