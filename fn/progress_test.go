package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
)

// left of a platform that is taken down, and of how many, as one answer says: in
// its status, its condition and its guard alike.
func left(t *testing.T, rsp *fnv1.RunFunctionResponse) (left, all int) {
	t.Helper()
	var gone int
	if _, err := fmt.Sscanf(fmt.Sprint(statusOf(t, rsp)["progress"]), "%d/%d", &gone, &all); err != nil {
		t.Fatal(err)
	}
	left = all - gone
	message := conditionOf(rsp, v1alpha1.ConditionTearingDown).GetMessage()
	if want := fmt.Sprintf("%d of %d resource", left, all); !strings.HasPrefix(message, want) && message != "Nothing is left" {
		t.Errorf("the condition should say that %s are left, got %q", want, message)
	}
	if reason, _ := at(rsp, keyGuard, "spec.reason").(string); reason != "" && !strings.HasPrefix("Tearing down: "+message, strings.TrimSuffix(reason, "…")) {
		t.Errorf("the guard should say %q, got %q", message, reason)
	}
	return left, all
}

// TestTeardownProgress: what is left of a platform only ever becomes less, of as
// many as there were: neither what drains the cluster meanwhile changes that, nor
// Crossplane, which may show the function the composite as it was before.
func TestTeardownProgress(t *testing.T) {
	t.Parallel()
	for _, example := range examples {
		w := newWorld(t, example)
		unprotected(w.xr)
		w.settle()
		want := len(w.made())
		attempted(w.xr)
		deleted(w.claim)
		last := want
		tell := func(rsp *fnv1.RunFunctionResponse) {
			now, all := left(t, rsp)
			if now > last || all != want {
				t.Errorf("%s: %d of %d are left, after %d of %d", example, now, all, last, want)
			}
			last = now
		}
		for n := 0; len(w.observed)+len(w.lingering) > 0; n++ {
			if n > 100 {
				t.Fatal("it never ends")
			}
			before := w.xr.Object["status"]
			rsp := w.run()
			tell(rsp)
			// What has been let go takes a while to go.
			for key := range w.lingering {
				delete(w.lingering, key)
			}
			w.slow = slices.DeleteFunc(sorted(w.observed), func(key string) bool { return key == keyGuard || len(key)%2 == n%2 })
			w.follow(rsp)
			after := w.xr.Object["status"]
			w.xr.Object["status"] = before
			tell(w.run())
			w.xr.Object["status"] = after
		}
		if last != 0 {
			t.Errorf("%s: want nothing left in the end, got %d", example, last)
		}
	}
}
