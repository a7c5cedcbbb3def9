package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// A Leftover is something that isn't wanted and still exists. Crossplane forgets
// an object once it is no longer asked for, while the object may take minutes to
// go. So whoever keeps a plan's leftovers from one run to the next is the only
// one to know of it, and nothing is let go before it is known to be on the list.
type Leftover struct {
	// Key of the object.
	Key string
	// APIVersion, Kind, Namespace and Name of the object, and the UID that tells it
	// from one that was made anew.
	APIVersion, Kind, Namespace, Name, UID string
	// Deleting: it is no longer asked for.
	Deleting bool
	// For are the keys of what needs it, which has to be gone first, and of what takes
	// its place, which has to settle.
	For []string
	// Held: people hold what takes its place, so they keep it.
	Held bool
	// Message says what else keeps it.
	Message string
}

// is tells whether two leftovers are the same object.
func (l Leftover) is(o Leftover) bool {
	return l.Key == o.Key && l.APIVersion == o.APIVersion && l.Kind == o.Kind && l.Namespace == o.Namespace && l.Name == o.Name && l.UID == o.UID
}

// leftover is an object as one.
func leftover(key string, o *Observed) Leftover {
	return Leftover{
		Key:        key,
		APIVersion: o.APIVersion(),
		Kind:       o.Kind(),
		Namespace:  o.Namespace(),
		Name:       o.Name(),
		UID:        o.UID(),
	}
}

// A Memory is what a run says for the next one to know. Crossplane writes it last:
// whatever goes wrong before, such as a conflict with a provider about one of the
// objects it deletes, the run is half done and its memory lost. So nothing is done
// that follows from what a run says before it is remembered: what is not on the list
// of leftovers is not let go, and while the farewell is not over, nothing is.
type Memory struct {
	// TornDown: nothing was wanted.
	TornDown bool
	// Leaving is what was left, see Outcome.Leaving.
	Leaving []Leftover
	// Parted: the farewell was over, see Outcome.Parted.
	Parted bool
	// Failing is what failed, see Outcome.Failing.
	Failing []Failure
}

// remembers tells whether an object is on the list of leftovers.
func (m Memory) remembers(key string, o *Observed) bool {
	return slices.ContainsFunc(m.Leaving, leftover(key, o).is)
}

// letGo tells whether an object was asked to go, as far as is remembered.
func (m Memory) letGo(key string, o *Observed) bool {
	return slices.ContainsFunc(m.Leaving, func(l Leftover) bool { return l.Deleting && l.is(leftover(key, o)) })
}

// removal is what a plan knows of what isn't wanted.
type removal struct {
	// lingering is what is on its way out, forgotten by Crossplane or not, and is
	// not known to be gone.
	lingering map[string]*Observed
	// requirements of this run, and whether all of them have been looked up.
	requirements map[string]*fnv1.ResourceSelector
	unresolved   bool
	// searching for what of the platform Crossplane may not have shown.
	searching bool
	// halts is what keeps a teardown from beginning, by key: it would keep it from
	// ever ending.
	halts []string
	// circular is what says that it needs what needs it, by key, and no node describes.
	circular map[string]bool
	// leaving is what isn't wanted, by key.
	leaving []Leftover
}

// What the names of requirements begin with.
const (
	// requireObject is followed by the key of an object.
	requireObject = "leaving/"
	// requireKind is followed by a kind.
	requireKind = "left/"
)

// recall what was leaving after the last run and is not observed: as long as
// Crossplane finds it, it exists.
//
// What is observed and carries a deletion timestamp is no different, whoever asked
// it to go. Nothing can keep it; and it may be gone when Crossplane gets to apply
// it, which would make it anew, whatever has become of what it needs. So Crossplane
// is let forget it.
func (p *Plan) recall() {
	for _, l := range p.opts.Leaving {
		if p.observed[l.Key] != nil || l.Name == "" {
			continue
		}
		s := &fnv1.ResourceSelector{ApiVersion: l.APIVersion, Kind: l.Kind, Match: &fnv1.ResourceSelector_MatchName{MatchName: l.Name}}
		if l.Namespace != "" {
			s.Namespace = &l.Namespace
		}
		if items, resolved := p.require(requireObject+l.Key, s); !resolved {
			p.lingering[l.Key] = &Observed{}
		} else if len(items) > 0 && slices.Contains([]string{"", Observe(items[0]).UID()}, l.UID) {
			p.lingering[l.Key] = p.observe(items[0])
		}
	}
	p.searching = p.opts.Anew || p.opts.TearDown && !p.leavesAlready()
	for _, key := range slices.Sorted(maps.Keys(p.observed)) {
		if o := p.observed[key]; o.Deleting() {
			p.lingering[key] = o
			delete(p.observed, key)
		}
	}
	if p.searching {
		p.adopt()
	}
}

