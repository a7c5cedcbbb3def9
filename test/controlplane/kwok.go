package controlplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	eksv1 "github.com/upbound/provider-aws/v2/apis/namespaced/eks/v1beta1"

	"github.com/xplatform-dev/function-xplatform/test/aws"
)

func (cp *ControlPlane) startKWOK(ctx context.Context) error {
	kubeconfig, err := os.ReadFile(cp.Kubeconfig)
	if err != nil {
		return fmt.Errorf("cannot read the kubeconfig: %w", err)
	}
	play := aws.Play{Speed: cp.Speed, Kubeconfig: string(kubeconfig), Verbose: cp.Verbose, Strict: cp.Strict}
	var stages []*unstructured.Unstructured
	for _, gvk := range cp.Kinds {
		// Who has Helm has its providers, and who has nodes EKS.
		if cp.Helm && (gvk.Group == groupHelm || gvk.Group == groupKubernetes) || cp.Nodes && gvk == eksv1.NodeGroup_GroupVersionKind {
			continue
		}
		stages = append(stages, cp.World.Stages(gvk, play)...)
	}
	if err := cp.ApplyStages(ctx, stages); err != nil {
		return err
	}
	if cp.Helm || cp.Nodes {
		for _, path := range []string{"kustomize/stage/node/fast/node-*.yaml", "kustomize/stage/pod/fast/pod-*.yaml"} {
			if err := cp.applyFiles(ctx, "sigs.k8s.io/kwok", path); err != nil {
				return err
			}
		}
	}
	cp.KWOK, err = cp.run(ctx, cp.process("kwok", cp.playing,
		"--kubeconfig", cp.Kubeconfig, "--manage-all-nodes", "--enable-crds", "Stage",
		"--server-address", fmt.Sprintf("127.0.0.1:%d", cp.ports.kwok)))
	return err
}

// starting is how long it takes until a pod is ready, where that matters.
const starting = 30 * time.Second

// adapt one of KWOK's own stages to what it plays here.
func (cp *ControlPlane) adapt(stage *unstructured.Unstructured) error {
	if stage.GetName() != "pod-ready" {
		return nil
	}
	if cp.Nodes {
		delay := cp.scaled(starting).Milliseconds()
		if err := unstructured.SetNestedField(stage.Object, delay, "spec", "delay", "durationMilliseconds"); err != nil {
			return fmt.Errorf("cannot delay stage %s: %w", stage.GetName(), err)
		}
	}
	return spareKubectl(stage)
}

// playing is whether KWOK plays every kind that has stages.
func (cp *ControlPlane) playing(ctx context.Context) error {
	if err := listening(cp.ports.kwok)(ctx); err != nil {
		return err
	}
	kinds, err := cp.touchStages(ctx)
	if err != nil {
		return err
	}
	log, err := os.ReadFile(filepath.Join(cp.Dir, "kwok.log"))
	if err != nil {
		return err
	}
	log = log[max(0, bytes.LastIndex(log, []byte(`"msg":"Starting HTTP server"`))):]
	if n := bytes.Count(log, []byte(`"msg":"Start stage controller"`)); n < kinds {
		return fmt.Errorf("KWOK plays %d of %d kinds", n, kinds)
	}
	// Now that it holds all stages, it looks at them once more.
	_, err = cp.touchStages(ctx)
	return err
}

// ApplyStages of KWOK.
func (cp *ControlPlane) ApplyStages(ctx context.Context, stages []*unstructured.Unstructured) error {
	for _, s := range stages {
		if err := cp.Apply(ctx, s); err != nil {
			return err
		}
	}
	_, err := cp.touchStages(ctx)
	return err
}

// touchStages makes KWOK look at its stages again, and counts the kinds they are
// of. KWOK notes what it holds of them under the resource version it has heard of,
// and that is ahead of what it holds: without this one that starts on a busy
// machine now and then plays a part of the kinds, or none, until some stage
// changes (v0.8.0, pkg/config/resources/cache.go: Get, dynamic.go: Version).
func (cp *ControlPlane) touchStages(ctx context.Context) (int, error) {
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion("kwok.x-k8s.io/v1alpha1")
	list.SetKind("StageList")
	if err := cp.Client.List(ctx, list); err != nil {
		return 0, fmt.Errorf("cannot list the stages: %w", err)
	}
	if len(list.Items) == 0 {
		return 0, errors.New("there are no stages")
	}
	kinds := map[string]bool{}
	for _, s := range list.Items {
		ref, _, err := unstructured.NestedStringMap(s.Object, "spec", "resourceRef")
		if err != nil {
			return 0, fmt.Errorf("cannot read stage %s: %w", s.GetName(), err)
		}
		kinds[ref["apiGroup"]+"/"+ref["kind"]] = true
	}
	patch := fmt.Sprintf(`{"metadata":{"annotations":{"test/touched":"%d"}}}`, time.Now().UnixNano())
	// It may have gone meanwhile, with the fault it was a part of.
	err := client.IgnoreNotFound(cp.Client.Patch(ctx, &list.Items[0], client.RawPatch(types.MergePatchType, []byte(patch))))
	if err != nil {
		return 0, fmt.Errorf("cannot touch a stage: %w", err)
	}
	return len(kinds), nil
}
