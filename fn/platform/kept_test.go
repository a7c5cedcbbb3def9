package platform_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// awsNames are what AWS calls what an answer asks for, by key and field.
func awsNames(rsp *fnv1.RunFunctionResponse) map[string]any {
	names := map[string]any{}
	for _, key := range world.Keys(rsp) {
		for _, path := range []string{
			world.ExternalName, "spec.forProvider.name", "spec.forProvider.identifier", "spec.forProvider.finalSnapshotIdentifier",
			"spec.forProvider.tags[xplatform.dev/platform]", "spec.forProvider.values.txtOwnerId",
		} {
			if name := world.At(rsp, key, path); name != nil {
				names[key+": "+path] = name
			}
		}
	}
	return names
}

const anotherUID = "11111111-2222-4333-8444-555555555555"

// TestNamesAreKept: what AWS knows stays what it is, whatever becomes of the objects
// that describe it.
func TestNamesAreKept(t *testing.T) {
	t.Parallel()
	// restored objects have no owners, and no status before their provider looks.
	restored := func(w *world.World) {
		world.Set(anotherUID, "metadata", "uid")(w.XR)
		delete(w.XR.Object, "status")
		for key := range w.Observed {
			w.Edit(key, func(o *unstructured.Unstructured) {
				o.SetOwnerReferences(nil)
				delete(o.Object, "status")
			})
		}
	}
	cases := map[string]struct {
		reason string
		// stages after which it happens; all, if there are none.
		stages int
		happen func(w *world.World)
	}{
		"Restored":      {reason: "A backup knows no UIDs and no status.", happen: restored},
		"RestoredEarly": {reason: "Nor does one from before there was a cluster.", stages: 2, happen: restored},
		"RestoredGuard": {reason: "Or from before there was anything but the guard, which says the name.", stages: 1, happen: func(w *world.World) {
			restored(w)
			maps.DeleteFunc(w.Observed, func(key string, _ *fnv1.Resource) bool { return key != lifecycle.KeyGuard })
		}},
		"AnotherUID": {reason: "A composite with another UID is the same one.", happen: func(w *world.World) { world.Set(anotherUID, "metadata", "uid")(w.XR) }},
		"AnotherUIDSoon": {reason: "Also before anything of it exists, but its name is known.", stages: 1, happen: func(w *world.World) {
			world.Set(anotherUID, "metadata", "uid")(w.XR)
			clear(w.Observed)
		}},
		"AnotherClaim": {reason: "It may get a claim that is called otherwise.", happen: func(w *world.World) {
			world.Set("other", "metadata", "labels", "crossplane.io/claim-name")(w.XR)
			delete(w.XR.Object, "status")
		}},
		"NoClaim": {reason: "Or lose it.", happen: func(w *world.World) {
			w.XR.SetLabels(nil)
			delete(w.XR.Object, "status")
		}},
		"MadeAnew": {reason: "One that is made anew by hand finds what the first one left.", happen: func(w *world.World) {
			restored(w)
			w.MakeAnew()
		}},
		"MadeAnewEarly": {reason: "Also before there was a cluster.", stages: 2, happen: (*world.World).MakeAnew},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world.With(t, "{region: eu-central-1, dns: {domain: dev.example.com}, databases: [{name: orders, engine: postgres}], queues: [{name: orders, deadLetter: {}}]}")
			want := awsNames(w.Fork(t).Settle())
			if tc.stages == 0 {
				w.Settle()
			}
			for range tc.stages {
				w.Follow(w.Run())
			}
			tc.happen(w)
			for range 20 {
				rsp := w.Run()
				for field, got := range awsNames(rsp) {
					// A provider names some of what it makes by what that is made of, and
					// what isn't observed leaves no snapshot yet.
					if known := want[field]; known != nil && known != got && !strings.HasSuffix(field, "finalSnapshotIdentifier") {
						t.Fatalf("\n%s\n%s: AWS knows it as %v, and it is asked for as %v", tc.reason, field, want[field], got)
					}
				}
				w.Follow(rsp)
			}
			rsp := w.Run()
			if c := world.ConditionOf(rsp, v1alpha1.ConditionAccepted); !world.IsReady(rsp) || c.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE {
				t.Errorf("\n%s\nwant it ready again, got %s, %v", tc.reason, world.Explain(rsp), c)
			}
			if diff := cmp.Diff(want, awsNames(rsp)); diff != "" {
				t.Errorf("\n%s\nwant all names it had: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestNameOfWhatExists: a claim can't call a platform otherwise than AWS does.
func TestNameOfWhatExists(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1}")
	w.Settle()
	world.Set("other", "spec", "name")(w.XR)
	rsp := w.Ask()
	world.CheckRefused(t, "What exists can't be renamed.", rsp, "spec.name: must be dev-", "and is other", "make the composite anew with that name or none")
}

// TestNamesOfAnEarlierVersion: what another version joined in another way goes on
// being called like that.
func TestNamesOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, name: dev, databases: [{name: orders, engine: postgres}]}")
	w.Settle()
	was := map[string]map[string]string{
		"database.orders":                {"identifier": "dev-orders"},
		"database.orders.security-group": {"name": "database-dev-orders"},
		"node-group.default.template":    {"name": "dev-default"},
	}
	for key, fields := range was {
		w.Edit(key, func(o *unstructured.Unstructured) {
			for field, value := range fields {
				world.Set(value, "spec", "forProvider", field)(o)
			}
		})
	}
	rsp := w.Run()
	for key, fields := range was {
		for field, value := range fields {
			if got := world.At(rsp, key, "spec.forProvider."+field); got != value {
				t.Errorf("%s: AWS knows its %s as %s, and it is asked for as %v", key, field, value, got)
			}
		}
	}
}

// TestNamesOfAnEarlierVersionMadeAnew: nor does it lose that with a composite that is made
// anew by hand.
func TestNamesOfAnEarlierVersionMadeAnew(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, name: dev, databases: [{name: orders, engine: postgres}]}")
	w.Settle()
	w.Edit("database.orders", world.Set("dev-orders", "spec", "forProvider", "identifier"))
	w.MakeAnew()
	for range 20 {
		rsp := w.Run()
		if is := world.At(rsp, "database.orders", "spec.forProvider.identifier"); is != nil && is != "dev-orders" {
			t.Fatalf("RDS knows the database as dev-orders, and it is asked for as %v", is)
		}
		w.Follow(rsp)
	}
	if !world.IsReady(w.Run()) {
		t.Errorf("want it ready again, got %s", world.Explain(w.Run()))
	}
}

