package terminal

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
)

// busy is a board in the middle of a large run.
func busy() *board {
	var b board
	began := time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)
	started := event.RunStarted{Time: began}
	for g := range 15 {
		for n := range 9 {
			started.Checks = append(started.Checks, event.Check{ID: fmt.Sprintf("group-%d/日本語の検査-%d", g, n), Level: event.Required})
		}
	}
	b.observe(started, Palette{}, false)
	for i, c := range started.Checks {
		if i%2 == 0 {
			b.observe(event.CheckStarted{ID: c.ID}, Palette{}, false)
		}
		if i%4 == 0 {
			r := event.Pass
			if i%8 == 0 {
				r = event.Fail
			}
			b.observe(event.CheckFinished{Verdict: event.Verdict{ID: c.ID, Result: r, Schedules: 1000}}, Palette{}, false)
		}
	}
	return &b
}

// TestFrameFits: whatever the terminal's size, no line reaches its border and
// the whole is not higher than it.
func TestFrameFits(t *testing.T) {
	b := busy()
	now := b.began
	for _, width := range []int{1, 2, 3, 5, 10, 11, 12, 20, 39, 40, 60, 61, 62, 63, 79, 80, 81, 120, 200} {
		for _, height := range []int{1, 2, 3, 4, 8, 9, 10, 16, 17, 18, 24, 50} {
			now = now.Add(100 * time.Millisecond)
			lines := b.frame(now, width, height, Palette{})
			if len(lines) == 0 || len(lines) >= max(2, height) {
				t.Fatalf("%d × %d: %d lines", width, height, len(lines))
			}
			for _, l := range lines {
				if n := text.Columns(l); n > max(1, width-1) {
					t.Fatalf("%d × %d: %d columns: %s", width, height, n, l)
				}
			}
			painted := b.frame(now, width, height, Palette{true})
			if got := ansi.Strip(strings.Join(painted, "\n")); got != strings.Join(lines, "\n") {
				t.Fatalf("%d × %d: colours change the words:\n%s", width, height, got)
			}
		}
	}
}

func TestEraseFollowsANarrowerTerminal(t *testing.T) {
	drawn := []string{"\x1b[31m" + strings.Repeat("x", 70) + "\x1b[0m", "y", ""}
	for width, want := range map[int]string{80: "\r\x1b[2A\x1b[J", 40: "\r\x1b[3A\x1b[J", 10: "\r\x1b[8A\x1b[J"} {
		if got := erase(drawn, width); got != want {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
	if got := erase(nil, 80); got != "" {
		t.Errorf("nothing drawn: %q", got)
	}
}

func TestSpeedIsOfTheLastSeconds(t *testing.T) {
	var s speed
	now := time.Now()
	n := 0
	for range 100 {
		now, n = now.Add(100*time.Millisecond), n+50
		s.at(now, n)
	}
	for range 40 {
		now = now.Add(100 * time.Millisecond)
		s.at(now, n)
	}
	if got := s.at(now, n); got != 0 {
		t.Errorf("%d a second long after the last", got)
	}
	if len(s.seen) > 40 {
		t.Errorf("%d samples are kept", len(s.seen))
	}
}
