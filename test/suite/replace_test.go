package suite

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/xplatform-dev/function-xplatform/test/eks"
	"github.com/xplatform-dev/function-xplatform/test/progress"
)

// TestReplace: what EKS can't change of a node group takes another one. It is made
// first, the pods move to its nodes, and only then the old one is gone; what runs
// there never gets less than its budget leaves it.
func TestReplace(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	p := applyIn(ctx, t, nodes(t), "testreplace", "platform-smallest", grouped("testreplace", "instanceTypes", []any{"m6i.large"}))
	p.ready(ctx)
	w := p.work(ctx)
	w.on(ctx, corev1.LabelInstanceTypeStable, "m6i.large")
	before := p.objects(ctx)

	p.edit(ctx, grouped("testreplace", "instanceTypes", []any{"m6i.xlarge"}))
	p.until(ctx, "replaced", func(_ *unstructured.Unstructured, pr *progress.Progress) bool {
		return pr.Ready && pr.Phase == "Ready" && !p.bed.find(p.name, "node-group.default").Gone.IsZero()
	})
	w.on(ctx, corev1.LabelInstanceTypeStable, "m6i.xlarge")
	w.on(ctx, eks.LabelGroup, "default_2")
	w.kept(ctx, budget)

	after := p.objects(ctx)
	if diff := cmp.Diff([]string{"node-group.default.2", "node-group.default.2.template"}, only(after, before)); diff != "" {
		t.Errorf("made: -want, +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"node-group.default", "node-group.default.template"}, only(before, after)); diff != "" {
		t.Errorf("gone: -want, +got:\n%s", diff)
	}
	old, replacement := p.bed.find(p.name, "node-group.default"), p.bed.find(p.name, "node-group.default.2")
	if replacement.Revisions.Ready == 0 || replacement.Revisions.Ready >= old.Revisions.Deleting {
		t.Errorf("the old node group was asked to go at revision %d, the new one was ready at %d", old.Revisions.Deleting, replacement.Revisions.Ready)
	}
	p.assertResponsive(ctx)
}
