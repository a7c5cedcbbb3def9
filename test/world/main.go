package world

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
)

// Main runs the tests of a package. They make garbage faster than they keep
// anything.
func Main(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// Root of the repository, as seen from the test's folder, be it another module's.
func Root() string {
	root := "."
	for range 5 {
		if _, err := os.Stat(filepath.Join(root, "examples")); err == nil {
			break
		}
		root = filepath.Join(root, "..")
	}
	return root
}