// TestRefusedMadeAnew: what a new platform is refused, and one that exists is not, is no
// reason to refuse one that is made anew by hand.
func TestRefusedMadeAnew(t *testing.T) {
	t.Parallel()
	w := world.With(t, `{region: eu-central-1, name: dev, cluster: {version: "1.34"}}`)
	w.Settle()
	w.Policy = map[string]any{"supportDate": "2026-12-02"}
	young := w.Fork(t)
	clear(young.Observed)
	delete(young.XR.Object, "status")
	world.CheckRefused(t, "EKS's support of the version has ended.", young.Ask(), "spec.cluster.version")
	w.MakeAnew()
	w.Run()
}

// TestReplacedMadeAnew: a node group that took the place of another is the group of a
// composite that is made anew by hand, too, which makes no other beside it, and takes it
// down with the rest.
func TestReplacedMadeAnew(t *testing.T) {
	t.Parallel()
	w := replacedGroup(t)
	w.MakeAnew()
	for range 20 {
		rsp := w.Run()
		if rsp.GetDesired().GetResources()["node-group.default"] != nil {
			t.Fatalf("EKS has the node group default_2, and is asked for another, %v", world.At(rsp, "node-group.default", world.ExternalName))
		}
		w.Follow(rsp)
	}
	if rsp := w.Run(); !world.IsReady(rsp) {
		t.Errorf("want it ready again, got %s", world.Explain(rsp))
	}
	clear(w.Lingering) // All of it is the composite's again.
	w.DeleteClaim()
	w.TakeDown()
	if left := w.Made(); len(left) > 0 {
		t.Errorf("want nothing left, got %v", left)
	}
}

