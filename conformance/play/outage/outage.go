// Package outage is what can fail for a while as webhooks arrive. Each outage is
// one file, which registers it.
package outage

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/scenarios"
)

// DefaultWindow is how long, in real time, a batch's retries last at least while
// something fails.
const DefaultWindow = 10 * time.Second

// Kind is one outage.
type Kind struct {
	// Name is the outage's in scenarios.
	Name scenarios.Outage
	// Window is how long, in real time, a batch's retries last at least. What has
	// to start anew needs a while.
	Window time.Duration
	// Recovers says that the receiver's states can't be told for a while after it.
	Recovers bool
	// Impossible says why it can't be made with the receiver; empty where it can.
	Impossible func(ctx context.Context, r receiver.Receiver) (string, error)
	// New is the outage for a receiver, not yet begun.
	New func(r receiver.Receiver) (Running, error)
}

// Running is an outage of one receiver. One that lies on the way to it has a
// Dial by which a sender connects.
type Running interface {
	// Begin lets it fail, End lets it work again. End may be called although Begin
	// failed.
	Begin(ctx context.Context) error
	End(ctx context.Context) error
	// Words say what fails, once it has begun.
	Words() string
	// Close frees what it holds.
	Close()
}

var kinds []Kind

// register adds an outage; each file does it for its own.
func register(k Kind) {
	if k.Window == 0 {
		k.Window = DefaultWindow
	}
	if k.Impossible == nil {
		k.Impossible = func(context.Context, receiver.Receiver) (string, error) { return "", nil }
	}
	kinds = append(kinds, k)
	slices.SortFunc(kinds, func(a, b Kind) int { return strings.Compare(string(a.Name), string(b.Name)) })
}

// All are all outages, by their names.
func All() []Kind { return slices.Clone(kinds) }

// ByName is the outage of that name; false where there is none.
func ByName(name scenarios.Outage) (Kind, bool) {
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return kinds[i], true
}
