package timeline

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A node of an XML document.
type node struct {
	XMLName  xml.Name   `xml:""`
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []node     `xml:",any"`
}

// attr of a node, "" if it has none of that name.
func (n node) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// number in an attribute.
func (n node) number(t *testing.T, name string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(n.attr(name), 64)
	if err != nil {
		t.Fatalf("cannot read %s of %s: %v", name, n.XMLName.Local, err)
	}
	return f
}

// find all nodes of a tag and, unless it is "", a class.
func (n node) find(tag, class string) []node {
	var all []node
	if n.XMLName.Local == tag && (class == "" || n.attr("class") == class) {
		all = append(all, n)
	}
	for _, c := range n.Children {
		all = append(all, c.find(tag, class)...)
	}
	return all
}

// read what must be well-formed.
func read(t *testing.T, write func(io.Writer) error, html bool) node {
	t.Helper()
	b := &bytes.Buffer{}
	if err := write(b); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(b)
	if html {
		d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	}
	var n node
	if err := d.Decode(&n); err != nil {
		t.Fatalf("cannot read it back: %v", err)
	}
	if _, err := d.Token(); !html && !errors.Is(err, io.EOF) && err != nil {
		t.Fatalf("cannot read what follows: %v", err)
	}
	return n
}

// in another API group.
func (o Object) in(group string) Object {
	o.Kind.Group = group
	return o
}

// down goes away.
func (o Object) down(deleting, gone float64) Object {
	o.Deleting, o.Gone = at(deleting), at(gone)
	return o
}

// without some of what happened.
func (o Object) without(forget ...func(*Object) *time.Time) Object {
	for _, f := range forget {
		*f(&o) = time.Time{}
	}
	return o
}

func isCreated(o *Object) *time.Time { return &o.Created }
func isReady(o *Object) *time.Time   { return &o.Ready }
func isGone(o *Object) *time.Time    { return &o.Gone }

// A shape is what is to be seen of a bar, and of whom it is.
type shape struct {
	Key, Class string
	Open       bool
	From, To   float64
}

// shapes in a picture, from top to bottom. Where they are is in seconds.
func shapes(t *testing.T, p Picture) []shape {
	t.Helper()
	c := newChart(p)
	second := (c.Right - c.Left) / c.end.Sub(c.start).Seconds()
	var all []shape
	for _, g := range read(t, p.SVG, false).find("g", "bar") {
		rects := g.find("rect", "")
		key, _, _ := strings.Cut(g.find("title", "")[0].Text, "\n")
		x, w := rects[0].number(t, "x"), rects[0].number(t, "width")
		seconds := func(x float64) float64 { return round((x - c.Left) / second) }
		all = append(all, shape{
			Key: key, Class: rects[0].attr("class"), Open: len(rects) > 1,
			From: seconds(x), To: seconds(x + w),
		})
	}
	return all
}

