package strictyaml

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Open opens a file that a user named. What is no regular file is refused before
// it is opened: a FIFO would be waited for. What a shell hands over as an open
// file, such as <(…), is taken. The error is an *Error.
func Open(name string) (*os.File, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, Unreadable(name, err)
	case info.IsDir():
		return nil, &Error{File: name, Msg: "is a folder: want a file"}
	case !info.Mode().IsRegular() && !isHandedOver(name):
		return nil, &Error{File: name, Msg: "is " + special(info.Mode()) + ": want a regular file"}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, Unreadable(name, err)
	}
	return f, nil
}

// Read reads no more of a file than Parse would take. The error is an *Error.
func Read(name string) ([]byte, error) {
	f, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, Unreadable(name, err)
	}
	return data, nil
}

// Unreadable is the error of a file that can't be read, without what the system
// calls the attempt.
func Unreadable(name string, err error) error {
	var why *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Error{File: name, Msg: "can't be read: no such file or folder"}
	case errors.As(err, &why):
		err = why.Err
	}
	return &Error{File: name, Msg: "can't be read: " + err.Error()}
}

func isHandedOver(name string) bool {
	name = filepath.ToSlash(filepath.Clean(name))
	return name == "/dev/stdin" || strings.HasPrefix(name, "/dev/fd/") || strings.HasPrefix(name, "/proc/self/fd/")
}

func special(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a FIFO"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "no regular file"
}
