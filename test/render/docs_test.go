package main

import (
	"os/exec"
	"slices"
	"testing"

	"github.com/xplatform-dev/function-xplatform/test/docs"
)

// TestHelp: the crossplane CLI knows every command of the documentation, and its
// flags.
func TestHelp(t *testing.T) {
	commands, err := docs.Commands(".", docs.Helps)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range commands {
		if c.Words[0] != "crossplane" {
			continue // TestDocs in test/suite has its program.
		}
		args := append(slices.Clone(c.Words[1:]), "--help")
		if out, err := exec.CommandContext(t.Context(), ".cache/bin/crossplane", args...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", c, err, out)
		}
	}
}
