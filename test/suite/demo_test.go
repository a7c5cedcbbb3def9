package suite

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestInterrupt: who interrupts the demo, at whatever moment, finds nothing left
// behind.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"while it starts":   "Installing Crossplane",
		"while it installs": "Installing the packages",
		"while it builds":   "next, after",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "demo")
			cmd := exec.CommandContext(t.Context(), ".cache/bin/demo", "up", "--dir", dir, "--out", t.TempDir(), "examples/platform-smallest.yaml")
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			interrupted := false
			for lines := bufio.NewScanner(out); lines.Scan(); {
				if !interrupted && strings.Contains(lines.Text(), line) {
					interrupted = true
					if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
						t.Error(err)
					}
				}
			}
			if err := cmd.Wait(); err == nil || !interrupted {
				t.Errorf("want the demo to end when it is interrupted after %q, got %v", line, err)
			}
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("the state folder is left: %v", err)
			}
			ps, err := exec.CommandContext(t.Context(), "pgrep", "-f", dir).Output()
			if err == nil {
				t.Errorf("processes are left: %s", ps)
			}
		})
	}
}
