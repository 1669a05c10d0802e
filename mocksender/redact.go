package mocksender

import (
	"bytes"
	"errors"
	"net/url"
	"slices"
	"strings"
)

// SecretVariable stands wherever the sender's secret stood, in everything that
// an attempt records: a shell that has the variable fills it in again.
const SecretVariable = "$CTXPUSH_SECRET"

// What stands for a wrong secret that was made from the right one, and would
// give it away.
const (
	otherCase = "[the secret in other case]"
	cutSecret = "[a part of the secret]"
)

// redactor blanks out the secret. The nil redactor has nothing to hide.
type redactor struct {
	secret string
	marks  []mark
}

// mark is a text to blank out, in lower case, and what stands for it.
type mark struct{ text, instead string }

// newRedactor blanks out the secret in the spellings in which receivers may
// send it back: as it is, within a JSON string, and within a URL.
func newRedactor(secret string) *redactor {
	if secret == "" {
		return nil
	}
	quoted := appendString(nil, secret)
	r := &redactor{secret: secret}
	return r.hide(secret, SecretVariable).
		hide(string(quoted[1:len(quoted)-1]), SecretVariable).
		hide(url.QueryEscape(secret), SecretVariable).
		hide(url.PathEscape(secret), SecretVariable)
}

func (r *redactor) hide(text, instead string) *redactor {
	text = lower(text)
	if !slices.ContainsFunc(r.marks, func(m mark) bool { return m.text == text }) {
		r.marks = append(slices.Clip(r.marks), mark{text, instead})
	}
	return r
}

// request is the request as it may be shown, and a redactor that also knows
// the wrong secrets in it that would give the right one away.
func (r *redactor) request(q Request) (Request, *redactor) {
	if r == nil {
		return q, r
	}
	fields := slices.Clone(q.Fields)
	for i, f := range fields {
		instead := ""
		switch v := f.Value; {
		case strings.Contains(v, r.secret):
			fields[i].Value = strings.ReplaceAll(v, r.secret, SecretVariable)
			continue
		case strings.EqualFold(v, r.secret):
			instead = otherCase
		case 2*len(v) >= len(r.secret) && strings.Contains(r.secret, v):
			instead = cutSecret
		default:
			continue
		}
		fields[i].Value = instead
		wider := *r
		r = wider.hide(f.Value, instead)
	}
	q.Fields = fields
	if secret := []byte(r.secret); bytes.Contains(q.Body, secret) {
		q.Body = bytes.ReplaceAll(q.Body, secret, []byte(SecretVariable))
	}
	return q, r
}

// text blanks the secret out of s, in any case of its letters.
func (r *redactor) text(s string) string {
	if r == nil {
		return s
	}
	for _, m := range r.marks {
		low := lower(s)
		at := strings.Index(low, m.text)
		if at < 0 {
			continue
		}
		var b strings.Builder
		for at >= 0 {
			b.WriteString(s[:at])
			b.WriteString(m.instead)
			s, low = s[at+len(m.text):], low[at+len(m.text):]
			at = strings.Index(low, m.text)
		}
		b.WriteString(s)
		s = b.String()
	}
	return s
}

// cut blanks the secret out of a text that was cut off, also where the cut
// went through it.
func (r *redactor) cut(s string) string {
	s = r.text(s)
	if r == nil {
		return s
	}
	longest := 0
	low := lower(s)
	for _, m := range r.marks {
		for n := min(len(m.text)-1, len(low)); n > longest; n-- {
			if strings.HasSuffix(low, m.text[:n]) {
				longest = n
			}
		}
	}
	return s[:len(s)-longest]
}

// answer blanks the secret out of what a receiver sent back.
func (r *redactor) answer(a Answer) Answer {
	if r == nil {
		return a
	}
	for name, values := range a.Fields {
		clean := r.text(name)
		shown := make([]string, len(values))
		for i, v := range values {
			shown[i] = r.text(v)
		}
		if clean != name {
			delete(a.Fields, name)
		}
		a.Fields[clean] = shown
	}
	if len(a.Body) == keptBody {
		a.Body = []byte(r.cut(string(a.Body)))
	} else if len(a.Body) > 0 {
		a.Body = []byte(r.text(string(a.Body)))
	}
	return a
}

// err is err with the secret blanked out. An error that quotes the secret loses
// the chain below it, which would quote it still.
func (r *redactor) err(err error) error {
	if err == nil {
		return nil
	}
	if shown := r.text(err.Error()); shown != err.Error() {
		return errors.New(shown)
	}
	return err
}

// lower is s in lower case, its length unchanged: letters beyond ASCII stay.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
