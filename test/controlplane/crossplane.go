package controlplane

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/test/modules"
)

// Secrets that Crossplane's initialization writes certificates to.
const (
	secretCA     = "crossplane-root-ca"
	secretServer = "crossplane-tls-server"
	secretClient = "crossplane-tls-client"
)

// startCrossplane initializes Crossplane, and starts it and the function.
func (cp *ControlPlane) startCrossplane(ctx context.Context) error {
	if err := cp.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespaceCrossplane}}); err != nil {
		return fmt.Errorf("cannot create Crossplane's namespace: %w", err)
	}
	if err := cp.initialize(ctx); err != nil {
		return err
	}
	// One certificate, of localhost, serves Crossplane's webhooks and the
	// function.
	serving, calling := cp.serving(), filepath.Join(cp.Dir, "tls-client")
	for secret, dir := range map[string]string{secretServer: serving, secretClient: calling} {
		if err := cp.saveSecret(ctx, secret, dir); err != nil {
			return err
		}
	}
	if err := cp.pointWebhooks(ctx); err != nil {
		return err
	}
	args := []string{
		"core", "start", "--debug",
		// More workers than the machine has use for only apply the same objects more
		// often: with 100, the default, twenty platforms take half as long again.
		"--max-concurrent-reconciles", "4",
		// The function runs here, not in a pod.
		"--package-runtime", "External",
		"--xpkg-cache-dir", filepath.Join(cp.Dir, "xpkg"),
		"--tls-server-certs-dir", serving, "--tls-server-secret-name", secretServer,
		"--tls-client-certs-dir", calling, "--tls-client-secret-name", secretClient,
		"--webhook-port", strconv.Itoa(cp.ports.webhooks),
		"--metrics-port", strconv.Itoa(cp.ports.metrics),
		"--health-probe-port", strconv.Itoa(cp.ports.health),
	}
	if cp.Sync > 0 {
		args = append(args, "--sync-interval", cp.Sync.String())
	}
	if !cp.DefaultCircuitBreaker {
		values, err := cp.recommended()
		if err != nil {
			return err
		}
		args = append(args, values.Args...)
	}
	if err := os.MkdirAll(filepath.Join(cp.Dir, "xpkg"), 0o750); err != nil {
		return fmt.Errorf("cannot make a folder: %w", err)
	}
	if err := cp.startFunction(ctx); err != nil {
		return err
	}
	var err error
	cp.Crossplane, err = cp.run(ctx, cp.process("crossplane-core", listening(cp.ports.webhooks), args...))
	return err
}

// serving is the folder of the certificate that Crossplane and the function serve with.
func (cp *ControlPlane) serving() string { return filepath.Join(cp.Dir, "tls-server") }

// MetricsURL is where Crossplane serves its metrics.
func (cp *ControlPlane) MetricsURL() string {
	return fmt.Sprintf("http://127.0.0.1:%d/metrics", cp.ports.metrics)
}

// chartValues of Crossplane that are recommended, of those that a process without a pod
// can have.
type chartValues struct {
	Args     []string `json:"args"`
	Provider struct {
		DefaultActivations []string `json:"defaultActivations"`
	} `json:"provider"`
}

// recommended values for Crossplane's chart.
func (cp *ControlPlane) recommended() (chartValues, error) {
	values := chartValues{}
	b, err := os.ReadFile(filepath.Join(cp.Root, "examples", "install", "crossplane-values.yaml"))
	if err != nil {
		return values, fmt.Errorf("cannot read Crossplane's values: %w", err)
	}
	if err := yaml.Unmarshal(b, &values); err != nil {
		return values, fmt.Errorf("cannot parse Crossplane's values: %w", err)
	}
	return values, nil
}

// initialize as Crossplane's init container does. It gives up while CRDs it has
// just applied are not served yet, and the container would be restarted.
func (cp *ControlPlane) initialize(ctx context.Context) error {
	//nolint:contextcheck // It asks the go command where a file is.
	module, err := modules.Path("github.com/crossplane/crossplane/v2", "cluster")
	if err != nil {
		return err
	}
	values, err := cp.recommended()
	if err != nil {
		return err
	}
	args := []string{"core", "init"}
	for _, a := range values.Provider.DefaultActivations {
		args = append(args, "--activation", a)
	}
	var out []byte
	var last error
	err = wait.PollUntilContextTimeout(ctx, 500*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		init := exec.CommandContext(ctx, filepath.Join(cp.Bin, "crossplane-core"), args...)
		init.Env = append(os.Environ(),
			"KUBECONFIG="+cp.Kubeconfig,
			"CRDS_PATH="+filepath.Join(module, "crds"),
			"WEBHOOK_CONFIGS_PATH="+filepath.Join(module, "webhookconfigurations"),
			// It makes the webhooks' certificate for the service's name.
			"WEBHOOK_SERVICE_NAME=localhost", "WEBHOOK_SERVICE_NAMESPACE="+namespaceCrossplane, "WEBHOOK_SERVICE_PORT=443",
			"TLS_CA_SECRET_NAME="+secretCA, "TLS_SERVER_SECRET_NAME="+secretServer, "TLS_CLIENT_SECRET_NAME="+secretClient)
		out, last = init.CombinedOutput()
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("cannot initialize Crossplane: %w, %w: %s", err, last, strings.TrimSpace(string(out)))
	}
	return nil
}

// saveSecret to a folder, a file for each of its keys.
func (cp *ControlPlane) saveSecret(ctx context.Context, name, dir string) error {
	s := &corev1.Secret{}
	if err := cp.Client.Get(ctx, types.NamespacedName{Namespace: namespaceCrossplane, Name: name}, s); err != nil {
		return fmt.Errorf("cannot get Secret %s: %w", name, err)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("cannot make a folder: %w", err)
	}
	for key, value := range s.Data {
		if err := os.WriteFile(filepath.Join(dir, key), value, 0o600); err != nil {
			return fmt.Errorf("cannot write a certificate: %w", err)
		}
	}
	return nil
}

// pointWebhooks at Crossplane where it runs, instead of at a service.
func (cp *ControlPlane) pointWebhooks(ctx context.Context) error {
	url := fmt.Sprintf("https://localhost:%d/validate-no-usages", cp.ports.webhooks)
	patch, err := json.Marshal([]map[string]any{
		{"op": "remove", "path": "/webhooks/0/clientConfig/service"},
		{"op": "add", "path": "/webhooks/0/clientConfig/url", "value": url},
	})
	if err != nil {
		return err
	}
	o := &unstructured.Unstructured{}
	o.SetAPIVersion("admissionregistration.k8s.io/v1")
	o.SetKind("ValidatingWebhookConfiguration")
	o.SetName("crossplane-no-usages")
	if err := cp.Client.Patch(ctx, o, client.RawPatch(types.JSONPatchType, patch)); err != nil {
		return fmt.Errorf("cannot point the webhooks at %s: %w", url, err)
	}
	return nil
}
