package report

import (
	"fmt"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
)

// Builder makes a Report of a run's events. The zero Builder is ready for use,
// and its methods may be called side by side.
type Builder struct {
	mu       sync.Mutex
	started  event.RunStarted
	finished *event.RunFinished
	last     time.Time // of the latest event
	order    []string  // ids, in the order in which checks are reported
	checks   map[string]event.Check
	verdicts map[string]event.Verdict
	notes    []Note
}

var _ event.Observer = (*Builder)(nil)

// New makes a Builder that has seen nothing yet.
func New() *Builder { return &Builder{} }

// Observe takes one event in.
func (b *Builder) Observe(e event.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := e.(type) {
	case event.RunStarted:
		b.started = e
		b.see(e.Time)
		for _, c := range e.Checks {
			b.plan(c)
		}
	case event.CheckStarted:
		b.see(e.Time)
	case event.CheckFinished:
		b.see(e.Time)
		// A check that nobody announced still counts, and as strictly as can be.
		if _, ok := b.checks[e.Verdict.ID]; !ok {
			b.plan(event.Check{ID: e.Verdict.ID, Title: e.Verdict.ID, Level: event.Required})
		}
		if b.verdicts == nil {
			b.verdicts = make(map[string]event.Verdict)
		}
		b.verdicts[e.Verdict.ID] = e.Verdict
	case event.Noted:
		b.see(e.Time)
		b.notes = append(b.notes, Note{Time: e.Time, Text: e.Text})
	case event.RunFinished:
		b.see(e.Time)
		b.finished = &e
	}
}

func (b *Builder) see(t time.Time) {
	if t.After(b.last) {
		b.last = t
	}
}

func (b *Builder) plan(c event.Check) {
	if _, ok := b.checks[c.ID]; ok {
		return
	}
	if b.checks == nil {
		b.checks = make(map[string]event.Check)
	}
	b.checks[c.ID] = c
	b.order = append(b.order, c.ID)
}

// Report is what was found so far. Before the run's last event it says that the
// run is interrupted, since nobody can tell yet what else it would find.
func (b *Builder) Report() Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := Report{
		Schema:   Schema,
		Tool:     b.started.Tool,
		Receiver: b.started.Receiver,
		Command:  b.started.Command,
		Settings: b.started.Settings,
		Started:  b.started.Time,
		Notes:    append([]Note(nil), b.notes...),
	}
	if !b.started.Time.IsZero() {
		r.DurationMS = max(0, b.last.Sub(b.started.Time).Milliseconds())
	}
	for _, id := range b.order {
		v, ok := b.verdicts[id]
		if !ok {
			r.NotRun = append(r.NotRun, id)
			continue
		}
		r.Checks = append(r.Checks, judged(b.checks[id], v))
	}
	for _, w := range b.started.Waivers {
		if b.verdicts[w.Check].Result == event.Pass {
			r.UnneededWaivers = append(r.UnneededWaivers, w)
		}
	}
	r.Causes = causes(r.Checks)
	r.Explanations = explanations(r.Checks)
	r.Summary = summarize(r.Checks, len(r.NotRun))
	r.Result, r.Reason = b.result(r.Summary)
	return normalize(r)
}

// judged joins a check and its verdict. A result that is none of ours must not
// pass for a verdict.
func judged(c event.Check, v event.Verdict) Check {
	switch v.Result {
	case event.Pass, event.Fail, event.Waived, event.Skipped, event.Errored:
	default:
		v.Reason = fmt.Sprintf("the check ended with the unknown result %q", v.Result)
		v.Result = event.Errored
	}
	return Check{
		Check:       c,
		Result:      v.Result,
		Reason:      v.Reason,
		DurationMS:  max(0, v.Duration.Milliseconds()),
		Schedules:   v.Schedules,
		SchedulesOf: v.SchedulesOf,
		Requests:    v.Requests,
		Events:      v.Events,
		Failures:    v.Failures,
		Notes:       v.Notes,
		Orders:      v.Orders,
		Scenarios:   v.Scenarios,
	}
}

// result is the run's result and why it is no clear one. Nothing that was left
// unjudged is a pass.
func (b *Builder) result(s Summary) (Result, string) {
	if b.finished == nil {
		return Interrupted, "the run is not over"
	}
	reason := ""
	if err := b.finished.Err; err != nil {
		reason = err.Error()
	}
	switch {
	case b.finished.Interrupted:
		return Interrupted, reason
	case s.FailedRequired() > 0:
		return Fail, reason
	case reason != "":
		return Error, reason
	case s.NotRun > 0:
		return Error, fmt.Sprintf("%s never finished", text.Plural(s.NotRun, "check"))
	case s.ErroredRequired() > 0:
		return Error, fmt.Sprintf("%s could not be judged", text.Plural(s.ErroredRequired(), "check"))
	case s.Checks == 0:
		return Error, "no check was run"
	case s.Skipped == s.Checks:
		return Error, fmt.Sprintf("no check was judged: %s skipped", text.Plural(s.Skipped, "check"))
	}
	return Pass, ""
}
