package mocksender

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// MaxRetryAfter is how long in all a delivery heeds a receiver's Retry-After.
	MaxRetryAfter = time.Minute
	// firstPace is the time between two attempts at a receiver that has said for
	// the first time that they are too many.
	firstPace = 20 * time.Millisecond
)

// Throttle bounds what all senders that share it send together, in real time
// whatever their clocks. A receiver that answers 429 or 503 with Retry-After is
// left alone by all of them for that long, and after a 429 they send less often
// than before. The zero Throttle bounds nothing until then. It must not be copied
// after its first use.
type Throttle struct {
	// Every is the least time between the beginnings of two attempts, 0 for none:
	// 50 ms for a receiver that takes 20 a second. There are no bursts.
	Every time.Duration
	// Connections is how many attempts are under way at once; 0 is no bound.
	Connections int

	mu     sync.Mutex
	every  time.Duration // what was learnt
	next   time.Time     // when the next attempt may begin
	slower time.Time     // until when a 429 is news of what is known
	slots  chan struct{}
}

// enter waits for an attempt's turn; leave must be called at its end.
func (t *Throttle) enter(ctx context.Context) (leave func(), err error) {
	if t == nil {
		return func() {}, nil
	}
	slots, turn := t.reserve()
	leave = func() {}
	if slots != nil {
		select {
		case slots <- struct{}{}:
			leave = func() { <-slots }
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err := sleepUntil(ctx, turn); err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// reserve is the turn of an attempt, and what bounds those that are under way.
func (t *Throttle) reserve() (chan struct{}, time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.slots == nil && t.Connections > 0 {
		t.slots = make(chan struct{}, t.Connections)
	}
	now := time.Now()
	turn := now
	if t.next.After(now) {
		turn = t.next
	}
	t.next = turn.Add(max(t.Every, t.every))
	return t.slots, turn
}

// heed makes all senders wait where a receiver asks for it.
func (t *Throttle) heed(a Answer, after time.Duration) {
	if t == nil || after <= 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if until := now.Add(after); until.After(t.next) {
		t.next = until
	}
	// Those that were under way are refused for the same excess.
	if a.Status == http.StatusTooManyRequests && now.After(t.slower) {
		t.every = max(firstPace, t.every*3/2)
		t.slower = now.Add(after)
	}
}

// RetryAfter is how long the receiver asks to be left alone, by its answer to a
// request that came too early; 0 where it does not. A date in the past is 0, too.
func (a Answer) RetryAfter(now time.Time) time.Duration {
	if a.Status != http.StatusTooManyRequests && a.Status != http.StatusServiceUnavailable {
		return 0
	}
	field := strings.TrimSpace(a.Fields.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(field, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(field); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

func sleepUntil(ctx context.Context, t time.Time) error {
	left := time.Until(t)
	if left <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
