package dir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/ctxpush/ctxpush/conformance/report"
)

// Read reads the report that is stored in a folder, with the counterexamples that
// it names as far as they are there. The error is one line that names the file.
func Read(path string) (report.Report, error) {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return report.Report{}, dirError(path, errNoFolder) // a FIFO would be waited for
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return report.Report{}, dirError(path, reason(err))
	}
	defer root.Close()
	f, err := openFile(root, report.File)
	if err != nil {
		return report.Report{}, dirError(path, fmt.Errorf("%s: %w", report.File, reason(err)))
	}
	defer f.Close()
	r, err := report.Read(f)
	if err != nil {
		return report.Report{}, dirError(path, fmt.Errorf("%s: %w", report.File, err))
	}
	return withScenarios(root, r), nil
}

// withScenarios is r with the counterexamples that lie in its folder already.
// Without one, what shows it names the file.
func withScenarios(root *os.Root, r report.Report) report.Report {
	ours := r.Counterexamples()
	r.Checks = slices.Clone(r.Checks)
	for i := range r.Checks {
		c := &r.Checks[i]
		c.Failures = slices.Clone(c.Failures)
		for j := range c.Failures {
			f := &c.Failures[j]
			if len(f.Scenario) > 0 || !ours[f.Counterexample] {
				continue
			}
			if text, err := readScenario(root, f.Counterexample); err == nil {
				f.Scenario = text
			}
		}
	}
	return r
}

var (
	errIrregular = errors.New("is no regular file")
	errNoFolder  = errors.New("it is a file, want a directory")
)

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

func readScenario(root *os.Root, name string) ([]byte, error) {
	f, err := openFile(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxScenario+1))
	if len(text) > maxScenario {
		return nil, fmt.Errorf("%s: no file of at most %d bytes", name, maxScenario)
	}
	return text, err
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
