package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/vuln/scan"
	"sigs.k8s.io/yaml"
)

// Vulnerabilities of what the function is built of.
type Vulnerabilities struct {
	Release `embed:""`

	Database string `env:"VULNDB" help:"Go's vulnerability database, such as https://vuln.go.dev. By default what was recorded of it, which needs no network."`
	Record   bool   `help:"Record what a database in a folder (file://…) knows of the modules that the function is built of."`
}

// known is what was recorded of Go's vulnerability database: where each vulnerability
// is, by its id and the module's path, as versions that it came and went with.
//
//go:embed vulnerabilities.yaml
var known []byte

// triaged are the vulnerabilities that are there and do no harm, and why.
//
//go:embed triage.yaml
var triaged []byte

// Run the command. The error names what nobody has triaged, and what is triaged and
// not there (any more).
func (v *Vulnerabilities) Run() error {
	if v.Record {
		return v.record()
	}
	reasons := map[string]string{}
	if err := yaml.UnmarshalStrict(triaged, &reasons); err != nil {
		return fmt.Errorf("cannot read triage.yaml: %w", err)
	}
	database := v.Database
	if database == "" {
		dir, err := os.MkdirTemp("", "vulnerabilities")
		if err != nil {
			return fmt.Errorf("cannot make a folder: %w", err)
		}
		defer os.RemoveAll(dir) //nolint:errcheck // It is a temporary one.
		if err := restore(known, dir); err != nil {
			return err
		}
		database = "file://" + dir
	}
	found := map[string]string{}
	for _, architecture := range architectures {
		here, err := find(v.binary(architecture), database)
		if err != nil {
			return err
		}
		maps.Copy(found, here)
	}
	return judge(found, reasons)
}

// judge what was found, by id, by what was triaged.
func judge(found, reasons map[string]string) error {
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(found)) {
		if strings.TrimSpace(reasons[id]) == "" {
			errs = append(errs, fmt.Errorf("https://pkg.go.dev/vuln/%s: %s: take another version, or say in triage.yaml why it does no harm", id, found[id]))
			continue
		}
		fmt.Fprintf(os.Stdout, "%s: %s: %s\n", id, found[id], reasons[id]) //nolint:errcheck // Nobody can be told.
	}
	for _, id := range slices.Sorted(maps.Keys(reasons)) {
		if found[id] == "" {
			errs = append(errs, fmt.Errorf("triage.yaml: %s is not there: remove it", id))
		}
	}
	return errors.Join(errs...)
}

// find the vulnerabilities of the modules in a binary, by their ids.
func find(binary, database string) (map[string]string, error) {
	out, stderr := &bytes.Buffer{}, &bytes.Buffer{}
	c := scan.Command(context.Background(), "-format", "json", "-scan", "module", "-mode", "binary", "-db", database, binary)
	c.Stdout, c.Stderr = out, stderr
	err := c.Start()
	if err == nil {
		err = c.Wait()
	}
	if err != nil {
		return nil, fmt.Errorf("cannot look for vulnerabilities in %s: %w: %s", binary, err, strings.TrimSpace(stderr.String()))
	}
	found := map[string]string{}
	for d := json.NewDecoder(out); ; {
		message := struct {
			Finding *struct {
				OSV   string `json:"osv"`
				Fixed string `json:"fixed_version"`
				Trace []struct {
					Module  string `json:"module"`
					Version string `json:"version"`
				} `json:"trace"`
			} `json:"finding"`
		}{}
		if err := d.Decode(&message); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, fmt.Errorf("cannot read what was found: %w", err)
		}
		if f := message.Finding; f != nil && len(f.Trace) > 0 {
			found[f.OSV] = fmt.Sprintf("%s %s, fixed in %q", f.Trace[0].Module, f.Trace[0].Version, f.Fixed)
		}
	}
}

// An advisory of the database, as far as it is about versions.
// https://ossf.github.io/osv-schema/
type advisory struct {
	SchemaVersion string     `json:"schema_version"`
	ID            string     `json:"id"`
	Modified      string     `json:"modified"`
	Affected      []affected `json:"affected"`
}

