package main

import (
	"archive/tar"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// function builds the function's package around a stand-in for its binary.
func function(t *testing.T, output, architecture string) {
	t.Helper()
	binary := filepath.Join(filepath.Dir(output), "function")
	if err := os.WriteFile(binary, []byte("a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&Build{Root: "../../../package", Binary: binary, Output: output, Architecture: architecture}).Run(); err != nil {
		t.Fatal(err)
	}
}

// TestBuild: the package of a function holds the binary, runs it as nobody in
// particular, says what it is, and is the same each time.
func TestBuild(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var digests []string
	for _, output := range []string{"a.xpkg", "b.xpkg"} {
		function(t, filepath.Join(dir, output), "arm64")
		img, err := tarball.ImageFromPath(filepath.Join(dir, output), nil)
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
		content := map[string]string{}
		for files := tar.NewReader(mutate.Extract(img)); ; {
			h, err := files.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(files)
			if err != nil {
				t.Fatal(err)
			}
			content["/"+h.Name] = string(b)
			if "/"+h.Name == config.Config.Entrypoint[0] && h.FileInfo().Mode().Perm() != 0o555 {
				t.Errorf("want the binary to be executable, its mode is %s", h.FileInfo().Mode())
			}
		}
		if got := content[config.Config.Entrypoint[0]]; got != "a program" {
			t.Errorf("want the image to run its binary, it runs %v and has %q there", config.Config.Entrypoint, got)
		}
		if got := content["/package.yaml"]; !strings.Contains(got, "kind: Function") || !strings.Contains(got, "kind: CustomResourceDefinition") {
			t.Errorf("want the package to say what it is and the schema of its input, got:\n%s", got)
		}
	}
	if digests[0] != digests[1] {
		t.Errorf("want one binary to make one package, got %v", digests)
	}
}

// TestPush: a package for two architectures is one index, and Crossplane finds the
// layer to read in each.
func TestPush(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(registry.New())
	defer server.Close()
	dir := t.TempDir()
	var files []string
	for _, architecture := range []string{"amd64", "arm64"} {
		files = append(files, filepath.Join(dir, architecture+".xpkg"))
		function(t, files[len(files)-1], architecture)
	}
	reference := strings.TrimPrefix(server.URL, "http://") + "/thing:v1"
	if err := (&Push{Reference: reference, Packages: files}).Run(); err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(reference)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(tag)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var architectures []string
	for _, m := range manifest.Manifests {
		architectures = append(architectures, m.Platform.Architecture)
		img, err := index.Image(m.Digest)
		if err != nil {
			t.Fatal(err)
		}
		layers, err := img.Manifest()
		if err != nil {
			t.Fatal(err)
		}
		annotated := 0
		for _, l := range layers.Layers {
			if l.Annotations["io.crossplane.xpkg"] == "base" {
				annotated++
			}
		}
		if annotated != 1 {
			t.Errorf("%s: want one layer for Crossplane to read, got %+v", m.Platform, layers.Layers)
		}
	}
	if got := strings.Join(architectures, " "); got != "amd64 arm64" {
		t.Errorf("want an index of both architectures, got %s", got)
	}
}

func TestNoBinary(t *testing.T) {
	t.Parallel()
	if err := (&Build{Root: "../../../package", Binary: filepath.Join(t.TempDir(), "none"), Architecture: "amd64"}).Run(); err == nil {
		t.Error("want an error if there is no binary")
	}
}
