package aws

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Composite is the XR of a kind that Crossplane makes of a claim. Its name's
// suffix and its UID are random there, and always the same here.
func Composite(claim *unstructured.Unstructured, kind string) (*unstructured.Unstructured, error) {
	xr := claim.DeepCopy()
	xr.SetKind(kind)
	xr.SetName(claim.GetName() + "-x7k2p")
	xr.SetNamespace("")
	xr.SetUID("0ddc0ffe-0000-4000-8000-000000000001")
	xr.SetLabels(map[string]string{
		"crossplane.io/claim-name":      claim.GetName(),
		"crossplane.io/claim-namespace": claim.GetNamespace(),
	})
	// The claim's own business.
	for _, field := range []string{"compositeDeletePolicy", "resourceRef"} {
		unstructured.RemoveNestedField(xr.Object, "spec", field)
	}
	// What the Composition's writeConnectionSecretsToNamespace makes of it.
	secret := map[string]any{"name": string(xr.GetUID()), "namespace": "crossplane-system"}
	if err := unstructured.SetNestedMap(xr.Object, secret, "spec", "writeConnectionSecretToRef"); err != nil {
		return nil, fmt.Errorf("cannot set the connection Secret: %w", err)
	}
	ref := map[string]any{"apiVersion": claim.GetAPIVersion(), "kind": claim.GetKind(), "name": claim.GetName(), "namespace": claim.GetNamespace()}
	if err := unstructured.SetNestedMap(xr.Object, ref, "spec", "claimRef"); err != nil {
		return nil, fmt.Errorf("cannot refer to the claim: %w", err)
	}
	return xr, nil
}
