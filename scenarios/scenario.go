package scenarios

import (
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

// Check is one property of a receiver and the scenarios that show whether it
// has it: one file of the catalogue, or one of the user's own.
type Check struct {
	ID          string // group/name
	Title       string
	Requirement string // one sentence
	// Cause is what a receiver that fails most likely does wrong: the ID of a cause
	// that is known, or a sentence.
	Cause   string
	Level   Level
	Clauses []string
	// Protocol is the only version of the protocol whose receivers are judged by
	// the check; empty for all.
	Protocol mocksender.Profile
	// File is the scenario file, as errors name it; empty for the catalogue's.
	File string
	// Counterexample is the id of the check that failed where the file is the
	// smallest delivery that showed it, and Found what was wrong then, in one
	// line. Both are empty for an ordinary scenario.
	Counterexample string
	Found          string
	// Unconfirmed says that the counterexample did not fail when it was played again:
	// that it passes says nothing.
	Unconfirmed bool
	// Scenarios are all played and judged before the check's verdict.
	Scenarios []Scenario
}

// Disrupts says whether the check stops, kills or freezes the receiver or what it
// needs, so that no other may be played beside it.
func (c Check) Disrupts() bool {
	return c.any(func(s Step) bool { return s.Restart != "" || s.Outage != "" && !s.Outage.OfNetwork() })
}

// HasOutage says whether something fails for a while in the check.
func (c Check) HasOutage() bool { return c.any(func(s Step) bool { return s.Outage != "" }) }

// Pauses says whether the check freezes the receiver.
func (c Check) Pauses() bool { return c.any(func(s Step) bool { return s.Outage == ReceiverPaused }) }

// Fails says whether the check plays that outage.
func (c Check) Fails(o Outage) bool { return c.any(func(s Step) bool { return s.Outage == o }) }

// WaitsForOthers says whether the check ends when all others have ended.
func (c Check) WaitsForOthers() bool { return c.any(func(s Step) bool { return s.Others }) }

// DisruptsServices says whether the check stops what the receiver needs.
func (c Check) DisruptsServices() bool {
	return c.any(func(s Step) bool { return s.Outage.OfServices() })
}

func (c Check) any(does func(Step) bool) bool {
	return slices.ContainsFunc(c.Scenarios, func(s Scenario) bool { return slices.ContainsFunc(s.Steps, does) })
}

// Scenario is one way in which messages travel to a receiver, and the states in
// which they must end.
type Scenario struct {
	Name     string // tells a check's scenarios apart; empty where there is one
	Messages []Message
	Steps    []Step
	Expect   []Expectation
	// Judge is what of a state is compared besides its status.
	Judge Fields
}

// Message is the message with that name, nil if there is none.
func (s *Scenario) Message(name string) *Message {
	for i := range s.Messages {
		if s.Messages[i].Name == name {
			return &s.Messages[i]
		}
	}
	return nil
}

// Fields are the parts of a state, besides the status, that are compared.
type Fields struct {
	Method, PlannedMethod, Timestamp, Content bool
}

// Step is one thing that is done to the receiver. Exactly one of Batch, Raw,
// Together, Restart, Wait, Others, Neutral, Expect and Provided is set, but for
// Restart or Outage beside Together.
type Step struct {
	Line int // in the scenario's file

	Request
	// Together are batches that are sent at the same time, each on a connection
	// of its own.
	Together []Step
	Disruption
	// Wait is real time.
	Wait time.Duration
	// Others waits until all else that is played beside the scenario was sent.
	Others bool
	// Neutral is how many requests are made that change nothing, so that other
	// processes of the receiver take those that follow.
	Neutral int
	Expect  []Expectation
	// Provided are states without which the scenario says nothing of the
	// receiver: where one is another, the rest is not played.
	Provided []Expectation
}

// Disruption is what fails, by itself or beside a step's Together.
type Disruption struct {
	// Restart ends the receiver and starts it again; beside Together, while these
	// batches are on their way, at the Moment.
	Restart Restart
	// Outage, beside Together, is what fails from the Moment on, and Lasts how
	// long, in real time.
	Outage Outage
	Lasts  time.Duration
	Moment Moment
}

// Request is one request: either Batch or Raw, and what goes with it.
type Request struct {
	Batch []Ref
	// Raw is a body as it is, JSON or not; nil for none.
	Raw *string

	// Faults strike the attempts in turn, by their names in mocksender.
	Faults []string
	// Proxy are the answers that a proxy before the receiver gives to the first
	// attempts in the receiver's place.
	Proxy   []ProxyAnswer
	Secret  Secret
	Headers []Header
	// Add are fields, as JSON, that each entry has besides the contract's.
	Add    []Header
	Answer Answer
}

// NoFault stands in Step.Faults for an attempt that goes well.
const NoFault = "none"

// Header is a name and a value.
type Header struct{ Name, Value string }

// Ref names entries of a message: one change, or all of them, of one message of
// a group or of each.
type Ref struct {
	Message string
	// From and To are the places in a group, from 1; 0 is the whole group.
	From, To int
	// Device is the device's name; empty where the message has only one, or the
	// change is its cancellation, or all are meant.
	Device string
	// Status is the change; empty for the whole history.
	Status mocksender.DeliveryStatus
}

// Restart is how the receiver is ended before it is started again.
type Restart string

// The ways to end a receiver.
const (
	RestartStop Restart = "stop" // SIGTERM
	RestartKill Restart = "kill" // SIGKILL
)

// Moment is when the receiver is ended, or an outage begins, while batches are on
// their way: once so many of them are acknowledged. The zero Moment is when all
// are sent and none needs to be acknowledged.
type Moment int

const (
	// MidRequest is the moment when all of each request but its last byte is sent.
	MidRequest Moment = -1
	// BeforeSending is the moment before the first request is sent.
	BeforeSending Moment = -2
)

// Secret is what a request carries in place of the shared secret; the zero
// Secret is the shared secret itself.
type Secret string

// The secrets that a receiver must refuse (clause secret).
const (
	SecretWrong    Secret = "wrong"
	SecretMissing  Secret = "missing"
	SecretEmpty    Secret = "empty"
	SecretPrefix   Secret = "prefix"   // the first half of it
	SecretExtended Secret = "extended" // it, and a letter more
	SecretCase     Secret = "case"     // its letters in the other case
)

// Answer is what the receiver must answer.
type Answer string

const (
	// Acknowledge, the zero Answer's meaning, is any 2xx, if need be on a retry.
	Acknowledge Answer = "2xx"
	// Refuse is any 4xx at the first attempt, which stays the only one.
	Refuse Answer = "4xx"
	// Anything is not judged; there is one attempt.
	Anything Answer = "any"
	// Drop is none at all: the proxy fails every attempt, the last retry too, and
	// the batch never reaches the receiver.
	Drop Answer = "dropped"
)

// Expectation is the state in which a message must be.
type Expectation struct {
	Line    int
	Message string
	Device  string // empty: the message, and each device that is not named apart
	// Status is the state; empty: the message must not be known.
	Status mocksender.DeliveryStatus
}
