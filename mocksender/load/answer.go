package load

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
)

// The most that is read of an answer.
const (
	// maxHead is for the heads of an answer, interim ones and trailers included.
	maxHead = 64 << 10
	// maxBody is for the body, to use the connection again: beyond it the
	// connection is dropped, and the status still counts.
	maxBody = 256 << 10
)

var (
	errBadAnswer = errors.New("the answer is not HTTP/1")
	errLongHead  = errors.New("the answer's head is longer than 64 KiB")
	errLongBody  = errors.New("the answer's body is longer than 256 KiB")
)

// answer reads one HTTP/1 answer to a POST, bit by bit as it comes. It keeps
// nothing of it but what says where it ends, and allocates nothing.
//
// It is at least as strict as net/http where it matters to which request bytes
// belong: two lengths that differ, a length that is no plain number, a transfer
// coding other than chunked, a chunk without its line end are errors. Where it
// is sure of the end but an intermediary might see it elsewhere, as with a
// length beside chunked, the connection is not used again.
type answer struct {
	status int // of the head read last; final unless it is an interim one
	part   part
	left   int64 // bytes left of the body or the chunk
	head   int   // bytes of heads so far
	body   int64 // bytes of body so far, the chunks' framing included

	final     bool // the final head is complete
	old       bool // HTTP/1.0
	closing   bool // the connection ends with the answer
	keepAlive bool // asked for by an HTTP/1.0 server
	chunked   bool
	length    int64 // -1 if none is given
	framing   bool  // the field read last says where the answer ends
	fields    bool  // a field has been read
}

// part is what comes next of an answer.
type part uint8

const (
	statusLine part = iota
	fieldLines
	fixedBody
	endlessBody // until the connection closes
	chunkSize
	chunkData
	chunkEnd
	trailerLines
	complete
)

// begin makes ready for the next answer.
func (a *answer) begin() { *a = answer{length: -1} }

// done tells whether all of the answer has been read.
func (a *answer) done() bool { return a.part == complete }

// reusable tells whether the connection can be used again after the answer.
func (a *answer) reusable() bool { return a.part == complete && !a.closing }

// end tells what the end of the stream means: nil where it is the end of the
// answer, or where at least the head was complete, so that the status counts.
func (a *answer) end() error {
	a.closing = true
	if a.part == endlessBody {
		a.part = complete
	}
	if !a.final {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// feed reads as much of p as it can, and tells how much that was. What is left
// is the beginning of a line, to be given again with more behind it, or comes
// after the end of the answer. Once the final head is complete an error only
// means that the connection is of no further use.
func (a *answer) feed(p []byte) (used int, err error) {
	for used < len(p) && a.part != complete {
		rest := p[used:]
		switch a.part {
		case fixedBody, chunkData, endlessBody:
			n := int64(len(rest))
			if a.part != endlessBody {
				n = min(n, a.left)
				a.left -= n
			}
			used += int(n)
			if err := a.drain(n); err != nil {
				return used, err
			}
			if a.left == 0 && a.part == fixedBody {
				a.part = complete
			} else if a.left == 0 && a.part == chunkData {
				a.part = chunkEnd
			}
			continue
		}
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			if a.head+len(rest) > maxHead {
				return used, errLongHead
			}
			return used, nil
		}
		used += i + 1
		line, crlf := bytes.CutSuffix(rest[:i], []byte{'\r'})
		switch a.part {
		case chunkSize, chunkEnd:
			err = a.drain(int64(i + 1))
		default:
			if a.head += i + 1; a.head > maxHead {
				err = errLongHead
			}
		}
		// A lone line feed ends a line of a head, but not of a chunk or a trailer.
		if err == nil && !crlf && a.final {
			err = errBadAnswer
		}
		if err != nil {
			return used, err
		}
		if err := a.line(line); err != nil {
			return used, err
		}
	}
	return used, nil
}

func (a *answer) drain(n int64) error {
	if a.body += n; a.body > maxBody {
		a.closing = true
		return errLongBody
	}
	return nil
}

func (a *answer) line(line []byte) error {
	ok := true
	switch a.part {
	case statusLine:
		ok = a.statusLine(line)
		a.part = fieldLines
	case fieldLines:
		if len(line) == 0 {
			return a.headEnd()
		}
		ok = a.field(line)
	case chunkSize:
		ok = a.chunkSize(line)
	case chunkEnd:
		ok = len(line) == 0
		a.part = chunkSize
	case trailerLines:
		if len(line) == 0 {
			a.part = complete
			return nil
		}
		_, _, ok = cutField(line)
	}
	if !ok {
		return errBadAnswer
	}
	return nil
}

// statusLine reads HTTP/1.1 200 OK, whose reason may be missing.
func (a *answer) statusLine(line []byte) bool {
	const form = "HTTP/1.1 200"
	if len(line) < len(form) || string(line[:7]) != "HTTP/1." || line[8] != ' ' {
		return false
	}
	switch line[7] {
	case '0':
		a.old = true
	case '1':
	default:
		return false
	}
	if len(line) > len(form) && line[len(form)] != ' ' {
		return false
	}
	a.status = 0
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return false
		}
		a.status = 10*a.status + int(c-'0')
	}
	return a.status >= 100
}

