package strict

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// The protocols, by the year of their page.
const (
	Protocol2025 = "2025"
	Protocol2026 = "2026"
)

// The most that is read of one request, far above what a sender needs.
const (
	maxLine = 16 << 10
	maxHead = 64 << 10
	maxBody = 16 << 20
)

// Rules are what a sender was told, and so what its requests must have.
type Rules struct {
	Protocol string // Protocol2025 or Protocol2026
	Target   string // of the request line: path and query
	Host     string
	Secret   string
}

// Request is a request that holds to the contract.
type Request struct {
	// Raw is all of it, as it came.
	Raw []byte
	// Key is its X-Idempotency-Key; empty in the protocol of 2025.
	Key     string
	Entries []Entry
}

// Read reads the next request of a connection. The error is a *Violation where
// the request breaks the contract, io.EOF where the connection ended before it
// began, and the connection's own else.
func (r Rules) Read(br *bufio.Reader) (Request, error) {
	var q Request
	line, err := q.line(br)
	if err != nil {
		if len(q.Raw) == 0 {
			return q, err
		}
		return q, cut(err, "in the request line")
	}
	if want := "POST " + r.Target + " HTTP/1.1"; line != want {
		return q, violation("request", "the request line is %.80q: want %q", line, want)
	}
	fields := map[string]string{}
	for {
		if line, err = q.line(br); err != nil {
			return q, cut(err, "in the head")
		}
		if line == "" {
			break
		}
		if err := r.field(fields, line); err != nil {
			return q, err
		}
	}
	length, err := r.head(fields)
	if err != nil {
		return q, err
	}
	q.Key = fields["X-Idempotency-Key"]
	head := len(q.Raw)
	q.Raw = append(q.Raw, make([]byte, length)...)
	if n, err := io.ReadFull(br, q.Raw[head:]); err != nil {
		return q, cut(err, "after "+strconv.Itoa(n)+" of the "+strconv.Itoa(length)+" bytes of Content-Length")
	}
	if q.Entries, err = Entries(q.Raw[head:]); err != nil {
		return q, err
	}
	for _, e := range q.Entries {
		if q.Key != "" && q.Key == e.IdempotencyKey {
			return q, violation("request", "X-Idempotency-Key is an entry's idempotency_key: want one of the request's own")
		}
	}
	return q, nil
}

// line reads a line of the head, which ends in CR LF, and returns it without.
func (q *Request) line(br *bufio.Reader) (string, error) {
	begin := len(q.Raw)
	for {
		c, err := br.ReadByte()
		if err != nil {
			return "", err
		}
		q.Raw = append(q.Raw, c)
		switch n := len(q.Raw); {
		case n-begin > maxLine || n > maxHead:
			return "", violation("request", "the head goes on after %d bytes: want an end", n)
		case c != '\n':
			continue
		}
		line, ok := bytes.CutSuffix(q.Raw[begin:], []byte("\r\n"))
		if !ok || bytes.ContainsAny(line, "\r\n\x00") {
			return "", violation("request", "a line of the head does not end in CR LF, or holds another one")
		}
		return string(line), nil
	}
}

// cut words the end of a connection within a request.
func cut(err error, where string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return violation("request", "the request ends %s", where)
	}
	return err
}

// names are the spellings of the fields that the protocol has.
func (r Rules) names() []string {
	if r.Protocol == Protocol2026 {
		return []string{"Host", "X-CTX-Secret", "X-CTX-Event-Type", "X-Idempotency-Key", "Content-Type", "Content-Length"}
	}
	return []string{"Host", "X-ctx-secret", "Content-Type", "Content-Length"}
}

// field takes in one field. Its errors show no value, which may be the secret.
func (r Rules) field(fields map[string]string, line string) error {
	name, value, ok := strings.Cut(line, ": ")
	if !ok {
		return violation("request", "a line of the head has no name and value with \": \" between them")
	}
	if !slices.Contains(r.names(), name) {
		clause := "request"
		if strings.EqualFold(name, "X-ctx-secret") {
			clause = "secret"
		}
		return violation(clause, "the field %.40q is not one of %v in their spelling", name, r.names())
	}
	if _, twice := fields[name]; twice {
		return violation("request", "the field %s stands twice", name)
	}
	if value == "" || strings.TrimSpace(value) != value {
		return violation("request", "the field %s is empty, or has space around its value", name)
	}
	fields[name] = value
	return nil
}

// head judges the fields of a head, and returns the length of the body.
func (r Rules) head(fields map[string]string) (length int, err error) {
	for _, name := range r.names() {
		if _, ok := fields[name]; !ok {
			return 0, violation("request", "the field %s is missing", name)
		}
	}
	for name, value := range fields {
		switch name {
		case "X-ctx-secret", "X-CTX-Secret":
			if value != r.Secret {
				return 0, violation("secret", "%s is not the shared secret", name)
			}
		case "Host":
			if value != r.Host {
				return 0, violation("request", "Host is %.80q: want %q", value, r.Host)
			}
		case "Content-Type":
			if value != "application/json" {
				return 0, violation("request", "Content-Type is %.80q: want application/json", value)
			}
		case "X-CTX-Event-Type":
			if value != "message_status" {
				return 0, violation("request", "X-CTX-Event-Type is %.80q: want message_status", value)
			}
		}
	}
	text := fields["Content-Length"]
	length, err = strconv.Atoi(text)
	if err != nil || strconv.Itoa(length) != text || length < 0 || length > maxBody {
		return 0, violation("request", "Content-Length is %.40q: want a number up to %d in plain digits", text, maxBody)
	}
	return length, nil
}
