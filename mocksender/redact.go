package mocksender

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/mocksender/redact"
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

// redactor blanks out the sender's secret. The nil redactor has nothing to hide.
type redactor struct {
	secret string
	hidden *redact.Redactor
}

func newRedactor(secret string) *redactor {
	if secret == "" {
		return nil
	}
	return &redactor{secret, redact.New(SecretVariable, secret)}
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
		r = &redactor{r.secret, r.hidden.Hide(f.Value, instead)}
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
	return r.hidden.Text(s)
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
		a.Body = []byte(r.hidden.Cut(string(a.Body)))
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
