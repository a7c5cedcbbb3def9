package platform_test

import (
	"slices"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestSupport: what has no support any more is refused to whoever begins with it, and
// is said to whoever has it.
func TestSupport(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason  string
		date    string
		cluster string
		// refused is what a new claim is told, "" if it is accepted; status, says
		// and its reason are those of the condition of one that stands.
		refused string
		status  fnv1.Status
		because string
		says    string
	}{
		"NoDate": {
			reason: "Without a day nothing has ended.", cluster: "{version: '1.33'}",
			status: fnv1.Status_STATUS_CONDITION_TRUE, because: "Supported", says: "Standard support of Kubernetes 1.33 ends on 2026-07-29",
		},
		"Before": {
			reason: "The day before it has not.", date: "2026-07-28", cluster: "{version: '1.33'}",
			status: fnv1.Status_STATUS_CONDITION_TRUE, because: "Supported", says: "ends on 2026-07-29",
		},
		"ThatDay": {
			reason: "That day it has: AWS bills from its first hour.", date: "2026-07-29", cluster: "{version: '1.33'}",
			refused: "spec.cluster.version: EKS's standard support of 1.33 ended on 2026-07-29; set 1.34 or 1.35 or 1.36, or set supportType to Extended",
			status:  fnv1.Status_STATUS_CONDITION_FALSE, because: "SupportEnded", says: "Set spec.cluster.version to the next one, or spec.cluster.supportType to Extended",
		},
		"Extended": {
			reason: "It may stay for money.", date: "2026-11-28", cluster: "{version: '1.33', supportType: Extended}",
			status: fnv1.Status_STATUS_CONDITION_FALSE, because: "ExtendedSupport", says: "AWS bills extended support, until EKS raises the cluster by itself after 2027-07-29",
		},
		"ExtendedBefore": {
			reason: "Who would pay is told until when.", date: "2026-07-28", cluster: "{version: '1.33', supportType: Extended}",
			status: fnv1.Status_STATUS_CONDITION_TRUE, because: "Supported", says: "extended support on 2027-07-29",
		},
		"AllEnded": {
			reason: "For no longer than a year.", date: "2027-07-29", cluster: "{version: '1.33', supportType: Extended}",
			refused: "spec.cluster.version: EKS's extended support of 1.33 ended on 2027-07-29; set 1.36",
			status:  fnv1.Status_STATUS_CONDITION_FALSE, because: "SupportEnded", says: "Extended support of Kubernetes 1.33 ended on 2027-07-29",
		},
		"NoneLeft": {
			reason: "A release that is too old says that, rather than nothing.", date: "2029-01-01", cluster: "{version: '1.36'}",
			refused: "set a newer one, once a release of XPlatform has it",
			status:  fnv1.Status_STATUS_CONDITION_FALSE, because: "SupportEnded", says: "2028-08-02",
		},
		"Newest": {
			reason: "The newest is supported.", date: "2026-11-28", cluster: "{version: '1.36'}",
			status: fnv1.Status_STATUS_CONDITION_TRUE, because: "Supported", says: "1.36",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			policy := map[string]any{}
			if tc.date != "" {
				policy["supportDate"] = tc.date
			}
			w := world.With(t, "{region: eu-central-1, cluster: "+tc.cluster+"}")
			if tc.refused == "" {
				w.Under(policy)
			} else {
				req := w.Request()
				req.Input = world.Input(t, policy)
				world.CheckRefused(t, tc.reason, w.Respond(req), tc.refused)
			}
			w.Settle()
			c := world.ConditionOf(w.Under(policy), v1alpha1.ConditionVersionCurrent)
			if c.GetStatus() != tc.status || c.GetReason() != tc.because || !strings.Contains(c.GetMessage(), tc.says) {
				t.Errorf("\n%s\nwant %s %s with %q, got %v", tc.reason, tc.status, tc.because, tc.says, c)
			}
		})
	}
}

// TestSupportEndsOnce: that support has ended is an event the first time, and keeps
// neither the platform from being ready nor anybody from taking it down.
func TestSupportEndsOnce(t *testing.T) {
	t.Parallel()
	policy := map[string]any{"supportDate": "2026-11-28"}
	w := world.With(t, "{region: eu-central-1, cluster: {version: '1.33'}}")
	w.Settle()
	warns := func(rsp *fnv1.RunFunctionResponse) bool {
		return slices.ContainsFunc(rsp.GetResults(), func(r *fnv1.Result) bool {
			return r.GetSeverity() == fnv1.Severity_SEVERITY_WARNING && strings.Contains(r.GetMessage(), "1.33")
		})
	}
	rsp := w.Under(policy)
	if !warns(rsp) || !world.IsReady(rsp) {
		t.Errorf("want a warning, and the platform ready, got %v", rsp.GetResults())
	}
	w.Remember(rsp)
	if rsp = w.Under(policy); warns(rsp) {
		t.Error("want the warning once")
	}
	w.DeleteClaim()
	delete(w.Observed, "cluster")
	if rsp = w.Under(policy); world.ConditionOf(rsp, v1alpha1.ConditionAccepted).GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE {
		t.Error("want a platform that is taken down to be accepted without its cluster")
	}
}

