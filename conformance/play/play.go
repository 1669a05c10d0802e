// Package play plays one scenario at a receiver, step by step, and tells what it
// showed: an Outcome, which nobody changes afterwards.
package play

import (
	"context"
	"errors"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Pace is how much patience a play has with the receiver.
type Pace int

// The paces.
const (
	// Normal is that of a run: retries as fast as Options.TimeScale says.
	Normal Pace = iota
	// Patient is a replay's: its retries do not take two hours because the run's
	// do.
	Patient
	// Hasty sends a batch that failed again at once, and only a few times.
	Hasty
)

// Options say how a scenario is played.
type Options struct {
	// Check is what the scenario belongs to.
	Check *scenarios.Check
	// Seed is where the numbers of requests come from, beside the messages' keys.
	Seed fixtures.Salted
	// TimeScale is how much faster than real time retries come: 1 or more.
	TimeScale float64
	Pace      Pace
	// Settle is how long a final state may take; 0 is the receiver's own.
	Settle time.Duration
	// LookAgain looks at what was right once more, when the time to settle is
	// over.
	LookAgain bool
	// Illustrate asks for all states after each step, to show them.
	Illustrate bool
	// Follow is told each step as it is done; nil is nobody.
	Follow func(Trace)
	// Others is called once the play waits for all else of the round, and gives what
	// is closed when that was played; nil: it is alone.
	Others func() <-chan struct{}
	// Usual is how long right states took at most, as far as is known; 0 is nothing.
	Usual time.Duration
	// Yield gives the play's place to another, once a state has taken longer than
	// usual, until resume is called; nil: it keeps its place.
	Yield func() (resume func())
	// Attempted is told each attempt as it is over; nil is nobody.
	Attempted func(mocksender.Attempt)
}

// player is one scenario on its way through the receiver.
type player struct {
	*courier
	follower *follower
	// settled are the final states that were right, and took how long they took.
	settled []scenarios.Want
	took    time.Duration
	// late are states that were not right in time and may come right yet; isCutShort is
	// set where steps come after them.
	late       *subject.Latecomer
	isCutShort bool
	judged     int // how many states were compared
}

// errUnfit ends a scenario whose further steps can't show anything, as one of
// them has failed.
var errUnfit = errors.New("a step failed")

// Play plays the scenario's steps in turn and judges the states at their end.
func Play(ctx context.Context, s *subject.Subject, scenario scenarios.Scenario, cast scenarios.Cast, o Options) Outcome {
	p := newPlayer(s, scenario, cast, o)
	before := s.Revivals()
	err := p.steps(ctx)
	if errors.Is(err, errUnfit) {
		err = nil
	}
	p.duration = time.Since(p.began)
	out := p.outcome(err)
	out.Overlapped = s.Revivals() > before
	if err == nil && o.LookAgain && len(out.Settled) > 0 {
		return p.lookAgain(ctx, out)
	}
	return out
}

func newPlayer(s *subject.Subject, scenario scenarios.Scenario, cast scenarios.Cast, o Options) *player {
	if o.Settle == 0 {
		o.Settle = s.Target.Settle
	}
	seen := &evidence{scenario: scenario, cast: cast, began: time.Now()}
	p := &player{courier: &courier{evidence: seen, subject: s, options: o}}
	if o.Follow != nil {
		p.follower = &follower{tell: o.Follow}
	}
	return p
}

// steps plays all steps and the final expectation. The error is errUnfit where
// the scenario has failed.
func (p *player) steps(ctx context.Context) (err error) {
	if err := p.fresh(ctx); err != nil {
		return err
	}
	p.observe(ctx)
	p.follower.started(ctx, p)
	defer func() { p.follower.finished(ctx, p, err) }()
	for i, step := range p.scenario.Steps {
		p.follower.stepStarted(i+1, step)
		err := p.step(ctx, step)
		p.follower.stepFinished(ctx, p, i+1, step)
		if err == nil || errors.Is(err, errUnfit) {
			p.observe(ctx)
		}
		if err != nil {
			return err
		}
	}
	return p.expect(ctx, p.scenario.Expect, true)
}

// fresh sees that the receiver does not know the scenario's first message
// already, as it does when a seed is played twice on the same disk.
func (p *player) fresh(ctx context.Context) error {
	if len(p.scenario.Messages) == 0 {
		return nil
	}
	first := []scenarios.Expectation{{Message: p.scenario.Messages[0].Name}}
	wants := p.cast.Wants(first, p.subject.Target.Identity)
	if len(wants) == 0 {
		return nil
	}
	asked := time.Now()
	got, err := probe.Await(ctx, p.subject.Prober, wants[0].Key, asked.Add(p.subject.Target.Settle), subject.Anything)
	if err == nil {
		err = subject.CheckFresh(wants[0].Key, got, p.options.Seed.Seed)
	}
	if err == nil && !p.options.Illustrate {
		p.saw(asked, []event.Seen{seenOf(wants[0].Message, "", nil)})
	}
	return err
}

func (p *player) step(ctx context.Context, step scenarios.Step) error {
	switch {
	case step.Outage != "":
		return interrupt(ctx, p.courier, step)
	case step.Restart != "" && step.Together != nil:
		return p.restartInFlight(ctx, step)
	case step.Restart != "":
		return p.restart(ctx, step.Restart)
	case step.Wait > 0:
		p.note("wait %s", step.Wait)
		p.done(event.Step{Kind: event.Waited, AtUS: p.since(time.Now()), TookUS: step.Wait.Microseconds(), Text: step.Wait.String()})
		return subject.Pause(ctx, step.Wait)
	case step.Others:
		return p.waitOthers(ctx)
	case step.Neutral > 0:
		return p.neutral(ctx, step.Neutral)
	case step.Provided != nil:
		return p.provided(ctx, step.Provided)
	case step.Expect != nil:
		return p.expect(ctx, step.Expect, false)
	case step.Together != nil:
		return p.together(ctx, step.Together)
	default:
		return p.send(ctx, step, p.next(), nil)
	}
}

// expect asks for the states until they are as expected or the time to settle
// is over, and judges them. The final ones are remembered, to be looked at
// again.
func (p *player) expect(ctx context.Context, expect []scenarios.Expectation, final bool) error {
	begin := time.Now()
	due := p.due()
	wants, states, err := p.ask(ctx, expect)
	if len(wants) == 0 {
		return nil
	}
	if err != nil {
		if how, ended := p.subject.ReviveSoon(ctx); ended {
			p.fail(event.Failure{Kind: event.Crashed, Detail: "the receiver " + how})
			return errUnfit
		}
		return err
	}
	p.judged += len(wants)
	p.compared(time.Now(), wants, states, p.subject)
	var open []scenarios.Want
	for i, w := range wants {
		if !isProvided(p.scenario) {
			p.subject.Journal.Looked(p.options.Check.ID, w, states[i])
		}
		if m, wrong := state.Compare(w, states[i]); wrong {
			if err := p.stillProvided(ctx); err != nil {
				return err
			}
			p.fail(p.misjudged(w, states[i], m, state.KindOf(w, states[i], p.taken, p.refused)))
			open = append(open, w)
		} else if final && !isProvided(p.scenario) {
			p.settled = append(p.settled, w)
		}
	}
	if len(p.failures) > 0 {
		p.await(open, due, final)
		return errUnfit
	}
	p.took = max(p.took, time.Since(begin))
	return nil
}

// ask asks for the states until they are as expected or the time to settle is
// over. Where the receiver may say what it likes nothing is asked.
func (p *player) ask(ctx context.Context, expect []scenarios.Expectation) ([]scenarios.Want, []*state.State, error) {
	wants := p.subject.WithoutIgnored(p.cast.Wants(expect, p.subject.Target.Identity))
	if len(wants) == 0 {
		return nil, nil, nil
	}
	defer p.options.yield()()
	states, err := probe.Settle(ctx, p.subject.Prober, subject.Questions(wants), p.due().Add(p.options.Settle))
	return wants, states, err
}

// yield gives the play's place to another when a state takes longer than usual; the
// play has it again when resume returns.
func (o *Options) yield() (resume func()) {
	if o.Yield == nil || o.Usual == 0 {
		return func() {}
	}
	resumed := make(chan func(), 1)
	waits := time.AfterFunc(o.Usual, func() { resumed <- o.Yield() })
	return func() {
		if !waits.Stop() {
			(<-resumed)()
		}
	}
}

// due is from when on states have their time to settle.
func (p *player) due() time.Time {
	switch {
	case p.recovered.After(p.lastAck):
		return p.recovered
	case p.lastAck.IsZero():
		return time.Now()
	}
	return p.lastAck
}
