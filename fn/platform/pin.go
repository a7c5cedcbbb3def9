package platform

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/types/known/structpb"

	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
)

// Fields of a composite's spec by which it has another revision of its Composition than
// the newest. With compositionUpdatePolicy Manual Crossplane takes the one that
// compositionRevisionRef names, which a claim may, and even if it is another
// Composition's and the XRD enforces one; with a selector it takes the newest of those
// that have its labels, of which one is each revision's own hash (v2.4.0,
// internal/controller/apiextensions/composite/api.go, APIRevisionFetcher).
const (
	fieldUpdatePolicy     = "compositionUpdatePolicy"
	fieldRevisionSelector = "compositionRevisionSelector"
)

// pinOf a composite's spec is the field by which it may have another revision of its
// Composition than the newest, "" if it has none. A composite that offers no claims has
// them in spec.crossplane.
func pinOf(spec *structpb.Struct) string {
	path, fields := "spec.", spec.GetFields()
	if inner := fields["crossplane"].GetStructValue(); inner != nil {
		path, fields = "spec.crossplane.", inner.GetFields()
	}
	switch {
	case fields[fieldUpdatePolicy].GetStringValue() == "Manual":
		return path + fieldUpdatePolicy
	case fields[fieldRevisionSelector].GetStructValue() != nil:
		return path + fieldRevisionSelector
	default:
		return ""
	}
}

// refusePin refuses to be asked by another revision than the newest: what a claim may
// is in the revision, and may have been more once.
func refusePin(xr Composite, policy v1beta1.Input) error {
	if xr.Pin == "" || slices.Contains(policy.ClaimsMay, v1beta1.ClaimRightPinRevision) {
		return nil
	}
	return fmt.Errorf("%s: must be left out, or the policy of an old revision of the Composition could count: claims may not choose one here", xr.Pin)
}
