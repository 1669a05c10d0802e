package strict

import (
	"bytes"
	"time"
)

// window is the time from a batch's first attempt to its last.
const window = 2 * time.Hour

// Attempt is one request as a receiver saw it.
type Attempt struct {
	Raw []byte
	// Start and End are when the sender set out and when it had its answer, or
	// gave up.
	Start, End time.Time
	// Status is the answer's; 0 if there was none.
	Status int
}

func (a Attempt) acknowledged() bool { return a.Status >= 200 && a.Status <= 299 }

// Attempts holds all the requests of one batch, in their order, against the
// clause retry: at most eleven, the same bytes each time, none after an
// acknowledgement, none later than two hours after the first. dropped tells
// whether the sender says that it has given the batch up.
func Attempts(all []Attempt, dropped bool) error {
	if n := len(all); n < 1 || n > maxAttempts {
		return violation("retry", "%d attempts: want 1 to %d", n, maxAttempts)
	}
	for i, a := range all {
		switch {
		case !bytes.Equal(a.Raw, all[0].Raw):
			return violation("retry", "attempt %d has other bytes than the first", i+1)
		case i > 0 && all[i-1].acknowledged():
			return violation("retry", "attempt %d comes after an acknowledgement", i+1)
		case i > 0 && a.Start.Before(all[i-1].End):
			return violation("retry", "attempt %d starts before the former one has ended", i+1)
		case a.Start.Sub(all[0].Start) > window:
			return violation("retry", "attempt %d comes %v after the first: want at most %v", i+1, a.Start.Sub(all[0].Start), window)
		}
	}
	switch last := all[len(all)-1]; {
	case dropped && last.acknowledged():
		return violation("retry", "the batch is said to be dropped, and was acknowledged")
	case dropped && len(all) < maxAttempts:
		return violation("retry", "the batch is dropped after %d attempts: want %d", len(all), maxAttempts)
	case !dropped && !last.acknowledged():
		return violation("retry", "the batch is not said to be dropped, and was not acknowledged")
	}
	return nil
}

// OnTime holds the attempts against the default schedule, to the millisecond:
// each wait is twice the one before, all ten are two hours, and an attempt that
// is due before the former one has ended starts when that has.
func OnTime(all []Attempt) error {
	for i, a := range all {
		// Before attempt i lie 2^i-1 of the 2^10-1 equal parts of the window.
		due := all[0].Start.Add(window * (1<<i - 1) / (1<<(maxAttempts-1) - 1))
		if i > 0 && all[i-1].End.After(due) {
			due = all[i-1].End
		}
		if off := a.Start.Sub(due); off.Abs() > time.Millisecond {
			return violation("retry", "attempt %d starts %v off its time", i+1, off)
		}
	}
	return nil
}

// Keys are the X-Idempotency-Keys of all batches. The zero Keys are none.
type Keys struct{ seen map[string]bool }

// Add takes in the key of a batch, which must be a new one.
func (k *Keys) Add(key string) error {
	if k.seen[key] {
		return violation("request", "X-Idempotency-Key %.60q was another request's before", key)
	}
	if k.seen == nil {
		k.seen = map[string]bool{}
	}
	k.seen[key] = true
	return nil
}
