package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ctxpush/ctxpush/conformance/report"
)

// The files of a load's report directory.
const (
	jsonFile = "load.json"
	htmlFile = "report.html"

	// certificate is a certification's, beside which no load's report is put.
	certificate = "report.json"
)

// PrepareDir makes dir, and sees that files can be written there. An earlier
// load's stay until WriteDir replaces them. A directory that holds another
// program's report, or a certification's, is left alone: the error says so.
func PrepareDir(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return fmt.Errorf("report directory %q: it is a file, want a directory", dir)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("report directory %q: %w", dir, err)
	}
	ours, err := exists(dir, jsonFile)
	if err != nil {
		return err
	}
	for _, name := range []string{certificate, htmlFile} {
		there, err := exists(dir, name)
		if err != nil {
			return err
		}
		if there && (name == certificate || !ours) {
			return fmt.Errorf("report directory %q: it holds the %s of another run: want a directory for loads alone", dir, name)
		}
	}
	const attempt = ".ctxpush-attempt" // it shows that files can be written
	if err := report.ReplaceFile(dir, attempt, nil); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, attempt)); err != nil {
		return fmt.Errorf("report directory %q: %w", dir, err)
	}
	return nil
}

func exists(dir, name string) (bool, error) {
	_, err := os.Lstat(filepath.Join(dir, name))
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	}
	return false, fmt.Errorf("report directory %q: %w", dir, err)
}

// WriteDir writes the files of r into dir, which PrepareDir has made: load.json
// and report.html. Each is replaced as a whole.
func WriteDir(dir string, r Report) error {
	for _, f := range []struct {
		name   string
		render func(io.Writer, Report) error
	}{{jsonFile, JSON}, {htmlFile, HTML}} { // the first says that the other is ours
		var b bytes.Buffer
		if err := f.render(&b, r); err != nil {
			return err
		}
		if err := report.ReplaceFile(dir, f.name, b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// PrepareJSON sees that the file can be written: a load is too long to end with
// a report that has no place.
func PrepareJSON(path string) error {
	dir := filepath.Dir(path)
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("--json %.200s: it is a directory, want a file", path)
	case err == nil && !info.Mode().IsRegular():
		return nil
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("--json %.200s: there is no directory %.200s", path, dir)
	}
	f, err := os.CreateTemp(dir, ".ctxpush-*.tmp")
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
		return os.WriteFile(path, b.Bytes(), 0o666) // a device, or a pipe
	}
	return report.ReplaceFile(filepath.Dir(path), filepath.Base(path), b.Bytes())
}
