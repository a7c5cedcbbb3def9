package function_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/xplatform-dev/function-xplatform/fn/function"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// states is how many random states TestRandomStates tries.
const states = 10_000

// A mood is a way a resource can be observed.
type mood struct {
	name  string
	ready bool
	edit  func(o *unstructured.Unstructured)
}

//nolint:gochecknoglobals // A constant table.
var moods = []mood{
	{"ready", true, func(*unstructured.Unstructured) {}},
	{"not ready", false, func(o *unstructured.Unstructured) { world.WithStatus(o, "Ready", "False", "Unavailable", "") }},
	{"failed", false, func(o *unstructured.Unstructured) {
		world.WithStatus(o, "Synced", "False", "ReconcileError", "api error Throttling: Rate exceeded")
	}},
	{"failed later", false, func(o *unstructured.Unstructured) {
		world.WithStatus(o, "LastAsyncOperation", "False", "AsyncUpdateFailure", "api error Throttling: Rate exceeded")
	}},
	{"paused", false, func(o *unstructured.Unstructured) {
		world.WithStatus(o, "Ready", "False", "Creating", "")
		world.WithStatus(o, "Synced", "False", "ReconcilePaused", "")
	}},
	{"deleting", false, func(o *unstructured.Unstructured) {
		_ = unstructured.SetNestedField(o.Object, "2026-01-02T00:00:00Z", "metadata", "deletionTimestamp")
	}},
	{"without status", false, func(o *unstructured.Unstructured) { delete(o.Object, "status") }},
	{"without fields", false, func(o *unstructured.Unstructured) {
		unstructured.RemoveNestedField(o.Object, "status", "atProvider")
		world.WithStatus(o, "Ready", "False", "Creating", "")
	}},
	{"malformed", false, func(o *unstructured.Unstructured) {
		o.Object["status"] = map[string]any{"conditions": "none", "atProvider": []any{map[string]any{"arn": 1}}}
	}},
}

// TestRandomStates proves the graph safe: whatever exists, in whatever state,
// nothing wanted is dropped, nothing is built from what isn't known, and the
// platform is ready exactly when everything is.
func TestRandomStates(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64() //nolint:gosec // Chance, not secrets.
	t.Logf("seed %d", seed)
	universes := make([]*universe, 0, len(world.Examples))
	for _, example := range world.Examples {
		universes = append(universes, newUniverse(t, example))
	}
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(worker))) //nolint:gosec // Chance, not secrets.
			for i := range states / workers {
				// Mostly the smallest one: it is the fastest, and has it all.
				u := universes[0]
				if i%10 == 0 {
					u = universes[1+r.IntN(len(universes)-1)]
				}
				if problems := u.try(r); len(problems) > 0 {
					t.Errorf("seed %d: %s", seed, strings.Join(problems, "\n"))
					return
				}
			}
		})
	}
	wg.Wait()
}

// A universe is all the ways a platform can be observed.
type universe struct {
	example string
	fn      *function.Function
	request *fnv1.RunFunctionRequest
	// settled is what is asked for once everything is ready, and first what was
	// asked for at first: some of it changes once it exists.
	settled, first map[string]*fnv1.Resource
	// observed resources by key, in each mood.
	observed map[string][]*fnv1.Resource
	keys     []string
	// aside are the keys that nobody waits for: facts that the claim does not ask for.
	aside []string
}

func newUniverse(t *testing.T, example string) *universe {
	t.Helper()
	w := world.New(t, example)
	u := &universe{example: example, fn: w.Function, first: map[string]*fnv1.Resource{}, observed: map[string][]*fnv1.Resource{}}
	for range 20 {
		rsp := w.Run()
		u.settled = rsp.GetDesired().GetResources()
		for key, r := range u.settled {
			if u.first[key] == nil {
				u.first[key] = r
			}
		}
		w.Follow(rsp)
	}
	u.request = w.Request()
	// The guard is no part of the graph.
	delete(u.settled, lifecycle.KeyGuard)
	u.keys = world.SortedKeys(u.settled)
	if _, asked, _ := unstructured.NestedMap(u.request.GetObserved().GetComposite().GetResource().AsMap(), "spec", "facts"); !asked {
		u.aside = []string{"facts", "kubernetes"}
	}
	for _, key := range u.keys {
		before := w.Observed[key]
		for _, m := range moods {
			w.Edit(key, m.edit)
			u.observed[key] = append(u.observed[key], w.Observed[key])
			w.Observed[key] = before
		}
	}
	return u
}

// state of the universe: the mood of each key, absent if it has none.
func (u *universe) state(r *rand.Rand) map[string]int {
	s := map[string]int{}
	// Readiness turns on a single one: chance alone would hardly ever leave only one
	// that is missing or not well.
	if r.IntN(10) == 0 {
		for _, key := range u.keys {
			s[key] = 0
		}
		if key := u.keys[r.IntN(len(u.keys))]; r.IntN(len(moods)) == 0 {
			delete(s, key)
		} else {
			s[key] = r.IntN(len(moods))
		}
		return s
	}
	// How much exists, and how much of that is well, differs from state to
	// state: otherwise almost all of them would be half of everything.
	exists, well := r.Float64(), r.Float64()
	if r.IntN(10) == 0 {
		exists = 1
	}
	if r.IntN(10) == 0 {
		well = 1
	}
	for _, key := range u.keys {
		if r.Float64() > exists {
			continue
		}
		s[key] = 0
		if r.Float64() > well {
			s[key] = r.IntN(len(moods))
		}
	}
	return s
}

