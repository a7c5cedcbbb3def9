package platform

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"

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
	reasonUpgrading       = "Upgrading"
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
// The claim's is a target. EKS upgrades by one minor version at a time
// (https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html), so the next
// one is asked for; that it waits for what follows the cluster is the plan's business.
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
	case minorOf(runs) == 0 || above == 0:
		return wish, wish
	case above < 0:
		return minorAfter(runs), wish
	case above == 1 && minorOf(wish) < minorOf(acted):
		return wish, acted
	default:
		return runs, wish
	}
}

// minorAfter a version.
func minorAfter(version v1alpha1.KubernetesVersion) v1alpha1.KubernetesVersion {
	return v1alpha1.KubernetesVersion(fmt.Sprintf("1.%d", minorOf(version)+1))
}

// followVersion is the version that what depends on the cluster's is to be at: the
// one it runs, and before a rollback the one it is about to run. Neither nodes nor
// what runs on them may be newer than the control plane.
// https://kubernetes.io/releases/version-skew-policy/
func followVersion(asked v1alpha1.KubernetesVersion, o *plan.Observed) v1alpha1.KubernetesVersion {
	runs := v1alpha1.KubernetesVersion(read.Cluster.Version.Of(o))
	if runs == "" || minorOf(asked) < minorOf(runs) {
		return asked
	}
	return runs
}

// addonVersions are those this release was tested with, by add-on and the cluster's
// version: what AWS's documentation lists as the newest for kube-proxy and CoreDNS, and
// what "aws eks describe-addon-versions" answers for the others, in August 2026.
// https://docs.aws.amazon.com/eks/latest/userguide/managing-kube-proxy.html
// https://docs.aws.amazon.com/eks/latest/userguide/managing-coredns.html
// https://docs.aws.amazon.com/eks/latest/userguide/managing-vpc-cni.html
//
//nolint:gochecknoglobals // A constant table.
var addonVersions = map[string]map[v1alpha1.KubernetesVersion]string{
	addonProxy:               {"1.33": "v1.33.10-eksbuild.13", "1.34": "v1.34.6-eksbuild.13", "1.35": "v1.35.3-eksbuild.13", "1.36": "v1.36.0-eksbuild.14"},
	"coredns":                {"1.33": "v1.12.4-eksbuild.18", "1.34": "v1.13.2-eksbuild.11", "1.35": "v1.14.3-eksbuild.3", "1.36": "v1.14.3-eksbuild.3"},
	"vpc-cni":                {"1.33": "v1.22.3-eksbuild.1", "1.34": "v1.22.3-eksbuild.1", "1.35": "v1.22.3-eksbuild.1", "1.36": "v1.22.3-eksbuild.1"},
	"eks-pod-identity-agent": {"1.33": "v1.3.10-eksbuild.3", "1.34": "v1.3.10-eksbuild.3", "1.35": "v1.3.10-eksbuild.3", "1.36": "v1.3.10-eksbuild.3"},
	"aws-ebs-csi-driver":     {"1.33": "v1.63.1-eksbuild.1", "1.34": "v1.63.1-eksbuild.1", "1.35": "v1.63.1-eksbuild.1", "1.36": "v1.63.1-eksbuild.1"},
}

// addonProxy is the one add-on whose version is Kubernetes' own: it may be as far behind
// the control plane as nodes, and never ahead of it.
// https://kubernetes.io/releases/version-skew-policy/#kube-proxy
const addonProxy = "kube-proxy"

// addonAsked is the version to ask for of an add-on: the pinned one, but for a
// kube-proxy that the cluster is still on its way to.
func addonAsked(name, pinned string, cluster v1alpha1.KubernetesVersion, o *plan.Observed) string {
	if pinned == "" || name == addonProxy && minorOf(pinned) > minorOf(cluster) {
		return addonVersion(name, cluster, o)
	}
	return pinned
}

// addonVersion for a cluster's version: the tested one, or the one the add-on has if
// that is newer, and none that was tested for another version of the cluster is
// between them: what EKS once chose by itself should not be taken back. It is "" for a
// version of the cluster that this release doesn't know.
func addonVersion(name string, cluster v1alpha1.KubernetesVersion, o *plan.Observed) string {
	tested := addonVersions[name][cluster]
	// What is reported follows what is asked for: to go by it while it does not yet
	// would be to ask for both in turn.
	installed := cmp.Or(read.Addon.AskedVersion.Of(o), read.Addon.Version.Of(o))
	have, err := semver.NewVersion(installed)
	if err != nil || tested == "" {
		return tested
	}
	want := semver.MustParse(tested)
	if have.LessThan(want) {
		return tested
	}
	for _, other := range addonVersions[name] {
		if v := semver.MustParse(other); v.GreaterThan(want) && !v.GreaterThan(have) {
			return tested
		}
	}
	return installed
}

// minorOf a version such as 1.35 or v1.35.3-eksbuild.13, 0 if it has none.
func minorOf[V ~string](version V) int {
	_, below, _ := strings.Cut(string(version), ".")
	minor, _, _ := strings.Cut(below, ".")
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

// Version of the cluster, as far as there is something to say of it, and of the way to
// another. What does not make a platform unready is to be seen all the same, before
// EKS acts.
func (pf *Platform) Version(u *v1alpha1.UpgradeStatus) plan.Readiness {
	asked, wish := pf.cluster.asked, pf.contract.spec.Cluster.Version
	runs := cmp.Or(v1alpha1.KubernetesVersion(read.Cluster.Version.Of(pf.cluster.node.Observed())), wish)
	s := pf.contract.support(runs)
	switch {
	case minorOf(runs) < minorOf(wish):
		return plan.Readiness{Reason: reasonUpgrading, Message: fmt.Sprintf("Kubernetes %s is on its way to %s, by one minor version at a time, and add-ons, nodes and controllers after each", runs, wish) + progress(u)}
	case asked != wish:
		raised := fmt.Sprintf("The cluster runs Kubernetes %s, to which it was raised by EKS or by hand. The claim says %s, which is not asked for any more. Set spec.cluster.version to %s", asked, wish, asked)
		if !s.Ready {
			raised += ". " + s.Message
		}
		return plan.Readiness{Reason: reasonRaised, Message: raised}
	case minorOf(runs) > minorOf(wish):
		return plan.Readiness{Reason: reasonRollingBack, Message: fmt.Sprintf("EKS is asked to roll back from Kubernetes %s to %s, which it does within seven days of an upgrade. If it refuses, set spec.cluster.version to %s", runs, wish, runs) + progress(u)}
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
