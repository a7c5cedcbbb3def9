package plan

// A Value is known beforehand, or read off an observed object once there is
// something to read.
type Value struct {
	of     *Node
	read   Text
	static string
}

// Static is a value that is known beforehand.
func Static(s string) Value { return Value{static: s} }

// None tells whether this is no value at all: neither known nor ever to be.
func (v Value) None() bool { return v.of == nil && v.static == "" }

// Peek at a value, "" if it is unknown. It is for reporting: an object that is
// being built must Use its values instead.
func (v Value) Peek() string {
	if v.of == nil {
		return v.static
	}
	return v.read.Of(v.of.observed)
}
