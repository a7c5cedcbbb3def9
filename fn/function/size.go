package function

import (
	"encoding/json"
	"fmt"
	"math"

	"google.golang.org/protobuf/types/known/structpb"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
)

const (
	kibibyte = 1 << 10
	mebibyte = 1 << 20
)

// How much can be asked for, in bytes. Crossplane takes no answer of more than gRPC's
// 4 MiB (v2.4.0, internal/xfn/function_runner.go: NewClient without
// MaxCallRecvMsgSize), and a larger one would stop everything, a teardown too. What
// exists may be larger than what was asked for, when it is asked for as it is, and an
// answer has a status besides.
const (
	maxAsked = 2.5 * mebibyte
	// maxNew leaves room to grow: some values are known only once things exist.
	maxNew = 2 * mebibyte
)

// How much a composite may come to, in bytes. etcd takes an object of 1.5 MiB
// (--max-request-bytes, 1572864 by default:
// https://etcd.io/docs/v3.6/dev-guide/limits/). What does not get into the status is not
// remembered, so nothing would ever go. A fifth of it is for annotations, of which
// Kubernetes takes 256 KiB, and a tenth once something exists.
const (
	maxNewStored = 1.2 * mebibyte
	maxStored    = 1.35 * mebibyte
)

// What a composite has besides its spec, in bytes, by TestSizeOfComposite.
const (
	// storedEach object takes: Crossplane's reference to it, what the status says of it
	// in a teardown, and what the API server notes of that.
	storedEach = 768
	// storedOnce for all else.
	storedOnce = 64 * kibibyte
	// maxEcho is how large a spec may be that the status repeats.
	maxEcho = 256 * kibibyte
	// maxSaid is how large the status may be besides that, before it says less.
	maxSaid = 512 * kibibyte
	// maxWords of a message in a status that says less.
	maxWords = 100
)

// fits tells why an outcome doesn't fit into an answer, or what is said of it into its
// composite. It counts what waits, too: a platform must not come to a stop half-way.
func fits(o *plan.Outcome, xr platform.Composite, isNew bool) error {
	size, err := o.Size()
	if err != nil {
		return err //nolint:wrapcheck // It says what.
	}
	limit, stored := maxAsked, maxStored
	if isNew {
		limit, stored = maxNew, maxNewStored
	}
	if float64(size) > limit {
		return fmt.Errorf("spec: all objects together have %.2f MiB, and may have %.2f MiB, or Crossplane could not read them: shorten spec.tags, which are on nearly every object, or the values of spec.controllers, or ask for less", float64(size)/mebibyte, limit/mebibyte)
	}
	spec, objects := sizeOf(xr.Asked), objectsOf(o)
	all := float64(spec) + 2*float64(noted(structpb.NewStructValue(xr.Asked))) + storedEach*float64(objects) + storedOnce
	if spec <= maxEcho {
		all += float64(spec)
	}
	if all > stored {
		return fmt.Errorf("spec: has %.0f KiB, and asks for %d objects: with all that is said of them %s %s could come to %.2f MiB, and may come to %.2f MiB, or the API server could not store it: shorten the values of spec.controllers, or spec.tags, or ask for less",
			float64(spec)/kibibyte, objects, xr.Kind, xr.Name, all/mebibyte, stored/mebibyte)
	}
	return nil
}

// noted is how many bytes the API server notes at most of who has set what in a value:
// each field, and each entry of a list. It does so once for each who has, such as
// Crossplane, and a person or a tool that restores backups.
// https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
func noted(v *structpb.Value) int {
	all := 0
	for k, field := range v.GetStructValue().GetFields() {
		all += sizeOf(k) + len(`f::{},`) + noted(field)
	}
	for _, entry := range v.GetListValue().GetValues() {
		if entry.GetStructValue() == nil {
			all += sizeOf(entry) + len(`"v:\"\"":{},`)
			continue
		}
		// Who has set it as a whole, and by which of its fields it is known.
		all += len(`".":{},"k:{\"name\":\"\"}":{},`) + sizeOf(entry.GetStructValue().GetFields()["name"]) + noted(entry)
	}
	return all
}

// objectsOf an outcome are what is wanted, and what leaves.
func objectsOf(o *plan.Outcome) int {
	_, total := o.Progress()
	return total + len(o.Leaving)
}

// sizeOf a value in bytes, as the API server stores it. What it can't store is too large.
func sizeOf(v any) int {
	b, err := json.Marshal(v)
	if err != nil {
		return math.MaxInt
	}
	return len(b)
}

// shorten what a status says of each object: that everything fails, or waits for
// everything, must not keep it from being remembered at all.
func shorten(s *v1alpha1.PlatformStatus) {
	few := func(keys *[]string) {
		if len(*keys) > 0 {
			*keys = []string{plan.List(*keys)}
		}
	}
	for i := range s.Failing {
		s.Failing[i].Message = lifecycle.Shortened(s.Failing[i].Message, maxWords)
	}
	for i := range s.Waiting {
		few(&s.Waiting[i].For)
	}
	for i := range s.Leaving {
		few(&s.Leaving[i].For)
		s.Leaving[i].Message = lifecycle.Shortened(s.Leaving[i].Message, maxWords)
	}
	if s.Upgrade == nil {
		return
	}
	for i := range s.Upgrade.Steps {
		few(&s.Upgrade.Steps[i].For)
	}
}
