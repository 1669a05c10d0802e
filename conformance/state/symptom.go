package state

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Kind is the way in which a receiver's state is wrong.
type Kind string

// The kinds of failure.
const (
	Lost     Kind = "lost"     // never known
	Stale    Kind = "stale"    // an earlier state stayed
	Reverted Kind = "reverted" // was right, then changed
	Merged   Kind = "merged"   // another message's or device's state
	Invented Kind = "invented" // never sent
	Refused  Kind = "refused"  // a valid request was not acknowledged
	Accepted Kind = "accepted" // a request that had to be refused took effect or was answered 2xx
	Crashed  Kind = "crashed"  // the receiver ended, or did not start again
)

// Symptom is what a failure looks like. Two failures with one Symptom are the
// same failure, on different messages.
type Symptom struct {
	Kind Kind
	// Field is the part of the state that is wrong; empty where no state is.
	Field Field
	// Expected and Got are the statuses; empty is a message that is not known, or
	// no state at all.
	Expected, Got mocksender.DeliveryStatus
	// Answer is how a request was answered that should not have been; empty where
	// a state is wrong.
	Answer Answer
}

// Answer is an answer's status, such as 500, or one of the words for none.
type Answer string

// The ways in which no answer comes.
const (
	NoAnswer   Answer = "none"
	TimedOut   Answer = "timeout"
	NotStarted Answer = "not-started" // the receiver does not start again
)

// AnswerOf is how the receiver has answered an attempt.
func AnswerOf(a mocksender.Attempt) Answer {
	var slow interface{ Timeout() bool }
	switch {
	case a.Err == nil:
		return Answer(strconv.Itoa(a.Answer.Status))
	case errors.As(a.Err, &slow) && slow.Timeout():
		return TimedOut
	}
	return NoAnswer
}

// Answered is what came of an attempt, in a few words.
func Answered(a mocksender.Attempt) string {
	if a.Err != nil {
		return a.Err.Error()
	}
	return fmt.Sprintf("answered %d", a.Answer.Status)
}

// NotAcknowledged says in one line that a delivery was not.
func NotAcknowledged(d mocksender.Delivery) string {
	return fmt.Sprintf("not acknowledged in %d attempts, the last: %s", len(d.Attempts), Answered(d.Last()))
}

// KindOf names the way in which got is not w. sent are all entries of the
// scenario that the receiver was to take, refused those that it was not.
func KindOf(w scenarios.Want, got *State, sent, refused []mocksender.Event) Kind {
	if got == nil {
		return Lost
	}
	// own and others are the entries that say what the receiver says: of the
	// same message and device, and of any other.
	own := func(e mocksender.Event) bool {
		return e.Key().Message() == w.Key.Message() &&
			(w.Key.DeviceToken == "" || e.DeviceToken == "" || e.DeviceToken == w.Key.DeviceToken)
	}
	m, _ := Compare(w, got)
	says := func(e mocksender.Event) bool { return m.Field.ComesFrom(e, got) }
	ownSays := func(e mocksender.Event) bool { return own(e) && says(e) }
	switch {
	case slices.ContainsFunc(sent, ownSays):
		return Stale
	case slices.ContainsFunc(refused, ownSays):
		return Accepted
	case slices.ContainsFunc(sent, says):
		return Merged
	default:
		return Invented
	}
}

// Says tells whether an entry explains the part of the state that is wrong.
func Says(e mocksender.Event, w scenarios.Want, got *State) bool {
	m, wrong := Compare(w, got)
	return wrong && got != nil && m.Field.ComesFrom(e, got)
}

// ComesFrom tells whether got has its part of that name from e.
func (f Field) ComesFrom(e mocksender.Event, got *State) bool {
	switch f {
	case Status:
		return e.DeliveryStatus == got.DeliveryStatus
	case Method:
		return e.DeliveryMethod == got.DeliveryMethod
	case PlannedMethod:
		return e.PlannedDeliveryMethod == got.PlannedDeliveryMethod
	case Timestamp:
		return SameInstant(got.Timestamp, wireTime(e.Timestamp))
	default:
		return SameJSON(got.Content, e.Content)
	}
}

// ErrTooMany is why a delivery is not judged that only ever was answered 429.
var ErrTooMany = errors.New("every attempt was answered 429, too many requests: " +
	"set limits in receiver.yaml to what the receiver takes, such as limits: {rate: 20/s}")
