package play

import (
	"context"
	"errors"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Trace is one thing that Play shows of a scenario: ScenarioStarted,
// StepStarted, StepFinished, ScenarioFinished or ScenarioRepeated, in the order in
// which they happened. Everything in it is free of the secret.
type Trace interface{ isTrace() }

// ScenarioStarted is told before a scenario's first step.
type ScenarioStarted struct {
	Check    scenarios.Check
	Scenario scenarios.Scenario
	// Before is what the receiver knows of the scenario's messages.
	Before Look
}

// StepStarted is told before each step of a scenario.
type StepStarted struct {
	Number int // from 1
	Step   scenarios.Step
}

// StepFinished is told after each step that was started.
type StepFinished struct {
	Number int // from 1
	Step   scenarios.Step
	// Lines are what happened: one for each attempt with its answer, restart or
	// wait.
	Lines []string
	// After is one look at the states right after the step: a receiver that
	// works through a queue may need longer.
	After Look
	// Failures are the ways in which the step did not end as it must; an
	// expectation without any is met.
	Failures []event.Failure
}

// ScenarioFinished is told after the last step, or the one that failed. What
// the scenario came to is told by Played.
type ScenarioFinished struct {
	// After is what the receiver knows in the end, when the final states had
	// their time to settle.
	After Look
	// Failures are the expected final states that are not met.
	Failures []event.Failure
	// Err is why the scenario could not be judged; nil where it was.
	Err error
}

// ScenarioRepeated is told of a counterexample whose requests race, when it was
// played in so many rounds, until the first that failed.
type ScenarioRepeated struct {
	Rounds int
	// Lines are what happened in the last round.
	Lines []string
	// Failures are of the last round; none where all went well.
	Failures []event.Failure
}

func (ScenarioRepeated) isTrace() {}
func (ScenarioStarted) isTrace()  {}
func (StepStarted) isTrace()      {}
func (StepFinished) isTrace()     {}
func (ScenarioFinished) isTrace() {}

// follower follows one scenario as it is played. The nil follower follows
// nothing.
type follower struct {
	tell func(Trace)
	// lines and failures are how many of the play's were told.
	lines, failures int
}

func (f *follower) started(ctx context.Context, p *player) {
	if f != nil {
		f.tell(ScenarioStarted{Check: *p.options.Check, Scenario: p.scenario, Before: p.look(ctx)})
	}
}

func (f *follower) stepStarted(number int, step scenarios.Step) {
	if f != nil {
		f.tell(StepStarted{Number: number, Step: step})
	}
}

func (f *follower) stepFinished(ctx context.Context, p *player, number int, step scenarios.Step) {
	if f != nil {
		after := p.look(ctx)
		lines, failures := f.news(p.evidence)
		f.tell(StepFinished{Number: number, Step: step, Lines: lines, After: after, Failures: failures})
	}
}

func (f *follower) finished(ctx context.Context, p *player, err error) {
	if f != nil {
		after := p.look(ctx)
		_, failures := f.news(p.evidence)
		if errors.Is(err, errUnfit) {
			err = nil
		}
		f.tell(ScenarioFinished{After: after, Failures: failures, Err: err})
	}
}

// news is what was noted and found wrong since it was last asked.
func (f *follower) news(e *evidence) (lines []string, failures []event.Failure) {
	e.mu.Lock()
	defer e.mu.Unlock()
	lines = append(lines, e.timeline[f.lines:]...)
	failures = append(failures, e.failures[f.failures:]...)
	f.lines, f.failures = len(e.timeline), len(e.failures)
	return lines, failures
}
