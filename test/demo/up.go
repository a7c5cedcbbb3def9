package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
	"github.com/xplatform-dev/function-xplatform/test/progress"
	"github.com/xplatform-dev/function-xplatform/test/timeline"
)

// ready is the file in the state folder that says a claim can be applied.
const ready = "ready"

// Up brings up a control plane and a claim on it.
type Up struct {
	Claim   string        `arg:""        help:"Claim to apply: a YAML file, or a folder with a kustomization."`
	Timeout time.Duration `default:"15m" help:"How long the platform may take to become ready."`
}

// Run until the platform is ready. If that fails, nothing is left behind.
func (u *Up) Run(ctx context.Context, f *Flags) error {
	err := u.run(ctx, f)
	if err != nil {
		return errors.Join(err, (&Down{}).Run(f))
	}
	return nil
}

func (u *Up) run(ctx context.Context, f *Flags) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := f.serve(ctx); err != nil {
		return err
	}
	cp, err := controlplane.Connect(o) //nolint:contextcheck // It asks the go command where a file is.
	if err != nil {
		return err
	}
	sayf("Kubernetes and Crossplane are up, the packages are installed (%s)\n\n", since(begin))
	claim, err := u.claim(ctx, cp)
	if err != nil {
		return err
	}
	recorder, err := timeline.Record(ctx, cp.Config, cp.Client.RESTMapper(), cp.Kinds)
	if err != nil {
		return err
	}
	sayf("$ kubectl apply %s\n", strings.Join(u.source(), " "))
	begin = time.Now()
	if err := kubectl(ctx, cp, os.Stdout, append([]string{"apply"}, u.source()...)...); err != nil {
		return err
	}
	if err := u.watch(ctx, cp, claim); err != nil {
		return err
	}
	end := time.Now()
	if err := cp.Client.Get(ctx, client.ObjectKeyFromObject(claim), claim); err != nil {
		return err
	}
	objects := recorder.Objects(composite(claim))
	sayf("\nReady: %d resources in %s\n", len(objects), since(begin))
	up := record{Claim: u.source(), Objects: objects, Begin: begin, End: end}
	if err := up.save(f); err != nil {
		return err
	}
	path, err := f.draw(claim.GetName(), timeline.Picture{
		Subtitle: fmt.Sprintf("%d resources, ready after %s", len(objects), end.Sub(begin).Round(time.Second)),
		Objects:  objects,
		Path:     timeline.CriticalPath(objects),
		Start:    begin,
		End:      end,
	})
	if err != nil {
		return err
	}
	sayf(`
What took how long:  %s
What it waited for:  %s
Look around:         KUBECONFIG=%s %s get platform,xplatform,managed --all-namespaces
Take it down:        make demo-delete
Stop everything:     make demo-down
`, path, strings.Join(timeline.CriticalPath(objects), " > "), filepath.Join(f.Dir, "kubeconfig"), filepath.Join(".cache", "bin", "kubectl"))
	return nil
}

// serve starts the control plane in a process of its own, which goes on when
// this one ends, and waits until it is up.
func (f *Flags) serve(ctx context.Context) error {
	if err := (&Down{}).Run(f); err != nil {
		return err
	}
	if err := os.MkdirAll(f.Dir, 0o750); err != nil {
		return fmt.Errorf("cannot make the state folder: %w", err)
	}
	path := filepath.Join(f.Dir, "controlplane.log")
	log, err := os.Create(path)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // The child has its own.
	self, err := os.Executable()
	if err != nil {
		return err
	}
	//nolint:noctx // It outlives us.
	cmd := exec.Command(self, "serve", "--dir", f.Dir, "--root", f.Root, fmt.Sprintf("--speed=%g", f.Speed))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot start the control plane: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	said := 0
	return wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(context.Context) (bool, error) {
		b, err := os.ReadFile(path)
		if err != nil {
			return false, err
		}
		// Lines it has said since we last looked.
		for line := bufio.NewScanner(bytes.NewReader(b[said:])); line.Scan(); {
			sayf("%s\n", line.Text())
		}
		said = len(b)
		select {
		case <-ended:
			return false, errors.New("the control plane did not start")
		default:
		}
		_, err = os.Stat(filepath.Join(f.Dir, ready))
		return err == nil, nil
	})
}

