package conformance

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/doctor"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/explain"
	"github.com/ctxpush/ctxpush/conformance/explore"
	"github.com/ctxpush/ctxpush/conformance/play"
	"github.com/ctxpush/ctxpush/scenarios"
)

// verdict is a check and what decides it.
type verdict struct {
	check    *scenarios.Check
	planned  []planned
	outcomes []play.Outcome // of the planned scenarios, in their order
	// exploration is set where the check is explored, explored what came of it.
	exploration *explore.Exploration
	explored    explore.Result
	// examples are the plays that stand for what failed of what was explored.
	examples []example
	skip     string // why it is not played
	// isAlone says that it had the receiver for itself when it was played last.
	isAlone bool
	// isFinished says that a result was told.
	isFinished bool
	// unsure is why a check that passed could not be looked at again.
	unsure error
	// explanation is what its failures come to; nil before they are explained.
	explanation *explain.Explanation
}

// planned is a scenario with its messages.
type planned struct {
	scenario scenarios.Scenario
	cast     scenarios.Cast
}

// plays are all plays, with the likely causes of their failures by the check.
func (v *verdict) plays() []explain.Play {
	var all []explain.Play
	for _, o := range v.outcomes {
		p := playOf(o)
		for i, f := range o.Failures {
			p.Failures = append(p.Failures, f)
			p.Failures[i].CauseID = explain.Guess(f.Symptom(), v.check.Cause)
		}
		all = append(all, p)
	}
	for _, e := range v.examples {
		all = append(all, e.play)
	}
	return all
}

func playOf(o play.Outcome) explain.Play {
	return explain.Play{Scenario: o.Scenario, Cast: o.Cast, Unfit: o.Unfit, Requests: o.Sent.Requests, Events: o.Sent.Events}
}

// failures are all ways in which the check failed, as they are explained by now.
func (v *verdict) failures() []event.Failure {
	if v.explanation != nil {
		return v.explanation.Failures
	}
	var all []event.Failure
	for _, p := range v.plays() {
		all = append(all, p.Failures...)
	}
	return all
}

// result is the verdict as far as it is known: all scenarios are judged before
// a check fails, and a failure wins over what could not be judged.
func (v *verdict) result(c Config) event.Verdict {
	e := event.Verdict{ID: v.check.ID, Result: event.Pass, Schedules: len(v.outcomes)}
	if v.skip != "" {
		e.Result, e.Reason, e.Schedules = event.Skipped, v.skip, 0
		return e
	}
	judged, expected, broke := v.count(&e, c.Traces == AllTraces)
	for _, f := range v.failures() {
		e.Failures = append(e.Failures, explain.Told(f))
	}
	if took := v.late(c); took > 0 {
		e.Notes = []event.Note{{Kind: event.Late, TookMS: took.Milliseconds(), Setting: fitting(took)}}
	}
	switch {
	case len(e.Failures) > 0:
		e.Result = event.Fail
		for _, w := range c.Target.Waive {
			if w.Check == v.check.ID {
				e.Result, e.Reason = event.Waived, w.Why
			}
		}
	case broke != nil:
		e.Result, e.Reason = event.Errored, broke.Error()
	case v.unmet() != nil:
		e.Result, e.Reason = event.Skipped, v.unmet().Error()
	case judged == 0 && expected > 0:
		e.Result, e.Reason = event.Skipped, "its states are among those that the receiver may answer as it likes, or ignores by design"
	}
	return e
}

// count adds up what was played, how many states were judged and were to be, and
// why something could not be.
func (v *verdict) count(e *event.Verdict, traces bool) (judged, expected int, broke error) {
	broke = v.unsure
	for _, o := range v.outcomes {
		e.Requests += o.Sent.Requests
		e.Events += o.Sent.Events
		e.Duration = max(e.Duration, o.Duration)
		if told := o.Trace(); traces && told.Trace != nil {
			e.Scenarios = append(e.Scenarios, told)
		}
		judged += o.Judged
		expected += len(o.Scenario.Expect)
		if broke == nil {
			broke = o.Broke
		}
	}
	if v.explanation != nil {
		for _, p := range v.explanation.Further {
			e.Schedules++
			e.Requests += p.Requests
			e.Events += p.Events
		}
	}
	if v.exploration == nil {
		return judged, expected, broke
	}
	for _, x := range v.examples {
		e.Requests += x.play.Requests
		e.Events += x.play.Events
		if traces && x.trace.Trace != nil {
			e.Scenarios = append(e.Scenarios, x.trace)
		}
	}
	r := v.explored
	e.Schedules, e.Orders = r.Played, r.Orders
	if r.Played < r.Total {
		e.SchedulesOf = r.Total
	}
	e.Requests += r.Requests
	e.Events += r.Events
	e.Duration = max(e.Duration, r.Duration)
	if broke == nil && !errors.Is(r.Broke, context.Canceled) {
		broke = r.Broke
	}
	return judged + r.Judged, max(expected, 1), broke
}

// unmet is why the receiver is not judged by one of the scenarios; nil where it
// is.
func (v *verdict) unmet() error {
	for _, o := range slices.Backward(v.outcomes) {
		if o.Unmet != nil {
			return o.Unmet
		}
	}
	return nil
}

// hasFailed tells whether the check has failed by now.
func (v *verdict) hasFailed() bool { return len(v.failures()) > 0 }

// mayBeLate tells whether the check has failed by nothing but states that may come
// right yet.
func (v *verdict) mayBeLate() bool {
	late := v.explored.MayBeLate()
	for _, o := range v.outcomes {
		if len(o.Failures) > 0 && !o.MayBeLate() {
			return false
		}
		late = late || o.MayBeLate()
	}
	return late
}

