package mocksender

import (
	"time"
	"unicode/utf8"
)

// AppendEvents appends the entries to dst as the JSON array that is a
// request's body.
func AppendEvents(dst []byte, events []Event) []byte {
	dst = append(dst, '[')
	for i := range events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendEvent(dst, &events[i])
	}
	return append(dst, ']')
}

// AppendEvent appends one entry to dst as a JSON object, its members in the
// order of the contract's example. device_token is left out where it is empty.
func AppendEvent(dst []byte, e *Event) []byte {
	dst = append(dst, '{')
	if e.DeviceToken != "" {
		dst = appendString(append(dst, `"device_token":`...), e.DeviceToken)
		dst = append(dst, ',')
	}
	dst = appendString(append(dst, `"user_id":`...), e.UserID)
	dst = appendString(append(dst, `,"campaign_id":`...), e.CampaignID)
	dst = appendString(append(dst, `,"idempotency_key":`...), e.IdempotencyKey)
	dst = appendString(append(dst, `,"delivery_status":`...), string(e.DeliveryStatus))
	dst = appendString(append(dst, `,"delivery_method":`...), string(e.DeliveryMethod))
	dst = appendString(append(dst, `,"planned_delivery_method":`...), string(e.PlannedDeliveryMethod))
	dst = append(dst, `,"timestamp":"`...)
	dst = AppendTimestamp(dst, e.Timestamp)
	dst = append(dst, `","content":`...)
	if len(e.Content) == 0 {
		dst = append(dst, `{}`...)
	} else {
		dst = append(dst, e.Content...)
	}
	return append(dst, '}')
}

// AppendKey appends the key to dst as a JSON object, as a bulk look-up of states
// has it. device_token is left out where it is empty.
func AppendKey(dst []byte, k *Key) []byte {
	dst = appendString(append(dst, `{"campaign_id":`...), k.CampaignID)
	dst = appendString(append(dst, `,"user_id":`...), k.UserID)
	dst = appendString(append(dst, `,"idempotency_key":`...), k.IdempotencyKey)
	if k.DeviceToken != "" {
		dst = appendString(append(dst, `,"device_token":`...), k.DeviceToken)
	}
	return append(dst, '}')
}

// AppendTimestamp appends t as the contract spells it: UTC, three decimals, Z.
func AppendTimestamp(dst []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(dst, TimestampLayout)
	}
	hour, minute, second := t.Clock()
	ms := t.Nanosecond() / int(time.Millisecond)
	two := func(n int) (byte, byte) { return '0' + byte(n/10), '0' + byte(n%10) }
	y1, y2 := two(year / 100)
	y3, y4 := two(year % 100)
	m1, m2 := two(int(month))
	d1, d2 := two(day)
	h1, h2 := two(hour)
	i1, i2 := two(minute)
	s1, s2 := two(second)
	f1, f2 := two(ms / 10)
	return append(dst, y1, y2, y3, y4, '-', m1, m2, '-', d1, d2, 'T', h1, h2, ':', i1, i2, ':', s1, s2, '.', f1, f2, '0'+byte(ms%10), 'Z')
}

// appendString appends s as a JSON string. What is not UTF-8 becomes U+FFFD,
// as in encoding/json; HTML's special characters stay as they are, as in the
// senders that webhooks come from.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\b':
				dst = append(dst, '\\', 'b')
			case '\f':
				dst = append(dst, '\\', 'f')
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[start:i]...)
			dst = append(dst, `\ufffd`...)
			i++
			start = i
			continue
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
