package conformance

import (
	"fmt"

	"github.com/ctxpush/ctxpush/conformance/internal/files"
	"github.com/ctxpush/ctxpush/conformance/play"
	"github.com/ctxpush/ctxpush/scenarios"
)

// What a run takes of few files: so many for reports, probes and programs that are
// started, and so many for each scenario.
const (
	spareFiles    = 6
	scenarioFiles = 16
)

// fit runs less side by side where this process may open few files only, so that
// no receiver is blamed for what it was not sent. The error is that it may open
// next to none.
func (r *run) fit() error {
	r.connections = r.cfg.Target.Limits.Connections
	limit, left := files.Left()
	if left >= files.Enough {
		return nil
	}
	ends := 1
	if r.cfg.Target.Receiver.URL == "" {
		ends = 2 // the receiver has the other one, in this process or with the same limit
	}
	connections := (left - spareFiles) / ends
	if connections < 2 {
		return fmt.Errorf("this process may have %d files open at once, and has %d left: raise that (ulimit -n) to %d or more", limit, left, files.Enough)
	}
	if r.connections == 0 || connections < r.connections {
		r.connections = connections
	}
	if fitting := max(1, left/scenarioFiles/ends); fitting < r.cfg.Parallel {
		r.cfg.Parallel = fitting
		r.note("this process may have %d files open at once (ulimit -n): %d scenarios at most are played side by side", limit, fitting)
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
