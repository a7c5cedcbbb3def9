package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xplatform-dev/function-xplatform/test/crds"
	"github.com/xplatform-dev/function-xplatform/test/docs"
)

// Everything here runs in the repository's root, with the binaries the Makefile
// builds.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func cli(t *testing.T, claim string) *CLI {
	t.Helper()
	c := &CLI{
		Claim:       claim,
		Crossplane:  ".cache/bin/crossplane",
		Core:        ".cache/bin/crossplane-core",
		Kubectl:     ".cache/bin/kubectl",
		Function:    ".cache/bin/function-xplatform",
		Definition:  "compositions/definition.yaml",
		Composition: "compositions/composition.yaml",
		Functions:   "examples/functions.yaml",
		Output:      t.TempDir(),
	}
	for _, path := range []string{c.Crossplane, c.Core, c.Kubectl, c.Function} {
		if _, err := os.Stat(path); err != nil {
			t.Fatalf("%v: run these tests by \"make render-test\", which builds it", err)
		}
	}
	return c
}

// TestExamples renders every claim in examples/ with the real Crossplane until
// it is ready.
func TestExamples(t *testing.T) {
	claims, err := filepath.Glob("examples/platform*.yaml")
	if err != nil || len(claims) < 3 {
		t.Fatalf("want at least three claims in examples/, got %v (%v)", claims, err)
	}
	for _, environment := range []string{"dev", "staging", "production"} {
		claims = append(claims, filepath.Join("examples", "environments", environment))
	}
	registry, err := crds.Project()
	if err != nil {
		t.Fatal(err)
	}
	for _, claim := range claims {
		t.Run(filepath.Base(claim), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
			defer cancel()
			c := cli(t, claim)
			manifests, err := c.claim(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range manifests {
				if err := registry.Validate(o); err != nil {
					t.Error(err)
				}
			}
			fn, err := startFunction(ctx, c.Function)
			if err != nil {
				t.Fatal(err)
			}
			defer fn.stop()
			r, err := newRenderer(ctx, c, fn.address)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := r.stages(ctx, &out); err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			if !strings.Contains(out.String(), "\nReady: ") {
				t.Errorf("want a ready platform, got:\n%s", out.String())
			}
		})
	}
}

// TestMistakes: what can't be rendered is refused in words.
func TestMistakes(t *testing.T) {
	cases := map[string]struct {
		reason string
		claim  string
		want   string
	}{
		"NoClaim": {
			reason: "Another kind can't be rendered",
			claim:  "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n",
			want:   "kind must be Platform",
		},
		"TwoClaims": {
			reason: "One claim is rendered at a time",
			claim:  "kind: Platform\nmetadata: {name: a}\n---\nkind: Platform\nmetadata: {name: b}\n",
			want:   "must hold one claim, it holds 2 objects",
		},
		"UnknownRegion": {
			reason: "What the function refuses is shown with its message",
			claim:  "apiVersion: xplatform.dev/v1alpha1\nkind: Platform\nmetadata: {name: a, namespace: b}\nspec: {region: eu-nowhere-7}\n",
			want:   "spec.network.zones: the zones of region eu-nowhere-7 are not known",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
			defer cancel()
			path := filepath.Join(t.TempDir(), "claim.yaml")
			if err := os.WriteFile(path, []byte(tc.claim), 0o600); err != nil {
				t.Fatal(err)
			}
			c := cli(t, path)
			fn, err := startFunction(ctx, c.Function)
			if err != nil {
				t.Fatal(err)
			}
			defer fn.stop()
			r, err := newRenderer(ctx, c, fn.address)
			if err == nil {
				err = r.stages(ctx, &bytes.Buffer{})
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: want an error with %q, got: %v", tc.reason, tc.want, err)
			}
		})
	}
}

// console finds a command in the README and what it prints.
var console = regexp.MustCompile("(?s)```console\n\\$ (.*?)\n(.*?)```")

// took finds how long something took.
var took = regexp.MustCompile(`\b(\d+m)?\d+(\.\d+)?s\b`)

// timeless lines have no times, and no room for them at their beginning.
func timeless(lines string) string {
	lines = took.ReplaceAllString(lines, "?s")
	return regexp.MustCompile(`(?m)^ *\?s`).ReplaceAllString(lines, "?s")
}

// TestReadme runs every command of the README, and compares what it prints. A
// line of dots stands for any lines, and one time for another.
func TestReadme(t *testing.T) {
	t.Cleanup(func() {
		// Whatever failed, nothing is left running.
		if out, err := exec.CommandContext(context.Background(), ".cache/bin/demo", "down").CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := console.FindAllStringSubmatch(string(b), -1)
	all, err := docs.Commands(".", docs.Makes)
	if err != nil {
		t.Fatal(err)
	}
	shown := slices.DeleteFunc(all, func(c docs.Command) bool { return c.Block != "console" })
	if len(commands) != len(shown) || len(shown) < 4 {
		t.Fatalf("want each of the README's commands run, %v, got %d", shown, len(commands))
	}
	for _, m := range commands {
		command, want := m[1], m[2]
		if command == "make test" {
			// This is part of it.
			continue
		}
		t.Run(command, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, "bash", "-c", command)
			// make must not take this for a part of the make it runs under.
			cmd.Env = append(os.Environ(), "MAKEFLAGS=", "MAKELEVEL=")
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s%s", err, stdout.String(), stderr.String())
			}
			if missing := firstMissing(timeless(want), timeless(stdout.String())); missing != "" {
				t.Errorf("the README says it prints %q there, it prints:\n%s", missing, stdout.String())
			}
		})
	}
}

// firstMissing line of want in got. Lines must follow each other as they do in
// want, but for a line of dots.
func firstMissing(want, got string) string {
	rest := strings.Split(strings.TrimRight(got, "\n"), "\n")
	gap := false
	for line := range strings.Lines(want) {
		line = strings.TrimRight(line, "\n")
		if strings.TrimSpace(line) == "…" {
			gap = true
			continue
		}
		for len(rest) > 0 && gap && rest[0] != line {
			rest = rest[1:]
		}
		if len(rest) == 0 || rest[0] != line {
			return line
		}
		rest, gap = rest[1:], false
	}
	if strings.Join(rest, "") != "" && !gap {
		return "nothing more, not " + rest[0]
	}
	return ""
}