func TestBars(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason  string
		objects []Object
		path    []string
		want    []shape
	}{
		"Empty": {
			reason: "a platform without objects has no bars",
		},
		"Families": {
			reason: "the first label of the API group decides about the colour",
			objects: []Object{
				object("a", 1), object("b", 2).in("eks.aws.m.upbound.io"), object("c", 3).in("iam.aws.m.upbound.io"),
				object("d", 4).in("helm.m.crossplane.io"), object("e", 5).in("rds.aws.m.upbound.io"), object("f", 6).in("sqs.aws.m.upbound.io"),
				object("g", 7).in("route53.aws.m.upbound.io"), object("h", 8).in("kms.aws.m.upbound.io"), object("i", 9).in(""),
			},
			want: []shape{
				{"a", "ec2", false, 0, 1},
				{"b", "eks", false, 1, 2},
				{"c", "iam", false, 2, 3},
				{"d", "helm", false, 3, 4},
				{"e", "data", false, 4, 5},
				{"f", "data", false, 5, 6},
				{"g", "data", false, 6, 7},
				{"h", "other", false, 7, 8},
				{"i", "other", false, 8, 9},
			},
		},
		"Order": {
			reason:  "rows are in the order of creation, then of keys",
			objects: []Object{object("c", 2), object("b", 1), object("a", 2)},
			want:    []shape{{"b", "ec2", false, 0, 1}, {"a", "ec2", false, 1, 2}, {"c", "ec2", false, 1, 2}},
		},
		"Path": {
			reason:  "the critical path stands out, whatever family it goes through; what isn't there can't",
			objects: []Object{object("a", 1), object("b", 2, "a").in("iam.aws.m.upbound.io"), object("c", 2)},
			path:    []string{"gone", "a", "b"},
			want:    []shape{{"a", "path", false, 0, 1}, {"b", "path", false, 1, 2}, {"c", "ec2", false, 1, 2}},
		},
		"Again": {
			reason:  "of an object that was made again, the last is on the path",
			objects: []Object{object("a", 1), object("a", 2)},
			path:    []string{"a"},
			want:    []shape{{"a", "ec2", false, 0, 1}, {"a", "path", false, 1, 2}},
		},
		"WayDown": {
			reason:  "what goes has a second bar in the same row",
			objects: []Object{object("a", 1).down(8, 9), object("b", 2).down(5, 7)},
			path:    []string{"a"},
			want:    []shape{{"a", "path", false, 0, 1}, {"a", "down", false, 8, 9}, {"b", "ec2", false, 1, 2}, {"b", "down", false, 5, 7}},
		},
		"Open": {
			reason: "what isn't ready, or isn't gone, is open until the end, or until it can't be ready any more",
			objects: []Object{
				object("a", 1).without(isReady), object("b", 2).down(4, 0).without(isGone), object("c", 3).down(5, 6).without(isReady),
			},
			want: []shape{
				{"a", "ec2", true, 0, 10},
				{"b", "ec2", false, 1, 2},
				{"b", "down", true, 4, 10},
				{"c", "ec2", true, 2, 5},
				{"c", "down", false, 5, 6},
			},
		},
		"NotCreated": {
			reason:  "what wasn't created has a row and no bar",
			objects: []Object{object("a", 1), object("b", 1).without(isCreated, isReady)},
			path:    []string{"a", "b"},
			want:    []shape{{"a", "path", false, 0, 1}},
		},
		"Outside": {
			reason:  "what was there before the start, or comes after the end, is cut off and still there",
			objects: []Object{object("a", 0), object("b", 20)},
			want:    []shape{{"a", "ec2", false, 0, 0}, {"b", "ec2", false, 10, 10}},
		},
		"Escaped": {
			reason:  "keys and names are text, whatever they look like",
			objects: []Object{object(`<a href="x">&amp;</a>]]>`, 1)},
			want:    []shape{{`<a href="x">&amp;</a>]]>`, "ec2", false, 0, 1}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := Picture{Title: "<Dev> & \"others\"", Objects: tc.objects, Path: tc.path, Start: at(0), End: at(10)}
			if diff := cmp.Diff(tc.want, shapes(t, p)); diff != "" {
				t.Errorf("%s: -want, +got:\n%s", tc.reason, diff)
			}
			page := read(t, p.HTML, true)
			if got := page.find("g", "bar"); len(got) != len(tc.want) {
				t.Errorf("%s: want as many bars on the page, got %d", tc.reason, len(got))
			}
			if got := page.find("tbody", "")[0].find("tr", ""); len(got) != len(tc.objects) {
				t.Errorf("%s: want a row of the table for each object, got %d", tc.reason, len(got))
			}
		})
	}
}

