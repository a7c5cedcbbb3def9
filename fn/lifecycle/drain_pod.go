package lifecycle

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// missing is what crossplane-runtime says of something that is only to be looked
// at, and isn't there.
const missing = "external resource does not exist"

// knownWhether it is known whether something exists that is only looked at.
func knownWhether(o *plan.Observed) plan.Readiness {
	if _, _, message := o.Condition("Synced"); strings.Contains(message, missing) {
		return plan.Readiness{Ready: true}
	}
	return plan.Available(o)
}

// hasGateways tells whether the cluster knows Gateways. While that is unknown, it
// is as the Pod has it.
func hasGateways(crd, pod *plan.Observed) bool {
	switch synced, _, message := crd.Condition("Synced"); {
	case synced == "True":
		return true
	case strings.Contains(message, missing):
		return false
	default:
		return slices.Contains(stepsOf(pod), stepGateways)
	}
}

// stepsOf the Pod that was asked for, in the order they run in: a container each.
func stepsOf(pod *plan.Observed) []string {
	return slices.Concat(read.Object.FirstSteps.Of(pod), read.Object.LastSteps.Of(pod))
}

// podStatus is how the Pod is doing in the cluster.
func podStatus(pod *plan.Observed) (status corev1.PodStatus, err error) {
	err = read.Object.PodStatus.Decode(pod, &status)
	return status, err
}

// containerOf a step. Others may have put containers of their own into the Pod.
func containerOf(pod corev1.PodStatus, step string) corev1.ContainerStatus {
	for _, s := range slices.Concat(pod.InitContainerStatuses, pod.ContainerStatuses) {
		if s.Name == step {
			return s
		}
	}
	return corev1.ContainerStatus{}
}

// drained is the check of the Pod: all steps are done. Otherwise it says which
// one is under way, and what that could not get rid of.
func drained(o *plan.Observed) plan.Readiness {
	r := plan.Available(o)
	if synced, _, _ := o.Condition("Synced"); r.Ready || synced != "True" {
		return r
	}
	// Its provider calls a Pod unavailable that is at work.
	r.Reason = plan.ReasonCreating
	pod, err := podStatus(o)
	switch {
	case err != nil:
		return plan.Readiness{Reason: reasonPodFailed, Message: err.Error()}
	case pod.Phase == corev1.PodFailed:
		return plan.Readiness{Reason: reasonPodFailed, Message: "failed, and is made anew: " + platform.Timeless(pod.Reason+" "+pod.Message)}
	case read.Object.PodDeleted.Of(o) != "":
		return plan.Readiness{Reason: reasonPodFailed, Message: "is being deleted, perhaps with its node, and is made anew once it is gone"}
	}
	for _, c := range pod.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return plan.Readiness{Reason: reasonUnschedulable, Message: "finds no node: " + platform.Timeless(c.Message)}
		}
	}
	for _, step := range stepsOf(o) {
		s := containerOf(pod, step)
		if t := s.State.Terminated; t == nil || t.ExitCode != 0 {
			return stepState(step, s, r.Reason)
		}
	}
	return r
}

// stepState of a container that has not done its step.
func stepState(step string, s corev1.ContainerStatus, reason string) plan.Readiness {
	if w := s.State.Waiting; w != nil {
		switch w.Reason {
		case "PodInitializing", "ContainerCreating":
			return plan.Readiness{Reason: reason, Message: "is starting"}
		case "", "CrashLoopBackOff":
		default:
			return plan.Readiness{Reason: reasonCannotStart, Message: "can't start: " + platform.Timeless(w.Message)}
		}
	}
	for _, t := range []*corev1.ContainerStateTerminated{s.State.Terminated, s.LastTerminationState.Terminated} {
		switch {
		case t == nil || t.ExitCode == 0:
		case strings.Contains(t.Message, "timed out") && strings.HasPrefix(step, looking):
			return plan.Readiness{Reason: reasonDeployedAgain, Message: "deletes again what is deployed again, until nobody does: " + strings.TrimPrefix(step, looking) + " " + found(t.Message) + ". Suspend what deploys it, such as Argo CD or Flux"}
		case strings.Contains(t.Message, "timed out"):
			return plan.Readiness{Reason: reasonTimedOut, Message: stepDoes[step] + ", which it could not in time, and tries again: " + leftOver(t.Message, s.RestartCount)}
		default:
			return plan.Readiness{Reason: reasonStepFailed, Message: stepDoes[step] + ", which failed, and tries again: " + lastLine(cmp.Or(t.Message, t.Reason))}
		}
	}
	return plan.Readiness{Reason: reason, Message: stepDoes[step]}
}

// What kubectl says of each object it has asked to go, and of the first one that
// did not; and what it puts before its warnings.
var (
	removed  = regexp.MustCompile(`(?m)^([a-z]+)[a-z0-9.-]* "([^"]+)" deleted from (\S+) namespace$`)
	timedOut = regexp.MustCompile(`timed out waiting for the condition on (\S+)/(\S+)`)
	klog     = regexp.MustCompile(`^[IWEF]\d{4} \S+ +\d+ \S+\] `)
)

// leftOver names what kubectl gave up on: the first one it waited for in vain. When
// it has begun anew, all that it asked to go was left from before.
func leftOver(output string, restarts int32) string {
	first := timedOut.FindStringSubmatch(output)
	if first == nil {
		return lastLine(output)
	}
	var names []string
	for _, m := range removed.FindAllStringSubmatch(output, -1) {
		name := m[1] + " " + m[3] + "/" + m[2]
		if m[2] == first[2] {
			names = slices.Insert(names, 0, name)
		} else if restarts > 1 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return first[1] + "/" + first[2]
	}
	return plan.List(names)
}

// url of a request for an object, by which its namespace is known.
var url = regexp.MustCompile(`/namespaces/([^/]+)/[a-z]+\?\S*fieldSelector=metadata\.name%3D([^&" ]+)`)

// found is what kubectl has found that should be gone.
func found(output string) string {
	if m := url.FindStringSubmatch(output); m != nil {
		return m[1] + "/" + m[2]
	}
	return leftOver(output, 0)
}

// lastLine of what a command printed is why it failed.
func lastLine(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return platform.Timeless(klog.ReplaceAllString(lines[len(lines)-1], ""))
}