type affected struct {
	Package struct {
		Name      string `json:"name"`
		Ecosystem string `json:"ecosystem"`
	} `json:"package"`
	Ranges []affectedRange `json:"ranges"`
}

type affectedRange struct {
	Type   string              `json:"type"`
	Events []map[string]string `json:"events"`
}

// An entry of the database's index of modules.
type indexed struct {
	Path  string              `json:"path"`
	Vulns []map[string]string `json:"vulns"`
}

// never is when everything that was recorded was last modified.
const never = "2026-01-01T00:00:00Z"

// restore a database in a folder from what was recorded of one.
func restore(recorded []byte, dir string) error {
	all := map[string]map[string]string{}
	if err := yaml.UnmarshalStrict(recorded, &all); err != nil {
		return fmt.Errorf("cannot read vulnerabilities.yaml: %w", err)
	}
	files, modules := map[string]any{"index/db.json": map[string]string{"modified": never}}, map[string][]map[string]string{}
	for id, in := range all {
		a := advisory{SchemaVersion: "1.3.1", ID: id, Modified: never}
		for path, versions := range in {
			one := affected{Ranges: []affectedRange{{Type: "SEMVER"}}}
			one.Package.Name, one.Package.Ecosystem = path, "Go"
			for i, v := range strings.Fields(versions) {
				event := []string{"introduced", "fixed"}[i%2]
				one.Ranges[0].Events = append(one.Ranges[0].Events, map[string]string{event: v})
			}
			a.Affected = append(a.Affected, one)
			modules[path] = append(modules[path], map[string]string{"id": id, "modified": never})
		}
		files["ID/"+id+".json"] = a
	}
	var index []indexed
	for path, vulns := range modules {
		index = append(index, indexed{Path: path, Vulns: vulns})
	}
	files["index/modules.json"] = index
	for file, content := range files {
		b, err := json.Marshal(content)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, filepath.FromSlash(file))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, b, 0o600)); err != nil {
			return fmt.Errorf("cannot write the database: %w", err)
		}
	}
	return nil
}

// record what a database in a folder knows of our modules, and of Go's library.
func (v *Vulnerabilities) record() error {
	dir, ok := strings.CutPrefix(v.Database, "file://")
	if !ok {
		return fmt.Errorf("cannot record %q: give a folder with a copy of https://vuln.go.dev/vulndb.zip, as file://…", v.Database)
	}
	modules, err := modulesOf(v.Root)
	if err != nil {
		return err
	}
	ours := map[string]bool{"stdlib": true}
	for _, m := range modules {
		ours[m.path] = true
	}
	files, err := filepath.Glob(filepath.Join(dir, "ID", "GO-*.json"))
	if err != nil || len(files) == 0 {
		return errors.Join(fmt.Errorf("%s has no ID/GO-*.json", dir), err)
	}
	all := map[string]map[string]string{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("cannot read the database: %w", err)
		}
		a := advisory{}
		if err := json.Unmarshal(b, &a); err != nil {
			return fmt.Errorf("cannot read %s: %w", file, err)
		}
		for _, in := range a.Affected {
			if !ours[in.Package.Name] {
				continue
			}
			var versions []string
			for _, r := range in.Ranges {
				for _, event := range r.Events {
					versions = append(versions, event["introduced"]+event["fixed"])
				}
			}
			if all[a.ID] == nil {
				all[a.ID] = map[string]string{}
			}
			all[a.ID][in.Package.Name] = strings.Join(versions, " ")
		}
	}
	b, err := yaml.Marshal(all)
	if err != nil {
		return err
	}
	b = append([]byte("# Written by \"make vulnerabilities-record\" from Go's vulnerability database. Do not edit.\n"), b...)
	return os.WriteFile(filepath.Join(v.Root, "test", "tools", "release", "vulnerabilities.yaml"), b, 0o600)
}
