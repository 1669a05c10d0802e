package mocksender

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ctxpush/ctxpush/mocksender/internal/wire"
)

// Attempt is one HTTP request and what came of it. Wherever the sender's secret
// stood, in the request and the answer, stands SecretVariable.
type Attempt struct {
	// Number counts a delivery's attempts, from 1.
	Number int
	// Start is by the sender's clock.
	Start time.Time
	// Began is when it began by the machine's clock; zero where nothing was sent.
	Began time.Time
	// Duration is in real time, from dialling to the end of the answer.
	Duration time.Duration
	Request  Request
	URL      string
	// Fault is the name of the fault that struck; empty if none did.
	Fault string
	// Resent tells that the receiver closed the kept-alive connection as the
	// request set out, and that it was sent again at once on a fresh one.
	Resent bool
	Answer Answer
	// Err is why there is no answer, or why it does not count; nil if there is
	// one. It is one line.
	Err error
}

// Acknowledged tells whether the receiver has taken the request: a 2xx that
// arrived.
func (a Attempt) Acknowledged() bool { return a.Err == nil && a.Answer.Acknowledged() }

// Line is the attempt in one line: its number, the entries with their keys
// shortened, what came of it and how long it took.
func (a Attempt) Line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "#%d %s", a.Number, summary(a.Request.Body))
	if a.Fault != "" {
		fmt.Fprintf(&b, " [%s]", a.Fault)
	}
	if a.Resent {
		b.WriteString(" [resent: idle connection was closed]")
	}
	b.WriteString(" → ")
	switch {
	case a.Err != nil:
		b.WriteString(a.Err.Error())
	case a.Answer.Status == 0:
		b.WriteString("not sent")
		return b.String()
	default:
		fmt.Fprintf(&b, "%d", a.Answer.Status)
		if !a.Acknowledged() && len(a.Answer.Body) > 0 {
			fmt.Fprintf(&b, " %q", shorten(string(a.Answer.Body), 80))
		}
	}
	fmt.Fprintf(&b, " in %v", a.Duration.Round(10*time.Microsecond))
	return b.String()
}

// Dump is the request as it goes over the wire, but for the secret; empty where
// the URL is malformed.
func (a Attempt) Dump() []byte {
	e, err := wire.ParseEndpoint(a.URL)
	if err != nil {
		return nil
	}
	dump, _ := a.Request.appendTo(nil, e)
	return dump
}

// summary describes a body: its first entries and how many there are more.
func summary(body []byte) string {
	var entries []struct {
		Key
		DeliveryStatus string `json:"delivery_status"`
	}
	if json.Unmarshal(body, &entries) != nil {
		return fmt.Sprintf("(body of %d bytes)", len(body))
	}
	const shown = 3
	var parts []string
	for i, e := range entries {
		if i == shown {
			parts = append(parts, fmt.Sprintf("+%d", len(entries)-shown))
			break
		}
		key := Key{middle(e.CampaignID), middle(e.UserID), middle(e.IdempotencyKey), middle(e.DeviceToken)}
		parts = append(parts, flat(middle(e.DeliveryStatus)+" "+key.String()))
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// middle leaves out the middle of a long id; ids often share their beginnings.
func middle(s string) string {
	r := []rune(s)
	if len(r) <= 14 {
		return s
	}
	return string(r[:5]) + "…" + string(r[len(r)-8:])
}

// shorten cuts a text to at most n bytes, at a rune's border.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// flat makes one printable line of a text.
func flat(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// oneLine keeps an error to one line of a bearable length: some quote what a
// receiver sent.
func oneLine(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if line := shorten(flat(text), 300); line != text {
		return errors.New(line)
	}
	return err
}

// timeoutError is the end of an attempt's time.
type timeoutError string

func (e timeoutError) Error() string { return string(e) }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Unwrap() error   { return context.DeadlineExceeded }

func (x *Exchange) timedOut(after time.Duration) error {
	switch {
	case x.sent == 0:
		return timeoutError(fmt.Sprintf("timed out after %v: nothing sent to %s yet", after, x.target.Addr))
	case x.sent < len(x.wire):
		return timeoutError(fmt.Sprintf("timed out after %v: %d of %d bytes sent", after, x.sent, len(x.wire)))
	}
	return timeoutError(fmt.Sprintf("timed out after %v: request sent, no answer", after))
}
