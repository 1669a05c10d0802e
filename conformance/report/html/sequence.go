package html

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/mocksender"
)

// sequence is a trace as a diagram: the sender's lifeline on the left, the
// receiver's on the right, what travels between them, and what the receiver
// tells of its state.
type sequence struct {
	Caption  string
	Receiver string
	Truth    []mark
	Rows     []row
}

// row is one line of the diagram.
type row struct {
	Kind string // send, answer, look, restart, wait or gap
	At   string // since the beginning
	// Of a request or its answer.
	Number string // #2, or #2 retry 1
	After  string // when a retry is due
	Marks  []mark
	More   int    // entries that are not shown
	Fault  string // what went wrong on the wire on purpose
	Text   string
	Class  string // of an answer: ok, bad or none
	Answer string // how its body begins
	Want   string // what it had to be
	Took   string
	// Of a look.
	States []stateMark

	at    int64
	order int
}

// mark is an entry: a state change, and when it truly happened.
type mark struct {
	Name   string // of the message and device, where there are several
	Count  int    // of messages; more than 1 where it is the same change of many
	Status string
	Class  string // the status where it is one, so that it has a colour
	Time   string // of day
	Full   string // the whole timestamp
	Note   string // late or again: how it arrives
	Why    string // what makes it so
	Sent   bool
	Last   bool // of its message's history
}

// stateMark is a state that the receiver told.
type stateMark struct {
	Name   string
	Status string
	Class  string
	Count  int
	Wrong  string
	Right  bool
	Still  bool // as it was told before
}

// soon is how many microseconds after an answer the state counts as the one right
// after it.
const soon = 20_000

// size is about how many bytes of a page s takes.
func (s *sequence) size() int {
	if s == nil {
		return 0
	}
	n := 500 + 150*len(s.Truth)
	for _, r := range s.Rows {
		n += 350 + len(r.Text) + 200*len(r.Marks) + 150*len(r.States)
	}
	return n
}

// newSequence draws a trace, nil where there is nothing to draw.
func newSequence(t *event.Trace, receiver string) *sequence {
	if t == nil || len(t.Steps) == 0 {
		return nil
	}
	d := drawing{several: several(t), seen: map[string]bool{}, newest: map[string]event.Entry{}, told: map[string]string{}}
	s := &sequence{Receiver: receiver, Caption: "Time runs down.", Rows: d.rows(t)}
	for i, e := range t.Truth {
		m := d.mark(e)
		m.Sent = d.seen[entryKey(e)] || truncated(t)
		m.Last = i == len(t.Truth)-1 || t.Truth[i+1].Message != e.Message
		s.Truth = append(s.Truth, m)
	}
	if n := len(s.Rows); n > maxSequence {
		const head = 2 * maxSequence / 3
		gap := row{Kind: "gap", At: s.Rows[head].At, Text: text.Plural(n-maxSequence, "row") + " left out; report.json has all"}
		s.Rows = slices.Concat(s.Rows[:head], []row{gap}, s.Rows[n-(maxSequence-head):])
	}
	return s
}

// truncated tells whether not all entries are in the trace.
func truncated(t *event.Trace) bool {
	return slices.ContainsFunc(t.Steps, func(s event.Step) bool {
		return s.Kind == event.Omitted || s.Count != len(s.Entries)
	})
}

// several tells whether the trace is about more than one message or device, so
// that they must be told apart.
func several(t *event.Trace) bool {
	names := map[string]bool{}
	device := false
	see := func(entries []event.Entry) {
		for _, e := range entries {
			names[e.Message] = true
			device = device || e.Device != ""
		}
	}
	see(t.Truth)
	for _, s := range t.Steps {
		see(s.Entries)
	}
	return device || len(names) > 1
}

// drawing is what is remembered from row to row.
type drawing struct {
	several bool
	seen    map[string]bool        // entries that were sent
	newest  map[string]event.Entry // the truly latest change that was sent, by message and device
	told    map[string]string      // the state that was told last, by message and device
}

