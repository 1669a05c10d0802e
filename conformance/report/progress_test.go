package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
	"github.com/ctxpush/ctxpush/mocksender"
)

// screen is what a terminal shows: all rows. It knows carriage returns, the
// cursor's way up and the erasing of all below it.
func screen(s string) []string {
	var rows [][]rune
	row, col := 0, 0
	line := func() *[]rune {
		for len(rows) <= row {
			rows = append(rows, nil)
		}
		return &rows[row]
	}
	for s != "" {
		if rest, ok := strings.CutPrefix(s, "\x1b["); ok {
			end := strings.IndexFunc(rest, unicode.IsLetter)
			n, _ := strconv.Atoi(rest[:end])
			switch rest[end] {
			case 'A':
				row -= n
			case 'J':
				*line() = (*line())[:col]
				rows = rows[:row+1]
			case 'm':
			default:
				panic("unknown sequence " + rest[:end+1])
			}
			s = rest[end+1:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		switch r {
		case '\r':
			col = 0
		case '\n':
			line()
			row, col = row+1, 0
		default:
			l := line()
			*l = append((*l)[:col], append([]rune{r}, (*l)[min(col+1, len(*l)):]...)...)
			col++
		}
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = string(r)
	}
	return out
}

// buffer is written by one goroutine and read by another.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

type brokenPipe struct{ writes int }

func (b *brokenPipe) Write([]byte) (int, error) { b.writes++; return 0, errors.New("broken pipe") }

// watch lets a Progress see the events to their end.
func watch(p *terminal.Progress, events []event.Event) string {
	var out buffer
	p.W = &out
	for _, e := range events {
		p.Observe(e)
	}
	p.Close()
	return out.String()
}

const lateFailure = "FAIL  order/late-pending  1,200 × stale: an earlier state stayed: expected opened, got pending"

func equalLines(t *testing.T, got string, want ...string) {
	t.Helper()
	if w := strings.Join(want, "\n"); got != w {
		t.Errorf("got\n%s\nwant\n%s", got, w)
	}
}

func TestProgressWritesLinesThatStay(t *testing.T) {
	equalLines(t, watch(&terminal.Progress{}, sampleEvents()),
		lateFailure,
		`FAIL  content/user-info  7 × stale: an earlier state stayed: expected delivered, with content.userInfo.tags[1] = "b", got delivered, with no content.userInfo.tags[1]`,
		"NOTE  identity/key-reuse  1 × stale: an earlier state stayed: expected pending, got opened",
		"all states were looked at once more",
		"")
	equalLines(t, watch(&terminal.Progress{Quiet: true, Verbose: true}, sampleEvents()), "")
}

func TestProgressTellsEachAttemptWhenAsked(t *testing.T) {
	attempt := event.AttemptFinished{ID: "a/1", Attempt: mocksender.Attempt{Number: 2, Request: mocksender.Request{Body: []byte("[]")}, Answer: mocksender.Answer{Status: 200}}}
	events := []event.Event{
		event.RunStarted{Time: at(0), Checks: []event.Check{check("a/1"), check("a/2")}},
		attempt,
		event.CheckFinished{Verdict: event.Verdict{ID: "a/1", Result: event.Pass, Schedules: 2}},
		event.CheckFinished{Verdict: event.Verdict{ID: "a/2", Result: event.Skipped, Reason: "a url"}},
		event.RunFinished{},
	}
	equalLines(t, watch(&terminal.Progress{Verbose: true}, events),
		"a/1  "+attempt.Attempt.Line(), "PASS  a/1  2 schedules", "SKIP  a/2  a url", "")
	equalLines(t, watch(&terminal.Progress{}, events), "")
	for _, p := range []*terminal.Progress{{}, {Verbose: true}, {Verbose: true, Quiet: true}} {
		if want := p.Verbose && !p.Quiet; p.WantsAttempts() != want {
			t.Errorf("%+v wants attempts: %v", p.Verbose, p.WantsAttempts())
		}
	}
}

func TestProgressTellsFromTimeToTimeWhereNothingCanBeDrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out buffer
		p := &terminal.Progress{W: &out}
		p.Observe(event.RunStarted{Time: time.Now(), Checks: []event.Check{check("a/1"), check("a/2")}})
		p.Observe(event.Advanced{ID: "a/1", Played: 1500, Of: 2000})
		<-time.After(61 * time.Second) // between two of its lines
		p.Observe(event.CheckFinished{Verdict: verdict("a/1", event.Fail)})
		<-time.After(10 * time.Second)
		p.Close()
		lines := strings.Split(out.String(), "\n")
		if len(lines) != 9 || lines[0] != "0/2 checks, 1,500 schedules after 10 s" || lines[7] != "1/2 checks, 1,500 schedules, 1 failed after 1 min 10 s" {
			t.Errorf("got\n%s", out.String())
		}
	})
}

func TestProgressDrawsOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out buffer
		p := &terminal.Progress{W: &out, Live: true, Color: true}
		shows := func(want ...string) {
			t.Helper()
			<-time.After(100 * time.Millisecond)
			synctest.Wait()
			equalLines(t, strings.Join(screen(out.String()), "\n"), want...)
		}
		began := time.Now()
		p.Observe(event.RunStarted{Time: began, Checks: []event.Check{check("a/1"), check("a/2"), check("b/1")}})
		shows("· a 0/2  · b 0/1", "░░░░░░░░░░░░░░░░░░░░ 0/3 checks  0 schedules  0/s  0 s")
		p.Observe(event.CheckStarted{ID: "a/1"})
		p.Observe(event.CheckStarted{ID: "b/1"})
		p.Observe(event.Advanced{ID: "b/1", Played: 400, Of: 2000})
		shows("▸ a 0/2  ▸ b 0/1", "░░░░░░░░░░░░░░░░░░░░ 0/3 checks  400 schedules  2,000/s  0 s", "now b/1 400/2,000, a/1")
		p.Observe(event.CheckFinished{Verdict: verdict("a/1", event.Fail)})
		p.Observe(event.CheckFinished{Verdict: event.Verdict{ID: "b/1", Result: event.Pass, Schedules: 2000}})
		shows("FAIL  a/1  failed", "✗ a 1/2  ✓ b 1/1", "█████████████░░░░░░░ 2/3 checks  1 failed  2,000 schedules  6,666/s  0 s",
			"now a second look, and the smallest deliveries that fail")
		p.Observe(event.RunFinished{})
		p.Close()
		shows("FAIL  a/1  failed", "")
	})
}

// TestProgressNeverHoldsTheRunUp: a reader that has stopped costs lines, and at
// the end half a second.
func TestProgressNeverHoldsTheRunUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &stuck{read: make(chan struct{})}
		p := &terminal.Progress{W: w, Verbose: true}
		began := time.Now()
		for i := range 5000 {
			p.Observe(event.CheckFinished{Verdict: verdict(fmt.Sprintf("a/%d", i), event.Pass)})
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("the run waited %s", waited)
		}
		p.Close()
		if waited := time.Since(began); waited != 500*time.Millisecond {
			t.Errorf("the end waited %s", waited)
		}
		close(w.read)
		synctest.Wait()
		if out := w.b.String(); !strings.Contains(out, " more lines that nobody took in time\n") || !strings.HasPrefix(out, "PASS  a/0  ") {
			t.Errorf("got\n%s", out)
		}
		p.Observe(event.Noted{Text: "too late"})
		p.Close()
	})
}

type stuck struct {
	read chan struct{}
	b    bytes.Buffer
}

func (s *stuck) Write(p []byte) (int, error) { <-s.read; return s.b.Write(p) }

func TestProgressGoesOnWhenNobodyReadsIt(t *testing.T) {
	w := &brokenPipe{}
	p := &terminal.Progress{W: w, Live: true}
	for _, e := range sampleEvents() {
		p.Observe(e)
	}
	p.Close()
	if w.writes != 1 {
		t.Errorf("%d writes", w.writes)
	}
	(&terminal.Progress{}).Close()
}
