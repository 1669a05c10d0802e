// Package judge compares what a receiver knows of a message with what must be
// true of it.
package judge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Wrong says in one line how the state is not the wanted one; empty where it
// is. What the receiver does not report is not judged.
func Wrong(w scenarios.Want, got *event.State) string {
	switch {
	case w.Status == "" && got == nil:
		return ""
	case w.Status == "":
		return fmt.Sprintf("the receiver knows a message, as %s, that it must not know", got.DeliveryStatus)
	case got == nil:
		return "the receiver does not know the message"
	case got.DeliveryStatus != w.Status:
		return fmt.Sprintf("delivery_status is %s: want %s", got.DeliveryStatus, w.Status)
	case w.Method != "" && got.DeliveryMethod != "" && got.DeliveryMethod != w.Method:
		return fmt.Sprintf("delivery_method is %s: want %s", got.DeliveryMethod, w.Method)
	case w.PlannedMethod != "" && got.PlannedDeliveryMethod != "" && got.PlannedDeliveryMethod != w.PlannedMethod:
		return fmt.Sprintf("planned_delivery_method is %s: want %s", got.PlannedDeliveryMethod, w.PlannedMethod)
	case !w.Timestamp.IsZero() && got.Timestamp != "" && !sameTime(w, got.Timestamp):
		return fmt.Sprintf("timestamp is %s: want %s", got.Timestamp, wireTime(w))
	case w.Content != nil && got.Content != nil && !sameContent(got.Content, w.Content):
		return "content is not the JSON value that was sent"
	}
	return ""
}

// sameContent spares the receivers that keep the bytes the comparing of values.
// want is JSON.
func sameContent(got, want json.RawMessage) bool {
	return bytes.Equal(got, want) || probe.SameJSON(got, want)
}

// sameTime spares the receivers that keep the text the comparing of instants.
func sameTime(w scenarios.Want, got string) bool {
	var buf [len(mocksender.TimestampLayout)]byte
	return got == string(mocksender.AppendTimestamp(buf[:0], w.Timestamp)) || probe.SameInstant(got, wireTime(w))
}

func wireTime(w scenarios.Want) string { return string(mocksender.AppendTimestamp(nil, w.Timestamp)) }

// Wanted is the want as a report shows it.
func Wanted(w scenarios.Want) *event.State {
	if w.Status == "" {
		return nil
	}
	s := &event.State{
		DeliveryStatus:        w.Status,
		DeliveryMethod:        w.Method,
		PlannedDeliveryMethod: w.PlannedMethod,
		Content:               w.Content,
	}
	if !w.Timestamp.IsZero() {
		s.Timestamp = wireTime(w)
	}
	return s
}

// Kind names the way in which got is not w. sent are all entries of the
// scenario that the receiver was to take, refused those that it was not.
func Kind(w scenarios.Want, got *event.State, sent, refused []mocksender.Event) event.Kind {
	if got == nil {
		return event.Lost
	}
	// own and others are the entries that say what the receiver says: of the
	// same message and device, and of any other.
	own := func(e mocksender.Event) bool {
		return e.Key().Message() == w.Key.Message() &&
			(w.Key.DeviceToken == "" || e.DeviceToken == "" || e.DeviceToken == w.Key.DeviceToken)
	}
	says := func(e mocksender.Event) bool { return Says(e, w, got) }
	ownSays := func(e mocksender.Event) bool { return own(e) && says(e) }
	switch {
	case slices.ContainsFunc(sent, ownSays):
		return event.Stale
	case slices.ContainsFunc(refused, ownSays):
		return event.Accepted
	case slices.ContainsFunc(sent, says):
		return event.Merged
	default:
		return event.Invented
	}
}

// Says tells whether an entry explains the part of the state that is wrong.
func Says(e mocksender.Event, w scenarios.Want, got *event.State) bool {
	switch {
	case got.DeliveryStatus != w.Status:
		return e.DeliveryStatus == got.DeliveryStatus
	case w.Method != "" && got.DeliveryMethod != "" && got.DeliveryMethod != w.Method:
		return e.DeliveryMethod == got.DeliveryMethod
	case w.PlannedMethod != "" && got.PlannedDeliveryMethod != "" && got.PlannedDeliveryMethod != w.PlannedMethod:
		return e.PlannedDeliveryMethod == got.PlannedDeliveryMethod
	case !w.Timestamp.IsZero() && got.Timestamp != "" && !probe.SameInstant(got.Timestamp, wireTime(w)):
		return probe.SameInstant(got.Timestamp, string(mocksender.AppendTimestamp(nil, e.Timestamp)))
	default:
		return got.Content != nil && probe.SameJSON(got.Content, e.Content)
	}
}
