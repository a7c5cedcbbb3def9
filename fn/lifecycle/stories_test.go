package lifecycle_test

import (
	"flag"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

//nolint:gochecknoglobals // Flags.
var (
	stories   = flag.Uint64("stories", 12, "how many stories of platforms to tell")
	storySeed = flag.Uint64("story-seed", 0, "the first of them")
)

// A story of a platform, to which everything happens that can.
type story struct {
	*world.World

	r *rand.Rand
	// claims are what it is asked to be, one after the other, with the keys of what
	// each is made of.
	claims []wish
	now    int
	path   []string
	// bare are what said what they need, and nobody knows it any more, by key.
	bare map[string]string
}

// A wish is a spec, and what is made of it.
type wish struct {
	spec map[string]any
	keys []string
}

// wishes for a platform, each settled once, and the world of the first one.
func wishes(t *testing.T) (all []wish, first *world.World) {
	t.Helper()
	for _, more := range []string{
		"dns: {domain: dev.example.com}",
		"dns: {domain: dev.example.com}, queues: [{name: a, deadLetter: {}}], databases: [{name: a, engine: postgres, deletionProtection: false}], nodeGroups: [{name: default}, {name: b}]",
		"controllers: {loadBalancerController: {enabled: false}}",
	} {
		w := world.With(t, "{region: eu-central-1, name: dev, "+more+"}")
		w.Settle()
		if first == nil {
			first = w
		}
		all = append(all, wish{w.XR.Object["spec"].(map[string]any), w.Made()})
	}
	return all, first
}

// TestStories: whatever happens to a platform, in whatever order, nothing that is wanted
// is dropped, nothing goes before what needs it, and once nothing more happens it
// becomes what it was asked to be, or is gone.
func TestStories(t *testing.T) {
	t.Parallel()
	claims, first := wishes(t)
	steps := 0
	for seed := *storySeed; seed < *storySeed+*stories; seed++ {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			s := &story{World: first.Fork(t), r: rand.New(rand.NewPCG(seed, 3)), claims: claims, bare: map[string]string{}} //nolint:gosec // Chance, the same each time.
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("after %s\nrepeat it by go test ./fn/lifecycle -run 'TestStories$' -stories 1 -story-seed %d", strings.Join(s.path, ", "), seed)
				}
			})
			for range 10 + s.r.IntN(30) {
				steps++
				s.happen()
				s.step(true)
			}
			steps += s.rest(t)
		})
	}
	t.Logf("%d steps in %d stories", steps, *stories)
}

// chance is true with a probability of p percent.
func (s *story) chance(p int) bool { return s.r.IntN(100) < p }

// some of what exists, "" if nothing does.
func (s *story) some() string {
	keys := s.Made()
	if len(keys) == 0 {
		return ""
	}
	return keys[s.r.IntN(len(keys))]
}

// happen: one thing that people, providers or AWS do, or nothing.
func (s *story) happen() {
	s.TB.Helper()
	key := s.some()
	deeds := []struct {
		name string
		do   func()
	}{
		{"somebody edits the claim", func() {
			s.now = s.r.IntN(len(s.claims))
			s.XR.Object["spec"] = maps.Clone(s.claims[s.now].spec)
		}},
		{"somebody deletes the composite, and confirms it", func() { world.Attempted(s.XR); world.Confirmed(s.XR) }},
		{"somebody cancels that", func() { world.Cancel(s.XR) }},
		{"all is restored from a backup", s.restore},
		{key + " is not ready", func() {
			s.Edit(key, func(o *unstructured.Unstructured) { world.WithStatus(o, "Ready", "False", "Unavailable", "") })
		}},
		{key + " fails", func() {
			s.Edit(key, func(o *unstructured.Unstructured) { world.WithStatus(o, "Synced", "False", "ReconcileError", "no") })
		}},
		{key + " has no status", func() { s.Edit(key, func(o *unstructured.Unstructured) { delete(o.Object, "status") }) }},
		{key + " is paused", func() { s.Edit(key, paused) }},
		{key + " is stripped of what it needs", func() { s.strip(key) }},
	}
	if key == "" {
		deeds = deeds[:4]
	}
	if s.chance(50) {
		return
	}
	d := deeds[s.r.IntN(len(deeds))]
	s.path = append(s.path, d.name)
	d.do()
}

// strip an object of what it says it needs. What is described says it again.
func (s *story) strip(key string) {
	s.TB.Helper()
	if o := world.ObservedOf(s.World, key); tells(o) {
		s.bare[key] = o.Annotation(plan.AnnotationNeeds)
	}
	s.Edit(key, func(o *unstructured.Unstructured) { meta.RemoveAnnotations(o, plan.AnnotationNeeds) })
	if slices.Contains(s.claims[s.now].keys, key) {
		s.step(false)
	}
}

