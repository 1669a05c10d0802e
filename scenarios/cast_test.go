package scenarios

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
)

// bound is the one scenario of the text, with its messages' keys.
func bound(t *testing.T, text string) (Scenario, Cast) {
	t.Helper()
	c, err := Parse("f.yaml", "user/f", []byte("scenario: s\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	cast, err := Bind(c.Scenarios[0], fixtures.Seed(7), time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), "label")
	if err != nil {
		t.Fatal(err)
	}
	return c.Scenarios[0], cast
}

func TestBindMakesTheKeysThatAreAskedFor(t *testing.T) {
	_, cast := bound(t, `
messages:
  one: {length: {user_id: 256, campaign_id: 3}, history: [pending]}
  same: {like: one, history: [pending], after: 31d}
  other: {like: one, differs: {campaign_id: other}, history: [pending]}
  case: {like: one, differs: {user_id: case}, history: [pending]}
  last: {like: one, differs: {idempotency_key: last-character}, history: [pending]}
  apart: {history: [pending]}
deliver: [{batch: [one, same, other, case, last, apart]}]
`)
	one := cast.Key("one")
	if utf8.RuneCountInString(one.UserID) != 256 || utf8.RuneCountInString(one.CampaignID) != 3 {
		t.Errorf("lengths are %d and %d: want 256 and 3", len(one.UserID), len(one.CampaignID))
	}
	if cast.Key("same") != one {
		t.Error("like without differs is another message")
	}
	if k := cast.Key("other"); k.CampaignID == one.CampaignID || k.UserID != one.UserID || k.IdempotencyKey != one.IdempotencyKey {
		t.Errorf("other than %v in the campaign: %v", one, k)
	}
	if k := cast.Key("case"); k.UserID == one.UserID || !strings.EqualFold(k.UserID, one.UserID) || k.CampaignID != one.CampaignID {
		t.Errorf("%q and %q differ in more or less than a letter's case", one.UserID, k.UserID)
	}
	if k := cast.Key("last"); k.IdempotencyKey == one.IdempotencyKey || k.IdempotencyKey[:len(k.IdempotencyKey)-1] != one.IdempotencyKey[:len(one.IdempotencyKey)-1] {
		t.Errorf("%q and %q differ in more or less than the last character", one.IdempotencyKey, k.IdempotencyKey)
	}
	if k := cast.Key("apart"); k.UserID == one.UserID || k.IdempotencyKey == one.IdempotencyKey {
		t.Errorf("%v shares a part with %v", k, one)
	}
	events := cast.Events([]Ref{{Message: "one"}, {Message: "same"}})
	if d := events[1].Timestamp.Sub(events[0].Timestamp); d != 31*24*time.Hour {
		t.Errorf("the same message comes %v later: want 31 days", d)
	}
	if events[0].DeviceToken != events[1].DeviceToken {
		t.Error("the same message has another device")
	}
}

func TestBindFollowsFromSeedEpochAndLabel(t *testing.T) {
	s, cast := bound(t, "messages: {m: {count: 3, history: [pending]}}\ndeliver: [{batch: [m]}]")
	for i, c := range []struct {
		seed  fixtures.Seed
		label string
		same  bool
	}{{7, "label", true}, {7, "another", false}, {8, "label", false}} {
		again, err := Bind(s, c.seed, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), c.label)
		if err != nil {
			t.Fatal(err)
		}
		if same := again.Keys()[2] == cast.Keys()[2]; same != c.same {
			t.Errorf("%d: the same key: %v, want %v", i, same, c.same)
		}
	}
}

func TestEventsAreWhatTheReferencesName(t *testing.T) {
	s, cast := bound(t, `
messages:
  m: {devices: {phone: [pending, cancelled], tablet: [pending, cancelled]}}
  g: {count: 5, history: [pending, delivered]}
deliver: [{batch: [m, m.phone, m.cancelled, m.pending, g(2).delivered, g(4-5)]}]
`)
	var got []string
	for _, e := range cast.Events(s.Steps[0].Batch) {
		if (e.DeviceToken == "") != (e.DeliveryStatus == mocksender.Cancelled) {
			t.Errorf("%s with device token %q", e.DeliveryStatus, e.DeviceToken)
		}
		got = append(got, string(e.DeliveryStatus))
	}
	const want = "pending pending cancelled pending cancelled pending pending delivered pending delivered pending delivered"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
}

func TestWantsAskWhatTheContractSettles(t *testing.T) {
	s, cast := bound(t, `
messages:
  two: {devices: {phone: [pending, delivered], tablet: [pending, {status: delivered, method: traditional}]}}
  stopped: {history: [pending, cancelled]}
  never: {history: [pending]}
deliver: [{batch: [two, stopped.cancelled]}]
expect: {two: delivered, two.tablet: delivered, stopped: cancelled, never: unknown}
judge: [method, planned_method, timestamp, content]
`)
	describe := func(id Identity) string {
		var all []string
		for _, w := range cast.Wants(s.Expect, id) {
			if (w.Key.DeviceToken != "") != (id == ByDevice) {
				t.Errorf("%s: %s is asked for with device token %q", id, w.Message, w.Key.DeviceToken)
			}
			if (w.Content != nil) != (w.Status != "") {
				t.Errorf("%s: %s: content %s", id, w.Message, w.Content)
			}
			all = append(all, strings.Join(strings.Fields(w.Message+" "+w.Device+" "+string(w.Status)+" "+string(w.Method)), " "))
		}
		return strings.Join(all, ", ")
	}
	// The stopped message's device was in no entry of its own.
	if got, want := describe(ByDevice), "two phone delivered context_aware, two tablet delivered traditional, never device"; got != want {
		t.Errorf("by device\n got %s\nwant %s", got, want)
	}
	// Two devices share the user's state, so that no method is settled.
	if got, want := describe(ByUser), "two delivered, stopped cancelled cancelled, never"; got != want {
		t.Errorf("by user\n got %s\nwant %s", got, want)
	}
}
