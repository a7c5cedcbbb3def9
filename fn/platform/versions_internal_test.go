package platform

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/crds"
)

// TestKubernetesVersions: the schema's versions are those of the table, and its days
// are days, in order.
func TestKubernetesVersions(t *testing.T) {
	t.Parallel()
	enum := crds.SchemaOf(t, "spec", "cluster", "version").Enum
	before := ""
	for _, raw := range enum {
		v := strings.Trim(string(raw.Raw), `"`)
		k, ok := kubernetesVersions[v1alpha1.KubernetesVersion(v)]
		if !ok {
			t.Errorf("%s: is not in the table", v)
		}
		for _, day := range []string{k.standard, k.extended} {
			if _, err := time.Parse(time.DateOnly, day); err != nil {
				t.Errorf("%s: %v", v, err)
			}
		}
		if k.standard <= before || k.extended <= k.standard {
			t.Errorf("%s: want support to end later than that of versions before, got %+v", v, k)
		}
		before = k.standard
	}
	if len(enum) != len(kubernetesVersions) {
		t.Errorf("the schema has %d versions, and the table %d", len(enum), len(kubernetesVersions))
	}
}

// TestAskVersion: EKS is asked for what the claim says, but for a version it has
// raised by itself, which only a claim that was itself lowered takes back.
func TestAskVersion(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		// wish is the claim's version, acted the one that was acted upon, asked the
		// one EKS was asked for, and runs the one it has.
		wish, acted, asked, runs string
		want, wantActed          string
	}{
		"New":            {reason: "A new cluster is made of the claim's.", wish: "1.34", want: "1.34", wantActed: "1.34"},
		"Creating":       {reason: "So is one of which nothing is known.", wish: "1.34", acted: "1.34", asked: "1.34", want: "1.34", wantActed: "1.34"},
		"InForce":        {reason: "What is in force is asked for.", wish: "1.34", acted: "1.34", asked: "1.34", runs: "1.34", want: "1.34", wantActed: "1.34"},
		"Upgrade":        {reason: "A claim that is raised is an upgrade.", wish: "1.35", acted: "1.34", asked: "1.34", runs: "1.34", want: "1.35", wantActed: "1.35"},
		"Raised":         {reason: "What EKS has raised is followed.", wish: "1.34", acted: "1.34", asked: "1.34", runs: "1.35", want: "1.35", wantActed: "1.34"},
		"Followed":       {reason: "And goes on to be.", wish: "1.34", acted: "1.34", asked: "1.35", runs: "1.35", want: "1.35", wantActed: "1.34"},
		"RaisedAgain":    {reason: "As often as it does so.", wish: "1.34", acted: "1.34", asked: "1.35", runs: "1.36", want: "1.36", wantActed: "1.34"},
		"RaisedUnknown":  {reason: "Also to a version that no claim can have.", wish: "1.36", acted: "1.36", asked: "1.36", runs: "1.37", want: "1.37", wantActed: "1.36"},
		"Lowered":        {reason: "A claim that is lowered is a rollback.", wish: "1.34", acted: "1.35", asked: "1.35", runs: "1.35", want: "1.34", wantActed: "1.35"},
		"RollingBack":    {reason: "Which goes on to be asked for while EKS is at it.", wish: "1.34", acted: "1.35", asked: "1.34", runs: "1.35", want: "1.34", wantActed: "1.35"},
		"RolledBack":     {reason: "Until it is there.", wish: "1.34", acted: "1.35", asked: "1.34", runs: "1.34", want: "1.34", wantActed: "1.34"},
		"Reconsidered":   {reason: "Or is no longer wanted.", wish: "1.35", acted: "1.35", asked: "1.34", runs: "1.35", want: "1.35", wantActed: "1.35"},
		"LoweredTooFar":  {reason: "EKS goes back by one: what it raised before can't be taken back with it.", wish: "1.33", acted: "1.34", asked: "1.35", runs: "1.35", want: "1.35", wantActed: "1.33"},
		"CaughtUp":       {reason: "A claim that says what runs is in force.", wish: "1.35", acted: "1.34", asked: "1.35", runs: "1.35", want: "1.35", wantActed: "1.35"},
		"CaughtUpPartly": {reason: "One that is raised, but not as far, is no rollback.", wish: "1.35", acted: "1.34", asked: "1.36", runs: "1.36", want: "1.36", wantActed: "1.35"},
		"OldRaised":      {reason: "Before this was remembered, what was asked for is what was acted upon.", wish: "1.34", asked: "1.34", runs: "1.35", want: "1.35", wantActed: "1.34"},
		"OldLowered":     {reason: "So a lowered claim is known, too.", wish: "1.34", asked: "1.35", runs: "1.35", want: "1.34", wantActed: "1.35"},
		"Nonsense":       {reason: "What is no version is none.", wish: "1.34", acted: "x", asked: "1.34", runs: "soon", want: "1.34", wantActed: "1.34"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := map[string]any{"metadata": map[string]any{"annotations": map[string]any{annotationVersion: tc.acted}}}
			o["spec"] = map[string]any{"forProvider": map[string]any{"version": tc.asked}}
			o["status"] = map[string]any{"atProvider": map[string]any{"version": tc.runs}}
			s, err := structpb.NewStruct(o)
			if err != nil {
				t.Fatal(err)
			}
			got, acted := askVersion(v1alpha1.KubernetesVersion(tc.wish), plan.Observe(&fnv1.Resource{Resource: s}))
			if string(got) != tc.want || string(acted) != tc.wantActed {
				t.Errorf("\n%s\nwant %s, acted upon %s, got %s, %s", tc.reason, tc.want, tc.wantActed, got, acted)
			}
		})
	}
}

