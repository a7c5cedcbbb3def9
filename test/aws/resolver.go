package aws

import (
	"reflect"
	"sync"
	_ "unsafe" // For go:linkname.

	"k8s.io/apimachinery/pkg/runtime"
)

// resolverScheme is where the provider's generated ResolveReferences look types up.
// Its package is internal, and only the provider's own main fills it
// (cmd/provider/*/zz_main.go).
//
//go:linkname resolverScheme github.com/upbound/provider-aws/v2/internal/apis.s
var resolverScheme *runtime.Scheme //nolint:gochecknoglobals // The provider's.

//nolint:gochecknoglobals // It is filled once.
var fillResolver sync.Once

// teach the provider's resolvers the types of a scheme.
func teach(s *runtime.Scheme) {
	fillResolver.Do(func() {
		for gvk, t := range s.AllKnownTypes() {
			if o, ok := reflect.New(t).Interface().(runtime.Object); ok {
				resolverScheme.AddKnownTypeWithName(gvk, o)
			}
		}
	})
}
