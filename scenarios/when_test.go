package scenarios

import (
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/fixtures"
)

func TestEdgesAreTheLastOnesBeforeTheEpoch(t *testing.T) {
	for _, c := range []struct {
		edge        Edge
		epoch, want string
	}{
		{Midnight, "2026-11-23T14:00:00Z", "2026-11-23T00:00:00Z"},
		{Midnight, "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z"},
		{MonthEnd, "2026-11-23T14:00:00Z", "2026-11-01T00:00:00Z"},
		{YearEnd, "2026-11-23T14:00:00Z", "2026-01-01T00:00:00Z"},
		{EUSpring, "2026-11-23T14:00:00Z", "2026-03-29T03:00:00Z"},
		{EUSpring, "2026-03-29T08:59:59Z", "2025-03-30T03:00:00Z"},
		{EUSpring, "2026-03-29T09:00:00Z", "2026-03-29T03:00:00Z"},
		{EUAutumn, "2026-11-23T14:00:00Z", "2026-10-25T01:00:00Z"},
		{EUAutumn, "2026-10-24T14:00:00Z", "2025-10-26T01:00:00Z"},
		{USSpring, "2026-11-23T14:00:00Z", "2026-03-08T03:00:00Z"},
		{USAutumn, "2026-11-23T14:00:00Z", "2026-11-01T06:00:00Z"},
		{USAutumn, "2026-01-01T00:00:00Z", "2025-11-02T06:00:00Z"},
	} {
		epoch, err := time.Parse(time.RFC3339, c.epoch)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.edge.last(epoch).Format(time.RFC3339); got != c.want {
			t.Errorf("%s before %s is %s: want %s", c.edge, c.epoch, got, c.want)
		}
	}
}

func TestChangesHappenWhenTheMessageSays(t *testing.T) {
	s, cast := bound(t, `
messages:
  night: {across: midnight, history: [pending, delivered, opened]}
  before: {across: midnight, after: -12h, history: [pending, delivered]}
  sole: {across: midnight, history: [pending]}
  old: {age: 2h, history: [pending, delivered]}
deliver: [{batch: [night.delivered, night.opened, before.delivered, sole, old.delivered]}]
`)
	midnight := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) // the epoch
	events := cast.Events(s.Steps[0].Batch)
	if events[0].Timestamp.After(midnight) || !events[1].Timestamp.After(midnight) {
		t.Errorf("changes at %s and %s: want midnight between them", events[0].Timestamp, events[1].Timestamp)
	}
	if d := midnight.Sub(events[2].Timestamp); d < 11*time.Hour || d > 12*time.Hour {
		t.Errorf("the message before midnight was delivered %s before it", d)
	}
	if !events[3].Timestamp.Equal(midnight) {
		t.Errorf("the only change happened at %s: want midnight", events[3].Timestamp)
	}
	if age := midnight.Add(fixtures.EpochAge).Sub(events[4].Timestamp); age != 2*time.Hour {
		t.Errorf("the old change is %s old: want 2h", age)
	}
}

// What is made up is over when a run begins, and young; so is a history of days.
func TestNothingMadeUpLiesAhead(t *testing.T) {
	s, cast := bound(t, `
messages:
  long: {count: 50, spacing: 5h, history: [pending, delivered, opened]}
  later: {after: 26h, history: [pending]}
deliver: [{batch: [later, long(1-30)]}]
`)
	begin := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC).Add(fixtures.EpochAge)
	for _, e := range cast.Events(s.Steps[0].Batch) {
		if e.Timestamp.After(begin) {
			t.Fatalf("%s happens %s after the run's beginning", e.DeliveryStatus, e.Timestamp.Sub(begin))
		}
	}
	_, cast = bound(t, "messages: {m: {count: 500, history: [pending, delivered, opened]}}\ndeliver: [{batch: [m(1-30)]}]")
	for _, e := range cast.Events([]Ref{{Message: "m"}}) {
		if age := begin.Sub(e.Timestamp); age < 0 || age > fixtures.EpochAge {
			t.Fatalf("a change is %s old: want up to %s", age, fixtures.EpochAge)
		}
	}
}

func TestKeysAreAsTheyAreSaid(t *testing.T) {
	_, cast := bound(t, `
messages:
  one: {key: {campaign_id: $id, user_id: "a:$id"}, history: [pending]}
  two: {like: one, key: {campaign_id: "$id:a", user_id: $id}, history: [pending]}
  other: {key: {campaign_id: $id}, history: [pending]}
deliver: [{batch: [one, two, other]}]
`)
	one, two := cast.Key("one"), cast.Key("two")
	if one == two || one.IdempotencyKey != two.IdempotencyKey || one.CampaignID+":"+one.UserID != two.CampaignID+":"+two.UserID {
		t.Errorf("%v and %v: want two keys that are the same text", one, two)
	}
	if cast.Key("other").CampaignID == one.CampaignID {
		t.Error("two messages share an id of their own")
	}
}
