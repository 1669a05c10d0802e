package terminal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
)

// frame is the progress as lines of less than width columns and fewer than
// height of them: how far each group is, how far the run is, what is running.
func (b *board) frame(now time.Time, width, height int, p Palette) []string {
	t := b.totals()
	room := max(1, width-1) // a line as wide as the terminal may wrap
	state := ""
	const barWidth = 20
	if room > 60 && t.checks > 0 {
		full := barWidth * t.done / t.checks
		state = p.Paint(strings.Repeat("█", full), Green) + p.Paint(strings.Repeat("░", barWidth-full)+" ", Dim)
	}
	state += p.Paint(fmt.Sprintf("%d/%d checks", t.done, t.checks), Bold)
	if t.failed > 0 {
		state += p.Paint(fmt.Sprintf("  %d failed", t.failed), Red, Bold)
	}
	state += "  " + text.Plural(t.schedules, "schedule") +
		p.Paint("  "+text.Thousands(b.speed.at(now, t.schedules))+"/s", Dim) + p.Paint("  "+b.elapsed(now), Dim)
	lines := []string{text.Fit(state, room)}
	if running := b.runningLine(t, p); running != "" && height > 2 {
		lines = append(lines, text.Fit(running, room))
	}
	// The groups are the first to go where there is no room.
	if grid := b.grid(room, p); len(grid)+len(lines) < height {
		lines = append(grid, lines...)
	}
	return lines
}

// runningLine says what is done at the moment; empty is nothing.
func (b *board) runningLine(t totals, p Palette) string {
	now := p.Paint("now ", Dim)
	switch {
	case b.over || t.done == 0 && len(b.running) == 0:
		return ""
	case len(b.running) == 0 && t.failed > 0:
		return now + "a second look, and the smallest deliveries that fail"
	case len(b.running) == 0:
		return now + "a second look at all states"
	}
	const most = 8
	var parts []string
	for i, id := range slices.Backward(b.running) {
		if len(parts) == most {
			parts = append(parts, fmt.Sprintf("%d more", i+1))
			break
		}
		part := text.Printable(id)
		if c := b.checks[id]; c.of > 1 {
			part += p.Paint(fmt.Sprintf(" %s/%s", text.Thousands(c.played), text.Thousands(c.of)), Dim)
		}
		parts = append(parts, part)
	}
	return now + strings.Join(parts, ", ")
}

// grid is a cell for each group, in as many columns as fit.
func (b *board) grid(room int, p Palette) []string {
	var cells []string
	widest := 0
	for _, g := range b.groups {
		cell := b.cell(g, p)
		cells = append(cells, cell)
		widest = max(widest, text.Columns(cell))
	}
	const gap = 2
	var lines []string
	for part := range slices.Chunk(cells, max(1, (room+gap)/(widest+gap))) {
		for i, cell := range part[:len(part)-1] {
			part[i] = cell + strings.Repeat(" ", widest+gap-text.Columns(cell))
		}
		lines = append(lines, text.Fit(strings.Join(part, ""), room))
	}
	return lines
}

// cell is how far a group is.
func (b *board) cell(group string, p Palette) string {
	all, done, failed, skipped, started := 0, 0, 0, 0, false
	for _, c := range b.checks {
		if c.group != group {
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
	sign, col := "·", Dim
	switch {
	case failed > 0:
		sign, col = "✗", Red
	case skipped == all:
		sign, col = "–", Yellow
	case done == all:
		sign, col = "✓", Green
	case started:
		sign, col = "▸", Yellow
	}
	return p.Paint(sign+" ", col) + text.Printable(group) + p.Paint(fmt.Sprintf(" %d/%d", done, all), Dim)
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

// erase takes drawn lines off a terminal that has so many columns now. The
// cursor is at the end of the last of them.
func erase(drawn []string, width int) string {
	if len(drawn) == 0 {
		return ""
	}
	rows := 0
	for _, l := range drawn {
		rows += max(1, (text.Columns(l)+width-1)/width)
	}
	up := ""
	if rows > 1 {
		up = fmt.Sprintf("\x1b[%dA", rows-1)
	}
	return "\r" + up + "\x1b[J"
}