// TestSupportDate: what is no day is refused, or it would be compared as letters.
func TestSupportDate(t *testing.T) {
	t.Parallel()
	for _, day := range []string{"28.11.2026", "2026-11", "2026-13-01", "tomorrow"} {
		w := world.With(t, "{region: eu-central-1}")
		req := w.Request()
		req.Input = world.Input(t, map[string]any{"supportDate": day})
		world.CheckRefused(t, day+" is no day.", w.Respond(req), "supportDate of the function's input: must be a day, such as 2026-11-28")
	}
}

// TestRaised: a cluster that EKS raises by itself goes on to be changed, and is ready
// once what runs in it has followed, and the claim says what to do, until it does.
func TestRaised(t *testing.T) {
	t.Parallel()
	w := world.With(t, "{region: eu-central-1, cluster: {version: '1.34'}}")
	w.Settle()
	check := func(step, asked string, status fnv1.Status, reason, says string) {
		t.Helper()
		rsp := w.Run()
		if got := world.At(rsp, "cluster", "spec.forProvider.version"); got != asked {
			t.Errorf("%s: want %s to be asked for, got %v", step, asked, got)
		}
		c := world.ConditionOf(rsp, v1alpha1.ConditionVersionCurrent)
		if c.GetStatus() != status || c.GetReason() != reason || !strings.Contains(c.GetMessage(), says) {
			t.Errorf("%s: want %s %s with %q, got %v", step, status, reason, says, c)
		}
		if phase := world.StatusOf(t, rsp)["phase"]; phase != string(v1alpha1.PhaseReady) && phase != string(v1alpha1.PhaseUpdating) {
			t.Errorf("%s: want the platform ready, or about to be, got %v", step, phase)
		}
		world.Validate(t, w, rsp)
		w.Remember(rsp)
	}
	// follow until all that follows the cluster has followed.
	follow := func(version string) {
		t.Helper()
		for range 12 {
			w.Follow(w.Run())
		}
		if image, _ := world.At(w.Run(), "cluster-autoscaler", "spec.forProvider.values.image.tag").(string); !strings.HasPrefix(image, "v"+version+".") {
			t.Errorf("want the autoscaler of %s, got %s", version, image)
		}
	}
	runs := func(version string) {
		w.Edit("cluster", world.Set(version, "status", "atProvider", "version"))
	}
	claim := func(version string) { world.Set(version, "spec", "cluster", "version")(w.XR) }

	check("before", "1.34", fnv1.Status_STATUS_CONDITION_TRUE, "Supported", "1.34")
	runs("1.35")
	check("raised", "1.35", fnv1.Status_STATUS_CONDITION_FALSE, "Raised", "The claim says 1.34, which is not asked for any more. Set spec.cluster.version to 1.35")
	follow("1.35")
	w.XR.Object["status"] = nil
	check("followed, and its status lost", "1.35", fnv1.Status_STATUS_CONDITION_FALSE, "Raised", "Set spec.cluster.version to 1.35")
	claim("1.35")
	check("caught up", "1.35", fnv1.Status_STATUS_CONDITION_TRUE, "Supported", "1.35")
	w.Follow(w.Run())
	claim("1.34")
	check("lowered", "1.35", fnv1.Status_STATUS_CONDITION_FALSE, "RollingBack", "If it refuses, set spec.cluster.version to 1.35")
	for world.At(w.Run(), "cluster", "spec.forProvider.version") != "1.34" {
		w.Follow(w.Run()) // The nodes go first.
	}
	w.Follow(w.Run())
	runs("1.35")
	check("rolling back", "1.34", fnv1.Status_STATUS_CONDITION_FALSE, "RollingBack", "1.34")
	runs("1.34")
	check("rolled back", "1.34", fnv1.Status_STATUS_CONDITION_TRUE, "Supported", "1.34")
	w.Follow(w.Run())
	runs("1.35")
	check("raised again", "1.35", fnv1.Status_STATUS_CONDITION_FALSE, "Raised", "1.35")
}
