// Command xpkg builds and pushes this project's packages, as "crossplane xpkg"
// does and by the same library. The CLI itself takes minutes to build.
package main

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/spf13/afero"

	"github.com/crossplane/crossplane-runtime/v2/pkg/xpkg"
	"github.com/crossplane/crossplane-runtime/v2/pkg/xpkg/parser"
	"github.com/crossplane/crossplane-runtime/v2/pkg/xpkg/parser/examples"
	"github.com/crossplane/crossplane-runtime/v2/pkg/xpkg/parser/yaml"
)

// nonroot is the user distroless images have by that name.
const nonroot = "65532:65532"

// CLI of the command.
type CLI struct {
	Build Build `cmd:"" help:"Build a package."`
	Push  Push  `cmd:"" help:"Push a package to a registry, for all its architectures."`
}

// Build a package. The same input makes the same package.
type Build struct {
	Root         string `arg:""                                      help:"Folder of crossplane.yaml, and of all the package holds." type:"existingdir"`
	Output       string `arg:""                                      help:"Package to write."`
	Binary       string `help:"A function's binary, statically linked, to run." type:"existingfile"`
	Architecture string `help:"Architecture the binary is for, as Go calls it."`
}

// Run the command.
func (b *Build) Run() error {
	base := empty.Image
	if b.Binary != "" {
		binary, err := os.ReadFile(b.Binary)
		if err != nil {
			return fmt.Errorf("cannot read the binary: %w", err)
		}
		if base, err = runtime(binary, b.Architecture); err != nil {
			return err
		}
	}
	manifests, err := yaml.New()
	if err != nil {
		return fmt.Errorf("cannot make a parser: %w", err)
	}
	source := parser.NewFsBackend(afero.NewOsFs(), parser.FsDir(b.Root), parser.FsFilters(parser.SkipDirs(), parser.SkipNotYAML(), parser.SkipEmpty()))
	none := parser.NewFsBackend(afero.NewMemMapFs(), parser.FsDir("examples"))
	img, _, err := xpkg.New(source, none, manifests, examples.New()).Build(context.Background(), xpkg.WithBase(base))
	if err != nil {
		return fmt.Errorf("cannot build a package of %s: %w", b.Root, err)
	}
	if err := tarball.WriteToFile(b.Output, nil, img); err != nil {
		return fmt.Errorf("cannot write the package: %w", err)
	}
	return nil
}

// runtime image of a binary and nothing else: it is static, and calls nobody.
func runtime(binary []byte, architecture string) (v1.Image, error) {
	const path = "/function-xplatform"
	layer, err := layerOf(path, binary)
	if err != nil {
		return nil, err
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, fmt.Errorf("cannot add the binary: %w", err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("cannot configure the image: %w", err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", architecture
	config.Config = v1.Config{
		Entrypoint:   []string{path},
		User:         nonroot,
		ExposedPorts: map[string]struct{}{"9443/tcp": {}, "8080/tcp": {}},
	}
	img, err = mutate.ConfigFile(img, config)
	if err != nil {
		return nil, fmt.Errorf("cannot configure the image: %w", err)
	}
	return img, nil
}

// layerOf one executable file. It has no time, so that it is always the same.
func layerOf(path string, content []byte) (v1.Layer, error) {
	b := &bytes.Buffer{}
	w := tar.NewWriter(b)
	if err := w.WriteHeader(&tar.Header{Name: path[1:], Typeflag: tar.TypeReg, Mode: 0o555, Size: int64(len(content))}); err != nil {
		return nil, fmt.Errorf("cannot pack the binary: %w", err)
	}
	if _, err := w.Write(content); err != nil {
		return nil, fmt.Errorf("cannot pack the binary: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("cannot pack the binary: %w", err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	if err != nil {
		return nil, fmt.Errorf("cannot pack the binary: %w", err)
	}
	return layer, nil
}

// Push a package.
type Push struct {
	Reference string   `arg:"" help:"Where to, with a tag."`
	Packages  []string `arg:"" help:"Packages, one for each architecture." type:"existingfile"`
}

// Run the command.
func (p *Push) Run() error {
	tag, err := name.NewTag(p.Reference, name.StrictValidation)
	if err != nil {
		return fmt.Errorf("cannot push to %s: %w", p.Reference, err)
	}
	credentials := remote.WithAuthFromKeychain(authn.DefaultKeychain)
	var all []mutate.IndexAddendum
	for _, path := range p.Packages {
		img, err := tarball.ImageFromPath(path, nil)
		if err != nil {
			return fmt.Errorf("cannot read %s: %w", path, err)
		}
		// A file has no place for the notes that tell Crossplane which layer
		// to read.
		if img, err = xpkg.AnnotateLayers(img); err != nil {
			return fmt.Errorf("cannot annotate %s: %w", path, err)
		}
		config, err := img.ConfigFile()
		if err != nil {
			return fmt.Errorf("cannot read %s: %w", path, err)
		}
		all = append(all, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: config.Platform()}})
	}
	if len(all) == 1 {
		err = remote.Write(tag, all[0].Add.(v1.Image), credentials) //nolint:forcetypeassert // Made above.
	} else {
		err = remote.WriteIndex(tag, mutate.AppendManifests(empty.Index, all...), credentials)
	}
	if err != nil {
		return fmt.Errorf("cannot push %s to %s: %w", strings.Join(p.Packages, ", "), tag, err)
	}
	return nil
}

func main() {
	ctx := kong.Parse(&CLI{}, kong.Description("Build and push packages."))
	if err := ctx.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "xpkg:", err)
		os.Exit(1)
	}
}
