package timeline

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTicks(t *testing.T) {
	t.Parallel()
	type axes struct {
		Here, InAWS []string
		Note        string
	}
	cases := map[string]struct {
		reason string
		total  time.Duration
		speed  float64
		want   axes
	}{
		"Nothing": {
			reason: "what takes no time starts all the same",
			want:   axes{Here: []string{"0 s"}, InAWS: []string{""}},
		},
		"Fractions": {
			reason: "what takes a second has ticks in between",
			total:  time.Second,
			want: axes{
				Here:  []string{"0 s", "0.1 s", "0.2 s", "0.3 s", "0.4 s", "0.5 s", "0.6 s", "0.7 s", "0.8 s", "0.9 s", "1 s"},
				InAWS: make([]string, 11),
			},
		},
		"Fast": {
			reason: "faster than AWS, every tick says what it stands for",
			total:  19 * time.Second,
			speed:  60,
			want: axes{
				Here:  []string{"0 s", "2 s", "4 s", "6 s", "8 s", "10 s", "12 s", "14 s", "16 s", "18 s"},
				InAWS: []string{"0 s", "2 min", "4 min", "6 min", "8 min", "10 min", "12 min", "14 min", "16 min", "18 min"},
				Note:  "× 60: what takes 2 s here takes 2 min in AWS",
			},
		},
		"OddSpeed": {
			reason: "a speed that isn't round makes for times that aren't",
			total:  9 * time.Second,
			speed:  12.5,
			want: axes{
				Here:  []string{"0 s", "1 s", "2 s", "3 s", "4 s", "5 s", "6 s", "7 s", "8 s", "9 s"},
				InAWS: []string{"0 s", "12.5 s", "25 s", "37.5 s", "50 s", "1 min 3 s", "1 min 15 s", "1 min 28 s", "1 min 40 s", "1 min 53 s"},
				Note:  "× 12.5: what takes 1 s here takes 12.5 s in AWS",
			},
		},
		"AWS": {
			reason: "at the speed of AWS there is nothing to translate",
			total:  18 * time.Minute,
			speed:  1,
			want: axes{
				Here:  []string{"0 s", "2 min", "4 min", "6 min", "8 min", "10 min", "12 min", "14 min", "16 min", "18 min"},
				InAWS: make([]string, 10),
			},
		},
		"Days": {
			reason: "whatever is recorded, there are no more ticks than can be read",
			total:  50 * time.Hour,
			want: axes{
				Here:  []string{"0 s", "5 h", "10 h", "15 h", "20 h", "25 h", "30 h", "35 h", "40 h", "45 h", "50 h"},
				InAWS: make([]string, 11),
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChart(Picture{Start: at(0), End: at(tc.total.Seconds()), Speed: tc.speed})
			got := axes{Note: c.Note}
			for _, tick := range c.Ticks {
				got.Here = append(got.Here, tick.Here)
				got.InAWS = append(got.InAWS, tick.InAWS)
				if tick.X < c.Left || tick.X > c.Right {
					t.Errorf("%s: the tick %s is at %v, outside of the picture", tc.reason, tick.Here, tick.X)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestHuman(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		d      time.Duration
		want   string
	}{
		"Zero":     {reason: "nothing is something, too", want: "0 s"},
		"Fraction": {reason: "less than a second is a part of one", d: 250 * time.Millisecond, want: "0.25 s"},
		"Minute":   {reason: "what is zero is left out", d: time.Minute, want: "1 min"},
		"Both":     {reason: "seconds matter beside minutes", d: 100 * time.Second, want: "1 min 40 s"},
		"Rounded":  {reason: "parts of them don't", d: 100*time.Second + 400*time.Millisecond, want: "1 min 40 s"},
		"Hours":    {reason: "every unit that isn't zero is there", d: time.Hour + 2*time.Second, want: "1 h 2 s"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, human(tc.d)); diff != "" {
				t.Errorf("%s: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
