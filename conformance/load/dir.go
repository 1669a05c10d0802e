package load

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/dir"
)

// jsonFile is a load for programs, in the folder of its report.
const jsonFile = "load.json"

// folder is the kind of a load's reports. Its first file says that the other is
// ours.
var folder = dir.Kind[Report]{
	Formats: []dir.Format[Report]{{File: jsonFile, Render: JSON}, {File: report.PageFile, Render: HTML}},
	Refuse:  refuseOthers,
}

// PrepareDir makes a folder for a load's report, and sees that files can be
// written there. An earlier load's stay until WriteDir replaces them. A folder
// that holds another program's report, or a certification's, is left alone: the
// error says so.
func PrepareDir(path string) error { return folder.Prepare(path) }

// WriteDir writes the files of r: load.json and report.html. Each is replaced as
// a whole.
func WriteDir(path string, r Report) error { return folder.Write(path, r) }

func refuseOthers(root *os.Root) error {
	ours := isThere(root, jsonFile)
	for _, name := range []string{report.File, report.PageFile} {
		if isThere(root, name) && (name == report.File || !ours) {
			return fmt.Errorf("it holds the %s of another run: want a directory for loads alone", name)
		}
	}
	return nil
}

func isThere(root *os.Root, name string) bool {
	_, err := root.Lstat(name)
	return err == nil
}

// PrepareJSON sees that the file can be written: a load is too long to end with
// a report that has no place.
func PrepareJSON(path string) error {
	in := filepath.Dir(path)
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("--json %.200s: it is a directory, want a file", path)
	case err == nil && !info.Mode().IsRegular():
		return nil
	}
	if info, err := os.Stat(in); err != nil || !info.IsDir() {
		return fmt.Errorf("--json %.200s: there is no directory %.200s", path, in)
	}
	f, err := os.CreateTemp(in, ".ctxpush-*.tmp")
	if err != nil {
		return fmt.Errorf("--json %.200s: no file can be written there: %w", path, errors.Unwrap(err))
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// WriteJSON writes r to a file, which is replaced as a whole.
func WriteJSON(path string, r Report) error {
	var b bytes.Buffer
	if err := JSON(&b, r); err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return writeSpecial(path, b.Bytes())
	}
	return dir.ReplaceFile(path, b.Bytes())
}

// writeSpecial writes to a device, or to a pipe that is read by somebody: a reader
// is not waited for.
func writeSpecial(path string, data []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ENXIO) {
		return fmt.Errorf("--json %.200s: nobody reads this pipe", path)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.Write(data)
	return err
}
