package conformance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ctxpush/ctxpush/conformance/doctor"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/play"
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

// raceRounds is how often a counterexample whose requests race is played, with
// fresh messages, before it counts as mended: one that fails in a fifth of the
// rounds gets through them with a probability of 1 in 7500.
const raceRounds = 40

// roundsBeside is how many of these rounds are played side by side.
const roundsBeside = 4

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
	if err := r.subject.Start(ctx); err != nil {
		return nil, err
	}
	if err := r.fit(); err != nil {
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
	q := queue{tell: tell, held: make([][]Trace, len(all)), ended: make([]bool, len(all))}
	var group errgroup.Group
	group.SetLimit(parallel)
	for i, s := range all {
		group.Go(func() (err error) {
			defer q.end(i)
			if s.ended || ctx.Err() != nil {
				return nil
			}
			s.outcomes[0], s.rounds, err = r.playRounds(ctx, s.check, s.planned[0], func(t Trace) { q.add(i, t) })
			s.ended = err == nil && ctx.Err() == nil
			return err
		})
	}
	return group.Wait()
}

// queue tells what happens in several scenarios one scenario after the other: the
// first that has not ended as it happens, the others later.
type queue struct {
	tell func(Trace)

	mu    sync.Mutex
	first int // that has not ended
	held  [][]Trace
	ended []bool
}

func (q *queue) add(i int, t Trace) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i == q.first {
		q.tell(t)
	} else {
		q.held[i] = append(q.held[i], t)
	}
}

func (q *queue) end(i int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.ended[i] = true; q.first < len(q.ended) && q.ended[q.first]; {
		if q.first++; q.first < len(q.held) {
			for _, t := range q.held[q.first] {
				q.tell(t)
			}
			q.held[q.first] = nil
		}
	}
}

// playRounds plays a scenario, and a counterexample whose requests go out
// together again, several rounds side by side, until one fails; the outcome is
// that one's.
func (r *run) playRounds(ctx context.Context, c *scenarios.Check, plan planned, tell func(Trace)) (out play.Outcome, round int, err error) {
	o := r.options(c)
	o.Follow = tell
	out = r.play(ctx, plan, o)
	overlaps := slices.ContainsFunc(plan.scenario.Steps, func(s scenarios.Step) bool { return s.Together != nil })
	if c.Counterexample == "" || !overlaps {
		return out, 1, nil
	}
	o.Follow = nil
	for round = 1; round < raceRounds && len(out.Failures) == 0 && out.Broke == nil && ctx.Err() == nil; {
		outs := make([]play.Outcome, min(roundsBeside, raceRounds-round))
		var group errgroup.Group
		for i := range outs {
			group.Go(func() error {
				cast, err := r.bind(plan.scenario, fmt.Sprintf("%s/%s/round %d", c.ID, plan.scenario.Name, round+i+1))
				if err != nil {
					return fmt.Errorf("check %s: %w", c.ID, err)
				}
				outs[i] = r.play(ctx, planned{plan.scenario, cast}, o)
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return out, round, err
		}
		for _, out = range outs {
			if round++; len(out.Failures) > 0 || out.Broke != nil {
				break
			}
		}
	}
	if round > 1 {
		tell(ScenarioRepeated{Rounds: round, Lines: out.Lines(), Failures: out.Failures})
	}
	return out, round, nil
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