// field reads one line of a head's fields.
func (a *answer) field(line []byte) bool {
	if line[0] == ' ' || line[0] == '\t' {
		// A continued line may say anything, but not where the answer ends.
		return a.fields && !a.framing && validValue(line)
	}
	name, value, ok := cutField(line)
	if !ok {
		return false
	}
	a.fields, a.framing = true, true
	switch {
	case isFold(name, "content-length"):
		n, ok := parseLength(value)
		if !ok || a.length >= 0 && a.length != n {
			return false
		}
		a.length = n
	case isFold(name, "transfer-encoding"):
		if a.old {
			// HTTP/1.0 knows no codings; whoever sends one ends with the stream.
			a.closing = true
			break
		}
		if a.chunked || !isFold(value, "chunked") {
			return false
		}
		a.chunked = true
	case isFold(name, "connection"):
		for len(value) > 0 {
			var token []byte
			token, value, _ = bytes.Cut(value, []byte{','})
			switch token = trim(token); {
			case isFold(token, "close"):
				a.closing = true
			case isFold(token, "keep-alive"):
				a.keepAlive = true
			}
		}
	default:
		a.framing = false
	}
	return true
}

// headEnd decides how the answer goes on after a head.
func (a *answer) headEnd() error {
	if a.status < 200 && a.status != 101 {
		status, head := a.status, a.head
		a.begin()
		a.status, a.head = status, head
		return nil
	}
	a.final = true
	a.closing = a.closing || a.old && !a.keepAlive || a.chunked && a.length >= 0
	switch {
	case a.status == 101:
		// Nobody asked for another protocol.
		a.closing = true
		a.part = complete
	case a.status == 204 || a.status == 304:
		a.closing = a.closing || a.chunked || a.status == 204 && a.length > 0
		a.part = complete
	case a.chunked:
		a.part = chunkSize
	case a.length == 0:
		a.part = complete
	case a.length > 0:
		a.left = a.length
		a.part = fixedBody
	default:
		a.closing = true
		a.part = endlessBody
	}
	return nil
}

// chunkSize reads a chunk's size in hexadecimal, and what may follow it after a
// semicolon.
func (a *answer) chunkSize(line []byte) bool {
	size, _, _ := bytes.Cut(line, []byte{';'})
	size = bytes.TrimRight(size, " \t")
	if len(size) == 0 || len(size) > 16 {
		return false
	}
	var n uint64
	for _, c := range size {
		var digit byte
		switch {
		case c >= '0' && c <= '9':
			digit = c - '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			digit = c | 0x20 - 'a' + 10
		default:
			return false
		}
		n = n<<4 | uint64(digit)
	}
	if n > math.MaxInt64 {
		return false
	}
	a.left = int64(n)
	a.part = chunkData
	if n == 0 {
		a.part = trailerLines
	}
	return true
}

// cutField takes a field's line apart.
func cutField(line []byte) (name, value []byte, ok bool) {
	name, value, ok = bytes.Cut(line, []byte{':'})
	if !ok || len(name) == 0 || !validValue(value) {
		return nil, nil, false
	}
	for _, c := range name {
		if !tokenByte[c] {
			return nil, nil, false
		}
	}
	return name, trim(value), true
}

// tokenByte are the bytes of a token of RFC 9110, as a field's name must be.
var tokenByte = func() (t [256]bool) {
	for c := '!'; c <= '~'; c++ {
		t[c] = strings.IndexByte(`"(),/:;<=>?@[\]{}`, byte(c)) < 0
	}
	return t
}()

// validValue tells whether a field's value has no control characters.
func validValue(value []byte) bool {
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// parseLength reads digits and nothing else.
func parseLength(value []byte) (int64, bool) {
	if len(value) == 0 || len(value) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}

// isFold tells whether b is the text, which is in lower case, in any case of
// its ASCII letters.
func isFold(b []byte, text string) bool {
	if len(b) != len(text) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != text[i] {
			return false
		}
	}
	return true
}

// trim takes spaces and tabs off both ends.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}
