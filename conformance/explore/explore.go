// Package explore plays all schedules of a check, up to a bound: many travel side
// by side, so that a round of them is a few full batches.
package explore

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/journal"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/clock"
	"github.com/ctxpush/ctxpush/scenarios"
)

const (
	// batchSize is how many schedules travel side by side: enough that the
	// requests of a round are full although not all schedules have as many
	// rounds, few enough that those under way fit into memory whatever the depth.
	batchSize = 4 * mocksender.MaxBatch
	// smallSize is how many travel at first where states lag, and leastSize later.
	smallSize, leastSize = 16, 4
	// maxAlike is how many schedules may fail alike before the rest of a check is
	// not played: they would say nothing new.
	maxAlike = 200
)

// Exploration is what to explore, and how.
type Exploration struct {
	Of scenarios.Exploration
	// Judge are the fields that are compared besides the status: what Look found.
	Judge scenarios.Fields
	// Label sets its messages apart from those of the same exploration before.
	Label string
	// Lags says that states lag: few travel side by side at first.
	Lags bool
	// Seed is what messages are made from.
	Seed  fixtures.Salted
	Epoch time.Time
	// TimeScale is how much faster than real time retries come: 1 or more.
	TimeScale float64
	// For is how long the schedules may be dealt: then those are played first that
	// differ most. 0 is no limit, in the order in which they are made.
	For time.Duration
	// Refusals are what the receiver is known to refuse: what was learnt by one
	// exploration spares the next ones the same. Nil is nothing.
	Refusals *Refusals
	// Workers play side by side, each with up to two requests under way; 0 is one.
	Workers int
	// Advanced is told how many schedules were played, Noted what happens besides
	// in a line, Attempted each attempt; nil is nobody.
	Advanced  func(played, of int)
	Noted     func(text string)
	Attempted func(mocksender.Attempt)
}

// Result is what was found. It is a value: a second look makes another one.
type Result struct {
	Total, Played int
	// Judged is how many states were compared.
	Judged           int
	Requests, Events int
	Duration         time.Duration
	LastAck          time.Time
	// Groups are the schedules that failed, by their symptom, the largest group
	// first.
	Groups []Group
	Orders []event.Orders
	// Ended says that the receiver ended of its own: what it knew may be gone.
	Ended bool
	// Broke is why the rest can't be judged; nil where it was.
	Broke error

	// Late is how long a state took at most that was not right in time; 0: all were.
	Late time.Duration

	judge scenarios.Fields
	given int          // schedules that were dealt: the first so many
	off   map[int]bool // schedules that are not looked at again
}

// Group is the schedules that failed with one symptom.
type Group struct {
	Symptom state.Symptom
	Count   int
	// Index is the place of the simplest of them, Scenario what it is as a scenario,
	// with its Cast; there are no steps where the receiver ended for no schedule's
	// sake.
	Index    int
	Scenario scenarios.Scenario
	Cast     scenarios.Cast
	// Failure is what it showed.
	Failure event.Failure

	schedule scenarios.Schedule
	members  []member
}

// Failed is how many failures there are.
func (r Result) Failed() int {
	n := 0
	for _, g := range r.Groups {
		n += g.Count
	}
	return n
}

// explorer is one exploration on its way.
type explorer struct {
	Exploration
	subject *subject.Subject
	total   int
	*tally
}

func newExplorer(s *subject.Subject, x Exploration) *explorer {
	if x.Refusals == nil {
		x.Refusals = new(Refusals)
	}
	e := &explorer{Exploration: x, subject: s, total: x.Of.Count(), tally: newTally()}
	if x.Lags {
		e.setPace(smallSize)
	}
	return e
}

// Explore plays the schedules and judges them.
func Explore(ctx context.Context, s *subject.Subject, x Exploration) Result {
	e := newExplorer(s, x)
	began := time.Now()
	over := func(first int) bool { return e.over(first) || e.For > 0 && first > 0 && time.Since(began) > e.For }
	before := s.Revivals()
	broke := e.each(ctx, over, func(ctx context.Context, dealt <-chan scheduleBatch) error {
		w := e.newWorker()
		defer w.close()
		for b := range dealt {
			if err := w.play(ctx, b); err != nil {
				return err
			}
		}
		return w.flush(ctx)
	})
	r := e.result()
	r.Duration, r.Broke = time.Since(began), broke
	r.Ended = r.Ended || s.Revivals() > before
	if why := e.stopped; why != "" && r.Played < r.Total {
		e.note("%s: stopped after %s of %s schedules, as %s", e.Of.Check.ID, thousands(r.Played), thousands(r.Total), why)
	}
	return r
}

