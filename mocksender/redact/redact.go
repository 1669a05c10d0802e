// Package redact blanks secrets out of texts: what was sent, what came back,
// what a program logged. It finds a secret in any case of its letters, and in
// the spellings in which other programs write it.
package redact

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
)

// Redactor blanks texts out. The nil Redactor has nothing to hide. A Redactor
// is not changed once it is made, and may be used by several goroutines.
type Redactor struct {
	marks []mark // longest first: one may be a part of another
}

// mark is a text to blank out, in lower case, and what stands for it.
type mark struct{ text, instead string }

// New is a redactor that puts instead in the place of the secrets, as they are,
// within a JSON string, within a URL, within HTML, in hexadecimal, and in base64,
// also as a part of a longer text. Empty ones are left out.
func New(instead string, secrets ...string) *Redactor {
	r := &Redactor{}
	for _, s := range secrets {
		if s == "" {
			continue
		}
		quoted, _ := json.Marshal(s) // a string always has a JSON form
		for _, spelling := range []string{
			s,
			string(quoted[1 : len(quoted)-1]),
			unescapedHTML(s),
			url.QueryEscape(s),
			url.PathEscape(s),
			base64.StdEncoding.EncodeToString([]byte(s)),
			base64.URLEncoding.EncodeToString([]byte(s)),
			html.EscapeString(s),
			strings.ReplaceAll(html.EscapeString(s), "&#34;", "&quot;"),
			hex.EncodeToString([]byte(s)),
		} {
			r = r.Hide(spelling, instead)
		}
		for _, part := range within64(s) {
			r = r.Hide(part, instead)
		}
	}
	return r
}

// within64 is what shows of s where a longer text that holds it is in base64:
// three bytes make four characters, so that it may begin in three ways. Those of
// a short one might as well be of something else, and are left out.
func within64(s string) []string {
	const telling = 8 // characters
	var parts []string
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			// The characters of which s alone decides every bit.
			begin, end := (8*before+5)/6, 8*(before+len(s))/6
			if text := encoding.EncodeToString(append(make([]byte, before), s...)); end-begin >= telling {
				parts = append(parts, text[begin:end])
			}
		}
	}
	return parts
}

// unescapedHTML is s within a JSON string whose writer leaves <, > and & alone.
func unescapedHTML(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always has a JSON form
	return strings.TrimSuffix(b.String()[1:], "\"\n")
}

// Hide is r with one text more, as it is, and what stands for it.
func (r *Redactor) Hide(text, instead string) *Redactor {
	text = lower(text)
	var marks []mark
	if r != nil {
		marks = slices.Clip(r.marks)
	}
	if text == "" || slices.ContainsFunc(marks, func(m mark) bool { return m.text == text }) {
		return r
	}
	marks = append(marks, mark{text, instead})
	slices.SortStableFunc(marks, func(a, b mark) int { return len(b.text) - len(a.text) })
	return &Redactor{marks}
}

// Text is s with everything that is to be hidden blanked out, in one pass, so
// that no secret is looked for in what stands for another.
func (r *Redactor) Text(s string) string {
	if r == nil {
		return s
	}
	low := lower(s)
	if !slices.ContainsFunc(r.marks, func(m mark) bool { return strings.Contains(low, m.text) }) {
		return s
	}
	var b strings.Builder
	kept := 0
	for i := 0; i < len(low); {
		at := slices.IndexFunc(r.marks, func(m mark) bool { return strings.HasPrefix(low[i:], m.text) })
		if at < 0 {
			i++
			continue
		}
		b.WriteString(s[kept:i])
		b.WriteString(r.marks[at].instead)
		i += len(r.marks[at].text)
		kept = i
	}
	b.WriteString(s[kept:])
	return b.String()
}

// Cut is Text for a text that was cut off: where the cut may have gone through
// something that is to be hidden, its beginning goes too.
func (r *Redactor) Cut(s string) string {
	if r == nil {
		return s
	}
	s = r.Text(s)
	low := lower(s)
	longest := 0
	for _, m := range r.marks {
		for n := min(len(m.text)-1, len(low)); n > longest; n-- {
			if strings.HasSuffix(low, m.text[:n]) {
				longest = n
			}
		}
	}
	return s[:len(s)-longest]
}

// Longest is the number of bytes of the longest text that is hidden: how much of
// a text must be kept beyond a cut to find all that begins before it.
func (r *Redactor) Longest() int {
	if r == nil || len(r.marks) == 0 {
		return 0
	}
	return len(r.marks[0].text)
}

// lower is s in lower case, its length unchanged: letters beyond ASCII stay.
func lower(s string) string {
	if !strings.ContainsFunc(s, func(c rune) bool { return 'A' <= c && c <= 'Z' }) {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
