package conformance

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

const (
	// cohortSize is how many schedules travel side by side: enough that the
	// requests of a round are full although not all schedules have as many
	// rounds, few enough that those under way fit into memory whatever the depth.
	cohortSize = 4 * mocksender.MaxBatch
	// maxAlike is how many schedules may fail alike before the rest of a check is
	// not played: they would say nothing new.
	maxAlike = 200
	// maxTold is how many ways to fail are played again on their own, for their
	// evidence. More than a few are one bug seen from many sides.
	maxTold = 16
)

// exploration is one explored check on its way through the receiver. Each
// schedule has a message of its own, so that many travel side by side: a round
// of a cohort of schedules is a few full batches.
type exploration struct {
	run   *run
	check *scenarios.Check
	of    scenarios.Exploration
	total int
	judge scenarios.Fields // what a receiver that gets single entries right keeps

	// mu guards what the workers write.
	mu       sync.Mutex
	began    time.Time
	duration time.Duration
	given    int // schedules handed to the workers: the first so many of them
	played   int
	judged   int // states that were compared
	requests int
	events   int
	lastAck  time.Time
	limit    int // how many entries a request holds
	failing  map[state.Symptom]*group
	orders   map[order]*counted
	off      map[int]bool // schedules that are not looked at again
	slow     bool         // a state became right after it had been looked at
	crashes  bool         // the receiver ended of its own
	stopped  string       // why the rest is not played; empty: it is
	broke    error        // why the rest can't be judged
}

// newExploration is the exploration of a check of the explored group, nil if it
// is no such check.
func (r *run) newExploration(c *scenarios.Check) *exploration {
	for _, e := range scenarios.Explorations(r.cfg.Explore, r.cfg.Target.Identity) {
		if e.Check.ID == c.ID {
			return &exploration{run: r, check: c, of: e, total: e.Count(), limit: mocksender.MaxBatch,
				failing: map[state.Symptom]*group{}, orders: map[order]*counted{}, off: map[int]bool{}}
		}
	}
	return nil
}

// explore plays the explored checks one after the other, each as wide as the
// run is parallel, and looks at all their states again at the end.
func (r *run) explore(ctx context.Context, verdicts []*verdict) {
	if len(verdicts) == 0 {
		return
	}
	if r.cfg.Explore == scenarios.Quick && !r.cfg.Target.Probe.Bulk() {
		r.note("explored: quick; --explore standard plays more, and a bulk look-up (probe.bulk) makes it fast")
	}
	judge, err := r.tellsApart(ctx, verdicts)
	for _, v := range verdicts {
		x := v.explored
		r.emit(event.CheckStarted{Time: time.Now(), ID: x.check.ID})
		x.judge, x.broke = judge, err
		if x.broke == nil {
			x.play(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		if x.failed() == 0 {
			r.finish(v)
		}
	}
	// Together, as each may take all its time to settle.
	var all sync.WaitGroup
	for _, v := range verdicts {
		if v.explored.failed() > 0 {
			all.Go(func() { v.plays = v.explored.examples(ctx) })
		}
	}
	all.Wait()
	if ctx.Err() != nil {
		return
	}
	for _, v := range verdicts {
		if v.explored.failed() > 0 {
			r.finish(v)
		}
	}
	if err == nil {
		r.exploreAgain(ctx, verdicts)
	}
}

// exploreAgain is the second look at what was right, when the time to settle is
// over: nothing may have changed by then.
func (r *run) exploreAgain(ctx context.Context, verdicts []*verdict) {
	for _, v := range verdicts {
		x := v.explored
		if x.broke != nil || x.crashes || pause(ctx, time.Until(x.lastAck.Add(r.cfg.Target.Settle))) != nil {
			continue
		}
		before := x.failed()
		x.lookAgain(ctx)
		if ctx.Err() == nil && (x.broke != nil || x.failed() > before) {
			v.plays = append(v.plays, x.reverted()...)
			r.finish(v)
		}
	}
}

// play plays the schedules and judges them.
func (x *exploration) play(ctx context.Context) {
	x.began = time.Now()
	defer func() { x.duration = time.Since(x.began) }()
	over := func(int) bool { return x.over() }
	x.broke = x.each(ctx, over, func(ctx context.Context, cohorts <-chan cohort) error {
		w := x.newWorker()
		defer w.close()
		for c := range cohorts {
			if err := w.play(ctx, c); err != nil {
				return err
			}
		}
		return w.flush(ctx)
	})
	if x.stopped != "" && x.played < x.total {
		x.run.note("%s: stopped after %s of %s schedules, as %s", x.check.ID,
			humanize.Comma(int64(x.played)), humanize.Comma(int64(x.total)), x.stopped)
	}
}

// lookAgain asks once more for the states of the schedules that were right.
// They are made again, as they follow from the seed: to keep them would take
// more memory than all else.
func (x *exploration) lookAgain(ctx context.Context) {
	given := x.given
	x.stopped = ""
	over := func(first int) bool { return first >= given || x.over() }
	x.broke = x.each(ctx, over, func(ctx context.Context, cohorts <-chan cohort) error {
		for c := range cohorts {
			if err := x.compare(ctx, c); err != nil {
				return fmt.Errorf("its states could not be looked at again: %w", err)
			}
		}
		return nil
	})
}

// each deals the schedules, a cohort at a time and in their order, to workers
// that run side by side, until there are no more or it is over with the one of
// that place. The error is the first of a worker, or why the receiver is gone.
func (x *exploration) each(ctx context.Context, over func(first int) bool, work func(context.Context, <-chan cohort) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cohorts := make(chan cohort)
	var workers sync.WaitGroup
	// A worker has up to two requests under way.
	for range max(1, x.run.cfg.Parallel/2) {
		workers.Go(func() {
			if err := work(ctx, cohorts); err != nil {
				cancel(err)
			}
		})
	}
	x.deal(ctx, over, cohorts)
	close(cohorts)
	workers.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if lost := x.run.gone(); lost != nil {
		return fmt.Errorf("the receiver is gone: %w", lost)
	}
	return nil
}

func (x *exploration) deal(ctx context.Context, over func(first int) bool, cohorts chan<- cohort) {
	next := cohort{}
	give := func() bool {
		if over(next.first) {
			return false
		}
		select {
		case cohorts <- next:
		case <-ctx.Done():
			return false
		}
		first := next.first + len(next.schedules)
		x.mu.Lock()
		x.given = max(x.given, first)
		x.mu.Unlock()
		next = cohort{first: first}
		return true
	}
	for s := range x.of.Schedules() {
		next.schedules = append(next.schedules, s)
		if len(next.schedules) == cohortSize && !give() {
			return
		}
	}
	if len(next.schedules) > 0 {
		give()
	}
}

// over says whether the rest need not be played.
func (x *exploration) over() bool {
	if x.run.gone() != nil {
		return true
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.stopped != ""
}

// stop ends the exploration; the first reason counts. It is called with mu
// locked.
func (x *exploration) stop(why string) {
	if x.stopped == "" {
		x.stopped = why
	}
}

// tally adds what was explored to the check's verdict.
func (x *exploration) tally(e *event.Verdict) (judged int, broke error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	e.Schedules = x.played
	e.Orders = x.counts()
	e.Requests += x.requests
	e.Events += x.events
	e.Duration = max(e.Duration, x.duration)
	if errors.Is(x.broke, context.Canceled) {
		return x.judged, nil
	}
	return x.judged, x.broke
}