// LookAgain asks once more for the states of the schedules that were right, when
// the time to settle is over: nothing may have changed by then. The result is r
// with what was found. The schedules are made again, as they follow from the
// seed: to keep them would take more memory than all else.
func LookAgain(ctx context.Context, s *subject.Subject, x Exploration, r Result) Result {
	if r.Broke != nil || r.Ended || subject.Pause(ctx, time.Until(r.LastAck.Add(s.Target.Settle))) != nil {
		return r
	}
	e := newExplorer(s, x)
	e.setPace(batchSize) // nothing is sent
	e.tally.begin(r)
	over := func(first int) bool { return first >= r.given || e.over(first) }
	broke := e.each(ctx, over, func(ctx context.Context, dealt <-chan scheduleBatch) error {
		for b := range dealt {
			b.schedules = b.schedules[:min(len(b.schedules), r.given-b.first)]
			if err := e.compare(ctx, b); err != nil {
				return fmt.Errorf("its states could not be read again: %w", err)
			}
		}
		return nil
	})
	if ctx.Err() != nil {
		return r
	}
	again := e.result()
	again.Duration, again.given, again.Broke = r.Duration, r.given, broke
	return again
}

// result is what was found.
func (e *explorer) result() Result {
	r := e.tally.result(e.total)
	r.judge = e.Judge
	for i := range r.Groups {
		if g := &r.Groups[i]; g.schedule.Rounds != nil {
			g.Scenario = g.schedule.Scenario(e.Judge)
		}
	}
	return r
}

// scheduleBatch is schedules that travel side by side; first is the place of the
// first of them among all. Its messages are of the name and their places.
type scheduleBatch struct {
	name      string
	first     int
	schedules []scenarios.Schedule
}

// each deals the schedules, a batch of them at a time and in their order, to
// workers that run side by side, until there are no more or it is over with the
// one of that place. The error is the first of a worker, or why the receiver is
// gone.
func (e *explorer) each(ctx context.Context, over func(first int) bool, work func(context.Context, <-chan scheduleBatch) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	dealt := make(chan scheduleBatch)
	var workers sync.WaitGroup
	for range max(1, e.Workers) {
		workers.Go(func() {
			if err := work(ctx, dealt); err != nil {
				cancel(err)
			}
		})
	}
	e.deal(ctx, over, dealt)
	close(dealt)
	workers.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if lost := e.subject.Gone(); lost != nil {
		return fmt.Errorf("the receiver is gone: %w", lost)
	}
	return nil
}

func (e *explorer) deal(ctx context.Context, over func(first int) bool, dealt chan<- scheduleBatch) {
	next := scheduleBatch{name: e.Label}
	give := func() bool {
		if over(next.first) {
			return false
		}
		select {
		case dealt <- next:
		case <-ctx.Done():
			return false
		}
		first := next.first + len(next.schedules)
		e.dealt(first)
		next = scheduleBatch{name: e.Label, first: first}
		return true
	}
	for s := range e.schedules() {
		next.schedules = append(next.schedules, s)
		if len(next.schedules) >= e.pace() && !give() {
			return
		}
	}
	if len(next.schedules) > 0 {
		give()
	}
}

// schedules are those of the exploration, in the order in which they are dealt.
func (e *explorer) schedules() iter.Seq[scenarios.Schedule] {
	if e.For <= 0 {
		return e.Of.Schedules()
	}
	return slices.Values(mostDifferentFirst(slices.Collect(e.Of.Schedules())))
}

// over says whether the rest, from the schedule of that place on, need not be
// played.
func (e *explorer) over(int) bool { return e.subject.Gone() != nil || e.isStopped() }

func (e *explorer) note(format string, args ...any) {
	if e.Noted != nil {
		e.Noted(fmt.Sprintf(format, args...))
	}
}

// sender is a sender of the check's requests.
func (e *explorer) sender() *mocksender.Sender {
	s := e.subject.Sender(e.subject.URL(), journal.Origin{Group: e.Of.Check.ID}, e.Attempted)
	s.Clock = clock.Scaled(e.TimeScale)
	return s
}

// bound is one schedule with its message, on its way.
type bound struct {
	index    int
	schedule scenarios.Schedule
	cast     scenarios.Cast
	wants    []scenarios.Want
	sent     []mocksender.Event
	due      time.Time // when its states began to have their time to settle
	failed   bool
	// isLeftOut says that the receiver is known to refuse what it has.
	isLeftOut bool
}

// bind gives the schedules their messages. Those of which nothing is judged are
// left out.
func (e *explorer) bind(b scheduleBatch) ([]*bound, error) {
	all := make([]*bound, 0, len(b.schedules))
	for i, s := range b.schedules {
		r := &bound{index: b.first + i, schedule: s}
		scenario := s.Scenario(e.Judge)
		label := fmt.Sprintf("%s/%s%d", e.Of.Check.ID, b.name, r.index)
		var err error
		if r.cast, err = scenarios.Bind(scenario, e.Seed, e.Epoch, label); err != nil {
			return nil, fmt.Errorf("check %s: %w", e.Of.Check.ID, err)
		}
		r.wants = e.subject.WithoutIgnored(r.cast.Wants(scenario.Expect, e.subject.Target.Identity))
		if len(r.wants) > 0 {
			all = append(all, r)
		}
	}
	return all, nil
}
