package load

import (
	"strings"
	"time"

	engine "github.com/ctxpush/ctxpush/mocksender/load"
)

// measured takes in what the engine has done.
func (r *Report) measured(res engine.Result) {
	if !res.Started.IsZero() {
		r.Started = res.Started
	}
	r.counts(res.Counts)
	r.DurationS = res.Duration.Seconds()
	r.BegunS = res.Begun.Seconds()
	r.figures()
	if res.Latency != nil {
		r.LatencyMS, r.Histogram = latencies(res.Latency), encode(res.Latency)
	}
	if res.Service != nil {
		r.ServiceMS, r.ServiceHistogram = latencies(res.Service), encode(res.Service)
	}
	for _, p := range res.Series {
		r.Series = append(r.Series, point(p))
	}
}

func (r *Report) counts(c engine.Counts) {
	r.Requests, r.Events, r.Bytes = c.Requests, c.Events, c.Bytes
	r.Attempts, r.Retries, r.Acknowledged = c.Attempts, c.Retries, c.Acknowledged
	r.DroppedBatches, r.Unsettled, r.Late, r.Unsent = c.Dropped, c.Unsettled, c.Late, c.Unsent
	r.Errors, r.Faults = c.Errors, c.Struck
}

func point(p engine.Point) Point {
	of := Point{
		AtS: p.At.Seconds(), RequestsPerS: p.RequestsPerSecond(), EventsPerS: p.EventsPerSecond(),
		InFlight: uint64(max(0, p.InFlight)), Waiting: uint64(max(0, p.Waiting)),
		P50: inMS(p.Latency.P50), P99: inMS(p.Latency.P99), Max: inMS(p.Latency.Max),
	}
	if p.Length > 0 {
		of.ErrorsPerS = float64(p.Errors) / p.Length.Seconds()
	}
	return of
}

// live is what is known of a load while it runs: counts from its start, and the
// latencies of the last interval.
func live(s engine.Snapshot) Report {
	var r Report
	r.counts(s.Counts)
	r.DurationS = s.Elapsed.Seconds()
	r.BegunS = r.DurationS
	r.figures()
	of := func(q engine.Quantiles) Latencies {
		if q == (engine.Quantiles{}) {
			return Latencies{}
		}
		return Latencies{P50: inMS(q.P50), P90: inMS(q.P90), P99: inMS(q.P99), Max: inMS(q.Max), Count: 1}
	}
	r.LatencyMS, r.ServiceMS = of(s.Last.Latency), of(s.Last.Service)
	return r
}

func inMS(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func firstLine(s string) string {
	line, _, more := strings.Cut(strings.TrimSpace(s), "\n")
	if more {
		line += " …"
	}
	return line
}
