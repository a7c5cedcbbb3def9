package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// observing returns an object as it is observed.
func observing(m map[string]any) *Observed {
	return &Observed{timeless: timeless, resource: &fnv1.Resource{Resource: structOf(m)}}
}

// everything is an object with a field of every type.
func everything() *Observed {
	return observing(map[string]any{
		"metadata": map[string]any{
			"name":        "it",
			"annotations": map[string]any{"crossplane.io/external-name": "it.in.aws"},
		},
		"status": map[string]any{
			"text":    "some",
			"empty":   "",
			"one":     1,
			"half":    1.5,
			"large":   1e15,
			"minus":   -1,
			"yes":     true,
			"no":      false,
			"null":    nil,
			"object":  map[string]any{"text": "inner"},
			"texts":   []any{"b", "a", ""},
			"nothing": []any{},
			"objects": []any{map[string]any{"name": "first"}, map[string]any{"names": []any{"x", "y"}}},
			"lists":   []any{[]any{"x"}, []any{"y", "z"}},
		},
	})
}

func TestObservedString(t *testing.T) {
	cases := map[string]struct {
		reason string
		o      *Observed
		path   string
		want   string
	}{
		"String":            {"A string should be returned as it is.", everything(), "status.text", "some"},
		"EmptyString":       {"An empty string is as good as none.", everything(), "status.empty", ""},
		"Integer":           {"A whole number should have no fraction, though protobuf knows only floats.", everything(), "status.one", "1"},
		"Float":             {"A fraction should be kept.", everything(), "status.half", "1.5"},
		"Large":             {"A large number should have no exponent.", everything(), "status.large", "1000000000000000"},
		"Negative":          {"A negative number should keep its sign.", everything(), "status.minus", "-1"},
		"True":              {"A boolean should be returned in Go's form.", everything(), "status.yes", "true"},
		"False":             {"False is a value, not the lack of one.", everything(), "status.no", "false"},
		"Null":              {"Null is no value.", everything(), "status.null", ""},
		"Object":            {"An object is no string.", everything(), "status.object", ""},
		"List":              {"A list is no string.", everything(), "status.texts", ""},
		"Nested":            {"A path should lead through objects.", everything(), "status.object.text", "inner"},
		"Index":             {"A path should lead through lists.", everything(), "status.objects[0].name", "first"},
		"IndexTwice":        {"A path should lead through lists in objects in lists.", everything(), "status.objects[1].names[1]", "y"},
		"IndexOfList":       {"A path should lead through lists of lists.", everything(), "status.lists[1][1]", "z"},
		"Brackets":          {"A key with dots in it should be found by its name in brackets.", everything(), "metadata.annotations[crossplane.io/external-name]", "it.in.aws"},
		"Missing":           {"A field that isn't there has no value.", everything(), "status.other", ""},
		"MissingAbove":      {"A field of an object that isn't there has no value.", everything(), "spec.forProvider.region", ""},
		"IndexOutOfRange":   {"An element that isn't there has no value.", everything(), "status.texts[3]", ""},
		"IndexFarOut":       {"No index should be too large to ask for.", everything(), "status.texts[4294967295]", ""},
		"IndexOfNothing":    {"An empty list has no elements.", everything(), "status.nothing[0]", ""},
		"IndexOfMissing":    {"A list that isn't there has no elements.", everything(), "status.other[0].name", ""},
		"IndexOfObject":     {"An object has no elements.", everything(), "status.object[0]", ""},
		"IndexOfString":     {"A string has no elements.", everything(), "status.text[0]", ""},
		"FieldOfString":     {"A string has no fields.", everything(), "status.text.length", ""},
		"FieldOfNumber":     {"A number has no fields.", everything(), "status.one.digits", ""},
		"FieldOfNull":       {"Null has no fields.", everything(), "status.null.name", ""},
		"FieldOfList":       {"A list has no fields.", everything(), "status.objects.name", ""},
		"Wildcard":          {"A wildcard stands for no element in particular.", everything(), "status.texts[*]", ""},
		"Unparsable":        {"A path that does not parse should find nothing.", everything(), "status.texts[", ""},
		"Empty":             {"The object as a whole is no string.", everything(), "", ""},
		"Nil":               {"What doesn't exist has no fields.", nil, "status.text", ""},
		"NilResource":       {"A resource without an object has no fields.", &Observed{}, "status.text", ""},
		"NilStruct":         {"A resource without an object has no fields.", &Observed{resource: &fnv1.Resource{}}, "status.text", ""},
		"NilStructField":    {"A struct without fields has none.", &Observed{resource: &fnv1.Resource{Resource: &structpb.Struct{}}}, "status.text", ""},
		"ValueWithoutKind":  {"A value that says nothing is none.", &Observed{resource: &fnv1.Resource{Resource: &structpb.Struct{Fields: map[string]*structpb.Value{"status": {}}}}}, "status", ""},
		"NilValue":          {"A value that is nil is none.", &Observed{resource: &fnv1.Resource{Resource: &structpb.Struct{Fields: map[string]*structpb.Value{"status": nil}}}}, "status.text", ""},
		"NilValueInAnArray": {"An element that is nil is none.", observing(map[string]any{"l": []any{nil}}), "l[0].name", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, NewText(tc.path).Of(tc.o)); diff != "" {
				t.Errorf("\n%s\nNewText(%q): -want, +got:\n%s", tc.reason, tc.path, diff)
			}
		})
	}
}

