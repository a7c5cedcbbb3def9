package plan

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/crossplane/crossplane-runtime/v2/pkg/fieldpath"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/types/known/structpb"
)

// Observed is a composed resource as it exists. A nil Observed is one that
// doesn't exist: it has no fields.
//
// It reads the request's message as it is: converting all of a large platform
// costs more than everything else a run does.
type Observed struct {
	resource *fnv1.Resource
}

// Observe a resource, nil if there is none.
func Observe(r *fnv1.Resource) *Observed {
	if r == nil {
		return nil
	}
	return &Observed{resource: r}
}

// String at a field path, "" if there is none. Numbers and booleans are
// returned in their decimal and Go form.
func (o *Observed) String(path string) string {
	switch v := o.at(path).GetKind().(type) {
	case *structpb.Value_StringValue:
		return v.StringValue
	case *structpb.Value_NumberValue:
		return strconv.FormatFloat(v.NumberValue, 'f', -1, 64)
	case *structpb.Value_BoolValue:
		return strconv.FormatBool(v.BoolValue)
	default:
		return ""
	}
}

// Strings at a field path, nil if there are none.
func (o *Observed) Strings(path string) []string {
	var ss []string
	for _, v := range o.at(path).GetListValue().GetValues() {
		ss = append(ss, v.GetStringValue())
	}
	return ss
}

// ConnectionDetail that the resource has published, nil if it hasn't.
func (o *Observed) ConnectionDetail(key string) []byte {
	if o == nil {
		return nil
	}
	return o.resource.GetConnectionDetails()[key]
}

// Acknowledged tells whether a condition is about what is asked of the resource
// now, as far as it says.
func (o *Observed) Acknowledged(ctype string) bool {
	return o.about(o.conditionFields(ctype)["observedGeneration"])
}

// Condition of a type: its status, reason and message, each "" if there is none.
func (o *Observed) Condition(ctype string) (status, reason, message string) {
	f := o.conditionFields(ctype)
	return f["status"].GetStringValue(), f["reason"].GetStringValue(), f["message"].GetStringValue()
}

// at returns nil, whose getters all work, if there is nothing at a path.
func (o *Observed) at(path string) *structpb.Value {
	if o == nil {
		return nil
	}
	v := structpb.NewStructValue(o.resource.GetResource())
	for _, s := range segments(path) {
		if s.Type == fieldpath.SegmentField {
			v = v.GetStructValue().GetFields()[s.Field]
			continue
		}
		l := v.GetListValue().GetValues()
		if int(s.Index) >= len(l) {
			return nil
		}
		v = l[s.Index]
	}
	return v
}

// parsed holds the segments of every path this program uses, a few dozen.
var parsed sync.Map //nolint:gochecknoglobals // A cache of a pure function.

func segments(path string) fieldpath.Segments {
	if s, ok := parsed.Load(path); ok {
		return s.(fieldpath.Segments) //nolint:forcetypeassert // Only Store below writes here.
	}
	s, err := fieldpath.Parse(path)
	if err != nil {
		// Paths are constants; one that does not parse finds nothing, which
		// every test that uses it notices.
		return nil
	}
	parsed.Store(path, s)
	return s
}

// Readiness of a resource, and why it isn't ready.
type Readiness struct {
	Ready   bool
	Reason  string
	Message string
}

// A Check tells whether a resource that exists is ready.
type Check func(o *Observed) Readiness

// Reasons a resource is not ready.
const (
	ReasonCreating = "Creating"
	ReasonDeleting = "Deleting"
	reasonFailed   = "Failed"
	reasonPaused   = "Paused"
	reasonFrozen   = "Frozen"
)

// Exists is the check of a resource that reports no conditions: it is ready
// once it exists, until it is deleted.
func Exists(o *Observed) Readiness {
	if o.String("metadata.deletionTimestamp") != "" {
		return Readiness{Reason: ReasonDeleting, Message: "is being deleted"}
	}
	return Readiness{Ready: true}
}

// Available is the check of a managed resource: it has the condition Ready,
// and its last update did not fail. What AWS answered to a failed one is the
// message.
func Available(o *Observed) Readiness {
	ready, _, why := o.Condition("Ready")
	synced, reason, message := o.Condition("Synced")
	switch {
	case synced == "False" && reason == "ReconcilePaused":
		return Readiness{Ready: ready == "True", Reason: reasonPaused, Message: "is paused"}
	case synced == "False":
		return Readiness{Reason: reasonFailed, Message: Timeless(message)}
	}
	if async, _, message := o.Condition("LastAsyncOperation"); async == "False" {
		return Readiness{Reason: reasonFailed, Message: Timeless(message)}
	}
	if ready != "True" {
		return Readiness{Reason: ReasonCreating, Message: Timeless(why)}
	}
	return Readiness{Ready: true}
}

