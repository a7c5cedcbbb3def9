package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// Where a Pod's own fields are in an object of it.
const (
	pathPod     = "status.atProvider.manifest.status"
	pathPodSpec = "spec.forProvider.manifest.spec"
)

// A container of a Pod: its step, and the path of its status.
type container struct {
	step, status string
}

// containers of a Pod, in the order they run in.
func containers(o *plan.Observed) []container {
	var all []container
	for _, list := range []struct{ spec, status string }{
		{"initContainers", "initContainerStatuses"},
		{"containers", "containerStatuses"},
	} {
		for i := 0; ; i++ {
			name := o.String(fmt.Sprintf("%s.%s[%d].name", pathPodSpec, list.spec, i))
			if name == "" {
				break
			}
			all = append(all, container{step: name, status: fmt.Sprintf("%s.%s[%d]", pathPod, list.status, i)})
		}
	}
	return all
}

// drained is the check of the Pod: all steps are done. Otherwise it says which
// one is under way, and what that could not get rid of.
func drained(o *plan.Observed) plan.Readiness {
	r := plan.Available(o)
	if synced, _, _ := o.Condition("Synced"); r.Ready || synced != "True" {
		return r
	}
	if o.String(pathPod+".phase") == "Failed" {
		return plan.Readiness{Reason: reasonPodFailed, Message: "failed, and is made anew: " + plan.Timeless(o.String(pathPod+".reason")+" "+o.String(pathPod+".message"))}
	}
	if o.String("status.atProvider.manifest.metadata.deletionTimestamp") != "" {
		return plan.Readiness{Reason: reasonPodFailed, Message: "is being deleted, perhaps with its node, and is made anew once it is gone"}
	}
	for i := 0; o.String(fmt.Sprintf("%s.conditions[%d].type", pathPod, i)) != ""; i++ {
		if c := fmt.Sprintf("%s.conditions[%d].", pathPod, i); o.String(c+"type") == "PodScheduled" && o.String(c+"status") == "False" {
			return plan.Readiness{Reason: reasonUnschedulable, Message: "finds no node: " + plan.Timeless(o.String(c+"message"))}
		}
	}
	for _, c := range containers(o) {
		if o.String(c.status+".state.terminated.exitCode") != "0" {
			return c.state(o, r.Reason)
		}
	}
	return r
}

// state of a container that has not done its step.
func (c container) state(o *plan.Observed, reason string) plan.Readiness {
	switch waiting := o.String(c.status + ".state.waiting.reason"); waiting {
	case "PodInitializing", "ContainerCreating":
		return plan.Readiness{Reason: reason, Message: "is starting"}
	case "", "CrashLoopBackOff":
	default:
		return plan.Readiness{Reason: reasonCannotStart, Message: "can't start: " + plan.Timeless(o.String(c.status+".state.waiting.message"))}
	}
	for _, state := range []string{".state", ".lastState"} {
		terminated := c.status + state + ".terminated"
		output := o.String(terminated + ".message")
		switch code := o.String(terminated + ".exitCode"); {
		case code == "" || code == "0":
		case strings.Contains(output, "timed out"):
			return plan.Readiness{Reason: reasonTimedOut, Message: stepDoes[c.step] + ", which it could not in time, and tries again: " + leftOver(output, o.String(c.status+".restartCount"))}
		default:
			return plan.Readiness{Reason: reasonStepFailed, Message: stepDoes[c.step] + ", which failed, and tries again: " + lastLine(or(output, o.String(terminated+".reason")))}
		}
	}
	return plan.Readiness{Reason: reason, Message: stepDoes[c.step]}
}

// What kubectl says of each object it has asked to go, and of the first one that
// did not; and what it puts before its warnings.
var (
	asked    = regexp.MustCompile(`(?m)^([a-z]+)[a-z0-9.-]* "([^"]+)" deleted from (\S+) namespace$`)
	timedOut = regexp.MustCompile(`timed out waiting for the condition on (\S+)/(\S+)`)
	klog     = regexp.MustCompile(`^[IWEF]\d{4} \S+ +\d+ \S+\] `)
)

// leftOver names what kubectl gave up on: the first one it waited for in vain. When
// it has begun anew, all that it asked to go was left from before.
func leftOver(output, restarts string) string {
	first := timedOut.FindStringSubmatch(output)
	if first == nil {
		return lastLine(output)
	}
	var names []string
	for _, m := range asked.FindAllStringSubmatch(output, -1) {
		name := m[1] + " " + m[3] + "/" + m[2]
		if m[2] == first[2] {
			names = slices.Insert(names, 0, name)
		} else if restarts != "" && restarts != "0" && restarts != "1" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return first[1] + "/" + first[2]
	}
	return plan.List(names)
}

// lastLine of what a command printed is why it failed.
func lastLine(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return plan.Timeless(klog.ReplaceAllString(lines[len(lines)-1], ""))
}
