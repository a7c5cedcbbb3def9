package gitops

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/test/crds"
	"github.com/xplatform-dev/function-xplatform/test/docs"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// environments there are, in the order in which a change gets to them.
//
//nolint:gochecknoglobals // A constant list.
var environments = []string{"dev", "staging", "production"}

// gitOps is a policy that lets Argo CD and Flux deploy.
//
//nolint:gochecknoglobals // A constant.
var gitOps = map[string]any{"facts": map[string]any{
	"argoCD": map[string]any{"namespace": "argocd", "roleArn": "arn:aws:iam::123456789012:role/argocd"},
	"flux":   map[string]any{},
}}

// TestLayouts: the API server takes what the documentation applies, by Argo CD's and Flux's own
// definitions, and the other environments.
func TestLayouts(t *testing.T) {
	t.Parallel()
	files, err := definitions()
	if err != nil {
		t.Fatal(err)
	}
	registry, err := crds.Open(files...)
	if err != nil {
		t.Fatal(err)
	}
	commands, err := docs.Commands(world.Root(), docs.Judged)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	check := func(o *unstructured.Unstructured) {
		kinds[o.GetKind()]++
		if err := registry.Validate(o); err != nil {
			t.Error(err)
		}
	}
	for _, c := range commands {
		// A file or a folder follows each flag: kubectl apply -f a -f b.
		for files := range slices.Chunk(c.Words[2:], 2) {
			at := filepath.Join(world.Root(), filepath.FromSlash(files[1]))
			read := map[string]func(*testing.T, string) []*unstructured.Unstructured{"-f": objectsIn, "-k": build}[files[0]]
			for _, o := range read(t, at) {
				check(o)
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"ApplicationSet": 2, "Namespace": 1, "GitRepository": 1, "Kustomization": 2}, kinds); diff != "" {
		t.Errorf("what the page applies: -want, +got:\n%s", diff)
	}
	for _, environment := range environments {
		for _, o := range build(t, example("flux", environment)) {
			check(o)
			if want := "shop-" + environment; o.GetNamespace() != want && (o.GetKind() != "Namespace" || o.GetName() != want) {
				t.Errorf("%s %s/%s: want it in %s", o.GetKind(), o.GetNamespace(), o.GetName(), want)
			}
		}
	}
}

// TestArgoCDEnvironments: there is an Application for each environment, whose claim the
// function accepts and registers with Argo CD.
func TestArgoCDEnvironments(t *testing.T) {
	t.Parallel()
	made := applications(t, "environments.yaml")
	if len(made) != len(environments) {
		t.Fatalf("want %d applications, got %d", len(environments), len(made))
	}
	for i, environment := range environments {
		source := field(made[i], "spec", "source").(map[string]any)
		if made[i].GetName() != "platform-"+environment || source["path"] != "environments/"+environment {
			t.Errorf("%s: got %s of %v", environment, made[i].GetName(), source["path"])
		}
		kustomize := source["kustomize"].(map[string]any)
		claim := claimOf(t, environment, kustomize["patches"])
		if ns := field(made[i], "spec", "destination", "namespace"); ns != claim.GetNamespace() {
			t.Errorf("%s: it makes the namespace %v, its claim is in %s", environment, ns, claim.GetNamespace())
		}
		w := world.Of(t, claim)
		w.Policy = gitOps
		secret := world.Desired(w.Settle(), "argocd")
		if got := secret.GetNamespace(); got != "argocd" {
			t.Errorf("%s: registered in %s", environment, got)
		}
	}
}

// TestArgoCDApps: there is an Application on each platform, with its facts, once that is
// registered, and none before.
func TestArgoCDApps(t *testing.T) {
	t.Parallel()
	if made := applications(t, "apps.yaml"); len(made) > 0 {
		t.Errorf("want none without a cluster, got %d", len(made))
	}
	var secrets []*unstructured.Unstructured
	want := map[string]string{}
	for _, environment := range environments {
		claim := claimOf(t, environment, []any{map[string]any{"patch": `- {op: add, path: /spec/facts, value: {argoCD: true}}`, "target": map[string]any{"kind": "Platform"}}})
		w := world.Of(t, claim)
		w.Policy = gitOps
		rsp := w.Settle()
		secret := served(t, world.Desired(rsp, "argocd"))
		secret.SetName(environment) // Composites get the same name here.
		secrets = append(secrets, secret)
		want["shop-shop-"+environment+"-eu-west-1"] = w.Status("cluster", "endpoint") + " " + w.Status("queue.orders", "url") + " " + field(claim, "spec", "dns", "domain").(string)
	}
	got := map[string]string{}
	for _, a := range applications(t, "apps.yaml", secrets...) {
		values := field(a, "spec", "source", "helm", "valuesObject").(map[string]any)
		got[a.GetName()] = field(a, "spec", "destination", "server").(string) + " " + values["orders"].(map[string]any)["queue"].(string) + " " + values["host"].(string)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("server, queue and host of each application: -want, +got:\n%s", diff)
	}
}

// TestFluxEnvironments: in each environment Flux finds a claim that the function accepts,
// and what lets it into the cluster beside it.
func TestFluxEnvironments(t *testing.T) {
	t.Parallel()
	for _, environment := range environments {
		t.Run(environment, func(t *testing.T) {
			t.Parallel()
			by := map[string]*unstructured.Unstructured{}
			for _, o := range build(t, example("flux", environment)) {
				by[o.GetKind()+" "+o.GetName()] = o
			}
			of, apps := by["Kustomization platform"], by["Kustomization apps"]
			if got, want := field(of, "spec", "path"), "./environments/"+environment; got != want {
				t.Fatalf("want %s, got %v", want, got)
			}
			for _, k := range []*unstructured.Unstructured{of, apps} {
				if by["GitRepository "+field(k, "spec", "sourceRef", "name").(string)] == nil {
					t.Errorf("%s: there is no source %v", k.GetName(), field(k, "spec", "sourceRef", "name"))
				}
			}
			if diff := cmp.Diff([]any{map[string]any{"name": of.GetName()}}, field(apps, "spec", "dependsOn")); diff != "" {
				t.Errorf("what is deployed should wait for the platform: -want, +got:\n%s", diff)
			}
			claim := claimOf(t, environment, field(of, "spec", "patches"))
			w := world.Of(t, claim)
			w.Policy = gitOps
			rsp := w.Settle()
			for key, name := range map[string]any{
				"flux.kubeconfig": field(apps, "spec", "kubeConfig", "configMapRef", "name"),
				"flux.facts":      field(apps, "spec", "postBuild", "substituteFrom").([]any)[0].(map[string]any)["name"],
			} {
				o := world.Desired(rsp, key)
				if o.GetName() != name || o.GetNamespace() != apps.GetNamespace() || o.GetKind() != "ConfigMap" {
					t.Errorf("Flux looks for the ConfigMap %s/%v, there is %s/%s", apps.GetNamespace(), name, o.GetNamespace(), o.GetName())
				}
			}
		})
	}
}

// applications that Argo CD makes of a set, with clusters of those Secrets.
func applications(t *testing.T, set string, secrets ...*unstructured.Unstructured) []*unstructured.Unstructured {
	t.Helper()
	var in bytes.Buffer
	for _, s := range secrets {
		b, err := json.Marshal(s.Object)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(b)
	}
	cmd := exec.Command(program, "applications", example("argocd", set))
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return objects(t, bytes.NewReader(out))
}

// claimOf an environment, with patches that Argo CD or Flux would make.
func claimOf(t *testing.T, environment string, patches any) *unstructured.Unstructured {
	t.Helper()
	examples := filepath.Join(world.Root(), "examples")
	dir, err := os.MkdirTemp(filepath.Join(examples, "environments"), ".built")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) }) //nolint:errcheck // It is in no index.
	b, err := yaml.Marshal(map[string]any{"resources": []string{"../" + environment}, "patches": patches})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	all := build(t, dir)
	if len(all) != 1 || all[0].GetKind() != "Platform" {
		t.Fatalf("want one claim, got %v", all)
	}
	return all[0]
}

// build what is in a folder with a kustomization.
func build(t *testing.T, dir string) []*unstructured.Unstructured {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []*unstructured.Unstructured
	for _, r := range built.Resources() {
		b, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		o := &unstructured.Unstructured{}
		if err := o.UnmarshalJSON(b); err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	return all
}

// objectsIn a file.
func objectsIn(t *testing.T, file string) []*unstructured.Unstructured {
	t.Helper()
	f, err := os.Open(filepath.Clean(file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // It is only read.
	return objects(t, f)
}

// objects of a stream, be it YAML or JSON.
func objects(t *testing.T, from io.Reader) (all []*unstructured.Unstructured) {
	t.Helper()
	for d := utilyaml.NewYAMLOrJSONDecoder(from, 4096); ; {
		o := &unstructured.Unstructured{}
		if err := d.Decode(&o.Object); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
}

// field of an object, nil if there is none.
func field(o *unstructured.Unstructured, path ...string) any {
	v, _, _ := unstructured.NestedFieldNoCopy(o.Object, path...)
	return v
}
