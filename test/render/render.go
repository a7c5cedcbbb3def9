package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/xplatform-dev/function-xplatform/fn/lifecycle"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/aws"
	"github.com/xplatform-dev/function-xplatform/test/progress"
)

// enough stages for any platform; a platform that needs more makes no progress.
const enough = 30

// A renderer renders one claim.
type renderer struct {
	cli     *CLI
	address string
	world   *aws.World
	xr      *unstructured.Unstructured
	dir     string
	// observed objects by key, and the Secrets they have published.
	observed map[string]*unstructured.Unstructured
	secrets  []*unstructured.Unstructured
	// guard as it was composed last, while there is nothing else; nil if it wasn't.
	guard *unstructured.Unstructured
}

func newRenderer(ctx context.Context, c *CLI, address string) (*renderer, error) {
	world, err := aws.New()
	if err != nil {
		return nil, err
	}
	docs, err := c.claim(ctx)
	if err != nil {
		return nil, err
	}
	if len(docs) != 1 {
		return nil, fmt.Errorf("%s must hold one claim, it holds %d objects", c.Claim, len(docs))
	}
	xrds, err := read(c.Definition)
	if err != nil {
		return nil, err
	}
	xr, err := composite(docs[0], xrds[0])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Claim, err)
	}
	dir := filepath.Join(c.Output, strings.TrimSuffix(filepath.Base(c.Claim), filepath.Ext(c.Claim)))
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("cannot clear %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("cannot make %s: %w", dir, err)
	}
	return &renderer{cli: c, address: address, world: world, xr: xr, dir: dir, observed: map[string]*unstructured.Unstructured{}}, nil
}

// claim reads the claim, or builds it if it is a kustomization.
func (c *CLI) claim(ctx context.Context) ([]*unstructured.Unstructured, error) {
	if info, err := os.Stat(c.Claim); err != nil || !info.IsDir() {
		return read(c.Claim)
	}
	var out, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, c.Kubectl, "kustomize", c.Claim)
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("kubectl kustomize %s: %w: %s", c.Claim, err, strings.TrimSpace(stderr.String()))
	}
	return decode(&out)
}

// composite is the XR of a claim that the XRD defines.
func composite(claim, xrd *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	kind, _, _ := unstructured.NestedString(xrd.Object, "spec", "names", "kind")
	claimKind, _, _ := unstructured.NestedString(xrd.Object, "spec", "claimNames", "kind")
	if claim.GetKind() != claimKind {
		return nil, fmt.Errorf("kind must be %s, it is %q", claimKind, claim.GetKind())
	}
	return aws.Composite(claim, kind)
}

// stages renders until the platform is ready.
func (r *renderer) stages(ctx context.Context, w io.Writer) error {
	for stage := range enough {
		rendered, err := r.named(ctx, stage)
		if err != nil {
			return err
		}
		s, err := r.stage(rendered)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, s.text(stage+1)); err != nil {
			return fmt.Errorf("cannot print: %w", err)
		}
		if s.Ready {
			// The guard is no part of the platform.
			resources, _, _ := strings.Cut(s.Count, "/")
			_, err := fmt.Fprintf(w, "\nReady: %s resources. The YAML of each stage is in %s\n", resources, r.dir)
			return err
		}
		if len(s.added)+len(s.changed) == 0 {
			return fmt.Errorf("stage %d composes nothing more, and the platform is not ready: %s", stage+1, strings.Join(s.Conditions, "; "))
		}
	}
	return fmt.Errorf("the platform is not ready after %d stages", enough)
}

// named renders until more than the guard is composed. Nothing comes before it says, to
// the function as well, that the platform's name is its own.
func (r *renderer) named(ctx context.Context, stage int) ([]*unstructured.Unstructured, error) {
	for range enough {
		rendered, err := r.render(ctx, stage)
		if err != nil {
			return nil, err
		}
		for _, o := range rendered {
			switch key := o.GetAnnotations()[aws.AnnotationKey]; {
			case o.GetKind() == r.xr.GetKind():
				phase, _, _ := unstructured.NestedString(o.Object, "status", "phase")
				r.xr.Object["status"] = map[string]any{"phase": phase}
			case key != lifecycle.KeyGuard || len(rendered) > 2:
				return rendered, nil
			default:
				r.guard = o
				// As Crossplane marks what is guarded.
				meta.AddLabels(r.xr, map[string]string{plan.LabelInUse: "true"})
			}
		}
	}
	return nil, errors.New("the platform does not get its name")
}

