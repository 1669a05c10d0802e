package outage

import (
	"context"
	"errors"

	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/scenarios"
)

const notFrozen = "this kind of receiver can't be frozen"

func init() {
	register(Kind{
		Name: scenarios.ReceiverPaused,
		Impossible: func(_ context.Context, r receiver.Receiver) (string, error) {
			if _, can := r.(receiver.Freezer); !can {
				return notFrozen, nil
			}
			return "", nil
		},
		New: func(r receiver.Receiver) (Running, error) {
			freezer, can := r.(receiver.Freezer)
			if !can {
				return nil, errors.New(notFrozen)
			}
			return paused{freezer}, nil
		},
	})
}

// paused freezes the receiver: it takes connections, and does nothing.
type paused struct{ receiver receiver.Freezer }

func (p paused) Begin(ctx context.Context) error { return p.receiver.Freeze(ctx) }

func (p paused) End(ctx context.Context) error { return p.receiver.Thaw(ctx) }

func (paused) Words() string { return string(scenarios.ReceiverPaused) }

func (paused) Close() {}
