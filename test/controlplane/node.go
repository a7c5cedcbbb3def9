package controlplane

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/test/modules"
)

// A node runs the pods of Crossplane and of the function, as processes: with the
// arguments and the environment they have, the files of the Secrets they mount, and the
// rights of their service accounts. Of all other pods it says that they run: KWOK plays
// what the providers do.
type node struct {
	cp   *ControlPlane
	pods sync.WaitGroup

	mu sync.Mutex
	// stop pods that run, and where they listen, by their ports.
	stop  map[types.UID]context.CancelFunc
	ports map[types.UID]map[int32]int
}

// A program is what an image has in it.
type program struct {
	name string
	// ports it listens at, and how it is told another one, by its arguments or by its
	// environment: there is one loopback interface for all pods.
	ports map[int32]string
	// ready is the port that tells that it is.
	ready int32
}

// portMetrics is where whoever has metrics serves them.
const portMetrics = 8080

// programs by the names of their images.
//
//nolint:gochecknoglobals // A constant table.
var programs = map[string]program{
	"crossplane":         {name: "crossplane-core", ports: map[int32]string{9443: "WEBHOOK_PORT=%d", portMetrics: "METRICS_PORT=%d", 8081: "HEALTH_PROBE_PORT=%d"}},
	"function-xplatform": {name: "function-xplatform", ports: map[int32]string{9443: "--address=127.0.0.1:%d", portMetrics: "--metrics=127.0.0.1:%d"}, ready: 9443},
}

// programOf a container, if it has one.
func programOf(c corev1.Container) (program, bool) {
	image, _, _ := strings.Cut(path.Base(c.Image), ":")
	image, _, _ = strings.Cut(image, "@")
	p, ok := programs[image]
	return p, ok
}

// startNode runs pods until the control plane stops.
func (cp *ControlPlane) startNode(ctx context.Context) {
	cp.node = &node{cp: cp, stop: map[types.UID]context.CancelFunc{}, ports: map[types.UID]map[int32]int{}}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	cp.stopPlaying = append(cp.stopPlaying, func() {
		stop()
		cp.node.pods.Wait()
	})
	cp.node.pods.Go(func() { wait.UntilWithContext(running, cp.node.look, poll) })
}

