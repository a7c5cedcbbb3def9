// Package modules finds the Go modules that tests look into and run.
package modules

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// Project is this module.
const Project = "github.com/xplatform-dev/function-xplatform"

// pins are the folders of the go.mod files that say which version of a module
// users run and tests look into. It need not be the one whose types the function
// is built with.
//
//nolint:gochecknoglobals // A constant table.
var pins = map[string]string{
	"github.com/upbound/provider-aws/v2":                "test/tools/provider-aws",
	"github.com/crossplane-contrib/provider-helm":       "test/tools/provider-helm",
	"github.com/crossplane-contrib/provider-kubernetes": "test/tools",
	"github.com/crossplane/crossplane/v2":               "test/tools",
	"k8s.io/kubernetes":                                 "test/tools",
	"sigs.k8s.io/kwok":                                  "test/tools",
}

// folders of modules that were asked for, by module: the go command takes long.
//
//nolint:gochecknoglobals // See above.
var folders sync.Map

// Path returns where a path in a Go module is on this machine. The module
// is this one or one of pins. If it was never used here, it is downloaded.
func Path(module, path string) (string, error) {
	find, _ := folders.LoadOrStore(module, sync.OnceValues(func() (string, error) { return folder(module) }))
	found, err := find.(func() (string, error))() //nolint:forcetypeassert // Stored above.
	return filepath.Join(found, filepath.FromSlash(path)), err
}

// folder of a module.
func folder(module string) (string, error) {
	dir := ""
	if pin, ok := pins[module]; ok {
		root, err := Path(Project, pin)
		if err != nil {
			return "", err
		}
		dir = root
	}
	found, err := goCommand(dir, "list", "-m", "-f", "{{.Dir}}", module)
	if err == nil && found == "" {
		if _, err = goCommand(dir, "mod", "download", module); err == nil {
			found, err = goCommand(dir, "list", "-m", "-f", "{{.Dir}}", module)
		}
	}
	if err != nil || found == "" {
		return "", fmt.Errorf("cannot find module %s: %w", module, err)
	}
	return found, nil
}

// Version returns the version of a module that tests look into and run.
func Version(module string) (string, error) {
	dir, err := Path(Project, pins[module])
	if err != nil {
		return "", err
	}
	return goCommand(dir, "list", "-m", "-f", "{{.Version}}", module)
}

// goCommand runs the go command in a folder, and returns what it prints.
func goCommand(dir string, args ...string) (string, error) {
	stderr := &bytes.Buffer{}
	command := exec.CommandContext(context.Background(), "go", args...)
	command.Dir, command.Stderr = dir, stderr
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
