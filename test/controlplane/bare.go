package controlplane

import (
	"context"
	"net"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/xplatform-dev/function-xplatform/test/crds"
)

// startBare starts Kubernetes with a network and a node, and nothing on it.
func (cp *ControlPlane) startBare(ctx context.Context) error {
	if err := cp.startNetwork(); err != nil {
		return err
	}
	if err := cp.startKubernetes(ctx); err != nil {
		return err
	}
	cp.startNode(ctx)
	return nil
}

// bareAPIServer are the arguments of an API server that reaches pods by the network, and
// lets in those alone that the restricted Pod Security Standard does.
func (cp *ControlPlane) bareAPIServer(dir string) ([]string, error) {
	_, proxy, err := net.SplitHostPort(cp.network.hosts["localhost:443"])
	if err != nil {
		return nil, err
	}
	egress, admission := filepath.Join(dir, "egress.yaml"), filepath.Join(dir, "admission.yaml")
	for file, o := range map[string]map[string]any{
		egress: {
			"apiVersion": "apiserver.k8s.io/v1beta1", "kind": "EgressSelectorConfiguration",
			"egressSelections": []any{map[string]any{"name": "cluster", "connection": map[string]any{
				"proxyProtocol": "HTTPConnect",
				"transport": map[string]any{"tcp": map[string]any{
					"url":       "https://localhost:" + proxy,
					"tlsConfig": map[string]any{"caBundle": cp.network.certificate, "clientCert": cp.network.certificate, "clientKey": cp.network.key},
				}},
			}}},
		},
		admission: {
			"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration",
			"plugins": []any{map[string]any{"name": "PodSecurity", "configuration": map[string]any{
				"apiVersion": "pod-security.admission.config.k8s.io/v1", "kind": "PodSecurityConfiguration",
				"defaults": map[string]any{"enforce": "restricted", "enforce-version": "latest"},
			}}},
		},
	} {
		if err := write(file, &unstructured.Unstructured{Object: o}); err != nil {
			return nil, err
		}
	}
	return []string{"--egress-selector-config-file", egress, "--admission-control-config-file", admission}, nil
}

// Env of somebody who installs on a bare control plane.
func (cp *ControlPlane) Env() []string {
	return append(os.Environ(), append(cp.network.env(), "KUBECONFIG="+cp.Kubeconfig)...)
}

// StartProviders starts who acts on what the function composes, in the place of the
// providers that are installed.
func (cp *ControlPlane) StartProviders(ctx context.Context) error {
	registry, err := crds.Project() //nolint:contextcheck // It asks the go command where a file is.
	if err != nil {
		return err
	}
	if err := cp.readKinds(registry); err != nil {
		return err
	}
	if err := cp.applyFiles(ctx, "sigs.k8s.io/kwok", stages); err != nil {
		return err
	}
	return cp.startProviders(ctx)
}
