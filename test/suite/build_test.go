package suite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
	"github.com/xplatform-dev/function-xplatform/test/progress"
	"github.com/xplatform-dev/function-xplatform/test/timeline"
)

// TestBuild: a claim becomes a ready platform, in the order of its graph, and
// then nothing happens any more.
func TestBuild(t *testing.T) {
	for _, example := range []string{"platform-smallest", "platform-production", "platform-existing"} {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			ctx := deadline(t)
			p := apply(ctx, t, shared(t), example)
			p.ready(ctx)
			p.report(ctx)
			p.assertOrder(ctx)
			p.assertNothingLeft(ctx)
			p.assertResponsive(ctx)

			// A function that answered anything else the second time would
			// change something.
			before := p.objects(ctx)
			p.settle(ctx)
			assertUntouched(t, before, p.objects(ctx))
		})
	}
}

// assertOrder fails if an object was created before something it needs was
// ready, or before the platform's first guard was.
func (p *platform) assertOrder(ctx context.Context) {
	p.t.Helper()
	objects := p.recorded(ctx)
	byKey := map[string]int{}
	for i, o := range objects {
		byKey[o.Key] = i
	}
	guards := p.bed.recorder.Guards(p.compositeName(ctx))
	if len(guards) == 0 {
		p.t.Fatalf("%s was never guarded", p.claim.GetNamespace())
	}
	edges := 0
	for _, o := range objects {
		if r := guards[0].Revisions.Ready; len(o.Needs) > 0 && (r == 0 || r >= o.Revisions.Created) {
			p.t.Errorf("%s, which needs others, was created at revision %d, the guard was ready at %d", o.Key, o.Revisions.Created, r)
		}
		for _, need := range o.Needs {
			i, ok := byKey[need]
			if !ok {
				p.t.Errorf("%s needs %s, which does not exist", o.Key, need)
				continue
			}
			edges++
			if r := objects[i].Revisions.Ready; r == 0 || r >= o.Revisions.Created {
				p.t.Errorf("%s was created at revision %d, %s was ready at %d", o.Key, o.Revisions.Created, need, r)
			}
		}
	}
	if edges < len(objects) {
		p.t.Errorf("want a graph, got %d edges between %d objects", edges, len(objects))
	}
}

// recorded are the platform's objects, once the recorder knows of all that others
// need. After a restart of etcd or of the API server a watch of one kind can pause for
// half a minute (client-go's reflectors back off), in which others see more. What is
// still missing after a minute never existed.
func (p *platform) recorded(ctx context.Context) []timeline.Object {
	p.t.Helper()
	var objects []timeline.Object
	_ = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		objects = p.bed.recorder.Objects(p.compositeName(ctx))
		ready := map[string]bool{}
		for _, o := range objects {
			ready[o.Key] = !o.Ready.IsZero()
		}
		return !slices.ContainsFunc(objects, func(o timeline.Object) bool {
			return slices.ContainsFunc(o.Needs, func(need string) bool { return !ready[need] })
		}), nil
	})
	return objects
}

// TestTwoOfOneName: two teams' platforms of one name have nothing in common.
func TestTwoOfOneName(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	b := shared(t)
	teams := []*platform{applyIn(ctx, t, b, "name-a", "platform-smallest"), applyIn(ctx, t, b, "name-b", "platform-smallest")}
	names := map[string]string{}
	for _, p := range teams {
		p.ready(ctx)
		for _, o := range p.list(ctx) {
			external := o.GetAnnotations()["crossplane.io/external-name"]
			// These are named within their cluster and their role.
			if slices.Contains([]string{"NodeGroup", "Release", "RolePolicy"}, o.GetKind()) || external == "" {
				external = o.GetName()
			}
			id := o.GetKind() + " " + external
			if other, taken := names[id]; taken {
				t.Errorf("%s belongs to %s and to %s", id, other, p.claim.GetNamespace())
			}
			names[id] = p.claim.GetNamespace()
		}
	}
}

// TestNameTaken: of two teams that ask for one name at once one gets it, and the other
// is told who has it, makes nothing, and goes without touching anything.
func TestNameTaken(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	b := shared(t)
	named := func(spec map[string]any) { spec["name"] = "name-taken" }
	first := applyIn(ctx, t, b, "taken-a", "platform-smallest", named)
	second := applyIn(ctx, t, b, "taken-b", "platform-smallest", named)
	taken := func(c controlplane.ConditionStatus) bool { return c.Status == "False" && c.Reason == "NameTaken" }
	first.until(ctx, "accepted or refused", func(claim *unstructured.Unstructured, _ *progress.Progress) bool {
		c := controlplane.Condition(claim, "Accepted")
		return c.Status == "True" || taken(c)
	})
	if o, err := first.get(ctx); err != nil {
		t.Fatal(err)
	} else if taken(controlplane.Condition(o, "Accepted")) {
		first, second = second, first
	}
	first.ready(ctx)
	before := first.objects(ctx)
	o, err := second.get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if c := controlplane.Condition(o, "Accepted"); !taken(c) || !strings.Contains(c.Message, first.claim.GetNamespace()+"/"+first.claim.GetName()) {
		t.Errorf("want the second refused, and told who has the name, got %+v", c)
	}
	for _, o := range second.list(ctx) {
		if o.GetKind() != "ClusterUsage" {
			t.Errorf("want nothing of it made, got %s %s", o.GetKind(), o.GetName())
		}
	}
	second.delete(ctx, metav1.DeletePropagationBackground)
	second.gone(ctx)
	assertUntouched(t, before, first.objects(ctx))
}

// TestTwenty: twenty platforms become ready side by side.
func TestTwenty(t *testing.T) {
	ctx := deadline(t)
	b := shared(t)
	var all []*platform
	for i := range 20 {
		all = append(all, applyIn(ctx, t, b, fmt.Sprintf("twenty-%02d", i), "platform-smallest"))
	}
	for _, p := range all {
		p.ready(ctx)
		p.assertOrder(ctx)
		p.assertNothingLeft(ctx)
		p.assertResponsive(ctx)
	}
	all[len(all)-1].report(ctx)
}

// TestRefused: what AWS refuses is shown on the claim in its own words, all else
// goes on, and it recovers by itself.
func TestRefused(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	b := shared(t)
	p := &platform{t: t, bed: b, claim: &unstructured.Unstructured{}}
	p.claim.SetNamespace("testrefused")
	const zone = "database.orders"
	stop := p.refuse(ctx, b.kind(t, "Instance"), zone, "InsufficientDBInstanceCapacity: no capacity in this zone")
	p = apply(ctx, t, b, "platform-production")
	p.until(ctx, "refused, with all else ready", func(_ *unstructured.Unstructured, pr *progress.Progress) bool {
		var ready, total int
		_, err := fmt.Sscanf(pr.Count, "%d/%d", &ready, &total)
		return err == nil && ready == total-1 && len(pr.Failures()) == 1
	})
	o, err := p.get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c := controlplane.Condition(o, "DataReady")
	if c.Status != "False" || c.Reason != "Failed" || !strings.Contains(c.Message, zone+": ") || !strings.Contains(c.Message, "InsufficientDBInstanceCapacity") || strings.Contains(c.Message, "RequestID") {
		t.Errorf("want DataReady to say which resource AWS refuses and why, without what differs with each request, got %+v", c)
	}
	stop()
	p.ready(ctx)
	p.assertNothingLeft(ctx)
	p.assertResponsive(ctx)
}
