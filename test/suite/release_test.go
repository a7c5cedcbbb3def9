package suite

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/changelog"
	"github.com/xplatform-dev/function-xplatform/test/controlplane"
	"github.com/xplatform-dev/function-xplatform/test/docs"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestUpgradeOfPackages: platforms that the packages of the commit before have built
// are upgraded to this checkout's, as docs/install.md says word for word. What becomes of
// their objects is what the changelog announces, and apart from that nothing is written to
// them. TestInstall says what is real here and what is not.
func TestUpgradeOfPackages(t *testing.T) {
	t.Parallel()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	announced, err := changelog.Read(root)
	if err != nil {
		t.Fatal(err)
	}
	previous := filepath.Join(root, ".cache", "previous")
	ctx := within(t, 4*patience)
	b := own(t, "upgraded", controlplane.Options{Bare: true, Root: previous, Architectures: []string{runtime.GOARCH}})
	b.install(ctx, t, previous)
	examples := []string{"platform-production", "platform-existing"}
	var platforms []*platform
	for _, example := range examples {
		platforms = append(platforms, applyIn(ctx, t, b, "upgraded-"+example, example))
	}
	var before []map[string]*unstructured.Unstructured
	for _, p := range platforms {
		p.ready(ctx)
		p.settle(ctx)
		before = append(before, p.byKey(ctx))
	}
	checkout, err := b.cp.Release(ctx, root, filepath.Join(root, ".cache", "bin"))
	if err != nil {
		t.Fatal(err)
	}
	b.follow(ctx, t, section(t, docs.UpgradeSection), checkout)
	for i, p := range platforms {
		p.answered(ctx)
		p.checkAnnounced(ctx, before[i], announced)
	}
}

// install as the documentation says, but for the first claim.
func (b *bed) install(ctx context.Context, tb testing.TB, checkout string) {
	tb.Helper()
	commands := section(tb, docs.InstallSection)
	b.follow(ctx, tb, commands[:len(commands)-1], checkout)
	tb.Cleanup(b.provide(ctx, tb))
}

// answered waits until the function that is installed now has decided about the
// platform, by the Composition that is, and nothing is left to do.
func (p *platform) answered(ctx context.Context) {
	p.t.Helper()
	p.untilComposite(ctx, "composed by the newest Composition", func(xr *unstructured.Unstructured) bool {
		used, _, _ := unstructured.NestedString(xr.Object, "spec", "compositionRevisionRef", "name")
		return used != "" && used == p.bed.newestComposition(ctx, p.t)
	})
	calls := p.bed.counters(ctx, p.t).current
	p.nudge(ctx, p.composite(ctx))
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		return p.bed.counters(ctx, p.t).current > calls, nil
	})
	if err != nil {
		p.t.Fatalf("the function at %s is not called: %v", p.bed.cp.FunctionTarget(), err)
	}
	p.calm(ctx)
	p.ready(ctx)
}

// newestComposition is the name of the newest revision of the Composition.
func (b *bed) newestComposition(ctx context.Context, tb testing.TB) string {
	tb.Helper()
	revisions := &unstructured.UnstructuredList{}
	revisions.SetAPIVersion("apiextensions.crossplane.io/v1")
	revisions.SetKind("CompositionRevisionList")
	if err := b.cp.Client.List(ctx, revisions); err != nil {
		tb.Fatal(err)
	}
	name, newest := "", int64(0)
	for _, r := range revisions.Items {
		if n, _, _ := unstructured.NestedInt64(r.Object, "spec", "revision"); n > newest {
			name, newest = r.GetName(), n
		}
	}
	return name
}

// checkAnnounced fails if anything was deleted, created or changed since before that is
// not announced.
func (p *platform) checkAnnounced(ctx context.Context, before map[string]*unstructured.Unstructured, announced []changelog.Change) {
	p.t.Helper()
	after := p.byKey(ctx)
	check := func(key, field string, fate changelog.Fate) {
		p.t.Helper()
		if !changelog.Announced(announced, key, field, fate) {
			p.t.Errorf("%s: %s is %s, and %s does not announce it", p.claim.GetName(), strings.TrimSpace(key+" "+field), fate, changelog.File)
		}
	}
	for _, k := range world.SortedKeys(before) {
		was, is := before[k], after[k]
		switch {
		case is == nil:
			check(k, "", changelog.Removed)
		case is.GetUID() != was.GetUID():
			check(k, "", changelog.Replaced)
		default:
			changed := world.Differences(asked(was), asked(is))
			for _, field := range changed {
				check(k, field, changelog.Changed)
			}
			if len(changed) == 0 && is.GetResourceVersion() != was.GetResourceVersion() {
				p.t.Errorf("%s: %s was written to, and nothing announced: %s", p.claim.GetName(), k, cmp.Diff(was, is))
			}
		}
	}
	for _, k := range world.SortedKeys(after) {
		if before[k] == nil {
			check(k, "", changelog.Added)
		}
	}
	// What came and went meanwhile is in neither.
	for _, o := range p.bed.recorder.Objects(p.compositeName(ctx)) {
		if before[o.Key] == nil && after[o.Key] == nil {
			p.t.Errorf("%s: %s came and went", p.claim.GetName(), o.Key)
		}
	}
	if len(before) < 40 {
		p.t.Errorf("want a whole platform, got %d objects", len(before))
	}
}

// asked is what is asked of an object, without what the API server notes of it. What it
// needs stands by itself, too, if it says so: Differences leaves that out of the
// annotations.
func asked(o *unstructured.Unstructured) *unstructured.Unstructured {
	metadata := map[string]any{"name": o.GetName(), "namespace": o.GetNamespace()}
	for field, values := range map[string]map[string]string{"labels": o.GetLabels(), "annotations": o.GetAnnotations()} {
		m := map[string]any{}
		for k, v := range values {
			m[k] = v
		}
		metadata[field] = m
	}
	all := map[string]any{"kind": o.GetKind(), "metadata": metadata, "spec": o.Object["spec"]}
	if needs, says := o.GetAnnotations()[plan.AnnotationNeeds]; says {
		all["needs"] = needs
	}
	return &unstructured.Unstructured{Object: all}
}
