package report

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// The files of a report's directory.
const (
	jsonFile        = "report.json"
	htmlFile        = "report.html"
	junitFile       = "junit.xml"
	summaryFile     = "summary.md"
	attestationFile = "attestation.json"
	badgeFile       = "badge.svg"

	// loadFile is a load test's, beside which no certification's report is put:
	// both have a report.html.
	loadFile           = "load.json"
	loadSchema         = "ctxpush.load/"
	maxLoad            = 64 << 20 // bytes
	counterexamplesDir = "counterexamples"
)

// renderings are the files and what makes them. The one that names the others
// comes last.
var renderings = []struct {
	file   string
	render func(io.Writer, Report) error
}{
	{junitFile, JUnit},
	{htmlFile, HTML},
	{summaryFile, Markdown},
	{attestationFile, Attestation},
	{badgeFile, Badge},
	{jsonFile, JSON},
}

// PrepareDir makes dir, with the directories above it, finds out whether files
// can be written there, and removes the files of an earlier report, so that no
// run is taken for another. It is for the start of a run, which is too long to
// end with a report that can't be written. A directory that holds a load's report
// is left alone: the error says so.
func PrepareDir(dir string) error {
	root, err := openDir(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if holdsLoad(root) {
		return dirError(dir, errors.New("it holds the report of a load: want a directory for certifications alone"))
	}
	if err := probe(root); err != nil {
		return dirError(dir, err)
	}
	if err := clear(root, nil); err != nil {
		return dirError(dir, err)
	}
	return nil
}

// WriteDir writes the files of r into dir, which is made where it is missing.
// Each file is replaced as a whole; a reader never sees half of one. What an
// earlier report left there and r does not name is removed. A file that can't be
// written, as on a full disk, does not keep the others from it; the error is the
// first one's.
func WriteDir(dir string, r Report) error {
	root, err := openDir(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := clear(root, counterexamples(r)); err != nil {
		return dirError(dir, err)
	}
	if err := writeScenarios(root, r); err != nil {
		return dirError(dir, err)
	}
	r = withScenarios(root, r)
	var failed error
	for _, f := range renderings {
		var b bytes.Buffer
		err := f.render(&b, r)
		if err == nil {
			err = replace(root, f.file, b.Bytes())
		}
		if err != nil && failed == nil {
			failed = dirError(dir, err)
		}
	}
	return failed
}

func openDir(dir string) (*os.Root, error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("report directory %q: it is a file, want a directory", dir)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, dirError(dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, dirError(dir, err)
	}
	return root, nil
}

func dirError(dir string, err error) error {
	return fmt.Errorf("report directory %q: %w", dir, err)
}

// holdsLoad says whether a load's report is stored there.
func holdsLoad(root *os.Root) bool {
	f, err := root.Open(loadFile)
	if err != nil {
		return false
	}
	defer f.Close()
	var load struct {
		Schema string `json:"schema"`
	}
	err = json.NewDecoder(io.LimitReader(f, maxLoad)).Decode(&load)
	return err == nil && strings.HasPrefix(load.Schema, loadSchema)
}

// probe writes a file and removes it.
func probe(root *os.Root) error {
	name, err := temporary(root, nil)
	if err != nil {
		return err
	}
	return root.Remove(name)
}

// clear removes the files of the report that is stored there, if one is, except
// those to keep. A report.json that is not ours is left alone.
func clear(root *os.Root, keep map[string]bool) error {
	f, err := root.Open(jsonFile)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	old, err := Read(f)
	f.Close()
	if err != nil {
		return nil
	}
	var remove []string
	for _, f := range renderings[:len(renderings)-1] {
		remove = append(remove, f.file)
	}
	for name := range counterexamples(old) {
		remove = append(remove, name)
	}
	// Last, because it names the others.
	for _, name := range append(remove, jsonFile) {
		if keep[name] {
			continue
		}
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		// Folders of counterexamples go with the last of them; the others stay.
		for up := path.Dir(name); up != "."; up = path.Dir(up) {
			if root.Remove(up) != nil {
				break
			}
		}
	}
	return nil
}

// writeScenarios writes the counterexamples that r holds. Those of a report that
// was read from a file are there already.
func writeScenarios(root *os.Root, r Report) error {
	ours := counterexamples(r)
	for _, c := range r.Checks {
		for _, f := range c.Failures {
			if len(f.Scenario) == 0 || !ours[f.Counterexample] {
				continue
			}
			if err := root.MkdirAll(path.Dir(f.Counterexample), 0o777); err != nil {
				return err
			}
			if err := replace(root, f.Counterexample, f.Scenario); err != nil {
				return err
			}
		}
	}
	return nil
}

// withScenarios is r with the counterexamples that lie in the directory already,
// as those of a report that was read from it do: its page shows them.
func withScenarios(root *os.Root, r Report) Report {
	ours := counterexamples(r)
	r.Checks = slices.Clone(r.Checks)
	for i := range r.Checks {
		c := &r.Checks[i]
		c.Failures = slices.Clone(c.Failures)
		for j := range c.Failures {
			f := &c.Failures[j]
			if len(f.Scenario) > 0 || !ours[f.Counterexample] {
				continue
			}
			if file, err := root.Open(f.Counterexample); err == nil {
				f.Scenario, _ = io.ReadAll(io.LimitReader(file, maxCopied+1)) // without it the page names the file
				file.Close()
			}
		}
	}
	return r
}

// counterexamples are the scenario files that r names. A report may have been
// edited, so only names that we would give count.
func counterexamples(r Report) map[string]bool {
	names := make(map[string]bool)
	for _, c := range r.Checks {
		for _, f := range c.Failures {
			name := f.Counterexample
			if path.Clean(name) == name && strings.HasPrefix(name, counterexamplesDir+"/") && path.Ext(name) == ".yaml" {
				names[name] = true
			}
		}
	}
	return names
}

// replace writes a file beside its place and moves it there.
func replace(root *os.Root, name string, data []byte) error {
	tmp, err := temporary(root, data)
	if err != nil {
		return err
	}
	if err := root.Rename(tmp, name); err != nil {
		return errors.Join(err, root.Remove(tmp))
	}
	return nil
}

// temporary writes a new file with a name that nobody else has, and that nobody
// else may read: reports hold what the receiver has logged.
func temporary(root *os.Root, data []byte) (name string, err error) {
	name = ".ctxpush-" + rand.Text() + ".tmp"
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, root.Remove(name))
	}
	return name, nil
}
