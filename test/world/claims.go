package world

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/test/aws"
	"github.com/xplatform-dev/function-xplatform/test/crds"
)

// An Editor makes edits of claims from their schema, so that a new field is edited
// without anybody saying so. Strings it takes from the schema's examples and
// defaults and from the example claims, and varies.
type Editor struct {
	tb      testing.TB
	crds    *crds.Registry
	schema  extv1.JSONSchemaProps
	strings map[string][]string
}

// Crossplanes are the fields of a claim's spec that are Crossplane's.
//
//nolint:gochecknoglobals // A constant list.
var Crossplanes = []string{"compositeDeletePolicy", "compositionRef", "compositionRevisionRef", "compositionRevisionSelector", "compositionSelector", "compositionUpdatePolicy", "resourceRef", "writeConnectionSecretToRef"}

// NewEditor of claims.
func NewEditor(tb testing.TB) *Editor {
	tb.Helper()
	r, err := crds.Shared()
	if err != nil {
		tb.Fatal(err)
	}
	e := &Editor{tb: tb, crds: r, schema: crds.SchemaOf(tb, "spec"), strings: map[string][]string{}}
	e.schema.Properties = maps.Clone(e.schema.Properties)
	for _, p := range Crossplanes {
		delete(e.schema.Properties, p)
	}
	e.learn(e.schema, "", nil)
	for _, example := range Examples {
		e.learn(e.schema, "", New(tb, example).Claim.Object["spec"])
	}
	return e
}

// Edit a claim in a legal way: what the API server admits. It returns the claim as
// it is then, and the path of the field that was changed.
func (e *Editor) Edit(r *rand.Rand, claim *unstructured.Unstructured) (edited *unstructured.Unstructured, field string) {
	e.tb.Helper()
	for range 200 {
		next := claim.DeepCopy()
		spec, _ := next.Object["spec"].(map[string]any)
		field := ""
		e.change(r, e.schema, spec, "", &field)
		if e.crds.Default(next) == nil && !equality.Semantic.DeepEqual(next.Object["spec"], claim.Object["spec"]) && e.crds.ValidateUpdate(next, claim) == nil {
			return next, field
		}
	}
	e.tb.Fatal("no legal edit found")
	return nil, ""
}

// learn the strings of a value, and of what the schema says of it.
func (e *Editor) learn(s extv1.JSONSchemaProps, path string, v any) {
	for _, j := range []*extv1.JSON{s.Default, s.Example} {
		var known any
		if j != nil && json.Unmarshal(j.Raw, &known) == nil {
			e.learnValue(path, known)
		}
	}
	e.learnValue(path, v)
	if s.Items != nil {
		list, _ := v.([]any)
		e.learn(*s.Items.Schema, path+"[]", nil)
		for _, item := range list {
			e.learn(*s.Items.Schema, path+"[]", item)
		}
	}
	m, _ := v.(map[string]any)
	for k, p := range s.Properties {
		e.learn(p, strings.TrimPrefix(path+"."+k, "."), m[k])
	}
}

func (e *Editor) learnValue(path string, v any) {
	switch v := v.(type) {
	case string:
		if !slices.Contains(e.strings[path], v) {
			e.strings[path] = append(e.strings[path], v)
			slices.Sort(e.strings[path])
		}
	case []any:
		for _, item := range v {
			e.learnValue(path+"[]", item)
		}
	}
}

// change something in a value, and return it.
func (e *Editor) change(r *rand.Rand, s extv1.JSONSchemaProps, v any, path string, field *string) any {
	*field = path
	switch {
	case len(s.Properties) > 0:
		return e.changeObject(r, s, v, path, field)
	case s.Items != nil:
		return e.changeList(r, *s.Items.Schema, v, path, field)
	case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
		return e.changeMap(r, *s.AdditionalProperties.Schema, v, path)
	}
	if n, ok := number(v); ok && r.IntN(2) == 0 {
		return []int64{n + 1, n - 1, n * 2, n + n/4 + 1}[r.IntN(4)]
	}
	return e.make(r, s, path)
}

