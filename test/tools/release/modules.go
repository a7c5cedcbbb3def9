package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// A module that the function is built of, and where it is on this machine.
type module struct{ path, version, dir string }

// modulesOf the function in a checkout, for whatever architecture.
func modulesOf(root string) ([]module, error) {
	out, err := ask(root, "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}", "./fn")
	if err != nil {
		return nil, err
	}
	lines := strings.Split(out, "\n")
	slices.Sort(lines)
	var all []module
	for _, line := range slices.Compact(lines) {
		if f := strings.Fields(line); len(f) == 3 {
			all = append(all, module{f[0], f[1], f[2]})
		}
	}
	return all, nil
}

// library of Go, as if it were a module.
func library(root string) (module, error) {
	out, err := ask(root, "env", "GOVERSION", "GOROOT")
	if err != nil {
		return module{}, err
	}
	version, dir, _ := strings.Cut(out, "\n")
	return module{"stdlib", version, dir}, nil
}

// ask the go command in a checkout.
func ask(root string, args ...string) (string, error) {
	cmd := exec.Command("go", args...) //nolint:noctx // It takes a moment.
	cmd.Dir, cmd.Env = root, append(os.Environ(), "GOOS=linux", "CGO_ENABLED=0")
	stderr := &bytes.Buffer{}
	cmd.Stderr = stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("cannot ask go %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

// licensed are the names of the files in a module's root that say how it is licensed.
var licensed = regexp.MustCompile(`(?i)^(li[cs]en[cs]e|copying)([-.].*)?$`)

// noticed are those that must be given along, the names of authors among them.
var noticed = regexp.MustCompile(`(?i)^(li[cs]en[cs]e|copying|notice|patents)([-.].*)?$`)

// covered is how much of a licence's file, in percent, must be the text of licences that
// are known. The rest are names and years.
const covered = 75

// licencesOf a module, by SPDX, sorted. The error names the file that is of none that
// is known.
func licencesOf(m module) ([]string, error) {
	files, err := m.files(licensed)
	if err != nil {
		return nil, err
	}
	var ids []string
	for name, b := range files {
		c := licensecheck.Scan(b)
		if c.Percent < covered {
			return nil, fmt.Errorf("%s: %s is the text of no licence that is known (%.0f %%): read it", m.path, name, c.Percent)
		}
		for _, match := range c.Match {
			ids = append(ids, match.ID)
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("%s: it says nowhere how it is licensed", m.path)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// noticesOf modules are the texts that their licences ask to be given along with what is
// built of them.
func noticesOf(modules []module) ([]byte, error) {
	all := &bytes.Buffer{}
	for _, m := range modules {
		files, err := m.files(noticed)
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(files)) {
			fmt.Fprintf(all, "======== %s %s: %s\n\n%s\n\n", m.path, m.version, name, bytes.TrimSpace(files[name]))
		}
	}
	return all.Bytes(), nil
}

// files in the module's root whose names match, but for its sources.
func (m module) files(names *regexp.Regexp) (map[string][]byte, error) {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.path, err)
	}
	all := map[string][]byte{}
	for _, e := range entries {
		if e.IsDir() || !names.MatchString(e.Name()) || filepath.Ext(e.Name()) == ".go" {
			continue
		}
		if all[e.Name()], err = os.ReadFile(filepath.Join(m.dir, e.Name())); err != nil {
			return nil, fmt.Errorf("%s: %w", m.path, err)
		}
	}
	return all, nil
}
