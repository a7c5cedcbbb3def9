// Package gitops asks Argo CD and Flux themselves how healthy platforms are, by the
// checks in examples/gitops. It is a module of its own, because both bring more with them
// than the function is to be built with.
package gitops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/test/world"
)

// The verdicts of Argo CD.
const (
	healthy     = "Healthy"
	progressing = "Progressing"
	degraded    = "Degraded"
	suspended   = "Suspended"
)

// Argo CD with our values, and as it is.
//
//nolint:gochecknoglobals // They are started once.
var (
	ours, builtIn *argo
	// program is Argo CD's code.
	program string
)

func TestMain(m *testing.M) {
	code, err := withArgo(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withArgo runs the tests beside both.
func withArgo(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "gitops")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "argocd")
	build := exec.Command("go", "build", "-C", "argocd", "-o", program, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return 0, fmt.Errorf("cannot build argocd: %w", err)
	}
	for into, args := range map[**argo][]string{&ours: {"health", example("argocd", "health-values.yaml")}, &builtIn: {"health"}} {
		a, err := start(program, args...)
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, a.stop()) }()
		*into = a
	}
	return m.Run(), nil
}

// An argo is Argo CD's health check, which is a program of its own.
type argo struct {
	mu  sync.Mutex
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
	// said of objects, by all that they are.
	said map[string]Health
}

// Health is what Argo CD says of an object.
type Health struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

func start(program string, args ...string) (*argo, error) {
	a := &argo{cmd: exec.Command(program, args...), said: map[string]Health{}}
	a.cmd.Stderr = os.Stderr
	in, err := a.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	a.in, a.out = in, json.NewDecoder(out)
	return a, a.cmd.Start()
}

func (a *argo) stop() error { return errors.Join(a.in.Close(), a.cmd.Wait()) }

// health of an object. It is empty if Argo CD has no check for it.
func (a *argo) health(t *testing.T, o *unstructured.Unstructured) Health {
	t.Helper()
	b, err := json.Marshal(o.Object)
	if err != nil {
		t.Fatal(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if h, said := a.said[string(b)]; said {
		return h
	}
	var h Health
	if _, err := a.in.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := a.out.Decode(&h); err != nil {
		t.Fatal(err)
	}
	a.said[string(b)] = h
	return h
}

// flux is Flux's own health check, with our expressions.
func flux(t *testing.T) func(o *unstructured.Unstructured) (status.Status, error) {
	t.Helper()
	b, err := os.ReadFile(example("flux", "environment", "platform.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var k kustomizev1.Kustomization
	if err := yaml.UnmarshalStrict(b, &k); err != nil {
		t.Fatal(err)
	}
	reader, err := cel.NewStatusReader(k.Spec.HealthCheckExprs)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *unstructured.Unstructured) (status.Status, error) {
		s, err := reader(nil).ReadStatusForObject(context.Background(), nil, served(t, o))
		if err != nil {
			t.Fatal(err)
		}
		return s.Status, s.Error
	}
}

// served is an object as the API server hands it out.
func served(t *testing.T, o *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	b, err := json.Marshal(o.Object)
	if err != nil {
		t.Fatal(err)
	}
	s := &unstructured.Unstructured{}
	if err := s.UnmarshalJSON(b); err != nil {
		t.Fatal(err)
	}
	return s
}

// example of GitOps.
func example(path ...string) string {
	return filepath.Join(append([]string{world.Root(), "examples", "gitops"}, path...)...)
}
