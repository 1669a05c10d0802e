package scenarios

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

// told is an entry of a message, so long after its first change.
func told(user, device string, s mocksender.DeliveryStatus, after time.Duration) mocksender.Event {
	e := mocksender.Event{
		DeviceToken: device, UserID: user, CampaignID: "spring", IdempotencyKey: "key-" + user, DeliveryStatus: s,
		DeliveryMethod: mocksender.ContextAware, PlannedDeliveryMethod: mocksender.ContextAware,
		Timestamp: time.Date(2025, 2, 7, 15, 20, 40, 600e6, time.UTC).Add(after),
		Content:   json.RawMessage(`{"title": "it's \"so\"", "body": "ü€"}`),
	}
	if s == mocksender.Cancelled {
		e.DeliveryMethod = mocksender.MethodCancelled
	}
	return e
}

// Requests become a scenario that is read back as the same, with the oracle's
// states; what nobody told of is filled in.
func TestFromRequests(t *testing.T) {
	pending, delivered, opened := mocksender.Pending, mocksender.Delivered, mocksender.Opened
	for _, c := range []struct {
		name     string
		requests []Recorded
		others   []mocksender.Event
		want     []string
	}{
		{"in disorder", []Recorded{
			{Entries: []mocksender.Event{told("a", "t", opened, time.Hour)}},
			{Entries: []mocksender.Event{told("a", "t", pending, 0), told("a", "t", delivered, time.Minute)}, Faults: []string{"lost-ack"}},
		}, nil, []string{
			"history: [pending, {status: delivered, at: 1m0s}, {status: opened, at: 1h0m0s}]",
			"batch: [m.opened]", "batch: [m.pending, m.delivered]", "fault: [lost-ack]", "expect: {m: opened}", `user_id: "a"`}},
		{"gaps", []Recorded{{Entries: []mocksender.Event{told("a", "t", opened, 0)}}}, nil, []string{
			"history: [pending, {status: delivered, at: 1ms}, {status: opened, at: 2ms}]", "expect: {m: opened}"}},
		{"two devices", []Recorded{{Entries: []mocksender.Event{told("a", "t", delivered, 0), told("a", "u", mocksender.Failed, 9)}}}, nil,
			[]string{"devices: {d1: [", "d2: [", "batch: [m.d1.delivered, m.d2.failed]", "m: delivered", "m.d2: failed"}},
		{"two messages", []Recorded{{Entries: []mocksender.Event{told("a", "t", pending, 0), told("b", "u", pending, 0)}}}, nil,
			[]string{"batch: [m1.pending, m2.pending]", "expect: {m1: pending, m2: pending}"}},
		{"cancelled, no device", []Recorded{{Entries: []mocksender.Event{told("a", "", mocksender.Cancelled, 0)}}}, nil,
			[]string{"batch: [m.cancelled]", "expect: {m: cancelled}"}},
		{"the last change is not sent", []Recorded{{Entries: []mocksender.Event{told("a", "t", pending, 0)}}},
			[]mocksender.Event{told("a", "t", delivered, time.Second)}, []string{"delivered", "batch: [m.pending]"}},
	} {
		s, err := FromRequests(c.name, c.requests, c.others...)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		check := Check{ID: "user/m", Title: c.name, Level: Required, Scenarios: []Scenario{s}}
		text := string(Format(check))
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: want %s in\n%s", c.name, want, text)
			}
		}
		if strings.Contains(text, "expect") == (c.others != nil) {
			t.Errorf("%s: it expects what it does not send, or nothing:\n%s", c.name, text)
		}
		again, err := Parse("m.yaml", "user/m", []byte(text))
		if err != nil {
			t.Errorf("%s: %v\n%s", c.name, err, text)
			continue
		}
		if got := string(Format(again)); got != text {
			t.Errorf("%s: read back:\n%s\nwant\n%s", c.name, got, text)
		}
	}
	for _, wrong := range [][]mocksender.Event{
		{told("a", "t", delivered, 0), told("a", "t", mocksender.Failed, time.Second)},
		{told("a", "t", delivered, time.Second), told("a", "t", opened, 0)},
		{told("a", "t", delivered, 0), told("a", "", mocksender.Cancelled, time.Second)},
	} {
		if _, err := FromRequests("x", []Recorded{{Entries: wrong}}); err == nil || !strings.Contains(err.Error(), "spring/a/key-a") {
			t.Errorf("%v: %v: want an error that names the message", wrong, err)
		}
	}
}
