package play

import (
	"context"
	"fmt"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// judgeAnswer compares what came back with what the step wants.
func (p *courier) judgeAnswer(ctx context.Context, step scenarios.Step, d mocksender.Delivery) error {
	last := d.Last()
	if err := mocksender.Local(last.Err); err != nil {
		return err
	}
	if last.Err != nil && state.AnswerOf(last) != state.TimedOut {
		if how, ended := p.subject.ReviveSoon(ctx); ended {
			p.fail(event.Failure{Kind: event.Crashed, Answer: state.NoAnswer, Detail: "the receiver " + how})
			return errUnfit
		}
	}
	switch step.Answer {
	case scenarios.Acknowledge:
		if d.TooMany() {
			return state.ErrTooMany
		}
		if !d.Acknowledged() {
			p.fail(event.Failure{Kind: event.Refused, Answer: state.AnswerOf(last), Detail: state.NotAcknowledged(d), Message: messageOf(p.cast, step)})
			return errUnfit
		}
	case scenarios.Drop:
		if d.Outcome != mocksender.Dropped {
			return fmt.Errorf("the batch was to be dropped, and was %s: %s", d.Outcome, state.Answered(last))
		}
	case scenarios.Refuse:
		if last.Err != nil || last.Answer.Status < 400 || last.Answer.Status > 499 {
			detail := state.Answered(last) + ": want 4xx"
			if !last.Acknowledged() {
				detail += ", as anything else asks for a retry"
			}
			p.fail(event.Failure{Kind: event.Accepted, Answer: state.AnswerOf(last), Detail: detail, Message: messageOf(p.cast, step)})
		}
	}
	return nil
}

// messageOf is the message of the step's first entry.
func messageOf(cast scenarios.Cast, step scenarios.Step) mocksender.Key {
	if len(step.Batch) == 0 {
		return mocksender.Key{}
	}
	return cast.Key(step.Batch[0].Message)
}
