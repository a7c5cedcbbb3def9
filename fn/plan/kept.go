package plan

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/util/validation"
)

// halt a teardown before it begins, if something must not go: people would lose all the
// rest, the farewell first, for a teardown that never ends. One that has begun goes on
// as far as it can.
func (p *Plan) halt() {
	if !p.opts.TearDown || p.opts.TornDown && !p.farewell.pending() {
		return
	}
	_, p.circular = p.demands()
	for key, o := range p.Existing() {
		if p.keeps(key, o) != "" {
			p.halts = append(p.halts, key)
		}
	}
	if p.opts.Stays != "" {
		p.halts = append(p.halts, keyComposite)
	}
	slices.Sort(p.halts)
	if len(p.halts) > 0 && p.farewell != nil {
		p.farewell.wanted = false
	}
}

// keyComposite stands for the composite itself among the keys of what halts a teardown.
const keyComposite = "composite"

// keeps says why an object must not be asked to go, or, if it was, does not go, "" if it
// may, or does.
func (p *Plan) keeps(key string, o *Observed) string {
	if p.opts.Protected != nil {
		if why := p.opts.Protected(o, p.byKey[key].decides()); why != "" {
			// Its provider may be what does not lift the protection.
			return strings.Join(slices.DeleteFunc([]string{why, p.trouble(o)}, func(s string) bool { return s == "" }), "; ")
		}
	}
	if p.Lingers(key) || !p.obscure(key, o) {
		return ""
	}
	said := "does not say what it needs"
	if p.circular[key] {
		said = "says that it needs what needs it"
	}
	return fmt.Sprintf("%s, and nothing describes it: put the annotation %s of %s %s/%s back, the keys of all that has to outlive it, such as \"cluster,vpc\", or \"\" if nothing has; or delete it",
		said, AnnotationNeeds, o.Kind(), o.Namespace(), o.Name())
}

// obscure tells whether nobody knows what an object needs: no node describes it, and
// somebody has taken off, or mangled, what it said itself. Of one that nobody can delete
// any more it does not matter.
func (p *Plan) obscure(key string, o *Observed) bool {
	return p.byKey[key] == nil && (!o.tells() || p.circular[key]) && !p.orphaned(key)
}

// obscureNeeds adds what is obscure to the dependants of each key: it may need whatever
// does not need it. So all of that waits, until a person says what it is, or it is gone.
func (p *Plan) obscureNeeds(dependants map[string][]string) {
	more := map[string][]string{}
	for key, o := range p.Existing() {
		if !p.obscure(key, o) {
			continue
		}
		after := above(dependants, key)
		for other := range p.observed {
			if !after[other] && !p.byKey[other].parting() {
				more[other] = append(more[other], key)
			}
		}
	}
	for key, obscure := range more {
		dependants[key] = append(dependants[key], obscure...)
	}
}

// above is the key and all that needs it, be it by way of others.
func above(dependants map[string][]string, key string) map[string]bool {
	all := map[string]bool{key: true}
	for next := []string{key}; len(next) > 0; next = next[1:] {
		for _, d := range dependants[next[0]] {
			if !all[d] {
				all[d] = true
				next = append(next, d)
			}
		}
	}
	return all
}

// tells whether the resource says what it needs, be it nothing, in a form that a plan
// could have written.
func (o *Observed) tells() bool {
	said, is := needsField.in(o).GetKind().(*structpb.Value_StringValue)
	if !is {
		return false
	}
	now, before, both := strings.Cut(said.StringValue, ";")
	return keysIn(now) && (!both || before != "" && keysIn(before))
}

// keysIn tells whether a list of keys, which may be empty, is one.
func keysIn(list string) bool {
	return list == "" || !slices.ContainsFunc(strings.Split(list, ","), func(key string) bool {
		return len(validation.IsDNS1123Subdomain(key)) > 0
	})
}
