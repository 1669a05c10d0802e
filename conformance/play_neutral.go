package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/scenarios"
)

// unmetError says why the rest of a scenario was not played: a receiver that
// does not take what comes before it is not judged by it.
type unmetError struct{ why string }

func (e *unmetError) Error() string { return e.why }

// provided sees that the states are those without which the rest of the scenario
// says nothing of the receiver.
func (p *play) provided(ctx context.Context, expect []scenarios.Expectation) error {
	wants, states, err := p.ask(ctx, expect)
	if err != nil {
		return err
	}
	for i, w := range wants {
		if m, wrong := state.Compare(w, states[i]); wrong {
			return &unmetError{fmt.Sprintf("the receiver does not take %s, which is nothing unusual but for its age: %s", w.Message, m)}
		}
	}
	return nil
}

// stillProvided sees that what the scenario is provided with is so still: a
// receiver may forget what is old at any time.
func (p *play) stillProvided(ctx context.Context) error {
	for _, step := range p.scenario.Steps {
		if step.Provided == nil {
			continue
		}
		if err := p.provided(ctx, step.Provided); err != nil {
			return err
		}
	}
	return nil
}

// isProvided tells whether the scenario's states may be forgotten: they are not
// looked at again.
func (p *play) isProvided() bool {
	return slices.ContainsFunc(p.scenario.Steps, func(s scenarios.Step) bool { return s.Provided != nil })
}

// ask asks for the states until they are as expected or the time to settle is
// over. Where the receiver may say what it likes nothing is asked.
func (p *play) ask(ctx context.Context, expect []scenarios.Expectation) ([]scenarios.Want, []*event.State, error) {
	wants := p.run.kept(p.scenario, p.cast.Wants(expect, p.run.cfg.Target.Identity))
	if len(wants) == 0 {
		return nil, nil, nil
	}
	questions := make([]probe.Want, len(wants))
	for i, w := range wants {
		questions[i] = probe.Want{Key: w.Key, OK: func(s *event.State) bool { return state.IsRight(w, s) }}
	}
	from := p.lastAck
	if p.recovered.After(from) {
		from = p.recovered
	}
	if from.IsZero() {
		from = time.Now()
	}
	states, err := probe.Settle(ctx, p.run.prober, questions, from.Add(p.settle()))
	return wants, states, err
}

// neutral makes requests that change nothing: it asks for a message that was
// never sent. A probe that asks elsewhere than the receiver makes none.
func (p *play) neutral(ctx context.Context, requests int) error {
	begin := time.Now()
	for range requests {
		_, err := probe.Await(ctx, p.run.prober, p.run.unsent(), time.Now().Add(p.run.cfg.Target.Settle), anything)
		if err != nil {
			return err
		}
	}
	p.note("%d requests that change nothing", requests)
	p.done(event.Step{Kind: event.Waited, AtUS: p.since(begin), TookUS: time.Since(begin).Microseconds(), Text: fmt.Sprintf("for %d neutral requests", requests)})
	return nil
}

// waitOthers waits until all else of the round was played.
func (p *play) waitOthers(ctx context.Context) error {
	p.note("wait for the others")
	if p.others == nil { // it is played alone
		return nil
	}
	select {
	case <-p.others:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// isUnmet tells whether a play ended because of what it is provided with.
func isUnmet(err error) bool {
	var unmet *unmetError
	return errors.As(err, &unmet)
}
