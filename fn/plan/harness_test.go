package plan

import (
	"maps"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	xpv1 "github.com/crossplane/crossplane-runtime/v2/apis/common/v1"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource/fake"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	platform  = "dev"
	namespace = "team-a"
	// controller is the composite's UID.
	controller = "uid-1"
	// condition is the type of the only layer's condition in most tests.
	condition = "LayerReady"
)

// idField is where the things of these tests keep the value others use.
//
//nolint:gochecknoglobals // A constant, but for its parsed path.
var idField = NewText("status.id")

// newPlan of a composite of which the supplied resources exist, with options
// changed.
func newPlan(observed map[string]*fnv1.Resource, change ...func(o *Options)) *Plan {
	s := runtime.NewScheme()
	s.AddKnownTypes(corev1.SchemeGroupVersion, &corev1.ConfigMap{})
	s.AddKnownTypes(schema.GroupVersion{Group: "example.org", Version: "v1"}, &bucket{})
	opts := Options{
		Scheme:         s,
		Platform:       platform,
		Namespace:      namespace,
		Name:           func(key string) string { return platform + "-" + key },
		ProviderConfig: xpv1.ProviderConfigReference{Kind: "ClusterProviderConfig", Name: "default"},
		Controller:     controller,
		Protected:      protectedThing,
		Timeless:       timeless,
	}
	for _, c := range change {
		c(&opts)
	}
	return New(opts, observed)
}

// timeless is what these tests' providers say, without the time of it.
func timeless(message string) string {
	before, _, _ := strings.Cut(message, " at ")
	return before
}

// tearingDown is a plan of which nothing is wanted.
func tearingDown(o *Options) { o.TearDown = true }

// remembering says which keys of things were on the list of leftovers.
func remembering(keys ...string) func(o *Options) {
	return func(o *Options) {
		for _, key := range keys {
			o.Leaving = append(o.Leaving, leftoverThing(key))
		}
	}
}

// finding says what Crossplane found of what was required, nothing if it is nil.
func finding(name string, found ...*fnv1.Resource) func(o *Options) {
	return func(o *Options) {
		rs := &fnv1.Resources{Items: found}
		all := map[string]*fnv1.Resources{name: rs}
		maps.Copy(all, o.Required)
		o.Required = all
	}
}

// leftoverThing is a thing as the list of leftovers has it.
func leftoverThing(key string) Leftover {
	return Leftover{Key: key, APIVersion: "example.org/v1", Kind: "Thing", Namespace: namespace, Name: platform + "-" + key}
}

// protectedThing protects things that say so.
func protectedThing(o *Observed, _ bool) string {
	if NewFlag("spec.protected").Of(o) {
		return "is protected"
	}
	return ""
}

// protecting marks an object as protected.
func protecting(o map[string]any) { o["spec"].(map[string]any)["protected"] = true }

// A bucket is a managed resource, with a field of every kind that leaks out of
// a typed object.
type bucket struct {
	metav1.TypeMeta                    `json:",inline"`
	metav1.ObjectMeta                  `json:"metadata"`
	fake.Conditioned                   `json:"-"`
	fake.Manageable                    `json:"-"`
	fake.LocalConnectionSecretWriterTo `json:"-"`

	Spec   bucketSpec   `json:"spec"`
	Status bucketStatus `json:"status"`
}

type bucketSpec struct {
	Region            *string                       `json:"region"`
	Tags              map[string]*string            `json:"tags"`
	Rules             []bucketRule                  `json:"rules"`
	Owner             bucketOwner                   `json:"owner"`
	Versioned         bool                          `json:"versioned"`
	Days              int64                         `json:"days"`
	ProviderConfigRef *xpv1.ProviderConfigReference `json:"providerConfigRef,omitempty"`
}

type bucketRule struct {
	Prefix *string           `json:"prefix"`
	Labels map[string]string `json:"labels"`
}

type bucketOwner struct {
	ID    *string      `json:"id"`
	Rules []bucketRule `json:"rules"`
}

type bucketStatus struct {
	ObservedGeneration int64 `json:"observedGeneration"`
}

// DeepCopyObject is shallow, as nothing here changes a copy.
func (b *bucket) DeepCopyObject() runtime.Object { return new(*b) }

func (b *bucket) GetProviderConfigReference() *xpv1.ProviderConfigReference {
	return b.Spec.ProviderConfigRef
}

func (b *bucket) SetProviderConfigReference(r *xpv1.ProviderConfigReference) {
	b.Spec.ProviderConfigRef = r
}

// A blueprint of a node: what it refers to, and whose id it uses.
type blueprint struct {
	key   string
	needs []string
	uses  []string
}

// add nodes to a new layer, in their order.
func add(p *Plan, bs ...blueprint) map[string]*Node {
	l := p.Layer(condition)
	nodes := map[string]*Node{}
	for _, b := range bs {
		nodes[b.key] = l.Add(b.key, func(n *Node) runtime.Object {
			spec := map[string]any{"from": fromClaim}
			for _, key := range b.needs {
				spec["ref-"+key] = n.Ref(nodes[key]).Name
			}
			for _, key := range b.uses {
				spec["id-"+key] = n.Use(nodes[key].Value(idField))
			}
			return thing(spec)
		})
	}
	return nodes
}

