package platform_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/fieldpath"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/changing"
	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

const production, existing, smallest = "platform-production.yaml", "platform-existing.yaml", "platform-smallest.yaml"

// An edit of a claim.
type edit struct {
	// example that is edited, the production one unless given.
	example string
	// at is where, below spec, if that is not the field itself in the first entry of
	// its list; to is what is there then.
	at string
	to any
	// first are edits before, by where they are.
	first map[string]any
}

// edits of every field of a claim, by the field of changing.Changes.
//
//nolint:gochecknoglobals // A constant table.
var edits = map[string]edit{
	"region":   {to: "eu-central-1"},
	"name":     {to: "another"},
	"identity": {to: "IRSA"},
	"tags":     {to: map[string]any{"team": "b"}},

	"network.cidr":             {to: "10.30.0.0/16"},
	"network.zones":            {to: []any{"use1-az1", "use1-az2", "use1-az4"}, example: smallest, first: map[string]any{"region": "us-east-1", "network.zones": []any{"use1-az1", "use1-az2"}}},
	"network.natGateway":       {to: "PerZone", example: smallest},
	"network.vpcId":            {to: "vpc-1123456789abcdef0", example: existing},
	"network.privateSubnetIds": {to: []any{"subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2", "subnet-0aaaaaaaaaaaaaaa3"}, example: existing},
	"network.publicSubnetIds":  {to: []any{"subnet-0bbbbbbbbbbbbbbb1", "subnet-0bbbbbbbbbbbbbbb2", "subnet-0bbbbbbbbbbbbbbb3"}, example: existing},
	"network.tagSubnets":       {to: true, example: existing, first: map[string]any{"network.tagSubnets": false}},

	"cluster.version":             {to: "1.36"},
	"cluster.supportType":         {to: "Extended"},
	"cluster.endpointAccess.*":    {at: "cluster.endpointAccess.public", to: false},
	"cluster.logging.*":           {at: "cluster.logging.types", to: []any{"audit"}},
	"cluster.secretsEncryption.*": {at: "cluster.secretsEncryption.enabled", to: false},
	"cluster.admins":              {to: []any{"arn:aws:iam::123456789012:role/platform-admin", "arn:aws:iam::123456789012:role/other"}},
	"cluster.addons[].name":       {to: "coredns"},
	"cluster.addons[].version":    {to: "v1.21.0-eksbuild.1"},
	"cluster.deletionProtection":  {to: false},

	"nodeGroups[].name":          {to: "another"},
	"nodeGroups[].instanceTypes": {to: []any{"m7i.xlarge"}},
	"nodeGroups[].minSize":       {to: int64(4)},
	"nodeGroups[].maxSize":       {to: int64(13)},
	"nodeGroups[].desiredSize":   {to: int64(5)},
	"nodeGroups[].diskSizeGiB":   {to: int64(80)},
	"nodeGroups[].capacityType":  {to: "Spot"},
	"nodeGroups[].amiType":       {to: "BOTTLEROCKET_x86_64"},
	"nodeGroups[].zones":         {at: "nodeGroups[2].zones", to: []any{"apne1-az1"}},
	"nodeGroups[].labels":        {to: map[string]any{"team": "b"}},
	"nodeGroups[].version":       {to: "1.34"},

	"nodeGroups[].releaseVersion":     {to: "1.35.9-20261101"},
	"nodeGroups[].imageRevision":      {to: "2026-48"},
	"nodeGroups[].updateConfig.*":     {at: "nodeGroups[0].updateConfig.maxUnavailablePercentage", to: int64(50)},
	"nodeGroups[].nodeRepair.enabled": {to: true},

	"nodeGroups[].forceUpdate": {to: true},
	"nodeGroups[].taints[].*":  {at: "nodeGroups[1].taints[0].value", to: "other"},

	"dns.domain":       {to: "other.example.com"},
	"dns.zoneId":       {to: "Z9876543210", example: existing},
	"dns.private":      {to: false},
	"dns.forceDestroy": {to: true},

	"databases[].name":                {to: "another", first: map[string]any{"databases[0].deletionProtection": false}},
	"databases[].engine":              {to: "mysql"},
	"databases[].version":             {to: "18"},
	"databases[].instanceClass":       {to: "db.r6g.xlarge"},
	"databases[].storageGiB":          {to: int64(200)},
	"databases[].maxStorageGiB":       {to: int64(2000)},
	"databases[].multiAz":             {to: false},
	"databases[].backupRetentionDays": {to: int64(7)},
	"databases[].deletionProtection":  {to: false},
	"databases[].applyImmediately":    {to: true},
	"databases[].maintenanceWindow":   {to: "sun:03:00-sun:04:00"},
	"databases[].finalSnapshot":       {to: false},

	"queues[].name":                      {to: "another"},
	"queues[].fifo":                      {to: true},
	"queues[].contentBasedDeduplication": {at: "queues[1].contentBasedDeduplication", to: false},
	"queues[].visibilityTimeoutSeconds":  {to: int64(60)},
	"queues[].retentionSeconds":          {to: int64(86400)},
	"queues[].deadLetter.*":              {at: "queues[0].deadLetter.maxReceiveCount", to: int64(7)},

	"controllers.*.enabled":    {at: "controllers.metricsServer.enabled", to: true, example: smallest},
	"controllers.*.version":    {at: "controllers.loadBalancerController.version", to: "3.6.0"},
	"controllers.*.repository": {at: "controllers.loadBalancerController.repository", to: "https://charts.example.org"},
	"controllers.*.values":     {at: "controllers.clusterAutoscaler.values", to: map[string]any{"replicaCount": int64(3)}},

	"facts.configMap": {to: true, first: map[string]any{"facts.configMap": false}},
	"facts.argoCD":    {at: "facts", to: map[string]any{"argoCD": true}},
	"facts.flux":      {at: "facts", to: map[string]any{"flux": true}},

	"iam.permissionsBoundary": {to: "arn:aws:iam::123456789012:policy/other", example: existing},
	"iam.clusterRoleArn":      {to: "arn:aws:iam::123456789012:role/other", example: existing},
	"iam.nodeRoleArn":         {to: "arn:aws:iam::123456789012:role/other", example: existing},

	"upgrade.maxParallelNodeGroups": {to: int64(2)},
	"upgrade.paused":                {to: true},
	"upgrade.window.*":              {at: "upgrade.window", to: map[string]any{"startTime": "22:30"}},

	"teardown.*": {at: "teardown.drain", to: false},
}

