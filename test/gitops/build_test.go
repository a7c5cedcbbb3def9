package gitops

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestGolden: a platform progresses through all its golden stages, says what is under way,
// and is healthy in the last alone.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(world.Root(), "fn", "testdata", "*", "stage-*.yaml"))
	if err != nil || len(files) < 20 {
		t.Fatalf("want all stages, got %v (%v)", files, err)
	}
	specs := map[string]map[string]any{}
	for _, example := range world.Examples {
		specs[strings.TrimSuffix(example, ".yaml")] = asks(world.New(t, example).Claim)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var stage struct {
			Ready      bool           `json:"ready"`
			Conditions []string       `json:"conditions"`
			Status     map[string]any `json:"status"`
		}
		if err := yaml.Unmarshal(b, &stage); err != nil {
			t.Fatal(err)
		}
		spec := specs[filepath.Base(filepath.Dir(file))]
		claim := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "xplatform.dev/v1alpha1", "kind": "Platform", "spec": spec, "status": stage.Status}}
		stage.Status["asked"] = spec
		waiting := ""
		for _, line := range stage.Conditions {
			ctype, rest, _ := strings.Cut(line, "=")
			value, rest, _ := strings.Cut(rest, " ")
			reason, message, _ := strings.Cut(rest, ": ")
			world.WithStatus(claim, ctype, value[:1]+strings.ToLower(value[1:]), reason, message)
			if value == "FALSE" && ctype != "VersionCurrent" && (ctype != "FactsReady" || spec["facts"] != nil) {
				waiting = message
			}
		}
		world.WithStatus(claim, "Synced", "True", "ReconcileSuccess", "")
		want := progressing
		if stage.Ready {
			want = healthy
			world.WithStatus(claim, "Ready", "True", "Available", "")
		} else {
			world.WithStatus(claim, "Ready", "False", "Waiting", "")
		}
		t.Run(filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file), func(t *testing.T) { wantOf(t, ours.health(t, claim), want, waiting) })
	}
}

// TestBuild: a platform progresses while it is built, by an AWS that says no, and is
// healthy once all of it is in force.
func TestBuild(t *testing.T) {
	t.Parallel()
	for _, example := range world.Examples {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			l := world.Live(world.New(t, example))
			p := over(t, l.World, l)
			p.want(progressing)
			p.settle()
			p.want(healthy)
			p.wantComposite(healthy)
			if want := []string{progressing, healthy}; !slices.Equal(p.heard, want) {
				t.Errorf("want it %v, got %v", want, p.heard)
			}
		})
	}
}

// TestSlow: what exists and is being made is no trouble, be it the last of a platform.
func TestSlow(t *testing.T) {
	t.Parallel()
	p := over(t, world.New(t, "platform-smallest.yaml"), nil)
	p.slow = true
	p.settle()
	if want := []string{progressing, healthy}; !slices.Equal(p.heard, want) {
		t.Errorf("want it %v, got %v", want, p.heard)
	}
}
