package main

import (
	"encoding/json"
	"fmt"

	jsonpatch "github.com/evanphx/json-patch/v5"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// This file alone knows what provider-helm's objects look like. Its own types
// would compose fields nobody meant (maxHistory: 0, an empty pull secret), and
// would link the whole of Helm into the function.

// apiVersionHelm of provider-helm's namespaced kinds.
const apiVersionHelm = "helm.m.crossplane.io/v1beta1"

const (
	// waitTimeout is how long Helm waits for what a chart installed to become
	// ready. It must be below provider-helm's own timeout of ten minutes, or
	// the provider is cut off in mid-installation.
	waitTimeout = "8m0s"
	// rollbackLimit is how often provider-helm tries a failed release again.
	// Without it, it never does. A registry that is away for a night should
	// not need a person in the morning.
	rollbackLimit = 100
)

// A release of a Helm chart.
type release struct {
	name, namespace            string
	chart, repository, version string
	values                     map[string]any
}

// helmConfig is how provider-helm gets into the cluster: by the Secret
// ClusterAuth keeps fresh. A copy of it would go stale within minutes.
func helmConfig(l *plan.Layer, auth *plan.Node) *plan.Node {
	return l.Add("helm", func(n *plan.Node) runtime.Object {
		n.After(auth)
		return object(apiVersionHelm, "ProviderConfig", nil, map[string]any{
			"credentials": map[string]any{
				"source": "Secret",
				"secretRef": map[string]any{
					"namespace": auth.Namespace(),
					"name":      auth.Name(),
					"key":       keyKubeconfig,
				},
			},
		})
	}).ReadyWhen(plan.Exists)
}

// object of a release, installed by way of a provider configuration.
func (r release) object(config string) *unstructured.Unstructured {
	return object(apiVersionHelm, "Release", map[string]any{meta.AnnotationKeyExternalName: r.name}, map[string]any{
		"providerConfigRef": map[string]any{"kind": "ProviderConfig", "name": config},
		"rollbackLimit":     int64(rollbackLimit),
		"forProvider": map[string]any{
			"chart": map[string]any{
				"name":       r.chart,
				"repository": r.repository,
				"version":    r.version,
			},
			"namespace": r.namespace,
			// Without it a release is ready once Helm has stored it, whether
			// its pods start or not.
			"wait":        true,
			"waitTimeout": waitTimeout,
			"values":      r.values,
		},
	})
}

// merge the values of a claim over ours the way Helm merges two files of
// values: maps are merged, anything else replaces, and null stays, to remove a
// chart's default.
func merge(ours map[string]any, theirs *extv1.JSON) (map[string]any, error) {
	base, err := json.Marshal(ours)
	if err != nil {
		return nil, fmt.Errorf("cannot marshal our values: %w", err)
	}
	if theirs != nil && len(theirs.Raw) > 0 {
		if base, err = jsonpatch.MergeMergePatches(base, theirs.Raw); err != nil {
			return nil, fmt.Errorf("cannot merge: %w", err)
		}
	}
	merged := map[string]any{}
	if err := json.Unmarshal(base, &merged); err != nil {
		return nil, fmt.Errorf("must be a map: %w", err)
	}
	return merged, nil
}

func object(apiVersion, kind string, annotations, spec map[string]any) *unstructured.Unstructured {
	metadata := map[string]any{}
	if annotations != nil {
		metadata["annotations"] = annotations
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": apiVersion,
		"kind":       kind,
		"metadata":   metadata,
		"spec":       spec,
	}}
}
