package controlplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	eksv1 "github.com/upbound/provider-aws/v2/apis/namespaced/eks/v1beta1"

	"github.com/xplatform-dev/function-xplatform/test/crds"
	"github.com/xplatform-dev/function-xplatform/test/eks"
	"github.com/xplatform-dev/function-xplatform/test/modules"
)

// owner of the fields that the control plane itself sets.
const owner = client.FieldOwner("controlplane")

// The groups of what provider-helm and provider-kubernetes serve.
const (
	groupHelm       = "helm.m.crossplane.io"
	groupKubernetes = "kubernetes.m.crossplane.io"
)

// startProviders installs the CRDs of what the function composes, and starts who
// acts on them: KWOK for AWS, and if they are wanted EKS's data plane and the providers
// of Helm and Kubernetes.
func (cp *ControlPlane) startProviders(ctx context.Context) error {
	registry, err := crds.Project() //nolint:contextcheck // It asks the go command where a file is.
	if err != nil {
		return err
	}
	if err := cp.readKinds(registry); err != nil {
		return err
	}
	install, inner := errgroup.WithContext(ctx)
	install.SetLimit(8)
	for _, gvk := range cp.Kinds {
		install.Go(func() error {
			crd, err := registry.CRD(gvk.GroupKind())
			if err != nil {
				return err
			}
			return cp.applyCRD(inner, crd)
		})
	}
	for _, m := range []struct{ module, path string }{
		{"sigs.k8s.io/kwok", "kustomize/crd/bases/kwok.x-k8s.io_stages.yaml"},
		{"github.com/crossplane-contrib/provider-helm", "package/crds/*.yaml"},
		{"github.com/crossplane-contrib/provider-kubernetes", "package/crds/" + groupKubernetes + "_*.yaml"},
	} {
		install.Go(func() error { return cp.applyFiles(inner, m.module, m.path) })
	}
	if err := install.Wait(); err != nil {
		return err
	}
	if err := cp.startKWOK(ctx); err != nil {
		return err
	}
	if cp.Nodes {
		cp.play(ctx, cp.dataPlane().Run)
	}
	if cp.Helm || cp.Nodes {
		if err := cp.startScheduler(ctx); err != nil {
			return err
		}
	}
	if cp.Helm {
		return errors.Join(cp.startHelm(ctx), cp.startDrain(ctx))
	}
	return nil
}

// dataPlane of EKS, as much faster as the rest but for a removal: pods don't move
// faster here than anywhere, and that they had no time to is no test's concern.
func (cp *ControlPlane) dataPlane() *eks.DataPlane {
	creation := cp.World.Answer(eksv1.NodeGroup_GroupVersionKind.GroupKind()).Create.Duration
	return &eks.DataPlane{Client: cp.Client, World: cp.World, Creation: cp.scaled(creation), Update: cp.scaled(15 * time.Minute), Removal: time.Minute}
}

// scaled is how long something takes here that takes AWS as long as told.
func (cp *ControlPlane) scaled(at time.Duration) time.Duration {
	return time.Duration(float64(at) / cp.Speed)
}

// applyFiles of a module that match a pattern.
func (cp *ControlPlane) applyFiles(ctx context.Context, module, pattern string) error {
	//nolint:contextcheck // It asks the go command where a file is.
	path, err := modules.Path(module, pattern)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(path)
	if err != nil || len(files) == 0 {
		return errors.Join(fmt.Errorf("no file of %s matches %s", module, pattern), err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		o := &unstructured.Unstructured{}
		if err := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(b), 4096).Decode(&o.Object); err != nil {
			return fmt.Errorf("cannot parse %s: %w", file, err)
		}
		if o.GetKind() != "CustomResourceDefinition" {
			if err := cp.adapt(o); err != nil {
				return err
			}
			if err := cp.Apply(ctx, o); err != nil {
				return err
			}
			continue
		}
		crd := &extv1.CustomResourceDefinition{}
		if err := yaml.Unmarshal(b, crd); err != nil {
			return fmt.Errorf("cannot parse %s: %w", file, err)
		}
		if err := cp.applyCRD(ctx, crd); err != nil {
			return err
		}
	}
	return nil
}

// applyCRD, and wait until it is served.
func (cp *ControlPlane) applyCRD(ctx context.Context, crd *extv1.CustomResourceDefinition) error {
	crd = crd.DeepCopy()
	crd.TypeMeta = metav1.TypeMeta{APIVersion: "apiextensions.k8s.io/v1", Kind: "CustomResourceDefinition"}
	if err := client.IgnoreAlreadyExists(cp.Client.Create(ctx, crd)); err != nil {
		return fmt.Errorf("cannot install CRD %s: %w", crd.GetName(), err)
	}
	return cp.established(ctx, crd.GetName())
}

// established waits until a CRD is served.
func (cp *ControlPlane) established(ctx context.Context, name string) error {
	err := wait.PollUntilContextTimeout(ctx, poll, patience, true, func(ctx context.Context) (bool, error) {
		crd := &extv1.CustomResourceDefinition{}
		if err := cp.Client.Get(ctx, types.NamespacedName{Name: name}, crd); err != nil {
			return false, client.IgnoreNotFound(err)
		}
		for _, c := range crd.Status.Conditions {
			if c.Type == extv1.Established && c.Status == extv1.ConditionTrue {
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("CRD %s is not served: %w", name, err)
	}
	return nil
}

// Apply an object, server-side.
func (cp *ControlPlane) Apply(ctx context.Context, o *unstructured.Unstructured) error {
	if err := cp.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(o.DeepCopy()), owner, client.ForceOwnership); err != nil {
		return fmt.Errorf("cannot apply %s %s: %w", o.GetKind(), o.GetName(), err)
	}
	return nil
}
