package platform

import (
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
)

// What the tests of whole platforms compare answers with.
const (
	PageTroubleshooting = pageTroubleshooting
	MaxObjectName       = maxObjectName
	ReasonResizing      = reasonResizing
)

//nolint:gochecknoglobals // Constants, but for Go's lack of constant functions and maps.
var (
	Digest      = digest
	Explain     = explain
	TagProblems = tagProblems
	RegionZones = regionZones
)

// Contracts of all controllers, by their fields in spec.controllers.
func Contracts(observed map[string]*fnv1.Resource, xr Composite) (map[string]map[string]any, error) {
	p := plan.New(plan.Options{Name: xr.ObjectName}, observed)
	pf, err := Compose(p, xr, v1beta1.Input{})
	all := map[string]map[string]any{}
	for _, ctl := range pf.controllers {
		id := identity{}
		if xr.Spec.Identity == v1alpha1.IdentityIRSA && ctl.policy != nil {
			id.annotation = plan.Static("arn:aws:iam::123456789012:role/a")
		}
		all[ctl.field] = ctl.contract(ctl.node, accountValues(ctl.node, ctl.account, id))
	}
	return all, err
}
