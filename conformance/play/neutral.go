package play

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/scenarios"
)

// unmetError says why the rest of a scenario was not played: a receiver that
// does not take what comes before it is not judged by it.
type unmetError struct{ why string }

func (e *unmetError) Error() string { return e.why }

// isUnmet tells whether a play ended because of what it is provided with.
func isUnmet(err error) bool {
	var unmet *unmetError
	return errors.As(err, &unmet)
}

// provided sees that the states are those without which the rest of the scenario
// says nothing of the receiver.
func (p *player) provided(ctx context.Context, expect []scenarios.Expectation) error {
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
func (p *player) stillProvided(ctx context.Context) error {
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
func isProvided(s scenarios.Scenario) bool {
	return slices.ContainsFunc(s.Steps, func(s scenarios.Step) bool { return s.Provided != nil })
}

// neutral makes requests that change nothing: it asks for a message that was
// never sent. A probe that asks elsewhere than the receiver makes none.
func (p *courier) neutral(ctx context.Context, requests int) error {
	begin := time.Now()
	key := p.subject.Unsent(p.options.Seed)
	for range requests {
		deadline := time.Now().Add(p.subject.Target.Settle)
		if _, err := probe.Await(ctx, p.subject.Prober, key, deadline, subject.Anything); err != nil {
			return err
		}
	}
	p.note("%s to change nothing", text.Plural(requests, "request"))
	p.done(event.Step{Kind: event.Waited, AtUS: p.since(begin), TookUS: time.Since(begin).Microseconds(),
		Text: "for " + text.Plural(requests, "neutral request")})
	return nil
}

// waitOthers waits until all else of the round was played.
func (p *courier) waitOthers(ctx context.Context) error {
	p.note("wait for the others")
	if p.options.Others == nil { // it is played alone
		return nil
	}
	select {
	case <-p.options.Others():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
