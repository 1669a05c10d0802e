package mocksender

import (
	"context"
	"fmt"
)

// CutBody cuts the connection in the middle of the body.
type CutBody struct {
	// After is how many bytes of the body are sent, at most all but the last;
	// 0 is half of them, a negative number none.
	After int
}

var _ Fault = CutBody{}

func init() { register(CutBody{}) }

// Name is cut-body.
func (CutBody) Name() string { return "cut-body" }

// Sent is how many bytes are sent of a body of so many.
func (f CutBody) Sent(body int) int {
	after := f.After
	if after == 0 {
		after = body / 2
	}
	return max(0, min(after, body-1))
}

// Strike plays the attempt. It never acknowledges.
func (f CutBody) Strike(_ context.Context, x *Exchange) (Answer, error) {
	body := x.Size() - x.Head()
	after := f.Sent(body)
	if err := x.SendPart(x.Head() + after); err != nil {
		return Answer{}, err
	}
	x.Cut()
	return Answer{}, fmt.Errorf("%d of the body's %d bytes sent: %w", after, body, ErrCut)
}