// leavesAlready tells whether things are under way: everything that exists was
// on the list, and some of it has been let go. Before, and once nothing is left,
// there may be more than Crossplane shows. It knows what it made by the
// references in the composite, which it reads from a cache: right after it made
// something it may not know of it, and then it forgets it for good. What that
// needs would leave first.
func (p *Plan) leavesAlready() bool {
	for key, o := range p.observed {
		if !p.opts.remembers(key, o) {
			return false
		}
	}
	return len(p.lingering) > 0 || len(p.observed) > 0 && slices.ContainsFunc(p.opts.Leaving, func(l Leftover) bool { return l.Deleting })
}

// Empty tells whether nothing exists, as far as is known.
func (p *Plan) Empty() bool { return len(p.observed)+len(p.lingering) == 0 }

// require something of Crossplane, and return what it has found already. Nothing goes
// before it was looked up.
func (p *Plan) require(name string, s *fnv1.ResourceSelector) (items []*fnv1.Resource, resolved bool) {
	items, resolved = p.LookUp(name, s)
	p.unresolved = p.unresolved || !resolved
	return items, resolved
}

// LookUp something that is no part of the platform, under a name of its own. Crossplane
// runs the function once more in the same reconciliation when it has looked it up.
// https://docs.crossplane.io/latest/composition/compositions/#use-a-function-with-required-resources
func (p *Plan) LookUp(name string, s *fnv1.ResourceSelector) (items []*fnv1.Resource, resolved bool) {
	p.requirements[name] = s
	rs, resolved := p.opts.Required[name]
	return rs.GetItems(), resolved
}

// adopt what the search for more has found of what is the composite's, or nobody's: what
// was restored, or left behind, has no owner. That only counts where the platform lives,
// and for the claims of one namespace: one of the same name may live in another, and have
// yet to be restored itself, and any claim may ask for a composite of its name meanwhile.
//
// What is being deleted only lingers; nobody has asked anything else to go, so it must be
// composed once more before Crossplane would.
func (p *Plan) adopt() {
	home := cmp.Or(p.home(), p.opts.Namespace)
	for _, name := range slices.Sorted(maps.Keys(p.opts.Required)) {
		if !strings.HasPrefix(name, requireKind) {
			continue
		}
		for _, r := range p.opts.Required[name].GetItems() {
			o := p.observe(r)
			key := o.Annotation(annotationKey)
			switch {
			case key == "" || p.exists(key):
			case !o.ownedBy(p.opts.Controller) && (len(o.owners()) > 0 || o.Namespace() != home || p.claimedElsewhere(o)):
			case o.Deleting():
				p.lingering[key] = o
			default:
				p.observed[key] = o
			}
		}
	}
}

// claimedElsewhere tells whether what nobody owns was made for a claim of another namespace
// than the composite's.
func (p *Plan) claimedElsewhere(o *Observed) bool {
	was, is := o.Label(labelClaimNamespace), p.opts.ClaimNamespace
	return was != "" && is != "" && was != is
}

// orphaned tells whether nobody can delete an object any more, by its key: what it lives
// in is lost, or gone with all the rest.
func (p *Plan) orphaned(key string) bool {
	hosts := SplitNeeds(p.Object(key).Annotation(AnnotationInside))
	if n := p.byKey[key]; n != nil {
		hosts = keys(n.hosts)
	}
	return slices.ContainsFunc(hosts, func(host string) bool {
		n := p.byKey[host]
		return n != nil && n.lost || p.opts.TearDown && !p.exists(host) && !p.farewell.lacks(n)
	})
}

// forget tells whether an object, by its key, is to be asked for such that its provider
// deletes nothing: nobody can.
func (p *Plan) forget(key string, asked *Observed) bool {
	n := p.byKey[key]
	goes := p.opts.TearDown || n == nil || n.lingers()
	return goes && p.orphaned(key) && !asked.forgettable()
}

// remove what isn't wanted, what needs it first.
func (p *Plan) remove() {
	unwanted := slices.Collect(maps.Keys(p.lingering))
	for key := range p.observed {
		if n := p.byKey[key]; n == nil || !n.wanted() {
			unwanted = append(unwanted, key)
		}
	}
	if len(unwanted) == 0 {
		return
	}
	slices.Sort(unwanted)
	dependants := p.dependants()
	for _, key := range unwanted {
		l := p.leave(key, dependants[key])
		if n := p.byKey[key]; n != nil {
			n.state.deleting = l.Deleting
			if n.renewed && l.Message != "" {
				n.state.readiness = Readiness{Reason: ReasonProtected, Message: renewing + "; it " + l.Message}
			}
		}
		p.leaving = append(p.leaving, l)
	}
}

