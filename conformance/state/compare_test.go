package state_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 5e6, time.UTC)

func wanted() scenarios.Want {
	return scenarios.Want{
		Key:    mocksender.Key{CampaignID: "c", UserID: "u", IdempotencyKey: "k", DeviceToken: "d"},
		Status: mocksender.Opened, Method: mocksender.ContextAware, PlannedMethod: mocksender.Traditional,
		Timestamp: noon, Content: json.RawMessage(`{"n":1}`),
	}
}

func TestCompare(t *testing.T) {
	none := scenarios.Want{}
	for name, c := range map[string]struct {
		want  scenarios.Want
		alter func(*state.State) *state.State
		says  string // empty: right
	}{
		"as wanted":            {wanted(), func(s *state.State) *state.State { return s }, ""},
		"status alone":         {wanted(), func(*state.State) *state.State { return &state.State{DeliveryStatus: mocksender.Opened} }, ""},
		"another fraction":     {wanted(), func(s *state.State) *state.State { s.Timestamp = "2026-03-01 13:00:00.0050+01"; return s }, ""},
		"another spelling":     {wanted(), func(s *state.State) *state.State { s.Content = json.RawMessage(`{"n": 1.0}`); return s }, ""},
		"not known":            {wanted(), func(*state.State) *state.State { return nil }, "the receiver does not know the message"},
		"not to be known":      {none, func(s *state.State) *state.State { return s }, "the receiver knows a message, as opened, that it must not know"},
		"rightly not known":    {none, func(*state.State) *state.State { return nil }, ""},
		"another status first": {wanted(), func(s *state.State) *state.State { s.DeliveryStatus, s.Timestamp = "pending", "no"; return s }, "delivery_status is pending: want opened"},
		"method":               {wanted(), func(s *state.State) *state.State { s.DeliveryMethod = "x"; return s }, "delivery_method is x: want " + string(mocksender.ContextAware)},
		"planned method":       {wanted(), func(s *state.State) *state.State { s.PlannedDeliveryMethod = "x"; return s }, "planned_delivery_method is x: want " + string(mocksender.Traditional)},
		"seconds":              {wanted(), func(s *state.State) *state.State { s.Timestamp = "2026-03-01T12:00:00Z"; return s }, "timestamp is 2026-03-01T12:00:00Z: want 2026-03-01T12:00:00.005Z"},
		"content":              {wanted(), func(s *state.State) *state.State { s.Content = json.RawMessage(`{"n":"1"}`); return s }, "content is not the JSON value that was sent"},
	} {
		t.Run(name, func(t *testing.T) {
			m, wrong := state.Compare(c.want, c.alter(state.Expected(wanted())))
			if said := m.String(); wrong != (c.says != "") || wrong && said != c.says {
				t.Errorf("wrong %t, %q: want %q", wrong, said, c.says)
			}
		})
	}
}

func TestKindOf(t *testing.T) {
	w := wanted()
	of := func(key mocksender.Key, s mocksender.DeliveryStatus) mocksender.Event {
		return mocksender.Event{CampaignID: key.CampaignID, UserID: key.UserID, IdempotencyKey: key.IdempotencyKey, DeviceToken: key.DeviceToken, DeliveryStatus: s}
	}
	other := w.Key
	other.UserID = "v"
	otherDevice := w.Key
	otherDevice.DeviceToken = "e"
	got := &state.State{DeliveryStatus: mocksender.Delivered}
	for name, c := range map[string]struct {
		got           *state.State
		sent, refused []mocksender.Event
		want          state.Kind
	}{
		"not known":              {nil, nil, nil, state.Lost},
		"its own entry":          {got, []mocksender.Event{of(other, "delivered"), of(w.Key, "delivered")}, nil, state.Stale},
		"its own refused":        {got, []mocksender.Event{of(other, "delivered")}, []mocksender.Event{of(w.Key, "delivered")}, state.Accepted},
		"another message's":      {got, []mocksender.Event{of(other, "delivered"), of(w.Key, "opened")}, nil, state.Merged},
		"another device's":       {got, []mocksender.Event{of(otherDevice, "delivered")}, nil, state.Merged},
		"nobody's":               {got, []mocksender.Event{of(w.Key, "opened")}, nil, state.Invented},
		"another field, its own": {&state.State{DeliveryStatus: mocksender.Opened, DeliveryMethod: "traditional"}, []mocksender.Event{{CampaignID: "c", UserID: "u", IdempotencyKey: "k", DeliveryMethod: "traditional"}}, nil, state.Stale},
	} {
		if kind := state.KindOf(w, c.got, c.sent, c.refused); kind != c.want {
			t.Errorf("%s: %s, want %s", name, kind, c.want)
		}
	}
}
