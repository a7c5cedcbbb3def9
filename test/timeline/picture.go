package timeline

import (
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

//go:embed picture.svg.tmpl picture.html.tmpl
var pictures embed.FS

// A Picture shows when the objects of one platform came, and when they went if
// they did.
type Picture struct {
	Title, Subtitle string
	Objects         []Object
	// Start and End of what is shown. Whatever is unfinished at the end is open.
	// By default, it is when the first and the last thing happened.
	Start, End time.Time
	// Path are the keys of the critical path, first to last.
	Path []string
	// Speed is how many times faster than AWS it was. Unless it is more than
	// one, nothing is said about AWS.
	Speed float64
}

// Sizes, in px. A README shows the picture at two thirds of its size, so
// nothing is smaller than need be.
const (
	width     = 1200.0
	margin    = 24.0
	header    = 94.0
	row       = 18.0
	thickness = 11.0
	// axis is how much room the labels of an axis need, and alongside how much
	// one in AWS needs more.
	axis, alongside = 23.0, 14.0
	// gutter is the room for what is written behind the last bar.
	gutter = 52.0
	// gap between the labels and the bars.
	gap = 14.0
	// sliver is the least a bar is wide. What took no time is still there.
	sliver = 2.0
	// monospace and sans are how wide the widest usual fonts are, per letter.
	monospace, sans = 7.4, 5.9
	// longest is how many letters of a key are shown.
	longest = 48
)

// A family of kinds has a colour.
type family struct {
	Class, Label string
	// groups are the first labels of its API groups.
	groups []string
}

// families in the order of the legend. The last is for what is in no other.
func families() []family {
	return []family{
		{Class: "ec2", Label: "EC2 and VPC", groups: []string{"ec2"}},
		{Class: "eks", Label: "EKS", groups: []string{"eks"}},
		{Class: "iam", Label: "IAM", groups: []string{"iam"}},
		{Class: "data", Label: "RDS, SQS, Route 53", groups: []string{"rds", "sqs", "route53"}},
		{Class: "helm", Label: "Helm", groups: []string{"helm"}},
		{Class: "other", Label: "other"},
	}
}

// familyOf an object, by the first label of its API group.
func familyOf(o Object) family {
	label, _, _ := strings.Cut(o.Kind.Group, ".")
	all := families()
	for _, f := range all {
		if slices.Contains(f.groups, label) {
			return f
		}
	}
	return all[len(all)-1]
}

// SVG of the picture. The same picture is always the same bytes.
func (p Picture) SVG(w io.Writer) error {
	if err := newChart(p).write(w, "picture.svg.tmpl"); err != nil {
		return fmt.Errorf("cannot draw %q: %w", p.Title, err)
	}
	return nil
}

// HTML is a page that needs nothing else: the picture, and a table of what it
// shows for those who don't see it or want the figures.
func (p Picture) HTML(w io.Writer) error {
	if err := newChart(p).write(w, "picture.html.tmpl"); err != nil {
		return fmt.Errorf("cannot write the page of %q: %w", p.Title, err)
	}
	return nil
}

// A chart is a picture of which everything has its place: all that is left to
// the templates is how it looks.
type chart struct {
	Title, Subtitle, Note     string
	Width, Height             float64
	Left, Right, Top, Bottom  float64
	Legend                    []swatch
	Ticks                     []tick
	Rows                      []line
	Links                     []link
	HasPath, HasDown, HasOpen bool

	start, end time.Time
	speed      float64
}

// A swatch of the legend.
type swatch struct {
	Class, Label string
	X            float64
}

// A tick of the axes.
type tick struct {
	X           float64
	Anchor      string
	Here, InAWS string
}

// A line is the row of one object.
type line struct {
	Y           float64
	Key         string
	OnPath, Odd bool
	Bars        []bar
	Took        string
	TookX       float64
	Facts       facts
}

// A bar of a row.
type bar struct {
	Class       string
	X, Y, Width float64
	Open        bool
}

// A link leads from the end of a bar to the start of the next on the path. It
// turns midway, where little else begins.
type link struct {
	FromX, FromY, MidX, ToX, ToY float64
}

// write the chart by a template. The templates escape what they are given: the
// result is well-formed whatever the objects are called.
func (c *chart) write(w io.Writer, name string) error {
	t, err := template.ParseFS(pictures, "*.tmpl")
	if err != nil {
		return fmt.Errorf("cannot read the templates: %w", err)
	}
	return t.ExecuteTemplate(w, name, c)
}

// newChart puts everything in its place.
func newChart(p Picture) *chart {
	c := &chart{Title: p.Title, Subtitle: p.Subtitle, Width: width, speed: p.Speed}
	c.start, c.end = span(p)
	objects := slices.Clone(p.Objects)
	slices.SortStableFunc(objects, func(a, b Object) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Key, b.Key), cmp.Compare(a.UID, b.UID))
	})

	c.Left, c.Right = margin+labels(objects)+gap, width-margin-gutter
	c.Top = header + axis
	if p.Speed > 1 {
		c.Top += alongside
		c.Note = fmt.Sprintf("× %s: %s", strconv.FormatFloat(p.Speed, 'f', -1, 64), c.standsFor())
	}
	c.Bottom = c.Top + row*float64(len(objects))
	c.Height = c.Bottom + (c.Top - header) + margin/2
	c.Ticks = c.ticks()

	known := byKey(objects)
	drawn := map[string]int{}
	for i, o := range objects {
		l := c.line(i, o, known)
		// Of objects that were made again, only the last was waited for.
		if l.OnPath = slices.Contains(p.Path, o.Key) && known[o.Key].Created.Equal(o.Created); l.OnPath {
			drawn[o.Key] = i
		}
		c.Rows = append(c.Rows, l)
	}
	c.link(p.Path, drawn)
	c.label()
	c.legend(objects)
	return c
}

