package event

import "github.com/ctxpush/ctxpush/mocksender"

// Bounds of what a Trace holds. A report must stay a file that can be opened,
// whatever a scenario sends.
const (
	// MaxSteps is how many steps a Trace keeps: the first and the last ones.
	MaxSteps = 80
	// MaxEntries is how many entries of one batch, and how many states of one
	// look, a Step keeps, and how many changes a Trace keeps as the truth.
	MaxEntries = 16
)

// Trace is a scenario as it was played: what truly became of its messages, what
// was sent and answered, and which states the receiver told. It holds no
// content and is free of the secret.
type Trace struct {
	// Truth is what truly became of the messages, each in the order of its
	// changes, whether or not an entry told of them; the first MaxEntries.
	Truth []Entry `json:"truth,omitempty"`
	// Steps are in the order in which they began. An Omitted step stands for
	// those between the first and the last MaxSteps/2.
	Steps []Step `json:"steps"`
}

// StepKind is what a step is.
type StepKind string

// The kinds of steps.
const (
	Attempted StepKind = "attempt" // a request, and its answer
	Looked    StepKind = "look"    // the states that the receiver told
	Restarted StepKind = "restart" // the receiver was ended and started again
	Outage    StepKind = "outage"  // something failed meanwhile
	Waited    StepKind = "wait"
	Omitted   StepKind = "omitted" // Count steps that are not kept
)

// Step is one thing that was done to the receiver.
type Step struct {
	Kind StepKind `json:"kind"`
	// AtUS is when it began, in microseconds of real time since the scenario's
	// beginning, and TookUS how long it lasted.
	AtUS   int64 `json:"at_us"`
	TookUS int64 `json:"took_us,omitempty"`
	// Text is what was done, where Kind does not say it all: the signal of a
	// restart, which is empty where the receiver ended of its own, what an outage was and the services that it was of, the length of a wait, what is unusual about a request.
	Text string `json:"text,omitempty"`

	// Of an attempt: Request is the scenario's request that it makes, from 1, and
	// Attempt counts the request's attempts, from 1. AfterMS is how long after the
	// first of them it was due, in milliseconds of ContextPush's time.
	Request int     `json:"request,omitempty"`
	Attempt int     `json:"attempt,omitempty"`
	AfterMS int64   `json:"after_ms,omitempty"`
	Bytes   int     `json:"bytes,omitempty"` // of the body
	Entries []Entry `json:"entries,omitempty"`
	// Count is how many entries the batch has, or how many steps are omitted.
	Count int `json:"count,omitempty"`
	// Fault is what went wrong on the wire on purpose, by its name in mocksender.
	Fault string `json:"fault,omitempty"`
	// Status is the answer's; 0 if none came, and Error says why. Answer is how the
	// body of one that is no 2xx begins.
	Status int    `json:"status,omitempty"`
	Answer string `json:"answer,omitempty"`
	Error  string `json:"error,omitempty"`
	// Want is the answer that the request must get, where it is no 2xx: 4xx, or
	// any.
	Want string `json:"want,omitempty"`

	// States are what a look found.
	States []Seen `json:"states,omitempty"`
}

// Entry is one state change of a message, as the scenario names both, or the
// same change of many messages of a group.
type Entry struct {
	Message string                    `json:"message"`          // m, or m(3) or m(1-50) in a group
	Count   int                       `json:"count,omitempty"`  // how many messages; 0 is one
	Device  string                    `json:"device,omitempty"` // empty: the message has one, or none is meant
	Status  mocksender.DeliveryStatus `json:"delivery_status"`
	// Time is when it truly happened, as the wire has it; of many messages, to the
	// first of them.
	Time string `json:"timestamp"`
}

// Seen is what the receiver told of a message, or of several that it told the
// same of.
type Seen struct {
	Message string `json:"message"` // as in Entry; a group without a number
	Device  string `json:"device,omitempty"`
	// Status is the state; empty: the receiver does not know the message.
	Status    mocksender.DeliveryStatus `json:"delivery_status,omitempty"`
	Method    mocksender.DeliveryMethod `json:"delivery_method,omitempty"`
	Timestamp string                    `json:"timestamp,omitempty"`
	Count     int                       `json:"count"`
	// Judged is set where the state was compared with the wanted one, and Wrong
	// says how it differs; empty: it does not.
	Judged bool   `json:"judged,omitempty"`
	Wrong  string `json:"wrong,omitempty"`
}

// Scenario is one of a check's scenarios as it was played.
type Scenario struct {
	Name   string `json:"name,omitempty"` // empty where the check has one
	Failed bool   `json:"failed,omitempty"`
	Trace  *Trace `json:"trace"`
}

// Orders counts the schedules of an explored check that are of one shape: the
// same true history, which arrived in the same manner.
type Orders struct {
	// History is the true history, such as "pending → delivered".
	History string `json:"history"`
	Manner  Manner `json:"manner"`
	// Schedules is how many were played, Failed how many of them failed.
	Schedules int `json:"schedules"`
	Failed    int `json:"failed,omitempty"`
}

// Manner is how the entries of a message arrived. Where several fit, it is the
// last of them.
type Manner string

// The manners of arrival.
const (
	InOrder  Manner = "in order"     // every change once, the oldest first
	WithGaps Manner = "with gaps"    // changes are missing
	Copied   Manner = "with copies"  // a change comes again
	Mingled  Manner = "out of order" // an older change comes after a newer one
	AtOnce   Manner = "at once"      // two batches are under way together
)

// Manners are all manners, from the plainest to the hardest.
var Manners = []Manner{InOrder, WithGaps, Copied, Mingled, AtOnce}

// Setting is one thing that was set for a run and changes what it finds.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
