package platform

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/types/known/structpb"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	xpv1 "github.com/crossplane/crossplane-runtime/v2/apis/common/v1"
	asv1 "github.com/upbound/provider-aws/v2/apis/namespaced/autoscaling/v1beta1"
	cwlv1 "github.com/upbound/provider-aws/v2/apis/namespaced/cloudwatchlogs/v1beta1"
	ec2 "github.com/upbound/provider-aws/v2/apis/namespaced/ec2/v1beta1"
	eksv1 "github.com/upbound/provider-aws/v2/apis/namespaced/eks/v1beta1"
	iamv1 "github.com/upbound/provider-aws/v2/apis/namespaced/iam/v1beta1"
	kmsv1 "github.com/upbound/provider-aws/v2/apis/namespaced/kms/v1beta1"
	rdsv1 "github.com/upbound/provider-aws/v2/apis/namespaced/rds/v1beta1"
	route53v1 "github.com/upbound/provider-aws/v2/apis/namespaced/route53/v1beta1"
	sqsv1 "github.com/upbound/provider-aws/v2/apis/namespaced/sqs/v1beta1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
)

// A Composite is the little we read of an XR.
type Composite struct {
	APIVersion, Kind, Name, UID string
	// Namespace of a composite that has one, and Claim, the name of the claim of
	// one that has that, in ClaimNamespace.
	Namespace, Claim, ClaimNamespace string
	// Named is what the last run said the platform is called in AWS, or its guard does, ""
	// if neither does.
	Named string
	// Pin is the field by which it may have another revision of its Composition than
	// the newest, "" if it has none.
	Pin string
	// Deleted: Kubernetes is deleting it.
	Deleted bool
	// Spec, as far as it can be read; Unread: that is not all of it. Asked is all of it
	// as it is, but for what is Crossplane's own.
	Spec   v1alpha1.PlatformSpec
	Unread bool
	Asked  *structpb.Struct
}

// ReadComposite reads the little of an XR that matters here. The rest of it, its
// managed fields above all, can be larger than everything we compose. The error
// names the field that says nothing that could be acted upon; whatever else there is, is read
// all the same, because a platform can be taken down whatever its claim says.
func ReadComposite(oxr *structpb.Struct) (Composite, error) {
	fields := oxr.GetFields()
	md := fields["metadata"].GetStructValue().GetFields()
	labels := md["labels"].GetStructValue().GetFields()
	xr := Composite{
		APIVersion:     fields["apiVersion"].GetStringValue(),
		Kind:           fields["kind"].GetStringValue(),
		Name:           md["name"].GetStringValue(),
		Namespace:      md["namespace"].GetStringValue(),
		UID:            md["uid"].GetStringValue(),
		Claim:          labels[labelClaimName].GetStringValue(),
		ClaimNamespace: labels[labelClaimNamespace].GetStringValue(),
		Named:          fields["status"].GetStructValue().GetFields()["name"].GetStringValue(),
		Deleted:        md["deletionTimestamp"].GetStringValue() != "",
	}
	if xr.Name == "" {
		return xr, errors.New("the request has no observed composite resource")
	}
	xr.Pin = pinOf(fields["spec"].GetStructValue())
	xr.Asked = askedOf(fields["spec"].GetStructValue())
	err := readSpec(fields["spec"].GetStructValue().AsMap(), &xr.Spec)
	xr.Unread = err != nil
	return xr, err
}

// crossplanes are the fields of a composite's spec that are Crossplane's own (v2.4.0,
// crossplane-runtime's pkg/xcrd/schemas.go: CompositeResourceSpecProps). Its claim has
// others there.
//
//nolint:gochecknoglobals // A constant list.
var crossplanes = []string{
	"claimRef", "compositionRef", "compositionRevisionRef", "compositionRevisionSelector", "compositionSelector",
	"compositionUpdatePolicy", "crossplane", "resourceRefs", "writeConnectionSecretToRef",
}

// askedOf a spec is what people ask for in it.
func askedOf(spec *structpb.Struct) *structpb.Struct {
	asked := &structpb.Struct{Fields: maps.Clone(spec.GetFields())}
	maps.DeleteFunc(asked.GetFields(), func(field string, _ *structpb.Value) bool { return slices.Contains(crossplanes, field) })
	return asked
}

// readSpec reads all of a spec, or what there is to read in it.
func readSpec(m map[string]any, into *v1alpha1.PlatformSpec) error {
	all := runtime.DefaultUnstructuredConverter.FromUnstructured(m, into)
	if all == nil && into.Region != "" {
		return nil
	}
	if all == nil {
		all = errors.New("spec.region: must be set, to a region such as eu-central-1")
	} else {
		all = fmt.Errorf("cannot read spec: %w", all)
	}
	// What people deployed is drained unless they say otherwise.
	some := map[string]any{"teardown": map[string]any{"drain": true, "drainTimeoutSeconds": int64(600)}}
	readable(m, some, func() bool {
		// Into a spec of its own: what a map lacks is set to nothing.
		*into = v1alpha1.PlatformSpec{}
		return runtime.DefaultUnstructuredConverter.FromUnstructured(some, into) == nil
	})
	return all
}

// readable puts all fields of a map into another that can be read there, and of those
// that can't what is readable in them.
func readable(m, into map[string]any, reads func() bool) {
	for _, field := range sortedKeys(m) {
		before, had := into[field]
		if into[field] = m[field]; reads() {
			continue
		}
		if had {
			into[field] = before
		} else {
			delete(into, field)
		}
		if inner, ok := m[field].(map[string]any); ok {
			kept, _ := before.(map[string]any)
			kept = maps.Clone(kept)
			if kept == nil {
				kept = map[string]any{}
			}
			into[field] = kept
			readable(inner, kept, reads)
		}
	}
	reads()
}

// Options of the plan of a composite: what all its objects have in common.
func Options(s *runtime.Scheme, xr Composite, policy v1beta1.Input) plan.Options {
	o := plan.Options{
		Scheme:         s,
		Managed:        managedKinds,
		Platform:       xr.Name,
		Namespace:      cmp.Or(policy.ResourceNamespace, "crossplane-system"),
		Name:           xr.ObjectName,
		ProviderConfig: xpv1.ProviderConfigReference{Kind: cmp.Or(policy.ProviderConfigRef.Kind, "ClusterProviderConfig"), Name: cmp.Or(policy.ProviderConfigRef.Name, "default")},
		Controller:     xr.UID,
		ClaimNamespace: xr.ClaimNamespace,
		Unread:         xr.Unread,
		Timeless:       Timeless,
		Explain:        explain,
	}
	if xr.Namespace != "" {
		// What a namespaced composite is made of lives where it lives.
		o.Namespace = xr.Namespace
	}
	return o
}

// NewScheme knows every type a platform is made of.
func NewScheme() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme,
		asv1.AddToScheme, cwlv1.AddToScheme, ec2.AddToScheme, eksv1.AddToScheme, iamv1.AddToScheme,
		kmsv1.AddToScheme, rdsv1.AddToScheme, route53v1.AddToScheme, sqsv1.AddToScheme,
	} {
		utilruntime.Must(add(s)) // It fails if two of these packages have one kind.
	}
	return s
}
