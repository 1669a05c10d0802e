package load

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Live tells people how a load goes: on a terminal one line that is drawn again
// and again and is gone at the end, elsewhere a plain line every few seconds.
// Its fields must not change once it observes a load.
type Live struct {
	// W is where it writes, usually stderr. Once a write fails, no more is
	// written.
	W io.Writer
	// Terminal says that W is one that a person watches.
	Terminal bool
	// Size tells the terminal's columns and rows, which may change; nil or 0 is
	// 80 columns.
	Size func() (width, height int)
	// Every is the time between two plain lines; 0 is 5 seconds.
	Every time.Duration

	phase  Phase
	told   time.Time
	drawn  bool
	broken bool
}

// eraseToEnd ends a line on a terminal that was longer before.
const eraseToEnd = "\x1b[K"

// Observe brings the line up to date.
func (l *Live) Observe(p Progress) {
	if p.Phase == Done {
		if l.drawn {
			l.write("\r" + eraseToEnd)
		}
		return
	}
	line := p.line()
	if l.Terminal {
		width := 0
		if l.Size != nil {
			width, _ = l.Size()
		}
		if width <= 0 {
			width = 80
		}
		if utf8.RuneCountInString(line) >= width { // a line as wide as the terminal would wrap
			line = string([]rune(line)[:max(0, width-2)]) + "…"
		}
		l.write("\r" + line + eraseToEnd)
		l.drawn = true
		return
	}
	every := l.Every
	if every == 0 {
		every = 5 * time.Second
	}
	if p.Phase == l.phase && time.Since(l.told) < every {
		return
	}
	l.phase, l.told = p.Phase, time.Now()
	l.write(line + "\n")
}

func (l *Live) write(s string) {
	if l.broken {
		return
	}
	_, err := io.WriteString(l.W, s)
	l.broken = err != nil
}

// line is the progress on one line.
func (p Progress) line() string {
	var b strings.Builder
	b.WriteString(string(p.Phase))
	if p.Target > 0 {
		fmt.Fprintf(&b, " at %s/s", rate(p.Target))
	}
	switch p.Phase {
	case Starting:
		return b.String()
	case Verifying:
		fmt.Fprintf(&b, "  %s read", plural(p.Checked, "state"))
		if p.Wrong+p.Missing > 0 {
			fmt.Fprintf(&b, ", %s wrong, %s missing", grouped(p.Wrong), grouped(p.Missing))
		}
		return b.String()
	}
	s := p.Load
	fmt.Fprintf(&b, " %s  %s req/s  %s entries/s  p50 %s p99 %s max %s  %d in flight", seconds(s.Elapsed.Seconds()),
		rate(s.Last.RequestsPerSecond()), rate(s.Last.EventsPerSecond()),
		ms(inMS(s.Last.Latency.P50)), ms(inMS(s.Last.Latency.P99)), ms(inMS(s.Last.Latency.Max)), s.Last.InFlight)
	for _, n := range []struct {
		n    uint64
		what string
	}{{s.Failed(), "errors"}, {uint64(max(0, s.Last.Waiting)), "waiting for a retry"}, {s.Dropped, "dropped"}, {s.Last.Overdue, "overdue"}} {
		if n.n > 0 {
			fmt.Fprintf(&b, "  %s %s", grouped(n.n), n.what)
		}
	}
	return b.String()
}
