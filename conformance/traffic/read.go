package traffic

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxLine is how long a line of a recording may be.
const maxLine = 8 * MaxBody

// Reading is what a file held.
type Reading struct {
	// Requests are the webhooks that were read.
	Requests int
	// Other is how many requests were left out, since they were no POST with a body.
	Other int
	// CutOff is the number of the last line, where that was cut off; 0: it was not.
	CutOff int
}

// FileError is a recording that can't be read.
type FileError struct {
	File string
	Line int // 0: of a HAR file, or of no line
	Err  error
}

// Error names the file and the line.
func (e *FileError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.File, e.Err)
}

// Unwrap is the reason.
func (e *FileError) Unwrap() error { return e.Err }

// Read tells each webhook of a recording, or of a HAR file, in the order of the
// file, one at a time. Its error, a *FileError, or tell's own ends the reading.
func Read(name string, tell func(*Line) error) (Reading, error) {
	f, err := os.Open(name)
	if err != nil {
		return Reading{}, &FileError{File: name, Err: fmt.Errorf("%w: want a recording or a HAR file", reason(err))}
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	read := readLines
	if isHAR(r) {
		read = readHAR
	}
	return read(name, r, tell)
}

// isHAR tells whether the first member of what comes is a HAR file's.
func isHAR(r *bufio.Reader) bool {
	begin, _ := r.Peek(4096)
	begin = bytes.TrimLeft(bytes.TrimPrefix(begin, []byte("\ufeff")), " \t\r\n")
	rest, ok := bytes.CutPrefix(begin, []byte("{"))
	return ok && bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(`"log"`))
}

func readLines(name string, r *bufio.Reader, tell func(*Line) error) (found Reading, _ error) {
	for n := 1; ; n++ {
		text, err := readLine(r)
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return found, &FileError{name, n, reason(err)}
		}
		if len(bytes.TrimSpace(text)) > 0 {
			l, err := parseLine(text)
			switch {
			case err != nil && last:
				found.CutOff = n
			case err != nil:
				return found, &FileError{name, n, err}
			case !l.isWebhook():
				found.Other++
			default:
				found.Requests++
				if err := tell(l); err != nil {
					return found, err
				}
			}
		}
		if last {
			return found, nil
		}
	}
}

// readLine is the next line; with io.EOF what stands behind the last newline.
func readLine(r *bufio.Reader) (line []byte, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if line == nil && err == nil {
			return part, nil // most lines
		}
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, fmt.Errorf("has more than %d bytes", maxLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

func parseLine(text []byte) (*Line, error) {
	var l Line
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, fmt.Errorf("is no line of a recording: %w", err)
	}
	if l.Time.IsZero() {
		return nil, errors.New("time is missing: want a line as ctxpush record writes it")
	}
	return &l, nil
}

// isWebhook tells whether the line is something to play again.
func (l *Line) isWebhook() bool { return (l.Method == "" || l.Method == "POST") && len(l.Body) > 0 }
