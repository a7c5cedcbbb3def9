package controlplane

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// sleeper is a process that does nothing for long enough.
func sleeper(dir string) *Process {
	return &Process{Name: "sleeper", dir: dir, path: "/bin/sleep", args: []string{"600"}}
}

func alive(p *Process) bool { return p.cmd.Process.Signal(syscall.Signal(0)) == nil }

// TestDown: what runs in a state folder is ended, whoever started it, and what
// only looks like it is left alone.
func TestDown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := sleeper(dir)
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := sleeper(dir).Start(t.Context()); err == nil || !strings.Contains(err.Error(), "still runs") {
		t.Errorf("want a second process of one name to be refused, got %v", err)
	}

	// A process that holds no lock, though a file names it: its id was another
	// process's before.
	stranger := sleeper(t.TempDir())
	if err := stranger.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer stranger.Kill()
	b, err := os.ReadFile(filepath.Join(stranger.dir, "sleeper.pid"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "old.pid"), b, 0o600); err != nil {
		t.Fatal(err)
	}

	if err := Down(dir); err != nil {
		t.Fatal(err)
	}
	<-p.done
	if !alive(stranger) {
		t.Error("a process was ended that did not belong to the folder")
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.pid")); err != nil || len(left) > 0 {
		t.Errorf("want nothing left, got %v (%v)", left, err)
	}
}

// TestStart: a process that ends before it is ready is an error that shows what
// it said.
func TestStart(t *testing.T) {
	t.Parallel()
	p := &Process{Name: "failing", dir: t.TempDir(), path: "/bin/sh", args: []string{"-c", "echo no such port; exit 1"}}
	p.ready = func(context.Context) error { return errors.New("nobody listens") }
	err := p.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no such port") {
		t.Errorf("want an error with what the process said, got %v", err)
	}
}

// TestFreePorts: they all differ, and are none that an outgoing connection could
// be given.
func TestFreePorts(t *testing.T) {
	t.Parallel()
	ports, err := freePorts(50)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, p := range ports {
		if seen[p] || p < 1024 || p >= 32768 {
			t.Errorf("want different ports below 32768, got %v", ports)
		}
		seen[p] = true
	}
}
