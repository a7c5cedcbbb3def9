package function_test

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xplatform-dev/function-xplatform/test/docs"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// module all rooms are in.
const module = "github.com/xplatform-dev/function-xplatform/"

// rooms of the function, and what each imports of this module. Imports point one
// way, and no room knows more than it has to: the graph nothing of AWS, the layers
// nothing of a platform's end.
//
//nolint:gochecknoglobals // A constant table.
var rooms = []struct{ path, imports string }{
	{"fn/plan", ""},
	{"fn/read", "fn/plan"},
	{"fn/platform", "apis/v1alpha1 fn/plan fn/read input/v1beta1"},
	{"fn/lifecycle", "apis/v1alpha1 fn/plan fn/platform fn/read input/v1beta1"},
	{"fn/function", "apis/v1alpha1 fn/lifecycle fn/plan fn/platform fn/read input/v1beta1"},
	{"fn", "fn/function"},
}

func TestRooms(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	want, got := map[string]string{}, map[string]string{}
	for _, r := range rooms {
		want[r.path] = r.imports
	}
	for line := range strings.Lines(string(out)) {
		room, imports, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), module), " ")
		var ours []string
		for i := range strings.FieldsSeq(imports) {
			if path, ok := strings.CutPrefix(i, module); ok {
				ours = append(ours, path)
			}
		}
		got[room] = strings.Join(ours, " ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what each room imports of the others: -want, +got:\n%s", diff)
	}
}

// TestPlanKnowsNoAWS: the graph would be as good for any other cloud.
func TestPlanKnowsNoAWS(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../plan/*.go")
	if err != nil {
		t.Fatal(err)
	}
	knows := regexp.MustCompile(`(?i)\b(aws|ec2|eks|rds|iam|sqs|route ?53)\b|amazon|upbound`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(b), "\n") {
			if word := knows.FindString(line); word != "" && !strings.Contains(line, "knows nothing of") {
				t.Errorf("%s:%d knows %s", file, i+1, word)
			}
		}
	}
}

const (
	roomsBegin = "<!-- The rooms are listed by the tests from the source: go test ./fn/function -update -->\n"
	roomsEnd   = "<!-- End of the rooms -->\n"
)

// TestRoomsInDocs: the documentation lists every room, and all that it shows of
// itself.
func TestRoomsInDocs(t *testing.T) {
	t.Parallel()
	b := &strings.Builder{}
	b.WriteString("| room | what it is | its doors |\n| --- | --- | --- |\n")
	for _, r := range rooms[:len(rooms)-1] {
		synopsis, doors := describeRoom(t, r.path)
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", r.path, synopsis, doors)
	}
	docs.CheckDrawn(t, filepath.Join(world.Root(), "docs", "architecture.md"), roomsBegin, roomsEnd, b.String(), *update)
}

// describeRoom by the first sentence of its documentation, and the names it
// exports: types with what makes them and what they can do, then functions, and
// the rest.
func describeRoom(t *testing.T, path string) (synopsis, doors string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(world.Root(), path, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	var parsed []*ast.File
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	p, err := doc.NewFromFiles(set, parsed, module+path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, typ := range p.Types {
		var can []string
		for _, f := range slices.Concat(typ.Funcs, typ.Methods) {
			can = append(can, f.Name)
		}
		name := "`" + typ.Name + "`"
		if len(can) > 0 {
			name += " (" + strings.Join(can, ", ") + ")"
		}
		names = append(names, name)
	}
	for _, f := range p.Funcs {
		names = append(names, "`"+f.Name+"`")
	}
	values := slices.Concat(p.Consts, p.Vars)
	for _, typ := range p.Types {
		values = slices.Concat(values, typ.Consts, typ.Vars)
	}
	for _, v := range values {
		for _, name := range v.Names {
			if ast.IsExported(name) {
				names = append(names, "`"+name+"`")
			}
		}
	}
	synopsis = strings.TrimPrefix(strings.TrimPrefix(p.Synopsis(p.Doc), "Package "+p.Name+" "), "is ")
	return strings.TrimSuffix(synopsis, "."), strings.Join(names, ", ")
}
