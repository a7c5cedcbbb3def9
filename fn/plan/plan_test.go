package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/runtime"

	xpv1 "github.com/crossplane/crossplane-runtime/v2/apis/common/v1"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

func TestNodeName(t *testing.T) {
	cases := map[string]struct {
		reason   string
		observed map[string]*fnv1.Resource
		want     string
	}{
		"Missing": {
			reason: "A node that doesn't exist should get the name its key leads to.",
			want:   "dev-vpc",
		},
		"Existing": {
			reason: "A node that exists should keep its name, or Crossplane would make another one beside it.",
			observed: map[string]*fnv1.Resource{"vpc": {Resource: structOf(map[string]any{
				"metadata": map[string]any{"name": "dev-x7k2p-vpc"},
			})}},
			want: "dev-x7k2p-vpc",
		},
		"ExistingWithoutName": {
			reason:   "An observed object without a name should not leave the node without one.",
			observed: map[string]*fnv1.Resource{"vpc": {}},
			want:     "dev-vpc",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			n := add(newPlan(tc.observed), blueprint{key: "vpc"})["vpc"]
			if diff := cmp.Diff(tc.want, n.Name()); diff != "" {
				t.Errorf("\n%s\nName(): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(namespace, n.Namespace()); diff != "" {
				t.Errorf("\n%s\nNamespace(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestEdges(t *testing.T) {
	cases := map[string]struct {
		reason string
		build  func(n, vpc, subnet *Node)
		want   []string
	}{
		"None": {
			reason: "A node that refers to nothing should need nothing.",
			build:  func(_, _, _ *Node) {},
		},
		"After": {
			reason: "A node should need what it comes after.",
			build:  func(n, vpc, _ *Node) { n.After(vpc) },
			want:   []string{"vpc"},
		},
		"AfterNothing": {
			reason: "A layer may leave out an optional node without asking whether it did.",
			build:  func(n, vpc, _ *Node) { n.After(nil, vpc, nil) },
			want:   []string{"vpc"},
		},
		"Ref": {
			reason: "A node should need what it refers to.",
			build:  func(n, vpc, _ *Node) { n.Ref(vpc) },
			want:   []string{"vpc"},
		},
		"Refs": {
			reason: "A node should need all it refers to, sorted.",
			build:  func(n, vpc, subnet *Node) { n.Refs(vpc, subnet) },
			want:   []string{"subnet", "vpc"},
		},
		"Use": {
			reason: "A node should need what it reads a value off.",
			build:  func(n, vpc, _ *Node) { n.Use(vpc.Value(idField)) },
			want:   []string{"vpc"},
		},
		"UseStatic": {
			reason: "A value that is known beforehand should make nobody wait.",
			build:  func(n, _, _ *Node) { n.Use(Static("vpc-1")) },
		},
		"Peek": {
			reason: "Looking at a value in order to report it should make nobody wait.",
			build:  func(_, vpc, _ *Node) { vpc.Value(idField).Peek() },
		},
		"Repeatedly": {
			reason: "What is needed for several reasons should be needed once.",
			build: func(n, vpc, _ *Node) {
				n.After(vpc, vpc)
				n.Ref(vpc)
				n.Use(vpc.Value(idField))
			},
			want: []string{"vpc"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(nil)
			nodes := add(p, blueprint{key: "vpc"}, blueprint{key: "subnet"})
			p.Layer("Other").Add("it", func(n *Node) runtime.Object {
				tc.build(n, nodes["vpc"], nodes["subnet"])
				return thing(nil)
			})
			want := map[string][]string{"vpc": nil, "subnet": nil, "it": tc.want}
			if diff := cmp.Diff(want, p.Edges(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\nEdges(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestRef(t *testing.T) {
	p := newPlan(map[string]*fnv1.Resource{"b": {Resource: structOf(map[string]any{"metadata": map[string]any{"name": "old-b"}})}})
	nodes := add(p, blueprint{key: "a"}, blueprint{key: "b"}, blueprint{key: "c"})

	reason := "References should be by the name each object has, or will have, in the order asked for."
	want := []xpv1.NamespacedReference{{Name: "old-b"}, {Name: "dev-a"}}
	if diff := cmp.Diff(want, nodes["c"].Refs(nodes["b"], nodes["a"])); diff != "" {
		t.Errorf("\n%s\nRefs(): -want, +got:\n%s", reason, diff)
	}
	if diff := cmp.Diff(&xpv1.NamespacedReference{Name: "old-b"}, nodes["c"].Ref(nodes["b"])); diff != "" {
		t.Errorf("\n%s\nRef(): -want, +got:\n%s", reason, diff)
	}
}

func TestValue(t *testing.T) {
	cases := map[string]struct {
		reason   string
		observed map[string]*fnv1.Resource
		value    func(vpc *Node) Value
		want     string
		unknown  []string
	}{
		"Static": {
			reason: "A static value should be what it is.",
			value:  func(*Node) Value { return Static("vpc-1") },
			want:   "vpc-1",
		},
		"StaticEmpty": {
			reason: "An empty static value is known to be empty.",
			value:  func(*Node) Value { return Static("") },
		},
		"Known": {
			reason:   "A value should be read off what is observed.",
			observed: map[string]*fnv1.Resource{"vpc": existing("vpc", identified)},
			value:    func(vpc *Node) Value { return vpc.Value(idField) },
			want:     "id-1",
		},
		"NotYet": {
			reason:   "A value that an existing object doesn't have yet should be unknown.",
			observed: map[string]*fnv1.Resource{"vpc": existing("vpc")},
			value:    func(vpc *Node) Value { return vpc.Value(idField) },
			unknown:  []string{"vpc: status.id"},
		},
		"Missing": {
			reason:  "A value of an object that doesn't exist should be unknown.",
			value:   func(vpc *Node) Value { return vpc.Value(idField) },
			unknown: []string{"vpc: status.id"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			nodes := add(newPlan(tc.observed), blueprint{key: "vpc"}, blueprint{key: "it"})
			v := tc.value(nodes["vpc"])
			if diff := cmp.Diff(tc.want, v.Peek()); diff != "" {
				t.Errorf("\n%s\nPeek(): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want, nodes["it"].Use(v)); diff != "" {
				t.Errorf("\n%s\nUse(): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.unknown, nodes["it"].unknown); diff != "" {
				t.Errorf("\n%s\nunknown: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestReadyWhen(t *testing.T) {
	pass := func(*Observed) Readiness { return Readiness{Ready: true, Reason: "Ignored", Message: "ignored"} }
	fail := func(message string) Check {
		return func(*Observed) Readiness { return Readiness{Reason: ReasonCreating, Message: message} }
	}
	never := func(*Observed) Readiness {
		t.Error("a check after one that failed is asked")
		return Readiness{}
	}
	cases := map[string]struct {
		reason   string
		checks   []Check
		observed *fnv1.Resource
		want     Readiness
	}{
		"DefaultReady": {
			reason:   "Without checks, a node should be ready if it is available.",
			observed: existing("a", ready),
			want:     Readiness{Ready: true},
		},
		"DefaultNotReady": {
			reason:   "Without checks, a node should not be ready if it isn't available.",
			observed: existing("a", failed),
			want:     Readiness{Reason: reasonFailed, Message: "it is refused"},
		},
		"Replaced": {
			reason:   "A check should replace the default, not add to it.",
			checks:   []Check{Exists},
			observed: existing("a", failed),
			want:     Readiness{Ready: true},
		},
		"All": {
			reason:   "All checks must pass, and what they say when they do should not matter.",
			checks:   []Check{pass, pass},
			observed: existing("a"),
			want:     Readiness{Ready: true},
		},
		"First": {
			reason:   "The first check that fails should say why.",
			checks:   []Check{pass, fail("one"), never},
			observed: existing("a"),
			want:     Readiness{Reason: ReasonCreating, Message: "one"},
		},
		"Missing": {
			reason: "A check should not be asked about what doesn't exist.",
			checks: []Check{never},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			observed := map[string]*fnv1.Resource{}
			if tc.observed != nil {
				observed["a"] = tc.observed
			}
			p := newPlan(observed)
			n := p.Layer(condition).Add("a", func(*Node) runtime.Object { return thing(nil) }).ReadyWhen(tc.checks...)
			resolved(t, p)
			if diff := cmp.Diff(tc.want, n.state.readiness); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestErr(t *testing.T) {
	cases := map[string]struct {
		reason string
		add    []blueprint
		want   []string
	}{
		"None": {
			reason: "A plan of distinct keys should have no error.",
			add:    []blueprint{{key: "a"}, {key: "b", needs: []string{"a"}}},
		},
		"Duplicate": {
			reason: "Two objects with one key would be one object, so the key should be named.",
			add:    []blueprint{{key: "a"}, {key: "a"}},
			want:   []string{`cannot add "a" twice`},
		},
		"Duplicates": {
			reason: "All of what is wrong should be told at once.",
			add:    []blueprint{{key: "a"}, {key: "b"}, {key: "b"}, {key: "a"}},
			want:   []string{`cannot add "b" twice`, `cannot add "a" twice`},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(nil)
			add(p, tc.add...)
			got := ""
			if _, err := p.Resolve(); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(strings.Join(tc.want, "\n"), got); diff != "" {
				t.Errorf("\n%s\nResolve(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestErrDuplicate: the second of two nodes with one key can be handed around
// without harm until the plan is resolved.
func TestErrDuplicate(t *testing.T) {
	p := newPlan(nil)
	l := p.Layer(condition)
	l.Add("a", func(*Node) runtime.Object { return thing(map[string]any{"from": fromClaim}) })
	second := l.Add("a", func(*Node) runtime.Object {
		t.Error("the second node with a key is built")
		return nil
	})
	l.Add("b", func(n *Node) runtime.Object {
		n.Ref(second)
		return thing(map[string]any{"from": fromClaim})
	})
	if _, err := p.Resolve(); err == nil {
		t.Error("Resolve(): want an error, got none")
	}
}

// TestErrCycle: a node that needs itself, however indirectly, can never be
// created. That is a bug in a layer, so either the plan says so or nothing of
// it is created. What must not happen is that a node is created before what it
// needs.
func TestErrCycle(t *testing.T) {
	cases := map[string]struct {
		reason string
		cycle  func(a, b, c *Node)
	}{
		"Itself": {
			reason: "A node that needs itself should not be created.",
			cycle: func(a, _, c *Node) {
				a.After(a)
				c.After(a)
			},
		},
		"EachOther": {
			reason: "A node that needs two nodes that need each other should not be created.",
			cycle: func(a, b, c *Node) {
				a.After(b)
				b.After(a)
				c.After(a, b)
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(nil)
			nodes := add(p, blueprint{key: "a"}, blueprint{key: "b"}, blueprint{key: "c"})
			tc.cycle(nodes["a"], nodes["b"], nodes["c"])
			out, err := p.Resolve()
			if err != nil {
				return
			}
			for key := range verdictsOn(t, out.Desired) {
				if needs := p.Edges()[key]; len(needs) > 0 {
					t.Errorf("\n%s\n%s is asked for although nothing exists and it needs %v", tc.reason, key, needs)
				}
			}
		})
	}
}

func TestLayers(t *testing.T) {
	p := newPlan(nil)
	for _, c := range []string{"NetworkReady", "ClusterReady", "NodesReady", "DNSReady"} {
		p.Layer(c)
	}
	var got []string
	for _, l := range p.Layers() {
		got = append(got, l.Condition)
	}
	want := []string{"NetworkReady", "ClusterReady", "NodesReady", "DNSReady"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("\nLayers should come in the order they were added in.\nLayers(): -want, +got:\n%s", diff)
	}
}

func TestLayerKeys(t *testing.T) {
	p := newPlan(nil)
	add(p, blueprint{key: "c"}, blueprint{key: "a"}, blueprint{key: "b"}, blueprint{key: "a"})
	add(p, blueprint{key: "d"})
	if diff := cmp.Diff([]string{"c", "a", "b"}, p.Layers()[0].Keys()); diff != "" {
		t.Errorf("\nA layer should have its own nodes, each once, in the order they were added in.\nKeys(): -want, +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{}, p.Layer("Empty").Keys()); diff != "" {
		t.Errorf("\nA layer without nodes should have no keys.\nKeys(): -want, +got:\n%s", diff)
	}
}

func TestNodeObserved(t *testing.T) {
	nodes := add(newPlan(map[string]*fnv1.Resource{"a": existing("a", identified)}), blueprint{key: "a"}, blueprint{key: "b"})
	if diff := cmp.Diff("id-1", idField.Of(nodes["a"].Observed())); diff != "" {
		t.Errorf("\nA node's observed object should be the one with its key.\nObserved(): -want, +got:\n%s", diff)
	}
	if got := nodes["b"].Observed(); got != nil {
		t.Errorf("\nA node that doesn't exist should have no observed object.\nObserved(): want nil, got %v", got)
	}
}
