// Package plan is the graph behind one composite resource: what it is made of,
// what each part needs, and what to ask Crossplane for given what exists.
//
// A layer of the platform adds nodes and hands them, or values read off them,
// to the next layer. Whatever a node's object refers to is a dependency of the
// node, because the only way to refer to something is through the node being
// built. There is no second list of names, edges or readiness checks: what is
// asked for, what waits, the conditions and the picture all come from here.
//
// The package knows nothing of AWS. It reads no clock and leaves no map order
// in its output, so equal requests give equal answers.
package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	xpv1 "github.com/crossplane/crossplane-runtime/v2/apis/common/v1"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

const (
	// LabelPlatform is on every composed object and names the composite it
	// belongs to, so that what is still being deleted can be found: Crossplane
	// forgets an object once it has asked for its deletion.
	LabelPlatform = "xplatform.dev/platform"

	// AnnotationNeeds is on every composed object and lists the keys of what it
	// needs, if anything, and behind a semicolon of what it needed before and may
	// still use. It lets an object be removed before what it needs even when no
	// claim, and no release of this function, describes it any more.
	AnnotationNeeds = "xplatform.dev/needs"

	// AnnotationLayer is on every composed object and names the condition that
	// reports on its layer, also of what is removed and nothing describes any more.
	AnnotationLayer = "xplatform.dev/layer"

	// AnnotationInside is on every composed object that lives in others, and lists
	// their keys: without them nobody can delete it, also once nothing describes it.
	AnnotationInside = "xplatform.dev/inside"
)

// Options are what all objects of a plan have in common.
type Options struct {
	// Memory of the run before.
	Memory

	// Scheme knows the type of every typed object.
	Scheme *runtime.Scheme
	// Platform is the value of every object's platform label.
	Platform string
	// Namespace every object lives in, unless others exist in another one.
	Namespace string
	// Name gives the metadata.name of the object with a key.
	Name func(key string) string
	// ProviderConfig is used by every managed resource that names no other.
	ProviderConfig xpv1.ProviderConfigReference

	// TearDown: nothing is wanted any more.
	TearDown bool
	// Unguarded is the key of what keeps the composite from being deleted as long
	// as it is made of anything, while it does not do so yet; "" once it does.
	// Until then whoever deletes the composite has all that exists deleted at
	// once, in no order. So nothing comes that needs something.
	Unguarded string
	// Controller is the UID of the composite, by which what is its own is told
	// from what only says so, and ClaimNamespace that of its claim, "" if it has none.
	Controller, ClaimNamespace string
	// Anew: no run has said anything of the composite yet. So there may be more than
	// Crossplane shows: it was made anew by hand, or restored, and nobody remembers what
	// was leaving.
	Anew bool
	// Managed are all kinds that providers manage of a composite, whatever it asks for.
	Managed []schema.GroupVersionKind
	// Required is what was found of what Outcome.Requirements asked for.
	Required map[string]*fnv1.Resources
	// Unread: what is described was made of what could not be read as a whole. None of
	// it is asked for.
	Unread bool
	// Stays says why the composite itself must not go, "" if it may: then nothing of it
	// does, unless a teardown has begun.
	Stays string
	// Protected says why an object must not be asked to go, "" if it may be. What
	// decides about it is described, or only in the object itself.
	Protected func(o *Observed, described bool) string
	// Timeless strips what a provider says of what differs each time it says the
	// same, or every retry would change what people are shown, and every change is a
	// reason to run again.
	Timeless func(message string) string
	// Explain adds the way out to what an object's provider says of a failure, if
	// there is one that only a person can take.
	Explain func(o *Observed, message string) string
}

// A Plan is the graph of everything one composite is made of.
type Plan struct {
	removal

	opts     Options
	observed map[string]*Observed
	// strangers are what another step of the pipeline has composed, by key.
	strangers map[string]*Observed
	// nodes in the order in which they were added, and by key.
	nodes    []*Node
	byKey    map[string]*Node
	layers   []*Layer
	farewell *Farewell
	errs     []error
	// distrusted: what the nodes describe must not be asked for.
	distrusted bool
	// awaits is the key of what has to be settled before anything comes, "" if nothing.
	awaits string
	// held is why no step is taken, "" if nobody minds.
	held string
	// resolved: what it comes to is decided.
	resolved bool
}

