package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/doctor"
	"github.com/ctxpush/ctxpush/conformance/event"
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
	return played, errors.Join(err, r.close())
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
	if err := r.receiver.Start(ctx); err != nil {
		return nil, err
	}
	r.emit(r.started())
	if err := r.reachable(ctx); err != nil {
		return nil, err
	}
	if err := r.takeFirst(ctx); ctx.Err() != nil || doctor.IsSurroundings(err) {
		return nil, err
	}
	var verdicts []*verdict
	for i := range r.checks {
		v, err := r.prepare(ctx, &r.checks[i])
		if err != nil {
			return nil, err
		}
		if only := v.check.Protocol; only != "" && only != r.cfg.Target.Protocol && v.skip == "" {
			v.skip = fmt.Sprintf("it is of protocol %s, and the receiver speaks %s", only, r.cfg.Target.Protocol)
		}
		verdicts = append(verdicts, v)
		for n, p := range v.plays {
			if v.skip != "" {
				break
			}
			if lost := r.gone(); lost != nil {
				p.broke = fmt.Errorf("not played: the receiver is gone: %w", lost)
				continue
			}
			p.trace = &trace{tell: tell}
			p.do(ctx)
			if p, err = r.race(ctx, p, tell); err != nil {
				return nil, err
			}
			v.plays[n] = p
			if ctx.Err() != nil {
				v.plays = v.plays[:n]
				return outcomes(verdicts), ctx.Err()
			}
		}
	}
	if err := r.lookAgain(ctx, verdicts); ctx.Err() != nil {
		return outcomes(verdicts), err
	}
	return outcomes(verdicts), nil
}

// race plays a counterexample whose requests go out together again, until it
// fails once; the play that is returned is the last. Any other scenario is left
// as it is.
func (r *run) race(ctx context.Context, p *play, tell func(Trace)) (*play, error) {
	together := func(s scenarios.Step) bool { return s.Together != nil }
	if p.check.Counterexample == "" || !slices.ContainsFunc(p.scenario.Steps, together) {
		return p, nil
	}
	for round := 2; round <= raceRounds && len(p.failures) == 0 && p.broke == nil && ctx.Err() == nil; round++ {
		label := fmt.Sprintf("%s/%s/round %d", p.check.ID, p.scenario.Name, round)
		cast, err := scenarios.Bind(p.scenario, r.cfg.seed(), r.cfg.Epoch, label)
		if err != nil {
			return p, fmt.Errorf("check %s: %w", p.check.ID, err)
		}
		p = &play{run: r, check: p.check, scenario: p.scenario, cast: cast, round: round}
		p.do(ctx)
	}
	if p.round > 1 {
		tell(ScenarioRepeated{Rounds: p.round, Lines: p.timeline, Failures: p.failures})
	}
	return p, nil
}

// outcomes are the results of the plays, each by itself.
func outcomes(verdicts []*verdict) []Played {
	var all []Played
	for _, v := range verdicts {
		for _, p := range v.plays {
			alone := verdict{check: v.check, plays: []*play{p}, skip: v.skip, unsure: v.unsure}
			result := alone.result(nil)
			all = append(all, Played{Check: *v.check, Scenario: p.scenario, Result: result.Result, Reason: result.Reason, Failures: result.Failures, Rounds: max(1, p.round)})
		}
	}
	return all
}
