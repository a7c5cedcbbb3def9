package suite

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xplatform-dev/function-xplatform/test/docs"
)

// TestDocs: kubectl takes every command of the documentation, about the platform it
// speaks of. Only the composite's name is another one.
func TestDocs(t *testing.T) {
	t.Parallel()
	ctx := deadline(t)
	p := applyIn(ctx, t, shared(t), docs.Namespace, "platform-smallest", documented)
	p.ready(ctx)
	k := &kubectl{p: p, home: t.TempDir()}
	var takesDown docs.Command
	for _, way := range []docs.Way{docs.Runs, docs.Helps} {
		commands, err := docs.Commands(".", way)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range commands {
			switch {
			case c.Words[0] != "kubectl": // TestHelp in test/render has its program.
			case way == docs.Helps:
				k.run(ctx, c, "--help")
			default:
				k.try(ctx, c)
			}
			if c.Words[0] == "kubectl" && c.Words[1] == "delete" && slices.Contains(c.Words, "platform") {
				takesDown = c
			}
		}
	}
	if takesDown.Words == nil {
		t.Fatal("the documentation takes no platform down")
	}
	p.begin = time.Now()
	k.run(ctx, takesDown)
	p.gone(ctx)
}

// documented edits a claim so that all objects are there that some page names.
func documented(spec map[string]any) {
	spec["name"] = docs.Name
	spec["dns"] = map[string]any{"domain": "dev.example.com", "private": true}
	spec["databases"] = []any{map[string]any{"name": "orders", "engine": "postgres", "deletionProtection": false}}
	spec["queues"] = []any{map[string]any{"name": "orders"}}
}

// kubectl as the documentation uses it.
type kubectl struct {
	p    *platform
	home string
}

// try a command, such that it changes nothing.
func (k *kubectl) try(ctx context.Context, c docs.Command) {
	t := k.p.t
	t.Helper()
	switch verb := c.Words[1]; verb {
	case "get", "describe":
		out := k.run(ctx, c)
		if strings.Contains(c.Text, docs.Composite) && strings.Contains(out, "No resources found") {
			t.Errorf("%s: it finds nothing", c)
		}
		k.explain(ctx, c)
	case "annotate", "apply", "delete":
		k.run(ctx, c, "--dry-run=server")
	case "patch":
		// A field that isn't there changes nothing, and is no error.
		if out := k.run(ctx, c, "--dry-run=server"); strings.Contains(out, "no change") || strings.Contains(out, "Warning") {
			t.Errorf("%s: %s", c, out)
		}
	case "wait":
		k.run(ctx, c)
	case "edit":
		k.run(ctx, c) // With an editor that edits nothing.
	default:
		t.Errorf("%s: nobody knows whether it changes anything", c)
	}
}

var jsonPath = regexp.MustCompile(`\{((?:\.\w+)+)\}`)

// explain the fields that a command prints: of a wrong one kubectl prints nothing.
func (k *kubectl) explain(ctx context.Context, c docs.Command) {
	k.p.t.Helper()
	for _, w := range c.Words {
		if !strings.Contains(w, "jsonpath") && !strings.HasPrefix(w, "{") {
			continue
		}
		paths := jsonPath.FindAllStringSubmatch(w, -1)
		if len(paths) == 0 {
			k.p.t.Errorf("%s: nobody knows which field %s is", c, w)
		}
		for _, path := range paths {
			field := c
			field.Words = []string{"kubectl", "explain", c.Words[2] + path[1]}
			k.run(ctx, field)
		}
	}
}

// run a command with more arguments, and return what it prints.
func (k *kubectl) run(ctx context.Context, c docs.Command, more ...string) string {
	t := k.p.t
	t.Helper()
	args := append(slices.Clone(c.Words[1:]), more...)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], docs.Composite, k.p.compositeName(ctx))
	}
	cmd := exec.CommandContext(ctx, ".cache/bin/kubectl", args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+k.p.bed.cp.Kubeconfig, "KUBE_EDITOR=true", "HOME="+k.home)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v: %s", c, err, out)
	}
	t.Logf("%s: %s", c, strings.Join(args, " "))
	return string(out)
}
