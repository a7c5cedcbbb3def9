package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/xplatform-dev/function-xplatform/test/progress"
)

// A teller tells how a platform is doing, by what is said of it in one read of one
// object: two would be of two moments, and what is told would run backwards. It
// says nothing twice in a row, and what explains it only once. What really gets
// worse it tells.
type teller struct {
	out io.Writer
	// clock is how long it takes already.
	clock func() time.Duration

	last      string
	explained map[string]bool
}

func newTeller(out io.Writer) *teller {
	begin := time.Now()
	return &teller{out: out, clock: func() time.Duration { return since(begin) }, explained: map[string]bool{}}
}

// up tells of a platform that is built, and whether it is ready.
func (t *teller) up(p *progress.Progress) (ready bool) {
	if len(p.Layers) == 0 || !p.Whole() {
		return false
	}
	t.say(p.Summary())
	for _, f := range p.Failures() {
		t.explain("  ! " + f)
	}
	for _, why := range slices.Sorted(maps.Keys(p.Next)) {
		t.explain("  next, after " + why + ": " + strings.Join(progress.Fold(p.Next[why]), ", "))
	}
	return p.Ready
}

// down tells of a platform that is taken down.
func (t *teller) down(p *progress.Progress) {
	if p.Phase == "TearingDown" {
		t.say(p.Removal())
	}
}

func (t *teller) say(line string) {
	if line != t.last {
		t.print(t.clock().String(), line)
	}
	t.last = line
}

func (t *teller) explain(line string) {
	if !t.explained[line] {
		t.print("", line)
	}
	t.explained[line] = true
}

func (t *teller) print(when, line string) {
	fmt.Fprintf(t.out, "%6s  %s\n", when, line) //nolint:errcheck // Nobody can be told.
}
