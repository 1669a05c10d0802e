package outage

import (
	"context"

	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/scenarios"
)

func init() {
	register(Kind{
		Name: scenarios.NetworkCut,
		New:  func(receiver.Receiver) (Running, error) { return &networkCut{new(network)}, nil },
	})
}

// networkCut resets the connections to the receiver and refuses new ones.
type networkCut struct{ *network }

func (c *networkCut) Begin(context.Context) error { c.Cut(); return nil }

func (c *networkCut) End(ctx context.Context) error { c.Mend(ctx); return nil }

func (*networkCut) Words() string { return string(scenarios.NetworkCut) }
