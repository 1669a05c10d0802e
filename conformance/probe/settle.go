package probe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/mocksender"
)

// The pauses between two questions: short at first, because most receivers are
// right at once, and twice as long each time; longer yet for what is probably wrong.
const (
	firstPause   = time.Millisecond
	longestPause = 50 * time.Millisecond
	soon         = 300 * time.Millisecond // of the waiting
	latestPause  = 200 * time.Millisecond
)

// Question is a message and what its state must be.
type Question struct {
	Key mocksender.Key
	OK  func(*event.State) bool // called with nil for a message that is not known
}

// Await is Settle for one message.
func Await(ctx context.Context, p Prober, key mocksender.Key, deadline time.Time, ok func(*event.State) bool) (*event.State, error) {
	states, err := Settle(ctx, p, []Question{{key, ok}}, deadline)
	if err != nil {
		return nil, err
	}
	return states[0], nil
}

// Settle asks for the messages' states until each is as wanted or the deadline
// is over, and returns the last answers, in the order of the questions. A state that was
// right once is not asked for again.
//
// A state that is returned and not as wanted was asked for at the deadline or
// later: however slow the machine, no receiver is accused of what it had time
// left to mend. So one question more may be asked after the deadline.
//
// An error that is Temporary is waited out until the deadline. The error is an
// *Error, and there are no states then.
func Settle(ctx context.Context, p Prober, questions []Question, deadline time.Time) ([]*event.State, error) {
	states := make([]*event.State, len(questions))
	open := make([]int, len(questions)) // indexes of what is not right yet
	for i := range open {
		open[i] = i
	}
	began := time.Now()
	longest := func() time.Duration {
		if time.Since(began) < soon {
			return longestPause
		}
		return latestPause
	}
	for pause := firstPause; len(open) > 0; pause = min(2*pause, longest()) {
		keys := make([]mocksender.Key, len(open))
		for i, w := range open {
			keys[i] = questions[w].Key
		}
		last := !time.Now().Before(deadline)
		got, err := p.States(ctx, keys)
		if err == nil && len(got) != len(keys) {
			err = &Error{Msg: fmt.Sprintf("gave %d states for %d keys: want as many", len(got), len(keys))}
		}
		if err != nil {
			// A question that failed and took until after the deadline is not
			// asked again: nobody is accused by an error.
			if !temporary(err) || ctx.Err() != nil || !time.Now().Before(deadline) {
				return nil, err
			}
		} else {
			still := open[:0]
			for i, w := range open {
				states[w] = got[i]
				if !questions[w].OK(got[i]) {
					still = append(still, w)
				}
			}
			open = still
		}
		if last || len(open) == 0 {
			break
		}
		timer := time.NewTimer(min(pause, time.Until(deadline)))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, &Error{Msg: "ended before the states were as wanted", Err: ctx.Err()}
		}
	}
	return states, nil
}

func temporary(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Temporary
}
