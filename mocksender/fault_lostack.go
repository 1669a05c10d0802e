package mocksender

import (
	"context"
	"fmt"
)

// LostAck loses the acknowledgement: the whole request is sent and the answer
// has begun to come when the connection is cut. The receiver has taken the
// batch in, the sender does not know it, and sends it again.
type LostAck struct{}

var _ Fault = LostAck{}

func init() { register(LostAck{}) }

// Name is lost-ack.
func (LostAck) Name() string { return "lost-ack" }

// Strike plays the attempt. It never acknowledges.
func (LostAck) Strike(_ context.Context, x *Exchange) (Answer, error) {
	if err := x.Send(); err != nil {
		return Answer{}, err
	}
	if err := x.Await(); err != nil {
		return Answer{}, err
	}
	x.Cut()
	return Answer{}, fmt.Errorf("acknowledgement lost: %w", ErrCut)
}