// New returns an empty plan for a composite of which the supplied resources
// exist. What says in no way that a plan has asked for it is another step's, unless
// something needs it, or a node has its key.
func New(o Options, observed map[string]*fnv1.Resource) *Plan {
	p := &Plan{opts: o, distrusted: o.Unread, observed: make(map[string]*Observed, len(observed)), strangers: map[string]*Observed{}, byKey: map[string]*Node{}}
	p.lingering, p.requirements = map[string]*Observed{}, map[string]*fnv1.ResourceSelector{}
	for key, r := range observed {
		if one := p.observe(r); one.Planned() {
			p.observed[key] = one
		} else {
			p.strangers[key] = one
		}
	}
	for _, one := range slices.Collect(maps.Values(p.observed)) {
		for _, need := range SplitNeeds(one.needs()) {
			p.known(need)
		}
	}
	p.recall()
	p.opts.Namespace = cmp.Or(p.home(), o.Namespace)
	return p
}

// Distrust what the nodes describe: what exists is asked for as it was observed,
// or not any more.
func (p *Plan) Distrust() { p.distrusted = true }

// Await something that is no part of the graph, by its key, before anything comes.
func (p *Plan) Await(key string) { p.awaits = key }

// TearsDown tells whether nothing is wanted any more.
func (p *Plan) TearsDown() bool { return p.opts.TearDown }

// A Layer is a part of the platform that one condition reports on.
type Layer struct {
	// Condition is the type of the condition that reports on the layer.
	Condition string

	plan  *Plan
	nodes []*Node
	notes []string
	aside bool
}

// Aside says that nobody waits for the layer: all is ready without it.
func (l *Layer) Aside() { l.aside = true }

// Note what people should know of the layer though it is ready.
func (l *Layer) Note(s string) { l.notes = append(l.notes, s) }

// Layer returns the layer reported on by the supplied condition type.
func (p *Plan) Layer(condition string) *Layer {
	l := &Layer{Condition: condition, plan: p}
	p.layers = append(p.layers, l)
	return l
}

// Layers of the graph, in the order in which they were added.
func (p *Plan) Layers() []*Layer { return p.layers }

// Keys of the layer's nodes, in the order in which they were added.
func (l *Layer) Keys() []string {
	ks := make([]string, 0, len(l.nodes))
	for _, n := range l.nodes {
		ks = append(ks, n.Key)
	}
	return ks
}

// A Node is one composed resource.
type Node struct {
	// Key of the node: its composition resource name. Keys are API: another key
	// is another object.
	Key string

	plan   *Plan
	layer  *Layer
	object any
	built  bool
	// message is what the object is asked for as, but for what it needs.
	message *structpb.Struct
	// needs are what the node waits for, and uses those its object refers to.
	needs    []*Node
	uses     []*Node
	hosts    []*Node
	lost     bool
	renewed  bool
	fixed    []Field
	final    []Field
	steps    []Field
	leads    bool
	turns    *turns
	replaces []string
	// heldUntil is why the node takes no step, "" if nobody minds.
	heldUntil string
	unknown   []string
	checks    []Check
	observed  *Observed
	state     state
	// place is where the object has to be, if that is not where the others are.
	place *place
}

// Add a node that is wanted. The supplied function builds its object, now; whatever
// it refers to through the node becomes a dependency. The object is a typed
// one, which is stripped of everything empty before it is composed, or an
// Unstructured one, which is composed as it is. Its name, namespace and labels
// are set here, and its provider configuration if it has none.
func (l *Layer) Add(key string, build func(n *Node) runtime.Object) *Node {
	n := &Node{Key: key, plan: l.plan, layer: l, observed: l.plan.known(key)}
	if l.plan.resolved {
		l.plan.errs = append(l.plan.errs, fmt.Errorf("cannot add %q to a plan that is resolved", key))
		return n
	}
	if _, taken := l.plan.byKey[key]; taken {
		l.plan.errs = append(l.plan.errs, fmt.Errorf("cannot add %q twice", key))
		return n
	}
	l.plan.byKey[key] = n
	l.plan.nodes = append(l.plan.nodes, n)
	l.nodes = append(l.nodes, n)
	n.object = build(n)
	n.built = true
	return n
}

// ReadyWhen replaces the node's readiness check, Available. All checks must
// pass.
func (n *Node) ReadyWhen(checks ...Check) *Node {
	n.checks = checks
	return n
}

