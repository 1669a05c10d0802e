package report

import (
	"cmp"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
)

// Schema names the form of a stored report.
const Schema = "ctxpush.report/v1"

// The files of a report's folder that others point to.
const (
	File     = "report.json"
	PageFile = "report.html"
)

// Result is how a run ended.
type Result string

// The results of a run.
const (
	Pass        Result = "pass"        // every required check that was judged passed
	Fail        Result = "fail"        // a required check failed
	Error       Result = "error"       // none failed, but not all could be judged
	Interrupted Result = "interrupted" // the user ended it, or it is not over
)

// Report is all that a run found. Its strings are valid UTF-8 but not safe to
// print: some of them come from the receiver.
type Report struct {
	dir string // where it is written; empty is not known

	Schema   string         `json:"schema"` // Schema
	Tool     event.Tool     `json:"tool"`
	Receiver event.Receiver `json:"receiver"`
	Command  string         `json:"command"` // repeats the run
	// Settings are what else makes the run what it is.
	Settings []event.Setting `json:"settings,omitempty"`
	Result   Result          `json:"result"`
	// Reason says why the result is Error or Interrupted, or why a run that
	// failed ended early as well. It may have several lines.
	Reason     string    `json:"reason,omitempty"`
	Started    time.Time `json:"started"`     // UTC, to the millisecond
	DurationMS int64     `json:"duration_ms"` // milliseconds
	Summary    Summary   `json:"summary"`
	// Checks are the checks that were finished, in the order of the table.
	Checks []Check `json:"checks"`
	// Causes are the mistakes that what failed comes from, each once.
	Causes []Cause `json:"causes,omitempty"`
	// Explanations are the likely causes of what failed.
	Explanations []Explanation `json:"explanations,omitempty"`
	// NotRun are the ids of the checks that were to be played and never finished.
	NotRun []string `json:"not_run,omitempty"`
	// UnneededWaivers are waivers of checks that passed.
	UnneededWaivers []event.Waiver `json:"unneeded_waivers,omitempty"`
	Notes           []Note         `json:"notes,omitempty"`
	// Baseline is what is new since an earlier run; nil: there is none to compare
	// with.
	Baseline *Baseline `json:"baseline,omitempty"`
}

// Summary counts. Passed, Failed, Waived, Skipped and Errored add up to the
// checks that were finished; with NotRun, to Checks.
type Summary struct {
	Checks  int `json:"checks"`
	Passed  int `json:"passed"`
	Failed  int `json:"failed"` // required and recommended
	Waived  int `json:"waived"`
	Skipped int `json:"skipped"`
	Errored int `json:"errored"`
	NotRun  int `json:"not_run"`

	// FailedRecommended and ErroredRecommended are how many of Failed and of
	// Errored are recommended checks, which decide no result.
	FailedRecommended  int `json:"failed_recommended"`
	ErroredRecommended int `json:"errored_recommended,omitempty"`

	Schedules int `json:"schedules"`
	// SchedulesOf is how many there would have been, had time not ended.
	SchedulesOf int `json:"schedules_of"`
	Requests    int `json:"requests"`
	Events      int `json:"events"`
}

// FailedRequired is how many required checks failed.
func (s Summary) FailedRequired() int { return s.Failed - s.FailedRecommended }

// ErroredRequired is how many required checks could not be judged.
func (s Summary) ErroredRequired() int { return s.Errored - s.ErroredRecommended }

// Check is a check and its verdict.
type Check struct {
	event.Check
	Result     event.Result `json:"result"`
	Reason     string       `json:"reason,omitempty"` // why skipped, waived or not judged
	DurationMS int64        `json:"duration_ms"`      // milliseconds
	Schedules  int          `json:"schedules"`
	// SchedulesOf is how many there would have been; 0 is as many.
	SchedulesOf int             `json:"schedules_of,omitempty"`
	Requests    int             `json:"requests"`
	Events      int             `json:"events"`
	Failures    []event.Failure `json:"failures"`
	// Notes are what it showed besides, and is no failure.
	Notes []event.Note `json:"notes,omitempty"`
	// Orders counts what was explored, by its shape; Scenarios are the traces of
	// what was played, where the run keeps those of passing checks too.
	Orders    []event.Orders   `json:"orders,omitempty"`
	Scenarios []event.Scenario `json:"scenarios,omitempty"`
}

// Note is a line about the run itself.
type Note struct {
	Time time.Time `json:"time"`
	Text string    `json:"text"`
}

// ExitOptions makes exit codes stricter. The zero value is the default.
type ExitOptions struct {
	FailOnSkip    bool // a skipped check counts as a failure
	StrictWaivers bool // a waiver of a check that passed counts as a failure
	// OnlyNew lets failures pass that the report's Baseline has, too. Without a
	// Baseline all are new.
	OnlyNew bool
}

// ExitCode is the exit code of a program that ran r: 0 if all is well, 1 if the
// receiver fell short, 3 if the surroundings kept a check from being judged.
// 1 wins over 3. An interrupted run is never 0; the program knows the signal
// and exits with 130 or 143 instead.
func (r Report) ExitCode(o ExitOptions) int {
	switch {
	case o.OnlyNew && r.Baseline != nil:
		if r.Baseline.newRequired() > 0 {
			return 1
		}
	case r.Result == Fail, r.Summary.FailedRequired() > 0:
		return 1
	}
	switch {
	case o.FailOnSkip && r.Summary.Skipped > 0,
		o.StrictWaivers && len(r.UnneededWaivers) > 0:
		return 1
	case r.Result == Pass, r.Result == Fail && r.whole():
		return 0
	}
	return 3
}

// whole says whether all checks were judged and the run ended as planned.
func (r Report) whole() bool {
	return r.Reason == "" && r.Summary.ErroredRequired() == 0 && r.Summary.NotRun == 0
}

// summarize counts checks and those that were not run.
func summarize(checks []Check, notRun int) Summary {
	s := Summary{Checks: len(checks) + notRun, NotRun: notRun}
	for _, c := range checks {
		switch c.Result {
		case event.Pass:
			s.Passed++
		case event.Fail:
			s.Failed++
			if c.Level == event.Recommended {
				s.FailedRecommended++
			}
		case event.Waived:
			s.Waived++
		case event.Skipped:
			s.Skipped++
		default:
			s.Errored++
			if c.Level == event.Recommended {
				s.ErroredRecommended++
			}
		}
		s.Schedules += c.Schedules
		s.SchedulesOf += max(c.Schedules, c.SchedulesOf)
		s.Requests += c.Requests
		s.Events += c.Events
	}
	return s
}

// Name is what the receiver is called in front of people.
func (r Report) Name() string {
	return cmp.Or(r.Receiver.Name, r.Receiver.Image, r.Receiver.URL, "receiver")
}
