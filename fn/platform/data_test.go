package platform_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

func TestQueues(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		queue  string
		// want and dead are the specs of the queue and its dead-letter queue,
		// but for tags.
		want, dead map[string]any
	}{
		"Default": {
			reason: "A queue should be encrypted, and have SQS's defaults.",
			queue:  "{name: orders}",
			want: map[string]any{
				"name": "dev_orders", "region": "eu-central-1", "messageRetentionSeconds": 345600.0, "visibilityTimeoutSeconds": 30.0, "sqsManagedSseEnabled": true,
			},
		},
		"Chosen": {
			reason: "Every choice should arrive.",
			queue:  "{name: orders, retentionSeconds: 60, visibilityTimeoutSeconds: 0, deadLetter: {retentionSeconds: 3600}}",
			want: map[string]any{
				"name": "dev_orders", "region": "eu-central-1", "messageRetentionSeconds": 60.0, "visibilityTimeoutSeconds": 0.0, "sqsManagedSseEnabled": true,
			},
			dead: map[string]any{
				"name": "dev_orders_dlq", "region": "eu-central-1", "messageRetentionSeconds": 3600.0, "sqsManagedSseEnabled": true,
			},
		},
		"FIFO": {
			reason: "The dead-letter queue of a FIFO queue must be one too, and both names end in .fifo.",
			queue:  "{name: orders, fifo: true, contentBasedDeduplication: true, deadLetter: {}}",
			want: map[string]any{
				"name": "dev_orders.fifo", "region": "eu-central-1", "messageRetentionSeconds": 345600.0, "visibilityTimeoutSeconds": 30.0, "sqsManagedSseEnabled": true,
				"fifoQueue": true, "contentBasedDeduplication": true,
			},
			dead: map[string]any{
				"name": "dev_orders_dlq.fifo", "region": "eu-central-1", "messageRetentionSeconds": 1209600.0, "sqsManagedSseEnabled": true,
				"fifoQueue": true, "contentBasedDeduplication": true,
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, "{region: eu-central-1, name: dev, queues: ["+tc.queue+"]}")
			rsp := w.Settle()
			world.Validate(t, w, rsp)
			for key, want := range map[string]map[string]any{"queue.orders": tc.want, "queue.orders.dead-letter": tc.dead} {
				got, _ := world.At(rsp, key, "spec.forProvider").(map[string]any)
				delete(got, "tags")
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("\n%s\n%s: -want, +got:\n%s", tc.reason, key, diff)
				}
			}
		})
	}
}

// Keys of a queue, its dead-letter queue and what ties them together.
const (
	keyQueue   = "queue.orders"
	keyDead    = keyQueue + ".dead-letter"
	keyRedrive = keyQueue + ".redrive"
)

// TestRedrive: what moves messages waits for the ARN of the dead-letter queue, and
// is left alone when that is lost. The queue has nothing to do with it.
func TestRedrive(t *testing.T) {
	t.Parallel()
	const key, dead = keyRedrive, keyDead
	w := world.With(t, "{region: eu-central-1, name: dev, queues: [{name: orders, deadLetter: {maxReceiveCount: 7}}, {name: emails}]}")
	first := w.Run()
	if keys := world.Matching(world.Keys(first), "queue.*"); !slices.Equal(keys, []string{"queue.emails", keyQueue, dead}) {
		t.Errorf("\nThe queues should come first, and none wait: got %v", keys)
	}
	rsp := w.Settle()

	redrives(t, rsp, 7)
	if got, want := world.At(rsp, key, "spec.forProvider.queueUrlRef.name"), world.Desired(rsp, keyQueue).GetName(); got != want {
		t.Errorf("\nIt should be the policy of the queue: want %s, got %v", want, got)
	}

	w.Edit(dead, func(o *unstructured.Unstructured) {
		unstructured.RemoveNestedField(o.Object, "status", "atProvider", "arn")
	})
	w.Edit(key, func(o *unstructured.Unstructured) {
		// What others have written since.
		world.Set("https://example.com", "spec", "forProvider", "queueUrl")(o)
		world.Set("2026-01-01T00:00:00Z", "metadata", "annotations", "crossplane.io/external-create-pending")(o)
		world.Set([]any{"finalizer.managedresource.crossplane.io"}, "metadata", "finalizers")(o)
	})
	frozen := w.Run()
	exists, asked := w.Observed[key].GetResource().AsMap(), world.Desired(frozen, key).Object
	if diff := cmp.Diff(exists["spec"], asked["spec"]); diff != "" {
		t.Errorf("\nThe policy should be asked for as it exists: -exists, +asked for:\n%s", diff)
	}
	for _, field := range []string{"status", "metadata.uid", "metadata.resourceVersion", "metadata.generation", "metadata.creationTimestamp", "metadata.finalizers", "metadata.annotations[crossplane.io/external-create-pending]"} {
		if v := world.At(frozen, key, field); v != nil {
			t.Errorf("\n%s is not ours to ask for: got %v", field, v)
		}
	}
	if asked["apiVersion"] != exists["apiVersion"] || asked["kind"] != exists["kind"] || world.Desired(frozen, key).GetName() != world.Desired(rsp, key).GetName() || world.Desired(frozen, key).GetNamespace() != world.Desired(rsp, key).GetNamespace() {
		t.Errorf("\nIt should be the same object: want %v, got %v", exists["metadata"], asked["metadata"])
	}
	c := world.ConditionOf(frozen, v1alpha1.ConditionDataReady)
	if c.GetReason() != "Frozen" || !strings.Contains(c.GetMessage(), key+" is kept as it is until "+dead) {
		t.Errorf("\nThe claim should say what is frozen and why: got %v", c)
	}
	for _, other := range []string{keyQueue, "queue.emails"} {
		if got := frozen.GetDesired().GetResources()[other]; !proto.Equal(got, rsp.GetDesired().GetResources()[other]) {
			t.Errorf("\n%s has nothing to do with it: got %v", other, got)
		}
	}
}

