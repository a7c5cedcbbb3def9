package controlplane

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/util/version"
)

// FunctionTarget is where Crossplane calls the function.
func (cp *ControlPlane) FunctionTarget() string {
	if cp.Bare {
		return "dns:///function-xplatform." + namespaceCrossplane + ":9443"
	}
	return fmt.Sprintf("localhost:%d", cp.ports.function)
}

// startFunction starts the function of the packages that are about to be installed.
func (cp *ControlPlane) startFunction(ctx context.Context) error {
	var err error
	cp.Function, err = cp.run(ctx, cp.process("function-xplatform", listening(cp.ports.function),
		"--address", fmt.Sprintf("127.0.0.1:%d", cp.ports.function), "--tls-certs-dir", cp.serving(), "--metrics", ""))
	return err
}

// Release the packages of another checkout and its binaries, for whoever upgrades to them
// on a bare control plane: as a later version than what is installed, whatever the
// manifests say. The folder that is returned has these manifests with that version.
func (cp *ControlPlane) Release(ctx context.Context, root, bin string) (string, error) {
	cp.node.mu.Lock()
	cp.Root, cp.Bin, cp.releases = root, bin, cp.releases+1
	cp.node.mu.Unlock()
	if err := cp.pack(ctx); err != nil {
		return "", err
	}
	if err := cp.publishProviders(ctx); err != nil {
		return "", err
	}
	checkout := filepath.Join(cp.Dir, fmt.Sprintf("checkout-%d", cp.releases))
	manifests := filepath.Join("examples", "install")
	if err := os.CopyFS(filepath.Join(checkout, manifests), os.DirFS(filepath.Join(root, manifests))); err != nil {
		return "", fmt.Errorf("cannot copy the manifests: %w", err)
	}
	for _, name := range []string{"function.yaml", "configuration.yaml"} {
		o, err := cp.manifest(name)
		if err != nil {
			return "", err
		}
		if err := write(filepath.Join(checkout, manifests, name), o); err != nil {
			return "", err
		}
	}
	return checkout, nil
}

// released is an image by the version that it is released as here.
func (cp *ControlPlane) released(image string) (string, error) {
	repository, tag, _ := strings.Cut(image, ":")
	v, err := version.ParseSemantic(tag)
	if err != nil {
		return "", fmt.Errorf("cannot tell the version of %s: %w", image, err)
	}
	return repository + ":v" + v.WithPatch(v.Patch()+cp.releases).String(), nil
}
