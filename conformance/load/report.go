package load

import (
	"fmt"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/mocksender"
)

// Schema names the form of a stored load.
const Schema = "ctxpush.load/v1"

// Result is how a load ended.
type Result string

// The results of a load.
const (
	Pass        Result = "pass"        // no state is wrong, all thresholds are kept
	Fail        Result = "fail"        // a state is wrong or missing, or a threshold is broken
	Error       Result = "error"       // the surroundings broke: not all could be judged
	Interrupted Result = "interrupted" // the user ended it
)

// Report is all that a load found. Its strings are valid UTF-8 but not safe to
// print: some of them come from the receiver. It is free of the secret.
type Report struct {
	Schema   string         `json:"schema"` // Schema
	Tool     event.Tool     `json:"tool"`
	Receiver event.Receiver `json:"receiver"`
	Command  string         `json:"command"` // repeats the load
	Result   Result         `json:"result"`
	// Reason says why the result is Error or Interrupted, or what else kept the
	// load from its end. It is one line.
	Reason string `json:"reason,omitempty"`
	// Notes are lines for people about the load, such as what was not verified.
	Notes []string `json:"notes,omitempty"`
	// Crashed is how the receiver ended during the load, empty where it did not.
	Crashed string    `json:"crashed,omitempty"`
	Started time.Time `json:"started"` // UTC, to the millisecond
	Plan    Plan      `json:"plan"`

	Requests     uint64  `json:"requests"`   // batches that were sent at least once
	Events       uint64  `json:"events"`     // their entries
	Bytes        uint64  `json:"bytes"`      // that were written to connections, headers and retries included
	DurationS    float64 `json:"duration_s"` // seconds, retries and the rest of begun histories included
	BegunS       float64 `json:"begun_s"`    // seconds until the last request was begun; rates are over these
	RequestsPerS float64 `json:"requests_per_s"`
	EventsPerS   float64 `json:"events_per_s"`

	Attempts       uint64 `json:"attempts"`
	Retries        uint64 `json:"retries"`
	Acknowledged   uint64 `json:"acknowledged"`    // batches
	DroppedBatches uint64 `json:"dropped_batches"` // after their last retry
	Unsettled      uint64 `json:"unsettled"`       // batches that the end of the load gave up
	Late           uint64 `json:"late"`            // requests that no connection was free for when they were due
	Unsent         uint64 `json:"unsent"`          // requests that were due and never sent

	// Errors are failed attempts by their kind, such as timeout or status_500;
	// those of faults that were played on purpose are not among them.
	Errors map[string]uint64 `json:"errors"`
	// ErrorRate is the share of attempts in Errors, in percent.
	ErrorRate float64 `json:"error_rate"`
	// Faults counts what went wrong on purpose, by the fault's name.
	Faults map[string]uint64 `json:"faults,omitempty"`

	// LatencyMS counts from the moment when a request was due, ServiceMS from
	// the moment when it was sent.
	LatencyMS Latencies `json:"latency_ms"`
	ServiceMS Latencies `json:"service_ms"`
	// Histogram is the latencies in microseconds, as an HdrHistogram V2 in base
	// 64; ServiceHistogram the service times.
	Histogram        string `json:"histogram"`
	ServiceHistogram string `json:"service_histogram"`

	Verify     Verify      `json:"verify"`
	Thresholds []Threshold `json:"thresholds"`
	FindMax    *FindMax    `json:"find_max,omitempty"`
	// Series are the load's intervals, in their order.
	Series []Point `json:"series,omitempty"`
	// Merged are the shards of which this is the sum; empty: it is none.
	Merged []Shard `json:"merged,omitempty"`
}

// Plan is what was to be sent. Loads of one plan and seed send parts of the same
// traffic.
type Plan struct {
	Rate        string  `json:"rate"` // max, a rate, or a ramp
	DurationS   float64 `json:"duration_s"`
	Connections int     `json:"connections"`
	Messages    uint64  `json:"messages"` // at most; 0 is no bound
	Mix         string  `json:"mix"`
	Batch       string  `json:"batch"`
	Faults      Faults  `json:"faults"`
	TimeScale   float64 `json:"time_scale"`
	Shard       Shard   `json:"shard"`
	Verify      string  `json:"verify"`
}

// Latencies are a distribution's figures, in milliseconds; all 0 where nothing
// was measured.
type Latencies struct {
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p999"`
	Max   float64 `json:"max"`
	Mean  float64 `json:"mean"`
	Count uint64  `json:"count"`
}

// Verify is what the look at final states found. Apart from Messages it counts
// states: one for each message, or for each device of a message, as the
// receiver's identity has it.
type Verify struct {
	Mode string `json:"mode"` // all, sample=N or none
	// Skipped says why nothing was looked at, empty where all was that was to be.
	Skipped  string `json:"skipped,omitempty"`
	Messages uint64 `json:"messages"`
	Checked  uint64 `json:"checked"`
	Wrong    uint64 `json:"wrong"`
	Missing  uint64 `json:"missing"`
	// NotJudged are states that nothing can be said of: the batch with the last
	// change was never acknowledged, the contract leaves them open, or the
	// receiver by design does not keep them.
	NotJudged  uint64    `json:"not_judged"`
	DurationS  float64   `json:"duration_s"`
	StatesPerS float64   `json:"states_per_s"`
	Examples   []Example `json:"examples"`
}

