package lifecycle

// What the tests of whole platforms compare answers with.
const (
	KeyDrain          = keyDrain
	DrainName         = drainName
	AnnotationCluster = annotationCluster
	ClusterGone       = clusterGone
	RequireClaim      = requireClaim
	LongestReason     = longestReason

	ReasonTearingDown   = reasonTearingDown
	ReasonCancelled     = reasonCancelled
	ReasonDraining      = reasonDraining
	ReasonDeployedAgain = reasonDeployedAgain
	ReasonDrained       = reasonDrained
	ReasonSkipped       = reasonSkipped
	ReasonTimedOut      = reasonTimedOut
	ReasonStepFailed    = reasonStepFailed
	ReasonPodFailed     = reasonPodFailed
	ReasonUnschedulable = reasonUnschedulable
	ReasonCannotStart   = reasonCannotStart
)

// A Change of a platform's state.
type Change struct{ From, To, When string }

// Changes that a platform's state can take, those of the states it comes to last
// first.
func Changes() []Change {
	var all []Change
	for _, r := range rules {
		for _, c := range r.changes {
			all = append(all, Change{string(r.state), string(c.to), c.when})
		}
	}
	return all
}

// State of the moment.
func (m Moment) State() string { return string(m.state) }
