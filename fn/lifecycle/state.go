package lifecycle

import (
	"cmp"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
)

// A state is where a platform is in its life.
type state string

// The states of a platform.
const (
	// building: something that is wanted is missing, or is being made.
	building state = "Building"
	// updating: all that is wanted exists, and some of it is being changed, or something
	// unwanted is left.
	updating state = "Updating"
	// degraded: all that is wanted exists, and something fails.
	degraded state = "Degraded"
	// inForce: all that is wanted is ready, and nothing else is left.
	inForce state = "Ready"
	// unconfirmed: the composite was asked to go, but its claim was not. The
	// platform goes on as before.
	unconfirmed state = "Unconfirmed"
	// halted: it is to be taken down, and something that is protected keeps that from
	// beginning.
	halted state = "Protected"
	// draining: nothing is wanted any more, and what people deployed goes first.
	draining state = "Draining"
	// going: everything leaves, in order.
	going state = "Going"
	// stopped: something became protected from being deleted once others were gone.
	stopped state = "Stopped"
	// gone: nothing is left but the guard.
	gone state = "Gone"
)

// A rule says when a platform is in a state, and what follows.
type rule struct {
	state state
	// is tells whether a platform is in the state, if it is in none of those before
	// it. States are told from what is observed each time, never from the one
	// before: what one run decided may have been lost.
	is func(l *Life, o *plan.Outcome) bool
	// phase in the status; that of the first state below for which there is one.
	phase v1alpha1.Phase
	// changes are the states it can become in one run, and when.
	changes []change
}

// A change of a state.
type change struct {
	to   state
	when string
}

