package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// Manifests that a chart makes, sorted, without what is another one each time.
type manifests []map[string]any

// parse what a chart makes.
func parse(text string) (manifests, error) {
	all := manifests{}
	for d := utilyaml.NewYAMLOrJSONDecoder(strings.NewReader(text), len(text)+1); ; {
		o := map[string]any{}
		err := d.Decode(&o)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("cannot parse what was rendered: %w", err)
		}
		if len(o) > 0 {
			all = append(all, settle(o).(map[string]any)) //nolint:forcetypeassert // It stays what it is.
		}
	}
	slices.SortFunc(all, func(a, b map[string]any) int { return strings.Compare(id(a), id(b)) })
	return all, nil
}

// settle a manifest: a chart makes a new certificate each time it is rendered, and
// its version on every object hides what else its version changes.
func settle(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if v["kind"] == "Secret" {
			delete(v, "data")
		}
		for key := range v {
			switch key {
			case "caBundle", "helm.sh/chart", "app.kubernetes.io/version":
				delete(v, key)
			default:
				v[key] = settle(v[key])
			}
		}
	case []any:
		for i := range v {
			v[i] = settle(v[i])
		}
	}
	return v
}

// id of an object in a release.
func id(o map[string]any) string {
	u := unstructured.Unstructured{Object: o}
	return u.GetKind() + " " + path.Join(u.GetNamespace(), u.GetName())
}

// summary of what a version of a chart makes.
func (m manifests) summary(version string) (summary, error) {
	const length = 12 // Of digests: who compares them means no harm.
	s := summary{Version: version, Images: []string{}, Objects: map[string]string{}}
	for _, o := range m {
		b, err := json.Marshal(o)
		if err != nil {
			return s, fmt.Errorf("cannot sum up %s: %w", id(o), err)
		}
		s.Objects[id(o)] = fmt.Sprintf("%x", sha256.Sum256(b))[:length]
		s.Images = append(s.Images, images(o)...)
	}
	slices.Sort(s.Images)
	s.Images = slices.Compact(s.Images)
	return s, nil
}

// images of the containers in an object.
func images(v any) []string {
	var all []string
	switch v := v.(type) {
	case map[string]any:
		if image, ok := v["image"].(string); ok {
			all = append(all, image)
		}
		for _, field := range v {
			all = append(all, images(field)...)
		}
	case []any:
		for _, item := range v {
			all = append(all, images(item)...)
		}
	}
	return all
}
