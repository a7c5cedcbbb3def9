package controlplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
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

// stages is the file in KWOK's module that defines what it plays by.
const stages = "kustomize/crd/bases/kwok.x-k8s.io_stages.yaml"

// The groups of what provider-helm and provider-kubernetes serve.
const (
	groupHelm       = "helm.m.crossplane.io"
	groupKubernetes = "kubernetes.m.crossplane.io"
)

// defineKinds that the function composes, as the packages of their providers would.
func (cp *ControlPlane) defineKinds(ctx context.Context) error {
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
			return cp.define(inner, crd)
		})
	}
	for _, m := range []struct{ module, path string }{
		{"sigs.k8s.io/kwok", stages},
		{"github.com/crossplane-contrib/provider-helm", "package/crds/*.yaml"},
		{"github.com/crossplane-contrib/provider-kubernetes", "package/crds/" + groupKubernetes + "_*.yaml"},
	} {
		install.Go(func() error { return cp.applyFiles(inner, m.module, m.path) })
	}
	return install.Wait()
}

// KindDefinition and KindPolicy are what Crossplane activates managed resources by.
//
//nolint:gochecknoglobals // Constants.
var (
	KindDefinition = schema.GroupVersionKind{Group: "apiextensions.crossplane.io", Version: "v1alpha1", Kind: "ManagedResourceDefinition"}
	KindPolicy     = KindDefinition.GroupVersion().WithKind("ManagedResourceActivationPolicy")
)

// startProviders waits until what the function composes is activated, and starts who
// acts on it: KWOK for AWS, and if they are wanted EKS's data plane and the providers
// of Helm and Kubernetes.
func (cp *ControlPlane) startProviders(ctx context.Context) error {
	for _, gvk := range cp.Kinds {
		if err := cp.served(ctx, gvk); err != nil {
			return err
		}
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
		if err := cp.define(ctx, crd); err != nil {
			return err
		}
	}
	return nil
}

// define a kind as Crossplane does when it installs its provider's package: a managed
// resource's is inactive until a policy names it, and then Crossplane makes its CRD.
// All others are served at once.
func (cp *ControlPlane) define(ctx context.Context, crd *extv1.CustomResourceDefinition) error {
	crd = crd.DeepCopy()
	crd.TypeMeta = metav1.TypeMeta{APIVersion: "apiextensions.k8s.io/v1", Kind: "CustomResourceDefinition"}
	if slices.Contains(crd.Spec.Names.Categories, "managed") {
		return cp.Define(ctx, crd)
	}
	if err := client.IgnoreAlreadyExists(cp.Client.Create(ctx, crd)); err != nil {
		return fmt.Errorf("cannot install CRD %s: %w", crd.GetName(), err)
	}
	return cp.established(ctx, crd.GetName())
}

// Define a managed resource's kind, of which nobody has said yet that it is active.
func (cp *ControlPlane) Define(ctx context.Context, crd *extv1.CustomResourceDefinition) error {
	spec, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&crd.Spec)
	if err != nil {
		return fmt.Errorf("cannot define %s: %w", crd.GetName(), err)
	}
	spec["state"] = "Inactive"
	// Crossplane installs the kind of it meanwhile.
	if err := cp.served(ctx, KindDefinition); err != nil {
		return err
	}
	o := object(KindDefinition.GroupVersion().String(), KindDefinition.Kind, crd.GetName(), spec)
	if err := client.IgnoreAlreadyExists(cp.Client.Create(ctx, o)); err != nil {
		return fmt.Errorf("cannot define %s: %w", crd.GetName(), err)
	}
	return nil
}

// served waits until the API server serves a kind.
func (cp *ControlPlane) served(ctx context.Context, gvk schema.GroupVersionKind) error {
	err := wait.PollUntilContextTimeout(ctx, poll, patience, true, func(context.Context) (bool, error) {
		_, err := cp.Client.RESTMapper().RESTMapping(gvk.GroupKind(), gvk.Version)
		return err == nil, nil
	})
	if err != nil {
		return fmt.Errorf("%s is not served: %w", gvk, err)
	}
	return nil
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
