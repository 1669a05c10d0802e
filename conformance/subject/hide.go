package subject

import (
	"bytes"
	"encoding/json"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/redact"
)

// blank stands where a receiver told the secret.
const blank = "[secret]"

// Hide is the failure without the secret, which a receiver may tell in a state
// as well. States are compared before: blanked out, a right one might be wrong.
func (s *Subject) Hide(f event.Failure) event.Failure {
	hide := s.hide
	f.Detail = hide.Text(f.Detail)
	if f.Got == nil {
		return f
	}
	got := *f.Got
	got.DeliveryMethod = mocksender.DeliveryMethod(hide.Text(string(got.DeliveryMethod)))
	got.PlannedDeliveryMethod = mocksender.DeliveryMethod(hide.Text(string(got.PlannedDeliveryMethod)))
	got.Timestamp = hide.Text(got.Timestamp)
	got.Content = hiddenJSON(hide, got.Content)
	f.Got = &got
	return f
}

// HideSeen is the states without the secret.
func (s *Subject) HideSeen(all []event.Seen) []event.Seen {
	hide := s.hide
	for i := range all {
		s := &all[i]
		s.Status = mocksender.DeliveryStatus(hide.Text(string(s.Status)))
		s.Method = mocksender.DeliveryMethod(hide.Text(string(s.Method)))
		s.Timestamp, s.Wrong = hide.Text(s.Timestamp), hide.Text(s.Wrong)
	}
	return all
}

// hiddenJSON is a JSON text without the secret, also where its letters are
// written as escapes.
func hiddenJSON(hide *redact.Redactor, raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return raw
	}
	plain := []byte(raw)
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) == nil {
		if spelled, err := json.Marshal(v); err == nil {
			plain = spelled
		}
	}
	if shown := hide.Text(string(plain)); shown != string(plain) {
		return json.RawMessage(shown)
	}
	return json.RawMessage(hide.Text(string(raw)))
}
