package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ctxpush/ctxpush/conformance/event"
)

// Progress tells people what a run is doing: on a terminal one line that is
// drawn again and again and is gone at the end, elsewhere nothing but the lines
// that stay. Those are the failures as they come, and the run's own notes. Its
// fields must not change once it observes a run.
type Progress struct {
	// W is where it writes, usually stderr. Once a write fails, no more is
	// written: a run does not end because nobody watches.
	W io.Writer
	// Live says that W is a terminal.
	Live bool
	// Color uses ANSI colours.
	Color bool
	// Width is the terminal's number of columns; 0 is 80.
	Width int

	levels  map[string]event.Level
	total   int
	done    map[string]event.Result
	running []string // ids, the latest last
	drawn   bool
	broken  bool
}

var _ event.Observer = (*Progress)(nil)

// Observe takes one event in and brings the line up to date.
func (p *Progress) Observe(e event.Event) {
	switch e := e.(type) {
	case event.RunStarted:
		p.levels = make(map[string]event.Level, len(e.Checks))
		for _, c := range e.Checks {
			p.levels[c.ID] = c.Level
		}
		p.total = len(p.levels)
		p.draw()
	case event.CheckStarted:
		p.running = append(p.running, e.ID)
		p.draw()
	case event.CheckFinished:
		p.finish(e.Verdict)
	case event.Noted:
		p.keep(palette{p.Color}.paint(printable(clip(e.Text, maxLine)), dim))
		p.draw()
	case event.RunFinished:
		p.erase()
		p.running = nil
	}
}

func (p *Progress) finish(v event.Verdict) {
	if p.done == nil {
		p.done = make(map[string]event.Result)
	}
	// A verdict that changes is told again, one that stays is not.
	told := p.done[v.ID] == v.Result
	p.done[v.ID] = v.Result
	p.running = slices.DeleteFunc(p.running, func(id string) bool { return id == v.ID })
	if !told {
		p.tell(v)
	}
	p.draw()
}

// tell writes the line of a check that failed or could not be judged.
func (p *Progress) tell(v event.Verdict) {
	c := Check{Check: event.Check{ID: v.ID, Level: p.levels[v.ID]}, Reason: v.Reason, Failures: v.Failures}
	tag, col := "FAIL", red
	what := ""
	switch {
	case v.Result == event.Errored:
		tag, what = "ERROR", firstLine(v.Reason)
	case v.Result != event.Fail:
		return
	case c.Level == event.Recommended:
		tag, col = "NOTE", yellow
		what = message(c)
	default:
		what = message(c)
	}
	p.keep(palette{p.Color}.paint(tag, col, bold) + "  " + printable(v.ID) + "  " + what)
}

// draw writes the line that comes and goes: 12/42 order/late-pending +3 …
func (p *Progress) draw() {
	if !p.Live {
		return
	}
	s := fmt.Sprintf("%d/%d", len(p.done), max(p.total, len(p.done)))
	if n := len(p.running); n > 0 {
		s += " " + printable(p.running[n-1])
		if n > 1 {
			s += fmt.Sprintf(" +%d", n-1)
		}
	}
	failed := 0
	for id, r := range p.done {
		if r == event.Fail && p.levels[id] != event.Recommended {
			failed++
		}
	}
	width := p.Width
	if width <= 0 {
		width = 80
	}
	tail := " …"
	if failed > 0 {
		tail = fmt.Sprintf(" … %d failed", failed)
	}
	// A line as wide as the terminal would wrap and could not be erased.
	s = cut(s, max(1, width-1-utf8.RuneCountInString(tail)))
	p.write("\r" + cut(s+tail, width-1) + eraseToEnd)
	p.drawn = true
}

// eraseToEnd is what ends a line on a terminal that was longer before.
const eraseToEnd = "\x1b[K"

// keep writes a line that stays, in the place of the one that comes and goes.
func (p *Progress) keep(s string) {
	p.erase()
	p.write(inert(s) + "\n")
}

func (p *Progress) erase() {
	if p.drawn {
		p.write("\r" + eraseToEnd)
		p.drawn = false
	}
}

func (p *Progress) write(s string) {
	if p.broken {
		return
	}
	_, err := io.Copy(p.W, strings.NewReader(s))
	p.broken = err != nil
}

// cut is at most the first n characters of s.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:max(0, n)])
	}
	return s
}
