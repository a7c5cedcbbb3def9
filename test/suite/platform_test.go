package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/aws"
	"github.com/xplatform-dev/function-xplatform/test/progress"
	"github.com/xplatform-dev/function-xplatform/test/timeline"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// A platform under test.
type platform struct {
	t     testing.TB
	bed   *bed
	claim *unstructured.Unstructured
	// name of its composite, once somebody asked for it.
	name string
	// begin and end of what is measured.
	begin, end time.Time
}

// apply an example's claim, in a namespace of the test's own.
func apply(ctx context.Context, tb testing.TB, b *bed, example string) *platform {
	tb.Helper()
	namespace := strings.ToLower(strings.NewReplacer("/", "-", "_", "-", "#", "-").Replace(tb.Name()))
	return applyIn(ctx, tb, b, namespace[:min(len(namespace), 60)], example)
}

// built is the platform of an example's claim in a bed, once it is ready.
func built(tb testing.TB, b *bed, example string) (context.Context, *platform) {
	tb.Helper()
	ctx := deadline(tb)
	p := apply(ctx, tb, b, example)
	p.ready(ctx)
	return ctx, p
}

// applyIn a namespace an example's claim, with a few edits of its spec.
func applyIn(ctx context.Context, tb testing.TB, b *bed, namespace, example string, edits ...func(spec map[string]any)) *platform {
	tb.Helper()
	claim := claimOf(tb, b.cp.Root, example)
	claim.SetNamespace(namespace)
	if spec := claim.Object["spec"].(map[string]any); spec["name"] != nil {
		// A name is one platform's, and examples are many tests'.
		spec["name"] = strings.TrimRight(namespace[:min(len(namespace), 40)], "-")
	}
	for _, edit := range edits {
		edit(claim.Object["spec"].(map[string]any))
	}
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
	if err := client.IgnoreAlreadyExists(b.cp.Client.Create(ctx, ns)); err != nil {
		tb.Fatal(err)
	}
	p := &platform{t: tb, bed: b, claim: claim, begin: time.Now()}
	if err := b.cp.Apply(ctx, claim); err != nil {
		tb.Fatal(err)
	}
	return p
}

// claimOf an example, in a checkout.
func claimOf(tb testing.TB, root, example string) *unstructured.Unstructured {
	tb.Helper()
	return objectsOf(tb, filepath.Join(root, "examples", example+".yaml"))[0]
}

// objectsOf a file, of which there is one at least.
func objectsOf(tb testing.TB, file string) []*unstructured.Unstructured {
	tb.Helper()
	f, err := os.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // It is only read.
	var all []*unstructured.Unstructured
	for d := utilyaml.NewYAMLOrJSONDecoder(f, 4096); ; {
		o := &unstructured.Unstructured{}
		err := d.Decode(&o.Object)
		switch {
		case errors.Is(err, io.EOF) && len(all) > 0:
			return all
		case err != nil:
			tb.Fatalf("%s: %v", file, err)
		}
		all = append(all, o)
	}
}

// edit the claim's spec.
func (p *platform) edit(ctx context.Context, edit func(spec map[string]any)) {
	p.t.Helper()
	p.editObject(ctx, p.claim.DeepCopy(), edit)
}

// editComposite edits the spec of the claim's composite, which takes changes while
// the claim is being deleted.
func (p *platform) editComposite(ctx context.Context, edit func(spec map[string]any)) {
	p.t.Helper()
	p.editObject(ctx, p.composite(ctx), edit)
}

// editObject as "kubectl edit" does: by a patch of what differs, which no status that
// Crossplane writes meanwhile stands in the way of.
func (p *platform) editObject(ctx context.Context, o *unstructured.Unstructured, edit func(spec map[string]any)) {
	p.t.Helper()
	if err := p.bed.cp.Client.Get(ctx, client.ObjectKeyFromObject(o), o); err != nil {
		p.t.Fatal(err)
	}
	before := o.DeepCopy()
	edit(o.Object["spec"].(map[string]any))
	if err := p.bed.cp.Client.Patch(ctx, o, client.MergeFrom(before)); err != nil {
		p.t.Fatal(err)
	}
}

// patch the metadata of an object, such as {"finalizers":null}.
func (p *platform) patch(ctx context.Context, o *unstructured.Unstructured, metadata string) {
	p.t.Helper()
	if err := p.bed.cp.Client.Patch(ctx, o.DeepCopy(), merge(metadata)); err != nil {
		p.t.Fatal(err)
	}
}

// merge is a patch of an object's metadata.
func merge(metadata string) client.Patch {
	return client.RawPatch(types.MergePatchType, []byte(`{"metadata":`+metadata+`}`))
}

// get the claim as it is.
func (p *platform) get(ctx context.Context) (*unstructured.Unstructured, error) {
	o := p.claim.DeepCopy()
	return o, p.bed.cp.Client.Get(ctx, client.ObjectKeyFromObject(o), o)
}

