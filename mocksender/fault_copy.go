package mocksender

import (
	"context"
	"sync"
)

// Copy sends the same request twice at the same time, on two connections whose
// last bytes are aligned. The attempt is acknowledged when both copies are;
// otherwise its answer is the one that was not.
type Copy struct{}

var _ Fault = Copy{}

func init() { register(Copy{}) }

// Name is copy.
func (Copy) Name() string { return "copy" }

// Strike plays the attempt.
func (Copy) Strike(ctx context.Context, x *Exchange) (Answer, error) {
	gate := NewGate(2)
	var second Answer
	var secondErr error
	var wg sync.WaitGroup
	y := x.Again()
	wg.Go(func() { second, secondErr = gate.Strike(ctx, y) })
	first, err := gate.Strike(ctx, x)
	wg.Wait()
	if err == nil && first.Acknowledged() {
		return second, secondErr
	}
	return first, err
}
