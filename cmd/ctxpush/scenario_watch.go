package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/ctxpush/ctxpush/scenarios"
)

// quietTime is how long files must have been left alone before they are read:
// editors write a file in several steps.
const quietTime = 100 * time.Millisecond

// watcher tells when files change. It watches their folders, as editors put a
// new file in the old one's place.
type watcher struct {
	fsnotify *fsnotify.Watcher
	files    []string
	folders  []string // with all below them
}

// newWatcher watches the files and folders among the names; what is neither,
// such as a built-in scenario's id, does not change.
func newWatcher(names ...string) (*watcher, error) {
	inner, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("files can't be watched: %w", err)
	}
	w := &watcher{fsnotify: inner}
	for _, name := range names {
		info, err := os.Stat(name)
		switch {
		case err != nil:
		case info.IsDir():
			w.folders = append(w.folders, filepath.Clean(name))
		default:
			w.files = append(w.files, filepath.Clean(name))
		}
	}
	if err := w.add(); err != nil {
		inner.Close()
		return nil, err
	}
	return w, nil
}

// Close ends the watch.
func (w *watcher) Close() error { return w.fsnotify.Close() }

// add watches every folder that there is; those that are watched stay so.
func (w *watcher) add() error {
	for _, file := range w.files {
		if err := w.fsnotify.Add(filepath.Dir(file)); err != nil {
			return fmt.Errorf("%s can't be watched: %w", filepath.Dir(file), err)
		}
	}
	for _, folder := range w.folders {
		err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.IsDir() {
				return nil // it went meanwhile, or can't be watched
			}
			return w.fsnotify.Add(name)
		})
		if err != nil {
			return fmt.Errorf("%s can't be watched: %w", folder, err)
		}
	}
	return nil
}

// next waits for a change, and until the files are left alone, and names the
// first file that changed. The error is ctx's.
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
			return changed, w.add()
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
	for _, file := range w.files {
		if name == file {
			return true
		}
	}
	for _, folder := range w.folders {
		if !strings.HasPrefix(name, folder+string(filepath.Separator)) && folder != "." {
			continue
		}
		info, err := os.Stat(name)
		if scenarios.IsFile(name) || err == nil && info.IsDir() {
			return true
		}
	}
	return false
}
