package probe

import (
	"fmt"
	"strings"
	"unicode"
)

// Error is a probe that does not work: nothing can be said of the receiver. It
// is one line, and free of the secret and of the headers' values.
type Error struct {
	Request string // method and address, such as GET http://127.0.0.1:3000/state
	Msg     string // what came, and what would be right
	Err     error  // the reason behind it, where there is one, such as context.Canceled
	// Temporary is set where the same question may be answered a moment later,
	// such as a refused connection or a 503.
	Temporary bool
}

// Error is probe: request: message.
func (e *Error) Error() string {
	if e.Request == "" {
		return "probe: " + e.Msg
	}
	return "probe: " + e.Request + ": " + e.Msg
}

// Unwrap is the reason behind the error.
func (e *Error) Unwrap() error { return e.Err }

// plain is a text of others as part of one line: what is not printable is
// escaped, what is longer than n characters is cut.
func plain(s string, n int) string {
	var b strings.Builder
	for _, r := range s {
		if n--; n < 0 {
			return b.String() + "…"
		}
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, "%U", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
