package platform

import (
	"strings"

	"github.com/Masterminds/semver/v3"

	eksv1 "github.com/upbound/provider-aws/v2/apis/namespaced/eks/v1beta1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// This file is what nodes run, and how EKS replaces them by others.

// nodeVersion is the version of Kubernetes that nodes of a group are to have with one
// of the cluster.
func nodeVersion(g v1alpha1.NodeGroup, cluster v1alpha1.KubernetesVersion) v1alpha1.KubernetesVersion {
	if g.Version != "" && minorOf(g.Version) < minorOf(cluster) {
		return g.Version
	}
	return cluster
}

// nodeSkew is how many minor versions nodes may be behind their control plane.
// https://kubernetes.io/releases/version-skew-policy/#kubelet
const nodeSkew = 3

// releaseVersion of the AMI to ask for with a version of the cluster, "" if EKS is to
// choose: also on the way to the version that the pinned one is of. Bottlerocket's
// releases are of no version of Kubernetes.
func releaseVersion(g v1alpha1.NodeGroup, cluster v1alpha1.KubernetesVersion, o *plan.Observed) string {
	if !isBottlerocket(g) && !strings.HasPrefix(g.ReleaseVersion, string(nodeVersion(g, cluster))+".") {
		return ""
	}
	if image := newerImage(g, o); image != "" {
		return image
	}
	return g.ReleaseVersion
}

// newerImage is the AMI the nodes have, if it is newer than the pinned one and both are
// of one version of Kubernetes, else "". EKS takes no AMI back; and it brings the newest
// with whatever else replaces nodes, because the provider sends the pinned one only
// when that changes (resourceNodeGroupUpdate in terraform-provider-aws,
// internal/service/eks/node_group.go). To ask for the older one for ever would keep
// everything else about the group from being changed.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateNodegroupVersion.html
func newerImage(g v1alpha1.NodeGroup, o *plan.Observed) string {
	has := read.NodeGroup.ReleaseVersion.Of(o)
	is, err := semver.NewVersion(has)
	if err != nil {
		return ""
	}
	pinned, err := semver.NewVersion(g.ReleaseVersion)
	sameMinor := err == nil && (is.Minor() == pinned.Minor() || isBottlerocket(g))
	if !sameMinor || !is.GreaterThan(pinned) {
		return ""
	}
	return has
}

// isBottlerocket tells whether that is what the nodes of a group run.
func isBottlerocket(g v1alpha1.NodeGroup) bool { return strings.HasPrefix(g.AMIType, "BOTTLEROCKET") }

// imageRevision is the description of the launch template's versions, nil for none. Once
// there was one there always is: the provider copies it off AWS into what nobody asks
// for any more (LateInitialize), and the template would differ from that for ever.
func imageRevision(g v1alpha1.NodeGroup, template *plan.Observed) *string {
	if g.ImageRevision != "" {
		return new("Image revision " + g.ImageRevision)
	}
	if was := read.LaunchTemplate.AskedDescription.Of(template); was != "" {
		return &was
	}
	return nil
}

// updateConfig of a group: EKS takes one of the two.
func updateConfig(g v1alpha1.NodeGroup) *eksv1.UpdateConfigParameters {
	if n := g.UpdateConfig.MaxUnavailable; n > 0 {
		return &eksv1.UpdateConfigParameters{MaxUnavailable: floatOf(n)}
	}
	return &eksv1.UpdateConfigParameters{MaxUnavailablePercentage: floatOf(g.UpdateConfig.MaxUnavailablePercentage)}
}

// nodeRepair of a group. To EKS none is something else than one that is switched off,
// and the provider would find a difference between them for ever: so it is asked for
// from the first time it is enabled on.
func nodeRepair(g v1alpha1.NodeGroup, o *plan.Observed) *eksv1.NodeRepairConfigParameters {
	if !g.NodeRepair.Enabled && !read.NodeGroup.Repair.Known(o) && !read.NodeGroup.AskedRepair.Known(o) {
		return nil
	}
	return &eksv1.NodeRepairConfigParameters{Enabled: new(g.NodeRepair.Enabled)}
}

// reasonRolling: the nodes of a group are being replaced.
const reasonRolling = "Rolling"

// rolled is a check that all nodes of a group have the Kubernetes version, the AMI and
// the launch template's version that are asked for: EKS says so once it has replaced the
// last of the others. It takes as long as their pods take to move.
// https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
func rolled(o *plan.Observed) plan.Readiness {
	for _, v := range []struct {
		of        string
		is, asked plan.Text
	}{
		{"Kubernetes", read.NodeGroup.Version, read.NodeGroup.AskedVersion},
		{"its AMI", read.NodeGroup.ReleaseVersion, read.NodeGroup.AskedReleaseVersion},
		{"its launch template", read.NodeGroup.TemplateVersion, read.NodeGroup.AskedTemplateVersion},
	} {
		is, asked := v.is.Of(o), v.asked.Of(o)
		if is != "" && asked != "" && is != asked {
			return plan.Readiness{Reason: reasonRolling, Message: "replaces its nodes, a few at a time: version " + is + " of " + v.of + " is not yet " + asked + " everywhere"}
		}
	}
	return plan.Readiness{Ready: true}
}
