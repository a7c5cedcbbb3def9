// Package function answers Crossplane: it says what a platform is made of right
// now, given what exists, and what people see of it.
package function

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/crossplane/function-sdk-go/request"
	"github.com/crossplane/function-sdk-go/response"

	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
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

// Function composes platforms.
type Function struct {
	fnv1.UnimplementedFunctionRunnerServiceServer

	scheme *runtime.Scheme
}

// New returns a function. It keeps no state between runs.
func New() (*Function, error) {
	s, err := platform.NewScheme()
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
	xr, err := platform.ReadComposite(req.GetObserved().GetComposite().GetResource())
	if err != nil {
		refuse(rsp, err)
		return rsp, nil
	}
	life := lifecycle.Read(xr, *in, req)
	if life.Held() {
		life.Hold(rsp, req.GetObserved().GetResources())
		return rsp, nil
	}

	options := life.Options(platform.Options(f.scheme, xr, *in))
	options.Required = req.GetRequiredResources()
	p := plan.New(options, ours(req))
	pf, refusal := platform.Compose(p, xr, *in)
	switch {
	case refusal != nil && !life.Ends():
		refuse(rsp, refusal)
		return rsp, nil
	case refusal != nil:
		// Whatever is wrong with a claim, its platform can be taken down.
		p.Distrust()
	}
	life.Compose(p, pf, req.GetRequiredResources())
	outcome, err := p.Resolve()
	if err != nil {
		err = fmt.Errorf("cannot plan the platform: %w", err)
		if !life.Ends() {
			refuse(rsp, err)
			return rsp, nil
		}
		refusal = errors.Join(refusal, err)
	}
	if err := respond(rsp, answer{xr: xr, moment: life.At(outcome), platform: pf, outcome: outcome, refusal: refusal}, req); err != nil {
		response.Fatal(rsp, err)
	}
	return rsp, nil
}

// ttl is how long nobody needs to look. It is short while Crossplane says that it
// doesn't listen to the composite: whatever happens then, an edit or a deletion
// too, only the next run will see, and a platform may have become ready in the
// very run before.
func ttl(o *plan.Outcome, xr *plan.Observed) time.Duration {
	if responsive, _, _ := xr.Condition(conditionResponsive); !o.Ready() && !o.Resting() || responsive == "False" {
		return ttlConverging
	}
	if publishes(xr) {
		return ttlPublishing
	}
	return ttlSteady
}

// ours is what exists of what this function composes: neither the guard, which
// is no part of the graph, nor what earlier functions ask for. What later ones do, it
// does not know yet; the plan tells it by what it says of itself.
func ours(req *fnv1.RunFunctionRequest) map[string]*fnv1.Resource {
	observed := maps.Clone(req.GetObserved().GetResources())
	delete(observed, lifecycle.KeyGuard)
	for key := range req.GetDesired().GetResources() {
		delete(observed, key)
	}
	return observed
}
