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
var reservedTags = regexp.MustCompile(`^(elbv2\.k8s\.aws/|ingress\.k8s\.aws/|service\.k8s\.aws/|gateway\.k8s\.aws)`)

// providersTags are those the provider sets in each object before it looks at anything
// else (upjet, pkg/config/resource.go, Tagger). It and we would take turns for ever. To
// IAM the same in another case are one with them.
var providersTags = regexp.MustCompile(`^(?i:crossplane-(kind|name|providerconfig))$`)

// awsOnly begins keys and values of tags that IAM refuses.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
var awsOnly = regexp.MustCompile(`^(?i:aws:)`)

// tagProblems are what is wrong with tags. Of keys the schema can't say it: it can bound
// neither their characters nor the cost of that.
func tagProblems(field string, tags map[string]v1alpha1.TagValue) []error {
	var errs []error
	for _, k := range sortedKeys(tags) {
		if !tagKey.MatchString(k) {
			errs = append(errs, fmt.Errorf("%s: the key %q must be letters, digits, spaces and _ . : / + - @, without a space at an end or behind a colon", field, k))
		}
		if awsOnly.MatchString(k) || reservedTags.MatchString(k) {
			errs = append(errs, fmt.Errorf("%s: the key %q is reserved, for AWS or the load balancer controller; choose another", field, k))
		}
		if providersTags.MatchString(k) {
			errs = append(errs, fmt.Errorf("%s: the provider sets a tag with the key %q itself, on all it manages; choose another", field, k))
		}
		if awsOnly.MatchString(string(tags[k])) {
			errs = append(errs, fmt.Errorf("%s: the value %q of %s must not begin with aws:, which AWS keeps for itself", field, tags[k], k))
		}
	}
	return errs
}

// How many tags AWS takes on a resource, and how many of these are a claim's and the
// policy's: the platform sets four on a subnet, tagName and tagPlatform among them, and
// the provider three; an instance has those two, and five that EKS sets.
// https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
const (
	maxTags    = 50
	othersTags = 7
)

// refuseTags refuses more than there is room for beside what others set: AWS would
// refuse the whole resource.
func refuseTags(c *contract) error {
	both, policys := len(c.ownTags()), len((&contract{policy: c.policy}).ownTags())
	switch room := maxTags - othersTags; {
	case policys > room:
		return fmt.Errorf("tags of the function's input: %d are too many, of the %d AWS takes on a resource others set up to %d; leave out all but %d", policys, maxTags, othersTags, room)
	case both > room:
		return fmt.Errorf("spec.tags: %d are too many beside %d of the function's input, of the %d AWS takes on a resource others set up to %d; leave out all but %d", both-policys, policys, maxTags, othersTags, room-policys)
	default:
		return nil
	}
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
