package platform_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// living is a platform with two node groups in a world that says no, as it is once it
// is ready.
func living(t *testing.T, groups string) *world.Living {
	t.Helper()
	l := world.Live(world.With(t, "{region: eu-central-1, name: dev, nodeGroups: "+groups+"}"))
	if rsp := l.Converge(); !world.IsReady(rsp) {
		t.Fatalf("not ready: %s", world.Explain(rsp))
	}
	return l
}

// asks for other node groups.
func asks(t *testing.T, l *world.Living, groups string) {
	t.Helper()
	var list []any
	if err := yaml.Unmarshal([]byte(groups), &list); err != nil {
		t.Fatal(err)
	}
	claims(t, l, world.Set(list, "spec", "nodeGroups"))
}

// groupsOf the account, by their names.
func groupsOf(l *world.Living) string {
	var names []string
	for _, g := range l.Account.Things("NodeGroup") {
		names = append(names, g.Name)
	}
	return strings.Join(names, " ")
}

// follow a platform until nothing changes, look at each answer, and return which node
// groups there were, one state after the other.
func follow(t *testing.T, l *world.Living, looks ...func(rsp *fnv1.RunFunctionResponse)) (states []string, last *fnv1.RunFunctionResponse) {
	t.Helper()
	for range 40 {
		rsp := l.Ask()
		for _, look := range looks {
			look(rsp)
		}
		if now := groupsOf(l); len(states) == 0 || states[len(states)-1] != now {
			states = append(states, now)
		}
		if !l.Step(rsp) {
			return states, rsp
		}
	}
	t.Fatal("it never ends")
	return nil, nil
}

// TestReplaced: what EKS can't change of a node group another one is made for, first.
func TestReplaced(t *testing.T) {
	t.Parallel()
	const taint = ", taints: [{key: k, effect: NoSchedule}]"
	cases := map[string]struct {
		reason        string
		before, after string
		// meanwhile is asked for in between, until there are the first of those that
		// are wanted.
		meanwhile string
		// want are the groups there are, one state after the other.
		want []string
	}{
		"InstanceTypes": {
			reason: "Other instances.",
			before: "[{name: a}]", after: "[{name: a, instanceTypes: [m7i.large]}]",
			want: []string{"a", "a a_2", "a_2"},
		},
		"AMIType": {
			reason: "Another operating system.",
			before: "[{name: a}]", after: "[{name: a, amiType: BOTTLEROCKET_x86_64}]",
			want: []string{"a", "a a_2", "a_2"},
		},
		"CapacityType": {
			reason: "They are bought otherwise.",
			before: "[{name: a}]", after: "[{name: a, capacityType: Spot}]",
			want: []string{"a", "a a_2", "a_2"},
		},
		"Zones": {
			reason: "Fewer zones.",
			before: "[{name: a}]", after: "[{name: a, zones: [euc1-az1]}]",
			want: []string{"a", "a a_2", "a_2"},
		},
		"Tainted": {
			reason: "A group nothing needs waits for the new one all the same.",
			before: "[{name: a}, {name: b" + taint + "}]", after: "[{name: a}, {name: b, capacityType: Spot" + taint + "}]",
			want: []string{"a b", "a b b_2", "a b_2"},
		},
		"Two": {
			reason: "Of two groups one goes after the other.",
			before: "[{name: a}, {name: b}]", after: "[{name: a, capacityType: Spot}, {name: b, capacityType: Spot}]",
			want: []string{"a b", "a a_2 b b_2", "a_2 b b_2", "a_2 b_2"},
		},
		"Again": {
			reason: "A group that is being replaced is changed again: what was to take its place goes, too.",
			before: "[{name: a}]", meanwhile: "[{name: a, capacityType: Spot}]", after: "[{name: a, instanceTypes: [m7i.large]}]",
			want: []string{"a a_2", "a a_2 a_3", "a_3"},
		},
		"Back": {
			reason: "A group that is being replaced is changed back: it stays.",
			before: "[{name: a}]", meanwhile: "[{name: a, capacityType: Spot}]", after: "[{name: a}]",
			want: []string{"a a_2", "a"},
		},
		"BackAtOnce": {
			reason: "Before anything was made.",
			before: "[{name: a}]", meanwhile: "[{name: a, capacityType: Spot}]", after: "[{name: a}]",
			want: []string{"a"},
		},
		"Removed": {
			reason: "A group that is being replaced isn't wanted any more.",
			before: "[{name: a}, {name: b}]", meanwhile: "[{name: a, capacityType: Spot}, {name: b}]", after: "[{name: b}]",
			want: []string{"a a_2 b", "b"},
		},
		"NameOfAnother": {
			reason: "What takes its place has no other group's name.",
			before: "[{name: a}, {name: a-2}]", after: "[{name: a, capacityType: Spot}, {name: a-2}]",
			want: []string{"a a-2", "a a-2 a_2", "a-2 a_2"},
		},
		"InPlace": {
			reason: "What EKS can change is changed.",
			before: "[{name: a}]", after: "[{name: a, maxSize: 9, diskSizeGiB: 80, labels: {team: a}}]",
			want: []string{"a"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := living(t, tc.before)
			if tc.meanwhile != "" {
				asks(t, l, tc.meanwhile)
				for range 20 {
					if groupsOf(l) == tc.want[0] {
						break
					}
					l.Step(l.Ask())
				}
			}
			asks(t, l, tc.after)
			got, rsp := follow(t, l)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if missing := l.NotInForce(rsp); !world.IsReady(rsp) || len(missing) > 0 {
				t.Errorf("want it in force, got %v: %s", missing, world.Explain(rsp))
			}
			world.Validate(t, l.World, rsp)
		})
	}
}

