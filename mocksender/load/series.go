package load

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// MaxSeries is how many points a Result's Series has at most. Where a run has
// more intervals, two neighbours become one, again and again: their counts
// are added, of their quantiles the larger one stays.
const MaxSeries = 4096

// collector gathers the tallies into a run's totals and its series.
type collector struct {
	e                *engine
	series           []Point
	every            int // intervals in a point
	open             int // intervals in the point that is being gathered
	point            Point
	latency, service *hdrhistogram.Histogram // of that point
	total            Result
	latencies        Buckets // of the run so far
	services         Buckets
}

func newCollector(e *engine) *collector {
	return &collector{e: e, every: 1, latency: NewHistogram(), service: NewHistogram(),
		total: Result{Latency: NewHistogram(), Service: NewHistogram()}}
}

// run collects once an interval until the run ends.
func (c *collector) run() {
	ticker := time.NewTicker(c.e.config.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			c.observe(c.collect(false))
		case <-c.e.quit:
			return
		}
	}
}

// observe tells whoever wants to know.
func (c *collector) observe(s Snapshot) {
	if c.e.config.Observe != nil {
		c.e.config.Observe(s)
	}
}

// collect ends an interval.
func (c *collector) collect(done bool) Snapshot {
	lastLatency, lastService := c.e.interval[0], c.e.interval[1]
	empty(lastLatency)
	empty(lastService)
	var sum counters
	errors, struck := map[string]uint64{}, map[string]uint64{}
	for _, t := range c.e.tallies {
		t.mu.Lock()
		sum.add(t.counters)
		for k, n := range t.errors {
			errors[k.String()] += n
		}
		for f := noFault + 1; f < faultKinds; f++ {
			if n := t.struck[f]; n > 0 {
				struck[faultNames[f]] += n
			}
		}
		merge(lastLatency, t.latency)
		merge(lastService, t.service)
		empty(t.latency)
		empty(t.service)
		t.mu.Unlock()
	}
	merge(c.total.Latency, lastLatency)
	merge(c.total.Service, lastService)
	c.latencies.add(lastLatency)
	c.services.add(lastService)

	now, state := c.e.state()
	before := c.total.Counts
	c.total.Counts = Counts{
		Requests: sum.requests, Events: sum.events, Bytes: sum.bytes, Attempts: sum.attempts, Retries: sum.retries,
		Acknowledged: sum.acknowledged, Dropped: sum.dropped, Unsettled: state.unsettled,
		Late: sum.late, Unsent: state.unsent, Resent: sum.resent, Errors: errors, Struck: struck,
	}
	c.total.Duration, c.total.Begun = now, sum.begun

	last := Point{At: now, Length: now - c.lastAt(), Waiting: state.waiting, InFlight: state.inFlight, Overdue: state.overdue,
		Latency: QuantilesOf(lastLatency), Service: QuantilesOf(lastService)}
	last.count(before, c.total.Counts)
	c.extend(last, lastLatency, lastService, done)
	return Snapshot{Elapsed: now, Draining: state.draining, Done: done, Counts: c.total.clone(), Last: last, Latency: c.latencies, Service: c.services}
}

// merge and empty do nothing where there is nothing: histograms are large.
func merge(into, from *hdrhistogram.Histogram) {
	if from.TotalCount() > 0 {
		into.Merge(from) // of the same range: nothing is dropped
	}
}

func empty(h *hdrhistogram.Histogram) {
	if h.TotalCount() > 0 {
		h.Reset()
	}
}

// lastAt is when the last interval ended.
func (c *collector) lastAt() time.Duration {
	if c.open > 0 {
		return c.point.At
	}
	if n := len(c.series); n > 0 {
		return c.series[n-1].At
	}
	return 0
}

// count sets what was done between two totals.
func (p *Point) count(before, after Counts) {
	p.Requests = after.Requests - before.Requests
	p.Events = after.Events - before.Events
	p.Bytes = after.Bytes - before.Bytes
	p.Retries = after.Retries - before.Retries
	p.Errors = after.Failed() - before.Failed()
}

// extend adds an interval to the series. A short one at the end becomes part of
// the last point: alone it would look like a drop.
func (c *collector) extend(last Point, latency, service *hdrhistogram.Histogram, done bool) {
	n := len(c.series)
	if short := last.Length < c.e.config.Interval/2; done && short && c.open == 0 && n > 0 {
		c.point = c.series[n-1]
		c.series = c.series[:n-1]
	} else if c.open == 0 {
		empty(c.latency)
		empty(c.service)
	}
	merge(c.latency, latency)
	merge(c.service, service)
	c.point = join(c.point, last)
	if c.open++; c.open < c.every && !done {
		return
	}
	c.point.Latency, c.point.Service = QuantilesOf(c.latency), QuantilesOf(c.service)
	c.series = append(c.series, c.point)
	c.point, c.open = Point{}, 0
	if len(c.series) >= MaxSeries {
		for i := range MaxSeries / 2 {
			c.series[i] = join(c.series[2*i], c.series[2*i+1])
		}
		c.series = c.series[:MaxSeries/2]
		c.every *= 2
	}
}

// join makes one interval of two that follow each other.
func join(a, b Point) Point {
	b.Length += a.Length
	b.Requests += a.Requests
	b.Events += a.Events
	b.Bytes += a.Bytes
	b.Errors += a.Errors
	b.Retries += a.Retries
	b.Latency = larger(a.Latency, b.Latency)
	b.Service = larger(a.Service, b.Service)
	return b
}

func larger(a, b Quantiles) Quantiles {
	return Quantiles{max(a.P50, b.P50), max(a.P90, b.P90), max(a.P99, b.P99), max(a.Max, b.Max)}
}

// result is the whole, after the last interval was collected.
func (c *collector) result() Result {
	r := c.total
	r.Series = c.series
	return r
}
