package world

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/test/aws"
)

// Living is a world that says no. Its API server knows who set which field of an
// object, its provider does what upjet does, and its AWS remembers, refuses and puts
// off: see aws.Account.
type Living struct {
	*World

	Account *aws.Account
	objects map[string]*object
	scheme  *runtime.Scheme
	uids    int
	// surprised: AWS may have done what no provider has seen.
	surprised bool
}

// An object at the API server.
type object struct {
	Shared

	key, uid string
	// asked is what Crossplane applied last.
	asked *structpb.Struct
	// seen by its provider as it is.
	seen bool
	// forgotten by Crossplane, which has asked it to go.
	forgotten bool
	// generation counts what its spec has been, and looked is the one its provider has
	// looked at.
	generation, looked int
}

// Live makes a world one that says no, in which nothing exists yet.
func Live(w *World) *Living {
	w.TB.Helper()
	return &Living{World: w, Account: w.AWS.NewAccount(), objects: map[string]*object{}, scheme: platform.NewScheme()}
}

// Fork is the world as it is now, for another test to change.
func (l *Living) Fork(tb testing.TB) *Living {
	tb.Helper()
	f := *l
	f.World, f.Account, f.objects = l.World.Fork(tb), l.Account.Fork(), maps.Clone(l.objects)
	for key, o := range f.objects {
		c := *o
		f.objects[key] = &c
	}
	return &f
}

// Converge does what Crossplane, the providers and AWS do until nothing changes any
// more, and returns the function's last answer.
func (l *Living) Converge() *fnv1.RunFunctionResponse {
	l.TB.Helper()
	for range 80 {
		rsp, before := l.Ask(), l.XR.Object["status"]
		if IsReady(rsp) && !l.surprised {
			if missing := l.NotInForce(rsp); len(missing) > 0 {
				l.TB.Fatalf("it is ready, and this is not in force: %s", strings.Join(missing, ", "))
			}
		}
		if changed := l.Step(rsp); !changed && reflect.DeepEqual(before, l.XR.Object["status"]) {
			return rsp // The next would be the same.
		}
	}
	l.TB.Fatalf("it never settles: %s", Explain(l.Run()))
	return nil
}

// Before is an answer that asks for everything as it was asked for last.
func (l *Living) Before() *fnv1.RunFunctionResponse {
	rsp := &fnv1.RunFunctionResponse{Desired: &fnv1.State{Resources: map[string]*fnv1.Resource{}}}
	for key, o := range l.objects {
		rsp.Desired.Resources[key] = &fnv1.Resource{Resource: o.asked}
	}
	return rsp
}

// Step does what Crossplane does with an answer, and what the providers do then. It
// tells whether anything changed.
func (l *Living) Step(rsp *fnv1.RunFunctionResponse) bool {
	l.TB.Helper()
	changed := false
	l.surprised = false
	for _, key := range SortedKeys(l.objects) {
		changed = l.poll(l.objects[key]) || changed
	}
	if FatalOf(rsp) != "" {
		return changed // Crossplane leaves everything as it is.
	}
	for _, key := range SortedKeys(l.Observed) {
		if rsp.GetDesired().GetResources()[key] == nil {
			changed = true
			l.forget(key)
		}
	}
	for _, key := range SortedKeys(rsp.GetDesired().GetResources()) {
		changed = l.compose(key, rsp.GetDesired().GetResources()[key].GetResource()) || changed
	}
	l.Remember(rsp)
	return changed
}

// Look lets the providers look at everything once more, as they do every ten
// minutes.
func (l *Living) Look() {
	l.surprised = true
	for _, o := range l.objects {
		o.seen = false
	}
}

// forget an object: Crossplane asks it to go, and no longer shows it.
func (l *Living) forget(key string) {
	l.TB.Helper()
	l.objects[key].forgotten = true
	l.end(key, "crossplane")
}

// end asks an object to go.
func (l *Living) end(key, manager string) {
	l.TB.Helper()
	o := l.objects[key]
	u := o.Live()
	u.SetDeletionTimestamp(&deletion)
	o.Update(l.TB, u, manager)
	o.seen = false
	l.store(o)
}

//nolint:gochecknoglobals // A constant.
var deletion = metav1.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)

// compose an object, as Crossplane does (client.ForceOwnership, in its
// internal/controller/apiextensions/composite/composition_functions.go), and tell
// whether that is anything new.
func (l *Living) compose(key string, desired *structpb.Struct) bool {
	l.TB.Helper()
	o := l.objects[key]
	switch {
	case o != nil && l.Lingering[key] != nil:
		l.TB.Fatalf("%s is asked for while it goes", key)
	case o == nil:
		o = &object{key: key, uid: l.newUID()}
		l.objects[key] = o
	case Same(o.asked, desired):
		return false
	}
	before := o.Spec()
	u := &unstructured.Unstructured{Object: desired.AsMap()}
	meta.AddAnnotations(u, map[string]string{aws.AnnotationKey: key})
	o.Apply(l.TB, u, "apiextensions.crossplane.io/composed")
	o.asked = desired
	if !reflect.DeepEqual(before, o.Spec()) {
		o.generation, o.seen = o.generation+1, false
	}
	l.store(o)
	return true
}

