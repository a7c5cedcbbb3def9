package platform

import (
	"regexp"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// A provider that is restarted while it makes something loses what AWS has told
// it of that: the id is kept once the creation is over, and creations go on in
// the background (upjet, pkg/controller/external_async_tfpluginsdk.go). Where AWS
// takes a name from us the provider is told it beforehand, by externallyNamed, and finds
// what it made. Where AWS gives the id, it tries to make it again, and fails for
// ever, until a person tells it the id.

// groupAWS is how the API groups of provider-upjet-aws end.
const groupAWS = ".aws.m.upbound.io"

// A remedy is the way out of a failure that repeats until a person takes it.
type remedy struct {
	// answer is what the message of such a failure says.
	answer *regexp.Regexp
	// then is what to do, given the object and what the answer has captured.
	then func(o *plan.Observed, captured string) string
}

// remedies in the order in which they are tried.
//
//nolint:gochecknoglobals // A constant table.
var remedies = []remedy{{
	// Snapshots outlive instances, and one may have been made by hand. What the
	// snapshot is called the provider reads each time it tries to delete.
	answer: regexp.MustCompile(`DBSnapshotAlreadyExists`),
	then: func(o *plan.Observed, _ string) string {
		return "have it leave one of another name: kubectl patch instances.rds" + groupAWS + " -n " + o.Namespace() + " " + o.Name() +
			` --type merge -p '{"spec":{"forProvider":{"finalSnapshotIdentifier":"another-name"}}}'`
	},
}, {
	// EKS alone names what is in the way (provider-upjet-aws#2199).
	answer: regexp.MustCompile(`Association already exists: (a-[0-9a-z]+)`),
	then: func(o *plan.Observed, id string) string {
		return restarted + "tell it the id: " + annotateCommand("podidentityassociations.eks"+groupAWS, o, id)
	},
}, {
	answer: regexp.MustCompile(`AlreadyExists|\.Duplicate\b|AlreadyAssociated|QueueNameExists|ConflictingDomainExists|InvalidSubnet\.Conflict|already has an internet gateway`),
	then:   func(*plan.Observed, string) string { return restarted + "tell it the id, see " + pageTroubleshooting },
}, {
	// https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
	answer: regexp.MustCompile(`PodEvictionFailure`),
	then: func(*plan.Observed, string) string {
		return "a PodDisruptionBudget lets no pod go: mend it, or set forceUpdate of the node group"
	},
}, {
	// EKS tries once. What it could not make is there, and nothing else comes of it.
	answer: regexp.MustCompile(`^status is CREATE_FAILED|^async create failed: .*CREATE_FAILED`),
	then: func(o *plan.Observed, _ string) string {
		group, _, _ := strings.Cut(o.APIVersion(), "/")
		return "once the cause is mended, have it made anew: kubectl delete " + strings.ToLower(o.Kind()) + "s." + group + " -n " + o.Namespace() + " " + o.Name()
	},
}, {
	// ExternalDNS takes its own records away; others stay. What is asked of a zone the
	// provider reads each time it tries to delete it.
	answer: regexp.MustCompile(`HostedZoneNotEmpty`),
	then: func(o *plan.Observed, _ string) string {
		return "delete the records in it that are not ExternalDNS's, or have it go with them: kubectl patch zones.route53" + groupAWS + " -n " + o.Namespace() + " " + o.Name() +
			` --type merge -p '{"spec":{"forProvider":{"forceDestroy":true}}}'`
	},
}, {
	// Crossplane's own words for a provider that was killed in the moment in which
	// it began.
	answer: regexp.MustCompile(`cannot determine creation result`),
	then:   func(*plan.Observed, string) string { return "whether it is, see " + pageTroubleshooting },
}}

const (
	restarted           = "if its provider was restarted while it made it, "
	pageTroubleshooting = "docs/troubleshooting.md"
)

// annotateCommand is the command that tells a provider the id of what it has made.
func annotateCommand(resource string, o *plan.Observed, id string) string {
	return "kubectl annotate " + resource + " -n " + o.Namespace() + " " + o.Name() + " " + meta.AnnotationKeyExternalName + "=" + id
}

// explain what to do about a failure, if it takes a person. AWS's words stay.
func explain(o *plan.Observed, message string) string {
	if group, _, _ := strings.Cut(o.APIVersion(), "/"); !strings.HasSuffix(group, groupAWS) {
		return message
	}
	for _, r := range remedies {
		if found := r.answer.FindStringSubmatch(message); found != nil {
			return strings.TrimSuffix(message, ".") + "; " + r.then(o, found[len(found)-1])
		}
	}
	return message
}
