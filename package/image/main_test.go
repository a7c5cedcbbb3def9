package main

import (
	"archive/tar"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// TestImage: the image holds the binary, runs it as nobody in particular, and is
// the same each time.
func TestImage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	binary := filepath.Join(dir, "function")
	if err := os.WriteFile(binary, []byte("a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	var digests []string
	for _, output := range []string{"a.tar", "b.tar"} {
		output = filepath.Join(dir, output)
		if err := (&CLI{Binary: binary, Output: output, Architecture: "arm64"}).Run(); err != nil {
			t.Fatal(err)
		}
		img, err := tarball.ImageFromPath(output, nil)
		if err != nil {
			t.Fatal(err)
		}
		digest, err := img.Digest()
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest.String())

		config, err := img.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if config.OS != "linux" || config.Architecture != "arm64" || config.Config.User != nonroot {
			t.Errorf("want an image for linux on arm64 that runs as %s, got %+v", nonroot, config)
		}
		files := tar.NewReader(mutate.Extract(img))
		h, err := files.Next()
		if err != nil {
			t.Fatal(err)
		}
		if "/"+h.Name != config.Config.Entrypoint[0] || h.FileInfo().Mode().Perm() != 0o555 {
			t.Errorf("want the image to run its executable file, it runs %v and has %s %s", config.Config.Entrypoint, h.Name, h.FileInfo().Mode())
		}
		content, err := io.ReadAll(files)
		if err != nil || string(content) != "a program" {
			t.Errorf("want the binary in the image, got %q (%v)", content, err)
		}
	}
	if digests[0] != digests[1] {
		t.Errorf("want one binary to make one image, got %v", digests)
	}
}

func TestNoBinary(t *testing.T) {
	t.Parallel()
	if err := (&CLI{Binary: filepath.Join(t.TempDir(), "none"), Architecture: "amd64"}).Run(); err == nil {
		t.Error("want an error if there is no binary")
	}
}