// dependants are the keys of what needs each key, or is asked from now on to.
func (p *Plan) dependants() map[string][]string {
	ds := map[string][]string{}
	var needs map[string][]string
	needs, p.circular = p.demands()
	for key := range needs {
		for _, need := range needs[key] {
			ds[need] = append(ds[need], key)
		}
	}
	p.obscureNeeds(ds)
	for key := range ds {
		slices.Sort(ds[key])
		ds[key] = slices.Compact(ds[key])
	}
	return ds
}

// needsNow is what the node's object needs by the graph, beside what it says itself. One
// that is kept as it is needs what it says; but somebody may have taken that off, and in
// a teardown nothing waits for anything else.
func (n *Node) needsNow() []*Node {
	switch {
	case n.plan.opts.TearDown && n.Exists():
		return n.needs
	case n.observed == nil || n.state.frozen:
		return nil
	default:
		return n.holds()
	}
}

// leave decides whether it is the turn of something that isn't wanted.
func (p *Plan) leave(key string, dependants []string) Leftover {
	o := p.observed[key]
	if o == nil {
		return p.linger(key)
	}
	l := leftover(key, o)
	l.For = dependants
	l.Message = p.keeps(key, o)
	n := p.byKey[key]
	if len(p.halts) > 0 && l.Message == "" && !n.parting() {
		l.For = append(l.For, p.halts[0])
	}
	if p.farewell.holds(key) {
		l.For = append(l.For, p.farewell.last().Key)
	}
	for _, by := range p.replacers(key) {
		l.For = append(l.For, by.keeps()...)
		l.Held = l.Held || by.hasSettled() && by.held() != ""
	}
	slices.Sort(l.For)
	l.For = slices.Compact(l.For)
	l.Deleting = len(l.For) == 0 && l.Message == "" && p.opts.remembers(key, o) && !p.forget(key, o) && !p.unresolved
	return l
}

// linger returns what is known of something on its way out: as long as Crossplane
// has not looked for it, what the list says.
func (p *Plan) linger(key string) Leftover {
	o := p.lingering[key]
	l := leftover(key, o)
	if i := slices.IndexFunc(p.opts.Leaving, func(l Leftover) bool { return l.Key == key }); l.Name == "" && i >= 0 {
		l = p.opts.Leaving[i]
	}
	l.Deleting, l.For, l.Message = true, nil, p.keeps(key, o)
	if l.Message == "" {
		l.Message = p.trouble(o)
	}
	return l
}

// trouble is why an object's provider does not get on with it, "" if it does.
func (p *Plan) trouble(o *Observed) string {
	switch r := Available(o); {
	case r.Reason == reasonFailed && p.opts.Explain != nil:
		return p.opts.Explain(o, r.Message)
	case r.Reason == reasonFailed:
		return r.Message
	case r.Reason == reasonPaused:
		return "its provider does not delete it, because it is paused; remove its annotation " + meta.AnnotationKeyReconciliationPaused
	default:
		return ""
	}
}

// search for what there is of any kind that is known.
func (p *Plan) search() {
	if !p.searching {
		return
	}
	for gk, apiVersion := range p.Kinds() {
		p.require(requireKind+gk.String(), &fnv1.ResourceSelector{
			ApiVersion: apiVersion,
			Kind:       gk.Kind,
			Match:      &fnv1.ResourceSelector_MatchLabels{MatchLabels: &fnv1.MatchLabels{Labels: map[string]string{LabelPlatform: p.opts.Platform}}},
		})
	}
}

// Searched tells whether what exists is all there may be. Of a composite of which no run has
// said anything yet Crossplane has to look for that first; what is refused it does not.
func (p *Plan) Searched() bool {
	return !p.opts.Anew || slices.ContainsFunc(slices.Collect(maps.Keys(p.opts.Required)), func(name string) bool { return strings.HasPrefix(name, requireKind) })
}

// Kinds that are known, each with its API version. As long as nobody remembers what was
// leaving, that may be of any kind that a provider manages.
func (p *Plan) Kinds() map[schema.GroupKind]string {
	kinds := map[schema.GroupKind]string{}
	if p.opts.Anew {
		for _, gvk := range p.opts.Managed {
			kinds[gvk.GroupKind()] = gvk.GroupVersion().String()
		}
	}
	for _, l := range p.opts.Leaving {
		kinds[schema.FromAPIVersionAndKind(l.APIVersion, l.Kind).GroupKind()] = l.APIVersion
	}
	for _, key := range slices.Sorted(maps.Keys(p.observed)) {
		o := p.observed[key]
		kinds[schema.FromAPIVersionAndKind(o.APIVersion(), o.Kind()).GroupKind()] = o.APIVersion()
	}
	for _, n := range sorted(p.nodes) {
		o, _ := n.object.(client.Object)
		gvk, err := apiutil.GVKForObject(o, p.opts.Scheme)
		if err != nil {
			p.errs = append(p.errs, err)
			continue
		}
		kinds[gvk.GroupKind()] = gvk.GroupVersion().String()
	}
	return kinds
}
