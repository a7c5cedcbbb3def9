package docs

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = "../.."

// ways that a test loops over, and which.
//
//nolint:gochecknoglobals // A constant table.
var ways = map[Way]string{
	Followed:  "TestInstall and TestUpgradeOfPackages in test/suite",
	Runs:      "TestDocs in test/suite",
	Helps:     "TestDocs in test/suite, TestHelp in test/render",
	Judged:    "TestLayouts in test/gitops",
	Makes:     "TestTargets, and TestReadme in test/render",
	Elsewhere: "TestElsewhere, and TestTagsInDocs in fn",
}

// TestCommands: every command on every page is tested somehow, and none is missed
// because of how it is written.
func TestCommands(t *testing.T) {
	t.Parallel()
	pages, err := Pages(root)
	if err != nil || len(pages) < 6 {
		t.Fatalf("want the README and all pages, got %v (%v)", pages, err)
	}
	found := map[string]int{}
	for way, tests := range ways {
		commands, err := Commands(root, way)
		if err != nil {
			t.Fatal(err)
		}
		if len(commands) == 0 {
			t.Errorf("no command %s: what for is %s?", way, tests)
		}
		for _, c := range commands {
			found[c.Words[0]]++
		}
	}
	// Whatever looks like one, wherever it is.
	looks := regexp.MustCompile("(?m)(?:^|`|^ {4}|^\\$ )(" + programs + ") \\w")
	want := map[string]int{}
	for _, page := range pages {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range looks.FindAllStringSubmatch(string(b), -1) {
			want[m[1]]++
		}
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("commands: -written, +tested:\n%s", diff)
	}
}

// TestFind: what is a command and what is not.
func TestFind(t *testing.T) {
	t.Parallel()
	page := strings.ReplaceAll(`
Look at 'kubectl get pkg', and at
'kubectl logs
-n kube-system pod', or run kubectl; 'kubectl' alone is a name.

    aws iam list-roles --query "Roles[?starts_with(RoleName, 'a')]"
    an answer

'''console
$ make demo
make is not a command here
$ kubectl patch x --type merge -p '{"a": 1}'   # a remark
'''

'''
kubectl get x \
  --output name
'''
`, "'''", "```")
	page = strings.NewReplacer("'kubectl get pkg'", "`kubectl get pkg`", "'kubectl logs\n-n kube-system pod'", "`kubectl logs\n-n kube-system pod`", "'kubectl'", "`kubectl`").Replace(page)
	got, err := find("page.md", page)
	if err != nil {
		t.Fatal(err)
	}
	want := []Command{
		{Page: "page.md", Line: 6, Text: `aws iam list-roles --query "Roles[?starts_with(RoleName, 'a')]"`, Words: []string{"aws", "iam", "list-roles", "--query", "Roles[?starts_with(RoleName, 'a')]"}},
		{Page: "page.md", Line: 10, Block: "console", Text: "make demo", Words: []string{"make", "demo"}},
		{Page: "page.md", Line: 12, Block: "console", Text: `kubectl patch x --type merge -p '{"a": 1}' # a remark`, Words: []string{"kubectl", "patch", "x", "--type", "merge", "-p", `{"a": 1}`}},
		{Page: "page.md", Line: 16, Text: "kubectl get x --output name", Words: []string{"kubectl", "get", "x", "--output", "name"}},
		{Page: "page.md", Line: 2, Text: "kubectl get pkg", Words: []string{"kubectl", "get", "pkg"}},
		{Page: "page.md", Line: 3, Text: "kubectl logs -n kube-system pod", Words: []string{"kubectl", "logs", "-n", "kube-system", "pod"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}

// TestUntestable: a command that nobody can test is an error, not left out.
func TestUntestable(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{
		"terraform apply":              "nobody knows how",
		"kubectl get x | grep y":       "takes more of a shell",
		"kubectl get $NAME":            "takes more of a shell",
		"kubectl get 'x":               "a quote is not closed",
		"aws ec2 describe-everything":  "no operation that was ever tried",
		"aws iam list-roles --bogus x": "takes no --bogus",
		"aws iam list-roles --query X": "answers with Roles",
		"helm install a b":             "no operation that was ever tried",
	} {
		commands, err := find("page.md", "```\n$ "+command+"\n```")
		if err == nil {
			_, err = commands[0].Way()
		}
		if err == nil {
			err = Check(commands[0])
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want an error with %q, got %v", command, want, err)
		}
	}
}

// TestElsewhere: commands that can do nothing here are such as their programs take.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	commands, err := Commands(root, Elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range commands {
		if err := Check(c); err != nil {
			t.Error(err)
		}
	}
}

// TestTargets: what make is asked for is what "make help" lists.
func TestTargets(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(root + "/Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, m := range regexp.MustCompile(`(?m)^([a-z-]+):.*## `).FindAllStringSubmatch(string(b), -1) {
		targets = append(targets, m[1])
	}
	commands, err := Commands(root, Makes)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range commands {
		if !slices.Contains(targets, c.Words[1]) {
			t.Errorf("%s: there is no such target", c)
		}
		for _, w := range c.Words[2:] {
			if variable, _, ok := strings.Cut(w, "="); !ok || !regexp.MustCompile(`(?m)^`+variable+` \?=`).Match(b) {
				t.Errorf("%s: nobody reads %s", c, w)
			}
		}
	}
}
