package function

// What the tests compare answers with.
const (
	TTLConverging       = ttlConverging
	TTLSteady           = ttlSteady
	TTLPublishing       = ttlPublishing
	ConditionResponsive = conditionResponsive
)
