// Package dir writes and reads a report's folder: the formats that there are, and
// the counterexamples.
package dir

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/attest"
	"github.com/ctxpush/ctxpush/conformance/report/badge"
	"github.com/ctxpush/ctxpush/conformance/report/ci"
	"github.com/ctxpush/ctxpush/conformance/report/ctrf"
	"github.com/ctxpush/ctxpush/conformance/report/html"
)

// certification is the kind of a certification's reports. The file that names the
// others comes last.
var certification = Kind[report.Report]{
	Formats: []Format[report.Report]{
		{"junit.xml", ci.JUnit},
		{"ctrf.json", ctrf.Write},
		{report.PageFile, html.Write},
		{"summary.md", ci.Markdown},
		{"attestation.json", attest.Write},
		{"badge.svg", badge.Write},
		{report.File, report.JSON},
	},
	Refuse: refuseLoad,
}

// Prepare makes a folder for a report, as a Kind's Prepare does.
func Prepare(path string) error { return certification.Prepare(path) }

// Write writes the files of r, as a Kind's Write does, and the counterexamples that
// it holds. What an earlier report left there and r does not name is removed.
func Write(path string, r report.Report) error {
	f, err := open(path)
	if err != nil {
		return err
	}
	defer f.root.Close()
	old, err := f.earlier()
	if err != nil {
		return dirError(path, err)
	}
	f.stageScenarios(r)
	certification.stage(f, withScenarios(f.root, r).In(path))
	f.place()
	f.remove(slices.DeleteFunc(old, func(name string) bool {
		return r.Counterexamples()[name] || slices.ContainsFunc(f.staged, func(s stagedFile) bool { return s.name == name })
	}))
	return dirError(path, f.failed)
}

// maxLoad is more than a load's report takes, in bytes.
const maxLoad = 64 << 20

// refuseLoad refuses a folder that holds a load's report: both have a report.html.
func refuseLoad(root *os.Root) error {
	f, err := openFile(root, "load.json")
	if err != nil {
		return nil
	}
	defer f.Close()
	var load struct {
		Schema string `json:"schema"`
	}
	err = json.NewDecoder(io.LimitReader(f, maxLoad)).Decode(&load)
	if err == nil && strings.HasPrefix(load.Schema, "ctxpush.load/") {
		return errors.New("it holds the report of a load: want a directory for certifications alone")
	}
	return nil
}

// earlier are the files of the report that is stored there, if one is. A
// report.json that is not ours is left alone.
func (f *folder) earlier() ([]string, error) {
	file, err := openFile(f.root, report.File)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errIrregular) {
			return nil, nil
		}
		return nil, err
	}
	defer file.Close()
	old, err := report.Read(file)
	if err != nil {
		return nil, nil
	}
	names := slices.Collect(maps.Keys(old.Counterexamples()))
	for _, format := range certification.Formats {
		names = append(names, format.File)
	}
	return names, nil
}

// remove removes files, and the folders of counterexamples with the last of them;
// others stay.
func (f *folder) remove(names []string) {
	for _, name := range names {
		if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			f.fail(err)
			return
		}
		for up := path.Dir(name); up != "."; up = path.Dir(up) {
			if f.root.Remove(up) != nil {
				break
			}
		}
	}
}

// stageScenarios writes the counterexamples that r holds. Those of a report that
// was read from a file are there already.
func (f *folder) stageScenarios(r report.Report) {
	ours := r.Counterexamples()
	for _, c := range r.Checks {
		for _, failure := range c.Failures {
			if len(failure.Scenario) > 0 && ours[failure.Counterexample] {
				f.stage(failure.Counterexample, failure.Scenario)
			}
		}
	}
}
