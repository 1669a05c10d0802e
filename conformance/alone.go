package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/doctor"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/play"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Played is how one scenario ended.
type Played struct {
	Check    scenarios.Check
	Scenario scenarios.Scenario
	// Result is Pass, Fail, Skipped or Errored.
	Result event.Result
	// Reason says why the scenario was skipped or could not be judged.
	Reason   string
	Failures []event.Failure
	// Rounds is how often it was played: more than once where it is a
	// counterexample whose requests race.
	Rounds int
}

// raceRounds is how often a counterexample whose requests race is played, with
// fresh messages, before it counts as mended: one that fails in a fifth of the
// rounds gets through them with a probability of 1 in 7500.
const raceRounds = 40

// Play plays c.Scenarios against the receiver under test, one after the other,
// and tells each step as it is done; a nil tell is told nothing. The judgement
// is Certify's, with the second look at the end. Focus, Skip, Level and waivers
// have no say: what is given is played.
//
// What was played is complete as far as the run came, whatever the error, which
// is as Certify's. Observers see the run's start and its notes.
func Play(ctx context.Context, c Config, tell func(Trace)) ([]Played, error) {
	r, err := solo(c)
	if err != nil {
		return nil, err
	}
	if tell == nil {
		tell = func(Trace) {}
	}
	played, err := r.playAlone(ctx, tell)
	return played, errors.Join(err, r.subject.Close())
}

// solo is a run of the scenarios that c names and nothing else.
func solo(c Config) (*run, error) {
	c.setDefaults(time.Now())
	if err := c.validate(); err != nil {
		return nil, err
	}
	if len(c.Scenarios) == 0 {
		return nil, &UsageError{"no scenario to play"}
	}
	if err := distinct(c.Scenarios); err != nil {
		return nil, err
	}
	return newRun(c, c.Scenarios)
}

func (r *run) playAlone(ctx context.Context, tell func(Trace)) ([]Played, error) {
	if err := r.subject.Start(ctx); err != nil {
		return nil, err
	}
	r.emit(r.started())
	if err := r.reachable(ctx); err != nil {
		return nil, err
	}
	if err := r.takeFirst(ctx); ctx.Err() != nil || doctor.IsSurroundings(err) {
		return nil, err
	}
	var all []*verdict // of a scenario each
	rounds := map[*verdict]int{}
	for i := range r.checks {
		whole, err := r.prepare(ctx, &r.checks[i])
		if err != nil {
			return nil, err
		}
		if only := whole.check.Protocol; only != "" && only != r.cfg.Target.Protocol && whole.skip == "" {
			whole.skip = fmt.Sprintf("it is of protocol %s, and the receiver speaks %s", only, r.cfg.Target.Protocol)
		}
		for _, plan := range whole.planned {
			v := &verdict{check: whole.check, planned: []planned{plan}, skip: whole.skip, outcomes: []play.Outcome{{Scenario: plan.scenario}}}
			if v.skip == "" {
				if v.outcomes[0], rounds[v], err = r.playRounds(ctx, v.check, plan, tell); err != nil {
					return nil, err
				}
				if ctx.Err() != nil {
					return r.results(all, rounds), ctx.Err()
				}
			}
			all = append(all, v)
		}
	}
	if err := r.lookAgain(ctx, all); ctx.Err() != nil {
		return r.results(all, rounds), err
	}
	return r.results(all, rounds), nil
}

// playRounds plays a scenario, and a counterexample whose requests go out
// together again, until it fails once; the outcome is the last one's.
func (r *run) playRounds(ctx context.Context, c *scenarios.Check, plan planned, tell func(Trace)) (out play.Outcome, round int, err error) {
	o := r.options(c)
	o.Follow = tell
	out = r.play(ctx, plan, o)
	overlaps := slices.ContainsFunc(plan.scenario.Steps, func(s scenarios.Step) bool { return s.Together != nil })
	if c.Counterexample == "" || !overlaps {
		return out, 1, nil
	}
	o.Follow = nil
	for round = 1; round < raceRounds && len(out.Failures) == 0 && out.Broke == nil && ctx.Err() == nil; round++ {
		cast, err := r.bind(plan.scenario, fmt.Sprintf("%s/%s/round %d", c.ID, plan.scenario.Name, round+1))
		if err != nil {
			return out, round, fmt.Errorf("check %s: %w", c.ID, err)
		}
		out = r.play(ctx, planned{plan.scenario, cast}, o)
	}
	if round > 1 {
		tell(ScenarioRepeated{Rounds: round, Lines: out.Lines(), Failures: out.Failures})
	}
	return out, round, nil
}

// results are how the scenarios ended, each by itself.
func (r *run) results(verdicts []*verdict, rounds map[*verdict]int) []Played {
	c := r.cfg
	c.Target.Waive = nil
	var all []Played
	for _, v := range verdicts {
		result := v.result(c)
		all = append(all, Played{Check: *v.check, Scenario: v.planned[0].scenario, Result: result.Result, Reason: result.Reason,
			Failures: result.Failures, Rounds: max(1, rounds[v])})
	}
	return all
}

// What Play shows of a scenario.
type (
	Trace            = play.Trace
	ScenarioStarted  = play.ScenarioStarted
	StepStarted      = play.StepStarted
	StepFinished     = play.StepFinished
	ScenarioFinished = play.ScenarioFinished
	ScenarioRepeated = play.ScenarioRepeated
	Look             = play.Look
)
