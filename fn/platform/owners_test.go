package platform_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xplatform-dev/function-xplatform/test/aws"
	"github.com/xplatform-dev/function-xplatform/test/crds"
	"github.com/xplatform-dev/function-xplatform/test/world"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// Crossplane and a provider write the same object by server-side apply, which
// takes a list for one field unless its schema says otherwise: whoever sets any
// of it owns all of it.
// https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy

// fought are objects with a reference in such a list, by its path.
//
//nolint:gochecknoglobals // A constant table.
var fought = map[string]string{
	"spec.forProvider.vpc[0].vpcIdRef": `
apiVersion: route53.aws.m.upbound.io/v1beta1
kind: Zone
metadata: {name: zone, namespace: default}
spec: {forProvider: {name: dev.example.com, vpc: [{vpcIdRef: {name: vpc}, vpcRegion: eu-central-1}]}}
`,

	"spec.forProvider.blockDeviceMappings[0].ebs.kmsKeyIdRef": `
apiVersion: ec2.aws.m.upbound.io/v1beta1
kind: LaunchTemplate
metadata: {name: template, namespace: default}
spec: {forProvider: {region: eu-central-1, blockDeviceMappings: [{deviceName: /dev/xvda, ebs: {kmsKeyIdRef: {name: key}}}]}}
`,
}

// TestReferencesInLists: what a reference leads to is written beside it by the
// provider, so a reference must not be in a list that is one field.
func TestReferencesInLists(t *testing.T) {
	t.Parallel()
	check := func(o *unstructured.Unstructured) []string {
		return referencesInOne(schemaOfKind(t, o), o.Object, "", false)
	}
	for want, doc := range fought {
		if got := check(manifest(t, doc)); !slices.Equal(got, []string{want}) {
			t.Errorf("want %s, got %v: is this test blind?", want, got)
		}
	}
	for name, o := range everyKind(t) {
		if got := check(o); len(got) > 0 {
			t.Errorf("%s has references in lists that Crossplane owns as a whole: %v", name, got)
		}
	}
}

// everyKind are the objects of platforms that have all AWS kinds between them, by
// platform and key.
func everyKind(t *testing.T) map[string]*unstructured.Unstructured {
	t.Helper()
	platforms := map[string]*world.World{
		"another": world.With(t, "{region: eu-central-1, identity: IRSA, network: {vpcId: vpc-0aaaaaaaaaaaaaaa1, privateSubnetIds: [subnet-0aaaaaaaaaaaaaaa1, subnet-0aaaaaaaaaaaaaaa2]}, cluster: {admins: ['arn:aws:iam::123456789012:role/admins']}}"),
	}
	for _, example := range world.Examples {
		platforms[example] = world.New(t, example)
	}
	objects := map[string]*unstructured.Unstructured{}
	kinds := map[schema.GroupKind]bool{}
	for name, w := range platforms {
		rsp := w.Settle()
		for _, key := range world.SortedKeys(rsp.GetDesired().GetResources()) {
			o := world.Desired(rsp, key)
			objects[name+": "+key] = o
			kinds[o.GroupVersionKind().GroupKind()] = true
		}
	}
	for _, gk := range platforms["another"].AWS.Kinds() {
		if strings.HasSuffix(gk.Group, aws.GroupProvider) && !kinds[gk] {
			t.Errorf("no platform has a %s", gk)
		}
	}
	return objects
}

// TestOwners: once an object is made, neither Crossplane nor its provider changes
// it any more, however often they come by.
func TestOwners(t *testing.T) {
	t.Parallel()
	for path, doc := range fought {
		if diffs := newOwned(t, manifest(t, doc)).rounds(); len(diffs) == 0 {
			t.Errorf("want a fight over %s, got none: is this test blind?", path)
		}
	}
	resolved := 0
	for name, o := range everyKind(t) {
		if !strings.HasSuffix(o.GroupVersionKind().Group, aws.GroupProvider) {
			continue
		}
		owned := newOwned(t, o)
		for _, diff := range owned.rounds() {
			t.Errorf("%s changes again: -before, +after:\n%s", name, diff)
		}
		resolved += owned.resolved
	}
	if resolved < 100 {
		t.Errorf("want at least 100 references, got %d: is this test blind?", resolved)
	}
}

// TestOwnersOfAChange: nor do they once what an object refers to is another one.
func TestOwnersOfAChange(t *testing.T) {
	t.Parallel()
	route := newOwned(t, manifest(t, `
apiVersion: ec2.aws.m.upbound.io/v1beta1
kind: Route
metadata: {name: route, namespace: default}
spec: {forProvider: {region: eu-central-1, routeTableIdRef: {name: table}, natGatewayIdRef: {name: first, policy: {resolve: Always}}}}
`))

	route.rounds()
	world.Set("other", "spec", "forProvider", "natGatewayIdRef", "name")(route.desired)
	if diffs := route.rounds(); len(diffs) == 0 {
		t.Error("want a fight over a reference that is always resolved, got none: is this test blind?")
	}

	w := world.With(t, "{region: eu-central-1, network: {natGateway: Single}}")
	settled := w.Settle()
	routes := map[string]*owned{}
	for _, key := range world.KindsOf(settled, "Route") {
		routes[key] = newOwned(t, world.Desired(settled, key))
		routes[key].rounds()
	}
	world.Set("PerZone", "spec", "network", "natGateway")(w.XR)
	settled = w.Settle()
	moved := 0
	for key, o := range routes {
		before := o.Spec()
		o.desired = world.Desired(settled, key)
		for _, diff := range o.rounds() {
			t.Errorf("%s changes again: -before, +after:\n%s", key, diff)
		}
		if !cmp.Equal(before, o.Spec()) {
			moved++
		}
	}
	if moved != 2 {
		t.Errorf("want two of three zones' routes to lead elsewhere, got %d", moved)
	}
}

