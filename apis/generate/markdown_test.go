package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTableMarkdown(t *testing.T) {
	cases := map[string]struct {
		reason string
		table  table
		want   string
	}{
		"Filled": {
			reason: "Every row should be a line.",
			table:  table{header: []string{"A", "B"}, rows: [][]string{{"1", "2"}, {"3", "4"}}},
			want:   "| A | B |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |\n",
		},
		"EmptyCell": {
			reason: "A cell may be empty if another of its column isn't.",
			table:  table{header: []string{"A", "B"}, rows: [][]string{{"1", ""}, {"", "4"}}},
			want:   "| A | B |\n| --- | --- |\n| 1 | |\n| | 4 |\n",
		},
		"EmptyColumn": {
			reason: "A column nothing is in should be left out.",
			table:  table{header: []string{"A", "B", "C"}, rows: [][]string{{"1", "", "3"}, {"4", "", ""}}},
			want:   "| A | C |\n| --- | --- |\n| 1 | 3 |\n| 4 | |\n",
		},
		"Pipe": {
			reason: "A pipe should not end a cell, not even in a code span.",
			table:  table{header: []string{"A"}, rows: [][]string{{"`^(a|b)$`"}}},
			want:   "| A |\n| --- |\n| `^(a\\|b)$` |\n",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.table.markdown()); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestText(t *testing.T) {
	cases := map[string]struct {
		reason string
		got    string
		want   string
	}{
		"CodeOfString": {
			reason: "A JSON string should lose its quotes.",
			got:    code(`"10.0.0.0/16"`),
			want:   "`10.0.0.0/16`",
		},
		"CodeOfList": {
			reason: "The strings in a JSON list should keep their quotes.",
			got:    code(`["a","b"]`),
			want:   "`[\"a\",\"b\"]`",
		},
		"CodeWithBacktick": {
			reason: "A backtick should not end a code span.",
			got:    code("a`b"),
			want:   "`` a`b ``",
		},
		"Prose": {
			reason: "Line breaks should be joined, and nothing taken for HTML.",
			got:    prose("The  name\nof <a> thing.\n"),
			want:   "The name of &lt;a> thing.",
		},
		"Anchor": {
			reason: "An anchor should be what GitHub makes of a heading.",
			got:    anchor("spec.nodeGroups[].taints[]"),
			want:   "specnodegroupstaints",
		},
		"AnchorOfPlaceholder": {
			reason: "A placeholder's brackets should not be in an anchor.",
			got:    anchor("spec.controllers.<name>"),
			want:   "speccontrollersname",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