// redrives checks that messages move to the dead-letter queue when they were
// received so many times.
func redrives(t *testing.T, rsp *fnv1.RunFunctionResponse, times float64) {
	t.Helper()
	doc, _ := world.At(rsp, keyRedrive, "spec.forProvider.redrivePolicy").(string)
	got := map[string]any{}
	if err := json.Unmarshal([]byte(doc), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"deadLetterTargetArn": "arn:aws:sqs:eu-central-1:123456789012:dev_orders_dlq", "maxReceiveCount": times}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("\nMessages should move to the dead-letter queue: -want, +got:\n%s", diff)
	}
}

// TestEditDeadLetters: the policy changes in place, comes to a queue that had none,
// and goes before the queue it names. The queue itself stays.
func TestEditDeadLetters(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, name: dev, queues: [{name: orders}]}")
	w.Settle()
	becomes(t, w, "{queues: [{name: orders, deadLetter: {maxReceiveCount: 7}}]}")
	redrives(t, w.Settle(), 7)
	becomes(t, w, "{queues: [{name: orders, deadLetter: {maxReceiveCount: 3}}]}")
	redrives(t, w.Run(), 3)
	becomes(t, w, "{queues: [{name: orders}]}")
	if diff := cmp.Diff([][]string{{keyRedrive}, {keyDead}}, w.TakeDown()); diff != "" {
		t.Errorf("-want, +gone:\n%s", diff)
	}
	world.Validate(t, w, w.Settle())
}

// TestRedriveIsNotCopied: what the provider would write into the queue's object of
// the dead letters it would set again when they change.
func TestRedriveIsNotCopied(t *testing.T) {
	t.Parallel()
	const policies, field = "spec.managementPolicies", "spec.forProvider.redrivePolicy"
	w := world.With(t, "{region: eu-central-1, name: dev, queues: [{name: orders, deadLetter: {}}]}")
	if got := world.At(w.Run(), keyQueue, policies); got != nil {
		t.Errorf("until the provider has saved its name it should write what it likes: got %v", got)
	}
	rsp := w.Settle()
	if diff := cmp.Diff([]any{"Observe", "Create", "Update", "Delete"}, world.At(rsp, keyQueue, policies)); diff != "" {
		t.Errorf("then it should copy nothing: -want, +got:\n%s", diff)
	}

	w.Edit(keyQueue, world.Set(`{"maxReceiveCount":5}`, "spec", "forProvider", "redrivePolicy"))
	rsp = w.Run()
	if got := world.At(rsp, keyQueue, field); got != "" {
		t.Errorf("what was copied should become ours: got %v", got)
	}
	w.Advance(rsp)
	if got := world.At(w.Run(), keyQueue, field); got != nil {
		t.Errorf("and then go: got %v", got)
	}
}

