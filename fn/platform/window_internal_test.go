package platform

import (
	"testing"
	"time"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
)

// TestClosed: a window is some hours from a time of day on, where it is that time.
func TestClosed(t *testing.T) {
	t.Parallel()
	weekend := []v1alpha1.Weekday{"Saturday", "Sunday"}
	cases := map[string]struct {
		reason string
		window v1alpha1.UpgradeWindow
		now    string
		want   string
	}{
		"Unknown": {
			reason: "As long as nobody says what time it is, none is the right one.",
			window: v1alpha1.UpgradeWindow{StartTime: "22:00", DurationHours: 4, TimeZone: "UTC"},
			want:   "the time of day, which a Lease of kube-apiserver in kube-system says",
		},
		"Before": {
			reason: "Before it begins it is closed.",
			window: v1alpha1.UpgradeWindow{StartTime: "22:00", DurationHours: 4, TimeZone: "UTC"},
			now:    "2026-11-28T21:59:59Z",
			want:   "spec.upgrade.window, which opens on Saturday, 2026-11-28, at 22:00 UTC",
		},
		"Begin": {
			reason: "Its first moment is in it.",
			window: v1alpha1.UpgradeWindow{StartTime: "22:00", DurationHours: 4, TimeZone: "UTC"},
			now:    "2026-11-28T22:00:00Z",
		},
		"PastMidnight": {
			reason: "It goes on past midnight.",
			window: v1alpha1.UpgradeWindow{StartTime: "22:00", DurationHours: 4, TimeZone: "UTC", Days: []v1alpha1.Weekday{"Saturday"}},
			now:    "2026-11-29T01:59:59Z",
		},
		"End": {
			reason: "Its end is not.",
			window: v1alpha1.UpgradeWindow{StartTime: "22:00", DurationHours: 4, TimeZone: "UTC", Days: weekend},
			now:    "2026-11-29T02:00:00Z",
			want:   "spec.upgrade.window, which opens on Sunday, 2026-11-29, at 22:00 UTC",
		},
		"NextWeek": {
			reason: "The next one may be a week away.",
			window: v1alpha1.UpgradeWindow{StartTime: "01:30", DurationHours: 1, TimeZone: "UTC", Days: []v1alpha1.Weekday{"Saturday"}},
			now:    "2026-11-28T02:30:00Z",
			want:   "spec.upgrade.window, which opens on Saturday, 2026-12-05, at 01:30 UTC",
		},
		"Zone": {
			reason: "It is that time in its own zone, and that day.",
			window: v1alpha1.UpgradeWindow{StartTime: "00:30", DurationHours: 2, TimeZone: "Asia/Tokyo", Days: []v1alpha1.Weekday{"Sunday"}},
			now:    "2026-11-28T15:30:00Z",
		},
		"Summer": {
			reason: "In summer it begins an hour earlier than by the sun.",
			window: v1alpha1.UpgradeWindow{StartTime: "22:00", DurationHours: 1, TimeZone: "Europe/Berlin"},
			now:    "2026-07-01T19:59:00Z",
			want:   "spec.upgrade.window, which opens on Wednesday, 2026-07-01, at 22:00 CEST",
		},
		"AllDay": {
			reason: "One of 24 hours each day is always open.",
			window: v1alpha1.UpgradeWindow{StartTime: "12:00", DurationHours: 24, TimeZone: "UTC"},
			now:    "2026-11-28T11:59:59Z",
		},
		"Unreadable": {
			reason: "A claim that no schema has seen opens nothing, and ends.",
			window: v1alpha1.UpgradeWindow{StartTime: "22:00", DurationHours: 4, TimeZone: "Nowhere", Days: []v1alpha1.Weekday{"Sun"}},
			now:    "2026-11-28T22:00:00Z",
			want:   "spec.upgrade.window.days",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var now time.Time
			if tc.now != "" {
				var err error
				if now, err = time.Parse(time.RFC3339, tc.now); err != nil {
					t.Fatal(err)
				}
			}
			if got := closed(tc.window, now); got != tc.want {
				t.Errorf("\n%s\nwant %q, got %q", tc.reason, tc.want, got)
			}
		})
	}
}
