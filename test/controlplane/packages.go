package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

const poll = 100 * time.Millisecond

// source is where the packages are published; an ImageConfig sends Crossplane to
// our registry instead.
const source = "xpkg.crossplane.io/xplatform-dev"

func listen(port int) (net.Listener, error) {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)) //nolint:noctx // It returns at once.
	if err != nil {
		return nil, fmt.Errorf("cannot listen: %w", err)
	}
	return l, nil
}

// repository is where in our registry a published package is.
func (cp *ControlPlane) repository(published string) string {
	return fmt.Sprintf("127.0.0.1:%d/xplatform-dev", cp.ports.registry) + strings.TrimPrefix(published, source)
}

// serveRegistry for what is packed.
func (cp *ControlPlane) serveRegistry() error {
	cp.registry = registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	return cp.serve(cp.ports.registry, cp.registry)
}

// pack builds the Configuration, and pushes both packages to our registry.
func (cp *ControlPlane) pack(ctx context.Context) error {
	root, err := cp.configurationRoot()
	if err != nil {
		return err
	}
	configuration := root + ".xpkg"
	if err := cp.tool(ctx, "xpkg", "build", root, configuration); err != nil {
		return err
	}
	var functions []string
	for _, arch := range cp.Architectures {
		functions = append(functions, filepath.Join(filepath.Dir(cp.Bin), "packages", "function-xplatform-"+arch+".xpkg"))
	}
	for manifest, files := range map[string][]string{"function.yaml": functions, "configuration.yaml": {configuration}} {
		o, err := cp.manifest(manifest)
		if err != nil {
			return err
		}
		if err := cp.tool(ctx, "xpkg", append([]string{"push", cp.repository(image(o, "package"))}, files...)...); err != nil {
			return err
		}
	}
	return nil
}

// NamespaceArgoCD is where Argo CD would look for clusters, if there were one.
const NamespaceArgoCD = "argocd"

// configurationRoot is a copy of the Configuration. If Helm is real, its policy
// sends Helm to our chart repository, as that of a team without internet would, and lets
// claims tell Argo CD and Flux of their clusters.
func (cp *ControlPlane) configurationRoot() (string, error) {
	dir := filepath.Join(cp.Dir, fmt.Sprintf("configuration-%d", cp.releases))
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(cp.Root, "compositions"))); err != nil {
		return "", fmt.Errorf("cannot copy the Configuration: %w", err)
	}
	if !cp.Helm {
		return dir, nil
	}
	file := filepath.Join(dir, "composition.yaml")
	b, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	o := map[string]any{}
	if err := yaml.Unmarshal(b, &o); err != nil {
		return "", fmt.Errorf("cannot parse the Composition: %w", err)
	}
	pipeline, _, err := unstructured.NestedSlice(o, "spec", "pipeline")
	if err != nil {
		return "", fmt.Errorf("cannot read the Composition: %w", err)
	}
	names, err := cp.charts()
	if err != nil {
		return "", err
	}
	var charts []any
	for _, name := range names {
		charts = append(charts, map[string]any{"name": name, "repository": cp.chartRepository()})
	}
	facts := map[string]any{"argoCD": map[string]any{"namespace": NamespaceArgoCD}, "flux": map[string]any{}}
	for _, step := range pipeline {
		s := step.(map[string]any) //nolint:forcetypeassert // The API says so.
		if err := errors.Join(unstructured.SetNestedSlice(s, charts, "input", "charts"), unstructured.SetNestedMap(s, facts, "input", "facts")); err != nil {
			return "", fmt.Errorf("cannot set the Composition's policy: %w", err)
		}
	}
	if err := unstructured.SetNestedSlice(o, pipeline, "spec", "pipeline"); err != nil {
		return "", fmt.Errorf("cannot set the Composition's policy: %w", err)
	}
	if b, err = yaml.Marshal(o); err != nil {
		return "", err
	}
	return dir, os.WriteFile(file, b, 0o600)
}

// install both packages by Crossplane's package manager, and wait until a claim
// can be applied.
func (cp *ControlPlane) install(ctx context.Context) error {
	mirror := object("pkg.crossplane.io/v1beta1", "ImageConfig", "loopback", map[string]any{
		"matchImages":  []any{map[string]any{"type": "Prefix", "prefix": source}},
		"rewriteImage": map[string]any{"prefix": cp.repository(source)},
	})
	function, err := cp.manifest("function.yaml")
	if err != nil {
		return err
	}
	configuration, err := cp.manifest("configuration.yaml")
	if err != nil {
		return err
	}
	// The providers it depends on are not packages here.
	if err := unstructured.SetNestedField(configuration.Object, true, "spec", "skipDependencyResolution"); err != nil {
		return err
	}
	for _, o := range []*unstructured.Unstructured{mirror, function, configuration} {
		if err := cp.Apply(ctx, o); err != nil {
			return err
		}
	}
	if err := cp.pointFunction(ctx, function); err != nil {
		return err
	}
	for _, o := range []*unstructured.Unstructured{function, configuration} {
		if err := cp.healthy(ctx, o); err != nil {
			return err
		}
	}
	for _, crd := range []string{"xplatforms.xplatform.dev", "platforms.xplatform.dev"} {
		if err := cp.established(ctx, crd); err != nil {
			return err
		}
	}
	return nil
}

