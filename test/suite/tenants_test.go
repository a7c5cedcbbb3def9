package suite

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
	"github.com/xplatform-dev/function-xplatform/test/progress"
)

// tenancy is a control plane with the roles and policies that are recommended for one
// with several teams, the product team team-a among them.
func tenancy(tb testing.TB) *bed {
	tb.Helper()
	ctx := deadline(tb)
	b := bedOf(tb, "tenants", controlplane.Options{})
	for _, file := range []string{"install/rbac.yaml", "install/admission.yaml", "teams/team-a.yaml"} {
		f, err := os.ReadFile(filepath.Join(b.cp.Root, "examples", file))
		if err != nil {
			tb.Fatal(err)
		}
		for manifest := range strings.SplitSeq(string(f), "\n---\n") {
			o := &unstructured.Unstructured{}
			if err := yaml.UnmarshalStrict([]byte(manifest), &o.Object); err != nil {
				tb.Fatal(err)
			}
			if err := b.cp.Apply(ctx, o); err != nil {
				tb.Fatal(err)
			}
		}
	}
	return b
}

// as a user of a group.
func (b *bed) as(tb testing.TB, group string) client.Client {
	tb.Helper()
	c := rest.CopyConfig(b.cp.Config)
	c.Impersonate = rest.ImpersonationConfig{UserName: "somebody", Groups: []string{group, "system:authenticated"}}
	cl, err := client.New(c, client.Options{Mapper: b.cp.Client.RESTMapper()})
	if err != nil {
		tb.Fatal(err)
	}
	return cl
}

// patched tells what becomes of a patch of an object, which is not kept.
func patched(ctx context.Context, c client.Client, o *unstructured.Unstructured, patch string) error {
	return c.Patch(ctx, o.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(patch)), client.DryRunAll)
}

// TestTenants: a product team has its claims, the platform team has the guard, the
// Composition and the composites, and neither needs to trust the other with more.
func TestTenants(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	b := tenancy(t)
	product, team := b.as(t, "team-a"), b.as(t, "platform-team")
	p := applyIn(ctx, t, b, "team-a", "platform-smallest")
	xr := p.composite(ctx)
	p.until(ctx, "given a Composition", func(claim *unstructured.Unstructured, _ *progress.Progress) bool {
		name, _, _ := unstructured.NestedString(claim.Object, "spec", "compositionRef", "name")
		return name != ""
	})
	// The API server takes a moment to heed a new policy.
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		return kerrors.IsForbidden(patched(ctx, product, p.claim, `{"metadata":{"labels":{"crossplane.io/in-use":"false"}}}`)), nil
	})
	if err != nil {
		t.Fatalf("the policies are not in force: %v", err)
	}

	for name, tc := range map[string]struct {
		patch string
		// want are words of the refusal, "" if there is none.
		want string
	}{
		"Spec":           {patch: `{"spec":{"tags":{"team":"a"}}}`},
		"Label":          {patch: `{"metadata":{"labels":{"app":"shop"},"annotations":{"example.org/note":"ours"}}}`},
		"Automatic":      {patch: `{"spec":{"compositionUpdatePolicy":"Automatic"}}`},
		"Unsaid":         {patch: `{"spec":{"compositionRef":null,"compositionRevisionRef":null}}`},
		"InUse":          {patch: `{"metadata":{"labels":{"crossplane.io/in-use":"false"}}}`, want: "crossplane.io/in-use"},
		"Prefix":         {patch: `{"metadata":{"labels":{"crossplane.io/composite":"other"}}}`, want: "crossplane.io/composite"},
		"Attempt":        {patch: `{"metadata":{"annotations":{"usage.crossplane.io/deletion-attempt-with-policy":"Background"}}}`, want: "are the platform team's"},
		"Confirmed":      {patch: `{"metadata":{"annotations":{"xplatform.dev/teardown":"confirmed"}}}`, want: "are the platform team's"},
		"ClusterGone":    {patch: `{"metadata":{"annotations":{"xplatform.dev/cluster":"gone"}}}`, want: "are the platform team's"},
		"Composition":    {patch: `{"spec":{"compositionRef":{"name":"lax"}}}`, want: "chooses the Composition"},
		"Selector":       {patch: `{"spec":{"compositionSelector":{"matchLabels":{"lax":"true"}}}}`, want: "chooses the Composition"},
		"Manual":         {patch: `{"spec":{"compositionUpdatePolicy":"Manual"}}`, want: "chooses the Composition"},
		"Revision":       {patch: `{"spec":{"compositionRevisionRef":{"name":"xplatform-0000000"}}}`, want: "chooses the Composition"},
		"Revisions":      {patch: `{"spec":{"compositionRevisionSelector":{"matchLabels":{"lax":"true"}}}}`, want: "chooses the Composition"},
		"OtherComposite": {patch: `{"spec":{"resourceRef":{"name":"another"}}}`, want: "resourceRef"},
		"NoComposite":    {patch: `{"spec":{"resourceRef":null}}`, want: "resourceRef"},
	} {
		err := patched(ctx, product, p.claim, tc.patch)
		asWanted := err == nil
		if tc.want != "" {
			asWanted = kerrors.IsForbidden(err) && strings.Contains(err.Error(), tc.want)
		}
		if !asWanted {
			t.Errorf("%s: a product team's edit should be refused with %q, got %v", name, tc.want, err)
		}
		if err := patched(ctx, team, p.claim, tc.patch); err != nil {
			t.Errorf("%s: the platform team may: %v", name, err)
		}
	}

	for _, patch := range []string{`{"metadata":{"annotations":{"xplatform.dev/teardown":"confirmed"}}}`, `{"spec":{"region":"eu-central-1"}}`} {
		if err := patched(ctx, product, xr, patch); !kerrors.IsForbidden(err) {
			t.Errorf("a product team has no business with composites: %s: %v", patch, err)
		}
		if err := patched(ctx, team, xr, patch); err != nil {
			t.Errorf("the platform team has: %s: %v", patch, err)
		}
	}
	for _, o := range p.list(ctx) {
		if err := patched(ctx, product, &o, `{"metadata":{"labels":{"a":"b"}}}`); !kerrors.IsForbidden(err) {
			t.Errorf("a product team has no business with what its platform is made of: %s: %v", key(&o), err)
		}
	}
	for what, list := range map[string]client.ObjectList{
		"secrets of the platform": &corev1.SecretList{}, "claims of others": listOf("xplatform.dev/v1alpha1", "Platform"), "compositions": listOf("apiextensions.crossplane.io/v1", "Composition"),
		"guards": listOf("protection.crossplane.io/v1beta1", "ClusterUsage"),
	} {
		if err := product.List(ctx, list, client.InNamespace(map[bool]string{true: "crossplane-system"}[strings.HasPrefix(what, "secrets")])); !kerrors.IsForbidden(err) {
			t.Errorf("a product team should see no %s: %v", what, err)
		}
	}
}

