package strict

import (
	"bytes"
	"time"
)

// keyLifetime is the time after which a key may name another message.
const keyLifetime = 30 * 24 * time.Hour

// Histories are all entries that a sender has sent, message by message. The
// zero Histories are empty.
type Histories struct {
	messages map[messageKey][]*history
}

type messageKey struct{ campaign, user, key string }

// change names a state change: entries that share it are copies.
type change struct{ device, status string }

// history is what was told of one message.
type history struct {
	first   Entry
	changes map[change]Entry
}

// Add takes in an entry, and holds it against what was told of its message
// before, in whatever order it came. The error is a *Violation.
func (h *Histories) Add(e Entry) error {
	m := h.of(e)
	switch {
	case !bytes.Equal(m.first.Content, e.Content):
		return violation("content", "the content of message %s is another than before", e.IdempotencyKey)
	case m.first.PlannedDeliveryMethod != e.PlannedDeliveryMethod:
		return violation("planned-method", "message %s is planned as %s, and was as %s before", e.IdempotencyKey, e.PlannedDeliveryMethod, m.first.PlannedDeliveryMethod)
	}
	own := change{e.DeviceToken, e.DeliveryStatus}
	if before, ok := m.changes[own]; ok {
		switch {
		case !before.Timestamp.Equal(e.Timestamp):
			return violation("timestamp", "%s of message %s was at %v, and is at %v now", e.DeliveryStatus, e.IdempotencyKey, before.Timestamp, e.Timestamp)
		case before.DeliveryMethod != e.DeliveryMethod:
			return violation("method", "%s of message %s was %s, and is %s now", e.DeliveryStatus, e.IdempotencyKey, before.DeliveryMethod, e.DeliveryMethod)
		}
		return nil
	}
	for c, other := range m.changes {
		if err := beside(own, e, c, other); err != nil {
			return err
		}
	}
	m.changes[own] = e
	return nil
}

// of is the history that the entry belongs to: that of its key's use within a
// key's lifetime, or a new one.
func (h *Histories) of(e Entry) *history {
	k := messageKey{e.CampaignID, e.UserID, e.IdempotencyKey}
	for _, m := range h.messages[k] {
		if e.Timestamp.Sub(m.first.Timestamp).Abs() < keyLifetime {
			return m
		}
	}
	if h.messages == nil {
		h.messages = map[messageKey][]*history{}
	}
	m := &history{first: e, changes: map[change]Entry{}}
	h.messages[k] = append(h.messages[k], m)
	return m
}

// life is the place of a status in a message's life on a device.
var life = map[string]int{"pending": 0, "delivered": 1, "failed": 1, "opened": 2}

// beside sees that two changes may stand in one history.
func beside(a change, ea Entry, b change, eb Entry) error {
	seen := func(c change) bool { return c.status == "delivered" || c.status == "opened" }
	switch {
	case a.status == "cancelled" && seen(b) || b.status == "cancelled" && seen(a):
		return violation("cancelled", "message %s is cancelled, and was delivered or opened", ea.IdempotencyKey)
	case a.status == "cancelled" || b.status == "cancelled" || a.device != b.device:
		return nil
	case a.status == "failed" && seen(b) || b.status == "failed" && seen(a):
		return violation("failed", "message %s failed, and was delivered or opened, on one device", ea.IdempotencyKey)
	case life[a.status] < life[b.status] && ea.Timestamp.After(eb.Timestamp),
		life[a.status] > life[b.status] && ea.Timestamp.Before(eb.Timestamp):
		return violation("timestamp", "%s of message %s is at %v, %s at %v: want a time that goes on",
			a.status, ea.IdempotencyKey, ea.Timestamp, b.status, eb.Timestamp)
	}
	return nil
}
