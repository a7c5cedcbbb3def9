package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/docs"
)

// TestAnnotationsInDocs: what people are told to annotate somebody reads. Kubectl
// and the API server take any annotation.
func TestAnnotationsInDocs(t *testing.T) {
	t.Parallel()
	ours := []string{annotationAttempt + "-", annotationTeardown + "=" + teardownConfirmed, annotationTeardown + "-", annotationCluster + "=" + clusterGone}
	crossplanes := []string{
		meta.AnnotationKeyExternalName, meta.AnnotationKeyReconciliationPaused,
		meta.AnnotationKeyExternalCreatePending, meta.AnnotationKeyExternalCreateFailed, meta.AnnotationKeyExternalCreateSucceeded,
	}
	commands, err := docs.Commands("..", docs.Runs)
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
			if !slices.Contains(ours, w) && !slices.Contains(crossplanes, key) {
				t.Errorf("%s: nobody reads %s", c, w)
			}
			checked++
		}
	}
	if checked < 4 {
		t.Errorf("want at least four annotations checked, got %d", checked)
	}
}

// TestTagsInDocs: what people are told to look for in AWS is what we, or the load
// balancer controller, tag.
func TestTagsInDocs(t *testing.T) {
	t.Parallel()
	filter := regexp.MustCompile(`(?:Key=|Name=tag:)([^,]+),Values=(.*)$`)
	commands, err := docs.Commands("..", docs.Elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, c := range commands {
		i := slices.IndexFunc(c.Words, func(w string) bool { return strings.HasSuffix(w, "-filters") || w == "--filter" || w == "--filters" })
		if i < 0 {
			continue
		}
		m := filter.FindStringSubmatch(c.Words[i+1])
		if len(m) != 3 || !slices.Contains([]string{tagPlatform, tagLoadBalancerCluster}, m[1]) || m[2] != docs.Name {
			t.Errorf("%s: %s is no tag of the platform %s", c, c.Words[i+1], docs.Name)
		}
		checked++
	}
	if checked == 0 {
		t.Error("no command looks for tags")
	}
}

// TestNamesInDocs: labels and Pods that people are told to look for are ours.
func TestNamesInDocs(t *testing.T) {
	t.Parallel()
	for _, way := range []docs.Way{docs.Runs, docs.Helps} {
		commands, err := docs.Commands("..", way)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range commands {
			if i := slices.Index(c.Words, "-l"); i > 0 && c.Words[i+1] != plan.LabelPlatform+"="+docs.Composite {
				t.Errorf("%s: want the label %s=%s", c, plan.LabelPlatform, docs.Composite)
			}
			if c.Words[1] == "logs" && (!slices.Contains(c.Words, namespaceSystem) || !slices.Contains(c.Words, drainName)) {
				t.Errorf("%s: want the Pod %s/%s", c, namespaceSystem, drainName)
			}
		}
	}
}