// newUID of an object, which none had before.
func (l *Living) newUID() string {
	l.uids++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", l.uids)
}

// poll an object if its provider has a reason to, and tell whether that changed it.
func (l *Living) poll(o *object) bool {
	l.TB.Helper()
	if o.seen {
		return false
	}
	before := o.Live()
	after, err := l.look(o, before)
	// What went wrong is tried again.
	o.seen = after == nil || synced(after)
	switch {
	case err != nil:
		l.TB.Fatalf("%s: %v", o.key, err)
	case after == nil:
		delete(l.objects, o.key)
		delete(l.Lingering, o.key)
		if !o.forgotten {
			delete(l.Observed, o.key)
		}
		return true
	case reflect.DeepEqual(before.Object["spec"], after.Object["spec"]) && reflect.DeepEqual(before.Object["status"], after.Object["status"]) && o.looked == o.generation:
		return false
	case !reflect.DeepEqual(before.Object["spec"], after.Object["spec"]):
		o.generation++
	}
	o.looked = o.generation
	o.Update(l.TB, after, "provider")
	l.store(o)
	return true
}

// synced tells whether an object's provider could do what it is asked.
func synced(o *unstructured.Unstructured) bool {
	all, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	return !slices.ContainsFunc(all, func(c any) bool {
		m, _ := c.(map[string]any)
		return m["type"] == "Synced" && m["status"] == "False"
	})
}

// look at an object, as its provider does: at references first, which it writes by an
// apply of its own (APISimpleReferenceResolver in crossplane-runtime's
// pkg/reconciler/managed/api.go). It is nil once it is gone.
func (l *Living) look(o *object, before *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	gone := before.GetDeletionTimestamp() != nil
	if !strings.HasSuffix(before.GroupVersionKind().Group, aws.GroupProvider) {
		if gone {
			return nil, nil //nolint:nilnil // It is gone.
		}
		return l.AWS.Ready(before) //nolint:wrapcheck // It says what.
	}
	p := aws.Poll{Scheme: l.scheme, Objects: reader{l}}
	if !gone && !meta.IsPaused(before) {
		resolved, err := p.Resolve(before)
		if err != nil {
			return nil, err //nolint:wrapcheck // It says what.
		}
		if diff := Difference(o.Spec(), specOf(resolved)); len(diff) > 0 {
			u := &unstructured.Unstructured{Object: map[string]any{"spec": diff}}
			u.SetGroupVersionKind(before.GroupVersionKind())
			u.SetName(before.GetName())
			o.Apply(l.TB, u, "managed.crossplane.io/api-simple-reference-resolver")
			before = o.Live()
		}
	}
	return l.Account.Poll(p, before) //nolint:wrapcheck // It says what.
}

// store an object where the function sees it.
func (l *Living) store(o *object) {
	l.TB.Helper()
	u := o.Live()
	u.SetUID(types.UID(o.uid))
	u.SetGeneration(int64(o.generation))
	u.SetManagedFields(o.Managers())
	if status, ok := u.Object["status"].(map[string]any); ok {
		status["observedGeneration"] = int64(o.looked)
	}
	l.Observe(o.key, u)
	if o.forgotten {
		l.Lingering[o.key] = l.Observed[o.key]
		delete(l.Observed, o.key)
	}
}

// reader finds objects for references.
type reader struct{ *Living }

func (r reader) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	gvks, _, err := r.scheme.ObjectKinds(into)
	if err != nil {
		return fmt.Errorf("cannot tell the kind of %T: %w", into, err)
	}
	for _, o := range r.objects {
		if o.object.GetName() == key.Name && slices.Contains(gvks, o.object.GroupVersionKind()) {
			return runtime.DefaultUnstructuredConverter.FromUnstructured(o.Live().Object, into) //nolint:wrapcheck // It says what.
		}
	}
	return apierrors.NewNotFound(schema.GroupResource{Resource: gvks[0].Kind}, key.Name)
}

func (reader) List(context.Context, client.ObjectList, ...client.ListOption) error { return nil }

// IsReady tells whether an answer calls the platform so.
func IsReady(rsp *fnv1.RunFunctionResponse) bool {
	return rsp.GetDesired().GetComposite().GetReady() == fnv1.Ready_READY_TRUE
}

// Explain what an answer says of itself, for a test that fails.
func Explain(rsp *fnv1.RunFunctionResponse) string {
	var lines []string
	for _, c := range rsp.GetConditions() {
		lines = append(lines, fmt.Sprintf("%s %s %s: %s", c.GetType(), c.GetStatus(), c.GetReason(), c.GetMessage()))
	}
	return strings.Join(lines, "\n")
}

func specOf(u *unstructured.Unstructured) map[string]any {
	s, _ := u.Object["spec"].(map[string]any)
	return s
}

// Difference is what to merge into before to get after: lists as a whole.
func Difference(before, after map[string]any) map[string]any {
	d := map[string]any{}
	for k, v := range after {
		if reflect.DeepEqual(before[k], v) {
			continue
		}
		b, isMap := before[k].(map[string]any)
		a, stays := v.(map[string]any)
		if isMap && stays {
			v = Difference(b, a)
		}
		d[k] = v
	}
	return d
}
