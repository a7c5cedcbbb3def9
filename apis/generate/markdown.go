package main

import (
	"strings"
	"unicode"
)

// A table in Markdown.
type table struct {
	header []string
	rows   [][]string
}

// add adds a row with as many cells as the table's header has.
func (t *table) add(cells ...string) {
	t.rows = append(t.rows, cells)
}

// markdown returns the table without the columns in which every cell is empty.
func (t *table) markdown() string {
	filled := make([]bool, len(t.header))
	for _, row := range t.rows {
		for i, cell := range row {
			filled[i] = filled[i] || cell != ""
		}
	}

	out := &strings.Builder{}
	line := func(cells []string) {
		out.WriteString("|")
		for i, cell := range cells {
			if filled[i] {
				// A pipe ends a cell even in a code span.
				out.WriteString(strings.TrimRight(" "+strings.ReplaceAll(cell, "|", `\|`), " ") + " |")
			}
		}
		out.WriteString("\n")
	}
	rule := make([]string, len(t.header))
	for i := range rule {
		rule[i] = "---"
	}
	line(t.header)
	line(rule)
	for _, row := range t.rows {
		line(row)
	}
	return out.String()
}

// code returns text as a code span.
func code(text string) string {
	// JSON strings read better without their quotes.
	if inner, ok := strings.CutPrefix(text, `"`); ok && strings.Count(text, `"`) == 2 {
		text = strings.TrimSuffix(inner, `"`)
	}
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}

// prose returns text as one line, with what Markdown would take for HTML
// escaped.
func prose(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "<", "&lt;")
}

// anchor returns the fragment GitHub gives a heading.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		default:
			return -1
		}
	}, heading)
}
