package state

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Field is a part of a state, by its name on the wire.
type Field string

// The parts of a state, in the order in which they are compared.
const (
	Status        Field = "delivery_status"
	Method        Field = "delivery_method"
	PlannedMethod Field = "planned_delivery_method"
	Timestamp     Field = "timestamp"
	Content       Field = "content"
)

// Mismatch is the first part of a state that is not as it must be. Want and Got
// are its values as text; of the status, empty is a message that is not known;
// of the content, which may be long, both are empty.
type Mismatch struct {
	Field     Field
	Want, Got string
}

// String is the mismatch in one line.
func (m Mismatch) String() string {
	switch {
	case m.Field == Content:
		return "content is not the JSON value that was sent"
	case m.Field == Status && m.Want == "":
		return fmt.Sprintf("the receiver knows a message, as %s, that it must not know", m.Got)
	case m.Field == Status && m.Got == "":
		return "the receiver does not know the message"
	}
	return fmt.Sprintf("%s is %s: want %s", m.Field, m.Got, m.Want)
}

// Compare tells whether got is not what is wanted, and in which part. What the
// receiver does not report is not judged; nil is a message that it does not
// know.
func Compare(w scenarios.Want, got *State) (Mismatch, bool) {
	if got == nil || got.DeliveryStatus != w.Status {
		m := Mismatch{Status, string(w.Status), string(got.Status())}
		return m, got != nil || w.Status != ""
	}
	switch {
	case w.Method != "" && got.DeliveryMethod != "" && got.DeliveryMethod != w.Method:
		return Mismatch{Method, string(w.Method), string(got.DeliveryMethod)}, true
	case w.PlannedMethod != "" && got.PlannedDeliveryMethod != "" && got.PlannedDeliveryMethod != w.PlannedMethod:
		return Mismatch{PlannedMethod, string(w.PlannedMethod), string(got.PlannedDeliveryMethod)}, true
	case !w.Timestamp.IsZero() && got.Timestamp != "" && !sameTime(w, got.Timestamp):
		return Mismatch{Timestamp, wireTime(w.Timestamp), got.Timestamp}, true
	case w.Content != nil && got.Content != nil && !sameContent(got.Content, w.Content):
		return Mismatch{Field: Content}, true
	}
	return Mismatch{}, false
}

// IsRight tells whether got is what is wanted.
func IsRight(w scenarios.Want, got *State) bool {
	_, wrong := Compare(w, got)
	return !wrong
}

// sameContent spares the receivers that keep the bytes the comparing of values.
// want is JSON.
func sameContent(got, want json.RawMessage) bool {
	return bytes.Equal(got, want) || SameJSON(got, want)
}

// sameTime spares the receivers that keep the text the comparing of instants.
func sameTime(w scenarios.Want, got string) bool {
	var buf [len(mocksender.TimestampLayout)]byte
	return got == string(mocksender.AppendTimestamp(buf[:0], w.Timestamp)) || SameInstant(got, wireTime(w.Timestamp))
}