// owned is an object at an API server that knows who set which of its fields.
type owned struct {
	world.Shared

	t       *testing.T
	schema  *structural.Structural
	desired *unstructured.Unstructured
	// resolved references.
	resolved int
}

func newOwned(t *testing.T, o *unstructured.Unstructured) *owned {
	t.Helper()
	return &owned{t: t, schema: schemaOfKind(t, o), desired: o}
}

// rounds of Crossplane and the provider, and what changed after the first.
func (o *owned) rounds() []string {
	o.t.Helper()
	var diffs []string
	for i := range 3 {
		for _, write := range []func(){o.compose, o.resolve} {
			before := o.Spec()
			write()
			if diff := cmp.Diff(before, o.Spec()); diff != "" && i > 0 {
				diffs = append(diffs, diff)
			}
		}
	}
	return diffs
}

// compose the object, as Crossplane does (client.ForceOwnership, in its
// internal/controller/apiextensions/composite/composition_functions.go).
func (o *owned) compose() {
	o.t.Helper()
	o.Apply(o.t, o.desired, "apiextensions.crossplane.io/composed")
}

// resolve references, as a provider does (APISimpleReferenceResolver in
// crossplane-runtime's pkg/reconciler/managed/api.go): what that changes is applied.
func (o *owned) resolve() {
	o.t.Helper()
	before := o.Spec()
	after := runtime.DeepCopyJSON(before)
	o.resolved += resolve(propertyOf(o.schema, "spec"), after)
	if changed := world.Difference(before, after); len(changed) > 0 {
		u := &unstructured.Unstructured{Object: map[string]any{"spec": changed}}
		u.SetGroupVersionKind(o.desired.GroupVersionKind())
		u.SetName(o.desired.GetName())
		o.Apply(o.t, u, "managed.crossplane.io/api-simple-reference-resolver")
	}
}

// resolve the references in a value: a field is set to what the reference beside
// it leads to, unless it is set already or the reference is always resolved. The
// number of references is returned.
func resolve(s *structural.Structural, v any) int {
	n := 0
	switch v := v.(type) {
	case map[string]any:
		for _, k := range world.SortedKeys(v) {
			n += resolve(propertyOf(s, k), v[k])
			field, id := leadsTo(s, k, v[k])
			if field == "" {
				continue
			}
			n++
			if v[field] == nil || strings.Contains(fmt.Sprint(v[k]), "resolve:Always") {
				v[field] = id
			}
		}
	case []any:
		for _, e := range v {
			n += resolve(s.Items, e)
		}
	}
	return n
}

// leadsTo is the field that what a reference leads to is written into, and what
// that is; "" if it is no reference to another object's id.
func leadsTo(s *structural.Structural, k string, v any) (field string, id any) {
	if base, ok := strings.CutSuffix(k, "Ref"); ok && propertyOf(s, base) != nil {
		return base, "id of " + fmt.Sprint(v.(map[string]any)["name"])
	}
	if base, ok := strings.CutSuffix(k, "Refs"); ok && propertyOf(s, base+"s") != nil {
		var ids []any
		for _, r := range v.([]any) {
			ids = append(ids, "id of "+fmt.Sprint(r.(map[string]any)["name"]))
		}
		return base + "s", ids
	}
	return "", nil
}

// referencesInOne are the paths of the references of a value within what is one
// field to server-side apply. A value of free fields has none: nobody resolves
// what is in there.
func referencesInOne(s *structural.Structural, v any, path string, one bool) []string {
	if s == nil {
		return nil
	}
	one = one || isOne(s)
	var found []string
	switch v := v.(type) {
	case map[string]any:
		for _, k := range world.SortedKeys(v) {
			at := strings.TrimPrefix(path+"."+k, ".")
			if one && slices.ContainsFunc([]string{"Ref", "Refs", "Selector"}, func(suffix string) bool { return strings.HasSuffix(k, suffix) }) {
				found = append(found, at)
			}
			found = append(found, referencesInOne(propertyOf(s, k), v[k], at, one)...)
		}
	case []any:
		for i, e := range v {
			found = append(found, referencesInOne(s.Items, e, fmt.Sprintf("%s[%d]", path, i), one)...)
		}
	}
	return found
}

// isOne tells whether server-side apply takes a value for one field.
func isOne(s *structural.Structural) bool {
	if s.Type == "array" {
		return s.XListType == nil || *s.XListType == "atomic"
	}
	return s.XMapType != nil && *s.XMapType == "atomic"
}

// propertyOf an object's schema, nil if it has none such.
func propertyOf(s *structural.Structural, name string) *structural.Structural {
	if s == nil {
		return nil
	}
	if p, ok := s.Properties[name]; ok {
		return &p
	}
	if s.AdditionalProperties != nil {
		return s.AdditionalProperties.Structural
	}
	return nil
}

// manifest is the object in a YAML document.
func manifest(t *testing.T, doc string) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{}
	if err := yaml.UnmarshalStrict([]byte(doc), &o.Object); err != nil {
		t.Fatal(err)
	}
	return o
}

// schemaOfKind is the schema of an object's kind.
func schemaOfKind(t *testing.T, o *unstructured.Unstructured) *structural.Structural {
	t.Helper()
	r, err := crds.Shared()
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Schema(o.GroupVersionKind())
	if err != nil {
		t.Fatal(err)
	}
	return s
}
