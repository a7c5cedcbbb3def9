package repository

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"
)

const root = "../.."

// A form that GitHub asks who opens an issue to fill in, as far as ours are one.
// https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-issue-forms
type form struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Labels      []string `json:"labels"`
	Body        []struct {
		Type       string `json:"type"`
		ID         string `json:"id"`
		Attributes struct {
			Label       string `json:"label"`
			Description string `json:"description"`
			Placeholder string `json:"placeholder"`
			Render      string `json:"render"`
		} `json:"attributes"`
		Validations struct {
			Required bool `json:"required"`
		} `json:"validations"`
	} `json:"body"`
}

// TestForms: GitHub takes every issue form. It shows none that it doesn't, and says so
// nowhere but on the file's page.
func TestForms(t *testing.T) {
	t.Parallel()
	id := regexp.MustCompile(`^[a-z_-]+$`)
	files := glob(t, ".github/ISSUE_TEMPLATE/*.yml")
	for _, file := range files {
		if filepath.Base(file) == "config.yml" {
			continue
		}
		f := form{}
		if err := yaml.UnmarshalStrict(read(t, file), &f); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if f.Name == "" || f.Description == "" || len(f.Body) == 0 {
			t.Errorf("%s: want a name, a description and a body, got %+v", file, f)
		}
		var ids []string
		for _, field := range f.Body {
			if !slices.Contains([]string{"textarea", "input"}, field.Type) || field.Attributes.Label == "" || !id.MatchString(field.ID) {
				t.Errorf("%s: want fields that are a textarea or an input, with an id and a label, got %+v", file, field)
			}
			if field.Type == "input" && field.Attributes.Render != "" {
				t.Errorf("%s: %s: only a textarea is rendered", file, field.ID)
			}
			if slices.Contains(ids, field.ID) {
				t.Errorf("%s: %s is there twice", file, field.ID)
			}
			ids = append(ids, field.ID)
		}
	}
	if len(files) < 3 {
		t.Errorf("want two forms and what is beside them, got %v", files)
	}
}

// TestContacts: what is beside the forms is a link that leads somewhere.
func TestContacts(t *testing.T) {
	t.Parallel()
	config := struct {
		Blank    bool `json:"blank_issues_enabled"`
		Contacts []struct {
			Name  string `json:"name"`
			URL   string `json:"url"`
			About string `json:"about"`
		} `json:"contact_links"`
	}{}
	if err := yaml.UnmarshalStrict(read(t, ".github/ISSUE_TEMPLATE/config.yml"), &config); err != nil {
		t.Fatal(err)
	}
	for _, c := range config.Contacts {
		if c.Name == "" || c.About == "" {
			t.Errorf("want a name and what it is about, got %+v", c)
		}
		checkLink(t, c.URL)
	}
	if len(config.Contacts) == 0 {
		t.Error("want a way to report a vulnerability")
	}
}

// ours are links into this repository: a file, or a page that GitHub has of every one.
var ours = regexp.MustCompile(`^https://(?:github\.com|raw\.githubusercontent\.com)/xplatform-dev/function-xplatform/(?:(?:blob/)?main/(.+)|security/advisories/new)$`)

// checkLink into this repository.
func checkLink(t *testing.T, url string) {
	t.Helper()
	m := ours.FindStringSubmatch(url)
	if m == nil {
		t.Errorf("%q is no link into this repository", url)
		return
	}
	if m[1] == "" {
		return
	}
	if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
		t.Errorf("%s leads nowhere: %v", url, err)
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range files {
		if files[i], err = filepath.Rel(root, file); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// read a file of the repository.
func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
