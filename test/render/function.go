package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"syscall"
	"time"
)

// patience is how long a function may take to start and to stop.
const patience = 30 * time.Second

// A process of the function.
type process struct {
	address string
	cmd     *exec.Cmd
	log     bytes.Buffer
	// exited receives what the process ended with.
	exited chan error
}

// startFunction on a free port, and wait until it listens. Somebody else may take
// the port between our finding it and the function's listening there, so a
// second and a third port are tried.
func startFunction(ctx context.Context, path string) (*process, error) {
	var errs []error
	for range 3 {
		p, err := startOnce(ctx, path)
		if err == nil {
			return p, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

func startOnce(ctx context.Context, path string) (*process, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("cannot find a free port: %w", err)
	}
	p := &process{address: l.Addr().String(), exited: make(chan error, 1)}
	if err := l.Close(); err != nil {
		return nil, fmt.Errorf("cannot free a port: %w", err)
	}

	p.cmd = exec.CommandContext(ctx, path, "--insecure", "--address", p.address, "--metrics", "")
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start the function: %w", err)
	}
	go func() { p.exited <- p.cmd.Wait() }()

	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-p.exited:
			return nil, fmt.Errorf("the function ended before it listened: %w: %s", err, p.log.String())
		default:
		}
		if conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", p.address); err == nil {
			return p, conn.Close()
		}
	}
	p.stop()
	return nil, fmt.Errorf("the function did not listen at %s within %s: %s", p.address, patience, p.log.String())
}

// stop the function and wait until it has ended.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
}