// try one random state, and return what is wrong with the answer.
func (u *universe) try(r *rand.Rand) []string {
	s := u.state(r)
	observed := make(map[string]*fnv1.Resource, len(s)+1)
	for key, m := range s {
		observed[key] = u.observed[key][m]
	}
	stranger := r.IntN(5) == 0
	if stranger {
		observed[world.KeyStranger] = world.UnknownResource()
	}
	req := &fnv1.RunFunctionRequest{Meta: u.request.GetMeta(), Input: u.request.GetInput(), Observed: &fnv1.State{Composite: u.request.GetObserved().GetComposite(), Resources: observed}}
	rsp, err := u.fn.RunFunction(context.Background(), req)
	if err != nil {
		return []string{err.Error()}
	}
	problems := u.judge(s, rsp)
	ready := !stranger
	for _, key := range u.keys {
		m, exists := s[key]
		// What reports no conditions is ready once it exists.
		well := exists && (moods[m].ready || u.statusless(key) && moods[m].name != "deleting")
		ready = ready && (well || slices.Contains(u.aside, key))
	}
	if got := world.IsReady(rsp); got != ready {
		problems = append(problems, "composite ready is wrong")
	}
	if len(problems) > 0 {
		problems = append(problems, u.example+": "+describe(s))
	}
	return problems
}

// statusless objects are no managed resources.
func (u *universe) statusless(key string) bool {
	return u.settled[key].GetResource().GetFields()["kind"].GetStringValue() == "ProviderConfig"
}

// judge what is asked for in a state.
func (u *universe) judge(s map[string]int, rsp *fnv1.RunFunctionResponse) []string {
	var problems []string
	for _, r := range rsp.GetResults() {
		problems = append(problems, "result: "+r.GetMessage())
	}
	desired := rsp.GetDesired().GetResources()
	for key, m := range s {
		switch leaves := moods[m].name == "deleting"; {
		case desired[key] == nil && !leaves:
			problems = append(problems, key+" exists, is wanted, and is dropped")
		case desired[key] != nil && leaves:
			problems = append(problems, key+" is asked for, and would be made anew")
		}
	}
	names := map[string]string{}
	for _, key := range world.Keys(rsp) {
		if key == world.KeyStranger {
			continue // It is put on the list of leftovers first.
		}
		o := desired[key].GetResource()
		id := o.GetFields()["kind"].GetStringValue() + "/" + o.GetFields()["metadata"].GetStructValue().GetFields()["name"].GetStringValue()
		if other := names[id]; other != "" {
			problems = append(problems, key+" and "+other+" share the name "+id)
		}
		names[id] = key
		// Every value an object is built from is the same in all states, or
		// missing. So it must be the settled object, the first, or the frozen one.
		// Of facts, those are told that are known.
		if world.Same(o, u.settled[key].GetResource()) || world.Same(o, u.first[key].GetResource()) || key == "facts" && tellsNoOther(o, u.settled[key].GetResource()) {
			continue
		}
		if m, exists := s[key]; !exists || !world.Same(spec(o), spec(u.observed[key][m].GetResource())) {
			problems = append(problems, key+" is built from something unknown")
		}
	}
	return problems
}

// tellsNoOther facts than another object, though it may be fewer.
func tellsNoOther(o, settled *structpb.Struct) bool {
	told := func(s *structpb.Struct) map[string]any {
		m, _, _ := unstructured.NestedMap(s.AsMap(), "spec", "forProvider", "manifest", "data")
		return m
	}
	all, known := told(settled), told(o)
	for key, value := range known {
		if all[key] != value {
			return false
		}
	}
	return len(known) > 0
}

func spec(o *structpb.Struct) *structpb.Struct { return o.GetFields()["spec"].GetStructValue() }

func describe(s map[string]int) string {
	var lines []string
	for _, key := range world.SortedKeys(s) {
		lines = append(lines, key+" is "+moods[s[key]].name)
	}
	return strings.Join(lines, ", ")
}

// TestMoods: each mood is one, or the states above would prove nothing.
func TestMoods(t *testing.T) {
	t.Parallel()
	u := newUniverse(t, "platform-smallest.yaml")
	for key, rs := range u.observed {
		for i, m := range moods {
			if i > 0 && m.name != "deleting" && u.statusless(key) {
				continue
			}
			if i > 0 && proto.Equal(rs[0], rs[i]) {
				t.Errorf("%s: being %s is the same as being ready", key, m.name)
			}
		}
	}
	if keys := slices.Collect(maps.Keys(u.observed)); len(keys) < 50 {
		t.Errorf("want at least 50 resources, got %d", len(keys))
	}
}
