package platform_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

const keyGroup = "node-group.default"

// TestTagsRollNothing: tags alone are no reason to replace nodes. Their instances get
// them with the next change that is (field reports 05 and 05b).
func TestTagsRollNothing(t *testing.T) {
	t.Parallel()
	const instances = "spec.forProvider.tagSpecifications[0].tags.team"
	team := func(rsp *fnv1.RunFunctionResponse, want any) {
		t.Helper()
		key := keyGroup + ".template"
		if got := world.At(rsp, key, instances); got != want {
			t.Errorf("want instances to be of team %v, got %v", want, got)
		}
	}
	w := world.With(t, "{region: eu-central-1, tags: {team: a}}")
	team(w.Settle(), "a")
	world.Set("b", "spec", "tags", "team")(w.XR)
	rsp := w.Run()
	team(rsp, "a")
	for key, path := range map[string]string{keyGroup: "spec.forProvider.tags.team", keyGroup + ".template": "spec.forProvider.tags.team", "vpc": "spec.forProvider.tags.team"} {
		if got := world.At(rsp, key, path); got != "b" {
			t.Errorf("%s should be of team b at once, got %v", key, got)
		}
	}
	// So do those of the platform team.
	rsp = w.Under(map[string]any{"tags": map[string]any{"team": "c"}})
	team(rsp, "a")

	world.Set([]any{map[string]any{"name": "default", "instanceTypes": []any{"m6i.large"}, "minSize": int64(2), "maxSize": int64(5), "diskSizeGiB": int64(80), "amiType": "AL2023_x86_64_STANDARD", "capacityType": "OnDemand"}}, "spec", "nodeGroups")(w.XR)
	team(w.Run(), "b")

	// Nor do they stay behind when a later version changes something else of it.
	older := world.With(t, "{region: eu-central-1, tags: {team: a}}")
	older.Settle()
	older.Edit(keyGroup+".template", world.Set("optional", "spec", "forProvider", "metadataOptions", "httpTokens"))
	world.Set("b", "spec", "tags", "team")(older.XR)
	team(older.Run(), "b")
}

// TestRolling: a group whose nodes are being replaced is not ready, and says so.
func TestRolling(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1}")
	w.Settle()
	world.Set([]any{map[string]any{"name": "default", "instanceTypes": []any{"m6i.large"}, "minSize": int64(2), "maxSize": int64(5), "diskSizeGiB": int64(80), "amiType": "AL2023_x86_64_STANDARD", "capacityType": "OnDemand", "forceUpdate": true}}, "spec", "nodeGroups")(w.XR)
	w.Advance(w.Run())
	w.Edit(keyGroup+".template", world.Set(int64(2), "status", "atProvider", "latestVersion"))
	rsp := w.Run()
	if got := []any{world.At(rsp, keyGroup, "spec.forProvider.launchTemplate.version"), world.At(rsp, keyGroup, "spec.forProvider.forceUpdateVersion")}; !cmp.Equal(got, []any{"2", true}) {
		t.Errorf("want version 2, by force, got %v", got)
	}
	w.Advance(rsp)
	w.Edit(keyGroup, world.Set("1", "status", "atProvider", "launchTemplate", "version"))
	c := world.ConditionOf(w.Run(), v1alpha1.ConditionNodesReady)
	if c.GetReason() != "Rolling" || !strings.Contains(c.GetMessage(), "node-group.default replaces its nodes") {
		t.Errorf("want it to say that nodes are replaced, got %v", c)
	}

	// It may also fail half-way.
	w.Edit(keyGroup, world.Set("DEGRADED", "status", "atProvider", "status"))
	if c := world.ConditionOf(w.Run(), v1alpha1.ConditionNodesReady); c.GetReason() != "Failed" {
		t.Errorf("want a group that is degraded to have failed, got %v", c)
	}
	w.Edit(keyGroup, world.Set("ACTIVE", "status", "atProvider", "status"))

	// What EKS says if nothing may be evicted.
	w.Edit(keyGroup, func(o *unstructured.Unstructured) {
		world.WithStatus(o, "LastAsyncOperation", "False", "AsyncUpdateFailure", "async update failed: waiting for EKS Node Group update: PodEvictionFailure: Reached max retries while trying to evict pods from nodes in node group default")
	})
	c = world.ConditionOf(w.Run(), v1alpha1.ConditionNodesReady)
	if c.GetReason() != "Failed" || !strings.Contains(c.GetMessage(), "set forceUpdate of the node group") {
		t.Errorf("want the way out, got %v", c)
	}
}
