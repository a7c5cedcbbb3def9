package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTargets: what only a release can do is asked for of the packages that were
// pushed, and of what belongs to them. Programs that note what they are asked for stand
// in for those that do it.
func TestTargets(t *testing.T) {
	dir, bin := t.TempDir(), t.TempDir()
	for file, content := range map[string]string{
		"digests.txt":                        "xpkg.crossplane.io/xplatform-dev/configuration-xplatform@sha256:01\nxpkg.crossplane.io/xplatform-dev/function-xplatform@sha256:02\n",
		"configuration-xplatform.xpkg":       "",
		"function-xplatform-amd64.spdx.json": "",
		"function-xplatform-arm64.spdx.json": "",
		"checksums.txt":                      "", "notes.md": "", "subjects": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	log := filepath.Join(dir, "log")
	for _, program := range []string{"cosign", "gh"} {
		script := "#!/bin/sh\necho " + program + " \"$@\" >> " + log + "\ntest \"$1\" != login || cat >> " + log + "\n"
		if err := os.WriteFile(filepath.Join(bin, program), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "make", "-C", root, "RELEASED="+dir, "VERSION=v0.1.0", "release-login", "release-sign", "release-notes")
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "REGISTRY_USER=robot", "REGISTRY_TOKEN=secret", "GITHUB_REPOSITORY=xplatform-dev/function-xplatform")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer("DIR", dir).Replace(`cosign login xpkg.crossplane.io --username robot --password-stdin
secret
cosign sign --yes --recursive xpkg.crossplane.io/xplatform-dev/configuration-xplatform@sha256:01
cosign sign --yes --recursive xpkg.crossplane.io/xplatform-dev/function-xplatform@sha256:02
cosign attest --yes --type spdxjson --predicate DIR/function-xplatform-amd64.spdx.json xpkg.crossplane.io/xplatform-dev/function-xplatform@sha256:02
cosign attest --yes --type spdxjson --predicate DIR/function-xplatform-arm64.spdx.json xpkg.crossplane.io/xplatform-dev/function-xplatform@sha256:02
gh release create --repo xplatform-dev/function-xplatform --verify-tag --notes-file notes.md v0.1.0 configuration-xplatform.xpkg function-xplatform-amd64.spdx.json function-xplatform-arm64.spdx.json checksums.txt digests.txt
`)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("asked for: -want, +got:\n%s", diff)
	}
}
