package platform

import (
	"errors"
	"strings"

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
	IsBelow     = isBelow
)

// Supported is what goes with a Kubernetes version: until when EKS supports it, and
// the versions for it, of what has one, by name.
func Supported() map[v1alpha1.KubernetesVersion]map[string]string {
	all := map[v1alpha1.KubernetesVersion]map[string]string{}
	for version, k := range kubernetesVersions {
		all[version] = map[string]string{"standard support": k.standard, "extended support": k.extended, "Cluster Autoscaler": k.autoscaler}
		for addon, versions := range addonVersions {
			all[version][addon] = versions[version]
		}
	}
	return all
}

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

// RefuseValues of a claim for a controller, by its field in spec.controllers.
func RefuseValues(field string, contract, wishes map[string]any) error {
	seals := map[string]seal{"clusterAutoscaler": autoscalerSeal, "loadBalancerController": loadBalancerSeal, "externalDNS": externalDNSSeal}
	_, err := mergeValues(contract, map[string]any{}, wishes)
	return errors.Join(err, seals[field].refuse(wishes))
}

// Facts there are: the key of each, and what it is.
func Facts() [][]string {
	var all [][]string
	for _, f := range facts {
		key := factKey(f.key, "")
		if f.each != "" {
			key += "_<" + strings.ToUpper(f.each) + ">"
		}
		all = append(all, []string{key, f.says})
	}
	return all
}
