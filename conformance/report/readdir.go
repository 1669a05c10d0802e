package report

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ReadDir reads the report that is stored in dir, with the counterexamples that
// it names as far as they are there. The error is one line that names the file.
func ReadDir(dir string) (Report, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Report{}, dirError(dir, reason(err))
	}
	defer root.Close()
	f, err := openFile(root, jsonFile)
	if err != nil {
		return Report{}, dirError(dir, fmt.Errorf("%s: %w", jsonFile, reason(err)))
	}
	defer f.Close()
	r, err := Read(f)
	if err != nil {
		return Report{}, dirError(dir, fmt.Errorf("%s: %w", jsonFile, err))
	}
	ours := counterexamples(r)
	for i := range r.Checks {
		for j := range r.Checks[i].Failures {
			f := &r.Checks[i].Failures[j]
			if !ours[f.Counterexample] {
				continue
			}
			if text, err := readSome(root, f.Counterexample); err == nil {
				f.Scenario = text
			}
		}
	}
	return r, nil
}

var errIrregular = errors.New("is no regular file")

// openFile opens a file that is one: a FIFO would be waited for.
func openFile(root *os.Root, name string) (*os.File, error) {
	if info, err := root.Stat(name); err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		return nil, errIrregular
	}
	return root.Open(name)
}

// maxScenario is how much of a counterexample is read, in bytes: it may have
// been edited.
const maxScenario = 1 << 20

func readSome(root *os.Root, name string) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() > maxScenario {
		return nil, errors.Join(err, fmt.Errorf("%s: no file of at most %d bytes", name, maxScenario))
	}
	return io.ReadAll(f)
}

// reason is err without the path, which is told already.
func reason(err error) error {
	var p *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("no such file or folder")
	case errors.As(err, &p):
		return p.Err
	}
	return err
}
