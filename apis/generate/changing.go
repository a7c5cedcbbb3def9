package main

import (
	"fmt"
	"strings"

	"github.com/xplatform-dev/function-xplatform/apis/changing"
)

// changes returns the page of what a change of each field does.
func changes() []byte {
	out := &strings.Builder{}
	fmt.Fprintf(out, "<!-- %s -->\n\n# What a change does\n\n", header)
	out.WriteString("A claim can be edited at any time. This is what becomes of an edit of each field of its `spec` in AWS. What the fields\nmean is in [reference.md](reference.md).\n\n")
	effects := &table{header: []string{"Effect", "Meaning"}}
	for _, e := range changing.Effects {
		effects.add("**"+string(e.Effect)+"**", e.Means)
	}
	out.WriteString(effects.markdown())

	section, rows := "", &table{}
	flush := func() {
		if len(rows.rows) > 0 {
			out.WriteString("\n## " + section + "\n\n" + rows.markdown())
		}
	}
	for _, c := range changing.Changes {
		if s := sectionOf(c.Field); s != section {
			flush()
			section, rows = s, &table{header: []string{"Field", "Effect", "What happens"}}
		}
		rows.add(code(c.Field), string(c.Effect), c.Does)
	}
	flush()
	return []byte(out.String())
}

// sectionOf a field: the first part of its path, if it has more.
func sectionOf(field string) string {
	first, _, below := strings.Cut(field, ".")
	if !below {
		return "platform"
	}
	return strings.TrimSuffix(first, "[]")
}
