package conformance

import (
	"sync/atomic"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/explain"
	"github.com/ctxpush/ctxpush/scenarios"
)

// verdict is a check and the plays that decide it.
type verdict struct {
	check *scenarios.Check
	plays []*play
	// explored is set where the check is explored; its plays then are examples of
	// what failed.
	explored *exploration
	begin    time.Time
	skip     string // why it is not played
	// explained are the ways to fail that stand for all its failures.
	explained []*way
	// late is set where there was no time to make all its failures smaller.
	late atomic.Bool
	// unsure is why a check that passed could not be looked at again.
	unsure error
}

// result is the verdict as far as it is known: all scenarios are judged before
// a check fails, and a failure wins over what could not be judged.
func (v *verdict) result(waived []config.Waiver) event.Verdict {
	e := event.Verdict{ID: v.check.ID, Result: event.Pass, Schedules: len(v.plays)}
	if v.skip != "" {
		e.Result, e.Reason, e.Schedules = event.Skipped, v.skip, 0
		return e
	}
	broke := v.unsure
	var unmet error
	judged, expected := 0, 0
	for _, p := range v.plays {
		e.Requests += p.requests
		e.Events += p.events
		e.Failures = append(e.Failures, p.failures...)
		e.Duration = max(e.Duration, p.duration)
		if p.run.cfg.Traces == AllTraces {
			if told := p.told(); told.Trace != nil {
				e.Scenarios = append(e.Scenarios, told)
			}
		}
		judged += p.judged
		expected += len(p.scenario.Expect)
		if p.broke != nil && broke == nil {
			broke = p.broke
		}
		if p.unmet != nil {
			unmet = p.unmet
		}
	}
	if v.explored != nil {
		n, err := v.explored.tally(&e)
		judged, expected = judged+n, max(expected, 1)
		if broke == nil {
			broke = err
		}
	}
	for i := range e.Failures {
		e.Failures[i] = explain.Told(e.Failures[i])
	}
	switch {
	case len(e.Failures) > 0:
		e.Result = event.Fail
		for _, w := range waived {
			if w.Check == v.check.ID {
				e.Result, e.Reason = event.Waived, w.Why
			}
		}
	case broke != nil:
		e.Result, e.Reason = event.Errored, broke.Error()
	case unmet != nil:
		e.Result, e.Reason = event.Skipped, unmet.Error()
	case judged == 0 && expected > 0:
		e.Result, e.Reason = event.Skipped, "its states are among those that the receiver may answer as it likes, or ignores by design"
	}
	return e
}
