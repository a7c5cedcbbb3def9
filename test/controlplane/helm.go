package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/cert"
)

// startHelm starts provider-helm, a repository of charts for it, and nodes for
// what it installs.
func (cp *ControlPlane) startHelm(ctx context.Context) error {
	if err := cp.packCharts(ctx); err != nil {
		return err
	}
	if err := cp.serve(cp.ports.files, http.FileServer(http.Dir(cp.chartDir()))); err != nil {
		return err
	}
	for _, name := range []string{"node-a", "node-b"} {
		n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelTopologyZone: name, corev1.LabelHostname: name}}}
		n.Status.Allocatable = corev1.ResourceList{
			corev1.ResourceCPU:    resource.MustParse("16"),
			corev1.ResourceMemory: resource.MustParse("64Gi"),
			corev1.ResourcePods:   resource.MustParse("110"),
		}
		n.Status.Capacity = n.Status.Allocatable
		if err := cp.Client.Create(ctx, n); err != nil {
			return fmt.Errorf("cannot create a node: %w", err)
		}
	}
	home := filepath.Join(cp.Dir, "helm")
	if err := os.MkdirAll(home, 0o750); err != nil {
		return fmt.Errorf("cannot make a folder: %w", err)
	}
	p := cp.process("provider-helm", nil, "--debug")
	// Helm keeps its caches there, and provider-helm the charts it pulls.
	p.env = append(p.env, "HOME="+home, "TMPDIR="+home)
	var err error
	cp.ProviderHelm, err = cp.run(ctx, p)
	return err
}

// startDrain starts provider-kubernetes, and who runs the Pods it makes.
func (cp *ControlPlane) startDrain(ctx context.Context) error {
	crt, key, err := cert.GenerateSelfSignedCertKey("localhost", nil, nil)
	if err != nil {
		return fmt.Errorf("cannot make a certificate: %w", err)
	}
	dir := filepath.Join(cp.Dir, "provider-kubernetes")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("cannot make a folder: %w", err)
	}
	for name, content := range map[string][]byte{"tls.crt": crt, "tls.key": key} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return fmt.Errorf("cannot write a certificate: %w", err)
		}
	}
	p := cp.process("provider-kubernetes", nil, "--debug",
		"--webhook-port", strconv.Itoa(cp.ports.providerWebhooks), "--metrics-bind-address", "0", "--health-probe-bind-addr", "0")
	p.env = append(p.env, "TLS_SERVER_CERTS_DIR="+dir)
	if cp.ProviderKubernetes, err = cp.run(ctx, p); err != nil {
		return err
	}
	cp.play(ctx, cp.runKubelet)
	return nil
}

func (cp *ControlPlane) chartDir() string { return filepath.Join(cp.Dir, "charts") }

func (cp *ControlPlane) chartRepository() string {
	return fmt.Sprintf("http://127.0.0.1:%d", cp.ports.files)
}

// charts that have a small stand-in in test/charts, by name.
func (cp *ControlPlane) charts() ([]string, error) {
	files, err := filepath.Glob(filepath.Join(cp.Root, "test", "charts", "*", "Chart.yaml"))
	if err != nil || len(files) == 0 {
		return nil, errors.Join(errors.New("test/charts has no charts"), err)
	}
	var names []string
	for _, f := range files {
		names = append(names, filepath.Base(filepath.Dir(f)))
	}
	return names, nil
}

// packCharts makes a chart of each stand-in and the templates they share, and a
// repository of them all.
func (cp *ControlPlane) packCharts(ctx context.Context) error {
	names, err := cp.charts()
	if err != nil {
		return err
	}
	args := []string{cp.chartDir(), cp.chartRepository()}
	for _, name := range names {
		dir := filepath.Join(cp.Dir, "chart-sources", name)
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(cp.Root, "test", "charts", name))); err != nil {
			return fmt.Errorf("cannot copy chart %s: %w", name, err)
		}
		if err := os.CopyFS(filepath.Join(dir, "templates"), os.DirFS(filepath.Join(cp.Root, "test", "charts", "templates"))); err != nil {
			return fmt.Errorf("cannot copy chart %s: %w", name, err)
		}
		args = append(args, dir)
	}
	return cp.tool(ctx, "charts", args...)
}
