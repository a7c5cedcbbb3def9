package main

import (
	"fmt"
	"go/ast"
	"strings"

	"sigs.k8s.io/controller-tools/pkg/loader"
	"sigs.k8s.io/controller-tools/pkg/markers"
)

// checkMarkers adds an error to each package for every marker in it that the
// registry does not know where it stands. controller-tools skips such a marker,
// so a typing mistake would drop a validation rule without a word.
func checkMarkers(known *markers.Registry, packages []*loader.Package) {
	for _, pkg := range packages {
		pkg.NeedSyntax()
		for _, file := range pkg.Syntax {
			targets := markerTargets(file)
			for _, group := range file.Comments {
				for _, c := range group.List {
					text, ok := markerText(c.Text)
					if ok && known.Lookup("+"+text, targets[group]) == nil {
						pkg.AddError(loader.ErrFromNode(fmt.Errorf("controller-tools knows no marker %q here", text), c))
					}
				}
			}
		}
	}
}

// markerTargets returns what the comments of a file describe. What is not in
// the map describes the package, which is the zero target.
func markerTargets(file *ast.File) map[*ast.CommentGroup]markers.TargetType {
	targets := map[*ast.CommentGroup]markers.TargetType{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			targets[n.Doc] = markers.DescribesType
		case *ast.TypeSpec:
			targets[n.Doc] = markers.DescribesType
		case *ast.Field:
			targets[n.Doc] = markers.DescribesField
		}
		return true
	})
	return targets
}

// markerText returns the marker in a line comment, if it holds one.
func markerText(comment string) (string, bool) {
	text, ok := strings.CutPrefix(strings.TrimSpace(strings.TrimPrefix(comment, "//")), "+")
	return strings.TrimSpace(text), ok
}
