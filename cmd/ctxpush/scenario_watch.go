package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/ctxpush/ctxpush/scenarios"
)

// quietTime is how long files must have been left alone before they are read:
// editors write a file in several steps.
const quietTime = 100 * time.Millisecond

// watched are files and folders whose changes matter.
type watched struct {
	files   []string
	folders []string // with the scenario files below them
	sources []string // folders with a receiver's own files
}

// String names all of them, for people.
func (w watched) String() string {
	var all []string
	for _, name := range slices.Concat(w.files, w.folders) {
		all = append(all, shortName(name))
	}
	for _, folder := range w.sources {
		all = append(all, "the receiver's files in "+shortName(folder))
	}
	if len(all) == 0 {
		return "no file"
	}
	if last := len(all) - 1; last > 0 {
		return strings.Join(all[:last], ", ") + " and " + all[last]
	}
	return all[0]
}

// absolute is a name by which a folder is watched: one that is watched by two
// names would be told by one of them.
func absolute(name string) string {
	if abs, err := filepath.Abs(name); err == nil {
		return abs
	}
	return filepath.Clean(name)
}

// shortName is a name as people write it: from where they are, where it is below
// that.
func shortName(name string) string {
	here, err := os.Getwd()
	if err != nil {
		return name
	}
	if rest, err := filepath.Rel(here, name); err == nil && filepath.IsLocal(rest) {
		return rest
	}
	return name
}

// watcher tells when files change. It watches their folders, as editors put a
// new file in the old one's place.
type watcher struct {
	watched
	fsnotify *fsnotify.Watcher
	lines    <-chan string   // of a person who presses Enter; nil: there is none
	known    map[string]bool // a receiver's files that were there before it ran
	written  map[string]bool // those that it writes itself
}

func newWatcher(lines <-chan string) (*watcher, error) {
	inner, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("files can't be watched: %w", err)
	}
	return &watcher{fsnotify: inner, lines: lines, known: map[string]bool{}, written: map[string]bool{}}, nil
}

// Close ends the watch.
func (w *watcher) Close() error { return w.fsnotify.Close() }

// watch takes the files and folders among the names, and the sources, in place
// of what was watched; a name that is neither, such as a built-in scenario's id,
// does not change.
func (w *watcher) watch(names, sources []string) error {
	w.watched = watched{}
	for _, folder := range sources {
		w.sources = append(w.sources, absolute(folder))
	}
	for _, name := range names {
		info, err := os.Stat(name)
		switch {
		case err != nil:
		case info.IsDir():
			w.folders = append(w.folders, absolute(name))
		default:
			w.files = append(w.files, absolute(name))
		}
	}
	return w.add()
}

// add watches every folder that there is; those that are watched stay so.
func (w *watcher) add() error {
	for _, file := range w.files {
		if err := w.fsnotify.Add(filepath.Dir(file)); err != nil {
			return fmt.Errorf("%s can't be watched: %w", filepath.Dir(file), err)
		}
	}
	for _, folder := range slices.Concat(w.folders, w.sources) {
		if err := filepath.WalkDir(folder, w.addBelow(folder)); err != nil {
			return fmt.Errorf("%s can't be watched: %w", folder, err)
		}
	}
	return nil
}

// addBelow watches what a walk of a folder finds.
func (w *watcher) addBelow(folder string) fs.WalkDirFunc {
	source := slices.Contains(w.sources, folder)
	return func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil: // it went meanwhile
			return nil
		case !entry.IsDir():
			w.known[name] = true
			return nil
		case source && name != folder && isForeign(filepath.Base(name)):
			return filepath.SkipDir
		}
		return w.fsnotify.Add(name)
	}
}

// during plays, and says which file changed meanwhile; empty: none did. What a receiver writes itself is not meant: its files that change in the
// first round, and those that are new after any.
func (w *watcher) during(first bool, play func()) string {
	played := make(chan struct{})
	go func() { defer close(played); play() }()
	changed := ""
	quiet := time.NewTimer(quietTime)
	quiet.Stop()
	defer quiet.Stop()
	for {
		select {
		case <-played:
			played = nil
			quiet.Reset(quietTime)
		case <-quiet.C:
			return changed
		case e := <-w.fsnotify.Events:
			name := filepath.Clean(e.Name)
			if w.isSource(e) && (first || !w.known[name]) {
				w.written[name] = true
			}
			if changed == "" && w.means(e) {
				changed = shortName(name) + " changed"
			}
		case <-w.fsnotify.Errors: // a receiver that writes much
		}
	}
}

// next waits for a change, and until the files are left alone, or for a person
// who presses Enter, and says which. The error is ctx's.
func (w *watcher) next(ctx context.Context) (string, error) {
	changed := ""
	quiet := time.NewTimer(quietTime)
	quiet.Stop()
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-quiet.C:
			return shortName(changed) + " changed", nil
		case _, ok := <-w.lines:
			if ok {
				return "Enter", nil
			}
			w.lines = nil
		case e := <-w.fsnotify.Events:
			if !w.means(e) {
				continue
			}
			if changed == "" {
				changed = filepath.Clean(e.Name)
			}
			quiet.Reset(quietTime)
		case <-w.fsnotify.Errors: // too much happened at once to be told
			if changed == "" {
				changed = "something"
			}
			quiet.Reset(quietTime)
		}
	}
}

// means tells whether an event is about what is watched.
func (w *watcher) means(e fsnotify.Event) bool {
	if e.Op == fsnotify.Chmod {
		return false
	}
	name := filepath.Clean(e.Name)
	if slices.Contains(w.files, name) {
		return true
	}
	for _, folder := range w.folders {
		info, err := os.Stat(name)
		if isBelow(name, folder) && (scenarios.IsFile(name) || err == nil && info.IsDir()) {
			return true
		}
	}
	return w.isSource(e) && !w.written[name]
}

// isSource tells whether an event is about a receiver's own files.
func (w *watcher) isSource(e fsnotify.Event) bool {
	name := filepath.Clean(e.Name)
	for _, folder := range w.sources {
		if !isBelow(name, folder) {
			continue
		}
		rest, err := filepath.Rel(folder, name)
		if err == nil && !slices.ContainsFunc(strings.Split(rest, string(filepath.Separator)), isForeign) {
			return e.Op != fsnotify.Chmod
		}
	}
	return false
}

func isBelow(name, folder string) bool {
	return strings.HasPrefix(name, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator))
}

// foreign are names of files and folders beside a receiver's sources, foreignEnds
// the ends of such names: what was installed, built, logged and stored.
var (
	foreign = []string{"node_modules", "vendor", "__pycache__", "venv", "target", "build", "dist", "bin", "obj", "tmp", "log", "logs",
		"coverage", "ctxpush-report", "ctxpush-load-report"}
	foreignEnds = []string{"~", ".tmp", ".log", ".pid", ".pyc", ".db", ".sqlite", ".sqlite3", "-wal", "-shm", "-journal"}
)

// isForeign tells whether a name in a receiver's folder is none of its sources'.
func isForeign(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains(foreign, name) ||
		slices.ContainsFunc(foreignEnds, func(end string) bool { return strings.HasSuffix(name, end) })
}