func (d *drawing) rows(t *event.Trace) []row {
	var rows []row
	for _, s := range foldedSteps(t.Steps) {
		switch s.Kind {
		case event.Attempted:
			rows = append(rows, d.attempt(s)...)
		case event.Looked:
			rows = append(rows, row{Kind: "look", at: s.AtUS, order: 2, States: stateMarks(s.States)})
		case event.Restarted:
			text := shown(s.Text) + ": the receiver is ended and started again"
			if s.Text == "" {
				text = "the receiver has ended, and is started again"
			}
			if s.Error != "" {
				text = shown(s.Text) + ": the receiver does not start again: " + shown(s.Error)
			}
			rows = append(rows, row{Kind: "restart", at: s.AtUS, Text: text, Took: took(s.TookUS)})
		case event.Outage:
			begins, ends := outageText(s.Text)
			rows = append(rows, row{Kind: "restart", at: s.AtUS, Text: begins, Took: shown(s.Text)},
				row{Kind: "restart", at: s.AtUS + s.TookUS, Text: ends, Took: "after " + took(s.TookUS)})
		case event.Waited:
			rows = append(rows, row{Kind: "wait", at: s.AtUS, Text: "wait " + shown(s.Text)})
		case event.Omitted:
			text := text.Plural(s.Count, "step") + " left out"
			if s.Text != "" {
				text = shown(s.Text)
			}
			rows = append(rows, row{Kind: "gap", at: s.AtUS, Text: text})
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.order, b.order)) })
	kept := rows[:0]
	for _, r := range rows {
		r.At = sinceStart(r.at)
		if r.Kind == "look" {
			if !d.news(r.States) {
				continue
			}
			// Right after an answer it needs no line of its own.
			if last := len(kept) - 1; last >= 0 && kept[last].Kind == "answer" && len(kept[last].States) == 0 && r.at-kept[last].at < soon {
				kept[last].States = r.States
				continue
			}
		}
		kept = append(kept, r)
	}
	return kept
}

// fewRetries are shown one by one.
const fewRetries = 3

// foldedSteps is the steps with one in place of retries that all ended alike, but for
// the first and the last.
func foldedSteps(steps []event.Step) []event.Step {
	alike := func(a, b event.Step) bool {
		return a.Kind == event.Attempted && b.Kind == event.Attempted && a.Request == b.Request && a.Attempt > 1 &&
			a.Status == b.Status && a.Error == b.Error && a.Fault == b.Fault
	}
	var all []event.Step
	for i := 0; i < len(steps); {
		n := 1
		for i+n < len(steps) && alike(steps[i], steps[i+n]) {
			n++
		}
		if n <= fewRetries {
			all = append(all, steps[i:i+n]...)
		} else {
			gap := event.Step{Kind: event.Omitted, AtUS: steps[i+1].AtUS, Text: text.Plural(n-2, "more retry") + " with the same answer"}
			all = append(all, steps[i], gap, steps[i+n-1])
		}
		i += n
	}
	return all
}

// attempt is a request and its answer.
func (d *drawing) attempt(s event.Step) []row {
	number := fmt.Sprintf("#%d", s.Request)
	if s.Attempt > 1 {
		number += fmt.Sprintf(" retry %d", s.Attempt-1)
	}
	send := row{Kind: "send", at: s.AtUS, Number: number, Text: shown(s.Text), Fault: faultText(s.Fault)}
	if s.Attempt > 1 {
		send.After = "after " + text.Elapsed(s.AfterMS) + " of ContextPush's time"
	}
	for _, e := range s.Entries {
		m := d.mark(e)
		if note, why := d.arrives(e); s.Attempt == 1 { // a retry is a copy, and said to be one
			m.Note, m.Why = note, why
		}
		send.Marks = append(send.Marks, m)
	}
	send.More = s.Count
	for _, e := range s.Entries {
		send.More -= max(1, e.Count)
	}
	answer := row{Kind: "answer", at: s.AtUS + s.TookUS, order: 1, Number: number, Took: took(s.TookUS), Class: "ok", Text: fmt.Sprint(s.Status)}
	switch {
	case s.Error != "":
		answer.Class, answer.Text = "none", shown(s.Error)
	case s.Status == 0:
		answer.Class, answer.Text = "none", "no answer"
	case s.Want == "any":
	case s.Want != "" && (s.Status < 400 || s.Status > 499):
		answer.Class, answer.Want = "bad", shown(s.Want)
	case s.Want == "" && (s.Status < 200 || s.Status > 299):
		answer.Class, answer.Answer = "bad", shown(s.Answer)
	}
	return []row{send, answer}
}

