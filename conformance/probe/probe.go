// Package probe reads a receiver's state: what it believes became of a
// message.
package probe

import (
	"context"

	"github.com/ctxpush/ctxpush/conformance/event"
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
