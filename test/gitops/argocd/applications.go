package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/argoproj/argo-cd/v3/applicationset/controllers/template"
	"github.com/argoproj/argo-cd/v3/applicationset/generators"
	"github.com/argoproj/argo-cd/v3/applicationset/utils"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/sirupsen/logrus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	ctrlfake "sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/yaml"
)

// makeApplications of the set in a file, by its generators of lists and of clusters.
func makeApplications(file string) error {
	b, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		return fmt.Errorf("cannot read the set: %w", err)
	}
	var set v1alpha1.ApplicationSet
	if err := yaml.UnmarshalStrict(b, &set); err != nil {
		return fmt.Errorf("cannot read the set: %w", err)
	}
	var secrets []runtime.Object
	err = each(func(o *unstructured.Unstructured) error {
		secret := &corev1.Secret{}
		secrets = append(secrets, secret)
		return runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, secret)
	})
	if err != nil {
		return err
	}
	clientset, client := fake.NewClientset(secrets...), ctrlfake.NewClientBuilder().WithRuntimeObjects(secrets...).Build()
	all := map[string]generators.Generator{
		"List":     generators.NewListGenerator(),
		"Clusters": generators.NewClusterGenerator(context.Background(), client, clientset, set.Namespace),
	}
	applications, _, err := template.GenerateApplications(logrus.NewEntry(logrus.StandardLogger()), set, all, &utils.Render{}, client)
	if err != nil {
		return fmt.Errorf("cannot make the applications: %w", err)
	}
	out := json.NewEncoder(os.Stdout)
	for _, a := range applications {
		if err := out.Encode(a); err != nil {
			return fmt.Errorf("cannot write: %w", err)
		}
	}
	return nil
}
