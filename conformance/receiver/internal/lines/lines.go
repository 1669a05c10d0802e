// Package lines keeps what a receiver writes, line by line, and never shows its
// secret.
package lines

import (
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/ctxpush/ctxpush/mocksender/redact"
)

// MaxLine is how many bytes of a line are kept; what is longer is cut off.
const MaxLine = 2 << 10

const (
	maxLines = 2000 // kept of a receiver's log; older ones are dropped
	ended    = 20   // lines that an error carries
	blank    = "[secret]"
)

// Log keeps the last lines that a receiver has written, with the secret
// blanked out. It is safe for concurrent use.
type Log struct {
	hide *redact.Redactor

	mu      sync.Mutex
	lines   []string // a ring once it is full
	next    int
	streams []*stream
}

// New is an empty log of a receiver that knows the secret; it may be empty.
func New(secret string) *Log { return &Log{hide: newRedactor(secret)} }

// stream is one output of the receiver: lines of two streams do not mix.
type stream struct {
	log  *Log
	head string // before each line
	part []byte // the line that has no end yet
	over bool   // part is full: the rest of its line is dropped
}

// Open returns a writer of a new stream; it never fails. Its Close ends the last line.
func (l *Log) Open() io.WriteCloser { return l.OpenAs("") }

// OpenAs is Open of a stream whose lines begin with head.
func (l *Log) OpenAs(head string) io.WriteCloser {
	s := &stream{log: l, head: head}
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
		line, rest, ended := strings.Cut(string(p[:min(len(p), MaxLine)]), "\n")
		s.add(line)
		if ended {
			s.flush()
		}
		p = p[min(len(p), MaxLine)-len(rest):]
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
	if room := MaxLine + s.log.hide.Longest() - len(s.part); len(text) > room {
		text, s.over = text[:max(room, 0)], true
	}
	s.part = append(s.part, text...)
}

func (s *stream) flush() {
	s.log.push(s.head + shown(string(s.part), s.over, s.log.hide))
	s.part, s.over = s.part[:0], false
}

func (l *Log) push(line string) {
	if len(l.lines) < maxLines {
		l.lines = append(l.lines, line)
		return
	}
	l.lines[l.next] = line
	l.next = (l.next + 1) % maxLines
}

// Tail is the last n lines, lines without an end yet included.
func (l *Log) Tail(n int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := slices.Concat(l.lines[l.next:], l.lines[:l.next])
	for _, s := range l.streams {
		if len(s.part) > 0 {
			all = append(all, s.head+shown(string(s.part), true, l.hide))
		}
	}
	return all[len(all)-min(max(n, 0), len(all)):]
}

// End is the end of the log, as much of it as an error carries.
func (l *Log) End() []string { return l.Tail(ended) }

// Hide is a text without the secret.
func (l *Log) Hide(text string) string { return l.hide.Text(text) }

// newRedactor blanks out the secret, and the half of it that a receiver may log
// when it is sent a wrong one.
func newRedactor(secret string) *redact.Redactor {
	r := redact.New(blank, secret)
	const telling = 4 // fewer characters are a part of many words
	if half := secret[:(len(secret)+1)/2]; len(half) >= telling {
		r = r.Hide(half, blank)
	}
	return r
}

// shown is a line as it may be shown. Where s is only the beginning of it, the
// beginning of a secret at its end goes too.
func shown(s string, partial bool, hide *redact.Redactor) string {
	s = strings.TrimSuffix(s, "\r")
	if partial {
		s = hide.Cut(s)
	} else {
		s = hide.Text(s)
	}
	return Cut(strings.ToValidUTF8(s, "\uFFFD"), MaxLine)
}
