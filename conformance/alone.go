package conformance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ctxpush/ctxpush/conformance/doctor"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/play"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/redact"
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
	// Trace is the last of these rounds, step by step; nil where nothing was played.
	Trace *event.Trace
}

// Play plays c.Scenarios against the receiver under test, c.Parallel side by side
// and those that stop or disturb the receiver alone after them, and tells each
// step, one scenario after the other; a nil tell is told nothing. The judgement
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
	played, err := r.playAlone(ctx, func(t Trace) { tell(redact.Deep(r.hidden, t)) })
	return redact.Deep(r.hidden, played), r.hidden.Err(errors.Join(err, r.subject.Close()))
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
	if err := scenarios.Distinct(c.Scenarios); err != nil {
		return nil, &UsageError{err.Error()}
	}
	return newRun(c, c.Scenarios)
}

func (r *run) playAlone(ctx context.Context, tell func(Trace)) ([]Played, error) {
	if err := r.start(ctx); err != nil {
		return nil, err
	}
	r.emit(r.started())
	if err := r.reachable(ctx); err != nil {
		return nil, err
	}
	if err := r.takeFirst(ctx); ctx.Err() != nil || doctor.IsSurroundings(err) {
		return nil, err
	}
	defer r.subject.Late.Watched(ctx)()
	var all []*solitary
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
			all = append(all, &solitary{verdict: v, ended: v.skip != ""})
		}
	}
	disrupts := func(s *solitary) bool { return s.check.Disrupts() }
	err := r.playBeside(ctx, slices.DeleteFunc(slices.Clone(all), disrupts), r.cfg.Parallel, tell)
	if err == nil && ctx.Err() == nil {
		err = r.playBeside(ctx, slices.DeleteFunc(slices.Clone(all), func(s *solitary) bool { return !disrupts(s) }), 1, tell)
	}
	all = slices.DeleteFunc(all, func(s *solitary) bool { return !s.ended })
	if err == nil && ctx.Err() == nil {
		verdicts := make([]*verdict, len(all))
		for i, s := range all {
			verdicts[i] = s.verdict
		}
		_ = r.lookAgain(ctx, verdicts) // what it could not see, the outcomes say
	}
	return r.results(all), cmp.Or(err, ctx.Err())
}

// solitary is a scenario that is judged by itself.
type solitary struct {
	*verdict
	rounds int
	ended  bool
}

// playBeside plays so many of the scenarios side by side. What is told of one is
// told together, in their order.
func (r *run) playBeside(ctx context.Context, all []*solitary, parallel int, tell func(Trace)) error {
	tellers := play.InOrder(tell, len(all))
	var group errgroup.Group
	group.SetLimit(parallel)
	for i, s := range all {
		group.Go(func() (err error) {
			defer tellers[i].End()
			if s.ended || ctx.Err() != nil {
				return nil
			}
			s.outcomes[0], s.rounds, err = r.playRounds(ctx, s.check, s.planned[0], tellers[i].Tell)
			s.ended = err == nil && ctx.Err() == nil
			return err
		})
	}
	return group.Wait()
}

// playRounds plays a scenario as long as a counterexample of it must be played.
func (r *run) playRounds(ctx context.Context, c *scenarios.Check, plan planned, tell func(Trace)) (play.Outcome, int, error) {
	o := r.options(c)
	o.Follow = tell
	return play.Rounds(ctx, c, plan.scenario, o, func(round int, o play.Options) (play.Outcome, error) {
		own := plan
		if round > 0 {
			var err error
			if own.cast, err = r.bind(plan.scenario, fmt.Sprintf("%s/%s/round %d", c.ID, plan.scenario.Name, round)); err != nil {
				return play.Outcome{}, fmt.Errorf("check %s: %w", c.ID, err)
			}
		}
		return r.play(ctx, own, o), nil
	})
}

// results are how the scenarios ended, each by itself.
func (r *run) results(all []*solitary) []Played {
	c := r.cfg
	c.Target.Waive = nil
	var played []Played
	for _, s := range all {
		result := s.result(c)
		played = append(played, Played{Check: *s.check, Scenario: s.planned[0].scenario, Result: result.Result, Reason: result.Reason,
			Failures: result.Failures, Rounds: max(1, s.rounds), Trace: s.outcomes[0].Trace().Trace})
	}
	return played
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

// Previewed is a scenario's steps with the requests that they would send.
type Previewed struct {
	Check    scenarios.Check
	Scenario scenarios.Scenario
	Steps    []PreviewedStep
}

// PreviewedStep is a step and its requests, each as it would be sent first:
// several where they go out together, none where the step sends nothing.
type PreviewedStep struct {
	Step     scenarios.Step
	Requests []mocksender.Attempt
}

// Preview is the requests that Play would send with the same configuration:
// nothing is started, asked or sent. The secret shows as its variable, and a
// receiver without a URL of its own as receiver.example.
func Preview(c Config) ([]Previewed, error) {
	c.setDefaults(time.Now())
	if err := scenarios.Distinct(c.Scenarios); err != nil {
		return nil, &UsageError{err.Error()}
	}
	r := &run{cfg: c, subject: subject.Nowhere(c.Target)}
	var all []Previewed
	for i := range c.Scenarios {
		v, err := r.prepare(context.Background(), &c.Scenarios[i])
		if err != nil {
			return nil, err
		}
		for _, plan := range v.planned {
			requests, err := play.Preview(r.subject, plan.scenario, plan.cast, r.options(v.check))
			if err != nil {
				return nil, err
			}
			shown := Previewed{Check: *v.check, Scenario: plan.scenario}
			for n, step := range plan.scenario.Steps {
				shown.Steps = append(shown.Steps, PreviewedStep{step, requests[n]})
			}
			all = append(all, shown)
		}
	}
	return all, nil
}
