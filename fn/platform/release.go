package platform

import (
	"encoding/json"
	"fmt"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
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
	name, namespace string
	chart           chart
	values          map[string]any
}

// A chart, and the Secret to get it with, if it takes one.
type chart struct {
	name, repository, version string
	pullSecret                string
}

// helmConfig is how provider-helm gets into the cluster.
func helmConfig(l *plan.Layer, auth *plan.Node) *plan.Node {
	return l.Add("helm", func(n *plan.Node) runtime.Object { return kubeconfigOf(n, apiVersionHelm, auth) }).ReadyWhen(plan.Exists)
}

// kubeconfigOf the cluster, as a provider's configuration: the Secret ClusterAuth
// keeps fresh. A copy of it would go stale within minutes.
func kubeconfigOf(n *plan.Node, apiVersion string, auth *plan.Node) *unstructured.Unstructured {
	n.After(auth)
	return plan.NewObject(apiVersion, "ProviderConfig", map[string]any{
		"credentials": map[string]any{
			"source": "Secret",
			"secretRef": map[string]any{
				"namespace": auth.Namespace(),
				"name":      auth.Name(),
				"key":       KeyKubeconfig,
			},
		},
	})
}

// object of a release, installed by way of a provider configuration.
func (r release) object(config string) *unstructured.Unstructured {
	chart := map[string]any{
		"name":       r.chart.name,
		"repository": r.chart.repository,
		"version":    r.chart.version,
	}
	if r.chart.pullSecret != "" {
		chart["pullSecretRef"] = map[string]any{"name": r.chart.pullSecret}
	}
	o := plan.NewObject(apiVersionHelm, "Release", map[string]any{
		"providerConfigRef": map[string]any{"kind": "ProviderConfig", "name": config},
		"rollbackLimit":     int64(rollbackLimit),
		"forProvider": map[string]any{
			"chart":     chart,
			"namespace": r.namespace,
			// Without it a release is ready once Helm has stored it, whether
			// its pods start or not.
			"wait":        true,
			"waitTimeout": waitTimeout,
			"values":      r.values,
		},
	})
	meta.SetExternalName(o, r.name)
	return o
}

// installed is the check of a release. Its provider calls one unavailable, too, that it
// has yet to change, or that Helm is at work on (v1.3.0,
// pkg/controller/namespaced/release/release.go: Observe).
func installed(o *plan.Observed) plan.Readiness {
	r := plan.Available(o)
	switch state := read.Release.State.Of(o); {
	case r.Reason != plan.ReasonUnavailable || state == "failed":
	case state == "deployed":
		r.Reason = plan.ReasonUpdating
	default:
		r.Reason = plan.ReasonCreating
	}
	return r
}

// mergeValues merges the values of a claim over ours the way Helm merges two files of
// values: maps are merged, anything else replaces, and null stays, to remove a
// chart's default. What is in the contract can't be changed.
func mergeValues(contract, ours, theirs map[string]any) (map[string]any, error) {
	if path := overlapPath(contract, theirs); path != "" {
		return nil, fmt.Errorf("%s is set by the platform and can't be changed; leave it out", path)
	}
	merged, err := patchValues(ours, contract)
	if err != nil || len(theirs) == 0 {
		return merged, err
	}
	return patchValues(merged, theirs)
}

// keysOf all that values set, each by its keys with dots between them.
func keysOf(values map[string]any) []string {
	var all []string
	for _, k := range sortedKeys(values) {
		below, ok := values[k].(map[string]any)
		if !ok {
			all = append(all, k)
		}
		for _, path := range keysOf(below) {
			all = append(all, k+"."+path)
		}
	}
	return all
}

// overlapPath returns the path of a value in one map that the other sets, or
// replaces together with what it is in; "" if there is none.
func overlapPath(contract, wishes map[string]any) string {
	for _, k := range sortedKeys(wishes) {
		fixed, ok := contract[k]
		if !ok {
			continue
		}
		below, isMap := fixed.(map[string]any)
		wish, wishesMap := wishes[k].(map[string]any)
		if !isMap || !wishesMap {
			return k
		}
		if path := overlapPath(below, wish); path != "" {
			return k + "." + path
		}
	}
	return ""
}

// patchValues of a map with another, by JSON merge patch; nulls stay.
func patchValues(base, with map[string]any) (map[string]any, error) {
	a, err := json.Marshal(base)
	if err != nil {
		return nil, fmt.Errorf("cannot marshal: %w", err)
	}
	b, err := json.Marshal(with)
	if err != nil {
		return nil, fmt.Errorf("cannot marshal: %w", err)
	}
	c, err := jsonpatch.MergeMergePatches(a, b)
	if err != nil {
		return nil, fmt.Errorf("cannot merge: %w", err)
	}
	merged := map[string]any{}
	if err := json.Unmarshal(c, &merged); err != nil {
		return nil, fmt.Errorf("cannot merge: %w", err)
	}
	return merged, nil
}
