// Package docs finds the commands that the documentation tells people to run, and
// says how each of them is tested. A command that nothing tests is an error.
package docs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// What the documentation speaks of: the claim dev in team-a, the platform's name in
// AWS, and its composite, whose name ends in what Crossplane made up.
const (
	Namespace = "team-a"
	Name      = "team-a-dev"
	Composite = "dev-x7k2p"
)

// The page that is followed, and its sections that are.
const (
	InstallPage      = "install.md"
	InstallSection   = "In five commands"
	UpgradeSection   = "Upgrading"
	UninstallSection = "Uninstalling"
)

// A Command in the documentation.
type Command struct {
	// Page it is on, and the number of its line there.
	Page string
	Line int
	// Section is the heading it is under.
	Section string
	// Block is the language of the block it is in, "" if it is in the text or in a
	// block of none.
	Block string
	// Text of it, and its words as a shell reads them.
	Text  string
	Words []string
}

// String says where the command is, for people.
func (c Command) String() string { return fmt.Sprintf("%s:%d: %s", c.Page, c.Line, c.Text) }

// A Way to test a command.
type Way string

// The ways to test a command.
const (
	// Runs on a control plane, as it is written, with a platform like the one it
	// speaks of. What changes something is not kept (--dry-run=server), so that
	// commands need no order.
	Runs Way = "runs"
	// Helps: it says too little to be run, or speaks of a moment or a cluster that
	// no test has. The program itself must know it, and its flags (--help).
	Helps Way = "helps"
	// Followed word for word, with the others of its section and in their order, on a
	// control plane that has nothing but them.
	Followed Way = "followed"
	// Judged: it applies objects of Argo CD or Flux, whose definitions no control plane of
	// the tests has. They are judged by these definitions alone.
	Judged Way = "judged"
	// Makes: it is a target of the Makefile. Those of the README's blocks are run,
	// and what they print is compared.
	Makes Way = "makes"
	// Elsewhere: it can do nothing without AWS or the internet. Its operation and
	// its flags are those of a table, and its files exist.
	Elsewhere Way = "elsewhere"
)

// programs that people are told to run.
const programs = "kubectl|helm|aws|make|crossplane|velero|cosign"

// ofGitOps are the files that have objects of Argo CD or Flux.
var ofGitOps = regexp.MustCompile(`^examples/gitops/(argocd|flux)/`)

// Way to test the command.
func (c Command) Way() (Way, error) {
	switch {
	case c.Page == InstallPage && slices.Contains([]string{InstallSection, UpgradeSection, UninstallSection}, c.Section):
		return Followed, nil
	case c.Words[0] == "make":
		return Makes, nil
	case slices.Contains([]string{"helm", "aws", "velero", "cosign"}, c.Words[0]):
		return Elsewhere, nil
	case c.Words[0] == "crossplane":
		return Helps, nil
	case c.Words[0] == "kubectl" && (len(c.Words) == 2 || c.Words[1] == "logs"):
		return Helps, nil
	case c.Words[0] == "kubectl" && slices.ContainsFunc(c.Words, ofGitOps.MatchString):
		return Judged, nil
	case c.Words[0] == "kubectl":
		return Runs, nil
	default:
		return "", fmt.Errorf("cannot test %s: nobody knows how", c)
	}
}

// Pages of the documentation in a checkout.
func Pages(root string) ([]string, error) {
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	for _, page := range []string{"README.md", "CHANGELOG.md", "SECURITY.md", ".github/pull_request_template.md"} {
		pages = append(pages, filepath.Join(root, filepath.FromSlash(page)))
	}
	return pages, err
}

// Commands of a way on all pages of a checkout.
func Commands(root string, way Way) ([]Command, error) {
	pages, err := Pages(root)
	if err != nil {
		return nil, err
	}
	var all []Command
	for _, page := range pages {
		b, err := os.ReadFile(filepath.Clean(page))
		if err != nil {
			return nil, err
		}
		commands, err := find(filepath.Base(page), string(b))
		if err != nil {
			return nil, err
		}
		for _, c := range commands {
			w, err := c.Way()
			if err != nil {
				return nil, err
			}
			if w == way {
				all = append(all, c)
			}
		}
	}
	return all, nil
}

// Section of a page that is followed: its commands, in their order.
func Section(root, heading string) ([]Command, error) {
	all, err := Commands(root, Followed)
	return slices.DeleteFunc(all, func(c Command) bool { return c.Section != heading }), err
}

var (
	begins = regexp.MustCompile(`^(` + programs + `) `)
	inText = regexp.MustCompile("`((?:" + programs + ")\\s[^`]+)`")
	fence  = regexp.MustCompile("^```(.*)$")
)

// find the commands of a page: lines of blocks with a prompt, or in a block without
// any those that begin with a program; and what the text has in backquotes.
func find(page, text string) ([]Command, error) {
	var all []Command
	var errs []error
	add := func(line int, block, command string) {
		words, err := split(command)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: cannot read %q: %w", page, line, command, err))
			return
		}
		all = append(all, Command{Page: page, Line: line, Section: sectionOf(text, line), Block: block, Text: strings.Join(strings.Fields(command), " "), Words: words})
	}
	prose, blocks := separate(text)
	for _, b := range blocks {
		prompts := slices.ContainsFunc(b.lines, func(l string) bool { return strings.HasPrefix(l, "$ ") })
		for i := 0; i < len(b.lines); i++ {
			line, prompt := strings.CutPrefix(b.lines[i], "$ ")
			if !prompt && (prompts || !begins.MatchString(line)) {
				continue
			}
			first := b.first + i
			for strings.HasSuffix(line, "\\") && i+1 < len(b.lines) {
				i++
				line = strings.TrimSuffix(line, "\\") + strings.TrimSpace(b.lines[i])
			}
			add(first, b.language, line)
		}
	}
	for _, m := range inText.FindAllStringSubmatchIndex(prose, -1) {
		add(1+strings.Count(prose[:m[2]], "\n"), "", prose[m[2]:m[3]])
	}
	return all, errors.Join(errs...)
}

// sectionOf a line of a page: the last heading before it.
func sectionOf(text string, line int) string {
	section := ""
	for i, l := range strings.Split(text, "\n") {
		if i < line && (strings.HasPrefix(l, "## ") || strings.HasPrefix(l, "### ")) {
			section = strings.TrimSpace(strings.TrimLeft(l, "#"))
		}
	}
	return section
}

// A block of code, and the number of its first line.
type block struct {
	language string
	first    int
	lines    []string
}

// separate a page's text from its blocks, fenced or indented. The text keeps its
// line numbers.
func separate(page string) (string, []block) {
	prose := &strings.Builder{}
	var blocks []block
	inside, indented := false, false
	for i, line := range strings.Split(page, "\n") {
		open := fence.FindStringSubmatch(line)
		code, indent := strings.CutPrefix(line, "    ")
		switch last := len(blocks) - 1; {
		case open != nil:
			inside = !inside
			if inside {
				blocks = append(blocks, block{language: open[1], first: i + 2})
			}
		case inside:
			blocks[last].lines = append(blocks[last].lines, line)
		case indent && indented:
			blocks[last].lines = append(blocks[last].lines, code)
		case indent:
			blocks = append(blocks, block{first: i + 1, lines: []string{code}})
		default:
			prose.WriteString(line)
		}
		indented = indent && !inside
		prose.WriteByte('\n')
	}
	return prose.String(), blocks
}
