package function_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// versionFields of what has a version that follows the cluster's, by how its key
// begins.
//
//nolint:gochecknoglobals // A constant table.
var versionFields = map[string]string{
	"cluster":            "spec.forProvider.version",
	"addon.":             "spec.forProvider.addonVersion",
	"node-group.":        "spec.forProvider.version",
	"cluster-autoscaler": "spec.forProvider.values.image.tag",
}

// A step of an upgrade: what is asked for in a run.
type step struct {
	run          int
	key, version string
}

func (s step) String() string { return s.key + " " + s.version }

// versionsOf what an answer asks for, by key.
func versionsOf(rsp *fnv1.RunFunctionResponse) map[string]string {
	versions := map[string]string{}
	for _, key := range world.Keys(rsp) {
		for begin, path := range versionFields {
			v, ok := world.At(rsp, key, path).(string)
			if ok && (key == begin || strings.HasSuffix(begin, ".") && strings.HasPrefix(key, begin)) {
				versions[key] = v
			}
		}
	}
	return versions
}

// upgrade a platform to what its claim says now, until nothing changes, and return the
// steps. No object changes in anything but its version, or what it tells of it.
func upgrade(t *testing.T, l *world.Living) ([]step, *fnv1.RunFunctionResponse) {
	t.Helper()
	var steps []step
	before, done := l.Before(), 0
	for run := range 80 {
		rsp := l.Ask()
		if n := doneOf(t, rsp); n < done {
			t.Errorf("run %d: of %d steps that were done %d are", run, done, n)
		} else if n > 0 {
			done = n
		}
		now := versionsOf(rsp)
		was := versionsOf(before)
		for _, key := range world.Keys(rsp) {
			if was[key] != now[key] {
				steps = append(steps, step{run, key, now[key]})
			}
			for _, d := range world.Differences(world.Desired(before, key), world.Desired(rsp, key)) {
				if !slices.ContainsFunc([]string{".version", ".addonVersion", ".image.tag", "annotations.xplatform.dev/version", ".PLATFORM_KUBERNETES_VERSION"}, func(s string) bool { return strings.HasSuffix(d, s) }) {
					t.Errorf("run %d: %s changes in %s", run, key, d)
				}
			}
		}
		if world.IsReady(rsp) {
			if missing := l.NotInForce(rsp); len(missing) > 0 {
				t.Fatalf("it is ready, and this is not in force: %v", missing)
			}
		}
		before = rsp
		if !l.Step(rsp) {
			return steps, rsp
		}
	}
	t.Fatal("it never ends")
	return nil, nil
}

// checkOrder of steps: what another needs has taken its own before, and one node
// group at a time. Between two steps of the cluster all others take theirs.
func checkOrder(t *testing.T, l *world.Living, steps []step, back bool) {
	t.Helper()
	edges := world.PlanOf(t, l.World).Edges()
	stage := 0
	stages := map[step]int{}
	for _, s := range steps {
		if s.key == "cluster" && !back {
			stage++
		}
		stages[s] = stage
	}
	for _, s := range steps {
		for _, other := range steps {
			if stages[s] != stages[other] || s == other {
				continue
			}
			if world.NeedsOf(edges, s.key)[other.key] && other.key != "cluster" && other.run >= s.run {
				t.Errorf("%s needs %s, and takes its step in run %d, not after run %d", s, other, s.run, other.run)
			}
			if strings.HasPrefix(s.key, "node-group.") && strings.HasPrefix(other.key, "node-group.") && s.run == other.run {
				t.Errorf("%s and %s are replaced at once", s, other)
			}
			if other.key == "cluster" && (other.run >= s.run) != back {
				t.Errorf("%s comes in run %d, and %s in run %d", other, other.run, s, s.run)
			}
		}
	}
}

// doneOf an answer: how many steps are, of those there are; of a way that is behind,
// none is left to count.
func doneOf(t *testing.T, rsp *fnv1.RunFunctionResponse) int {
	t.Helper()
	way, known := world.StatusOf(t, rsp)["upgrade"].(map[string]any)
	if !known {
		return math.MaxInt32
	}
	all, _ := way["steps"].([]any)
	done := 0
	for _, s := range all {
		m, _ := s.(map[string]any)
		switch key, _ := m["resource"].(string); {
		case m["state"] == "Done":
			done++
		case m["state"] == "Running" && versionsOf(rsp)[key] != m["version"]:
			t.Errorf("%v is said to run, and is not asked for", m)
		}
	}
	return done
}

