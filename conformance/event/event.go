// Package event is what a certification run tells while it goes on: typed
// events, and the values that they carry. Every output (terminal, report,
// JUnit) reads them; the runner that emits them knows none of the outputs.
package event

import (
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Event is one thing that happened in a run: RunStarted, CheckStarted,
// ScenarioStarted, ScenarioFinished, Advanced, AttemptFinished, CheckFinished, Noted
// or RunFinished, in the order in which they happened.
type Event interface{ isEvent() }

// Observer reads a run's events. Observe is called by one goroutine at a time
// and should not block for long: the run waits for it.
type Observer interface{ Observe(Event) }

// Func is an Observer of one function.
type Func func(Event)

// Observe calls f.
func (f Func) Observe(e Event) { f(e) }

var _ Observer = Func(nil)

// RunStarted is the first event of a run.
type RunStarted struct {
	Time     time.Time
	Tool     Tool
	Receiver Receiver
	// Checks are the checks that will be played, in the order of the table.
	Checks []Check
	// Waivers are the failures that the receiver's owner accepts, whether or not
	// their checks fail.
	Waivers []Waiver
	// Command repeats the run.
	Command string
	// Settings are what else makes the run what it is.
	Settings []Setting
}

// CheckStarted says that a check's first request is about to be sent.
type CheckStarted struct {
	Time time.Time
	ID   string
}

// Advanced says how many of a check's schedules have been played so far. A check
// that is explored tells it now and then, any other after each of them.
type Advanced struct {
	Time   time.Time
	ID     string
	Played int
	Of     int // as many as will be played, if nothing ends the check earlier
}

// ScenarioStarted says that one of a check's scenarios is about to be played.
type ScenarioStarted struct {
	Time time.Time
	ID   string // of the check
	// Play is the number of this play in the run, from 1: a scenario may be played
	// again, and several are played side by side.
	Play int
	Name string // the scenario's; empty where the check has one
	// Replay is set where the play is to explain a failure and judges nothing.
	Replay bool
}

// ScenarioFinished says what a play came to.
type ScenarioFinished struct {
	Time time.Time
	ID   string // of the check
	Play int
	// Failed tells whether it showed that something is wrong; Err is why it could not
	// be judged, nil where it was.
	Failed bool
	Err    error
}

// AttemptFinished carries a request of a check and what came of it. It is told as soon
// as the attempt is over, and only if an observer is an AttemptObserver: a run
// makes many thousands of them.
type AttemptFinished struct {
	Time time.Time
	ID   string // of the check
	Play int    // what it belongs to; 0: to what is explored
	// Attempt's own times are by ContextPush's clock, but for its Duration.
	Attempt mocksender.Attempt
}

// AttemptObserver is an Observer that wants to be told of each attempt.
type AttemptObserver interface {
	Observer
	// WantsAttempts is asked once, before the run.
	WantsAttempts() bool
}

// CheckFinished carries a check's verdict. A check may be finished more than
// once: when its states changed after they were right, and when its failures
// were explained by smaller ones. The last verdict counts.
type CheckFinished struct {
	Time    time.Time
	Verdict Verdict
}

// Noted is a line for people about the run itself, such as a restart.
type Noted struct {
	Time time.Time
	Text string
}

// RunFinished is the last event of a run, also of one that broke off.
type RunFinished struct {
	Time time.Time
	// Err is why the run ended early, nil where it ended as planned.
	Err error
	// Interrupted is set where the user ended it.
	Interrupted bool
}

func (RunStarted) isEvent()       {}
func (CheckStarted) isEvent()     {}
func (ScenarioStarted) isEvent()  {}
func (ScenarioFinished) isEvent() {}
func (Advanced) isEvent()         {}
func (AttemptFinished) isEvent()  {}
func (CheckFinished) isEvent()    {}
func (Noted) isEvent()            {}
func (RunFinished) isEvent()      {}

// Tool is what made a report: enough to make it again.
type Tool struct {
	Version  string    `json:"version"`
	Seed     uint64    `json:"seed"`
	Salt     string    `json:"salt,omitempty"` // what the messages' keys follow from beside the seed
	Epoch    time.Time `json:"epoch"`          // the time at which the run's messages were scheduled
	Protocol string    `json:"protocol"`
}

// Receiver describes the receiver under test.
type Receiver struct {
	// Arguments name the receiver on a command line, quoted for a shell.
	Arguments string `json:"arguments,omitempty"`

	Name     string `json:"name"`
	Kind     string `json:"kind"` // url, command, container, compose or built-in
	URL      string `json:"url,omitempty"`
	Image    string `json:"image,omitempty"`
	Digest   string `json:"digest,omitempty"`
	Identity string `json:"identity"`
	// File is the receiver.yaml that describes it, as it was named; empty: none
	// did. FileDigest is sha256: and the digest of that file; it is left out where
	// the file holds the secret itself, which a digest would help to guess.
	File       string `json:"file,omitempty"`
	FileDigest string `json:"file_digest,omitempty"`
}

// Level is how hard a check judges.
type Level = scenarios.Level

const (
	// Required is what the contract's page settles: a failure fails the run.
	Required = scenarios.Required
	// Recommended is good practice: a failure is shown and fails nothing.
	Recommended = scenarios.Recommended
)

// Check is one property that is judged.
type Check struct {
	ID          string   `json:"id"` // group/name
	Title       string   `json:"title"`
	Level       Level    `json:"level"`
	Clauses     []string `json:"clauses"`
	Requirement string   `json:"requirement"` // one sentence
}

// Waiver is a check whose failure the receiver's owner accepts.
type Waiver struct {
	Check string `json:"check"` // a check's id
	Why   string `json:"why"`
}

// Result is how a check ended.
type Result string

// The results of a check.
const (
	Pass    Result = "pass"
	Fail    Result = "fail"
	Waived  Result = "waived"  // failed, and the receiver's owner accepts it
	Skipped Result = "skipped" // not played, for a reason that is told
	Errored Result = "error"   // not judged, because the surroundings broke
)

// Verdict is a check's result and what led to it.
type Verdict struct {
	ID     string `json:"id"`
	Result Result `json:"result"`
	// Reason says why the check was skipped, waived or could not be judged.
	Reason    string        `json:"reason,omitempty"`
	Duration  time.Duration `json:"-"`
	Schedules int           `json:"schedules"`
	// SchedulesOf is how many there would have been; 0 is as many.
	SchedulesOf int       `json:"schedules_of,omitempty"`
	Requests    int       `json:"requests"`
	Events      int       `json:"events"`
	Failures    []Failure `json:"failures,omitempty"`
	// Notes are what it showed besides, and is no failure.
	Notes []Note `json:"notes,omitempty"`
	// Orders counts what was explored, by its shape; nil where nothing was.
	Orders []Orders `json:"orders,omitempty"`
	// Scenarios are traces of all that was played, also of what passed; nil where
	// the run does not keep them.
	Scenarios []Scenario `json:"scenarios,omitempty"`
}

// Note is what a check showed that is worth a change and no failure.
type Note struct {
	Kind string `json:"kind"` // Late
	// TookMS is how many milliseconds a state took at most.
	TookMS int64 `json:"took_ms"`
	// Setting is what to write into receiver.yaml.
	Setting string `json:"setting"`
}

// Late is the kind of a note on states that were right after the time to settle.
const Late = "late"

// Kind is the way in which a receiver's state is wrong.
type Kind = state.Kind

// The kinds of failure.
const (
	Lost     = state.Lost
	Stale    = state.Stale
	Reverted = state.Reverted
	Merged   = state.Merged
	Invented = state.Invented
	Refused  = state.Refused
	Accepted = state.Accepted
	Crashed  = state.Crashed
)

// Failure is one way in which a check failed, with the requests that show it.
// Everything in it is free of the secret.
type Failure struct {
	Kind  Kind   `json:"kind"`
	Count int    `json:"count"` // how many states or requests failed alike
	Cause string `json:"cause"` // a likely cause, for the receiver's author
	// CauseID names the cause among all that are known; empty: it is a sentence of
	// the user's own scenario.
	CauseID string `json:"cause_id,omitempty"`
	// Foretold says that the cause agrees with all that was seen, passes included,
	// and is no guess.
	Foretold bool `json:"-"`
	// Remedy is what the author may change, in a sentence or two.
	Remedy string `json:"remedy,omitempty"`
	// Detail says in one line what was wrong, such as "answered 500".
	Detail string `json:"detail,omitempty"`
	// Remark is what was found out about the failure, such as for which entries a
	// batch was refused, and Limits at which sizes it begins. In a report they are
	// part of Detail.
	Remark   string         `json:"-"`
	Limits   string         `json:"-"`
	Schedule string         `json:"schedule"` // the schedule's name
	Message  mocksender.Key `json:"message"`
	Expected *State         `json:"expected,omitempty"` // nil: a message that is not known
	Got      *State         `json:"got,omitempty"`      // nil: a message that is not known
	// Field is the part of the state that is wrong; Answer is how a request was
	// answered that should not have been. One of them may be empty, or both.
	Field  state.Field  `json:"field,omitempty"`
	Answer state.Answer `json:"answer,omitempty"`
	// Timeline is what was sent and answered, one line an attempt or step.
	Timeline []string `json:"timeline,omitempty"`
	// Trace is the same for programs, with the states that the receiver told; nil
	// where it was not recorded.
	Trace *Trace `json:"trace,omitempty"`
	// Curl sends the same requests again; the secret is $CTXPUSH_SECRET.
	Curl []string `json:"curl,omitempty"`
	// Log is what the receiver logged around it.
	Log []string `json:"log,omitempty"`
	// Smallest is the smallest delivery that was found to show the failure, one
	// line a step, in the language of scenarios; empty: none was looked for.
	Smallest []string `json:"smallest,omitempty"`
	// Frequency is how often that showed it, such as "7 of 40"; empty: always.
	Frequency string `json:"frequency,omitempty"`
	// SameAs is the id of the check whose failure has the same explanation and
	// tells it; empty: this one does.
	SameAs string `json:"same_as,omitempty"`
	// Counterexample is a scenario file that shows the failure, as a path with
	// slashes below the report's directory; empty: none was written.
	Counterexample string `json:"counterexample,omitempty"`
	// Scenario is that file's text.
	Scenario []byte `json:"-"`
}

// State is what a receiver knows of a message, as far as its probe tells.
type State = state.State

// Details are what was wrong with all that was found out about it, in one line.
func (f Failure) Details() string {
	parts := slices.DeleteFunc([]string{f.Detail, f.Remark, f.Limits}, func(s string) bool { return s == "" })
	return strings.Join(parts, "; ")
}

// Symptom is what the failure looks like.
func (f Failure) Symptom() state.Symptom {
	return state.Symptom{Kind: f.Kind, Field: f.Field, Expected: f.Expected.Status(), Got: f.Got.Status(), Answer: f.Answer}
}
