package mocksender_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/internal/strict"
	"github.com/ctxpush/ctxpush/scenarios"
)

// trafficEpoch is when the tests' messages were scheduled. What is finer than
// a millisecond must not reach the wire.
var trafficEpoch = time.Date(2026, 11, 23, 0, 0, 0, 999_999, time.FixedZone("", 5*3600+1800))

// traffic is what a sender has to send: entries to draw batches from, and the
// batches of the catalogue as they are.
type traffic struct {
	entries []mocksender.Event
	batches [][]mocksender.Event
}

// newTraffic is made of the fixtures' messages, of each of their contents, of
// hostile ids, and of every scenario of the catalogue.
func newTraffic(tb testing.TB, seed fixtures.Seed, messages int) traffic {
	var t traffic
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	for i := range messages {
		t.entries = append(t.entries, entriesOf(r, seed.Message(uint64(i)))...)
	}
	for i, named := range append(fixtures.Contents(), fixtures.RiskyContents()...) {
		m := seed.PlainMessage(uint64(messages + i))
		m.Content = named.JSON
		t.entries = append(t.entries, entriesOf(r, m)...)
	}
	for i, odd := range []string{`"`, `\`, "\x00", "\x1f\x7f", "\b\f\n\r\t", "</script>&'", "👑", "\u2028\u2029", "é e\u0301", "\ufeff", "\ufffd", "%41+?&=#/", " ", "null"} {
		m := seed.PlainMessage(uint64(2*messages + i))
		m.Key.CampaignID, m.Key.UserID, m.Key.IdempotencyKey = odd+"c", "u"+odd, odd+m.Key.IdempotencyKey+odd
		m.Devices = []string{odd + "d"}
		t.entries = append(t.entries, entriesOf(r, m)...)
	}
	for _, check := range scenarios.Catalogue() {
		for i, s := range check.Scenarios {
			cast, err := scenarios.Bind(s, seed, trafficEpoch, fmt.Sprint(check.ID, i))
			if err != nil {
				tb.Fatalf("%s: %v", check.ID, err)
			}
			for _, step := range s.Steps {
				for _, batch := range append([]scenarios.Step{step}, step.Together...) {
					if len(batch.Batch) > 0 {
						t.batches = append(t.batches, cast.Events(batch.Batch))
					}
				}
			}
		}
	}
	return t
}

// entriesOf is a history of the message on each of its devices.
func entriesOf(r *rand.Rand, m fixtures.Message) []mocksender.Event {
	at := trafficEpoch.Add(m.ScheduledAt)
	entry := func(device string, status mocksender.DeliveryStatus, method mocksender.DeliveryMethod) mocksender.Event {
		at = at.Add(time.Duration(r.Int64N(int64(time.Hour))))
		return mocksender.Event{
			DeviceToken: device, UserID: m.Key.UserID, CampaignID: m.Key.CampaignID, IdempotencyKey: m.Key.IdempotencyKey,
			DeliveryStatus: status, DeliveryMethod: method, PlannedDeliveryMethod: m.Planned, Timestamp: at, Content: m.Content,
		}
	}
	var all []mocksender.Event
	cancelled := r.IntN(5) == 0
	for _, device := range m.Devices {
		if m.Planned == mocksender.ContextAware || r.IntN(2) == 0 {
			all = append(all, entry(device, mocksender.Pending, m.Planned))
		}
		method := m.Planned
		if r.IntN(4) == 0 {
			method = mocksender.Traditional
		}
		switch fate := r.IntN(4); {
		case cancelled:
		case fate == 0:
			all = append(all, entry(device, mocksender.Failed, method))
		case fate == 1:
			all = append(all, entry(device, mocksender.Delivered, method))
		default:
			all = append(all, entry(device, mocksender.Delivered, method), entry(device, mocksender.Opened, method))
		}
	}
	if cancelled {
		all = append(all, entry("", mocksender.Cancelled, mocksender.MethodCancelled))
	}
	return all
}

// batch draws a batch: mostly a few entries, at times up to a full one, each
// from anywhere, so that copies and siblings share it.
func (t traffic) batch(r *rand.Rand) []mocksender.Event {
	size := 1 + r.IntN(4)
	switch n := r.IntN(100); {
	case n < 1:
		size = mocksender.MaxBatch
	case n < 4:
		size = 1 + r.IntN(mocksender.MaxBatch)
	case n < 15:
		size = 1 + r.IntN(20)
	}
	events := make([]mocksender.Event, size)
	for i := range events {
		events[i] = t.entries[r.IntN(len(t.entries))]
	}
	return events
}

// differs says in which way the entry that came is not the one that was sent;
// empty where it is.
func differs(got strict.Entry, want mocksender.Event) string {
	for _, part := range []struct{ name, got, want string }{
		{"device_token", got.DeviceToken, want.DeviceToken},
		{"user_id", got.UserID, want.UserID},
		{"campaign_id", got.CampaignID, want.CampaignID},
		{"idempotency_key", got.IdempotencyKey, want.IdempotencyKey},
		{"delivery_status", got.DeliveryStatus, string(want.DeliveryStatus)},
		{"delivery_method", got.DeliveryMethod, string(want.DeliveryMethod)},
		{"planned_delivery_method", got.PlannedDeliveryMethod, string(want.PlannedDeliveryMethod)},
	} {
		if part.got != part.want {
			return fmt.Sprintf("%s is %q, want %q", part.name, part.got, part.want)
		}
	}
	if at := want.Timestamp.Truncate(time.Millisecond); !got.Timestamp.Equal(at) {
		return fmt.Sprintf("timestamp is %v, want %v", got.Timestamp, at)
	}
	if !bytes.Equal(got.Content, want.Content) {
		return fmt.Sprintf("content is %s, want %s", got.Content, want.Content)
	}
	return ""
}
