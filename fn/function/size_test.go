package function_test

import (
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/crds"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// most is how many entries, or characters, the schema admits somewhere in a spec.
func most(tb testing.TB, path ...string) int {
	tb.Helper()
	last := len(path) - 1
	s := crds.SchemaOf(tb, append([]string{"spec"}, path[:last]...)...)
	switch path[last] {
	case "[]":
		s = *s.Items.Schema
	case "{}":
		s = *s.AdditionalProperties.Schema
	default:
		s = s.Properties[path[last]]
	}
	for _, limit := range []*int64{s.MaxItems, s.MaxLength, s.MaxProperties} {
		if limit != nil {
			return int(*limit)
		}
	}
	tb.Fatalf("nothing limits %v", path)
	return 0
}

// named is the i-th name of a length.
func named(length, i int) string { return fmt.Sprintf("n%0*d", length-1, i) }

// several of something that is told from others by a number.
func several[V any](n int, one func(i int) V) []any {
	var all []any
	for i := range n {
		all = append(all, one(i))
	}
	return all
}

// texts are as many entries as there may be, of which keys and values are of a length.
func texts(n, key, value int) map[string]any {
	all := map[string]any{}
	for i := range n {
		all[named(key, i)] = strings.Repeat("v", value)
	}
	return all
}

// labelLength is how long a label's key and value may be; the schema says so in a rule.
const labelLength = 63

// tagLength is how long a tag's key may be; the schema says so in a rule.
const tagLength = 128

// maxRequest is what the function takes, by its program.
const maxRequest = 64 << 20

// largest claim that the schema admits, but for tags and charts' values.
func largest(tb testing.TB) *unstructured.Unstructured {
	tb.Helper()
	groups := several(most(tb, "nodeGroups"), func(i int) any {
		return map[string]any{
			"name":    named(most(tb, "nodeGroups", "[]", "name"), i),
			"minSize": int64(max(0, 1-i)),
			"instanceTypes": several(most(tb, "nodeGroups", "[]", "instanceTypes"), func(j int) any {
				return "m6i." + named(most(tb, "nodeGroups", "[]", "instanceTypes", "[]")-4, j)
			}),
			"labels": texts(most(tb, "nodeGroups", "[]", "labels"), labelLength, labelLength),
			"taints": several(most(tb, "nodeGroups", "[]", "taints"), func(j int) any {
				// One without a value takes an object of its own, to tell the autoscaler.
				return map[string]any{"key": named(most(tb, "nodeGroups", "[]", "taints", "[]", "key"), j), "effect": "PreferNoSchedule"}
			}),
		}
	})
	spec := map[string]any{
		"region":   "ap-northeast-1",
		"name":     named(most(tb, "name"), 0),
		"identity": "IRSA",
		"network": map[string]any{
			"natGateway": "PerZone",
			"zones":      several(most(tb, "network", "zones"), func(i int) any { return fmt.Sprintf("apne1-az%d", i+1) }),
		},
		"nodeGroups": groups,
		"cluster": map[string]any{"admins": several(most(tb, "cluster", "admins"), func(i int) any {
			const arn = "arn:aws:iam::123456789012:role/"
			return arn + named(most(tb, "cluster", "admins", "[]")-len(arn), i)
		})},
		"databases": several(most(tb, "databases"), func(i int) any {
			return map[string]any{"name": named(most(tb, "databases", "[]", "name"), i), "engine": "postgres"}
		}),
		"queues": several(most(tb, "queues"), func(i int) any {
			return map[string]any{"name": named(most(tb, "queues", "[]", "name"), i), "fifo": true, "deadLetter": map[string]any{}}
		}),
		"controllers": map[string]any{"metricsServer": map[string]any{"enabled": true}},
		"dns":         map[string]any{"domain": strings.Repeat("a.", most(tb, "dns", "domain")/2) + "a"},
	}
	claim := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "xplatform.dev/v1alpha1", "kind": "Platform", "spec": spec}}
	claim.SetName(named(63, 0))
	claim.SetNamespace(named(63, 1))
	return claim
}

// tagged claim: the largest, with a number of tags as long as they may be.
func tagged(tb testing.TB, n int) *unstructured.Unstructured {
	tb.Helper()
	claim := largest(tb)
	claim.Object["spec"].(map[string]any)["tags"] = texts(n, tagLength, most(tb, "tags", "{}"))
	return claim
}

// room is how large an answer may be, in bytes: a fifth of what Crossplane takes is
// for what providers add to objects that exist, which are asked for as they are.
const room = (4 << 20) * 4 / 5

