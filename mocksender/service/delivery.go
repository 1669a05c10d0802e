package service

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

// Ref names an entry: a change of a message. Its text is MESSAGE.CHANGE, such
// as 17.2 for the third change of message 17.
type Ref struct {
	Message uint64
	Change  int
}

// String is MESSAGE.CHANGE.
func (r Ref) String() string { return fmt.Sprintf("%d.%d", r.Message, r.Change) }

// ParseRef reads what String writes.
func ParseRef(text string) (Ref, error) {
	message, change, ok := strings.Cut(text, ".")
	id, err := strconv.ParseUint(message, 10, 63)
	n, err2 := strconv.ParseUint(change, 10, 16)
	if !ok || err != nil || err2 != nil {
		return Ref{}, fmt.Errorf("entry %.40q: want MESSAGE.CHANGE, such as 17.2", text)
	}
	return Ref{id, int(n)}, nil
}

// MarshalText is String.
func (r Ref) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText is ParseRef.
func (r *Ref) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRef(string(text))
	return err
}

// The outcomes of a delivery.
const (
	Waiting      = "waiting" // for its first attempt, or a retry
	Acknowledged = "acknowledged"
	Dropped      = "dropped" // all attempts failed
)

// Delivery is one webhook request and all its attempts.
type Delivery struct {
	ID      uint64 `json:"id"`
	Outcome string `json:"outcome"`
	Entries []Ref  `json:"entries"`
	// Body is the request's, byte for byte as it is sent.
	Body      json.RawMessage `json:"body"`
	CreatedAt time.Time       `json:"created_at"`
	// Due is when the next attempt comes; zero where none does.
	Due      time.Time `json:"due,omitzero"`
	Attempts []Attempt `json:"attempts"`
	// After is a delivery whose first attempt goes before this one's; 0 is none.
	After uint64 `json:"after,omitempty"`
	// RequestID is the X-Idempotency-Key of protocol 2026, which retries keep.
	RequestID string `json:"request_id,omitempty"`
}

// Attempt is one HTTP request of a delivery and what came of it. The secret is
// nowhere in it.
type Attempt struct {
	Number int `json:"number"`
	// Start is by the service's clock; Millis is how long it took in real time.
	Start  time.Time `json:"start"`
	Millis float64   `json:"duration_ms"`
	// Running is set from before the request is made until it is over.
	Running bool   `json:"running,omitempty"`
	Fault   string `json:"fault,omitempty"`
	// Status is the answer's code; 0 where no answer came, and Error says why.
	Status int         `json:"status,omitempty"`
	Error  string      `json:"error,omitempty"`
	Header http.Header `json:"header,omitempty"`
	// Body is the beginning of the answer's body.
	Body string `json:"body,omitempty"`
}

// interrupted is the error of an attempt whose end nobody saw.
const interrupted = "broken off: the service ended"

func (d *Delivery) clone() *Delivery {
	c := *d
	c.Attempts = slices.Clone(d.Attempts)
	return &c
}

// isRunning tells whether an attempt is under way.
func (d *Delivery) isRunning() bool {
	return len(d.Attempts) > 0 && d.Attempts[len(d.Attempts)-1].Running
}

// end takes in what came of the attempt that runs, and sets when the next one
// is due: at a time counted from the start of the first, as a Sender does.
func (d *Delivery) end(a mocksender.Attempt, waits []time.Duration) {
	last := &d.Attempts[len(d.Attempts)-1]
	last.Running = false
	last.Millis = float64(a.Duration.Microseconds()) / 1000
	last.Status, last.Header, last.Body = a.Answer.Status, a.Answer.Fields, string(a.Answer.Body)
	if a.Err != nil {
		last.Error = a.Err.Error()
	}
	if a.Acknowledged() {
		d.Outcome, d.Due = Acknowledged, time.Time{}
		return
	}
	d.retry(waits)
}

func (d *Delivery) retry(waits []time.Duration) {
	if len(d.Attempts) > len(waits) {
		d.Outcome, d.Due = Dropped, time.Time{}
		return
	}
	d.Due = d.Attempts[0].Start
	for _, w := range waits[:len(d.Attempts)] {
		d.Due = d.Due.Add(w)
	}
}
