package doctor

import (
	"strconv"
	"unicode/utf8"
)

const (
	logLines = 20  // of the receiver's log that are looked at
	maxQuote = 120 // characters of a text of the receiver's
)

// clip is a text of the receiver's, quoted and of a length that one reads.
func clip(s string) string {
	if utf8.RuneCountInString(s) > maxQuote {
		s = string([]rune(s)[:maxQuote]) + "…"
	}
	return strconv.Quote(s)
}

// quoteBody is an answer's body, as far as it is a text.
func quoteBody(body []byte) string {
	if len(body) == 0 || !utf8.Valid(body) {
		return ""
	}
	return clip(string(body))
}
