package aws

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestStages: every kind that reports anything takes as long as the table says,
// divided by the speed, to come and to go.
func TestStages(t *testing.T) {
	t.Parallel()
	w, err := New()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, gk := range w.Kinds() {
		a := w.Answer(gk)
		delays := map[string]int64{}
		for _, s := range w.Stages(gk.WithVersion("v1beta1"), Play{Speed: 10, Kubeconfig: "kubeconfig"}) {
			if names[s.GetName()] {
				t.Errorf("two stages have the name %s", s.GetName())
			}
			names[s.GetName()] = true
			ms, _, err := unstructured.NestedInt64(s.Object, "spec", "delay", "durationMilliseconds")
			if err != nil {
				t.Error(err)
			}
			delays[s.GetName()[strings.LastIndex(s.GetName(), ".")+1:]] = ms
		}
		if a.Status == "" {
			if len(delays) > 0 {
				t.Errorf("%s reports nothing, so nothing should happen to it: %v", gk, delays)
			}
			continue
		}
		for stage, want := range map[string]time.Duration{"observe": 0, "create": a.Create.Duration / 10, "delete": 0, "deleted": a.Delete.Duration / 10} {
			if got, ok := delays[stage]; !ok || got != want.Milliseconds() {
				t.Errorf("%s: want stage %s after %s, got %d ms", gk, stage, want, got)
			}
		}
		if a.Create.Duration == 0 || a.Delete.Duration == 0 {
			t.Errorf("%s: want a time to come and one to go", gk)
		}
	}
}

// TestFault: a fault wins over all other stages, which weigh nothing.
func TestFault(t *testing.T) {
	t.Parallel()
	vpc := schema.GroupVersionKind{Group: "ec2.aws.m.upbound.io", Version: "v1beta1", Kind: "VPC"}
	w, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range w.Stages(vpc, Play{Speed: 1}) {
		if _, weighs, _ := unstructured.NestedInt64(s.Object, "spec", "weight"); weighs {
			t.Errorf("%s: want no weight", s.GetName())
		}
	}
	for _, s := range (Fault{Kind: vpc, Key: "vpc", Namespace: "team-a", Message: `VpcLimitExceeded: "5" at most`}).Stages() {
		if weight, _, _ := unstructured.NestedInt64(s.Object, "spec", "weight"); weight == 0 {
			t.Errorf("%s: want a weight", s.GetName())
		}
	}
}
