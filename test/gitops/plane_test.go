package gitops

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/test/aws"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// A plane is a control plane with a claim, as Argo CD and Flux see it. It writes the claim
// and its composite as Crossplane does (v2.4.0, internal/controller/apiextensions: claim
// and composite), a write at a time, and asks both engines after each.
type plane struct {
	t *testing.T
	*world.World

	// living is the world, if it is one that says no.
	living *world.Living
	// claim and composite as the API server has them.
	claim, composite *unstructured.Unstructured
	// about is what the status of each of them is.
	about map[string]about
	// surprised: AWS may have done what nobody has seen. slow: what is new is not ready at
	// once.
	surprised, slow bool
	// edits of what comes of an answer.
	edits world.Edits

	flux func(o *unstructured.Unstructured) (status.Status, error)
	// heard is what Argo CD has said of the claim, each once.
	heard []string
}

// about is what a status is about: a spec, and whether all of it was in force.
type about struct {
	asked   map[string]any
	inForce bool
}

// over a world, a control plane that has not looked at anything yet.
func over(t *testing.T, w *world.World, l *world.Living) *plane {
	t.Helper()
	p := &plane{t: t, World: w, living: l, flux: flux(t), claim: w.Claim.DeepCopy(), composite: w.XR.DeepCopy(), about: map[string]about{}}
	for _, o := range []*unstructured.Unstructured{p.claim, p.composite} {
		o.SetGeneration(1)
		delete(o.Object, "status")
	}
	p.look("made")
	return p
}

// keyFacts of what is told of a platform.
const keyFacts = "facts"

// askFacts of a platform.
//
//nolint:gochecknoglobals // A constant, but for Go's lack of constant functions.
var askFacts = world.Set(map[string]any{"configMap": true, "argoCD": false, "flux": false}, "spec", "facts")

// platform of an example that is in force, and its control plane.
func platform(t *testing.T, example string) *plane {
	t.Helper()
	w := world.New(t, example)
	w.Settle()
	p := over(t, w, nil)
	p.settle()
	p.want(healthy)
	return p
}

// fork is the control plane as it is now, for another test to change.
func (p *plane) fork(t *testing.T) *plane {
	t.Helper()
	f := *p
	f.t, f.heard, f.about = t, nil, maps.Clone(p.about)
	if p.living != nil {
		f.living = p.living.Fork(t)
		f.World = f.living.World
	} else {
		f.World = p.World.Fork(t)
	}
	f.claim, f.composite = p.claim.DeepCopy(), p.composite.DeepCopy()
	return &f
}

// look at the claim and its composite, as both engines do. Neither is healthy unless all
// that is asked for now was in force when it was last looked at.
func (p *plane) look(when string) {
	p.t.Helper()
	said := map[string]Health{}
	for _, o := range []*unstructured.Unstructured{p.claim, p.composite} {
		kind, h := o.GetKind(), ours.health(p.t, o)
		said[kind] = h
		if is := p.about[kind]; h.Status == healthy && (!is.inForce || !reflect.DeepEqual(is.asked, asks(o))) {
			p.t.Errorf("%s: %s is healthy too early", when, kind)
		}
		if !slices.Contains([]string{healthy, progressing, degraded, suspended}, h.Status) || h.Status != healthy && strings.Trim(h.Message, ": ") == "" {
			p.t.Errorf("%s: %s is %s, and nothing says why: %q", when, kind, h.Status, h.Message)
		}
	}
	verdict := said[p.claim.GetKind()].Status
	if !slices.Contains(p.heard, verdict) {
		p.heard = append(p.heard, verdict)
	}
	got, err := p.flux(p.claim)
	switch {
	case p.claim.Object["status"] == nil:
		// An expression cannot ask whether there is a status. Flux does not know then.
		if got != status.UnknownStatus || err == nil {
			p.t.Errorf("%s: a claim without status: want Flux not to know, got %s", when, got)
		}
	case err != nil || got != fluxes[verdict]:
		p.t.Errorf("%s: Argo CD says %v, and Flux %s (%v)", when, said, got, err)
	}
}

// fluxes are Flux's words for Argo CD's.
//
//nolint:gochecknoglobals // A constant table.
var fluxes = map[string]status.Status{
	healthy: status.CurrentStatus, degraded: status.FailedStatus, progressing: status.InProgressStatus, suspended: status.InProgressStatus,
}

// want the claim's health to be some, and its message to have some words.
func (p *plane) want(verdict string, words ...string) {
	p.t.Helper()
	wantOf(p.t, ours.health(p.t, p.claim), verdict, words...)
}

