package platform_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// keyOrders is the key of the database in these tests.
const keyOrders = "database.orders"

// withDatabase is a claim with one database.
func withDatabase(more string) string {
	return "{region: eu-west-1, name: dev, databases: [{name: orders, engine: " + more + "}]}"
}

// becomes another claim, as the API server would let it.
func becomes(t *testing.T, w *world.World, spec string) {
	t.Helper()
	m := map[string]any{}
	if err := yaml.Unmarshal([]byte(spec), &m); err != nil {
		t.Fatal(err)
	}
	before := w.XR.DeepCopy()
	for k, v := range m {
		world.Set(v, "spec", k)(w.XR)
	}
	if err := w.CRDs.Default(w.XR); err != nil {
		t.Fatal(err)
	}
	if err := w.CRDs.ValidateUpdate(w.XR, before); err != nil {
		t.Fatal(err)
	}
}

// observing is an edit of what AWS says of an object.
func observing(more map[string]any) func(o *unstructured.Unstructured) {
	return func(o *unstructured.Unstructured) {
		for k, v := range more {
			world.Set(v, "status", "atProvider", k)(o)
		}
	}
}

// ordersOf a claim, once they are ready, and AWS says something else of them; after
// that the claim may become another one.
func ordersOf(t *testing.T, claim string, has map[string]any, after string) *world.World {
	t.Helper()
	w := world.With(t, withDatabase(claim))
	w.Settle()
	w.Edit(keyOrders, observing(has))
	if after != "" {
		becomes(t, w, withDatabase(after))
	}
	return w
}

