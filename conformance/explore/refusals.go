package explore

import (
	"fmt"
	"sync"

	"github.com/ctxpush/ctxpush/mocksender"
)

// trait is what batches may have in common for which a receiver refuses them.
type trait int

// The traits, the widest first of those that go together.
const (
	messageTwice trait = iota
	entryTwice
	withoutToken
	withPending
	withDelivered
	withOpened
	withFailed
	withCancelled
	traits
)

// String is the trait behind "batches with".
func (t trait) String() string {
	return [traits]string{
		"one message twice", "one entry twice", "an entry without a device token",
		"a pending entry", "a delivered entry", "an opened entry", "a failed entry", "a cancelled entry",
	}[t]
}

var traitOf = map[mocksender.DeliveryStatus]trait{
	mocksender.Pending: withPending, mocksender.Delivered: withDelivered, mocksender.Opened: withOpened,
	mocksender.Failed: withFailed, mocksender.Cancelled: withCancelled,
}

// traitsOf are those of the batch that the entries of one schedule make.
func traitsOf(events []mocksender.Event) (has [traits]bool) {
	type entry struct {
		key    mocksender.Key
		status mocksender.DeliveryStatus
	}
	keys, entries := map[mocksender.Key]bool{}, map[entry]bool{}
	for i := range events {
		e := &events[i]
		one := entry{e.Key(), e.DeliveryStatus}
		has[messageTwice] = has[messageTwice] || keys[one.key]
		has[entryTwice] = has[entryTwice] || entries[one]
		keys[one.key], entries[one] = true, true
		has[withoutToken] = has[withoutToken] || e.DeviceToken == ""
		if t, ok := traitOf[e.DeliveryStatus]; ok {
			has[t] = true
		}
	}
	return has
}

// enough is how many refusals it takes to know that a receiver refuses a trait of
// which nothing was ever taken.
const enough = 3

// Refusals are what a receiver is known to refuse. They are learnt once, for all
// explorations of a run; the zero Refusals know nothing. They may be used side by
// side.
type Refusals struct {
	mu             sync.Mutex
	refused, taken [traits]int
	leftOut        [traits]int
}

// see learns from the answer to a schedule's batch.
func (r *Refusals) see(events []mocksender.Event, taken bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for t, has := range traitsOf(events) {
		switch {
		case has && taken:
			r.taken[t]++
		case has:
			r.refused[t]++
		}
	}
}

// leavesOut tells whether the schedule has a batch with a trait that is refused,
// and counts it then.
func (r *Refusals) leavesOut(b *bound) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.first([traits]bool{true, true, true, true, true, true, true, true}) < 0 {
		return false
	}
	for _, round := range b.schedule.Rounds {
		for _, batch := range round {
			if t := r.first(traitsOf(b.cast.Events(batch))); t >= 0 {
				r.leftOut[t]++
				return true
			}
		}
	}
	return false
}

// first is the first of those traits that is known to be refused; -1 is none. It is
// called with mu locked.
func (r *Refusals) first(has [traits]bool) trait {
	for t := range traits {
		if has[t] && r.refused[t] >= enough && r.taken[t] == 0 {
			return t
		}
	}
	return -1
}

// LeftOut is how many schedules were left out.
func (r *Refusals) LeftOut() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, one := range r.leftOut {
		n += one
	}
	return n
}

// Words say what was left out, a line each.
func (r *Refusals) Words() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lines []string
	for t := range traits {
		if n := r.leftOut[t]; n > 0 {
			lines = append(lines, fmt.Sprintf("explored: %s schedules with %s in a batch were left out: such batches are refused", thousands(n), t))
		}
	}
	return lines
}
