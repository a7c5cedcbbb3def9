package changelog

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRead: this project's changelog can be read, and so can the entry that the
// documentation shows.
func TestRead(t *testing.T) {
	t.Parallel()
	if _, err := Read("../.."); err != nil {
		t.Error(err)
	}
	b, err := os.ReadFile("../../docs/contributing.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(b), "\n## Changing what exists\n")
	if all, err := parse("\n## [Unreleased]\n" + shown); err != nil || len(all) != 1 {
		t.Errorf("want one entry that can be read, got %v (%v)", all, err)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		text   string
		want   []Change
		err    string
	}{
		"Nothing": {
			reason: "A list without entries should announce nothing.",
			text:   "\n## [Unreleased]\n\n```yaml\n[]\n```\n",
			want:   []Change{},
		},
		"OfUnreleased": {
			reason: "What a release has announced should not be announced again.",
			text:   "\n## [Unreleased]\n\n```yaml\n- {resources: vpc, why: a, existing: replaced}\n```\n\n## [1.0.0]\n\n```yaml\n- {resources: zone, why: b, existing: replaced}\n```\n",
			want:   []Change{{Resources: "vpc", Why: "a", Existing: Replaced}},
		},
		"NoBlock": {
			reason: "A block of a release should not be taken for one that is missing.",
			text:   "\n## [Unreleased]\n\n## [1.0.0]\n\n```yaml\n[]\n```\n",
			err:    "want a block of YAML below",
		},
		"Unclosed": {
			reason: "A block that has no end should be an error.",
			text:   "\n## [Unreleased]\n\n```yaml\n[]\n",
			err:    "want a block of YAML below",
		},
		"UnknownField": {
			reason: "A field that nobody reads should be an error.",
			text:   "\n## [Unreleased]\n\n```yaml\n- {resource: vpc}\n```\n",
			err:    `unknown field "resource"`,
		},
		"NoResources": {
			reason: "An entry should say of what it is one.",
			text:   "\n## [Unreleased]\n\n```yaml\n- {why: a, existing: replaced}\n```\n",
			err:    "entry 1: resources is missing",
		},
		"NoReason": {
			reason: "An entry should say why.",
			text:   "\n## [Unreleased]\n\n```yaml\n- {resources: vpc, existing: replaced}\n```\n",
			err:    "why is missing",
		},
		"NoField": {
			reason: "What changes should say which field does.",
			text:   "\n## [Unreleased]\n\n```yaml\n- {resources: vpc, why: a, existing: changed}\n```\n",
			err:    "field is missing",
		},
		"NoFate": {
			reason: "An entry should say what becomes of platforms that exist.",
			text:   "\n## [Unreleased]\n\n```yaml\n- {resources: vpc, why: a, existing: safe}\n```\n",
			err:    `existing is "safe"`,
		},
		"Idle": {
			reason: "An entry that announces nothing should be an error.",
			text:   "\n## [Unreleased]\n\n```yaml\n- {resources: vpc, field: kind, why: a, existing: kept}\n```\n",
			err:    "was and is are missing",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := parse(tc.text)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("\n%s\nwant an error with %q, got %v", tc.reason, tc.err, err)
				}
				return
			}
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Errorf("\n%s\n%v: -want, +got:\n%s", tc.reason, err, diff)
			}
		})
	}
}