// TestWaitFor: before something that is pinned would be more than three minor versions
// behind, the cluster's next step waits for who has pinned it.
func TestWaitFor(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		pinned string
		want   []string
	}{
		"Unpinned":  {reason: "What follows the cluster is no reason to wait."},
		"Near":      {reason: "Three behind is what Kubernetes takes.", pinned: "1.34"},
		"Far":       {reason: "Four is more.", pinned: "1.33", want: []string{"spec.nodeGroups: old is pinned to 1.33, and Kubernetes 1.37 takes 1.34 or newer"}},
		"FarAddOn":  {reason: "An add-on's version has more to it.", pinned: "v1.33.10-eksbuild.13", want: []string{"spec.nodeGroups: old is pinned to v1.33.10-eksbuild.13, and Kubernetes 1.37 takes 1.34 or newer"}},
		"NearAddOn": {reason: "Whatever its patch is.", pinned: "v1.34.6-eksbuild.13"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			described := func(version string) *structpb.Struct {
				s, err := structpb.NewStruct(map[string]any{
					"apiVersion": "eks.aws.m.upbound.io/v1beta1", "kind": "Cluster",
					"metadata": map[string]any{"name": "dev", "annotations": map[string]any{plan.AnnotationNeeds: ""}, "labels": map[string]any{plan.LabelPlatform: "dev"}},
					"spec":     map[string]any{"forProvider": map[string]any{"version": version}},
				})
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			p := plan.New(plan.Options{Platform: "dev", Name: func(key string) string { return key }}, map[string]*fnv1.Resource{"cluster": {Resource: described("1.36")}})
			node := p.Layer("ClusterReady").Add("cluster", func(*plan.Node) runtime.Object {
				return &unstructured.Unstructured{Object: described("1.37").AsMap()}
			}).Step(plan.NewField("spec.forProvider.version")).Lead()
			eks := &cluster{node: node, asked: "1.37"}
			eks.waitFor("spec.nodeGroups", "old", tc.pinned)
			o, err := p.Resolve()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range o.Waiting() {
				got = append(got, w.For...)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
