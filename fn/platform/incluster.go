package platform

import (
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// This file alone makes provider-kubernetes' objects.

// apiVersionKubernetes of provider-kubernetes' namespaced kinds.
const apiVersionKubernetes = "kubernetes.m.crossplane.io/v1alpha1"

// ProviderConfig is how provider-kubernetes gets into the cluster.
func (pf *Platform) ProviderConfig(n *plan.Node) *unstructured.Unstructured {
	return kubeconfigOf(n, apiVersionKubernetes, pf.Auth)
}

// InCluster is something in the cluster, by way of a provider configuration, with what
// else its provider is told of it.
func InCluster(n *plan.Node, config string, o client.Object, told map[string]any) *unstructured.Unstructured {
	spec := map[string]any{
		"providerConfigRef": map[string]any{"kind": "ProviderConfig", "name": config},
		"forProvider":       map[string]any{"manifest": n.Manifest(o)},
	}
	maps.Copy(spec, told)
	return plan.NewObject(apiVersionKubernetes, "Object", spec)
}