// until something is true of the claim.
func (p *platform) until(ctx context.Context, what string, done func(claim *unstructured.Unstructured, pr *progress.Progress) bool) {
	p.t.Helper()
	var last *unstructured.Unstructured
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		o, err := p.get(ctx)
		if err != nil {
			return false, nil //nolint:nilerr // The API server may be restarting.
		}
		last = o
		pr, err := progress.Read(o)
		return err == nil && done(o, pr), err
	})
	if err != nil {
		p.t.Fatalf("%s: not %s: %v: %s", p.claim.GetNamespace(), what, err, describe(last))
	}
}

// untilComposite something is true of the claim's composite. During a teardown it
// tells more than the claim.
func (p *platform) untilComposite(ctx context.Context, what string, done func(xr *unstructured.Unstructured) bool) {
	p.t.Helper()
	xr := p.composite(ctx)
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		if err := p.bed.cp.Client.Get(ctx, client.ObjectKeyFromObject(xr), xr); err != nil {
			return false, nil //nolint:nilerr // The API server may be restarting.
		}
		return done(xr), nil
	})
	if err != nil {
		p.t.Fatalf("%s: not %s: %v: %s", p.claim.GetNamespace(), what, err, describe(xr))
	}
}

// ready waits until the platform is, as its claim was last changed.
func (p *platform) ready(ctx context.Context) {
	p.t.Helper()
	p.until(ctx, "ready", func(claim *unstructured.Unstructured, pr *progress.Progress) bool {
		return pr.Ready && pr.Phase == "Ready" && spokenOf(claim)
	})
}

// spokenOf tells whether what the status of a claim says is about its spec. What Crossplane
// notes of a generation it may have composed from a copy of the composite that is older.
func spokenOf(claim *unstructured.Unstructured) bool {
	asked, _, _ := unstructured.NestedMap(claim.Object, "status", "asked")
	return reflect.DeepEqual(asks(claim), asked)
}

// asks is what a claim, or a composite, asks for: its spec without what is Crossplane's.
func asks(o *unstructured.Unstructured) map[string]any {
	spec, _, _ := unstructured.NestedMap(o.Object, "spec")
	theirs := slices.Concat(world.Crossplanes, []string{"claimRef", "resourceRefs"})
	maps.DeleteFunc(spec, func(k string, _ any) bool { return slices.Contains(theirs, k) })
	return spec
}

// settle gives Crossplane reason and time to ask the function once more about a
// platform that is ready. What it answers then must change nothing, and nothing
// tells that it was asked.
func (p *platform) settle(ctx context.Context) {
	p.t.Helper()
	p.nudge(ctx, p.composite(ctx))
	time.Sleep(2 * time.Second)
	p.ready(ctx)
}

func describe(o *unstructured.Unstructured) string {
	if o == nil {
		return "the claim could not be read"
	}
	pr, err := progress.Read(o)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s %s: %s\n%s", pr.Phase, pr.Count, strings.Join(pr.Conditions, "\n"), pr.Waiting())
}

// composite of the claim, with nothing but its name.
func (p *platform) composite(ctx context.Context) *unstructured.Unstructured {
	p.t.Helper()
	xr := &unstructured.Unstructured{}
	xr.SetGroupVersionKind(kindComposite)
	xr.SetName(p.compositeName(ctx))
	return xr
}

// compositeName is the name of the claim's composite. Once it was asked for it is
// known, also when the claim is gone.
func (p *platform) compositeName(ctx context.Context) string {
	p.t.Helper()
	if p.name == "" {
		p.until(ctx, "given a composite", func(o *unstructured.Unstructured, _ *progress.Progress) bool {
			p.name, _, _ = unstructured.NestedString(o.Object, "spec", "resourceRef", "name")
			return p.name != ""
		})
	}
	return p.name
}

// atLeast waits until so many resources are ready.
func (p *platform) atLeast(ctx context.Context, resources int) {
	p.t.Helper()
	p.until(ctx, fmt.Sprintf("%d resources ready", resources), func(_ *unstructured.Unstructured, pr *progress.Progress) bool {
		var ready int
		_, err := fmt.Sscanf(pr.Count, "%d/", &ready)
		return err == nil && ready >= resources
	})
}

// A being is an object, and which of its lives it leads: another one has another
// UID, a changed one another generation.
type being struct {
	Name       string
	UID        types.UID
	Generation int64
}

// objects of the platform as they are, by key.
func (p *platform) objects(ctx context.Context) map[string]being {
	p.t.Helper()
	beings := map[string]being{}
	for _, o := range p.list(ctx) {
		beings[key(&o)] = being{Name: o.GetName(), UID: o.GetUID(), Generation: o.GetGeneration()}
	}
	return beings
}

// list the objects of the platform.
func (p *platform) list(ctx context.Context) []unstructured.Unstructured {
	p.t.Helper()
	var all []unstructured.Unstructured
	composite := p.compositeName(ctx)
	for _, gvk := range p.bed.cp.Kinds {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(gvk.GroupVersion().WithKind(gvk.Kind + "List"))
		if err := p.bed.cp.Client.List(ctx, list, client.MatchingLabels{plan.LabelPlatform: composite}); err != nil {
			p.t.Fatal(err)
		}
		all = append(all, list.Items...)
	}
	return all
}

