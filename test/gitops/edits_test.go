package gitops

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/test/world"
)

// journeys of edits, and how many each has.
const (
	journeys = 12
	edits    = 12
)

// TestEdits: whatever is edited, in whatever order and at whatever moment, and whatever
// happens meanwhile, a platform is healthy once all of it is in force, never before, and
// says what is in the way if that does not come.
func TestEdits(t *testing.T) {
	t.Parallel()
	editor := world.NewEditor(t)
	built := map[string]*plane{}
	for _, example := range world.Examples {
		l := world.Live(world.New(t, example))
		built[example] = over(t, l.World, l)
		built[example].settle()
		built[example].want(healthy)
	}
	for seed := range journeys {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(uint64(seed), 1)) //nolint:gosec // Chance, not secrets.
			journey(built[world.Examples[seed%len(world.Examples)]].fork(t), editor, r)
		})
	}
}

func journey(p *plane, editor *world.Editor, r *rand.Rand) {
	p.t.Helper()
	if r.IntN(4) > 0 {
		// Once something protected is removed all else is only said beside it.
		p.edit(world.Unprotected)
	}
	for range edits {
		switch r.IntN(12) {
		case 0, 1:
			p.living.Account.Happen(r)
			p.living.Look()
			p.surprised = true
		case 2:
			p.living.Pause(r)
		case 3, 4:
			p.living.Resume()
		case 5:
			p.living.Delete(r)
		}
		claim, field := editor.Edit(r, p.claim)
		p.edit(func(o *unstructured.Unstructured) { o.Object["spec"] = claim.Object["spec"] })
		if r.IntN(4) == 0 {
			// The next edit comes before this one has got far.
			p.sync()
			p.compose()
			continue
		}
		rsp := p.settle()
		if !world.IsReady(rsp) {
			p.living.Window()
			p.surprised = true
			rsp = p.settle()
		}
		p.judge(rsp, field)
	}
}

// judge how healthy a platform is once nothing happens any more.
func (p *plane) judge(rsp *fnv1.RunFunctionResponse, field string) {
	p.t.Helper()
	if world.IsReady(rsp) {
		p.want(healthy)
		return
	}
	switch h := ours.health(p.t, p.claim); {
	case world.FatalOf(rsp) != "":
		p.want(degraded, "Invalid")
	case strings.Contains(world.Explain(rsp), "STATUS_CONDITION_FALSE Failed"):
		p.want(degraded)
	case h.Status != degraded && h.Status != suspended:
		p.t.Errorf("%s: it does not become healthy, and is %s: %s\n%s", field, h.Status, h.Message, world.Explain(rsp))
	}
}
