package platform

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xplatform-dev/function-xplatform/test/docs"
)

// TestTagsInDocs: what people are told to look for in AWS is what we, or the load
// balancer controller, tag.
func TestTagsInDocs(t *testing.T) {
	t.Parallel()
	filter := regexp.MustCompile(`(?:Key=|Name=tag:)([^,]+),Values=(.*)$`)
	commands, err := docs.Commands("../..", docs.Elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, c := range commands {
		i := slices.IndexFunc(c.Words, func(w string) bool { return strings.HasSuffix(w, "-filters") || w == "--filter" || w == "--filters" })
		if i < 0 {
			continue
		}
		m := filter.FindStringSubmatch(c.Words[i+1])
		if len(m) != 3 || !slices.Contains([]string{tagPlatform, tagLoadBalancerCluster}, m[1]) || m[2] != docs.Name {
			t.Errorf("%s: %s is no tag of the platform %s", c, c.Words[i+1], docs.Name)
		}
		checked++
	}
	if checked == 0 {
		t.Error("no command looks for tags")
	}
}