// Field is a check that a field has a value. Providers call a resource ready as
// soon as it exists, so what AWS itself says of it has to be read off its
// status.
func Field(path, want string) Check {
	return func(o *Observed) Readiness {
		got := o.String(path)
		if got == want {
			return Readiness{Ready: true}
		}
		if got == "" {
			got = "unknown"
		}
		name := path[strings.LastIndex(path, ".")+1:]
		return Readiness{Reason: ReasonCreating, Message: name + " is " + got + ", not yet " + want}
	}
}

// Known is a check that a field has any value.
func Known(path string) Check {
	return func(o *Observed) Readiness {
		if o.String(path) != "" {
			return Readiness{Ready: true}
		}
		return Readiness{Reason: ReasonCreating, Message: path[strings.LastIndex(path, ".")+1:] + " is not known yet"}
	}
}

// Condition is a check that a condition is true.
func Condition(ctype string) Check {
	return func(o *Observed) Readiness {
		if status, _, _ := o.Condition(ctype); status == "True" {
			return Readiness{Ready: true}
		}
		return Readiness{Reason: ReasonCreating, Message: "has no condition " + ctype + " yet"}
	}
}

// Published is a check that a connection detail is there.
func Published(key string) Check {
	return func(o *Observed) Readiness {
		if len(o.ConnectionDetail(key)) > 0 {
			return Readiness{Ready: true}
		}
		return Readiness{Reason: ReasonCreating, Message: "has not published its " + key + " yet"}
	}
}

func (o *Observed) conditionFields(ctype string) map[string]*structpb.Value {
	for _, c := range o.at("status.conditions").GetListValue().GetValues() {
		if f := c.GetStructValue().GetFields(); f["type"].GetStringValue() == ctype {
			return f
		}
	}
	return nil
}

// current tells whether what a provider says of the resource is about what is
// asked of it now, as far as it says.
func (o *Observed) current() bool {
	return o.about(o.at("status.observedGeneration")) && o.Acknowledged("Synced")
}

func (o *Observed) about(generation *structpb.Value) bool {
	g := generation.GetNumberValue()
	return g == 0 || g == o.at("metadata.generation").GetNumberValue()
}

// ownedBy tells whether something, by its UID, owns the resource.
func (o *Observed) ownedBy(uid string) bool {
	return slices.ContainsFunc(o.at("metadata.ownerReferences").GetListValue().GetValues(), func(r *structpb.Value) bool {
		return r.GetStructValue().GetFields()["uid"].GetStringValue() == uid
	})
}

// forgettable tells whether the resource is composed such that its provider
// deletes nothing when it is deleted.
func (o *Observed) forgettable() bool {
	policies := o.Strings(pathPolicies)
	return len(policies) > 0 && !slices.Contains(policies, "*") && !slices.Contains(policies, "Delete")
}

// What differs each time AWS or a provider says the same thing. Copied into the
// claim it would change the claim with every retry, and every change is a
// reason to reconcile again.
var (
	requestIDs = regexp.MustCompile(`(?i)[,;]?\s*\b(request ?id|host ?id|extended request id)\b["']?\s*[:=]\s*["']?[\w/+=.-]+["']?`)
	// Denied EC2 calls carry their details encrypted, with a new key each time.
	encoded = regexp.MustCompile(`(?i)\s*encoded authorization failure message:\s*\S+`)
	// The port a connection happened to be made from.
	ports = regexp.MustCompile(`:\d+->`)
	// The session a provider happened to assume its role in.
	sessions = regexp.MustCompile(`\baws-go-sdk-\d+\b`)
	spaces   = regexp.MustCompile(`\s+`)
	wrapped  = regexp.MustCompile(`\s*\[\]\}\]\s*$`)
)

// longest message of a resource that is shown, in bytes.
const longest = 400

// Timeless strips a message of request ids and whatever else differs each time,
// and shortens it, so that the same failure reads the same every time.
func Timeless(message string) string {
	m := requestIDs.ReplaceAllString(message, "")
	m = encoded.ReplaceAllString(m, "")
	m = ports.ReplaceAllString(m, "->")
	m = sessions.ReplaceAllString(m, "aws-go-sdk")
	m = wrapped.ReplaceAllString(m, "")
	m = strings.TrimSpace(spaces.ReplaceAllString(m, " "))
	if len(m) > longest {
		m = strings.ToValidUTF8(m[:longest], "") + "…"
	}
	return m
}
