package suite

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
	"github.com/xplatform-dev/function-xplatform/test/eks"
	"github.com/xplatform-dev/function-xplatform/test/progress"
)

// TestRoll: what changes the nodes of a group replaces them, a few at a time, under
// what runs on them, which never gets less than its budget leaves it. A budget that
// lets nothing go is said in the claim, with the way out, and nothing else happens.
func TestRoll(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	p := applyIn(ctx, t, nodes(t), "testroll", "platform-smallest", grouped("testroll", "diskSizeGiB", int64(20)))
	p.ready(ctx)
	w := p.work(ctx)
	w.on(ctx, eks.LabelTemplate, "1")

	p.edit(ctx, grouped("testroll", "diskSizeGiB", int64(30)))
	p.until(ctx, "replacing its nodes", func(claim *unstructured.Unstructured, pr *progress.Progress) bool {
		return !pr.Ready && pr.Phase == "Updating" && controlplane.Condition(claim, "NodesReady").Reason == "Rolling"
	})
	p.ready(ctx)
	w.on(ctx, eks.LabelTemplate, "2")
	w.kept(ctx, budget)

	before := p.objects(ctx)
	w.budget(ctx, replicas)
	p.edit(ctx, grouped("testroll", "diskSizeGiB", int64(40)))
	p.until(ctx, "told what keeps its nodes", func(claim *unstructured.Unstructured, pr *progress.Progress) bool {
		c := controlplane.Condition(claim, "NodesReady")
		return pr.Phase == "Degraded" && c.Reason == "Failed" && strings.Contains(c.Message, "node-group.default: ") &&
			strings.Contains(c.Message, "PodEvictionFailure: Reached max retries while trying to evict pods from nodes in node group default") &&
			strings.Contains(c.Message, "a PodDisruptionBudget lets no pod go: mend it, or set forceUpdate of the node group")
	})
	w.kept(ctx, replicas)
	after := p.objects(ctx)
	if diff := cmp.Diff([]string{"node-group.default", "node-group.default.template"}, changed(before, after)); diff != "" {
		t.Errorf("changed: -want, +got:\n%s", diff)
	}
	if gone, made := only(before, after), only(after, before); len(gone)+len(made) > 0 {
		t.Errorf("want nothing to go or to be made, got %v and %v", gone, made)
	}

	w.budget(ctx, budget)
	p.ready(ctx)
	w.on(ctx, eks.LabelTemplate, "3")
	w.kept(ctx, budget)
	p.assertNothingLeft(ctx)
	p.assertResponsive(ctx)
}

// TestForce: by force nodes are replaced whatever a budget says.
func TestForce(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	p := applyIn(ctx, t, nodes(t), "testforce", "platform-smallest", grouped("testforce", "diskSizeGiB", int64(20)))
	p.ready(ctx)
	w := p.work(ctx)
	w.budget(ctx, replicas)
	p.edit(ctx, grouped("testforce", "diskSizeGiB", int64(30), "forceUpdate", true))
	p.until(ctx, "replacing its nodes by force", func(_ *unstructured.Unstructured, pr *progress.Progress) bool {
		return pr.Phase == "Updating" && w.lowest() < replicas
	})
	// It goes on, and is quicker now.
	w.budget(ctx, budget)
	p.ready(ctx)
	w.on(ctx, eks.LabelTemplate, "2")
	p.assertNothingLeft(ctx)
}

// nodes is the bed of platforms whose node groups have nodes.
func nodes(tb testing.TB) *bed {
	tb.Helper()
	return bedOf(tb, "nodes", controlplane.Options{Nodes: true})
}

// grouped is an edit by which a claim has one node group, with some fields. Its nodes
// are labelled, as all platforms here have one cluster.
func grouped(label string, fields ...any) func(spec map[string]any) {
	return func(spec map[string]any) {
		g := map[string]any{"name": "default", "minSize": int64(size), "labels": map[string]any{labelPlatform: label}}
		for i := 0; i < len(fields); i += 2 {
			g[fields[i].(string)] = fields[i+1]
		}
		spec["nodeGroups"] = []any{g}
	}
}
