package service

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

// Request is what an app asks for: one message for one user.
type Request struct {
	BundleID string `json:"bundle_id"`
	Platform string `json:"platform"`
	UserID   string `json:"user_id"`
	// DeliverWithinHours is the time in which a context-aware message finds its
	// moment, 0 to MaxDeliverWithinHours.
	DeliverWithinHours float64 `json:"deliver_within_hours"`
	CampaignID         string  `json:"campaign_id"`
	// IdempotencyKey is made up where it is empty.
	IdempotencyKey string `json:"idempotency_key"`
	// DeliveryMethod is context_aware, traditional, or empty: half of the users
	// get the one, half the other.
	DeliveryMethod mocksender.DeliveryMethod `json:"delivery_method,omitempty"`
	// Content is one JSON object, which every webhook echoes byte for byte.
	Content json.RawMessage `json:"content"`
}

// Key names the message on all devices.
func (r *Request) Key() mocksender.Key {
	return mocksender.Key{CampaignID: r.CampaignID, UserID: r.UserID, IdempotencyKey: r.IdempotencyKey}
}

// Device is one of a user's devices.
type Device struct {
	Token string `json:"device_token"`
	// Dead tokens make messages fail.
	Dead bool `json:"dead,omitempty"`
}

// DeviceState is where a message stands on one device.
type DeviceState struct {
	DeviceToken    string                    `json:"device_token"`
	DeliveryStatus mocksender.DeliveryStatus `json:"delivery_status"`
	DeliveryMethod mocksender.DeliveryMethod `json:"delivery_method"`
	Timestamp      time.Time                 `json:"timestamp"`
}

// Change is one state change of a message, and so one entry of a webhook.
type Change struct {
	DeviceToken    string                    `json:"device_token,omitempty"`
	DeliveryStatus mocksender.DeliveryStatus `json:"delivery_status"`
	DeliveryMethod mocksender.DeliveryMethod `json:"delivery_method"`
	Timestamp      time.Time                 `json:"timestamp"`
	// Waiting is how many copies of the entry wait in the queue.
	Waiting int `json:"waiting,omitempty"`
	// Dropped tells that a fault left the entry out.
	Dropped bool `json:"dropped,omitempty"`
	// Deliveries are the ids of the webhook requests that carry the entry.
	Deliveries []uint64 `json:"deliveries,omitempty"`
}

// Message is one message with its true state. Its times are of the service's
// clock, to the millisecond.
type Message struct {
	Request
	ID                    uint64                    `json:"id"`
	PlannedDeliveryMethod mocksender.DeliveryMethod `json:"planned_delivery_method"`
	// DeliveryStatus combines the devices' as for identity user.
	DeliveryStatus mocksender.DeliveryStatus `json:"delivery_status"`
	ScheduledAt    time.Time                 `json:"scheduled_at"`
	// Next is when the message is delivered or opened; zero where it stays.
	Next    time.Time     `json:"next,omitzero"`
	Devices []DeviceState `json:"devices"`
	History []Change      `json:"history"`
}

func (m *Message) clone() *Message {
	c := *m
	c.Devices = slices.Clone(m.Devices)
	c.History = slices.Clone(m.History)
	return &c
}

// isPending tells whether nothing has become of the message on any device.
func (m *Message) isPending() bool {
	for _, d := range m.Devices {
		if d.DeliveryStatus != mocksender.Pending {
			return false
		}
	}
	return m.DeliveryStatus == mocksender.Pending
}

// Waiting is how many of the message's entries wait in the queue.
func (m *Message) Waiting() int {
	n := 0
	for i := range m.History {
		n += m.History[i].Waiting
	}
	return n
}

// change is a new entry of the history, later than all before it by a
// millisecond at least: the contract settles nothing between changes that share
// one.
func (m *Message) change(device string, s mocksender.DeliveryStatus, by mocksender.DeliveryMethod, at time.Time) int {
	at = at.Truncate(time.Millisecond).UTC()
	for i := range m.History {
		h := &m.History[i]
		if (h.DeviceToken == device || device == "") && !at.After(h.Timestamp) {
			at = h.Timestamp.Add(time.Millisecond)
		}
	}
	m.History = append(m.History, Change{
		DeviceToken: device, DeliveryStatus: s, DeliveryMethod: by, Timestamp: at, Waiting: 1,
	})
	for i := range m.Devices {
		if d := &m.Devices[i]; d.DeviceToken == device || device == "" {
			*d = DeviceState{d.DeviceToken, s, by, at}
		}
	}
	if device == "" {
		m.DeliveryStatus = s
	} else {
		m.DeliveryStatus = combined(m.Devices)
	}
	return len(m.History) - 1
}

// combined is the status of a message on all its devices: the furthest one, and
// failed only where it is failed everywhere.
func combined(devices []DeviceState) mocksender.DeliveryStatus {
	has := func(s mocksender.DeliveryStatus) bool {
		return slices.ContainsFunc(devices, func(d DeviceState) bool { return d.DeliveryStatus == s })
	}
	for _, s := range []mocksender.DeliveryStatus{
		mocksender.Opened, mocksender.Delivered, mocksender.Cancelled, mocksender.Pending,
	} {
		if has(s) {
			return s
		}
	}
	if has(mocksender.Failed) {
		return mocksender.Failed
	}
	return mocksender.Pending
}

// Entry is the webhook entry that tells of the i-th change.
func (m *Message) Entry(i int) mocksender.Event {
	c := m.History[i]
	return mocksender.Event{
		DeviceToken: c.DeviceToken, UserID: m.UserID, CampaignID: m.CampaignID, IdempotencyKey: m.IdempotencyKey,
		DeliveryStatus: c.DeliveryStatus, DeliveryMethod: c.DeliveryMethod,
		PlannedDeliveryMethod: m.PlannedDeliveryMethod, Timestamp: c.Timestamp, Content: m.Content,
	}
}
