package state

import (
	"strings"
	"time"
)

// The offsets of ISO 8601 that receivers write: Z, +00:00, +0000 and +00.
var instantLayouts = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07"}

// ParseInstant reads an RFC 3339 time with any fraction and offset; a space may
// stand for the T.
func ParseInstant(s string) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, s); err == nil { // which has a fast way of its own
		return t, true
	}
	s = strings.ToUpper(s)
	if len(s) > 10 && s[10] == ' ' {
		s = s[:10] + "T" + s[11:]
	}
	for _, layout := range instantLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// SameInstant reports whether a and b are times in RFC 3339 that name the same
// instant, to the nanosecond, in whatever fraction and offset.
func SameInstant(a, b string) bool {
	ta, okA := ParseInstant(a)
	tb, okB := ParseInstant(b)
	return okA && okB && ta.Equal(tb)
}
