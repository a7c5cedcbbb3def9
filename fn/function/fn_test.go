package function_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/xplatform-dev/function-xplatform/fn/function"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

//nolint:gochecknoglobals // A flag.
var update = flag.Bool("update", false, "write what is composed to the golden files; the run still fails")

// TestStages composes every example stage by stage until it is ready. All of
// what is asked for is checked against the real CRDs, and what a stage adds
// against a golden file.
func TestStages(t *testing.T) {
	for _, example := range world.Examples {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			w := world.New(t, example)
			dir := filepath.Join("..", "testdata", strings.TrimSuffix(example, ".yaml"))
			for stage := 0; ; stage++ {
				if stage > 20 {
					t.Fatal("the platform is not ready after 20 stages")
				}
				rsp := w.Run()
				world.Validate(t, w, rsp)
				golden(t, filepath.Join(dir, fmt.Sprintf("stage-%02d.yaml", stage)), stageOf(t, w, rsp))
				if world.IsReady(rsp) {
					break
				}
				w.Advance(rsp)
			}
		})
	}
}

// A stage is what a run adds to the ones before it.
type stage struct {
	Ready      bool                      `json:"ready"`
	TTL        string                    `json:"ttl"`
	Conditions []string                  `json:"conditions"`
	Status     map[string]any            `json:"status"`
	Composed   map[string]map[string]any `json:"composed,omitempty"`
}

func stageOf(t *testing.T, w *world.World, rsp *fnv1.RunFunctionResponse) stage {
	t.Helper()
	s := stage{
		Ready:    world.IsReady(rsp),
		TTL:      rsp.GetMeta().GetTtl().AsDuration().String(),
		Status:   world.StatusOf(t, rsp),
		Composed: map[string]map[string]any{},
	}
	delete(s.Status, "asked") // TestAsked has it: it is the claim.
	for _, c := range rsp.GetConditions() {
		line := c.GetType() + "=" + strings.TrimPrefix(c.GetStatus().String(), "STATUS_CONDITION_") + " " + c.GetReason()
		if m := c.GetMessage(); m != "" {
			line += ": " + m
		}
		s.Conditions = append(s.Conditions, line)
	}
	for _, key := range world.SortedKeys(rsp.GetDesired().GetResources()) {
		if w.Observed[key] == nil {
			s.Composed[key] = world.Desired(rsp, key).Object
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
	goldenText(t, path, string(b))
}

func goldenText(t *testing.T, path, got string) {
	t.Helper()
	want, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatalf("%v (run with -update to write it)", err)
	}
	diff := cmp.Diff(string(want), got)
	if diff == "" {
		return
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("%s: -want, +got (run with -update to accept):\n%s", path, diff)
}

// TestDeterminism: equal requests give equal answers, to the byte.
func TestDeterminism(t *testing.T) {
	t.Parallel()
	w := world.New(t, "platform-smallest.yaml")
	for range 4 { // Halfway: some of everything exists.
		w.Advance(w.Run())
	}
	marshal := func() string {
		b, err := proto.MarshalOptions{Deterministic: true}.Marshal(w.Run())
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
	for _, example := range world.Examples {
		w := world.New(t, example)
		before := w.Settle()
		w.Advance(before)
		after := w.Run()
		if diff := cmp.Diff(before.String(), after.String()); diff != "" {
			t.Errorf("%s: a second run of a ready platform: -first, +second:\n%s", example, diff)
		}
		if got := after.GetMeta().GetTtl().AsDuration(); got != function.TTLPublishing {
			t.Errorf("%s: TTL: want %s, got %s", example, function.TTLPublishing, got)
		}
		// For whatever is to be looked up Crossplane runs the function once more.
		if after.GetRequirements() != nil {
			t.Errorf("%s: nothing has to be looked up, got %v", example, after.GetRequirements())
		}
	}
}

// TestUnresponsive: a ready platform whose events Crossplane drops is looked at
// again soon, or an edit would wait for minutes; and seldom once it listens.
func TestUnresponsive(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]time.Duration{"False": function.TTLConverging, "True": function.TTLPublishing, "Unknown": function.TTLPublishing} {
		w := world.New(t, "platform-smallest.yaml")
		w.Settle()
		world.WithStatus(w.XR, function.ConditionResponsive, status, "WatchCircuitOpen", "")
		rsp := w.Run()
		if got := rsp.GetMeta().GetTtl().AsDuration(); got != want {
			t.Errorf("Responsive %s: want TTL %s, got %s", status, want, got)
		}
		if !world.IsReady(rsp) {
			t.Errorf("Responsive %s: want the platform to stay ready", status)
		}
	}
}
