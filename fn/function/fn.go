// Package function answers Crossplane: it says what a platform is made of right
// now, given what exists, and what people see of it.
package function

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
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
func New() *Function { return &Function{scheme: platform.NewScheme()} }

// RunFunction says what a platform is made of right now, given what exists.
//
// Whatever request it does not expect, it answers all of it or nothing: what a fault
// of its own ends leaves everything as it is, and says so.
func (f *Function) RunFunction(_ context.Context, req *fnv1.RunFunctionRequest) (rsp *fnv1.RunFunctionResponse, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			fmt.Fprintf(os.Stderr, "panic: %v\n%s", fault, debug.Stack())
			rsp = response.To(req, ttlConverging)
			refuse(rsp, fmt.Errorf("%s (%v): everything stays as it is; please report this with the function's log", faultOfOurs, fault))
		}
	}()
	return f.answer(req), nil
}

// faultOfOurs is what is said of a run that a panic has ended.
const faultOfOurs = "cannot plan the platform, by a fault of the function's own"

// answer a request.
func (f *Function) answer(req *fnv1.RunFunctionRequest) *fnv1.RunFunctionResponse {
	rsp := response.To(req, ttlConverging)

	composite := req.GetObserved().GetComposite()
	xr, unread := platform.ReadComposite(composite.GetResource())
	if xr.Name == "" {
		refuse(rsp, unread)
		return rsp
	}
	in, lost := readInput(req)
	life := lifecycle.Read(xr, *in, req)
	xr.Named = cmp.Or(xr.Named, life.Named())
	options := life.Options(platform.Options(f.scheme, xr, *in))
	options.Required = req.GetRequiredResources()
	p := plan.New(options, ours(req))
	pf, refusal := platform.Compose(p, xr, *in)
	life.Compose(p, pf, req.GetRequiredResources())
	if life.Held() {
		life.Hold(rsp, p)
		return rsp
	}
	if err := errors.Join(apart(p, req), life.Restores(p, req.GetObserved().GetResources())); err != nil {
		refuse(rsp, err)
		return rsp
	}
	if twin := life.Naming().Refusal(); twin != nil && !p.Empty() && !life.Ends() {
		keep(rsp, life, p, pf.Name(), composite, twin)
		notAccepted(rsp, reasonNameTaken, twin)
		return rsp
	}
	if unread != nil {
		refusal = unread
	}
	switch {
	case lost != nil:
		// Nobody knows what the platform may be asked for, nor who may end it.
		keep(rsp, life, p, pf.Name(), composite, lost)
		return rsp
	case refusal != nil && !life.Ends():
		keep(rsp, life, p, pf.Name(), composite, refusal)
		return rsp
	case refusal != nil:
		// Whatever is wrong with a claim, its platform can be taken down.
		p.Distrust()
	}
	conclude(rsp, req, life, p, answer{xr: xr, platform: pf, refusal: refusal})
	return rsp
}

// conclude what a plan comes to, and answer that.
func conclude(rsp *fnv1.RunFunctionResponse, req *fnv1.RunFunctionRequest, life *lifecycle.Life, p *plan.Plan, a answer) {
	outcome, err := p.Resolve()
	if err == nil && !life.Ends() {
		err = fits(outcome, a.xr, p.Empty() && p.Searched())
	}
	if err != nil {
		err = fmt.Errorf("cannot plan the platform: %w", err)
		if !life.Ends() {
			keep(rsp, life, p, a.platform.Name(), req.GetObserved().GetComposite(), err)
			return
		}
		a.refusal = errors.Join(a.refusal, err)
	}
	a.outcome, a.moment = outcome, life.At(outcome)
	if err := respond(rsp, a, req); err != nil {
		refuse(rsp, err)
	}
}

// apart tells why an earlier step of the pipeline is in the way: it composes something by
// a key of ours, nil if none does. Crossplane knows one object by a key: ours would be
// forgotten for theirs, or theirs be taken for ours, and waited for.
func apart(p *plan.Plan, req *fnv1.RunFunctionRequest) error {
	var taken []string
	for key := range req.GetDesired().GetResources() {
		if key == lifecycle.KeyGuard || p.Wants(key) || plan.Observe(req.GetObserved().GetResources()[key]).Planned() {
			taken = append(taken, key)
		}
	}
	if len(taken) == 0 {
		return nil
	}
	slices.Sort(taken)
	return fmt.Errorf("an earlier step of the Composition's pipeline composes something called %s, which is what this function calls what it composes itself: call it otherwise in that step; until then everything stays as it is", plan.List(taken))
}

// readInput of a request. Crossplane checks no input against its schema, and a rule of
// the policy that is spelt wrong would bind nobody: none of it is read then.
func readInput(req *fnv1.RunFunctionRequest) (*v1beta1.Input, error) {
	in := &v1beta1.Input{}
	// The function SDK's own reader words its errors in another way each time, and
	// each would be an event.
	err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(req.GetInput().AsMap(), in, true)
	if err == nil {
		return in, nil
	}
	if strict, ok := runtime.AsStrictDecodingError(err); ok {
		errs := strict.Errors()
		slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		err = errors.Join(errs...)
	}
	return &v1beta1.Input{}, fmt.Errorf("cannot read the function's input, which the platform team has to mend in the Composition; until then everything stays as it is: %w", err)
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
