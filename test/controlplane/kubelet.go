package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	authv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// KWOK says of any Pod that it runs. Those that run nothing but kubectl, as the
// drain does, really do: as their service account, against this API server.

// kubectl is the command of their containers.
const kubectl = "kubectl"

// logEnd is how much of a container's log a kubelet puts into its status.
const logEnd = 2048

// spareKubectl makes one of KWOK's stages of Pods leave those alone that run here.
func spareKubectl(stage *unstructured.Unstructured) error {
	path := []string{"spec", "selector", "matchExpressions"}
	all, _, err := unstructured.NestedSlice(stage.Object, path...)
	if err != nil {
		return fmt.Errorf("cannot read stage %s: %w", stage.GetName(), err)
	}
	all = append(all, map[string]any{"key": ".spec.containers.[].command.[]", "operator": "NotIn", "values": []any{kubectl}})
	return unstructured.SetNestedSlice(stage.Object, all, path...)
}

// runKubelet runs Pods until the context ends.
func (cp *ControlPlane) runKubelet(ctx context.Context) {
	started := map[types.UID]bool{}
	for ctx.Err() == nil {
		w, err := cp.Client.Watch(ctx, &corev1.PodList{})
		if err != nil {
			time.Sleep(time.Second) // The API server is being restarted.
			continue
		}
		for e := range w.ResultChan() {
			pod, ok := e.Object.(*corev1.Pod)
			if !ok || pod.Spec.NodeName == "" || pod.DeletionTimestamp != nil || pod.Status.Phase != corev1.PodPending || started[pod.UID] {
				continue
			}
			if slices.ContainsFunc(pod.Spec.Containers, func(c corev1.Container) bool { return !slices.Equal(c.Command, []string{kubectl}) }) {
				continue
			}
			started[pod.UID] = true
			go func() {
				if err := cp.runPod(ctx, pod); client.IgnoreNotFound(err) != nil && ctx.Err() == nil {
					fmt.Fprintf(os.Stderr, "Pod %s: %v\n", pod.Name, err)
				}
			}()
		}
	}
}

// runPod runs the containers of a Pod one after the other, each until it succeeds.
func (cp *ControlPlane) runPod(ctx context.Context, pod *corev1.Pod) error {
	kubeconfig, err := cp.login(ctx, pod)
	if err != nil {
		return err
	}
	defer os.Remove(kubeconfig) //nolint:errcheck // The state folder goes some time.
	status := corev1.PodStatus{Phase: corev1.PodPending}
	for _, c := range pod.Spec.InitContainers {
		status.InitContainerStatuses = append(status.InitContainerStatuses, corev1.ContainerStatus{Name: c.Name, Image: c.Image})
	}
	for _, c := range pod.Spec.Containers {
		status.ContainerStatuses = append(status.ContainerStatuses, corev1.ContainerStatus{Name: c.Name, Image: c.Image})
	}
	for i, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		of := status.InitContainerStatuses
		if n := len(of); i >= n {
			of, i = status.ContainerStatuses, i-n
			status.Phase = corev1.PodRunning
		}
		if err := cp.runContainer(ctx, pod, c, kubeconfig, &status, &of[i]); err != nil {
			return err
		}
	}
	status.Phase = corev1.PodSucceeded
	return cp.report(ctx, pod, status)
}

// runContainer until it succeeds.
func (cp *ControlPlane) runContainer(ctx context.Context, pod *corev1.Pod, c corev1.Container, kubeconfig string, status *corev1.PodStatus, own *corev1.ContainerStatus) error {
	for {
		own.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
		if err := cp.report(ctx, pod, *status); err != nil {
			return err
		}
		cmd := exec.CommandContext(ctx, filepath.Join(cp.Bin, kubectl), cp.hasten(c.Args)...)
		cmd.Env = []string{"KUBECONFIG=" + kubeconfig, "HOME=" + cp.Dir}
		out, err := cmd.CombinedOutput()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			own.State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed"}}
			return cp.report(ctx, pod, *status)
		}
		exit := &exec.ExitError{}
		if !errors.As(err, &exit) {
			return err
		}
		own.LastTerminationState = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			ExitCode: int32(exit.ExitCode()), //nolint:gosec // Below 256.
			Reason:   "Error",
			Message:  string(out[max(0, len(out)-logEnd):]),
		}}
		own.RestartCount++
		time.Sleep(time.Second)
	}
}

// report the status of a Pod, if it is still there.
func (cp *ControlPlane) report(ctx context.Context, pod *corev1.Pod, status corev1.PodStatus) error {
	return retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		now := &corev1.Pod{}
		if err := cp.Client.Get(ctx, client.ObjectKeyFromObject(pod), now); err != nil {
			return err
		}
		if now.UID != pod.UID {
			return errors.New("it was replaced")
		}
		status.Conditions = now.Status.Conditions
		now.Status = status
		return cp.Client.Status().Update(ctx, now)
	})
}

// login as the service account of a Pod: a file with a kubeconfig.
func (cp *ControlPlane) login(ctx context.Context, pod *corev1.Pod) (path string, err error) {
	account := &corev1.ServiceAccount{}
	account.Name, account.Namespace = pod.Spec.ServiceAccountName, pod.Namespace
	token := &authv1.TokenRequest{}
	if err := cp.Client.SubResource("token").Create(ctx, account, token); err != nil {
		return "", fmt.Errorf("cannot get a token: %w", err)
	}
	path = filepath.Join(cp.Dir, "pod-"+string(pod.UID)+".kubeconfig")
	return path, writeKubeconfig(path, cp.Config.Host, token.Status.Token, cp.Config.CAData)
}

// seconds is how the drain says how long something may take.
var seconds = regexp.MustCompile(`(timeout|timeoutSeconds)=(\d+)(s?)$`)

// hasten arguments: who waits for AWS waits shorter for one that is faster.
func (cp *ControlPlane) hasten(args []string) []string {
	fast := slices.Clone(args)
	for i, a := range fast {
		if m := seconds.FindStringSubmatch(a); m != nil {
			s, _ := strconv.Atoi(m[2]) // It is digits.
			fast[i] = seconds.ReplaceAllString(a, fmt.Sprintf("${1}=%d${3}", max(1, int(float64(s)/cp.Speed))))
		}
	}
	return fast
}
