package conformance

import (
	"context"
	"fmt"

	"github.com/ctxpush/ctxpush/conformance/internal/files"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/play"
	"github.com/ctxpush/ctxpush/scenarios"
)

// What a run takes of few files: so many for reports, probes and programs that are
// started, and so many for each scenario.
const (
	spareFiles    = 6
	scenarioFiles = 16
)

// start starts the receiver and sees how much may be done side by side. That
// there are next to no files is found before, too: the start would need some.
func (r *run) start(ctx context.Context) error {
	if _, err := r.fitting(files.Left()); err != nil {
		return err
	}
	if err := r.subject.Start(ctx); err != nil {
		return err
	}
	return r.fit()
}

// fitting is how many connections fit beside what a run takes anyhow. The error is
// that next to none do.
func (r *run) fitting(limit, left int) (connections int, err error) {
	if connections = (left - spareFiles) / r.ends(); connections < 2 {
		return 0, fmt.Errorf("this process may have %d files open at once, and has %d left: raise that (ulimit -n) to %d or more", limit, left, files.Enough)
	}
	return connections, nil
}

// ends is how many files a connection takes: of a receiver that is started, in this
// process or with the same limit, it takes the other end's, too.
func (r *run) ends() int {
	if r.cfg.Target.Receiver.URL == "" {
		return 2
	}
	return 1
}

// fit runs less side by side where this process may open few files only, so that
// no receiver is blamed for what it was not sent.
func (r *run) fit() error {
	r.connections = r.cfg.Target.Limits.Connections
	limit, left := files.Left()
	if left >= files.Enough {
		return nil
	}
	connections, err := r.fitting(limit, left)
	if err != nil {
		return err
	}
	if r.connections == 0 || connections < r.connections {
		r.connections = connections
	}
	if parallel := max(1, left/scenarioFiles/r.ends()); parallel < r.cfg.Parallel {
		r.cfg.Parallel = parallel
		r.note("this process may have %d files open at once (ulimit -n): at most %s at a time", limit, text.Plural(parallel, "scenario"))
	}
	return nil
}

// beyond says that the scenario needs more connections than this process may
// have.
func (r *run) beyond(s scenarios.Scenario) error {
	needed := play.Connections(s)
	if r.connections == 0 || needed <= r.connections {
		return nil
	}
	limit, _ := files.Left()
	return fmt.Errorf("it needs %d requests at once, and this process may have %d files open at once: raise that (ulimit -n)", needed, limit)
}
