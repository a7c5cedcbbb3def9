package platform

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// kubernetesVersions are those a cluster can be asked for.
//
//nolint:gochecknoglobals // A constant table.
var kubernetesVersions = map[v1alpha1.KubernetesVersion]struct {
	// standard and extended are the days on which EKS's support ends, from their
	// first hour on.
	// https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html#kubernetes-release-calendar
	standard, extended string
	// autoscaler is the newest for it: its minor must be the cluster's, whatever the
	// chart's default is.
	// https://github.com/kubernetes/autoscaler/tree/master/cluster-autoscaler#releases
	autoscaler string
}{
	"1.33": {standard: "2026-07-29", extended: "2027-07-29", autoscaler: "v1.33.6"},
	"1.34": {standard: "2026-12-02", extended: "2027-12-02", autoscaler: "v1.34.5"},
	"1.35": {standard: "2027-03-27", extended: "2028-03-27", autoscaler: "v1.35.2"},
	"1.36": {standard: "2027-08-02", extended: "2028-08-02", autoscaler: "v1.36.1"},
}

// supportExtended is the claim's word for staying on a version that EKS supports no
// longer but for money.
const supportExtended = "Extended"

// Reasons of the condition VersionCurrent.
const (
	reasonSupported       = "Supported"
	reasonSupportEnded    = "SupportEnded"
	reasonExtendedSupport = "ExtendedSupport"
	reasonRaised          = "Raised"
	reasonRollingBack     = "RollingBack"
)

// ended tells whether a day has come by the one the platform team reckons by. There
// is no clock in the function: as long as nobody says which day it is, none has.
func (c *contract) ended(day string) bool {
	return c.policy.SupportDate != "" && c.policy.SupportDate >= day
}

// refuseDate refuses a policy whose day is none: it would be compared with others as
// the letters it is made of.
func refuseDate(day string) error {
	if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
		return fmt.Errorf("supportDate of the function's input: must be a day, such as 2026-11-28, not %q", day)
	}
	return nil
}

// refuseVersion refuses a version for a cluster that is to be made, which EKS would
// not make any more, or raise at once. A cluster that exists is only talked about: see
// Version.
func refuseVersion(c *contract) error {
	s := c.spec.Cluster
	k, known := kubernetesVersions[s.Version]
	switch {
	case !known:
		return nil
	case c.ended(k.extended):
		return fmt.Errorf("spec.cluster.version: EKS's extended support of %s ended on %s; set %s", s.Version, k.extended, c.supported())
	case c.ended(k.standard) && s.SupportType != supportExtended:
		return fmt.Errorf("spec.cluster.version: EKS's standard support of %s ended on %s; set %s, or set supportType to Extended", s.Version, k.standard, c.supported())
	}
	return nil
}

// supported versions, in words.
func (c *contract) supported() string {
	var vs []string
	for _, v := range slices.Sorted(maps.Keys(kubernetesVersions)) {
		if !c.ended(kubernetesVersions[v].standard) {
			vs = append(vs, string(v))
		}
	}
	if len(vs) == 0 {
		return "a newer one, once a release of XPlatform has it"
	}
	return strings.Join(vs, " or ")
}

// annotationVersion is on the cluster's object and holds the claim's version that was
// last acted upon. It is written together with what is asked for, so neither can be
// lost without the other.
const annotationVersion = "xplatform.dev/version"

// askVersion is the version to ask EKS for, and the claim's that is thereby acted upon.
//
// EKS raises a cluster by itself when support of its version ends. To go on asking for
// the claim's would be to ask for a rollback, which EKS refuses after such an upgrade,
// and the provider sends the version first and stops at its error
// (terraform-provider-aws, internal/service/eks/cluster.go), so nothing else about the
// cluster would ever get through. So what runs is asked for. Only a claim that was
// itself lowered means a rollback, which EKS does by one minor version within seven
// days (https://docs.aws.amazon.com/eks/latest/userguide/rollback-cluster.html). While
// that goes on, the claim's higher version stays the one that was acted upon.
func askVersion(wish v1alpha1.KubernetesVersion, o *plan.Observed) (version, acted v1alpha1.KubernetesVersion) {
	runs := v1alpha1.KubernetesVersion(read.Cluster.Version.Of(o))
	acted = v1alpha1.KubernetesVersion(cmp.Or(o.Annotation(annotationVersion), read.Cluster.AskedVersion.Of(o)))
	switch above := minorOf(runs) - minorOf(wish); {
	case runs == "" || above <= 0:
		return wish, wish
	case above == 1 && minorOf(wish) < minorOf(acted):
		return wish, acted
	default:
		return runs, wish
	}
}

