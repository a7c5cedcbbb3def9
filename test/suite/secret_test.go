package suite

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestConnectionSecret: a claim that names a Secret gets the kubeconfig in its
// namespace, and each new one; and neither Secret outlives the platform, or keeps
// it from going.
func TestConnectionSecret(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	p := apply(ctx, t, shared(t), "platform-smallest")
	p.edit(ctx, func(spec map[string]any) { spec["writeConnectionSecretToRef"] = map[string]any{"name": "kubeconfig"} })
	p.ready(ctx)
	published, err := os.ReadFile(p.bed.cp.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	own := types.NamespacedName{Namespace: p.claim.GetNamespace(), Name: "kubeconfig"}
	p.holds(ctx, own, string(published))

	// The provider renews its Secret, and then notes when in the ClusterAuth,
	// which Crossplane watches.
	auth := p.object(ctx, "cluster.auth")
	secret := &corev1.Secret{}
	if err := p.bed.cp.Client.Get(ctx, client.ObjectKeyFromObject(auth), secret); err != nil {
		t.Fatal(err)
	}
	secret.Data["kubeconfig"] = []byte("renewed")
	if err := p.bed.cp.Client.Update(ctx, secret); err != nil {
		t.Fatal(err)
	}
	p.nudge(ctx, auth)
	p.holds(ctx, own, "renewed")

	xr := p.composite(ctx)
	if err := p.bed.cp.Client.Get(ctx, client.ObjectKeyFromObject(xr), xr); err != nil {
		t.Fatal(err)
	}
	p.delete(ctx, metav1.DeletePropagationBackground)
	p.gone(ctx)
	for _, name := range []types.NamespacedName{own, {Namespace: auth.GetNamespace(), Name: string(xr.GetUID())}} {
		err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
			err := p.bed.cp.Client.Get(ctx, name, secret)
			return kerrors.IsNotFound(err), client.IgnoreNotFound(err)
		})
		if err != nil {
			t.Errorf("Secret %s is left: %v", name, err)
		}
	}
}

// holds waits until a Secret holds a kubeconfig, and nothing else.
func (p *platform) holds(ctx context.Context, name types.NamespacedName, kubeconfig string) {
	p.t.Helper()
	want := map[string][]byte{"kubeconfig": []byte(kubeconfig)}
	secret := &corev1.Secret{}
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		err := p.bed.cp.Client.Get(ctx, name, secret)
		return cmp.Equal(want, secret.Data), client.IgnoreNotFound(err)
	})
	if err != nil {
		p.t.Fatalf("Secret %s: %v: -want, +got:\n%s", name, err, cmp.Diff(want, secret.Data))
	}
}
