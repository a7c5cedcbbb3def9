package aws

import (
	"fmt"
	"reflect"
	"sync"
	_ "unsafe" // For go:linkname.

	asv1 "github.com/upbound/provider-aws/v2/apis/namespaced/autoscaling/v1beta1"
	cwlv1 "github.com/upbound/provider-aws/v2/apis/namespaced/cloudwatchlogs/v1beta1"
	ec2 "github.com/upbound/provider-aws/v2/apis/namespaced/ec2/v1beta1"
	eksv1 "github.com/upbound/provider-aws/v2/apis/namespaced/eks/v1beta1"
	iamv1 "github.com/upbound/provider-aws/v2/apis/namespaced/iam/v1beta1"
	kmsv1 "github.com/upbound/provider-aws/v2/apis/namespaced/kms/v1beta1"
	rdsv1 "github.com/upbound/provider-aws/v2/apis/namespaced/rds/v1beta1"
	route53v1 "github.com/upbound/provider-aws/v2/apis/namespaced/route53/v1beta1"
	sqsv1 "github.com/upbound/provider-aws/v2/apis/namespaced/sqs/v1beta1"
	"k8s.io/apimachinery/pkg/runtime"
)

// NewScheme knows the types of the provider's families that platforms are made of, and
// their lists, which references are resolved by.
func NewScheme() (*runtime.Scheme, error) {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		asv1.AddToScheme, cwlv1.AddToScheme, ec2.AddToScheme, eksv1.AddToScheme, iamv1.AddToScheme,
		kmsv1.AddToScheme, rdsv1.AddToScheme, route53v1.AddToScheme, sqsv1.AddToScheme,
	} {
		if err := add(s); err != nil {
			return nil, fmt.Errorf("cannot register types: %w", err)
		}
	}
	return s, nil
}

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
