package report

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
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

// PrepareDir makes dir, with the directories above it, and finds out whether
// files can be written there. It is for the start of a run, which is too long to
// end with a report that can't be written. What is there stays as it is, until
// WriteDir replaces it. A directory that holds a load's report is left alone: the
// error says so.
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
	return nil
}

// WriteDir writes the files of r into dir, which is made where it is missing. All
// are written beside an earlier report's, which are then replaced at once, each as
// a whole: a reader never sees half of one. What the earlier report left there and
// r does not name is removed. A file that can't be written, as on a full disk,
// does not keep the others from it; the error is the first one's.
func WriteDir(dir string, r Report) error {
	root, err := openDir(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	old, err := earlier(root)
	if err != nil {
		return dirError(dir, err)
	}
	written := map[string]string{} // the temporary files by the names that they get
	failed := stageScenarios(root, r, written)
	r = withScenarios(root, r)
	r.dir = dir
	for _, f := range renderings {
		var b bytes.Buffer
		err := f.render(&b, r)
		if err == nil {
			err = stage(root, f.file, b.Bytes(), written)
		}
		failed = cmp.Or(failed, err)
	}
	failed = cmp.Or(failed, place(root, written))
	named := counterexamples(r)
	failed = cmp.Or(failed, remove(root, slices.DeleteFunc(old, func(name string) bool {
		return written[name] != "" || named[name]
	})))
	if failed != nil {
		return dirError(dir, failed)
	}
	return nil
}

// stage writes a file beside its place.
func stage(root *os.Root, name string, data []byte, written map[string]string) error {
	tmp, err := temporary(root, data)
	if err == nil {
		written[name] = tmp
	}
	return err
}

// place moves all files to their places, report.json last, because it names the
// others.
func place(root *os.Root, written map[string]string) error {
	names := slices.SortedFunc(maps.Keys(written), func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.Count(a, jsonFile), strings.Count(b, jsonFile)), cmp.Compare(a, b))
	})
	var failed error
	for _, name := range names {
		err := root.MkdirAll(path.Dir(name), 0o777)
		if err == nil {
			err = root.Rename(written[name], name)
		}
		if err != nil {
			failed = cmp.Or(failed, errors.Join(err, root.Remove(written[name])))
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
	f, err := openFile(root, loadFile)
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

// earlier are the files of the report that is stored there, if one is. A
// report.json that is not ours is left alone.
func earlier(root *os.Root) ([]string, error) {
	f, err := openFile(root, jsonFile)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errIrregular) {
			return nil, nil
		}
		return nil, err
	}
	defer f.Close()
	old, err := Read(f)
	if err != nil {
		return nil, nil
	}
	var names []string
	for _, f := range renderings {
		names = append(names, f.file)
	}
	return slices.AppendSeq(names, maps.Keys(counterexamples(old))), nil
}

// remove removes files, and the folders of counterexamples with the last of them;
// others stay.
func remove(root *os.Root, names []string) error {
	for _, name := range names {
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for up := path.Dir(name); up != "."; up = path.Dir(up) {
			if root.Remove(up) != nil {
				break
			}
		}
	}
	return nil
}

// stageScenarios writes the counterexamples that r holds. Those of a report that
// was read from a file are there already.
func stageScenarios(root *os.Root, r Report, written map[string]string) (failed error) {
	ours := counterexamples(r)
	for _, c := range r.Checks {
		for _, f := range c.Failures {
			if len(f.Scenario) > 0 && ours[f.Counterexample] {
				failed = cmp.Or(failed, stage(root, f.Counterexample, f.Scenario, written))
			}
		}
	}
	return failed
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
