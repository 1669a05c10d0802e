package mocksender

import (
	"context"
	"time"
)

// SlowBody sends the body in pieces with pauses between them.
type SlowBody struct {
	// Pieces is the number of pieces, at most one a byte; 0 is 10, a negative
	// number is 1.
	Pieces int
	// Pause is the time between two pieces, by the sender's clock; 0 is 100 ms,
	// a negative time none.
	Pause time.Duration
}

var _ Fault = SlowBody{}

func init() { register(SlowBody{}) }

// Name is slow-body.
func (SlowBody) Name() string { return "slow-body" }

// Strike plays the attempt.
func (f SlowBody) Strike(_ context.Context, x *Exchange) (Answer, error) {
	if f.Pieces == 0 {
		f.Pieces = 10
	}
	if f.Pause == 0 {
		f.Pause = 100 * time.Millisecond
	}
	body := x.Size() - x.Head()
	pieces := max(1, min(f.Pieces, body))
	// A receiver that refuses meanwhile ends the sending; Finish has its answer.
	if x.SendPart(x.Head()) != nil {
		return x.Finish()
	}
	for i := 1; i < pieces; i++ {
		if x.SendPart(x.Head()+body*i/pieces-x.Sent()) != nil {
			return x.Finish()
		}
		if err := x.Sleep(f.Pause); err != nil {
			return Answer{}, err
		}
	}
	return x.Finish()
}
