package controlplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/test/modules"
)

// The modules that providers are released from, which have all CRDs of their packages.
// The packages themselves can't be had without the internet.
const (
	moduleCrossplane = "github.com/crossplane/crossplane/v2"
	moduleAWS        = "github.com/upbound/provider-aws/v2"
	contributed      = "crossplane-contrib/"
	familyAWS        = "provider-family-aws"
)

// publish what the Configuration depends on, and Crossplane's chart, where people
// install them from.
func (cp *ControlPlane) publish(ctx context.Context) error {
	return errors.Join(cp.publishChart(ctx), cp.publishProviders(ctx))
}

// publishProviders that the Configuration depends on, at the versions that are tested.
func (cp *ControlPlane) publishProviders(ctx context.Context) error {
	b, err := os.ReadFile(filepath.Join(cp.Root, "compositions", "crossplane.yaml"))
	if err != nil {
		return fmt.Errorf("cannot read the Configuration: %w", err)
	}
	configuration := struct {
		Spec struct {
			DependsOn []struct {
				Kind    string `json:"kind"`
				Package string `json:"package"`
				Version string `json:"version"`
			} `json:"dependsOn"`
		} `json:"spec"`
	}{}
	if err := yaml.Unmarshal(b, &configuration); err != nil {
		return fmt.Errorf("cannot parse the Configuration: %w", err)
	}
	published := map[string]bool{}
	for _, d := range configuration.Spec.DependsOn {
		if d.Kind != "Provider" {
			continue
		}
		name, version := filepath.Base(d.Package), strings.TrimPrefix(d.Version, ">=")
		if service, ok := strings.CutPrefix(name, "provider-aws-"); ok {
			published[familyAWS] = published[familyAWS] || cp.publishProvider(ctx, familyAWS, version, moduleAWS, "aws.*", "") == nil
			if err := cp.publishProvider(ctx, name, version, moduleAWS, service+".aws.*", familyAWS); err != nil {
				return err
			}
			continue
		}
		if err := cp.publishProvider(ctx, name, version, "github.com/"+contributed+name, "*", ""); err != nil {
			return err
		}
	}
	if !published[familyAWS] {
		return errors.New("cannot publish " + familyAWS)
	}
	return nil
}

// publishProvider makes a package of a provider's CRDs as its module has them, and what
// says which provider it is. Of the managed resources these are those that the function
// composes and one more: two thousand would take this machine minutes.
func (cp *ControlPlane) publishProvider(ctx context.Context, name, version, module, groups, needs string) error {
	path, err := modules.Path(module, filepath.Join("package", "crds")) //nolint:contextcheck // It asks the go command where a file is.
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(path, groups+"_*.yaml"))
	if err != nil || len(files) == 0 {
		return errors.Join(fmt.Errorf("%s has no CRDs of %s", module, groups), err)
	}
	dir := filepath.Join(cp.Dir, "providers", name)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("cannot make a folder: %w", err)
	}
	more := false
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if bytes.Contains(b, []byte("\n    - managed\n")) && !cp.composes(b) {
			if more {
				continue
			}
			more = true
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), b, 0o600); err != nil {
			return err
		}
	}
	spec := map[string]any{"capabilities": []any{"SafeStart"}}
	if needs != "" {
		spec["dependsOn"] = []any{map[string]any{"provider": hostPackages + "/" + contributed + needs, "version": ">=" + version}}
	}
	o := object("meta.pkg.crossplane.io/v1", "Provider", name, spec)
	if err := write(filepath.Join(dir, "crossplane.yaml"), o); err != nil {
		return err
	}
	if err := cp.tool(ctx, "xpkg", "build", dir, dir+".xpkg"); err != nil {
		return err
	}
	return cp.tool(ctx, "xpkg", "push", fmt.Sprintf("127.0.0.1:%d/%s%s:%s", cp.ports.registry, contributed, name, version), dir+".xpkg")
}

// composes tells whether the function does, of a CRD's manifest.
func (cp *ControlPlane) composes(manifest []byte) bool {
	return slices.ContainsFunc(cp.World.Kinds(), func(gk schema.GroupKind) bool {
		return bytes.Contains(manifest, []byte("\n  group: "+gk.Group+"\n")) && bytes.Contains(manifest, []byte("\n    kind: "+gk.Kind+"\n"))
	})
}

// publishChart makes of the chart that Crossplane's module has what its release has:
// with a version, which nobody sets before.
func (cp *ControlPlane) publishChart(ctx context.Context) error {
	source, err := modules.Path(moduleCrossplane, filepath.Join("cluster", "charts", "crossplane")) //nolint:contextcheck // It asks the go command where a file is.
	if err != nil {
		return err
	}
	version, err := modules.Version(moduleCrossplane) //nolint:contextcheck // The same.
	if err != nil {
		return err
	}
	dir := filepath.Join(cp.Dir, "crossplane")
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		return fmt.Errorf("cannot copy Crossplane's chart: %w", err)
	}
	file := filepath.Join(dir, "Chart.yaml")
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	chart := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(b, &chart.Object); err != nil {
		return fmt.Errorf("cannot parse Crossplane's chart: %w", err)
	}
	chart.Object["version"], chart.Object["appVersion"] = strings.TrimPrefix(version, "v"), strings.TrimPrefix(version, "v")
	if err := os.Remove(file); err != nil {
		return err
	}
	if err := write(file, chart); err != nil {
		return err
	}
	return cp.tool(ctx, "charts", cp.chartDir(), "https://"+hostCharts+"/stable", dir)
}

// write an object to a file.
func write(file string, o *unstructured.Unstructured) error {
	b, err := yaml.Marshal(o.Object)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", file, err)
	}
	return os.WriteFile(file, b, 0o600)
}
