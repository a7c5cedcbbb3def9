// Package suite tests platforms on a real control plane, with KWOK in the place
// of AWS: what users do with their claims, what AWS does to their resources, and
// what happens to the control plane itself meanwhile.
package suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/aws"
	"github.com/xplatform-dev/function-xplatform/test/controlplane"
	"github.com/xplatform-dev/function-xplatform/test/progress"
	"github.com/xplatform-dev/function-xplatform/test/timeline"
)

// speed of AWS in these tests: an EKS cluster takes nine seconds.
const speed = 60

// patience for anything a control plane does. It takes seconds unless something
// else keeps the machine busy.
const patience = 5 * time.Minute

// Everything here runs in the repository's root.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	code := m.Run()
	for _, stop := range stop {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// A bed is a control plane that tests run on, and a record of all that happens
// to objects on it.
type bed struct {
	cp       *controlplane.ControlPlane
	recorder *timeline.Recorder
	// unresponsive are the composites whose circuit breaker has ever been open.
	unresponsive *sync.Map
}

// kind the function composes, by its name.
func (b *bed) kind(tb testing.TB, name string) schema.GroupVersionKind {
	tb.Helper()
	for _, gvk := range b.cp.Kinds {
		if gvk.Kind == name {
			return gvk
		}
	}
	tb.Fatalf("the function composes no %s", name)
	return schema.GroupVersionKind{}
}

// beds that were started, by name.
//
//nolint:gochecknoglobals // Starting one takes long, so tests share them.
var (
	bedsMu sync.Mutex
	beds   = map[string]func() (*bed, error){}
	stopMu sync.Mutex
	stop   []func() error
)

// shared is the bed of all tests that leave the control plane itself alone.
func shared(tb testing.TB) *bed {
	tb.Helper()
	return bedOf(tb, "shared", controlplane.Options{})
}

// bedOf a name. It is started when it is first asked for, and stopped when all
// tests have ended.
func bedOf(tb testing.TB, name string, o controlplane.Options) *bed {
	tb.Helper()
	bedsMu.Lock()
	start := beds[name]
	if start == nil {
		start = sync.OnceValues(func() (*bed, error) { return makeBed(name, o) })
		beds[name] = start
	}
	bedsMu.Unlock()
	// Outside the lock: other beds need not wait for this one.
	b, err := start()
	if err != nil {
		tb.Fatalf("cannot start a control plane (\"make suite\" builds what it takes): %v", err)
	}
	return b
}

func makeBed(name string, o controlplane.Options) (*bed, error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	o.Dir, o.Root, o.Bin = filepath.Join(root, ".cache", "suite", name), root, filepath.Join(root, ".cache", "bin")
	o.Architectures, o.Speed = []string{"amd64", "arm64"}, speed
	// The control plane outlives the test that happens to be first.
	ctx := context.Background()
	cp, err := controlplane.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	stopMu.Lock()
	stop = append(stop, cp.Stop)
	stopMu.Unlock()
	b := &bed{cp: cp, unresponsive: &sync.Map{}}
	if b.recorder, err = timeline.Record(ctx, cp.Config, cp.Client.RESTMapper(), cp.Kinds); err != nil {
		return nil, err
	}
	go b.watchBreakers(ctx)
	return b, nil
}

// watchBreakers notes each composite that Crossplane says it no longer listens
// to.
func (b *bed) watchBreakers(ctx context.Context) {
	for ctx.Err() == nil {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(kindComposite.GroupVersion().WithKind(kindComposite.Kind + "List"))
		w, err := b.cp.Client.Watch(ctx, list)
		if err != nil {
			time.Sleep(time.Second) // The API server is being restarted.
			continue
		}
		for e := range w.ResultChan() {
			o, ok := e.Object.(*unstructured.Unstructured)
			if ok && controlplane.Condition(o, "Responsive").Status == "False" {
				b.unresponsive.Store(o.GetName(), controlplane.Condition(o, "Responsive").Message)
			}
		}
	}
}

//nolint:gochecknoglobals // A constant.
var kindComposite = schema.GroupVersionKind{Group: "xplatform.dev", Version: "v1alpha1", Kind: "XPlatform"}

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

func applyIn(ctx context.Context, tb testing.TB, b *bed, namespace, example string) *platform {
	tb.Helper()
	file, err := os.ReadFile(filepath.Join("examples", example+".yaml"))
	if err != nil {
		tb.Fatal(err)
	}
	claim := &unstructured.Unstructured{}
	if err := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(file), 4096).Decode(&claim.Object); err != nil {
		tb.Fatal(err)
	}
	claim.SetNamespace(namespace)
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

// edit the claim as "kubectl edit" does.
func (p *platform) edit(ctx context.Context, edit func(spec map[string]any)) {
	p.t.Helper()
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		o, err := p.get(ctx)
		if err != nil {
			return err
		}
		edit(o.Object["spec"].(map[string]any))
		return p.bed.cp.Client.Update(ctx, o)
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// get the claim as it is.
func (p *platform) get(ctx context.Context) (*unstructured.Unstructured, error) {
	o := &unstructured.Unstructured{}
	o.SetGroupVersionKind(p.claim.GroupVersionKind())
	return o, p.bed.cp.Client.Get(ctx, client.ObjectKeyFromObject(p.claim), o)
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
	xr := &unstructured.Unstructured{}
	xr.SetGroupVersionKind(kindComposite)
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		if err := p.bed.cp.Client.Get(ctx, client.ObjectKey{Name: p.composite(ctx)}, xr); err != nil {
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
	p.until(ctx, "ready", func(_ *unstructured.Unstructured, pr *progress.Progress) bool { return pr.Ready && pr.Phase == "Ready" })
}

// settle gives Crossplane reason and time to ask the function once more about a
// platform that is ready. What it answers then must change nothing, and nothing
// tells that it was asked.
func (p *platform) settle(ctx context.Context) {
	p.t.Helper()
	xr := &unstructured.Unstructured{}
	xr.SetGroupVersionKind(kindComposite)
	xr.SetName(p.composite(ctx))
	p.nudge(ctx, xr)
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

// composite is the name of the claim's composite.
func (p *platform) composite(ctx context.Context) string {
	p.t.Helper()
	if p.name != "" {
		return p.name
	}
	p.until(ctx, "given a composite", func(o *unstructured.Unstructured, _ *progress.Progress) bool {
		p.name, _, _ = unstructured.NestedString(o.Object, "spec", "resourceRef", "name")
		return p.name != ""
	})
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
	composite := p.composite(ctx)
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

// object of the platform with a key.
func (p *platform) object(ctx context.Context, want string) *unstructured.Unstructured {
	p.t.Helper()
	all := p.list(ctx)
	for i := range all {
		if key(&all[i]) == want {
			return &all[i]
		}
	}
	p.t.Fatalf("%s has no object %s", p.claim.GetNamespace(), want)
	return nil
}

func key(o *unstructured.Unstructured) string {
	return o.GetAnnotations()[aws.AnnotationKey]
}

// refuse makes AWS refuse whatever is asked of one of the platform's objects,
// until the returned function is called.
func (p *platform) refuse(ctx context.Context, kind schema.GroupVersionKind, key, message string) (stop func()) {
	p.t.Helper()
	stages := aws.Fault{Kind: kind, Key: key, Namespace: p.claim.GetNamespace(), Platform: p.name, Message: message}.Stages()
	for _, s := range stages {
		if err := p.bed.cp.Apply(ctx, s); err != nil {
			p.t.Fatal(err)
		}
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
	patch := fmt.Sprintf(`{"metadata":{"annotations":{"test/nudge":"%d"}}}`, time.Now().UnixNano())
	err := p.bed.cp.Client.Patch(ctx, o.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(patch)))
	if client.IgnoreNotFound(err) != nil {
		p.t.Error(err)
	}
}

// needed are the objects that others need, by key.
func (p *platform) needed(ctx context.Context) map[string]*unstructured.Unstructured {
	all := p.list(ctx)
	byKey := map[string]*unstructured.Unstructured{}
	for i := range all {
		byKey[key(&all[i])] = &all[i]
	}
	needed := map[string]*unstructured.Unstructured{}
	for i := range all {
		for _, need := range plan.SplitNeeds(all[i].GetAnnotations()[plan.AnnotationNeeds]) {
			needed[need] = byKey[need]
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

// assertNothingLeft fails if any object was ever asked to go.
func (p *platform) assertNothingLeft(ctx context.Context) {
	p.t.Helper()
	for _, o := range p.bed.recorder.Objects(p.composite(ctx)) {
		if !o.Deleting.IsZero() {
			p.t.Errorf("%s %s was deleted after %s", o.Key, o.Name, o.Deleting.Sub(p.begin).Round(time.Millisecond))
		}
	}
}

// assertResponsive fails if Crossplane has ever stopped listening to the
// platform.
func (p *platform) assertResponsive(ctx context.Context) {
	p.t.Helper()
	if message, ok := p.bed.unresponsive.Load(p.composite(ctx)); ok {
		p.t.Errorf("the circuit breaker of %s was open: %v", p.composite(ctx), message)
	}
}

// report how long the platform took to become ready, and how long it would have
// taken if nothing but AWS took time.
func (p *platform) report(ctx context.Context) (took, ideal time.Duration) {
	objects := p.bed.recorder.Objects(p.composite(ctx))
	ideal = timeline.Ideal(objects, func(gk schema.GroupKind) time.Duration {
		return time.Duration(float64(p.bed.cp.World.Answer(gk).Create.Duration) / speed)
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

func deadline(tb testing.TB) (context.Context, context.CancelFunc) {
	tb.Helper()
	return context.WithTimeoutCause(context.Background(), 2*patience, errors.New("the test took too long"))
}
