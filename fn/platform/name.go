package platform

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	eksv1 "github.com/upbound/provider-aws/v2/apis/namespaced/eks/v1beta1"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// nameOf the platform in AWS, as it was first made up. What AWS knows can't be called
// otherwise, and all the same a composite may become another one: restored from a
// backup it has another UID and no status, it gets a claim or another one, or is made
// anew by hand. So the name is read off what exists, be it that no composite refers to
// it any more, before the claim and the status are asked; and only then it is made up.
//
// The error is that the claim asks for another one than it has.
func nameOf(p *plan.Plan, xr Composite) (string, error) {
	if has := existingName(p); has != "" {
		if xr.Spec.Name != "" && xr.Spec.Name != has {
			return has, fmt.Errorf("spec.name: must be %s, which the platform is called in AWS, and can't be %s any more; or leave it out", has, xr.Spec.Name)
		}
		return has, nil
	}
	if xr.Spec.Name == "" && validName.MatchString(xr.Named) && len(xr.Named) <= maxDefaultName {
		return xr.Named, nil
	}
	return cmp.Or(xr.Spec.Name, defaultName(xr)), nil
}

// existingName is the cluster's, and before there is one what all else that takes tags
// is tagged with; "" if nothing exists.
func existingName(p *plan.Plan) string {
	if name := p.Object(keyCluster).Annotation(meta.AnnotationKeyExternalName); name != "" {
		return name
	}
	existing := p.Existing()
	for _, key := range sortedKeys(existing) {
		if name := read.Tagged.Platform.Of(existing[key]); name != "" {
			return name
		}
	}
	return p.Find(keyCluster, eksv1.Cluster_GroupVersionKind).Annotation(meta.AnnotationKeyExternalName)
}

// validName is one that the schema admits.
var validName = regexp.MustCompile(`^[a-z]([a-z0-9]|-[a-z0-9])*$`)

// defaultName is unique per XR, even to one of the same name that is created
// after the first is gone: it would otherwise adopt what the first left behind.
func defaultName(xr Composite) string {
	base := notInName.ReplaceAllString(cmp.Or(xr.Claim, xr.Name), "-")
	if base[0] < 'a' {
		base = "p-" + base
	}
	suffix := "-" + digest(xr.Namespace+"/"+xr.Name+"/"+xr.UID)
	if n := maxDefaultName - len(suffix); len(base) > n {
		base = base[:n]
	}
	return strings.Trim(base, "-") + suffix
}

var notInName = regexp.MustCompile(`[^a-z0-9]+`)