// span of a picture: what isn't set is when the first or last thing happened.
func span(p Picture) (start, end time.Time) {
	start, end = p.Start, p.End
	for _, o := range p.Objects {
		for _, t := range []time.Time{o.Created, o.Ready, o.Deleting, o.Gone} {
			if p.Start.IsZero() && !t.IsZero() && (start.IsZero() || t.Before(start)) {
				start = t
			}
			if p.End.IsZero() && t.After(end) {
				end = t
			}
		}
	}
	if start.IsZero() || end.Before(start) {
		// Nothing happened, which took no time.
		return cmp.Or(start, end), cmp.Or(start, end)
	}
	return start, end
}

// labels is how wide the labels of the rows are.
func labels(objects []Object) float64 {
	var most float64
	for _, o := range objects {
		most = max(most, monospace*float64(utf8.RuneCountInString(shorten(o.Key)))+sans*float64(utf8.RuneCountInString(o.Kind.Kind)))
	}
	return math.Ceil(most) + gap
}

// shorten a key that doesn't fit. Its ends say most.
func shorten(key string) string {
	r := []rune(key)
	if len(r) <= longest {
		return key
	}
	return string(r[:longest/2]) + "…" + string(r[len(r)-longest/2+1:])
}

// x of a moment. What is outside of the picture is at its edge.
func (c *chart) x(t time.Time) float64 {
	total := c.end.Sub(c.start)
	if total <= 0 {
		return c.Left
	}
	share := float64(t.Sub(c.start)) / float64(total)
	return round(c.Left + (c.Right-c.Left)*min(max(share, 0), 1))
}

// round to what can be seen, or the text gets long.
func round(x float64) float64 { return math.Round(x*10) / 10 }

func (c *chart) line(i int, o Object, known map[string]Object) line {
	l := line{Y: c.Top + row*float64(i), Key: shorten(o.Key), Odd: i%2 == 1, Facts: c.facts(o, known)}
	if o.Created.IsZero() {
		return l
	}
	// What is asked to go before it is ready never will be.
	up := c.bar(l.Y, familyOf(o).Class, o.Created, o.Ready, o.Deleting)
	l.Bars = append(l.Bars, up)
	l.TookX = up.X + up.Width
	if !o.Ready.IsZero() {
		l.Took = human(o.Ready.Sub(o.Created).Round(100 * time.Millisecond))
	}
	if !o.Deleting.IsZero() {
		l.Bars = append(l.Bars, c.bar(l.Y, "down", o.Deleting, o.Gone, time.Time{}))
	}
	for _, b := range l.Bars {
		c.HasOpen = c.HasOpen || b.Open
		c.HasDown = c.HasDown || b.Class == "down"
	}
	return l
}

// bar from one moment to another. If that never came, it is open until what
// made it impossible, or the end of the picture.
func (c *chart) bar(y float64, class string, from, to, until time.Time) bar {
	b := bar{Class: class, X: c.x(from), Y: y + (row-thickness)/2, Open: to.IsZero()}
	switch {
	case b.Open && !until.IsZero():
		to = until
	case b.Open:
		to = c.end
	}
	b.X = min(b.X, c.Right-sliver)
	b.Width = round(max(c.x(to)-b.X, sliver))
	return b
}

// link the bars of the path that were drawn, and mark them.
func (c *chart) link(path []string, drawn map[string]int) {
	var before *line
	for _, key := range path {
		i, ok := drawn[key]
		if !ok || len(c.Rows[i].Bars) == 0 {
			continue
		}
		l := &c.Rows[i]
		if before != nil {
			from, to := before.Bars[0], l.Bars[0]
			k := link{FromX: round(from.X + from.Width), FromY: from.Y + thickness/2, ToX: to.X, ToY: to.Y + thickness/2}
			k.MidX = round((k.FromX + k.ToX) / 2)
			c.Links = append(c.Links, k)
			before.TookX = max(before.TookX, k.MidX)
		}
		c.HasPath = true
		l.Bars[0].Class = "path"
		before = l
	}
}

// label the bars of the path with how long they took, behind them and the link
// to the next, where there is room.
func (c *chart) label() {
	for i := range c.Rows {
		l := &c.Rows[i]
		l.TookX = round(l.TookX + 6)
		crowded := len(l.Bars) > 1 && l.TookX+sans*float64(len(l.Took)) > l.Bars[1].X
		if !l.OnPath || crowded {
			l.Took = ""
		}
	}
}

// legend of what is there to be seen.
func (c *chart) legend(objects []Object) {
	x := margin
	add := func(class, label string) {
		c.Legend = append(c.Legend, swatch{Class: class, Label: label, X: round(x)})
		x += 20 + sans*float64(len(label)) + 18
	}
	if c.HasPath {
		add("path", "critical path")
	}
	for _, f := range families() {
		if slices.ContainsFunc(objects, func(o Object) bool { return familyOf(o).Class == f.Class }) {
			add(f.Class, f.Label)
		}
	}
	if c.HasDown {
		add("down", "being deleted")
	}
	if c.HasOpen {
		add("open", "not done")
	}
}
