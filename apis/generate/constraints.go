package main

import (
	"strconv"
	"strings"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// ruleImmutable is the rule of a field that can't change.
const ruleImmutable = "self == oldSelf"

// immutable says whether a rule keeps a field from changing.
func immutable(r extv1.ValidationRule) bool {
	return r.Rule == ruleImmutable
}

// constraints returns what a field's value must comply with, in words. The
// rules of an object are not among them, they are listed with its fields.
func constraints(s extv1.JSONSchemaProps) []string {
	var out []string
	add := func(constraint string) {
		if constraint != "" {
			out = append(out, constraint)
		}
	}
	if len(s.Enum) > 0 {
		values := make([]string, 0, len(s.Enum))
		for _, v := range s.Enum {
			values = append(values, code(string(v.Raw)))
		}
		add("one of " + strings.Join(values, ", "))
	}
	add(bounds(s.Minimum, s.Maximum, ""))
	add(bounds(s.MinLength, s.MaxLength, "characters"))
	add(bounds(s.MinItems, s.MaxItems, "items"))
	add(bounds(s.MinProperties, s.MaxProperties, "entries"))
	if s.Pattern != "" {
		add("matches " + code(s.Pattern))
	}
	add(uniqueness(s))
	if s.Type == "array" {
		if each := constraints(*s.Items.Schema); len(each) > 0 && len(s.Items.Schema.Properties) == 0 {
			add("each " + strings.Join(each, ", "))
		}
	}
	if s.Type == "object" && len(s.Properties) > 0 {
		return out
	}
	for _, r := range s.XValidations {
		message := r.Message
		if _, instead, ok := strings.Cut(r.Message, " is immutable: "); ok && immutable(r) {
			message = "can't change: " + instead
		}
		add(prose(message))
	}
	return out
}

// bounds returns the range between two limits, of which either may be missing.
func bounds[N int64 | float64](low, high *N, unit string) string {
	switch {
	case low != nil && high != nil:
		return number(*low) + " to " + amount(*high, unit)
	case low != nil:
		return "at least " + amount(*low, unit)
	case high != nil:
		return "at most " + amount(*high, unit)
	default:
		return ""
	}
}

// amount returns a number of things.
func amount[N int64 | float64](n N, things string) string {
	if n == 1 {
		things = strings.TrimSuffix(things, "s")
	}
	return strings.TrimSuffix(number(n)+" "+things, " ")
}

// number returns a number in full: a schema's limits are floats, and %v would
// print 1209600 as 1.2096e+06.
func number[N int64 | float64](n N) string {
	return strconv.FormatFloat(float64(n), 'f', -1, 64)
}

// uniqueness returns what a list's items must not have in common.
func uniqueness(s extv1.JSONSchemaProps) string {
	switch {
	case s.XListType == nil:
		return ""
	case *s.XListType == "set":
		return "no duplicates"
	case *s.XListType == "map":
		keys := make([]string, 0, len(s.XListMapKeys))
		for _, k := range s.XListMapKeys {
			keys = append(keys, code(k))
		}
		return "unique " + strings.Join(keys, " and ")
	default:
		return ""
	}
}
