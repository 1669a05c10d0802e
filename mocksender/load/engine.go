package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// lateBy is from how much on a start counts as late: timers are no better.
	lateBy = time.Millisecond
	// grace is how long after the end requests may start that were due before it:
	// a hiccup in the last moment leaves none unsent.
	grace = 250 * time.Millisecond
)

// engine hands out what is to be sent, and when. Whoever is idle first, the
// leader, waits for what is due next; the others wait to become it.
type engine struct {
	config   Config
	schedule []time.Duration
	start    time.Time
	ctx      context.Context // of dialling; ends with the run
	cancel   context.CancelFunc
	quit     chan struct{} // closed at the end of the run
	stopped  atomic.Bool   // the same
	inFlight atomic.Int64
	tallies  []*tally
	interval [2]*hdrhistogram.Histogram // for the collector's use

	links []*link        // all that the end of the run interrupts
	aside chan *link     // those of them that are free for slow attempts
	group sync.WaitGroup // of workers and attempts aside

	mu          sync.Mutex
	idle        []*worker // who waits to become leader
	leader      *worker
	until       time.Duration // for which the leader waits
	next        uint64        // the request that is due next
	nextDue     time.Duration
	waiting     retries
	open        int  // batches named, or about to be, and not settled
	over        bool // the source has no more
	draining    bool
	interrupted bool
	begun       time.Duration
	unsent      uint64
	unsettled   uint64
	timer       *time.Timer // of the next phase

	finishOnce sync.Once
}

// job is an attempt to make.
type job struct {
	id      BatchID
	attempt int // from 1
	due     time.Duration
	late    bool
}

func newEngine(ctx context.Context, c Config) *engine {
	e := &engine{config: c, schedule: c.schedule(), quit: make(chan struct{}),
		interval: [2]*hdrhistogram.Histogram{NewHistogram(), NewHistogram()}}
	e.ctx, e.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for range min(c.Connections, maxShards) {
		e.tallies = append(e.tallies, newTally())
	}
	if c.Faults.Slow > 0 {
		e.aside = make(chan *link, c.Connections)
		for range c.Connections {
			e.aside <- e.newLink()
		}
	}
	if c.Pace != nil {
		e.nextDue = c.Pace.Due(0)
	}
	return e
}

// now is the time since the start.
func (e *engine) now() time.Duration { return time.Since(e.start) }

// take waits for the worker's next job; ok is false at the end of the run.
func (e *engine) take(w *worker) (j job, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	arrived := e.now()
	alone := e.leader == nil && len(e.idle) == 0 // else somebody waited for the job
	for {
		now := e.now()
		if e.stopped.Load() {
			return job{}, false
		}
		if top := e.waiting.top(); top <= now {
			r := e.waiting.pop()
			e.pass(w)
			return job{id: r.id, attempt: r.attempt(), due: top, late: alone && top < arrived-lateBy}, true
		}
		due := e.newDue(now)
		if due <= now {
			e.open++
			e.begun = now
			j := job{attempt: 1, due: due, late: alone && due < arrived-lateBy}
			if e.config.Pace != nil {
				e.next++
				e.nextDue = e.config.Pace.Due(e.next)
			}
			e.pass(w)
			return j, true
		}
		switch {
		case e.over && e.open == 0:
			e.stopLocked(false)
			return job{}, false
		case due == Never && !e.over && !e.draining && e.nextDue == Never:
			// The pace has ended before the time.
			e.mu.Unlock()
			e.finish()
			e.mu.Lock()
			continue
		}
		alone = false
		e.wait(w, min(due, e.waiting.top()), now)
	}
}

// newDue is when the next new request is due.
func (e *engine) newDue(now time.Duration) time.Duration {
	switch {
	case e.over:
		return Never
	case e.config.Pace == nil:
		return now
	case e.draining && e.nextDue == Never:
		return now // the pace has no say in what is left
	case !e.draining && e.config.Duration > 0 && e.nextDue >= e.config.Duration:
		return Never // until the time is up
	}
	return e.nextDue
}

// wait waits as the leader until the time, or as another until there is none.
// It returns early where things may have changed.
func (e *engine) wait(w *worker, until, now time.Duration) {
	if e.leader != nil {
		e.idle = append(e.idle, w)
		e.mu.Unlock()
		<-w.wake
		e.mu.Lock()
		return
	}
	e.leader, e.until = w, until
	e.mu.Unlock()
	if until == Never {
		<-w.wake
	} else {
		w.timer.Reset(until - now)
		select {
		case <-w.timer.C:
		case <-w.wake:
			w.timer.Stop()
		}
	}
	e.mu.Lock()
	if e.leader == w {
		e.leader = nil
	}
	select { // a call that came too late to be heard
	case <-w.wake:
	default:
	}
}

// pass lets another idle worker lead, after w has found a job.
func (e *engine) pass(*worker) {
	if n := len(e.idle); e.leader == nil && n > 0 {
		w := e.idle[n-1]
		e.idle = e.idle[:n-1]
		w.call()
	}
}

