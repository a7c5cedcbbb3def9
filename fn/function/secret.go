package function

import (
	"maps"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// publishes tells whether Crossplane writes a Secret for the composite. One that
// has a claim does if its Composition says where
// (writeConnectionSecretsToNamespace), a namespaced one never.
func publishes(xr *plan.Observed) bool {
	return read.XPlatform.ConnectionSecret.Of(xr) != ""
}

// publish the kubeconfig in the composite's Secret, from which Crossplane copies it
// to the one that the claim names. What has been published once is published until
// there is something newer: Crossplane takes no key out of a Secret, but calls
// each attempt a publication of now, which changes the composite, which is a
// reason to run again (APIFilteredSecretPublisher in Crossplane's
// internal/controller/apiextensions/composite/api.go).
func publish(rsp *fnv1.RunFunctionResponse, auth, xr *plan.Observed) {
	kubeconfig := auth.ConnectionDetail(platform.KeyKubeconfig)
	if len(kubeconfig) == 0 {
		kubeconfig = xr.ConnectionDetail(platform.KeyKubeconfig)
	}
	if !publishes(xr) || len(kubeconfig) == 0 {
		return
	}
	details := maps.Clone(rsp.GetDesired().GetComposite().GetConnectionDetails())
	if details == nil {
		details = map[string][]byte{}
	}
	details[platform.KeyKubeconfig] = kubeconfig
	rsp.Desired.Composite.ConnectionDetails = details
}
