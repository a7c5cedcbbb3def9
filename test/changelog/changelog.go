// Package changelog reads what CHANGELOG.md announces, and says what it should have
// announced: of keys, names, kinds and strings that platforms that exist hold on to,
// and of what an upgrade of the packages changes in their objects.
package changelog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// A Fate is what becomes of an object that exists.
type Fate string

// What can become of an object. Kept is one whose API changes for new platforms only.
const (
	Kept     Fate = "kept"
	Changed  Fate = "changed"
	Added    Fate = "added"
	Removed  Fate = "removed"
	Replaced Fate = "replaced"
)

// A Change that is announced. An asterisk in a pattern stands for any characters.
type Change struct {
	// Resources is a pattern of keys, and Field one of paths in their objects.
	Resources string `json:"resources"`
	Field     string `json:"field,omitempty"`
	// Was and Is are patterns of what the field was, in the list of the API, and of
	// what it is now; "" is nothing. Without both the change is none of the API.
	Was string `json:"was,omitempty"`
	Is  string `json:"is,omitempty"`
	Why string `json:"why"`
	// Existing is what becomes of the objects of platforms that exist.
	Existing Fate `json:"existing"`
}

// File that announces changes, in the root of the repository.
const File = "CHANGELOG.md"

// Read what is announced since the last release, in a checkout. The errors name what is
// wrong with which entry.
func Read(root string) ([]Change, error) {
	b, err := os.ReadFile(filepath.Join(root, File))
	if err != nil {
		return nil, fmt.Errorf("cannot read the changelog: %w", err)
	}
	return parse(string(b))
}

// parse the one YAML block of what is unreleased.
func parse(text string) ([]Change, error) {
	_, unreleased, found := strings.Cut(text, "\n## [Unreleased]\n")
	unreleased, _, _ = strings.Cut(unreleased, "\n## ")
	_, block, announces := strings.Cut(unreleased, "\n```yaml\n")
	block, _, closed := strings.Cut(block, "```\n")
	if !found || !announces || !closed {
		return nil, fmt.Errorf("cannot find what %s announces: want a block of YAML below \"## [Unreleased]\"", File)
	}
	var all []Change
	if err := yaml.UnmarshalStrict([]byte(block), &all); err != nil {
		return nil, fmt.Errorf("cannot read what %s announces: %w", File, err)
	}
	var errs []error
	for i, c := range all {
		if err := c.check(); err != nil {
			errs = append(errs, fmt.Errorf("%s, entry %d: %w", File, i+1, err))
		}
	}
	return all, errors.Join(errs...)
}

func (c Change) check() error {
	switch {
	case c.Resources == "":
		return errors.New("resources is missing: it says which keys change, such as node-group.*")
	case c.Why == "":
		return errors.New("why is missing: people decide by it when to upgrade")
	case !slices.Contains([]Fate{Kept, Changed, Added, Removed, Replaced}, c.Existing):
		return fmt.Errorf("existing is %q: it is kept, changed, added, removed or replaced", c.Existing)
	case c.Field == "" && (c.Existing == Changed || c.Was+c.Is != ""):
		return errors.New("field is missing: it says what of the resources changes, such as metadata.name")
	case c.Existing == Kept && c.Was+c.Is == "":
		return errors.New("was and is are missing: what is kept and of no API needs no entry")
	}
	return nil
}

// Announced tells whether a change is. Without a field it is one of the whole object.
func Announced(all []Change, resource, field string, fate Fate) bool {
	return slices.ContainsFunc(all, func(c Change) bool {
		return c.Existing == fate && matches(c.Resources, resource) && (field == "" || matches(c.Field, field))
	})
}

// of tells whether a change is one of a promise.
func (c Change) of(p Promise) bool {
	return matches(c.Resources, p.Resource) && matches(c.Field, p.Field)
}

// matches tells whether a pattern is one of all of a text.
func matches(pattern, text string) bool {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$").MatchString(text)
}