// plannedOf an answer: the steps of status.upgrade, of which none is done.
func plannedOf(t *testing.T, rsp *fnv1.RunFunctionResponse) []string {
	t.Helper()
	way, _ := world.StatusOf(t, rsp)["upgrade"].(map[string]any)
	all, _ := way["steps"].([]any)
	var steps []string
	for _, s := range all {
		m, _ := s.(map[string]any)
		if m["state"] == "Done" {
			t.Errorf("want no step taken yet, got %v", m)
		}
		steps = append(steps, fmt.Sprint(m["resource"], " ", m["version"]))
	}
	return steps
}

// checkPlanned: what was planned is what happened, one minor version after the other.
func checkPlanned(t *testing.T, planned []string, steps []step) {
	t.Helper()
	var happened []string
	for _, s := range steps {
		happened = append(happened, s.String())
	}
	slices.Sort(planned)
	slices.Sort(happened)
	if diff := cmp.Diff(planned, happened); diff != "" {
		t.Errorf("-planned, +happened:\n%s", diff)
	}
}

// production is a platform of the production example at a version.
func production(t *testing.T, version string) *world.Living {
	t.Helper()
	w := world.New(t, "platform-production.yaml")
	claim := w.Claim
	world.Set(version, "spec", "cluster", "version")(claim)
	world.Set("Extended", "spec", "cluster", "supportType")(claim)
	l := world.Live(world.Of(t, claim))
	if rsp := l.Converge(); !world.IsReady(rsp) {
		t.Fatalf("not ready: %s", world.Explain(rsp))
	}
	return l
}

// claim a version of the cluster, and more.
func claim(l *world.Living, version string, more ...func(o *unstructured.Unstructured)) {
	c := l.Claim.DeepCopy()
	world.Set(version, "spec", "cluster", "version")(c)
	for _, m := range more {
		m(c)
	}
	l.Claims(c)
}

// TestUpgrade: one edit takes a platform over several minor versions, each of which
// goes through the graph before the next one begins; and back by one.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	l := production(t, "1.33")
	claim(l, "1.36")
	planned := plannedOf(t, l.Ask())
	steps, rsp := upgrade(t, l)
	checkPlanned(t, planned, steps)
	checkOrder(t, l, steps, false)
	if !world.IsReady(rsp) {
		t.Fatalf("not ready: %s", world.Explain(rsp))
	}
	if left := world.StatusOf(t, rsp)["upgrade"]; left != nil {
		t.Errorf("want no way left to go, got %v", left)
	}
	var clusters []string
	for _, s := range steps {
		if s.key == "cluster" {
			clusters = append(clusters, s.version)
		}
	}
	if diff := cmp.Diff([]string{"1.34", "1.35", "1.36"}, clusters); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	anew := production(t, "1.36")
	if diff := cmp.Diff(versionsOf(anew.Ask()), versionsOf(rsp)); diff != "" {
		t.Errorf("an upgraded platform has not what a new one has: -want, +got:\n%s", diff)
	}

	claim(l, "1.35")
	planned = plannedOf(t, l.Ask())
	steps, rsp = upgrade(t, l)
	checkPlanned(t, planned, steps)
	checkOrder(t, l, steps, true)
	if !world.IsReady(rsp) {
		t.Fatalf("not ready: %s", world.Explain(rsp))
	}
	if last := steps[len(steps)-1].String(); last != "cluster 1.35" {
		t.Errorf("want the cluster to go back last, got %v", steps)
	}
}