// rouse makes the leader look again.
func (e *engine) rouse() {
	if e.leader != nil {
		e.leader.call()
	}
}

// begin runs the clock.
func (e *engine) begin() {
	e.start = time.Now()
	if e.config.Duration > 0 {
		e.mu.Lock()
		e.timer = time.AfterFunc(e.config.Duration, e.timeUp)
		e.mu.Unlock()
	}
}

// timeUp ends the time in which new requests are due.
func (e *engine) timeUp() {
	e.mu.Lock()
	backlog := e.config.Pace != nil && !e.over && !e.stopped.Load() && e.nextDue < e.config.Duration
	if backlog {
		e.timer = time.AfterFunc(grace, e.finish)
	}
	e.mu.Unlock()
	if !backlog {
		e.finish()
	}
}

// finish begins the drain.
func (e *engine) finish() {
	e.finishOnce.Do(func() {
		e.config.Source.Finish()
		e.mu.Lock()
		defer e.mu.Unlock()
		e.giveUpBacklog()
		e.draining = true
		if e.timer != nil {
			e.timer.Stop()
		}
		switch {
		case e.stopped.Load():
		case e.config.Drain < 0:
			e.stopLocked(false)
		default:
			e.timer = time.AfterFunc(e.config.Drain, func() { e.stop(false) })
			e.rouse()
		}
	})
}

// giveUpBacklog counts what was due and is not begun.
func (e *engine) giveUpBacklog() {
	if e.draining || e.over || e.config.Pace == nil {
		return
	}
	end := e.now()
	if e.config.Duration > 0 {
		end = min(end, e.config.Duration)
	}
	n := e.overdue(end)
	e.unsent += n
	if n > 0 {
		e.next += n
		e.nextDue = e.config.Pace.Due(e.next)
	}
}

// overdue is how many requests are due before the time and not begun. It finds
// them by bisection, after it has doubled its steps until one is too far.
func (e *engine) overdue(end time.Duration) uint64 {
	if e.over || e.config.Pace == nil || e.nextDue >= end {
		return 0
	}
	due, not := uint64(0), uint64(1)
	for e.config.Pace.Due(e.next+not) < end {
		if due, not = not, 2*not; not > 1<<62 {
			return due
		}
	}
	for not-due > 1 {
		if mid := due + (not-due)/2; e.config.Pace.Due(e.next+mid) < end {
			due = mid
		} else {
			not = mid
		}
	}
	return due + 1
}

// stop ends the run.
func (e *engine) stop(interrupted bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stopLocked(interrupted)
}

func (e *engine) stopLocked(interrupted bool) {
	if e.stopped.Load() {
		return
	}
	e.giveUpBacklog()
	e.interrupted = interrupted
	e.stopped.Store(true)
	if e.timer != nil {
		e.timer.Stop()
	}
	close(e.quit)
	e.cancel()
	for _, l := range e.links {
		l.interrupt()
	}
	for _, w := range e.idle {
		w.call()
	}
	e.idle = nil
	e.rouse()
}

// exhausted says that the source has no more; the job that was to begin a batch
// begins none.
func (e *engine) exhausted() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.over = true
	e.settledLocked()
}

// settled takes note of a batch that will not be sent again.
func (e *engine) settled(id BatchID, acknowledged bool) {
	e.config.Source.Settled(id, acknowledged)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.settledLocked()
}

func (e *engine) settledLocked() {
	if e.open--; e.over && e.open == 0 {
		e.stopLocked(false)
	}
}

// unsettle gives a batch up at the end of the run.
func (e *engine) unsettle(id BatchID) {
	e.config.Source.Settled(id, false)
	e.mu.Lock()
	e.open--
	e.unsettled++
	e.mu.Unlock()
}

// again lets a batch wait for its next attempt, if there is one and room for it.
// base is when the attempt that failed was due, or for the first one started.
func (e *engine) again(j job, base time.Duration) bool {
	if j.attempt > len(e.schedule) {
		return false
	}
	wait := e.schedule[j.attempt-1]
	if jitter := e.config.Backoff.Jitter; jitter > 0 {
		wait -= time.Duration(float64(wait) * jitter * unit(e.config.Seed^jitterStream, j.id, j.attempt))
	}
	r := newRetry(j.id, base+wait, j.attempt+1)
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waiting) >= maxWaiting {
		return false
	}
	e.waiting.push(r)
	if r.due() < e.until {
		e.rouse()
	}
	return true
}

// state is what a collector wants to know.
type state struct {
	waiting, inFlight          int
	overdue, unsent, unsettled uint64
	begun                      time.Duration
	draining                   bool
}

func (e *engine) state() (time.Duration, state) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	s := state{waiting: len(e.waiting), inFlight: int(e.inFlight.Load()), unsent: e.unsent, unsettled: e.unsettled,
		begun: e.begun, draining: e.draining}
	if end := e.config.Duration; !e.draining && !e.stopped.Load() {
		if end == 0 {
			end = now
		}
		s.overdue = e.overdue(min(now, end))
	}
	return now, s
}
