package suite

import (
	"context"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
)

// labelPlatform is a label of nodes: the namespace of the platform they belong to.
const labelPlatform = "test.example.com/platform"

const (
	// replicas of a workload, and budget, how many of them must be ready at least.
	replicas, budget = 6, 5
	// size of its node group.
	size = 3
)

// A workload of a team, on a platform's nodes: a Deployment with a
// PodDisruptionBudget, and how many of its pods are ready.
type workload struct {
	platform *platform

	mu sync.Mutex
	// ready are its pods that are, by name.
	ready map[string]bool
	// fewest that were ready at a time since all were, or since that was last asked.
	fewest int
	// ended: nobody looks any more.
	ended bool
}

// work on a platform: a workload is deployed, and watched from then on.
func (p *platform) work(ctx context.Context) *workload {
	p.t.Helper()
	w := &workload{platform: p, ready: map[string]bool{}, fewest: replicas}
	ns := client.InNamespace(p.claim.GetNamespace())
	pods, err := p.bed.cp.Client.Watch(ctx, &corev1.PodList{}, ns)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(pods.Stop)
	meta := metav1.ObjectMeta{Name: "web", Namespace: p.claim.GetNamespace()}
	labels := map[string]string{"app": meta.Name}
	w.budget(ctx, budget)
	d := &appsv1.Deployment{ObjectMeta: meta, Spec: appsv1.DeploymentSpec{
		Replicas: new(int32(replicas)),
		Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
			NodeSelector: map[string]string{labelPlatform: meta.Namespace},
			TopologySpreadConstraints: []corev1.TopologySpreadConstraint{{
				MaxSkew: 1, TopologyKey: corev1.LabelHostname, WhenUnsatisfiable: corev1.ScheduleAnyway,
				LabelSelector: &metav1.LabelSelector{MatchLabels: labels},
			}},
			Containers: []corev1.Container{{Name: "web", Image: "example.com/web", ReadinessProbe: &corev1.Probe{
				ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: intstr.FromInt32(8080)}},
			}}},
		}},
	}}
	if err := p.bed.cp.Client.Create(ctx, d); err != nil {
		p.t.Fatal(err)
	}
	go w.watch(pods)
	w.whole(ctx)
	w.least(ctx)
	return w
}

// watch how many pods are ready, and not on their way out.
func (w *workload) watch(pods watch.Interface) {
	for e := range pods.ResultChan() {
		pod, ok := e.Object.(*corev1.Pod)
		if !ok {
			break
		}
		w.mu.Lock()
		delete(w.ready, pod.Name)
		for _, c := range pod.Status.Conditions {
			if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue && pod.DeletionTimestamp == nil && e.Type != watch.Deleted {
				w.ready[pod.Name] = true
			}
		}
		w.fewest = min(w.fewest, len(w.ready))
		w.mu.Unlock()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
}

// budget sets how many pods must be ready at least.
func (w *workload) budget(ctx context.Context, least int32) {
	p := w.platform
	p.t.Helper()
	b := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: p.claim.GetNamespace()}}
	// Its controller writes its status meanwhile, which a patch does not mind.
	_, err := controllerutil.CreateOrPatch(ctx, p.bed.cp.Client, b, func() error {
		b.Spec.MinAvailable = new(intstr.FromInt32(least))
		b.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	err = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		err := p.bed.cp.Client.Get(ctx, client.ObjectKeyFromObject(b), b)
		return b.Status.ObservedGeneration == b.Generation, err
	})
	if err != nil {
		p.t.Fatalf("nobody keeps the budget: %v", err)
	}
}

// whole waits until all pods are ready, by what was seen of them.
func (w *workload) whole(ctx context.Context) {
	w.platform.t.Helper()
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.ready) == replicas, nil
	})
	if err != nil {
		w.platform.t.Fatalf("%d of %d pods are ready: %v", len(w.ready), replicas, err)
	}
}

// least is how many pods were ready at least since it was last asked for. All that
// happened before they were all ready again was seen by then.
func (w *workload) least(ctx context.Context) int {
	w.platform.t.Helper()
	w.whole(ctx)
	least := w.lowest()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		w.platform.t.Fatal("the API server has ended the watch of the pods")
	}
	w.fewest = len(w.ready)
	return least
}

// lowest is how many pods were ready at least so far.
func (w *workload) lowest() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fewest
}

// kept fails unless as many pods as told were ready all the time.
func (w *workload) kept(ctx context.Context, want int) {
	w.platform.t.Helper()
	if got := w.least(ctx); got < want {
		w.platform.t.Errorf("want %d pods to be ready all the time, there were times with %d", want, got)
	}
}

// on fails unless a platform's nodes are as many as its group is large, have a label,
// and take all pods.
func (w *workload) on(ctx context.Context, label, value string) {
	p := w.platform
	p.t.Helper()
	w.whole(ctx)
	all := &corev1.NodeList{}
	if err := p.bed.cp.Client.List(ctx, all, client.MatchingLabels{labelPlatform: p.claim.GetNamespace()}); err != nil {
		p.t.Fatal(err)
	}
	names := map[string]bool{}
	for _, n := range all.Items {
		names[n.Name] = true
		if n.Labels[label] != value || n.Spec.Unschedulable {
			p.t.Errorf("want a node that takes pods, with %s=%s, got %s with %v, unschedulable: %t", label, value, n.Name, n.Labels, n.Spec.Unschedulable)
		}
	}
	if len(names) != size {
		p.t.Errorf("want %d nodes, got %d", size, len(names))
	}
	pods := &corev1.PodList{}
	if err := p.bed.cp.Client.List(ctx, pods, client.InNamespace(p.claim.GetNamespace())); err != nil {
		p.t.Fatal(err)
	}
	for _, pod := range pods.Items {
		if !names[pod.Spec.NodeName] {
			p.t.Errorf("pod %s is on %q", pod.Name, pod.Spec.NodeName)
		}
	}
}
