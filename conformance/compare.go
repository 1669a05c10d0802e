package conformance

import (
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Compare says in one line how a receiver's state differs from the wanted one;
// empty where it does not. A nil state is a message that the receiver does not
// know. What the receiver does not report is not compared.
func Compare(want scenarios.Want, got *event.State) string { return wrong(want, got) }

// NewSecret is a random secret, such as a run makes for a receiver that it
// starts and was given none for.
func NewSecret() string { return newSecret() }

// WrongSecret is a secret that is not the given one. It can't be turned back.
func WrongSecret(secret string) string { return wrongSecret(secret) }
