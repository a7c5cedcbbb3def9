package platform

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
)

// This file refuses what is wrong with a claim in ways its schema can't know.
// Each error names the field, what is wrong with it, and what would be right.

// tagKey is what IAM and the load balancer controller's flags take for a key.
var tagKey = regexp.MustCompile(`^:*[\p{L}\p{N}_./+@-]( *:*[\p{L}\p{N}_./+@-])*$`)

// reservedTags begin the keys of tags the load balancer controller finds its
// resources by. It does not start if it is told to set one.
var reservedTags = regexp.MustCompile(`^(aws:|elbv2\.k8s\.aws/|ingress\.k8s\.aws/|service\.k8s\.aws/|gateway\.k8s\.aws)`)

// tagProblems are what is wrong with the keys of tags. The schema can't say it:
// it can bound neither the characters nor the cost of a map's keys.
func tagProblems(field string, tags map[string]v1alpha1.TagValue) []error {
	var errs []error
	for _, k := range sortedKeys(tags) {
		if !tagKey.MatchString(k) {
			errs = append(errs, fmt.Errorf("%s: the key %q must be letters, digits, spaces and _ . : / + - @, without a space at an end or behind a colon", field, k))
		}
		if reservedTags.MatchString(k) {
			errs = append(errs, fmt.Errorf("%s: the key %q is reserved, for AWS or the load balancer controller; choose another", field, k))
		}
	}
	return errs
}

// labelProblems are what is wrong with the labels of node groups. EKS would
// refuse them, and the group would never be made.
func labelProblems(groups []v1alpha1.NodeGroup) []error {
	var errs []error
	for i, g := range groups {
		for _, k := range sortedKeys(g.Labels) {
			for _, problem := range append(validation.IsQualifiedName(k), validation.IsValidLabelValue(g.Labels[k])...) {
				errs = append(errs, fmt.Errorf("spec.nodeGroups[%d].labels: %s: %s: %s", i, k, g.Labels[k], problem))
			}
		}
	}
	return errs
}

// refusePolicies refuses what the platform team's policy does not allow, and tags
// and labels that AWS wouldn't.
func refusePolicies(spec v1alpha1.PlatformSpec, policy v1beta1.Input) error {
	errs := append(tagProblems("spec.tags", spec.Tags), tagProblems("tags of the function's input", policy.Tags)...)
	errs = append(errs, labelProblems(spec.NodeGroups)...)
	errs = append(errs, refuseDate(policy.SupportDate))
	for _, r := range rulesFor(spec, policy) {
		errs = append(errs, r.refuse()...)
	}
	for _, b := range boundsFor(spec, policy) {
		errs = append(errs, b.refuse()...)
	}
	return errors.Join(errs...)
}

// refuseZones refuses zones of node groups in an existing VPC, where only AWS
// knows which subnet is in which.
func refuseZones(groups []v1alpha1.NodeGroup) error {
	for i, g := range groups {
		if len(g.Zones) > 0 {
			return fmt.Errorf("spec.nodeGroups[%d].zones: can't be chosen in an existing VPC; its nodes are spread over spec.network.privateSubnetIds", i)
		}
	}
	return nil
}

// refuseUnknownZones refuses zones of node groups that are not the network's.
func refuseUnknownZones(groups []v1alpha1.NodeGroup, zs []zone) error {
	for i, g := range groups {
		for _, id := range g.Zones {
			if !slices.ContainsFunc(zs, func(z zone) bool { return z.id == id }) {
				return fmt.Errorf("spec.nodeGroups[%d].zones: %s is not a zone of the network; its zones are %s", i, id, zoneIDs(zs))
			}
		}
	}
	return nil
}
