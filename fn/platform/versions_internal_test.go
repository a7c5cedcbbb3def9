package platform

import (
	"strings"
	"testing"
	"time"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/crds"
)

// TestKubernetesVersions: the schema's versions are those of the table, and its days
// are days, in order.
func TestKubernetesVersions(t *testing.T) {
	t.Parallel()
	enum := crds.SchemaOf(t, "spec", "cluster", "version").Enum
	before := ""
	for _, raw := range enum {
		v := strings.Trim(string(raw.Raw), `"`)
		k, ok := kubernetesVersions[v1alpha1.KubernetesVersion(v)]
		if !ok {
			t.Errorf("%s: is not in the table", v)
		}
		for _, day := range []string{k.standard, k.extended} {
			if _, err := time.Parse(time.DateOnly, day); err != nil {
				t.Errorf("%s: %v", v, err)
			}
		}
		if k.standard <= before || k.extended <= k.standard {
			t.Errorf("%s: want support to end later than that of versions before, got %+v", v, k)
		}
		before = k.standard
	}
	if len(enum) != len(kubernetesVersions) {
		t.Errorf("the schema has %d versions, and the table %d", len(enum), len(kubernetesVersions))
	}
}