// replacedGroup is a world whose only node group is the second of its name.
func replacedGroup(t *testing.T) *world.World {
	t.Helper()
	w := world.With(t, "{region: eu-central-1, name: dev, teardown: {drain: false}}")
	w.Settle()
	groups, _, _ := unstructured.NestedSlice(w.XR.Object, "spec", "nodeGroups")
	groups[0].(map[string]any)["instanceTypes"] = []any{"m7i.large"}
	world.Set(groups, "spec", "nodeGroups")(w.XR)
	w.Settle()
	if w.Observed["node-group.default"] != nil || w.Observed["node-group.default.2"] == nil {
		t.Fatalf("want it replaced, got %v", world.SortedKeys(w.Observed))
	}
	return w
}

// TestRestoredHalfWay: what a restored composite refers to is waited for, not made, nor
// forgotten.
func TestRestoredHalfWay(t *testing.T) {
	t.Parallel()
	plain := func(t *testing.T) *world.World {
		t.Helper()
		w := world.With(t, "{region: eu-central-1, dns: {domain: dev.example.com}}")
		w.Settle()
		return w
	}
	cases := map[string]struct {
		reason  string
		world   func(t *testing.T) *world.World
		missing []string
		want    string
	}{
		"Described": {
			reason:  "It should wait for its cluster.",
			world:   plain,
			missing: []string{"zone", "vpc", "cluster"},
			want:    "refers to cluster, vpc, zone, and has no status, as if it was restored from a backup: it waits until they are, too; if they never will be, take them out of its spec.resourceRefs",
		},
		"Namespaced": {
			reason: "So should one that has a namespace, and its references elsewhere.",
			world: func(t *testing.T) *world.World {
				t.Helper()
				w := world.Namespaced(t, "{region: eu-central-1}")
				w.Settle()
				return w
			},
			missing: []string{"vpc", "cluster"},
			want:    "refers to cluster, vpc, and has no status, as if it was restored from a backup: it waits until they are, too; if they never will be, take them out of its spec.crossplane.resourceRefs",
		},
		"Replaced": {
			reason:  "It should wait for what took the place of something else.",
			world:   replacedGroup,
			missing: []string{"node-group.default.2", "node-group.default.2.template"},
			want:    "refers to node-group.default.2, node-group.default.2.template, and",
		},
		"Leaving": {
			reason: "It should wait for what the claim describes no more.",
			world: func(t *testing.T) *world.World {
				t.Helper()
				w := plain(t)
				unstructured.RemoveNestedField(w.XR.Object, "spec", "dns")
				return w
			},
			missing: []string{"zone"},
			want:    "refers to zone, and",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := tc.world(t)
			// Others of the pipeline refer to what is not there, too.
			w.Refer(
				map[string]any{"apiVersion": "example.org/v1", "kind": "Bucket", "name": w.XR.GetName() + "-bucket"},
				map[string]any{"apiVersion": "iam.aws.m.upbound.io/v1beta1", "kind": "Role", "name": w.XR.GetName() + "-0123456789ab"},
				map[string]any{"apiVersion": "iam.aws.m.upbound.io/v1beta1", "kind": "Role", "name": "deployer"},
			)
			all := maps.Clone(w.Observed)
			delete(w.XR.Object, "status")
			for _, key := range tc.missing {
				delete(w.Observed, key)
			}
			world.CheckRefused(t, tc.reason, w.Ask(), tc.want)

			w.Observed = all
			for range 20 {
				w.Follow(w.Run())
			}
			if rsp := w.Run(); !world.IsReady(rsp) {
				t.Errorf("\n%s\nwant it ready once all is restored, got %s", tc.reason, world.Explain(rsp))
			}
		})
	}
}

