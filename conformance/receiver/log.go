package receiver

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
)

const (
	maxLines = 2000    // kept of a receiver's log; older ones are dropped
	maxLine  = 2 << 10 // bytes of a line; what is longer is cut off
	tailSize = 20      // lines that an error carries
	blank    = "[secret]"
)

// lineLog keeps the last lines that a receiver has written, with the secret
// blanked out. It is safe for concurrent use.
type lineLog struct {
	hide *redactor

	mu      sync.Mutex
	lines   []string // a ring once it is full
	next    int
	streams []*stream
}

func newLineLog(secret string) *lineLog { return &lineLog{hide: newRedactor(secret)} }

// stream is one output of the receiver: lines of two streams do not mix.
type stream struct {
	log  *lineLog
	part []byte // the line that has no end yet
	over bool   // part is full: the rest of its line is dropped
}

// open returns a writer of a new stream. Its Close ends the last line.
func (l *lineLog) open() *stream {
	s := &stream{log: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.streams = append(l.streams, s)
	return s
}

// Write never fails.
func (s *stream) Write(p []byte) (int, error) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	n := len(p)
	for len(p) > 0 {
		line, rest, ended := strings.Cut(string(p[:min(len(p), maxLine)]), "\n")
		s.add(line)
		if ended {
			s.flush()
		}
		p = p[min(len(p), maxLine)-len(rest):]
	}
	return n, nil
}

// Close ends the last line and forgets the stream.
func (s *stream) Close() error {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	if len(s.part) > 0 {
		s.flush()
	}
	s.log.streams = slices.DeleteFunc(s.log.streams, func(o *stream) bool { return o == s })
	return nil
}

// add keeps as much of an overlong line as it takes to find each secret that
// begins in the part that is shown.
func (s *stream) add(text string) {
	if room := maxLine + s.log.hide.longest - len(s.part); len(text) > room {
		text, s.over = text[:max(room, 0)], true
	}
	s.part = append(s.part, text...)
}

func (s *stream) flush() {
	s.log.push(s.log.hide.line(string(s.part), s.over))
	s.part, s.over = s.part[:0], false
}

func (l *lineLog) push(line string) {
	if len(l.lines) < maxLines {
		l.lines = append(l.lines, line)
		return
	}
	l.lines[l.next] = line
	l.next = (l.next + 1) % maxLines
}

// tail is the last n lines, lines without an end yet included.
func (l *lineLog) tail(n int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := slices.Concat(l.lines[l.next:], l.lines[:l.next])
	for _, s := range l.streams {
		if len(s.part) > 0 {
			all = append(all, l.hide.line(string(s.part), true))
		}
	}
	return all[len(all)-min(max(n, 0), len(all)):]
}

// redactor blanks a secret out, also where it is written as JSON, in a URL or
// in base64.
type redactor struct {
	spellings []string // longest first: one may be a part of another
	replace   *strings.Replacer
	longest   int
}

func newRedactor(secret string) *redactor {
	r := &redactor{replace: strings.NewReplacer()}
	if secret == "" {
		return r
	}
	quoted, _ := json.Marshal(secret)
	r.spellings = []string{
		secret,
		string(quoted[1 : len(quoted)-1]),
		url.QueryEscape(secret),
		url.PathEscape(secret),
		base64.StdEncoding.EncodeToString([]byte(secret)),
		base64.URLEncoding.EncodeToString([]byte(secret)),
	}
	slices.SortFunc(r.spellings, func(a, b string) int { return len(b) - len(a) })
	r.spellings = slices.Compact(r.spellings)
	r.longest = len(r.spellings[0])
	var pairs []string
	for _, s := range r.spellings {
		pairs = append(pairs, s, blank)
	}
	r.replace = strings.NewReplacer(pairs...)
	return r
}

func (r *redactor) text(s string) string { return r.replace.Replace(s) }

// line is s as it may be shown. Where s is only the beginning of a line, the
// beginning of a secret at its end goes too.
func (r *redactor) line(s string, partial bool) string {
	s = r.text(strings.TrimSuffix(s, "\r"))
	if partial {
		s = s[:len(s)-r.begun(s)]
	}
	return cut(strings.ToValidUTF8(s, "\uFFFD"), maxLine)
}

// begun is how many bytes at the end of s may be the beginning of a secret.
func (r *redactor) begun(s string) int {
	for n := min(r.longest-1, len(s)); n > 0; n-- {
		for _, spelling := range r.spellings {
			if len(spelling) > n && strings.HasSuffix(s, spelling[:n]) {
				return n
			}
		}
	}
	return 0
}
