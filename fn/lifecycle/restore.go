package lifecycle

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// Restores says what is missing, of all that is observed, of a platform that is being
// restored from a backup, nil if nothing is. Its composite has no status, but refers to
// objects of the plan's, which no other does: it says something before anything but its
// guard comes. What is not restored yet must not be made instead, beside what AWS has; nor
// be forgotten, though the claim describes it no more: it was on its way out, or is about
// to be.
//
// Nothing may be composed then: Crossplane would forget what the composite refers to.
func (l *Life) Restores(p *plan.Plan, observed map[string]*fnv1.Resource) error {
	if l.was.said {
		return nil
	}
	there, kinds := map[reference]bool{}, p.Kinds()
	for _, r := range observed {
		o := plan.Observe(r)
		there[referenceTo(o, o.Name())] = true
	}
	for _, references := range []plan.Entries{read.XPlatform.References, read.Modern.References} {
		var missing []string
		for _, o := range references.Of(l.author.composite) {
			r := referenceTo(o, read.Reference.Name.Of(o))
			if key := l.xr.KeyOf(r.name); key != "" && !there[r] && kinds[r.kind] != "" {
				missing = append(missing, key)
			}
		}
		if len(missing) > 0 {
			slices.Sort(missing)
			return fmt.Errorf("%s %s refers to %s, and has no status, as if it was restored from a backup: it waits until they are, too; if they never will be, take them out of its %s",
				l.xr.Kind, l.xr.Name, plan.List(missing), references.Path())
		}
	}
	return nil
}

// A reference to an object, but for its namespace, which not all have.
type reference struct {
	kind schema.GroupKind
	name string
}

func referenceTo(o *plan.Observed, name string) reference {
	return reference{kind: schema.FromAPIVersionAndKind(o.APIVersion(), o.Kind()).GroupKind(), name: name}
}
