package platform

import (
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // What the function runs on may have none.

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// This file is when steps may be taken.

// holdSteps of a platform while they are paused, and outside of their window.
func holdSteps(p *plan.Plan, u v1alpha1.Upgrade) {
	switch {
	case p.TearsDown():
	case u.Paused:
		p.Hold("spec.upgrade.paused to be false")
	case u.Window != nil:
		if until := closed(*u.Window, timeOfDay(p)); until != "" {
			p.Hold(until)
		}
	}
}

// requireClock is the name of the requirement that is the clock.
const requireClock = "clock"

// timeOfDay is what time it is by the control plane that asks: API servers say so every
// ten seconds, each in a Lease of its own (Kubernetes, pkg/controlplane/apiserver/server.go),
// which Crossplane may read, because it elects its leader by others. So there is no
// clock in the function, and equal requests still get equal answers. It is zero if
// it isn't known.
func timeOfDay(p *plan.Plan) time.Time {
	leases, _ := p.LookUp(requireClock, &fnv1.ResourceSelector{
		ApiVersion: "coordination.k8s.io/v1",
		Kind:       "Lease",
		Namespace:  new(NamespaceSystem),
		Match: &fnv1.ResourceSelector_MatchLabels{MatchLabels: &fnv1.MatchLabels{Labels: map[string]string{
			"apiserver.kubernetes.io/identity": "kube-apiserver",
		}}},
	})
	var now time.Time
	for _, l := range leases {
		if t, err := time.Parse(time.RFC3339, read.Lease.Renewed.Of(plan.Observe(l))); err == nil && t.After(now) {
			now = t
		}
	}
	return now
}

// closed says until when no step may be taken, "" if one may.
func closed(w v1alpha1.UpgradeWindow, now time.Time) string {
	if now.IsZero() {
		return "the time of day, which a Lease of kube-apiserver in " + NamespaceSystem + " says"
	}
	zone, err := time.LoadLocation(w.TimeZone)
	if err != nil { // It is refused.
		zone = time.UTC
	}
	start, err := time.Parse("15:04", w.StartTime)
	if err != nil { // The schema sees to it.
		return "spec.upgrade.window.startTime"
	}
	// One that began yesterday may still be open, and the next one begins within
	// a week.
	for ahead := -1; ahead <= 7; ahead++ {
		day := now.In(zone).AddDate(0, 0, ahead)
		begin := time.Date(day.Year(), day.Month(), day.Day(), start.Hour(), start.Minute(), 0, 0, zone)
		switch {
		case len(w.Days) > 0 && !slices.Contains(w.Days, v1alpha1.Weekday(begin.Weekday().String())):
		case begin.After(now):
			return "spec.upgrade.window, which opens on " + begin.Format("Monday, 2006-01-02, at 15:04 MST")
		case now.Before(begin.Add(time.Duration(w.DurationHours) * time.Hour)):
			return ""
		}
	}
	return "spec.upgrade.window.days" // The schema sees to it.
}

// refuseWindow refuses a window in a time zone nobody knows.
func refuseWindow(w *v1alpha1.UpgradeWindow) error {
	if w == nil {
		return nil
	}
	if _, err := time.LoadLocation(w.TimeZone); err != nil || w.TimeZone == "Local" { // Of whatever the function runs on.
		return fmt.Errorf("spec.upgrade.window.timeZone: %q is no name of the IANA time zone database, such as Europe/Berlin", w.TimeZone)
	}
	return nil
}
