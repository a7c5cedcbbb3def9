package gitops

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// definitions of Argo CD's and Flux's kinds: the files they are in. Argo CD's are of the
// version whose code judges here. Flux's are not of the version whose types are used here,
// of which the module proxy has no code.
func definitions() (files []string, err error) {
	for _, m := range []struct{ dir, module, path string }{
		{"argocd", "github.com/argoproj/argo-cd/v3", "manifests/crds/*-crd.yaml"},
		{".", "github.com/fluxcd/kustomize-controller@v1.9.1", "config/crd/bases/*.yaml"},
		{".", "github.com/fluxcd/source-controller@v1.9.1", "config/crd/bases/*.yaml"},
	} {
		cmd := exec.Command("go", "mod", "download", "-json", m.module) //nolint:gosec // It is one of these.
		cmd.Dir, cmd.Stderr = m.dir, os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("cannot get %s: %w: %s", m.module, err, out)
		}
		var got struct{ Dir string }
		if err := json.Unmarshal(out, &got); err != nil {
			return nil, fmt.Errorf("cannot get %s: %w", m.module, err)
		}
		found, err := filepath.Glob(filepath.Join(got.Dir, filepath.FromSlash(m.path)))
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("%s has no definitions: %w", got.Dir, err)
		}
		files = append(files, found...)
	}
	return files, nil
}
