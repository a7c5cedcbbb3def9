package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// TestRemoveNodeGroup: what is no longer wanted leaves in the order opposite to
// the one it came in.
func TestRemoveNodeGroup(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		group  string
	}{
		"Tainted": {reason: "A group nothing else waited for should leave in three steps.", group: "batch"},
		"Open":    {reason: "So should one that CoreDNS and the controllers waited for.", group: "general"},
	}
	start := newWorld(t, "platform-production.yaml")
	start.settle()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := start.fork(t)
			before := w.run()
			list, _, _ := unstructured.NestedSlice(w.xr.Object, "spec", "nodeGroups")
			list = slices.DeleteFunc(list, func(g any) bool { return g.(map[string]any)["name"] == tc.group })
			set(list, "spec", "nodeGroups")(w.xr)

			group := "node-group." + tc.group
			want := [][]string{matching(desiredKeys(before), group+".tag.*"), {group}, {group + ".template"}}
			var got [][]string
			for range 10 {
				rsp := w.run()
				ready := rsp.GetDesired().GetComposite().GetReady()
				left := slices.DeleteFunc(sorted(w.observed), func(k string) bool { return k != group && !strings.HasPrefix(k, group+".") })
				if (ready == fnv1.Ready_READY_TRUE) != (len(left) == 0) {
					t.Errorf("\n%s\nwith %v left, ready should not be %s", tc.reason, left, ready)
				}
				for _, key := range left {
					r := rsp.GetDesired().GetResources()[key]
					if r == nil {
						continue
					}
					// Kept as it exists, so that the provider changes nothing.
					if diff := cmp.Diff(w.observed[key].GetResource().AsMap()["spec"], r.GetResource().AsMap()["spec"]); diff != "" {
						t.Errorf("\n%s\n%s is on its way out and should be left as it is: -exists, +asked for:\n%s", tc.reason, key, diff)
					}
					if r.GetResource().GetFields()["status"] != nil {
						t.Errorf("\n%s\n%s carries a status", tc.reason, key)
					}
				}
				if gone := w.follow(rsp); len(gone) > 0 {
					got = append(got, gone)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
