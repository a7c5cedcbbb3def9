package controlplane

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// namespaceCrossplane is where Crossplane lives, and what claims are made of.
const namespaceCrossplane = "crossplane-system"

// startKubernetes starts what a Kubernetes control plane is made of, but for the
// scheduler, which only matters to those who have nodes.
func (cp *ControlPlane) startKubernetes(ctx context.Context) error {
	clients := fmt.Sprintf("http://127.0.0.1:%d", cp.ports.etcd)
	peers := fmt.Sprintf("http://127.0.0.1:%d", cp.ports.etcdPeer)
	var err error
	cp.Etcd, err = cp.run(ctx, cp.process("etcd", healthy(clients+"/readyz"),
		"--data-dir", filepath.Join(cp.Dir, "etcd"),
		"--listen-client-urls", clients, "--advertise-client-urls", clients,
		"--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", "default="+peers,
		// Nothing here outlives a power cut.
		"--unsafe-no-fsync",
		"--log-level", "warn"))
	if err != nil {
		return err
	}
	if err := cp.startAPIServer(ctx, clients); err != nil {
		return err
	}
	cp.Controllers, err = cp.run(ctx, cp.process("kube-controller-manager", nil,
		"--kubeconfig", cp.Kubeconfig, "--leader-elect=false", "--secure-port", "0",
		"--controllers", "garbage-collector-controller,namespace-controller,deployment-controller,replicaset-controller,job-controller,disruption-controller,clusterrole-aggregation-controller",
		"--kube-api-qps", "200", "--kube-api-burst", "400"))
	return err
}

func (cp *ControlPlane) startScheduler(ctx context.Context) error {
	var err error
	cp.Scheduler, err = cp.run(ctx, cp.process("kube-scheduler", nil, "--kubeconfig", cp.Kubeconfig, "--leader-elect=false", "--secure-port", "0"))
	return err
}

func (cp *ControlPlane) startAPIServer(ctx context.Context, etcd string) error {
	pki := filepath.Join(cp.Dir, "apiserver")
	if err := os.MkdirAll(pki, 0o750); err != nil {
		return fmt.Errorf("cannot make a folder: %w", err)
	}
	serving, key, err := cert.GenerateSelfSignedCertKey("localhost", nil, nil)
	if err != nil {
		return fmt.Errorf("cannot make the API server's certificate: %w", err)
	}
	account, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("cannot make the key of service accounts: %w", err)
	}
	token := rand.Text()
	for name, content := range map[string][]byte{
		"tls.crt":    serving,
		"tls.key":    key,
		"sa.key":     pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(account)}),
		"tokens.csv": []byte(token + ",admin,admin,system:masters\n"),
	} {
		if err := os.WriteFile(filepath.Join(pki, name), content, 0o600); err != nil {
			return fmt.Errorf("cannot write the API server's files: %w", err)
		}
	}
	server := fmt.Sprintf("https://localhost:%d", cp.ports.apiServer)
	cp.Kubeconfig = filepath.Join(cp.Dir, kubeconfig)
	if err := writeKubeconfig(cp.Kubeconfig, server, token, serving); err != nil {
		return err
	}
	if cp.Config, err = clientcmd.BuildConfigFromFlags("", cp.Kubeconfig); err != nil {
		return fmt.Errorf("cannot use the kubeconfig: %w", err)
	}
	// The server limits us well enough.
	cp.Config.QPS = -1
	// It warns of finalizers without a path, which Crossplane's are.
	cp.Config.WarningHandler = rest.NoWarnings{}
	h, err := rest.HTTPClientFor(cp.Config)
	if err != nil {
		return fmt.Errorf("cannot make an HTTP client: %w", err)
	}
	args := []string{
		"--etcd-servers", etcd,
		"--bind-address", "127.0.0.1", "--secure-port", strconv.Itoa(cp.ports.apiServer),
		"--tls-cert-file", filepath.Join(pki, "tls.crt"), "--tls-private-key-file", filepath.Join(pki, "tls.key"),
		"--token-auth-file", filepath.Join(pki, "tokens.csv"), "--authorization-mode", "RBAC",
		"--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", filepath.Join(pki, "sa.key"), "--service-account-signing-key-file", filepath.Join(pki, "sa.key"),
		"--service-cluster-ip-range", "10.0.0.0/24",
		// There is nobody to make the default service accounts the first insists
		// on, nor to take off new nodes the taint the second puts on them.
		"--disable-admission-plugins", "ServiceAccount,TaintNodesByCondition",
	}
	if cp.Bare {
		more, err := cp.bareAPIServer(pki)
		if err != nil {
			return err
		}
		args = append(args, more...)
	}
	if cp.APIServer, err = cp.run(ctx, cp.process("kube-apiserver", healthyBy(h, server+"/readyz"), args...)); err != nil {
		return err
	}
	cp.Client, err = newClient(cp.Config)
	return err
}

func newClient(c *rest.Config) (client.WithWatch, error) {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{appsv1.AddToScheme, corev1.AddToScheme, extv1.AddToScheme, policyv1.AddToScheme} {
		if err := add(s); err != nil {
			return nil, fmt.Errorf("cannot register types: %w", err)
		}
	}
	cl, err := client.NewWithWatch(c, client.Options{Scheme: s})
	if err != nil {
		return nil, fmt.Errorf("cannot make a client: %w", err)
	}
	return cl, nil
}

// healthy is ready when a URL answers 200.
func healthy(url string) func(ctx context.Context) error { return healthyBy(http.DefaultClient, url) }

func healthyBy(c *http.Client, url string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		rsp, err := c.Do(req)
		if err != nil {
			return err
		}
		defer rsp.Body.Close() //nolint:errcheck // Nothing is read from it.
		if rsp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", url, rsp.Status)
		}
		return nil
	}
}
