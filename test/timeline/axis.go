package timeline

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// most ticks an axis has. More are no help.
const most = 12

// interval between ticks. It is one that people read easily, whether it is in
// seconds or minutes.
func interval(total time.Duration) time.Duration {
	for _, i := range []time.Duration{
		100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	} {
		if total <= most*i {
			return i
		}
	}
	return (total / most).Truncate(time.Hour) + time.Hour
}

// ticks of the axes.
func (c *chart) ticks() []tick {
	total := c.end.Sub(c.start)
	var ts []tick
	for d, every := time.Duration(0), interval(total); d <= total; d += every {
		t := tick{X: c.x(c.start.Add(d)), Here: human(d)}
		if c.speed > 1 {
			t.InAWS = human(c.inAWS(d))
		}
		ts = append(ts, t)
	}
	return ts
}

// inAWS is how long a duration here stands for.
func (c *chart) inAWS(d time.Duration) time.Duration {
	return time.Duration(float64(d) * c.speed).Round(10 * time.Millisecond)
}

// standsFor explains the speed by what the picture is about: so many seconds.
func (c *chart) standsFor() string {
	d := interval(c.end.Sub(c.start))
	return fmt.Sprintf("what takes %s here takes %s in AWS", human(d), human(c.inAWS(d)))
}

// human writes a duration as people do: 1.5 s, 9 min, 1 h 30 min.
func human(d time.Duration) string {
	if d < time.Minute {
		return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s"
	}
	d = d.Round(time.Second)
	var parts []string
	for _, u := range []struct {
		size time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / u.size; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, u.name))
		}
		d %= u.size
	}
	return strings.Join(parts, " ")
}

// facts about an object, for tooltips and the table.
type facts struct {
	Key, Kind, Name          string
	Created, Ready, Took     string
	WaitedFor, Needs         string
	Deleting, Gone, TookDown string
	Changes                  int64
}

func (c *chart) facts(o Object, known map[string]Object) facts {
	f := facts{
		Key:      o.Key,
		Kind:     o.Kind.Kind,
		Name:     o.Name,
		Created:  c.since(o.Created),
		Ready:    c.since(o.Ready),
		Took:     took(o.Created, o.Ready),
		Needs:    strings.Join(o.Needs, ", "),
		Deleting: c.since(o.Deleting),
		Gone:     c.since(o.Gone),
		TookDown: took(o.Deleting, o.Gone),
		Changes:  o.Changes,
	}
	if last, ok := lastReady(known, o.Needs); ok {
		f.WaitedFor = last.Key
	}
	return f
}

// since the start, "" of what hasn't happened.
func (c *chart) since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("%+.2f s", t.Sub(c.start).Seconds())
}

// took is how long something took that ended, "" if it didn't.
func took(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return ""
	}
	return fmt.Sprintf("%.2f s", to.Sub(from).Seconds())
}
