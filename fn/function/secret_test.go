package function_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/xplatform-dev/function-xplatform/fn/function"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// published makes ClusterAuth have published a connection detail, and nothing
// else.
func published(w *world.World, key, value string) {
	w.TB.Helper()
	r := proto.CloneOf(w.Observed["cluster.auth"])
	r.ConnectionDetails = map[string][]byte{key: []byte(value)}
	w.Observed["cluster.auth"] = r
}

// details that the composite publishes, given those of its Secret as it is and
// those of earlier functions.
func details(w *world.World, secret, earlier map[string][]byte) map[string][]byte {
	w.TB.Helper()
	req := w.Request()
	req.GetObserved().GetComposite().ConnectionDetails = secret
	req.Desired = &fnv1.State{Composite: &fnv1.Resource{ConnectionDetails: earlier}}
	return w.Respond(req).GetDesired().GetComposite().GetConnectionDetails()
}

// TestConnectionDetails: a composite publishes the kubeconfig that its ClusterAuth
// has published, and nothing else of its own.
func TestConnectionDetails(t *testing.T) {
	t.Parallel()
	fresh, stale := map[string][]byte{platform.KeyKubeconfig: []byte("fresh")}, map[string][]byte{platform.KeyKubeconfig: []byte("stale")}
	start := world.New(t, "platform-smallest.yaml")
	start.Settle()
	cases := map[string]struct {
		reason          string
		change          func(w *world.World)
		secret, earlier map[string][]byte
		want            map[string][]byte
	}{
		"Published": {reason: "A kubeconfig is published.", want: fresh},
		"Renewed":   {reason: "A new one takes the place of an old one.", secret: stale, want: fresh},
		"NotYet": {
			reason: "Before ClusterAuth has published one there is none, and nothing to be empty.",
			change: func(w *world.World) { delete(w.Observed, "cluster.auth") },
		},
		"OtherKeys": {
			reason: "What else ClusterAuth publishes is not the kubeconfig.",
			change: func(w *world.World) { published(w, "endpoint", "https://example.com") },
		},
		"Gone": {
			reason: "Once published it stays until there is a newer one: Crossplane would take its absence for news, run after run.",
			change: func(w *world.World) { delete(w.Observed, "cluster.auth") },
			secret: stale,
			want:   stale,
		},
		"Earlier": {
			reason:  "What earlier functions publish stays.",
			earlier: map[string][]byte{"theirs": []byte("kept")},
			want:    map[string][]byte{"theirs": []byte("kept"), platform.KeyKubeconfig: []byte("fresh")},
		},
		"EarlierAlone": {
			reason:  "Also before there is a kubeconfig.",
			change:  func(w *world.World) { delete(w.Observed, "cluster.auth") },
			earlier: map[string][]byte{"theirs": []byte("kept")},
			want:    map[string][]byte{"theirs": []byte("kept")},
		},
		"Ours": {reason: "The kubeconfig is ours to publish.", earlier: stale, want: fresh},
		"Unasked": {
			reason: "Where Crossplane writes no Secret, such as for a namespaced composite, nothing is handed out.",
			change: func(w *world.World) {
				unstructured.RemoveNestedField(w.XR.Object, "spec", "writeConnectionSecretToRef")
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := start.Fork(t)
			published(w, platform.KeyKubeconfig, "fresh")
			if tc.change != nil {
				tc.change(w)
			}
			if diff := cmp.Diff(tc.want, details(w, tc.secret, tc.earlier)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestPublishingTTL: a copy of a token is replaced before the token dies, however
// late the provider and Crossplane are within what they promise; and only who has
// a Secret is looked at that often.
func TestPublishingTTL(t *testing.T) {
	t.Parallel()
	const (
		lives     = 15 * time.Minute // At most, whatever the provider asks AWS for.
		renewedAt = 10 * time.Minute // ClusterAuth's spec.forProvider.refreshPeriod, by default.
		looks     = time.Minute      // The provider, at each ClusterAuth.
		useful    = time.Minute      // What a reader needs at the very least.
	)
	if copied := function.TTLPublishing + function.TTLPublishing/10; renewedAt+looks+copied > lives-useful {
		t.Errorf("a token that lives for %s may be the one that is published for %s", lives, renewedAt+looks+copied)
	}
	w := world.New(t, "platform-smallest.yaml")
	w.Settle()
	if period, _, _ := unstructured.NestedString(w.Observed["cluster.auth"].GetResource().AsMap(), "spec", "forProvider", "refreshPeriod"); period != "" {
		t.Errorf("want the provider's own refreshPeriod, got %s: is the TTL right for that?", period)
	}
	unstructured.RemoveNestedField(w.XR.Object, "spec", "writeConnectionSecretToRef")
	if got := w.Run().GetMeta().GetTtl().AsDuration(); got != function.TTLSteady {
		t.Errorf("a composite without a Secret: want TTL %s, got %s", function.TTLSteady, got)
	}
}

// TestSecretManifests: the XRD lets the kubeconfig through and nothing else, and the
// Composition says where the Secrets of composites are: where what they are made
// of is, which no team can read.
func TestSecretManifests(t *testing.T) {
	t.Parallel()
	read := func(name string) map[string]any {
		b, err := os.ReadFile(filepath.Join(world.Root(), "compositions", name))
		if err != nil {
			t.Fatal(err)
		}
		o := map[string]any{}
		if err := yaml.Unmarshal(b, &o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	keys, _, err := unstructured.NestedStringSlice(read("definition.yaml"), "spec", "connectionSecretKeys")
	if err != nil || !slices.Equal(keys, []string{platform.KeyKubeconfig}) {
		t.Errorf("connectionSecretKeys: want %s, got %v (%v)", platform.KeyKubeconfig, keys, err)
	}
	composition := read("composition.yaml")
	namespace, _, err := unstructured.NestedString(composition, "spec", "writeConnectionSecretsToNamespace")
	if err != nil {
		t.Fatal(err)
	}
	pipeline, _, err := unstructured.NestedSlice(composition, "spec", "pipeline")
	if err != nil || len(pipeline) != 1 {
		t.Fatalf("want a pipeline of one step, got %v (%v)", pipeline, err)
	}
	want, _, err := unstructured.NestedString(pipeline[0].(map[string]any), "input", "resourceNamespace")
	if err != nil || namespace != want || want == "" {
		t.Errorf("writeConnectionSecretsToNamespace: want the resourceNamespace %q, got %q (%v)", want, namespace, err)
	}
}
