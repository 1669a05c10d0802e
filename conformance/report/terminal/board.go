package terminal

import (
	"fmt"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/internal/words"
)

// board is what is known of a run while it goes on, for people who watch it. Its
// methods only compute; Progress writes.
type board struct {
	began   time.Time
	groups  []string // in the order of the table
	checks  map[string]*boardCheck
	running []string // ids, the latest last
	speed   speed
	over    bool
}

// boardCheck is how far one check is.
type boardCheck struct {
	level      event.Level
	group      string
	result     event.Result // empty: not finished
	started    bool
	played, of int // schedules
}

// observe takes one event in and returns the line that stays for it, if one
// does.
func (b *board) observe(e event.Event, p Palette, verbose bool) string {
	switch e := e.(type) {
	case event.RunStarted:
		b.began = e.Time
		for _, c := range e.Checks {
			b.check(c.ID).level = c.Level
		}
	case event.CheckStarted:
		b.check(e.ID).started = true
		b.running = append(b.running, e.ID)
	case event.Advanced:
		c := b.check(e.ID)
		c.played, c.of = max(c.played, e.Played), e.Of
	case event.CheckFinished:
		return b.finish(e.Verdict, p, verbose)
	case event.Noted:
		return p.Paint(text.Printable(text.Clip(e.Text, words.MaxLine)), Dim)
	case event.RunFinished:
		b.running, b.over = nil, true
	}
	return ""
}

func (b *board) check(id string) *boardCheck {
	if c, ok := b.checks[id]; ok {
		return c
	}
	if b.checks == nil {
		b.checks = make(map[string]*boardCheck)
	}
	g, _ := words.Split(id)
	if !slices.Contains(b.groups, g) {
		b.groups = append(b.groups, g)
	}
	c := &boardCheck{group: g, level: event.Required}
	b.checks[id] = c
	return c
}

func (b *board) finish(v event.Verdict, p Palette, verbose bool) string {
	c := b.check(v.ID)
	// A verdict that changes is told again, one that stays is not.
	told := c.result == v.Result
	c.result = v.Result
	c.played = max(c.played, v.Schedules)
	c.of = c.played
	b.running = slices.DeleteFunc(b.running, func(id string) bool { return id == v.ID })
	if told {
		return ""
	}
	return tell(v, c.level, p, verbose)
}

// tell is the line of a check that failed or could not be judged, and if wanted
// of any other.
func tell(v event.Verdict, level event.Level, p Palette, verbose bool) string {
	c := report.Check{Check: event.Check{ID: v.ID, Level: level}, Reason: v.Reason, Failures: v.Failures}
	var tag, what string
	var col Color
	switch {
	case v.Result == event.Fail && level == event.Recommended:
		tag, col, what = "NOTE", Yellow, words.Message(c)
	case v.Result == event.Fail:
		tag, col, what = "FAIL", Red, words.Message(c)
	case v.Result == event.Errored:
		tag, col, what = "ERROR", Red, words.Line(v.Reason)
	case !verbose:
		return ""
	case v.Result == event.Waived:
		tag, col, what = "WAIVED", Yellow, words.Line(v.Reason)
	case v.Result == event.Skipped:
		tag, col, what = "SKIP", Yellow, words.Line(v.Reason)
	default:
		tag, col, what = "PASS", Green, text.Plural(v.Schedules, "schedule")
	}
	return p.Paint(tag, col, Bold) + "  " + text.Printable(v.ID) + "  " + what
}

// totals count checks and schedules.
type totals struct{ checks, done, failed, schedules int }

func (b *board) totals() totals {
	t := totals{checks: len(b.checks)}
	for _, c := range b.checks {
		t.schedules += c.played
		if c.result != "" {
			t.done++
		}
		if c.result == event.Fail && c.level != event.Recommended {
			t.failed++
		}
	}
	return t
}

// line is the progress in one line, for where nothing can be drawn.
func (b *board) line(now time.Time) string {
	t := b.totals()
	s := fmt.Sprintf("%d/%d checks, %s", t.done, t.checks, text.Plural(t.schedules, "schedule"))
	if t.failed > 0 {
		s += fmt.Sprintf(", %d failed", t.failed)
	}
	return s + " after " + b.elapsed(now)
}

func (b *board) elapsed(now time.Time) string {
	if b.began.IsZero() {
		return "0 s"
	}
	d := max(0, now.Sub(b.began)).Truncate(time.Second)
	if d < time.Minute {
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return text.Elapsed(d.Milliseconds())
}
