package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/xplatform-dev/function-xplatform/test/progress"
)

// read a status, written in YAML.
func read(t *testing.T, status string) *progress.Progress {
	t.Helper()
	o := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte("status: "+status), &o.Object); err != nil {
		t.Fatal(err)
	}
	p, err := progress.Read(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// told is what a teller says of one status after the other.
func told(t *testing.T, tell func(teller *teller, p *progress.Progress), statuses ...string) []string {
	t.Helper()
	b := &strings.Builder{}
	teller := newTeller(b)
	teller.clock = func() time.Duration { return 0 }
	for _, s := range statuses {
		tell(teller, read(t, s))
	}
	var lines []string
	for line := range strings.Lines(b.String()) {
		lines = append(lines, strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "0s")))
	}
	return lines
}

// A status of a platform that is built, with the count of its conditions and of
// the rest.
func building(count, network, cluster string) string {
	return "{progress: " + count + ", conditions: [" +
		"{type: NetworkReady, status: 'False', reason: Creating, message: '" + network + " resources are ready; vpc'}, " +
		"{type: ClusterReady, status: 'False', reason: Waiting, message: '" + cluster + " resources are ready; cluster waits for vpc'}], " +
		"waiting: [{resource: cluster, for: [vpc]}]}"
}

// TestTellUp: Crossplane writes a status in two parts, and with the first the
// second as it was a run or two ago. Nothing is told of halves, so nothing runs
// backwards; what really gets worse is told.
func TestTellUp(t *testing.T) {
	t.Parallel()
	up := func(teller *teller, p *progress.Progress) { teller.up(p) }
	got := told(t, up,
		"{}",
		"{progress: 0/56}",
		building("0/56", "0 of 24", "0 of 32"),
		building("28/56", "0 of 24", "0 of 32"), // The conditions of the run before.
		building("28/56", "24 of 24", "4 of 32"),
		building("29/56", "0 of 24", "0 of 32"), // Those of two runs before.
		building("29/56", "24 of 24", "5 of 32"),
		building("29/56", "24 of 24", "5 of 32"),
		building("28/56", "24 of 24", "5 of 32"),
		building("28/56", "23 of 24", "5 of 32"), // A resource is not ready any more.
		building("29/56", "24 of 24", "5 of 32"),
	)
	want := []string{
		"0/56  Network 0/24  Cluster 0/32", "next, after vpc: cluster",
		"28/56  Network 24/24  Cluster 4/32",
		"29/56  Network 24/24  Cluster 5/32",
		"28/56  Network 23/24  Cluster 5/32",
		"29/56  Network 24/24  Cluster 5/32",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}

// TestTellReady: a platform is ready when all of one status says so.
func TestTellReady(t *testing.T) {
	t.Parallel()
	const ready = ", conditions: [{type: Ready, status: 'True'}, {type: NetworkReady, status: 'True', reason: Ready, message: 5 of 5 resources are ready}]}"
	for status, want := range map[string]bool{"{progress: 5/5" + ready: true, "{progress: 4/5" + ready: false, "{progress: 5/5}": false} {
		if got := newTeller(&strings.Builder{}).up(read(t, status)); got != want {
			t.Errorf("%s: want %t", status, want)
		}
	}
}

// TestTellDown: of a platform that is taken down no condition is told, because
// Crossplane writes old ones again and again, and what is left would be 39, 38, 39,
// 38.
func TestTellDown(t *testing.T) {
	t.Parallel()
	leaving := func(count, condition, resource string) string {
		return "{phase: TearingDown, progress: " + count + ", leaving: [{resource: " + resource + ", deleting: true}], " +
			"conditions: [{type: TearingDown, status: 'True', message: '" + condition + " resources are left'}]}"
	}
	got := told(t, (*teller).down,
		"{phase: Ready, progress: 56/56}",
		leaving("17/56", "39 of 56", "a"),
		leaving("18/56", "39 of 56", "b"),
		leaving("18/56", "38 of 56", "b"),
		leaving("18/56", "39 of 56", "b"),
		leaving("19/56", "38 of 56", "b"),
		leaving("18/56", "37 of 56", "a"), // Something was made once more.
	)
	want := []string{"39 of 56 left; deleting a", "38 of 56 left; deleting b", "37 of 56 left; deleting b", "38 of 56 left; deleting a"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}
