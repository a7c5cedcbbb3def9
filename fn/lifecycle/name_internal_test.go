package lifecycle

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
)

// TestNameAtOnce: of platforms that ask for a name within a second one gets it, and
// never anything is made of two, however stale what each of them sees.
func TestNameAtOnce(t *testing.T) {
	t.Parallel()
	contests := 20_000
	if testing.Short() {
		contests /= 20
	}
	withdrew := 0
	for seed := range uint64(contests) {
		r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // Chance, not secrets.
		c := &contest{r: r, log: []map[string]*fnv1.Resource{{}}}
		for i := range 2 + r.IntN(2) {
			kind := []string{"XPlatform", "Platform"}[r.IntN(8)/7]
			c.all = append(c.all, &contender{xr: platform.Composite{Kind: kind, Name: fmt.Sprintf("prod-%d", i), UID: strconv.FormatUint(r.Uint64(), 10)}})
			if kind == "Platform" {
				c.all[i].xr.Namespace = "team-a"
			}
		}
		for step := range 120 {
			c.step(step > 80)
			if made := c.made(); made > 1 {
				t.Fatalf("contest %d, step %d: %d are made, and are one in AWS", seed, step, made)
			}
		}
		if made := c.made(); made != 1 {
			t.Fatalf("contest %d: want one of %d made, got %d", seed, len(c.all), made)
		}
		withdrew += c.withdrew
	}
	if withdrew < contests/20 {
		t.Errorf("want platforms that give way in many of %d contests, got %d: is this test blind?", contests, withdrew)
	}
}

// A contest is what platforms of one name do, in some order.
type contest struct {
	r   *rand.Rand
	all []*contender
	// log of all guards, by composite.
	log      []map[string]*fnv1.Resource
	withdrew int
}

// A contender for the name. A run of it reads what was true some time ago, and what
// it comes to is written some time later.
type contender struct {
	xr platform.Composite
	// seen is up to where of the log.
	seen   int
	answer *Naming
	// said: it has a status. Made: something of it exists, of which the composite does
	// not know as long as its cache is fresh.
	said, made, fresh bool
}

func (c *contest) made() int {
	n := 0
	for _, one := range c.all {
		if one.made {
			n++
		}
	}
	return n
}

// step of one of them, which may see things as they were unless all is quiet.
func (c *contest) step(quiet bool) {
	one, last := c.all[c.r.IntN(len(c.all))], len(c.log)-1
	if one.answer != nil {
		c.write(one)
		return
	}
	one.seen += c.r.IntN(last - one.seen + 1)
	if quiet {
		one.seen, one.fresh = last, false
	}
	l := &Life{xr: one.xr, guard: plan.Observe(c.log[one.seen][one.xr.Name])}
	l.was.said = one.said
	exists := one.made && (!one.fresh || c.r.IntN(2) != 0)
	n := l.claimName("prod", exists, nil)
	found := map[string]*fnv1.Resources{}
	for name, s := range n.look {
		found[name] = &fnv1.Resources{}
		for _, guard := range c.log[one.seen] {
			if o := plan.Observe(guard); o.Kind() == s.GetKind() && o.Label(labelName) == "prod" {
				found[name].Items = append(found[name].Items, guard)
			}
		}
	}
	one.answer = new(l.claimName("prod", exists, found))
}

// write what it came to.
func (c *contest) write(one *contender) {
	n, before := one.answer, c.log[len(c.log)-1]
	one.answer = nil
	l, was := &Life{xr: one.xr}, plan.Observe(before[one.xr.Name])
	guard := newGuard(one.xr.Namespace, nil)
	n.mark(guard, one.xr.Name, l.whose())
	if v := guard.GetResourceVersion(); v != "" && v != was.Version() {
		// The API server refuses it. What else was asked for may have come before.
		one.made = one.made || n.claimed == nameHeld && c.r.IntN(2) == 0
		return
	}
	one.fresh = n.claimed == nameHeld && !one.made
	one.said, one.made = true, one.made || n.claimed == nameHeld
	if was.Label(labelName) != "" && n.claimed == nameTaken {
		c.withdrew++
	}
	guard.SetName(one.xr.ObjectName(KeyGuard))
	guard.SetUID(types.UID(one.xr.UID))
	guard.SetCreationTimestamp(metav1.Unix(0, 0))
	guard.SetResourceVersion(strconv.Itoa(len(c.log)))
	s, err := structpb.NewStruct(guard.Object)
	if err != nil {
		panic(err) // It is made of texts.
	}
	next := maps.Clone(before)
	next[one.xr.Name] = &fnv1.Resource{Resource: s}
	c.log = append(c.log, next)
}

// guardOf a platform, as it was observed.
func guardOf(t *testing.T, created string, labels, annotations map[string]any) *plan.Observed {
	t.Helper()
	s, err := structpb.NewStruct(map[string]any{"metadata": map[string]any{"creationTimestamp": created, "labels": labels, "annotations": annotations}})
	if err != nil {
		t.Fatal(err)
	}
	return plan.Observe(&fnv1.Resource{Resource: s})
}

// TestAhead: who holds a name is ahead of everybody, also of who has asked before.
func TestAhead(t *testing.T) {
	t.Parallel()
	asks := guardOf(t, "2026-01-01T00:00:00Z", nil, map[string]any{annotationFor: "first"})
	holds := guardOf(t, "2026-01-02T00:00:00Z", nil, map[string]any{annotationFor: "second", annotationHolds: "true"})
	if got := ahead(asks, []*plan.Observed{holds}); got != "second" {
		t.Errorf("want the second, which holds the name, got %q", got)
	}
	if got := ahead(holds, []*plan.Observed{asks}); got != "" {
		t.Errorf("want nobody ahead of who holds the name, got %q", got)
	}
}

// TestMarkUnknown: as long as it is not known who else asks for a name, the guard says
// what it has said.
func TestMarkUnknown(t *testing.T) {
	t.Parallel()
	for said, holds := range map[string]string{"": "", "prod": "true"} {
		labels, annotations := map[string]any{}, map[string]any{}
		if said != "" {
			labels[labelName], annotations[annotationHolds] = said, holds
		}
		guard := newGuard("", nil)
		Naming{name: "prod", region: "eu-central-1", guard: guardOf(t, "", labels, annotations)}.mark(guard, "prod-aaaaa", "")
		if got := guard.GetLabels()[labelName]; got != said {
			t.Errorf("want the label %q, got %q", said, got)
		}
		if got := guard.GetAnnotations()[annotationHolds]; got != holds {
			t.Errorf("want it to hold the name %q, got %q", holds, got)
		}
	}
	// One that asks for a name that is another's holds it no more, whatever it has said.
	guard := newGuard("", nil)
	held := guardOf(t, "", map[string]any{labelName: "prod"}, map[string]any{annotationHolds: "true"})
	Naming{name: "prod", claimed: nameTaken, guard: held}.mark(guard, "prod-aaaaa", "")
	if got := guard.GetAnnotations()[annotationHolds]; got != "" {
		t.Errorf("want it to hold no name, got %q", got)
	}
}
