// Command image makes the function's runtime image from its binary, without a
// container runtime. The same binary makes the same image.
package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// nonroot is the user distroless images have by that name.
const nonroot = "65532:65532"

// CLI of the command.
type CLI struct {
	Binary       string `arg:""                                     help:"The function's binary, statically linked."`
	Output       string `arg:""                                     help:"Tarball to write."`
	Architecture string `help:"Architecture the binary is for, as Go calls it." required:""`
}

// Run makes the image.
func (c *CLI) Run() error {
	binary, err := os.ReadFile(c.Binary)
	if err != nil {
		return fmt.Errorf("cannot read the binary: %w", err)
	}
	img, err := image(binary, c.Architecture)
	if err != nil {
		return err
	}
	tag, err := name.NewTag("function-xplatform:" + c.Architecture)
	if err != nil {
		return fmt.Errorf("cannot name the image: %w", err)
	}
	if err := tarball.WriteToFile(c.Output, tag, img); err != nil {
		return fmt.Errorf("cannot write the image: %w", err)
	}
	return nil
}

// image of a binary and nothing else: it is static, and calls nobody.
func image(binary []byte, architecture string) (v1.Image, error) {
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

func main() {
	ctx := kong.Parse(&CLI{}, kong.Description("Make the function's runtime image from its binary."))
	if err := ctx.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}
