package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/crossplane/crossplane-runtime/v2/pkg/fieldpath"
)

// wish is what is asked for: what forProvider leaves out initProvider fills in. A
// field that is in the latter alone, with all there is of it, is not kept. One that
// is split over the two is: the provider takes the part for the whole
// (filterInitExclusiveDiffs in upjet's pkg/controller/external_tfpluginsdk.go, which
// compares unconverted names; mended by upjet#728, which no release has).
func wish(o *unstructured.Unstructured, exists bool) map[string]any {
	asked, _, _ := unstructured.NestedMap(o.Object, "spec", "forProvider")
	first, _, _ := unstructured.NestedMap(o.Object, "spec", "initProvider")
	w := map[string]any{}
	for k, v := range asked {
		if !isReference(k) {
			w[k] = withoutReferences(v)
		}
	}
	for k, v := range first {
		before, split := w[k]
		if exists && !split || isReference(k) {
			continue
		}
		w[k] = fill(before, withoutReferences(v))
	}
	return w
}

func isReference(field string) bool {
	return slices.ContainsFunc([]string{"Ref", "Refs", "Selector"}, func(suffix string) bool { return strings.HasSuffix(field, suffix) })
}

func withoutReferences(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for k, e := range v {
			if !isReference(k) {
				m[k] = withoutReferences(e)
			}
		}
		return m
	case []any:
		l := make([]any, 0, len(v))
		for _, e := range v {
			l = append(l, withoutReferences(e))
		}
		return l
	}
	return v
}

// fill what is missing in a value from another.
func fill(v, from any) any {
	a, isMap := v.(map[string]any)
	b, fills := from.(map[string]any)
	if v == nil {
		return from
	}
	if !isMap || !fills {
		return v
	}
	m := maps.Clone(a)
	for k, e := range b {
		m[k] = fill(a[k], e)
	}
	return m
}

// at a path of attributes, nil if there is nothing.
func at(attributes map[string]any, path string) any {
	v, err := fieldpath.Pave(attributes).GetValue(path)
	if err != nil {
		return nil
	}
	return v
}

// alike tells whether AWS takes two values for the same: lists here are sets to it.
func alike(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		return ok && maps.EqualFunc(x, y, alike)
	case []any:
		y, ok := b.([]any)
		return ok && len(x) == len(y) && !slices.ContainsFunc(x, func(e any) bool {
			return !slices.ContainsFunc(y, func(o any) bool { return alike(e, o) })
		})
	}
	return fmt.Sprint(a) == fmt.Sprint(b)
}

// Missing are the fields that are asked for and that AWS does not have, with what it
// has instead.
func Missing(asked, has map[string]any, path string) []string {
	var missing []string
	for _, k := range slices.Sorted(maps.Keys(asked)) {
		at := path + "." + k
		nested, isMap := asked[k].(map[string]any)
		inner, _ := has[k].(map[string]any)
		switch {
		case isReference(k):
		case k == "tags" && isMap && inner[TagOfAnother] != nil:
			// What another cluster says of a subnet stays.
			own := maps.Clone(inner)
			delete(own, TagOfAnother)
			missing = append(missing, Missing(map[string]any{k: nested}, map[string]any{k: own}, path)...)
		case isMap && k != "tags" && k != "labels":
			missing = append(missing, Missing(nested, inner, at)...)
		case !alike(withoutReferences(asked[k]), has[k]):
			missing = append(missing, fmt.Sprintf("%s is %v, asked for %v", at, has[k], asked[k]))
		}
	}
	return missing
}
