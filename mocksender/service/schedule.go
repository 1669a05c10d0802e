package service

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ctxpush/ctxpush/mocksender"
)

// The bounds of a request.
const (
	// MaxDeliverWithinHours is how long a message is kept at all.
	MaxDeliverWithinHours = float64(mocksender.KeyLifetime / time.Hour)
	// MaxContent is how many bytes an Apple push can carry.
	MaxContent = 4096
	// maxID is how many characters an id has at most.
	maxID = 1000
	// maxDepth is how deep content nests at most.
	maxDepth = 90
)

// Error is a request that the service refuses.
type Error struct {
	// Code is the HTTP status.
	Code int `json:"-"`
	// Field is what is wrong, and Value what it is; empty where nothing is named.
	Field string `json:"field,omitempty"`
	Value any    `json:"value,omitempty"`
	// Message is one line that says what would be right.
	Message string `json:"message"`
}

// Error is the message.
func (e *Error) Error() string { return e.Message }

func refusal(code int, field string, value any, format string, args ...any) *Error {
	return &Error{code, field, shown(value), fmt.Sprintf(format, args...)}
}

// shown is a value as an error may quote it.
func shown(value any) any {
	if s, ok := value.(string); ok && utf8.RuneCountInString(s) > 60 {
		return string([]rune(s)[:60]) + "…"
	}
	return value
}

// Validate says which field is wrong, nil if none is. The error is an *Error.
func (r *Request) Validate() error {
	for _, f := range []struct {
		name, value string
	}{{"bundle_id", r.BundleID}, {"platform", r.Platform}, {"user_id", r.UserID}, {"campaign_id", r.CampaignID}} {
		if f.value == "" {
			return refusal(http.StatusBadRequest, f.name, f.value, "%s is empty: want a text", f.name)
		}
		if err := checkID(f.name, f.value); err != nil {
			return err
		}
	}
	if err := checkID("idempotency_key", r.IdempotencyKey); err != nil {
		return err
	}
	switch r.DeliveryMethod {
	case "", mocksender.ContextAware, mocksender.Traditional:
	default:
		return refusal(http.StatusBadRequest, "delivery_method", string(r.DeliveryMethod),
			"delivery_method is %q: want context_aware or traditional, or none for either",
			shown(string(r.DeliveryMethod)))
	}
	if h := r.DeliverWithinHours; !(h >= 0 && h <= MaxDeliverWithinHours) {
		return refusal(http.StatusBadRequest, "deliver_within_hours", fmt.Sprint(h),
			"deliver_within_hours is %v: want 0 to %v", h, MaxDeliverWithinHours)
	}
	return checkContent(r.Content)
}

func checkID(name, value string) error {
	switch {
	case utf8.RuneCountInString(value) > maxID:
		return refusal(http.StatusBadRequest, name, value, "%s has %d characters: want at most %d",
			name, utf8.RuneCountInString(value), maxID)
	case strings.ContainsRune(value, 0) || !utf8.ValidString(value):
		return refusal(http.StatusBadRequest, name, value, "%s has a NUL or is not UTF-8: want a text", name)
	}
	return nil
}

func checkContent(raw json.RawMessage) error {
	bad := func(field string, value any, format string, args ...any) error {
		return refusal(http.StatusBadRequest, field, value, format, args...)
	}
	var content map[string]json.RawMessage
	if !utf8.Valid(raw) || json.Unmarshal(raw, &content) != nil || content == nil {
		return bad("content", string(raw), "content is %.60q: want a JSON object with title and body", raw)
	}
	if len(raw) > MaxContent {
		return bad("content", len(raw),
			"content has %d bytes: want at most %d, which is what a push can carry", len(raw), MaxContent)
	}
	if d := depth(raw); d > maxDepth {
		return bad("content", d, "content nests %d deep: want at most %d", d, maxDepth)
	}
	for _, name := range []string{"title", "body", "subtitle"} {
		value, ok := content[name]
		if !ok && name == "subtitle" {
			continue
		}
		if !ok {
			return bad("content."+name, nil, "content.%s is missing: want a text", name)
		}
		if value[0] != '"' {
			return bad("content."+name, rawValue(value), "content.%s is %.60s: want a text", name, value)
		}
	}
	if info, ok := content["userInfo"]; ok && info[0] != '{' {
		return bad("content.userInfo", rawValue(info), "content.userInfo is %.60s: want a JSON object", info)
	}
	return nil
}

// depth is how deep valid JSON nests.
func depth(raw []byte) int {
	deepest, at := 0, 0
	d := json.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := d.Token()
		if err != nil {
			return deepest
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			at++
			deepest = max(deepest, at)
		case json.Delim('}'), json.Delim(']'):
			at--
		}
	}
}

