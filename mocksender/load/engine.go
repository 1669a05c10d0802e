package load

import (
	"context"
	"runtime"
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
	// napTime is for how long the leader at most can't be roused: longer than
	// timers are late.
	napTime = 2 * time.Millisecond
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
	napping     bool          // its last bit without a timer: it keeps a processor
	next        uint64        // the request that is due next
	nextDue     time.Duration
	waiting     retries
	room        int  // for waiting ones
	open        int  // batches named, or about to be, and not settled
	over        bool // the source has no more
	draining    bool
	interrupted bool
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
	e := &engine{config: c, schedule: c.schedule(), room: maxWaiting, napping: canNap && runtime.GOMAXPROCS(0) > 1, quit: make(chan struct{}),
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
	for now := arrived; ; now = e.now() {
		if e.stopped.Load() {
			return job{}, false
		}
		if top := e.waiting.top(); top <= now {
			r := e.waiting.pop()
			e.pass()
			return job{id: r.id, attempt: r.attempt(), due: top, late: alone && top < arrived-lateBy}, true
		}
		due := e.newDue(now)
		if due <= now {
			e.open++
			j := job{attempt: 1, due: due, late: alone && due < arrived-lateBy}
			if e.config.Pace != nil {
				e.next++
				e.nextDue = e.config.Pace.Due(e.next)
			}
			e.pass()
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
	left := until - now
	napping := e.napping
	e.mu.Unlock()
	switch {
	case until == Never:
		<-w.wake
	case napping && left <= napTime:
		nap(left)
		// In a bubble of testing/synctest time does not pass by that.
		napping = e.now() > now
	default:
		if napping {
			left -= napTime
		}
		w.timer.Reset(left)
		select {
		case <-w.timer.C:
		case <-w.wake:
			w.timer.Stop()
		}
	}
	e.mu.Lock()
	e.napping = napping
	if e.leader == w {
		e.leader = nil
	}
	select { // a call that came too late to be heard
	case <-w.wake:
	default:
	}
}

// pass lets an idle worker lead where nobody does, after another found a job.
func (e *engine) pass() {
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
	if len(e.waiting) >= e.room {
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
	draining                   bool
}

func (e *engine) state() (time.Duration, state) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	s := state{waiting: len(e.waiting), inFlight: int(e.inFlight.Load()), unsent: e.unsent, unsettled: e.unsettled, draining: e.draining}
	if end := e.config.Duration; !e.draining && !e.stopped.Load() {
		if end == 0 {
			end = now
		}
		s.overdue = e.overdue(min(now, end))
	}
	return now, s
}
