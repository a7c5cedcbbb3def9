package main

import (
	"fmt"
	"regexp"
	"strings"
)

// unreleased is the section of the changelog with what the next release brings.
const unreleased = "Unreleased"

var heading = regexp.MustCompile(`(?m)^## \[([^\]]+)\].*\n`)

// notesOf a version: its section of a changelog, without its heading. The error says
// that it has none, or an empty one.
func notesOf(changelog, version string) (string, error) {
	sections := heading.FindAllStringSubmatchIndex(changelog, -1)
	for i, s := range sections {
		if changelog[s[2]:s[3]] != version {
			continue
		}
		end := len(changelog)
		if i+1 < len(sections) {
			end = sections[i+1][0]
		}
		if notes := strings.TrimSpace(links.ReplaceAllString(changelog[s[1]:end], "")); notes != "" {
			return notes + "\n", nil
		}
		return "", fmt.Errorf("CHANGELOG.md: the section %s is empty: say what is new in it", version)
	}
	return "", fmt.Errorf("CHANGELOG.md: there is no section %q: give what is unreleased the version", "## ["+version+"]")
}

// links are where a changelog's headings lead, at its end.
var links = regexp.MustCompile(`(?m)^\[[^\]]+\]: .*$`)
