package changelog

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Promise to platforms that exist: what is called so stays called so.
type Promise struct {
	// Resource is the key of a node, Field a path in its object.
	Resource, Field, Value string
}

// String is the promise's line in the list of the API.
func (p Promise) String() string { return p.Resource + " " + p.Field + " " + p.Value }

// Promises of a list, a line each. The error names a line that is none.
func Promises(list string) ([]Promise, error) {
	var all []Promise
	for line := range strings.Lines(list) {
		words := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3)
		if len(words) < 3 {
			return nil, fmt.Errorf("cannot read %q: want a key, a field and a value", line)
		}
		all = append(all, Promise{words[0], words[1], words[2]})
	}
	return all, nil
}

// List of promises, each once.
func List(all []Promise) string {
	slices.SortFunc(all, func(a, b Promise) int { return cmp.Compare(a.String(), b.String()) })
	b := &strings.Builder{}
	for _, p := range slices.Compact(all) {
		fmt.Fprintln(b, p)
	}
	return b.String()
}

// Broken are the promises that were made and are not kept now. Each that no change
// announces is an error, and so is a change of the API that did not happen.
func Broken(made, now []Promise, announced []Change) ([]Promise, error) {
	var broken []Promise
	var errs []error
	for _, p := range made {
		if slices.Contains(now, p) {
			continue
		}
		broken = append(broken, p)
		if !slices.ContainsFunc(announced, func(c Change) bool { return c.of(p) && c.Was != "" && matches(c.Was, p.Value) }) {
			errs = append(errs, fmt.Errorf("%s: is no more, and platforms that exist have it: keep it, or announce in %s what becomes of them", p, File))
		}
	}
	for _, c := range announced {
		was := func(p Promise) bool { return c.of(p) && matches(c.Was, p.Value) }
		is := func(p Promise) bool { return c.of(p) && matches(c.Is, p.Value) }
		if c.Was != "" && !slices.ContainsFunc(broken, was) || c.Is != "" && !slices.ContainsFunc(now, is) {
			errs = append(errs, fmt.Errorf("%s announces that %s of %s, which was %q, is %q: that did not happen", File, c.Field, c.Resources, c.Was, c.Is))
		}
	}
	return broken, errors.Join(errs...)
}
