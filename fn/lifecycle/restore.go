package lifecycle

import (
	"fmt"
	"slices"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// Restores says what is missing of a platform that is being restored from a backup,
// nil if nothing is. Its composite has no status, but refers to objects of the plan's,
// which no other does: it says something before anything but its guard comes. What is
// not restored yet must not be made instead, beside what AWS has.
//
// Nothing may be composed then: Crossplane would forget what the composite refers to.
func (l *Life) Restores(p *plan.Plan) error {
	if l.was.said {
		return nil
	}
	existing, references, missing := p.Existing(), read.XPlatform.References.Of(l.author.composite), []string{}
	for key := range p.Edges() {
		// What an earlier version has made of a composite has no digest behind its key.
		names := []string{l.xr.ObjectName(key), l.xr.Name + "-" + key}
		refers := func(r *plan.Observed) bool { return slices.Contains(names, read.Reference.Name.Of(r)) }
		if existing[key] == nil && slices.ContainsFunc(references, refers) {
			missing = append(missing, key)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return fmt.Errorf("%s %s refers to %s, and has no status, as if it was restored from a backup: it waits until they are, too; if they never will be, take them out of its resourceRefs", l.xr.Kind, l.xr.Name, plan.List(missing))
}
