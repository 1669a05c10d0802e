package terminal

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
)

// Progress tells people what a run is doing: on a terminal a few lines at its
// bottom that are drawn again and again and are gone at the end, elsewhere a line
// now and then. Above them come the lines that stay: the failures as they come,
// and the run's own notes.
//
// The run never waits for it. What it observes it only remembers; a goroutine of
// its own writes, and where nobody takes what it writes, lines are left out. Close
// ends that goroutine. The fields must not change once it observes a run.
//
// It draws by a handful of escape sequences and leaves the terminal as it is: no
// raw mode, no hidden cursor, no other screen. So there is nothing to put back,
// and Ctrl-C, a second one too, ends the program as it does without it.
type Progress struct {
	// W is where it writes, usually stderr. Once a write fails, no more is
	// written: a run does not end because nobody watches.
	W io.Writer
	// Live says that W is a terminal.
	Live bool
	// Color uses ANSI colours.
	Color bool
	// Size is the terminal's size, asked before each drawing as it may change;
	// nil, or a width or height of 0, is 80 columns and 24 lines.
	Size func() (width, height int)
	// Quiet writes nothing at all.
	Quiet bool
	// Verbose writes a line for each attempt too, and for each check that passed.
	Verbose bool

	mu      sync.Mutex
	board   board
	queue   []kept
	lost    int           // lines that were left out of the queue
	begun   bool          // the goroutine runs, or has ended
	ended   bool          // nothing more is to be written
	wake    chan struct{} // holds one: there is something to write
	written chan struct{} // closed when the goroutine has ended

	// The goroutine's own.
	drawn  []string // the lines that were drawn last
	broken bool
}

// kept is a line that stays, or an attempt that one is made of.
type kept struct {
	text    string
	attempt *event.AttemptFinished
}

const (
	// maxQueue bounds what waits to be written; a queued attempt holds its body.
	maxQueue = 1024
	// redraw is how often a terminal is drawn, and announce how often a line of
	// progress is written elsewhere.
	redraw   = 100 * time.Millisecond
	announce = 10 * time.Second
	// lastWords is how long the end waits for what is still to be written.
	lastWords = 500 * time.Millisecond
)

var _ event.AttemptObserver = (*Progress)(nil)

// WantsAttempts tells whether each attempt gets a line.
func (p *Progress) WantsAttempts() bool { return p.Verbose && !p.Quiet }

// Observe takes one event in. It never waits.
func (p *Progress) Observe(e event.Event) {
	if p.Quiet {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	if !p.begun {
		p.begun = true
		p.wake, p.written = make(chan struct{}, 1), make(chan struct{})
		go p.write()
	}
	before := len(p.queue)
	if a, ok := e.(event.AttemptFinished); ok {
		if p.Verbose {
			p.keep(kept{attempt: &a})
		}
	} else if line := p.board.observe(e, Palette{p.Color}, p.Verbose); line != "" {
		p.keep(kept{text: line})
	}
	if len(p.queue) > before {
		p.poke()
	}
}

// keep queues a line. It is called with mu locked.
func (p *Progress) keep(k kept) {
	if len(p.queue) >= maxQueue {
		p.lost++
		return
	}
	p.queue = append(p.queue, k)
}

func (p *Progress) poke() {
	select {
	case p.wake <- struct{}{}:
	default: // it is awake already
	}
}

// Close takes what was drawn off the terminal and writes what is still to be
// written, for half a second at most. It may be called more than once, and
// without a run.
func (p *Progress) Close() {
	p.mu.Lock()
	p.ended = true
	begun := p.begun
	p.mu.Unlock()
	if !begun {
		return
	}
	p.poke()
	patience := time.NewTimer(lastWords)
	defer patience.Stop()
	select {
	case <-p.written:
	case <-patience.C: // whoever reads has stopped; the run's end does not wait
	}
}

// write is the goroutine that writes.
func (p *Progress) write() {
	defer close(p.written)
	every := announce
	if p.Live {
		every = redraw
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	p.step(p.Live)
	for {
		ticked := false
		select {
		case <-p.wake:
		case <-tick.C:
			ticked = true
		}
		if p.step(ticked) {
			return
		}
	}
}

// step writes what has come since the last one. ticked is set where it is time
// for the progress, too.
func (p *Progress) step(ticked bool) (over bool) {
	p.mu.Lock()
	queue, lost := p.queue, p.lost
	p.queue, p.lost = nil, 0
	over = p.ended
	var lines []string
	width, height := p.size()
	switch {
	case over:
	case p.Live:
		lines = p.board.frame(time.Now(), width, height, Palette{p.Color})
	case ticked:
		queue = append(queue, kept{text: Palette{p.Color}.Paint(p.board.line(time.Now()), Dim)})
	}
	p.mu.Unlock()
	if p.broken {
		return over
	}
	var b bytes.Buffer
	b.WriteString(erase(p.drawn, width))
	for _, k := range queue {
		b.WriteString(text.Inert(p.text(k)) + "\n")
	}
	if lost > 0 {
		b.WriteString(Palette{p.Color}.Paint("… "+text.Plural(lost, "more line")+" that nobody took in time", Dim) + "\n")
	}
	b.WriteString(strings.Join(lines, "\n"))
	p.drawn = lines
	if b.Len() > 0 {
		_, err := p.W.Write(b.Bytes())
		p.broken = err != nil
	}
	return over
}

// text is a line that stays. An attempt's is made here, where it costs the run
// nothing.
func (p *Progress) text(k kept) string {
	if k.attempt == nil {
		return k.text
	}
	return text.Printable(k.attempt.ID) + "  " + Palette{p.Color}.Paint(text.Printable(k.attempt.Attempt.Line()), Dim)
}

func (p *Progress) size() (width, height int) {
	if p.Size != nil {
		width, height = p.Size()
	}
	if width <= 0 {
		width = 80
	}
	if height <= 0 {
		height = 24
	}
	return width, height
}