// TestReplacedTwice: names come back once they are free.
func TestReplacedTwice(t *testing.T) {
	t.Parallel()
	l := living(t, "[{name: a}]")
	for i, capacity := range []string{"Spot", "OnDemand", "Spot"} {
		asks(t, l, "[{name: a, capacityType: "+capacity+"}]")
		follow(t, l)
		if want := []string{"a_2", "a", "a_2"}[i]; groupsOf(l) != want {
			t.Errorf("want %s, got %s", want, groupsOf(l))
		}
	}
}

// TestReplacedSize: the new group begins as large as the old one is, within its bounds,
// and the autoscaler is told of both.
func TestReplacedSize(t *testing.T) {
	t.Parallel()
	l := living(t, "[{name: open}, {name: a, maxSize: 9, taints: [{key: k, effect: NoSchedule}]}]")
	world.Set(float64(7), "scalingConfig", "desiredSize")(&unstructured.Unstructured{Object: l.Account.Things("NodeGroup")[0].Has})
	l.Look()
	l.Converge()
	asks(t, l, "[{name: open}, {name: a, maxSize: 6, capacityType: Spot, taints: [{key: k, effect: NoSchedule}]}]")
	tags := 0
	follow(t, l, func(*fnv1.RunFunctionResponse) {
		tags = max(tags, len(l.Account.Things("GroupTag")))
		if strings.Contains(groupsOf(l), "a a_2") && tags == 1 && len(l.Account.Things("GroupTag")) == 0 {
			t.Error("the old group's tag goes before the group")
		}
	})
	if tags != 2 {
		t.Errorf("want tags on both groups, got %d", tags)
	}
	for _, g := range l.Account.Things("NodeGroup") {
		if size := fmt.Sprint(g.Has["scalingConfig"]); g.Name == "a_2" && !strings.Contains(size, "desiredSize:6") {
			t.Errorf("want it to begin with 6 nodes, got %v", size)
		}
	}
}

// TestReplacedHeld: the new group comes while people hold steps, and the old one stays.
func TestReplacedHeld(t *testing.T) {
	t.Parallel()
	l := living(t, "[{name: a}]")
	hold := func(paused bool) { claims(t, l, world.Set(paused, "spec", "upgrade", "paused")) }
	hold(true)
	asks(t, l, "[{name: a, capacityType: Spot}]")
	states, rsp := follow(t, l)
	if diff := cmp.Diff([]string{"a", "a a_2"}, states); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	if c := world.ConditionOf(rsp, v1alpha1.ConditionNodesReady); !strings.Contains(c.GetMessage(), "node-group.a waits for spec.upgrade.paused to be false") {
		t.Errorf("want that to be said, got %v", c)
	}
	hold(false)
	if states, rsp = follow(t, l); states[len(states)-1] != "a_2" || !world.IsReady(rsp) {
		t.Errorf("want it to go on, got %v: %s", states, world.Explain(rsp))
	}
}

// TestReplacedFails: a new group that can't be made keeps the old one, says why, and
// another change mends it.
func TestReplacedFails(t *testing.T) {
	t.Parallel()
	l := living(t, "[{name: a}]")
	const words = "InsufficientInstanceCapacity: no m6i.large"
	l.Account.Refuse("NodeGroup", "a_2", words)
	asks(t, l, "[{name: a, capacityType: Spot}]")
	_, rsp := follow(t, l)
	if c := world.ConditionOf(rsp, v1alpha1.ConditionNodesReady); groupsOf(l) != "a" || c.GetReason() != "Failed" || !strings.Contains(c.GetMessage(), words) {
		t.Errorf("want the old group to stay, and the reason to be said, got %s: %v", groupsOf(l), c)
	}
	asks(t, l, "[{name: a, instanceTypes: [m7i.large]}]")
	if _, rsp = follow(t, l); groupsOf(l) != "a_3" || !world.IsReady(rsp) {
		t.Errorf("want it to be mended, got %s: %s", groupsOf(l), world.Explain(rsp))
	}
}

// TestReplacedPhase: to be replaced is a change, and no trouble.
func TestReplacedPhase(t *testing.T) {
	t.Parallel()
	l := living(t, "[{name: a}]")
	asks(t, l, "[{name: a, capacityType: Spot}]")
	var phases []string
	follow(t, l, func(rsp *fnv1.RunFunctionResponse) {
		phase, _ := world.StatusOf(t, rsp)["phase"].(string)
		if !slices.Contains(phases, phase) {
			phases = append(phases, phase)
		}
	})
	if diff := cmp.Diff([]string{"Updating", "Ready"}, phases); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}
