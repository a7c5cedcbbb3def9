package suite

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestReproducible: who builds the packages somewhere else, of a copy without git, gets
// the same ones.
func TestReproducible(t *testing.T) {
	t.Parallel()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	for _, name := range []string{"apis", "compositions", "fn", "input", "package", "test", "Makefile", "go.mod", "go.sum"} {
		b, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(elsewhere, name), b, 0o600)
		} else {
			err = os.CopyFS(filepath.Join(elsewhere, name), os.DirFS(name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Join(root, ".cache", "bin")
	// Only what packs is not made anew.
	cmd := exec.CommandContext(deadline(t), "make", "-C", elsewhere, "packages", "BIN="+bin, "--old-file="+filepath.Join(bin, "xpkg"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("cannot build the packages: %v: %s", err, out)
	}
	packages, err := filepath.Glob(".cache/packages/*.xpkg")
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) != 3 {
		t.Fatalf("want three packages, got %v", packages)
	}
	for _, file := range packages {
		here, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		there, err := os.ReadFile(filepath.Join(elsewhere, file))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(here, there) {
			t.Errorf("%s: want the same one, got another of %d bytes instead of %d", file, len(there), len(here))
		}
	}
}