// changeObject sets, changes or removes one of its fields.
func (e *Editor) changeObject(r *rand.Rand, s extv1.JSONSchemaProps, v any, path string, field *string) any {
	m, _ := v.(map[string]any)
	if m == nil {
		return e.make(r, s, path)
	}
	keys := SortedKeys(s.Properties)
	k := keys[r.IntN(len(keys))]
	at := strings.TrimPrefix(path+"."+k, ".")
	if _, set := m[k]; set && r.IntN(5) == 0 {
		*field = at
		delete(m, k)
		return m
	}
	m[k] = e.change(r, s.Properties[k], m[k], at, field)
	return m
}

// changeList adds, changes or removes one of its items.
func (e *Editor) changeList(r *rand.Rand, item extv1.JSONSchemaProps, v any, path string, field *string) any {
	l, _ := v.([]any)
	l = slices.Clone(l)
	switch n := r.IntN(4); {
	case n == 0 && len(l) > 0:
		i := r.IntN(len(l))
		return slices.Delete(l, i, i+1)
	case n == 1 || len(l) == 0:
		return append(l, e.make(r, item, path+"[]"))
	default:
		i := r.IntN(len(l))
		l[i] = e.change(r, item, l[i], path+"[]", field)
		return l
	}
}

// changeMap sets or removes one of its entries.
func (e *Editor) changeMap(r *rand.Rand, entry extv1.JSONSchemaProps, v any, path string) any {
	m := map[string]any{}
	if had, ok := v.(map[string]any); ok {
		maps.Copy(m, had)
	}
	if keys := SortedKeys(m); len(keys) > 0 && r.IntN(3) == 0 {
		delete(m, keys[r.IntN(len(keys))])
		return m
	}
	m[[]string{"team", "stage", "example.com/tier"}[r.IntN(3)]] = e.make(r, entry, path+"[]")
	return m
}

// make a value.
func (e *Editor) make(r *rand.Rand, s extv1.JSONSchemaProps, path string) any {
	switch {
	case len(s.Enum) > 0:
		var v any
		_ = json.Unmarshal(s.Enum[r.IntN(len(s.Enum))].Raw, &v)
		return v
	case len(s.Properties) > 0:
		m := map[string]any{}
		for _, k := range SortedKeys(s.Properties) {
			if slices.Contains(s.Required, k) || r.IntN(3) == 0 {
				m[k] = e.make(r, s.Properties[k], strings.TrimPrefix(path+"."+k, "."))
			}
		}
		return m
	case s.Items != nil:
		l := []any{}
		for range 1 + r.IntN(2) {
			l = append(l, e.make(r, *s.Items.Schema, path+"[]"))
		}
		return l
	case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
		return map[string]any{"team": e.make(r, *s.AdditionalProperties.Schema, path+"[]")}
	}
	return e.makeLeaf(r, s, path)
}

// makeLeaf makes a value without others in it.
func (e *Editor) makeLeaf(r *rand.Rand, s extv1.JSONSchemaProps, path string) any {
	switch s.Type {
	case "boolean":
		return r.IntN(2) == 0
	case "integer":
		low, high := int64(0), int64(1000)
		if s.Minimum != nil {
			low = int64(*s.Minimum)
		}
		if s.Maximum != nil {
			high = int64(*s.Maximum)
		}
		// Small ones are what people choose.
		if r.IntN(2) == 0 {
			high = min(high, low+20)
		}
		return low + r.Int64N(high-low+1)
	case "object":
		return map[string]any{}
	}
	known := e.strings[path]
	if len(known) == 0 {
		known = []string{"a", "platform", "1.0.0"}
	}
	text := known[r.IntN(len(known))]
	switch r.IntN(4) {
	case 0:
		text += "-" + string("abc"[r.IntN(3)])
	case 1:
		// Another of its kind: what has digits has others.
		text = strings.Map(func(c rune) rune {
			if c >= '0' && c <= '9' && r.IntN(3) == 0 {
				return rune("0123456789"[r.IntN(10)])
			}
			return c
		}, text)
	}
	return text
}

