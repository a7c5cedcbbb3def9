package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// Keys of a farewell, and of what it needs.
const (
	keyHost    = "host"
	keyPrepare = "prepare"
	keyBye     = "bye"
)

// addFarewell to a plan: "bye", which needs "prepare", which needs a host.
func addFarewell(p *Plan, wanted bool, host *Node) *Farewell {
	f := p.Farewell("Bye", wanted)
	build := func(needs ...*Node) func(n *Node) runtime.Object {
		return func(n *Node) runtime.Object {
			n.After(needs...)
			return thing(map[string]any{"from": fromClaim})
		}
	}
	prepare := f.Add(keyPrepare, build(host))
	f.Add(keyBye, build(prepare))
	return f
}

// parted says that the farewell was over, in a teardown.
func parted(o *Options) { o.Parted, o.TornDown = true, true }

// tornDown says that the last run was one of a teardown.
func tornDown(o *Options) { o.TornDown = true }

// TestFarewell: what is wanted while everything else leaves comes before that.
func TestFarewell(t *testing.T) {
	host, guest := existing("host", ready), existing("guest", ready)
	prepare, bye := existing("prepare", ready, needing("host")), existing("bye", needing("prepare"))
	all := remembering("host", "guest")
	done := existing("bye", ready, needing("prepare"))
	cases := map[string]struct {
		reason   string
		observed map[string]*fnv1.Resource
		options  []func(o *Options)
		unwanted bool
		renew    bool
		fixed    bool
		want     map[string]string
		waiting  []Wait
		pending  bool
		parted   bool
		progress [2]int
		message  string
	}{
		"NotTornDown": {
			reason:   "While everything is wanted, a farewell is not.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest},
			want:     map[string]string{"host": builtReady, "guest": builtReady},
			progress: [2]int{2, 4},
		},
		"Begin": {
			reason:   "It should begin before anything leaves, be it by a way that is not there yet.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest},
			options:  []func(o *Options){tearingDown, finding(everyThing), all},
			want:     map[string]string{"host": builtReady, "guest": builtReady, "prepare": built},
			waiting:  []Wait{{Key: "bye", For: []string{"prepare"}}},
			pending:  true,
			progress: [2]int{0, 2},
			message:  "2 of 2 resources are left; first, prepare",
		},
		"HostNotReady": {
			reason:   "What it needs should stay also while it cannot begin.",
			observed: map[string]*fnv1.Resource{"host": existing("host")},
			options:  []func(o *Options){tearingDown, finding(everyThing), all, finding(requireObject + "guest")},
			want:     map[string]string{"host": built},
			waiting:  []Wait{{Key: "bye", For: []string{"prepare"}}, {Key: "prepare", For: []string{"host"}}},
			pending:  true,
			progress: [2]int{1, 2},
			message:  "1 of 2 resources are left; first, prepare waits for host; bye waits for prepare",
		},
		"UnderWay": {
			reason:   "Until it is ready, what it comes before should stay.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest, "prepare": prepare, "bye": bye},
			options:  []func(o *Options){tearingDown, finding(everyThing), all},
			want:     map[string]string{"host": builtReady, "guest": builtReady, "prepare": builtReady, "bye": built},
			pending:  true,
			progress: [2]int{0, 2},
			message:  "2 of 2 resources are left; first, bye",
		},
		"Done": {
			reason:   "Once it is ready, that should be remembered first: if it is not, all of it would come again.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest, "prepare": prepare, "bye": done},
			options:  []func(o *Options){tearingDown, finding(everyThing), all},
			want:     map[string]string{"host": builtReady, "guest": builtReady, "prepare": builtReady, "bye": builtReady},
			pending:  true,
			parted:   true,
			progress: [2]int{0, 2},
			message:  "2 of 2 resources are left; first, bye is done",
		},
		"Parted": {
			reason:   "Then what it comes before may leave, but not what it needs, nor the farewell, which nobody remembers.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest, "prepare": prepare, "bye": done},
			options:  []func(o *Options){tearingDown, finding(everyThing), all, parted},
			want:     map[string]string{"host": builtReady, "prepare": builtReady, "bye": builtReady},
			parted:   true,
			progress: [2]int{0, 2},
			message:  "2 of 2 resources are left; deleting bye, guest",
		},
		"Over": {
			reason:   "Then it should leave in order like anything else.",
			observed: map[string]*fnv1.Resource{"host": host, "prepare": prepare, "bye": done},
			options:  []func(o *Options){tearingDown, finding(everyThing), all, remembering("prepare", "bye"), finding(requireObject + "guest"), parted},
			parted:   true,
			want:     map[string]string{"host": builtReady, "prepare": builtReady},
			progress: [2]int{1, 2},
			message:  "1 of 2 resources are left; deleting bye",
		},
		"Renewed": {
			reason:   "What is to be made anew should leave, while the rest stays.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest, "prepare": prepare, "bye": bye},
			options:  []func(o *Options){tearingDown, finding(everyThing), all, remembering("bye")},
			renew:    true,
			want:     map[string]string{"host": builtReady, "guest": builtReady, "prepare": builtReady},
			pending:  true,
			progress: [2]int{0, 2},
			message:  "2 of 2 resources are left; first, bye has to be gone before it is created anew",
		},
		"Unwanted": {
			reason:   "What is only described should hold nothing up, and leave.",
			observed: map[string]*fnv1.Resource{"host": host, "prepare": prepare, "bye": bye},
			options:  []func(o *Options){tearingDown, finding(everyThing), all, remembering("prepare", "bye"), finding(requireObject + "guest")},
			unwanted: true,
			want:     map[string]string{"host": builtReady, "prepare": builtReady},
			progress: [2]int{1, 2},
			message:  "1 of 2 resources are left; deleting bye",
		},
		"OfAnother": {
			reason:   "One that was to leave when the teardown began may have done its work for another.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest, "prepare": prepare, "bye": done},
			options:  []func(o *Options){tearingDown, finding(everyThing), all, remembering("prepare", "bye")},
			want:     map[string]string{"host": builtReady, "guest": builtReady, "prepare": builtReady},
			pending:  true,
			progress: [2]int{0, 2},
			message:  "2 of 2 resources are left; first, bye is made anew",
		},
		"OfThis": {
			reason:   "One that was to be renewed in this one, and has done its work meanwhile, has done it for this.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest, "prepare": prepare, "bye": done},
			options:  []func(o *Options){tearingDown, finding(everyThing), all, remembering("bye"), tornDown},
			want:     map[string]string{"host": builtReady, "guest": builtReady, "prepare": builtReady, "bye": builtReady},
			pending:  true,
			parted:   true,
			progress: [2]int{0, 2},
			message:  "2 of 2 resources are left; first, bye is done",
		},
		"Changed": {
			reason:   "What would have to be made anew to become another should be,",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest, "prepare": prepare, "bye": bye},
			options:  []func(o *Options){tearingDown, finding(everyThing), all, remembering("bye"), tornDown},
			fixed:    true,
			want:     map[string]string{"host": builtReady, "guest": builtReady, "prepare": builtReady},
			pending:  true,
			progress: [2]int{0, 2},
			message:  "2 of 2 resources are left; first, bye has to be gone before it is created anew",
		},
		"ChangedDone": {
			reason:   "but not to do what is done.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest, "prepare": prepare, "bye": done},
			options:  []func(o *Options){tearingDown, finding(everyThing), all, remembering("bye"), tornDown},
			fixed:    true,
			want:     map[string]string{"host": builtReady, "guest": builtReady, "prepare": builtReady, "bye": keptReady},
			pending:  true,
			parted:   true,
			progress: [2]int{0, 2},
			message:  "2 of 2 resources are left; first, bye is done",
		},
		"Deleted": {
			reason:   "What somebody deletes should be made anew once it is gone, and everything wait for that.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest, "prepare": prepare, "bye": existing("bye", deleting, needing("prepare"))},
			options:  []func(o *Options){tearingDown, finding(everyThing), all},
			want:     map[string]string{"host": builtReady, "guest": builtReady, "prepare": builtReady},
			waiting:  []Wait{{Key: "bye", For: []string{"bye"}}},
			pending:  true,
			progress: [2]int{0, 2},
			message:  "2 of 2 resources are left; first, bye has to be gone before it is created anew",
		},
		"Strange": {
			reason:   "What no node describes should wait as well.",
			observed: map[string]*fnv1.Resource{"host": host, "x": existing("x", ready), "prepare": prepare, "bye": bye},
			options:  []func(o *Options){tearingDown, finding(everyThing), all, remembering("x"), finding(requireObject + "guest")},
			want:     map[string]string{"host": builtReady, "x": kept, "prepare": builtReady, "bye": built},
			pending:  true,
			progress: [2]int{1, 3},
			message:  "2 of 3 resources are left; first, bye",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(tc.observed, tc.options...)
			nodes := add(p, chain("host")...)
			p.layers[0].Add("guest", func(*Node) runtime.Object { return thing(map[string]any{"from": fromClaim}) })
			f := addFarewell(p, !tc.unwanted, nodes["host"])
			if tc.renew {
				f.last().Renew()
			}
			if tc.fixed {
				f.last().Fixed(NewField("spec.from"))
			}
			out := resolved(t, p)
			if diff := cmp.Diff(tc.want, verdictsOn(t, out.Desired)); diff != "" {
				t.Errorf("\n%s\nDesired: -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.waiting, out.Waiting(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\nWaiting(): -want, +got:\n%s", tc.reason, diff)
			}
			if got := f.pending(); got != tc.pending {
				t.Errorf("\n%s\npending(): want %t, got %t", tc.reason, tc.pending, got)
			}
			if got := out.Parted(); got != tc.parted {
				t.Errorf("\n%s\nParted(): want %t, got %t", tc.reason, tc.parted, got)
			}
			if done, total := out.Progress(); tc.progress != [2]int{done, total} {
				t.Errorf("\n%s\nProgress(): want %v, got %d/%d", tc.reason, tc.progress, done, total)
			}
			if tc.message == "" {
				return
			}
			if got := out.Removal().Message; got != tc.message {
				t.Errorf("\n%s\nRemoval(): want %q, got %q", tc.reason, tc.message, got)
			}
		})
	}
}

