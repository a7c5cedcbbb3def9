// Command argocd does what Argo CD does, by its own code. It reads objects one after the
// other, as JSON.
//
// "argocd health" writes how healthy each is. Argo CD's settings are in a file with values of
// its Helm chart; without one it has none. "argocd applications" makes applications of an
// ApplicationSet in a file, for all the clusters' Secrets that it reads.
//
// It is a module of its own: Argo CD builds with older libraries of Kubernetes' than all
// else here.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/argoproj/argo-cd/v3/util/lua"
	"github.com/argoproj/argo-cd/v3/util/settings"
	"github.com/argoproj/gitops-engine/pkg/health"
	"github.com/sirupsen/logrus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/yaml"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run with the arguments: what to do, and a file.
func run(args []string) error {
	logrus.SetLevel(logrus.WarnLevel)
	switch {
	case len(args) > 0 && args[0] == "health":
		return tellHealth(args[1:])
	case len(args) == 2 && args[0] == "applications":
		return makeApplications(args[1])
	default:
		return errors.New("usage: argocd health [VALUES] | argocd applications APPLICATIONSET")
	}
}

// tellHealth of all objects, with a file with values, if there is one.
func tellHealth(files []string) error {
	settings := map[string]string{}
	if len(files) > 0 {
		var err error
		if settings, err = settingsOf(files[0]); err != nil {
			return err
		}
	}
	overrides, err := overridesOf(settings)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	return each(func(o *unstructured.Unstructured) error {
		h, err := healthOf(o, overrides)
		if err != nil {
			return fmt.Errorf("cannot tell the health of %s: %w", o.GetKind(), err)
		}
		return out.Encode(h) //nolint:wrapcheck // It says what.
	})
}

// each object that there is to read.
func each(do func(o *unstructured.Unstructured) error) error {
	for in := json.NewDecoder(os.Stdin); ; {
		var raw json.RawMessage
		if err := in.Decode(&raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("cannot read: %w", err)
		}
		o := &unstructured.Unstructured{}
		if err := o.UnmarshalJSON(raw); err != nil {
			return fmt.Errorf("cannot read an object: %w", err)
		}
		if err := do(o); err != nil {
			return err
		}
	}
}

// healthOf an object. Argo CD gives a script a second, which a busy machine may take for
// something else.
func healthOf(o *unstructured.Unstructured, overrides lua.ResourceHealthOverrides) (h *health.HealthStatus, err error) {
	for range 60 {
		h, err = health.GetResourceHealth(o, overrides)
		if err == nil || !strings.Contains(err.Error(), context.DeadlineExceeded.Error()) {
			break
		}
	}
	return h, err //nolint:wrapcheck // It says what.
}

// settingsOf a file with values: the ConfigMap that the chart makes of them.
func settingsOf(file string) (map[string]string, error) {
	b, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		return nil, fmt.Errorf("cannot read the values: %w", err)
	}
	var values struct {
		Configs struct {
			CM map[string]string `json:"cm"`
		} `json:"configs"`
	}
	if err := yaml.UnmarshalStrict(b, &values); err != nil {
		return nil, fmt.Errorf("cannot read the values: %w", err)
	}
	return values.Configs.CM, nil
}

// overridesOf Argo CD's own checks, as it reads its settings.
func overridesOf(data map[string]string) (lua.ResourceHealthOverrides, error) {
	meta := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Name: name, Namespace: "argocd", Labels: map[string]string{"app.kubernetes.io/part-of": "argocd"}}
	}
	clientset := fake.NewClientset(
		&corev1.ConfigMap{ObjectMeta: meta("argocd-cm"), Data: data},
		&corev1.Secret{ObjectMeta: meta("argocd-secret")},
	)
	overrides, err := settings.NewSettingsManager(context.Background(), clientset, "argocd").GetResourceOverrides()
	if err != nil {
		return nil, fmt.Errorf("cannot read the settings: %w", err)
	}
	return overrides, nil
}
