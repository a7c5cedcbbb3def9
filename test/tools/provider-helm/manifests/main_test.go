package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/repo"
)

const root = "../../../.."

// TestRecorded: the summaries are of the charts that are pinned, and have what the
// function counts on by name: whoever moves a pin has seen what it changes.
func TestRecorded(t *testing.T) {
	releases, err := releasesOf(root + "/fn/testdata/platform-production")
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := recordedIn(root + "/test/charts/manifests.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(recorded) != len(releases) {
		t.Errorf("want summaries of %d charts, got %d: run make charts", len(releases), len(recorded))
	}
	for name, r := range releases {
		if got := recorded[name].Version; got != r.Chart.Version {
			t.Errorf("%s: want a summary of %s, which is pinned, got one of %q: run make charts, and look at what changes", name, r.Chart.Version, got)
		}
		for _, object := range []string{"Deployment", "ServiceAccount"} {
			if id := object + " " + r.Namespace + "/" + name; recorded[name].Objects[id] == "" {
				t.Errorf("%s: want %s, got %v", name, id, recorded[name].Objects)
			}
		}
	}
}

// TestRun: what another version of a chart changes of our values' manifests is seen,
// and what every version changes is not.
func TestRun(t *testing.T) {
	const secret = "kind: Secret\nmetadata: {name: tls}\ndata: {key: {{ randAlphaNum 8 }}}\n"
	const deployment = "kind: Deployment\nmetadata: {name: a, namespace: {{ .Release.Namespace }}, labels: {helm.sh/chart: a-{{ .Chart.Version }}}}\nspec:\n  replicas: {{ .Values.replicas }}\n  image: example.com/a:"
	dir := t.TempDir()
	s := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer s.Close()
	publish(t, dir, s.URL, "1.0.0", secret+"---\n"+deployment+"v1\n")
	publish(t, dir, s.URL, "1.1.0", secret+"---\n"+deployment+"v2\n")
	put(t, dir, "stage-00.yaml", "composed:\n  a:\n    kind: Release\n    spec:\n      forProvider:\n        chart: {name: a, repository: "+s.URL+", version: 1.1.0}\n        namespace: system\n        values: {replicas: 2}\nstatus: {cluster: {version: '1.35'}}\n")
	put(t, dir, "were.yaml", "a: {version: 1.0.0}\n")
	out, are := filepath.Join(dir, "out"), filepath.Join(dir, "are.yaml")
	if err := run([]string{dir, filepath.Join(dir, "were.yaml"), are, out}); err != nil {
		t.Fatal(err)
	}
	before, after := get(t, out, "before/a.yaml"), get(t, out, "after/a.yaml")
	if !strings.Contains(before, "a:v1") || strings.ReplaceAll(before, "a:v1", "a:v2") != after {
		t.Errorf("want only the image to differ, got before:\n%s\nafter:\n%s", before, after)
	}
	if !strings.Contains(after, "replicas: 2") {
		t.Errorf("want it rendered with our values, got\n%s", after)
	}
	recorded, err := recordedIn(are)
	if err != nil {
		t.Fatal(err)
	}
	got := recorded["a"]
	if got.Version != "1.1.0" || !slices.Equal(got.Images, []string{"example.com/a:v2"}) || len(got.Objects) != 2 || got.Objects["Deployment system/a"] == "" || got.Objects["Secret tls"] == "" {
		t.Errorf("want a summary of two objects and an image, got %+v", got)
	}
}

// publish a version of a chart with one template.
func publish(t *testing.T, dir, url, version, template string) {
	t.Helper()
	c := &chart.Chart{
		Metadata:  &chart.Metadata{APIVersion: chart.APIVersionV2, Name: "a", Version: version},
		Templates: []*chart.File{{Name: "templates/all.yaml", Data: []byte(template)}},
	}
	if _, err := chartutil.Save(c, dir); err != nil {
		t.Fatal(err)
	}
	index, err := repo.IndexDirectory(dir, url)
	if err != nil {
		t.Fatal(err)
	}
	if err := index.WriteFile(filepath.Join(dir, "index.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, dir, file, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, dir, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
