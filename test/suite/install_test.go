package suite

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
	"github.com/xplatform-dev/function-xplatform/test/docs"
)

// TestInstall: who follows docs/install.md word for word has a platform that is ready, and
// who follows it back has nothing left of it.
//
// Helm and kubectl are real, and so are Crossplane's chart, Crossplane with its package
// and RBAC managers, this project's packages and the function. Not here are the internet,
// nodes and AWS. So a proxy leads to the hosts that packages and charts come from; pods
// run as processes, with the rights of their service accounts; and the providers' packages
// have their CRDs, but in their pods nothing runs: KWOK plays what they do.
func TestInstall(t *testing.T) {
	t.Parallel()
	ctx := within(t, 4*patience)
	b := own(t, "installed", controlplane.Options{Bare: true})
	install, uninstall := section(t, docs.InstallSection), section(t, docs.UninstallSection)
	if len(install) != 5 {
		t.Errorf("want five commands, got %v", install)
	}
	b.follow(ctx, t, install, b.cp.Root)
	stop := b.provide(ctx, t)
	p := &platform{t: t, bed: b, claim: claimOf(t, b.cp.Root, "platform-smallest"), begin: time.Now()}
	p.ready(ctx)
	p.compositeName(ctx) // It can't be asked for afterwards.

	b.follow(ctx, t, uninstall[:1], b.cp.Root)
	p.gone(ctx)
	stop()
	b.follow(ctx, t, uninstall[1:], b.cp.Root)
	b.assertUninstalled(ctx, t)
}

// section of docs/install.md: its commands.
func section(tb testing.TB, heading string) []docs.Command {
	tb.Helper()
	commands, err := docs.Section(".", heading)
	if err != nil || len(commands) == 0 {
		tb.Fatalf("want commands under %q, got %v (%v)", heading, commands, err)
	}
	return commands
}

// follow commands in a checkout.
func (b *bed) follow(ctx context.Context, tb testing.TB, commands []docs.Command, checkout string) {
	tb.Helper()
	for _, c := range commands {
		b.run(ctx, tb, c, checkout)
	}
}

// run a command as it is written, in a checkout.
func (b *bed) run(ctx context.Context, tb testing.TB, c docs.Command, checkout string) {
	tb.Helper()
	begin := time.Now()
	cmd := exec.CommandContext(ctx, filepath.Join(b.cp.Bin, c.Words[0]), c.Words[1:]...)
	cmd.Dir, cmd.Env = checkout, append(b.cp.Env(), "HOME="+tb.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("%s: %v: %s", c, err, out)
	}
	tb.Logf("%s: %s", time.Since(begin).Round(time.Second), c)
}

// provide what the providers do that are installed, and watch what becomes of it, until
// told to stop.
func (b *bed) provide(ctx context.Context, tb testing.TB) (stop func()) {
	tb.Helper()
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	if err := errors.Join(b.cp.StartProviders(ctx), b.watch(watching)); err != nil {
		stop()
		tb.Fatal(err)
	}
	return stop
}

// stays is what the documentation says that uninstalling leaves, and what the API server
// and the tests have of their own, by kind.
//
//nolint:gochecknoglobals // A constant table.
var stays = map[string]*regexp.Regexp{
	"apiextensions.k8s.io/v1 CustomResourceDefinition":                 regexp.MustCompile(`\.(apiextensions|ops|pkg|protection)\.crossplane\.io$|\.kwok\.x-k8s\.io$`),
	"rbac.authorization.k8s.io/v1 ClusterRole":                         regexp.MustCompile(`^(crossplane-\w+|system:.*|admin|cluster-admin|edit|view)$`),
	"rbac.authorization.k8s.io/v1 ClusterRoleBinding":                  regexp.MustCompile(`^(system:.*|cluster-admin)$`),
	"admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration":   regexp.MustCompile(`^crossplane-no-usages$`),
	"admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy":        regexp.MustCompile(`^$`),
	"admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding": regexp.MustCompile(`^$`),
	"v1 Namespace": regexp.MustCompile(`^(default|kube-.*|team-a)$`),
}

// emptied tells whether an object is what becomes of an aggregated ClusterRole that is
// deleted while what it is made of is: Kubernetes' controller applies it once more,
// without anything, and so makes it anew (v1.35.5,
// pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go: Apply).
func emptied(o *unstructured.Unstructured) bool {
	rules, _, _ := unstructured.NestedSlice(o.Object, "rules")
	return o.GetKind() == "ClusterRole" && len(rules) == 0 && len(o.GetLabels()) == 0 && o.Object["aggregationRule"] == nil
}

// assertUninstalled fails if anything is left but what stays. What nobody owns any more
// the garbage collector takes a moment to delete.
func (b *bed) assertUninstalled(ctx context.Context, tb testing.TB) {
	tb.Helper()
	var left []string
	err := wait.PollUntilContextTimeout(ctx, time.Second, patience, true, func(ctx context.Context) (bool, error) {
		var found []string
		for kind, names := range stays {
			gv, k, ok := strings.Cut(kind, " ")
			if !ok {
				return false, errors.New("want a version and a kind, got " + kind)
			}
			list := listOf(gv, k)
			if err := b.cp.Client.List(ctx, list); err != nil {
				return false, err
			}
			for _, o := range list.Items {
				if !names.MatchString(o.GetName()) && !emptied(&o) {
					found = append(found, k+" "+o.GetName())
				}
			}
		}
		left = found
		return len(left) == 0, nil
	})
	if err != nil {
		tb.Errorf("want nothing left, got %v (%v)", left, err)
	}
}
