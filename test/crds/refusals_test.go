package crds

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A mistake somebody could make in a claim, or in an edit of one, and what is
// nearest to it and right. Claims are patches of the smallest claim's spec: a
// field is replaced whole, and null removes it.
type mistake struct {
	reason string
	// old is the claim before the edit. Without it the claim is a new one.
	old string
	// wrong is refused with a message about a field.
	wrong, field, says string
	// right are accepted, each instead of the wrong one.
	right []string
}

// TestMistakes proves that every mistake a schema can know of is refused when
// it is made, with a message about the right field that says what would be
// right, and about nothing else; and that nothing like it is refused by mistake.
// The composite has the claim's rules, so that whoever creates one without a
// claim, or Crossplane for a claim, is told the same.
func TestMistakes(t *testing.T) {
	tables := map[string]map[string]mistake{
		"Region": regionMistakes(), "Name": nameMistakes(), "Tags": tagMistakes(), "IAM": iamMistakes(), "Fields": fieldMistakes(),
		"CIDR": cidrMistakes(), "Zones": zoneMistakes(), "VPC": vpcMistakes(),
		"Version": versionMistakes(), "Endpoint": endpointMistakes(), "Secrets": secretsMistakes(), "Cluster": clusterMistakes(),
		"NodeGroups": nodeGroupMistakes(), "NodeGroupEdits": nodeGroupEdits(), "Images": imageMistakes(), "Windows": windowMistakes(), "Labels": labelMistakes(), "Sizes": sizeMistakes(),
		"DNS": dnsMistakes(), "Databases": databaseMistakes(), "Queues": queueMistakes(), "Controllers": controllerMistakes(),
		"Limits": limitMistakes(), "Facts": factMistakes(), "Teardown": teardownMistakes(),
	}
	refused, accepted := 0, 0
	for _, table := range slices.Sorted(maps.Keys(tables)) {
		for name, tc := range tables[table] {
			if tc.wrong != "" {
				refused++
			}
			accepted += len(tc.right)
			t.Run(table+"/"+name, func(t *testing.T) {
				t.Parallel()
				if len(tc.right) == 0 {
					t.Errorf("\n%s\nwant something right that is near", tc.reason)
				}
				for _, door := range []string{"Platform", "XPlatform"} {
					tc.check(t, door)
				}
			})
		}
	}
	t.Logf("%d refused, %d accepted", refused, accepted)
}

// check that objects of a kind are refused and accepted.
func (m mistake) check(t *testing.T, kind string) {
	t.Helper()
	if m.old != "" {
		if err := registry(t).Validate(patched(t, kind, m.old)); err != nil {
			t.Fatalf("\n%s\nthe claim that is edited should be right: %s\n%v", m.reason, excerpt(m.old), err)
		}
	}
	for _, right := range m.right {
		if err := m.verdict(t, kind, right); err != nil {
			t.Errorf("\n%s\nshould be accepted: %s\n%v", m.reason, excerpt(right), err)
		}
	}
	if m.wrong == "" {
		return
	}
	err := m.verdict(t, kind, m.wrong)
	if err == nil {
		t.Fatalf("\n%s\nshould be refused: %s", m.reason, excerpt(m.wrong))
	}
	said := false
	for line := range strings.Lines(err.Error()) {
		_, line, _ = strings.Cut(strings.TrimSpace(line), ": ")
		said = said || strings.Contains(line, m.field) && strings.Contains(line, m.says)
		if !strings.Contains(line, m.field) && !strings.Contains(line, "some validation rules were not checked") {
			t.Errorf("\n%s\n%s: only %s is wrong, got: %s", m.reason, excerpt(m.wrong), m.field, line)
		}
	}
	if !said {
		t.Errorf("\n%s\n%s\nwant an error about %s with %q, got:\n%v", m.reason, excerpt(m.wrong), m.field, m.says, err)
	}
}

// verdict of the API server on a claim, or on an edit.
func (m mistake) verdict(t *testing.T, kind, patch string) error {
	t.Helper()
	if m.old == "" {
		return registry(t).Validate(patched(t, kind, patch))
	}
	return registry(t).ValidateUpdate(patched(t, kind, patch), patched(t, kind, m.old))
}

// patched is the smallest object of a kind with another spec.
func patched(t *testing.T, kind, patch string) *unstructured.Unstructured {
	t.Helper()
	obj := parse(t, smallest)
	if kind != obj.GetKind() {
		// A composite is a claim without a namespace.
		obj.SetKind(kind)
		obj.SetNamespace("")
	}
	spec := obj.Object["spec"].(map[string]any)
	for k, v := range parse(t, patch).Object {
		spec[k] = v
		if v == nil {
			delete(spec, k)
		}
	}
	return obj
}

// excerpt of a claim, for messages: the largest would fill the screen.
func excerpt(patch string) string { return patch[:min(len(patch), 300)] }

// items in YAML, a list of n strings, made of their numbers.
func items(n int, format string) string {
	items := make([]string, 0, n)
	for i := range n {
		items = append(items, fmt.Sprintf(format, i))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// entries in YAML, a map of n keys, made of their numbers.
func entries(n int, format string) string {
	return "{" + strings.Trim(items(n, format), "[]") + "}"
}

// long is a word of n letters.
func long(n int) string { return strings.Repeat("a", n) }
