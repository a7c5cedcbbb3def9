package externaldns

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"sigs.k8s.io/external-dns/pkg/apis/externaldns"
	"sigs.k8s.io/yaml"
)

// module of the first version of ExternalDNS that has version 1.21.1 of the chart
// with it; the chart installs the version in go.mod.
const (
	module       = "sigs.k8s.io/external-dns@v0.22.0"
	chartVersion = "1.21.1"
)

// theirs is what nobody should be able to make an argument of.
const theirs = "--txt-owner-id=theirs"

// enough values of a kind, for a test to see something.
const enough = 200

// TestAnotherSpelling: whatever values the function accepts of a claim, of all that
// the chart documents and of all flags of the contract in all spellings, the chart
// makes of them the arguments, the environment and the identity of the contract, once.
func TestAnotherSpelling(t *testing.T) {
	// Helm says of most of them that they are strange.
	log.SetOutput(io.Discard)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	c := loadChart(t)
	golden := valuesOf(t, "platform-production")
	want := render(t, c, golden)
	if len(want.contract) < 8 {
		t.Fatalf("want the arguments of the contract, got %v: is this test blind?", want.contract)
	}
	wishes := slices.Concat(wishesForValues("", c.Values), wishesForFlags())
	says := refusals(t, wishes)
	refused, harmful, started := 0, 0, 0
	for i, wish := range wishes {
		if says[i] != "" {
			refused++
			if harmful == enough {
				continue
			}
		}
		got, err := renderOver(c, golden, wish)
		if err != nil {
			// Helm installs nothing.
			continue
		}
		around := want.differs(got)
		switch {
		case says[i] == "" && around != "":
			t.Errorf("%s is accepted, and makes %s", asJSON(t, wish), around)
		case says[i] == "" && got.config != nil:
			started++
		case around != "":
			harmful++
		}
	}
	t.Logf("of %d values %d are refused, and with %d of the others ExternalDNS starts", len(wishes), refused, started)
	if harmful < enough || started < enough {
		t.Errorf("want more than %d that are rightly refused, and %d with which it starts: is this test blind?", harmful, started)
	}
}

// wishesForValues that a chart has at a path and below it: one for each of them and
// each way to spell something else.
func wishesForValues(path string, values map[string]any) []map[string]any {
	var all []map[string]any
	for _, key := range slices.Sorted(maps.Keys(values)) {
		at := strings.TrimPrefix(path+"/"+key, "/")
		for _, wish := range []any{
			nil, true, "theirs", theirs, "a #", `a" #`, "a\n            - " + theirs, "a\u2028            - " + theirs, "{{ .Values.policy }}",
			"{{ print \"a\\n            - " + theirs + "\" }}", []any{theirs}, []any{map[string]any{"name": "AWS_DEFAULT_REGION", "value": "theirs", "args": []any{theirs}}},
			map[string]any{"txt-owner-id": "theirs"}, map[string]any{"enabled": true, "name": "theirs"}, map[string]any{"eks.amazonaws.com/role-arn": "theirs"},
			map[string]any{"a: b\n            - " + theirs: "theirs"},
		} {
			all = append(all, wishFor(at, wish))
		}
		if below, ok := values[key].(map[string]any); ok {
			all = append(all, wishesForValues(at, below)...)
		}
	}
	return all
}

// wishesForFlags in extraArgs: each flag of the contract in each spelling.
func wishesForFlags() []map[string]any {
	var all []map[string]any
	for _, flag := range flags {
		for _, key := range []string{
			flag, "no-" + flag, "--" + flag, flag + "_2", strings.ReplaceAll(flag, "-", "_"), flag + "=theirs #", flag + " ", " " + flag,
			strings.ToUpper(flag), `"` + flag, "events\n            - --" + flag, "events\u2029            - --" + flag, "{{ print \"" + flag + "\" }}",
		} {
			for _, v := range []any{nil, true, false, "theirs", []any{"theirs", ".*"}} {
				all = append(all, wishFor("extraArgs/"+key, v))
			}
		}
		all = append(all, wishFor("extraArgs", []any{"--" + flag + "=theirs"}), wishFor("extraArgs", []any{"--" + flag}))
	}
	return all
}

// flags that are the contract's, and those that would change what they mean.
//
//nolint:gochecknoglobals // A constant list.
var flags = []string{
	"provider", "registry", "txt-owner-id", "txt-prefix", "txt-suffix", "txt-wildcard-replacement", "txt-encrypt-enabled", "txt-encrypt-aes-key", "migrate-from-txt-owner",
	"domain-filter", "regex-domain-filter", "regex-domain-exclusion", "zone-id-filter", "aws-zone-match-parent", "aws-assume-role", "aws-assume-role-external-id", "aws-profile", "server", "kubeconfig",
}

// wishFor a value at a path of keys with slashes between them.
func wishFor(path string, value any) map[string]any {
	keys := strings.Split(path, "/")
	for _, key := range slices.Backward(keys) {
		value = map[string]any{key: value}
	}
	return value.(map[string]any)
}

// refusals of the function, for each of the values.
func refusals(t *testing.T, wishes []map[string]any) []string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "run", "./test/accepts", "externalDNS")
	stderr := &bytes.Buffer{}
	command.Dir, command.Stdin, command.Stderr = filepath.Join("..", ".."), bytes.NewReader(asJSON(t, wishes)), stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("cannot ask the function: %v: %s", err, stderr)
	}
	var says []string
	if err := json.Unmarshal(out, &says); err != nil || len(says) != len(wishes) {
		t.Fatalf("want an answer to each of %d values, got %d: %v", len(wishes), len(says), err)
	}
	return says
}

func asJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// loadChart of ExternalDNS, from the module that has it.
func loadChart(t *testing.T) *chart.Chart {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", module).Output()
	if err != nil {
		t.Fatalf("cannot download %s: %v: %s", module, err, out)
	}
	found := struct{ Dir string }{}
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatal(err)
	}
	c, err := loader.LoadDir(filepath.Join(found.Dir, "charts", "external-dns"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Metadata.Version != chartVersion {
		t.Fatalf("want version %s of the chart, got %s", chartVersion, c.Metadata.Version)
	}
	return c
}

// rendered is what the chart makes of values.
type rendered struct {
	// args of ExternalDNS, contract those of the contract, and config what it makes of
	// them, nil if it does not start.
	args, contract []string
	config         *externaldns.Config
	// rest is what else says what it is: containers, environment, service account,
	// namespaces.
	rest string
}

// differs in what is the contract's: how, or "".
func (r rendered) differs(other rendered) string {
	switch {
	case !slices.Equal(r.contract, other.contract):
		return fmt.Sprintf("the arguments %q", other.contract)
	case r.rest != other.rest:
		return other.rest
	case other.config != nil && bound(r.config) != bound(other.config):
		return bound(other.config)
	default:
		return ""
	}
}

// bound is all of a configuration that is the contract's.
func bound(c *externaldns.Config) string {
	return fmt.Sprint(c.Provider, c.Registry, c.TXTOwnerID, c.TXTPrefix, c.TXTSuffix, c.TXTWildcardReplacement, c.TXTEncryptEnabled, c.TXTOwnerOld, c.DomainFilter,
		c.RegexDomainFilter, c.RegexDomainExclude, c.ZoneIDFilter, c.AWSZoneMatchParent, c.AWSAssumeRole, c.AWSAssumeRoleExternalID, c.AWSProfiles, c.APIServerURL, c.KubeConfig)
}

// render the chart with values that it takes.
func render(t *testing.T, c *chart.Chart, values map[string]any) rendered {
	t.Helper()
	r, err := renderOver(c, values, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.config == nil {
		t.Fatalf("ExternalDNS does not start with %q", r.args)
	}
	return r
}

// renderOver renders the chart with a claim's values over others, merged as the
// function merges them (patchValues in fn/platform/release.go).
func renderOver(c *chart.Chart, values, wish map[string]any) (rendered, error) {
	base, err := json.Marshal(values)
	if err != nil {
		return rendered{}, err
	}
	patch, err := json.Marshal(wish)
	if err != nil {
		return rendered{}, err
	}
	if wish != nil {
		if base, err = jsonpatch.MergeMergePatches(base, patch); err != nil {
			return rendered{}, err
		}
	}
	all := map[string]any{}
	if err := json.Unmarshal(base, &all); err != nil {
		return rendered{}, err
	}
	release := chartutil.ReleaseOptions{Name: "external-dns", Namespace: "external-dns", IsInstall: true}
	full, err := chartutil.ToRenderValues(c, all, release, chartutil.DefaultCapabilities)
	if err != nil {
		return rendered{}, err
	}
	files, err := engine.Render(c, full)
	if err != nil {
		return rendered{}, err
	}
	return read(files)
}

// read what the files of a chart say.
func read(files map[string]string) (rendered, error) {
	r := rendered{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		o := struct {
			Kind     string
			Metadata struct {
				Name, Namespace string
				Annotations     map[string]string
			}
			Spec struct {
				Template struct {
					Spec struct {
						ServiceAccountName         string
						InitContainers, Containers []struct {
							Name      string
							Args      []string
							Env       []any
							EnvFrom   []any
							Command   []string
							Lifecycle any
						}
					}
				}
			}
		}{}
		if filepath.Ext(name) != ".yaml" || strings.TrimSpace(files[name]) == "" {
			continue
		}
		if err := yaml.Unmarshal([]byte(files[name]), &o); err != nil {
			return r, err
		}
		pod := o.Spec.Template.Spec
		for _, container := range pod.Containers {
			r.args = append(r.args, container.Args...)
		}
		switch o.Kind {
		case "Deployment":
			r.rest += fmt.Sprintf("%s/%s as %q;", o.Metadata.Namespace, o.Metadata.Name, pod.ServiceAccountName)
		case "ServiceAccount":
			r.rest += fmt.Sprintf("%s/%s as the role %q;", o.Metadata.Namespace, o.Metadata.Name, o.Metadata.Annotations["eks.amazonaws.com/role-arn"])
		}
		for _, container := range slices.Concat(pod.InitContainers, pod.Containers) {
			r.rest += fmt.Sprintf(" container %s with %v %v %v %v;", container.Name, container.Env, container.EnvFrom, container.Command, container.Lifecycle)
		}
	}
	for _, arg := range r.args {
		flag, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if slices.Contains(flags, strings.TrimPrefix(flag, "no-")) {
			r.contract = append(r.contract, arg)
		}
	}
	config := externaldns.NewConfig()
	if err := config.ParseFlags(r.args); err == nil {
		r.config = config
	}
	return r, nil
}
