package lifecycle

import (
	"fmt"
	"strings"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// requireUsages is the name of the requirement that is all Usages that could be of the
// composite.
const requireUsages = "usages"

// usedBy says who protects the composite itself from being deleted, beside its guard, ""
// if nobody does. Crossplane notes an attempt to delete it all the same, and does not
// repeat it as long as there is another Usage: all would be gone but the composite
// (v2.4.0, internal/webhook/protection/usage/handler.go). The label by which it knows what
// is used is the same for all, so they are looked up before a teardown begins.
func (l *Life) usedBy(required map[string]*fnv1.Resources) string {
	if !l.Ends() || l.was.TornDown && !l.was.drains {
		return ""
	}
	kind := newGuard(l.xr.Namespace, nil).GetKind()
	s := &fnv1.ResourceSelector{ApiVersion: apiVersionProtection, Kind: kind}
	if l.xr.Namespace != "" {
		s.Namespace = &l.xr.Namespace
	}
	l.look[requireUsages] = s
	for _, r := range required[requireUsages].GetItems() {
		u := plan.Observe(r)
		if u.Name() == l.xr.ObjectName(KeyGuard) || !u.Stays() || !l.isUsed(u) {
			continue
		}
		reason := ""
		if why := read.Usage.Reason.Of(u); why != "" {
			reason = " (" + platform.Timeless(why) + ")"
		}
		return fmt.Sprintf("is protected by somebody's %s %s%s: kubectl delete %s", kind, u.Name(), reason, named(kind, u.Namespace(), u.Name()))
	}
	return ""
}

// isUsed tells whether a Usage is of the composite.
func (l *Life) isUsed(u *plan.Observed) bool {
	group, _, _ := strings.Cut(read.Usage.APIVersion.Of(u), "/")
	mine, _, _ := strings.Cut(l.xr.APIVersion, "/")
	return group == mine && read.Usage.Kind.Of(u) == l.xr.Kind && read.Usage.Name.Of(u) == l.xr.Name
}
