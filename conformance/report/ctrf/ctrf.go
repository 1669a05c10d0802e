// Package ctrf writes a report in the Common Test Report Format, which dashboards and
// chat bots read (ctrf.io).
package ctrf

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/internal/words"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
)

type (
	document struct {
		Format  string  `json:"reportFormat"`
		Version string  `json:"specVersion"`
		By      string  `json:"generatedBy"`
		Results results `json:"results"`
	}
	results struct {
		Tool    tool           `json:"tool"`
		Summary summary        `json:"summary"`
		Tests   []test         `json:"tests"`
		Extra   map[string]any `json:"extra"`
	}
	tool struct {
		Name    string `json:"name"`
		Version string `json:"version,omitempty"`
	}
	// summary counts the tests by their status; Start and Stop are in milliseconds
	// since 1970.
	summary struct {
		Tests   int   `json:"tests"`
		Passed  int   `json:"passed"`
		Failed  int   `json:"failed"`
		Skipped int   `json:"skipped"`
		Pending int   `json:"pending"`
		Other   int   `json:"other"`
		Start   int64 `json:"start"`
		Stop    int64 `json:"stop"`
	}
	// test is a check. Raw is its result as report.json has it.
	test struct {
		Name     string   `json:"name"`
		Status   status   `json:"status"`
		Duration int64    `json:"duration"` // milliseconds
		Suite    []string `json:"suite"`
		Message  string   `json:"message,omitempty"`
		Trace    string   `json:"trace,omitempty"`
		Raw      string   `json:"rawStatus"`
		Tags     []string `json:"tags,omitempty"`
	}
	status string
)

// The statuses of a test. Pending are the checks that were not run, other those that
// failed, or could not be judged, and decide nothing.
const (
	passed  status = "passed"
	failed  status = "failed"
	skipped status = "skipped"
	pending status = "pending"
	other   status = "other"
)

// Write writes r as ctrf.json. As in junit.xml, only what makes the run's result
// other than pass has failed.
func Write(w io.Writer, r report.Report) error {
	d := document{Format: "CTRF", Version: "0.0.0", By: "ctxpush", Results: results{
		Tool:    tool{"ctxpush", r.Tool.Version},
		Summary: summary{Start: r.Started.UnixMilli(), Stop: r.Started.UnixMilli() + r.DurationMS},
		Tests:   []test{},
		Extra:   map[string]any{"receiver": r.Name(), "seed": r.Tool.Seed, "command": r.Command, "result": r.Result},
	}}
	for _, c := range r.Checks {
		d.add(testOf(c))
	}
	for _, id := range r.NotRun {
		group, _ := words.Split(id)
		d.add(test{Name: id, Status: pending, Suite: []string{group}, Raw: "not run", Message: "not run: the run ended early"})
	}
	// The run itself is a test where nothing else would show that it went wrong.
	if r.Reason != "" || r.Result == report.Interrupted {
		d.add(test{Name: "the run", Status: failed, Duration: r.DurationMS, Suite: []string{"ctxpush"}, Raw: string(r.Result),
			Message: words.Line(cmp.Or(r.Reason, "interrupted"))})
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		return fmt.Errorf("report as CTRF: %w", err)
	}
	return nil
}

func (d *document) add(t test) {
	s := &d.Results.Summary
	s.Tests++
	*map[status]*int{passed: &s.Passed, failed: &s.Failed, skipped: &s.Skipped, pending: &s.Pending, other: &s.Other}[t.Status]++
	d.Results.Tests = append(d.Results.Tests, t)
}

func testOf(c report.Check) test {
	group, _ := words.Split(c.ID)
	t := test{Name: text.Printable(cmp.Or(c.Title, c.ID)), Status: statusOf(c), Duration: c.DurationMS, Suite: []string{text.Printable(group)},
		Raw: string(c.Result), Tags: []string{text.Printable(c.ID), string(c.Level)}}
	switch c.Result {
	case event.Fail, event.Waived:
		t.Message, t.Trace = words.Message(c), terminal.Details(c)
	case event.Skipped, event.Errored:
		t.Message = words.Line(c.Reason)
	}
	return t
}

func statusOf(c report.Check) status {
	switch {
	case c.Result == event.Pass:
		return passed
	case c.Result == event.Skipped:
		return skipped
	case c.Result == event.Waived || c.Level == event.Recommended:
		return other
	}
	return failed
}
