package traffic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
)

// entry is one element of a webhook's array: as it was sent, and what it says.
type entry struct {
	raw   json.RawMessage
	event mocksender.Event
	order int64 // its place in the recording
}

// entriesOf are the entries of a webhook's body. The error says why they are none
// of the contract's.
func entriesOf(body []byte) ([]entry, error) {
	var all []json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, errors.New("the body is no JSON array of entries")
	}
	if len(all) == 0 || len(all) > mocksender.MaxBatch {
		return nil, fmt.Errorf("the body has %d entries: want 1 to %d", len(all), mocksender.MaxBatch)
	}
	entries := make([]entry, len(all))
	for i, raw := range all {
		e, err := eventOf(raw)
		if err != nil {
			return nil, err
		}
		entries[i] = entry{raw: raw, event: e}
	}
	return entries, nil
}

// eventOf reads an entry; fields that the contract does not name are let pass.
func eventOf(raw json.RawMessage) (mocksender.Event, error) {
	var f struct {
		DeviceToken           string                    `json:"device_token"`
		UserID                string                    `json:"user_id"`
		CampaignID            string                    `json:"campaign_id"`
		IdempotencyKey        string                    `json:"idempotency_key"`
		DeliveryStatus        mocksender.DeliveryStatus `json:"delivery_status"`
		DeliveryMethod        mocksender.DeliveryMethod `json:"delivery_method"`
		PlannedDeliveryMethod mocksender.DeliveryMethod `json:"planned_delivery_method"`
		Timestamp             string                    `json:"timestamp"`
		Content               json.RawMessage           `json:"content"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return mocksender.Event{}, errors.New("an entry is no object of the contract's fields")
	}
	at, ok := state.ParseInstant(f.Timestamp)
	if !ok {
		return mocksender.Event{}, fmt.Errorf("an entry's timestamp is %.40q: want ISO 8601", f.Timestamp)
	}
	e := mocksender.Event{
		DeviceToken: f.DeviceToken, UserID: f.UserID, CampaignID: f.CampaignID, IdempotencyKey: f.IdempotencyKey,
		DeliveryStatus: f.DeliveryStatus, DeliveryMethod: f.DeliveryMethod, PlannedDeliveryMethod: f.PlannedDeliveryMethod,
		Timestamp: at, Content: f.Content,
	}
	return e, e.Validate()
}

// bodyOf is the array of the entries.
func bodyOf(entries []entry) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, e := range entries {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(e.raw)
	}
	b.WriteByte(']')
	return b.Bytes()
}

// rewrite changes members of an object by their names, and leaves all else byte
// for byte.
func rewrite(raw json.RawMessage, change map[string]func(json.RawMessage) json.RawMessage) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var out []byte
	at := 0
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		text, _ := name.(string) // of an object's member it is one
		if f := change[text]; f != nil {
			end := int(d.InputOffset())
			out = append(append(out, raw[at:end-len(value)]...), f(value)...)
			at = end
		}
	}
	return append(out, raw[at:]...), nil
}

// texts makes of a function of texts one of JSON; what is no text stays.
func texts(f func(string) string) func(json.RawMessage) json.RawMessage {
	return func(raw json.RawMessage) json.RawMessage {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return raw
		}
		out, _ := json.Marshal(f(s)) // a text always has a JSON form
		return out
	}
}

// with is the entry with members changed.
func (e entry) with(change map[string]func(json.RawMessage) json.RawMessage) (entry, error) {
	if len(change) == 0 {
		return e, nil
	}
	raw, err := rewrite(e.raw, change)
	if err != nil {
		return e, err
	}
	event, err := eventOf(raw)
	return entry{raw, event, e.order}, err
}
