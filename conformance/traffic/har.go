package traffic

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/chromedp/cdproto/har"

	"github.com/ctxpush/ctxpush/conformance/state"
)

// readHAR reads a HAR file entry by entry, so that it may be longer than the
// memory.
func readHAR(name string, r *bufio.Reader, tell func(*Line) error) (found Reading, err error) {
	if bom, _ := r.Peek(3); string(bom) == "\ufeff" {
		_, _ = r.Discard(3) // they are there
	}
	fail := func(err error) (Reading, error) {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return found, &FileError{File: name, Err: fmt.Errorf("is no HAR file: %w", err)}
	}
	d := json.NewDecoder(r)
	for _, member := range []string{"log", "entries"} {
		if err := enter(d, member); err != nil {
			return fail(err)
		}
	}
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return fail(errors.Join(err, errors.New("log.entries is no array")))
	}
	for n := 0; d.More(); n++ {
		var e har.Entry
		if err := d.Decode(&e); err != nil {
			return fail(fmt.Errorf("log.entries[%d]: %w", n, err))
		}
		l, err := lineOf(&e)
		if err != nil {
			return fail(fmt.Errorf("log.entries[%d]: %w", n, err))
		}
		if l == nil || !l.isWebhook() {
			found.Other++
			continue
		}
		found.Requests++
		if err := tell(l); err != nil {
			return found, err
		}
	}
	if _, err := d.Token(); err != nil {
		return fail(err)
	}
	return found, nil
}

// enter goes into an object, to the value of its member.
func enter(d *json.Decoder, member string) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(err, fmt.Errorf("want an object with %s", member))
	}
	for d.More() {
		t, err := d.Token()
		if err != nil || t == member {
			return err
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s is missing", member)
}

// lineOf is the entry as a line; nil where it has no request with a body.
func lineOf(e *har.Entry) (*Line, error) {
	if e.Request == nil || e.Request.PostData == nil {
		return nil, nil
	}
	at, ok := state.ParseInstant(e.StartedDateTime)
	if !ok {
		return nil, fmt.Errorf("startedDateTime is %.40q: want a time such as 2025-02-07T15:20:40.600Z", e.StartedDateTime)
	}
	l := &Line{Time: at, Method: e.Request.Method, Body: Text(e.Request.PostData.Text), Headers: map[string][]string{}}
	if u, err := url.Parse(e.Request.URL); err == nil {
		l.Path = u.RequestURI()
	}
	for _, h := range e.Request.Headers {
		l.Headers[h.Name] = append(l.Headers[h.Name], h.Value)
	}
	if e.Response != nil {
		l.Answer = &Answer{Status: int(e.Response.Status), DurationMS: e.Time}
	}
	return l, nil
}
