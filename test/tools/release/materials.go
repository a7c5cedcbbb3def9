package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	_ "embed"
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/common"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"
	"github.com/spdx/tools-golang/spdxlib"
	"sigs.k8s.io/yaml"
)

// licences of the modules that the function is built of, by SPDX, as the tests find
// them in the modules' files.
//
//go:embed licences.yaml
var licences []byte

// Where the sources are.
const source = "https://github.com/xplatform-dev/function-xplatform"

// materials of an architecture's binary, as the Go command noted them in it: an SPDX
// document. Nothing else is in the image.
func (r *Release) materials(architecture, version string) ([]byte, error) {
	b, err := os.ReadFile(r.binary(architecture))
	if err != nil {
		return nil, fmt.Errorf("cannot read the binary: %w", err)
	}
	info, err := buildinfo.Read(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("cannot tell what the binary is built of: %w", err)
	}
	declared := map[string]string{}
	if err := yaml.Unmarshal(licences, &declared); err != nil {
		return nil, fmt.Errorf("cannot read the licences: %w", err)
	}
	// Go's own is beside its library.
	declared["stdlib"], declared[info.Main.Path] = "BSD-3-Clause", "Apache-2.0"
	doc := document(info, fmt.Sprintf("%x", sha256.Sum256(b)), architecture, version, time.Unix(r.Created, 0))
	for _, p := range doc.Packages {
		p.PackageLicenseDeclared = declared[p.PackageName]
		if p.PackageLicenseDeclared == "" {
			return nil, fmt.Errorf("nobody has looked how %s is licensed: run make licences", p.PackageName)
		}
	}
	if err := spdxlib.ValidateDocument(doc); err != nil {
		return nil, fmt.Errorf("cannot say what the binary for %s is built of: %w", architecture, err)
	}
	out := &bytes.Buffer{}
	if err := json.Write(doc, out, json.Indent("  ")); err != nil {
		return nil, fmt.Errorf("cannot write what the binary is built of: %w", err)
	}
	return out.Bytes(), nil
}

// document of a binary, with a checksum, and of the modules it is built of. Go's own
// library is one of them.
func document(info *debug.BuildInfo, sum, architecture, version string, created time.Time) *spdx.Document {
	main := packageOf(info.Main.Path, version)
	main.PackageDownloadLocation = "git+" + source + "@" + version
	main.PackageChecksums = []common.Checksum{{Algorithm: common.SHA256, Value: sum}}
	main.PrimaryPackagePurpose = "APPLICATION"
	doc := &spdx.Document{
		SPDXVersion:       spdx.Version,
		DataLicense:       spdx.DataLicense,
		SPDXIdentifier:    "DOCUMENT",
		DocumentName:      "function-xplatform-" + architecture,
		DocumentNamespace: source + "/releases/download/" + version + "/function-xplatform-" + architecture + ".spdx.json#" + sum,
		CreationInfo: &spdx.CreationInfo{
			Creators: []common.Creator{{CreatorType: "Organization", Creator: "The XPlatform authors"}},
			Created:  created.UTC().Format(time.RFC3339),
		},
		Packages:      []*spdx.Package{main},
		Relationships: []*spdx.Relationship{relation("DOCUMENT", common.TypeRelationshipDescribe, main.PackageSPDXIdentifier)},
	}
	for _, m := range append([]*debug.Module{{Path: "stdlib", Version: info.GoVersion}}, info.Deps...) {
		if m.Replace != nil {
			m = m.Replace
		}
		p := packageOf(m.Path, m.Version)
		doc.Packages = append(doc.Packages, p)
		doc.Relationships = append(doc.Relationships, relation(main.PackageSPDXIdentifier, common.TypeRelationshipDependsOn, p.PackageSPDXIdentifier))
	}
	return doc
}

// unnamed are the characters that an identifier may not have.
var unnamed = regexp.MustCompile(`[^a-zA-Z0-9.-]+`)

// packageOf a module. What nobody has looked into is said to be unknown.
func packageOf(path, version string) *spdx.Package {
	return &spdx.Package{
		PackageName:               path,
		PackageSPDXIdentifier:     common.ElementID("Package-" + unnamed.ReplaceAllString(path, "-")),
		PackageVersion:            version,
		PackageDownloadLocation:   "NOASSERTION",
		PackageLicenseConcluded:   "NOASSERTION",
		PackageLicenseDeclared:    "NOASSERTION",
		PackageCopyrightText:      "NOASSERTION",
		IsFilesAnalyzedTagPresent: true,
		PackageExternalReferences: []*spdx.PackageExternalReference{{Category: common.CategoryPackageManager, RefType: "purl", Locator: "pkg:golang/" + path + "@" + version}},
	}
}

func relation(from common.ElementID, what string, to common.ElementID) *spdx.Relationship {
	return &spdx.Relationship{RefA: common.DocElementID{ElementRefID: from}, Relationship: what, RefB: common.DocElementID{ElementRefID: to}}
}
