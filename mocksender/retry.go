package mocksender

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// maxBackoffRetries bounds schedules of the user's own, so that a slip of the
// pen does not become a list of a billion waits.
const maxBackoffRetries = 10_000

// Backoff is the schedule by which a batch that failed is sent again. The zero
// Backoff is the contract's (clause retry): MaxRetries waits, each twice the
// one before, that add up to RetryWindow: 7.04 s, 14.08 s, … 3,603.5 s.
//
// Attempts are due at absolute times, counted from the start of the first one:
// the time that attempts take themselves does not push the last one out. An
// attempt that is due before the former one has ended starts when that has.
type Backoff struct {
	// Retries is how often a batch is sent again, at most 10,000; 0 is
	// MaxRetries, a negative number is never.
	Retries int
	// Window is the time from the first attempt to the last; 0 is RetryWindow,
	// a negative one makes every retry due at once.
	Window time.Duration
	// Factor is how much longer each wait is than the one before, above 0;
	// 0 is 2.
	Factor float64
	// Jitter, 0 to 1, shortens each wait by a random share of it, at most so
	// much. Attempts thus come earlier, never later.
	Jitter float64
	// Seed is where the jitter's randomness comes from. A Sender mixes it with
	// the request's body: batches spread, and the same batch waits the same.
	Seed uint64
}

// Validate says which field is out of its range, nil if none is.
func (b Backoff) Validate() error {
	switch {
	case b.Retries > maxBackoffRetries:
		return fmt.Errorf("backoff: %d retries: want at most %d", b.Retries, maxBackoffRetries)
	case !(b.Factor >= 0) || math.IsInf(b.Factor, 0):
		return fmt.Errorf("backoff: factor %v: want a number above 0, or 0 for 2", b.Factor)
	case !(b.Jitter >= 0 && b.Jitter <= 1):
		return fmt.Errorf("backoff: jitter %v: want 0 to 1", b.Jitter)
	}
	return nil
}

// Waits are the times from one attempt's due time to the next one's, in their
// order. They add up to the window, or with jitter to less. A Backoff that is
// not valid has none.
func (b Backoff) Waits() []time.Duration { return b.waits(b.Seed) }

func (b Backoff) waits(seed uint64) []time.Duration {
	if b.Retries < 0 || b.Validate() != nil {
		return nil
	}
	if b.Retries == 0 {
		b.Retries = MaxRetries
	}
	if b.Window == 0 {
		b.Window = RetryWindow
	}
	if b.Factor == 0 {
		b.Factor = 2
	}
	waits := make([]time.Duration, b.Retries)
	if b.Window < 0 {
		return waits
	}
	random := rand.New(rand.NewPCG(seed, jitterStream))
	due := time.Duration(0)
	for i := range waits {
		next := time.Duration(math.Round(float64(b.Window) * share(b.Factor, i+1, len(waits))))
		next = min(max(next, due), b.Window) // whatever the rounding
		if i+1 == len(waits) {
			next = b.Window
		}
		waits[i] = next - due
		due = next
		if b.Jitter > 0 {
			waits[i] -= time.Duration(float64(waits[i]) * b.Jitter * random.Float64())
		}
	}
	return waits
}

// share is (f^k-1)/(f^n-1), the part of the window that is over after k of n
// waits; for f = 1 its limit k/n. The forms below neither overflow for a large
// n nor lose their digits for an f near 1.
func share(f float64, k, n int) float64 {
	l := math.Log(f)
	switch {
	case l == 0:
		return float64(k) / float64(n)
	case l > 0:
		return math.Exp(l*float64(k-n)) * math.Expm1(-l*float64(k)) / math.Expm1(-l*float64(n))
	}
	return math.Expm1(l*float64(k)) / math.Expm1(l*float64(n))
}
