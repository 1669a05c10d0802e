package service

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/ctxpush/ctxpush/mocksender"
)

// maxCall is how many bytes a call has at most.
const maxCall = 1 << 20

func (s *Service) newHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+SchedulePath, s.call(func(r *http.Request, fields fields) (*Message, error) {
		q, err := fields.request()
		if err != nil {
			return nil, err
		}
		return s.Schedule(r.Context(), q)
	}))
	mux.HandleFunc("POST "+s.config.CancelPath, s.call(func(r *http.Request, fields fields) (*Message, error) {
		k, err := fields.key()
		if err != nil {
			return nil, err
		}
		return s.Cancel(r.Context(), k)
	}))
	return mux
}

// call answers one of the vendor's calls with the message, or one JSON error.
func (s *Service) call(do func(*http.Request, fields) (*Message, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var m *Message
		err := s.authorize(r)
		if err == nil {
			var f fields
			if f, err = readFields(w, r); err == nil {
				m, err = do(r, f)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			refused := AsError(err)
			w.WriteHeader(refused.Code)
			_ = json.NewEncoder(w).Encode(map[string]*Error{"error": refused})
			return
		}
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		_ = e.Encode(m)
	}
}

// AsError is err as an answer tells it: a store that can't keep what was asked
// for is 503.
func AsError(err error) *Error {
	var refused *Error
	var store *StoreError
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &store), errors.Is(err, ErrClosed):
		return &Error{Code: http.StatusServiceUnavailable, Message: err.Error()}
	}
	return &Error{Code: http.StatusInternalServerError, Message: err.Error()}
}

func (s *Service) authorize(r *http.Request) error {
	if s.config.Token == "" {
		return nil
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	same := subtle.ConstantTimeCompare([]byte(strings.TrimSpace(token)), []byte(s.config.Token)) == 1
	if !strings.EqualFold(scheme, "Token") || !same {
		return refusal(http.StatusUnauthorized, "Authorization", nil,
			"Authorization is missing or wrong: want Token and the service's token")
	}
	return nil
}

// fields are a call's, by their names as they were spelled.
type fields map[string]json.RawMessage

func readFields(w http.ResponseWriter, r *http.Request) (fields, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCall))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return nil, refusal(http.StatusRequestEntityTooLarge, "body", nil,
			"the body has more than %d bytes: want fewer", maxCall)
	case err != nil:
		return nil, refusal(http.StatusBadRequest, "body", nil, "the body broke off")
	case !utf8.Valid(body):
		return nil, refusal(http.StatusBadRequest, "body", nil, "the body is not UTF-8: want JSON in UTF-8")
	}
	var f fields
	if err := json.Unmarshal(body, &f); err != nil || f == nil {
		why := "it is null"
		if err != nil {
			why = err.Error()
		}
		return nil, refusal(http.StatusBadRequest, "body", nil, "the body is no JSON object: %s", why)
	}
	return f, nil
}

// text reads a field that is a string; a missing one is an error where it is
// required.
func (f fields) text(name string, to *string, required bool) error {
	raw, ok := f[name]
	switch {
	case !ok && required:
		return refusal(http.StatusBadRequest, name, nil, "%s is missing: want a text", name)
	case !ok, string(raw) == "null" && !required:
		return nil
	}
	if json.Unmarshal(raw, to) != nil || raw[0] != '"' {
		return refusal(http.StatusBadRequest, name, rawValue(raw), "%s is %.60s: want a text", name, raw)
	}
	if required && *to == "" {
		return refusal(http.StatusBadRequest, name, "", "%s is empty: want a text", name)
	}
	return nil
}

// rawValue is JSON as an error may quote it: as it is, or as text where it is
// long, or a number that readers of the error could not hold.
func rawValue(raw json.RawMessage) any {
	if len(raw) > 100 {
		return fmt.Sprintf("%.60s…", raw)
	}
	var value any
	if json.Unmarshal(raw, &value) != nil {
		return string(raw)
	}
	return raw
}

func (f fields) request() (Request, error) {
	var r Request
	for _, t := range []struct {
		name     string
		to       *string
		required bool
	}{
		{"bundle_id", &r.BundleID, true}, {"platform", &r.Platform, true}, {"user_id", &r.UserID, true},
		{"campaign_id", &r.CampaignID, true}, {"idempotency_key", &r.IdempotencyKey, false},
		{"delivery_method", (*string)(&r.DeliveryMethod), false},
	} {
		if err := f.text(t.name, t.to, t.required); err != nil {
			return r, err
		}
	}
	const within = "deliver_within_hours"
	raw, ok := f[within]
	if !ok {
		return r, refusal(http.StatusBadRequest, within, nil,
			"%s is missing: want 0 to %v", within, MaxDeliverWithinHours)
	}
	if json.Unmarshal(raw, &r.DeliverWithinHours) != nil || string(raw) == "null" {
		return r, refusal(http.StatusBadRequest, within, rawValue(raw),
			"%s is %.60s: want a number from 0 to %v", within, raw, MaxDeliverWithinHours)
	}
	if r.Content, ok = f["content"]; !ok {
		return r, refusal(http.StatusBadRequest, "content", nil,
			"content is missing: want a JSON object with title and body")
	}
	return r, nil
}

func (f fields) key() (k mocksender.Key, err error) {
	for _, t := range []struct {
		name string
		to   *string
	}{{"campaign_id", &k.CampaignID}, {"user_id", &k.UserID}, {"idempotency_key", &k.IdempotencyKey}} {
		if err := f.text(t.name, t.to, true); err != nil {
			return k, err
		}
	}
	return k, nil
}