func TestDatabases(t *testing.T) {
	t.Parallel()
	common := func(more map[string]any) map[string]any {
		all := map[string]any{
			"publiclyAccessible": false, "storageEncrypted": true, "storageType": "gp3", "manageMasterUserPassword": true, "username": "dbadmin",
			"copyTagsToSnapshot": true, "autoMinorVersionUpgrade": true, "skipFinalSnapshot": false, "deletionProtection": true,
			"identifier": "dev-orders-6ffb4aeb6", "backupRetentionPeriod": 7.0, "allocatedStorage": 20.0, "multiAz": false, "instanceClass": "db.t4g.medium",
			"applyImmediately": false, "maxAllocatedStorage": 0.0, "engineVersion": nil, "password": nil, "passwordSecretRef": nil, "autoGeneratePassword": nil,
		}
		maps.Copy(all, more)
		return all
	}
	cases := map[string]struct {
		reason   string
		database string
		port     float64
		want     map[string]any
	}{
		"Postgres": {
			reason:   "A database should be private, encrypted, backed up and hard to lose.",
			database: "{name: orders, engine: postgres}",
			port:     5432,
			want:     common(map[string]any{"engine": "postgres"}),
		},
		"MySQL": {
			reason:   "MySQL has a port of its own.",
			database: "{name: orders, engine: mysql, version: '8.4'}",
			port:     3306,
			want:     common(map[string]any{"engine": "mysql", "engineVersion": "8.4"}),
		},
		"MariaDB": {
			reason:   "MariaDB has MySQL's port, and every choice should arrive.",
			database: "{name: orders, engine: mariadb, storageGiB: 30, maxStorageGiB: 60, multiAz: true, backupRetentionDays: 0, deletionProtection: false, finalSnapshot: false, instanceClass: db.m6g.large}",
			port:     3306,
			want: common(map[string]any{
				"engine": "mariadb", "allocatedStorage": 30.0, "maxAllocatedStorage": 60.0, "multiAz": true, "backupRetentionPeriod": 0.0,
				"deletionProtection": false, "skipFinalSnapshot": true, "instanceClass": "db.m6g.large", "finalSnapshotIdentifier": nil,
			}),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := world.With(t, "{region: eu-central-1, name: dev, databases: ["+tc.database+"]}")
			rsp := w.Settle()
			world.Validate(t, w, rsp)
			for field, want := range tc.want {
				if diff := cmp.Diff(want, world.At(rsp, "database.orders", "spec.forProvider."+field)); diff != "" {
					t.Errorf("\n%s\n%s: -want, +got:\n%s", tc.reason, field, diff)
				}
			}
			checkFirewall(t, w, rsp, tc.port)
		})
	}
}

// checkFirewall: the database is open to the cluster's nodes and pods, on its
// port, and to nobody else.
func checkFirewall(t *testing.T, w *world.World, rsp *fnv1.RunFunctionResponse, port float64) {
	t.Helper()
	firewall := world.Desired(rsp, "database.orders.security-group").GetName()
	if diff := cmp.Diff([]any{map[string]any{"name": firewall}}, world.At(rsp, "database.orders", "spec.forProvider.vpcSecurityGroupIdRefs")); diff != "" {
		t.Errorf("\nThe instance should be behind its security group: -want, +got:\n%s", diff)
	}
	rules := world.KindsOf(rsp, "SecurityGroupIngressRule")
	if !slices.Equal(rules, []string{"database.orders.security-group.cluster"}) {
		t.Fatalf("\nThere should be one way in: got %v", rules)
	}
	rule, _ := world.At(rsp, rules[0], "spec.forProvider").(map[string]any)
	cluster := world.StatusOf(t, rsp)["cluster"].(map[string]any)["securityGroupId"]
	want := map[string]any{
		"region": "eu-central-1", "description": "Pods and nodes of the cluster", "ipProtocol": "tcp", "fromPort": port, "toPort": port,
		"securityGroupIdRef": map[string]any{"name": firewall}, "referencedSecurityGroupId": cluster,
	}
	delete(rule, "tags")
	if diff := cmp.Diff(want, rule); diff != "" {
		t.Errorf("\nThe way in should be the cluster's only: -want, +got:\n%s", diff)
	}

	var subnets []any
	for _, key := range world.Matching(world.Keys(rsp), "subnet.private.*") {
		subnets = append(subnets, w.Status(key, "id"))
	}
	if diff := cmp.Diff(subnets, world.At(rsp, "database.subnets", "spec.forProvider.subnetIds")); diff != "" {
		t.Errorf("\nDatabases should be in private subnets: -want, +got:\n%s", diff)
	}
}

// TestSubnetGroup: without a database there is nothing for databases.
func TestSubnetGroup(t *testing.T) {
	t.Parallel()
	rsp := world.With(t, "{region: eu-central-1}").Settle()
	if keys := world.Matching(world.Keys(rsp), "database*"); len(keys) > 0 {
		t.Errorf("want nothing, got %v", keys)
	}
	c := world.ConditionOf(rsp, v1alpha1.ConditionDataReady)
	if c.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE || c.GetReason() != "NotRequested" {
		t.Errorf("want DataReady True because nothing is requested, got %v", c)
	}
}
