package platform

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWhen: a statement keeps the conditions it has.
func TestWhen(t *testing.T) {
	t.Parallel()
	s := allowActions([]string{"a:B"}, "*").when("StringEquals", matches{"k": "v"}).when("Null", matches{"n": "true"})
	want := map[string]matches{"StringEquals": {"k": "v"}, "Null": {"n": "true"}}
	if diff := cmp.Diff(want, s.Condition); diff != "" {
		t.Errorf("\nConditions of two operators should both count: -want, +got:\n%s", diff)
	}
	s = s.when("StringEquals", matches{"k2": "v2"})
	want["StringEquals"] = matches{"k": "v", "k2": "v2"}
	if diff := cmp.Diff(want, s.Condition); diff != "" {
		t.Errorf("\nSo should two of one operator: -want, +got:\n%s", diff)
	}
}
