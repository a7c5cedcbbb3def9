package main

import (
	"bytes"
	"runtime/debug"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spdx/tools-golang/json"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"
	"github.com/spdx/tools-golang/spdxlib"
)

// TestDocument: what a binary is built of is in a valid document, whoever reads it,
// and always the same.
func TestDocument(t *testing.T) {
	info := &debug.BuildInfo{
		GoVersion: "go1.26.8",
		Main:      debug.Module{Path: "github.com/xplatform-dev/function-xplatform", Version: "(devel)"},
		Deps: []*debug.Module{
			{Path: "example.com/a/v2", Version: "v2.1.0"},
			{Path: "example.com/b", Version: "v0.1.0", Replace: &debug.Module{Path: "example.com/fork", Version: "v0.1.1"}},
		},
	}
	write := func() []byte {
		out := &bytes.Buffer{}
		doc := document(info, "00ff", "arm64", "v0.1.0", time.Unix(0, 0))
		if err := spdxlib.ValidateDocument(doc); err != nil {
			t.Fatal(err)
		}
		if err := json.Write(doc, out); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	written := write()
	if diff := cmp.Diff(string(written), string(write())); diff != "" {
		t.Errorf("the same binary: -once, +again:\n%s", diff)
	}
	read := &spdx.Document{}
	if err := json.ReadInto(bytes.NewReader(written), read); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range read.Packages {
		got = append(got, p.PackageName+" "+p.PackageVersion+" "+p.PackageExternalReferences[0].Locator)
	}
	want := []string{
		"github.com/xplatform-dev/function-xplatform v0.1.0 pkg:golang/github.com/xplatform-dev/function-xplatform@v0.1.0",
		"stdlib go1.26.8 pkg:golang/stdlib@go1.26.8",
		"example.com/a/v2 v2.1.0 pkg:golang/example.com/a/v2@v2.1.0",
		"example.com/fork v0.1.1 pkg:golang/example.com/fork@v0.1.1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("modules: -want, +got:\n%s", diff)
	}
	if got := len(read.Relationships); got != len(want) {
		t.Errorf("want each to belong to something, got %d relationships", got)
	}
}
