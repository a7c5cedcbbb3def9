package repository

import (
	"encoding/xml"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestMetadata: both packages say of themselves what a marketplace shows, alike.
func TestMetadata(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"package/crossplane.yaml", "compositions/crossplane.yaml"} {
		pkg := struct {
			Metadata struct{ Annotations map[string]string }
		}{}
		if err := yaml.Unmarshal(read(t, file), &pkg); err != nil {
			t.Fatal(err)
		}
		says := pkg.Metadata.Annotations
		for _, annotation := range []string{
			"meta.crossplane.io/maintainer", "meta.crossplane.io/description", "meta.crossplane.io/readme", "friendly-name.meta.crossplane.io",
		} {
			if strings.TrimSpace(says[annotation]) == "" {
				t.Errorf("%s: want %s", file, annotation)
			}
		}
		if got := says["meta.crossplane.io/source"]; got != "github.com/xplatform-dev/function-xplatform" {
			t.Errorf("%s: want this repository as its source, got %q", file, got)
		}
		if got := says["meta.crossplane.io/license"]; got != "Apache-2.0" || !strings.Contains(string(read(t, "LICENSE")), "Apache License") {
			t.Errorf("%s: want the licence in LICENSE, got %q", file, got)
		}
		checkLink(t, says["meta.crossplane.io/iconURI"])
	}
	icon := struct {
		XMLName xml.Name `xml:"http://www.w3.org/2000/svg svg"`
		Width   string   `xml:"width,attr"`
		Height  string   `xml:"height,attr"`
	}{}
	if err := xml.Unmarshal(read(t, "docs/icon.svg"), &icon); err != nil || icon.Width != icon.Height || icon.Width == "" {
		t.Errorf("want a square icon, got %s×%s (%v)", icon.Width, icon.Height, err)
	}
}
