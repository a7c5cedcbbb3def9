package platform_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// replace what a field of a claim has by something else, by two edits between which
// no platform is looked at. What is wanted meanwhile is what the field has then.
func replace(t *testing.T, w *world.World, field, meanwhile, then string) {
	t.Helper()
	if meanwhile == "" {
		unstructured.RemoveNestedField(w.XR.Object, "spec", field)
	} else {
		becomes(t, w, "{"+field+": "+meanwhile+"}")
	}
	becomes(t, w, "{"+field+": "+then+"}")
}

// TestMadeAnew: what is taken out of a claim and put in again, otherwise than AWS
// could make it, waits until the one before is gone, and is never changed in place.
func TestMadeAnew(t *testing.T) {
	t.Parallel()
	const dns, queues, databases = "dns", "queues", "databases"
	cases := map[string]struct {
		reason                   string
		field                    string
		before, meanwhile, after string
		// gone is what goes, in its order, and comes anew.
		gone [][]string
		// has is what the last of them has then.
		has map[string]any
	}{
		"Queue": {
			reason: "A queue becomes FIFO, and so does the one for its dead letters.",
			field:  queues, before: "[{name: orders, deadLetter: {}}]", meanwhile: "[]", after: "[{name: orders, fifo: true, deadLetter: {}}]",
			gone: [][]string{{"queue.orders.redrive"}, {"queue.orders", "queue.orders.dead-letter"}},
			has:  map[string]any{"fifoQueue": true, "name": "dev_orders_dlq.fifo"},
		},
		"Engine": {
			reason: "A database has another engine.",
			field:  databases, before: "[{name: orders, engine: postgres, deletionProtection: false}]", meanwhile: "[]", after: "[{name: orders, engine: mysql}]",
			gone: [][]string{{"database.orders"}},
			has:  map[string]any{"engine": "mysql", "deletionProtection": true},
		},
		"Domain": {
			reason: "A zone has another domain. ExternalDNS stays, to take its records away.",
			field:  dns, before: "{domain: dev.example.com}", after: "{domain: test.example.com}",
			gone: [][]string{{"zone"}},
			has:  map[string]any{"name": "test.example.com"},
		},
		"Private": {
			reason: "A public zone becomes a private one.",
			field:  dns, before: "{domain: dev.example.com}", after: "{domain: dev.example.com, private: true}",
			gone: [][]string{{"zone"}},
		},
		"NotAnew": {
			reason: "What AWS can change it changes.",
			field:  databases, before: "[{name: orders, engine: postgres}]", meanwhile: "[]", after: "[{name: orders, engine: postgres, instanceClass: db.m6g.large}]",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world.With(t, "{region: eu-central-1, name: dev, "+tc.field+": "+tc.before+"}")
			w.Settle()
			replace(t, w, tc.field, tc.meanwhile, tc.after)
			gone := settleAnew(t, w, slices.Concat(tc.gone...))
			if diff := cmp.Diff(tc.gone, gone); diff != "" {
				t.Errorf("\n%s\n-want, +gone:\n%s", tc.reason, diff)
			}
			rsp := w.Run()
			world.Validate(t, w, rsp)
			for field, want := range tc.has {
				last := tc.gone[len(tc.gone)-1]
				if diff := cmp.Diff(want, world.At(rsp, last[len(last)-1], "spec.forProvider."+field)); diff != "" {
					t.Errorf("\n%s\n%s: -want, +got:\n%s", tc.reason, field, diff)
				}
			}
		})
	}
}

// settleAnew follows the function until the platform is ready, and returns what went
// at a time. What goes is not changed before.
func settleAnew(t *testing.T, w *world.World, anew []string) [][]string {
	t.Helper()
	var gone [][]string
	went := map[string]bool{}
	for range 30 {
		rsp := w.Run()
		for _, key := range anew {
			exists, asked := w.Observed[key], rsp.GetDesired().GetResources()[key]
			if exists == nil || asked == nil || went[key] {
				continue
			}
			if diff := cmp.Diff(exists.GetResource().AsMap()["spec"], asked.GetResource().AsMap()["spec"]); diff != "" {
				t.Errorf("%s should be left as it is: -exists, +asked for:\n%s", key, diff)
			}
		}
		if world.IsReady(rsp) {
			return gone
		}
		left := w.Follow(rsp)
		for _, key := range left {
			went[key] = true
		}
		if len(left) > 0 {
			gone = append(gone, left)
		}
	}
	t.Fatal("it never settles")
	return nil
}