// TestDatabaseFollows: what is asked of a database that exists RDS can do, whatever
// it has done by itself, and whatever the provider has written into the object.
func TestDatabaseFollows(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason       string
		claim, after string
		has          map[string]any
		asked        string
		want         map[string]any
	}{
		"Small": {
			reason: "RDS refuses to be told operations below 400 GiB.",
			claim:  "postgres, storageGiB: 200",
			has:    map[string]any{"iops": 3000.0, "storageThroughput": 125.0},
			want:   map[string]any{"allocatedStorage": 200.0},
		},
		"Stripes": {
			reason: "It refuses what a small volume had for one of 400 GiB and more.",
			claim:  "postgres, storageGiB: 200", after: "postgres, storageGiB: 500",
			has:  map[string]any{"iops": 3000.0, "storageThroughput": 125.0},
			want: map[string]any{"allocatedStorage": 500.0, "iops": 12000.0, "storageThroughput": 500.0},
		},
		"GrownByItself": {
			reason: "It grows volumes, past that size too, and shrinks none.",
			claim:  "mysql, storageGiB: 350, maxStorageGiB: 1000",
			has:    map[string]any{"allocatedStorage": 450.0, "iops": 12000.0, "storageThroughput": 500.0},
			want:   map[string]any{"allocatedStorage": 450.0, "maxAllocatedStorage": 1000.0, "iops": 12000.0, "storageThroughput": 500.0},
		},
		"Faster": {
			reason: "Somebody may have made it faster.",
			claim:  "postgres, storageGiB: 500",
			has:    map[string]any{"iops": 16000.0, "storageThroughput": 700.0},
			want:   map[string]any{"allocatedStorage": 500.0, "iops": 16000.0, "storageThroughput": 700.0},
		},
		"Stays": {
			reason: "What no longer may grow does not.",
			claim:  "postgres, maxStorageGiB: 100", after: "postgres",
			want: map[string]any{"allocatedStorage": 20.0, "maxAllocatedStorage": 0.0},
		},
		"Major": {
			reason: "The groups of the version before fit no other.",
			claim:  "postgres, version: '16'", after: "postgres, version: '17'",
			has:  map[string]any{"engineVersionActual": "16.4"},
			want: map[string]any{"engineVersion": "17", "parameterGroupName": "default.postgres17", "optionGroupName": "default:postgres-17"},
		},
		"MajorOfTwo": {
			reason: "Of MySQL and MariaDB two numbers make a major version.",
			claim:  "mysql, version: '8.0'", after: "mysql, version: '8.4'",
			has:  map[string]any{"engineVersionActual": "8.0.35"},
			want: map[string]any{"engineVersion": "8.4", "parameterGroupName": "default.mysql8.4", "optionGroupName": "default:mysql-8-4"},
		},
		"Stale": {
			reason: "Those of another version than runs would be refused for ever.",
			claim:  "postgres",
			has:    map[string]any{"engineVersionActual": "13.20"}, asked: "default.postgres12",
			want: map[string]any{"parameterGroupName": "default.postgres13", "optionGroupName": "default:postgres-13"},
		},
		"Taken": {
			reason: "Once RDS has taken the wish, and waits, those of what runs stay.",
			claim:  "postgres, version: '16'", after: "postgres, version: '17.4'",
			has: map[string]any{"engineVersionActual": "16.4", "engineVersion": "17.4"}, asked: "default.postgres16",
			want: map[string]any{"engineVersion": "17.4", "parameterGroupName": "default.postgres16", "optionGroupName": "default:postgres-16"},
		},
		"Own": {
			reason: "Somebody's own group is theirs.",
			claim:  "postgres, version: '16'", after: "postgres, version: '17'",
			has: map[string]any{"engineVersionActual": "16.4"}, asked: "tuned",
			want: map[string]any{"engineVersion": "17"},
		},
		"Extended": {
			reason: "In extended support RDS has names of its own for versions.",
			claim:  "postgres, version: '13.23'",
			has:    map[string]any{"engineVersionActual": "13.23-rds.20260219"},
			want:   map[string]any{"engineVersion": "13.23-rds.20260219"},
		},
		"GrownPastMaximum": {
			reason: "RDS takes no maximum below what there is.",
			claim:  "postgres, maxStorageGiB: 200", after: "postgres, maxStorageGiB: 50",
			has:  map[string]any{"allocatedStorage": 80.0},
			want: map[string]any{"allocatedStorage": 80.0, "maxAllocatedStorage": 80.0},
		},
		"Minor": {
			reason: "Within one they fit.",
			claim:  "postgres, version: '16'", after: "postgres, version: '16.6'",
			has:  map[string]any{"engineVersionActual": "16.4"},
			want: map[string]any{"engineVersion": "16.6"},
		},
		"Forced": {
			reason: "RDS upgrades what is out of support by itself, and there is no way back.",
			claim:  "postgres, version: '12'",
			has:    map[string]any{"engineVersionActual": "13.20"},
			want:   map[string]any{"engineVersion": "12"},
		},
		"Unknown": {
			reason: "While nobody knows what runs, nothing should be asked for that was not before.",
			claim:  "postgres, version: '16'", after: "postgres, version: '17'",
			has:  map[string]any{"engineVersionActual": ""},
			want: map[string]any{"engineVersion": "17"},
		},
		"Window": {
			reason: "When RDS may interrupt it, and whether it must wait for that, the claim says.",
			claim:  "postgres, applyImmediately: true, maintenanceWindow: 'sun:03:00-sun:04:00'",
			want:   map[string]any{"applyImmediately": true, "maintenanceWindow": "sun:03:00-sun:04:00"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ordersOf(t, tc.claim, tc.has, tc.after)
			if tc.asked != "" {
				w.Edit(keyOrders, world.Set(tc.asked, "spec", "forProvider", "parameterGroupName"))
			}
			rsp := w.Run()
			world.Validate(t, w, rsp)
			for _, field := range []string{"iops", "storageThroughput", "parameterGroupName", "optionGroupName", "maintenanceWindow"} {
				if tc.want[field] == nil && world.At(rsp, keyOrders, "spec.forProvider."+field) != nil {
					t.Errorf("\n%s\n%s should be left to RDS", tc.reason, field)
				}
			}
			for field, want := range tc.want {
				if diff := cmp.Diff(want, world.At(rsp, keyOrders, "spec.forProvider."+field)); diff != "" {
					t.Errorf("\n%s\n%s: -want, +got:\n%s", tc.reason, field, diff)
				}
			}
		})
	}
}

// TestDatabasePending: what RDS has not done yet keeps a database from being ready,
// and the claim says what, and what to do about it.
func TestDatabasePending(t *testing.T) {
	t.Parallel()
	const later = ": RDS does it in the maintenance window, or at once with applyImmediately"
	cases := map[string]struct {
		claim, after string
		has          map[string]any
		want         string
	}{
		"Class":       {claim: "postgres", after: "postgres, instanceClass: db.m6g.large", want: "instanceClass is db.t4g.medium, not yet db.m6g.large" + later},
		"Immediately": {claim: "postgres", after: "postgres, instanceClass: db.m6g.large, applyImmediately: true", want: "instanceClass is db.t4g.medium, not yet db.m6g.large: RDS is at it"},
		"Version":     {claim: "postgres, version: '16'", after: "postgres, version: '17'", has: map[string]any{"engineVersionActual": "16.4"}, want: "version is 16.4, not yet 17" + later},
		"Storage":     {claim: "postgres", after: "postgres, storageGiB: 100", want: "storageGiB is 20, not yet 100" + later},
		"Zone":        {claim: "postgres", after: "postgres, multiAz: true", want: "multiAz is false, not yet true" + later},
		"Suffix":      {claim: "postgres, version: '13.23'", has: map[string]any{"engineVersionActual": "13.23-rds.20260219"}},
		"Raised":      {claim: "postgres, version: '16.4'", has: map[string]any{"engineVersionActual": "16.6"}},
		"Grown":       {claim: "postgres, maxStorageGiB: 100", has: map[string]any{"allocatedStorage": 50.0}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ordersOf(t, tc.claim, tc.has, tc.after)
			if tc.want == "" {
				w.Advance(w.Run()) // What RDS did by itself is followed.
			}
			rsp := w.Run()
			c := world.ConditionOf(rsp, v1alpha1.ConditionDataReady)
			if ready := c.GetStatus() == fnv1.Status_STATUS_CONDITION_TRUE; ready != (tc.want == "") || !strings.Contains(c.GetMessage(), tc.want) {
				t.Errorf("want %q, got %v", tc.want, c)
			}
			if tc.want != "" && c.GetReason() != "Pending" {
				t.Errorf("want the reason Pending, got %v", c)
			}
			w.Advance(rsp)
			if c := world.ConditionOf(w.Run(), v1alpha1.ConditionDataReady); c.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE {
				t.Errorf("once it is done it should be ready, got %v", c)
			}
		})
	}
}

