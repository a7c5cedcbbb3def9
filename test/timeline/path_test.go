package timeline

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// at is so many seconds after everything starts in these tests.
func at(seconds float64) time.Time {
	return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

// object that existed for a second before it was ready.
func object(key string, ready float64, needs ...string) Object {
	return Object{
		Key:     key,
		Kind:    schema.GroupVersionKind{Group: "ec2.aws.m.upbound.io", Version: "v1beta1", Kind: "Subnet"},
		Name:    "dev-" + key,
		Created: at(ready - 1),
		Ready:   at(ready),
		Needs:   needs,
	}
}

// of a kind of its own, so that it can have a duration of its own.
func (o Object) of(kind string) Object {
	o.Kind.Kind = kind
	return o
}

func TestCriticalPath(t *testing.T) {
	t.Parallel()
	unready := object("b", 0, "a")
	unready.Ready = time.Time{}
	again := object("a", 4, "z")
	cases := map[string]struct {
		reason  string
		objects []Object
		want    []string
	}{
		"Empty": {
			reason: "nothing happened, so nothing was waited for",
		},
		"Chain": {
			reason:  "each object waited for the one before it",
			objects: []Object{object("c", 3, "b"), object("a", 1), object("b", 2, "a")},
			want:    []string{"a", "b", "c"},
		},
		"Diamond": {
			reason:  "of two ways, the one that was ready last decided",
			objects: []Object{object("a", 1), object("b", 5, "a"), object("c", 3, "a"), object("d", 6, "b", "c")},
			want:    []string{"a", "b", "d"},
		},
		"NotReduced": {
			reason:  "a need that other needs need as well was ready before them, so it is no shortcut",
			objects: []Object{object("a", 1), object("b", 2, "a"), object("c", 3, "a", "b")},
			want:    []string{"a", "b", "c"},
		},
		"Ties": {
			reason:  "of what was ready at the same time, the key that comes first is chosen, in whatever order they were recorded",
			objects: []Object{object("y", 4, "c", "b"), object("x", 4, "c", "b"), object("c", 2), object("b", 2)},
			want:    []string{"b", "x"},
		},
		"Apart": {
			reason:  "what is ready last need not be what needs most",
			objects: []Object{object("a", 1), object("b", 2, "a"), object("c", 9)},
			want:    []string{"c"},
		},
		"MissingNeed": {
			reason:  "a need that wasn't recorded can't be on the path",
			objects: []Object{object("a", 1, "gone"), object("b", 2, "gone", "a")},
			want:    []string{"a", "b"},
		},
		"NeverReady": {
			reason:  "what never became ready made nothing wait that did",
			objects: []Object{object("a", 1), unready, object("c", 3, "a", "b")},
			want:    []string{"a", "c"},
		},
		"NothingReady": {
			reason:  "without an object that is ready there is no last one",
			objects: []Object{unready},
		},
		"Cycle": {
			reason:  "a cycle is walked once",
			objects: []Object{object("a", 1, "c"), object("b", 2, "a"), object("c", 3, "b")},
			want:    []string{"a", "b", "c"},
		},
		"Itself": {
			reason:  "an object doesn't wait for itself",
			objects: []Object{object("a", 1, "a")},
			want:    []string{"a"},
		},
		"Again": {
			reason:  "of an object that was made again, the last one counts",
			objects: []Object{again, object("a", 1), object("z", 3), object("b", 2, "a")},
			want:    []string{"z", "a"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, CriticalPath(tc.objects)); diff != "" {
				t.Errorf("%s: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestIdeal both ways: what takes how long depends on the way, but it is the
// same objects that wait for each other.
func TestIdeal(t *testing.T) {
	t.Parallel()
	takes := map[string]time.Duration{"VPC": 12 * time.Second, "Subnet": 11 * time.Second, "Cluster": 9 * time.Minute, "Role": 2 * time.Second}
	cases := map[string]struct {
		reason  string
		objects []Object
		want    time.Duration
	}{
		"Empty": {
			reason: "nothing takes no time",
		},
		"One": {
			reason:  "one object takes what its kind takes, however long it took",
			objects: []Object{object("vpc", 99).of("VPC")},
			want:    12 * time.Second,
		},
		"Beside": {
			reason:  "what doesn't wait for each other happens at once",
			objects: []Object{object("vpc", 1).of("VPC"), object("role", 1).of("Role")},
			want:    12 * time.Second,
		},
		"Diamond": {
			reason: "the longer of two ways counts, even if the other has as many objects",
			objects: []Object{
				object("cluster", 4, "subnet", "role").of("Cluster"), object("subnet", 2, "vpc").of("Subnet"),
				object("role", 3, "vpc").of("Role"), object("vpc", 1).of("VPC"),
			},
			want: 9*time.Minute + 23*time.Second,
		},
		"NotReduced": {
			reason:  "a need counts once, however often it is needed",
			objects: []Object{object("vpc", 1).of("VPC"), object("subnet", 2, "vpc"), object("role", 3, "vpc", "subnet").of("Role")},
			want:    25 * time.Second,
		},
		"MissingNeed": {
			reason:  "a need that wasn't recorded takes no time",
			objects: []Object{object("subnet", 2, "vpc")},
			want:    11 * time.Second,
		},
		"UnknownKind": {
			reason:  "what is ready at once is passed through",
			objects: []Object{object("vpc", 1).of("VPC"), object("config", 1, "vpc").of("ProviderConfig"), object("subnet", 1, "config")},
			want:    23 * time.Second,
		},
		"Cycle": {
			reason:  "a cycle is walked once, from the key that comes first",
			objects: []Object{object("a", 1, "b").of("VPC"), object("b", 1, "c"), object("c", 1, "a").of("Role")},
			want:    25 * time.Second,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			duration := func(gk schema.GroupKind) time.Duration { return takes[gk.Kind] }
			if diff := cmp.Diff(tc.want, Ideal(tc.objects, duration)); diff != "" {
				t.Errorf("up: %s: -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want, IdealTeardown(tc.objects, duration)); diff != "" {
				t.Errorf("down: %s: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