func TestBroken(t *testing.T) {
	t.Parallel()
	renamed := Change{Resources: "*.role", Field: "metadata.name", Was: "old-*", Is: "new-*"}
	cases := map[string]struct {
		reason    string
		made, now string
		announced []Change
		want      string
		err       string
	}{
		"Same":           {reason: "What is as it was should be kept.", made: "vpc kind VPC\n", now: "vpc kind VPC\n"},
		"More":           {reason: "More than was promised is no breach.", made: "vpc kind VPC\n", now: "vpc kind VPC\nzone kind Zone\n"},
		"Gone":           {reason: "What is gone should be an error.", made: "vpc kind VPC\n", want: "vpc kind VPC\n", err: "vpc kind VPC: is no more"},
		"Renamed":        {reason: "What has another name should be an error.", made: "a.role metadata.name old-a\n", now: "a.role metadata.name new-a\n", want: "a.role metadata.name old-a\n", err: "old-a: is no more"},
		"Announced":      {reason: "What is announced should be none.", made: "a.role metadata.name old-a\n", now: "a.role metadata.name new-a\n", announced: []Change{renamed}, want: "a.role metadata.name old-a\n"},
		"OtherResource":  {reason: "An announcement should hold for no other resource.", made: "a.role metadata.name old-a\nvpc metadata.name old-vpc\n", now: "a.role metadata.name new-a\n", announced: []Change{renamed}, want: "a.role metadata.name old-a\nvpc metadata.name old-vpc\n", err: "old-vpc: is no more"},
		"OtherValue":     {reason: "Nor for another value.", made: "a.role metadata.name a\n", now: "a.role metadata.name new-a\n", announced: []Change{renamed}, want: "a.role metadata.name a\n", err: "a.role metadata.name a: is no more"},
		"NeverWas":       {reason: "An announcement of what never was should be an error.", now: "a.role metadata.name new-a\n", announced: []Change{renamed}, err: "that did not happen"},
		"StillIs":        {reason: "So should one of what still is.", made: "a.role metadata.name old-a\n", now: "a.role metadata.name old-a\na.role metadata.name new-a\n", announced: []Change{renamed}, err: "that did not happen"},
		"NeverBecame":    {reason: "So should one of what did not come.", made: "a.role metadata.name old-a\n", announced: []Change{renamed}, want: "a.role metadata.name old-a\n", err: "that did not happen"},
		"AnnouncedGone":  {reason: "What goes for good should be announced without what it becomes.", made: "vpc kind VPC\n", announced: []Change{{Resources: "vpc", Field: "kind", Was: "VPC"}}, want: "vpc kind VPC\n"},
		"OfObjectsAlone": {reason: "A change of objects alone is none of the API.", announced: []Change{{Resources: "vpc", Field: "spec", Existing: Changed}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Broken(promises(t, tc.made), promises(t, tc.now), tc.announced)
			if diff := cmp.Diff(tc.want, List(got)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if (err != nil) != (tc.err != "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("\n%s\nwant error %q, got %v", tc.reason, tc.err, err)
			}
		})
	}
}

func TestAnnounced(t *testing.T) {
	t.Parallel()
	all := []Change{
		{Resources: "node-group.*", Field: "spec.forProvider.labels*", Existing: Changed},
		{Resources: "node-group.*", Existing: Replaced},
		{Resources: "vpc", Field: "metadata.name", Was: "a", Is: "b", Existing: Kept},
	}
	cases := map[string]struct {
		reason          string
		resource, field string
		fate            Fate
		want            bool
	}{
		"Field":      {reason: "A field below the one that is announced is announced.", resource: "node-group.a", field: "spec.forProvider.labels.x", fate: Changed, want: true},
		"OtherField": {reason: "Another field is not.", resource: "node-group.a", field: "spec.forProvider.taints", fate: Changed},
		"Whole":      {reason: "An object that is made anew has no field.", resource: "node-group.a", fate: Replaced, want: true},
		"OtherFate":  {reason: "One that only goes is not one that is made anew.", resource: "node-group.a", fate: Removed},
		"Other":      {reason: "A pattern is one of the whole key.", resource: "a.node-group.a", fate: Replaced},
		"Kept":       {reason: "What is kept must not change.", resource: "vpc", field: "metadata.name", fate: Changed},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Announced(all, tc.resource, tc.field, tc.fate); got != tc.want {
				t.Errorf("\n%s\nwant %t, got %t", tc.reason, tc.want, got)
			}
		})
	}
}

// promises of a list that is one.
func promises(t *testing.T, list string) []Promise {
	t.Helper()
	all, err := Promises(list)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestPromises(t *testing.T) {
	t.Parallel()
	const list = "contract.go constant a value of words\nvpc kind VPC\n"
	if got := List(append(promises(t, list), promises(t, list)...)); got != list {
		t.Errorf("want each line once, as it was:\n%s\ngot:\n%s", list, got)
	}
	if _, err := Promises("vpc kind\n"); err == nil || !strings.Contains(err.Error(), `"vpc kind\n"`) {
		t.Errorf("want an error that names the line, got %v", err)
	}
}
