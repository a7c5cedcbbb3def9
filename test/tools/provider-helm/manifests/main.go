// Command manifests renders the real charts of the controllers with the values that the
// function gives them, by the library of the Helm that installs them. What became of
// each chart it sums up in a file that is committed, and beside it writes what a moved
// version changes. It needs the network: the tests, which don't, install stand-ins.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "manifests:", err)
		os.Exit(1)
	}
}

// run with the folder of a platform's golden files, the file with the summaries as they
// were, the one to write them to, and a folder to render to: before/ has what the charts
// as they were make of our values, after/ what the pinned ones do.
func run(args []string) error {
	const wanted = 4
	if len(args) != wanted {
		return fmt.Errorf("want a folder of golden files, two files of summaries and a folder to render to, got %q", args)
	}
	golden, were, are, out := args[0], args[1], args[2], args[3]
	releases, err := releasesOf(golden)
	if err != nil {
		return err
	}
	recorded, err := recordedIn(were)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(out); err != nil {
		return fmt.Errorf("cannot clear %s: %w", out, err)
	}
	summaries := map[string]summary{}
	for name, r := range releases {
		after, err := r.render(r.Chart.Version)
		if err != nil {
			return err
		}
		before := after
		if was := recorded[name].Version; was != "" && was != r.Chart.Version {
			if before, err = r.render(was); err != nil {
				return err
			}
		}
		if err := errors.Join(before.write(out, "before", name), after.write(out, "after", name)); err != nil {
			return err
		}
		if summaries[name], err = after.summary(r.Chart.Version); err != nil {
			return err
		}
	}
	return record(are, summaries)
}

// A summary of what a chart makes of our values: its objects, by kind, namespace and
// name, each with a digest that changes when the object does, and its images.
type summary struct {
	Version string            `json:"version"`
	Images  []string          `json:"images"`
	Objects map[string]string `json:"objects"`
}

// recordedIn a file are the summaries of all charts.
func recordedIn(file string) (map[string]summary, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read what was recorded: %w", err)
	}
	all := map[string]summary{}
	if err := yaml.UnmarshalStrict(b, &all); err != nil {
		return nil, fmt.Errorf("cannot parse %s: %w", file, err)
	}
	return all, nil
}

func record(file string, all map[string]summary) error {
	b, err := yaml.Marshal(all)
	if err != nil {
		return fmt.Errorf("cannot sum up: %w", err)
	}
	b = append([]byte("# Written by \"make charts\": what the real charts make of our values. Do not edit.\n"), b...)
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return fmt.Errorf("cannot record: %w", err)
	}
	return nil
}

// write what was rendered to a file of its own.
func (m manifests) write(out, side, name string) error {
	text := &bytes.Buffer{}
	for _, o := range m {
		b, err := yaml.Marshal(o)
		if err != nil {
			return fmt.Errorf("cannot write %s: %w", id(o), err)
		}
		text.WriteString("---\n" + string(b))
	}
	dir := filepath.Join(out, side)
	if err := errors.Join(os.MkdirAll(dir, 0o750), os.WriteFile(filepath.Join(dir, name+".yaml"), text.Bytes(), 0o600)); err != nil {
		return fmt.Errorf("cannot write what was rendered: %w", err)
	}
	return nil
}
