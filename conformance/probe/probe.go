// Package probe reads a receiver's state: what it believes became of a
// message.
package probe

import (
	"context"
	"io"
	"net/http"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/mocksender"
)

// Prober reads the state of messages.
type Prober interface {
	// States looks the messages up: as many states as keys, in their order, nil
	// for a message that the receiver does not know. A key's device token is
	// empty where the message on all devices is asked for. The error is an
	// *Error: the surroundings are broken, nothing can be said of the receiver.
	States(ctx context.Context, keys []mocksender.Key) ([]*event.State, error)
}

// For makes the prober of a receiver as the Config describes it. The Config's
// secret must be the run's. The error is a *config.Error; nothing was asked yet.
// Close ends what the prober keeps open.
func For(cfg config.Config, r receiver.Receiver) (Prober, error) {
	return open(cfg, r.URL, nil, r)
}

// New is For without a receiver of ours: base is its address at the time of a
// question, which may be another one after each start. Ports of containers
// can't be asked for then, and programs run locally. A nil client is one of our
// own; whatever the client, redirects are not followed.
func New(cfg config.Config, base func() string, client *http.Client) (Prober, error) {
	return open(cfg, base, client, nil)
}

func open(cfg config.Config, base func() string, client *http.Client, r receiver.Receiver) (Prober, error) {
	cfg.SetDefaults()
	switch {
	case cfg.Probe.SQL != nil:
		return newSQL(cfg, r)
	case cfg.Probe.Exec != nil:
		return newExec(cfg, base, r)
	}
	return newHTTP(cfg, base, client)
}

// Close ends what a prober keeps open, such as connections to a database. It is
// not asked again.
func Close(p Prober) error {
	if c, ok := p.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
