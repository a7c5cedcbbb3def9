package function_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/xplatform-dev/function-xplatform/fn/function"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

//nolint:gochecknoglobals // Flags.
var (
	mutations    = flag.Uint64("mutations", 300, "how many mutated requests to answer")
	mutationSeed = flag.Uint64("mutation-seed", 0, "the first of them")
)

// A moment is what Crossplane asks at one of a platform's life, as it is on the wire.
type moment struct {
	name    string
	request []byte
}

// moments of the lives of platforms, from nothing to almost nothing. They are made
// once: a fuzzer's workers each take them anew.
//
//nolint:gochecknoglobals // A constant.
var moments = sync.OnceValue(func() []moment {
	var ms []moment
	note := func(w *world.World, name string) *fnv1.RunFunctionResponse {
		req := w.Request()
		rsp := w.Answer(req)
		wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(req)
		if err != nil {
			w.TB.Fatal(err)
		}
		ms = append(ms, moment{name, wire})
		return rsp
	}
	for _, example := range world.Examples {
		w := world.New(new(outside), example)
		note(w, example+", new")
		for range 3 {
			w.Follow(w.Run())
		}
		note(w, example+", half-made")
		w.Settle()
		for _, key := range world.SortedKeys(w.Observed) {
			w.Edit(key, addManagedFields)
		}
		note(w, example+", ready")
		world.Attempted(w.XR)
		note(w, example+", to go, but not confirmed")
		world.Unprotected(w.XR)
		world.Deleted(w.Claim)
		for i := 0; len(w.Observed) > 0; i++ {
			rsp := note(w, fmt.Sprintf("%s, run %d of its teardown", example, i))
			w.Follow(rsp)
		}
	}
	return ms
})

// outside of any test: what is made once is made for all of them.
type outside struct{ testing.TB }

func (*outside) Helper() {}

func (*outside) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

func (*outside) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// FuzzRunFunction: whatever a request is, it is answered as a whole, or refused, and
// then nothing is touched. The first byte of a script chooses the moment, the others
// what becomes of it.
func FuzzRunFunction(f *testing.F) {
	fn := function.New()
	f.Fuzz(func(t *testing.T, bytes []byte) { answerMutated(t, fn, bytes) })
}

// TestMutatedRequests is what FuzzRunFunction does, by chance: without it only the
// scripts that were kept would be tried.
func TestMutatedRequests(t *testing.T) {
	t.Parallel()
	fn := function.New()
	for seed := *mutationSeed; seed < *mutationSeed+*mutations; seed++ {
		r := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // Chance, not secrets.
		bytes := make([]byte, 2+r.IntN(40))
		for i := range bytes {
			bytes[i] = byte(r.IntN(256)) //nolint:gosec // It fits.
		}
		answerMutated(t, fn, bytes)
		if t.Failed() {
			t.Fatalf("repeat it by go test ./fn/function -run TestMutatedRequests -mutations 1 -mutation-seed %d", seed)
		}
	}
}

// answerMutated is one try.
func answerMutated(t *testing.T, fn *function.Function, bytes []byte) {
	t.Helper()
	s := &script{bytes}
	m := moments()[s.choose(len(moments()))]
	req := &fnv1.RunFunctionRequest{}
	if err := proto.Unmarshal(m.request, req); err != nil {
		t.Fatal(err)
	}
	s.mutate(req)
	wire, err := proto.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	var answers []*fnv1.RunFunctionResponse
	for range 2 {
		got := &fnv1.RunFunctionRequest{}
		if err := proto.Unmarshal(wire, got); err != nil {
			t.Fatal(err)
		}
		rsp, err := fn.RunFunction(context.Background(), got)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := proto.Marshal(rsp); err != nil {
			t.Fatalf("%s: the answer can't be sent: %v", m.name, err)
		}
		answers, req = append(answers, rsp), got
	}
	if !proto.Equal(answers[0], answers[1]) {
		t.Errorf("%s: the same question has two answers: -first, +second:\n%s", m.name, cmp.Diff(answers[0], answers[1], protocmp.Transform()))
	}
	for _, problem := range judgeAnswer(req, answers[0]) {
		t.Errorf("%s: %s", m.name, problem)
	}
}

// judgeAnswer tells what is wrong with an answer to a request, whatever that is.
func judgeAnswer(req *fnv1.RunFunctionRequest, rsp *fnv1.RunFunctionResponse) []string {
	var problems []string
	if message := world.FatalOf(rsp); message != "" {
		if strings.Contains(message, function.FaultOfOurs) {
			problems = append(problems, message)
		}
		if !proto.Equal(req.GetDesired(), rsp.GetDesired()) {
			problems = append(problems, "it is refused, and something is asked for: "+message)
		}
		return problems
	}
	before := leavingOf(req.GetObserved().GetComposite())
	desired := rsp.GetDesired().GetResources()
	for _, key := range world.SortedKeys(req.GetObserved().GetResources()) {
		o := plan.Observe(req.GetObserved().GetResources()[key])
		switch {
		case desired[key] != nil || o.Deleting() || !ofOurs(o):
		case key == lifecycle.KeyGuard && len(leavingOf(rsp.GetDesired().GetComposite())) == 0:
		case slices.Contains(before, key):
		default:
			problems = append(problems, key+" exists, nobody remembers it, and it is dropped")
		}
	}
	for _, key := range world.SortedKeys(desired) {
		if req.GetDesired().GetResources()[key] != nil || req.GetObserved().GetResources()[key] != nil {
			continue // As it is.
		}
		if o := plan.Observe(desired[key]); o.APIVersion() == "" || o.Kind() == "" || o.Name() == "" {
			problems = append(problems, key+" is to be made, and is no whole object")
		}
	}
	return problems
}

// ofOurs are objects that say so: of what says nothing nobody knows whose it is.
func ofOurs(o *plan.Observed) bool {
	return o.Label(plan.LabelPlatform) != "" || o.Annotation(plan.AnnotationLayer) != "" || o.Annotation(plan.AnnotationNeeds) != ""
}

// leavingOf a composite are the keys of what is on its list of leftovers.
func leavingOf(xr *fnv1.Resource) []string {
	var keys []string
	for _, l := range read.XPlatform.Leaving.Of(plan.Observe(xr)) {
		keys = append(keys, read.Leaving.Resource.Of(l))
	}
	return keys
}

// TestFault: a fault of ours leaves everything as it is, and the claim says so.
func TestFault(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	w.Settle()
	req := w.Request()
	req.Desired = &fnv1.State{Resources: map[string]*fnv1.Resource{"theirs": {Resource: world.StructOf(t, map[string]any{"kind": "Theirs"})}}}
	rsp, err := new(function.Function).RunFunction(context.Background(), req) // It knows no kind.
	if err != nil {
		t.Fatal(err)
	}
	if message := world.FatalOf(rsp); !strings.Contains(message, function.FaultOfOurs) || world.ConditionOf(rsp, "Accepted").GetMessage() != message {
		t.Errorf("want a fatal result and a condition that say so, got %v and %v", rsp.GetResults(), rsp.GetConditions())
	}
	if !proto.Equal(req.GetDesired(), rsp.GetDesired()) {
		t.Errorf("nothing of ours should be asked for, and theirs as before: got %v", rsp.GetDesired())
	}
}
