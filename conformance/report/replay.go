package report

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/kballard/go-shellquote"
)

// In is the report as one that is written to a folder, which its commands name.
func (r Report) In(dir string) Report {
	if dir != "" {
		r.dir = dir
	}
	return r
}

// replay is the command that plays a counterexample again, from where the run
// was started, against the receiver of the run.
func (r Report) replay(counterexample string) string {
	args := []string{"scenario", "run", path.Join(filepath.ToSlash(r.dir), counterexample)}
	switch {
	case r.Receiver.Arguments != "":
		return "ctxpush " + shellquote.Join(args...) + " " + r.Receiver.Arguments
	case r.Receiver.File != "":
		args = append(args, "--config", r.Receiver.File)
	case r.Receiver.Kind == "url":
		args = append(args, "--url", r.Receiver.URL)
	}
	return "ctxpush " + strings.TrimSpace(shellquote.Join(args...))
}
