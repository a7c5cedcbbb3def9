// Command charts packs charts and writes the index of their repository, by the
// library of the Helm that installs them. Helm's CLI takes minutes to build.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/repo"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "charts:", err)
		os.Exit(1)
	}
}

// run with the folder of the repository, its URL, and the folders of the charts.
func run(args []string) error {
	const fixed = 2
	if len(args) < fixed {
		return fmt.Errorf("want a folder to pack to, its URL and folders of charts, got %q", args)
	}
	dir, url := args[0], args[1]
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("cannot make the repository: %w", err)
	}
	for _, source := range args[fixed:] {
		c, err := loader.Load(source)
		if err != nil {
			return fmt.Errorf("cannot load chart %s: %w", source, err)
		}
		if _, err := chartutil.Save(c, dir); err != nil {
			return fmt.Errorf("cannot pack chart %s: %w", source, err)
		}
	}
	index, err := repo.IndexDirectory(dir, url)
	if err != nil {
		return fmt.Errorf("cannot index the charts: %w", err)
	}
	index.SortEntries()
	if err := index.WriteFile(filepath.Join(dir, "index.yaml"), 0o600); err != nil {
		return fmt.Errorf("cannot write the index: %w", err)
	}
	return nil
}
