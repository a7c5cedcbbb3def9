// Package controlplane runs a whole Crossplane control plane on this machine:
// etcd, the Kubernetes API server and its controllers, Crossplane, this
// project's two packages, and KWOK in the place of AWS. It needs neither a
// container runtime nor an account, and stays on the loopback interface.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/test/aws"
	"github.com/xplatform-dev/function-xplatform/test/crds"
)

// kubeconfig of the administrator, in the state folder.
const kubeconfig = "kubeconfig"

// Options of a control plane.
type Options struct {
	// Dir is its state folder. Everything it writes is in there.
	Dir string
	// Root of this project's checkout, and Bin, the folder of the binaries the
	// Makefile builds.
	Root, Bin string
	// Architectures of the function's package, as Go calls them.
	Architectures []string
	// Speed is how many times faster than AWS it is.
	Speed float64
	// Helm makes provider-helm install the Releases, from a repository of small
	// charts, and provider-kubernetes what drains the cluster. Without it KWOK
	// plays them, too.
	Helm bool
	// Nodes makes node groups have nodes, which pods run on, and replaces and drains
	// them as EKS does. Without it a node group is its object alone.
	Nodes bool
	// DefaultCircuitBreaker leaves Crossplane's circuit breaker as Crossplane
	// has it. Otherwise it is set as docs/install.md recommends.
	DefaultCircuitBreaker bool
	// Strict makes AWS refuse to change what is immutable.
	Strict bool
	// Verbose makes AWS's provider write objects as often as the real one does.
	Verbose bool
	// Bare leaves it to whoever uses it to install Crossplane and everything else, as
	// docs/install.md says. What that takes is there: a network, and a node.
	Bare bool
	// Sync is how often Crossplane looks at everything anew; 0 is as Crossplane
	// has it, every hour.
	Sync time.Duration
	// Progress gets a line about each step. It may be nil.
	Progress io.Writer
}

// A ControlPlane that runs.
type ControlPlane struct {
	Options

	// Kubeconfig is the path of one for its administrator.
	Kubeconfig string
	Config     *rest.Config
	Client     client.WithWatch
	World      *aws.World
	// Kinds the function composes, with the versions their CRDs store.
	Kinds []schema.GroupVersionKind

	// Processes by what they are, in the order they were started in.
	Etcd, APIServer, Controllers, Scheduler, Crossplane, KWOK, Function, ProviderHelm, ProviderKubernetes *Process

	started []*Process
	servers []*http.Server
	// stopPlaying what is played by this process itself.
	stopPlaying []context.CancelFunc
	// registry that packages are pushed to, and of a bare one its network and its node.
	registry http.Handler
	network  *network
	node     *node
	ports    ports
	// releases that came after the first one.
	releases uint
}

// ports on the loopback interface.
type ports struct {
	etcd, etcdPeer, apiServer, kwok            int
	webhooks, metrics, health, function, files int
	registry, providerWebhooks, proxy          int
}

// Start a control plane, and wait until a claim can be applied. Whatever still
// runs in its state folder is ended, and what is in there is deleted.
func Start(ctx context.Context, o Options) (*ControlPlane, error) {
	cp := &ControlPlane{Options: o}
	if cp.Progress == nil {
		cp.Progress = io.Discard
	}
	if err := cp.clear(); err != nil {
		return nil, err
	}
	if err := cp.start(ctx); err != nil {
		return nil, errors.Join(err, cp.Stop())
	}
	return cp, nil
}

// Connect to a control plane that another process runs. Its processes are out of
// reach.
func Connect(o Options) (*ControlPlane, error) {
	cp := &ControlPlane{Options: o, Kubeconfig: filepath.Join(o.Dir, kubeconfig)}
	var err error
	if cp.World, err = aws.New(); err != nil {
		return nil, err
	}
	if cp.Config, err = clientcmd.BuildConfigFromFlags("", cp.Kubeconfig); err != nil {
		return nil, fmt.Errorf("cannot use the kubeconfig: %w", err)
	}
	cp.Config.QPS = -1
	if cp.Client, err = newClient(cp.Config); err != nil {
		return nil, err
	}
	registry, err := crds.Project()
	if err != nil {
		return nil, err
	}
	err = cp.readKinds(registry)
	return cp, err
}

// Stop everything that was started, last first.
func (cp *ControlPlane) Stop() error {
	for _, stop := range cp.stopPlaying {
		stop()
	}
	var errs []error
	for _, s := range cp.servers {
		errs = append(errs, s.Close())
	}
	for _, p := range slices.Backward(cp.started) {
		p.Stop()
	}
	return errors.Join(errs...)
}

