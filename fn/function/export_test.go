package function

// What the tests compare answers with.
const (
	TTLConverging       = ttlConverging
	TTLSteady           = ttlSteady
	TTLPublishing       = ttlPublishing
	ConditionResponsive = conditionResponsive
)

// FaultOfOurs is what is said of a run that a panic has ended.
const FaultOfOurs = faultOfOurs
