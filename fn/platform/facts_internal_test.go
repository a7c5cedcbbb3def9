package platform

import (
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/xplatform-dev/function-xplatform/test/crds"
)

// variable is what Flux takes for the name of one, and so does a shell.
// https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
var variable = regexp.MustCompile(`^[_[:alpha:]][_[:alpha:][:digit:]]*$`)

// lists of the claim that the names are from of which there is a fact each.
//
//nolint:gochecknoglobals // A constant table.
var lists = map[string]string{"database": "databases", "queue": "queues"}

// TestFactKeys: each key is a variable's name and an annotation's, also with the longest
// name that a claim can give, and no two can meet.
func TestFactKeys(t *testing.T) {
	t.Parallel()
	var all []string
	for _, f := range facts {
		name := ""
		switch f.each {
		case "":
		case "controller":
			name = accountLoadBalancer.name
		default:
			name = strings.Repeat("a", int(*crds.SchemaOf(t, "spec", lists[f.each], "[]", "name").MaxLength)-2) + "-a"
		}
		key := factKey(f.key, name)
		if !variable.MatchString(key) {
			t.Errorf("%s is no name of a variable", key)
		}
		if problems := append(validation.IsQualifiedName(key), validation.IsConfigMapKey(key)...); len(problems) > 0 {
			t.Errorf("%s: %v", key, problems)
		}
		if f.says == "" || strings.HasSuffix(f.says, ".") {
			t.Errorf("%s: want half a sentence, got %q", key, f.says)
		}
		// A name comes last, so keys meet only if one begins another.
		begin := factKey(f.key, "")
		if name != "" {
			begin += "_"
		}
		for _, other := range all {
			if begin == other || strings.HasSuffix(begin, "_") && strings.HasPrefix(other, begin) || strings.HasSuffix(other, "_") && strings.HasPrefix(begin, other) {
				t.Errorf("%s and %s can meet", begin, other)
			}
		}
		all = append(all, begin)
	}
}
