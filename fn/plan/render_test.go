package plan

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	xpv1 "github.com/crossplane/crossplane-runtime/v2/apis/common/v1"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// rendered is a bucket as it is composed, with a provider configuration and more
// of its spec.
func rendered(metadata map[string]any, kind, name string, more map[string]any) map[string]any {
	spec := map[string]any{"versioned": false, "days": 0, "providerConfigRef": map[string]any{"kind": kind, "name": name}}
	maps.Copy(spec, more)
	return map[string]any{"apiVersion": "example.org/v1", "kind": "bucket", "metadata": metadata, "spec": spec}
}

// own metadata of an object that is built, and what is different about it.
func own(different map[string]any) map[string]any {
	m := map[string]any{
		"name":      "dev-it",
		"namespace": namespace,
		"labels":    map[string]any{LabelPlatform: platform},
	}
	maps.Copy(m, different)
	annotations := map[string]any{AnnotationLayer: "Other", AnnotationNeeds: ""}
	if more, ok := m["annotations"].(map[string]any); ok {
		maps.Copy(annotations, more)
	}
	m["annotations"] = annotations
	return m
}

func TestDesiredRendered(t *testing.T) {
	const key = "it"
	cases := map[string]struct {
		reason   string
		observed map[string]*fnv1.Resource
		build    func(n, need, other *Node) runtime.Object
		want     map[string]any
	}{
		"Typed": {
			reason: "A typed object should get its kind, name, namespace and label.",
			build: func(_, _, _ *Node) runtime.Object {
				return &corev1.ConfigMap{Data: map[string]string{"some": "data"}}
			},
			want: map[string]any{
				"apiVersion": "v1",
				"kind":       "ConfigMap",
				"metadata":   own(nil),
				"data":       map[string]any{"some": "data"},
			},
		},
		"Metadata": {
			reason: "Labels and annotations of the object should stay beside the plan's own.",
			build: func(n, need, other *Node) runtime.Object {
				n.After(other, need)
				return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
					Labels:      map[string]string{"my": "label"},
					Annotations: map[string]string{"crossplane.io/external-name": "it-in-aws"},
				}}
			},
			want: map[string]any{
				"apiVersion": "v1",
				"kind":       "ConfigMap",
				"metadata": own(map[string]any{
					"labels":      map[string]any{"my": "label", LabelPlatform: platform},
					"annotations": map[string]any{"crossplane.io/external-name": "it-in-aws", AnnotationNeeds: "need,other"},
				}),
			},
		},
		"ForgedMetadata": {
			reason: "An object should not be able to belong to another platform, or to need what it doesn't.",
			build: func(n, need, _ *Node) runtime.Object {
				n.After(need)
				return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
					Labels:      map[string]string{LabelPlatform: "another"},
					Annotations: map[string]string{AnnotationNeeds: "another"},
				}}
			},
			want: map[string]any{
				"apiVersion": "v1",
				"kind":       "ConfigMap",
				"metadata":   own(map[string]any{"annotations": map[string]any{AnnotationNeeds: "need"}}),
			},
		},
		"ObservedName": {
			reason:   "An object that exists should be asked for by its name, and otherwise as the plan describes it.",
			observed: map[string]*fnv1.Resource{key: existing("another", ready)},
			build:    func(_, _, _ *Node) runtime.Object { return &corev1.ConfigMap{} },
			want: map[string]any{
				"apiVersion": "v1",
				"kind":       "ConfigMap",
				"metadata":   own(map[string]any{"name": "dev-another"}),
			},
		},
		"Empties": {
			reason: "What a typed object carries only because its type has the field should be stripped; false and 0 may be meant.",
			build: func(_, _, _ *Node) runtime.Object {
				return &bucket{
					Spec: bucketSpec{
						Tags:  map[string]*string{},
						Rules: []bucketRule{},
						Owner: bucketOwner{Rules: []bucketRule{}},
					},
					Status: bucketStatus{ObservedGeneration: 1},
				}
			},
			want: rendered(own(nil), "ClusterProviderConfig", "default", map[string]any{}),
		},
		"EmptiesInLists": {
			reason: "What is in a list should be stripped, too, but keep its place.",
			build: func(_, _, _ *Node) runtime.Object {
				return &bucket{Spec: bucketSpec{
					Region: new("eu-central-1"),
					Tags:   map[string]*string{"a": new("1"), "b": nil},
					Rules:  []bucketRule{{Labels: map[string]string{}}, {Prefix: new("logs/")}},
					Owner:  bucketOwner{Rules: []bucketRule{{Labels: map[string]string{"a": "1"}}}},
				}}
			},
			want: rendered(own(nil), "ClusterProviderConfig", "default", map[string]any{
				"region": "eu-central-1",
				"tags":   map[string]any{"a": "1"},
				"rules":  []any{map[string]any{}, map[string]any{"prefix": "logs/"}},
				"owner":  map[string]any{"rules": []any{map[string]any{"labels": map[string]any{"a": "1"}}}},
			}),
		},
		"OwnProviderConfig": {
			reason: "A managed resource that names a provider configuration should keep it.",
			build: func(_, _, _ *Node) runtime.Object {
				return &bucket{Spec: bucketSpec{ProviderConfigRef: &xpv1.ProviderConfigReference{Kind: "ProviderConfig", Name: "mine"}}}
			},
			want: rendered(own(nil), "ProviderConfig", "mine", map[string]any{}),
		},
		"Unstructured": {
			reason: "An Unstructured should be composed as it is: whoever writes one means what is in it.",
			build: func(n, need, _ *Node) runtime.Object {
				return thing(map[string]any{
					"null":  nil,
					"map":   map[string]any{},
					"list":  []any{},
					"deep":  map[string]any{"map": map[string]any{}, "list": []any{nil, map[string]any{}}},
					"empty": "",
					"ref":   n.Ref(need).Name,
				})
			},
			want: map[string]any{
				"apiVersion": "example.org/v1",
				"kind":       "Thing",
				"metadata":   own(map[string]any{"annotations": map[string]any{AnnotationNeeds: "need"}}),
				"spec": map[string]any{
					"null":  nil,
					"map":   map[string]any{},
					"list":  []any{},
					"deep":  map[string]any{"map": map[string]any{}, "list": []any{nil, map[string]any{}}},
					"empty": "",
					"ref":   "dev-need",
				},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			observed := map[string]*fnv1.Resource{"need": existing("need", ready), "other": existing("other", ready)}
			maps.Copy(observed, tc.observed)
			p := newPlan(observed)
			nodes := add(p, blueprint{key: "need"}, blueprint{key: "other"})
			p.Layer("Other").Add(key, func(n *Node) runtime.Object { return tc.build(n, nodes["need"], nodes["other"]) })
			out := resolved(t, p)
			if diff := cmp.Diff(structOf(tc.want), out.Desired[key].GetResource(), protocmp.Transform()); diff != "" {
				t.Errorf("\n%s\nDesired: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestDesiredPolicies: of what is named beforehand only what is asked for is in the spec;
// what gets its name later, or says what its provider may do, is left as it is.
func TestDesiredPolicies(t *testing.T) {
	t.Parallel()
	observing := xpv1.ManagementPolicies{xpv1.ManagementActionObserve}
	for name, tc := range map[string]struct {
		external    string
		says, asked xpv1.ManagementPolicies
	}{
		"Named":      {external: "logs", asked: AsAsked()},
		"NamedLater": {},
		"Says":       {external: "logs", says: observing, asked: observing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &bucket{}
			b.SetManagementPolicies(tc.says)
			if tc.external != "" {
				meta.SetExternalName(b, tc.external)
			}
			p := newPlan(nil)
			p.Layer(condition).Add("a", func(*Node) runtime.Object { return b })
			resolved(t, p)
			if diff := cmp.Diff(tc.asked, b.GetManagementPolicies()); diff != "" {
				t.Errorf("-want, +got:\n%s", diff)
			}
		})
	}
}

func TestDesiredFrozen(t *testing.T) {
	full := func() map[string]any {
		return map[string]any{
			"apiVersion": "example.org/v1",
			"kind":       "Thing",
			"metadata": map[string]any{
				"name":              "it-x7k2p",
				"namespace":         "where-it-was",
				"generateName":      "it-",
				"uid":               "0ddc0ffe-0000-4000-8000-000000000001",
				"resourceVersion":   "4711",
				"generation":        3,
				"creationTimestamp": "2026-01-01T00:00:00Z",
				"finalizers":        []any{"finalizer.managedresource.crossplane.io"},
				"ownerReferences":   []any{map[string]any{"kind": "XPlatform", "name": "dev"}},
				"managedFields":     []any{map[string]any{"manager": "crossplane"}},
				"labels":            map[string]any{LabelPlatform: platform, "crossplane.io/composite": "dev"},
				"annotations": map[string]any{
					AnnotationNeeds:                            "vpc,subnet",
					"crossplane.io/external-name":              "subnet-1",
					"crossplane.io/external-create-pending":    "2026-01-01T00:00:00Z",
					"crossplane.io/external-create-succeeded":  "2026-01-01T00:00:01Z",
					"crossplane.io/external-create-failed":     "2026-01-01T00:00:02Z",
					"crossplane.io/composition-resource-name":  "it",
					"my.example.org/crossplane.io-annotations": "stay",
				},
			},
			"spec":   map[string]any{"forProvider": map[string]any{"region": "eu-central-1", "tags": map[string]any{}, "null": nil}},
			"status": map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": "True"}}},
		}
	}
	cases := map[string]struct {
		reason   string
		observed map[string]any
		want     map[string]any
	}{
		"Everything": {
			reason:   "An object should be asked for exactly as it was observed, without what the API server, Crossplane and the provider write.",
			observed: full(),
			want: map[string]any{
				"apiVersion": "example.org/v1",
				"kind":       "Thing",
				"metadata": map[string]any{
					"name":      "it-x7k2p",
					"namespace": "where-it-was",
					"labels":    map[string]any{LabelPlatform: platform, "crossplane.io/composite": "dev"},
					"annotations": map[string]any{
						AnnotationNeeds:                            "vpc,subnet",
						"crossplane.io/external-name":              "subnet-1",
						"crossplane.io/composition-resource-name":  "it",
						"my.example.org/crossplane.io-annotations": "stay",
					},
				},
				"spec": map[string]any{"forProvider": map[string]any{"region": "eu-central-1", "tags": map[string]any{}, "null": nil}},
			},
		},
		"Bare": {
			reason:   "Nothing should be added to an object that has little.",
			observed: map[string]any{"apiVersion": "example.org/v1", "kind": "Thing", "metadata": map[string]any{"name": "it"}},
			want:     map[string]any{"apiVersion": "example.org/v1", "kind": "Thing", "metadata": map[string]any{"name": "it"}},
		},
		"NoSpec": {
			reason:   "Objects that keep what they say elsewhere than in their spec should keep it.",
			observed: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "it"}, "immutable": true},
			want:     map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "it"}, "immutable": true},
		},
		"Nothing": {
			reason:   "An object that says nothing should do no harm.",
			observed: map[string]any{},
			want:     map[string]any{"metadata": map[string]any{}},
		},
	}
	for name, tc := range cases {
		for why, wanted := range map[string][]blueprint{
			"CannotBeBuilt": {{key: "vpc"}, {key: "it", uses: []string{"vpc"}}},
			"Leaving":       nil,
		} {
			t.Run(name+why, func(t *testing.T) {
				observed := map[string]*fnv1.Resource{
					"it":     {Resource: structOf(tc.observed)},
					"needer": existing("needer", needing("it")),
				}
				before := proto.CloneOf(observed["it"])
				p := newPlan(observed)
				add(p, wanted...)
				out := resolved(t, p)
				want := &fnv1.Resource{Resource: structOf(tc.want), Ready: fnv1.Ready_READY_FALSE}
				if diff := cmp.Diff(want, out.Desired["it"], protocmp.Transform()); diff != "" {
					t.Errorf("\n%s\nDesired: -want, +got:\n%s", tc.reason, diff)
				}
				if diff := cmp.Diff(before, observed["it"], protocmp.Transform()); diff != "" {
					t.Errorf("\nWhat is observed should not be changed.\n-before, +after:\n%s", diff)
				}
			})
		}
	}
}