// TestFarewellFollows: what would undo a farewell is gone before it begins, and only that.
func TestFarewellFollows(t *testing.T) {
	host, guest := existing("host", ready), existing("guest", ready)
	prepare, bye := existing("prepare", ready, needing("host")), existing("bye", needing("prepare"))
	began := remembering("host", "guest")
	cases := map[string]struct {
		reason   string
		observed map[string]*fnv1.Resource
		options  []func(o *Options)
		unwanted bool
		want     map[string]string
		waiting  []Wait
		message  string
	}{
		"First": {
			reason:   "It should go though the farewell is to come, which waits for it.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest},
			options:  []func(o *Options){began},
			want:     map[string]string{"host": builtReady},
			waiting:  []Wait{{Key: "bye", For: []string{"prepare"}}, {Key: "prepare", For: []string{"guest"}}},
			message:  "2 of 2 resources are left; first, prepare waits for guest; bye waits for prepare",
		},
		"Forgotten": {
			reason:   "But not before that is remembered.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest},
			want:     map[string]string{"host": builtReady, "guest": builtReady},
			waiting:  []Wait{{Key: "bye", For: []string{"prepare"}}, {Key: "prepare", For: []string{"guest"}}},
			message:  "2 of 2 resources are left; first, prepare waits for guest; bye waits for prepare",
		},
		"Lingering": {
			reason:   "The farewell should wait until it is gone.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": existing("guest", deleting)},
			options:  []func(o *Options){began},
			want:     map[string]string{"host": builtReady},
			waiting:  []Wait{{Key: "bye", For: []string{"prepare"}}, {Key: "prepare", For: []string{"guest"}}},
			message:  "2 of 2 resources are left; first, prepare waits for guest; bye waits for prepare",
		},
		"Gone": {
			reason:   "Then it begins.",
			observed: map[string]*fnv1.Resource{"host": host},
			options:  []func(o *Options){began, finding(requireObject + "guest")},
			want:     map[string]string{"host": builtReady, "prepare": built},
			waiting:  []Wait{{Key: "bye", For: []string{"prepare"}}},
			message:  "1 of 2 resources are left; first, prepare",
		},
		"UnderWay": {
			reason:   "A farewell that has begun goes on, though what it follows is there again.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest, "prepare": prepare, "bye": bye},
			options:  []func(o *Options){began},
			want:     map[string]string{"host": builtReady, "prepare": builtReady, "bye": built},
			message:  "2 of 2 resources are left; first, bye",
		},
		"Halted": {
			reason:   "While something is protected, nothing should go.",
			observed: map[string]*fnv1.Resource{"host": existing("host", ready, protecting), "guest": guest},
			options:  []func(o *Options){began},
			want:     map[string]string{"host": builtReady, "guest": builtReady},
		},
		"Unwanted": {
			reason:   "Without a farewell it should go as all else does.",
			observed: map[string]*fnv1.Resource{"host": host, "guest": guest},
			options:  []func(o *Options){began},
			unwanted: true,
			want:     map[string]string{},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(tc.observed, append([]func(o *Options){tearingDown, finding(everyThing)}, tc.options...)...)
			nodes := add(p, chain("host")...)
			guest := p.layers[0].Add("guest", func(*Node) runtime.Object { return thing(map[string]any{"from": fromClaim}) })
			addFarewell(p, !tc.unwanted, nodes["host"]).Follow(guest.Key)
			out := resolved(t, p)
			if diff := cmp.Diff(tc.want, verdictsOn(t, out.Desired)); diff != "" {
				t.Errorf("\n%s\nDesired: -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.waiting, out.Waiting(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\nWaiting(): -want, +got:\n%s", tc.reason, diff)
			}
			if got := out.Removal().Message; tc.message != "" && got != tc.message {
				t.Errorf("\n%s\nRemoval(): want %q, got %q", tc.reason, tc.message, got)
			}
		})
	}
}
