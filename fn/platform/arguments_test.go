package platform_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestArguments: every value that becomes an argument or a variable of the contract is
// refused, and so is each of them where a claim could spell any.
func TestArguments(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join(world.Root(), "test", "charts", "arguments.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var charts map[string]struct {
		Source                                               string
		Arguments, Variables                                 map[string][]string
		AnyArgument, AnyArguments, AnyVariable, AnyVariables []string
	}
	if err := yaml.UnmarshalStrict(b, &charts); err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{"cluster-autoscaler": "clusterAutoscaler", "aws-load-balancer-controller": "loadBalancerController", "external-dns": "externalDNS"}
	contracts := contracts(t, "PodIdentity")
	rsp := world.New(t, "platform-production.yaml").Settle()
	for _, name := range world.SortedKeys(charts) {
		chart, field := charts[name], fields[name]
		if version, _ := world.At(rsp, name, "spec.forProvider.chart.version").(string); version == "" || !strings.Contains(chart.Source, version) {
			t.Errorf("%s: its version is %q, and its arguments were looked up in %s: look again", name, version, chart.Source)
		}
		var wishes []string
		for _, doors := range [][]string{chart.AnyArguments, chart.AnyVariables} {
			wishes = append(wishes, doors...)
		}
		spell := func(said map[string][]string, doors []string) {
			for _, what := range world.SortedKeys(said) {
				wishes = append(wishes, said[what]...)
				for _, door := range doors {
					wishes = append(wishes, door+"."+what)
				}
			}
		}
		spell(chart.Arguments, chart.AnyArgument)
		spell(chart.Variables, chart.AnyVariable)
		for _, wish := range wishes {
			if err := platform.RefuseValues(field, contracts[field], wished(wish)); err == nil {
				t.Errorf("%s: %s should be refused, by %s", name, wish, chart.Source)
			}
		}
	}
}

// wished is a value at a path of keys with dots between them.
func wished(path string) map[string]any {
	key, below, deeper := strings.Cut(path, ".")
	if deeper {
		return map[string]any{key: wished(below)}
	}
	return map[string]any{key: "theirs"}
}
