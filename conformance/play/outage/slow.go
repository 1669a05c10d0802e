package outage

import (
	"context"

	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/scenarios"
)

func init() {
	register(Kind{
		Name: scenarios.NetworkSlow,
		New:  func(receiver.Receiver) (Running, error) { return &networkSlow{new(network)}, nil },
	})
}

// networkSlow delays what goes to the receiver and comes from it, and lets little
// through at a time.
type networkSlow struct{ *network }

func (s *networkSlow) Begin(context.Context) error { return s.Slow() }

func (s *networkSlow) End(ctx context.Context) error { s.Mend(ctx); return nil }

func (*networkSlow) Words() string { return string(scenarios.NetworkSlow) }
