package gitops

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestUnconfirmed: an end that nobody has confirmed waits for people, and cancelled it is
// forgotten.
func TestUnconfirmed(t *testing.T) {
	t.Parallel()
	p := platform(t, "platform-smallest.yaml")
	world.Attempted(p.XR)
	p.settle()
	p.want(suspended, "nothing is taken down", "xplatform.dev/teardown=confirmed")
	p.wantComposite(suspended, "nothing is taken down")
	world.Cancel(p.XR)
	p.settle()
	p.want(healthy)
	p.wantComposite(healthy)
}

// TestTeardown: a platform that goes says what is under way, what keeps it, and what is
// left; and is never healthy meanwhile. Argo CD asks nobody about a claim that is being
// deleted.
func TestTeardown(t *testing.T) {
	t.Parallel()
	for name, confirmed := range map[string]bool{"ClaimDeleted": false, "Confirmed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := platform(t, "platform-production.yaml")
			world.Attempted(p.XR)
			if confirmed {
				world.Confirmed(p.XR)
			} else {
				world.Deleted(p.claim)
				world.Deleted(p.World.Claim)
			}
			both := func(verdict string, words ...string) {
				t.Helper()
				p.wantComposite(verdict, words...)
				if confirmed {
					p.want(verdict, words...)
				} else {
					p.want(progressing, "Pending deletion")
				}
			}
			p.settle()
			p.heard = nil
			both(suspended, "cluster, database.", "is protected: set its deletionProtection to false")
			p.edit(world.Unprotected)
			world.Unprotected(p.XR)
			p.ends(both)
			if slices.Contains(p.heard, healthy) {
				t.Errorf("it goes, and is healthy: %v", p.heard)
			}
		})
	}
}

// ends takes a platform down that is not protected any more, by way of all that can
// happen meanwhile.
func (p *plane) ends(both func(verdict string, words ...string)) {
	p.t.Helper()
	p.edits = world.Unended()
	p.settle()
	both(progressing, "Draining: ", "drain")
	p.edits = world.Edits{"drain": world.Unfinished(map[string]any{"phase": "Pending", "conditions": []any{
		map[string]any{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"},
	}})}
	p.settle()
	both(degraded, "Draining: ", "0/3 nodes are available")
	p.edits = nil
	p.Slow = []string{"queue.orders"}
	for range 4 {
		p.sync()
		p.compose()
	}
	p.sync()
	both(progressing, "Deleting: ", "left; ")
	for p.Lingering["queue.orders"] == nil {
		p.sync()
		p.compose()
	}
	good := p.Lingering["queue.orders"]
	p.Observed["queue.orders"] = good
	p.Edit("queue.orders", func(o *unstructured.Unstructured) {
		world.WithStatus(o, "Synced", "False", "ReconcileError", "delete failed: "+words)
	})
	p.Lingering["queue.orders"] = p.Observed["queue.orders"]
	delete(p.Observed, "queue.orders")
	p.settle()
	both(degraded, "queue.orders: delete failed: "+words)
	p.Lingering["queue.orders"] = good
	p.settle()
	both(progressing, "Deleting: ", "queue.orders")
}

// TestStopped: what becomes protected once others are gone stops a teardown, until people
// see to it.
func TestStopped(t *testing.T) {
	t.Parallel()
	p := platform(t, "platform-smallest.yaml")
	world.Attempted(p.XR)
	world.Confirmed(p.XR)
	for hasReleases(p) {
		p.sync()
		p.compose()
	}
	protect := world.Set(true, "spec", "cluster", "deletionProtection")
	p.edit(protect)
	protect(p.XR)
	p.settle()
	p.want(suspended, "Stopped: cluster is protected")
	p.wantComposite(suspended, "Stopped: cluster is protected")
	p.edit(world.Unprotected)
	for range 3 {
		p.sync()
		p.compose()
	}
	p.sync()
	p.want(progressing, "Deleting: ")
	world.Cancel(p.XR)
	p.settle()
	p.want(healthy)
}

// hasReleases tells whether a controller is left.
func hasReleases(p *plane) bool {
	for _, r := range p.Observed {
		if r.GetResource().GetFields()["kind"].GetStringValue() == "Release" {
			return true
		}
	}
	return false
}
