package lifecycle_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/test/docs"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestAnnotationsInDocs: what people are told to annotate somebody reads. Kubectl
// and the API server take any annotation.
func TestAnnotationsInDocs(t *testing.T) {
	t.Parallel()
	ours := []string{lifecycle.AnnotationAttempt + "-", lifecycle.AnnotationTeardown + "=" + lifecycle.TeardownConfirmed, lifecycle.AnnotationTeardown + "-", lifecycle.AnnotationCluster + "=" + lifecycle.ClusterGone}
	crossplanes := []string{
		meta.AnnotationKeyExternalName, meta.AnnotationKeyReconciliationPaused,
		meta.AnnotationKeyExternalCreatePending, meta.AnnotationKeyExternalCreateFailed, meta.AnnotationKeyExternalCreateSucceeded,
	}
	needs := map[string]bool{}
	w := world.With(t, "{region: eu-central-1, databases: [{name: orders, engine: postgres}], queues: [{name: orders}]}")
	for key, edges := range world.PlanOf(t, w).Edges() {
		needs[docs.Composite+"-"+key+" "+plan.AnnotationNeeds+"="+strings.Join(edges, ",")] = true
	}
	commands, err := docs.Commands(world.Root(), docs.Runs)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, c := range commands {
		if c.Words[1] != "annotate" {
			continue
		}
		for _, w := range c.Words {
			if !strings.Contains(w, "/") {
				continue
			}
			key, _, _ := strings.Cut(strings.TrimSuffix(w, "-"), "=")
			said := slices.ContainsFunc(c.Words, func(name string) bool { return needs[name+" "+w] })
			if !said && !slices.Contains(ours, w) && !slices.Contains(crossplanes, key) {
				t.Errorf("%s: nobody reads %s", c, w)
			}
			checked++
		}
	}
	if checked < 4 {
		t.Errorf("want at least four annotations checked, got %d", checked)
	}
}

// TestNamesInDocs: labels and Pods that people are told to look for are ours.
func TestNamesInDocs(t *testing.T) {
	t.Parallel()
	for _, way := range []docs.Way{docs.Runs, docs.Helps} {
		commands, err := docs.Commands(world.Root(), way)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range commands {
			if i := slices.Index(c.Words, "-l"); i > 0 && c.Words[i+1] != plan.LabelPlatform+"="+docs.Composite {
				t.Errorf("%s: want the label %s=%s", c, plan.LabelPlatform, docs.Composite)
			}
			if c.Words[1] == "logs" && (!slices.Contains(c.Words, platform.NamespaceSystem) || !slices.Contains(c.Words, lifecycle.DrainName)) {
				t.Errorf("%s: want the Pod %s/%s", c, platform.NamespaceSystem, lifecycle.DrainName)
			}
		}
	}
}