func TestObservedStrings(t *testing.T) {
	cases := map[string]struct {
		reason string
		o      *Observed
		path   string
		want   []string
	}{
		"Strings":         {"Strings should be returned in their order.", everything(), "status.texts", []string{"b", "a", ""}},
		"InList":          {"A path should lead through lists.", everything(), "status.objects[1].names", []string{"x", "y"}},
		"Empty":           {"An empty list has no strings.", everything(), "status.nothing", nil},
		"Missing":         {"A list that isn't there has no strings.", everything(), "status.other", nil},
		"IndexOutOfRange": {"A list in an element that isn't there has no strings.", everything(), "status.objects[2].names", nil},
		"OfString":        {"A string is no list.", everything(), "status.text", nil},
		"OfNumber":        {"A number is no list.", everything(), "status.one", nil},
		"OfObject":        {"An object is no list.", everything(), "status.object", nil},
		"OfNull":          {"Null is no list.", everything(), "status.null", nil},
		"OfObjects":       {"Objects are no strings, but keep their places.", everything(), "status.objects", []string{"", ""}},
		"OfEach":          {"One of each entry should be had, too.", everything(), "status.objects[*].name", []string{"first", ""}},
		"OfEachNothing":   {"What is no list has no entries.", everything(), "status.object[*].name", nil},
		"Nil":             {"What doesn't exist has no strings.", nil, "status.texts", nil},
		"NilStruct":       {"A resource without an object has no strings.", &Observed{resource: &fnv1.Resource{}}, "status.texts", nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, NewTexts(tc.path).Of(tc.o)); diff != "" {
				t.Errorf("\n%s\nNewTexts(%q): -want, +got:\n%s", tc.reason, tc.path, diff)
			}
		})
	}
}

// withConditions is an object with conditions, and anything else of its status.
func withConditions(cs any) *Observed {
	return observing(map[string]any{"status": map[string]any{"conditions": cs}})
}

func is(ctype, status, reason, message string) map[string]any {
	return map[string]any{"type": ctype, "status": status, "reason": reason, "message": message}
}

