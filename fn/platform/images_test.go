package platform_test

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// has is what AWS has of a node group.
func has(t *testing.T, l *world.Living, group, field string) any {
	t.Helper()
	for _, g := range l.Account.Things("NodeGroup") {
		if g.Name == group {
			return g.Has[field]
		}
	}
	t.Fatalf("there is no node group %s", group)
	return nil
}

// claims something else of a platform, and lets it come to rest.
func claims(t *testing.T, l *world.Living, edit func(o *unstructured.Unstructured)) {
	t.Helper()
	c := l.Claim.DeepCopy()
	edit(c)
	if err := l.CRDs.Default(c); err != nil {
		t.Fatal(err)
	}
	if err := l.CRDs.ValidateUpdate(c, l.Claim); err != nil {
		t.Fatal(err)
	}
	l.Claims(c)
}

// TestImageRevision: nodes get a newer AMI when somebody says so, and only then.
func TestImageRevision(t *testing.T) {
	t.Parallel()
	l := living(t, "[{name: a}, {name: b}]")
	first := has(t, l, "a", "releaseVersion")
	l.Account.Publish()
	l.Look()
	l.Converge()
	asks(t, l, "[{name: a, maxSize: 9, labels: {team: a}}, {name: b}]")
	l.Converge()
	if has(t, l, "a", "releaseVersion") != first {
		t.Errorf("want no other AMI by itself, got %v", has(t, l, "a", "releaseVersion"))
	}
	asks(t, l, "[{name: a, imageRevision: 2026-48}, {name: b}]")
	rsp := l.Converge()
	second := has(t, l, "a", "releaseVersion")
	if second == first || has(t, l, "b", "releaseVersion") != first || !world.IsReady(rsp) {
		t.Errorf("want another AMI than %v in one of them, got %v and %v: %s", first, second, has(t, l, "b", "releaseVersion"), world.Explain(rsp))
	}
	if got := world.At(rsp, "node-group.a.template", "spec.forProvider.description"); got != "Image revision 2026-48" {
		t.Errorf("want the template to say why, got %v", got)
	}
	l.Account.Publish()
	asks(t, l, "[{name: a, imageRevision: 2026-49}, {name: b}]")
	l.Converge()
	third := has(t, l, "a", "releaseVersion")
	if third == second {
		t.Error("want the next revision to bring the next AMI")
	}

	// Nodes don't come back from it, so nothing changes when it is no longer given; and
	// tags still go along with the next change, not by one of their own.
	l.Account.Publish()
	asks(t, l, "[{name: a}, {name: b}]")
	l.Converge()
	claim := l.Claim.DeepCopy()
	world.Set(map[string]any{"team": "a"}, "spec", "tags")(claim)
	l.Claims(claim)
	rsp = l.Converge()
	if got := has(t, l, "a", "releaseVersion"); got != third || !world.IsReady(rsp) {
		t.Errorf("want the nodes to stay, got %v instead of %v: %s", got, third, world.Explain(rsp))
	}
}

// TestReleaseVersion: an AMI is pinned. EKS takes none back, and brings the newest with
// whatever else replaces nodes; the claim says so, and nothing is asked for in vain.
func TestReleaseVersion(t *testing.T) {
	t.Parallel()
	l := living(t, "[{name: a}]")
	l.Account.Publish()
	l.Account.Publish()
	asks(t, l, "[{name: a, releaseVersion: 1.35.0-20260802}]")
	rsp := l.Converge()
	if got := has(t, l, "a", "releaseVersion"); got != "1.35.0-20260802" || !world.IsReady(rsp) {
		t.Errorf("want it to be pinned, got %v: %s", got, world.Explain(rsp))
	}
	// The disk replaces the nodes, too, by ones with the newest AMI.
	asks(t, l, "[{name: a, releaseVersion: 1.35.0-20260802, diskSizeGiB: 80}]")
	rsp = l.Converge()
	if got := has(t, l, "a", "releaseVersion"); got != "1.35.0-20260803" || !world.IsReady(rsp) {
		t.Errorf("want the newest, got %v: %s", got, world.Explain(rsp))
	}
	const note = "node-group.a has the AMI 1.35.0-20260803, which is newer than its releaseVersion 1.35.0-20260802: EKS takes none back"
	if c := world.ConditionOf(rsp, v1alpha1.ConditionNodesReady); !strings.Contains(c.GetMessage(), note) {
		t.Errorf("want that to be said, got %v", c)
	}
	asks(t, l, "[{name: a, releaseVersion: 1.35.0-20260899, diskSizeGiB: 80}]")
	rsp = l.Converge()
	if c := world.ConditionOf(rsp, v1alpha1.ConditionNodesReady); c.GetReason() != "Failed" || !strings.Contains(c.GetMessage(), "1.35.0-20260899 is not valid for kubernetes version 1.35") {
		t.Errorf("want EKS's answer to one that isn't there, got %v", c)
	}
}

