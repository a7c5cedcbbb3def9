package platform_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
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
		"AnotherUID":    {reason: "A composite with another UID is the same one.", happen: func(w *world.World) { world.Set(anotherUID, "metadata", "uid")(w.XR) }},
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
			// Crossplane knows of none of it.
			maps.Copy(w.Lingering, w.Observed)
			clear(w.Observed)
		}},
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
	world.CheckRefused(t, "What exists can't be renamed.", rsp, "spec.name: must be dev-", "can't be other any more")
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

// TestRestoredHalfWay: what a restored composite refers to is waited for, not made.
func TestRestoredHalfWay(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1}")
	w.Settle()
	restored := w.Fork(t)
	delete(restored.XR.Object, "status")
	// Others of the pipeline refer to what is not there, too.
	refs := []any{map[string]any{"apiVersion": "example.org/v1", "kind": "Bucket", "name": "dev-x7k2p-bucket"}}
	for _, key := range world.SortedKeys(w.Observed) {
		refs = append(refs, map[string]any{"apiVersion": "v1", "kind": "Any", "name": world.ObservedOf(w, key).Name()})
	}
	world.Set(refs, "spec", "resourceRefs")(restored.XR)
	for _, key := range []string{"zone", "vpc", "cluster"} {
		delete(restored.Observed, key)
	}
	world.CheckRefused(t, "It should wait for its cluster.", restored.Ask(), "refers to cluster, vpc,", "restored from a backup", "resourceRefs")

	restored.Observed = w.Observed
	if rsp := restored.Run(); !world.IsReady(rsp) {
		t.Errorf("want it ready once all is restored, got %s", world.Explain(rsp))
	}
}