// render once, and return what Crossplane would apply.
func (r *renderer) render(ctx context.Context, stage int) ([]*unstructured.Unstructured, error) {
	in, err := os.MkdirTemp(r.dir, ".input-*")
	if err != nil {
		return nil, fmt.Errorf("cannot make a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(in) }()

	observed := make([]*unstructured.Unstructured, 0, len(r.observed))
	for _, key := range slices.Sorted(maps.Keys(r.observed)) {
		observed = append(observed, r.observed[key])
	}
	required := r.secrets
	if r.guard != nil && r.observed[lifecycle.KeyGuard] == nil { // Else it would be taken for the one that is observed.
		required = append(slices.Clone(r.secrets), r.guard)
	}
	files := map[string][]*unstructured.Unstructured{"xr.yaml": {r.xr}, "observed.yaml": observed, "required.yaml": required}
	for name, docs := range files {
		if err := write(filepath.Join(in, name), docs); err != nil {
			return nil, err
		}
	}
	args := []string{
		"composition", "render", filepath.Join(in, "xr.yaml"), r.cli.Composition, r.cli.Functions,
		"--crossplane-binary", r.cli.Core, "--xrd", r.cli.Definition,
		"--function-annotations", "render.crossplane.io/runtime-development-target=" + r.address,
		"--include-full-xr", "--timeout", "2m",
	}
	if len(observed) > 0 {
		args = append(args, "--observed-resources", filepath.Join(in, "observed.yaml"))
	}
	if len(required) > 0 {
		args = append(args, "--required-resources", filepath.Join(in, "required.yaml"))
	}
	var out, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, r.cli.Crossplane, args...)
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("stage %d: crossplane %s: %w: %s", stage+1, strings.Join(args[:2], " "), err, strings.TrimSpace(stderr.String()))
	}
	if err := os.WriteFile(filepath.Join(r.dir, fmt.Sprintf("stage-%02d.yaml", stage+1)), out.Bytes(), 0o600); err != nil {
		return nil, fmt.Errorf("cannot write the stage: %w", err)
	}
	return decode(&out)
}

// A stage of a platform.
type stage struct {
	*progress.Progress

	added, changed []string
	kinds          map[string]string
}

// stage reads what was rendered, and makes it observed.
func (r *renderer) stage(rendered []*unstructured.Unstructured) (*stage, error) {
	s := &stage{Progress: &progress.Progress{}, kinds: map[string]string{}}
	for _, o := range rendered {
		if o.GetKind() == r.xr.GetKind() {
			p, err := progress.Read(o)
			if err != nil {
				return nil, err
			}
			s.Progress = p
			continue
		}
		key := o.GetAnnotations()[aws.AnnotationKey]
		if key == "" {
			return nil, fmt.Errorf("%s %s has no annotation %s", o.GetKind(), o.GetName(), aws.AnnotationKey)
		}
		s.kinds[key] = o.GetKind()
		was := r.observed[key]
		switch {
		case was == nil:
			s.added = append(s.added, key)
		case reflect.DeepEqual(was.Object["spec"], o.Object["spec"]):
			continue
		default:
			s.changed = append(s.changed, key)
			o.Object["status"] = was.Object["status"]
		}
		ready, err := r.world.Ready(o)
		if err != nil {
			return nil, err
		}
		r.observed[key] = ready
		if secret := aws.ConnectionSecret(ready); was == nil && secret != nil {
			r.secrets = append(r.secrets, secret)
		}
	}
	slices.Sort(s.added)
	slices.Sort(s.changed)
	return s, nil
}

func (s *stage) text(number int) string {
	w := &strings.Builder{}
	fmt.Fprintf(w, "Stage %d: %s ready\n", number, s.Count)
	for _, key := range s.added {
		fmt.Fprintf(w, "  + %-24s %s\n", s.kinds[key], key)
	}
	for _, key := range s.changed {
		fmt.Fprintf(w, "  ~ %-24s %s\n", s.kinds[key], key)
	}
	w.WriteString(s.Waiting())
	return w.String()
}

func read(path string) ([]*unstructured.Unstructured, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read: %w", err)
	}
	docs, err := decode(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return docs, nil
}

func decode(in io.Reader) ([]*unstructured.Unstructured, error) {
	var docs []*unstructured.Unstructured
	for d := utilyaml.NewYAMLOrJSONDecoder(in, 4096); ; {
		o := &unstructured.Unstructured{}
		err := d.Decode(&o.Object)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("cannot parse YAML: %w", err)
		}
		if len(o.Object) > 0 {
			docs = append(docs, o)
		}
	}
}

func write(path string, docs []*unstructured.Unstructured) error {
	var b bytes.Buffer
	for _, d := range docs {
		y, err := yaml.Marshal(d.Object)
		if err != nil {
			return fmt.Errorf("cannot marshal %s %s: %w", d.GetKind(), d.GetName(), err)
		}
		b.WriteString("---\n")
		b.Write(y)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	return nil
}