// TestUpdateConfig: how many nodes are replaced at a time, and whether EKS repairs them,
// is changed in place, to and fro.
func TestUpdateConfig(t *testing.T) {
	t.Parallel()
	l := living(t, "[{name: a}]")
	for _, groups := range []string{
		"[{name: a, updateConfig: {maxUnavailable: 2}, nodeRepair: {enabled: true}}]",
		"[{name: a, updateConfig: {maxUnavailablePercentage: 50}, nodeRepair: {enabled: false}}]",
		"[{name: a}]",
	} {
		asks(t, l, groups)
		if rsp := l.Converge(); !world.IsReady(rsp) || len(l.NotInForce(rsp)) > 0 {
			t.Errorf("%s: want it in force, got %v: %s", groups, l.NotInForce(rsp), world.Explain(rsp))
		}
	}
	if config, _ := has(t, l, "a", "updateConfig").(map[string]any); len(config) != 1 || config["maxUnavailablePercentage"] != float64(33) {
		t.Errorf("want the default again, got %v", config)
	}
	if repair, _ := has(t, l, "a", "nodeRepairConfig").(map[string]any); repair["enabled"] != false {
		t.Errorf("want it to be said that they are not repaired, got %v", repair)
	}
}

// TestLagging: a group may stay behind its cluster, and follows once it is told to.
func TestLagging(t *testing.T) {
	t.Parallel()
	l := world.Live(world.With(t, "{region: eu-central-1, name: dev, cluster: {version: '1.34'}, nodeGroups: [{name: a}, {name: b, version: '1.34'}]}"))
	l.Converge()
	claims(t, l, world.Set("1.36", "spec", "cluster", "version"))
	rsp := l.Converge()
	if a, b := has(t, l, "a", "version"), has(t, l, "b", "version"); a != "1.36" || b != "1.34" || !world.IsReady(rsp) {
		t.Errorf("want one to stay, got %v and %v: %s", a, b, world.Explain(rsp))
	}
	asks(t, l, "[{name: a}, {name: b}]")
	l.Converge()
	if has(t, l, "b", "version") != "1.36" {
		t.Errorf("want it to follow, got %v", has(t, l, "b", "version"))
	}
}

// TestPinnedProxy: a kube-proxy that the cluster is still on the way to waits for it.
func TestPinnedProxy(t *testing.T) {
	t.Parallel()
	l := world.Live(world.With(t, "{region: eu-central-1, name: dev, cluster: {version: '1.34'}}"))
	l.Converge()
	claims(t, l, func(o *unstructured.Unstructured) {
		world.Set("1.36", "spec", "cluster", "version")(o)
		world.Set([]any{map[string]any{"name": "kube-proxy", "version": "v1.36.0-eksbuild.7"}}, "spec", "cluster", "addons")(o)
	})
	rsp := l.Converge()
	if got := world.At(rsp, "addon.kube-proxy", "spec.forProvider.addonVersion"); got != "v1.36.0-eksbuild.7" || !world.IsReady(rsp) {
		t.Errorf("want it to be pinned in the end, got %v: %s", got, world.Explain(rsp))
	}
}

// TestWindow: steps begin in their window, by the API server's clock; everything else
// does at once, and what waits for the window doesn't keep anybody busy.
func TestWindow(t *testing.T) {
	t.Parallel()
	l := living(t, "[{name: a}]")
	claims(t, l, func(o *unstructured.Unstructured) {
		world.Set(map[string]any{"startTime": "22:30", "days": []any{"Saturday"}, "durationHours": int64(2), "timeZone": "Europe/Berlin"}, "spec", "upgrade", "window")(o)
		world.Set("1.36", "spec", "cluster", "version")(o)
	})
	asks(t, l, "[{name: a, capacityType: Spot, maxSize: 9}]")
	rsp := l.Converge()
	const opens = "spec.upgrade.window, which opens on Saturday, 2026-11-28, at 22:30 CET"
	if c := world.ConditionOf(rsp, v1alpha1.ConditionClusterReady); c.GetReason() != "Held" || !strings.Contains(c.GetMessage(), "cluster waits for "+opens) {
		t.Errorf("want it to be said when it opens, got %v", c)
	}
	if got := groupsOf(l); got != "a a_2" {
		t.Errorf("want what interrupts nothing to come at once, got %s", got)
	}
	if ttl := rsp.GetMeta().GetTtl().AsDuration(); ttl < time.Minute {
		t.Errorf("want nobody to be kept busy, asked again after %v", ttl)
	}
	l.Now = time.Date(2026, 11, 28, 21, 30, 0, 0, time.UTC)
	if rsp = l.Converge(); !world.IsReady(rsp) || groupsOf(l) != "a_2" || has(t, l, "a_2", "version") != "1.36" {
		t.Errorf("want everything in its window, got %s: %s", groupsOf(l), world.Explain(rsp))
	}
}

// TestWindowZone: a time zone nobody knows is refused, and nothing is touched.
func TestWindowZone(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Atlantis", "Local"} {
		w := world.With(t, "{region: eu-central-1, upgrade: {window: {startTime: '22:30', timeZone: "+zone+"}}}")
		rsp := w.Ask()
		if c := world.ConditionOf(rsp, v1alpha1.ConditionAccepted); world.FatalOf(rsp) == "" || !strings.Contains(c.GetMessage(), "spec.upgrade.window.timeZone: \""+zone+"\" is no name of the IANA time zone database, such as Europe/Berlin") {
			t.Errorf("%s: want it refused, got %v", zone, c)
		}
	}
}