func number(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case float64:
		return int64(v), true
	}
	return 0, false
}

// Claims is what is asked for from now on.
func (l *Living) Claims(claim *unstructured.Unstructured) {
	l.TB.Helper()
	asks, err := aws.Composite(claim, l.XR.GetKind())
	if err != nil {
		l.TB.Fatal(err)
	}
	xr := l.XR.DeepCopy()
	xr.Object["spec"] = asks.Object["spec"]
	l.XR, l.Claim = xr, claim
}

// Window is everything's maintenance window.
func (l *Living) Window() {
	if l.Account.Window() {
		l.Look()
	}
}

// NotInForce are the fields that an answer asks for and AWS does not have.
func (l *Living) NotInForce(rsp *fnv1.RunFunctionResponse) []string {
	var missing []string
	for _, key := range Keys(rsp) {
		o := l.objects[key]
		if o == nil {
			missing = append(missing, key+" does not exist")
			continue
		}
		t := l.Account.Of(o.Live())
		if t == nil {
			if strings.HasSuffix(o.Live().GroupVersionKind().Group, aws.GroupProvider) && o.Live().GetKind() != "ClusterAuth" {
				missing = append(missing, key+" does not exist at AWS")
			}
			continue
		}
		asked, _, _ := unstructured.NestedMap(Desired(rsp, key).Object, "spec", "forProvider")
		has := t.Has
		if live := o.Live(); meta.IsPaused(live) {
			// Nobody can know what AWS did since.
			has, _, _ = unstructured.NestedMap(live.Object, "status", "atProvider")
		}
		missing = append(missing, aws.Missing(asked, has, key)...)
	}
	for _, key := range SortedKeys(l.objects) {
		if rsp.GetDesired().GetResources()[key] == nil {
			missing = append(missing, key+" is left")
		}
	}
	return missing
}

// Things are what AWS has, by the key of their object, but for what another cluster
// says of them.
func (l *Living) Things() map[string]map[string]any {
	things := map[string]map[string]any{}
	for key, o := range l.objects {
		t := l.Account.Of(o.Live())
		if t == nil {
			continue
		}
		has := runtime.DeepCopyJSON(t.Has)
		unstructured.RemoveNestedField(has, "tags", aws.TagOfAnother)
		things[key] = has
	}
	return things
}

// Pause an object of AWS's by hand, and say which.
func (l *Living) Pause(r *rand.Rand) string {
	l.TB.Helper()
	keys := slices.DeleteFunc(SortedKeys(l.Observed), func(key string) bool {
		return !strings.HasSuffix(l.objects[key].Live().GroupVersionKind().Group, aws.GroupProvider)
	})
	key := keys[r.IntN(len(keys))]
	l.annotate(key, map[string]string{meta.AnnotationKeyReconciliationPaused: "true"})
	return "somebody pauses " + key
}

// Delete an object by hand, and say which.
func (l *Living) Delete(r *rand.Rand) string {
	l.TB.Helper()
	keys := SortedKeys(l.Observed)
	key := keys[r.IntN(len(keys))]
	l.end(key, "kubectl")
	return "somebody deletes " + key
}

// Resume everything that is paused.
func (l *Living) Resume() {
	l.TB.Helper()
	for _, key := range SortedKeys(l.objects) {
		if meta.IsPaused(l.objects[key].Live()) {
			l.annotate(key, nil)
		}
	}
}

// annotate an object by hand.
func (l *Living) annotate(key string, annotations map[string]string) {
	l.TB.Helper()
	o := l.objects[key]
	u := o.Live()
	all := u.GetAnnotations()
	delete(all, meta.AnnotationKeyReconciliationPaused)
	maps.Copy(all, annotations)
	u.SetAnnotations(all)
	o.Update(l.TB, u, "kubectl")
	o.seen = false
	l.store(o)
}
