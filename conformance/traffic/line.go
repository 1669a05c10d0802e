package traffic

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf8"
)

// Line is one webhook request and its answer: a line of a recording.
type Line struct {
	// Time is when it came.
	Time    time.Time           `json:"time"`
	Method  string              `json:"method"`
	Path    string              `json:"path"`
	Headers map[string][]string `json:"headers,omitempty"`
	Body    Text                `json:"body"`
	Answer  *Answer             `json:"answer,omitempty"`
}

// Answer is what the receiver answered.
type Answer struct {
	// Status is 0 where none came; Error says why.
	Status     int                 `json:"status"`
	Headers    map[string][]string `json:"headers,omitempty"`
	Body       Text                `json:"body,omitempty"`
	Error      string              `json:"error,omitempty"`
	DurationMS float64             `json:"duration_ms"`
}

// end is when the request's answer had come.
func (l *Line) end() time.Time {
	if l.Answer == nil {
		return l.Time
	}
	return l.Time.Add(time.Duration(l.Answer.DurationMS * float64(time.Millisecond)))
}

// Text is a body, byte for byte: in a line a text, or {"base64": …} where it is
// not UTF-8.
type Text []byte

type encoded struct {
	Base64 []byte `json:"base64"`
}

// MarshalJSON writes the body.
func (t Text) MarshalJSON() ([]byte, error) {
	if !utf8.Valid(t) {
		return json.Marshal(encoded{t})
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // a person reads it, no browser
	err := e.Encode(string(t))
	return b.Bytes(), err
}

// UnmarshalJSON reads it.
func (t *Text) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		var e encoded
		err := json.Unmarshal(data, &e)
		*t = e.Base64
		return err
	}
	var s string
	err := json.Unmarshal(data, &s)
	*t = Text(s)
	return err
}