func TestAvailable(t *testing.T) {
	const refused, refusedAlways = "create failed: it is refused at 10:04:05", "create failed: it is refused"

	synced := is("Synced", "True", "ReconcileSuccess", "")
	available := is("Ready", "True", "Available", "")

	cases := map[string]struct {
		reason string
		o      *Observed
		want   Readiness
	}{
		"Ready": {
			reason: "A resource that is synced and ready should be available.",
			o:      withConditions([]any{synced, available}),
			want:   Readiness{Ready: true},
		},
		"AnyOrder": {
			reason: "The order of conditions should not matter.",
			o:      withConditions([]any{available, is("Other", "False", "", ""), synced}),
			want:   Readiness{Ready: true},
		},
		"ReadyAlone": {
			reason: "A resource that says only that it is ready should be available.",
			o:      withConditions([]any{available}),
			want:   Readiness{Ready: true},
		},
		"NoConditions": {
			reason: "A resource nobody has looked at yet should not be available.",
			o:      withConditions([]any{}),
			want:   Readiness{Reason: ReasonCreating},
		},
		"NoStatus": {
			reason: "A resource without a status should not be available.",
			o:      observing(map[string]any{}),
			want:   Readiness{Reason: ReasonCreating},
		},
		"Creating": {
			reason: "A resource that is being created should not be available.",
			o:      withConditions([]any{synced, is("Ready", "False", "Creating", "")}),
			want:   Readiness{Reason: ReasonCreating},
		},
		"CreatingWithMessage": {
			reason: "What a resource says of its not being ready should be passed on, stripped.",
			o:      withConditions([]any{synced, is("Ready", "False", "Creating", "still waiting at 10:04:05")}),
			want:   Readiness{Reason: ReasonCreating, Message: "still waiting"},
		},
		"ReadyUnknown": {
			reason: "A resource that isn't sure should not be available.",
			o:      withConditions([]any{synced, is("Ready", "Unknown", "", "")}),
			want:   Readiness{Reason: ReasonCreating},
		},
		"SyncedUnknown": {
			reason: "A resource whose provider isn't sure that it is in sync has not failed.",
			o:      withConditions([]any{is("Synced", "Unknown", "", ""), available}),
			want:   Readiness{Ready: true},
		},
		"Failed": {
			reason: "What was answered should be the message, stripped.",
			o:      withConditions([]any{is("Synced", "False", "ReconcileError", refused), is("Ready", "False", "Creating", "")}),
			want:   Readiness{Reason: reasonFailed, Message: refusedAlways},
		},
		"ReadyAndFailed": {
			reason: "A resource whose last update failed should not be available, ready or not.",
			o:      withConditions([]any{is("Synced", "False", "ReconcileError", "cannot update"), available}),
			want:   Readiness{Reason: reasonFailed, Message: "cannot update"},
		},
		"AsyncFailed": {
			reason: "An operation that failed in the background should count though the resource is synced and ready.",
			o:      withConditions([]any{synced, available, is("LastAsyncOperation", "False", "AsyncUpdateFailure", refused)}),
			want:   Readiness{Reason: reasonFailed, Message: refusedAlways},
		},
		"AsyncAndSyncFailed": {
			reason: "Of two failures, the one of the last reconcile should be shown.",
			o:      withConditions([]any{is("Synced", "False", "ReconcileError", "later"), is("LastAsyncOperation", "False", "AsyncUpdateFailure", "earlier")}),
			want:   Readiness{Reason: reasonFailed, Message: "later"},
		},
		"AsyncSucceeded": {
			reason: "An operation that succeeded in the background should not count.",
			o:      withConditions([]any{synced, available, is("LastAsyncOperation", "True", "Success", "")}),
			want:   Readiness{Ready: true},
		},
		"AsyncSucceededNotReady": {
			reason: "An operation that succeeded in the background does not make a resource ready.",
			o:      withConditions([]any{synced, is("LastAsyncOperation", "True", "Success", "")}),
			want:   Readiness{Reason: ReasonCreating},
		},
		"Paused": {
			reason: "A resource that somebody paused before it was ready should say so.",
			o:      withConditions([]any{is("Synced", "False", "ReconcilePaused", "Reconciliation is paused"), is("Ready", "False", "Creating", "")}),
			want:   Readiness{Reason: reasonPaused, Message: "is paused"},
		},
		"PausedAndReady": {
			reason: "A resource that is ready should stay so while it is paused: nobody touches it.",
			o:      withConditions([]any{is("Synced", "False", "ReconcilePaused", ""), available}),
			want:   Readiness{Ready: true, Reason: reasonPaused, Message: "is paused"},
		},
		"PausedAfterAsyncFailure": {
			reason: "A resource that is paused should not count as failed: nobody tries any more.",
			o:      withConditions([]any{is("Synced", "False", "ReconcilePaused", ""), available, is("LastAsyncOperation", "False", "AsyncUpdateFailure", "no")}),
			want:   Readiness{Ready: true, Reason: reasonPaused, Message: "is paused"},
		},
		"ConditionsAreText": {
			reason: "Conditions that are none should not be read.",
			o:      withConditions("Ready"),
			want:   Readiness{Reason: ReasonCreating},
		},
		"ConditionsAreAnObject": {
			reason: "Conditions that are no list should not be read.",
			o:      withConditions(map[string]any{"Ready": "True"}),
			want:   Readiness{Reason: ReasonCreating},
		},
		"ConditionsAreNull": {
			reason: "Conditions that are null should not be read.",
			o:      withConditions(nil),
			want:   Readiness{Reason: ReasonCreating},
		},
		"SomeConditionsAreNone": {
			reason: "What is no condition should be passed over.",
			o:      withConditions([]any{"Ready", nil, 1, []any{}, map[string]any{}, available}),
			want:   Readiness{Ready: true},
		},
		"StatusIsNoText": {
			reason: "A condition's status is text; anything else is not true.",
			o:      withConditions([]any{map[string]any{"type": "Ready", "status": true, "message": 1}}),
			want:   Readiness{Reason: ReasonCreating},
		},
		"Nothing": {
			reason: "What has no object at all should not be available.",
			o:      &Observed{resource: &fnv1.Resource{}},
			want:   Readiness{Reason: ReasonCreating},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Available(tc.o)); diff != "" {
				t.Errorf("\n%s\nAvailable(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestChecks(t *testing.T) {
	secret := &Observed{resource: &fnv1.Resource{ConnectionDetails: map[string][]byte{"kubeconfig": []byte("apiVersion: v1"), "empty": {}}}}
	cases := map[string]struct {
		reason string
		check  Check
		o      *Observed
		want   Readiness
	}{
		"Exists": {
			reason: "What exists should be there, whatever its conditions say.",
			check:  Exists,
			o:      withConditions([]any{is("Ready", "False", "", "")}),
			want:   Readiness{Ready: true},
		},
		"ExistsNoLonger": {
			reason: "What is being deleted should not count as there.",
			check:  Exists,
			o:      observing(map[string]any{"metadata": map[string]any{"deletionTimestamp": "2026-01-01T00:00:00Z"}}),
			want:   Readiness{Reason: ReasonDeleting, Message: "is being deleted"},
		},
		"Field": {
			reason: "A field with the value that is wanted should be enough.",
			check:  NewText("status.text").Is("some"),
			o:      everything(),
			want:   Readiness{Ready: true},
		},
		"FieldNumber": {
			reason: "A number should be compared in its decimal form.",
			check:  NewText("status.one").Is("1"),
			o:      everything(),
			want:   Readiness{Ready: true},
		},
		"FieldOther": {
			reason: "A field with another value should be named by its last element, and both values with it.",
			check:  NewText("status.object.text").Is("outer"),
			o:      everything(),
			want:   Readiness{Reason: ReasonUpdating, Message: "text is inner, not yet outer"},
		},
		"FieldMissing": {
			reason: "A field without a value should be called unknown.",
			check:  NewText("status.atProvider.status").Is("ACTIVE"),
			o:      everything(),
			want:   Readiness{Reason: ReasonCreating, Message: "status is unknown, not yet ACTIVE"},
		},
		"Known": {
			reason: "Any value should do.",
			check:  NewText("status.no").Known(),
			o:      everything(),
			want:   Readiness{Ready: true},
		},
		"NotKnown": {
			reason: "A field without a value should be named by its last element.",
			check:  NewText("status.atProvider.endpoint").Known(),
			o:      everything(),
			want:   Readiness{Reason: ReasonCreating, Message: "endpoint is not known yet"},
		},
		"NotKnownOneElement": {
			reason: "A path of one element should be named by it.",
			check:  NewText("data").Known(),
			o:      everything(),
			want:   Readiness{Reason: ReasonCreating, Message: "data is not known yet"},
		},
		"Condition": {
			reason: "A condition that is true should be enough.",
			check:  Condition("Healthy"),
			o:      withConditions([]any{is("Healthy", "True", "", "")}),
			want:   Readiness{Ready: true},
		},
		"ConditionFalse": {
			reason: "A condition that is false should not be enough.",
			check:  Condition("Healthy"),
			o:      withConditions([]any{is("Healthy", "False", "", ""), is("Other", "True", "", "")}),
			want:   Readiness{Reason: ReasonCreating, Message: "has no condition Healthy yet"},
		},
		"ConditionMissing": {
			reason: "A condition that isn't there should not be enough.",
			check:  Condition("Healthy"),
			o:      withConditions("Healthy"),
			want:   Readiness{Reason: ReasonCreating, Message: "has no condition Healthy yet"},
		},
		"Published": {
			reason: "A connection detail with a value should be enough.",
			check:  Published("kubeconfig"),
			o:      secret,
			want:   Readiness{Ready: true},
		},
		"PublishedEmpty": {
			reason: "An empty connection detail is of no use to anybody.",
			check:  Published("empty"),
			o:      secret,
			want:   Readiness{Reason: ReasonCreating, Message: "has not published its empty yet"},
		},
		"NotPublished": {
			reason: "A connection detail that isn't there should be named.",
			check:  Published("kubeconfig"),
			o:      everything(),
			want:   Readiness{Reason: ReasonCreating, Message: "has not published its kubeconfig yet"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.check(tc.o)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	if (*Observed)(nil).ConnectionDetail("kubeconfig") != nil {
		t.Error("\nWhat doesn't exist should have published nothing.")
	}
}

// TestStays: what nobody has, or somebody has asked to go, does not.
func TestStays(t *testing.T) {
	t.Parallel()
	var none *Observed
	for o, want := range map[*Observed]bool{
		none:                             false,
		Observe(existing("a")):           true,
		Observe(existing("a", deleting)): false,
	} {
		if got := o.Stays(); got != want {
			t.Errorf("%s: want %v, got %v", o.Name(), want, got)
		}
	}
}
