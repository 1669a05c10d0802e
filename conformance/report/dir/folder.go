package dir

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
)

// Format is a file of a report's folder, and what makes it.
type Format[R any] struct {
	File   string
	Render func(io.Writer, R) error
}

// Kind is a kind of reports that get a folder each.
type Kind[R any] struct {
	// Formats are the files, in the order in which they take their places.
	Formats []Format[R]
	// Refuse says why a folder is not one for such a report; nil where it is.
	Refuse func(*os.Root) error
}

// Prepare makes a folder, with those above it, and finds out whether files can be
// written there. It is for the start of a run, which is too long to end with a
// report that can't be written. What is there stays as it is, until Write
// replaces it. A folder that holds another kind's report is left alone: the error
// says so.
func (k Kind[R]) Prepare(path string) error {
	f, err := open(path)
	if err != nil {
		return err
	}
	defer f.root.Close()
	if err := k.Refuse(f.root); err != nil {
		return dirError(path, err)
	}
	name, err := f.temporary(nil)
	if err == nil {
		err = f.root.Remove(name)
	}
	return dirError(path, err)
}

// Write writes the files of r. All are written beside an earlier report's, which
// are then replaced at once, each as a whole: a reader never sees half of one. A
// file that can't be written, as on a full disk, does not keep the others from
// it; the error is the first one's.
func (k Kind[R]) Write(path string, r R) error {
	f, err := open(path)
	if err != nil {
		return err
	}
	defer f.root.Close()
	k.stage(f, r)
	f.place()
	return dirError(path, f.failed)
}

func (k Kind[R]) stage(f *folder, r R) {
	for _, format := range k.Formats {
		var b bytes.Buffer
		if err := format.Render(&b, r); err != nil {
			f.fail(err)
			continue
		}
		f.stage(format.File, b.Bytes())
	}
}

// ReplaceFile writes a file whose folder is there as a whole: a reader never sees
// half of it.
func ReplaceFile(file string, data []byte) error {
	of, name := filepath.Split(file)
	of = cmp.Or(of, ".")
	root, err := os.OpenRoot(of)
	if err != nil {
		return dirError(of, err)
	}
	defer root.Close()
	f := &folder{root: root}
	f.stage(name, data)
	f.place()
	return dirError(of, f.failed)
}

// folder is one that files are written to.
type folder struct {
	root   *os.Root
	staged []stagedFile
	failed error // the first error
}

// stagedFile is written, and not at its place yet.
type stagedFile struct{ name, temporary string }

func open(path string) (*folder, error) {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return nil, dirError(path, errNoFolder)
	}
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, dirError(path, err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, dirError(path, err)
	}
	return &folder{root: root}, nil
}

// dirError is err with the folder's path, nil for nil.
func dirError(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("report directory %q: %w", path, err)
}

func (f *folder) fail(err error) { f.failed = cmp.Or(f.failed, err) }

// stage writes a file beside its place.
func (f *folder) stage(name string, data []byte) {
	tmp, err := f.temporary(data)
	if err != nil {
		f.fail(err)
		return
	}
	f.staged = append(f.staged, stagedFile{name, tmp})
}

// place moves all files to their places.
func (f *folder) place() {
	for _, s := range f.staged {
		err := f.root.MkdirAll(path.Dir(s.name), 0o777)
		if err == nil {
			err = f.root.Rename(s.temporary, s.name)
		}
		if err != nil {
			f.fail(errors.Join(err, f.root.Remove(s.temporary)))
		}
	}
}

// temporary writes a new file with a name that nobody else has, and that nobody
// else may read: reports hold what the receiver has logged.
func (f *folder) temporary(data []byte) (name string, err error) {
	name = ".ctxpush-" + rand.Text() + ".tmp"
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(err, f.root.Remove(name))
	}
	return name, nil
}
