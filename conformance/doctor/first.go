package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/conformance/subject"
)

// First is what the first steps showed of a receiver on which they all went well.
type First struct {
	// Late is how long the state of the first message took, where that was longer
	// than the time to settle; else 0.
	Late time.Duration
}

// Settle is twice the time that the first state took, in whole milliseconds; 0
// where it was not late.
func (f First) Settle() time.Duration { return 2 * f.Late.Round(time.Millisecond) }

// Note says that the first state was later than the time to settle, how the run
// goes on and what to set.
func (f First) Note(settle time.Duration) string {
	return fmt.Sprintf("the first state took %s, longer than settle (%s): the run goes on with %s; set settle: %s in receiver.yaml, or --settle",
		f.Late.Round(time.Millisecond), settle, f.Settle(), FittingSettle(f.Late))
}

// StepError is a first step that failed: nothing else that is asked of the
// receiver would mean anything.
type StepError struct{ Finding Finding }

// Error is the finding and what to do about it, each in its line.
func (e *StepError) Error() string {
	text := fmt.Sprintf("%s: %s", e.Finding.Step, e.Finding.Detail)
	for i, line := range e.Finding.Advice {
		mark := "→"
		if i > 0 {
			mark = " "
		}
		text += "\n  " + mark + " " + line
	}
	return text
}

// firstSteps are those without which no check means anything: the webhook is
// there, takes the secret, and what it acknowledged is told by the probe, also among
// others.
var firstSteps = []string{stepWebhook, stepRight, stepProbe, stepBulk}

// TakeFirst takes a subject that was started, and is not closed, through the first
// steps: one request, and one look at its message, which is waited for up to
// ten times the time to settle, and at it among others. The error is a *StepError where a step failed,
// or ctx's own. Of o, Seed and Epoch must be set; the Target is the subject's.
func TakeFirst(ctx context.Context, o Options, under *subject.Subject) (First, error) {
	e := newExam(o, under)
	defer e.sender.Close()
	for _, s := range steps {
		if !slices.Contains(firstSteps, s.name) || o.NoProbe && (s.name == stepProbe || s.name == stepBulk) {
			continue
		}
		e.run(ctx, []step{{name: s.name, look: s.look}})
		if ctx.Err() != nil {
			return First{}, ctx.Err()
		}
		if f := e.findings[len(e.findings)-1]; f.Result == Failed {
			return First{}, &StepError{f}
		}
	}
	return First{Late: e.took}, nil
}

// IsSurroundings tells whether err is of a step that says nothing of the receiver
// itself.
func IsSurroundings(err error) bool {
	var failed *StepError
	return errors.As(err, &failed) && failed.Finding.Surroundings
}
