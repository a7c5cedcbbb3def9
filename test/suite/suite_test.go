// Package suite tests platforms on a real control plane, with KWOK in the place
// of AWS: what users do with their claims, what AWS does to their resources, and
// what happens to the control plane itself meanwhile.
package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
	"github.com/xplatform-dev/function-xplatform/test/timeline"
)

// speed of AWS in these tests: an EKS cluster takes nine seconds.
const speed = 60

// patience for anything a control plane does. It takes seconds unless something
// else keeps the machine busy.
const patience = 5 * time.Minute

// Everything here runs in the repository's root.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	// There is more memory than processor time: half of what an API server does here
	// is to collect garbage. The processes of the beds inherit it.
	if err := os.Setenv("GOGC", "400"); err != nil {
		panic(err)
	}
	debug.SetGCPercent(400)
	code := m.Run()
	for _, stop := range stop {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// A bed is a control plane that tests run on, and a record of all that happens
// to objects on it.
type bed struct {
	cp       *controlplane.ControlPlane
	recorder *timeline.Recorder
	// unresponsive are the composites whose circuit breaker has ever been open.
	unresponsive *sync.Map
}

// kind the function composes, by its name.
func (b *bed) kind(tb testing.TB, name string) schema.GroupVersionKind {
	tb.Helper()
	for _, gvk := range b.cp.Kinds {
		if gvk.Kind == name {
			return gvk
		}
	}
	tb.Fatalf("the function composes no %s", name)
	return schema.GroupVersionKind{}
}

// beds that were started, by name.
//
//nolint:gochecknoglobals // Starting one takes long, so tests share them.
var (
	bedsMu sync.Mutex
	beds   = map[string]func() (*bed, error){}
	stopMu sync.Mutex
	stop   []func() error
)

// shared is the bed of all tests that leave the control plane itself alone.
func shared(tb testing.TB) *bed {
	tb.Helper()
	return bedOf(tb, "shared", controlplane.Options{})
}

// own is the bed of one test alone, which stops with it: a control plane that nobody
// needs any more takes a tenth of a core.
func own(tb testing.TB, name string, o controlplane.Options) *bed {
	tb.Helper()
	b := bedOf(tb, name, o)
	tb.Cleanup(func() {
		if err := b.cp.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return b
}

// bedOf a name. It is started when it is first asked for, and stopped when all
// tests have ended.
func bedOf(tb testing.TB, name string, o controlplane.Options) *bed {
	tb.Helper()
	bedsMu.Lock()
	start := beds[name]
	if start == nil {
		start = sync.OnceValues(func() (*bed, error) { return makeBed(name, o) })
		beds[name] = start
	}
	bedsMu.Unlock()
	// Outside the lock: other beds need not wait for this one.
	b, err := start()
	if err != nil {
		tb.Fatalf("cannot start a control plane (\"make suite\" builds what it takes): %v", err)
	}
	return b
}

func makeBed(name string, o controlplane.Options) (*bed, error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	o.Dir = filepath.Join(root, ".cache", "suite", name)
	if o.Root == "" {
		o.Root, o.Architectures = root, []string{"amd64", "arm64"}
	}
	o.Bin = filepath.Join(o.Root, ".cache", "bin")
	if o.Speed == 0 {
		o.Speed = speed
	}
	// The control plane outlives the test that happens to be first.
	ctx := context.Background()
	cp, err := controlplane.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	stopMu.Lock()
	stop = append(stop, cp.Stop)
	stopMu.Unlock()
	b := &bed{cp: cp, unresponsive: &sync.Map{}}
	if !o.Bare {
		err = b.watch(ctx)
	}
	return b, err
}

// watch all that happens to objects from now on.
func (b *bed) watch(ctx context.Context) error {
	var err error
	if b.recorder, err = timeline.Record(ctx, b.cp.Config, b.cp.Client.RESTMapper(), b.cp.Kinds); err != nil {
		return err
	}
	go b.watchBreakers(ctx)
	return nil
}

// watchBreakers notes each composite that Crossplane says it no longer listens
// to.
func (b *bed) watchBreakers(ctx context.Context) {
	for ctx.Err() == nil {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(kindComposite.GroupVersion().WithKind(kindComposite.Kind + "List"))
		w, err := b.cp.Client.Watch(ctx, list)
		if err != nil {
			time.Sleep(time.Second) // The API server is being restarted.
			continue
		}
		for e := range w.ResultChan() {
			o, ok := e.Object.(*unstructured.Unstructured)
			if ok && controlplane.Condition(o, "Responsive").Status == "False" {
				b.unresponsive.Store(o.GetName(), controlplane.Condition(o, "Responsive").Message)
			}
		}
	}
}

//nolint:gochecknoglobals // A constant.
var kindComposite = schema.GroupVersionKind{Group: "xplatform.dev", Version: "v1alpha1", Kind: "XPlatform"}

func deadline(tb testing.TB) context.Context {
	tb.Helper()
	return within(tb, 2*patience)
}

// within a time, which is longer for a test that waits for many things, one after the
// other.
func within(tb testing.TB, d time.Duration) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeoutCause(context.Background(), d, errors.New("the test took too long"))
	tb.Cleanup(cancel)
	return ctx
}
