package repository

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/test/modules"
)

// A manifest of examples/install: a package, or how packages run.
// https://docs.crossplane.io/latest/packages/providers/#runtime-configuration
type manifest struct {
	Kind     string            `json:"kind"`
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     struct {
		DeploymentTemplate struct {
			Spec appsv1.DeploymentSpec `json:"spec"`
		} `json:"deploymentTemplate"`
		Package          string `json:"package"`
		RuntimeConfigRef struct {
			Name string `json:"name"`
		} `json:"runtimeConfigRef"`
		DependsOn []struct {
			Kind    string `json:"kind"`
			Package string `json:"package"`
			Version string `json:"version"`
		} `json:"dependsOn"`
	} `json:"spec"`
}

// manifestsOf a file.
func manifestsOf(t *testing.T, file string) []manifest {
	t.Helper()
	var all []manifest
	d := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(read(t, file)), 1<<10)
	for {
		m := manifest{}
		err := d.Decode(&m)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
}

// TestRuntimes: the function and all providers have a runtime, which runs where only the
// restricted Pod Security Standard is let in, with room that is bounded.
func TestRuntimes(t *testing.T) {
	t.Parallel()
	configs := map[string]bool{}
	for _, m := range manifestsOf(t, "examples/install/runtime.yaml") {
		if m.Kind == "DeploymentRuntimeConfig" {
			configs[m.Metadata.Name] = true
			checkPod(t, m.Metadata.Name, m.Spec.DeploymentTemplate.Spec.Template.Spec)
		}
	}
	for _, m := range slices.Concat(manifestsOf(t, "examples/install/function.yaml"), manifestsOf(t, "examples/install/providers.yaml")) {
		if name := m.Spec.RuntimeConfigRef.Name; !configs[name] {
			t.Errorf("want %s to have one of %v, got %q", m.Metadata.Name, configs, name)
		}
	}
}

// TestProviders: what is installed is what the Configuration depends on, at the version
// that is tested, under the name that Crossplane would give it: so it is adopted where
// Crossplane has. The family of the AWS providers is what these depend on.
func TestProviders(t *testing.T) {
	t.Parallel()
	want := map[string]string{}
	for _, d := range manifestsOf(t, "compositions/crossplane.yaml")[0].Spec.DependsOn {
		version := strings.TrimPrefix(d.Version, ">=")
		if d.Kind == "Provider" {
			want[d.Package] = version
		}
		if dir, base := path.Split(d.Package); strings.HasPrefix(base, "provider-aws-") {
			want[dir+"provider-family-aws"] = version
		}
	}
	got := map[string]string{}
	for _, m := range manifestsOf(t, "examples/install/providers.yaml") {
		source, version, _ := strings.Cut(m.Spec.Package, ":")
		got[source] = version
		_, repository, _ := strings.Cut(source, "/")
		if name := strings.ReplaceAll(repository, "/", "-"); m.Metadata.Name != name {
			t.Errorf("want %s to be called %s, got %s", source, name, m.Metadata.Name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("providers: -depended on, +installed:\n%s", diff)
	}
}

// checkPod of a package, of which Crossplane completes one container.
func checkPod(t *testing.T, name string, pod corev1.PodSpec) {
	t.Helper()
	checkRestricted(t, name, pod)
	if len(pod.Containers) != 1 || pod.Containers[0].Name != "package-runtime" {
		t.Fatalf("%s: want the container package-runtime, got %v", name, pod.Containers)
	}
	room := pod.Containers[0].Resources
	if room.Requests.Cpu().IsZero() || room.Requests.Memory().IsZero() || room.Limits.Memory().IsZero() || !room.Limits.Cpu().IsZero() {
		t.Errorf("%s: want CPU and memory requested, and only memory limited, got %v", name, room)
	}
}

// TestCrossplaneValues: Crossplane's own chart knows the values for it, and its pods are
// let in there, too.
func TestCrossplaneValues(t *testing.T) {
	t.Parallel()
	chart, err := modules.Path("github.com/crossplane/crossplane/v2", "cluster/charts/crossplane/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defaults, err := os.ReadFile(chart)
	if err != nil {
		t.Fatal(err)
	}
	ours := read(t, "examples/install/crossplane-values.yaml")
	known, given := map[string]any{}, map[string]any{}
	values := struct {
		PodCrossplane  corev1.PodSecurityContext `json:"podSecurityContextCrossplane"`
		Crossplane     corev1.SecurityContext    `json:"securityContextCrossplane"`
		PodRBACManager corev1.PodSecurityContext `json:"podSecurityContextRBACManager"`
		RBACManager    corev1.SecurityContext    `json:"securityContextRBACManager"`
	}{}
	// As Helm does, the second are merged over the first.
	if err := errors.Join(yaml.Unmarshal(defaults, &known), yaml.Unmarshal(ours, &given), yaml.Unmarshal(defaults, &values), yaml.Unmarshal(ours, &values)); err != nil {
		t.Fatal(err)
	}
	for key := range given {
		if _, ok := known[key]; !ok {
			t.Errorf("Crossplane's chart has no value %s", key)
		}
	}
	checkRestricted(t, "Crossplane", corev1.PodSpec{SecurityContext: &values.PodCrossplane, Containers: []corev1.Container{{SecurityContext: &values.Crossplane}}})
	checkRestricted(t, "RBAC manager", corev1.PodSpec{SecurityContext: &values.PodRBACManager, Containers: []corev1.Container{{SecurityContext: &values.RBACManager}}})
}

// checkRestricted: the restricted Pod Security Standard lets a pod in.
func checkRestricted(t *testing.T, name string, pod corev1.PodSpec) {
	t.Helper()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	for _, result := range evaluator.EvaluatePod(restricted, &metav1.ObjectMeta{}, &pod) {
		if !result.Allowed {
			t.Errorf("%s: %s: %s", name, result.ForbiddenReason, result.ForbiddenDetail)
		}
	}
}