// byKey are the objects of the platform by their keys.
func (p *platform) byKey(ctx context.Context) map[string]*unstructured.Unstructured {
	p.t.Helper()
	all := p.list(ctx)
	byKey := map[string]*unstructured.Unstructured{}
	for i := range all {
		byKey[key(&all[i])] = &all[i]
	}
	return byKey
}

// object of the platform with a key.
func (p *platform) object(ctx context.Context, want string) *unstructured.Unstructured {
	p.t.Helper()
	o := p.byKey(ctx)[want]
	if o == nil {
		p.t.Fatalf("%s has no object %s", p.claim.GetNamespace(), want)
	}
	return o
}

func key(o *unstructured.Unstructured) string {
	return o.GetAnnotations()[aws.AnnotationKey]
}

// refuse makes AWS refuse whatever is asked of one of the platform's objects,
// until the returned function is called.
func (p *platform) refuse(ctx context.Context, kind schema.GroupVersionKind, key, message string) (stop func()) {
	p.t.Helper()
	stages := aws.Fault{Kind: kind, Key: key, Namespace: p.claim.GetNamespace(), Platform: p.name, Message: message}.Stages()
	if err := p.bed.cp.ApplyStages(ctx, stages); err != nil {
		p.t.Fatal(err)
	}
	return func() {
		p.t.Helper()
		for _, s := range stages {
			if err := p.bed.cp.Client.Delete(ctx, s); err != nil {
				p.t.Fatal(err)
			}
		}
	}
}

// nudge an object, so that KWOK looks at it again.
func (p *platform) nudge(ctx context.Context, o *unstructured.Unstructured) {
	err := p.bed.cp.Client.Patch(ctx, o.DeepCopy(), merge(fmt.Sprintf(`{"annotations":{"test/nudge":"%d"}}`, time.Now().UnixNano())))
	if client.IgnoreNotFound(err) != nil {
		p.t.Error(err)
	}
}

// needed are the objects that others need, by key.
func (p *platform) needed(ctx context.Context) map[string]*unstructured.Unstructured {
	all := p.byKey(ctx)
	needed := map[string]*unstructured.Unstructured{}
	for _, o := range all {
		for _, need := range plan.SplitNeeds(o.GetAnnotations()[plan.AnnotationNeeds]) {
			needed[need] = all[need]
		}
	}
	return needed
}

// assertUntouched fails if any object of before was deleted, recreated or
// changed, or if there are others now.
func assertUntouched(tb testing.TB, before, after map[string]being) {
	tb.Helper()
	for _, k := range slices.Sorted(maps.Keys(before)) {
		if after[k] != before[k] {
			tb.Errorf("%s was %+v, it is %+v", k, before[k], after[k])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(after)) {
		if _, ok := before[k]; !ok {
			tb.Errorf("%s was not there", k)
		}
	}
}

// assertNothingLeft fails if any object was asked to go since what is measured began, but
// what drains the cluster and what goes before.
func (p *platform) assertNothingLeft(ctx context.Context) {
	p.t.Helper()
	for _, o := range p.bed.recorder.Objects(p.compositeName(ctx)) {
		if o.Deleting.After(p.begin) && !world.IsDrain(o.Key) && !slices.Contains(deployers, o.Key) {
			p.t.Errorf("%s %s was deleted after %s", o.Key, o.Name, o.Deleting.Sub(p.begin).Round(time.Millisecond))
		}
	}
}

// assertResponsive fails if Crossplane has ever stopped listening to the
// platform.
func (p *platform) assertResponsive(ctx context.Context) {
	p.t.Helper()
	if message, ok := p.bed.unresponsive.Load(p.compositeName(ctx)); ok {
		p.t.Errorf("the circuit breaker of %s was open: %v", p.compositeName(ctx), message)
	}
}

// report how long the platform took to become ready, and how long it would have
// taken if nothing but AWS took time.
func (p *platform) report(ctx context.Context) (took, ideal time.Duration) {
	objects := p.bed.recorder.Objects(p.compositeName(ctx))
	ideal = timeline.Ideal(objects, func(gk schema.GroupKind) time.Duration {
		return time.Duration(float64(p.bed.cp.World.Answer(gk).Create.Duration) / p.bed.cp.Speed)
	})
	last := p.begin
	for _, o := range objects {
		if o.Ready.After(last) {
			last = o.Ready
		}
	}
	took = last.Sub(p.begin)
	p.t.Logf("%s: %d resources ready after %s, AWS alone would take %s: ratio %.2f; critical path %s",
		p.claim.GetNamespace(), len(objects), took.Round(time.Millisecond), ideal.Round(time.Millisecond), float64(took)/float64(ideal),
		strings.Join(timeline.CriticalPath(objects), " > "))
	return took, ideal
}