// Inside says what is needed to delete the node's object, such as the cluster it
// lives in. Once any of that is gone, nobody can delete the object any more: it
// is forgotten.
func (n *Node) Inside(hosts ...*Node) *Node {
	n.hosts = hosts
	return n
}

// Lose the node: it is as good as gone, and so is what lives inside of it.
func (n *Node) Lose() { n.lost = true }

// Renew lets the node's object go, to be made anew once it is gone.
func (n *Node) Renew() { n.renewed = n.observed != nil }

// Fixed says that what is in some fields of the node's object can't be changed. An
// object that has something else in one of them is kept as it is, let go, and made
// anew, and with it what refers to it. One that has nothing there is of a version
// that didn't say.
func (n *Node) Fixed(fs ...Field) *Node {
	n.fixed = append(n.fixed, fs...)
	return n
}

// Final says which fields decide whether, and how, the node's object goes. While
// nothing is wanted any more they are asked for as described, though the object be
// kept as it is in all else, also because all else is distrusted.
func (n *Node) Final(fs ...Field) *Node {
	n.final = append(n.final, fs...)
	return n
}

// After makes the node wait for others it does not refer to. Like everything a
// node needs, that is said while it is built: then it can only need what was
// there before it, and no circle can close.
func (n *Node) After(others ...*Node) {
	if n.built || slices.Contains(others, n) {
		n.plan.errs = append(n.plan.errs, fmt.Errorf("cannot make %q wait for itself, or for something once it is built", n.Key))
		return
	}
	for _, o := range others {
		if o != nil && !slices.Contains(n.needs, o) {
			n.needs = append(n.needs, o)
		}
	}
}

// Ref is a reference to another node's object, which makes it a dependency. There
// is none to a nil node.
func (n *Node) Ref(to *Node) *xpv1.NamespacedReference {
	if to == nil {
		return nil
	}
	n.refer(to)
	return &xpv1.NamespacedReference{Name: to.Name()}
}

// Refs is Ref for several nodes.
func (n *Node) Refs(to ...*Node) []xpv1.NamespacedReference {
	refs := make([]xpv1.NamespacedReference, 0, len(to))
	for _, t := range to {
		refs = append(refs, *n.Ref(t))
	}
	return refs
}

// Use a value in the object that is being built. That makes the node it is
// read off a dependency, and keeps the object from being composed while the
// value is unknown.
func (n *Node) Use(v Value) string {
	if v.of == nil {
		return v.static
	}
	n.refer(v.of)
	s := v.Peek()
	if what := v.of.Key + ": " + v.read.path; s == "" && !slices.Contains(n.unknown, what) {
		n.unknown = append(n.unknown, what)
	}
	return s
}

// Value of a field of the node's observed object.
func (n *Node) Value(read Text) Value { return Value{of: n, read: read} }

// Observed is the node's object as it exists, nil if it doesn't, or is on its way
// out.
func (n *Node) Observed() *Observed { return n.observed }

// Exists tells whether the node's object does, be it only on its way out.
func (n *Node) Exists() bool { return n.existing() != nil }

// Leaves tells whether the node's object is on its way out, or was asked to go, as
// far as is remembered.
func (n *Node) Leaves() bool {
	return n.lingers() || n.plan.opts.letGo(n.Key, n.observed)
}

// refer to another node, which the node then can't do without.
func (n *Node) refer(to *Node) {
	n.After(to)
	n.uses = append(n.uses, to)
}

func (n *Node) existing() *Observed { return n.plan.Object(n.Key) }

// wanted tells whether the node is. While nothing else is, a farewell may be.
func (n *Node) wanted() bool {
	if n.parting() {
		return n.plan.farewell.wanted && !n.renewed
	}
	return (!n.plan.opts.TearDown || n.plan.farewell.lacks(n)) && !n.renewed
}

// Wants tells whether something by a key is wanted.
func (p *Plan) Wants(key string) bool { return p.byKey[key] != nil && p.byKey[key].wanted() }

// Edges of the graph: the keys of what each wanted node needs, by key.
func (p *Plan) Edges() map[string][]string {
	es := make(map[string][]string, len(p.nodes))
	for _, n := range p.nodes {
		es[n.Key] = keys(n.needs)
	}
	return es
}