// mark names an entry.
func (d *drawing) mark(e event.Entry) mark {
	m := mark{Status: shown(string(e.Status)), Class: statusClass(e.Status), Full: shown(e.Time), Time: ofDay(e.Time), Count: e.Count}
	if d.several {
		m.Name = shown(e.Message)
		if e.Device != "" {
			m.Name += "." + shown(e.Device)
		}
	}
	return m
}

// arrives says how an entry arrives, where it is not simply the next change.
func (d *drawing) arrives(e event.Entry) (note, why string) {
	key, of := entryKey(e), e.Message+"."+e.Device
	again, newest := d.seen[key], d.newest[of]
	d.seen[key] = true
	if e.Time >= newest.Time {
		d.newest[of] = e
	}
	switch {
	case e.Time < newest.Time && again:
		return "late", "a copy, older than " + shown(string(newest.Status))
	case e.Time < newest.Time:
		return "late", "older than " + shown(string(newest.Status))
	case again:
		return "again", "a copy"
	}
	return "", ""
}

func entryKey(e event.Entry) string {
	return strings.Join([]string{e.Message, e.Device, string(e.Status), e.Time}, "\x00")
}

// news marks the states that were told before, and tells whether there is
// anything to show.
func (d *drawing) news(states []stateMark) bool {
	now := map[string]string{}
	for _, m := range states {
		now[m.Name] += fmt.Sprintf("%d %s\n", m.Count, m.Status)
	}
	news := false
	for i := range states {
		m := &states[i]
		m.Still = d.told[m.Name] == now[m.Name]
		news = news || !m.Still || m.Right || m.Wrong != ""
	}
	maps.Copy(d.told, now)
	if !d.several {
		for i := range states {
			states[i].Name = ""
		}
	}
	return news
}

// stateMarks are the states of a look.
func stateMarks(seen []event.Seen) []stateMark {
	marks := make([]stateMark, len(seen))
	for i, s := range seen {
		m := stateMark{Name: shown(s.Message), Status: shown(string(s.Status)), Class: statusClass(s.Status), Count: s.Count,
			Wrong: shown(strings.TrimPrefix(s.Wrong, fmt.Sprintf("delivery_status is %s: ", s.Status))), Right: s.Judged && s.Wrong == ""}
		if s.Device != "" {
			m.Name += "." + shown(s.Device)
		}
		if s.Status == "" {
			m.Status, m.Class = "not known", "unknown"
		}
		marks[i] = m
	}
	return marks
}

// statusClass is the status where it is one of the contract's.
func statusClass(s mocksender.DeliveryStatus) string {
	if slices.Contains(mocksender.Statuses, s) {
		return string(s)
	}
	return "unknown"
}

// faultText says what a fault did.
func faultText(name string) string {
	switch name {
	case "", "in-flight":
		return ""
	case "held-last-byte":
		return "held back until the other request is there"
	case "lost-ack":
		return "its answer is thrown away on the wire"
	}
	return "fault on purpose: " + shown(name)
}

// outageText says what an outage does and how it ends.
func outageText(text string) (begins, ends string) {
	word, rest, _ := strings.Cut(text, " (")
	services := shown(cmp.Or(strings.TrimSuffix(rest, ")"), "what the receiver needs"))
	switch word {
	case "network-cut":
		return "the network is cut", "the network works again"
	case "network-slow":
		return "the network is slow", "the network is quick again"
	case "receiver-paused":
		return "the receiver is frozen", "the receiver goes on"
	case "services-killed":
		return services + ": killed", services + ": started again"
	case "services-paused":
		return services + ": frozen", services + ": goes on"
	}
	return shown(text) + " begins", shown(text) + " ends"
}

// ofDay is the time of day of a timestamp, which all of a scenario share.
func ofDay(timestamp string) string {
	if t, err := time.Parse(time.RFC3339, timestamp); err == nil {
		return t.UTC().Format("15:04:05.000")
	}
	return shown(timestamp)
}

func sinceStart(us int64) string { return "+" + took(us) }

// took is a time in microseconds as people say it.
func took(us int64) string {
	switch {
	case us < 10_000:
		return fmt.Sprintf("%.1f ms", float64(us)/1000)
	case us < 1_000_000:
		return fmt.Sprintf("%d ms", us/1000)
	}
	return text.Elapsed(us / 1000)
}