// minorOf a version, 0 if it has none.
func minorOf(version v1alpha1.KubernetesVersion) int {
	_, minor, _ := strings.Cut(string(version), ".")
	n, err := strconv.Atoi(minor)
	if err != nil {
		return 0
	}
	return n
}

// autoscalerImage for the first of some versions that is known: EKS may have raised a
// cluster to one that is newer than this release.
func autoscalerImage(versions ...v1alpha1.KubernetesVersion) string {
	for _, v := range versions {
		if k, known := kubernetesVersions[v]; known {
			return k.autoscaler
		}
	}
	return ""
}

// Version of the cluster, as far as there is something to say of it. What does not
// make a platform unready is to be seen all the same, before EKS acts.
func (pf *Platform) Version() plan.Readiness {
	asked, wish := pf.cluster.version, pf.contract.spec.Cluster.Version
	runs := cmp.Or(v1alpha1.KubernetesVersion(read.Cluster.Version.Of(pf.cluster.node.Observed())), wish)
	s := pf.contract.support(runs)
	switch {
	case asked != wish:
		raised := fmt.Sprintf("The cluster runs Kubernetes %s, to which it was raised by EKS or by hand. The claim says %s, which is not asked for any more. Set spec.cluster.version to %s", asked, wish, asked)
		if !s.Ready {
			raised += ". " + s.Message
		}
		return plan.Readiness{Reason: reasonRaised, Message: raised}
	case minorOf(runs) > minorOf(wish):
		return plan.Readiness{Reason: reasonRollingBack, Message: fmt.Sprintf("EKS is asked to roll back from Kubernetes %s to %s, which it does within seven days of an upgrade. If it refuses, set spec.cluster.version to %s", runs, wish, runs)}
	default:
		return s
	}
}

// support of a version, as it is on the day the platform team reckons by.
func (c *contract) support(version v1alpha1.KubernetesVersion) plan.Readiness {
	k, known := kubernetesVersions[version]
	extended := c.spec.Cluster.SupportType == supportExtended
	switch {
	case !known:
		return plan.Readiness{Ready: true, Reason: reasonSupported, Message: fmt.Sprintf("Kubernetes %s, whose support this release of XPlatform knows nothing of", version)}
	case c.ended(k.extended):
		return plan.Readiness{Reason: reasonSupportEnded, Message: fmt.Sprintf("Extended support of Kubernetes %s ended on %s: EKS raises the cluster by itself, at any time. Set spec.cluster.version to the next one", version, k.extended)}
	case c.ended(k.standard) && extended:
		return plan.Readiness{Reason: reasonExtendedSupport, Message: fmt.Sprintf("Standard support of Kubernetes %s ended on %s: AWS bills extended support, until EKS raises the cluster by itself after %s. Set spec.cluster.version to the next one", version, k.standard, k.extended)}
	case c.ended(k.standard):
		return plan.Readiness{Reason: reasonSupportEnded, Message: fmt.Sprintf("Standard support of Kubernetes %s ended on %s: EKS raises the cluster by itself, at any time. Set spec.cluster.version to the next one, or spec.cluster.supportType to Extended", version, k.standard)}
	case extended:
		return plan.Readiness{Ready: true, Reason: reasonSupported, Message: fmt.Sprintf("Standard support of Kubernetes %s ends on %s, extended support on %s", version, k.standard, k.extended)}
	default:
		return plan.Readiness{Ready: true, Reason: reasonSupported, Message: fmt.Sprintf("Standard support of Kubernetes %s ends on %s", version, k.standard)}
	}
}