// tells whether an object says what it needs, be it nothing.
func tells(o *plan.Observed) bool {
	return plan.Flag{Field: plan.Annotated(plan.AnnotationNeeds)}.Known(o)
}

// mend what was stripped, and still is.
func (s *story) mend() {
	s.TB.Helper()
	for _, key := range world.SortedKeys(s.bare) {
		if o := world.ObservedOf(s.World, key); o != nil && !tells(o) {
			s.Edit(key, world.Set(s.bare[key], "metadata", "annotations", plan.AnnotationNeeds))
		}
	}
}

func paused(o *unstructured.Unstructured) {
	meta.AddAnnotations(o, map[string]string{meta.AnnotationKeyReconciliationPaused: "true"})
	world.WithStatus(o, "Synced", "False", "ReconcilePaused", "")
}

// restore everything into an empty control plane: nothing has a status, and the
// composite is another object. Nobody does so while something is on its way out.
func (s *story) restore() {
	s.TB.Helper()
	if len(s.Lingering) > 0 || slices.ContainsFunc(world.SortedKeys(s.Observed), func(key string) bool { return !world.ObservedOf(s.World, key).Stays() }) {
		return
	}
	uid := "00000000-0000-4000-8000-" + strconv.Itoa(100_000_000_000+s.r.IntN(1_000_000))
	delete(s.XR.Object, "status")
	s.XR.SetUID(types.UID(uid))
	for _, key := range world.SortedKeys(s.Observed) {
		s.Edit(key, func(o *unstructured.Unstructured) {
			delete(o.Object, "status")
			owners := o.GetOwnerReferences()
			for i := range owners {
				owners[i].UID = types.UID(uid)
			}
			o.SetOwnerReferences(owners)
		})
	}
}

// step runs the function once, and does with its answer what Crossplane does, which
// may give up half-way or be late. It returns the answer.
func (s *story) step(disturbed bool) *fnv1.RunFunctionResponse {
	s.TB.Helper()
	rsp := s.Run()
	s.check(rsp)
	s.Slow = slices.DeleteFunc(world.SortedKeys(s.Observed), func(string) bool { return !disturbed || s.chance(50) })
	some := func(string) bool { return !disturbed || s.chance(40) }
	mishap := 3
	if disturbed {
		mishap = s.r.IntN(7)
	}
	switch mishap {
	case 0:
		lose(s.World, rsp, some)
		s.path = append(s.path, "Crossplane gives up half-way")
	case 1:
		status := s.XR.Object["status"]
		s.Follow(rsp)
		s.XR.Object["status"] = status
		s.path = append(s.path, "what was said is lost")
	case 2: // Nobody looks.
	default:
		s.Follow(rsp)
	}
	vanish(s.World, some)
	return rsp
}

// check an answer.
func (s *story) check(rsp *fnv1.RunFunctionResponse) {
	s.TB.Helper()
	desired := rsp.GetDesired().GetResources()
	ends := world.StatusOf(s.TB, rsp)["phase"] == string(v1alpha1.PhaseTearingDown)
	for _, key := range world.SortedKeys(s.Observed) {
		if desired[key] != nil || !world.ObservedOf(s.World, key).Stays() {
			continue
		}
		if !ends && slices.Contains(s.claims[s.now].keys, key) {
			s.TB.Errorf("%s is wanted, and dropped", key)
		}
		checkLast(s.World, key)
		for bare, needs := range s.bare {
			o := world.ObservedOf(s.World, bare)
			if o != nil && !tells(o) && !slices.Contains(s.claims[s.now].keys, bare) && slices.Contains(append(plan.SplitNeeds(needs), bare), key) {
				s.TB.Errorf("%s goes, and nobody knows what %s needs", key, bare)
			}
		}
	}
	for _, key := range world.SortedKeys(s.Lingering) {
		// The guard depends on nothing, and is in time once it is gone.
		if desired[key] != nil && key != lifecycle.KeyGuard {
			s.TB.Errorf("%s is asked for before it is gone", key)
		}
	}
}

// rest until nothing changes any more: all is as it was asked for, or gone.
func (s *story) rest(t *testing.T) int {
	t.Helper()
	s.mend()
	ends := s.chance(50)
	if ends {
		world.Attempted(s.XR)
		world.Confirmed(s.XR)
	} else {
		world.Cancel(s.XR)
	}
	for n := range 150 {
		rsp := s.step(false)
		if t.Failed() || ends && len(s.Observed)+len(s.Lingering) == 0 {
			return n
		}
		if !ends && world.IsReady(rsp) {
			if diff := cmp.Diff(s.claims[s.now].keys, s.Made()); diff != "" {
				t.Errorf("at rest, something else exists than is wanted: -want, +got:\n%s", diff)
			}
			return n
		}
	}
	t.Errorf("it never comes to rest: ends %t, left %v and %v\n%s", ends, world.SortedKeys(s.Observed), world.SortedKeys(s.Lingering), world.Explain(s.Run()))
	return 0
}
