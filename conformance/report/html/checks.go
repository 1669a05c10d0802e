package html

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/internal/words"
	"github.com/ctxpush/ctxpush/scenarios"
)

// table is all checks by the clause of the contract that they rest on first.
type table struct {
	Clauses []clause
	Results []option // that there are
	Levels  []option
	Total   int
	LeftOut int // checks that are not shown
}

type option struct {
	Value, Text string
	Count       int
}

type clause struct {
	ID, Name, Says string
	Tally          string
	Checks         []line
}

// line is one check in the table.
type line struct {
	ID          string // of the element
	Check       string
	Title       string
	Requirement string
	Clauses     []string
	Level       string
	Result      string // pass, fail, note (recommended and failed), waived, skipped, error or not-run
	Word        string
	Reason      string
	Tally       string
	Seconds     string
	Schedules   string
	Scenarios   []played
	MorePlayed  int
}

// played is one scenario of a check, to compare with those that fail.
type played struct {
	Name     string
	Failed   bool
	Sequence *sequence
}

// resultWords are the results as the table has them, the worst first.
var resultWords = []option{
	{Value: "fail", Text: "failed"},
	{Value: "error", Text: "not judged"},
	{Value: "note", Text: "advice"},
	{Value: "waived", Text: "waived"},
	{Value: "skipped", Text: "skipped"},
	{Value: "not-run", Text: "not run"},
	{Value: "pass", Text: "passed"},
}

// clauseSays is what the contract says under a clause, in a few words.
var clauseSays = map[string]string{
	"request":        "an HTTP POST with a JSON body, answered 2xx",
	"secret":         "X-ctx-secret is checked before anything is done",
	"batch":          "1 to 100 entries of mixed messages in one request",
	"entry":          "nine fields of the given types",
	"device-token":   "absent when a message was cancelled",
	"status":         "pending, delivered, opened, cancelled, failed",
	"method":         "how the message was delivered",
	"planned-method": "how it was planned to be delivered",
	"timestamp":      "when the change truly happened, to the millisecond",
	"content":        "the message's content comes through unchanged",
	"pending":        "not sent yet",
	"delivered":      "accepted by the push service",
	"opened":         "the user opened it",
	"cancelled":      "called back: nothing that comes later moves it",
	"failed":         "the device token was no longer valid",
	"identity":       "what makes two entries the same message",
	"key-reuse":      "a key may be used again after 30 days",
	"at-least-once":  "any entry may come more than once",
	"gaps":           "any change but the last may never come",
	"order":          "entries may come in any order",
	"retry":          "a request that failed comes again",
}

func newTable(r report.Report, spent *budget) table {
	t := table{Total: len(r.Checks) + len(r.NotRun)}
	byClause := map[string]*clause{}
	counts := map[string]int{}
	levels := map[string]int{}
	// What did not pass goes first where there is not room for all.
	room := maxRows
	for _, c := range r.Checks {
		if c.Result != event.Pass {
			room--
		}
	}
	shownBad := 0
	for i, c := range r.Checks {
		l := newLine(c, i, spent)
		counts[l.Result]++
		levels[l.Level]++
		switch {
		case c.Result == event.Pass && room <= 0, c.Result != event.Pass && shownBad == maxRows:
			t.LeftOut++
			continue
		case c.Result == event.Pass:
			room--
		default:
			shownBad++
		}
		name := "other"
		if len(c.Clauses) > 0 {
			name = shown(c.Clauses[0])
		}
		add(byClause, name, l)
	}
	for i, id := range r.NotRun {
		counts["not-run"]++
		if i >= maxRows/10 {
			t.LeftOut++
			continue
		}
		add(byClause, "not run", line{ID: fmt.Sprintf("not-run-%d", i+1), Check: shown(id), Title: shown(id), Result: "not-run", Word: "not run"})
	}
	t.Clauses = inOrder(byClause)
	for _, o := range resultWords {
		if o.Count = counts[o.Value]; o.Count > 0 {
			t.Results = append(t.Results, o)
		}
	}
	for _, level := range []event.Level{event.Required, event.Recommended} {
		if n := levels[string(level)]; n > 0 {
			t.Levels = append(t.Levels, option{string(level), string(level), n})
		}
	}
	return t
}

func add(to map[string]*clause, name string, l line) {
	c := to[name]
	if c == nil {
		c = &clause{Name: name, Says: clauseSays[name]}
		to[name] = c
	}
	c.Checks = append(c.Checks, l)
}

// inOrder is the clauses in the contract's order, then all others.
func inOrder(by map[string]*clause) []clause {
	names := make([]string, 0, len(by))
	for name := range by {
		names = append(names, name)
	}
	place := func(name string) int {
		if i := slices.Index(scenarios.ClauseNames, name); i >= 0 {
			return i
		}
		return len(scenarios.ClauseNames)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := place(a) - place(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	all := make([]clause, len(names))
	for i, name := range names {
		c := *by[name]
		c.ID = fmt.Sprintf("clause-%d", i+1)
		if slices.Contains(scenarios.ClauseNames, name) {
			c.ID = "clause-" + name
		}
		bad := 0
		for _, l := range c.Checks {
			if l.Result == "fail" {
				bad++
			}
		}
		c.Tally = text.Plural(len(c.Checks), "check")
		if bad > 0 {
			c.Tally += fmt.Sprintf(", %s failed", text.Thousands(bad))
		}
		all[i] = c
	}
	return all
}

func newLine(c report.Check, i int, spent *budget) line {
	l := line{
		ID: fmt.Sprintf("check-%d", i+1), Check: shown(c.ID), Title: shown(c.Title), Requirement: shown(c.Requirement), Level: string(c.Level),
		Result: string(c.Result), Reason: shown(strings.Join(text.Lines(text.Clip(c.Reason, words.MaxValue)), "; ")), Tally: shown(words.Tally(c.Failures)),
		Seconds: tableTime(c.DurationMS), Schedules: text.Thousands(c.Schedules),
	}
	if c.HasFailed(event.Recommended) {
		l.Result = "note"
	}
	for _, o := range resultWords {
		if o.Value == l.Result {
			l.Word = o.Text
		}
	}
	for _, clause := range c.Clauses[:min(len(c.Clauses), 20)] {
		l.Clauses = append(l.Clauses, shown(clause))
	}
	for i, s := range c.Scenarios {
		sequence := newSequence(s.Trace, "receiver")
		if sequence == nil {
			continue
		}
		if !spent.take(sequence.size()) {
			l.MorePlayed = len(c.Scenarios) - i
			break
		}
		sequence.Caption = "As it was played. Time runs down."
		l.Scenarios = append(l.Scenarios, played{Name: shown(s.Name), Failed: s.Failed, Sequence: sequence})
	}
	return l
}

// tableTime is a check's duration in a table.
func tableTime(ms int64) string { return fmt.Sprintf("%.2f s", float64(ms)/1000) }