func listOf(apiVersion, kind string) *unstructured.UnstructuredList {
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(apiVersion)
	list.SetKind(kind + "List")
	return list
}

// TestGuardSwitchedOff: a composite that has lost its mark, because its claim says so, is
// kept until it has it back, and goes in order: whoever deletes the claim meanwhile.
func TestGuardSwitchedOff(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	b := tenancy(t)
	p := apply(ctx, t, b, "platform-smallest")
	p.ready(ctx)
	xr := p.composite(ctx)
	p.patch(ctx, p.claim, `{"labels":{"crossplane.io/in-use":"false"}}`)
	p.untilComposite(ctx, "without its mark", func(xr *unstructured.Unstructured) bool { return xr.GetLabels()["crossplane.io/in-use"] == "false" })
	p.until(ctx, "told", func(claim *unstructured.Unstructured, _ *progress.Progress) bool {
		c := controlplane.Condition(claim, "Accepted")
		return c.Status == "False" && c.Reason == "Reserved" && strings.Contains(c.Message, "crossplane.io/in-use")
	})
	if err := b.cp.Client.Get(ctx, client.ObjectKeyFromObject(xr), xr); err != nil {
		t.Fatal(err)
	}
	if xr.GetLabels()["crossplane.io/in-use"] == "false" {
		if err := b.cp.Client.Delete(ctx, xr, client.DryRunAll); !kerrors.IsForbidden(err) || !strings.Contains(err.Error(), "everything would be deleted at once") {
			t.Errorf("nobody should be able to delete a composite without its mark, got %v", err)
		}
	}
	p.delete(ctx, metav1.DeletePropagationBackground)
	p.gone(ctx)
}

// TestEnforcedComposition: whichever Composition a claim names, it gets the one that the
// XRD enforces; and it stays on no revision of long ago.
func TestEnforcedComposition(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	b := tenancy(t)
	lax := &unstructured.Unstructured{}
	lax.SetAPIVersion("apiextensions.crossplane.io/v1")
	lax.SetKind("Composition")
	if err := b.cp.Client.Get(ctx, types.NamespacedName{Name: "xplatform"}, lax); err != nil {
		t.Fatal(err)
	}
	lax = &unstructured.Unstructured{Object: map[string]any{"apiVersion": lax.GetAPIVersion(), "kind": lax.GetKind(), "metadata": map[string]any{"name": "lax"}, "spec": lax.Object["spec"]}}
	if err := b.cp.Apply(ctx, lax); err != nil {
		t.Fatal(err)
	}
	p := applyIn(ctx, t, b, "enforced", "platform-smallest", func(spec map[string]any) { spec["compositionRef"] = map[string]any{"name": "lax"} })
	p.ready(ctx)
	p.untilComposite(ctx, "of the Composition that is enforced", func(xr *unstructured.Unstructured) bool {
		name, _, _ := unstructured.NestedString(xr.Object, "spec", "compositionRef", "name")
		return name == "xplatform"
	})

	before := p.objects(ctx)
	p.edit(ctx, func(spec map[string]any) {
		spec["compositionUpdatePolicy"] = "Manual"
		spec["tags"] = map[string]any{"a": "b"}
	})
	p.until(ctx, "told", func(claim *unstructured.Unstructured, _ *progress.Progress) bool {
		c := controlplane.Condition(claim, "Accepted")
		return c.Status == "False" && strings.Contains(c.Message, "spec.compositionUpdatePolicy: must be left out")
	})
	assertUntouched(t, before, p.objects(ctx))
	p.edit(ctx, func(spec map[string]any) { spec["compositionUpdatePolicy"] = "Automatic" })
	p.until(ctx, "accepted", func(claim *unstructured.Unstructured, _ *progress.Progress) bool {
		return controlplane.Condition(claim, "Accepted").Status == "True"
	})
	p.delete(ctx, metav1.DeletePropagationBackground)
	p.gone(ctx)
}