// clear the state folder, but for this process's own hold on it.
func (cp *ControlPlane) clear() error {
	files, err := filepath.Glob(filepath.Join(cp.Dir, "*"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if filepath.Base(file) == holder+".pid" || filepath.Base(file) == holder+".log" {
			continue
		}
		if filepath.Ext(file) == ".pid" {
			if err := endHolder(file); err != nil {
				return err
			}
		}
		if err := os.RemoveAll(file); err != nil {
			return fmt.Errorf("cannot clear the state folder: %w", err)
		}
	}
	if err := os.MkdirAll(cp.Dir, 0o750); err != nil {
		return fmt.Errorf("cannot make the state folder: %w", err)
	}
	return nil
}

func (cp *ControlPlane) start(ctx context.Context) error {
	if err := cp.choosePorts(); err != nil {
		return err
	}
	var err error
	if cp.World, err = aws.New(); err != nil {
		return err
	}
	// Packages take a while to pack, and need nothing that runs.
	if err := cp.serveRegistry(); err != nil {
		return err
	}
	packages, packing := errgroup.WithContext(ctx)
	packages.Go(func() error { return cp.pack(packing) })
	if cp.Bare {
		packages.Go(func() error { return cp.publish(packing) })
		return errors.Join(cp.startBare(ctx), packages.Wait())
	}

	cp.sayf("Starting Kubernetes")
	if err := cp.startKubernetes(ctx); err != nil {
		return errors.Join(err, packages.Wait())
	}
	cp.sayf("Installing Crossplane and the kinds of the providers")
	steps, inner := errgroup.WithContext(ctx)
	steps.Go(func() error { return cp.startCrossplane(inner) })
	steps.Go(func() error { return cp.defineKinds(inner) })
	if err := errors.Join(steps.Wait(), packages.Wait()); err != nil {
		return err
	}
	cp.sayf("Installing the packages")
	if err := cp.install(ctx); err != nil {
		return err
	}
	return cp.startProviders(ctx)
}

func (cp *ControlPlane) choosePorts() error {
	p := &cp.ports
	all := []*int{&p.etcd, &p.etcdPeer, &p.apiServer, &p.kwok, &p.webhooks, &p.metrics, &p.health, &p.function, &p.files, &p.registry, &p.providerWebhooks, &p.proxy}
	free, err := freePorts(len(all))
	if err != nil {
		return err
	}
	for i, port := range free {
		*all[i] = port
	}
	return nil
}

func (cp *ControlPlane) sayf(format string, args ...any) {
	fmt.Fprintf(cp.Progress, format+"\n", args...) //nolint:errcheck // Nobody can be told.
}

// process that belongs to the control plane. It is not started yet.
func (cp *ControlPlane) process(name string, ready func(context.Context) error, args ...string) *Process {
	return &Process{Name: name, dir: cp.Dir, path: filepath.Join(cp.Bin, name), args: args, env: []string{"KUBECONFIG=" + cp.Kubeconfig}, ready: ready}
}

func (cp *ControlPlane) run(ctx context.Context, p *Process) (*Process, error) {
	// It may have started even if it did not become ready.
	cp.started = append(cp.started, p)
	err := p.Start(ctx)
	return p, err
}

// writeKubeconfig to a file.
func writeKubeconfig(path, server, token string, ca []byte) error {
	c := clientcmdapi.NewConfig()
	c.Clusters["xplatform"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca}
	c.AuthInfos["admin"] = &clientcmdapi.AuthInfo{Token: token}
	c.Contexts["xplatform"] = &clientcmdapi.Context{Cluster: "xplatform", AuthInfo: "admin"}
	c.CurrentContext = "xplatform"
	if err := clientcmd.WriteToFile(*c, path); err != nil {
		return fmt.Errorf("cannot write the kubeconfig: %w", err)
	}
	return nil
}

// play something in this process until the control plane stops, which outlives the
// context it was started in.
func (cp *ControlPlane) play(ctx context.Context, run func(ctx context.Context)) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx)) //nolint:gosec // Stop calls it.
	cp.stopPlaying = append(cp.stopPlaying, stop)
	go run(running)
}

// serve HTTP on a port of the loopback interface until the control plane stops.
func (cp *ControlPlane) serve(port int, h http.Handler) error {
	l, err := listen(port)
	if err != nil {
		return err
	}
	cp.serveAt(l, h)
	return nil
}

// serveAt a listener until the control plane stops.
func (cp *ControlPlane) serveAt(l net.Listener, h http.Handler) {
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	cp.servers = append(cp.servers, s)
	go func() { _ = s.Serve(l) }()
}

// readKinds of what the function composes, from their CRDs.
func (cp *ControlPlane) readKinds(registry *crds.Registry) error {
	for _, gk := range cp.World.Kinds() {
		crd, err := registry.CRD(gk)
		if err != nil {
			return err
		}
		for _, v := range crd.Spec.Versions {
			if v.Storage {
				cp.Kinds = append(cp.Kinds, gk.WithVersion(v.Name))
			}
		}
	}
	return nil
}