// wantComposite is the same of the composite.
func (p *plane) wantComposite(verdict string, words ...string) {
	p.t.Helper()
	wantOf(p.t, ours.health(p.t, p.composite), verdict, words...)
}

func wantOf(t *testing.T, got Health, verdict string, words ...string) {
	t.Helper()
	if got.Status != verdict {
		t.Errorf("want it %s, got %s: %s", verdict, got.Status, got.Message)
	}
	for _, s := range words {
		if !strings.Contains(got.Message, s) {
			t.Errorf("want it to say %q, got %q", s, got.Message)
		}
	}
}

// edit the claim.
func (p *plane) edit(edit func(o *unstructured.Unstructured)) {
	p.t.Helper()
	before := asks(p.claim)
	edit(p.claim)
	if !reflect.DeepEqual(before, asks(p.claim)) {
		p.claim.SetGeneration(p.claim.GetGeneration() + 1)
	}
	p.look("edited")
}

// settle lets Crossplane, the providers and AWS do what they do until nothing changes any
// more, and returns the function's last answer.
func (p *plane) settle() *fnv1.RunFunctionResponse {
	p.t.Helper()
	for range 80 {
		before := runtime.DeepCopyJSON(p.composite.Object)
		p.sync()
		rsp, changed := p.compose()
		if !changed && reflect.DeepEqual(before, p.composite.Object) {
			p.sync()
			return rsp
		}
	}
	p.t.Fatalf("it never settles: %v", ours.health(p.t, p.claim))
	return nil
}

// sync the claim with its composite, as Crossplane's claim reconciler does.
func (p *plane) sync() {
	p.t.Helper()
	switch {
	case meta.IsPaused(p.claim):
		p.mark(p.claim, "Synced", "False", "ReconcilePaused", "Reconciliation is paused via the pause annotation")
		p.look("paused")
		return
	case p.claim.GetDeletionTimestamp() != nil:
		p.mark(p.claim, "Ready", "False", "Deleting", "")
		p.mark(p.claim, "Synced", "False", "ReconcileError", "cannot delete bound composite resource")
		p.look("deleted")
		return
	}
	p.World.Claim = p.claim.DeepCopy()
	xr, err := aws.Composite(p.claim, p.XR.GetKind())
	if err != nil {
		p.t.Fatal(err)
	}
	if !reflect.DeepEqual(p.composite.Object["spec"], xr.Object["spec"]) {
		p.composite.Object["spec"], p.XR.Object["spec"] = runtime.DeepCopyJSON(xr.Object)["spec"], runtime.DeepCopyJSON(xr.Object)["spec"]
		p.composite.SetGeneration(p.composite.GetGeneration() + 1)
		p.look("asked for")
	}
	is, ok := p.composite.Object["status"].(map[string]any)
	if ok {
		said, _ := p.claim.Object["status"].(map[string]any)
		next := runtime.DeepCopyJSON(is)
		delete(next, "conditions")
		if said["conditions"] != nil {
			next["conditions"] = said["conditions"]
		}
		p.claim.Object["status"] = next
		p.about[p.claim.GetKind()] = p.about[p.composite.GetKind()]
		p.look("copied")
	}
	p.mark(p.claim, "Synced", "True", "ReconcileSuccess", "")
	conditions, _ := is["conditions"].([]any)
	for _, c := range conditions {
		c, _ := c.(map[string]any)
		if ctype, _ := c["type"].(string); ctype != "Synced" && ctype != "Ready" {
			p.mark(p.claim, ctype, c["status"], c["reason"], c["message"])
		}
	}
	if condition(p.composite, "Ready") == "True" {
		p.mark(p.claim, "Ready", "True", "Available", "")
	} else {
		p.mark(p.claim, "Ready", "False", "Waiting", "Claim is waiting for composite resource to become Ready")
	}
	p.look("synced")
}

// compose the platform once, as Crossplane's composite reconciler does, and tell what the
// function says and whether that changes anything.
func (p *plane) compose() (*fnv1.RunFunctionResponse, bool) {
	p.t.Helper()
	rsp, asked := p.Ask(), asks(p.XR)
	inForce := world.IsReady(rsp) && (p.living == nil && p.exists(rsp) || p.living != nil && (p.surprised || len(p.living.NotInForce(rsp)) == 0))
	changed, fatal := false, world.FatalOf(rsp)
	p.surprised = false
	switch before := maps.Clone(p.Observed); {
	case p.living != nil:
		changed = p.living.Step(rsp)
	case fatal == "":
		p.Pass(rsp, p.edits)
		for _, key := range world.SortedKeys(p.Observed) {
			if p.slow && before[key] == nil && p.Observed[key].GetResource().GetFields()["status"] != nil {
				p.Edit(key, func(o *unstructured.Unstructured) { world.WithStatus(o, "Ready", "False", "Creating", "") })
			}
		}
		changed = !maps.EqualFunc(before, p.Observed, func(a, b *fnv1.Resource) bool { return proto.Equal(a, b) })
	}
	if fatal == "" {
		p.write(rsp, about{asked, inForce})
	}
	p.report(rsp, fatal)
	p.look("composed")
	return rsp, changed
}

