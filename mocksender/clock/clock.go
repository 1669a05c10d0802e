// Package clock is the time by which a sender waits: real, or faster than
// that.
package clock

import (
	"context"
	"time"
)

// Clock tells the time and waits. Its methods may be called at once by several
// goroutines.
type Clock interface {
	Now() time.Time
	// Sleep waits for d and returns nil, or ctx's error if ctx ends first. A d
	// of 0 or less does not wait, and still returns the error of a ctx that has
	// ended.
	Sleep(ctx context.Context, d time.Duration) error
}

// Real is the system's time. In a bubble of testing/synctest it is the
// bubble's.
type Real struct{}

var _ Clock = Real{}

// Now is time.Now.
func (Real) Now() time.Time { return time.Now() }

// Sleep waits for d or for the end of ctx.
func (Real) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
