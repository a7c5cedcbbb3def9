package repository

import (
	"os"
	"regexp"
	"slices"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/test/modules"
)

// templated lines of a chart.
var templated = regexp.MustCompile(`(?m)^.*\{\{.*$\n?`)

// TestCrossplanesRights: Crossplane's own role lets it make what the function composes of
// Kubernetes' own kinds, in whatever namespace, so that nobody has to grant it.
func TestCrossplanesRights(t *testing.T) {
	t.Parallel()
	path, err := modules.Path("github.com/crossplane/crossplane/v2", "cluster/charts/crossplane/templates/clusterrole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rules []rbacv1.PolicyRule
	for _, doc := range regexp.MustCompile(`(?m)^---$`).Split(templated.ReplaceAllString(string(b), ""), -1) {
		role := rbacv1.ClusterRole{}
		if err := yaml.Unmarshal([]byte(doc), &role); err != nil {
			t.Fatal(err)
		}
		rules = append(rules, role.Rules...)
	}
	for _, resource := range []string{"secrets", "configmaps"} {
		for _, verb := range []string{"get", "list", "watch", "create", "update", "patch", "delete"} {
			if !slices.ContainsFunc(rules, func(r rbacv1.PolicyRule) bool {
				return slices.Contains(r.APIGroups, "") && slices.Contains(r.Resources, resource) && (slices.Contains(r.Verbs, verb) || slices.Contains(r.Verbs, "*"))
			}) {
				t.Errorf("Crossplane may not %s %s: examples/install/rbac.yaml has to let it", verb, resource)
			}
		}
	}
}