// maxObject is how large an object etcd takes, in bytes, and annotations are how much of it
// Kubernetes takes for those.
const (
	maxObject   = 3 << 19
	annotations = 256 << 10
)

// stored is how many bytes the API server stores of a composite, once an answer is written
// into it: with the references to all that exists, and with who has set what, of which a
// second has set all that is asked for.
func stored(w *world.World, rsp *fnv1.RunFunctionResponse) int {
	w.TB.Helper()
	var refs []any
	for _, key := range world.SortedKeys(w.Observed) {
		o := world.ObservedOf(w, key)
		refs = append(refs, map[string]any{"apiVersion": o.APIVersion(), "kind": o.Kind(), "name": o.Name(), "namespace": o.Namespace()})
	}
	var s world.Shared
	apply := func(manager, field string, value any) {
		u := &unstructured.Unstructured{Object: map[string]any{field: value}}
		u.SetGroupVersionKind(w.XR.GroupVersionKind())
		u.SetName(w.XR.GetName())
		s.Apply(w.TB, u, manager)
	}
	apply("apiextensions.crossplane.io/claim", "spec", w.XR.Object["spec"])
	apply("a-person", "spec", w.XR.Object["spec"])
	apply("apiextensions.crossplane.io/references", "spec", map[string]any{"resourceRefs": refs})
	apply("apiextensions.crossplane.io/composite", "status", world.StatusOf(w.TB, rsp))
	all := s.Live()
	all.SetManagedFields(s.Managers())
	b, err := json.Marshal(all.Object)
	if err != nil {
		w.TB.Fatal(err)
	}
	return len(b)
}

// checkStored checks that a composite can be stored with whatever annotations it has.
func checkStored(t *testing.T, when string, w *world.World, rsp *fnv1.RunFunctionResponse) {
	t.Helper()
	size := stored(w, rsp)
	t.Logf("%s: the composite has %d KiB", when, size>>10)
	if most := maxObject - annotations; size > most {
		t.Errorf("%s: the composite has %d bytes, of which %d are too many", when, size, size-most)
	}
}

// TestSize: what is accepted fits into an answer at every stage of its life, and into
// a request, and what is said of it into its composite: a new platform, one that was made
// larger, and one that goes.
func TestSize(t *testing.T) {
	t.Parallel()
	w := world.Of(t, tagged(t, 0))
	check := func(when string, rsp *fnv1.RunFunctionResponse) {
		t.Logf("%s: %d objects, %d KiB", when, len(rsp.GetDesired().GetResources()), proto.Size(rsp)>>10)
		if size := proto.Size(rsp); size > room {
			t.Errorf("%s: the answer has %d bytes, of which %d are too many", when, size, size-room)
		}
		if rsp.GetDesired().GetComposite() != nil {
			checkStored(t, when, w, rsp)
		}
	}
	build := func(when string) {
		enlarge(w)
		for stage := 0; ; stage++ {
			rsp := w.Run()
			check(fmt.Sprintf("%s, stage %d", when, stage), rsp)
			if world.IsReady(rsp) && stage > 0 {
				return
			}
			w.Follow(rsp)
		}
	}
	build("new")
	build("larger")
	for key := range w.Observed {
		w.Edit(key, addManagedFields)
	}
	if size := proto.Size(w.Request()); size > maxRequest*4/5 {
		t.Errorf("the request has %d bytes", size)
	}
	world.Unprotected(w.XR)
	world.Attempted(w.XR)
	check("held", w.Respond(w.Request()))
	world.Deleted(w.Claim)
	for run := 0; len(w.Observed) > 0; run++ {
		rsp := w.Run()
		check(fmt.Sprintf("run %d of the teardown", run), rsp)
		if run == 1 {
			checkWorst(t, w.Fork(t))
		}
		w.Follow(rsp)
	}
}

