package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"

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
}

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
	return played, errors.Join(err, r.receiver.Close())
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
	var verdicts []*verdict
	for i := range r.checks {
		v, err := r.prepare(&r.checks[i])
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

// outcomes are the results of the plays, each by itself.
func outcomes(verdicts []*verdict) []Played {
	var all []Played
	for _, v := range verdicts {
		for _, p := range v.plays {
			alone := verdict{check: v.check, plays: []*play{p}, skip: v.skip, unsure: v.unsure}
			result := alone.result(nil)
			all = append(all, Played{Check: *v.check, Scenario: p.scenario, Result: result.Result, Reason: result.Reason, Failures: result.Failures})
		}
	}
	return all
}
