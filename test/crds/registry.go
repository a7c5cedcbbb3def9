// Package crds validates and defaults objects against CRDs with the API
// server's own code, without an API server: structure, OpenAPI schema, list
// types, embedded objects and CEL rules, in the order the API server checks
// them.
//
// The CRDs are the ones their owners release: those in the providers' Go
// modules, of the versions that users run, and those that Crossplane makes of
// this project's XRDs.
package crds

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/test/modules"
)

// A Registry knows CRDs. It reads the CRD of a kind when an object of that kind
// is first seen, and keeps it: the providers have thousands, a test needs a
// few. It is safe for use by parallel tests.
type Registry struct {
	dirs []string
	crds []*extv1.CustomResourceDefinition

	mu    sync.Mutex
	kinds map[schema.GroupVersionKind]func() (*kind, error)
}

// Open returns a Registry of the CRDs at the supplied paths. A path is a folder
// of CRDs, named <group>_<plural>.yaml as controller-gen names them, or a file
// that holds one CRD or one XRD. An XRD stands for the CRDs Crossplane makes of
// it, of the composite and of its claim.
func Open(paths ...string) (*Registry, error) {
	r := &Registry{kinds: map[schema.GroupVersionKind]func() (*kind, error){}}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("cannot open CRDs: %w", err)
		}
		if info.IsDir() {
			r.dirs = append(r.dirs, path)
			continue
		}
		crds, err := readFile(path)
		if err != nil {
			return nil, err
		}
		r.crds = append(r.crds, crds...)
	}
	return r, nil
}

// Project returns a Registry of every kind this project deals with: its own
// XRD and input, and what its function composes.
func Project() (*Registry, error) {
	var (
		paths []string
		errs  []error
	)
	for _, p := range []struct{ module, path string }{
		{modules.Project, "compositions/definition.yaml"},
		{modules.Project, "package/input"},
		{"github.com/upbound/provider-aws/v2", "package/crds"},
		{"github.com/crossplane-contrib/provider-helm", "package/crds"},
		{"github.com/crossplane-contrib/provider-kubernetes", "package/crds"},
		{"github.com/crossplane/crossplane/v2", "cluster/crds"},
	} {
		path, err := modules.Path(p.module, p.path)
		paths, errs = append(paths, path), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return Open(paths...)
}

// CRD returns the CRD that defines a kind.
func (r *Registry) CRD(gk schema.GroupKind) (*extv1.CustomResourceDefinition, error) {
	for _, crd := range r.crds {
		if defines(crd, gk) {
			return crd, nil
		}
	}
	for _, dir := range r.dirs {
		files, err := filepath.Glob(filepath.Join(dir, gk.Group+"_*.yaml"))
		if err != nil {
			return nil, fmt.Errorf("cannot list CRDs of group %s: %w", gk.Group, err)
		}
		for _, file := range files {
			crd, ok, err := readCRDOf(file, gk)
			if ok || err != nil {
				return crd, err
			}
		}
	}
	return nil, fmt.Errorf("cannot find a CRD of kind %s in group %q among %d definitions and the folders %v", gk.Kind, gk.Group, len(r.crds), r.dirs)
}

// kindOf returns what objects of an object's kind are checked with.
func (r *Registry) kindOf(obj *unstructured.Unstructured) (*kind, error) {
	gvk := obj.GroupVersionKind()
	r.mu.Lock()
	load, ok := r.kinds[gvk]
	if !ok {
		load = sync.OnceValues(func() (*kind, error) {
			crd, err := r.CRD(gvk.GroupKind())
			if err != nil {
				return nil, err
			}
			return newKind(crd, gvk)
		})
		r.kinds[gvk] = load
	}
	r.mu.Unlock()
	// Outside the lock: compiling the rules of one kind must not hold up tests
	// of others.
	return load()
}

// defines says whether a CRD defines a kind.
func defines(crd *extv1.CustomResourceDefinition, gk schema.GroupKind) bool {
	return crd.Spec.Group == gk.Group && crd.Spec.Names.Kind == gk.Kind
}

// readCRDOf returns the CRD in a file, and whether it defines a kind. Parsing a
// large CRD takes long, so a file that doesn't contain the kind isn't parsed.
func readCRDOf(file string, gk schema.GroupKind) (*extv1.CustomResourceDefinition, bool, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, false, fmt.Errorf("cannot read CRD: %w", err)
	}
	if !bytes.Contains(b, []byte(" kind: "+gk.Kind+"\n")) {
		return nil, false, nil
	}
	crd, err := parseCRD(b)
	if err != nil {
		return nil, false, fmt.Errorf("cannot parse CRD %s: %w", file, err)
	}
	return crd, defines(crd, gk), nil
}

// readFile returns the CRD in a file, or the CRDs of the XRD in it.
func readFile(file string) ([]*extv1.CustomResourceDefinition, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read definition: %w", err)
	}
	tm := &metav1.TypeMeta{}
	if err := yaml.Unmarshal(b, tm); err != nil {
		return nil, fmt.Errorf("cannot parse definition %s: %w", file, err)
	}
	switch tm.Kind {
	case "CustomResourceDefinition":
		crd, err := parseCRD(b)
		if err != nil {
			return nil, fmt.Errorf("cannot parse CRD %s: %w", file, err)
		}
		return []*extv1.CustomResourceDefinition{crd}, nil
	case "CompositeResourceDefinition":
		crds, err := fromXRD(b)
		if err != nil {
			return nil, fmt.Errorf("cannot derive the CRDs of XRD %s: %w", file, err)
		}
		return crds, nil
	default:
		return nil, fmt.Errorf("cannot use %s: kind %q is neither a CRD nor an XRD", file, tm.Kind)
	}
}

// parseCRD parses a CRD and sets the defaults the API server would.
func parseCRD(b []byte) (*extv1.CustomResourceDefinition, error) {
	crd := &extv1.CustomResourceDefinition{}
	if err := yaml.Unmarshal(b, crd); err != nil {
		return nil, err
	}
	extv1.SetDefaults_CustomResourceDefinition(crd)
	extv1.SetDefaults_CustomResourceDefinitionSpec(&crd.Spec)
	return crd, nil
}