// TestUpgradeBack: an upgrade goes back from any of its steps, nodes first.
func TestUpgradeBack(t *testing.T) {
	t.Parallel()
	built := production(t, "1.33")
	claim(built, "1.36")
	for _, last := range []string{"cluster 1.34", "node-group.general 1.34", "cluster-autoscaler"} {
		l := built.Fork(t)
		for before := l.Before(); ; {
			rsp := l.Ask()
			was, now := versionsOf(before), versionsOf(rsp)
			key, version, _ := strings.Cut(last, " ")
			if was[key] != now[key] && (version == "" || version == now[key]) {
				break
			}
			before = rsp
			l.Step(rsp)
		}
		// The schema lets a claim go back by one at a time.
		for _, version := range []string{"1.35", "1.34", "1.33"} {
			claim(l, version)
		}
		steps, rsp := upgrade(t, l)
		if v := versionsOf(rsp); !world.IsReady(rsp) || v["cluster"] != "1.33" || v["node-group.general"] != "1.33" {
			t.Errorf("from %s: want it back, got %v: %s", last, v, world.Explain(rsp))
		}
		for i, s := range steps {
			if s.key == "cluster" && s.version == "1.33" && i != len(steps)-1 {
				t.Errorf("from %s: want the cluster to go back last, got %v", last, steps)
			}
		}
	}
}

// TestUpgradeFails: a step that fails keeps everything behind it as it was, says so,
// and goes on once it doesn't any more.
func TestUpgradeFails(t *testing.T) {
	t.Parallel()
	l := production(t, "1.34")
	claim(l, "1.36")
	const words = "NodeCreationFailure: Couldn't proceed with upgrade process as new nodes are not joining node group batch"
	l.Account.Refuse("NodeGroup", "batch", words)
	steps, rsp := upgrade(t, l)
	checkOrder(t, l, steps, false)
	if c := world.ConditionOf(rsp, v1alpha1.ConditionNodesReady); c.GetReason() != "Failed" || !strings.Contains(c.GetMessage(), words) {
		t.Errorf("want the reason to be said, got %v", c)
	}
	if v := versionsOf(rsp); v["cluster"] != "1.35" || v["node-group.arm"] != "1.34" {
		t.Errorf("want everything behind it as it was, got %v", v)
	}
	l.Account.Refuse("NodeGroup", "batch", "")
	l.Look()
	steps, rsp = upgrade(t, l)
	checkOrder(t, l, steps, false)
	if v := versionsOf(rsp); !world.IsReady(rsp) || v["cluster"] != "1.36" {
		t.Errorf("want it to go on, got %v: %s", v, world.Explain(rsp))
	}
}

// TestUpgradePaused: nothing begins while upgrades are paused.
func TestUpgradePaused(t *testing.T) {
	t.Parallel()
	l := production(t, "1.34")
	claim(l, "1.35", world.Set(true, "spec", "upgrade", "paused"))
	steps, rsp := upgrade(t, l)
	if len(steps) > 0 || world.IsReady(rsp) {
		t.Errorf("want nothing to begin, got %v", steps)
	}
	if c := world.ConditionOf(rsp, v1alpha1.ConditionClusterReady); !strings.Contains(c.GetMessage(), "cluster waits for spec.upgrade.paused to be false before its version changes") {
		t.Errorf("want that to be said, got %v", c)
	}
	claim(l, "1.35", world.Set(false, "spec", "upgrade", "paused"))
	if _, rsp = upgrade(t, l); !world.IsReady(rsp) {
		t.Errorf("not ready: %s", world.Explain(rsp))
	}
}

// TestUpgradeOfWhatGoes: a platform that is deleted before its next step never takes it,
// whether people hold it or it was just asked for: AWS deletes no cluster that it upgrades.
func TestUpgradeOfWhatGoes(t *testing.T) {
	t.Parallel()
	for name, edits := range map[string][]func(o *unstructured.Unstructured){
		"Paused": {world.Set(true, "spec", "upgrade", "paused")},
		"Due":    nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := production(t, "1.34")
			want := versionsOf(l.Ask())
			claim(l, "1.35", append(edits, world.Unprotected)...)
			l.DeleteClaim()
			asked := 0
			for range 100 {
				rsp := l.Ask()
				for key, v := range versionsOf(rsp) {
					asked++
					if v != want[key] {
						t.Fatalf("%s goes, and is asked to become %s", key, v)
					}
				}
				l.Advance(rsp)
			}
			if asked < 3*len(want) {
				t.Errorf("want a teardown that takes a while, and asks for versions %d times", asked)
			}
		})
	}
}
