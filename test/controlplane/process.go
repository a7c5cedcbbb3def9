package controlplane

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

const (
	// patience is how long a process may take to become ready. It is generous:
	// two cores may be busy with other builds.
	patience = 2 * time.Minute
	// grace is how long it may take to stop before it is killed. An API server
	// would wait a minute for its watches to end.
	grace = 5 * time.Second
)

// A Process of a control plane. It logs to <dir>/<name>.log.
//
// While it lives it holds a lock on <dir>/<name>.pid, which holds its process
// id. The lock goes with the process, however it ends, so that a process id is
// never used after the process it belonged to.
type Process struct {
	Name string

	dir   string
	path  string
	args  []string
	env   []string
	ready func(ctx context.Context) error

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
}

// Start the process, and wait until it is ready.
func (p *Process) Start(ctx context.Context) error {
	if err := p.start(); err != nil {
		return fmt.Errorf("cannot start %s: %w", p.Name, err)
	}
	if p.ready == nil {
		return nil
	}
	var last error
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		select {
		case <-p.done:
			return false, fmt.Errorf("it ended: %s", p.cmd.ProcessState)
		default:
		}
		last = p.ready(ctx)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("cannot start %s: %w, %w; its log ends: %s", p.Name, err, last, p.logEnd())
	}
	return nil
}

// Stop the process as a kubelet would, and wait until it has ended.
func (p *Process) Stop() { p.end(syscall.SIGTERM) }

// Kill the process as a crash would, and wait until it has ended.
func (p *Process) Kill() { p.end(syscall.SIGKILL) }

func (p *Process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	log, err := os.OpenFile(p.file("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // The child has its own.
	lock, err := lockFile(p.file("pid"))
	if err != nil {
		return err
	}
	// The child inherits the lock, and nobody else keeps it.
	defer lock.Close() //nolint:errcheck // Nothing is written through it any more.

	// Not CommandContext: the processes of a demonstration go on when the
	// context they were started in ends.
	cmd := exec.Command(p.path, p.args...) //nolint:noctx // See above.
	cmd.Env = append(os.Environ(), p.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{lock}
	// Ctrl-C is for who started us. We stop our processes in their order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	// Only what has started can be ended.
	p.cmd, p.done = cmd, make(chan struct{})
	go func(done chan struct{}) {
		_ = cmd.Wait()
		close(done)
	}(p.done)
	return writePID(lock, cmd.Process.Pid)
}

func (p *Process) end(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(s)
	select {
	case <-p.done:
	case <-time.After(grace):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

func (p *Process) file(ext string) string { return filepath.Join(p.dir, p.Name+"."+ext) }

// logEnd is the last of what the process logged.
func (p *Process) logEnd() string {
	b, err := os.ReadFile(p.file("log"))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}

// lockFile opens a file and locks it, or fails because a process has the lock.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%s belongs to a process that still runs: %w", path, err), f.Close())
	}
	return f, nil
}

func writePID(f *os.File, pid int) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(pid)), 0)
	return err
}

// Hold marks this process as the one that runs the control plane in a folder,
// for Down, until it ends.
func Hold(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("cannot make the state folder: %w", err)
	}
	f, err := lockFile(filepath.Join(dir, holder+".pid"))
	if err != nil {
		return err
	}
	held = append(held, f)
	return writePID(f, os.Getpid())
}

const holder = "controlplane"

// held files must not be collected, which would close them.
var held []*os.File //nolint:gochecknoglobals // They belong to the process.

// Down ends everything that runs in a state folder, first the process that holds
// it, which ends the others in their order. It does nothing to processes it
// can't be sure of.
func Down(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.pid"))
	if err != nil {
		return err
	}
	errs := []error{}
	first := filepath.Join(dir, holder+".pid")
	for _, file := range append([]string{first}, files...) {
		errs = append(errs, endHolder(file))
	}
	return errors.Join(errs...)
}

// endHolder ends the process that holds the lock on a file.
func endHolder(file string) error {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			if _, err := os.Stat(file); err != nil {
				return nil //nolint:nilerr // Nothing ran here.
			}
			f, err := lockFile(file)
			if err == nil {
				return errors.Join(os.Remove(file), f.Close())
			}
			if s == 0 {
				continue
			}
			b, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			pid, err := strconv.Atoi(string(b))
			if err != nil {
				continue // It has just started.
			}
			if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("cannot end process %d of %s: %w", pid, file, err)
			}
			s = 0
		}
	}
	return fmt.Errorf("the process of %s does not end", file)
}

// freePorts of the loopback interface, below those that outgoing connections are
// given: any of them could otherwise take one before a process listens there.
func freePorts(n int) ([]int, error) {
	const first, last = 20000, 32000
	var ports []int
	for tries := 0; len(ports) < n; tries++ {
		if tries > last-first {
			return nil, fmt.Errorf("cannot find %d free ports between %d and %d", n, first, last)
		}
		port := first + rand.IntN(last-first) //nolint:gosec // No secret.
		if _, taken := given.LoadOrStore(port, true); taken {
			continue
		}
		l, err := listen(port)
		if err != nil {
			continue // Somebody listens there.
		}
		// Held until all are found, so that all differ.
		defer l.Close() //nolint:errcheck,gocritic // See above, and nothing was written.
		ports = append(ports, port)
	}
	return ports, nil
}

// given are the ports another control plane of this process has, or is about to listen
// at.
//
//nolint:gochecknoglobals // There is one set of ports.
var given sync.Map

// listening is ready when something accepts connections at a port.
func listening(port int) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return err
		}
		return conn.Close()
	}
}