// TestSpan: a picture that doesn't say is as long as what it shows.
func TestSpan(t *testing.T) {
	t.Parallel()
	got := shapes(t, Picture{Objects: []Object{object("a", 3), object("b", 4).down(5, 7)}})
	want := []shape{{"a", "ec2", false, 0, 1}, {"b", "ec2", false, 1, 2}, {"b", "down", false, 3, 5}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	for _, p := range []Picture{{}, {Start: at(0)}, {End: at(0)}, {Speed: 60, Objects: []Object{{}}}} {
		read(t, p.SVG, false)
		read(t, p.HTML, true)
	}
}

// TestLinks: from the end of each bar of the path to the start of the next.
func TestLinks(t *testing.T) {
	t.Parallel()
	p := Picture{
		Objects: []Object{object("a", 1), object("b", 1), object("c", 9, "a"), object("d", 11, "c")},
		Path:    []string{"a", "c", "d"},
	}
	c := newChart(p)
	bars := map[string]bar{}
	for _, l := range c.Rows {
		bars[l.Key] = l.Bars[0]
	}
	var want []link
	for _, k := range [][2]string{{"a", "c"}, {"c", "d"}} {
		from, to := bars[k[0]], bars[k[1]]
		end := round(from.X + from.Width)
		want = append(want, link{FromX: end, FromY: from.Y + thickness/2, MidX: round((end + to.X) / 2), ToX: to.X, ToY: to.Y + thickness/2})
	}
	if diff := cmp.Diff(want, c.Links); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	svg := read(t, p.SVG, false)
	if got := svg.find("path", "link"); len(got) != len(want) {
		t.Errorf("want %d links drawn, got %d", len(want), len(got))
	}
	var took []string
	for _, n := range svg.find("text", "took") {
		took = append(took, n.Text)
	}
	if diff := cmp.Diff([]string{"1 s", "1 s", "1 s"}, took); diff != "" {
		t.Errorf("want every bar of the path to say how long it took: -want, +got:\n%s", diff)
	}
}

// TestCrowded: how long something took isn't written over the way down.
func TestCrowded(t *testing.T) {
	t.Parallel()
	c := newChart(Picture{Objects: []Object{object("a", 1).down(1.2, 90), object("b", 1).down(80, 90)}, Path: []string{"a", "b"}})
	if got := []string{c.Rows[0].Took, c.Rows[1].Took}; !slices.Equal(got, []string{"", "1 s"}) {
		t.Errorf("want only the second to say how long it took, got %q", got)
	}
}

// TestLabels: the keys and kinds of a row fit beside each other.
func TestLabels(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 100) + ".end"
	o := object(long, 1).of("SecurityGroupIngressRule")
	c := newChart(Picture{Objects: []Object{o, object("b", 1)}})
	if got := []rune(c.Rows[1].Key); len(got) != longest || !strings.HasSuffix(string(got), "ä.end") {
		t.Errorf("want the key to be cut to %d letters and to keep its end, got %q", longest, string(got))
	}
	if got := c.Rows[1].Facts.Key; got != long {
		t.Errorf("want tooltip and table to have all of the key, got %q", got)
	}
	if need := margin + monospace*longest + sans*float64(len(o.Kind.Kind)); c.Left < need || c.Left > width/2+gap {
		t.Errorf("want room for the labels and for the bars, got bars from %v", c.Left)
	}
}

func TestTooltip(t *testing.T) {
	t.Parallel()
	b := object("b", 3, "a", "c").down(5, 7)
	b.Changes = 2
	svg := read(t, Picture{Objects: []Object{object("a", 1), object("c", 2), b}}.SVG, false)
	var got []string
	for _, g := range svg.find("g", "bar") {
		got = append(got, g.find("title", "")[0].Text)
	}
	down := "b\nSubnet dev-b\ncreated +2.00 s, ready +3.00 s, took 1.00 s\nwaited for c\nneeds a, c\ndeleted +5.00 s, gone +7.00 s, took 2.00 s"
	want := []string{
		"a\nSubnet dev-a\ncreated +0.00 s, ready +1.00 s, took 1.00 s",
		"c\nSubnet dev-c\ncreated +1.00 s, ready +2.00 s, took 1.00 s",
		down, down,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}

// TestDeterministic: the same picture is the same bytes, in whatever order the
// objects come.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	p := Picture{Title: "Dev", Speed: 60, Path: []string{"a", "c"}}
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		p.Objects = append(p.Objects, object(key, 1).down(2, 3))
	}
	draw := func(write func(io.Writer) error) string {
		b := &bytes.Buffer{}
		if err := write(b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	svg, html := draw(p.SVG), draw(p.HTML)
	before := slices.Clone(p.Objects)
	slices.Reverse(p.Objects)
	if diff := cmp.Diff(svg, draw(p.SVG)); diff != "" {
		t.Errorf("SVG: -want, +got:\n%s", diff)
	}
	if diff := cmp.Diff(html, draw(p.HTML)); diff != "" {
		t.Errorf("HTML: -want, +got:\n%s", diff)
	}
	slices.Reverse(before)
	if diff := cmp.Diff(before, p.Objects); diff != "" {
		t.Errorf("want the objects left as they were: -want, +got:\n%s", diff)
	}
	if !strings.Contains(html, strings.TrimSpace(svg)) {
		t.Error("want the page to have the picture in it")
	}
	for _, outside := range []string{"src=", "href=", "@import", "url(http"} {
		if strings.Contains(html, outside) {
			t.Errorf("want a page that needs nothing else, got %s", outside)
		}
	}
}

// full is a disk that is.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestFull(t *testing.T) {
	t.Parallel()
	p := Picture{Title: "Dev"}
	for want, write := range map[string]func(io.Writer) error{
		`cannot draw "Dev": disk full`:              p.SVG,
		`cannot write the page of "Dev": disk full`: p.HTML,
	} {
		if err := write(full{}); err == nil || err.Error() != want {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
