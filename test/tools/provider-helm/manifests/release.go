package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/getter"
	"helm.sh/helm/v3/pkg/repo"
	"sigs.k8s.io/yaml"
)

// A release that the function asks provider-helm for, as far as it says what is
// installed.
type release struct {
	Chart struct {
		Name       string `json:"name"`
		Repository string `json:"repository"`
		Version    string `json:"version"`
	} `json:"chart"`
	Namespace string         `json:"namespace"`
	Values    map[string]any `json:"values"`

	// Kubernetes version it is installed in.
	kubernetes string
}

// A stage of a platform's golden files, as far as it has releases.
type stage struct {
	Composed map[string]struct {
		Kind string `json:"kind"`
		Spec struct {
			Release release `json:"forProvider"`
		} `json:"spec"`
	} `json:"composed"`
	Status struct {
		Cluster struct {
			Version string `json:"version"`
		} `json:"cluster"`
	} `json:"status"`
}

// releasesOf a platform, by their charts, as its golden files end with them.
func releasesOf(golden string) (map[string]release, error) {
	files, err := filepath.Glob(filepath.Join(golden, "stage-*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("cannot look for golden files: %w", err)
	}
	all := map[string]release{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("cannot read a golden file: %w", err)
		}
		s := stage{}
		if err := yaml.Unmarshal(b, &s); err != nil {
			return nil, fmt.Errorf("cannot parse %s: %w", file, err)
		}
		for _, o := range s.Composed {
			if o.Kind == "Release" {
				o.Spec.Release.kubernetes = s.Status.Cluster.Version
				all[o.Spec.Release.Chart.Name] = o.Spec.Release
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no stage with a Release", golden)
	}
	return all, nil
}

// render what a version of the chart makes of the values, as "helm template" does.
func (r release) render(version string) (manifests, error) {
	c, err := r.fetch(version)
	if err != nil {
		return nil, err
	}
	kubernetes, err := chartutil.ParseKubeVersion(r.kubernetes)
	if err != nil {
		return nil, fmt.Errorf("cannot install in Kubernetes %q: %w", r.kubernetes, err)
	}
	install := action.NewInstall(&action.Configuration{})
	install.DryRun, install.ClientOnly, install.IncludeCRDs = true, true, true
	install.ReleaseName, install.Namespace, install.KubeVersion = r.Chart.Name, r.Namespace, kubernetes
	rendered, err := install.Run(c, r.Values)
	if err != nil {
		return nil, fmt.Errorf("cannot render %s %s: %w", r.Chart.Name, version, err)
	}
	all := []string{rendered.Manifest}
	for _, hook := range rendered.Hooks {
		all = append(all, hook.Manifest)
	}
	return parse(strings.Join(all, "\n---\n"))
}

// fetch a version of the chart.
func (r release) fetch(version string) (*chart.Chart, error) {
	providers := getter.All(cli.New())
	url, err := repo.FindChartInRepoURL(r.Chart.Repository, r.Chart.Name, version, "", "", "", providers)
	if err != nil {
		return nil, fmt.Errorf("cannot find %s %s: %w", r.Chart.Name, version, err)
	}
	get, err := getter.NewHTTPGetter()
	if err != nil {
		return nil, fmt.Errorf("cannot fetch charts: %w", err)
	}
	b, err := get.Get(url)
	if err != nil {
		return nil, fmt.Errorf("cannot fetch %s: %w", url, err)
	}
	c, err := loader.LoadArchive(bytes.NewReader(b.Bytes()))
	if err != nil {
		return nil, fmt.Errorf("cannot load %s: %w", url, err)
	}
	return c, nil
}