// checkWorst checks that it can be remembered what leaves though AWS refuses all of it, at
// length, and nobody knows any more what needs what.
func checkWorst(t *testing.T, w *world.World) {
	t.Helper()
	long := strings.Repeat("it is refused, ", 200)
	refused := func(o *unstructured.Unstructured) {
		world.WithStatus(o, "LastAsyncOperation", "False", "AsyncDeleteFailure", long)
	}
	obscure := func(o *unstructured.Unstructured) {
		unstructured.RemoveNestedField(o.Object, "metadata", "annotations", plan.AnnotationNeeds)
	}
	for when, edits := range map[string][]func(o *unstructured.Unstructured){
		"all of it fails":                      {refused},
		"all of it goes, and is refused":       {refused, world.Deleted},
		"all that nobody describes is obscure": {refused, obscure},
	} {
		f := w.Fork(t)
		for _, key := range f.Made() {
			for _, edit := range edits {
				f.Edit(key, edit)
			}
		}
		world.Set([]any{}, "spec", "databases")(f.XR)
		world.Set([]any{}, "spec", "queues")(f.XR)
		rsp := f.Run()
		if size := proto.Size(rsp); size > room {
			t.Errorf("%s: the answer has %d bytes, of which %d are too many", when, size, size-room)
		}
		f.XR = w.XR
		checkStored(t, when, f, rsp)
		if got, all := len(world.StatusOf(t, rsp)["leaving"].([]any)), len(f.Made()); got < all {
			t.Errorf("%s: want all of %d remembered, got %d", when, all, got)
		}
	}
}

// TestSizeOfComposite: a claim is refused whose composite could not be stored, be it that it
// has one long value or many short ones, with how large it is and may be; the largest that
// is accepted can be. What exists is kept, and can be taken down.
func TestSizeOfComposite(t *testing.T) {
	t.Parallel()
	start := world.With(t, "{region: eu-central-1, name: dev, controllers: {metricsServer: {enabled: true}}}")
	exists := start.Fork(t)
	exists.Settle()
	for name, value := range map[string]func(kib int) any{
		"Long":    func(kib int) any { return strings.Repeat("v", kib<<10) },
		"Escaped": func(kib int) any { return strings.Repeat("<", kib<<10) },
		"Many": func(kib int) any {
			all := map[string]any{}
			for i := range kib << 7 {
				all[strconv.FormatInt(int64(i), 36)] = int64(1)
			}
			return all
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ask := func(w *world.World, kib int) *fnv1.RunFunctionResponse {
				world.Set(map[string]any{"podAnnotations": value(kib)}, "spec", "controllers", "metricsServer", "values")(w.XR)
				return w.Ask()
			}
			const step = 64
			w := start.Fork(t)
			n := sort.Search(maxObject>>10/step, func(n int) bool { return world.FatalOf(ask(w, n*step)) != "" })
			world.CheckRefused(t, "What could not be stored should be refused, with what to do.", ask(w, n*step), "KiB, and asks for", "may come to 1.20 MiB", "spec.controllers")
			checkStored(t, fmt.Sprintf("%d KiB", (n-1)*step), w, ask(w, (n-1)*step))

			w = exists.Fork(t)
			world.CheckRefused(t, "One that outgrows it should be refused, too.", ask(w, 2*n*step), "may come to 1.35 MiB")
			w.DeleteClaim()
			w.Follow(w.Run())
			if s := world.StatusOf(t, w.Run()); s["phase"] != "TearingDown" || s["asked"] != nil {
				t.Errorf("it should be taken down, and not repeated: %v", s["phase"])
			}
		})
	}
}

// enlarge a platform by tags as far as it is let.
func enlarge(w *world.World) {
	w.TB.Helper()
	tag := func(n int) *fnv1.RunFunctionResponse {
		world.Set(tagged(w.TB, n).Object["spec"].(map[string]any)["tags"], "spec", "tags")(w.XR)
		return w.Respond(w.Request())
	}
	all := most(w.TB, "tags")
	n := sort.Search(all+1, func(n int) bool { return world.FatalOf(tag(n)) != "" })
	if n == 0 || n > all {
		w.TB.Fatalf("there should be a limit between none and the schema's %d: got %d", all, n)
	}
	tag(n - 1)
}

// TestTooLarge: what doesn't fit is refused before anything comes of it, and can be
// taken down all the same.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	claim := tagged(t, 0)
	w := world.Of(t, claim)
	for range 3 {
		w.Follow(w.Run())
	}
	world.Set(tagged(t, most(t, "tags")).Object["spec"].(map[string]any)["tags"], "spec", "tags")(w.XR)
	rsp := w.Ask()
	if m := world.FatalOf(rsp); !strings.Contains(m, "spec.tags") || world.ConditionOf(rsp, v1alpha1.ConditionAccepted).GetMessage() != m {
		t.Errorf("want a refusal that says what to do, got %q", m)
	}
	if len(rsp.GetDesired().GetResources()) > 0 {
		t.Error("what exists should not be touched")
	}
	w.DeleteClaim()
	w.TakeDown()
	if len(w.Observed) > 0 {
		t.Errorf("nothing should be left, got %v", world.SortedKeys(w.Observed))
	}
}
