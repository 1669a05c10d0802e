package load

import (
	"maps"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Counts is what a run has done. The batches that were begun are those that
// were acknowledged, dropped or left unsettled, once the run is over.
type Counts struct {
	// Requests is how many batches were begun, and Events the entries in them.
	Requests, Events uint64
	// Bytes is what was sent of all attempts, heads included, in so far as
	// the attempts got as far as sending.
	Bytes uint64
	// Attempts is how often a batch was sent or failed to be, Retries how many of
	// these were not a batch's first.
	Attempts, Retries uint64
	// Acknowledged is how many batches were answered with a 2xx, Dropped how many
	// were given up after their last retry, or since too many waited for theirs,
	// and Unsettled how many were still on their way when the run ended.
	Acknowledged, Dropped, Unsettled uint64
	// Late is how many requests and retries started more than a millisecond after
	// they were due since every connection was busy.
	Late uint64
	// Unsent is how many requests were due before the end and never sent.
	Unsent uint64
	// Resent is how many attempts were repeated at once because the receiver had
	// closed the idle connection that they were to use. They count once.
	Resent uint64
	// Errors is how many attempts failed, by kind: timeout, refused, reset,
	// closed, bad_answer, long_head, dns, tls, no_files, no_ports, no_route,
	// broken, or status_500 and so on. Faults are not among them.
	Errors map[string]uint64
	// Struck is how many attempts a fault has struck, by its name: lost-ack, slow,
	// reset. A slow attempt may be acknowledged all the same.
	Struck map[string]uint64
}

// Failed is the sum of Errors.
func (c Counts) Failed() uint64 {
	var n uint64
	for _, of := range c.Errors {
		n += of
	}
	return n
}

func (c Counts) clone() Counts {
	c.Errors, c.Struck = maps.Clone(c.Errors), maps.Clone(c.Struck)
	return c
}

// Result is how a run went.
type Result struct {
	// Started is when the run began, and Duration how long it took, with the time
	// in which retries were waited for.
	Started  time.Time
	Duration time.Duration
	// Begun is how long after the start the last batch was begun: Requests per
	// Begun is the rate of the load.
	Begun time.Duration
	// Interrupted tells that the context ended before the run.
	Interrupted bool

	Counts

	// Latency and Service are how long the receiver took, in microseconds, for
	// each attempt that was answered, with whatever status, or not in time. Latency counts
	// from the moment the attempt was due, so that it shows what a stall does
	// to the requests that it delays; Service from the first byte sent. Attempts that a
	// fault struck are not in them.
	Latency, Service *hdrhistogram.Histogram
	// Series is how the run went over time. A run of more than MaxSeries
	// intervals has longer ones.
	Series []Point
}

// Point is an interval of a run.
type Point struct {
	// At is when the interval ended, after the start, and Length how long it was.
	At, Length time.Duration
	// What was done in the interval.
	Requests, Events, Bytes, Errors, Retries uint64
	// Waiting is how many batches waited for their retry when it ended, InFlight
	// how many attempts were under way, Overdue how many requests were due and
	// not begun.
	Waiting, InFlight int
	Overdue           uint64
	// Latency and Service are of the attempts that ended in the interval.
	Latency, Service Quantiles
}

// Quantiles sum up a histogram: half, 90 and 99 per cent of the times are at
// most so long, and the longest. All are 0 where there are none.
type Quantiles struct{ P50, P90, P99, Max time.Duration }

// Snapshot is a run under way.
type Snapshot struct {
	// Elapsed is the time since the start.
	Elapsed time.Duration
	// Draining tells that no new requests are due any more, Done that this is the
	// last Snapshot.
	Draining, Done bool

	// The totals so far. Unsent and Unsettled are known at the end.
	Counts

	// Last is the last interval.
	Last Point

	// Latency and Service are the times so far, as a Result has them.
	Latency, Service Buckets
}

// RequestsPerSecond is the rate at which batches were begun in the interval.
func (p Point) RequestsPerSecond() float64 { return p.per(p.Requests) }

// EventsPerSecond is the rate of entries in the interval.
func (p Point) EventsPerSecond() float64 { return p.per(p.Events) }

// BytesPerSecond is the rate of bytes sent in the interval.
func (p Point) BytesPerSecond() float64 { return p.per(p.Bytes) }

func (p Point) per(n uint64) float64 {
	if p.Length <= 0 {
		return 0
	}
	return float64(n) / p.Length.Seconds()
}

// The range of a Result's histograms, in microseconds: up to an hour, to three
// digits. A longer time counts as an hour.
const (
	lowestTime  = 1
	longestTime = int64(time.Hour / time.Microsecond)
	timeDigits  = 3
)

// NewHistogram makes an empty histogram like those of a Result.
func NewHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(lowestTime, longestTime, timeDigits)
}

// QuantilesOf sums up a histogram of microseconds.
func QuantilesOf(h *hdrhistogram.Histogram) Quantiles {
	if h.TotalCount() == 0 {
		return Quantiles{}
	}
	at := func(q float64) time.Duration {
		return time.Duration(h.ValueAtQuantile(q)) * time.Microsecond
	}
	return Quantiles{at(50), at(90), at(99), time.Duration(h.Max()) * time.Microsecond}
}