func TestDesiredErrors(t *testing.T) {
	cases := map[string]struct {
		reason string
		object runtime.Object
		want   []string
	}{
		"NotInScheme": {
			reason: "A type missing from the scheme should be an error that names the key and the type.",
			object: &corev1.Secret{},
			want:   []string{`cannot render "it"`, "*v1.Secret"},
		},
		"NoObject": {
			reason: "What has no metadata should be an error that names the key and the type.",
			object: &metav1.Status{},
			want:   []string{`cannot render "it"`, "*v1.Status is no Kubernetes object"},
		},
		"Nil": {
			reason: "A layer that builds nothing should be told which node it was.",
			want:   []string{`cannot render "it"`},
		},
		"NotJSON": {
			reason: "A value protobuf can't hold should be an error that names the key.",
			object: &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"channel": make(chan int)}}},
			want:   []string{`cannot render "it"`},
		},
		"NotText": {
			reason: "Text that isn't UTF-8 should be an error that names the key.",
			object: &corev1.ConfigMap{Data: map[string]string{"a": "\xff"}},
			want:   []string{`cannot render "it"`},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(nil)
			add(p, blueprint{key: "fine"})
			p.Layer("Other").Add("it", func(*Node) runtime.Object { return tc.object })
			out, err := p.Resolve()
			if err == nil || out != nil {
				t.Fatalf("\n%s\nResolve(): want an error and nothing else, got %v", tc.reason, out)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("\n%s\nDesired: want an error with %q, got: %v", tc.reason, want, err)
				}
			}
		})
	}
}

