package conformance

import (
	"context"
	"fmt"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/explain"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// judgeAnswer compares what came back with what the step wants.
func (p *play) judgeAnswer(ctx context.Context, step scenarios.Step, d mocksender.Delivery) error {
	last := d.Last()
	if last.Err != nil {
		if how, ended := p.run.revive(ctx); ended {
			p.fail(event.Failure{Kind: event.Crashed, Detail: "the receiver " + how, CauseID: explain.EndedDuring})
			return errUnfit
		}
	}
	switch step.Answer {
	case scenarios.Acknowledge:
		if !d.Acknowledged() {
			p.fail(event.Failure{Kind: event.Refused, Answer: state.AnswerOf(last), Detail: fmt.Sprintf("not acknowledged in %d attempts, the last: %s", len(d.Attempts), outcome(last)),
				Message: p.messageOf(step), CauseID: explain.AnswerCause(last.Answer.Status, p.check.Cause)})
			return errUnfit
		}
	case scenarios.Drop:
		if d.Outcome != mocksender.Dropped {
			return fmt.Errorf("the batch was to be dropped, and was %s: %s", d.Outcome, outcome(last))
		}
	case scenarios.Refuse:
		if last.Err != nil || last.Answer.Status < 400 || last.Answer.Status > 499 {
			detail := outcome(last) + ": want 4xx"
			if !last.Acknowledged() {
				detail += ", as anything else asks for a retry"
			}
			p.fail(event.Failure{Kind: event.Accepted, Answer: state.AnswerOf(last), Detail: detail, Message: p.messageOf(step), CauseID: p.check.Cause})
		}
	}
	return nil
}

// messageOf is the message of the step's first entry.
func (p *play) messageOf(step scenarios.Step) mocksender.Key {
	if len(step.Batch) == 0 {
		return mocksender.Key{}
	}
	return p.cast.Key(step.Batch[0].Message)
}

// outcome is what came of an attempt, in a few words.
func outcome(a mocksender.Attempt) string {
	if a.Err != nil {
		return a.Err.Error()
	}
	return fmt.Sprintf("answered %d", a.Answer.Status)
}