// TestFailedDatabase: a status that RDS itself does not get out of is a failure.
func TestFailedDatabase(t *testing.T) {
	t.Parallel()
	w := world.With(t, withDatabase("postgres"))
	w.Settle()
	w.Edit(keyOrders, observing(map[string]any{"status": "incompatible-parameters", "endpoint": ""}))
	c := world.ConditionOf(w.Run(), v1alpha1.ConditionDataReady)
	if c.GetReason() != "Failed" || !strings.Contains(c.GetMessage(), keyOrders+": status is incompatible-parameters") {
		t.Errorf("want it to have failed, got %v", c)
	}
}

// TestFinalSnapshots: each instance leaves a snapshot of its own, also one that is
// made anew under the name of another.
func TestFinalSnapshots(t *testing.T) {
	t.Parallel()
	w := world.With(t, withDatabase("postgres, deletionProtection: false"))
	w.Settle()
	names := map[any]bool{}
	for _, id := range []string{"db-FIRST", "db-SECOND"} {
		w.Edit(keyOrders, observing(map[string]any{"resourceId": id}))
		name := world.At(w.Run(), keyOrders, "spec.forProvider.finalSnapshotIdentifier")
		if name == nil || names[name] {
			t.Errorf("%s: want a name of its own, got %v", id, name)
		}
		names[name] = true
	}
}

// TestNeverRan: what failed before it held anything RDS deletes without a snapshot
// only. What ever ran keeps its last one, whatever has become of it.
func TestNeverRan(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		// had is what AWS said of it once, nothing if it failed at once, and has
		// what it says now.
		had, has map[string]any
		skips    bool
	}{
		"Failed":      {reason: "There is nothing to take a snapshot of.", has: map[string]any{"status": "incompatible-network"}, skips: true},
		"Full":        {reason: "Whatever kept it from being made.", has: map[string]any{"status": "insufficient-capacity"}, skips: true},
		"Creating":    {reason: "One that is made may hold something soon.", has: map[string]any{"status": "creating"}},
		"Unknown":     {reason: "Of one that nothing is said of nothing is assumed.", has: map[string]any{"status": ""}},
		"Ran":         {reason: "One that can be reached has data.", has: map[string]any{"status": "storage-full", "endpoint": "orders:5432"}},
		"BackedUp":    {reason: "So has one that has backups.", has: map[string]any{"status": "failed", "latestRestorableTime": "2026-11-28T00:00:00Z"}},
		"Unreachable": {reason: "And one that once was reached.", had: map[string]any{"status": "available", "endpoint": "orders:5432"}, has: map[string]any{"status": "incompatible-network"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, withDatabase("postgres, deletionProtection: false"))
			w.Settle()
			says := func(has map[string]any) {
				w.Edit(keyOrders, world.Set(map[string]any{"resourceId": "db-FIRST"}, "status", "atProvider"))
				w.Edit(keyOrders, observing(has))
			}
			w.Edit(keyOrders, func(o *unstructured.Unstructured) {
				unstructured.RemoveNestedField(o.Object, "spec", "forProvider", "finalSnapshotIdentifier")
			})
			for _, has := range []map[string]any{tc.had, tc.has} {
				if has == nil {
					continue
				}
				says(has)
				w.Edit(keyOrders, world.Set(world.At(w.Run(), keyOrders, "spec"), "spec"))
			}
			says(tc.has)
			rsp := w.Run()
			if got := world.At(rsp, keyOrders, "spec.forProvider.skipFinalSnapshot"); got != tc.skips {
				t.Errorf("\n%s\nwant skipFinalSnapshot %t, got %v", tc.reason, tc.skips, got)
			}
			world.Validate(t, w, rsp)
		})
	}
}