// overlapped tells whether the receiver ended of its own while it was played.
func (v *verdict) overlapped() bool {
	return !v.isAlone && (v.explored.Ended || slices.ContainsFunc(v.outcomes, func(o play.Outcome) bool { return o.Overlapped }))
}

// isOpen tells whether the check is still to be judged.
func (v *verdict) isOpen() bool { return v.mayBeLate() || v.overlapped() }

// withoutLate takes out what was explored and came late.
func (v *verdict) withoutLate() {
	v.explored = v.explored.WithoutLate()
	v.examples = slices.DeleteFunc(v.examples, func(x example) bool { return !v.explored.Has(x.play.Failures[0].Symptom()) })
}

// late is how long a state took that took longer than c allows; 0: none did.
func (v *verdict) late(c Config) time.Duration {
	took := v.explored.Late
	for _, o := range v.outcomes {
		took = max(took, o.Took)
	}
	if took <= c.Target.Settle {
		return 0
	}
	return took
}

// fitting is the setting that suits states that took so long.
func fitting(took time.Duration) string { return "settle: " + doctor.FittingSettle(took).String() }

// rank orders what is explained: first what fails the run.
func (r *run) rank(v *verdict) int {
	switch {
	case v.result(r.cfg).Result == event.Waived:
		return 2
	case r.describe(*v.check).Level == event.Recommended:
		return 1
	}
	return 0
}

// explainAll finds out what the failures of the verdicts rest on, when nothing
// else is played any more, and tells the verdicts anew. Where nothing failed it
// does nothing.
func (r *run) explainAll(ctx context.Context, verdicts []*verdict, parallel int) {
	failing := r.failing(verdicts)
	if len(failing) == 0 || r.cfg.Shrink < 0 || ctx.Err() != nil {
		return
	}
	seen := explain.Seen{
		Identity: r.cfg.Target.Identity, Seed: r.cfg.Seed, Epoch: r.cfg.Epoch, Settle: r.subject.Target.Settle,
		Slowest: time.Duration(r.slowest.Load()), Parallel: parallel, For: r.patience, Receiver: r.receiverFlags(), Telling: r.telling,
		Diagnose: r.diagnose,
	}
	for _, v := range failing {
		seen.Failing = append(seen.Failing, explain.Failing{Check: v.check, Rank: r.rank(v), Plays: v.plays()})
	}
	r.subject.Expect(true)
	begin, before := time.Now(), r.diagnosing
	explanations := explain.Explain(ctx, seen, r.replay)
	r.patience -= time.Since(begin) - (r.diagnosing - before)
	r.subject.Expect(false)
	cut := 0
	for i, v := range failing {
		v.explanation = &explanations[i]
		if v.explanation.Cut {
			cut++
		}
		for _, f := range v.explanation.Failures {
			if len(f.Smallest) > 0 && f.SameAs == "" {
				r.telling[f.CauseID] = v.check.ID
			}
		}
	}
	if cut > 0 && ctx.Err() == nil {
		r.note("%d of %d failed checks may show larger deliveries than need be: %s for replays are over", cut, len(failing), r.cfg.Shrink)
	}
	for _, v := range failing {
		r.finish(v)
	}
}

// diagnose finds out which mistakes foretell all that was seen by now.
func (r *run) diagnose(ctx context.Context) explain.Diagnosis {
	begin := time.Now()
	defer func() { r.diagnosing += time.Since(begin) }()
	limited, cancel := context.WithTimeout(ctx, diagnosisFor)
	defer cancel()
	r.diagnosis = explain.Diagnose(limited, r.subject.Journal, r.cfg.Target.Identity, r.harmless(), r.diagnosis)
	return r.diagnosis
}

// harmless are the checks whose failures fail nothing.
func (r *run) harmless() []string {
	var ids []string
	for _, v := range r.verdicts {
		if r.rank(v) > 0 {
			ids = append(ids, v.check.ID)
		}
	}
	return ids
}

// diagnosisFor is how long a diagnosis may take: seconds on a quiet machine.
const diagnosisFor = 12 * time.Second

// failing are the verdicts that failed, in the table's order.
func (r *run) failing(verdicts []*verdict) []*verdict {
	var all []*verdict
	for i := range r.checks {
		for _, v := range verdicts {
			if v.check.ID == r.checks[i].ID && v.hasFailed() {
				all = append(all, v)
			}
		}
	}
	return all
}

// replay plays a scenario of a check with new messages.
func (r *run) replay(ctx context.Context, c *scenarios.Check, s scenarios.Scenario, o explain.Options) (explain.Play, error) {
	if r.subject.Gone() != nil {
		return explain.Play{}, explain.ErrGone
	}
	cast, err := r.bind(s, o.Label)
	if err != nil {
		return explain.Play{}, err
	}
	how := r.options(c)
	how.Pace, how.Settle, how.LookAgain, how.Illustrate = play.Patient, o.Settle, o.LookAgain, o.Illustrate
	if o.Hasty {
		how.Pace = play.Hasty
	}
	out := r.perform(ctx, planned{s, cast}, how, true)
	if out.Broke == nil && out.Unfit > 0 {
		// No answer proves nothing while the receiver does not answer at all.
		out.Broke = r.reachable(ctx)
	}
	p := playOf(out)
	for _, f := range out.Failures {
		f.CauseID = explain.Guess(f.Symptom(), c.Cause)
		p.Failures = append(p.Failures, f)
	}
	return p, out.Broke
}

// receiverFlags name the receiver of the run, on one line.
func (r *run) receiverFlags() string {
	flags := r.subject.Arguments("--config ")
	if strings.ContainsAny(flags, "\r\n") {
		return "--config receiver.yaml"
	}
	return flags
}
