package conformance

import (
	"context"
	"errors"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/subject"
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
	err = r.play(ctx)
	return built.Report(), errors.Join(err, r.close())
}

// close ends what the run has opened and started.
func (r *run) close() error { return errors.Join(probe.Close(r.prober), r.receiver.Close()) }

// newRun is a run of the checks whose receiver and probe are ready to be used;
// neither was started or asked yet.
func newRun(c Config, checks []scenarios.Check) (*run, error) {
	r := &run{cfg: c, checks: checks, secret: string(c.Target.Secret), patience: c.Shrink}
	for _, o := range c.Observers {
		if a, ok := o.(event.AttemptObserver); ok && a.WantsAttempts() {
			r.attempts = true
		}
	}
	if r.secret == "" {
		r.secret = subject.NewSecret()
	}
	var err error
	if r.receiver, err = receiver.New(c.Target, receiver.Env{Secret: r.secret, BuiltIn: c.BuiltIn}); err != nil {
		return nil, err
	}
	target := c.Target
	target.Secret = config.Secret(r.secret)
	r.prober, err = probe.For(target, r.receiver)
	return r, err
}
