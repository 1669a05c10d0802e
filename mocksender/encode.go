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

// AppendTimestamp appends t as the contract spells it: UTC, three decimals, Z.
func AppendTimestamp(dst []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(dst, TimestampLayout)
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
