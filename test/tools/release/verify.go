package main

import (
	"archive/tar"
	"bytes"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// architectures of the function's package, as Go calls them.
//
//nolint:gochecknoglobals // A constant list.
var architectures = []string{"amd64", "arm64"}

// layerAnnotation tells Crossplane in which layer the package is.
const layerAnnotation = "io.crossplane.xpkg"

// credentials are those that somebody logged in with.
//
//nolint:gochecknoglobals // A constant.
var credentials = remote.WithAuthFromKeychain(authn.DefaultKeychain)

// verify what the registry has of a package against what was built, and return its
// reference by digest.
func (r *Release) verify(p Package) (name.Digest, error) {
	descriptor, err := remote.Get(p.Tag, credentials)
	if err != nil {
		return name.Digest{}, fmt.Errorf("cannot read it back: %w", err)
	}
	byDigest := p.Tag.Digest(descriptor.Digest.String())
	got := map[string]v1.Image{}
	if descriptor.MediaType.IsIndex() {
		if got, err = imagesOf(byDigest); err != nil {
			return name.Digest{}, err
		}
	} else if got[""], err = remote.Image(byDigest, credentials); err != nil {
		return name.Digest{}, fmt.Errorf("cannot read it back: %w", err)
	}
	if want := slices.Sorted(maps.Keys(p.Files)); !slices.Equal(want, slices.Sorted(maps.Keys(got))) {
		return name.Digest{}, fmt.Errorf("want it for %q, got it for %q", want, slices.Sorted(maps.Keys(got)))
	}
	for architecture, img := range got {
		if err := r.verifyImage(p.Name, architecture, img); err != nil {
			return name.Digest{}, fmt.Errorf("%s: %w", architecture, err)
		}
	}
	return byDigest, nil
}

// imagesOf an index, by their architecture.
func imagesOf(ref name.Digest) (map[string]v1.Image, error) {
	index, err := remote.Index(ref, credentials)
	if err != nil {
		return nil, fmt.Errorf("cannot read it back: %w", err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, fmt.Errorf("cannot read its index: %w", err)
	}
	all := map[string]v1.Image{}
	for _, m := range manifest.Manifests {
		if m.Platform == nil || m.Platform.OS != "linux" {
			return nil, fmt.Errorf("its index has an image for %v, want only ones for linux", m.Platform)
		}
		if all[m.Platform.Architecture], err = index.Image(m.Digest); err != nil {
			return nil, fmt.Errorf("cannot read its image for %s: %w", m.Platform.Architecture, err)
		}
	}
	return all, nil
}

// verifyImage of a package: what Crossplane reads is of that package, and what runs is
// the binary that was built.
func (r *Release) verifyImage(pkg, architecture string, img v1.Image) error {
	manifest, err := img.Manifest()
	if err != nil {
		return fmt.Errorf("cannot read its manifest: %w", err)
	}
	files, described := map[string][]byte{}, false
	for _, l := range manifest.Layers {
		layer, err := img.LayerByDigest(l.Digest)
		if err != nil {
			return fmt.Errorf("cannot read its layers: %w", err)
		}
		content, err := filesOf(layer)
		if err != nil {
			return err
		}
		if l.Annotations[layerAnnotation] == "base" {
			described = strings.Contains(string(content["package.yaml"]), "name: "+pkg+"\n")
		}
		maps.Copy(files, content)
	}
	if !described {
		return errors.New("no layer says of itself that it has the package")
	}
	if architecture == "" {
		return nil
	}
	built, err := os.ReadFile(r.binary(architecture))
	if err != nil {
		return fmt.Errorf("cannot read the binary: %w", err)
	}
	if !bytes.Equal(built, files[filepath.Base(r.binary(architecture))]) {
		return errors.New("the binary is another one than was built")
	}
	info, err := buildinfo.Read(bytes.NewReader(built))
	if err != nil {
		return fmt.Errorf("cannot tell what the binary is built of: %w", err)
	}
	for _, s := range info.Settings {
		if s.Key == "GOARCH" && s.Value == architecture {
			return nil
		}
	}
	return errors.New("the binary is for another architecture")
}

// binary that was built for an architecture.
func (r *Release) binary(architecture string) string {
	return filepath.Join(r.Built, architecture, "function-xplatform")
}

// filesOf a layer, by their path.
func filesOf(layer v1.Layer) (map[string][]byte, error) {
	rc, err := layer.Uncompressed()
	if err != nil {
		return nil, fmt.Errorf("cannot read its layers: %w", err)
	}
	defer rc.Close() //nolint:errcheck // It is only read.
	files := map[string][]byte{}
	for archive := tar.NewReader(rc); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read its layers: %w", err)
		}
		if files[h.Name], err = io.ReadAll(archive); err != nil {
			return nil, fmt.Errorf("cannot read its layers: %w", err)
		}
	}
}