// write the status of an answer.
func (p *plane) write(rsp *fnv1.RunFunctionResponse, is about) {
	p.t.Helper()
	next := runtime.DeepCopyJSON(world.StatusOf(p.t, rsp))
	if was, ok := p.composite.Object["status"].(map[string]any); ok && was["conditions"] != nil {
		next["conditions"] = was["conditions"]
	}
	p.composite.Object["status"] = next
	p.about[p.composite.GetKind()] = is
	p.look("status written")
}

// report the conditions of an answer, which may be fatal.
func (p *plane) report(rsp *fnv1.RunFunctionResponse, fatal string) {
	p.t.Helper()
	seen := []string{"Ready", "Synced"}
	for _, c := range rsp.GetConditions() {
		seen = append(seen, c.GetType())
		word := strings.TrimPrefix(c.GetStatus().String(), "STATUS_CONDITION_")
		p.mark(p.composite, c.GetType(), word[:1]+strings.ToLower(word[1:]), c.GetReason(), c.GetMessage())
	}
	if fatal != "" {
		p.mark(p.composite, "Synced", "False", "ReconcileError", "cannot compose resources: "+fatal)
		all, _, _ := unstructured.NestedSlice(p.composite.Object, "status", "conditions")
		for _, c := range all {
			c, _ := c.(map[string]any)
			if ctype, _ := c["type"].(string); !slices.Contains(seen, ctype) {
				p.mark(p.composite, ctype, "Unknown", "FatalError", "A fatal error occurred before the status of this condition could be determined.")
			}
		}
		return
	}
	p.mark(p.composite, "Synced", "True", "ReconcileSuccess", "")
	if world.IsReady(rsp) {
		p.mark(p.composite, "Ready", "True", "Available", "")
	} else {
		p.mark(p.composite, "Ready", "False", "Creating", "")
	}
}

// fail to compose, as when the function does not run.
func (p *plane) fail(message string) {
	p.t.Helper()
	p.report(&fnv1.RunFunctionResponse{}, message)
	p.look("failed")
	p.sync()
}

// mark a condition, with the generation it is about.
func (p *plane) mark(o *unstructured.Unstructured, ctype string, value, reason, message any) {
	all, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	c := map[string]any{"type": ctype, "status": value, "reason": reason, "observedGeneration": o.GetGeneration(), "lastTransitionTime": "2026-01-01T00:00:00Z"}
	if message != nil && message != "" {
		c["message"] = message
	}
	all = slices.DeleteFunc(all, func(c any) bool { m, _ := c.(map[string]any); return m["type"] == ctype })
	if err := unstructured.SetNestedSlice(o.Object, append(all, c), "status", "conditions"); err != nil {
		p.t.Fatal(err)
	}
}

// exists tells whether all that an answer asks for does, and calls itself ready.
func (p *plane) exists(rsp *fnv1.RunFunctionResponse) bool {
	for key := range rsp.GetDesired().GetResources() {
		if key == keyFacts && asks(p.XR)["facts"] == nil {
			continue // Nobody has asked for them.
		}
		o := &unstructured.Unstructured{Object: p.Observed[key].GetResource().AsMap()}
		if len(o.Object) == 0 || o.Object["status"] != nil && condition(o, "Ready") != "True" {
			return false
		}
	}
	return true
}

func condition(o *unstructured.Unstructured, ctype string) any {
	all, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, c := range all {
		if m, _ := c.(map[string]any); m["type"] == ctype {
			return m["status"]
		}
	}
	return nil
}

// asks is what people ask for in a spec.
func asks(o *unstructured.Unstructured) map[string]any {
	spec, _, _ := unstructured.NestedMap(o.Object, "spec")
	theirs := append([]string{"claimRef", "crossplane", "resourceRefs"}, world.Crossplanes...)
	maps.DeleteFunc(spec, func(k string, _ any) bool { return slices.Contains(theirs, k) })
	return spec
}