// source of the claim, as kubectl takes it.
func (u *Up) source() []string {
	if info, err := os.Stat(u.Claim); err == nil && info.IsDir() {
		return []string{"-k", u.Claim}
	}
	return []string{"-f", u.Claim}
}

// claim that is to be applied. Its namespace is created.
func (u *Up) claim(ctx context.Context, cp *controlplane.ControlPlane) (*unstructured.Unstructured, error) {
	b := &bytes.Buffer{}
	if err := kubectl(ctx, cp, b, append([]string{"create", "--dry-run=client", "--output", "json"}, u.source()...)...); err != nil {
		return nil, err
	}
	// A list, if there are several.
	o := &unstructured.Unstructured{}
	if err := o.UnmarshalJSON(b.Bytes()); err != nil {
		return nil, fmt.Errorf("cannot read the claim: %w", err)
	}
	var claims []*unstructured.Unstructured
	err := o.EachListItem(func(item runtime.Object) error {
		if c, ok := item.(*unstructured.Unstructured); ok && c.GetKind() == "Platform" {
			claims = append(claims, c)
		}
		return nil
	})
	if o.GetKind() == "Platform" {
		claims, err = []*unstructured.Unstructured{o}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the claim: %w", err)
	}
	if len(claims) != 1 {
		return nil, fmt.Errorf("%s must hold one claim of kind Platform, it holds %d", u.Claim, len(claims))
	}
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: claims[0].GetNamespace()}}
	if err := client.IgnoreAlreadyExists(cp.Client.Create(ctx, ns)); err != nil {
		return nil, fmt.Errorf("cannot create namespace %s: %w", ns.GetName(), err)
	}
	return claims[0], nil
}

// watch the claim until it is ready, and print its progress.
func (u *Up) watch(ctx context.Context, cp *controlplane.ControlPlane, claim *unstructured.Unstructured) error {
	ctx, cancel := context.WithTimeout(ctx, u.Timeout)
	defer cancel()
	t := newTeller(os.Stdout)
	err := wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		if err := cp.Client.Get(ctx, client.ObjectKeyFromObject(claim), claim); err != nil {
			return false, err
		}
		if accepted := controlplane.Condition(claim, "Accepted"); accepted.Status == "False" {
			return false, errors.New(accepted.Message)
		}
		p, err := progress.Read(claim)
		return err == nil && t.up(p), err
	})
	if err != nil {
		return fmt.Errorf("the platform did not become ready: %w", err)
	}
	return nil
}

// composite of a claim.
func composite(claim *unstructured.Unstructured) string {
	name, _, _ := unstructured.NestedString(claim.Object, "spec", "resourceRef", "name")
	return name
}

// draw a timeline, and return where its page is.
func (f *Flags) draw(name string, p timeline.Picture) (string, error) {
	p.Title, p.Speed = "Platform "+name, f.Speed
	if err := os.MkdirAll(f.Out, 0o750); err != nil {
		return "", fmt.Errorf("cannot make a folder: %w", err)
	}
	page := filepath.Join(f.Out, name+".html")
	for path, write := range map[string]func(io.Writer) error{filepath.Join(f.Out, name+".svg"): p.SVG, page: p.HTML} {
		b := &bytes.Buffer{}
		if err := write(b); err != nil {
			return "", err
		}
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			return "", fmt.Errorf("cannot write the timeline: %w", err)
		}
	}
	return page, nil
}

func kubectl(ctx context.Context, cp *controlplane.ControlPlane, out io.Writer, args ...string) error {
	stderr := &bytes.Buffer{}
	cmd := exec.CommandContext(ctx, filepath.Join(cp.Bin, "kubectl"), args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+cp.Kubeconfig)
	cmd.Stdout, cmd.Stderr = out, stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return nil
}

// sayf to who runs the demo.
func sayf(format string, args ...any) {
	fmt.Fprintf(os.Stdout, format, args...) //nolint:errcheck // Nobody can be told.
}

func since(t time.Time) time.Duration { return time.Since(t).Round(100 * time.Millisecond) }
