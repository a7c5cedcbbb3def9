package platform_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// pieces of what keys are made of, in all examples: whatever stands between dots,
// and whatever that is composed of.
func pieces(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, example := range world.Examples {
		for key := range world.PlanOf(t, world.New(t, example)).Edges() {
			for segment := range strings.SplitSeq(key, ".") {
				words := strings.Split(segment, "-")
				for i := range words {
					for j := i + 1; j <= len(words); j++ {
						all = append(all, strings.Join(words[i:j], "-"))
					}
				}
			}
		}
	}
	name := regexp.MustCompile(`^[a-z]([a-z0-9]|-[a-z0-9])*$`)
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(s string) bool { return len(s) > 20 || !name.MatchString(s) })
}

// TestKeys: no name of a claim makes a key that is another one's. Names have no
// dots, so it can only meet what stands between those.
func TestKeys(t *testing.T) {
	t.Parallel()
	names := pieces(t)
	if !slices.Contains(names, "subnets") || len(names) < 50 {
		t.Fatalf("want what keys are made of, got %v", names)
	}
	for batch := range slices.Chunk(names, 20) {
		var databases, queues, groups []any
		for _, name := range batch {
			databases = append(databases, map[string]any{"name": name, "engine": "postgres"})
			queues = append(queues, map[string]any{"name": name, "deadLetter": map[string]any{}})
			groups = append(groups, map[string]any{"name": name})
		}
		b, err := yaml.Marshal(map[string]any{"region": "eu-central-1", "databases": databases, "queues": queues, "nodeGroups": groups})
		if err != nil {
			t.Fatal(err)
		}
		w := world.With(t, string(b))
		p := world.PlanOf(t, w)
		if _, err := p.Resolve(); err != nil {
			t.Errorf("a claim of these names can't be planned: %v", err)
		}
		objects := map[string]string{}
		for key := range p.Edges() {
			name := w.ObjectName(key)
			if other := objects[name]; other != "" {
				t.Errorf("%s and %s are both called %s", other, key, name)
			}
			objects[name] = key
		}
	}
}

// TestDatabaseCalledSubnets: one that is called like what all of them are in is made
// beside those that exist, and goes with them.
func TestDatabaseCalledSubnets(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, databases: [{name: orders, engine: postgres, deletionProtection: false}], teardown: {drain: false}}")
	before := w.Settle()
	list := []any{
		map[string]any{"name": "orders", "engine": "postgres", "deletionProtection": false},
		map[string]any{"name": "subnets", "engine": "postgres", "deletionProtection": false},
	}
	world.Set(list, "spec", "databases")(w.XR)
	if err := w.CRDs.Default(w.XR); err != nil {
		t.Fatal(err)
	}
	after := w.Settle()
	for _, key := range world.Keys(before) {
		if diffs := world.Differences(world.Desired(before, key), world.Desired(after, key)); len(diffs) > 0 && key != "facts" {
			t.Errorf("%s is no other than before, and is asked to change: %v", key, diffs)
		}
	}
	if got := world.KindsOf(after, "Instance"); !slices.Equal(got, []string{"database.orders", "database.subnets.database"}) {
		t.Errorf("want both databases, got %v", got)
	}
	w.DeleteClaim()
	w.TakeDown()
	if left := w.Made(); len(left) > 0 {
		t.Errorf("want nothing left, got %v", left)
	}
}

// TestTakenDownDespiteUs: what we can't plan changes nothing, says so, and can be
// taken down.
func TestTakenDownDespiteUs(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, queues: [{name: a}], teardown: {drain: false}}")
	w.Settle()
	// No schema lets this through.
	queue := map[string]any{"name": "a", "fifo": false, "visibilityTimeoutSeconds": int64(30), "retentionSeconds": int64(60)}
	world.Set([]any{queue, queue}, "spec", "queues")(w.XR)
	rsp := w.Ask()
	if c := world.ConditionOf(rsp, v1alpha1.ConditionAccepted); world.FatalOf(rsp) == "" || !strings.Contains(c.GetMessage(), fmt.Sprintf("cannot add %q twice", "queue.a")) {
		t.Errorf("want a fatal answer, and a condition that says why, got %q and %v", world.FatalOf(rsp), c)
	}
	w.DeleteClaim()
	for range 30 {
		w.Follow(w.Run())
	}
	if left := w.Made(); len(left) > 0 {
		t.Errorf("want nothing left, got %v", left)
	}
}
