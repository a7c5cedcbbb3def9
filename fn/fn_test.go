package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

//nolint:gochecknoglobals // A flag.
var update = flag.Bool("update", false, "write what is composed to the golden files; the run still fails")

// examples that are claims.
//
//nolint:gochecknoglobals // A constant list.
var examples = []string{"platform-smallest.yaml", "platform-production.yaml", "platform-existing.yaml"}

// TestStages composes every example stage by stage until it is ready. All of
// what is asked for is checked against the real CRDs, and what a stage adds
// against a golden file.
func TestStages(t *testing.T) {
	for _, example := range examples {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, example)
			dir := filepath.Join("testdata", strings.TrimSuffix(example, ".yaml"))
			for stage := 0; ; stage++ {
				if stage > 20 {
					t.Fatal("the platform is not ready after 20 stages")
				}
				rsp := w.run()
				validate(t, w, rsp)
				golden(t, filepath.Join(dir, fmt.Sprintf("stage-%02d.yaml", stage)), stageOf(t, w, rsp))
				if rsp.GetDesired().GetComposite().GetReady() == fnv1.Ready_READY_TRUE {
					break
				}
				w.advance(rsp)
			}
		})
	}
}

// validate everything that is asked for, and the status, with the API server's
// own code.
func validate(t *testing.T, w *world, rsp *fnv1.RunFunctionResponse) {
	t.Helper()
	for _, key := range sorted(rsp.GetDesired().GetResources()) {
		o := desired(rsp, key)
		if err := w.crds.Validate(o); err != nil {
			t.Errorf("%s: %v", key, err)
		}
		if _, ok := o.Object["status"]; ok {
			t.Errorf("%s: carries a status", key)
		}
		if paths := empties(o.Object, ""); len(paths) > 0 {
			t.Errorf("%s: carries empty fields %v", key, paths)
		}
	}
	xr := w.xr.DeepCopy()
	xr.Object["status"] = statusOf(t, rsp)
	if err := w.crds.Validate(xr); err != nil {
		t.Errorf("status: %v", err)
	}
}

// empties lists the paths of nulls and of empty maps, lists and strings.
func empties(v any, path string) []string {
	var found []string
	switch v := v.(type) {
	case nil:
		return []string{path}
	case string:
		if v == "" {
			return []string{path}
		}
	case map[string]any:
		if len(v) == 0 {
			return []string{path}
		}
		for _, k := range sorted(v) {
			if k == "apiGroups" {
				continue // The core group's name is empty.
			}
			found = append(found, empties(v[k], path+"."+k)...)
		}
	case []any:
		if len(v) == 0 {
			return []string{path}
		}
		for i, e := range v {
			found = append(found, empties(e, fmt.Sprintf("%s[%d]", path, i))...)
		}
	}
	return found
}

// A stage is what a run adds to the ones before it.
type stage struct {
	Ready      bool                      `json:"ready"`
	TTL        string                    `json:"ttl"`
	Conditions []string                  `json:"conditions"`
	Status     map[string]any            `json:"status"`
	Composed   map[string]map[string]any `json:"composed,omitempty"`
}

func stageOf(t *testing.T, w *world, rsp *fnv1.RunFunctionResponse) stage {
	t.Helper()
	s := stage{
		Ready:    rsp.GetDesired().GetComposite().GetReady() == fnv1.Ready_READY_TRUE,
		TTL:      rsp.GetMeta().GetTtl().AsDuration().String(),
		Status:   statusOf(t, rsp),
		Composed: map[string]map[string]any{},
	}
	for _, c := range rsp.GetConditions() {
		line := c.GetType() + "=" + strings.TrimPrefix(c.GetStatus().String(), "STATUS_CONDITION_") + " " + c.GetReason()
		if m := c.GetMessage(); m != "" {
			line += ": " + m
		}
		s.Conditions = append(s.Conditions, line)
	}
	for _, key := range sorted(rsp.GetDesired().GetResources()) {
		if w.observed[key] == nil {
			s.Composed[key] = desired(rsp, key).Object
		}
	}
	return s
}

func golden(t *testing.T, path string, got any) {
	t.Helper()
	b, err := yaml.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatalf("%v (run with -update to write it)", err)
	}
	diff := cmp.Diff(string(want), string(b))
	if diff == "" {
		return
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("%s: -want, +got (run with -update to accept):\n%s", path, diff)
}

// TestDeterminism: equal requests give equal answers, to the byte.
func TestDeterminism(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "platform-smallest.yaml")
	for range 4 { // Halfway: some of everything exists.
		w.advance(w.run())
	}
	marshal := func() string {
		b, err := proto.MarshalOptions{Deterministic: true}.Marshal(w.run())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	want := marshal()
	for i := range 1000 {
		if marshal() != want {
			t.Fatalf("run %d differs", i)
		}
	}
}

// TestSteady: a ready platform asks for exactly what it asked for, and not
// again before its kubeconfig has to be copied.
func TestSteady(t *testing.T) {
	t.Parallel()
	for _, example := range examples {
		w := newWorld(t, example)
		before := w.settle()
		w.advance(before)
		after := w.run()
		if diff := cmp.Diff(before.String(), after.String()); diff != "" {
			t.Errorf("%s: a second run of a ready platform: -first, +second:\n%s", example, diff)
		}
		if got := after.GetMeta().GetTtl().AsDuration(); got != ttlPublishing {
			t.Errorf("%s: TTL: want %s, got %s", example, ttlPublishing, got)
		}
	}
}

// TestUnresponsive: a ready platform whose events Crossplane drops is looked at
// again soon, or an edit would wait for minutes; and seldom once it listens.
func TestUnresponsive(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]time.Duration{"False": ttlConverging, "True": ttlPublishing, "Unknown": ttlPublishing} {
		w := newWorld(t, "platform-smallest.yaml")
		w.settle()
		withStatus(w.xr, conditionResponsive, status, "WatchCircuitOpen", "")
		rsp := w.run()
		if got := rsp.GetMeta().GetTtl().AsDuration(); got != want {
			t.Errorf("Responsive %s: want TTL %s, got %s", status, want, got)
		}
		if rsp.GetDesired().GetComposite().GetReady() != fnv1.Ready_READY_TRUE {
			t.Errorf("Responsive %s: want the platform to stay ready", status)
		}
	}
}

func withStatus(o *unstructured.Unstructured, ctype, status, reason, message string) {
	cs, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	cs = slices.DeleteFunc(cs, func(c any) bool { return c.(map[string]any)["type"] == ctype })
	cs = append(cs, map[string]any{"type": ctype, "status": status, "reason": reason, "message": message, "lastTransitionTime": "2026-01-01T00:00:00Z"})
	_ = unstructured.SetNestedSlice(o.Object, cs, "status", "conditions")
}
