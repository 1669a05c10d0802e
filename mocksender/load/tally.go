package load

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// maxShards is over how many tallies the connections spread, so that they do
// not wait for each other.
const maxShards = 4

// tally counts what some of the connections do.
type tally struct {
	mu sync.Mutex
	counters
	errors           map[kind]uint64
	struck           [faultKinds]uint64
	latency, service *hdrhistogram.Histogram // since they were last collected
}

// counters are the plain numbers of a tally.
type counters struct {
	requests, events, bytes, attempts, retries, acknowledged, dropped, late, resent uint64

	begun time.Duration // the last batch, after the start
}

func (c *counters) add(d counters) {
	c.requests += d.requests
	c.events += d.events
	c.bytes += d.bytes
	c.attempts += d.attempts
	c.retries += d.retries
	c.acknowledged += d.acknowledged
	c.dropped += d.dropped
	c.late += d.late
	c.resent += d.resent
	c.begun = max(c.begun, d.begun)
}

func newTally() *tally {
	return &tally{errors: map[kind]uint64{}, latency: NewHistogram(), service: NewHistogram()}
}

// record puts a time into a histogram.
func record(h *hdrhistogram.Histogram, d time.Duration) {
	// Within the range there is no error.
	_ = h.RecordValue(min(max(int64(d/time.Microsecond), lowestTime), longestTime))
}

// book adds what a job has come to.
func (t *tally) book(c counters, o outcome, f fault, latency, service time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(c)
	if c.attempts == 0 {
		return
	}
	if o.kind == kindFault || f == slow && !o.sent.IsZero() {
		t.struck[f]++
	}
	if o.kind != 0 && o.kind != kindFault && o.kind != kindStopped {
		t.errors[o.kind]++
	}
	if f == noFault && o.measured() {
		record(t.latency, latency)
		if !o.sent.IsZero() {
			record(t.service, service)
		}
	}
}
