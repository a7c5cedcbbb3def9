package platform

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// A follower has a version that follows the cluster's.
type follower struct {
	node *plan.Node
	// asked is the version it is asked to have, and at what it is to have with a
	// version of the cluster.
	asked plan.Text
	at    func(cluster v1alpha1.KubernetesVersion) string
}

// Upgrade is the way to the claim's version of Kubernetes, from where it began, nil
// if there is none to go. It is what the plan will do: each follower has its version
// from the one function that says which.
func (pf *Platform) Upgrade(o *plan.Outcome, was *plan.Observed) *v1alpha1.UpgradeStatus {
	runs := v1alpha1.KubernetesVersion(read.Cluster.Version.Of(pf.cluster.node.Observed()))
	to := pf.contract.spec.Cluster.Version
	if minorOf(runs) > minorOf(to) && pf.cluster.asked == runs {
		to = runs // It was raised by EKS, and the claim is not acted upon.
	}
	from := runs
	if read.XPlatform.UpgradeTo.Of(was) == string(to) {
		from = v1alpha1.KubernetesVersion(cmp.Or(read.XPlatform.UpgradeFrom.Of(was), string(runs)))
	}
	if minorOf(runs) == 0 || from == to {
		return nil
	}
	s := &v1alpha1.UpgradeStatus{From: string(from), To: string(to)}
	lead := follower{node: pf.cluster.node, asked: read.Cluster.AskedVersion, at: func(v v1alpha1.KubernetesVersion) string { return string(v) }}
	order := append([]follower{lead}, pf.cluster.followers...)
	if minorOf(to) < minorOf(from) {
		order = append(slices.Clone(pf.cluster.followers), lead)
	}
	way := minorsBetween(from, to)
	for i, v := range way[1:] {
		for _, f := range order {
			if f.at(v) != f.at(way[i]) {
				s.Steps = append(s.Steps, pf.step(o, f, way[i+1:]))
			}
		}
	}
	since := map[string]string{}
	for _, step := range read.XPlatform.UpgradeSteps.Of(was) {
		since[read.UpgradeStep.Resource.Of(step)+" "+read.UpgradeStep.Version.Of(step)] = read.UpgradeStep.Since.Of(step)
	}
	waits := map[string][]string{}
	for _, w := range o.Waiting() {
		waits[w.Key] = w.For
	}
	for i, step := range s.Steps {
		if step.State == v1alpha1.StepWaiting {
			s.Steps[i].For = waits[step.Resource]
			delete(waits, step.Resource) // Its later steps wait for this one.
			continue
		}
		s.Steps[i].Since = cmp.Or(since[step.Resource+" "+step.Version], s.Steps[i].Since)
	}
	if !slices.ContainsFunc(s.Steps, func(s v1alpha1.UpgradeStep) bool { return s.State != v1alpha1.StepDone }) {
		return nil
	}
	return s
}

// step of a follower to the first of some versions of the cluster.
func (pf *Platform) step(o *plan.Outcome, f follower, way []v1alpha1.KubernetesVersion) v1alpha1.UpgradeStep {
	s := v1alpha1.UpgradeStep{Resource: f.node.Key, Version: f.at(way[0]), State: v1alpha1.StepWaiting}
	asked := f.asked.Of(plan.Observe(o.Desired[f.node.Key]))
	i := slices.IndexFunc(way, func(v v1alpha1.KubernetesVersion) bool { return asked == f.at(v) })
	switch {
	case i > 0 && asked != s.Version || i == 0 && o.Settled(f.node):
		s.State = v1alpha1.StepDone
	case i == 0:
		s.State = v1alpha1.StepRunning
	}
	// What is asked for now is noted from the next run on.
	if i == 0 && f.asked.Of(f.node.Observed()) == asked {
		s.Since = f.node.Observed().AskedAt()
	}
	return s
}

// progress of an upgrade in one sentence: how far it is, what is under way, and if
// nothing is, what the next step waits for.
func progress(u *v1alpha1.UpgradeStatus) string {
	if u == nil {
		return ""
	}
	var done int
	var running []string
	waiting := ""
	for _, s := range u.Steps {
		switch {
		case s.State == v1alpha1.StepDone:
			done++
		case s.State == v1alpha1.StepRunning:
			running = append(running, s.Resource+" is on its way to "+s.Version)
		case len(s.For) > 0 && waiting == "":
			waiting = s.Resource + " waits for " + plan.List(s.For)
		}
	}
	return fmt.Sprintf(". %d of %d steps are done; %s", done, len(u.Steps), cmp.Or(plan.List(running), waiting, u.Steps[0].Resource+" is next"))
}

// minorsBetween two versions, both included, in the order of the way.
func minorsBetween(from, to v1alpha1.KubernetesVersion) []v1alpha1.KubernetesVersion {
	way := []v1alpha1.KubernetesVersion{from}
	for v := from; v != to && minorOf(v) > 0; {
		if v = minorAfter(v); minorOf(to) < minorOf(from) {
			v = to
		}
		way = append(way, v)
	}
	return way
}
