package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"sigs.k8s.io/yaml"
)

// Release is what both commands take.
type Release struct {
	Root    string `default:"."               help:"The checkout."                                                type:"existingdir"`
	Bin     string `default:".cache/bin"      help:"Folder of xpkg, which pushes packages."                       type:"existingdir"`
	Built   string `default:".cache/packages" help:"Folder of the packages, and of each architecture's binary."   type:"existingdir"`
	Output  string `default:".cache/release"  help:"Folder to write to."`
	Created int64  `default:"0"               env:"SOURCE_DATE_EPOCH" help:"When what is released was committed, in seconds since 1970: who makes it again makes the same."`
}

// Publish a release.
type Publish struct {
	Release `embed:""`

	Version string `arg:"" help:"Version to release, such as v0.1.0, which examples/install installs."`
}

// Run the command.
func (p *Publish) Run() error { return p.publish(p.Version, "") }

// DryRun of a release. What it pushes is gone when it ends.
type DryRun struct {
	Release `embed:""`
}

// Run the command.
func (d *DryRun) Run() error {
	s := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer s.Close()
	return d.publish("", s.Listener.Addr().String())
}

// A Package to publish, where its manifest says.
type Package struct {
	// Name of it, and the files it consists of, by architecture if it has any.
	Name  string
	Files map[string]string
	// Tag it is published as.
	Tag name.Tag
}

// packages of the release, and their common version. If there is a mirror, they are
// published there.
func (r *Release) packages(mirror string) ([]Package, string, error) {
	configuration, function := "configuration-xplatform", "function-xplatform"
	all := []Package{{Name: configuration, Files: map[string]string{"": r.built(configuration + ".xpkg")}}, {Name: function, Files: map[string]string{}}}
	for _, architecture := range architectures {
		all[1].Files[architecture] = r.built(function + "-" + architecture + ".xpkg")
	}
	var version string
	for i, p := range all {
		file := filepath.Join(r.Root, "examples", "install", strings.Split(p.Name, "-")[0]+".yaml")
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, "", fmt.Errorf("cannot tell where %s is published: %w", p.Name, err)
		}
		manifest := struct{ Spec struct{ Package string } }{}
		if err := yaml.Unmarshal(b, &manifest); err != nil {
			return nil, "", fmt.Errorf("cannot read %s: %w", file, err)
		}
		tag, err := name.NewTag(manifest.Spec.Package, name.StrictValidation)
		if err != nil {
			return nil, "", fmt.Errorf("%s: spec.package: %w", file, err)
		}
		if version != "" && tag.TagStr() != version {
			return nil, "", fmt.Errorf("%s: spec.package is of %s, and that of the other package of %s: set both to one version", file, tag.TagStr(), version)
		}
		version = tag.TagStr()
		if mirror != "" {
			if tag, err = name.NewTag(mirror+"/"+tag.RepositoryStr()+":"+version, name.StrictValidation); err != nil {
				return nil, "", err
			}
		}
		all[i].Tag = tag
	}
	return all, version, nil
}

func (r *Release) built(file string) string { return filepath.Join(r.Built, file) }

// publish a version, "" for whatever the manifests install.
func (r *Release) publish(version, mirror string) error {
	if r.Created == 0 {
		return errors.New("SOURCE_DATE_EPOCH must be set, to what git log -1 --format=%ct prints")
	}
	packages, installs, err := r.packages(mirror)
	if err != nil {
		return err
	}
	if version != "" && version != installs {
		return fmt.Errorf("examples/install installs %s, not %s: set spec.package in both manifests, or release %s", installs, version, installs)
	}
	changelog, err := os.ReadFile(filepath.Join(r.Root, "CHANGELOG.md"))
	if err != nil {
		return fmt.Errorf("cannot read what is new: %w", err)
	}
	section := strings.TrimPrefix(version, "v")
	if version == "" {
		section = unreleased
	}
	notes, err := notesOf(string(changelog), section)
	if err != nil {
		return err
	}
	files := map[string][]byte{"notes.md": []byte(notes)}
	if files["licences.txt"], err = r.notices(); err != nil {
		return err
	}
	for _, architecture := range architectures {
		if files["function-xplatform-"+architecture+".spdx.json"], err = r.materials(architecture, installs); err != nil {
			return err
		}
	}
	// Nothing is pushed before all else could be made.
	var digests []name.Digest
	for _, p := range packages {
		digest, err := r.push(p)
		if err != nil {
			return err
		}
		digests = append(digests, digest)
		fmt.Fprintln(os.Stdout, digest) //nolint:errcheck // Nobody can be told.
	}
	return r.write(files, packages, digests)
}

// notices of all that is in the function's binaries.
func (r *Release) notices() ([]byte, error) {
	modules, err := modulesOf(r.Root)
	if err != nil {
		return nil, err
	}
	library, err := library(r.Root)
	if err != nil {
		return nil, err
	}
	return noticesOf(append([]module{library}, modules...))
}

// push a package, and read back what became of it.
func (r *Release) push(p Package) (name.Digest, error) {
	args := []string{"push", p.Tag.String()}
	for _, architecture := range slices.Sorted(maps.Keys(p.Files)) {
		args = append(args, p.Files[architecture])
	}
	if out, err := exec.Command(filepath.Join(r.Bin, "xpkg"), args...).CombinedOutput(); err != nil { //nolint:noctx // It ends with the registry.
		return name.Digest{}, fmt.Errorf("cannot push %s: %w: %s", p.Name, err, strings.TrimSpace(string(out)))
	}
	digest, err := r.verify(p)
	if err != nil {
		return name.Digest{}, fmt.Errorf("%s is not what was pushed: %w", p.Tag, err)
	}
	return digest, nil
}

// write the files of the release, the packages among them, the digests of what was
// pushed, the checksums of all files, and of both what its provenance is about.
func (r *Release) write(files map[string][]byte, packages []Package, digests []name.Digest) error {
	for _, p := range packages {
		for _, file := range p.Files {
			b, err := os.ReadFile(file)
			if err != nil {
				return fmt.Errorf("cannot read a package: %w", err)
			}
			files[path.Base(file)] = b
		}
	}
	pushed, subjects := &bytes.Buffer{}, &bytes.Buffer{}
	for _, d := range digests {
		fmt.Fprintln(pushed, d)
		fmt.Fprintf(subjects, "%s  %s\n", strings.TrimPrefix(d.DigestStr(), "sha256:"), d.Context())
	}
	files["digests.txt"] = pushed.Bytes()
	sums := &bytes.Buffer{}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if file != "notes.md" {
			fmt.Fprintf(sums, "%x  %s\n", sha256.Sum256(files[file]), file)
		}
	}
	files["checksums.txt"] = sums.Bytes()
	files["subjects"] = append(subjects.Bytes(), sums.Bytes()...)
	errs := []error{os.RemoveAll(r.Output), os.MkdirAll(r.Output, 0o755)}
	for file, b := range files {
		errs = append(errs, os.WriteFile(filepath.Join(r.Output, file), b, 0o600))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("cannot write the release: %w", err)
	}
	return nil
}