// TestObjectsOfAnEarlierVersion: what another version has called an object keeps that
// name, and is waited for by it once the composite is restored.
func TestObjectsOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	const key, old = "queue.a", "dev.eu-queue.a"
	w := world.With(t, "{region: eu-central-1, name: dev, queues: [{name: a}]}")
	w.XR.SetName("dev.eu")
	clear(w.Observed)
	delete(w.XR.Object, "status")
	w.Settle()
	if name := world.ObservedOf(w, key).Name(); name == old {
		t.Fatalf("want a digest behind %s", name)
	}
	w.Edit(key, world.Set(old, "metadata", "name"))
	if rsp := w.Run(); !world.IsReady(rsp) || world.Desired(rsp, key).GetName() != old {
		t.Errorf("want it to stay %s, got %s, %s", old, world.Desired(rsp, key).GetName(), world.Explain(rsp))
	}
	for _, name := range []string{old, w.ObjectName(key)} {
		restored := w.Fork(t)
		world.Set([]any{map[string]any{"apiVersion": world.ObservedOf(w, key).APIVersion(), "kind": "Queue", "name": name}}, "spec", "resourceRefs")(restored.XR)
		delete(restored.XR.Object, "status")
		delete(restored.Observed, key)
		world.CheckRefused(t, "It should wait for "+name, restored.Ask(), "refers to "+key)
	}
}

// TestKeptDatabase: one that keeps the name an earlier version has given it, of the
// platform and the database and nothing behind them, is no new one's of any platform.
func TestKeptDatabase(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		// platform and database that are kept by a name, and those that are added.
		platform, database, kept string
		another, added           string
	}{
		"Beside":        {reason: "One ends with what tells how long the other's name is.", platform: "dev", database: "orders-6", kept: "dev-orders-6", another: "dev", added: "orders"},
		"OfAnother":     {reason: "So may one of another platform.", platform: "team-a", database: "b-3", kept: "team-a-b-3", another: "team", added: "a-b"},
		"WithItsLength": {reason: "One that says how long its name is keeps that.", platform: "dev", database: "orders", kept: "dev-orders-6", another: "dev", added: "orders-6"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := "{name: %s, engine: postgres}"
			w := world.With(t, "{region: eu-central-1, name: "+tc.platform+", databases: ["+fmt.Sprintf(one, tc.database)+"]}")
			w.Settle()
			key := "database." + tc.database
			w.Edit(key, func(o *unstructured.Unstructured) {
				world.Set(tc.kept, "spec", "forProvider", "identifier")(o)
				world.Set(tc.kept, "metadata", "annotations", "crossplane.io/external-name")(o)
			})
			other := w
			if tc.another == tc.platform {
				becomes(t, w, "{databases: ["+fmt.Sprintf(one, tc.database)+", "+fmt.Sprintf(one, tc.added)+"]}")
			} else {
				other = world.With(t, "{region: eu-central-1, name: "+tc.another+", databases: ["+fmt.Sprintf(one, tc.added)+"]}")
			}
			if is := world.At(w.Settle(), key, "spec.forProvider.identifier"); is != tc.kept {
				t.Errorf("\n%s\nwant %s to stay %s, it is asked to be %v", tc.reason, key, tc.kept, is)
			}
			if is := world.At(other.Settle(), "database."+tc.added, "spec.forProvider.identifier"); is == nil || is == tc.kept {
				t.Errorf("\n%s\n%s of %s is %v, as %s of %s is", tc.reason, tc.added, tc.another, is, tc.database, tc.platform)
			}
		})
	}
}