// TestDesiredErrorsOfWaiting: what is not asked for is not rendered.
func TestDesiredErrorsOfWaiting(t *testing.T) {
	p := newPlan(nil)
	need := add(p, blueprint{key: "need"})["need"]
	p.Layer("Other").Add("it", func(n *Node) runtime.Object {
		n.After(need)
		return &corev1.Secret{}
	})
	out := resolved(t, p)
	if diff := cmp.Diff(map[string]string{"need": built}, verdictsOn(t, out.Desired)); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}

// TestDesiredErrorsAreDeterministic: a fatal result that named another key each
// time would be a new event with every run.
func TestDesiredErrorsAreDeterministic(t *testing.T) {
	message := func() string {
		p := newPlan(nil)
		l := p.Layer(condition)
		for _, key := range []string{"d", "c", "b", "a"} {
			l.Add(key, func(*Node) runtime.Object { return &corev1.Secret{} })
		}
		_, err := p.Resolve()
		if err == nil {
			t.Fatal("Desired: want an error, got none")
		}
		return err.Error()
	}
	want := message()
	for range 100 {
		if diff := cmp.Diff(want, message()); diff != "" {
			t.Fatalf("\nEqual plans should fail equally.\nDesired: -first, +later:\n%s", diff)
		}
	}
}
