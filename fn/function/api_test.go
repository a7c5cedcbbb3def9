package function_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossplane/crossplane-runtime/v2/pkg/fieldpath"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/test/changelog"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestAPI: what platforms that exist hold on to changes only where the changelog
// announces it: keys, kinds, names, what AWS can't change, and strings of the contract.
// The list has what is promised now, and what was until the changelog said otherwise.
func TestAPI(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "testdata", "api.txt")
	b, err := os.ReadFile(path)
	if err != nil && (!*update || !errors.Is(err, os.ErrNotExist)) {
		t.Fatalf("%v (run with -update to write it)", err)
	}
	made, err := changelog.Promises(string(b))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	announced, err := changelog.Read(world.Root())
	if err != nil {
		t.Fatal(err)
	}
	now := append(promised(t), constants(t)...)
	broken, err := changelog.Broken(made, now, announced)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	list := changelog.List(append(now, broken...))
	diff := cmp.Diff(string(b), list)
	if diff == "" {
		return
	}
	if *update {
		if err := os.WriteFile(path, []byte(list), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("%s: -want, +got (run with -update to accept):\n%s", path, diff)
}

// promised is what platforms of all that a claim can ask for hold on to, while they
// exist and while they are drained.
func promised(t *testing.T) []changelog.Promise {
	t.Helper()
	const rest = `
region: eu-central-1
network: {natGateway: PerZone}
cluster: {admins: ["arn:aws:iam::123456789012:role/admin"]}
nodeGroups:
- name: general
- {name: batch, minSize: 0, capacityType: Spot, labels: {workload: batch}, taints: [{key: workload, value: batch, effect: NoSchedule}]}
databases: [{name: orders, engine: postgres}, {name: catalog, engine: mysql}]
queues: [{name: orders, deadLetter: {}}, {name: events, fifo: true, deadLetter: {}}]
controllers: {metricsServer: {enabled: true}}
facts: {argoCD: true, flux: true}
`
	var all []changelog.Promise
	for _, w := range []*world.World{
		world.With(t, "name: team-a-dev\ndns: {domain: dev.example.com, private: true}"+rest),
		world.With(t, "name: team-a-dev\ndns: {domain: dev.example.com}\nidentity: IRSA"+rest),
		world.New(t, "platform-existing.yaml"),
		world.New(t, "platform-smallest.yaml"),
	} {
		w.Policy = map[string]any{"facts": map[string]any{"argoCD": map[string]any{"namespace": "argocd"}, "flux": map[string]any{}}}
		all = append(all, promisedBy(w, w.Settle())...)
		w.Begin("drain")
		all = append(all, promisedBy(w, w.Run())...)
	}
	return all
}

func promisedBy(w *world.World, rsp *fnv1.RunFunctionResponse) []changelog.Promise {
	name := w.Status("cluster", "id")
	var all []changelog.Promise
	for _, key := range world.SortedKeys(rsp.GetDesired().GetResources()) {
		o := world.Desired(rsp, key)
		promise := func(field string, value any) {
			if value != nil {
				all = append(all, changelog.Promise{Resource: key, Field: field, Value: inLine(w, value)})
			}
		}
		gvk := o.GroupVersionKind()
		promise("kind", gvk.GroupKind().String()+"/"+gvk.Version)
		for _, path := range []string{"metadata.namespace", "metadata.name", world.ExternalName, "spec.writeConnectionSecretToRef.name"} {
			promise(path, world.At(rsp, key, path))
		}
		for _, field := range w.AWS.Answer(gvk.GroupKind()).Immutable {
			for _, way := range []string{"", "Ref", "Refs"} {
				promise("spec.forProvider."+field+way, world.At(rsp, key, "spec.forProvider."+field+way))
			}
		}
		names(o.Object["spec"], "spec", name, promise)
		tags, _ := fieldpath.Pave(o.Object).GetStringObject("spec.forProvider.tags")
		facts, _ := fieldpath.Pave(o.Object).GetStringObject("spec.forProvider.manifest.data")
		for what, keys := range map[string]map[string]string{"label": o.GetLabels(), "annotation": o.GetAnnotations(), "tag": tags, "fact": facts} {
			for k := range keys {
				all = append(all, changelog.Promise{Resource: "*", Field: what, Value: k})
			}
		}
	}
	return all
}

// names in a value, at a path, that are made of a platform's. Tags and facts are listed by
// their keys; references follow the name of what they refer to; and texts and policies, which
// have spaces and braces, may change.
func names(v any, path, platform string, found func(path string, value any)) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if k != "tags" && k != "data" && !strings.HasSuffix(k, "Ref") && !strings.HasSuffix(k, "Refs") {
				names(e, path+"."+k, platform, found)
			}
		}
	case []any:
		for i, e := range v {
			names(e, fmt.Sprintf("%s[%d]", path, i), platform, found)
		}
	case string:
		if strings.Contains(v, platform) && !strings.ContainsAny(v, " {") {
			found(path, v)
		}
	}
}

// inLine is a value as one line of text.
func inLine(w *world.World, v any) string {
	w.TB.Helper()
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		w.TB.Fatal(err)
	}
	return string(b)
}

// constants are the strings that the rooms agree on with AWS, controllers and people,
// read off their source: not all of them are in what is composed.
func constants(t *testing.T) []changelog.Promise {
	t.Helper()
	var all []changelog.Promise
	for _, room := range []string{"platform/contract.go", "lifecycle/name.go", "lifecycle/lifecycle.go", "plan/plan.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", room), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		before := len(all)
		for _, d := range file.Decls {
			if g, ok := d.(*ast.GenDecl); !ok || g.Tok != token.CONST && g.Tok != token.VAR {
				continue
			}
			ast.Inspect(d, func(n ast.Node) bool {
				if _, isCall := n.(*ast.CallExpr); isCall {
					return false // Such as a pattern, which nobody holds on to.
				}
				if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
					s, err := strconv.Unquote(l.Value)
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, changelog.Promise{Resource: "fn/" + room, Field: "constant", Value: s})
				}
				return true
			})
		}
		if len(all) == before {
			t.Errorf("%s has no constants", room)
		}
	}
	return all
}
