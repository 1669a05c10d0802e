package report

import (
	"cmp"
	"path"
	"path/filepath"
	"strings"

	"github.com/kballard/go-shellquote"

	"github.com/ctxpush/ctxpush/conformance/event"
)

// In is the report as one that is written to a folder, which its commands name.
func (r Report) In(dir string) Report {
	if dir != "" {
		r.dir = dir
	}
	return r
}

// Replay is the command that plays a counterexample again, from where the run
// was started, against the receiver of the run.
func (r Report) Replay(counterexample string) string {
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

// ExampleOf is the failure that shows a cause.
func (r Report) ExampleOf(c Cause) (event.Failure, bool) {
	if c.Example == nil {
		return event.Failure{}, false
	}
	for _, check := range r.Checks {
		if check.ID != c.Example.Check {
			continue
		}
		for _, f := range check.Failures {
			if cmp.Or(f.CauseID, f.Cause) == cmp.Or(c.ID, c.Text) && f.Counterexample == c.Example.Counterexample {
				return f, true
			}
		}
	}
	return event.Failure{}, false
}

// Counterexamples are the scenario files that r names. A report may have been
// edited, so only names that we would give count.
func (r Report) Counterexamples() map[string]bool {
	names := make(map[string]bool)
	for _, c := range r.Checks {
		for _, f := range c.Failures {
			name := f.Counterexample
			if path.Clean(name) == name && strings.HasPrefix(name, "counterexamples/") && path.Ext(name) == ".yaml" {
				names[name] = true
			}
		}
	}
	return names
}