// thing is an object of a kind no scheme knows.
func thing(spec map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "example.org/v1", "kind": "Thing", "spec": spec}}
}

// A thing's field spec.from tells one that was built from one that is asked for
// as it was observed.
const (
	fromClaim    = "claim"
	fromObserved = "observed"
)

// existing is a thing that exists and is neither ready nor has an id, but for
// what the supplied edits say of it.
func existing(key string, edits ...func(o map[string]any)) *fnv1.Resource {
	o := map[string]any{
		"apiVersion": "example.org/v1",
		"kind":       "Thing",
		"metadata": map[string]any{
			"name":            platform + "-" + key,
			"namespace":       namespace,
			"labels":          map[string]any{LabelPlatform: platform},
			"annotations":     map[string]any{"crossplane.io/composition-resource-name": key, AnnotationNeeds: ""},
			"ownerReferences": []any{map[string]any{"uid": controller, "controller": true}},
		},
		"spec":   map[string]any{"from": fromObserved},
		"status": map[string]any{"conditions": []any{}},
	}
	for _, edit := range edits {
		edit(o)
	}
	return &fnv1.Resource{Resource: structOf(o)}
}

// needing says what an object needed when it was last asked for.
func needing(needs string) func(o map[string]any) {
	return func(o map[string]any) {
		o["metadata"].(map[string]any)["annotations"].(map[string]any)[AnnotationNeeds] = needs
	}
}

// stripped takes off an object what it says it needs.
func stripped(o map[string]any) {
	delete(o["metadata"].(map[string]any)["annotations"].(map[string]any), AnnotationNeeds)
}

// layered says which layer an object was in when it was last asked for.
func layered(o map[string]any) {
	o["metadata"].(map[string]any)["annotations"].(map[string]any)[AnnotationLayer] = condition
}

// deleting marks an object as being deleted.
func deleting(o map[string]any) {
	o["metadata"].(map[string]any)["deletionTimestamp"] = "2026-01-01T00:00:00Z"
}

// identified gives an object the id that others use.
func identified(o map[string]any) { o["status"].(map[string]any)["id"] = "id-1" }

// ready gives an object the conditions of a managed resource that is.
func ready(o map[string]any) {
	reporting("Synced", "True", "ReconcileSuccess", "")(o)
	reporting("Ready", "True", "Available", "")(o)
}

// failed gives an object the conditions of a managed resource that AWS refuses.
func failed(o map[string]any) { reporting("Synced", "False", "ReconcileError", "it is refused")(o) }

// reporting adds a condition to an object.
func reporting(ctype, status, reason, message string) func(o map[string]any) {
	return func(o map[string]any) {
		s := o["status"].(map[string]any)
		s["conditions"] = append(s["conditions"].([]any), map[string]any{"type": ctype, "status": status, "reason": reason, "message": message})
	}
}

func structOf(m map[string]any) *structpb.Struct {
	s, err := structpb.NewStruct(m)
	if err != nil {
		panic(err) // The test itself is wrong.
	}
	return s
}

// What is asked of Crossplane for one key.
const (
	// built: as the plan describes it, and not ready.
	built = "built"
	// builtReady: as the plan describes it, and ready.
	builtReady = "built, ready"
	// kept: as it was observed, and not ready; keptReady, and ready.
	kept      = "kept"
	keptReady = "kept, ready"
)

// resolved is what a plan comes to that nothing is wrong with.
func resolved(t *testing.T, p *Plan) *Outcome {
	t.Helper()
	out, err := p.Resolve()
	if err != nil {
		t.Fatalf("Resolve(): %v", err)
	}
	return out
}

// verdictsOn everything that is asked for, by key. Whatever does not say
// explicitly whether it is ready, or is asked for in a way no rule provides
// for, is an error.
func verdictsOn(t *testing.T, desired map[string]*fnv1.Resource) map[string]string {
	t.Helper()
	vs := make(map[string]string, len(desired))
	for key := range desired {
		from := desired[key].GetResource().GetFields()["spec"].GetStructValue().GetFields()["from"].GetStringValue()
		switch r := desired[key].GetReady(); {
		case from == fromClaim && r == fnv1.Ready_READY_TRUE:
			vs[key] = builtReady
		case from == fromClaim && r == fnv1.Ready_READY_FALSE:
			vs[key] = built
		case from == fromObserved && r == fnv1.Ready_READY_FALSE:
			vs[key] = kept
		case from == fromObserved && r == fnv1.Ready_READY_TRUE:
			vs[key] = keptReady
		default:
			t.Errorf("%s: from %q and %s: want it built and ready or not ready, or kept and not ready", key, from, r)
		}
	}
	return vs
}
