//go:build modules

package crds

// Project reads the CRDs of these modules, which is nothing the go command can
// see. Without an import "go mod tidy" would drop what nothing else imports.
// The build tag is never set, so nothing is compiled for it.
import (
	_ "github.com/crossplane-contrib/provider-helm/apis/namespaced/v1beta1"
	_ "github.com/upbound/provider-aws/v2/apis/namespaced/v1beta1"
)
