package docs

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// CheckDrawn checks that what a page has between two marks is what is drawn, and
// if it is to be updated, writes it there; the test still fails then.
func CheckDrawn(tb testing.TB, path, begin, end, drawn string, update bool) {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		tb.Fatalf("%s has no place for it, between %q and %q", path, begin, end)
	}
	want := before + begin + drawn + end + after
	diff := cmp.Diff(want, string(b))
	if diff == "" {
		return
	}
	if update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	tb.Errorf("%s: -drawn, +file (run with -update to accept):\n%s", path, diff)
}
