package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	xpv1 "github.com/crossplane/crossplane-runtime/v2/apis/common/v1"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/crossplane/function-sdk-go/request"
	"github.com/crossplane/function-sdk-go/response"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
)

// How soon Crossplane asks again, if nothing it watches changes before. While
// something is under way that is a net under the watches: a control plane whose
// circuit breaker is open for this composite drops its events for minutes.
const (
	ttlConverging = 10 * time.Second
	ttlSteady     = 10 * time.Minute
	// ttlPublishing is for a composite with a connection Secret: nobody watches
	// the Secret its kubeconfig is copied from. The provider looks at a
	// ClusterAuth every minute, replaces a token that is ten minutes old, and
	// lets each live for fifteen (provider-aws v2.7.0,
	// internal/controller/namespaced/eks/clusterauth/controller.go). So an old
	// one lives for four minutes once there is a new one, and Crossplane, which
	// varies a TTL by a tenth, has copied the new one after 2m12s. Whoever reads
	// the copy can use it for at least another minute and a half.
	ttlPublishing = 2 * time.Minute
)

// conditionResponsive of a composite is false while Crossplane's circuit breaker
// is open for it. Crossplane sets it before it runs functions.
const conditionResponsive = "Responsive"

// labelClaimName is how Crossplane marks a composite with its claim.
const labelClaimName = "crossplane.io/claim-name"

// Function composes platforms.
type Function struct {
	fnv1.UnimplementedFunctionRunnerServiceServer

	scheme *runtime.Scheme
}

// NewFunction returns a function. It keeps no state between runs.
func NewFunction() (*Function, error) {
	s, err := newScheme()
	if err != nil {
		return nil, err
	}
	return &Function{scheme: s}, nil
}

// RunFunction says what a platform is made of right now, given what exists.
func (f *Function) RunFunction(_ context.Context, req *fnv1.RunFunctionRequest) (*fnv1.RunFunctionResponse, error) {
	rsp := response.To(req, ttlConverging)

	in := &v1beta1.Input{}
	if err := request.GetInput(req, in); err != nil {
		response.Fatal(rsp, fmt.Errorf("cannot read the function's input: %w", err))
		return rsp, nil
	}
	xr, spec, err := readComposite(req.GetObserved().GetComposite().GetResource().GetFields())
	if err != nil {
		refuse(rsp, err)
		return rsp, nil
	}
	t := readTeardown(xr, req)
	if t.unresolved || xr.deleted {
		t.hold(rsp, req.GetObserved().GetResources())
		return rsp, nil
	}

	c := newContract(xr, spec, *in)
	p := plan.New(options(f.scheme, xr, in, t, req), ours(req))
	pf := compose(p, c, t)
	refusal := errors.Join(c.refused...)
	if refusal != nil && !t.confirmed {
		refuse(rsp, refusal)
		return rsp, nil
	}
	// Whatever is wrong with a claim, its platform can be taken down.
	if refusal != nil {
		p.Distrust()
	}
	if t.clusterGone {
		pf.cluster.node.Lose()
	}
	p.Resolve()
	desired, err := p.Desired()
	if err := errors.Join(err, p.Err()); err != nil {
		response.Fatal(rsp, fmt.Errorf("cannot plan the platform: %w", err))
		return rsp, nil
	}

	if err := errors.Join(t.guard(desired, p, plan.Observe(req.GetObserved().GetResources()[keyGuard])), report(rsp, t, p, c, pf)); err != nil {
		response.Fatal(rsp, err)
		return rsp, nil
	}
	// What earlier functions ask for stays.
	maps.Copy(desired, rsp.GetDesired().GetResources())
	rsp.Desired.Resources = desired
	accept(rsp, p, refusal)
	t.report(rsp, p, pf.drain)
	t.require(rsp, p.Requirements())
	observed := plan.Observe(req.GetObserved().GetComposite())
	publish(rsp, pf.cluster.auth.Observed(), observed)
	rsp.Meta.Ttl = durationpb.New(ttl(p, observed))
	return rsp, nil
}

// ttl is how long nobody needs to look. It is short while Crossplane says that it
// doesn't listen to the composite: whatever happens then, an edit or a deletion
// too, only the next run will see, and a platform may have become ready in the
// very run before.
func ttl(p *plan.Plan, xr *plan.Observed) time.Duration {
	if responsive, _, _ := xr.Condition(conditionResponsive); !p.Ready() || responsive == "False" {
		return ttlConverging
	}
	if publishes(xr) {
		return ttlPublishing
	}
	return ttlSteady
}

// ours is what exists of what this function composes: neither the guard, which
// is no part of the graph, nor what earlier functions ask for.
func ours(req *fnv1.RunFunctionRequest) map[string]*fnv1.Resource {
	observed := maps.Clone(req.GetObserved().GetResources())
	delete(observed, keyGuard)
	for key := range req.GetDesired().GetResources() {
		delete(observed, key)
	}
	return observed
}

// readComposite reads the little of an XR that matters here. The rest of it,
// its managed fields above all, can be larger than everything we compose.
func readComposite(oxr map[string]*structpb.Value) (composite, v1alpha1.PlatformSpec, error) {
	md := oxr["metadata"].GetStructValue().GetFields()
	xr := composite{
		apiVersion: oxr["apiVersion"].GetStringValue(),
		kind:       oxr["kind"].GetStringValue(),
		name:       md["name"].GetStringValue(),
		namespace:  md["namespace"].GetStringValue(),
		uid:        md["uid"].GetStringValue(),
		claim:      md["labels"].GetStructValue().GetFields()[labelClaimName].GetStringValue(),
		deleted:    md["deletionTimestamp"].GetStringValue() != "",
	}
	spec := v1alpha1.PlatformSpec{}
	if xr.name == "" {
		return xr, spec, errors.New("the request has no observed composite resource")
	}
	m := oxr["spec"].GetStructValue().AsMap()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(m, &spec); err != nil {
		return xr, spec, fmt.Errorf("cannot read spec: %w", err)
	}
	if spec.Region == "" {
		return xr, spec, errors.New("spec.region: must be set, to a region such as eu-central-1")
	}
	return xr, spec, nil
}

func options(s *runtime.Scheme, xr composite, in *v1beta1.Input, t teardown, req *fnv1.RunFunctionRequest) plan.Options {
	o := plan.Options{
		Scheme:         s,
		Platform:       xr.name,
		Namespace:      or(in.ResourceNamespace, "crossplane-system"),
		Name:           func(key string) string { return objectName(xr.name, key) },
		ProviderConfig: xpv1.ProviderConfigReference{Kind: or(in.ProviderConfigRef.Kind, "ClusterProviderConfig"), Name: or(in.ProviderConfigRef.Name, "default")},
		TearDown:       t.confirmed,
		Controller:     xr.uid,
		Memory:         plan.Memory{TornDown: t.began, Leaving: t.leaving, Parted: t.drained},
		Required:       req.GetRequiredResources(),
		Protected:      t.protected,
		Explain:        explain,
	}
	if !t.guarded {
		o.Unguarded = keyGuard
	}
	if xr.namespace != "" {
		// What a namespaced composite is made of lives where it lives.
		o.Namespace = xr.namespace
	}
	return o
}
