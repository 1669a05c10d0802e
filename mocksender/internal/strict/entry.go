package strict

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"time"
	"unicode/utf8"
)

// Entry is one entry of a request, by the contract's type definition.
type Entry struct {
	DeviceToken           string // empty where it is absent
	UserID                string
	CampaignID            string
	IdempotencyKey        string
	DeliveryStatus        string
	DeliveryMethod        string
	PlannedDeliveryMethod string
	Timestamp             time.Time
	Content               json.RawMessage // one object, as it came
}

// texts are the places of the fields that are strings.
func (e *Entry) texts(timestamp *string) map[string]*string {
	return map[string]*string{
		"device_token":            &e.DeviceToken,
		"user_id":                 &e.UserID,
		"campaign_id":             &e.CampaignID,
		"idempotency_key":         &e.IdempotencyKey,
		"delivery_status":         &e.DeliveryStatus,
		"delivery_method":         &e.DeliveryMethod,
		"planned_delivery_method": &e.PlannedDeliveryMethod,
		"timestamp":               timestamp,
	}
}

// Entries reads a request's body. The error is a *Violation.
func Entries(body []byte) ([]Entry, error) {
	if !utf8.Valid(body) {
		return nil, violation("request", "the body is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, violation("batch", "the body is no JSON array")
	}
	var entries []Entry
	for d.More() {
		e, err := entry(d)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	if _, err := d.Token(); err != nil {
		return nil, violation("batch", "the array does not end: %v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, violation("batch", "something follows the array")
	}
	if n := len(entries); n < 1 || n > maxEntries {
		return nil, violation("batch", "%d entries: want 1 to %d", n, maxEntries)
	}
	return entries, nil
}

// entry reads one entry. Members are looked at one by one, since a decoder into
// a struct would take other spellings, nulls and repeated names for granted.
func entry(d *json.Decoder) (Entry, error) {
	var e Entry
	var timestamp string
	texts := e.texts(&timestamp)
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return e, violation("entry", "an entry is no JSON object")
	}
	var seen []string
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return e, violation("entry", "an entry is malformed: %v", err)
		}
		if slices.Contains(seen, name) {
			return e, violation("entry", "%s stands twice", name)
		}
		seen = append(seen, name)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return e, violation("entry", "%.40q is malformed: %v", name, err)
		}
		switch text := texts[name]; {
		case name == "content":
			if value[0] != '{' {
				return e, violation("content", "content is no object")
			}
			e.Content = value
		case text == nil:
			return e, violation("entry", "%.40q is none of the nine fields", name)
		case value[0] != '"':
			return e, violation(clauseOf(name), "%s is %.40s: want a string", name, value)
		default:
			if err := json.Unmarshal(value, text); err != nil {
				return e, violation("entry", "%s is malformed: %v", name, err)
			}
			if *text == "" {
				return e, violation(clauseOf(name), "%s is empty", name)
			}
		}
	}
	if _, err := d.Token(); err != nil {
		return e, violation("entry", "an entry does not end: %v", err)
	}
	for name := range texts {
		if name != "device_token" && !slices.Contains(seen, name) {
			return e, violation("entry", "%s is missing", name)
		}
	}
	if !slices.Contains(seen, "content") {
		return e, violation("entry", "content is missing")
	}
	var ok bool
	if e.Timestamp, ok = instant(timestamp); !ok {
		return e, violation("timestamp", "timestamp is %.40q: want a UTC time such as 2025-02-07T15:20:40.599Z", timestamp)
	}
	return e, e.judge()
}

// clauseOf is the clause that speaks of a field.
func clauseOf(name string) string {
	if name == "device_token" {
		return "device-token"
	}
	return "entry"
}

// judge sees that the fields go together.
func (e Entry) judge() error {
	cancelled := e.DeliveryStatus == "cancelled"
	switch {
	case !slices.Contains([]string{"failed", "cancelled", "opened", "delivered", "pending"}, e.DeliveryStatus):
		return violation("status", "delivery_status is %.40q: want one of the five", e.DeliveryStatus)
	case !slices.Contains([]string{"context_aware", "traditional", "cancelled"}, e.DeliveryMethod):
		return violation("method", "delivery_method is %.40q: want one of the three", e.DeliveryMethod)
	case !slices.Contains([]string{"context_aware", "traditional"}, e.PlannedDeliveryMethod):
		return violation("planned-method", "planned_delivery_method is %.40q: want one of the two", e.PlannedDeliveryMethod)
	case cancelled && e.DeviceToken != "":
		return violation("device-token", "device_token is on a cancelled entry")
	case !cancelled && e.DeviceToken == "":
		return violation("device-token", "device_token is absent on a %s entry", e.DeliveryStatus)
	case cancelled != (e.DeliveryMethod == "cancelled"):
		return violation("method", "delivery_method is %s on a %s entry", e.DeliveryMethod, e.DeliveryStatus)
	case e.DeliveryStatus == "pending" && e.DeliveryMethod != e.PlannedDeliveryMethod:
		return violation("method", "delivery_method is %s on a pending entry that is planned as %s", e.DeliveryMethod, e.PlannedDeliveryMethod)
	case e.DeliveryMethod == "context_aware" && e.PlannedDeliveryMethod == "traditional":
		return violation("planned-method", "a push planned as traditional is delivered as context_aware")
	}
	return nil
}

// instant reads a timestamp of the contract's one form.
func instant(s string) (time.Time, bool) {
	const form = "dddd-dd-ddTdd:dd:dd.dddZ"
	if len(s) != len(form) {
		return time.Time{}, false
	}
	number := func(from, to int) (n int) {
		for _, c := range s[from:to] {
			n = 10*n + int(c-'0')
		}
		return n
	}
	for i := range len(form) {
		if isDigit := '0' <= s[i] && s[i] <= '9'; form[i] == 'd' && !isDigit || form[i] != 'd' && s[i] != form[i] {
			return time.Time{}, false
		}
	}
	year, month, day := number(0, 4), number(5, 7), number(8, 10)
	hour, minute, second, ms := number(11, 13), number(14, 16), number(17, 19), number(20, 23)
	t := time.Date(year, time.Month(month), day, hour, minute, second, ms*int(time.Millisecond), time.UTC)
	// Date carries what is out of its range: 31 November is 1 December.
	same := int(t.Month()) == month && t.Day() == day && t.Hour() == hour && t.Minute() == minute && t.Second() == second
	return t, same
}
