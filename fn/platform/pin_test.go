package platform_test

import (
	"testing"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// TestPin: a platform is made by the newest revision of its Composition, unless the
// platform team lets claims stay on another one.
func TestPin(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reason string
		value  any
		path   []string
		// want is the field that is refused, "" if none is.
		want string
	}{
		"Manual":           {reason: "Crossplane takes whatever revision the claim names", value: "Manual", path: []string{"spec", "compositionUpdatePolicy"}, want: "spec.compositionUpdatePolicy"},
		"Automatic":        {reason: "Crossplane takes the newest", value: "Automatic", path: []string{"spec", "compositionUpdatePolicy"}},
		"Selector":         {reason: "Each revision has labels of its own", value: map[string]any{"matchLabels": map[string]any{"crossplane.io/composition-hash": "0"}}, path: []string{"spec", "compositionRevisionSelector"}, want: "spec.compositionRevisionSelector"},
		"Ref":              {reason: "It is Crossplane's own, as long as the policy is Automatic", value: map[string]any{"name": "xplatform-1"}, path: []string{"spec", "compositionRevisionRef"}},
		"NamespacedManual": {reason: "It has Crossplane's fields elsewhere", value: "Manual", path: []string{"spec", "crossplane", "compositionUpdatePolicy"}, want: "spec.crossplane.compositionUpdatePolicy"},
	} {
		w := world.New(t, "platform-smallest.yaml")
		w.Settle()
		world.Set(tc.value, tc.path...)(w.XR)
		if rsp := w.Ask(); tc.want != "" {
			world.CheckRefused(t, name+": "+tc.reason, rsp, tc.want+": must be left out")
		} else if !world.IsReady(rsp) {
			t.Errorf("%s: %s: it should stay ready: %s", name, tc.reason, world.Explain(rsp))
		}
		if rsp := w.Under(map[string]any{"claimsMay": []any{"PinRevision"}}); !world.IsReady(rsp) {
			t.Errorf("%s: the platform team lets it: %s", name, world.Explain(rsp))
		}
		// Whatever is refused can be taken down.
		w.DeleteClaim()
		if got := world.StatusOf(t, w.Run())["phase"]; got != string(v1alpha1.PhaseTearingDown) {
			t.Errorf("%s: it should be taken down, got %v", name, got)
		}
	}
}
