package lifecycle_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestDrainReports: what people see of a drain.
func TestDrainReports(t *testing.T) {
	t.Parallel()
	running := map[string]any{"state": map[string]any{"running": map[string]any{"startedAt": "2026-01-01T00:00:00Z"}}}
	waiting := func(reason, message string) map[string]any {
		return map[string]any{"state": map[string]any{"waiting": map[string]any{"reason": reason, "message": message}}}
	}
	ended := func(code int64, message string) map[string]any {
		return map[string]any{"terminated": map[string]any{"exitCode": code, "reason": "Error", "message": message}}
	}
	done := map[string]any{"state": ended(0, "")}
	with := func(c map[string]any, field string, value any) map[string]any {
		c = maps.Clone(c)
		c[field] = value
		return c
	}
	again := func(c map[string]any, output string) map[string]any { return with(c, "lastState", ended(1, output)) }
	steps := []string{"ingresses", "gateways", "services", "quiet", "no-ingress", "no-gateway", "no-service"}
	// pod of which the last container, if there are seven, is the main one.
	pod := func(states ...map[string]any) map[string]any {
		var containers []any
		for i, c := range states {
			containers = append(containers, with(c, "name", steps[i]))
		}
		status := map[string]any{"phase": "Pending", "conditions": []any{map[string]any{"type": "PodScheduled", "status": "True"}}}
		if last := len(steps) - 1; len(containers) > last {
			status["phase"], status["containerStatuses"] = "Running", containers[last:]
			containers = containers[:last]
		}
		status["initContainerStatuses"] = containers
		return status
	}
	const (
		stuck  = "ingress.networking.k8s.io \"api\" deleted from shop namespace\nerror: timed out waiting for the condition on ingresses/api"
		many   = "service \"a\" deleted from x namespace\nservice \"b\" deleted from x namespace\nservice \"c\" deleted from y namespace\nservice \"d\" deleted from y namespace\nerror: timed out waiting for the condition on services/a"
		wayOut = ". Or set teardown.drain to false in the claim to go on without"
	)
	cases := map[string]struct {
		reason string
		pod    map[string]any
		// why and message are the condition's. The way out is to be told unless
		// all is well.
		why, message string
	}{
		"Nothing": {
			reason:  "While nothing is known, it begins.",
			pod:     map[string]any{},
			why:     lifecycle.ReasonDraining,
			message: "drain waits until all Ingresses are deleted",
		},
		"Unscheduled": {
			reason: "A Pod that finds no node should say so.",
			pod: map[string]any{"phase": "Pending", "conditions": []any{
				map[string]any{"type": "PodReadyToStartContainers", "status": "False"},
				map[string]any{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no nodes available to schedule pods"},
			}},
			why:     lifecycle.ReasonUnschedulable,
			message: "drain finds no node: no nodes available to schedule pods",
		},
		"First": {
			reason:  "The step that is under way is what it does.",
			pod:     pod(running, waiting("PodInitializing", "")),
			why:     lifecycle.ReasonDraining,
			message: "drain waits until all Ingresses are deleted",
		},
		"Second": {
			reason:  "One that is done is over.",
			pod:     pod(done, running),
			why:     lifecycle.ReasonDraining,
			message: "drain waits until all Gateways are deleted",
		},
		"Last": {
			reason:  "The last is the Pod's main container.",
			pod:     pod(done, done, done, done, done, done, running),
			why:     lifecycle.ReasonDraining,
			message: "drain looks for Services of type LoadBalancer that were deployed again",
		},
		"NoImage": {
			reason:  "What keeps it from starting is for people to mend.",
			pod:     pod(waiting("ImagePullBackOff", "Back-off pulling image"), waiting("PodInitializing", "")),
			why:     lifecycle.ReasonCannotStart,
			message: "drain can't start: Back-off pulling image",
		},
		"TimedOut": {
			reason:  "What it waits for in vain is theirs to find out about.",
			pod:     pod(again(running, stuck), waiting("PodInitializing", "")),
			why:     lifecycle.ReasonTimedOut,
			message: "drain waits until all Ingresses are deleted, which it could not in time, and tries again: ingress shop/api",
		},
		"TimedOutOnce": {
			reason:  "What it asked to go the first time may be going since.",
			pod:     pod(done, with(again(running, many), "restartCount", int64(1))),
			why:     lifecycle.ReasonTimedOut,
			message: "drain waits until all Gateways are deleted, which it could not in time, and tries again: service x/a",
		},
		"TimedOutTwice": {
			reason:  "What it asked to go when it tried again was left from before.",
			pod:     pod(done, with(again(running, many), "restartCount", int64(2))),
			why:     lifecycle.ReasonTimedOut,
			message: "drain waits until all Gateways are deleted, which it could not in time, and tries again: service x/a, service x/b, service y/c, and 1 more",
		},
		"Starting": {
			reason:  "Before the first step there is no step to tell of.",
			pod:     pod(waiting("ContainerCreating", ""), waiting("PodInitializing", "")),
			why:     lifecycle.ReasonDraining,
			message: "drain is starting",
		},
		"TimedOutNow": {
			reason:  "It should be said at once,",
			pod:     pod(map[string]any{"state": ended(1, stuck)}),
			why:     lifecycle.ReasonTimedOut,
			message: "drain waits until all Ingresses are deleted, which it could not in time, and tries again: ingress shop/api",
		},
		"TimedOutPause": {
			reason:  "and until it is tried again,",
			pod:     pod(done, again(waiting("CrashLoopBackOff", "back-off 10s"), many)),
			why:     lifecycle.ReasonTimedOut,
			message: "drain waits until all Gateways are deleted, which it could not in time, and tries again: service x/a",
		},
		"StepFailed": {
			reason:  "Another failure is told as it is.",
			pod:     pod(done, done, done, done, done, done, again(running, "error: You must be logged in to the server (Unauthorized)")),
			why:     lifecycle.ReasonStepFailed,
			message: "drain looks for Services of type LoadBalancer that were deployed again, which failed, and tries again: error: You must be logged in to the server (Unauthorized)",
		},
		"TimedOutBefore": {
			reason:  "A step that is done in the end is over, too.",
			pod:     pod(again(done, stuck), running),
			why:     lifecycle.ReasonDraining,
			message: "drain waits until all Gateways are deleted",
		},
	}
	start := world.New(t, "platform-smallest.yaml")
	start.Settle()
	start.Begin(lifecycle.KeyDrain)
	made := start.Made()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := start.Fork(t)
			w.Edit(lifecycle.KeyDrain, world.Unfinished(tc.pod))
			rsp := w.Run()
			world.Validate(t, w, rsp)
			world.CheckWhole(t, made, rsp)
			world.CheckDraining(t, rsp, fnv1.Status_STATUS_CONDITION_TRUE, tc.why)
			message, want := tc.message, []string(nil)
			if tc.why != lifecycle.ReasonDraining {
				message += wayOut
				want = []string{"SEVERITY_WARNING " + tc.why + ": " + message}
			}
			if got := world.ConditionOf(rsp, v1alpha1.ConditionDraining).GetMessage(); got != message {
				t.Errorf("\n%s\nwant %q, got %q", tc.reason, message, got)
			}
			teardown, guard := world.ConditionOf(rsp, v1alpha1.ConditionTearingDown).GetMessage(), world.At(rsp, lifecycle.KeyGuard, "spec.reason").(string)
			if !strings.HasSuffix(teardown, "; first, "+tc.message) || guard != lifecycle.Shortened("Tearing down: "+teardown, lifecycle.LongestReason) {
				t.Errorf("\n%s\nboth should say so: TearingDown %q, guard %q", tc.reason, teardown, guard)
			}
			for i, want := range [][]string{want, nil} {
				var got []string
				for _, r := range rsp.GetResults() {
					got = append(got, fmt.Sprintf("%s %s: %s", r.GetSeverity(), r.GetReason(), r.GetMessage()))
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("\n%s\nevents of run %d: -want, +got:\n%s", tc.reason, i, diff)
				}
				w.Remember(rsp)
				rsp = w.Run()
			}
		})
	}
}
