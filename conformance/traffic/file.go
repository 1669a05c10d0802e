package traffic

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
)

// File is a recording that grows: each line is there whole, or not at all.
type File struct {
	// CutOff tells that its last line was cut off, and is removed.
	CutOff bool

	mu   sync.Mutex
	file *os.File
	end  int64
	text bytes.Buffer
}

// Append opens a recording, or makes one that only its owner may read. A last line
// that was cut off is removed.
func Append(name string) (*File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: want a file that can be written", name, reason(err))
	}
	a := &File{file: f}
	if err := a.begin(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, reason(err)), f.Close())
	}
	return a, nil
}

// begin finds the end of the last whole line.
func (a *File) begin() error {
	size, err := a.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	const piece = 64 << 10
	for a.end = size; a.end > 0; {
		from := max(0, a.end-piece)
		part := make([]byte, a.end-from)
		if _, err := a.file.ReadAt(part, from); err != nil {
			return err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			a.end = from + int64(i) + 1
			break
		}
		a.end = from
	}
	a.CutOff = a.end < size
	return a.file.Truncate(a.end)
}

// Keep writes a line.
func (a *File) Keep(l *Line) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.text.Reset()
	if err := l.append(&a.text); err != nil {
		return err
	}
	n, err := a.file.WriteAt(a.text.Bytes(), a.end)
	if err != nil {
		return errors.Join(reason(err), a.file.Truncate(a.end)) // no half of a line
	}
	a.end += int64(n)
	return nil
}

// Close ends the recording; all of it is on disk then.
func (a *File) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return errors.Join(a.file.Sync(), a.file.Close())
}

// reason is why a call failed that names a path, without the path.
func reason(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}