// pointFunction does for the function's revision what the runtime it doesn't have
// would do: it tells Crossplane where the function listens and by what
// certificate, and that it is healthy.
func (cp *ControlPlane) pointFunction(ctx context.Context, function *unstructured.Unstructured) error {
	err := wait.PollUntilContextTimeout(ctx, poll, patience, true, func(ctx context.Context) (bool, error) {
		revisions := &unstructured.UnstructuredList{}
		revisions.SetAPIVersion("pkg.crossplane.io/v1")
		revisions.SetKind("FunctionRevisionList")
		if err := cp.Client.List(ctx, revisions, client.MatchingLabels{"pkg.crossplane.io/package": function.GetName()}); err != nil {
			return false, err
		}
		i := slices.IndexFunc(revisions.Items, func(r unstructured.Unstructured) bool { return image(&r, "image") == image(function, "package") })
		if i < 0 {
			return false, nil
		}
		r := &revisions.Items[i]
		conditions, _, err := unstructured.NestedSlice(r.Object, "status", "conditions")
		if err != nil {
			return false, err
		}
		status := map[string]any{
			"endpoint":            cp.FunctionTarget(),
			"tlsServerSecretName": secretServer,
			"conditions": append(conditions, map[string]any{
				"type": "RuntimeHealthy", "status": "True", "reason": "HealthyPackageRuntime",
				"lastTransitionTime": time.Now().UTC().Format(time.RFC3339),
			}),
		}
		for k, v := range status {
			if err := unstructured.SetNestedField(r.Object, v, "status", k); err != nil {
				return false, err
			}
		}
		// The package manager writes the status too.
		err = cp.Client.Status().Update(ctx, r)
		return err == nil, client.IgnoreNotFound(ignoreConflict(err))
	})
	if err != nil {
		return fmt.Errorf("cannot tell Crossplane where the function is: %w", err)
	}
	return nil
}

func ignoreConflict(err error) error {
	if kerrors.IsConflict(err) {
		return nil
	}
	return err
}

// image of a package, or of a revision of one, by the field that has it.
func image(o *unstructured.Unstructured, field string) string {
	image, _, _ := unstructured.NestedString(o.Object, "spec", field)
	return image
}

// healthy waits until a package is installed and healthy.
func (cp *ControlPlane) healthy(ctx context.Context, pkg *unstructured.Unstructured) error {
	o := pkg.DeepCopy()
	err := wait.PollUntilContextTimeout(ctx, poll, patience, true, func(ctx context.Context) (bool, error) {
		if err := cp.Client.Get(ctx, client.ObjectKeyFromObject(pkg), o); err != nil {
			return false, err
		}
		// Of the one before it, it says so, too.
		current, _, _ := unstructured.NestedString(o.Object, "status", "currentIdentifier")
		return current == image(pkg, "package") && Condition(o, "Installed").Status == "True" && Condition(o, "Healthy").Status == "True", nil
	})
	if err != nil {
		return fmt.Errorf("%s %s is not healthy: %w: %v", pkg.GetKind(), pkg.GetName(), err, o.Object["status"])
	}
	return nil
}

// manifest that users install a package with, of the release that is installed.
func (cp *ControlPlane) manifest(name string) (*unstructured.Unstructured, error) {
	b, err := os.ReadFile(filepath.Join(cp.Root, "examples", "install", name))
	if err != nil {
		return nil, fmt.Errorf("cannot read the manifest: %w", err)
	}
	o := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(b, &o.Object); err != nil {
		return nil, fmt.Errorf("cannot parse %s: %w", name, err)
	}
	released, err := cp.released(image(o, "package"))
	if err != nil {
		return nil, err
	}
	return o, unstructured.SetNestedField(o.Object, released, "spec", "package")
}

// tool runs one of the Makefile's binaries.
func (cp *ControlPlane) tool(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, filepath.Join(cp.Bin, name), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

func object(apiVersion, kind, name string, spec map[string]any) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind, "spec": spec}}
	o.SetName(name)
	return o
}

// A ConditionStatus is what a condition of an object says.
type ConditionStatus struct{ Status, Reason, Message string }

// Condition of an object, empty if it has none of that type.
func Condition(o *unstructured.Unstructured, ctype string) ConditionStatus {
	conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, c := range conditions {
		m, _ := c.(map[string]any)
		if m["type"] != ctype {
			continue
		}
		s := ConditionStatus{}
		s.Status, _ = m["status"].(string)
		s.Reason, _ = m["reason"].(string)
		s.Message, _ = m["message"].(string)
		return s
	}
	return ConditionStatus{}
}
