package conformance

import (
	"context"
	"errors"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/journal"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/mocksender/redact"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Report is what a run found.
type Report = report.Report

// Certify plays the checks against the receiver under test and reports what it
// found. It may be called again, and side by side.
//
// The report is complete as far as the run came, whatever the error. A mistake
// of the caller's is a *UsageError or a *config.Error: nothing was played
// then. Any other error is of the surroundings: a receiver
// that did not start, a probe that is broken, or ctx's own.
func Certify(ctx context.Context, c Config) (Report, error) {
	c.setDefaults(time.Now())
	if err := c.validate(); err != nil {
		return Report{}, err
	}
	checks, err := Checks(c)
	if err != nil {
		return Report{}, err
	}
	r, err := newRun(c, checks)
	if err != nil {
		return Report{}, err
	}
	built := report.New()
	r.cfg.Observers = append([]event.Observer{built}, c.Observers...)
	err = r.certify(ctx)
	return built.Report(), r.hidden.Err(errors.Join(err, r.subject.Close()))
}

// newRun is a run of the checks whose receiver and probe are ready to be used;
// neither was started or asked yet.
func newRun(c Config, checks []scenarios.Check) (*run, error) {
	s, err := subject.Open(c.Target, c.BuiltIn)
	if err != nil {
		return nil, err
	}
	s.Journal = journal.New(c.Target.Protocol)
	s.Restarted, s.Late.Arrived = s.Journal.Restarted, s.Journal.Late
	r := &run{cfg: c, checks: checks, subject: s, patience: c.Shrink, telling: map[string]string{}}
	s.Traceparent = c.Traceparent
	if private := c.Target.Private(); len(private) > 0 {
		r.hidden = redact.New("[secret]", private...)
	}
	s.Ended = func(how string) { r.note("receiver %s, and is started again", how) }
	s.Noted = func(text string) { r.note("%s", text) }
	for _, o := range c.Observers {
		if a, ok := o.(event.AttemptObserver); ok && a.WantsAttempts() {
			r.attempts = true
		}
	}
	return r, nil
}
