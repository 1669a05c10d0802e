// Package strict holds what a webhook sender puts on the wire against the
// webhook contract: requests byte by byte, their entries, the attempts of one
// batch, the entries of one message.
//
// It shares no code and no constant with the sender that it judges, not even
// the contract's numbers: a mistake that stood in both would go unseen. Where a
// sender has a choice, such as in the order of header fields or JSON members,
// strict leaves it.
package strict

import "fmt"

// The contract's numbers, as its page has them.
const (
	maxEntries  = 100
	maxAttempts = 1 + 10 // a first one, and ten retries
)

// Violation is one way in which a sender broke the contract.
type Violation struct {
	Clause string // the contract's name of it
	Detail string // one line
}

// Error is the clause and the detail.
func (v *Violation) Error() string { return v.Clause + ": " + v.Detail }

func violation(clause, format string, args ...any) error {
	return &Violation{Clause: clause, Detail: fmt.Sprintf(format, args...)}
}