// Done says that states were looked at to the end.
func (v Verify) Done() bool { return v.Mode != "" && v.Mode != "none" && v.Skipped == "" }

// Example is one state that is wrong or missing.
type Example struct {
	// Index is the message's number in the traffic.
	Index    uint64         `json:"index"`
	Kind     event.Kind     `json:"kind"`
	Detail   string         `json:"detail"`
	Message  mocksender.Key `json:"message"`
	Expected *event.State   `json:"expected"`
	Got      *event.State   `json:"got"` // null: not known
	// Timeline is the message's true history, one line a change.
	Timeline []string `json:"timeline"`
}

// Threshold is a rule and whether it was kept.
type Threshold struct {
	Rule string `json:"rule"`
	// Value is in milliseconds, percent or none, as the rule's metric is; null
	// where it was not measured.
	Value *float64 `json:"value"`
	OK    bool     `json:"ok"`
	// Abort says that the rule ends a load that breaks it, Aborted that it did.
	Abort   bool `json:"abort,omitempty"`
	Aborted bool `json:"aborted,omitempty"`
}

// FindMax is the search for the highest rate.
type FindMax struct {
	Rule string `json:"rule"`
	// RequestsPerS is the highest rate that was held; 0: none was.
	RequestsPerS float64 `json:"requests_per_s"`
	EventsPerS   float64 `json:"events_per_s"`
	// Bounded says that a higher rate was tried and not held.
	Bounded bool `json:"bounded"`
	// Levels are the rates that were tried, in the order of the search.
	Levels []Level `json:"levels"`
}

// Level is one rate of a search.
type Level struct {
	Target       float64   `json:"target"` // requests a second
	RequestsPerS float64   `json:"requests_per_s"`
	EventsPerS   float64   `json:"events_per_s"`
	LatencyMS    Latencies `json:"latency_ms"`
	ErrorRate    float64   `json:"error_rate"` // percent
	Late         uint64    `json:"late"`
	Wrong        uint64    `json:"wrong"`
	Missing      uint64    `json:"missing"`
	Kept         bool      `json:"kept"`
	// Broken are the rules that were not kept.
	Broken []string `json:"broken,omitempty"`
}

// Point is one interval of a load.
type Point struct {
	AtS          float64 `json:"at_s"` // its end, in seconds from the start
	RequestsPerS float64 `json:"requests_per_s"`
	EventsPerS   float64 `json:"events_per_s"`
	ErrorsPerS   float64 `json:"errors_per_s"`
	InFlight     uint64  `json:"in_flight"`
	Waiting      uint64  `json:"waiting"` // for a retry
	P50          float64 `json:"p50"`     // milliseconds, from due
	P99          float64 `json:"p99"`
	Max          float64 `json:"max"`
}

// judge judges the rules and says how the load ended. broke is why the
// surroundings kept it from being judged, nil where they did not.
func (r *Report) judge(rules []Rule, broke error, interrupted bool) {
	aborted := map[string]bool{}
	for _, t := range r.Thresholds {
		aborted[t.Rule] = t.Aborted
	}
	r.Thresholds = []Threshold{}
	for _, rule := range rules {
		t := rule.Judge(r)
		t.Aborted = aborted[t.Rule]
		t.OK = t.OK && !t.Aborted
		r.Thresholds = append(r.Thresholds, t)
	}
	if broke != nil && r.Reason == "" {
		r.Reason = broke.Error()
	}
	switch {
	case interrupted:
		r.Result = Interrupted
	case len(r.Failures()) > 0:
		r.Result = Fail
	case broke != nil:
		r.Result = Error
	default:
		r.Result = Pass
	}
}

// Failures are the ways in which the receiver fell short, one line each.
func (r *Report) Failures() []string {
	var all []string
	if r.Verify.Wrong > 0 {
		all = append(all, fmt.Sprintf("%s wrong", are(r.Verify.Wrong, "final state")))
	}
	if r.Verify.Missing > 0 {
		all = append(all, fmt.Sprintf("%s missing", are(r.Verify.Missing, "final state")))
	}
	if r.Crashed != "" {
		all = append(all, "the receiver "+r.Crashed+" during the load")
	}
	// Nothing is then known of any state: that is never green in silence.
	if r.Requests > 0 && r.Acknowledged == 0 && r.Result != Interrupted && r.Result != Error {
		all = append(all, fmt.Sprintf("none of %s was acknowledged", plural(r.Requests, "request")))
	}
	for _, t := range r.Thresholds {
		switch {
		case t.OK:
		case t.Value != nil:
			all = append(all, fmt.Sprintf("%s is not kept: %s", t.Rule, t.Show()))
		case r.Result != Interrupted && r.Result != Error:
			all = append(all, fmt.Sprintf("%s could not be judged: not measured", t.Rule))
		}
	}
	if r.FindMax != nil && r.FindMax.RequestsPerS == 0 && len(r.FindMax.Levels) > 0 {
		all = append(all, fmt.Sprintf("%s is kept at no rate that was tried", r.FindMax.Rule))
	}
	return all
}

// ExitCode is the exit code of a program that ran r: 0 if all is well, 1 if the
// receiver fell short, 3 if the surroundings kept it from being judged. 1 wins
// over 3. An interrupted load is never 0; the program knows the signal and exits
// with 130 or 143 instead.
func (r *Report) ExitCode() int {
	switch {
	case r.Result == Pass:
		return 0
	case r.Result == Fail || len(r.Failures()) > 0:
		return 1
	}
	return 3
}
