package plan

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// everyThing of the platform is what is asked for last.
const everyThing = requireKind + "Thing.example.org"

// with changes a leftover.
func (l Leftover) with(change func(l *Leftover)) Leftover {
	change(&l)
	return l
}

func isDeleting(l *Leftover) { l.Deleting = true }

// TestLeaving: what is left says what it is, and why it is still there.
func TestLeaving(t *testing.T) {
	cases := map[string]struct {
		reason   string
		observed map[string]*fnv1.Resource
		options  []func(o *Options)
		want     []Leftover
		starting []string
	}{
		"First": {
			reason:   "What has been found out about first should be on the list.",
			observed: map[string]*fnv1.Resource{"a": existing("a")},
			want:     []Leftover{leftoverThing("a")},
		},
		"Needed": {
			reason:   "What waits for others should name them.",
			observed: map[string]*fnv1.Resource{"a": existing("a"), "c": existing("c", needing("a")), "b": existing("b", needing("x;a"))},
			want: []Leftover{
				leftoverThing("a").with(func(l *Leftover) { l.For = []string{"b", "c"} }),
				leftoverThing("b"),
				leftoverThing("c"),
			},
		},
		"Protected": {
			reason:   "What is protected should say so.",
			observed: map[string]*fnv1.Resource{"a": existing("a", protecting)},
			options:  []func(o *Options){remembering("a")},
			want:     []Leftover{leftoverThing("a").with(func(l *Leftover) { l.Message = "is protected" })},
		},
		"LetGo": {
			reason:   "What is let go should be on the list until it is gone.",
			observed: map[string]*fnv1.Resource{"a": existing("a")},
			options:  []func(o *Options){remembering("a")},
			want:     []Leftover{leftoverThing("a").with(isDeleting)},
			starting: []string{"a"},
		},
		"LetGoAgain": {
			reason:   "Crossplane may have to be told twice; it is no news then.",
			observed: map[string]*fnv1.Resource{"a": existing("a", deleting)},
			options:  []func(o *Options){func(o *Options) { o.Leaving = []Leftover{leftoverThing("a").with(isDeleting)} }},
			want:     []Leftover{leftoverThing("a").with(isDeleting)},
		},
		"Lingering": {
			reason:  "What is still there should stay on the list.",
			options: []func(o *Options){func(o *Options) { o.Leaving = []Leftover{leftoverThing("a").with(isDeleting)} }, finding(requireObject+"a", existing("a", deleting))},
			want:    []Leftover{leftoverThing("a").with(isDeleting)},
		},
		"Failing": {
			reason:  "What AWS does not want to delete should say why.",
			options: []func(o *Options){func(o *Options) { o.Leaving = []Leftover{leftoverThing("a").with(isDeleting)} }, finding(requireObject+"a", existing("a", deleting, failed))},
			want:    []Leftover{leftoverThing("a").with(isDeleting).with(func(l *Leftover) { l.Message = "it is refused" })},
		},
		"Gone": {
			reason:  "What is gone should not be on the list.",
			options: []func(o *Options){remembering("a"), finding(requireObject + "a")},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(tc.observed, tc.options...)
			out := resolved(t, p)
			if diff := cmp.Diff(tc.want, out.Leaving); diff != "" {
				t.Errorf("\n%s\nLeaving: -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.starting, out.Starting()); diff != "" {
				t.Errorf("\n%s\nStarting(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestRequirements: what Crossplane is asked to look for, and when that is all.
func TestRequirements(t *testing.T) {
	byName := func(key string) *fnv1.ResourceSelector {
		return &fnv1.ResourceSelector{ApiVersion: "example.org/v1", Kind: "Thing", Namespace: new(namespace), Match: &fnv1.ResourceSelector_MatchName{MatchName: platform + "-" + key}}
	}
	byLabel := &fnv1.ResourceSelector{ApiVersion: "example.org/v1", Kind: "Thing", Match: &fnv1.ResourceSelector_MatchLabels{
		MatchLabels: &fnv1.MatchLabels{Labels: map[string]string{LabelPlatform: platform}},
	}}
	bucketsByLabel := proto.CloneOf(byLabel)
	bucketsByLabel.Kind = "bucket"
	const everyBucket = requireKind + "bucket.example.org"
	owned := func(by ...any) func(o map[string]any) {
		return func(o map[string]any) { o["metadata"].(map[string]any)["ownerReferences"] = by }
	}
	stranger := owned(map[string]any{"uid": "another"})
	elsewhere := func(o map[string]any) { o["metadata"].(map[string]any)["namespace"] = "team-b" }
	claimedBy := func(namespace string) func(o map[string]any) {
		return func(o map[string]any) {
			o["metadata"].(map[string]any)["labels"].(map[string]any)[labelClaimNamespace] = namespace
		}
	}
	claimed := func(o *Options) { o.ClaimNamespace = "team-a" }
	anew := func(o *Options) {
		o.Anew, o.Managed = true, []schema.GroupVersionKind{{Group: "example.org", Version: "v1", Kind: "bucket"}}
	}
	cases := map[string]struct {
		reason   string
		observed map[string]*fnv1.Resource
		options  []func(o *Options)
		want     map[string]*fnv1.ResourceSelector
		asked    map[string]string
		gone     bool
	}{
		"Steady": {
			reason:   "A platform nothing leaves has no question.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			asked:    map[string]string{"a": builtReady},
		},
		"Observed": {
			reason:   "What is observed need not be looked for.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "x": existing("x")},
			options:  []func(o *Options){remembering("x")},
			asked:    map[string]string{"a": builtReady},
		},
		"Forgotten": {
			reason:   "What is forgotten should be looked for by its name.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			options:  []func(o *Options){remembering("x")},
			want:     map[string]*fnv1.ResourceSelector{requireObject + "x": byName("x")},
			asked:    map[string]string{"a": builtReady},
		},
		"Resolved": {
			reason:   "A question should be asked again in the run that knows its answer.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			options:  []func(o *Options){remembering("x"), finding(requireObject + "x")},
			want:     map[string]*fnv1.ResourceSelector{requireObject + "x": byName("x")},
			asked:    map[string]string{"a": builtReady},
		},
		"Lingering": {
			reason:  "While something lingers, that is enough to wait for.",
			options: []func(o *Options){tearingDown, remembering("x"), finding(requireObject+"x", existing("x", deleting))},
			want:    map[string]*fnv1.ResourceSelector{requireObject + "x": byName("x")},
		},
		"Begin": {
			reason:   "Crossplane may not know yet what it has just made, so everything that could be should be looked for.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			options:  []func(o *Options){tearingDown},
			want:     map[string]*fnv1.ResourceSelector{everyThing: byLabel},
			asked:    map[string]string{"a": builtReady},
		},
		"BeginFound": {
			reason:   "What Crossplane does not know of holds what it needs, and should be composed again.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			options:  []func(o *Options){tearingDown, remembering("a"), finding(everyThing, existing("y", needing("a")))},
			want:     map[string]*fnv1.ResourceSelector{everyThing: byLabel},
			asked:    map[string]string{"a": builtReady, "y": kept},
		},
		"BeginUnresolved": {
			reason:   "Before it has been looked for, nothing should go.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			options:  []func(o *Options){tearingDown, remembering("a")},
			want:     map[string]*fnv1.ResourceSelector{everyThing: byLabel},
			asked:    map[string]string{"a": builtReady},
		},
		"UnderWay": {
			reason:   "Once things leave, nothing can be made unnoticed.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready), "b": existing("b", needing("a"))},
			options:  []func(o *Options){tearingDown, func(o *Options) { o.Leaving = []Leftover{leftoverThing("b").with(isDeleting), leftoverThing("a")} }},
			asked:    map[string]string{"a": builtReady},
		},
		"Last": {
			reason:  "Once nothing is known to be left, everything that could be should be looked for.",
			options: []func(o *Options){tearingDown, remembering("x"), finding(requireObject + "x")},
			want:    map[string]*fnv1.ResourceSelector{requireObject + "x": byName("x"), everyThing: byLabel},
		},
		"Gone": {
			reason:  "If there is nothing, nothing is left.",
			options: []func(o *Options){tearingDown, remembering("x"), finding(requireObject + "x"), finding(everyThing)},
			want:    map[string]*fnv1.ResourceSelector{requireObject + "x": byName("x"), everyThing: byLabel},
			gone:    true,
		},
		"FoundDeleting": {
			reason:  "What is found on its way out should be waited for.",
			options: []func(o *Options){tearingDown, finding(everyThing, existing("y", deleting))},
			want:    map[string]*fnv1.ResourceSelector{everyThing: byLabel},
		},
		"FoundLost": {
			reason:  "What is found, and nobody has asked to go, should be composed again, so that somebody can.",
			options: []func(o *Options){tearingDown, finding(everyThing, existing("y"))},
			want:    map[string]*fnv1.ResourceSelector{everyThing: byLabel},
			asked:   map[string]string{"y": kept},
		},
		"FoundAnothers": {
			reason:  "What only says it is this platform's should be left alone.",
			options: []func(o *Options){tearingDown, finding(everyThing, existing("y", stranger))},
			want:    map[string]*fnv1.ResourceSelector{everyThing: byLabel},
			gone:    true,
		},
		"FoundControlled": {
			reason:  "Nor what another controls is, though the composite is among its owners.",
			options: []func(o *Options){tearingDown, finding(everyThing, existing("y", owned(map[string]any{"uid": controller}, map[string]any{"uid": "another", "controller": true})))},
			want:    map[string]*fnv1.ResourceSelector{everyThing: byLabel},
			gone:    true,
		},
		"FoundNobodys": {
			reason:  "What was restored has no owner, and should go with the platform.",
			options: []func(o *Options){tearingDown, finding(everyThing, existing("y", owned()))},
			want:    map[string]*fnv1.ResourceSelector{everyThing: byLabel},
			asked:   map[string]string{"y": kept},
		},
		"FoundNobodysElsewhere": {
			reason:  "In another namespace it may be that of another platform of the name, which has yet to be restored.",
			options: []func(o *Options){tearingDown, finding(everyThing, existing("y", owned(), elsewhere))},
			want:    map[string]*fnv1.ResourceSelector{everyThing: byLabel},
			gone:    true,
		},
		"FoundNobodysForAnother": {
			reason:  "What was made for a claim of another namespace should not be had by asking for a composite of the name.",
			options: []func(o *Options){tearingDown, claimed, finding(everyThing, existing("y", owned(), claimedBy("team-b")))},
			want:    map[string]*fnv1.ResourceSelector{everyThing: byLabel},
			gone:    true,
		},
		"FoundNobodysForIt": {
			reason:  "What was made for one of the same namespace is the claim's.",
			options: []func(o *Options){tearingDown, claimed, finding(everyThing, existing("y", owned(), claimedBy("team-a")))},
			want:    map[string]*fnv1.ResourceSelector{everyThing: byLabel},
			asked:   map[string]string{"y": kept},
		},
		"FoundNobodysBeside": {
			reason:   "It is the platform's where the rest of that is, whatever namespace new objects are put into.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready, elsewhere)},
			options:  []func(o *Options){tearingDown, finding(everyThing, existing("x", owned()), existing("y", owned(), elsewhere))},
			want:     map[string]*fnv1.ResourceSelector{everyThing: byLabel},
			asked:    map[string]string{"a": builtReady, "y": kept},
		},
		"Anew": {
			reason:   "Of what nobody has said anything yet there may be anything a provider manages, be it described or not.",
			observed: map[string]*fnv1.Resource{"a": existing("a", ready)},
			options:  []func(o *Options){anew},
			want:     map[string]*fnv1.ResourceSelector{everyThing: byLabel, everyBucket: bucketsByLabel},
			asked:    map[string]string{"a": builtReady},
		},
		"AnewFound": {
			reason:  "What was left behind is what it was, and what isn't described any more should go; but not before that is remembered.",
			options: []func(o *Options){anew, finding(everyThing, existing("a", ready, owned()), existing("y", owned(), needing("a"))), finding(everyBucket)},
			want:    map[string]*fnv1.ResourceSelector{everyThing: byLabel, everyBucket: bucketsByLabel},
			asked:   map[string]string{"a": builtReady, "y": kept},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(tc.observed, tc.options...)
			add(p, chain("a")...)
			out := resolved(t, p)
			if diff := cmp.Diff(tc.want, out.Requirements, protocmp.Transform(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\nRequirements(): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.asked, verdictsOn(t, out.Desired), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\nDesired: -want, +got:\n%s", tc.reason, diff)
			}
			if got := out.Gone(); got != tc.gone {
				t.Errorf("\n%s\nGone(): want %t, got %t", tc.reason, tc.gone, got)
			}
		})
	}
}

// TestInside: what lives in something that is gone can't be deleted, only
// forgotten.
func TestInside(t *testing.T) {
	policies := func(ps ...any) func(o map[string]any) {
		return func(o map[string]any) { o["spec"].(map[string]any)["managementPolicies"] = ps }
	}
	const forgotten = "[Observe Create Update LateInitialize]"
	host := existing("host", ready)
	cases := map[string]struct {
		reason  string
		host    *fnv1.Resource
		lost    bool
		guest   *fnv1.Resource
		options []func(o *Options)
		// want is the guest's management policies, "" if it is let go.
		want string
	}{
		"Wanted": {
			reason: "What is wanted is not to be forgotten.",
			guest:  existing("guest", ready),
			want:   "[]",
		},
		"Host": {
			reason:  "With its host, it can be deleted.",
			host:    host,
			guest:   existing("guest", ready),
			options: []func(o *Options){tearingDown, finding(everyThing), remembering("guest")},
		},
		"HostLingers": {
			reason:  "As long as its host is not gone, it can be deleted.",
			guest:   existing("guest", ready),
			options: []func(o *Options){tearingDown, finding(everyThing), remembering("host", "guest"), finding(requireObject+"host", existing("host", deleting))},
		},
		"NoHost": {
			reason:  "Without its host, nobody should try.",
			guest:   existing("guest", ready),
			options: []func(o *Options){tearingDown, finding(everyThing), remembering("guest")},
			want:    forgotten,
		},
		"LostHost": {
			reason:  "A host that is as good as gone is no host.",
			host:    host,
			lost:    true,
			guest:   existing("guest", ready, policies("*")),
			options: []func(o *Options){tearingDown, finding(everyThing), remembering("guest")},
			want:    forgotten,
		},
		"Forgotten": {
			reason:  "What nobody will try to delete may go.",
			guest:   existing("guest", ready, policies("Observe", "Create", "Update", "LateInitialize")),
			options: []func(o *Options){tearingDown, finding(everyThing), remembering("guest")},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			observed := map[string]*fnv1.Resource{"guest": tc.guest}
			if tc.host != nil {
				observed["host"] = tc.host
			}
			p := newPlan(observed, tc.options...)
			l := p.Layer(condition)
			h := l.Add("host", func(*Node) runtime.Object { return thing(map[string]any{"from": fromClaim}) })
			l.Add("guest", func(*Node) runtime.Object { return thing(map[string]any{"from": fromClaim}) }).Inside(h)
			if tc.lost {
				h.Lose()
			}
			out := resolved(t, p)
			got := ""
			if d := out.Desired["guest"]; d != nil {
				got = fmt.Sprint(managementPolicies.Of(&Observed{resource: d}))
			}
			if got != tc.want {
				t.Errorf("\n%s\nwant %q, got %q", tc.reason, tc.want, got)
			}
		})
	}
}

// TestRemovalSummary: how the removal of everything is doing, for people.
func TestRemovalSummary(t *testing.T) {
	cases := map[string]struct {
		reason   string
		observed map[string]*fnv1.Resource
		options  []func(o *Options)
		want     Readiness
	}{
		"Nothing": {
			reason: "Nothing is left of nothing.",
			want:   Readiness{Reason: ReasonDeleted, Message: "Nothing is left"},
		},
		"Deleting": {
			reason:   "What is being deleted should be named.",
			observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b", needing("a"))},
			want:     Readiness{Reason: ReasonDeleting, Message: "2 of 4 resources are left; deleting b"},
		},
		"Many": {
			reason:   "Of many, three should be named and the rest counted.",
			observed: map[string]*fnv1.Resource{"a": existing("a"), "b": existing("b"), "c": existing("c"), "d": existing("d"), "x": existing("x")},
			want:     Readiness{Reason: ReasonDeleting, Message: "5 of 5 resources are left; deleting a, b, c, and 2 more"},
		},
		"Protected": {
			reason:   "What only a person can change should come before what is under way.",
			observed: map[string]*fnv1.Resource{"a": existing("a", protecting), "b": existing("b")},
			want:     Readiness{Reason: ReasonProtected, Message: "2 of 4 resources are left; a is protected"},
		},
		"Failed": {
			reason:   "What AWS refuses should come first.",
			observed: map[string]*fnv1.Resource{"a": existing("a", protecting)},
			options:  []func(o *Options){remembering("b"), finding(requireObject+"b", existing("b", deleting, failed))},
			want:     Readiness{Reason: reasonFailed, Message: "2 of 4 resources are left; b: it is refused"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlan(tc.observed, append(tc.options, tearingDown)...)
			add(p, blueprint{key: "a"}, blueprint{key: "b"}, blueprint{key: "c"}, blueprint{key: "d"})
			out := resolved(t, p)
			if diff := cmp.Diff(tc.want, out.Removal()); diff != "" {
				t.Errorf("\n%s\nRemoval(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestRemovalSummaryOfLayers: a layer tells of its own.
func TestRemovalSummaryOfLayers(t *testing.T) {
	p := newPlan(map[string]*fnv1.Resource{"a": existing("a"), "c": existing("c", needing("a")), "x": existing("x")}, tearingDown)
	add(p, blueprint{key: "a"}, blueprint{key: "b"})
	add(p, blueprint{key: "c"})
	add(p, blueprint{key: "d"})
	add(p)
	out := resolved(t, p)
	want := []Readiness{
		{Reason: ReasonWaiting, Message: "1 of 2 resources are left; a waits for c"},
		{Reason: ReasonDeleting, Message: "1 of 1 resource is left; deleting c"},
		{Reason: ReasonDeleted, Message: "Nothing is left"},
		{Ready: true, Reason: ReasonNotRequested, Message: "Nothing of this is asked for"},
	}
	for i, l := range out.Layers() {
		if diff := cmp.Diff(want[i], l.Readiness); diff != "" {
			t.Errorf("layer %d: -want, +got:\n%s", i, diff)
		}
	}
	if done, total := out.Progress(); done != 2 || total != 5 {
		t.Errorf("want 2 of 5 gone, got %d of %d", done, total)
	}
}
