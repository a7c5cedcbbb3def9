package platform_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
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

// wordsOf keys, in all examples and of what is no part of the graph: what stands between
// dots, and what stands first.
func wordsOf(t *testing.T) (all, first []string) {
	t.Helper()
	var keys []string
	for _, example := range world.Examples {
		keys = slices.AppendSeq(keys, maps.Keys(world.PlanOf(t, world.New(t, example)).Edges()))
	}
	for _, key := range append(slices.Concat(world.DrainStages...), append(keys, lifecycle.KeyGuard)...) {
		words := strings.Split(key, ".")
		all, first = append(all, words...), append(first, words[0])
	}
	slices.Sort(all)
	slices.Sort(first)
	return slices.Compact(all), slices.Compact(first)
}

// TestNoTwoCompositesMeet: two composites whose names have no dots have no object in
// common: where both would be called the same, one of the names would end within the
// first word of a key, before another first word.
func TestNoTwoCompositesMeet(t *testing.T) {
	t.Parallel()
	_, words := wordsOf(t)
	if !slices.Contains(words, "node-group") || len(words) < 20 {
		t.Fatalf("want what keys begin with, got %v", words)
	}
	for _, one := range words {
		for _, other := range words {
			if before, ends := strings.CutSuffix(one, "-"+other); ends {
				t.Errorf("a key begins with %s and another with %s, so of composites dev and dev-%s some objects have one name", one, other, before)
			}
		}
	}
}

// TestNoTwoCompositesWithDotsMeet: nor has one whose name goes on like a key any in
// common with the one it begins like. Of a kind whose keys have dots, none has not.
func TestNoTwoCompositesWithDotsMeet(t *testing.T) {
	t.Parallel()
	words, first := wordsOf(t)
	words = slices.DeleteFunc(words, func(s string) bool { return len(s) > 18 || s[0] < 'a' })
	// keys with dots, of a claim that calls everything by words of keys.
	keys := func(before string) []string {
		var all []string
		for batch := range slices.Chunk(words, 20) {
			var databases, queues, groups []any
			for _, word := range batch {
				databases = append(databases, map[string]any{"name": before + word, "engine": "postgres"})
				queues = append(queues, map[string]any{"name": before + word, "deadLetter": map[string]any{}})
				groups = append(groups, map[string]any{"name": before + word})
			}
			b, err := yaml.Marshal(map[string]any{"region": "eu-central-1", "databases": databases, "queues": queues, "nodeGroups": groups})
			if err != nil {
				t.Fatal(err)
			}
			all = slices.AppendSeq(all, maps.Keys(world.PlanOf(t, world.With(t, string(b))).Edges()))
		}
		return slices.DeleteFunc(all, func(key string) bool { return !strings.Contains(key, ".") })
	}
	dev := map[string]string{}
	for _, key := range keys("a-") {
		dev[platform.Composite{Name: "dev"}.ObjectName(key)] = key
	}
	if dev["dev-queue.a-queue.dead-letter"] == "" {
		t.Fatalf("want names that go on like keys, got %v", world.SortedKeys(dev))
	}
	theirs := keys("")
	for _, word := range first {
		composite := platform.Composite{Name: "dev-" + word + ".a"}
		for _, key := range theirs {
			if other := dev[composite.ObjectName(key)]; other != "" {
				t.Errorf("%s of the composite %s and %s of dev are both called %s", key, composite.Name, other, composite.ObjectName(key))
			}
		}
	}

	rsp := world.New(t, "platform-production.yaml").Settle()
	dotted := map[string]string{}
	for _, key := range world.Keys(rsp) {
		if strings.Contains(key, ".") {
			dotted[world.Desired(rsp, key).GroupVersionKind().String()] = key
		}
	}
	for _, key := range world.Keys(rsp) {
		if other := dotted[world.Desired(rsp, key).GroupVersionKind().String()]; other != "" && !strings.Contains(key, ".") {
			t.Errorf("%s and %s are of one kind, so the name of one needs a digest, too", key, other)
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