// later is what of a composed object AWS is told when it is made or removed, not when
// it changes.
//
//nolint:gochecknoglobals // A constant list.
var later = []string{"spec.initProvider", "spec.forProvider.skipFinalSnapshot", "spec.forProvider.finalSnapshotIdentifier", "spec.forProvider.forceDestroy"}

// TestChanging: what the documentation says of a change of each field is what the
// function, and the schema, make of it.
func TestChanging(t *testing.T) {
	t.Parallel()
	settled := map[string]*world.World{}
	for _, example := range []string{production, existing, smallest} {
		settled[example] = world.New(t, example)
		settled[example].Policy = gitOps
		settled[example].Settle()
	}
	for _, c := range changing.Changes {
		t.Run(c.Field, func(t *testing.T) {
			e, ok := edits[c.Field]
			if !ok {
				t.Fatal("nobody edits it: add an edit")
			}
			if e.example == "" {
				e.example = production
			}
			w := settled[e.example].Fork(t)
			if len(e.first) > 0 {
				w = firstEdited(t, e)
			}
			before := w.Run()
			was := w.XR.DeepCopy()
			set(t, w, place(c.Field, e), e.to)
			err := w.CRDs.ValidateUpdate(w.XR, was)
			if c.Effect == changing.Refused {
				if err == nil || !strings.Contains(err.Error(), "immutable") {
					t.Errorf("want it refused because it is immutable, got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatalf("want it accepted, got %v", err)
			}
			if got := effectOf(w, before); got != c.Effect {
				t.Errorf("want %q, got %q", c.Effect, got)
			}
		})
	}
	for field := range edits {
		if !slices.ContainsFunc(changing.Changes, func(c changing.Change) bool { return c.Field == field }) {
			t.Errorf("%s: there is no such change", field)
		}
	}
}

// effectOf an edit of a world that was settled, whose answer was another one before.
func effectOf(w *world.World, before *fnv1.RunFunctionResponse) changing.Effect {
	w.TB.Helper()
	after := w.Run()
	changed := changedKeys(before, after)
	var gone []string
	for rsp, stage := after, 0; !world.IsReady(rsp); rsp, stage = w.Run(), stage+1 {
		if stage > 20 {
			w.TB.Fatal("the platform is not ready after 20 stages")
		}
		gone = append(gone, w.Follow(rsp)...)
	}
	// A template's own tags are no part of what nodes are made from.
	parts := func(rsp *fnv1.RunFunctionResponse, key string) any {
		p, _ := world.At(rsp, key, "spec.forProvider").(map[string]any)
		delete(p, "tags")
		return p
	}
	last := w.Run()
	rolls := func(key string) bool {
		for _, version := range []string{"spec.forProvider.version", "spec.forProvider.releaseVersion"} {
			if world.At(after, key, "kind") == "NodeGroup" && w.Observed[key] != nil && world.At(before, key, version) != world.At(last, key, version) {
				return true
			}
		}
		return world.At(after, key, "kind") == "LaunchTemplate" && w.Observed[key] != nil && !reflect.DeepEqual(parts(before, key), parts(after, key))
	}
	switch {
	case len(gone) > 0:
		return changing.Replaced
	case len(changed) == 0:
		return changing.Nothing
	case slices.ContainsFunc(world.Keys(before), rolls):
		return changing.Rolling
	case world.ConditionOf(after, v1alpha1.ConditionDataReady).GetReason() == "Pending":
		return changing.Pending
	default:
		return changing.InPlace
	}
}

// changedKeys of two answers: what differs in what AWS is told now.
func changedKeys(before, after *fnv1.RunFunctionResponse) []string {
	spec := func(rsp *fnv1.RunFunctionResponse, key string) any {
		o := fieldpath.Pave(world.Desired(rsp, key).Object)
		for _, path := range later {
			_ = o.DeleteField(path)
		}
		return o.UnstructuredContent()["spec"]
	}
	keys := slices.Concat(world.Keys(before), world.Keys(after))
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(key string) bool {
		return reflect.DeepEqual(spec(before, key), spec(after, key))
	})
}

// firstEdited is a settled world of an example that was edited before.
func firstEdited(t *testing.T, e edit) *world.World {
	t.Helper()
	w := world.New(t, e.example)
	for _, at := range world.SortedKeys(e.first) {
		set(t, w, at, e.first[at])
	}
	if err := w.CRDs.Validate(w.XR); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	return w
}

// place of an edit, below spec.
func place(field string, e edit) string {
	if e.at != "" {
		return e.at
	}
	return strings.ReplaceAll(field, "[]", "[0]")
}

// set a field of a world's composite, below spec, and whatever follows by default.
func set(t *testing.T, w *world.World, at string, to any) {
	t.Helper()
	if err := fieldpath.Pave(w.XR.Object).SetValue("spec."+at, to); err != nil {
		t.Fatal(err)
	}
	if err := w.CRDs.Default(w.XR); err != nil {
		t.Fatal(err)
	}
}

// TestChangingKnowsEveryField: each field of the schema has one entry in the table,
// no entry is of another, and what is called refused has a rule against its change.
func TestChangingKnowsEveryField(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	walk(claimSchema(t), "", func(path string, s extv1.JSONSchemaProps) {
		var entries []changing.Change
		for _, c := range changing.Changes {
			if pattern(c.Field).MatchString(path) {
				entries = append(entries, c)
				found[c.Field] = true
			}
		}
		if len(entries) != 1 {
			t.Errorf("%s: want one entry, got %v", path, entries)
			return
		}
		immutable := slices.ContainsFunc(s.XValidations, func(r extv1.ValidationRule) bool { return r.Rule == "self == oldSelf" })
		if refused := entries[0].Effect == changing.Refused; refused != immutable {
			t.Errorf("%s: refused is %t, and immutable %t", path, refused, immutable)
		}
	})
	var means []changing.Effect
	for _, e := range changing.Effects {
		means = append(means, e.Effect)
	}
	for _, c := range changing.Changes {
		if !found[c.Field] {
			t.Errorf("%s: there is no such field", c.Field)
		}
		if !slices.Contains(means, c.Effect) {
			t.Errorf("%s: nobody says what %q means", c.Field, c.Effect)
		}
		if !strings.HasSuffix(c.Does, ".") {
			t.Errorf("%s: want a sentence, got %q", c.Field, c.Does)
		}
	}
}

// claimSchema is the schema of a claim's spec, without what Crossplane adds to it.
func claimSchema(t *testing.T) extv1.JSONSchemaProps {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(world.Root(), "compositions", "definition.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	xrd := extv1.CustomResourceDefinition{}
	if err := yaml.Unmarshal(b, &xrd); err != nil {
		t.Fatal(err)
	}
	return xrd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
}

// pattern of a field's entry.
func pattern(field string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(field), `\*`, `[^.]+`) + "$")
}

// walk over the fields of a schema that hold no others.
func walk(s extv1.JSONSchemaProps, path string, visit func(path string, s extv1.JSONSchemaProps)) {
	switch {
	case s.Type == "array" && len(s.Items.Schema.Properties) > 0:
		walk(*s.Items.Schema, path+"[]", visit)
	case len(s.Properties) > 0:
		for _, name := range world.SortedKeys(s.Properties) {
			walk(s.Properties[name], strings.TrimPrefix(path+"."+name, "."), visit)
		}
	default:
		visit(path, s)
	}
}
