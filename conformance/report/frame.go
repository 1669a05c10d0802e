package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/width"

	"github.com/ctxpush/ctxpush/conformance/event"
)

// frame is the progress as lines of less than width columns and fewer than
// height of them: how far each group is, how far the run is, what is running.
func (b *board) frame(now time.Time, width, height int, p palette) []string {
	t := b.totals()
	room := max(1, width-1) // a line as wide as the terminal may wrap
	state := frameLine{}
	const barWidth = 20
	if room > 60 && t.checks > 0 {
		full := barWidth * t.done / t.checks
		state = state.add(strings.Repeat("█", full), green).add(strings.Repeat("░", barWidth-full)+" ", dim)
	}
	state = state.add(fmt.Sprintf("%d/%d checks", t.done, t.checks), bold)
	if t.failed > 0 {
		state = state.add(fmt.Sprintf("  %d failed", t.failed), red, bold)
	}
	state = state.add("  "+plural(t.schedules, "schedule")).
		add("  "+count(b.speed.at(now, t.schedules))+"/s", dim).
		add("  "+b.elapsed(now), dim)
	lines := []string{state.render(room, p)}
	if running := b.runningLine(t); running != nil && height > 2 {
		lines = append(lines, running.render(room, p))
	}
	// The groups are the first to go where there is no room.
	if grid := b.grid(room, p); len(grid)+len(lines) < height {
		lines = append(grid, lines...)
	}
	return lines
}

// runningLine says what is done at the moment.
func (b *board) runningLine(t totals) frameLine {
	switch {
	case b.over || t.done == 0 && len(b.running) == 0:
		return nil
	case len(b.running) == 0 && t.failed > 0:
		return frameLine{}.add("now ", dim).add("a second look, and the smallest deliveries that fail")
	case len(b.running) == 0:
		return frameLine{}.add("now ", dim).add("a second look at all states")
	}
	const most = 8
	l := frameLine{}.add("now ", dim)
	for i, id := range slices.Backward(b.running) {
		sep := ", "
		if i == len(b.running)-1 {
			sep = ""
		}
		if i < len(b.running)-most {
			return l.add(fmt.Sprintf("%s%d more", sep, i+1))
		}
		l = l.add(sep + printable(id))
		if c := b.checks[id]; c.of > 1 {
			l = l.add(fmt.Sprintf(" %s/%s", count(c.played), count(c.of)), dim)
		}
	}
	return l
}

// grid is a cell for each group, in as many columns as fit.
func (b *board) grid(room int, p palette) []string {
	var cells []frameLine
	widest := 0
	for _, g := range b.groups {
		all, done, failed, skipped, started := 0, 0, 0, 0, false
		for _, c := range b.checks {
			if c.group != g {
				continue
			}
			all++
			started = started || c.started
			if c.result != "" {
				done++
			}
			if c.result == event.Skipped {
				skipped++
			}
			if c.result == event.Fail && c.level != event.Recommended {
				failed++
			}
		}
		sign, col := "·", dim
		switch {
		case failed > 0:
			sign, col = "✗", red
		case skipped == all:
			sign, col = "–", yellow
		case done == all:
			sign, col = "✓", green
		case started:
			sign, col = "▸", yellow
		}
		cell := frameLine{}.add(sign+" ", col).add(printable(g)).add(fmt.Sprintf(" %d/%d", done, all), dim)
		cells = append(cells, cell)
		widest = max(widest, cell.columns())
	}
	const gap = 2
	perLine := max(1, (room+gap)/(widest+gap))
	var lines []string
	for part := range slices.Chunk(cells, perLine) {
		var l frameLine
		for i, cell := range part {
			l = append(l, cell...)
			if i < len(part)-1 {
				l = l.add(strings.Repeat(" ", widest+gap-cell.columns()))
			}
		}
		lines = append(lines, l.render(room, p))
	}
	return lines
}

// speed is how many schedules a second there were lately.
type speed struct {
	seen []speedSample
}

type speedSample struct {
	at        time.Time
	schedules int
}

// lately is the time that a speed is taken over.
const lately = 3 * time.Second

func (s *speed) at(now time.Time, schedules int) int {
	s.seen = append(s.seen, speedSample{now, schedules})
	for len(s.seen) > 2 && now.Sub(s.seen[1].at) >= lately {
		s.seen = s.seen[1:]
	}
	first := s.seen[0]
	took := now.Sub(first.at).Seconds()
	if took <= 0 {
		return 0
	}
	return int(float64(schedules-first.schedules) / took)
}

// frameLine is a line of a terminal in parts, each with its colours.
type frameLine []framePart

type framePart struct {
	text   string
	colors []color
}

func (l frameLine) add(text string, colors ...color) frameLine {
	return append(l, framePart{text, colors})
}

// columns is how wide l is.
func (l frameLine) columns() int {
	n := 0
	for _, p := range l {
		n += columns(p.text)
	}
	return n
}

// render is l in at most room columns.
func (l frameLine) render(room int, p palette) string {
	var b strings.Builder
	if l.columns() > room {
		room-- // for the mark of what was cut
		var short frameLine
		for _, part := range l {
			text := fitting(part.text, room)
			room -= columns(text)
			short = short.add(text, part.colors...)
			if text != part.text {
				break
			}
		}
		l = short.add("…")
	}
	for _, part := range l {
		b.WriteString(p.paint(part.text, part.colors...))
	}
	return b.String()
}

// fitting is as much of s as fits into room columns.
func fitting(s string, room int) string {
	for i, r := range s {
		if room -= columns(string(r)); room < 0 {
			return s[:i]
		}
	}
	return s
}

// columns is how many columns of a terminal s takes, at most.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}

// erase takes drawn lines off a terminal that has so many columns now. The
// cursor is at the end of the last of them.
func erase(drawn []string, width int) string {
	if len(drawn) == 0 {
		return ""
	}
	rows := 0
	for _, l := range drawn {
		rows += max(1, (columns(plain(l))+width-1)/width)
	}
	up := ""
	if rows > 1 {
		up = fmt.Sprintf("\x1b[%dA", rows-1)
	}
	return "\r" + up + "\x1b[J"
}

// plain is a painted text without its colours.
func plain(s string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "\x1b[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, s, _ = strings.Cut(after, "m")
	}
}
