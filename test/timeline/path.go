package timeline

import (
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// CriticalPath returns the keys of the chain that decided when the last object
// of a platform became ready, first to last: each but the first waited for the
// one before it longer than for anything else it needs. Making any of them
// faster makes the platform faster; nothing else does.
func CriticalPath(objects []Object) []string {
	known := byKey(objects)
	last, ok := lastReady(known, slices.Collect(maps.Keys(known)))
	var path []string
	for ok {
		path = append(path, last.Key)
		last, ok = lastReady(known, slices.DeleteFunc(slices.Clone(last.Needs), func(need string) bool {
			// Only a cycle leads back. It would never end.
			return slices.Contains(path, need)
		}))
	}
	slices.Reverse(path)
	return path
}

// Ideal is how long a platform takes if every object takes exactly as long as
// its kind does, from the moment the last of its needs is ready: what is beyond
// it is overhead. Needs that weren't recorded take no time.
func Ideal(objects []Object, duration func(schema.GroupKind) time.Duration) time.Duration {
	known := byKey(objects)
	after := map[string]time.Duration{}
	var ready func(key string) time.Duration
	ready = func(key string) time.Duration {
		o, ok := known[key]
		if !ok {
			return 0
		}
		if d, ok := after[key]; ok {
			return d
		}
		// Who comes back here through a cycle doesn't wait for it.
		after[key] = 0
		var start time.Duration
		for _, need := range o.Needs {
			start = max(start, ready(need))
		}
		after[key] = start + duration(o.Kind.GroupKind())
		return after[key]
	}
	var total time.Duration
	// In a fixed order, because with a cycle it matters where one starts.
	for _, key := range slices.Sorted(maps.Keys(known)) {
		total = max(total, ready(key))
	}
	return total
}

// IdealTeardown is how long it takes until a platform is gone if every object
// takes exactly as long as its kind does, from the moment everything that needs
// it is gone.
func IdealTeardown(objects []Object, duration func(schema.GroupKind) time.Duration) time.Duration {
	// The longest way down is the longest way up, walked backwards: what counts
	// is how long each object on it takes, not where one starts.
	return Ideal(objects, duration)
}

// byKey finds the objects of one platform. Of those that were made again under
// the same key, it is the last that counts.
func byKey(objects []Object) map[string]Object {
	known := make(map[string]Object, len(objects))
	for _, o := range objects {
		if before, ok := known[o.Key]; !ok || !o.Created.Before(before.Created) {
			known[o.Key] = o
		}
	}
	return known
}

// lastReady is the object that became ready last of those with the supplied
// keys. Of several, it is the one whose key comes first. There is none if none
// was recorded, or none ever became ready.
func lastReady(known map[string]Object, keys []string) (Object, bool) {
	var last Object
	for _, key := range keys {
		o, ok := known[key]
		if !ok || o.Ready.IsZero() {
			continue
		}
		c := o.Ready.Compare(last.Ready)
		if last.Ready.IsZero() || c > 0 || c == 0 && o.Key < last.Key {
			last = o
		}
	}
	return last, !last.Ready.IsZero()
}
