package mocksender

import (
	"fmt"
	"net/http"
	"slices"
)

// Outcome is how a delivery ended.
type Outcome int

// The outcomes of a delivery. The zero Outcome is none of them.
const (
	// Acknowledged: an attempt was answered with a 2xx.
	Acknowledged Outcome = iota + 1
	// Dropped: all retries failed, and the batch will not come again.
	Dropped
	// Aborted: the context ended first, or the request can't be sent at all,
	// such as to a malformed URL or for want of what this machine
	// lacks: its last Err is a *LocalError then.
	Aborted
)

// String is the outcome's name in lower case.
func (o Outcome) String() string {
	switch o {
	case Acknowledged:
		return "acknowledged"
	case Dropped:
		return "dropped"
	case Aborted:
		return "aborted"
	}
	return fmt.Sprintf("outcome(%d)", int(o))
}

// Delivery is a batch and all its attempts.
type Delivery struct {
	// Attempts are in their order, at least one.
	Attempts []Attempt
	Outcome  Outcome
}

// Acknowledged tells whether the receiver has taken the batch, as far as the
// sender knows.
func (d Delivery) Acknowledged() bool { return d.Outcome == Acknowledged }

// TooMany tells whether every attempt was answered 429, which says nothing of what
// the receiver would do with the batch.
func (d Delivery) TooMany() bool {
	return len(d.Attempts) > 0 && !slices.ContainsFunc(d.Attempts, func(a Attempt) bool { return a.Answer.Status != http.StatusTooManyRequests })
}

// Last is the last attempt; of the zero Delivery, the zero Attempt.
func (d Delivery) Last() Attempt {
	if len(d.Attempts) == 0 {
		return Attempt{}
	}
	return d.Attempts[len(d.Attempts)-1]
}
