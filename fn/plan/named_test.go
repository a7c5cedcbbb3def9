package plan

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// TestExternalName: an object is made under the name that is chosen for it, and
// then keeps the one its provider knows it by.
func TestExternalName(t *testing.T) {
	t.Parallel()
	const path = "metadata.annotations[crossplane.io/external-name]"
	cases := map[string]struct {
		reason              string
		exists              bool
		chosen, known, want string
	}{
		"New":            {reason: "Nobody knows it yet.", chosen: "ours", want: "ours"},
		"NotKnown":       {reason: "A provider that lost it finds it by the name.", exists: true, chosen: "ours", want: "ours"},
		"Known":          {reason: "The name is as it was.", exists: true, chosen: "ours", known: "ours", want: "ours"},
		"KnownOtherwise": {reason: "The provider would write its own again.", exists: true, chosen: "ours", known: "theirs", want: "theirs"},
		"NotChosen":      {reason: "A name that only the provider knows is not ours to ask for.", exists: true, known: "theirs"},
	}
	for name, tc := range cases {
		observed := map[string]*fnv1.Resource{}
		if tc.exists {
			observed["it"] = existing("it", func(o map[string]any) {
				if tc.known != "" {
					o["metadata"].(map[string]any)["annotations"].(map[string]any)["crossplane.io/external-name"] = tc.known
				}
			})
		}
		p := newPlan(observed)
		p.Layer(condition).Add("it", func(*Node) runtime.Object {
			o := &corev1.ConfigMap{}
			if tc.chosen != "" {
				o.ObjectMeta = metav1.ObjectMeta{Annotations: map[string]string{"crossplane.io/external-name": tc.chosen}}
			}
			return o
		})
		out := resolved(t, p)
		if got := NewText(path).Of(Observe(out.Desired["it"])); got != tc.want {
			t.Errorf("%s: %s\nwant %q, got %q", name, tc.reason, tc.want, got)
		}
	}
}