// TestMadeAnewProtected: a protected database stays whatever the claim says of one of
// its name, and the claim says what to do. So it does when all of it is torn down.
func TestMadeAnewProtected(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, name: dev, databases: [{name: orders, engine: postgres}]}")
	w.Settle()
	replace(t, w, "databases", "[]", "[{name: orders, engine: mysql, deletionProtection: false}]")
	w.Follow(w.Run())
	w.Follow(w.Run())
	rsp := w.Run()
	const way = "it is protected: bring it back as it was, with deletionProtection false, then remove it"
	if c := world.ConditionOf(rsp, v1alpha1.ConditionDataReady); c.GetReason() != "Protected" || !strings.Contains(c.GetMessage(), keyOrders+" has to be gone before it is created anew; "+way) {
		t.Errorf("the condition should say what to do, got %v", c)
	}
	left, _ := yaml.Marshal(world.StatusOf(t, rsp)["leaving"])
	if !strings.Contains(strings.Join(strings.Fields(string(left)), " "), strings.TrimPrefix(way, "it ")) {
		t.Errorf("so should the status, got %s", left)
	}
	for field, want := range map[string]any{"engine": "postgres", "deletionProtection": true} {
		if got := world.At(rsp, keyOrders, "spec.forProvider."+field); got != want {
			t.Errorf("%s: want %v as it was, got %v", field, want, got)
		}
	}

	world.Attempted(w.XR)
	world.Confirmed(w.XR)
	world.Set(false, "spec", "teardown", "drain")(w.XR)
	rsp = w.Run()
	for field, want := range map[string]any{"engine": "postgres", "deletionProtection": false} {
		if got := world.At(rsp, keyOrders, "spec.forProvider."+field); got != want {
			t.Errorf("teardown: %s: want %v, got %v", field, want, got)
		}
	}
}

// TestMadeByEarlierVersions: a platform of a version that did not say by what it was
// made is not made anew, nor when its network grows.
func TestMadeByEarlierVersions(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, name: dev, network: {zones: [euc1-az1, euc1-az2]}, dns: {domain: dev.example.com, private: true}, queues: [{name: orders}], databases: [{name: orders, engine: postgres}]}")
	w.Settle()
	for _, key := range []string{"node-group.default", "zone", keyQueue, keyOrders} {
		w.Edit(key, func(o *unstructured.Unstructured) {
			annotations := o.GetAnnotations()
			for k := range annotations {
				if strings.HasPrefix(k, "made-by.") {
					delete(annotations, k)
				}
			}
			o.SetAnnotations(annotations)
		})
	}
	becomes(t, w, "{network: {zones: [euc1-az1, euc1-az2, euc1-az3]}}")
	if gone := settleAnew(t, w, nil); len(gone) > 0 {
		t.Errorf("want nothing to go, got %v", gone)
	}
}

// TestMadeByMangled: somebody has written something else into what an object says of how
// it was made. It is what is asked for, so it stays, and says again how it was made.
func TestMadeByMangled(t *testing.T) {
	t.Parallel()
	start := world.With(t, "{region: eu-central-1, name: dev, dns: {domain: dev.example.com}, queues: [{name: a}], databases: [{name: orders, engine: postgres, deletionProtection: false}]}")
	start.Settle()
	for key, fields := range map[string][]string{
		"database.orders":    {"engine"},
		"zone":               {"private", "domain"},
		"queue.a":            {"fifo"},
		"node-group.default": {"instanceTypes", "amiType", "capacityType", "zones"},
	} {
		for _, field := range append(fields, "all") {
			t.Run(key+"/"+field, func(t *testing.T) {
				t.Parallel()
				w := start.Fork(t)
				name := "made-by.xplatform.dev/" + field
				said := world.ObservedOf(w, key).Annotation(name)
				w.Edit(key, world.Set("x", "metadata", "annotations", name))
				for range 4 {
					rsp := w.Run()
					if rsp.GetDesired().GetResources()[key] == nil {
						t.Fatalf("it is wanted, exists, and is what is asked for, and goes: %s", world.Explain(rsp))
					}
					w.Follow(rsp)
				}
				if is := world.ObservedOf(w, key).Annotation(name); is != said || said == "" {
					t.Errorf("want it to say %q again, got %q", said, is)
				}
				if diff := cmp.Diff(start.Made(), w.Made()); diff != "" {
					t.Errorf("nothing should come or go: -before, +after:\n%s", diff)
				}
			})
		}
	}
}