// rules of a platform's life. While it isn't known yet whether anybody wants the
// platform to go, or Kubernetes deletes all of it, it has none: everything is held
// as it is (Life.Held). That the cluster is gone is no state of its own: there is
// nothing to drain then, and what lived in it is forgotten.
//
//nolint:gochecknoglobals // A constant table.
var rules = []rule{{
	state:   gone,
	phase:   v1alpha1.PhaseTearingDown,
	is:      func(l *Life, o *plan.Outcome) bool { return l.Ends() && o.Gone() },
	changes: []change{{building, "cancelled at the last moment"}, {unconfirmed, "the claim is made anew"}},
}, {
	state: halted,
	phase: v1alpha1.PhaseProtected,
	is:    func(l *Life, o *plan.Outcome) bool { return l.Ends() && len(o.Halted()) > 0 },
	changes: []change{
		{draining, "the protection is lifted"},
		{going, "the protection is lifted, and there is nothing to drain"},
		{unconfirmed, "the claim is made anew"},
		{building, "cancelled"},
		{degraded, "cancelled, and all is there"},
		{updating, "cancelled, and something is changed meanwhile"},
		{inForce, "cancelled, and all is ready"},
	},
}, {
	state: draining,
	phase: v1alpha1.PhaseTearingDown,
	is:    func(l *Life, o *plan.Outcome) bool { return l.Ends() && o.Parting() },
	changes: []change{
		{going, "drained, or not to be any more, or the cluster is gone"},
		{halted, "something is protected"},
		{unconfirmed, "the claim is made anew"},
		{degraded, "cancelled, and the drain is left"},
		{updating, "cancelled, and something is changed meanwhile"},
	},
}, {
	state: stopped,
	phase: v1alpha1.PhaseTearingDown,
	is:    func(l *Life, o *plan.Outcome) bool { return l.Ends() && o.Removal().Reason == plan.ReasonProtected },
	changes: []change{
		{going, "the protection is lifted"},
		{unconfirmed, "the claim is made anew"},
		{building, "cancelled"},
		{updating, "cancelled, and all is there"},
	},
}, {
	state: going,
	phase: v1alpha1.PhaseTearingDown,
	is:    func(l *Life, _ *plan.Outcome) bool { return l.Ends() },
	changes: []change{
		{gone, "nothing is left"},
		{stopped, "something is protected"},
		{unconfirmed, "the claim is made anew"},
		{draining, "to be drained after all, and nothing has gone"},
		{building, "cancelled"},
		{degraded, "cancelled, and all is there"},
		{updating, "cancelled, and something is changed meanwhile"},
		{inForce, "cancelled, and all is ready"},
	},
}, {
	state: unconfirmed,
	is:    func(l *Life, _ *plan.Outcome) bool { return l.wish == wishUnconfirmed },
	changes: []change{
		{draining, "the claim is deleted, or the end confirmed"},
		{going, "its end is certain, and there is nothing to drain"},
		{halted, "its end is certain, and something is protected"},
		{building, "cancelled"},
		{degraded, "cancelled, and all is there"},
		{updating, "cancelled, and something is changed meanwhile"},
		{inForce, "cancelled, and all is ready"},
	},
}, {
	state: inForce,
	phase: v1alpha1.PhaseReady,
	is:    func(_ *Life, o *plan.Outcome) bool { return o.Ready() },
	changes: []change{
		{building, "the claim asks for more"},
		{updating, "the claim asks for something else"},
		{degraded, "something fails"},
		{unconfirmed, "the composite is deleted, but not the claim"},
		{draining, "the claim is deleted"},
		{going, "the claim is deleted, and nothing is to be drained"},
		{halted, "the claim is deleted, and something is protected"},
	},
}, {
	state: updating,
	phase: v1alpha1.PhaseUpdating,
	is:    func(_ *Life, o *plan.Outcome) bool { return o.Updating() },
	changes: []change{
		{inForce, "what was asked for is in force"},
		{building, "the claim asks for more, or somebody deletes something"},
		{degraded, "something fails"},
		{unconfirmed, "the composite is deleted, but not the claim"},
		{draining, "the claim is deleted"},
		{going, "the claim is deleted, and nothing is to be drained"},
		{halted, "the claim is deleted, and something is protected"},
	},
}, {
	state: degraded,
	phase: v1alpha1.PhaseDegraded,
	is:    func(_ *Life, o *plan.Outcome) bool { return o.Troubled() },
	changes: []change{
		{inForce, "what failed is mended"},
		{updating, "what failed is mended, and the claim asks for something else"},
		{building, "the claim asks for more, or somebody deletes something"},
		{unconfirmed, "the composite is deleted, but not the claim"},
		{draining, "the claim is deleted"},
		{going, "the claim is deleted, and nothing is to be drained"},
		{halted, "the claim is deleted, and something is protected"},
	},
}, {
	state: building,
	phase: v1alpha1.PhaseProvisioning,
	is:    func(*Life, *plan.Outcome) bool { return true },
	changes: []change{
		{inForce, "all that is wanted is in force"},
		{unconfirmed, "the composite is deleted, but not the claim"},
		{draining, "the claim is deleted"},
		{going, "the claim is deleted, and there is nothing to drain"},
		{halted, "the claim is deleted, and something is protected"},
		{gone, "the claim is deleted before anything was made"},
	},
}}

// A Moment of a platform's life: what a plan for it comes to, and the state it is in
// by that.
type Moment struct {
	*Life

	outcome *plan.Outcome
	state   state
	phase   v1alpha1.Phase
}

// At the moment of an outcome.
func (l *Life) At(o *plan.Outcome) Moment {
	m := Moment{Life: l, outcome: o}
	for _, r := range rules {
		if m.phase == "" && r.is(l, o) {
			m.state, m.phase = cmp.Or(m.state, r.state), r.phase
		}
	}
	return m
}

// Phase in the status of the composite.
func (m Moment) Phase() v1alpha1.Phase { return m.phase }

// ends tells whether nothing of the platform is wanted.
func (m Moment) ends() bool { return m.phase == v1alpha1.PhaseTearingDown }
