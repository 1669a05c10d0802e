package play

import (
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Outcome is what one play showed. It is a value: whoever finds out more makes
// another one of it.
type Outcome struct {
	Scenario scenarios.Scenario
	Cast     scenarios.Cast
	Duration time.Duration
	// Sent counts what was sent, also again.
	Sent Count
	// Judged is how many states were compared. Settled are the final ones that were
	// right, Took how long they took at most.
	Judged  int
	Settled []scenarios.Want
	Took    time.Duration
	// Overlapped says that the receiver ended of its own meanwhile: who made it end is
	// not known.
	Overlapped bool
	// CutShort says that steps were not played because of what came late.
	CutShort bool
	// Unfit is the number of the first request that failed; 0 is none.
	Unfit    int
	Failures []event.Failure
	// Broke is why the scenario could not be judged, Unmet why the receiver is not
	// judged by it; nil where it was.
	Broke, Unmet error

	seen *evidence
	late *subject.Latecomer
}

// Count is how much was sent.
type Count struct{ Requests, Events int }

// LastAck is when the last acknowledgement came; zero where none did.
func (o Outcome) LastAck() time.Time {
	if o.seen == nil {
		return time.Time{}
	}
	return o.seen.lastAck
}

// Lines are what happened, one for each attempt with its answer, restart or wait.
func (o Outcome) Lines() []string {
	if o.seen == nil {
		return nil
	}
	return slices.Clone(o.seen.timeline)
}

// Trace is the play as one of its check's scenarios.
func (o Outcome) Trace() event.Scenario {
	told := event.Scenario{Name: o.Scenario.Name, Failed: len(o.Failures) > 0}
	if o.seen != nil {
		told.Trace = o.seen.trace()
	}
	return told
}

// Broken is the outcome of a scenario that was not played.
func Broken(scenario scenarios.Scenario, cast scenarios.Cast, why error) Outcome {
	return Outcome{Scenario: scenario, Cast: cast, Broke: why}
}

// outcome is what the play showed, when its steps are over.
func (p *player) outcome(broke error) Outcome {
	var unmet error
	if isUnmet(broke) {
		broke, unmet = nil, broke
	}
	return Outcome{
		Scenario: p.scenario, Cast: p.cast, Duration: p.duration, Sent: p.count,
		Judged: p.judged, Settled: p.settled, Took: p.took, Unfit: p.unfit,
		Failures: p.evidence.told(), Broke: broke, Unmet: unmet, seen: p.evidence, late: p.late, CutShort: p.isCutShort,
	}
}
