package main

import (
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// TestVersions: nothing is pushed that the manifests don't install.
func TestVersions(t *testing.T) {
	manifest := func(pkg string) string {
		return "spec:\n  package: xpkg.crossplane.io/xplatform-dev/" + pkg + "\n"
	}
	cases := map[string]struct {
		reason                  string
		function, configuration string
		version, want           string
	}{
		"Differ":  {reason: "Both packages are of one release.", function: manifest("function-xplatform:v0.2.0"), configuration: manifest("configuration-xplatform:v0.1.0"), version: "v0.2.0", want: "set both to one version"},
		"Other":   {reason: "A tag that nobody is told to install is a mistake.", function: manifest("function-xplatform:v0.1.0"), configuration: manifest("configuration-xplatform:v0.1.0"), version: "v0.2.0", want: "examples/install installs v0.1.0, not v0.2.0"},
		"NoTag":   {reason: "A package without a version is not released.", function: manifest("function-xplatform"), configuration: manifest("configuration-xplatform:v0.1.0"), version: "v0.1.0", want: "function.yaml: spec.package"},
		"Nothing": {reason: "There must be something to publish.", function: manifest("function-xplatform:v0.1.0"), configuration: manifest("configuration-xplatform:v0.1.0"), version: "v0.1.0", want: "cannot read what is new"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, "examples", "install"), 0o750); err != nil {
				t.Fatal(err)
			}
			for file, content := range map[string]string{"function.yaml": tc.function, "configuration.yaml": tc.configuration} {
				if err := os.WriteFile(filepath.Join(dir, "examples", "install", file), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			err := (&Publish{Release: Release{Root: dir, Created: 1}, Version: tc.version}).Run()
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("\n%s\nwant an error with %q, got %v", tc.reason, tc.want, err)
			}
		})
	}
}

// TestVerify: what the registry has and was not built is found.
func TestVerify(t *testing.T) {
	s := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer s.Close()
	tag, err := name.NewTag(s.Listener.Addr().String() + "/xplatform-dev/function-xplatform:v0.1.0")
	if err != nil {
		t.Fatal(err)
	}
	p := Package{Name: "function-xplatform", Tag: tag, Files: map[string]string{"amd64": "", "arm64": ""}}
	if _, err := (&Release{}).verify(p); err == nil || !strings.Contains(err.Error(), "cannot read it back") {
		t.Errorf("want nothing found before it is pushed, got %v", err)
	}
	img, err := random.Image(1024, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, img); err != nil {
		t.Fatal(err)
	}
	if _, err := (&Release{}).verify(p); err == nil || !strings.Contains(err.Error(), `want it for ["amd64" "arm64"]`) {
		t.Errorf("want architectures missing, got %v", err)
	}
	p.Files = map[string]string{"": ""}
	if _, err := (&Release{}).verify(p); err == nil || !strings.Contains(err.Error(), "no layer says of itself") {
		t.Errorf("want no package found, got %v", err)
	}
}