// Schedule takes a message. When it returns without an error, the message is in
// the store. A wrong request is an *Error, a store that can't keep it a
// *StoreError.
func (s *Service) Schedule(ctx context.Context, r Request) (*Message, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	if math.Signbit(r.DeliverWithinHours) {
		r.DeliverWithinHours = 0
	}
	var m *Message
	err := s.do(ctx, func(t *tx) (err error) {
		m, err = t.schedule(r)
		if m != nil {
			m = m.clone()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

func (t *tx) schedule(r Request) (*Message, error) {
	planned := r.DeliveryMethod
	if planned == "" {
		planned = t.s.method(r.UserID)
	}
	r.DeliveryMethod = ""
	var old *Message
	if r.IdempotencyKey != "" {
		var err error
		if old, err = t.find(r.Key()); err != nil {
			return nil, err
		}
	}
	if old != nil && t.now.Sub(old.ScheduledAt) < mocksender.KeyLifetime {
		switch {
		case old.PlannedDeliveryMethod == planned && sameRequest(&old.Request, &r):
			return old, nil
		case !old.isPending():
			return nil, refusal(http.StatusConflict, "idempotency_key", r.IdempotencyKey,
				"idempotency_key %q names a message that is %s already: want another key",
				shown(r.IdempotencyKey), old.DeliveryStatus)
		}
	} else {
		old = nil
	}
	devices, err := t.devicesOf(r.UserID)
	if err != nil {
		return nil, err
	}
	if old == nil {
		t.settings.LastMessage++
		old = &Message{ID: t.settings.LastMessage, DeliveryStatus: mocksender.Pending}
		if r.IdempotencyKey == "" {
			r.IdempotencyKey = t.s.key(old.ID, t.now)
		}
		t.fresh[r.Key()] = old.ID
	} else {
		t.withdraw(old)
	}
	old.Request, old.PlannedDeliveryMethod = r, planned
	old.ScheduledAt = t.now.Truncate(time.Millisecond).UTC()
	old.Devices = []DeviceState{}
	t.messages[old.ID] = old
	t.begin(old, devices)
	return old, nil
}

// begin makes the message pending on the devices.
func (t *tx) begin(m *Message, devices []Device) {
	for _, d := range devices {
		m.Devices = append(m.Devices, DeviceState{DeviceToken: d.Token})
		t.enqueue(m, m.change(d.Token, mocksender.Pending, m.PlannedDeliveryMethod, m.ScheduledAt))
	}
	m.Next = time.Time{}
	if len(devices) > 0 {
		m.Next = t.s.moment(m).Truncate(time.Millisecond)
		t.after(m.Next, stepDue, ref{message: m.ID})
	}
}

// withdraw takes the entries of a request out of the queue that another one
// takes the place of.
func (t *tx) withdraw(m *Message) {
	for i := range m.History {
		m.History[i].Waiting = 0
	}
}

func sameRequest(a, b *Request) bool {
	return a.BundleID == b.BundleID && a.Platform == b.Platform &&
		a.DeliverWithinHours == b.DeliverWithinHours && bytes.Equal(a.Content, b.Content)
}

// Cancel cancels a message that is pending on all devices. The error is an
// *Error where there is no such message (404), or it went out already (409).
func (s *Service) Cancel(ctx context.Context, k mocksender.Key) (*Message, error) {
	return s.act(ctx, k, func(t *tx, m *Message) error {
		switch {
		case m.DeliveryStatus == mocksender.Cancelled:
			return nil
		case !m.isPending():
			return refusal(http.StatusConflict, "idempotency_key", k.IdempotencyKey,
				"message %q is %s on a device already: nothing is cancelled",
				shown(k.IdempotencyKey), m.Devices[firstSettled(m)].DeliveryStatus)
		}
		m.Next = time.Time{}
		t.enqueue(m, m.change("", mocksender.Cancelled, mocksender.MethodCancelled, t.now))
		return nil
	})
}

// firstSettled is the first device on which the message is no longer pending.
func firstSettled(m *Message) int {
	for i, d := range m.Devices {
		if d.DeliveryStatus != mocksender.Pending {
			return i
		}
	}
	return 0
}

// act does something with the message under the key, and returns it.
func (s *Service) act(ctx context.Context, k mocksender.Key, do func(*tx, *Message) error) (*Message, error) {
	var changed *Message
	err := s.do(ctx, func(t *tx) error {
		m, err := t.find(k.Message())
		if err != nil {
			return err
		}
		if m == nil {
			return refusal(http.StatusNotFound, "idempotency_key", k.IdempotencyKey,
				"there is no message %q of this campaign and user", k.Message())
		}
		if err := do(t, m); err != nil {
			return err
		}
		changed = m.clone()
		return nil
	})
	return changed, err
}