// look which pods there are: a new one is run, and of one that is gone the processes end.
func (n *node) look(ctx context.Context) {
	pods := &corev1.PodList{}
	if err := n.cp.Client.List(ctx, pods); err != nil {
		return // The API server stops before us.
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	gone := maps.Clone(n.stop)
	for _, pod := range pods.Items {
		delete(gone, pod.UID)
		if n.stop[pod.UID] != nil {
			continue
		}
		running, stop := context.WithCancel(ctx) //nolint:gosec // It is called once the pod is gone.
		n.stop[pod.UID] = stop
		n.pods.Go(func() {
			if err := n.run(running, &pod); err != nil && running.Err() == nil {
				fmt.Fprintf(os.Stderr, "Pod %s: %v\n", pod.Name, err)
			}
		})
	}
	for uid, stop := range gone {
		stop()
		delete(n.stop, uid)
		delete(n.ports, uid)
	}
}

// address where a port of a pod is, if it is ready.
func (n *node) address(pod *corev1.Pod, port int32) (string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	at, ok := n.ports[pod.UID][port]
	return fmt.Sprintf("127.0.0.1:%d", at), ok
}

// run a pod until the context ends.
func (n *node) run(ctx context.Context, pod *corev1.Pod) error {
	if p, ok := programOf(pod.Spec.Containers[0]); ok {
		kubeconfig, err := n.cp.login(ctx, pod)
		if err != nil {
			return err
		}
		for _, c := range pod.Spec.InitContainers {
			if err := n.initialize(ctx, pod, c, kubeconfig); err != nil {
				return err
			}
		}
		process, ports, err := n.process(ctx, pod, pod.Spec.Containers[0], p, kubeconfig)
		if err != nil {
			return err
		}
		defer process.Stop()
		return n.keep(ctx, process, func() error {
			n.mu.Lock()
			n.ports[pod.UID] = ports
			n.mu.Unlock()
			return n.ready(ctx, pod)
		})
	}
	if err := n.ready(ctx, pod); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// keep a process running until the context ends, and say each time that it is ready.
func (n *node) keep(ctx context.Context, process *Process, ready func() error) error {
	for {
		if process.Start(ctx) == nil {
			if err := ready(); err != nil {
				return err
			}
			select {
			case <-ctx.Done():
			case <-process.done:
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		time.Sleep(time.Second)
	}
}

// ready says of a pod that it is.
func (n *node) ready(ctx context.Context, pod *corev1.Pod) error {
	now := pod.DeepCopy()
	now.Status.Phase = corev1.PodRunning
	now.Status.Conditions = append(now.Status.Conditions, corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionTrue})
	return n.cp.Client.Status().Patch(ctx, now, client.MergeFrom(pod))
}

// initialize a pod by one of its containers: it is run until it succeeds.
func (n *node) initialize(ctx context.Context, pod *corev1.Pod, c corev1.Container, kubeconfig string) error {
	p, ok := programOf(c)
	if !ok {
		return errors.New("nobody has the image " + c.Image)
	}
	for {
		process, _, err := n.process(ctx, pod, c, p, kubeconfig)
		if err != nil {
			return err
		}
		process.ready = nil
		if err := process.Start(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			process.Stop()
			return ctx.Err()
		case <-process.done:
		}
		if process.cmd.ProcessState.Success() {
			return nil
		}
		time.Sleep(time.Second)
	}
}

// process of a container, and where it listens.
func (n *node) process(ctx context.Context, pod *corev1.Pod, c corev1.Container, p program, kubeconfig string) (*Process, map[int32]int, error) {
	n.mu.Lock()
	process := n.cp.process(p.name, nil, slices.Clone(c.Args)...)
	n.mu.Unlock()
	process.Name = pod.Name + "-" + c.Name
	crossplane, err := modules.Path(moduleCrossplane, "cluster") //nolint:contextcheck // It asks the go command where a file is.
	if err != nil {
		return nil, nil, err
	}
	mounts, err := n.mount(ctx, pod, c)
	if err != nil {
		return nil, nil, err
	}
	process.env = slices.Concat(process.env, envOf(pod, c, mounts), n.cp.network.env(), []string{
		"KUBECONFIG=" + kubeconfig,
		// What Crossplane's image has in its root.
		"CRDS_PATH=" + filepath.Join(crossplane, "crds"), "WEBHOOK_CONFIGS_PATH=" + filepath.Join(crossplane, "webhookconfigurations"),
		"XPKG_CACHE_DIR=" + mounts["/cache/xpkg"],
		// Outside of a cluster it does not know where to elect one, and it is alone.
		"LEADER_ELECTION=false",
	})
	ports, err := n.listen(process, c, p)
	return process, ports, err
}

// envOf a container, with the files it mounts where they are here.
func envOf(pod *corev1.Pod, c corev1.Container, mounts map[string]string) []string {
	var env []string
	for _, e := range c.Env {
		if at, ok := mounts[e.Value]; ok {
			e.Value = at
		}
		if from := e.ValueFrom; from != nil && from.FieldRef != nil {
			e.Value = map[string]string{"metadata.namespace": pod.Namespace, "spec.serviceAccountName": pod.Spec.ServiceAccountName}[from.FieldRef.FieldPath]
		}
		if e.Value != "" {
			env = append(env, e.Name+"="+e.Value)
		}
	}
	return env
}

// listen tells a process where to, and how it is known to be ready: by its startup probe,
// if it has one. Where Crossplane's metrics are tests know.
func (n *node) listen(process *Process, c corev1.Container, p program) (map[int32]int, error) {
	free, err := freePorts(len(p.ports))
	if err != nil {
		return nil, err
	}
	ports := map[int32]int{}
	for i, port := range slices.Sorted(maps.Keys(p.ports)) {
		ports[port] = free[i]
		if port == portMetrics && slices.Equal(c.Args[:min(2, len(c.Args))], []string{"core", "start"}) {
			ports[port] = n.cp.ports.metrics
		}
		told := fmt.Sprintf(p.ports[port], ports[port])
		if strings.HasPrefix(told, "--") {
			process.args = append(process.args, told)
		} else {
			process.env = append(process.env, told)
		}
	}
	if p.ready != 0 {
		process.ready = listening(ports[p.ready])
	}
	for _, port := range c.Ports {
		if probe := c.StartupProbe; probe != nil && probe.TCPSocket != nil && probe.TCPSocket.Port.StrVal == port.Name {
			process.ready = listening(ports[port.ContainerPort])
		}
	}
	return ports, nil
}

// mount the volumes of a container: where they are, by where they are in it.
func (n *node) mount(ctx context.Context, pod *corev1.Pod, c corev1.Container) (map[string]string, error) {
	mounts := map[string]string{}
	for _, m := range c.VolumeMounts {
		dir := filepath.Join(n.cp.Dir, "volumes", string(pod.UID), m.Name)
		mounts[m.MountPath] = dir
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, fmt.Errorf("cannot make a folder: %w", err)
		}
		for _, v := range pod.Spec.Volumes {
			if v.Name != m.Name || v.Secret == nil {
				continue
			}
			if err := n.cp.saveSecret(ctx, v.Secret.SecretName, dir); err != nil {
				return nil, err
			}
		}
	}
	return mounts, nil
}
