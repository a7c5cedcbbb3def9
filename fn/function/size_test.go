package function_test

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
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

// TestSize: what is accepted fits into an answer at every stage of its life, and into
// a request: a new platform, one that was made larger, and one that goes.
func TestSize(t *testing.T) {
	t.Parallel()
	w := world.Of(t, tagged(t, 0))
	check := func(when string, rsp *fnv1.RunFunctionResponse) {
		t.Logf("%s: %d objects, %d KiB", when, len(rsp.GetDesired().GetResources()), proto.Size(rsp)>>10)
		if size := proto.Size(rsp); size > room {
			t.Errorf("%s: the answer has %d bytes, of which %d are too many", when, size, size-room)
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
		w.Follow(rsp)
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
